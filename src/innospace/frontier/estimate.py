"""From arrays to a verified maximum: scaling, several starts, boundaries by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from innospace.core.status import Status, StatusCode
from innospace.frontier import ridge
from innospace.frontier.densities import Composed, density, noise_alone
from innospace.frontier.densities.base import Array
from innospace.frontier.endings import exponential_limit, status_of, without_inefficiency
from innospace.frontier.indexed import (
    SMALLEST_LOG_VARIANCE,
    edge,
    embed,
    far_below,
    plain,
    several_indexes,
    tilted,
)
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.noiseless import corner
from innospace.frontier.scaling import Standardisation, standardise_problem
from innospace.frontier.starts import LeastSquares, ordinary_least_squares, starting_values
from innospace.numerics.linear import intercept_column, least_absolute
from innospace.numerics.maximum_likelihood import Objective, Optimum, maximise, newton_decrement

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
BY_QUADRATURE = 1e-8
"""Half the squared Newton decrement, relative, at which a density by quadrature counts as converged."""
SCATTER = 0.7
"""Standard deviation of what is added to scaled coefficients of indexes for further starts."""
NO_EXPANSION = ("gamma_one", "index_unbounded", "mu_minus_infinity_index", "shape_unbounded", "noise_is_normal")
"""Boundaries at which the log-likelihood has no second-order expansion."""
NOISELESS_LOG_VARIANCES = tuple(np.arange(SMALLEST_LOG_VARIANCE, -40.5, -2.0))
"""Noise variances through which a solution without noise is followed down to where the rest is rounding."""
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
    optima = _optima(sample, ols)
    usable = [o for o in optima if o.code is not StatusCode.NONFINITE] or optima
    best = _best([o for o in usable if not _without_limit(sample, o)] or usable)
    near = SAME_OPTIMUM * (1.0 + abs(best.value)) if best.code is StatusCode.CONVERGED else SAME_EDGE
    agreed = sum(best.value - o.value <= near for o in usable)
    without = sum(abs(ols.loglik - o.value) <= SAME_EDGE for o in usable)
    if sample is problem:
        return _cornered(problem, ols, _Search(without_noise(problem, best), len(optima), agreed, without, problem.n))
    ols = ordinary_least_squares(problem)
    moments = starting_values(problem, ols)[0]
    from_screen = _search(problem, best.theta)
    # a screening sample may sit on a boundary that the whole sample does not have
    on_edge = from_screen.code is not StatusCode.CONVERGED
    final = max([from_screen, _search(problem, moments)], key=lambda o: o.value) if on_edge else from_screen
    return _cornered(problem, ols, _Search(without_noise(problem, final), len(optima), agreed, without, sample.n))


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

    found = _climb(lambda theta: evaluate(problem, theta), start, problem, ended)
    if found.code is StatusCode.BOUNDARY:
        same = [o for o in known if _close(found.theta, o)]
        if same:
            return max(same, key=lambda o: o.value)
    # an integral by quadrature carries fewer digits than the last Newton steps ask for
    near = isinstance(problem.density, Composed) and found.decrement <= BY_QUADRATURE * (1.0 + abs(found.value))
    stopped = found.code in (StatusCode.MAX_ITERATIONS, StatusCode.STALLED)
    return replace(found, code=StatusCode.CONVERGED) if near and stopped else found


def _best(optima: Sequence[Optimum]) -> Optimum:
    """Return the highest; of those that rounding cannot tell apart, the one whose score is nearest to zero."""
    best = max(optima, key=lambda o: o.value)
    if best.code is not StatusCode.CONVERGED:
        return best
    rounding = 1e-13 * (1.0 + abs(best.value))
    same = [o for o in optima if o.code is StatusCode.CONVERGED and best.value - o.value <= rounding]
    return min(same, key=lambda o: o.decrement)


def without_noise(problem: Problem, best: Optimum, every: int = 1) -> Optimum:
    """Follow an optimum that stopped at ``sigma_v -> 0`` to the limit, where its likelihood is largest.

    ``every`` leaves out levels of noise on the way, for a start that is near its limit.
    """
    place = problem.place("lnsigma_v2")
    at, one = place.start, place.stop - place.start == 1
    if best.code is not StatusCode.BOUNDARY or not one or best.theta[at] >= SMALLEST_LOG_VARIANCE:
        return best

    def pinned(theta: Array) -> tuple[float, Array, Array]:
        value, gradient, hessian = evaluate(problem, theta)
        gradient[at] = hessian[at, :] = hessian[:, at] = 0.0
        hessian[at, at] = -1.0
        return value, gradient, hessian

    def without_inefficiency(theta: Array) -> bool:
        return edge(problem, theta) == "sigma_u_zero"

    theta, iterations = best.theta.copy(), best.iterations
    for level in NOISELESS_LOG_VARIANCES[:: 4 if isinstance(problem.density, Composed) else every]:
        theta[at] = level
        found = _climb(pinned, theta, problem, without_inefficiency)
        iterations += found.iterations
        if found.code is StatusCode.NONFINITE:
            break
        theta = found.theta.copy()
    value, gradient, hessian = evaluate(problem, theta)
    if not value > best.value:
        return best
    return Optimum(best.code, theta, value, gradient, hessian, newton_decrement(gradient, hessian), iterations)


def _climb(objective: Objective, start: Array, problem: Problem, degenerate: Callable[[Array], bool]) -> Optimum:
    """Maximise; a truncated normal far below zero goes on in the coordinates of its ridge."""
    k = problem.k
    if problem.density.name not in ("truncated_normal", "scaled_truncated_normal"):
        return maximise(objective, start, stop=degenerate)
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
