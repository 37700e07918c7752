"""What the agents are assumed to do: numbers with reasons, and the numbers that calibration finds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from innospace.core.errors import SpecError

_OPEN_UNIT = (0.0, 1.0)
_ANY = (-10.0, 10.0)
_POSITIVE = (0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Behaviour that data on regions do not tell; every number may be replaced in a study.

    Attributes
    ----------
    fields : int
        Fields of science and technology, on a circle.
    size_dispersion : float
        Standard deviation of the logarithm of size; large agents meet more often.
    acceptance : float
        Share of meetings that become links in a region on the frontier, fraction.
    fit_effect, experience_effect, neighbour_effect, cost_effect : float
        Log odds of cooperation per unit of fit (0 to 1), of experience (-1 to 1), of neighbours' success (-1 to 1), and
        for costs that are borne in full by someone else.
    success_rate, success_fit : float
        Share of projects that succeed in a year at a fit of one half, and log odds per unit of fit.
    end_after_success, end_after_failure : float
        Chance that a link ends after a year that succeeded or failed.
    memory : float
        Part of experience that is left after a year.
    reach : float
        Share of meetings in which a company of mean size meets an organisation of another region.
    distance_km : float
        Distance at which such meetings fall to 1/e.
    openness_persistence : float
        Autocorrelation of regional changes of openness.
    organisations_exponent : float
        Where only V is known, S is in proportion to V to this power.
    project_cost, introduction_cost, order_cost : float
        Million roubles: a joint project a year, a brokered introduction, an ordered project.
    introduction_effect : float
        Log odds that a broker adds.
    window : int
        Years over which innovations of the panel are averaged.
    """

    fields: int = 8
    size_dispersion: float = 1.0
    acceptance: float = 0.1
    fit_effect: float = 1.5
    experience_effect: float = 0.5
    neighbour_effect: float = 0.3
    cost_effect: float = 2.0
    success_rate: float = 0.5
    success_fit: float = 1.0
    end_after_success: float = 0.25
    end_after_failure: float = 0.55
    memory: float = 0.7
    reach: float = 0.15
    distance_km: float = 700.0
    openness_persistence: float = 0.8
    organisations_exponent: float = 0.5
    project_cost: float = 10.0
    introduction_cost: float = 0.5
    order_cost: float = 8.0
    introduction_effect: float = 1.5
    window: int = 3

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            _require(name, getattr(self, name), low, high)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Assumptions:
        """Rebuild from :meth:`to_dict`, or from a part of it."""
        return cls(**data)


RANGES: Mapping[str, tuple[float, float]] = {
    "fields": (0.0, 65.0),
    "size_dispersion": (-1e-12, 5.0),
    "acceptance": _OPEN_UNIT,
    "fit_effect": _ANY,
    "experience_effect": _ANY,
    "neighbour_effect": (-1.0, 1.0),
    "cost_effect": (-1e-12, 10.0),
    "success_rate": _OPEN_UNIT,
    "success_fit": _ANY,
    "end_after_success": _OPEN_UNIT,
    "end_after_failure": _OPEN_UNIT,
    "memory": _OPEN_UNIT,
    "reach": (-1e-12, 1.0),
    "distance_km": _POSITIVE,
    "openness_persistence": (-1e-12, 1.0),
    "organisations_exponent": (-1e-12, 1.0),
    "project_cost": _POSITIVE,
    "introduction_cost": _POSITIVE,
    "order_cost": _POSITIVE,
    "introduction_effect": _ANY,
    "window": (0.0, 21.0),
}
"""Open intervals in which assumptions lie."""

REASONS: Mapping[str, str] = {
    "fields": "About as many as the main branches of engineering; the result hardly depends on it.",
    "size_dispersion": "Sizes of firms and organisations are skewed; a logarithmic spread of one is usual.",
    "acceptance": "Not identified: only the product of meetings and acceptance is seen. It leaves room for regions "
    "that do ten times as well as the frontier.",
    "fit_effect": "A partner of the same field is about four times as likely to be taken as the most distant one.",
    "experience_effect": "Small: success beyond what fit foretold moves the odds by at most 65 percent.",
    "neighbour_effect": "Small, so that imitation cannot feed on itself; the odds move by at most 35 percent.",
    "cost_effect": "Not identified by data on regions: odds rise about sevenfold when someone else bears all costs.",
    "success_rate": "Half of joint projects reach their aim in a year.",
    "success_fit": "Projects of better partners succeed more often.",
    "end_after_success": "A link that succeeds lasts four years on average.",
    "end_after_failure": "More than half of links end after a year without success.",
    "memory": "Experience fades in two to three years.",
    "reach": "Most partners are found at home; companies of larger size look farther.",
    "distance_km": "Cooperation halves over about five hundred kilometres.",
    "openness_persistence": "Conditions of cooperation change slowly.",
    "organisations_exponent": "Only the product V = S B is known; one half gives S and B the same share of its spread, "
    "and of all splits it needs the fewest companies; the national count of R&D organisations sets the level.",
    "project_cost": "An assumed round sum; every effect of a budget is in proportion to it.",
    "introduction_cost": "An assumed round sum.",
    "order_cost": "An assumed round sum, somewhat below a joint project.",
    "introduction_effect": "A broker lowers the cost of search; it also chooses the closest of three organisations.",
    "window": "The panel averages innovations over three years.",
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What calibration finds.

    Attributes
    ----------
    growth : float
        Growth of the share of the space in use, log points a year, until the last year of the panel.
    openness_sd : float
        Standard deviation of regional changes of openness, log odds.
    dispersion : float
        Variance of the regional factor of innovations in a year (mean one); zero gives Poisson counts.
    """

    growth: float = 0.25
    openness_sd: float = 0.4
    dispersion: float = 0.2

    def __post_init__(self) -> None:
        _require("growth", self.growth, -1.0, 1.5)
        _require("openness_sd", self.openness_sd, -1e-12, 3.0)
        _require("dispersion", self.dispersion, 0.0, 10.0)

    def to_dict(self) -> dict[str, float]:
        """Return plain types."""
        return asdict(self)


PARAMETERS = tuple(f.name for f in fields(Calibrated))


def _require(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not low < value < high:
        limit = f"above {max(low, 0.0) if abs(low) < 1e-6 else low:g}" + (
            f" and below {high:g}" if math.isfinite(high) else ""
        )
        raise SpecError(f"{name} is {value!r}.", where=f"assumption {name!r}", allowed=limit)
