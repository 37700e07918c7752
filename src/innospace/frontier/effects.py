"""What regressors of the distribution of inefficiency do to expected inefficiency and efficiency."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from innospace.frontier.densities.base import Array, Unit
from innospace.frontier.likelihood import Problem, split
from innospace.numerics.tails import normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.result import FrontierResult

TARGETS = ("inefficiency", "efficiency")
_STEP = 1e-3
"""Step of fourth-order differences, in units of each parameter: errors are near 1e-12."""


def marginal_effects(result: FrontierResult, level: float = 0.95) -> pd.DataFrame:
    """Return mean effects of a unit more of each regressor on ``E[u_i]`` and ``E[exp(-u_i)]``.

    A regressor may act through several parameters; its effects add up. Errors follow from the covariance of the
    estimates by the delta method.
    """
    import pandas as pd

    problem, theta = result.estimate.problem, result.estimate.theta
    asked = result.sample.determinants
    columns = list(dict.fromkeys(c for names in asked.values() for c in names if c != "Intercept"))
    acting = {c: [(n, names.index(c)) for n, names in asked.items() if c in names] for c in columns}
    inefficient = {c: [w for w in where if w[0] != "lnsigma_v2"] for c, where in acting.items()}
    inefficient = {c: where for c, where in inefficient.items() if where and _estimated(problem, where)}

    def averages(point: Array) -> Array:
        return _averages(problem, point, inefficient)

    value = averages(theta)
    errors = _errors(averages, theta, result.covariance)
    index = pd.MultiIndex.from_product([list(inefficient), TARGETS], names=["regressor", "of"])
    z = value / errors
    half = float(normal_ppf(0.5 + 0.5 * level)) * errors
    columns_of = {"effect": value, "std_error": errors, "z": z, "p_value": 2.0 * normal_sf(np.abs(z))}
    return pd.DataFrame({**columns_of, "lower": value - half, "upper": value + half}, index=index)


def _estimated(problem: Problem, where: list[tuple[str, int]]) -> bool:
    """Whether the parameters that a regressor acts through are part of the model that was estimated."""
    return all(name in problem.density.parameters for name, _ in where)


def _averages(problem: Problem, theta: Array, acting: dict[str, list[tuple[str, int]]]) -> Array:
    _, parameters = split(problem, theta)
    names = problem.density.parameters
    needed = {name for where in acting.values() for name, _ in where}
    slopes = {
        name: [_slope(function, parameters, names.index(name), problem) for function in _functions(problem)]
        for name in needed
    }
    found = []
    for where in acting.values():
        for target in range(len(TARGETS)):
            total = sum(slopes[name][target] * theta[problem.place(name).start + j] for name, j in where)
            found.append(float(np.average(np.broadcast_to(total, problem.n), weights=problem.weights)))
    return np.array(found)


def _functions(problem: Problem) -> tuple[Callable[[tuple[Array, ...]], Array], ...]:
    return problem.density.mean_inefficiency, problem.density.mean_efficiency


def _slope(
    function: Callable[[tuple[Array, ...]], Array], parameters: tuple[Array, ...], j: int, problem: Problem
) -> Array:
    """Differentiate by one parameter of the density, at every row."""
    level = problem.density.units[j] is Unit.LEVEL
    scale = parameters[problem.density.parameters.index("lnsigma_u2")]
    step = _STEP * (np.exp(0.5 * scale) if level else 1.0)

    def at(times: float) -> Array:
        moved = (*parameters[:j], parameters[j] + times * step, *parameters[j + 1 :])
        return function(moved)

    return np.asarray((8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step))


def _errors(function: Callable[[Array], Array], theta: Array, covariance: Array) -> Array:
    """Return standard errors of a function of the estimates by the delta method; NaN where there is no covariance."""
    own = np.sqrt(np.diag(covariance))
    size = len(function(theta))
    if not np.all(np.isfinite(own)):
        return np.full(size, np.nan)
    jacobian = np.empty((size, len(theta)))
    for k, error in enumerate(own):
        step = np.zeros(len(theta))
        step[k] = _STEP * error
        jacobian[:, k] = (function(theta + step) - function(theta - step)) / (2.0 * step[k])
    return np.asarray(np.sqrt(np.einsum("ik,kl,il->i", jacobian, covariance, jacobian)))
