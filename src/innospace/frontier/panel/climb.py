"""One search on the likelihood of a panel: components that vanish, paths that jump, limits of a truncated normal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from innospace.core.status import StatusCode
from innospace.frontier import ridge
from innospace.frontier.densities.base import Array
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.scaled import Flags, Scaled, log_variances_of, path_of
from innospace.frontier.panel.trend import ABOVE, FAR_ABOVE, NEARLY, RETURN, TrendRidge, has_trend, with_trend
from innospace.numerics.maximum_likelihood import Evaluation, Objective, Optimum, maximise, newton_decrement

FLOOR = -20.0
"""Log-variance, relative to the variance of residuals, at which a component counts as absent."""
FAINT = -8.0
"""Log-variance below which a component is left out if the likelihood does not miss it: there it is flat."""
NOT_MISSED = 1e-8
"""What the log-likelihood may lose by that, relative to 1 + |log-likelihood|."""
FAR_BELOW = -300.0
"""``mu / sigma_u`` at which a truncated normal counts as its exponential limit."""
DEEP, LEAVE, ROUNDS = -3.0, -1.5, 3
"""``mu / sigma_u`` below which the search takes the coordinates of its ridge, above which it leaves; how often."""


def climb(scaled: Scaled, start: Array) -> tuple[Optimum, Flags]:
    """Maximise; a component that vanishes, or a path that jumps, is held where it is and the others go on."""
    logs = log_variances_of(scaled)
    free = np.ones(len(start), dtype=bool)
    theta = start
    for _ in range(int(logs.sum() + path_of(scaled).sum()) + 1):
        path = free & path_of(scaled)
        found = _maximise(scaled, free, theta, _edge(scaled, free & logs, int(path.sum())))
        if found.code is not StatusCode.BOUNDARY:
            break
        low = free & logs & (found.theta < FLOOR)
        if low.any():
            free = free & ~whole(scaled, low)
            theta = at_floor(scaled, low, found.theta)
        elif path.any() and _jumps(scaled, found.theta, int(path.sum())):
            # the last parameter goes first: what the others can still determine they do
            free[np.flatnonzero(path)[-1]] = False
            theta = found.theta
        else:
            found = _at_limit(scaled, free, found)
            break
    found, free = without_faint(scaled, found, free, logs)
    return _far_above(scaled, found, free)


def farther(scaled: Scaled, found: Optimum, free: Flags) -> Optimum:
    """Go on towards the limit of a path that jumps: it is held where it began to count, which may be short of it."""
    path = path_of(scaled)
    if path.sum() < 2 or not np.any(path & ~free):
        return found
    for _ in range(ROUNDS):
        best = _maximise(scaled, free, np.where(path, 2.0 * found.theta, found.theta), lambda _: False)
        if not best.value > found.value + NOT_MISSED * (1.0 + abs(found.value)):
            break
        found = best
    return found


def _at_limit(scaled: Scaled, free: Flags, found: Optimum) -> Optimum:
    """Return the best exponential inefficiency that a truncated normal far below zero tends to."""
    at = scaled.levels.index("lnsigma_u2")
    if scaled.owners.count("mu") != 1 or not free[at] or found.theta[scaled.owners.index("mu")] > 0.0:
        return found
    mu, objective = scaled.owners.index("mu"), holding(scaled.evaluate, free)
    start = ridge.at_ratio(found.theta, mu, at, FAR_BELOW)
    best = maximise(ridge.tied_objective(objective, mu, at, FAR_BELOW), start)
    theta = best.theta.copy()
    theta[mu] = FAR_BELOW * np.exp(0.5 * theta[at])
    value, gradient, hessian = objective(theta)
    steps = found.iterations + best.iterations
    return Optimum(StatusCode.BOUNDARY, theta, value, gradient, hessian, newton_decrement(gradient, hessian), steps)


def _far_above(scaled: Scaled, found: Optimum, free: Flags) -> tuple[Optimum, Flags]:
    """Hold ``mu`` far above zero where a search goes there, if the likelihood is larger than where it ended."""
    if not has_trend(scaled) or not free[mu := scaled.owners.index("mu")] or not found.theta[mu] > ABOVE:
        return found, free
    held, kept = at_trend(scaled, found.theta, free)
    return (held, kept) if found.theta[mu] > NEARLY or held.value > found.value else (found, free)


def at_trend(scaled: Scaled, theta: Array, free: Flags) -> tuple[Optimum, Flags]:
    """Maximise with ``mu`` held far above zero; all searches at the same place, so that they can be compared.

    Parameters
    ----------
    theta : ndarray, shape (p,)
        Where to begin: its path is flattened as ``mu`` grows, or left as it is, whichever is better.
    free : ndarray of bool, shape (p,)
        Parameters that are not held yet.
    """
    mu, place = scaled.owners.index("mu"), path_of(scaled)
    kept = free & (np.arange(len(free)) != mu)
    objective = holding(scaled.evaluate, kept)
    path = theta[place]
    flattened = np.where(free[place], path * theta[mu] / FAR_ABOVE, path)
    starts = [with_trend(scaled, theta, to) for to in (flattened, path)]
    values = [objective(start)[0] for start in starts]
    best = starts[int(np.nanargmax([*values, -np.inf]))] if np.isfinite(values).any() else starts[0]
    return maximise(objective, best), kept


def _maximise(scaled: Scaled, free: Flags, start: Array, ended: Callable[[Array], bool]) -> Optimum:
    """Maximise over free parameters; a truncated normal far from zero goes on in the coordinates of its ridge."""
    objective = holding(scaled.evaluate, free)
    places = np.flatnonzero([name == "mu" for name in scaled.owners])
    if not len(places) or not free[at := scaled.levels.index("lnsigma_u2")]:
        return maximise(objective, start, stop=ended)
    ridges = (_ridge_below(scaled, slice(int(places[0]), int(places[-1]) + 1), at), *_ridge_above(scaled, free))
    theta, steps = start, 0
    for _ in range(ROUNDS):
        found = maximise(objective, theta, stop=lambda t: ended(t) or any(r.enters(t) for r in ridges))
        steps += found.iterations
        theta = found.theta
        way = next((r for r in ridges if r.enters(theta)), None)
        if found.code is not StatusCode.BOUNDARY or ended(theta) or way is None:
            break
        found = _along(objective, way, theta, ended)
        steps += found.iterations
        theta = found.theta
        if not way.leaves(theta):
            break
    else:
        found = maximise(objective, theta, stop=ended)
        steps += found.iterations
    return replace(found, iterations=steps)


@dataclass(frozen=True, slots=True)
class _Ridge:
    """Coordinates in which a ridge is straight, where a search takes them and where it leaves them."""

    to: Callable[[Array], Array]
    back: Callable[[Array], Array]
    objective: Callable[[Objective], Objective]
    enters: Callable[[Array], bool]
    leaves: Callable[[Array], bool]


def _along(objective: Objective, way: _Ridge, theta: Array, ended: Callable[[Array], bool]) -> Optimum:
    """Maximise in the coordinates of a ridge; what is returned is in those of the search."""

    def stop(point: Array) -> bool:
        natural = way.back(point)
        return ended(natural) or way.leaves(natural)

    along = maximise(way.objective(objective), way.to(theta), stop=stop)
    natural = way.back(along.theta)
    value, gradient, hessian = objective(natural)
    return Optimum(along.code, natural, value, gradient, hessian, newton_decrement(gradient, hessian), along.iterations)


def _ridge_below(scaled: Scaled, mu: slice, at: int) -> _Ridge:
    """Return the ridge of a truncated normal far below zero, which tends to an exponential."""
    highest = _highest_mean(scaled)
    return _Ridge(
        lambda theta: ridge.to_canonical(theta, mu, at),
        lambda point: ridge.from_canonical(point, mu, at),
        lambda objective: ridge.canonical_objective(objective, mu, at),
        lambda theta: highest(theta) < DEEP,
        lambda theta: highest(theta) > LEAVE,
    )


def _ridge_above(scaled: Scaled, free: Flags) -> tuple[_Ridge, ...]:
    """Return the ridge of a truncated normal far above zero, which tends to a trend, if there is one."""
    if not has_trend(scaled) or not free[mu := scaled.owners.index("mu")] or not (path_of(scaled) & free).any():
        return ()
    own = TrendRidge.of(scaled, path_of(scaled) & free)
    above, back = (lambda theta: bool(theta[mu] > ABOVE)), (lambda theta: bool(theta[mu] < RETURN))
    return (_Ridge(own.to, own.back, own.objective, above, back),)


def without_faint(scaled: Scaled, found: Optimum, free: Flags, logs: Flags) -> tuple[Optimum, Flags]:
    """Hold components at the floor that ended so small that the likelihood does not miss them."""
    faint = free & logs & (found.theta < FAINT)
    if not faint.any():
        return found, free
    kept = free & ~whole(scaled, faint)
    held = maximise(holding(scaled.evaluate, kept), at_floor(scaled, faint, found.theta))
    lost = found.value - held.value
    return (held, kept) if lost <= NOT_MISSED * (1.0 + abs(found.value)) else (found, free)


def _jumps(scaled: Scaled, theta: Array, free: int) -> bool:
    problem, path = scaled.problem, (theta * scaled.times)[path_of(scaled)]
    return isinstance(problem, PanelProblem) and problem.decay.jumps(problem.units, path, free)


def whole(scaled: Scaled, levels: Flags) -> Flags:
    """Return the flags of levels for every coefficient of their parameters."""
    gone = {scaled.owners[i] for i in np.flatnonzero(levels)}
    return np.array([bool(o) and o in gone for o in scaled.owners])


def at_floor(scaled: Scaled, levels: Flags, theta: Array) -> Array:
    """Return parameters with levels at the floor and without the slopes that belong to them."""
    return np.where(levels, FLOOR, np.where(whole(scaled, levels), 0.0, theta))


def holding(function: Callable[[Array], Evaluation], free: Flags) -> Callable[[Array], Evaluation]:
    """Return the function of the free parameters, in the dimension of all."""
    if free.all():
        return function

    def held(theta: Array) -> Evaluation:
        value, gradient, hessian = function(theta)
        gradient = np.where(free, gradient, 0.0)
        hessian = np.where(np.outer(free, free), hessian, 0.0)
        hessian[~free, ~free] = -1.0
        return value, gradient, hessian

    return held


def _highest_mean(scaled: Scaled) -> Callable[[Array], float]:
    """Return the function that tells the largest ``mu / sigma_u`` of a unit; of another model it is zero."""
    problem = scaled.problem
    if not isinstance(problem, PanelProblem) or problem.z_mu is None:
        return lambda _: 0.0
    z_mu, z_u = problem.z_mu, problem.z_u

    def highest(theta: Array) -> float:
        _, mu, log_u, _, _ = problem.split(theta)
        return float(np.max(z_mu @ mu * np.exp(-0.5 * (z_u @ log_u))))

    return highest


def _edge(scaled: Scaled, watched: Flags, path: int) -> Callable[[Array], bool]:
    highest = _highest_mean(scaled)
    mu = scaled.owners.index("mu") if scaled.owners.count("mu") == 1 else None

    def trend(theta: Array) -> bool:
        return mu is not None and theta[mu] > NEARLY

    def ended(theta: Array) -> bool:
        vanished = np.any(watched & (theta < FLOOR))
        outside = highest(theta) < FAR_BELOW or (path > 0 and (trend(theta) or _jumps(scaled, theta, path)))
        return bool(vanished or outside)

    return ended
