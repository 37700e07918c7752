"""Maximum likelihood of an ordered probit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from innospace.firms.estimates import Array, Integers
from innospace.numerics.linear import standardise
from innospace.numerics.maximum_likelihood import Optimum, maximise
from innospace.numerics.normal import LOG_2PI

_FAR = 1e8


@dataclass(frozen=True, slots=True)
class OrderedFit:
    """A fitted ordered probit.

    Attributes
    ----------
    theta : ndarray, shape (k + c - 1,)
        Coefficients, then cut points.
    log_likelihood, null : float
        Of the model, and with cut points alone.
    hessian : ndarray, shape (p, p)
    scores : ndarray, shape (n, p)
        Weights applied.
    optimum : Optimum
    """

    theta: Array
    log_likelihood: float
    null: float
    hessian: Array
    scores: Array
    optimum: Optimum


def fit_ordered(codes: Integers, x: Array, categories: int, weights: Array | None = None) -> OrderedFit:
    """Maximise ``sum_i w_i log[Phi(cut_j - x'b) - Phi(cut_{j-1} - x'b)]``.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Category of every row, 0 to c - 1; every category occurs.
    x : ndarray, shape (n, k)
        Without a constant: the cut points take its place.
    categories : int
    weights : ndarray, shape (n,), optional

    Notes
    -----
    The log-likelihood is concave in coefficients and cut points (Pratt 1981), so Newton finds the one maximum.
    """
    n, k = x.shape
    w = np.ones(n) if weights is None else weights
    shares = np.bincount(codes, weights=w, minlength=categories) / w.sum()
    null = float(w.sum() * (shares @ np.log(shares)))
    # with a constant among them columns are centred, which keeps coefficients and cut points apart
    standard = standardise(np.column_stack((np.ones(n), x)), weights)
    inner, scale, centre = standard.matrix[:, 1:], np.diag(standard.back)[1:], -standard.back[0, 1:]

    def objective(theta: Array) -> tuple[float, Array, Array]:
        return _likelihood(theta, codes, inner, w)[:3]

    start = np.concatenate((np.zeros(k), special.ndtri(np.cumsum(shares)[:-1])))
    found = maximise(objective, start)
    theta = np.concatenate((scale * found.theta[:k], found.theta[k:] + centre @ found.theta[:k]))
    value, _, hessian, scores = _likelihood(theta, codes, x, w)
    return OrderedFit(theta, value, null, hessian, scores, found)


def _likelihood(theta: Array, codes: Integers, x: Array, w: Array) -> tuple[float, Array, Array, Array]:
    n, k = x.shape
    cuts = theta[k:]
    p = len(theta)
    if np.any(np.diff(cuts) <= 0.0):
        return float("nan"), np.zeros(p), np.zeros((p, p)), np.zeros((0, p))
    edges = np.concatenate(([-_FAR], cuts, [_FAR]))
    index = x @ theta[:k]
    upper, lower = edges[codes + 1] - index, edges[codes] - index
    log_p = log_interval(lower, upper)
    # ratios of densities to the probability, in logs: both may underflow
    up, down = (np.exp(-0.5 * (z * z + LOG_2PI) - log_p) for z in (upper, lower))
    rows = np.arange(n)
    by_cut = np.zeros((n, len(cuts) + 2))
    by_cut[rows, codes + 1] = up
    by_cut[rows, codes] = -down
    scores = np.column_stack((-x * (up - down)[:, None], by_cut[:, 1:-1])) * w[:, None]
    bend_up, bend_down = -np.clip(upper, -1e3, 1e3) * up, np.clip(lower, -1e3, 1e3) * down
    # second derivatives by (upper, lower) limits
    uu, ll, ul = bend_up - up * up, bend_down - down * down, up * down
    at_up, at_down = np.zeros((n, len(cuts) + 2)), np.zeros((n, len(cuts) + 2))
    at_up[rows, codes + 1], at_down[rows, codes] = 1.0, 1.0
    move_up = np.column_stack((-x, at_up[:, 1:-1]))
    move_down = np.column_stack((-x, at_down[:, 1:-1]))
    mixed = (move_up * (w * ul)[:, None]).T @ move_down
    hessian = (move_up * (w * uu)[:, None]).T @ move_up + (move_down * (w * ll)[:, None]).T @ move_down
    return float(w @ log_p), scores.sum(axis=0), hessian + mixed + mixed.T, scores


def log_interval(lower: Array, upper: Array) -> Array:
    """Return ``log[Phi(upper) - Phi(lower)]`` without cancellation in either tail; ``lower < upper``."""
    flip = lower + upper > 0.0
    low, high = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    log_high, log_low = special.log_ndtr(high), special.log_ndtr(low)
    return np.asarray(log_high + np.log(-np.expm1(np.minimum(log_low - log_high, -1e-300))))
