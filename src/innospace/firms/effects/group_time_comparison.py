"""One comparison of two groups in two years: three estimators of the effect on the treated and their influences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError
from innospace.firms.choice.binary import fit_binary
from innospace.firms.estimates import Array
from innospace.numerics.covariance import inverse_information
from innospace.numerics.linear import standardise

METHODS = ("doubly_robust", "regression", "ipw")
MOST_CERTAIN = 0.999
"""A firm whose probability of entry reaches this has no comparison."""
TRIMMED = 0.995
"""Comparison firms whose probability of entry reaches this carry no weight."""
_SINGULAR = 1e-12


class NoOverlapError(DataError):
    """The covariates leave a comparison without comparable firms."""


@dataclass(frozen=True, slots=True)
class Propensity:
    """A logit of entry.

    Attributes
    ----------
    probability : ndarray, shape (n,)
    influence : ndarray, shape (n, k)
        Of the coefficients, firm by firm; its mean is zero.
    """

    probability: Array
    influence: Array


def propensity(d: Array, x: Array) -> Propensity:
    """Fit the logit of entry on covariates.

    Parameters
    ----------
    d : ndarray, shape (n,)
        1 for entrants.
    x : ndarray, shape (n, k)
        With a constant, standardised.

    Raises
    ------
    NoOverlapError
        The covariates tell entrants apart.
    """
    try:
        fit = fit_binary(d, x, "logit")
    except DataError as error:
        raise NoOverlapError("the covariates tell entrants and comparison firms apart") from error
    p = 1.0 / (1.0 + np.exp(-(x @ fit.theta)))
    inverse = inverse_information(fit.hessian)
    if inverse is None or float(p.max()) >= MOST_CERTAIN:
        raise NoOverlapError(f"some probability of entry reaches {MOST_CERTAIN:g}")
    return Propensity(p, len(d) * fit.scores @ inverse)


def means(change: Array, d: Array) -> tuple[float, Array]:
    """Return the difference of mean changes and its influence, shape (n,): no covariates.

    ``ATT = E[dY | D = 1] - E[dY | D = 0]``
    """
    treated = d == 1.0
    share = float(treated.mean())
    gap = np.where(treated, change - change[treated].mean(), change - change[~treated].mean())
    influence = np.where(treated, gap / share, -gap / (1.0 - share))
    return float(change[treated].mean() - change[~treated].mean()), influence


def comparison(change: Array, d: Array, x: Array, method: str, score: Propensity | None = None) -> tuple[float, Array]:
    """Return the effect on the treated under conditional parallel trends, and its influence.

    Parameters
    ----------
    change : ndarray, shape (n,)
        Outcome less outcome in the base year.
    d : ndarray, shape (n,)
        1 for entrants, 0 for comparison firms.
    x : ndarray, shape (n, k)
        Covariates of the base year with a constant, standardised; no columns for none.
    method : str
        ``doubly_robust``: logit and least squares (Sant'Anna and Zhao 2020, the traditional estimator);
        ``regression``: least squares among comparison firms (Heckman, Ichimura and Todd 1997);
        ``ipw``: normalised inverse probability weights (Abadie 2005, Hajek weights).
    score : Propensity, optional
        From :func:`propensity`, for the methods that weight.

    Returns
    -------
    tuple of float and ndarray
        Estimate and influence, shape (n,), with mean zero: the variance is its mean square over n.

    Raises
    ------
    NoOverlapError
        Too few comparison firms for the regression.
    """
    if x.shape[1] == 0:
        return means(change, d)
    if method == "regression":
        return _regression(change, d, x)
    if score is None:
        score = propensity(d, x)
    return (_doubly_robust if method == "doubly_robust" else _weighted)(change, d, x, score)


def _outcome_regression(change: Array, d: Array, x: Array) -> tuple[Array, Array]:
    """Return changes predicted from comparison firms, shape (n,), and the influence of the coefficients, (n, k)."""
    n, outside = len(d), 1.0 - d
    gram = (x * outside[:, None]).T @ x / n
    if np.sum(outside) < x.shape[1] or np.linalg.eigvalsh(gram)[0] <= _SINGULAR * np.trace(gram):
        raise NoOverlapError("too few comparison firms for a regression on the covariates")
    inverse = np.linalg.inv(gram)
    theta = inverse @ (x.T @ (outside * change) / n)
    theta += inverse @ (x.T @ (outside * (change - x @ theta)) / n)
    predicted = x @ theta
    return predicted, (outside * (change - predicted))[:, None] * x @ inverse


def _regression(change: Array, d: Array, x: Array) -> tuple[float, Array]:
    predicted, coefficient = _outcome_regression(change, d, x)
    share = d.mean()
    gap = change - predicted
    att = float(d @ gap / d.sum())
    influence = (d * (gap - att) - coefficient @ (d @ x / len(d))) / share
    return att, influence


def _weighted(change: Array, d: Array, x: Array, score: Propensity) -> tuple[float, Array]:
    n, w = len(d), _odds(d, score)
    inside, outside = float(d @ change / d.sum()), float(w @ change / w.sum())
    weighted = w * (change - outside)
    control = (weighted + score.influence @ (weighted @ x / n)) / w.mean()
    return inside - outside, d * (change - inside) / d.mean() - control


def _doubly_robust(change: Array, d: Array, x: Array, score: Propensity) -> tuple[float, Array]:
    predicted, coefficient = _outcome_regression(change, d, x)
    n, w, gap = len(d), _odds(d, score), change - predicted
    inside, outside = float(d @ gap / d.sum()), float(w @ gap / w.sum())
    treated = (d * (gap - inside) - coefficient @ (d @ x / n)) / d.mean()
    weighted = w * (gap - outside)
    control = (weighted + score.influence @ (weighted @ x / n) - coefficient @ (w @ x / n)) / w.mean()
    return inside - outside, treated - control


def _odds(d: Array, score: Propensity) -> Array:
    """Return the weights of comparison firms, ``p / (1 - p)``, zero where trimmed."""
    p = score.probability
    return np.asarray(np.where((d == 0.0) & (p < TRIMMED), p / (1.0 - p), 0.0))


def with_constant(x: Array) -> Array:
    """Return covariates, shape (n, k), standardised and with a constant; columns that do not vary are left out.

    Effects and influences do not depend on the scale of covariates, while the algebra does.
    """
    varies = np.ptp(x, axis=0) > 0.0
    full = np.column_stack([np.ones(len(x)), x[:, varies]])
    return standardise(full).matrix
