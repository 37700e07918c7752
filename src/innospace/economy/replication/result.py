"""The policy options with default assumptions and with fitted coefficients, beside the published effects."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from innospace.core.checks import Check
from innospace.core.provenance import Provenance, Source
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Told
from innospace.economy.models.knowledge.fit import Fit
from innospace.economy.models.knowledge.result import EconomyResult

if TYPE_CHECKING:
    import pandas as pd

LIMITS = {"scales": 0.02, "coefficients": 0.005}
"""Root mean squared errors, in percent of baseline growth, that a fit should keep to: a few units of the last printed
digit with nine coefficients."""
AGREEING = 0.5
"""Least part of the starts that reach the best optimum."""
ORDER = ("option-4", "option-1", "option-3", "", "option-2")
"""Ordering of the published effects; the empty name is the baseline, whose effect is zero."""


def number(option: str) -> str:
    """Return the number of an option: ``option-1`` is ``1``."""
    return option.rpartition("-")[2]


@dataclass(frozen=True, repr=False)
class BashkortostanReplication(Told):
    """The replication of Table 6 of Makarov et al. (2016).

    Attributes
    ----------
    paper : mapping of str to float
        Published effect by option.
    economy : EconomyResult
        Baseline and options with default assumptions.
    fits : tuple of Fit
        By reading of the published numbers, then shape.
    rates : mapping of float to tuple of Fit
        Fits in percent at other rates of depreciation of capital.
    edge : pandas.DataFrame
        ``factor, scenario, effect``: effects in percent as the coefficients of the best fit are scaled.
    seconds : float
        Time in which the baseline and the four options were solved.
    seed : int
        Of the random starts.
    """

    WORDS: ClassVar[str] = "innospace.economy.replication.presentation"
    TABLES: ClassVar[str] = "innospace.economy.replication.tables"
    FIRST: ClassVar[str] = "comparison"

    paper: Mapping[str, float]
    economy: EconomyResult
    fits: tuple[Fit, ...]
    rates: Mapping[float, tuple[Fit, ...]]
    edge: pd.DataFrame
    seconds: float
    seed: int

    @property
    def status(self) -> Status:
        """Status of the options with default assumptions."""
        return self.economy.status

    @cached_property
    def provenance(self) -> Provenance:
        """Provenance of the economy, with the published tables that results are held against."""
        own = self.economy.provenance
        known = {**own.options, "starts of a fit": self.fits[0].starts}
        return replace(own, options=known, seed=self.seed, sources=(*own.sources, *published_sources()))

    def fit(self, reading: str, shape: str) -> Fit:
        """Return one fit."""
        return next(f for f in self.fits if f.reading == reading and f.shape == shape)

    @cached_property
    def effects(self) -> dict[str, float]:
        """Effects with default assumptions in percentage points, by option."""
        frame = self.economy.effects
        return {name: float(frame["effect_points"][name]) for name in self.paper}

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Effects under other rules and in other readings of the options."""
        from innospace.economy.replication.readings import readings

        return readings(self.economy.model)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Pattern of the default effects, quality of the fits, gates of the economy."""
        return (*self._pattern(), *self._quality(), *self.economy.checks)

    def _pattern(self) -> list[Check]:
        e = {**self.effects, "": 0.0}
        gaps = [e[a] - e[b] for a, b in itertools.pairwise(ORDER)]
        return [
            Check.at_least(
                "pattern.order",
                min(gaps),
                1e-6,
                "Smallest distance between neighbours in the published order: option 4, option 1, option 3, baseline, "
                "option 2 (default assumptions, percentage points of growth).",
            ),
            Check.at_most(
                "pattern.less_is_lost",
                e["option-2"] / e["option-1"],
                0.999,
                "Loss of option 2 relative to the gain of option 1 (default assumptions): published less than one.",
            ),
            Check.at_least(
                "pattern.together",
                e["option-4"] - e["option-1"] - e["option-3"],
                1e-6,
                "Option 4 less the sum of options 1 and 3 (default assumptions, percentage points of growth): "
                "published above zero.",
            ),
        ]

    def _quality(self) -> list[Check]:
        found = []
        for shape, limit in LIMITS.items():
            fit = self.fit("percent", shape)
            found.append(
                Check.at_most(
                    f"fit.{shape}",
                    fit.rms,
                    limit,
                    f"Root mean squared error of the four effects, {fit_title(fit)}, in percent of baseline growth.",
                    "The matrix, the rate of depreciation or the bounds of the coefficients keep the fit away: see the "
                    "table of rates of depreciation.",
                )
            )
        found += [
            Check.at_least(
                f"starts.{fit.reading}.{fit.shape}",
                fit.reached / fit.starts,
                AGREEING,
                f"Part of {fit.starts} starts that reached the same best optimum, {fit_title(fit)}.",
                "Use more starts: the optimum that was found may not be the best one.",
            )
            for fit in self.fits
        ]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return what ``innospace replicate bashkortostan --json`` prints."""
        frame, best = self.economy.effects, self.fit("percent", "coefficients")
        options = {
            number(name): {
                "effect_pp": float(frame["effect_points"][name]),
                "effect_percent": float(frame["effect_percent"][name]),
                "paper": value,
            }
            for name, value in self.paper.items()
        }
        fitted: dict[str, Any] = {
            number(n): {"fitted": best.fitted[n], "paper": value} for n, value in self.paper.items()
        }
        fitted |= {"reading": best.reading, "shape": best.shape, "rms": best.rms}
        readings = {r: {f.shape: f.to_dict() for f in self.fits if f.reading == r} for r in ("percent", "points")}
        rates = {
            f"{rate:g}": {f.shape: {"rms": f.rms, "fitted": dict(f.fitted)} for f in fits}
            for rate, fits in self.rates.items()
        }
        economy = self.economy.to_dict()
        return {
            "options": options,
            "fit": {**fitted, "readings": readings, "by_depreciation": rates},
            "parameters": {
                **economy["spec"],
                "closure": economy["closure"],
                "efficiency_origin": self.economy.efficiency.origin,
            },
            "baseline_growth": float(frame["growth"][self.economy.baseline]),
            "base_year": economy["base_year"],
            "years": economy["years"],
            "solver": {**economy["solver"], "seconds": self.seconds},
            "status": economy["status"],
            "checks": [c.to_dict() for c in self.checks],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return ``option, paper``, default effects in both units, and every fit, one column each."""
        import pandas as pd

        frame = self.economy.effects.loc[list(self.paper)]
        columns: dict[str, Any] = {
            "option": list(self.paper),
            "paper": list(self.paper.values()),
            "default_points": frame["effect_points"].to_numpy(),
            "default_percent": frame["effect_percent"].to_numpy(),
        }
        columns |= {f"fit_{f.reading}_{f.shape}": [f.fitted[n] for n in self.paper] for f in self.fits}
        return pd.DataFrame(columns)

    def offers(self, name: str) -> pd.DataFrame:
        """Return what the economy offers to other steps."""
        return self.economy.offers(name)

    @property
    def plot(self) -> Any:
        """Figures of the economy with default assumptions."""
        return self.economy.plot

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        from innospace.economy.replication.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored replication together again; nothing is solved anew."""
        from innospace.economy.replication.storage import from_bundle

        return cls(*from_bundle(bundle))


def fit_title(fit: Fit) -> str:
    """Return a short name of a fit: ``percent, three scales``."""
    return f"{fit.reading}, {SHAPE_TITLES[fit.shape]}"


SHAPE_TITLES = {"scales": "three scales", "coefficients": "nine coefficients"}


def published_sources() -> tuple[Source, ...]:
    """Return the samples that published numbers were read from."""
    from innospace.data import load_sample
    from innospace.economy.replication.published import SAMPLE_OF_EFFICIENCY

    return (load_sample(SAMPLE_OF_EFFICIENCY).source,)
