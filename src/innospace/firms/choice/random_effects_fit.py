"""Maximum of the likelihood with a random effect, with as many nodes as it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from innospace.core.errors import SolverError
from innospace.core.progress import Progress, silent
from innospace.core.status import StatusCode
from innospace.firms.choice.random_effects_likelihood import (
    Evaluation,
    Panel,
    adapt,
    evaluate,
    log_likelihood,
    posterior_moments,
)
from innospace.firms.estimates import Array
from innospace.numerics.maximum_likelihood import Optimum, maximise
from innospace.numerics.quadrature import MAX_NODES, Grid, standard_grid

METHODS = ("adaptive", "standard")
FIRST_NODES = 12
MOST_NODES = 384
NODE_TOLERANCE = 1e-6
"""Log-likelihood that doubling the nodes may still move."""
SMALLEST, LARGEST = 1e-2, 50.0
"""Standard deviations of the effect at which the search stops: there is none, or outcomes hardly ever change."""
_ADAPTATIONS = 12
_SETTLED = 1e-10
"""Relative change of the log-likelihood by moving the nodes below which they are left where they are."""
_STARTS = (0.3, 0.7, 1.5, 3.0)

Loadings = Callable[[Array], tuple[Array, Array, Array]]
"""Parameters of the loadings -> loadings, shape (l,), first, (l, m), and second derivatives, (l, m, m)."""


@dataclass(frozen=True, slots=True)
class EffectsFit:
    """A fitted likelihood with a random effect.

    Attributes
    ----------
    theta : ndarray, shape (k + m,)
        Coefficients, then the parameters of the loadings, the first of which is ``ln sigma_u``.
    coefficients : int
        How many coefficients, k.
    log_likelihood : float
    hessian : ndarray, shape (k + m, k + m)
    scores : ndarray, shape (N, k + m)
        One row a firm, in the order of :attr:`Panel.firms`.
    optimum : Optimum
    nodes : int
        Nodes of the rule.
    change : float
        Log-likelihood with twice as many nodes less this one (for doubled nodes: less that of half of them).
    effect_means, effect_deviations : ndarray, shape (N,)
        Mean and standard deviation of every firm's effect given its data, in units of the index.
    """

    theta: Array
    coefficients: int
    log_likelihood: float
    hessian: Array
    scores: Array
    optimum: Optimum
    nodes: int
    change: float
    effect_means: Array
    effect_deviations: Array

    @property
    def sigma(self) -> float:
        """Standard deviation of the effect; zero where the search found none."""
        return 0.0 if self.no_effect else float(np.exp(self.theta[self.coefficients]))

    @property
    def no_effect(self) -> bool:
        """Whether the likelihood is highest without an effect of the firm."""
        return self.optimum.code is StatusCode.BOUNDARY


def one_loading(parameters: Array) -> tuple[Array, Array, Array]:
    """Return the loading ``sigma_u`` of ``(ln sigma_u,)`` with its derivatives."""
    sigma = float(np.exp(parameters[0]))
    return np.array([sigma]), np.array([[sigma]]), np.array([[[sigma]]])


def initial_loading(parameters: Array) -> tuple[Array, Array, Array]:
    """Return the loadings ``(sigma_u, theta sigma_u)`` of ``(ln sigma_u, theta)`` with their derivatives."""
    sigma, theta = float(np.exp(parameters[0])), float(parameters[1])
    first = np.array([[sigma, 0.0], [theta * sigma, sigma]])
    second = np.array([[[sigma, 0.0], [0.0, 0.0]], [[theta * sigma, sigma], [sigma, 0.0]]])
    return np.array([sigma, theta * sigma]), first, second


def fit_effects(
    panel: Panel,
    beta: Array,
    back: Array,
    *,
    loadings: Loadings = one_loading,
    extra: tuple[float, ...] = (),
    method: str = "adaptive",
    nodes: int = 0,
    progress: Progress = silent,
) -> EffectsFit:
    """Maximise the likelihood; nodes are doubled until it stands still when ``nodes`` is 0.

    Parameters
    ----------
    panel : Panel
        With standardised columns.
    beta : ndarray, shape (k,)
        Coefficients without an effect, in standardised columns, to start from.
    back : ndarray, shape (k, k)
        ``coefficients = back @ standardised coefficients``.
    loadings : callable
    extra : tuple of float
        Start of the parameters of the loadings after ``ln sigma_u``.
    method : str
        ``adaptive`` or ``standard``.
    nodes : int
    progress : Progress

    Raises
    ------
    SolverError
        The standard deviation of the effect grows without bound.
    """
    count = nodes or FIRST_NODES
    found, grid = _maximum(panel, _start(panel, beta, loadings, extra, method), count, loadings, method, cold=True)
    change = float("inf")
    while not nodes and abs(change) >= NODE_TOLERANCE and count < MOST_NODES and found.code is not StatusCode.BOUNDARY:
        progress(f"Likelihood with {2 * count} nodes", count / MOST_NODES)
        before, count = found.value, 2 * count
        found, grid = _maximum(panel, found.theta, count, loadings, method)
        change = found.value - before
    if found.code is StatusCode.BOUNDARY:
        return _in_units(panel, _without_effect(found, beta, extra), grid, back, loadings, count, 0.0)
    if nodes:
        theta, lam = found.theta[: len(beta)], loadings(found.theta[len(beta) :])[0]
        finer = _grid(panel, theta, lam, min(2 * nodes, MAX_NODES), method)
        change = log_likelihood(panel, theta, lam, finer) - found.value
    return _in_units(panel, found, grid, back, loadings, count, change)


def _without_effect(found: Optimum, beta: Array, extra: tuple[float, ...]) -> Optimum:
    """Return the point at which the effect has no variance and coefficients are those without an effect."""
    return replace(found, theta=np.concatenate([beta, [-np.inf], extra]), decrement=0.0)


def _start(panel: Panel, beta: Array, loadings: Loadings, extra: tuple[float, ...], method: str) -> Array:
    """Return the best of a few standard deviations, with coefficients scaled up as each implies."""
    starts = [np.concatenate([beta * np.hypot(1.0, s), [np.log(s)], extra]) for s in _STARTS]

    def value(theta: Array) -> float:
        lam = loadings(theta[len(beta) :])[0]
        grid = _grid(panel, theta[: len(beta)], lam, FIRST_NODES, method)
        return log_likelihood(panel, theta[: len(beta)], lam, grid)

    return max(starts, key=value)


def _grid(panel: Panel, beta: Array, lam: Array, count: int, method: str) -> Grid:
    if method == "standard":
        return standard_grid(panel.n_firms, count)
    return adapt(panel, beta, lam, count)


def _maximum(
    panel: Panel, theta: Array, count: int, loadings: Loadings, method: str, *, cold: bool = False
) -> tuple[Optimum, Grid]:
    """Maximise on given nodes, move the nodes, and again until they stay."""
    k = panel.x.shape[1]

    def stop(point: Array) -> bool:
        return not np.log(SMALLEST) < point[k] < np.log(LARGEST)

    grid = _grid(panel, theta[:k], loadings(theta[k:])[0], count, method)
    for turn in range(_ADAPTATIONS):

        def objective(point: Array, grid: Grid = grid) -> tuple[float, Array, Array]:
            e = transformed(evaluate(panel, point[:k], (made := loadings(point[k:]))[0], grid), made[1], made[2])
            return e.value, e.gradient, e.hessian

        # far from the maximum the nodes are soon out of place
        early = cold and method == "adaptive" and turn == 0
        found = maximise(objective, theta, stop=stop, **({"max_iterations": 4} if early else {}))
        theta = found.theta
        if found.code is StatusCode.BOUNDARY or method == "standard":
            break
        beta, lam = theta[:k], loadings(theta[k:])[0]
        moved = _grid(panel, beta, lam, count, method)
        settled = not early and abs(log_likelihood(panel, beta, lam, moved) - found.value) < _SETTLED * abs(found.value)
        if settled:
            break
        grid = moved
    if found.code is StatusCode.BOUNDARY and theta[k] > 0.0:
        raise SolverError(
            "The standard deviation of the firm effect grows without bound: outcomes hardly ever change within firms.",
            where=f"it passed {LARGEST:g}",
            remedy="Check that the firm column and the outcome are right; use a pooled probit of the few changes.",
        )
    return found, grid


def transformed(e: Evaluation, first: Array, second: Array) -> Evaluation:
    """Return an evaluation in ``(b, parameters of the loadings)`` instead of ``(b, loadings)``."""
    k = len(e.gradient) - len(first)
    by_parameter = np.zeros((len(e.gradient), k + first.shape[1]))
    by_parameter[:k, :k] = np.eye(k)
    by_parameter[k:, k:] = first
    hessian = by_parameter.T @ e.hessian @ by_parameter
    hessian[k:, k:] += np.einsum("l,lab->ab", e.gradient[k:], second)
    return Evaluation(e.value, by_parameter.T @ e.gradient, hessian, e.scores @ by_parameter)


def _in_units(
    panel: Panel, found: Optimum, grid: Grid, back: Array, loadings: Loadings, count: int, change: float
) -> EffectsFit:
    """Return the fit with coefficients, Hessian and scores in the units of the columns given."""
    k = panel.x.shape[1]
    lam, first, second = loadings(found.theta[k:])
    e = transformed(evaluate(panel, found.theta[:k], lam, grid), first, second)
    forth = np.eye(len(found.theta))
    forth[:k, :k] = np.linalg.inv(back)
    mean, deviation = posterior_moments(panel, found.theta[:k], lam, grid)
    sigma = float(np.exp(found.theta[k]))
    theta = np.concatenate([back @ found.theta[:k], found.theta[k:]])
    hessian, scores = forth.T @ e.hessian @ forth, e.scores @ forth
    return EffectsFit(theta, k, e.value, hessian, scores, found, count, change, sigma * mean, sigma * deviation)
