"""One climb of the likelihood from a start, in the coordinates that suit the law, and climbs along a boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from innospace.core.status import StatusCode
from innospace.frontier import ridge
from innospace.frontier.densities import Composed
from innospace.frontier.densities.base import Array
from innospace.frontier.indexed import SMALLEST_LOG_VARIANCE, edge, far_below, shape_range
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.receding import receding, unmoved
from innospace.numerics.linear import intercept_column
from innospace.numerics.maximum_likelihood import Evaluation, Objective, Optimum, maximise, newton_decrement

NOISELESS_LOG_VARIANCES = tuple(np.arange(SMALLEST_LOG_VARIANCE, -40.5, -2.0))
"""Noise variances through which a solution without noise is followed down to where the rest is rounding."""
BY_QUADRATURE = 1e-8
"""Half the squared Newton decrement, relative, at which a density by quadrature counts as converged."""
BEYOND = 2.0
"""How far beyond the range of a shape a step may lead: the search ends as soon as it is left."""
PAST = 1e-9
"""How far past the end of its range a shape is held."""


def without_noise(problem: Problem, best: Optimum, every: int = 1) -> Optimum:
    """Follow an optimum that stopped at ``sigma_v -> 0`` to the limit, where its likelihood is largest.

    ``every`` leaves out levels of noise on the way, for a start that is near its limit.
    """
    place = problem.place("lnsigma_v2")
    at, one = place.start, place.stop - place.start == 1
    if best.code is not StatusCode.BOUNDARY or not one or best.theta[at] >= SMALLEST_LOG_VARIANCE:
        return best

    pinned = _pinned(lambda theta: evaluate(problem, theta), at)

    def without_inefficiency(theta: Array) -> bool:
        return edge(problem, theta) == "sigma_u_zero"

    theta, iterations = best.theta.copy(), best.iterations
    for level in NOISELESS_LOG_VARIANCES[:: 4 if isinstance(problem.density, Composed) else every]:
        theta[at] = level
        found = climb(pinned, theta, problem, without_inefficiency)
        iterations += found.iterations
        if found.code is StatusCode.NONFINITE:
            break
        theta = found.theta.copy()
    value, gradient, hessian = evaluate(problem, theta)
    if not value > best.value:
        return best
    return Optimum(best.code, theta, value, gradient, hessian, newton_decrement(gradient, hessian), iterations)


def _pinned(objective: Objective, at: int) -> Objective:
    """Return the objective with one parameter held where it is."""

    def evaluate(theta: Array) -> Evaluation:
        value, gradient, hessian = objective(theta)
        gradient[at] = hessian[at, :] = hessian[:, at] = 0.0
        hessian[at, at] = -1.0
        return value, gradient, hessian

    return evaluate


def settled(problem: Problem, found: Optimum) -> Optimum:
    """Return a search as converged where it stopped for want of digits of an integral by quadrature.

    It carries fewer of them than the last Newton steps ask for.
    """
    near = isinstance(problem.density, Composed) and found.decrement <= BY_QUADRATURE * (1.0 + abs(found.value))
    stopped = found.code in (StatusCode.MAX_ITERATIONS, StatusCode.STALLED)
    return replace(found, code=StatusCode.CONVERGED) if near and stopped else found


def at_end_of_shape(problem: Problem, best: Optimum) -> Optimum:
    """Take an optimum that left the range of a shape to the highest point of the end it left by.

    Where the likelihood falls towards that end after all, the search goes on inside.
    """
    if best.code is not StatusCode.BOUNDARY or problem.z or edge(problem, best.theta) != "shape_unbounded":
        return best
    at, (low, high) = problem.place("lnshape_u").start, shape_range(problem.density.name)
    above = bool(best.theta[at] > high)
    end, out = (high, PAST) if above else (low, -PAST)
    coordinates = (receding(problem) if above else None) or unmoved(problem)
    objective = coordinates.objective(lambda theta: evaluate(problem, theta))

    def other(point: Array) -> bool:
        return edge(problem, coordinates.back(point)) != "shape_unbounded"

    start = coordinates.with_shape(coordinates.to(best.theta), end + out)
    along = settled(problem, maximise(_pinned(objective, at), start, stop=other))
    if along.code is not StatusCode.CONVERGED:
        return best
    value, gradient, hessian = objective(along.theta)
    inwards = gradient[at] * (coordinates.with_shape(along.theta, end)[at] - along.theta[at]) > 0.0
    if inwards:
        theta = coordinates.back(coordinates.with_shape(along.theta, end - out))
        inside = climb(lambda t: evaluate(problem, t), theta, problem, lambda t: bool(edge(problem, t)))
        if inside.value > value:
            return inside
    found = Optimum(best.code, along.theta, value, gradient, hessian, np.inf, best.iterations + along.iterations)
    return coordinates.optimum(found)


def climb(objective: Objective, start: Array, problem: Problem, degenerate: Callable[[Array], bool]) -> Optimum:
    """Maximise in the coordinates that suit the law.

    A truncated normal far below zero goes on in those of its ridge; where the frontier can recede, its level is taken
    out of the intercept.
    """
    k, objective = problem.k, _in_reach(objective, problem)
    if problem.density.name not in ("truncated_normal", "scaled_truncated_normal"):
        return _climb_receding(objective, start, problem, degenerate)
    if problem.indexed:
        return _climb_indexed(objective, start, problem, degenerate)

    def deep(theta: Array) -> bool:
        return degenerate(theta) or bool(theta[k] < -3.0 * np.exp(0.5 * theta[k + 1]))

    def ridge_end(point: Array) -> bool:
        outside = point[k + 1] < ridge.LIMIT or point[k + 1] > ridge.LEAVE
        return bool(outside or min(point[k], point[k + 2]) < SMALLEST_LOG_VARIANCE)

    optimum = maximise(objective, start, stop=deep)
    for _ in range(3):
        if optimum.code is not StatusCode.BOUNDARY or degenerate(optimum.theta):
            break
        along = maximise(ridge.ridge_objective(objective, k), ridge.to_ridge(optimum.theta, k), stop=ridge_end)
        theta = ridge.from_ridge(along.theta, k)
        value, gradient, hessian = objective(theta)
        decrement = newton_decrement(gradient, hessian)
        steps = optimum.iterations + along.iterations
        optimum = Optimum(along.code, theta, value, gradient, hessian, decrement, steps)
        if along.theta[k + 1] <= ridge.LEAVE:
            break
        optimum = maximise(objective, theta, stop=deep)
    return optimum


def _climb_receding(
    objective: Objective, start: Array, problem: Problem, degenerate: Callable[[Array], bool]
) -> Optimum:
    """Maximise in coordinates in which the frontier can recede, as long as inefficiency hardly varies."""
    coordinates = receding(problem)
    if coordinates is None or not coordinates.hardly_varies(start):
        return maximise(objective, start, stop=degenerate)

    def left(point: Array) -> bool:
        theta = coordinates.back(point)
        return degenerate(theta) or not coordinates.hardly_varies(theta)

    along = maximise(coordinates.objective(objective), coordinates.to(start), stop=left)
    found = coordinates.optimum(along)
    if along.code is not StatusCode.BOUNDARY or degenerate(found.theta):
        return found
    natural = maximise(objective, found.theta, stop=degenerate)
    return replace(natural, iterations=natural.iterations + found.iterations)


def _in_reach(objective: Objective, problem: Problem) -> Objective:
    """Return the objective that refuses steps far beyond the range of a shape, where densities lose their digits."""
    if "lnshape_u" not in problem.density.parameters:
        return objective
    at, (_, high) = problem.place("lnshape_u").start, shape_range(problem.density.name)

    def evaluate(theta: Array) -> Evaluation:
        if theta[at] > high + BEYOND:
            return float("nan"), np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        return objective(theta)

    return evaluate


def _climb_indexed(
    objective: Objective, start: Array, problem: Problem, degenerate: Callable[[Array], bool]
) -> Optimum:
    """Maximise a truncated normal with indexes, where its variance has an intercept in the coordinates of its ridge."""
    mu, place = problem.place("mu"), problem.place("lnsigma_u2")
    z = problem.designs[problem.density.parameters.index("lnsigma_u2")]
    constant = 0 if z is None else intercept_column(z)
    if constant is None:
        return maximise(objective, start, stop=degenerate)
    at = place.start + constant

    def ended(point: Array) -> bool:
        theta = ridge.from_canonical(point, mu, at)
        return degenerate(theta) or far_below(problem, theta)

    found = maximise(ridge.canonical_objective(objective, mu, at), ridge.to_canonical(start, mu, at), stop=ended)
    theta = ridge.from_canonical(found.theta, mu, at)
    value, gradient, hessian = objective(theta)
    return Optimum(found.code, theta, value, gradient, hessian, newton_decrement(gradient, hessian), found.iterations)
