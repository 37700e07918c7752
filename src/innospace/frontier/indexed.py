"""Starts and edges of problems whose density parameters have regressors."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem, split
from innospace.frontier.starts import LeastSquares
from innospace.numerics.linear import intercept_column

SMALLEST_LOG_VARIANCE = -20.0
"""Log-variance relative to the residual variance below which the search stops at a boundary."""
UNBOUNDED = 45.0
"""Log-variance of some row beyond which, either way, the coefficients of an index are taken to have no limit."""
EDGES = {"lnsigma_u2": "sigma_u_zero", "lnsigma_v2": "gamma_one"}
SHAPES = {"lnshape_u": ((-4.0, 5.0), "shape_unbounded"), "lndf_v": ((-2.0, 6.0), "noise_is_normal")}
"""Limits of the logarithms of shapes, and the boundary that lies beyond."""
LARGEST_WEIBULL = 9.0
"""The same for the Weibull, whose log-likelihood nears its limit as one over the shape: to a hundredth by then."""


def plain(problem: Problem) -> Problem:
    """Return the problem with every parameter of the density one number."""
    return replace(problem, z=(), shift=())


def shape_range(law: str) -> tuple[float, float]:
    """Return limits of the logarithm of the shape of inefficiency."""
    low, high = SHAPES["lnshape_u"][0]
    return low, LARGEST_WEIBULL if law == "weibull" else high


def _shapes(law: str) -> dict[str, tuple[tuple[float, float], str]]:
    return SHAPES | {"lnshape_u": (shape_range(law), "shape_unbounded")}


@lru_cache(maxsize=256)
def _limits(law: str, parameters: tuple[str, ...], k: int) -> tuple[tuple[int, float, float, str], ...]:
    """Return where parameters that are numbers stand in ``theta``, their limits, and what lies beyond."""
    limits = {name: ((SMALLEST_LOG_VARIANCE, np.inf), boundary) for name, boundary in EDGES.items()} | _shapes(law)
    return tuple(
        (k + parameters.index(name), low, high, boundary)
        for name, ((low, high), boundary) in limits.items()
        if name in parameters
    )


def edge(problem: Problem, theta: Array) -> str:
    """Return the boundary of the parameter space that ``theta`` has crossed, or an empty text."""
    if not problem.z:
        for at, low, high, boundary in _limits(problem.density.name, problem.density.parameters, problem.k):
            if theta[at] < low or theta[at] > high:
                return boundary
        return ""
    designs, shifts = problem.designs, problem.shift or (0.0,) * len(problem.designs)
    for name, boundary in EDGES.items():
        if name not in problem.density.parameters:
            continue
        j, place = problem.density.parameters.index(name), problem.place(name)
        z = designs[j]
        if z is None:
            if theta[place.start] < SMALLEST_LOG_VARIANCE:
                return boundary
            continue
        index = z @ theta[place] + shifts[j]
        if index.max() < SMALLEST_LOG_VARIANCE:
            return boundary
        if max(-index.min(), index.max()) > UNBOUNDED:
            return "index_unbounded"
    for name, ((low, high), boundary) in _shapes(problem.density.name).items():
        if name in problem.density.parameters and not low < theta[problem.place(name).start] < high:
            return boundary
    return ""


FAR_BELOW = -300.0
"""Value of ``mu / sigma_u`` below which, in every row, the exponential limit is taken as reached."""


def far_below(problem: Problem, theta: Array) -> bool:
    """Whether a truncated normal lies so far below zero in every row that it is an exponential."""
    _, parameters = split(problem, theta)
    mu, log_variance = parameters[0], parameters[1]
    return bool(np.max(mu * np.exp(-0.5 * log_variance)) < FAR_BELOW)


def several_indexes(problem: Problem) -> bool:
    """Whether more than one parameter of inefficiency has regressors."""
    own = zip(problem.density.parameters, problem.designs, strict=True)
    return sum(z is not None and name != "lnsigma_v2" for name, z in own) > 1


def _constant(value: float, z: Array, shift: float) -> Array:
    """Return coefficients with which an index is nearly ``value`` at every row."""
    constant = intercept_column(z)
    if constant is None:
        return np.asarray(np.linalg.lstsq(z, np.full(len(z), value - shift), rcond=None)[0])
    coefficients = np.zeros(z.shape[1])
    coefficients[constant] = value / z[0, constant]
    return coefficients


def embed(problem: Problem, theta: Array) -> Array:
    """Return ``theta`` of the plain problem as one of the indexed problem: slopes are zero."""
    k, shifts = problem.k, problem.shift or (0.0,) * len(problem.designs)
    parts = [theta[:k]]
    for value, z, shift in zip(theta[k:], problem.designs, shifts, strict=True):
        parts.append(np.array([value]) if z is None else _constant(value, z, shift))
    return np.concatenate(parts)


def tilted(problem: Problem, ols: LeastSquares, start: Array) -> list[Array]:
    """Return starts whose slopes follow what residuals say: their log squares for variances, their level for mu."""
    e = problem.sign * (problem.y - problem.x @ ols.beta)
    logs = np.log(e * e + 1e-3 * ols.variance)
    signals = {"mu": -e, "lnscale_u": 0.5 * logs}
    found = []
    for name, z in zip(problem.density.parameters, problem.designs, strict=True):
        if z is None or (z.shape[1] == 1 and intercept_column(z) is not None):
            continue
        slopes = np.linalg.lstsq(z, signals.get(name, logs), rcond=None)[0]
        constant = intercept_column(z)
        if constant is not None:
            slopes[constant] = 0.0
        moved = start.copy()
        moved[problem.place(name)] += slopes
        found.append(moved)
    if len(found) > 1:
        found.append(start + sum(moved - start for moved in found))
    return found
