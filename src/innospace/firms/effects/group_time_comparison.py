"""One comparison of two groups in two years: three estimators of the effect on the treated and their influences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError
from innospace.firms.choice.binary import fit_binary
from innospace.firms.estimates import Array, Integers
from innospace.numerics.covariance import inverse_information
from innospace.numerics.linear import dependent_columns, standardise

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
        Zero where a 0/1 covariate has a value with which no firm enters.
    influence : ndarray, shape (n, q)
        Of the coefficients, firm by firm; its mean is zero.
    columns : ndarray of int, shape (q,)
        Columns of the covariates that the logit has.
    """

    probability: Array
    influence: Array
    columns: Integers


def propensity(d: Array, x: Array) -> Propensity:
    """Fit the logit of entry on covariates.

    Where no firm with some value of a 0/1 covariate enters (an industry without starters), the maximum of the
    likelihood lies at a probability of zero; these firms get it, and the rest is fitted without them.

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
    rows = _possible(d, x)
    columns = _independent(x[rows])
    try:
        fit = fit_binary(d[rows], x[np.ix_(rows, columns)], "logit")
    except DataError as error:
        raise NoOverlapError("the covariates tell entrants and comparison firms apart") from error
    inverse = inverse_information(fit.hessian)
    p = np.zeros(len(d))
    p[rows] = 1.0 / (1.0 + np.exp(-(x[np.ix_(rows, columns)] @ fit.theta)))
    if inverse is None or float(p.max()) >= MOST_CERTAIN:
        raise NoOverlapError(f"some probability of entry reaches {MOST_CERTAIN:g}")
    influence = np.zeros((len(d), len(columns)))
    influence[rows] = len(d) * fit.scores @ inverse
    return Propensity(p, influence, columns)


def _possible(d: Array, x: Array) -> Integers:
    """Return the firms whose values of two-valued covariates some entrant shares."""
    rows = np.arange(len(d))
    low, high = x.min(axis=0), x.max(axis=0)
    two = [j for j in range(x.shape[1]) if low[j] < high[j] and np.all((x[:, j] == low[j]) | (x[:, j] == high[j]))]
    while True:
        before = len(rows)
        for j in two:
            for value in (low[j], high[j]):
                inside = x[rows, j] == value
                entrants = d[rows][inside]
                if len(entrants) and entrants.all():
                    raise NoOverlapError("all firms with some value of a 0/1 covariate enter")
                if len(entrants) and not entrants.any():
                    rows = rows[~inside]
        if len(rows) == before:
            return rows


def _independent(x: Array) -> Integers:
    """Return the columns, a constant first, that are no combination of earlier ones."""
    varies = np.flatnonzero(np.ptp(x, axis=0) > 0.0)
    columns = np.concatenate([[0], varies[varies > 0]]).astype(np.int64)
    gone = dependent_columns(standardise(x[:, columns]).matrix)
    return np.array([c for j, c in enumerate(columns) if j not in gone], dtype=np.int64)


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
    control = (weighted + score.influence @ (weighted @ x[:, score.columns] / n)) / w.mean()
    return inside - outside, d * (change - inside) / d.mean() - control


def _doubly_robust(change: Array, d: Array, x: Array, score: Propensity) -> tuple[float, Array]:
    predicted, coefficient = _outcome_regression(change, d, x)
    n, w, gap = len(d), _odds(d, score), change - predicted
    inside, outside = float(d @ gap / d.sum()), float(w @ gap / w.sum())
    treated = (d * (gap - inside) - coefficient @ (d @ x / n)) / d.mean()
    weighted = w * (gap - outside)
    control = (weighted + score.influence @ (weighted @ x[:, score.columns] / n) - coefficient @ (w @ x / n)) / w.mean()
    return inside - outside, treated - control


def _odds(d: Array, score: Propensity) -> Array:
    """Return the weights of comparison firms, ``p / (1 - p)``, zero where trimmed."""
    p = score.probability
    return np.asarray(np.where((d == 0.0) & (p < TRIMMED), p / (1.0 - p), 0.0))


def with_constant(x: Array) -> Array:
    """Return covariates, shape (n, k), standardised and with a constant; combinations of others are left out.

    Effects and influences do not depend on the scale of covariates, while the algebra does.
    """
    full = np.column_stack([np.ones(len(x)), x])
    return standardise(full[:, _independent(full)]).matrix
