"""Balance of covariates between groups, before and after weighting: numbers on arrays."""

from __future__ import annotations

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


def balance(x: Array, treated: Booleans, weights: Array | None = None, estimand: str = "att") -> Balance:
    """Compare two groups.

    Parameters
    ----------
    x : ndarray, shape (n, k)
    treated : ndarray of bool, shape (n,)
    weights : ndarray, shape (n,), optional
        Not negative; ones when not given.
    estimand : str
        Decides the standard deviation; see :class:`Balance`.
    """
    w = np.ones(len(x)) if weights is None else weights
    t, c = treated, ~treated
    mean_t, mean_c = np.average(x[t], axis=0, weights=w[t]), np.average(x[c], axis=0, weights=w[c])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = _variance(x[t], w[t]) / _variance(x[c], w[c])
        smd = (mean_t - mean_c) / deviations(x, treated, estimand)
    dummy = np.array([bool(np.isin(column, (0.0, 1.0)).all()) for column in x.T])
    distances = np.array([_ecdf_distances(column, t, w) for column in x.T])
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


def _ecdf_distances(column: Array, treated: Booleans, w: Array) -> tuple[float, float]:
    """Return the largest and the mean distance of two weighted distribution functions."""
    order = np.argsort(column, kind="stable")
    value, t = column[order], treated[order]
    weight = w[order]
    step = np.where(t, weight / w[treated].sum(), -weight / w[~treated].sum())
    last = np.concatenate((np.diff(value) > 0.0, [True]))
    distance = np.abs(np.cumsum(step)[last])
    distance[-1] = 0.0
    return float(distance.max()), float(distance.mean())


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
