"""Complementarity: conditions that are inequalities, by a semismooth Newton method.

For an unknown with a bound, ``0 <= z`` and ``F(z) >= 0`` and one of them is zero: the Fischer-Burmeister function
``a + b - sqrt(a^2 + b^2)`` of ``a = z`` and ``b = F`` is zero exactly there. Where a Newton step does not help, one of
regularised least squares on the same derivatives does, so that a singular matrix does not stop the search (De Luca,
Facchinei and Kanzow 1996).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import Status, StatusCode
from innospace.economy.general.compiled import Economy
from innospace.economy.general.coordinates import Coordinates
from innospace.economy.general.result import Equilibrium

Array = NDArray[np.float64]
MAX_ITERATIONS = 200
RESTARTS = 30
"""Random starts after the first one fails."""
PATIENCE = 15
"""Steps in which the residual must fall by a tenth."""
TRIALS = 12
"""Lengths of a step that are tried."""
LONGEST = 3.0
"""Largest move of one unknown in a Newton step."""
DISTINCT = 1e-6
"""Relative difference above which two solutions are two equilibria."""
ACTIVE = 1e-9
"""An unknown this small with a slack condition is set to its bound."""


@dataclass(frozen=True)
class _Problem:
    """An economy in the coordinates of the search: bounded unknowns by their size, others as for Newton."""

    economy: Economy
    p: Array

    @cached_property
    def plain(self) -> Coordinates:
        """Coordinates of the unknowns without a bound."""
        return Coordinates(self.economy)

    @property
    def bounded(self) -> NDArray[np.bool_]:
        return self.economy.bounded

    def evaluate(self, x: Array, derivatives: bool = True) -> tuple[Array, Any]:
        """Return the Fischer-Burmeister residual and its derivatives (dense)."""
        held = self.bounded
        v, slope = self._unknowns(x)
        with np.errstate(all="ignore"):
            f, jacobian = self.economy.evaluate(v, self.p, derivatives)
        a = x[held]
        b = f[held]
        norm = np.sqrt(a**2 + b**2)
        out = f.copy()
        out[held] = a + b - norm
        if not derivatives:
            return out, None
        dense = jacobian.toarray() * slope
        safe = np.where(norm > 0.0, norm, 1.0)
        da = np.where(norm > 0.0, 1.0 - a / safe, 1.0 - np.sqrt(0.5))
        db = np.where(norm > 0.0, 1.0 - b / safe, 1.0 - np.sqrt(0.5))
        rows = np.flatnonzero(held)
        dense[rows] *= db[:, None]
        dense[rows, rows] += da
        return out, dense

    def _unknowns(self, x: Array) -> tuple[Array, Array]:
        other = self.plain
        held, scale = self.bounded, self.economy.bound_scale
        v = np.where(held, x * scale, other.to_v(x))
        slope = np.where(held, scale, np.where(other.logarithmic, v, other.scale))
        return v, slope

    def to_v(self, x: Array) -> Array:
        """Return unknowns; those at their bound exactly there."""
        v, _ = self._unknowns(x)
        return np.where(self.bounded & (np.abs(x) < ACTIVE), 0.0, v)

    def to_x(self, v: Array) -> Array:
        """Return coordinates."""
        return np.where(self.bounded, v / self.economy.bound_scale, self.plain.to_x(v))


def solve_complementarity(
    economy: Economy,
    p: Array,
    *,
    start: Array | None = None,
    tolerance: float = 1e-10,
    seed: int = 0,
    restarts: int = RESTARTS,
) -> Equilibrium:
    """Find a point where every inequality or its unknown is zero; restart at random points when the first search fails.

    Returns
    -------
    Equilibrium
        Its status says when no solution was found, how near the best point came and which condition is missed.
    """
    problem = _Problem(economy, p)
    first = problem.to_x(economy.benchmark if start is None else start)
    rng, spent = np.random.default_rng(seed), 0
    best: tuple[float, Array] = (np.inf, first)
    for attempt in range(restarts + 1):
        x = first if attempt == 0 else _perturbed(problem, first, rng)
        x, worst, taken = _search(problem, x, tolerance)
        spent += taken
        if worst < best[0]:
            best = (worst, x)
        if worst <= tolerance:
            break
    worst, x = best
    return Equilibrium(
        economy, p, problem.to_v(x), _verdict(problem, x, worst, spent, attempt, tolerance), "complementarity"
    )


def _verdict(problem: _Problem, x: Array, worst: float, spent: int, restarts: int, tolerance: float) -> Status:
    numbers = {"iterations": float(spent), "restarts": float(restarts), "residual": worst}
    if worst <= tolerance:
        return Status(StatusCode.CONVERGED, f"Solved in {spent} steps, {restarts} restarts.", numbers=numbers)
    f, _ = problem.evaluate(x, derivatives=False)
    missed = problem.economy.equation_of(int(np.argmax(np.abs(f))))
    return Status(
        StatusCode.STALLED,
        f"No equilibrium was found from {restarts + 1} starts: {missed} is missed by {worst:.3g}.",
        "The conditions may contradict each other: look at floors, quotas and fixed purchases first.",
        numbers=numbers,
    )


def _perturbed(problem: _Problem, first: Array, rng: np.random.Generator) -> Array:
    spread = rng.normal(0.0, 0.7, len(first))
    held = problem.bounded
    return np.where(held, np.maximum(first, 0.1) * np.exp(spread), first + 0.3 * spread)


def _search(problem: _Problem, x: Array, tolerance: float) -> tuple[Array, float, int]:
    """Return the point where the search ended, its largest residual and the steps taken."""
    f, jacobian = problem.evaluate(x)
    damping, before = 1e-3, np.inf
    for iteration in range(MAX_ITERATIONS):
        worst = float(np.max(np.abs(f), initial=0.0)) if np.all(np.isfinite(f)) else np.inf
        if worst <= tolerance or not np.isfinite(worst):
            return x, worst, iteration
        if iteration % PATIENCE == 0:
            size = float(f @ f)
            if size > 0.9 * before:
                return x, worst, iteration
            before = size
        found = _step(problem, x, f, jacobian, damping)
        if found is None:
            return x, worst, iteration
        x, damping = found
        f, jacobian = problem.evaluate(x)
    return x, float(np.max(np.abs(f))), MAX_ITERATIONS


def _step(problem: _Problem, x: Array, f: Array, jacobian: Array, damping: float) -> tuple[Array, float] | None:
    """Return the next point and damping: a Newton step, shortened while the residual grows, or a regularised one."""
    before = float(f @ f)
    newton = _newton(jacobian, f)
    if newton is not None:
        newton = newton * min(1.0, LONGEST / max(1e-300, float(np.max(np.abs(newton)))))
        for k in range(TRIALS):
            trial = np.asarray(x + newton * 0.5**k)
            if _size(problem, trial) < before * (1.0 - 1e-4 * 0.5**k):
                return trial, damping
    normal, gradient = jacobian.T @ jacobian, jacobian.T @ f
    for k in range(TRIALS):
        weight = damping * 8.0**k * max(float(np.sqrt(before)), 1e-12)
        trial = np.asarray(x + np.linalg.solve(normal + weight * np.eye(len(x)), -gradient))
        if _size(problem, trial) < before * (1.0 - 1e-4):
            return trial, damping * 8.0 ** (k - 1)
    return None


def _size(problem: _Problem, x: Array) -> float:
    f, _ = problem.evaluate(x, derivatives=False)
    return float(f @ f) if np.all(np.isfinite(f)) else np.inf


def _newton(jacobian: Array, f: Array) -> Array | None:
    try:
        step = np.asarray(np.linalg.solve(jacobian, -f), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.all(np.isfinite(step)) else None


def equilibria(
    economy: Economy, p: Array | None = None, *, starts: int = 200, seed: int = 0, tolerance: float = 1e-10
) -> Equilibrium:
    """Search from many starts and return one equilibrium with all others that were found.

    Starts are random prices, levels and incomes; nests follow from prices. That no further equilibrium exists is not
    proved.

    Returns
    -------
    Equilibrium
        The first by the price of the first commodity; ``others`` holds the rest, ``status.numbers`` how often each was
        reached.
    """
    p = economy.parameters.values if p is None else p
    problem, rng = _Problem(economy, p), np.random.default_rng(seed)
    base = problem.to_x(economy.benchmark)
    found: list[Array] = []
    counts: list[int] = []
    for k in range(starts):
        x = base if k == 0 else _wide(problem, base, rng)
        x, worst, _ = _search(problem, x, tolerance)
        if worst > tolerance:
            continue
        v = problem.to_v(x)
        same = [j for j, other in enumerate(found) if _near(economy, v, other)]
        if same:
            counts[same[0]] += 1
        else:
            found.append(v)
            counts.append(1)
    if not found:
        return solve_complementarity(economy, p, tolerance=tolerance, seed=seed)
    order = sorted(range(len(found)), key=lambda k: tuple(found[k][economy.layout.price]))
    numbers = {"iterations": 0.0, "starts": float(starts), "equilibria": float(len(found))}
    numbers |= {f"reached.{n}": float(counts[k]) for n, k in enumerate(order)}
    said = f"{len(found)} equilibri{'um' if len(found) == 1 else 'a'} found from {starts} starts."
    status = Status(StatusCode.CONVERGED, said, numbers=numbers)
    sorted_found = [found[k] for k in order]
    return Equilibrium(economy, p, sorted_found[0], status, "complementarity", tuple(sorted_found[1:]))


def with_others(found: Equilibrium, *, starts: int, seed: int = 0) -> Equilibrium:
    """Return an equilibrium with the others at its parameters that a search from many starts finds."""
    if not found.status.converged:
        return found
    several = equilibria(found.economy, found.parameters, starts=starts, seed=seed)
    points = (several.unknowns, *several.others) if several.status.converged else ()
    return replace(found, others=tuple(v for v in points if not _near(found.economy, v, found.unknowns)))


def _wide(problem: _Problem, base: Array, rng: np.random.Generator) -> Array:
    lay = problem.economy.layout
    spread = np.zeros(len(base))
    spread[lay.price] = rng.normal(0.0, 1.5, lay.price.stop - lay.price.start)
    spread[lay.level] = rng.normal(0.0, 1.0, lay.level.stop - lay.level.start)
    held = problem.bounded
    return np.where(held, np.maximum(base, 0.1) * np.exp(spread), base + spread)


def _near(economy: Economy, v: Array, other: Array) -> bool:
    part = slice(0, economy.layout.level.stop)
    return bool(np.max(np.abs(v[part] - other[part]) / (1e-3 + np.abs(v[part]))) < DISTINCT)
