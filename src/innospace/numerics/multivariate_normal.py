"""Trivariate normal distribution function with its derivatives, by Plackett's identity.

``d Phi3 / d rho_ij = d^2 Phi3 / db_i db_j``: one integral over a path of correlation matrices gives the value, and
every derivative up to the second is in closed form given ``Phi`` and ``Phi2``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.numerics.bivariate_normal import (
    bivariate_cdf,
    bivariate_density,
    log_bivariate_slopes,
    log_concave_integral,
)
from innospace.numerics.normal import LOG_2PI

Array = NDArray[np.float64]

SMALL = 1e-7
"""Below this probability the logarithm comes from a positive integral: the path integral cancels."""
PAIRS = ((0, 1), (0, 2), (1, 2))
"""Order of correlations: 12, 13, 23."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = 44  # halvings towards the end of the path: resolves a matrix singular to rounding
_ROWS = 2048
_TAIL_ROWS = 48


@dataclass(frozen=True, slots=True)
class TrivariateDerivatives:
    """``log Phi3`` of ``(b1, b2, b3, rho12, rho13, rho23)`` with derivatives.

    Attributes
    ----------
    value : ndarray, shape (n,)
    first : ndarray, shape (n, 6)
    second : ndarray, shape (n, 6, 6)
    """

    value: Array
    first: Array
    second: Array


def positive_definite(r: Array) -> NDArray[np.bool_]:
    """Whether correlations (12, 13, 23), shape (n, 3), make a positive definite matrix, row by row."""
    return np.asarray((np.abs(r).max(axis=1) < 1.0) & (_determinant(r) > 0.0))


def trivariate_cdf(b: Array, r: Array) -> Array:
    """Return ``P(X1 <= b1, X2 <= b2, X3 <= b3)`` of standard normals.

    Parameters
    ----------
    b : ndarray, shape (n, 3)
    r : ndarray, shape (3,) or (n, 3)
        Correlations 12, 13, 23 of a positive definite matrix.

    Returns
    -------
    ndarray, shape (n,)
        Absolute error about 1e-14; relative error about 1e-8 or better while the probability does not underflow.

    Notes
    -----
    Drezner and Wesolowsky (1990) and Genz (2004): from independence of the first variable to ``R``, along
    ``t rho12, t rho13``, with the largest correlation in ``rho23``. The panels of Gauss-Legendre quadrature are
    halved towards ``t = 1`` as far as the distance to the nearest singular matrix asks for.
    """
    b, r = _together(b, r)
    found = _by_path(b, r)
    small = found < SMALL
    if small.any():
        found[small] = np.exp(_log_tail(b[small], r[small]))
    return found


def log_trivariate_cdf(b: Array, r: Array) -> Array:
    """Return ``log Phi3``, finite for finite limits; see :func:`trivariate_cdf`."""
    b, r = _together(b, r)
    found = _by_path(b, r)
    small = found < SMALL
    result = np.log(np.where(small, 1.0, found))
    if small.any():
        result[small] = _log_tail(b[small], r[small])
    return result


def log_trivariate_derivatives(b: Array, r: Array) -> TrivariateDerivatives:
    """Return ``log Phi3`` with its gradient and Hessian; arguments as in :func:`trivariate_cdf`."""
    b, r = _together(b, r)
    log_p = log_trivariate_cdf(b, r)
    first, second = _derivatives(b, r)
    inverse = np.exp(-log_p)
    first = first * inverse[:, None]
    second = second * inverse[:, None, None] - first[:, :, None] * first[:, None, :]
    return TrivariateDerivatives(log_p, first, second)


def trivariate_gradient(b: Array, r: Array) -> tuple[Array, Array]:
    """Return ``Phi3``, shape (n,), and its gradient, shape (n, 6)."""
    b, r = _together(b, r)
    return trivariate_cdf(b, r), _derivatives(b, r)[0]


def _together(b: Array, r: Array) -> tuple[Array, Array]:
    b = np.clip(np.atleast_2d(np.asarray(b, dtype=np.float64)), -1e8, 1e8)
    return b, np.ascontiguousarray(np.broadcast_to(np.asarray(r, dtype=np.float64), b.shape))


def _determinant(r: Array) -> Array:
    return np.asarray(1.0 - np.sum(r * r, axis=1) + 2.0 * np.prod(r, axis=1))


