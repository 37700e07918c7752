"""One driver for smooth likelihoods with analytic score and Hessian: Newton in a trust region.

A Newton step within the trust region is taken as it is; any other step is found exactly from the eigenvalues of the
Hessian, so indefinite Hessians and long ridges, both common far from the optimum of a composed-error model, need no
special case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from innospace.core.status import StatusCode

Array = NDArray[np.float64]
Evaluation = tuple[float, Array, Array]
Objective = Callable[[Array], Evaluation]

SECULAR_STEPS = 60
LONG = 1.001
"""A step may be longer than the trust radius by this factor."""
DECREMENT_TOLERANCE = 1e-10
"""Half the squared Newton decrement, relative to 1 + |log-likelihood|, below which one last step is taken."""
MAX_ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the search ended.

    Attributes
    ----------
    code : StatusCode
        ``converged``, ``boundary`` (the caller's predicate stopped it), ``max_iterations``, ``stalled`` or
        ``nonfinite``.
    theta : ndarray, shape (p,)
    value : float
        Log-likelihood at ``theta``.
    gradient : ndarray, shape (p,)
    hessian : ndarray, shape (p, p)
    decrement : float
        Half the squared Newton decrement ``g' (-H)^-1 g / 2``: how much the quadratic model still promises.
        Infinite when the Hessian is not negative definite.
    iterations : int
        Evaluations of the objective after the first.
    """

    code: StatusCode
    theta: Array
    value: float
    gradient: Array
    hessian: Array
    decrement: float
    iterations: int


def newton_decrement(gradient: Array, hessian: Array) -> float:
    """Return ``g' (-H)^-1 g / 2``, or infinity when ``H`` is not negative definite."""
    return _newton(gradient, hessian)[0]


def _newton(gradient: Array, hessian: Array) -> tuple[float, Array | None]:
    """Return the Newton decrement and step; infinity and None when ``H`` is not negative definite."""
    factor, failed = linalg.lapack.dpotrf(-hessian, lower=1, clean=0)
    if failed:
        return float("inf"), None
    step, failed = linalg.lapack.dpotrs(factor, gradient, lower=1)
    return (float("inf"), None) if failed else (float(0.5 * (gradient @ step)), step)


def maximise(
    objective: Objective,
    start: Array,
    *,
    stop: Callable[[Array], bool] | None = None,
    max_iterations: int = MAX_ITERATIONS,
    radius: float = 1.0,
) -> Optimum:
    """Maximise a smooth function.

    Parameters
    ----------
    objective : callable
        ``theta -> (value, gradient, hessian)``; a value that is not finite means "outside, take a shorter step".
    start : ndarray, shape (p,)
    stop : callable, optional
        ``theta -> bool``; ends the search with code ``boundary`` once it holds at an accepted point.
    max_iterations : int
    radius : float
        First trust radius; parameters should be scaled so that one unit is a sensible move.

    Returns
    -------
    Optimum
    """
    theta = np.array(start, dtype=np.float64)
    value, gradient, hessian = objective(theta)
    if not _usable(value, gradient, hessian):
        return Optimum(StatusCode.NONFINITE, theta, value, gradient, hessian, float("inf"), 0)
    code = StatusCode.MAX_ITERATIONS
    last = False
    iteration = 0
    while iteration < max_iterations:
        if stop is not None and stop(theta):
            code = StatusCode.BOUNDARY
            break
        decrement, newton = _newton(gradient, hessian)
        small = decrement <= DECREMENT_TOLERANCE * (1.0 + abs(value))
        if last and small:
            code = StatusCode.CONVERGED
            break
        last = small
        length = np.inf if newton is None else math.hypot(*newton)
        if newton is not None and length <= radius:
            step, gain = newton, decrement
        else:
            step, gain, length = _trust_step(gradient, hessian, radius)
        trial = theta + step
        new_value, new_gradient, new_hessian = objective(trial)
        iteration += 1
        usable = _usable(new_value, new_gradient, new_hessian)
        actual = new_value - value if usable else -np.inf
        noise = 1e-13 * (1.0 + abs(value))
        quality = actual / gain if gain > noise else (1.0 if actual >= -noise else -1.0)
        if last and usable and newton_decrement(new_gradient, new_hessian) < decrement:
            # so near the optimum the value is mostly rounding; what the score still promises is not
            quality = 1.0
        if quality < 0.25:
            radius = 0.25 * length
        elif quality > 0.75 and length > 0.99 * radius:
            radius *= 2.0
        if quality > 1e-4:
            theta, value, gradient, hessian = trial, new_value, new_gradient, new_hessian
        elif last:
            # the promised gain is below what floating point can show: this is the optimum
            code = StatusCode.CONVERGED
            break
        elif radius < 1e-14 * (1.0 + float(np.linalg.norm(theta))):
            code = StatusCode.STALLED
            break
    return Optimum(code, theta, value, gradient, hessian, newton_decrement(gradient, hessian), iteration)


def _usable(value: float, gradient: Array, hessian: Array) -> bool:
    # a sum is finite only where every part is, or so large that it is of no use
    return math.isfinite(value) and math.isfinite(np.add.reduce(gradient) + np.add.reduce(hessian, axis=None))


def _trust_step(gradient: Array, hessian: Array, radius: float) -> tuple[Array, float, float]:
    """Maximise the quadratic model within ``radius``: the step, its promised gain, its length."""
    eigenvalues, vectors, _ = linalg.lapack.dsyevd(-hessian)
    rotated = gradient @ vectors
    shift = 0.0
    if eigenvalues[0] <= 0.0:
        shift = 1e-12 * max(1.0, -float(eigenvalues[0]), float(eigenvalues[-1])) - float(eigenvalues[0])
    coordinates = rotated / (eigenvalues + shift)
    if math.sqrt(coordinates @ coordinates) > radius:
        coordinates = rotated / (eigenvalues + _shift_for(rotated, eigenvalues, shift, radius))
    gain = float(rotated @ coordinates - 0.5 * (eigenvalues * coordinates) @ coordinates)
    return vectors @ coordinates, gain, math.sqrt(coordinates @ coordinates)


def _shift_for(rotated: Array, eigenvalues: Array, low: float, radius: float) -> float:
    """Solve for the shift at which the step is as long as ``radius``.

    One over the length is concave and nearly linear in the shift, so that Newton steps on it rise to the root from the
    left (More and Sorensen 1983).
    """
    # no step is shorter than its longest part, so that the root is above these
    shift = max(low, float((np.abs(rotated) / radius - eigenvalues).max()))
    for _ in range(SECULAR_STEPS):
        inverse = 1.0 / (eigenvalues + shift)
        coordinates = rotated * inverse
        length = math.sqrt(coordinates @ coordinates)
        if not length > LONG * radius:
            break
        shift += length**2 * (length - radius) / (float((coordinates * inverse) @ coordinates) * radius)
    return shift
