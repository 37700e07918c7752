"""What regressors of inefficiency do in a panel: mean effects with their derivatives; scales of the components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from innospace.frontier.densities import DENSITIES
from innospace.frontier.densities.base import Array
from innospace.frontier.effects import TARGETS
from innospace.frontier.panel.one_sided import PanelProblem

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.panel.arrays import Arrays
    from innospace.frontier.panel.scaled import Problem
    from innospace.frontier.panel.search import PanelEstimate

STEP = 1e-3
"""Step of differences, in units of a log-variance or of a standard error: errors of the fourth order are near 1e-12."""
OF_INEFFICIENCY = ("mu", "lnsigma_u2")
Indices = dict[str, Array]


def scales(found: PanelEstimate) -> dict[str, float]:
    """Return standard deviations of the components, a mean where they have regressors; zero at their boundary."""
    shown = {"lnsigma_u2": "sigma_u", "lnsigma_v2": "sigma_v", "lnsigma_w2": "sigma_w", "lnsigma_h2": "sigma_h"}
    index = _indices(found.problem, found.theta, moving=False)
    numbers = {}
    for name, sigma in shown.items():
        if name in found.owners:
            free = bool(found.free[found.owners.index(name)])
            numbers[sigma] = float(np.mean(np.exp(0.5 * index[name]))) * free
    return numbers


def expected_efficiency(problem: Problem, theta: Array, inefficiency: str) -> float:
    """Return the mean of ``E[exp(-u_it)]`` over rows before the errors, persistent and transient together."""
    index = _indices(problem, theta)
    found = _moments(inefficiency)[1](index)
    if "lnsigma_h2" in index:
        found = found * DENSITIES["half_normal"].mean_efficiency((index["lnsigma_h2"],))
    return float(np.mean(found))


def marginal_effects(found: PanelEstimate, arrays: Arrays, inefficiency: str, covariance: Array) -> pd.DataFrame | None:
    """Return mean effects of a unit more of each regressor on ``E[u_it]`` and ``E[exp(-u_it)]``, before the errors.

    Effects are means over rows; a regressor that acts on ``mu`` and on ``sigma_u`` has the sum. Columns ``regressor``,
    ``of``, ``effect`` and ``by-0``, ``by-1``, ...: derivatives by the coefficients, from which errors follow under
    whichever covariance is in use; zeros by what is held at its boundary.
    """
    import pandas as pd

    acting = {n: names for n, names in arrays.columns.items() if n in OF_INEFFICIENCY and n in found.owners}
    regressors = list(dict.fromkeys(c for names in acting.values() for c in names if c != "Intercept"))
    if not regressors:
        return None

    def averages(theta: Array) -> Array:
        return _averages(found, theta, regressors, inefficiency)

    own = np.sqrt(np.diag(covariance))
    jacobian = np.zeros((2 * len(regressors), len(found.theta)))
    for k, error in enumerate(own):
        if np.isfinite(error):
            step = np.zeros(len(found.theta))
            step[k] = STEP * error
            jacobian[:, k] = (averages(found.theta + step) - averages(found.theta - step)) / (2.0 * step[k])
    frame = pd.DataFrame({"regressor": np.repeat(regressors, len(TARGETS)), "of": TARGETS * len(regressors)})
    frame["effect"] = averages(found.theta)
    return frame.join(pd.DataFrame(jacobian, columns=[f"by-{k}" for k in range(len(own))]))


def _averages(found: PanelEstimate, theta: Array, regressors: list[str], inefficiency: str) -> Array:
    index, moments = _indices(found.problem, theta), _moments(inefficiency)
    values = []
    for regressor in regressors:
        slopes = {
            name: float(theta[found.names.index(f"{name}:{regressor}")])
            for name in OF_INEFFICIENCY
            if f"{name}:{regressor}" in found.names
        }
        sigma = float(np.exp(0.5 * np.mean(index["lnsigma_u2"])))
        size = max(abs(c) / (sigma if name == "mu" else 1.0) for name, c in slopes.items())
        if size == 0.0:
            values += [np.nan, np.nan]  # held at its boundary
            continue
        values += [float(np.mean(_slope(f, index, slopes, STEP / size))) for f in moments]
    return np.array(values)


def _slope(function: Callable[[Indices], Array], index: Indices, slopes: dict[str, float], step: float) -> Array:
    """Differentiate along one regressor, at every row."""

    def at(times: float) -> Array:
        return function({n: v + times * step * slopes.get(n, 0.0) for n, v in index.items()})

    return np.asarray((8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step))


def _moments(inefficiency: str) -> tuple[Callable[[Indices], Array], ...]:
    """Return ``E[u_it]`` and ``E[exp(-u_it)]`` as functions of the parameters of each row."""
    law = DENSITIES[inefficiency]

    def parameters(index: Indices) -> tuple[Array, ...]:
        return tuple(index[name] for name in law.parameters)

    return (
        lambda index: law.mean_inefficiency(parameters(index)),
        lambda index: law.mean_efficiency(parameters(index)),
    )


def _indices(problem: Problem, theta: Array, *, moving: bool = True) -> Indices:
    """Return parameters of the components at every row; a path over time is part of ``mu`` and ``sigma_u``."""
    if isinstance(problem, PanelProblem):
        _, mu, log_u, log_v, path = problem.split(theta)
        spread = problem.units.spread
        g = problem.path(path).value if moving else np.ones(problem.units.n)
        # a path may jump to zero itself, where logarithms must stay numbers
        g = np.maximum(g, np.finfo(float).tiny ** 0.5)
        own = {"lnsigma_u2": spread(problem.z_u @ log_u) + 2.0 * np.log(g), "lnsigma_v2": spread(problem.z_v @ log_v)}
        return own if problem.z_mu is None else {"mu": spread(problem.z_mu @ mu) * g, **own}
    _, rows, effect = problem.split(theta)
    names = ("lnsigma_h2", "lnsigma_w2")[2 - len(effect) :]
    own = dict(zip(problem.rows.parameters, rows, strict=True))
    return {**own, **{name: np.array([value]) for name, value in zip(names, effect, strict=True)}}
