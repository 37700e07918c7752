"""Instruments of regional authorities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.errors import LabelError, SpecError
from innospace.core.labels import require_known

INSTRUMENTS: Mapping[str, str] = {
    "co_funding": "Pays a share of the costs of new joint projects until the budget of the year is spent.",
    "cooperation_centre": "Introduces organisations and companies of the same field to each other.",
    "rd_orders": "Orders joint projects from organisations and companies of the region.",
    "tax_relief": "Relieves companies of a share of the costs of joint projects; it has no budget.",
}
BUDGETED = ("co_funding", "cooperation_centre", "rd_orders")
BASELINE = "no_policy"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument in one region.

    Attributes
    ----------
    region : str
    instrument : str
        One of :data:`INSTRUMENTS`.
    years : tuple of int
        First and last year.
    budget : float
        Million roubles a year; zero for tax relief.
    rate : float
        Share of costs that co-funding or tax relief bears, fraction.
    """

    region: str
    instrument: str
    years: tuple[int, int]
    budget: float = 0.0
    rate: float = 0.5

    def __post_init__(self) -> None:
        place = f"instrument {self.instrument!r} in {self.region!r}"
        require_known([self.instrument], list(INSTRUMENTS), kind="instrument", where=place)
        if not (math.isfinite(self.budget) and self.budget >= 0.0):
            raise SpecError(
                f"The budget is {self.budget:g}.", where=place, allowed="million roubles a year, zero or more"
            )
        if self.instrument in BUDGETED and self.budget == 0.0:
            raise SpecError("The budget is missing.", where=place, allowed="million roubles a year, above zero")
        if self.instrument == "tax_relief" and self.budget > 0.0:
            raise SpecError(
                "Tax relief has no budget.", where=place, remedy="Delete the budget, and give the rate; costs follow."
            )
        if not 0.0 < self.rate <= 1.0:
            raise SpecError(f"The rate is {self.rate:g}.", where=place, allowed="above 0 and up to 1")
        if self.years[0] > self.years[1]:
            raise SpecError(f"The years {self.years} run backwards.", where=place, allowed="[first, last]")

    def active(self, year: int) -> bool:
        """Whether it is at work in a year."""
        return self.years[0] <= year <= self.years[1]


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of instruments.

    Attributes
    ----------
    name, title : str
    instruments : tuple of Instrument
    """

    name: str
    title: str
    instruments: tuple[Instrument, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "instruments": [{**asdict(i), "years": list(i.years)} for i in self.instruments]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Policy:
        """Rebuild from :meth:`to_dict`."""
        instruments = tuple(Instrument(**{**i, "years": tuple(i["years"])}) for i in data["instruments"])
        return cls(data["name"], data["title"], instruments)

    def check(self, regions: Sequence[str], years: tuple[int, int]) -> None:
        """Raise when a region is unknown or an instrument is at work in no year of the run.

        Raises
        ------
        LabelError, SpecError
        """
        place = f"policy {self.name!r}"
        require_known([i.region for i in self.instruments], regions, kind="region", where=place)
        if self.name == BASELINE:
            raise LabelError(f"The name {BASELINE!r} is taken.", where=place, remedy="Choose another name.")
        late = [i for i in self.instruments if i.years[1] < years[0] or i.years[0] > years[1]]
        if late:
            raise SpecError(
                f"{late[0].instrument} in {late[0].region!r} is at work in no year of the run.",
                where=place,
                allowed=f"years within {years[0]} to {years[1]}",
            )
