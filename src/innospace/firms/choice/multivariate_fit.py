"""Maximum likelihood of three and more joint binary decisions: exact for three, simulated beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from innospace.core.progress import Progress
from innospace.core.status import StatusCode
from innospace.firms.choice.binary import fit_binary
from innospace.firms.choice.bivariate_fit import BOUND, fit_bivariate
from innospace.firms.estimates import Array, Integers, likelihood_covariances
from innospace.numerics.ghk import correlation_matrix, ghk_log_probability, halton_draws, pairs
from innospace.numerics.linear import standardise
from innospace.numerics.maximum_likelihood import Optimum, maximise
from innospace.numerics.multivariate_normal import log_trivariate_derivatives

SINGULAR = 1e-7
"""Smallest eigenvalue of the correlations below which they count as singular."""
STEP = 1e-4
"""Step of the central differences of simulated (smooth) slopes."""
POOLED = 250
"""Rows whose draws a single row uses."""
Rows = tuple[Array, Array, Array]
"""Log-probabilities, shape (n,), their slopes, shape (n, q), and second derivatives, shape (n, rows, q)."""


class Probability(Protocol):
    """Log-probability of every row by indices and correlations."""

    def __call__(self, index: Array, signs: Array, r: Array, second: int) -> Rows:
        """Return value, slopes by the m indices and then the correlations, and ``second`` rows of the Hessian."""


def exact(index: Array, signs: Array, r: Array, second: int) -> Rows:
    """Return ``log P(s_j (index_j + e_j) >= 0, j = 1, 2, 3)`` from the trivariate distribution function."""
    turn = np.column_stack((signs, *(signs[:, i] * signs[:, j] for i, j in pairs(3))))
    d = log_trivariate_derivatives(turn[:, :3] * index, turn[:, 3:] * r)
    hessian = d.second * turn[:, :, None] * turn[:, None, :]
    return d.value, d.first * turn, hessian[:, :second]


@dataclass(frozen=True, slots=True)
class Simulation:
    """The same by the GHK simulator with fixed draws; second derivatives are differences of its exact slopes."""

    uniforms: Array

    def __call__(self, index: Array, signs: Array, r: Array, second: int) -> Rows:
        """See :class:`Probability`."""
        value, first = self._slopes(index, signs, r)
        m, q = index.shape[1], first.shape[1]
        hessian = np.empty((len(index), second, q))
        # a correlation moves by less than the distance to a singular matrix
        near = min(STEP, 0.1 * float(np.linalg.eigvalsh(correlation_matrix(r, m))[0]))
        for j in range(second):
            move = STEP if j < m else near
            ends = []
            for way in (1.0, -1.0):
                at, rho = index.copy(), r.copy()
                if j < m:
                    at[:, j] += way * move
                else:
                    rho[j - m] += way * move
                ends.append(self._slopes(at, signs, rho)[1])
            hessian[:, j] = (ends[0] - ends[1]) / (2.0 * move)
        if second == q:
            hessian = 0.5 * (hessian + hessian.transpose(0, 2, 1))
        return value, first, hessian

    def _slopes(self, index: Array, signs: Array, r: Array) -> tuple[Array, Array]:
        uniforms = self.uniforms[: len(index)]
        if len(index) == 1:
            # effects at the means have one row: it gets the draws of many
            uniforms = self.uniforms[:POOLED].reshape(1, -1, self.uniforms.shape[2])
        found = ghk_log_probability(index, signs, r, uniforms)
        return found.value, np.column_stack((found.by_index, found.by_correlation))


@dataclass(frozen=True, slots=True)
class MultivariateFit:
    """A fitted multivariate probit.

    Attributes
    ----------
    theta : ndarray, shape (p,)
        Coefficients equation after equation, then ``atanh`` of the correlations 12, 13, ..., 23, ...
    log_likelihood, independent : float
        Of the model, and of separate probits.
    hessian : ndarray, shape (p, p)
    scores : ndarray, shape (n, p)
    optimum : Optimum
    boundary : str
    correlations : int
    probability : Probability
        Exact or simulated, with its draws.
    """

    theta: Array
    log_likelihood: float
    independent: float
    hessian: Array
    scores: Array
    optimum: Optimum
    boundary: str
    correlations: int
    probability: Probability

    @property
    def rho(self) -> Array:
        """Correlations of the errors."""
        return np.tanh(self.theta[-self.correlations :])

    def covariances(self, clusters: Integers | None) -> dict[str, Array]:
        """Return covariances by kind; at a bound those of the coefficients given the correlations, NaN for these."""
        if not self.boundary:
            return likelihood_covariances(self.hessian, self.scores, clusters)
        free = len(self.theta) - self.correlations
        inner = likelihood_covariances(self.hessian[:free, :free], self.scores[:, :free], clusters)
        return {k: np.pad(v, (0, self.correlations), constant_values=np.nan) for k, v in inner.items()}


def fit_multivariate(
    y: Sequence[Array],
    x: Sequence[Array],
    weights: Array | None,
    draws: int,
    seed: int,
    progress: Progress,
) -> MultivariateFit:
    """Maximise the likelihood of ``m >= 3`` probits with correlated errors.

    Parameters
    ----------
    y, x : sequences of ndarray, shapes (n,) and (n, k_j)
    weights : ndarray, shape (n,), or None
    draws, seed : int
        Of the simulator, for four equations and more.
    progress : Progress

    Notes
    -----
    Newton with the analytic Hessian for three equations; beyond, the outer product of the simulated scores stands in
    for it during the search, from pairwise bivariate probits, and the Hessian is differenced at the end.
    """
    m, n = len(y), len(y[0])
    signs = np.column_stack([np.where(v == 1.0, 1.0, -1.0) for v in y])
    w = np.ones(n) if weights is None else weights
    probability: Probability = exact if m == 3 else Simulation(halton_draws(n, draws, m - 1, seed))
    standard = [standardise(a, weights) for a in x]
    alone = [fit_binary(a, b, "probit", weights) for a, b in zip(y, x, strict=True)]
    start = [np.linalg.solve(s.back, a.theta) for s, a in zip(standard, alone, strict=True)]
    first = np.concatenate((*start, np.arctanh(_start_correlations(y, x, weights, progress))))
    inner = [s.matrix for s in standard]
    evaluations = 0

    def objective(theta: Array) -> tuple[float, Array, Array]:
        nonlocal evaluations
        evaluations += 1
        progress(f"evaluation {evaluations} of the likelihood", 0.3 + 0.5 * (1.0 - 0.85**evaluations))
        return _likelihood(theta, inner, signs, w, probability, newton=m == 3)[:3]

    found = maximise(objective, first, stop=lambda t: bool(_boundary(t, m)))
    blocks, at = [], 0
    for s in standard:
        k = len(s.back)
        blocks.append(s.back @ found.theta[at : at + k])
        at += k
    theta = np.concatenate((*blocks, found.theta[at:]))
    progress("Hessian", 0.85)
    value, _, hessian, scores = _likelihood(theta, x, signs, w, probability, newton=True)
    boundary = _boundary(theta, m)
    if found.code is not StatusCode.CONVERGED and not boundary and _smallest(theta, m) < 1e3 * SINGULAR:
        boundary = "singular_correlations"
    independent = sum(a.log_likelihood for a in alone)
    return MultivariateFit(theta, value, independent, hessian, scores, found, boundary, len(pairs(m)), probability)


def simulated_again(
    fit: MultivariateFit, y: Sequence[Array], x: Sequence[Array], weights: Array | None, draws: int, seed: int
) -> tuple[float, Array]:
    """Return log-likelihood and score at the estimates with other draws."""
    n, m = len(y[0]), len(y)
    signs = np.column_stack([np.where(v == 1.0, 1.0, -1.0) for v in y])
    w = np.ones(n) if weights is None else weights
    again = Simulation(halton_draws(n, draws, m - 1, seed))
    value, gradient, _, _ = _likelihood(fit.theta, x, signs, w, again, newton=False)
    return value, gradient


def _smallest(theta: Array, m: int) -> float:
    r = np.tanh(theta[-len(pairs(m)) :])
    return float(np.linalg.eigvalsh(correlation_matrix(r, m))[0])


def _boundary(theta: Array, m: int) -> str:
    """Return which bound the correlations are at; empty inside."""
    if np.abs(theta[-len(pairs(m)) :]).max() > BOUND:
        return "correlation_one"
    return "singular_correlations" if _smallest(theta, m) < SINGULAR else ""


def _start_correlations(y: Sequence[Array], x: Sequence[Array], weights: Array | None, progress: Progress) -> Array:
    """Return correlations of pairwise bivariate probits, shrunk until they make a matrix."""
    m = len(y)
    found = []
    for p, (i, j) in enumerate(pairs(m)):
        progress(f"equations {i + 1} and {j + 1}", 0.3 * p / len(pairs(m)))
        found.append(np.clip(fit_bivariate((y[i], y[j]), (x[i], x[j]), weights).rho, -0.95, 0.95))
    r = np.array(found)
    while np.linalg.eigvalsh(correlation_matrix(r, m))[0] < 0.02:
        r *= 0.95
    return r


def _likelihood(
    theta: Array, x: Sequence[Array], signs: Array, w: Array, probability: Probability, *, newton: bool
) -> tuple[float, Array, Array, Array]:
    """Return value, gradient, Hessian (minus the outer product of scores unless ``newton``), and scores."""
    m = len(x)
    edges = np.cumsum([0, *(a.shape[1] for a in x)])
    r = np.tanh(theta[edges[-1] :])
    p = len(theta)
    if np.linalg.eigvalsh(correlation_matrix(r, m))[0] <= 0.1 * SINGULAR:
        return float("nan"), np.zeros(p), np.zeros((p, p)), np.zeros((0, p))
    index = np.column_stack([a @ theta[edges[j] : edges[j + 1]] for j, a in enumerate(x)])
    value, first, second = probability(index, signs, r, m + len(r) if newton else 0)
    slope = 1.0 - r * r
    parts = [a * (w * first[:, j])[:, None] for j, a in enumerate(x)]
    scores = np.column_stack((*parts, first[:, m:] * slope * w[:, None]))
    gradient = scores.sum(axis=0)
    if not newton:
        # by weight, not by its square: this stands in for the Hessian
        hessian = -(scores / w[:, None]).T @ scores
        return float(w @ value), gradient, hessian, scores
    return float(w @ value), gradient, _hessian(x, w, second, slope, first[:, m:], r), scores


def _hessian(x: Sequence[Array], w: Array, second: Array, slope: Array, by_rho: Array, r: Array) -> Array:
    """Put the Hessian together from the second derivatives by indices and correlations."""
    m = len(x)

    def cross(i: int, j: int) -> Array:
        weight = w * second[:, i, j]
        if i < m and j < m:
            return np.asarray((x[i] * weight[:, None]).T @ x[j])
        if i < m:
            return np.asarray((weight * slope[j - m]) @ x[i])[:, None]
        if j < m:
            return np.asarray((weight * slope[i - m]) @ x[j])[None, :]
        bend = float(w @ by_rho[:, i - m]) * -2.0 * r[i - m] * slope[i - m] if i == j else 0.0
        return np.array([[float(weight.sum()) * slope[i - m] * slope[j - m] + bend]])

    q = second.shape[1]
    return np.block([[cross(i, j) for j in range(q)] for i in range(q)])
