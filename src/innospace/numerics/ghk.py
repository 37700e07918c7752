"""Multivariate normal probabilities by simulation: Geweke, Hajivassiliou and Keane, with the exact gradient.

The simulator is smooth in its parameters, so its own derivatives are computed, backwards through the recursion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

Array = NDArray[np.float64]

_CELLS = 65_536  # rows times draws handled at once: fits a processor cache
_EDGE = 1e-16


@dataclass(frozen=True, slots=True)
class Simulated:
    """Simulated log-probabilities with derivatives.

    Attributes
    ----------
    value : ndarray, shape (n,)
    by_index : ndarray, shape (n, m)
    by_correlation : ndarray, shape (n, m (m - 1) / 2)
        In the order of :func:`pairs`.
    """

    value: Array
    by_index: Array
    by_correlation: Array


def pairs(m: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of ``m`` variables in the order of their correlations: 12, 13, ..., 1m, 23, ..."""
    return tuple((i, j) for i in range(m) for j in range(i + 1, m))


def correlation_matrix(r: Array, m: int) -> Array:
    """Return the correlation matrix, shape (m, m), of correlations in the order of :func:`pairs`."""
    matrix = np.eye(m)
    for value, (i, j) in zip(r, pairs(m), strict=True):
        matrix[i, j] = matrix[j, i] = value
    return matrix


def halton_draws(n: int, draws: int, dimensions: int, seed: int) -> Array:
    """Return antithetic Halton draws, shape (n, draws, dimensions), in (0, 1).

    Parameters
    ----------
    n : int
        Rows; each has its own stretch of the sequence (Train 2009, section 9.3).
    draws : int
        Even: every point comes with its mirror image.
    dimensions : int
    seed : int
        Of the random scrambling of the digits.
    """
    from scipy.stats import qmc

    half = draws // 2
    sequence = qmc.Halton(max(dimensions, 1), scramble=True, rng=np.random.default_rng(seed)).random(n * half)
    points = np.clip(sequence[:, :dimensions], _EDGE, 1.0 - _EDGE).reshape(n, half, dimensions)
    return np.concatenate((points, 1.0 - points), axis=1)


def ghk_log_probability(index: Array, signs: Array, r: Array, uniforms: Array, *, slopes: bool = True) -> Simulated:
    """Simulate ``log P(s_j (index_j + e_j) >= 0 for all j)`` with ``e ~ N(0, R)``.

    Parameters
    ----------
    index : ndarray, shape (n, m)
    signs : ndarray, shape (n, m)
        1 where the outcome is 1, else -1.
    r : ndarray, shape (m (m - 1) / 2,)
        Correlations of a positive definite matrix, in the order of :func:`pairs`.
    uniforms : ndarray, shape (n, draws, m - 1)
        See :func:`halton_draws`.
    slopes : bool
        Whether derivatives are wanted; zeros otherwise.

    Notes
    -----
    With ``e = L n`` the probability is the mean over draws of ``prod_j Phi(w_j)``, ``w_j = s_j (index_j +
    sum_{k<j} L_jk n_k) / L_jj`` and ``n_j = -s_j Phi^-1(u_j Phi(w_j))``. Train (2009), section 5.6.
    """
    n, m = index.shape
    lower: Array = np.asarray(np.linalg.cholesky(correlation_matrix(r, m)), dtype=np.float64)
    value, by_index, by_lower = np.empty(n), np.zeros((n, m)), np.zeros((n, m, m))
    step = max(1, _CELLS // max(uniforms.shape[1], 1))
    for at in range(0, n, step):
        rows = slice(at, at + step)
        found = _chunk(index[rows], signs[rows], lower, uniforms[rows], slopes)
        value[rows], by_index[rows], by_lower[rows] = found
    by_correlation = np.zeros((n, len(r)))
    if slopes:
        by_correlation = np.tensordot(by_lower, _cholesky_slopes(lower), axes=([1, 2], [1, 2]))
    return Simulated(value, by_index, by_correlation)


def _chunk(index: Array, signs: Array, lower: Array, uniforms: Array, slopes: bool) -> tuple[Array, Array, Array]:
    m = index.shape[1]
    shape = uniforms.shape[:2]
    limits: list[Array] = []
    mills: list[Array] = []
    normals: list[Array] = []
    moves: list[Array] = []
    total = np.zeros(shape)
    for j in range(m):
        mean = index[:, j, None] + np.zeros(shape)
        for k in range(j):
            mean += lower[j, k] * normals[k]
        w = signs[:, j, None] * mean / lower[j, j]
        log_cdf, ratio = log_cdf_and_mills(w)
        total += log_cdf
        limits.append(w)
        mills.append(ratio)
        if j < m - 1:
            # the quantile in logs: Phi(w) may underflow
            log_p = np.log(uniforms[:, :, j]) + log_cdf
            eta = special.ndtri_exp(log_p)
            normals.append(-signs[:, j, None] * eta)
            if slopes:
                moves.append(np.exp(log_p + np.log(ratio) + 0.5 * (eta * eta + LOG_2PI)))
    peak = total.max(axis=1, keepdims=True)
    share = np.exp(total - peak)
    mass = share.sum(axis=1, keepdims=True)
    value = (peak + np.log(mass / shape[1]))[:, 0]
    if not slopes:
        return value, np.zeros(index.shape), np.zeros((len(index), m, m))
    return value, *_backwards(signs, lower, share / mass, limits, mills, normals, moves)


def _backwards(
    signs: Array,
    lower: Array,
    share: Array,
    limits: list[Array],
    mills: list[Array],
    normals: list[Array],
    moves: list[Array],
) -> tuple[Array, Array]:
    """Return the derivatives of the log of the mean by the indices and by the Cholesky factor."""
    n, m = signs.shape
    by_index, by_lower = np.empty((n, m)), np.zeros((n, m, m))
    means: list[Array] = [np.zeros(0)] * m  # derivative by the mean of equation j, draw by draw
    for j in range(m - 1, -1, -1):
        by_limit = share * mills[j]
        if j < m - 1:
            by_normal = sum((means[k] * lower[k, j] for k in range(j + 1, m)), np.zeros(share.shape))
            by_limit -= signs[:, j, None] * by_normal * moves[j]
        means[j] = by_limit * signs[:, j, None] / lower[j, j]
        by_index[:, j] = means[j].sum(axis=1)
        by_lower[:, j, j] = -np.einsum("nr,nr->n", by_limit, limits[j]) / lower[j, j]
        for k in range(j):
            by_lower[:, j, k] = np.einsum("nr,nr->n", means[j], normals[k])
    return by_index, by_lower


def _cholesky_slopes(lower: Array) -> Array:
    """Return ``dL / d rho`` for every pair, shape (pairs, m, m): ``L lowhalf(L^-1 dR L^-T)``."""
    m = len(lower)
    inverse = np.linalg.inv(lower)
    found = []
    for i, j in pairs(m):
        change = np.zeros((m, m))
        change[i, j] = change[j, i] = 1.0
        inner = inverse @ change @ inverse.T
        found.append(lower @ (np.tril(inner, -1) + 0.5 * np.diag(np.diag(inner))))
    return np.array(found).reshape(-1, m, m)
