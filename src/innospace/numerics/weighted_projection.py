"""Nearest non-negative point to a prior under linear equalities, by Newton's method on the dual."""

from __future__ import annotations

from typing import Any

import numpy as np

from innospace.numerics.cross_entropy import Minimum, Vector, largest, newton_step

MAX_ITERATIONS = 200
_ROUNDING = 1e-15
_STALLED = 1e-12
_HALVINGS = 50
_DESCENT = 1e-4


def project(a: Any, b: Vector, prior: Vector, weights: Vector) -> Minimum:
    """Minimise ``sum w (x - prior)^2 / (2 prior)`` subject to ``a @ x = b`` and ``x >= 0``.

    The solution is ``x = prior max(0, 1 + a' l / w)``. Its dual is convex and piecewise quadratic with gradient
    ``a x - b``; a Newton step uses the pieces that are positive.

    Parameters
    ----------
    a : (m, n) sparse array
        Rows scaled so that a residual of 1 is as large as the row itself; they may be redundant.
    b : (m,) array
    prior, weights : (n,) arrays
        Positive.

    Returns
    -------
    Minimum
        Whether ``residual`` is small enough is for the caller to judge: without a solution it stays large.
    """
    from scipy import sparse

    transposed = a.T.tocsr()

    def at(dual: Vector) -> tuple[Vector, Vector, float]:
        pull = (transposed @ dual) / weights
        x = prior * np.maximum(0.0, 1.0 + pull)
        height = float(weights @ (x * pull - 0.5 * (x - prior) ** 2 / prior) - b @ dual)
        return x, a @ x - b, height

    dual = np.zeros(len(b))
    x, residual, height = at(dual)
    best = Minimum(x, residual, 0)
    for iteration in range(1, MAX_ITERATIONS + 1):
        size = largest(residual)
        if size <= _ROUNDING:
            break
        curvature = np.where(x > 0.0, prior, 0.0) / weights
        step = newton_step((a @ sparse.diags(curvature) @ transposed).toarray(), residual)
        slope, length = float(residual @ step), 1.0
        for _ in range(_HALVINGS):
            ahead = at(dual + length * step)
            if ahead[2] <= height + _DESCENT * length * slope or largest(ahead[1]) <= 0.5 * size:
                break
            length *= 0.5
        else:
            break
        dual, (x, residual, height) = dual + length * step, ahead
        if largest(residual) < largest(best.residual):
            best = Minimum(x, residual, iteration)
        elif size < _STALLED:
            break
    return best
