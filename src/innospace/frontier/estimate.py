"""From arrays to a verified maximum: scaling, several starts, boundaries by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from innospace.core.status import Status, StatusCode
from innospace.frontier import ridge
from innospace.frontier.climb import at_end_of_shape, climb, settled, without_noise
from innospace.frontier.densities import density, noise_alone
from innospace.frontier.densities.base import Array
from innospace.frontier.endings import exponential_limit, status_of, without_inefficiency
from innospace.frontier.indexed import (
    edge,
    embed,
    plain,
    several_indexes,
    tilted,
)
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.noiseless import corner
from innospace.frontier.scaling import Standardisation, standardise_problem
from innospace.frontier.starts import LeastSquares, ordinary_least_squares, starting_values
from innospace.numerics.linear import least_absolute
from innospace.numerics.maximum_likelihood import Optimum, maximise

SCREEN_ROWS = 4_000
"""Larger samples try their starts on this many rows drawn without replacement; the best goes on to all rows."""
SAME_OPTIMUM = 1e-7
"""Two starts agree when their log-likelihoods differ by less than this times 1 + |log-likelihood|."""
SAME_EDGE = 0.01
"""The same for searches that stopped on a boundary, in log-likelihood: they stop as soon as they cross it."""
CLOSE = 0.1
"""Log-likelihood that a quadratic about a maximum loses up to which a search counts as having found it."""
NOT_ABOVE = 1e-11
"""A maximum is not above its limit model unless it gains more than this times 1 + |log-likelihood|."""
SCATTER = 0.7
"""Standard deviation of what is added to scaled coefficients of indexes for further starts."""
NO_EXPANSION = ("gamma_one", "index_unbounded", "mu_minus_infinity_index", "shape_unbounded", "noise_is_normal")
"""Boundaries at which the log-likelihood has no second-order expansion."""
ENDPOINT_NOISE, ENDPOINT_RATIO, ENDPOINT_GAIN = -9.0, 2.0, 7.0
"""See :func:`_endpoint_effect`: log-variance of noise below which, ``mu / sigma_u`` above which, and gain in
log-likelihood over least squares up to which it is suspected: in normal samples one in a thousand gains more."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A maximum of the likelihood.

    Attributes
    ----------
    problem : Problem
        The data with the density that ``theta`` belongs to; on a boundary it is the limit model (no inefficiency,
        or the exponential), not the one that was asked for.
    theta : ndarray, shape (k + m,)
        Frontier coefficients, then density parameters, in the units of the data.
    loglik : float
        In the units of the data.
    gradient : ndarray, shape (k + m,)
        Score with respect to standardised parameters, whose condition does not depend on units.
    hessian : ndarray, shape (k + m, k + m)
        Hessian in standardised parameters; NaN where gamma = 1, which has no second-order expansion.
    forward : ndarray, shape (k + m, k + m)
        ``d theta / d standardised parameters``.
    ols : LeastSquares
        The same frontier without inefficiency.
    tried, agreed : int
        Starts tried, and how many of them reached the reported optimum.
    screened : int
        Rows on which the starts were tried.
    status : Status
    noise_loglik : float
        Log-likelihood of the same model without inefficiency.
    """

    problem: Problem
    theta: Array
    loglik: float
    gradient: Array
    hessian: Array
    forward: Array
    ols: LeastSquares
    tried: int
    agreed: int
    screened: int
    status: Status
    noise_loglik: float = float("nan")


@dataclass(frozen=True, slots=True)
class _Search:
    """Best optimum on all rows; starts tried, agreed, and ended without inefficiency; rows they were tried on."""

    best: Optimum
    tried: int
    agreed: int
    without: int
    screened: int


def maximise_likelihood(problem: Problem, seed: int = 0) -> Estimate:
    """Maximise the likelihood of ``problem`` from several starts.

    Parameters
    ----------
    problem : Problem
        Full column rank, more rows than parameters, an outcome that varies (see ``fit``, which checks).
    seed : int
        Draws the screening rows of a large sample.

    Returns
    -------
    Estimate
    """
    if problem.weights is None:
        return _maximise(problem, seed)
    # tolerances are relative to a log-likelihood of one unit a row, whatever unit the weights are in
    found = _maximise(replace(problem, weights=problem.weights / problem.weights.mean()), seed)
    weighted = replace(problem, density=found.problem.density, z=found.problem.z)
    alone = found.noise_loglik * float(problem.weights.mean())
    return replace(
        at(weighted, found.theta, found.tried, found.agreed, found.screened, found.status), noise_loglik=alone
    )


def _maximise(problem: Problem, seed: int) -> Estimate:
    ols, standard = standardise_problem(problem)
    search = _best_of_starts(standard.problem, seed)
    loglik = search.best.value + standard.loglik_shift
    indexed = problem.indexed and _limit(standard).problem.indexed
    least_squares = problem.density.noise == "normal" and not indexed
    floor = ols.loglik if least_squares else _noise_alone(standard).value + standard.loglik_shift
    vanished = edge(standard.problem, search.best.theta) == "sigma_u_zero"
    not_above = loglik <= floor + (SAME_EDGE if vanished else NOT_ABOVE * (1.0 + abs(floor)))
    if not_above or _endpoint_effect(problem, search.best, loglik, ols):
        return replace(_without_inefficiency(problem, standard, ols, search), noise_loglik=floor)
    if problem.density.name == "truncated_normal" and not problem.indexed:
        limit = _maximise(replace(problem, density=density("exponential", problem.density.noise)), seed)
        at_limit = ridge.reached_limit(search.best.theta, problem.k)
        if at_limit or loglik <= limit.loglik + NOT_ABOVE * (1.0 + abs(loglik)):
            return replace(limit, status=exponential_limit(limit.status), tried=search.tried, agreed=search.agreed)
    counts = (search.tried, search.agreed, search.screened)
    # evaluated at the numbers that are reported and stored, so that reading them back gives the same estimate
    status = status_of(standard.problem, search.best)
    found = _at(problem, ols, standard, standard.to_data(search.best.theta), counts, status)
    return replace(found, noise_loglik=floor)


def _endpoint_effect(problem: Problem, best: Optimum, loglik: float, ols: LeastSquares) -> bool:
    """Whether a truncated normal is only a normal cut off at the largest residual.

    With ``mu`` two ``sigma_u`` above zero and no noise the model is a normal regression whose errors end at zero.
    Putting that end on the largest residual raises the likelihood of any sample, by ``-n log Phi(largest / sd)``,
    exponential with mean one; when the skewness is wrong, nothing else speaks for inefficiency. With noise the two
    normals cannot be told apart, and the likelihood is flat at that of least squares.
    """
    law = problem.density
    if (law.name, law.noise) != ("truncated_normal", "normal") or problem.indexed or ols.third < 0.0:
        return False
    mu, log_variance, log_noise = best.theta[problem.k :]
    if not mu > ENDPOINT_RATIO * np.exp(0.5 * log_variance):
        return False
    return bool(loglik < ols.loglik + (ENDPOINT_GAIN if log_noise < ENDPOINT_NOISE else SAME_EDGE))


def at(problem: Problem, theta: Array, tried: int, agreed: int, screened: int, status: Status) -> Estimate:
    """Put an estimate together again at a known ``theta``; one evaluation, no search."""
    ols, standard = standardise_problem(problem)
    return _at(problem, ols, standard, theta, (tried, agreed, screened), status)


def _at(
    problem: Problem,
    ols: LeastSquares,
    standard: Standardisation,
    theta: Array,
    counts: tuple[int, int, int],
    status: Status,
) -> Estimate:
    value, gradient, hessian = evaluate(standard.problem, standard.from_data(theta))
    loglik = value + standard.loglik_shift
    usable = _usable_hessian(hessian, status)
    return Estimate(problem, theta, loglik, gradient, usable, standard.forward(), ols, *counts, status)


def _usable_hessian(hessian: Array, status: Status) -> Array:
    return np.full_like(hessian, np.nan) if status.boundary in NO_EXPANSION else hessian


def _best_of_starts(problem: Problem, seed: int) -> _Search:
    sample = problem
    if problem.n > SCREEN_ROWS:
        index = np.sort(np.random.default_rng(seed).choice(problem.n, SCREEN_ROWS, replace=False))
        sample = problem.rows(index)
    ols = ordinary_least_squares(sample)
    optima = _followed(sample, _optima(sample, ols))
    usable = [o for o in optima if o.code is not StatusCode.NONFINITE] or optima
    best = _best([o for o in usable if not _without_limit(sample, o)] or usable)
    near = SAME_OPTIMUM * (1.0 + abs(best.value)) if best.code is StatusCode.CONVERGED else SAME_EDGE
    agreed = sum(best.value - o.value <= near for o in usable)
    without = sum(abs(ols.loglik - o.value) <= SAME_EDGE for o in usable)
    if sample is problem:
        return _cornered(problem, ols, _Search(without_noise(problem, best), len(optima), agreed, without, problem.n))
    ols = ordinary_least_squares(problem)
    moments = starting_values(problem, ols)[0]
    from_screen = at_end_of_shape(problem, _search(problem, best.theta))
    # a screening sample may sit on a boundary that the whole sample does not have
    on_edge = from_screen.code is not StatusCode.CONVERGED
    final = max([from_screen, _search(problem, moments)], key=lambda o: o.value) if on_edge else from_screen
    return _cornered(problem, ols, _Search(without_noise(problem, final), len(optima), agreed, without, sample.n))


def _followed(problem: Problem, optima: Sequence[Optimum]) -> list[Optimum]:
    """Put the highest point of an end of the range of a shape in place of searches that left by it.

    They stopped as soon as they crossed it, so that their values say little.
    """
    found = list(optima)
    if problem.indexed or "lnshape_u" not in problem.density.parameters:
        return found
    at = problem.place("lnshape_u").start
    for side in (-1.0, 1.0):
        left = [o for o in found if side * o.theta[at] > 0.0 and edge(problem, o.theta) == "shape_unbounded"]
        if left:
            end = at_end_of_shape(problem, max(left, key=lambda o: o.value))
            found = [end if any(o is one for one in left) else o for o in found]
    return found


def _cornered(problem: Problem, ols: LeastSquares, search: _Search) -> _Search:
    """Take the maximum without noise where it lies above all that was found.

    It is that of a quadratic programme, which has no other: one start of one reached it.
    """
    found = corner(problem, ols, search.best.value + SAME_EDGE)
    if found is None:
        return search
    return replace(search, best=without_noise(problem, found, every=5), tried=1, agreed=1)


def _without_limit(problem: Problem, optimum: Optimum) -> bool:
    """Whether a search left for the edge without noise where the likelihood has no limit: with a shape below one."""
    if problem.density.name not in ("gamma", "weibull") or optimum.code is StatusCode.CONVERGED:
        return False
    if edge(problem, optimum.theta) == "shape_unbounded":
        return False
    return bool(optimum.theta[problem.place("lnshape_u").start] < 0.0)


def _optima(problem: Problem, ols: LeastSquares) -> list[Optimum]:
    """Search from every start; the truncated normal also from the best half-normal, which it holds at ``mu = 0``."""
    if problem.indexed:
        return _searches(problem, _indexed_starts(problem))
    starts = starting_values(problem, ols, plain=True)
    if problem.density.name == "truncated_normal":
        half_normal = density("half_normal", problem.density.noise)
        inside = max(_optima(replace(problem, density=half_normal), ols), key=lambda o: o.value)
        starts.append(np.insert(inside.theta, problem.k, 0.0))
    return _searches(problem, starts)


def _searches(problem: Problem, starts: Sequence[Array]) -> list[Optimum]:
    """Search from every start; one that comes close to a maximum that is known already has found it."""
    found: list[Optimum] = []
    known: list[Optimum] = []
    for start in starts:
        optimum = _search(problem, start, known)
        found.append(optimum)
        if optimum.code is StatusCode.CONVERGED and not any(optimum is o for o in known):
            known.append(optimum)
    return found


def _close(theta: Array, optimum: Optimum) -> bool:
    """Whether parameters lie within a fraction of a standard error of a maximum, so that Newton steps end there."""
    away = theta - optimum.theta
    return bool(-0.5 * (away @ optimum.hessian @ away) < CLOSE)


def _indexed_starts(problem: Problem) -> list[Array]:
    """Return starts of a problem with indexes: what the plain one has, its best optimum, and slopes from residuals."""
    simple = plain(problem)
    ols = ordinary_least_squares(simple)
    starts = starting_values(simple, ols)
    # with the scaling property a scale that is one number is not identified
    identified = problem.density.name != "scaled_truncated_normal"
    inside = [o for o in _optima(simple, ols) if o.code is StatusCode.CONVERGED] if identified else []
    if inside:
        starts.append(max(inside, key=lambda o: o.value).theta)
    embedded = [embed(problem, start) for start in starts]
    found = [*embedded, *tilted(problem, ols, embedded[-1])]
    if several_indexes(problem):
        # the likelihood has several maxima: search around the starts as well
        rng = np.random.default_rng(0)
        spread = np.concatenate((np.zeros(problem.k), np.full(len(found[0]) - problem.k, SCATTER)))
        found += [start + spread * rng.normal(size=len(start)) for start in found]
    return found


def _search(problem: Problem, start: Array, known: Sequence[Optimum] = ()) -> Optimum:
    """Climb from ``start`` until a maximum or a boundary, or close to a maximum that is known."""

    def ended(theta: Array) -> bool:
        return bool(edge(problem, theta)) or any(_close(theta, o) for o in known)

    found = climb(lambda theta: evaluate(problem, theta), start, problem, ended)
    if found.code is StatusCode.BOUNDARY:
        same = [o for o in known if _close(found.theta, o)]
        if same:
            return max(same, key=lambda o: o.value)
    return settled(problem, found)


def _same(best: Optimum, other: Optimum) -> bool:
    return best.value - other.value <= SAME_OPTIMUM * (1.0 + abs(best.value))


def _best(optima: Sequence[Optimum]) -> Optimum:
    """Return the highest; of those that rounding cannot tell apart, the one whose score is nearest to zero."""
    best = max(optima, key=lambda o: o.value)
    if best.code in (StatusCode.MAX_ITERATIONS, StatusCode.STALLED):
        # a search that did not end is not above a maximum by what rounding adds to it
        level = [o for o in optima if o.code is StatusCode.CONVERGED and _same(best, o)]
        best = max(level, key=lambda o: o.value, default=best)
    if best.code is not StatusCode.CONVERGED:
        return best
    rounding = 1e-13 * (1.0 + abs(best.value))
    same = [o for o in optima if o.code is StatusCode.CONVERGED and best.value - o.value <= rounding]
    return min(same, key=lambda o: o.decrement)


def _noise_alone(standard: Standardisation) -> Optimum:
    """Return the maximum without inefficiency, in scaled parameters."""
    limit = _limit(standard).problem
    ols = ordinary_least_squares(limit)
    if limit.density.noise == "laplace":
        return _least_absolute(limit)
    starts = starting_values(limit, ols)
    if limit.density.noise == "normal" and not limit.indexed:
        none = np.zeros(0)
        return Optimum(StatusCode.CONVERGED, starts[0], ols.loglik, none, none, 0.0, 0)
    starts = [embed(limit, start) for start in starts]
    starts += tilted(limit, ols, starts[0])
    found = [maximise(lambda t: evaluate(limit, t), start, stop=lambda t: bool(edge(limit, t))) for start in starts]
    return max(found, key=lambda o: o.value)


def _least_absolute(problem: Problem) -> Optimum:
    """Return the maximum under Laplace noise alone, whose likelihood has kinks: least absolute deviations."""
    beta = least_absolute(problem.y, problem.x, problem.weights)
    size = float(np.average(np.abs(problem.y - problem.x @ beta), weights=problem.weights))
    theta = embed(problem, np.append(beta, np.log(2.0 * size * size)))
    value, gradient, hessian = evaluate(problem, theta)
    return Optimum(StatusCode.CONVERGED, theta, value, gradient, hessian, 0.0, 0)


def _limit(standard: Standardisation) -> Standardisation:
    """Return the scaled problem without inefficiency; noise comes last among the parameters."""
    problem = standard.problem
    alone = noise_alone(problem.density.noise)
    last = slice(-len(alone.parameters), None)
    return replace(
        standard,
        problem=replace(problem, density=alone, z=problem.z[last], shift=problem.shift[last]),
        designs=standard.designs[last],
    )


def _without_inefficiency(problem: Problem, standard: Standardisation, ols: LeastSquares, search: _Search) -> Estimate:
    """Return the model without inefficiency as the boundary solution ``sigma_u = 0``."""
    theta = _limit(standard).to_data(_noise_alone(standard).theta)
    status = without_inefficiency(ols, search.best.iterations)
    alone = noise_alone(problem.density.noise)
    found = replace(problem, density=alone, z=problem.z[-len(alone.parameters) :])
    return at(found, theta, search.tried, search.without, search.screened, status)
