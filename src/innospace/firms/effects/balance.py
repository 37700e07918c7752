"""Balance of covariates between groups, before and after weighting: numbers on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.checks import Check
from innospace.firms.effects.propensity import Booleans
from innospace.firms.estimates import Array

LARGEST = 0.1
"""Largest absolute standardised mean difference that counts as balanced."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How alike two groups are in every covariate.

    Attributes
    ----------
    treated, control : ndarray, shape (k,)
        Weighted means.
    smd : ndarray, shape (k,)
        Difference of means over the standard deviation of the population of the effect, unweighted (MatchIt): that of
        the treated for the ATT, of the untreated for the ATC, the root mean square of both for the ATE.
    variance_ratio : ndarray, shape (k,)
        Variance of the treated over that of the untreated; NaN for a 0/1 covariate, whose variance follows its mean.
    ks : ndarray, shape (k,)
        Largest distance of the weighted empirical distributions (Kolmogorov-Smirnov).
    ecdf : ndarray, shape (k,)
        Mean distance over the distinct values.
    """

    treated: Array
    control: Array
    smd: Array
    variance_ratio: Array
    ks: Array
    ecdf: Array


def balance(
    x: Array, treated: Booleans, weightings: Sequence[Array | None] = (None,), estimand: str = "att"
) -> tuple[Balance, ...]:
    """Compare two groups under one set of weights or several.

    Parameters
    ----------
    x : ndarray, shape (n, k)
    treated : ndarray of bool, shape (n,)
    weightings : sequence of ndarray, shape (n,), or None
        Not negative; None for ones.
    estimand : str
        Decides the standard deviation; see :class:`Balance`.

    Returns
    -------
    tuple of Balance
        One for every set of weights.
    """
    weights = [np.ones(len(x)) if w is None else w for w in weightings]
    scale = deviations(x, treated, estimand)
    dummy = np.array([bool(((column == 0.0) | (column == 1.0)).all()) for column in x.T])
    distances = np.array([_ecdf_distances(c, d, treated, weights) for c, d in zip(x.T, dummy, strict=True)])
    return tuple(_balance(x, treated, w, scale, dummy, distances[:, j]) for j, w in enumerate(weights))


def _balance(x: Array, t: Booleans, w: Array, scale: Array, dummy: Booleans, distances: Array) -> Balance:
    mean_t, mean_c = np.average(x[t], axis=0, weights=w[t]), np.average(x[~t], axis=0, weights=w[~t])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _variance(x[t], w[t]) / _variance(x[~t], w[~t])
        smd = (mean_t - mean_c) / scale
    return Balance(
        mean_t,
        mean_c,
        np.where(mean_t == mean_c, 0.0, smd),
        np.where(dummy, np.nan, ratio),
        distances[:, 0],
        distances[:, 1],
    )


def deviations(x: Array, treated: Booleans, estimand: str) -> Array:
    """Return the standard deviations that differences of means are measured in, shape (k,)."""
    t, c = np.var(x[treated], axis=0, ddof=1), np.var(x[~treated], axis=0, ddof=1)
    return np.asarray(np.sqrt({"att": t, "atc": c}.get(estimand, 0.5 * (t + c))))


def _variance(x: Array, w: Array) -> Array:
    """Return unbiased weighted variances (reliability weights), shape (k,)."""
    share = w / w.sum()
    mean = share @ x
    return np.asarray(share @ np.square(x - mean) / (1.0 - share @ share))


def _ecdf_distances(column: Array, dummy: bool, treated: Booleans, weights: Sequence[Array]) -> list[list[float]]:
    """Return the largest and the mean distance of two distribution functions under every set of weights."""
    signed = [np.where(treated, w / w[treated].sum(), -w / w[~treated].sum()) for w in weights]
    if dummy:
        gaps = [abs(float(step @ column)) for step in signed]
        return [[gap, 0.5 * gap] for gap in gaps]
    order = np.argsort(column)
    last = np.concatenate((np.diff(column[order]) > 0.0, [True]))
    found = []
    for step in signed:
        distance = np.abs(np.cumsum(step[order])[last])
        distance[-1] = 0.0
        found.append([float(distance.max()), float(distance.mean())])
    return found


def effective_size(weights: Array) -> float:
    """Return Kish's effective sample size ``(sum w)^2 / sum w^2``."""
    total = float(np.sum(np.square(weights)))
    return float(np.sum(weights)) ** 2 / total if total > 0.0 else 0.0


def balance_check(smd: Array) -> Check:
    """Return the check that no covariate differs by more than a tenth of a standard deviation."""
    return Check.at_most(
        "balance",
        float(np.max(np.abs(smd))) if len(smd) else 0.0,
        LARGEST,
        "Largest absolute standardised mean difference of a covariate between the groups that are compared.",
        "Add squares or interactions to the treatment formula, use a caliper, or entropy balancing.",
    )
