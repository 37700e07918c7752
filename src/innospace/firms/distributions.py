"""Two samples compared over their whole distributions: Kolmogorov-Smirnov and quantile differences."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from innospace.firms.estimates import Array

EXACT_UP_TO = 10_000
"""Rows of the larger sample up to which p-values are exact."""


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """Tests that two samples come from one distribution.

    Attributes
    ----------
    statistic : mapping of str to float
        ``two_sided``: largest distance of the distribution functions; ``above``: largest excess of the second
        sample's function, large where the first sample lies to the right (is larger); ``below``: the reverse.
    p_value, p_asymptotic : mapping of str to float
        Exact where ``exact``, else the limit; the limit always: ``2 sum (-1)^(j-1) exp(-2 j^2 m D^2)`` with
        ``m = n1 n0 / (n1 + n0)``, and ``exp(-2 m D^2)`` for one side (the values of Stata and of R without exact=).
    exact : bool
    tied : int
        Rows that share their value with a row of the other sample; exact p-values assume none.
    """

    statistic: dict[str, float]
    p_value: dict[str, float]
    p_asymptotic: dict[str, float]
    exact: bool
    tied: int


def kolmogorov_smirnov(first: Array, second: Array) -> KolmogorovSmirnov:
    """Compare two samples, shapes (n1,) and (n0,).

    Notes
    -----
    Exact p-values by ``scipy.stats.ks_2samp`` (path counting of Hodges 1958). Source of the pair of tests:
    Delgado, Farinas and Ruano (2002), Journal of International Economics 57, 397-422.
    """
    n1, n0 = len(first), len(second)
    m = n1 * n0 / (n1 + n0)
    grid = np.concatenate((first, second))
    grid.sort()
    gap = (
        np.searchsorted(np.sort(second), grid, side="right") / n0
        - np.searchsorted(np.sort(first), grid, side="right") / n1
    )
    above, below = max(float(gap.max()), 0.0), max(float(-gap.min()), 0.0)
    statistic = {"two_sided": max(above, below), "above": above, "below": below}
    limit = {k: float(np.exp(-2.0 * m * d * d)) for k, d in statistic.items()}
    limit["two_sided"] = float(special.kolmogorov(np.sqrt(m) * statistic["two_sided"]))
    tied = int(np.isin(first, second).sum() + np.isin(second, first).sum())
    found = _exact(first, second) if max(n1, n0) <= EXACT_UP_TO else None
    return KolmogorovSmirnov(statistic, found or limit, limit, found is not None, tied)


def _exact(first: Array, second: Array) -> dict[str, float] | None:
    """Return exact p-values, or None where they cannot be computed."""
    from scipy import stats

    sides = {"two_sided": "two-sided", "above": "less", "below": "greater"}
    with warnings.catch_warnings():
        # scipy warns when it falls back on the limit
        warnings.simplefilter("error")
        try:
            return {
                k: float(stats.ks_2samp(first, second, alternative=side, method="exact").pvalue)
                for k, side in sides.items()
            }
        except (RuntimeWarning, FloatingPointError):
            return None


def quantile_differences(first: Array, second: Array, shares: Array) -> Array:
    """Return quantiles of the first sample less those of the second (linear interpolation), then of the means."""
    quantiles = np.quantile(first, shares) - np.quantile(second, shares)
    return np.append(quantiles, first.mean() - second.mean())


def analytic_errors(first: Array, second: Array, shares: Array) -> Array:
    """Return standard errors of :func:`quantile_differences`.

    ``p (1 - p) / (n f(q)^2)`` by sample, with a Gaussian kernel density (rule of Silverman); Welch for the means.
    """
    return np.sqrt(_variances(first, shares) + _variances(second, shares))


def _variances(values: Array, shares: Array) -> Array:
    n = len(values)
    spread = min(float(values.std(ddof=1)), float(np.subtract(*np.percentile(values, (75.0, 25.0)))) / 1.349 or np.inf)
    width = 0.9 * spread * n**-0.2
    at = np.quantile(values, shares)
    density = np.array([np.exp(-0.5 * np.square((values - q) / width)).mean() for q in at]) / width / np.sqrt(2 * np.pi)
    return np.append(shares * (1.0 - shares) / (n * density**2), values.var(ddof=1) / n)


def distribution_lines(samples: dict[str, Array], points: int = 200) -> Any:
    """Return the distribution functions of samples as a frame: ``value``, ``share``, ``group``."""
    import pandas as pd

    parts = []
    for name, values in samples.items():
        ordered = np.sort(values)
        at = np.unique(np.linspace(0, len(ordered) - 1, min(points, len(ordered))).round().astype(int))
        parts.append(pd.DataFrame({"value": ordered[at], "share": (at + 1) / len(ordered), "group": name}))
    return pd.concat(parts, ignore_index=True)
