"""From arrays of a panel to a verified maximum: several starts, the best of what they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from innospace.core.status import Status, StatusCode
from innospace.frontier.densities import NoInefficiency
from innospace.frontier.densities.base import Array
from innospace.frontier.panel import mixed_climb
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.climb import at_trend, climb, farther
from innospace.frontier.panel.decay import DECAYS
from innospace.frontier.panel.endings import status_of
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.models import Family, Model
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.scaled import Flags, Problem, Scaled, inefficiency_path, path_of, scale
from innospace.frontier.panel.trend import FAR_ABOVE, has_trend, with_trend
from innospace.numerics.covariance import inverse_information
from innospace.numerics.linear import intercept_column, least_squares
from innospace.numerics.maximum_likelihood import Optimum, newton_decrement

SHARES = (0.2, 0.5, 0.8)
"""Shares of a variance given to inefficiency, one start each."""
NORMAL = 4.0
"""``mu / sigma_u`` of a start at which the inefficiency of units is nearly normal."""
SAME_OPTIMUM = 1e-7
"""Two starts agree when their log-likelihoods differ by less than this times 1 + |log-likelihood|."""
SHARED = -4.0
"""Log-variance of inefficiency of a start at which units hardly differ."""
_MEAN = float(np.sqrt(2.0 / np.pi))
_VARIANCE = 1.0 - 2.0 / np.pi


@dataclass(frozen=True, slots=True)
class PanelEstimate:
    """A maximum of the likelihood of a panel.

    Attributes
    ----------
    problem : PanelProblem or MixedProblem
        In the units of the data.
    names, owners : tuple of str
        Of ``theta``, and the parameter that each coefficient after the frontier belongs to.
    theta : ndarray, shape (p,)
    loglik : float
    gradient : ndarray, shape (p,)
        Score by standardised parameters.
    hessian : ndarray, shape (p, p)
        By standardised parameters.
    scores : ndarray, shape (units, p)
        By standardised parameters.
    forward : ndarray, shape (p, p)
        ``d theta / d standardised parameters``.
    free : ndarray of bool, shape (p,)
        Parameters that are not held at a boundary.
    tried, agreed : int
        Starts tried, and how many of them reached the reported optimum.
    status : Status
    """

    problem: Problem
    names: tuple[str, ...]
    owners: tuple[str, ...]
    theta: Array
    loglik: float
    gradient: Array
    hessian: Array
    scores: Array
    forward: Array
    free: Flags
    tried: int
    agreed: int
    status: Status


def maximise_panel(arrays: Arrays, model: Model, inefficiency: str, near: Array | None = None) -> PanelEstimate:
    """Maximise the likelihood of a panel model from several starts.

    ``near``, shape (p,), are parameters in the units of the data close to the maximum: the search begins there alone
    and takes the other starts as well when it does not end inside the parameter space.
    """
    scaled = scale(arrays, model, inefficiency)
    if near is not None:
        warm = scaled.from_data(near)
        found = _best(scaled, [warm])
        if found.status.converged:
            return found
        usual, others = _starts(scaled, model)
        if isinstance(scaled.problem, MixedProblem):
            # boundaries are common here: one more start is to say the same
            usual = usual[len(usual) // 2 :][:1]
        return _best(scaled, [warm, *usual], others, trend=has_trend(scaled))
    return _best(scaled, *_starts(scaled, model), trend=has_trend(scaled))


def _best(
    scaled: Scaled, starts: Sequence[Array], others: Sequence[Array] = (), *, trend: bool = False
) -> PanelEstimate:
    """Return the best of the maxima that searches reach.

    ``others`` look where the usual starts seldom lead, as does ``trend``, the search where ``mu`` is far above zero:
    they count as tried only where one of them finds the best.
    """
    found = _searches(scaled, [*starts, *others])
    if len(starts) > 1 and isinstance(scaled.problem, MixedProblem) and "lnsigma_u2" in scaled.levels:
        found += mixed_climb.without_effects(scaled, _highest(found))
        found += mixed_climb.without_noise(scaled, _highest(found))
        found += mixed_climb.without_vague(scaled, _highest(found))
    if trend:
        found += _through_trend(scaled)
    highest, free = _highest(found)
    best = farther(scaled, highest, free)
    near = SAME_OPTIMUM * (1.0 + abs(best.value))
    agree = [bool(highest.value - f[0].value <= near) for f in found]
    if any(agree[: len(starts)]):
        agree = agree[: len(starts)]
    theta = scaled.to_data(best.theta)
    status = status_of(scaled, best, free)
    parts = (best.gradient, best.hessian, scaled.scores(best.theta), scaled.jacobian(best.theta), free)
    return PanelEstimate(
        scaled.raw,
        scaled.names,
        scaled.owners,
        theta,
        best.value + scaled.loglik_shift,
        *parts,
        len(agree),
        sum(agree),
        status,
    )


def _highest(found: list[mixed_climb.Found]) -> mixed_climb.Found:
    """Return the best; of those that tie, one that the likelihood determines, rather inside than at a boundary."""
    usable = [f for f in found if np.isfinite(f[0].value)] or found
    best = max(f[0].value for f in usable)
    ties = [f for f in usable if best - f[0].value <= SAME_OPTIMUM * (1.0 + abs(best))] or usable
    return max(ties, key=lambda f: (_determined(*f), f[0].value))


def _determined(found: Optimum, free: Flags) -> int:
    """Return 2 for a maximum inside with a definite Hessian, 1 for one at a boundary, 0 for any other."""
    where = np.flatnonzero(free)
    if found.code is not StatusCode.CONVERGED or inverse_information(found.hessian[np.ix_(where, where)]) is None:
        return 0
    return 1 + int(free.all())


def search(scaled: Scaled, start: Array, known: Sequence[tuple[Optimum, Flags]] = ()) -> tuple[Optimum, Flags]:
    """Search from one start; beside effects of the units one that comes close to a known maximum has found it."""
    if isinstance(scaled.problem, MixedProblem):
        return mixed_climb.climb(scaled, start, [f for f in known if f[0].code is StatusCode.CONVERGED])
    return climb(scaled, start)


def _searches(scaled: Scaled, starts: Sequence[Array]) -> list[tuple[Optimum, Flags]]:
    found: list[tuple[Optimum, Flags]] = []
    for start in starts:
        found.append(search(scaled, start, found))
    return found


def without_inefficiency(arrays: Arrays, model: Model, inefficiency: str, *, persistent: bool = False) -> float:
    """Return the log-likelihood of a model with an effect of the unit but no inefficiency of the period.

    With ``persistent`` it keeps that of the period and loses the persistent one.
    """
    if persistent:
        return maximise_panel(arrays, replace(model, effect=NoInefficiency()), inefficiency).loglik
    return maximise_panel(arrays, model, "none").loglik


def least_squares_loglik(arrays: Arrays) -> float:
    """Return the log-likelihood of pooled least squares."""
    e = arrays.y - arrays.x @ least_squares(arrays.y, arrays.x, None)
    return float(-0.5 * len(e) * (np.log(2.0 * np.pi * np.mean(e * e)) + 1.0))


def _starts(scaled: Scaled, model: Model) -> tuple[list[Array], list[Array]]:
    """Return starts: shares of a variance with a path that is constant; other paths with one share.

    A truncated normal takes fewer of them, and begins where inefficiency is nearly normal as well.
    """
    decay = DECAYS[model.decay] if model.decay else None
    first, *others = decay.starts(scaled.problem.units) if decay else ((),)
    shares: tuple[float, ...] = SHARES if "lnsigma_u2" in scaled.levels else (0.0,)
    one_mean = scaled.owners.count("mu") == 1
    if one_mean:
        shares = shares[-1:] if others else shares[1:]
    starts = [_start(scaled, model, share, first) for share in shares]
    if not one_mean:
        return starts, [_start(scaled, model, SHARES[1], path) for path in others]
    # on random panels these find what all shares and paths find
    more = [_normal_start(scaled, path) for path in others[:1] if len(path) == 1]
    return [*starts, _normal_start(scaled, first)], [
        *(_start(scaled, model, SHARES[1], path) for path in others[:-1]),
        *more,
    ]


def _start(scaled: Scaled, model: Model, share: float, path: Sequence[float]) -> Array:
    """Return the start that gives inefficiency a share of a variance, with a path."""
    k = scaled.problem.x.shape[1]
    own, decay = scaled.levels[k:], DECAYS[model.decay] if model.decay else None
    between, within = _variances(scaled.problem)
    spread = 1.0 if model.family is Family.ONE_SIDED else within
    g = inefficiency_path(scaled, path)
    values = {"mu": 0.0, **dict(zip(decay.parameters if decay else (), path, strict=True))}
    values["lnsigma_u2"] = np.log(max(share, 1e-3) * spread / _VARIANCE)
    values["lnsigma_v2"] = np.log((1.0 - share) * spread)
    persistent = between / (2.0 * _VARIANCE) if "lnsigma_h2" in own else 0.0
    values["lnsigma_h2"] = np.log(max(persistent, 1e-3))
    values["lnsigma_w2"] = np.log(between / (2.0 if persistent else 1.0))
    beta = np.zeros(k)
    constant = intercept_column(scaled.problem.x)
    if constant is not None:
        mean = np.exp(0.5 * values["lnsigma_u2"]) * float(g.mean()) * bool(share) + np.sqrt(persistent)
        beta[constant] = scaled.problem.sign * _MEAN * mean / scaled.problem.x[0, constant]
    return np.array([*beta, *(values[name] if name else 0.0 for name in own)])


def _normal_start(scaled: Scaled, path: Sequence[float] | Array) -> Array:
    """Return a start at which inefficiency is nearly normal, with the variance between units: ``mu`` far from zero."""
    between, within = _variances(scaled.problem)
    start, x = np.zeros(len(scaled.levels)), scaled.problem.x
    deviation = np.sqrt(between)
    start[scaled.levels.index("mu")] = NORMAL * deviation
    start[scaled.levels.index("lnsigma_u2")] = 2.0 * np.log(deviation)
    start[scaled.levels.index("lnsigma_v2")] = np.log(within)
    start[path_of(scaled)] = path
    constant = intercept_column(x)
    if constant is not None:
        start[constant] = scaled.problem.sign * NORMAL * deviation / x[0, constant]
    return start


def _through_trend(scaled: Scaled) -> list[tuple[Optimum, Flags]]:
    """Search where ``mu`` is far above zero, from there back near zero, with single periods apart, and at a step."""
    path, mu = path_of(scaled), scaled.levels.index("mu")
    start, free = _normal_start(scaled, np.zeros(int(path.sum()))), np.ones(len(path), dtype=bool)
    found = [at_trend(scaled, start, free)]
    flat = found[0][0].theta
    near = start.copy()
    near[path] = flat[path] * flat[mu] / near[mu]
    found.append(climb(scaled, near))
    if isinstance(scaled.problem, PanelProblem):
        apart = scaled.problem.decay.apart(scaled.problem.units, FAR_ABOVE)
        found += [at_trend(scaled, with_trend(scaled, start, to / scaled.times[path]), free) for to in apart]
        found += [climb(scaled, step) for step in _step_start(scaled)]
    return found


def _step_start(scaled: Scaled) -> list[Array]:
    """Return the start at which all units share a step in time, the one that leaves the least squares."""
    problem, place = scaled.problem, path_of(scaled)
    assert isinstance(problem, PanelProblem)
    best, found = np.inf, []
    for path in problem.decay.steps(problem.units):
        own = path / scaled.times[place]
        design = np.column_stack((problem.x, -problem.sign * inefficiency_path(scaled, own)))
        # regressors may hold time itself
        fitted = np.linalg.lstsq(design, problem.y, rcond=None)[0]
        left = float(np.mean((problem.y - design @ fitted) ** 2))
        if fitted[-1] > 0.0 and left < best:
            start = np.zeros(len(place))
            start[: len(fitted) - 1], start[place] = fitted[:-1], own
            for name, value in (("mu", fitted[-1]), ("lnsigma_u2", SHARED), ("lnsigma_v2", np.log(left))):
                start[scaled.levels.index(name)] = value
            best, found = left, [start]
    return found


def _variances(problem: Problem) -> tuple[float, float]:
    """Return variances between and within units of residuals of unit variance, neither of them tiny."""
    units = problem.units
    mean = units.sums(problem.y) / units.counts
    within = float(np.sum((problem.y - units.spread(mean)) ** 2) / max(units.n - len(mean), 1))
    between = float(np.var(mean)) - within * float(np.mean(1.0 / units.counts))
    return max(between, 0.02), max(within, 0.02)


def promised(estimate: PanelEstimate) -> float:
    """Return how much log-likelihood one more Newton step of the free parameters would gain, relative to its size."""
    where = np.flatnonzero(estimate.free)
    left = newton_decrement(estimate.gradient[where], estimate.hessian[np.ix_(where, where)])
    return left / (1.0 + abs(estimate.loglik))