def _by_path(b: Array, r: Array) -> Array:
    if len(b) > _ROWS:
        parts = [slice(i, i + _ROWS) for i in range(0, len(b), _ROWS)]
        return np.concatenate([_by_path(b[p], r[p]) for p in parts])
    b, r = _largest_last(b, r)
    nodes, weights = _path(r)
    t = nodes[None, :]
    r12, r13, r23 = (r[:, j, None] for j in range(3))
    b1, b2, b3 = (b[:, j, None] for j in range(3))
    square = t * t
    # with t on the first two correlations, the determinant stays positive up to the end of the path
    det = (1.0 - r23 * r23) - square * (r12 * r12 + r13 * r13 - 2.0 * r12 * r13 * r23)
    total = np.zeros(len(b))
    for rho, other, x, y in ((r12, r13, b2, b3), (r13, r12, b3, b2)):
        rest = 1.0 - square * rho * rho
        form = (b1 * b1 - 2.0 * t * rho * b1 * x + x * x) / rest
        above = y * rest - t * b1 * (other - r23 * rho) - x * (r23 - square * rho * other)
        kernel = np.exp(-0.5 * form) * special.ndtr(above / np.sqrt(rest * np.maximum(det, 1e-300))) / np.sqrt(rest)
        total += rho[:, 0] * (kernel @ weights)
    start = special.ndtr(b[:, 0]) * bivariate_cdf(b[:, 1], b[:, 2], r[:, 2])
    return np.asarray(np.clip(start + total / (2.0 * np.pi), 0.0, special.ndtr(b.min(axis=1))))


def _largest_last(b: Array, r: Array) -> tuple[Array, Array]:
    """Reorder variables so that the largest correlation is that of the second and third."""
    alone = np.argmax(np.abs(r[:, [2, 1, 0]]), axis=1)  # the variable outside the most correlated pair
    order = np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1]])[alone]
    pairs = np.array([[0, 1, 2], [0, 2, 1], [1, 2, 0]])[alone]
    return np.take_along_axis(b, order, axis=1), np.take_along_axis(r, pairs, axis=1)


def _path(r: Array) -> tuple[Array, Array]:
    """Return nodes and weights on [0, 1], panels halved towards 1 down to the distance of the nearest singularity."""
    spread = r[:, 0] ** 2 + r[:, 1] ** 2 - 2.0 * r[:, 0] * r[:, 1] * r[:, 2]
    beyond = _determinant(r) / np.maximum(2.0 * spread, 1e-300)  # t* - 1, from t*^2 = (1 - rho23^2) / spread
    halvings = int(np.clip(np.ceil(-np.log2(max(float(beyond.min()), 1e-14))) + 1, 1, _PANELS))
    edges = np.append(1.0 - 0.5 ** np.arange(halvings + 1), 1.0)
    half = 0.5 * np.diff(edges)
    nodes = (edges[:-1] + half)[:, None] + half[:, None] * _NODES
    return nodes.ravel(), (half[:, None] * _WEIGHTS).ravel()


def _log_tail(b: Array, r: Array) -> Array:
    """Return ``log Phi3`` as the integral of ``phi(x) Phi2(. | x)`` over ``x <= b1``, the smallest limit first."""
    if len(b) > _TAIL_ROWS:
        parts = [slice(i, i + _TAIL_ROWS) for i in range(0, len(b), _TAIL_ROWS)]
        return np.concatenate([_log_tail(b[p], r[p]) for p in parts])
    first = np.argmin(b, axis=1)
    order = np.array([[0, 1, 2], [1, 0, 2], [2, 0, 1]])[first]
    pairs = np.array([[0, 1, 2], [0, 2, 1], [1, 2, 0]])[first]
    b, r = np.take_along_axis(b, order, axis=1), np.take_along_axis(r, pairs, axis=1)
    with_first = r[:, :2]
    s = np.sqrt((1.0 - with_first) * (1.0 + with_first))
    rho = np.clip((r[:, 2] - r[:, 0] * r[:, 1]) / (s[:, 0] * s[:, 1]), -1.0 + 1e-15, 1.0 - 1e-15)

    def evaluate(x: Array) -> tuple[Array, Array]:
        h = (b[:, 1, None] - r[:, 0, None] * x) / s[:, 0, None]
        k = (b[:, 2, None] - r[:, 1, None] * x) / s[:, 1, None]
        shape = x.shape
        log_p, by_h, by_k = log_bivariate_slopes(h.ravel(), k.ravel(), np.repeat(rho, shape[1]))
        inner = by_h.reshape(shape) * (r[:, 0] / s[:, 0])[:, None] + by_k.reshape(shape) * (r[:, 1] / s[:, 1])[:, None]
        return -0.5 * (x * x + LOG_2PI) + log_p.reshape(shape), -x - inner

    safe = np.where(np.abs(with_first) < 1e-30, 1e-30, with_first)
    return log_concave_integral(evaluate, b[:, 0], b[:, 1:] / safe, s / np.abs(safe))


