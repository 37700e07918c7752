"""The result of an economy of many regions: paths without and with shocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from innospace.core.checks import Check
from innospace.core.errors import StoreError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Explored
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


KIND = "regions"
BASELINE = "baseline"
"""Name of the path without shocks."""
EFFECT = "product_effect"
"""Effect of a scenario on the product of a region in the last year, percent of the baseline; for links."""
COMPARED = ("product", "consumption", "labour", "real_wage", "terms_of_trade", "productivity")
"""Columns of paths whose effects are told, in percent of the baseline."""


@dataclass(frozen=True, repr=False)
class RegionsResult(Explored):
    """Many regions solved year by year.

    Attributes
    ----------
    assumptions : Assumptions
    years : tuple of int
        Base year and last year.
    scenarios : mapping of str to Scenario
    frames : mapping of str to pandas.DataFrame
        ``regions``, the base year by region; ``paths``, one row a scenario, year and region;
        ``channels``, effects with and without spillovers, where they were asked for.
    log : tuple of str
        What was done to the figures of the base year.
    checks : tuple of Check
    status : Status
    provenance : Provenance
    """

    WORDS: ClassVar[str] = "innospace.economy.models.regions.presentation"
    TABLES: ClassVar[str] = "innospace.economy.models.regions.tables"
    FIGURES: ClassVar[str] = "innospace.economy.models.regions.figures"
    FIRST: ClassVar[str] = "growth"
    LOOK: ClassVar[str] = "innospace.economy.models.regions.look"

    assumptions: Assumptions
    years: tuple[int, int]
    scenarios: Mapping[str, Scenario]
    frames: Mapping[str, pd.DataFrame] = field(repr=False)
    log: tuple[str, ...]
    checks: tuple[Check, ...]
    status: Status
    provenance: Provenance

    def path(self, scenario: str = BASELINE) -> pd.DataFrame:
        """Return the rows of a scenario.

        Raises
        ------
        LabelError
            No such scenario.
        """
        require_known([scenario], [BASELINE, *self.scenarios], kind="scenario")
        rows = self.frames["paths"]
        return rows[rows["scenario"] == scenario].reset_index(drop=True)

    @property
    def solved(self) -> tuple[str, ...]:
        """Scenarios that were solved to the last year; none where the baseline was not."""
        rows = self.frames["paths"]
        there = set(rows.loc[rows["year"] == self.years[1], "scenario"])
        return tuple(n for n in self.scenarios if n in there and BASELINE in there)

    def effects(self, scenario: str) -> pd.DataFrame:
        """Return the effects of a scenario by year and region, percent of the baseline: see :data:`COMPARED`.

        Raises
        ------
        LabelError
            No such scenario, or it has no solution.
        """
        require_known([scenario], self.solved, kind="solved scenario")
        base, moved = self.path(), self.path(scenario)
        frame = moved[["scenario", "year", "region"]].copy()
        for name in COMPARED:
            frame[name] = 100.0 * (moved[name] / base[name] - 1.0)
        return frame

    def effects_in(self, scenario: str, year: int | None = None) -> pd.DataFrame:
        """Return the effects of a scenario in one year, the last when not given: one row a region.

        Raises
        ------
        LabelError
            No such scenario or year, or the scenario has no solution.
        """
        frame = self.effects(scenario)
        when = self.years[1] if year is None else year
        require_known([str(when)], [str(y) for y in frame["year"].unique()], kind="year")
        return frame[frame["year"] == when].reset_index(drop=True)

    def touched(self, scenario: str) -> tuple[str, ...]:
        """Return the regions whose parameters a scenario moves."""
        every = tuple(self.frames["regions"]["region"])
        named = [s.where.get("region", every) for s in self.scenarios[scenario].shocks]
        return tuple(r for r in every if any(r in labels for labels in named))

    def to_frame(self) -> pd.DataFrame:
        """Return paths: one row a scenario, year and region."""
        return self.frames["paths"]

    def to_dict(self) -> dict[str, Any]:
        """Return status, the last year of every scenario, and checks as plain types."""
        rows = self.frames["paths"]
        return {
            "status": str(self.status.code),
            "message": self.status.message,
            "years": list(self.years),
            "assumptions": self.assumptions.to_dict(),
            "last": rows[rows["year"] == self.years[1]].to_dict(orient="records"),
            "checks": [c.to_dict() for c in self.checks],
        }

    def offers(self, name: str) -> pd.DataFrame:
        """Return effects on product for another step: ``scenario``, ``region``, ``value`` and so on."""
        import pandas as pd

        require_known([name], [EFFECT], kind="quantity", where="regions")
        frames = [f[f["year"] == self.years[1]] for f in map(self.effects, self.solved)]
        rows = pd.concat(frames) if frames else self.frames["paths"].iloc[:0]
        found = rows[["scenario", "region", "product"]].rename(columns={"product": "value"}).reset_index(drop=True)
        return found.assign(lower=float("nan"), upper=float("nan"), unit="percent of the baseline")

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        meta = {
            "assumptions": self.assumptions.to_dict(),
            "years": list(self.years),
            "scenarios": {n: s.to_dict() for n, s in self.scenarios.items()},
            "log": list(self.log),
            "checks": [c.to_dict() for c in self.checks],
            "status": self.status.to_dict(),
            "provenance": self.provenance.to_dict(),
        }
        return Bundle(KIND, meta, dict(self.frames))

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is solved anew."""
        if bundle.kind != KIND:
            raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
        meta = bundle.meta
        return cls(
            Assumptions.from_dict(meta["assumptions"]),
            (int(meta["years"][0]), int(meta["years"][1])),
            {n: Scenario.from_dict(s) for n, s in meta["scenarios"].items()},
            dict(bundle.frames),
            tuple(meta["log"]),
            tuple(Check.from_dict(c) for c in meta["checks"]),
            Status.from_dict(meta["status"]),
            Provenance.from_dict(meta["provenance"]),
        )
