"""The result of the knowledge economy: paths of every scenario, effects against the baseline, accounts, gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import LabelError
from innospace.core.inputs import LinkedValue
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status, StatusCode
from innospace.core.told import Explored
from innospace.economy.growth import average_growth, tornqvist
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import Path
from innospace.economy.models.knowledge.gates import failure_text
from innospace.economy.models.knowledge.model import KnowledgeModel

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


Array = NDArray[np.float64]
KIND = "knowledge_economy"


@dataclass(frozen=True, repr=False)
class EconomyResult(Explored):
    """A solved knowledge economy.

    Attributes
    ----------
    model : KnowledgeModel
    paths : mapping of str to Path
        By scenario; the first is the baseline.
    gates : tuple of Check
    provenance : Provenance
    efficiency : LinkedValue
        The efficiency of the innovation space and where it comes from.
    draws : pandas.DataFrame or None
        Effects in every draw of an uncertainty run: ``draw, scenario, growth, effect_points, effect_percent``.
    feasible : mapping of str to float
        For scenarios that fail: largest part of their shocks that has a solution in every year.
    """

    WORDS: ClassVar[str] = "innospace.economy.models.knowledge.presentation"
    TABLES: ClassVar[str] = "innospace.economy.models.knowledge.tables"
    FIGURES: ClassVar[str] = "innospace.economy.models.knowledge.figures"
    FIRST: ClassVar[str] = "effects"
    LOOK: ClassVar[str] = "innospace.economy.models.knowledge.look"

    model: KnowledgeModel
    paths: Mapping[str, Path]
    gates: tuple[Check, ...]
    provenance: Provenance
    efficiency: LinkedValue
    draws: pd.DataFrame | None = None
    feasible: Mapping[str, float] = field(default_factory=dict)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The gates."""
        return self.gates

    @property
    def baseline(self) -> str:
        """Name of the baseline."""
        return next(iter(self.paths))

    @property
    def years(self) -> tuple[int, ...]:
        """Base year to last year."""
        return self.model.years

    @cached_property
    def status(self) -> Status:
        """Converged when every year of every scenario has a solution; else which market failed and by how much."""
        steps = {f"iterations.{name}": float(sum(path.iterations)) for name, path in self.paths.items()}
        for name, path in self.paths.items():
            if path.failure is not None:
                part = (
                    f" {100 * self.feasible[name]:.0f} % of its shocks have a solution."
                    if name in self.feasible
                    else ""
                )
                what, remedy = failure_text(self.model, path)
                return Status(path.failure.code, f"{name}: {what}{part}", remedy, "", steps)
        total = sum(sum(p.iterations) for p in self.paths.values())
        message = f"{len(self.paths)} scenarios of {len(self.years)} years solved in {total} Newton steps."
        return Status(StatusCode.CONVERGED, message, numbers=steps)

    def values(self, name: str, family: str, *labels: str) -> Array:
        """Return a variable of a scenario by year, shape (years solved,)."""
        key = ".".join((family, *labels))
        position = self.model.system.position
        require_known([key], list(position), kind="variable")
        return np.asarray(self.path(name).levels[:, position[key]])

    def path(self, name: str) -> Path:
        """Return the path of a scenario."""
        require_known([name], list(self.paths), kind="scenario")
        return self.paths[name]

    def real_grp(self, name: str) -> Array:
        """Return the chained volume index of gross regional product, base year = 1, shape (years solved,)."""
        output = np.column_stack([self.values(name, "Y", i) for i in k.PRODUCERS])
        prices = np.column_stack([self.values(name, "PY", i) for i in k.PRODUCERS])
        return tornqvist(output, output * prices)

    @cached_property
    def growth(self) -> dict[str, float]:
        """Average annual growth of real gross regional product, as a fraction; NaN for a scenario that failed."""
        return {
            name: average_growth(self.real_grp(name)) if path.failure is None else float("nan")
            for name, path in self.paths.items()
        }

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Return growth and effect on it by scenario: ``growth``, ``effect_points``, ``effect_percent``, in percent."""
        import pandas as pd

        base = self.growth[self.baseline]
        rows = {
            name: {"growth": 100.0 * g, "effect_points": 100.0 * (g - base), "effect_percent": 100.0 * (g / base - 1.0)}
            for name, g in self.growth.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenario")

    def accounts(self, name: str, year: int) -> pd.DataFrame:
        """Return the social accounting matrix of a solved year: what columns pay to rows, million roubles."""
        import pandas as pd

        path = self.path(name)
        if year not in path.years:
            raise LabelError(
                f"{name} has no solution in {year}.",
                allowed=f"{path.years[0]} to {path.years[-1]}" if path.years else "no year",
                remedy="Ask for a solved year.",
            )
        row = path.reported[path.years.index(year)]
        place = {account: i for i, account in enumerate(k.ACCOUNTS)}
        paid = np.zeros((len(place), len(place)))
        for cell, value in zip(self.model.system.reported, row, strict=True):
            receiver, bar, payer = cell.partition("|")
            if bar:
                paid[place[receiver], place[payer]] = value
        return pd.DataFrame(paid, index=list(k.ACCOUNTS), columns=list(k.ACCOUNTS))

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Return every variable by scenario, year and its own labels, with units; unsolved years are missing."""
        from innospace.economy.models.knowledge.dataset import to_dataset

        return to_dataset(self)

    def to_frame(self) -> pd.DataFrame:
        """Return every variable, tidy: ``scenario, year, variable, labels, value, unit``."""
        from innospace.economy.models.knowledge.dataset import to_tidy

        return to_tidy(self)

    def estimated(self) -> pd.DataFrame:
        """Return effects on growth in percentage points with the intervals of draws, where there are any."""
        import pandas as pd

        from innospace.economy.models.knowledge.wording import intervals

        ends, nothing = intervals(self), (np.nan, np.nan)
        rows = [
            (f"{name}: effect, points", float(value), np.nan, *ends.get(str(name), nothing))
            for name, value in self.effects["effect_points"].drop(self.baseline).items()
        ]
        return pd.DataFrame(rows, columns=["name", "estimate", "std_error", "lower", "upper"])

    def to_dict(self) -> dict[str, Any]:
        """Return effects, growth, parameters and checks as plain types."""
        effects = {
            str(n): {str(key): float(v) if np.isfinite(v) else None for key, v in row.items()}
            for n, row in self.effects.to_dict("index").items()
        }
        return {
            "status": str(self.status.code),
            "message": self.status.message,
            "years": list(self.years),
            "base_year": {"year": self.years[0], "grp": self.model.calibration.unknowns["GRP"]},
            "efficiency": {"value": self.efficiency.value, "origin": self.efficiency.origin},
            "scenarios": effects,
            "spec": self.model.spec.to_dict(),
            "closure": self.model.closure.to_dict(),
            "feasible": dict(self.feasible),
            "solver": {"iterations": int(sum(sum(p.iterations) for p in self.paths.values()))},
            "checks": [c.to_dict() for c in self.checks],
        }

    def offers(self, name: str) -> pd.DataFrame:
        """Return the effects of scenarios for another step: ``scenario``, ``value`` (percentage points of growth)."""
        require_known([name], ["growth_effect"], kind="quantity", where="economy")
        frame = self.effects.reset_index()[["scenario", "effect_points"]].rename(columns={"effect_points": "value"})
        return frame.assign(lower=float("nan"), upper=float("nan"), unit="percentage points a year")

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        from innospace.economy.models.knowledge.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is solved anew."""
        from innospace.economy.models.knowledge.storage import from_bundle

        return cls(**from_bundle(bundle))
