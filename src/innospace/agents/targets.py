"""What the panel of regions tells: counts, space, the frontier's expectation, and the moments calibration aims at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, SpecError, offenders
from innospace.numerics.normal import half_normal_given, truncated_log_mean_exp

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
ZERO = 0.1
"""Innovations a year that stand for none in a logarithm, as in the source paper."""


@dataclass(frozen=True, slots=True)
class FrontierNumbers:
    """A frontier that was estimated elsewhere: ln Q = c + delta ln V + v - u, of the last year of the panel.

    Attributes
    ----------
    delta : float
        Elasticity.
    share : float
        w = exp(c / delta).
    sigma_u, sigma_v : float
        Of inefficiency (half-normal) and noise.
    """

    delta: float
    share: float
    sigma_u: float
    sigma_v: float

    def __post_init__(self) -> None:
        limits = {"delta": 1.0, "share": 1.0, "sigma_u": 20.0, "sigma_v": 20.0}
        for name, top in limits.items():
            value = getattr(self, name)
            if not 0.0 < value < top:
                raise SpecError(
                    f"{name} of the frontier is {value:g}.",
                    allowed=f"above 0 and below {top:g}",
                    remedy="Link it from a frontier step with an interior solution.",
                )

    def expected(self, space: Array, share_growth: Array | float = 0.0) -> Array:
        """Return (w V)^delta, what the frontier gives, shape of ``space``."""
        return np.asarray((self.share * np.exp(share_growth) * space) ** self.delta)

    def efficiency(self, innovations: Array, space: Array, share_growth: Array | float = 0.0) -> Array:
        """Return TE = E[exp(-u) | v - u] (Battese and Coelli 1988); zero innovations count as 0.1 a year."""
        q = np.where(innovations > 0.0, innovations, ZERO)
        eps = np.log(q) - np.log(self.expected(space, share_growth))
        location, scale = half_normal_given(eps, self.sigma_u**2, self.sigma_v**2)
        return np.asarray(np.exp(truncated_log_mean_exp(location, np.broadcast_to(scale, location.shape))))

    def to_dict(self) -> dict[str, float]:
        """Return plain types."""
        return asdict(self)


@dataclass(frozen=True)
class Panel:
    """Regions and years as arrays.

    Attributes
    ----------
    regions, codes : tuple of str
        Codes are empty where not known.
    years : tuple of int
        Consecutive.
    innovations, space : ndarray, shape (R, T)
        A year (mean of the window); V.
    organisations, companies : ndarray or None, shape (R,)
        S and B of the last year where they are known.
    """

    regions: tuple[str, ...]
    codes: tuple[str, ...]
    years: tuple[int, ...]
    innovations: Array
    space: Array
    organisations: Array | None = None
    companies: Array | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Panel:
        """Return the panel of a table that passed the schema of the innovation space.

        Raises
        ------
        DataError
            Regions are not there in every year, or years are missing.
        """
        if "year" not in frame.columns:
            raise DataError("The table has no years.", allowed="a column year with at least two years in a row")
        wide = {c: frame.pivot(index="region", columns="year", values=c) for c in ("technologies", "space")}
        years = [int(y) for y in wide["space"].columns]
        if len(years) < 2 or years != list(range(years[0], years[-1] + 1)):
            raise DataError(
                f"The years are {offenders(years)}.", allowed="at least two years, without a gap", where="column 'year'"
            )
        missing = wide["space"].isna().any(axis=1)
        if missing.any():
            raise DataError(
                f"Regions are not there in every year: {offenders(wide['space'].index[missing])}.",
                remedy="Add the rows, or leave these regions out.",
            )
        names = list(dict.fromkeys(frame["region"].astype(str)))
        last = frame[frame["year"] == years[-1]].set_index("region").reindex(names)
        codes = last["region_code"].fillna("").astype(str) if "region_code" in last else [""] * len(names)
        given = {c: last[c].to_numpy(float) for c in ("rd_organisations", "innovative_companies") if c in last}
        both = len(given) == 2 and all(np.isfinite(v).all() for v in given.values())
        return cls(
            tuple(names),
            tuple(codes),
            tuple(years),
            wide["technologies"].reindex(names).to_numpy(float),
            wide["space"].reindex(names).to_numpy(float),
            given["rd_organisations"] if both else None,
            given["innovative_companies"] if both else None,
        )

    @property
    def base(self) -> int:
        """Last year of the panel."""
        return self.years[-1]

    def expectation(self, frontier: FrontierNumbers, growth: float, window: int) -> Array:
        """Return innovations a year that the frontier expects of each region in the base year, shape (R,).

        ``TE_it (w_t V_it)^delta`` of every year, brought to the base year by the growth of w and averaged; the mean of
        a window lies below its last year when w grows.
        """
        gap = growth * (np.array(self.years) - self.base)
        te = frontier.efficiency(self.innovations, self.space, gap)
        level = te * frontier.expected(self.space, gap) * np.exp(-frontier.delta * gap)
        behind = np.exp(-frontier.delta * growth * np.arange(window)).mean()
        return np.asarray(level.mean(axis=1) / behind)


MOMENTS: Mapping[str, str] = {
    "growth_total": "Log growth of innovations of the country, first to last year, a year",
    "te_correlation_1": "Correlation of technical efficiency, first and second year",
    "te_correlation_2": "Correlation of technical efficiency, last two years",
    "zero_share": "Share of regions and years without innovations",
    "change_sd": "Standard deviation of the change of log innovations over a year",
}
HELD_OUT: Mapping[str, str] = {
    "te_correlation_long": "Correlation of technical efficiency, first and last year",
    "change_sd_long": "Standard deviation of the change of log innovations, first to last year",
    "zero_stay": "Share of regions without innovations in one year that have none in the next",
    "top_share": "Share of the ten largest regions in innovations of the last year",
}


def moments(innovations: Array, panel: Panel, frontier: FrontierNumbers, growth: float) -> dict[str, float]:
    """Return moments of innovations by region and year, the same for data and simulation.

    Parameters
    ----------
    innovations : ndarray, shape (R, T)
        Means over the window.
    panel : Panel
        Its space is that of the frontier in both.
    frontier : FrontierNumbers
    growth : float
        Of w, the same in both, so that efficiency means the same.
    """
    gap = growth * (np.array(panel.years) - panel.base)
    te = frontier.efficiency(innovations, panel.space, gap)
    logs = np.log(np.where(innovations > 0.0, innovations, ZERO))
    zero = innovations <= 0.0
    total = innovations.sum(axis=0)
    steps = len(panel.years) - 1
    return {
        "growth_total": float(np.log(max(total[-1], ZERO) / max(total[0], ZERO)) / steps),
        "te_correlation_1": _correlation(te[:, 0], te[:, 1]),
        "te_correlation_2": _correlation(te[:, -2], te[:, -1]),
        "zero_share": float(zero.mean()),
        "change_sd": float(np.sqrt(np.mean(np.var(np.diff(logs, axis=1), axis=0, ddof=1)))),
        "te_correlation_long": _correlation(te[:, 0], te[:, -1]),
        "change_sd_long": float(np.std(logs[:, -1] - logs[:, 0], ddof=1)),
        "zero_stay": float((zero[:, :-1] & zero[:, 1:]).sum() / max(1, zero[:, :-1].sum())),
        "top_share": float(np.sort(innovations[:, -1])[-10:].sum() / max(total[-1], ZERO)),
    }


def _correlation(a: Array, b: Array) -> float:
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def windows(counts: Array, window: int) -> Array:
    """Return means over a window of years, shape (R, T - window + 1), of counts by year and region, shape (T, R)."""
    sums = np.cumsum(np.vstack((np.zeros((1, counts.shape[1])), counts)), axis=0)
    return np.asarray((sums[window:] - sums[:-window]).T / window)
