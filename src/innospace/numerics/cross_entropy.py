"""Minimum cross-entropy under linear equalities, by Newton's method on the dual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
MAX_ITERATIONS = 200
_ROUNDING = 1e-15
_STALLED = 1e-12
_LARGEST_STEP = 4.0
_HALVINGS = 50
_SINGULAR = 1e-13
_GONE = 1e-40
"""A cell this small says that there is no positive solution."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where the iteration stopped.

    Attributes
    ----------
    x : (n,) array
        Positive.
    residual : (m,) array
        ``a @ x - b``.
    iterations : int
    """

    x: Vector
    residual: Vector
    iterations: int


def minimise(a: Any, b: Vector, prior: Vector, weights: Vector) -> Minimum:
    """Minimise ``sum w x (ln(x / prior) - 1)`` subject to ``a @ x = b``.

    The solution is ``x = prior exp(a' l / w)``. Its dual ``sum w x - b' l`` is convex with gradient ``a x - b`` and
    Hessian ``a diag(x / w) a'``. Rows may be redundant: the step is then the one of least norm.

    Parameters
    ----------
    a : (m, n) sparse array
        Rows scaled so that a residual of 1 is as large as the row itself.
    b : (m,) array
    prior, weights : (n,) arrays
        Positive.

    Returns
    -------
    Minimum
        Whether ``residual`` is small enough is for the caller to judge: without a positive solution it stays large.
    """
    from scipy import sparse

    transposed = a.T.tocsr()
    dual, x = np.zeros(len(b)), prior.copy()
    residual = a @ x - b
    height = float(weights @ x)
    best = Minimum(x, residual, 0)
    for iteration in range(1, MAX_ITERATIONS + 1):
        size = largest(residual)
        if size <= _ROUNDING or float((x / prior).min(initial=1.0)) < _GONE:
            break
        step = newton_step((a @ sparse.diags(x / weights) @ transposed).toarray(), residual)
        growth = (transposed @ step) / weights
        slope = float(residual @ step)
        length = min(1.0, _LARGEST_STEP / max(largest(growth), _ROUNDING))
        for _ in range(_HALVINGS):
            with np.errstate(over="ignore"):  # without a positive solution the dual runs away; the caller is told
                ahead = prior * np.exp((transposed @ (dual + length * step)) / weights)
            if not np.isfinite(ahead).all():
                length *= 0.5
                continue
            missed = a @ ahead - b
            level = float(weights @ ahead - b @ (dual + length * step))
            if level <= height + 1e-4 * length * slope or largest(missed) <= 0.5 * size:
                break
            length *= 0.5
        else:
            break
        dual, x, residual, height = dual + length * step, ahead, missed, level
        if largest(residual) < largest(best.residual):
            best = Minimum(x, residual, iteration)
        elif size < _STALLED:
            break
    return best


def largest(values: Vector) -> float:
    """Return the largest absolute value; zero of none."""
    return float(np.abs(values).max(initial=0.0))


def newton_step(hessian: npt.NDArray[np.float64], gradient: Vector) -> Vector:
    """Return the least-norm solution of ``hessian @ step = -gradient``, scaled to a unit diagonal first."""
    diagonal = np.sqrt(np.maximum(np.diag(hessian), 0.0))
    inverse = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0.0)
    scaled = hessian * inverse[:, None] * inverse[None, :]
    curvature, directions = np.linalg.eigh(scaled)
    kept = curvature > _SINGULAR * curvature.max(initial=0.0)
    along = directions[:, kept]
    step: Vector = -inverse * (along @ ((along.T @ (inverse * gradient)) / curvature[kept]))
    return step
