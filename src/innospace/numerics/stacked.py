"""Many small maximisations at once: Newton in a trust region over a stack of problems.

The rules are those of :func:`innospace.numerics.maximum_likelihood.maximise`, taken for every problem by itself; only
problems that are still under way are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import StatusCode
from innospace.numerics.maximum_likelihood import DECREMENT_TOLERANCE, LONG, MAX_ITERATIONS, SECULAR_STEPS

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
StackedEvaluation = tuple[Array, Array, Array]
StackedObjective = Callable[[Array, Integers], StackedEvaluation]
"""``(theta, numbers) -> (values, gradients, Hessians)``, shapes (r, p), (r,) -> (r,), (r, p), (r, p, p)."""

CODES = (
    StatusCode.MAX_ITERATIONS,
    StatusCode.CONVERGED,
    StatusCode.BOUNDARY,
    StatusCode.STALLED,
    StatusCode.NONFINITE,
)
"""What the numbers in :attr:`StackedOptima.code` stand for."""
_MAX, CONVERGED, BOUNDARY, STALLED, NONFINITE = range(len(CODES))


@dataclass(frozen=True, slots=True)
class StackedOptima:
    """Where each search of a stack ended.

    Attributes
    ----------
    code : ndarray of int, shape (r,)
        Places in :data:`CODES`.
    theta : ndarray, shape (r, p)
    value : ndarray, shape (r,)
    gradient : ndarray, shape (r, p)
    hessian : ndarray, shape (r, p, p)
    iterations : ndarray of int, shape (r,)
    """

    code: Integers
    theta: Array
    value: Array
    gradient: Array
    hessian: Array
    iterations: Integers

    def some(self, which: Integers) -> StackedOptima:
        """Return those of some problems."""
        return StackedOptima(
            self.code[which],
            self.theta[which],
            self.value[which],
            self.gradient[which],
            self.hessian[which],
            self.iterations[which],
        )


def maximise_stacked(
    objective: StackedObjective,
    starts: Array,
    *,
    stop: Callable[[Array], Flags] | None = None,
    max_iterations: int = MAX_ITERATIONS,
    radius: float = 1.0,
) -> StackedOptima:
    """Maximise a stack of smooth functions.

    Parameters
    ----------
    objective : callable
        See :data:`StackedObjective`; ``numbers`` says which problems are evaluated. A value that is not finite means
        "outside, take a shorter step".
    starts : ndarray, shape (r, p)
    stop : callable, optional
        ``theta -> flags``, shapes (r, p) -> (r,); ends a search with code ``boundary``.
    max_iterations : int
    radius : float
        First trust radius.
    """
    theta = np.array(starts, dtype=np.float64)
    count = len(theta)
    value, gradient, hessian = objective(theta, np.arange(count))
    usable = _usable(value, gradient, hessian)
    code = np.where(usable, _MAX, NONFINITE)
    eigenvalues, vectors = _decompose(hessian, usable)
    iterations = np.zeros(count, dtype=np.int64)
    radii = np.full(count, radius)
    last = np.zeros(count, dtype=bool)
    for _ in range(max_iterations):
        active = np.flatnonzero(code == _MAX)
        if stop is not None and len(active):
            code[active[stop(theta[active])]] = BOUNDARY
            active = np.flatnonzero(code == _MAX)
        if not len(active):
            break
        rotated = np.einsum("rij,ri->rj", vectors[active], gradient[active])
        decrement = _decrement(rotated, eigenvalues[active])
        small = decrement <= DECREMENT_TOLERANCE * (1.0 + np.abs(value[active]))
        done = last[active] & small
        code[active[done]] = CONVERGED
        active = active[~done]
        if not len(active):
            continue
        last[active] = small[~done]
        step, gain, length = _steps(eigenvalues[active], vectors[active], rotated[~done], radii[active])
        trial = theta[active] + step
        found = objective(trial, active)
        iterations[active] += 1
        usable = _usable(*found)
        new_values, new_vectors = _decompose(found[2], usable)
        actual = np.where(usable, found[0] - value[active], -np.inf)
        noise = 1e-13 * (1.0 + np.abs(value[active]))
        with np.errstate(divide="ignore", invalid="ignore"):
            quality = np.where(gain > noise, actual / gain, np.where(actual >= -noise, 1.0, -1.0))
        near = np.flatnonzero(last[active] & usable)
        left = _decrement(np.einsum("rij,ri->rj", new_vectors[near], found[1][near]), new_values[near])
        quality[near[left < decrement[~done][near]]] = 1.0
        long = (quality > 0.75) & (length > 0.99 * radii[active])
        radii[active] = np.where(quality < 0.25, 0.25 * length, np.where(long, 2.0 * radii[active], radii[active]))
        taken = quality > 1e-4
        moved = active[taken]
        theta[moved] = trial[taken]
        value[moved], gradient[moved], hessian[moved] = (part[taken] for part in found)
        eigenvalues[moved], vectors[moved] = new_values[taken], new_vectors[taken]
        # where the promised gain is below what floating point can show, this is the optimum
        code[active[~taken & last[active]]] = CONVERGED
        short = radii[active] < 1e-14 * (1.0 + np.linalg.norm(theta[active], axis=1))
        code[active[~taken & ~last[active] & short]] = STALLED
    return StackedOptima(code, theta, value, gradient, hessian, iterations)


def _usable(value: Array, gradient: Array, hessian: Array) -> Flags:
    return np.asarray(
        np.isfinite(value) & np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2)), dtype=np.bool_
    )


def _decompose(hessian: Array, usable: Flags) -> tuple[Array, Array]:
    """Return eigenvalues and eigenvectors of ``-hessian``; those of one that is not usable mean nothing."""
    if usable.all():
        eigenvalues, vectors = np.linalg.eigh(-hessian)
    else:
        eigenvalues, vectors = np.linalg.eigh(np.where(usable[:, None, None], -hessian, 0.0))
    return eigenvalues, vectors


def _decrement(rotated: Array, eigenvalues: Array) -> Array:
    """Return half the squared Newton decrement, infinite where a Hessian is not negative definite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = 0.5 * np.sum(rotated * rotated / eigenvalues, axis=1)
    return np.where(eigenvalues[:, 0] > 0.0, half, np.inf)