def _derivatives(b: Array, r: Array) -> tuple[Array, Array]:
    """Return the gradient, shape (n, 6), and Hessian, shape (n, 6, 6), of ``Phi3``."""
    n = len(b)
    first, second = np.empty((n, 6)), np.empty((n, 6, 6))
    full = np.ones((n, 3, 3))
    for p, (i, j) in enumerate(PAIRS):
        full[:, i, j] = full[:, j, i] = r[:, p]
    pair = {(i, j): 3 + p for p, (i, j) in enumerate(PAIRS)}
    det = _determinant(r)
    for p, (i, j) in enumerate(PAIRS):
        m = 3 - i - j
        at = _PairTerm.of(b[:, i], b[:, j], b[:, m], full[:, i, j], full[:, i, m], full[:, j, m], det)
        q = 3 + p
        first[:, q] = at.value
        second[:, i, j] = second[:, j, i] = at.value
        second[:, q, i] = second[:, i, q] = at.by_x
        second[:, q, j] = second[:, j, q] = at.by_y
        second[:, q, m] = second[:, m, q] = at.density
        second[:, q, q] = at.by_xy
        # d^2 / d rho_ij d rho_im = d^4 / db_i^2 db_j db_m, the slope of the density by b_i
        to_x, to_y = pair[min(i, m), max(i, m)], pair[min(j, m), max(j, m)]
        second[:, q, to_x] = second[:, to_x, q] = at.density_by_x
        second[:, q, to_y] = second[:, to_y, q] = at.density_by_y
    for i in range(3):
        j, m = (x for x in range(3) if x != i)
        sj, sm = (np.sqrt((1.0 - full[:, i, o]) * (1.0 + full[:, i, o])) for o in (j, m))
        partial = np.clip((full[:, j, m] - full[:, i, j] * full[:, i, m]) / (sj * sm), -1.0, 1.0)
        x = b[:, i]
        inner = bivariate_cdf((b[:, j] - full[:, i, j] * x) / sj, (b[:, m] - full[:, i, m] * x) / sm, partial)
        first[:, i] = np.exp(-0.5 * (x * x + LOG_2PI)) * inner
        second[:, i, i] = -x * first[:, i] - full[:, i, j] * second[:, i, j] - full[:, i, m] * second[:, i, m]
    return first, second


@dataclass(frozen=True, slots=True)
class _PairTerm:
    """``G(x, y, z) = d^2 Phi3 / dx dy = phi2(x, y) Phi(c)`` and its derivatives."""

    value: Array
    by_x: Array
    by_y: Array
    by_xy: Array
    density: Array
    density_by_x: Array
    density_by_y: Array

    @classmethod
    def of(cls, x: Array, y: Array, z: Array, xy: Array, xz: Array, yz: Array, det: Array) -> _PairTerm:
        square = (1.0 - xy) * (1.0 + xy)
        sigma = np.sqrt(np.maximum(det, 1e-300) / square)
        ax, ay = (xz - xy * yz) / square / sigma, (yz - xy * xz) / square / sigma
        c = z / sigma - ax * x - ay * y
        density = bivariate_density(x, y, xy)
        cdf, peak = special.ndtr(c), np.exp(-0.5 * (c * c + LOG_2PI))
        px, py = (x - xy * y) / square, (y - xy * x) / square  # minus the slopes of log phi2
        whole = density * peak / sigma  # the trivariate density
        return cls(
            density * cdf,
            -density * (px * cdf + ax * peak),
            -density * (py * cdf + ay * peak),
            density * ((px * py + xy / square) * cdf + (px * ay + py * ax - c * ax * ay) * peak),
            whole,
            whole * (ax * c - px),
            whole * (ay * c - py),
        )
