"""Gauss-Hermite rules for integrals over normal variables, plain and moved to where an integrand has its mass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

MAX_NODES = 768
"""Beyond it the outermost weights are zero in floating point, so more nodes add nothing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes of several one-dimensional integrals ``int f_i(v) phi(v) dv ~ sum_k exp(log_weight_ik) f_i(v_ik)``.

    Attributes
    ----------
    nodes : ndarray, shape (m, q)
    log_weights : ndarray, shape (m, q)
    """

    nodes: Array
    log_weights: Array

    @property
    def count(self) -> int:
        """Nodes of one integral."""
        return int(self.nodes.shape[1])


@lru_cache(maxsize=64)
def gauss_hermite(count: int) -> tuple[Array, Array]:
    """Return nodes and log weights of a rule for the mean of a function of a standard normal variable.

    Parameters
    ----------
    count : int
        Nodes, 1 to 768; exact for polynomials up to degree ``2 count - 1``.

    Returns
    -------
    tuple of ndarray
        Nodes ``v_k`` and ``log w_k``; the weights add up to one. Nodes whose weight is zero in floating point are
        left out.
    """
    if not 1 <= count <= MAX_NODES:
        raise ValueError(f"{count} nodes; allowed are 1 to {MAX_NODES}")
    nodes, weights = special.roots_hermitenorm(count)
    weights = weights / weights.sum()
    used = weights > 0.0
    nodes, log_weights = nodes[used], np.log(weights[used])
    nodes.setflags(write=False)
    log_weights.setflags(write=False)
    return nodes, log_weights


def standard_grid(integrals: int, count: int) -> Grid:
    """Return the same nodes for every integral, shape (integrals, q)."""
    nodes, log_weights = gauss_hermite(count)
    shape = (integrals, len(nodes))
    return Grid(np.broadcast_to(nodes, shape), np.broadcast_to(log_weights, shape))


def adaptive_grid(centre: Array, spread: Array, count: int) -> Grid:
    """Return nodes moved to ``centre`` and scaled by ``spread``, with weights that make up for it.

    ``v_ik = m_i + s_i a_k`` and ``log w_ik = log w_k + log s_i + a_k^2 / 2 - v_ik^2 / 2``.

    Parameters
    ----------
    centre, spread : ndarray, shape (m,)
        Where the integrand ``f_i phi`` has its mass: mode and curvature, or mean and standard deviation.
    count : int

    Notes
    -----
    Liu and Pierce (1994), with mode and curvature; Naylor and Smith (1982), with mean and standard deviation.
    """
    nodes, log_weights = gauss_hermite(count)
    moved = centre[:, None] + spread[:, None] * nodes
    return Grid(moved, log_weights + 0.5 * nodes * nodes + np.log(spread)[:, None] - 0.5 * moved * moved)


def stroud(count: int) -> Array:
    """Return the points of Stroud's rule of degree 3 for independent, symmetric variables of mean 0 and variance 1.

    The mean of a function over the points, all of weight ``1 / (2 n)``, is exact for polynomials of degree 3. With
    ``k = 1 .. 2n`` and ``r = 1 .. n // 2``: ``x_(2r-1) = sqrt(2) cos((2r-1) k pi / n)``,
    ``x_(2r) = sqrt(2) sin((2r-1) k pi / n)``, and ``x_n = (-1)^k`` where ``n`` is odd (Stroud 1957; Arndt 1996).

    Parameters
    ----------
    count : int
        Number ``n`` of variables, at least 1.

    Returns
    -------
    ndarray, shape (2 n, n)
    """
    k = np.arange(1, 2 * count + 1)
    points = np.empty((2 * count, count))
    for r in range(1, count // 2 + 1):
        angle = (2 * r - 1) * np.pi * k / count
        points[:, 2 * r - 2], points[:, 2 * r - 1] = np.sqrt(2.0) * np.cos(angle), np.sqrt(2.0) * np.sin(angle)
    if count % 2:
        points[:, -1] = (-1.0) ** k
    return points
