"""Envelopes of group frontiers: the smallest linear function that no group frontier exceeds."""

from __future__ import annotations

import numpy as np

from innospace.core.errors import SolverError
from innospace.frontier.densities.base import Array


def linear_envelope(x: Array, frontier: Array, sign: float = 1.0) -> Array:
    """Return ``b`` that minimises ``sum_i S (x_i'b - f_i)`` subject to ``S (x_i'b - f_i) >= 0``.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Full column rank.
    frontier : ndarray, shape (n,)
        ``f``, the group frontier at each row.
    sign : float
        ``S``: 1 for production, -1 for cost.

    Returns
    -------
    ndarray, shape (k,)

    Raises
    ------
    SolverError
        The linear program has no solution.

    Notes
    -----
    Battese, Rao and O'Donnell (2004). Solved by HiGHS in orthonormal columns, so that units do not matter.
    """
    from scipy import linalg, optimize

    q, r = np.linalg.qr(x)
    scale = max(float(np.abs(frontier).max()), 1e-300)
    bounds = [(None, None)] * x.shape[1]
    found = optimize.linprog(sign * q.sum(axis=0), A_ub=-sign * q, b_ub=-sign * frontier / scale, bounds=bounds)
    if not found.success:
        raise SolverError(
            f"The metafrontier has no solution: {found.message}",
            remedy="Check that the regressors vary within the sample and are not nearly collinear.",
        )
    return np.asarray(scale * linalg.solve_triangular(r, found.x), dtype=np.float64)


def quadratic_envelope(x: Array, frontier: Array, sign: float = 1.0) -> Array:
    """Return ``b`` that minimises ``sum_i (x_i'b - f_i)^2`` subject to ``S (x_i'b - f_i) >= 0``.

    Parameters and errors as in :func:`linear_envelope`.

    Notes
    -----
    With ``x = QR`` and residual ``h`` of ``S f`` on ``Q`` this is the least ``z`` with ``Qz >= h``, which non-negative
    least squares solve exactly (Lawson and Hanson 1974, chapter 23).
    """
    from scipy import linalg, optimize

    q, r = np.linalg.qr(x)
    level = q.T @ (sign * frontier)
    h = sign * frontier - q @ level
    scale = float(np.abs(h).max())
    if scale <= 1e-12 * max(float(np.abs(frontier).max()), 1e-300):
        z = np.zeros_like(level)  # all group frontiers are one function, which is its own envelope
    else:
        e = np.zeros(len(level) + 1)
        e[-1] = 1.0
        weights, _ = optimize.nnls(np.vstack((q.T, h / scale)), e)
        rest = np.vstack((q.T, h / scale)) @ weights - e
        if not rest[-1] < 0.0:
            raise SolverError(
                "The metafrontier has no solution: no linear function lies above all group frontiers.",
                remedy="Let the frontier have an intercept.",
            )
        z = -scale * rest[:-1] / rest[-1]
    return np.asarray(sign * linalg.solve_triangular(r, level + z), dtype=np.float64)