def _lengths(rotated: Array, eigenvalues: Array, shift: Array) -> Array:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(np.sum((rotated / (eigenvalues + shift[:, None])) ** 2, axis=1)))


def _steps(eigenvalues: Array, vectors: Array, rotated: Array, radii: Array) -> tuple[Array, Array, Array]:
    """Maximise the quadratic models within the radii: steps, promised gains, lengths."""
    largest = np.abs(eigenvalues).max(axis=1)
    shift = np.where(eigenvalues[:, 0] > 0.0, 0.0, 1e-12 * np.maximum(1.0, largest) - eigenvalues[:, 0])
    far = np.flatnonzero(_lengths(rotated, eigenvalues, shift) > radii)
    if len(far):
        shift[far] = _shifts(rotated[far], eigenvalues[far], shift[far], radii[far])
    coordinates = rotated / (eigenvalues + shift[:, None])
    gain = np.sum(rotated * coordinates, axis=1) - 0.5 * np.sum(eigenvalues * coordinates**2, axis=1)
    return np.einsum("rij,rj->ri", vectors, coordinates), gain, np.linalg.norm(coordinates, axis=1)


def _shifts(rotated: Array, eigenvalues: Array, low: Array, radii: Array) -> Array:
    """Solve for the shifts at which steps are as long as the radii, as the search for one function does."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        shift: Array = np.maximum(low, (np.abs(rotated) / radii[:, None] - eigenvalues).max(axis=1))
        for _ in range(SECULAR_STEPS):
            inverse = 1.0 / (eigenvalues + shift[:, None])
            square = (rotated * inverse) ** 2
            length = np.sqrt(square.sum(axis=1))
            over = length > LONG * radii
            if not over.any():
                break
            slope = np.sum(square * inverse, axis=1)
            shift = np.where(over, shift + length**2 * (length - radii) / (slope * radii), shift)
    return shift
