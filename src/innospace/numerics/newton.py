"""Newton for square systems, with a limit on the step and halving when the residual grows.

Factors of large sparse matrices cost most of the time: they are used again as long as that brings the solution nearer
fast (Shamanskii's method).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from innospace.core.status import StatusCode

Array = NDArray[np.float64]

TOLERANCE = 1e-11
"""Largest scaled residual at which a point counts as a solution."""
MAX_ITERATIONS = 60
STEP_LIMIT = 2.0
"""Largest move of one unknown in one step; unknowns in logarithms move at most by a factor of e^2."""
HALVINGS = 12
LARGE = 2_000
"""Unknowns of a sparse system above which factors are used again."""
FASTER = 0.1
"""Factor by which the residual must fall for that."""


@dataclass(frozen=True, slots=True)
class Root:
    """Where the search for a root ended.

    Attributes
    ----------
    code : StatusCode
        ``converged``, ``max_iterations``, ``stalled``, ``singular`` or ``nonfinite``.
    x : ndarray, shape (n,)
    residual : ndarray, shape (n,)
    iterations : int
        Newton steps taken; 0 when the start is a solution.
    """

    code: StatusCode
    x: Array
    residual: Array
    iterations: int

    @property
    def converged(self) -> bool:
        """Whether every residual is within the tolerance."""
        return self.code is StatusCode.CONVERGED


def find_root(
    evaluate: Callable[[Array], tuple[Array, Any]],
    residual: Callable[[Array], Array],
    start: Array,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    step_limit: float = STEP_LIMIT,
) -> Root:
    """Solve ``F(x) = 0``.

    Parameters
    ----------
    evaluate : callable
        ``x -> (F, J)``; ``J`` dense or sparse, shape (n, n).
    residual : callable
        ``x -> F`` alone, for trial points.
    start : ndarray, shape (n,)
    tolerance, max_iterations, step_limit : float, int, float

    Returns
    -------
    Root
    """
    x = np.array(start, dtype=np.float64)
    f, jacobian = evaluate(x)
    if not np.all(np.isfinite(f)):
        return Root(StatusCode.NONFINITE, x, f, 0)
    for iteration in range(max_iterations):
        if np.max(np.abs(f)) <= tolerance:
            return Root(StatusCode.CONVERGED, x, f, iteration)
        solve = _factors(jacobian)
        step = None if solve is None else solve(-f)
        if solve is None or step is None:
            return Root(StatusCode.SINGULAR, x, f, iteration)
        longest = float(np.max(np.abs(step)))
        found = _shorten(residual, x, f, step * (step_limit / max(longest, step_limit)))
        if found is None:
            return Root(StatusCode.STALLED, x, f, iteration)
        x = found
        if len(x) > LARGE and not isinstance(jacobian, np.ndarray):
            x = _again(solve, residual, x, tolerance)
        f, jacobian = evaluate(x)
    code = StatusCode.CONVERGED if np.max(np.abs(f)) <= tolerance else StatusCode.MAX_ITERATIONS
    return Root(code, x, f, max_iterations)


def _factors(jacobian: Any) -> Callable[[Array], Array | None] | None:
    """Return what solves equations with a matrix, None when it cannot; None when the matrix is singular."""
    try:
        if isinstance(jacobian, np.ndarray):
            solve: Callable[[Array], Array] = partial(np.linalg.solve, jacobian)
        else:
            # equations are paired with unknowns: an ordering for a pattern that is nearly symmetric fills in least
            solve = splu(jacobian, permc_spec="MMD_AT_PLUS_A").solve
    except RuntimeError:
        return None

    def finite(right: Array) -> Array | None:
        try:
            found = solve(right)
        except np.linalg.LinAlgError:
            return None
        return found if np.all(np.isfinite(found)) else None

    return finite


def _again(
    solve: Callable[[Array], Array | None], residual: Callable[[Array], Array], x: Array, tolerance: float
) -> Array:
    """Return where steps with the factors at hand lead, while each makes the residual much smaller."""
    f = residual(x)
    while np.max(np.abs(f)) > tolerance:
        step = solve(-f)
        if step is None:
            break
        trial = x + step
        found = residual(trial)
        if not np.linalg.norm(found) <= FASTER * np.linalg.norm(f):
            break
        x, f = trial, found
    return x


def _shorten(residual: Callable[[Array], Array], x: Array, f: Array, step: Array) -> Array | None:
    """Halve the step until the residual norm falls (or is already at rounding); None when it never does."""
    before = float(np.linalg.norm(f))
    for _ in range(HALVINGS):
        trial = x + step
        found = residual(trial)
        after = float(np.linalg.norm(found)) if np.all(np.isfinite(found)) else np.inf
        if after < before or after <= 1e-12:
            return trial
        step = 0.5 * step
    return None
