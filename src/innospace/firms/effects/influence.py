"""Means of potential outcomes by weighting, regression or both, with the influence of every row.

One function serves inverse probability weighting, regression adjustment, weighted regression adjustment and augmented
weighting: a sum of outer products of influences is the variance that counts every estimated part (M-estimation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.firms.effects.propensity import Booleans
from innospace.firms.estimates import Array

METHODS = ("ipw", "ra", "ipwra", "aipw")


@dataclass(frozen=True, slots=True)
class Tilt:
    """Weights of both groups as functions of the score, and whom the means are about.

    Attributes
    ----------
    target : ndarray, shape (n,)
        1 for rows of the population of the effect, else 0; for the overlap ``p (1 - p)``.
    weight : ndarray, shape (n,)
        Of every row in its own group; its mean over the group stands for the target.
    slope : ndarray, shape (n,)
        Derivative of the weight by the index of the score.
    """

    target: Array
    weight: Array
    slope: Array


def tilt(p: Array, density: Array, treated: Booleans, estimand: str) -> Tilt:
    """Return balancing weights (Li, Morgan and Zaslavsky, 2018).

    Parameters
    ----------
    p, density : ndarray, shape (n,)
        Score and its derivative by the index.
    treated : ndarray of bool, shape (n,)
    estimand : str
        ``ate`` ``1 / p`` and ``1 / (1 - p)``; ``att`` ``1`` and ``p / (1 - p)``; ``atc`` ``(1 - p) / p`` and ``1``;
        ``ato`` ``1 - p`` and ``p``.
    """
    q, one, nought = 1.0 - p, np.ones_like(p), np.zeros_like(p)
    if estimand == "ate":
        return Tilt(one, np.where(treated, 1.0 / p, 1.0 / q), np.where(treated, -density / p**2, density / q**2))
    if estimand == "att":
        target = treated.astype(np.float64)
        return Tilt(target, np.where(treated, 1.0, p / q), np.where(treated, nought, density / q**2))
    if estimand == "atc":
        target = (~treated).astype(np.float64)
        return Tilt(target, np.where(treated, q / p, 1.0), np.where(treated, -density / p**2, nought))
    return Tilt(p * q, np.where(treated, q, p), np.where(treated, -density, density))


@dataclass(frozen=True, slots=True)
class PotentialMean:
    """Mean of the outcome had everyone in the target been in one group.

    Attributes
    ----------
    value : float
    influence : ndarray, shape (n,)
        Its square sums to the variance.
    """

    value: float
    influence: Array


def potential_mean(
    y: Array, x: Array, group: Booleans, t: Tilt, scores: Array, score_influence: Array, method: str
) -> PotentialMean:
    """Estimate one mean of a potential outcome.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Of the outcome regression, constant included; not used by ``ipw``.
    group : ndarray of bool, shape (n,)
        Rows in which this outcome is seen.
    t : Tilt
    scores : ndarray, shape (n, l)
        Regressors of the score.
    score_influence : ndarray, shape (n, l)
        Influence of every row on the coefficients of the score.
    method : str
        ``ipw`` (weights normed to sum to one), ``ra``, ``ipwra`` or ``aipw``.
    """
    seen = group.astype(np.float64)
    w = seen * t.weight
    if method == "ipw":
        total = w.sum()
        value = float(w @ y) / total
        by_score = (seen * t.slope * (y - value)) @ scores
        return PotentialMean(value, (w * (y - value) + score_influence @ by_score) / total)
    fit_weight = w if method == "ipwra" else seen
    inverse = np.linalg.inv((x * fit_weight[:, None]).T @ x)
    beta = inverse @ (x.T @ (fit_weight * y))
    beta += inverse @ (x.T @ (fit_weight * (y - x @ beta)))
    fitted = x @ beta
    residual = y - fitted
    of_beta = (x * (fit_weight * residual)[:, None]) @ inverse.T
    if method == "ipwra":
        moved = (x * (seen * t.slope * residual)[:, None]).T @ scores
        of_beta = of_beta + score_influence @ moved.T @ inverse.T
    total = float(t.target.sum())
    if method in ("ra", "ipwra"):
        value = float(t.target @ fitted) / total
        own = t.target * (fitted - value)
        return PotentialMean(value, (own + of_beta @ (t.target @ x)) / total)
    augmented = t.target * fitted + w * residual
    value = float(augmented.sum()) / total
    by_beta = t.target @ x - w @ x
    by_score = (seen * t.slope * residual) @ scores
    influence = augmented - t.target * value + of_beta @ by_beta + score_influence @ by_score
    return PotentialMean(value, influence / total)
