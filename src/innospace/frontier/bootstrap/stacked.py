"""Refits of many samples at once, over arrays of replications by observations.

All samples share the regressors: a parametric draw changes outcomes, a draw of rows changes weights. Starts, boundaries
and the choice between optima are those of :mod:`innospace.frontier.estimate`; a replication that ends where that module
does more than climb is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.climb import NOISELESS_LOG_VARIANCES
from innospace.frontier.densities import Law
from innospace.frontier.densities import density as density_named
from innospace.frontier.densities.base import Array, Combination, Combined, combine
from innospace.frontier.estimate import NOT_ABOVE, SAME_EDGE
from innospace.frontier.indexed import EDGES, SMALLEST_LOG_VARIANCE
from innospace.frontier.likelihood import Problem
from innospace.frontier.noiseless import corner, corner_loglik
from innospace.frontier.starts import LeastSquares, shares_of
from innospace.numerics.covariance import IDENTIFIED
from innospace.numerics.linear import Standardised, intercept_column
from innospace.numerics.stacked import (
    BOUNDARY,
    CONVERGED,
    NONFINITE,
    StackedEvaluation,
    StackedOptima,
    maximise_stacked,
)

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
STACKED = ("half_normal", "exponential", "rayleigh", "generalised_exponential", "truncated_normal")
"""Distributions whose likelihood is evaluated for all replications at once; with normal noise."""
LOW_NOISE = -14.0
RIDGE = -6.0
"""``mu / sigma_u`` at which searches stop: what lies below is near the exponential limit, which is looked at too."""
FAR = -1.0
"""``mu / sigma_u`` below which the truncated normal is left to the search along its ridge."""
DEPENDENT = 1e-11
"""Smallest eigenvalue of the Gram matrix of drawn, standardised regressors at which they count as collinear."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Samples that share regressors.

    Attributes
    ----------
    y : ndarray, shape (r, n)
        Least-squares residuals of each sample over their deviation.
    x : ndarray, shape (n, k)
        Standardised.
    weights : ndarray, shape (r, n), or None
    sign : float
    density : Law
    """

    y: Array
    x: Array
    weights: Array | None
    sign: float
    density: Law

    def evaluate(self, theta: Array, which: Integers) -> StackedEvaluation:
        """Return log-likelihoods, scores and Hessians of some samples, shapes (s,), (s, p), (s, p, p)."""
        k, x = self.x.shape[1], self.x
        e = self.sign * (self.y[which] - theta[:, :k] @ x.T)
        with np.errstate(all="ignore"):  # a value that is not finite tells the search to step back
            parameters = tuple(c[:, None] for c in theta[:, k:].T)
            if isinstance(self.density, Combined):
                return self._summed(self.density.combination(e, parameters), which)
            value, first, second = self.density.evaluate(e, parameters)
        if self.weights is not None:
            w = self.weights[which]
            value, first, second = value * w, tuple(f * w for f in first), tuple(s * w for s in second)
        m = theta.shape[1] - k
        gradient = np.empty_like(theta)
        hessian = np.empty((len(theta), k + m, k + m))
        gradient[:, :k] = -self.sign * (first[0] @ x)
        products = (x[:, :, None] * x[:, None, :]).reshape(len(x), k * k)
        hessian[:, :k, :k] = (second[0] @ products).reshape(-1, k, k)
        for j in range(m):
            gradient[:, k + j] = first[1 + j].sum(axis=1)
            hessian[:, :k, k + j] = hessian[:, k + j, :k] = -self.sign * (second[1 + j] @ x)
        for part, (i, j) in zip(second[m + 1 :], combinations_with_replacement(range(m), 2), strict=True):
            hessian[:, k + i, k + j] = hessian[:, k + j, k + i] = part.sum(axis=1)
        return value.sum(axis=1), gradient, hessian

    def _summed(self, found: Combination, which: Integers) -> StackedEvaluation:
        """Sum the columns that derivatives are made of, shape (s, n) each, then make the derivatives."""
        x, (count, k), m = self.x, self.x.shape, len(found.first) - 1
        products = (x[:, :, None] * x[:, None, :]).reshape(count, k * k)
        columns, total, squares = found.columns, np.full((1, 1), float(count)), products.sum(axis=0)
        if self.weights is not None:
            w = self.weights[which]
            columns, total, squares = tuple(w * c for c in columns), w.sum(axis=1, keepdims=True), w @ products
        sums = [c.sum(axis=1, keepdims=True) for c in columns]
        along = [-self.sign * (c @ x) for c in columns[: found.mixed]]
        curved = {place: columns[place] @ products for place, _ in found.second[0][1]}
        gradient = np.empty((len(which), k + m))
        hessian = np.empty((len(which), k + m, k + m))
        gradient[:, :k] = combine(found.first[0], along)
        hessian[:, :k, :k] = combine(found.second[0], curved, squares).reshape(-1, k, k)
        for j in range(m):
            gradient[:, k + j] = combine(found.first[1 + j], sums, total)[:, 0]
            hessian[:, :k, k + j] = hessian[:, k + j, :k] = combine(found.second[1 + j], along)
        for term, (i, j) in zip(found.second[m + 1 :], combinations_with_replacement(range(m), 2), strict=True):
            hessian[:, k + i, k + j] = hessian[:, k + j, k + i] = combine(term, sums, total)[:, 0]
        return combine(found.value, sums, total)[:, 0], gradient, hessian


@dataclass(frozen=True, slots=True)
class StackedFit:
    """Refits of a stack in the units of the data.

    Attributes
    ----------
    theta : ndarray, shape (r, p)
    inside : ndarray of bool, shape (r,)
        Ended at a maximum inside.
    without : ndarray of bool, shape (r,)
        The likelihood is largest without inefficiency: least squares, the noise last in ``theta``.
    noiseless : ndarray of bool, shape (r,)
        The likelihood is largest without noise.
    wrong : ndarray of bool, shape (r,)
        Residuals skewed the wrong way.
    dependent : ndarray of bool, shape (r,)
        The drawn regressors are collinear.
    """

    theta: Array
    inside: Flags
    without: Flags
    noiseless: Flags
    wrong: Flags
    dependent: Flags


def stackable(law: Law, indexed: bool) -> bool:
    """Whether refits of a model can be stacked."""
    return law.noise == "normal" and law.name in STACKED and not indexed


def refit_stack(y: Array, columns: Standardised, weights: Array | None, sign: float, density: Law) -> StackedFit:
    """Refit a model to samples.

    Parameters
    ----------
    y : ndarray, shape (r, n)
    columns : Standardised
        Regressors, shape (n, k).
    weights : ndarray, shape (r, n), or None
    sign : float
        1 for production, -1 for cost.
    density : Law
        One for which :func:`stackable` holds.
    """
    x = columns.matrix
    beta, dependent = _least_squares(y, x, weights)
    w = np.ones((1, y.shape[1])) if weights is None else weights
    # tolerances are relative to a log-likelihood of one unit a row, as in the ordinary fit
    w = w / (w.sum(axis=1, keepdims=True) / np.maximum((w > 0.0).sum(axis=1, keepdims=True), 1))
    total = np.broadcast_to(w.sum(axis=1), len(y))
    e = y - beta @ x.T
    unit = np.sqrt((w * e * e).sum(axis=1) / total)
    unit = np.where(unit > 0.0, unit, 1.0)
    e = e / unit[:, None]
    signed = sign * e
    centred = signed - ((w * signed).sum(axis=1) / total)[:, None]
    third = (w * centred**3).sum(axis=1) / total
    # least squares in scaled residuals
    floor = -0.5 * total * (np.log(2.0 * np.pi) + 1.0)
    stack = Stack(e, x, None if weights is None else w, sign, density)
    k = x.shape[1]
    noise = k + density.parameters.index("lnsigma_v2")
    climbed = np.ones(len(y), dtype=np.bool_)
    if density.name == "truncated_normal":
        best, climbed = _truncated_normal(stack, third)
    else:
        best = _best(stack, third)
    low = (best.code == BOUNDARY) & (best.theta[:, noise] < SMALLEST_LOG_VARIANCE) & ~dependent
    exact = _take_corners(stack, best, np.flatnonzero((third < 0.0) & ~dependent), third, low)
    low |= exact
    best = _without_noise(stack, best, np.flatnonzero(low & ~exact), noise)
    vanished = best.theta[:, k + density.parameters.index("lnsigma_u2")] < SMALLEST_LOG_VARIANCE
    raised = floor + NOT_ABOVE * (1.0 + np.abs(floor - total * np.log(unit)))
    without = (best.value <= np.where(vanished, floor + SAME_EDGE, raised)) & ~dependent
    inside = (best.code == CONVERGED) & ~without & ~dependent & _identified(best.hessian)
    inside &= (best.theta[:, noise] >= LOW_NOISE) & climbed
    theta = np.full_like(best.theta, np.nan)
    theta[:, :k] = (beta + unit[:, None] * np.where(without[:, None], 0.0, best.theta[:, :k])) @ columns.back.T
    for j, kind in enumerate(density.units):
        power, shift = kind.value
        theta[:, k + j] = best.theta[:, k + j] * unit**power + shift * np.log(unit)
    theta[without, k:] = np.nan
    theta[without, -1] = 2.0 * np.log(unit[without])
    return StackedFit(theta, inside, without & climbed, low & ~without & climbed, third >= 0.0, dependent)


def _least_squares(y: Array, x: Array, weights: Array | None) -> tuple[Array, Flags]:
    """Return coefficients, shape (r, k), and where regressors are collinear."""
    k = x.shape[1]
    if weights is None:
        gram = np.broadcast_to(x.T @ x / len(x), (len(y), k, k))
        right = y @ x / len(x)
    else:
        products = (x[:, :, None] * x[:, None, :]).reshape(len(x), k * k)
        total = weights.sum(axis=1)[:, None]
        gram = (weights @ products / total).reshape(-1, k, k)
        right = (weights * y) @ x / total
    dependent = np.linalg.eigvalsh(gram)[:, 0] <= DEPENDENT
    safe = np.where(dependent[:, None, None], np.eye(k), gram)
    beta = np.linalg.solve(safe, right[:, :, None])[:, :, 0]
    left = y - beta @ x.T
    again = left @ x / len(x) if weights is None else (weights * left) @ x / total
    return np.asarray(beta + np.linalg.solve(safe, again[:, :, None])[:, :, 0], dtype=np.float64), dependent


def _truncated_normal(stack: Stack, third: Array) -> tuple[StackedOptima, Flags]:
    """Return the best optimum of each sample, and where the ordinary fit does nothing but climb to it.

    The ordinary fit begins at the best half-normal too, holds what it finds against the exponential limit and the
    maximum without noise, and walks along a ridge where ``mu`` is far below zero.
    """
    k = stack.x.shape[1]
    half, limit = (replace(stack, density=density_named(name)) for name in ("half_normal", "exponential"))
    inner = _best(half, third)
    skewed = third < 0.0
    corners = _take_corners(half, inner, np.flatnonzero(skewed), third, np.zeros(len(third), dtype=np.bool_))
    best = _best(stack, third, [np.insert(inner.theta, k, 0.0, axis=1)])
    above = best.value > _best(limit, third).value + NOT_ABOVE * (1.0 + np.abs(best.value))
    near = best.theta[:, k] > FAR * np.exp(0.5 * best.theta[:, k + 1])
    inside = best.code == CONVERGED
    return best, skewed & ~corners & above & near & inside


def _best(stack: Stack, third: Array, further: Sequence[Array] = ()) -> StackedOptima:
    """Return the best optimum of each sample over the starts of the ordinary fit, and ``further`` ones."""
    starts = [*_starts(stack, third), *further]
    count = len(third)
    # all starts of all samples at once: the few that take long do so together
    found = maximise_stacked(
        lambda theta, which: stack.evaluate(theta, which % count), np.concatenate(starts), stop=_edges(stack)
    )
    worth = np.where(found.code == NONFINITE, -np.inf, found.value).reshape(len(starts), count)
    return found.some(worth.argmax(axis=0) * count + np.arange(count))


def _take_corners(stack: Stack, best: StackedOptima, which: Integers, third: Array, low: Flags) -> Flags:
    """Put exact maxima without noise in place of lower optima, and of searches that ended near them; return where.

    Parameters are those of the limit itself, where at any noise a row on the frontier has half the likelihood of the
    limit, so that the log-likelihood is that of the limit too.
    """
    taken = np.zeros(len(third), dtype=np.bool_)
    nothing = np.zeros(stack.x.shape[1])
    for number in which:
        w = None if stack.weights is None else stack.weights[number]
        problem = Problem(stack.y[number], stack.x, stack.sign, stack.density, w)
        if w is not None:
            problem = problem.rows(np.flatnonzero(w))
        ols = LeastSquares(nothing, 1.0, float(third[number]), np.nan)
        found = corner(problem, ols, best.value[number] + (-SAME_EDGE if low[number] else SAME_EDGE))
        if found is not None:
            total = float(len(problem.y) if problem.weights is None else problem.weights.sum())
            variance = np.exp(found.theta[problem.place("lnsigma_u2").start])
            best.theta[number], best.code[number] = found.theta, BOUNDARY
            best.theta[number, problem.place("lnsigma_v2").start] = NOISELESS_LOG_VARIANCES[-1]
            best.value[number] = corner_loglik(total * variance, total)
            taken[number] = True
    return taken


def _without_noise(stack: Stack, best: StackedOptima, which: Integers, at: int) -> StackedOptima:
    """Follow searches that stopped at ``sigma_v -> 0`` to the limit, as the ordinary fit does."""
    if not len(which):
        return best

    def pinned(theta: Array, some: Integers) -> StackedEvaluation:
        value, gradient, hessian = stack.evaluate(theta, which[some])
        gradient[:, at] = hessian[:, at, :] = hessian[:, :, at] = 0.0
        hessian[:, at, at] = -1.0
        return value, gradient, hessian

    theta = best.theta[which]
    going = np.ones(len(which), dtype=bool)
    for level in NOISELESS_LOG_VARIANCES[::5]:
        moved = theta.copy()
        moved[:, at] = level
        found = maximise_stacked(pinned, moved)
        going &= found.code != NONFINITE
        theta = np.where(going[:, None], found.theta, theta)
    value, _, _ = stack.evaluate(theta, which)
    better = value > best.value[which]
    best.theta[which[better]] = theta[better]
    best.value[which[better]] = value[better]
    return best


def _starts(stack: Stack, third: Array) -> list[Array]:
    """Return starts in scaled parameters, shape (r, p) each."""
    k, density = stack.x.shape[1], stack.density
    constant = intercept_column(stack.x)
    shares = shares_of(density.name, density.noise, plain=True)
    guesses = np.array([density.guesses(1.0, float(t), shares) for t in third])
    starts = []
    for guess in np.moveaxis(guesses, 1, 0):
        start = np.concatenate((np.zeros((len(third), k)), guess), axis=1)
        if constant is not None:
            start[:, constant] = stack.sign * density.mean_inefficiency(tuple(guess.T)) / stack.x[0, constant]
        starts.append(start)
    return starts


def _edges(stack: Stack) -> Callable[[Array], Flags]:
    k, names = stack.x.shape[1], stack.density.parameters
    logs = [k + names.index(n) for n in EDGES if n in names]

    def crossed(theta: Array) -> Flags:
        out = (theta[:, logs] < SMALLEST_LOG_VARIANCE).any(axis=1)
        if "mu" in names:
            out |= theta[:, k + names.index("mu")] < RIDGE * np.exp(0.5 * theta[:, k + names.index("lnsigma_u2")])
        return np.asarray(out, dtype=np.bool_)

    return crossed


def _identified(hessian: Array) -> Flags:
    """Whether each information matrix, scaled to unit diagonal, is safely positive definite."""
    diagonal = -np.einsum("rii->ri", hessian)
    positive = (diagonal > 0.0).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
    scale = 1.0 / np.sqrt(np.where(positive[:, None], diagonal, 1.0))
    scaled = np.where(positive[:, None, None], -hessian * scale[:, :, None] * scale[:, None, :], 0.0)
    return np.asarray(positive & (np.linalg.eigvalsh(scaled)[:, 0] > IDENTIFIED * hessian.shape[1]), dtype=np.bool_)
