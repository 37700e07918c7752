"""Solve one year: Newton from a guess, by steps in the parameters when that fails; failures name the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import StatusCode
from innospace.numerics.newton import TOLERANCE, Root, find_root

Array = NDArray[np.float64]
SMALLEST_STEP = 1.0 / 256.0
"""Part of the change of parameters below which homotopy gives up."""


class Solvable(Protocol):
    """Square equations at given parameters; :class:`innospace.economy.system.System` is one."""

    def residual(self, x: Array, p: Array) -> Array:
        """Return scaled residuals, shape (n,)."""
        ...

    def evaluate(self, x: Array, p: Array) -> tuple[Array, Any]:
        """Return scaled residuals and the Jacobian, shape (n, n)."""
        ...

    def equation_of(self, index: int) -> str:
        """Return a name for an equation, for messages."""
        ...


@dataclass(frozen=True, slots=True)
class YearSolution:
    """One solved (or failed) year.

    Attributes
    ----------
    code : StatusCode
    x : ndarray, shape (n,)
        Solution in the coordinates of the solver; of a failed year, the last point that was reached.
    iterations : int
        Newton steps, those of homotopy included.
    reached : float
        Part of the change of parameters that was solved: 1 when the year is.
    worst : str
        Equation with the largest residual where the search ended; empty when solved.
    residual : float
        That residual, scaled by the size of the equation in the base year.
    """

    code: StatusCode
    x: Array
    iterations: int
    reached: float = 1.0
    worst: str = ""
    residual: float = 0.0


def solve_year(
    system: Solvable, p: Array, guess: Array, known: tuple[Array, Array] | None = None, tolerance: float = TOLERANCE
) -> YearSolution:
    """Solve the system at parameters ``p``.

    Parameters
    ----------
    system : Solvable
    p : ndarray, shape (m,)
    guess : ndarray, shape (n,)
        Start of Newton's method.
    known : tuple of ndarray, optional
        A solution ``(x, p)`` of other parameters, from which homotopy goes when Newton fails.
    tolerance : float

    Returns
    -------
    YearSolution
    """
    root = _root(system, p, guess, tolerance)
    if root.converged:
        return YearSolution(root.code, root.x, root.iterations)
    if known is None:
        return _failed(system, root, root.iterations, 0.0)
    return _homotopy(system, p, known, root.iterations, tolerance)


def _root(system: Solvable, p: Array, guess: Array, tolerance: float) -> Root:
    def evaluate(x: Array) -> tuple[Array, object]:
        return system.evaluate(x, p)

    def residual(x: Array) -> Array:
        return system.residual(x, p)

    return find_root(evaluate, residual, guess, tolerance=tolerance)


def _homotopy(system: Solvable, p: Array, known: tuple[Array, Array], spent: int, tolerance: float) -> YearSolution:
    x, start = known
    reached, step = 0.0, 0.5
    while reached < 1.0:
        target = min(1.0, reached + step)
        root = _root(system, start + target * (p - start), x, tolerance)
        spent += root.iterations
        if root.converged:
            x, reached = root.x, target
            step *= 1.5
        else:
            step *= 0.5
            if step < SMALLEST_STEP:
                return _failed(system, root, spent, reached)
    return YearSolution(StatusCode.CONVERGED, x, spent)


def _failed(system: Solvable, root: Root, spent: int, reached: float) -> YearSolution:
    sizes = np.where(np.isfinite(root.residual), np.abs(root.residual), np.inf)
    worst = int(np.argmax(sizes))
    return YearSolution(root.code, root.x, spent, reached, system.equation_of(worst), float(sizes[worst]))
