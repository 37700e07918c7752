"""The model ready to run: a population, its behaviour, and openness of every region that fits the frontier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from innospace.agents import meanfield
from innospace.agents.assumptions import Assumptions, Calibrated
from innospace.agents.population import Population
from innospace.core.errors import SpecError, offenders

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AgentModel:
    """What a run needs.

    Attributes
    ----------
    population : Population
    assumptions : Assumptions
    calibrated : Calibrated
    delta : float
        Elasticity of innovations to used links.
    share : float
        w, the share of the space that the frontier uses in the base year.
    base : int
        Base year: the last of the panel.
    innovations : ndarray, shape (R,)
        Innovations a year that the frontier expects in the base year, with the efficiency of the region.
    growth_after : float
        Growth of the share in use after the base year, log points a year.
    """

    population: Population
    assumptions: Assumptions
    calibrated: Calibrated
    delta: float
    share: float
    base: int
    innovations: Array
    growth_after: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.delta < 1.0:
            raise SpecError(
                f"The elasticity delta is {self.delta:g}.",
                allowed="above 0 and below 1: ideas are found more than once",
                remedy="With an elasticity of one or more there is no duplication to simulate.",
            )
        if not 0.0 < self.share < 1.0:
            raise SpecError(f"The share w of the space is {self.share:g}.", allowed="above 0 and below 1")

    @cached_property
    def ready(self) -> meanfield.Meetings:
        """Meetings by fit."""
        return meanfield.Meetings.of(self.population, self.assumptions)

    @cached_property
    def rate(self) -> float:
        """Meetings a year per potential link in the base year."""
        return meanfield.meeting_rate(self.share, self.assumptions, self.calibrated.growth)

    @cached_property
    def log_variance(self) -> float:
        """Variance of the log mean of links that changes of openness leave."""
        c = self.calibrated
        return meanfield.carried_variance(self.assumptions, c.openness_sd, c.growth)

    @cached_property
    def links(self) -> Array:
        """Expected links in use in the base year, shape (R,)."""
        found = meanfield.links_for(self.innovations, self.delta, self.log_variance)
        return np.where(self.population.space > 0.0, found, 0.0)

    @cached_property
    def openness(self) -> Array:
        """Log odds of cooperation at a meeting of middling fit, shape (R,).

        Raises
        ------
        SpecError
            Some regions use more of their space than all meetings would give.
        """
        meetings = self.rate * self.population.space
        found = meanfield.openness_for(self.links, meetings, self.ready, self.assumptions, self.calibrated.growth)
        if np.isposinf(found).any():
            raise SpecError(
                "Regions use more of their space than all meetings would give: "
                f"{offenders([self.population.regions[i] for i in np.flatnonzero(np.isposinf(found))])}.",
                where=f"assumption 'acceptance', {self.assumptions.acceptance:g}",
                remedy="Lower acceptance: the frontier then meets more often and there is room above it.",
            )
        return found

    @cached_property
    def success_share(self) -> Array:
        """Expected share of links that succeed in a year, shape (R,)."""
        return self.ready.expected_success(self.openness, self.assumptions, self.calibrated.growth)

    def share_growth(self, year: int) -> float:
        """Return the log of the expected share in use over that of the base year."""
        gap = year - self.base
        return self.calibrated.growth * gap if gap <= 0 else self.growth_after * gap

    def frontier_growth(self, year: int) -> float:
        """Return how far the frontier has moved since the base year, as growth of w.

        Efficiency holds means over the window against the frontier, so that the frontier moves as they do without
        policy: it goes on rising for a while when the share in use stops to.
        """

        def level(last: int) -> float:
            gaps = [self.share_growth(last - k) for k in range(self.assumptions.window)]
            return float(np.mean(np.exp(self.delta * np.array(gaps))))

        return float(np.log(level(year) / level(self.base))) / self.delta

    def meeting_growth(self, year: int) -> float:
        """Return the log of meetings of a year over those of the base year.

        Links outlive the year they are made in, so that their number goes on growing for a while when meetings stop
        to; after the base year meetings are such that the share in use itself grows by ``growth_after``.
        """
        found = self.share_growth(year)
        if year > self.base:
            g, after = self.calibrated.growth, self.growth_after
            old, new = (float(meanfield.years_in_use(0.5, self.assumptions, x)) for x in (g, after))
            found += float(np.log(old / new))
        return found

    def with_calibrated(self, calibrated: Calibrated) -> AgentModel:
        """Return the model with other calibrated numbers; openness follows."""
        return replace(self, calibrated=calibrated)
