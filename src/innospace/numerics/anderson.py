"""Fixed points by Anderson's acceleration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MEMORY = 12
"""Earlier points that a step combines."""
LONGEST = 1.0
"""Largest move of one coordinate in one step."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where the search ended: point, gap there, evaluations, whether the gap is within the tolerance."""

    x: Array
    gap: Array
    evaluations: int
    converged: bool


def find_fixed_point(
    gap: Callable[[Array], Array], start: Array, *, tolerance: float = 1e-12, max_evaluations: int = 200
) -> FixedPoint:
    """Find ``x`` with ``gap(x) = g(x) - x = 0``.

    Each step is the combination of the last points whose gaps cancel best in least squares, moved by its own gap
    (Walker and Ni 2011).

    Parameters
    ----------
    gap : callable
        ``x -> g(x) - x``, shape (n,).
    start : ndarray, shape (n,)
    tolerance : float
        Largest absolute gap of a solution.
    max_evaluations : int
    """
    x = np.array(start, dtype=np.float64)
    f = gap(x)
    moves: list[Array] = []
    changes: list[Array] = []
    for count in range(1, max_evaluations):
        worst = float(np.max(np.abs(f), initial=0.0)) if np.all(np.isfinite(f)) else np.inf
        if worst <= tolerance or not np.isfinite(worst):
            return FixedPoint(x, f, count, worst <= tolerance)
        step = f.copy()
        if moves:
            past, differences = np.column_stack(moves), np.column_stack(changes)
            weight = np.linalg.lstsq(differences, f, rcond=1e-14)[0]
            step -= (past + differences) @ weight
        step *= min(1.0, LONGEST / max(float(np.max(np.abs(step))), 1e-300))
        new = x + step
        found = gap(new)
        moves.append(new - x)
        changes.append(found - f)
        del moves[:-MEMORY], changes[:-MEMORY]
        x, f = new, found
    return FixedPoint(x, f, max_evaluations, bool(np.max(np.abs(f), initial=0.0) <= tolerance))
