"""One search beside effects of the units: components that vanish are left out early, and brought back if missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from innospace.core.status import StatusCode
from innospace.frontier.densities import density
from innospace.frontier.densities.base import Array
from innospace.frontier.estimate import maximise_likelihood
from innospace.frontier.likelihood import Problem
from innospace.frontier.panel.climb import FLOOR, NOT_MISSED, at_floor, holding, whole, without_faint
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.scaled import Flags, Scaled, log_variances_of
from innospace.numerics.covariance import inverse_information
from innospace.numerics.maximum_likelihood import Optimum, maximise

REVIVED = (-8.0, -12.0)
"""Log-variances at which a component that was left out is looked for again; below the first it is left out."""
ROUNDS = 16
CLOSE = 1e-3
"""Log-likelihood, by the curvature there, within which a search has found a maximum that is known."""

NOISE = (-4.0, -6.0, -8.0, -10.0, -12.0)
"""Log-variances of noise through which a maximum is followed towards none at all."""
HOPELESS = 2.0
"""Log-likelihood below the best that is known at which it is followed no further: ten random panels
that were followed all the same never came back."""
PRESENT = -3.0
"""Log-variance of inefficiency, at least, where noise is taken away, and of a component that is brought back."""
VAGUE = 1.0
"""Standard error of a log-variance above which the model without that component is searched as well."""

Found = tuple[Optimum, Flags]


def climb(scaled: Scaled, start: Array, known: Sequence[Found] = ()) -> Found:
    """Maximise from one start; a component that becomes faint is held at the floor while the likelihood allows it.

    The likelihood is next to flat where a log-variance is far below the others, so that Newton steps of one or two
    would follow each other for long. ``known`` are maxima found from other starts: close to one the search ends.
    """
    logs = log_variances_of(scaled)
    floors = np.where(logs, REVIVED[0], -np.inf)
    free, theta = np.ones(len(start), dtype=bool), start
    found: Optimum | None = None
    for _ in range(ROUNDS):
        known_here = [k for k in known if np.array_equal(k[1], free)]
        found = _maximise(scaled, free, theta, floors, [o for o, _ in known_here])
        for other in known_here:
            if found.code is StatusCode.BOUNDARY and _close(found.theta, other[0]):
                return other
        low = free & logs & (found.theta < floors)
        if low.any():
            free = free & ~whole(scaled, low)
            theta = at_floor(scaled, low, found.theta)
            continue
        missed, at = _missed(scaled, found, logs & ~free & (floors > FLOOR))
        if missed is None:
            break
        free, theta = free | whole(scaled, missed), at
        floors = np.where(missed, FLOOR, floors)
    assert found is not None
    return without_faint(scaled, found, free, logs)


def without_noise(scaled: Scaled, best: Found) -> list[Found]:
    """Search where noise is small or absent: the likelihood has further maxima there if it is poorly identified.

    ``best`` is followed through smaller and smaller noise as long as the likelihood is not far below it. From the end,
    from the highest point on the way if that is higher than ``best``, and from ``best`` itself without noise, it is
    searched again.
    """
    optimum, free = best
    noise, inefficiency = scaled.levels.index("lnsigma_v2"), scaled.levels.index("lnsigma_u2")
    if not free[noise]:
        return []
    start = optimum.theta.copy()
    start[inefficiency] = max(start[inefficiency], PRESENT)
    others = free | whole(scaled, np.arange(len(free)) == inefficiency)
    others[noise] = False
    objective, theta, way = holding(scaled.evaluate, others), start.copy(), []
    for level in NOISE:
        theta = np.where(np.arange(len(theta)) == noise, level, theta)
        way.append(maximise(objective, theta))
        theta = way[-1].theta
        if not way[-1].value > optimum.value - HOPELESS:
            return []
    start[noise] = NOISE[-1]
    starts = [theta, start]
    highest = max(way, key=lambda o: o.value)
    if highest.value > optimum.value and highest is not way[-1]:
        starts.append(highest.theta)
    return [climb(scaled, s) for s in starts]


def without_vague(scaled: Scaled, best: Found) -> list[Found]:
    """Search without each component that the likelihood hardly determines, with those that are absent brought back.

    Where two components tell nearly the same, leaving out either gives a maximum of its own. Noise is not among them
    (:func:`without_noise`).
    """
    optimum, free = best
    logs = log_variances_of(scaled)
    noise = np.array([name == "lnsigma_v2" for name in scaled.levels])
    vague = logs & ~noise & free & (_errors(optimum, free) > VAGUE)
    start = np.where(logs & ~free, np.maximum(optimum.theta, PRESENT), optimum.theta)
    return [climb(scaled, np.where(np.arange(len(free)) == i, FLOOR, start)) for i in np.flatnonzero(vague)]


def without_effects(scaled: Scaled, best: Found) -> list[Found]:
    """Search from the maximum of the same frontier with all rows as one cross-section: units have no effects there.

    Its own search knows maxima without noise to which no climb leads. Where it lies far below ``best`` effects are not
    to be left out.
    """
    problem = scaled.problem
    assert isinstance(problem, MixedProblem)
    if not problem.effect.parameters:
        return []
    z = tuple(None if d.shape[1] == 1 and np.ptp(d) == 0.0 else d for d in problem.z)
    weights = None if problem.weights is None else problem.units.spread(problem.weights)
    law = density(problem.rows.name)
    found = maximise_likelihood(Problem(problem.y, problem.x, problem.sign, law, weights, z))
    if found.problem.density.name != law.name:
        return []  # it has no inefficiency: the usual starts find that
    if not found.loglik > best[0].value - HOPELESS:
        return []
    return [climb(scaled, np.append(found.theta, np.full(len(problem.effect.parameters), FLOOR)))]


def _errors(optimum: Optimum, free: Flags) -> Array:
    """Return standard errors of free parameters, shape (p,); zero of others, and of all where they do not exist."""
    where = np.flatnonzero(free)
    errors = np.zeros(len(free))
    information = inverse_information(optimum.hessian[np.ix_(where, where)])
    if information is not None:
        errors[where] = np.sqrt(np.diag(information))
    return errors


def _maximise(scaled: Scaled, free: Flags, theta: Array, floors: Array, known: Sequence[Optimum]) -> Optimum:
    def ended(point: Array) -> bool:
        return bool(np.any(free & (point < floors))) or any(_close(point, o) for o in known)

    return maximise(holding(scaled.evaluate, free), theta, stop=ended)


def _close(theta: Array, optimum: Optimum) -> bool:
    away = theta - optimum.theta
    return bool(-0.5 * (away @ optimum.hessian @ away) < CLOSE)


def _missed(scaled: Scaled, found: Optimum, gone: Flags) -> tuple[Flags | None, Array]:
    """Return the component that was left out but whose return gains most, and where it does."""
    best, missed, at = found.value, None, found.theta
    for place in np.flatnonzero(gone):
        for size in REVIVED:
            theta = found.theta.copy()
            theta[place] = size
            value, _, _ = scaled.evaluate(theta)
            if value > best + NOT_MISSED * (1.0 + abs(best)):
                best, missed, at = value, np.arange(len(gone)) == place, theta
    return missed, at
