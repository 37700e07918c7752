r"""Likelihood of a frontier whose units differ by an effect: ``y_it = x_it'b + b_i + v_it - S u_it``.

The effect ``b_i`` is normal (true random effects, Greene 2005), normal noise less persistent inefficiency (four
components: Colombi, Kumbhakar, Martini and Vittadini 2014; Filippini and Greene 2016) or anything (true fixed effects:
Chen, Schmidt and Wang 2014, whose likelihood of differences is the integral over a flat effect). Given it the rows of
a unit are independent, so the likelihood of a unit is an integral in one dimension,

``L_i = int prod_t f(e_it - b) h(b) db``,

taken by Gauss-Hermite quadrature around the mode of the integrand with its curvature: no simulation, no draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array, Density, Derivatives
from innospace.frontier.panel.units import Units
from innospace.numerics.maximum_likelihood import Evaluation

NODES = 32
KEPT = 3_000_000
"""Rows times nodes up to which derivatives at the nodes are kept between two passes instead of being computed twice."""
STEPS = 60
"""Newton steps towards the mode of an integrand; a handful is usual."""
NEAR = 1e-10


@dataclass(frozen=True, slots=True)
class MixedProblem:
    """Arrays of a panel frontier with an effect of the unit, rows in the order of ``units``.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    sign : float
        1 for production, -1 for cost.
    units : Units
    rows : Density
        Distribution of ``v_it - u_it``.
    effect : Density
        Distribution of the effect in the same form: without inefficiency, or with persistent inefficiency.
    z : tuple of ndarray, shapes (n, p_j)
        Regressors of each parameter of ``rows``.
    weights : ndarray, shape (units,), or None
    nodes : int
    """

    y: Array
    x: Array
    sign: float
    units: Units
    rows: Density
    effect: Density
    z: tuple[Array, ...]
    weights: Array | None = None
    nodes: int = NODES

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of parameters: frontier, each parameter of the rows, the effect."""
        return (self.x.shape[1], *(z.shape[1] for z in self.z), len(self.effect.parameters))

    def split(self, theta: Array) -> tuple[Array, tuple[Array, ...], tuple[Array, ...]]:
        """Cut parameters into those of frontier, rows (by row) and effect (scalars)."""
        beta, *rows, effect = np.split(theta, np.cumsum(self.sizes)[:-1])
        return beta, tuple(z @ c for z, c in zip(self.z, rows, strict=True)), tuple(effect)


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Where the effect of each unit is evaluated, and what the evaluations weigh.

    Attributes
    ----------
    points : ndarray, shape (nodes, units)
    shares : ndarray, shape (nodes, units)
        Posterior probability of each node.
    loglik : ndarray, shape (units,)
    """

    points: Array
    shares: Array
    loglik: Array


def _at(problem: MixedProblem, e: Array, b: Array, rows: tuple[Array, ...]) -> Derivatives:
    return problem.rows.evaluate(e - problem.units.spread(b), rows)


def modes(problem: MixedProblem, e: Array, rows: tuple[Array, ...], effect: tuple[Array, ...]) -> tuple[Array, Array]:
    """Return the mode of each integrand and the deviation its curvature stands for, shapes (units,)."""
    units = problem.units
    spread = np.sqrt(sum(np.exp(v) for v in effect)) if effect else _spread(problem, e, rows)
    b = units.sums(e) / units.counts
    limit = np.full_like(b, 2.0 * spread)
    curvature = np.full_like(b, -1.0 / spread**2)
    for _ in range(STEPS):
        within, above = _at(problem, e, b, rows), problem.effect.evaluate(b, effect)
        slope = above.first[0] - units.sums(np.broadcast_to(within.first[0], e.shape))
        curvature = above.second[0] + units.sums(np.broadcast_to(within.second[0], e.shape))
        # where the integrand is not concave the effect's own spread says how far to go
        curvature = np.where(curvature < 0.0, curvature, -1.0 / spread**2)
        step = np.clip(-slope / curvature, -limit, limit)
        b = b + step
        if float(np.max(np.abs(step) * np.sqrt(-curvature))) < NEAR:
            break
    return b, 1.0 / np.sqrt(-curvature)


def _spread(problem: MixedProblem, e: Array, rows: tuple[Array, ...]) -> float:
    """Return the size of composed errors, where the effect has none of its own."""
    logs = [v for name, v in zip(problem.rows.parameters, rows, strict=True) if name.startswith("lnsigma")]
    return float(np.sqrt(np.var(e) + sum(np.mean(np.exp(v)) for v in logs)))


def quadrature(problem: MixedProblem, theta: Array) -> tuple[Quadrature, dict[int, Derivatives]]:
    """Return nodes with their posterior shares, and derivatives at the nodes as far as they are worth keeping."""
    beta, rows, effect = problem.split(theta)
    e = problem.sign * (problem.y - problem.x @ beta)
    centre, scale = modes(problem, e, rows, effect)
    x, weight = np.polynomial.hermite.hermgauss(problem.nodes)
    points = centre + np.sqrt(2.0) * scale * x[:, None]
    keep = len(e) * problem.nodes <= KEPT
    kept: dict[int, Derivatives] = {}
    logs = np.empty_like(points)
    for q, b in enumerate(points):
        found = _at(problem, e, b, rows)
        logs[q] = problem.units.sums(found.value) + problem.effect.evaluate(b, effect).value
        logs[q] += np.log(weight[q]) + x[q] ** 2
        if keep:
            kept[q] = found
    top = logs.max(axis=0)
    shares = np.exp(logs - top)
    total = shares.sum(axis=0)
    return Quadrature(points, shares / total, top + np.log(total) + np.log(np.sqrt(2.0) * scale)), kept


def unit_logliks(problem: MixedProblem, theta: Array) -> Array:
    """Return the log-likelihood of each unit, without weights, shape (units,)."""
    return quadrature(problem, theta)[0].loglik


def evaluate(problem: MixedProblem, theta: Array) -> Evaluation:
    """Return log-likelihood, score, shape (p,), and Hessian, shape (p, p); nodes are held while differentiating."""
    with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
        found, scores, hessian = _derivatives(problem, theta)
        weights = np.ones(len(found.loglik)) if problem.weights is None else problem.weights
        return float(weights @ found.loglik), weights @ scores, hessian


def unit_scores(problem: MixedProblem, theta: Array) -> Array:
    """Return the score of each unit, without weights, shape (units, parameters)."""
    return _derivatives(problem, theta)[1]


def _derivatives(problem: MixedProblem, theta: Array) -> tuple[Quadrature, Array, Array]:
    found, kept = quadrature(problem, theta)
    beta, rows, effect = problem.split(theta)
    e = problem.sign * (problem.y - problem.x @ beta)
    units, total = problem.units, sum(problem.sizes)
    m, r = len(problem.rows.parameters), len(problem.effect.parameters)
    weights = np.ones(len(units.counts)) if problem.weights is None else problem.weights
    scores = np.zeros((len(units.counts), total))
    hessian = np.zeros((total, total))
    by_row = np.zeros(((m + 1) * (m + 2) // 2, len(e)))
    for q, b in enumerate(found.points):
        within = kept.get(q) or _at(problem, e, b, rows)
        above = problem.effect.evaluate(b, effect)
        share = found.shares[q]
        own = _node_scores(problem, within, above)
        scores += share[:, None] * own
        hessian += own.T @ ((weights * share)[:, None] * own)
        spread = units.spread(weights * share)
        for part, value in enumerate(within.second):
            by_row[part] += spread * value
        for (i, j), value in zip(_pairs(r), above.second[r + 1 :], strict=True):
            term = float(np.sum(weights * share * value))
            hessian[total - r + i, total - r + j] += term
            hessian[total - r + j, total - r + i] += term if i != j else 0.0
    hessian -= scores.T @ (weights[:, None] * scores)
    _add_rows(problem, by_row, hessian)
    return found, scores, hessian


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(count) for j in range(i, count))


def _node_scores(problem: MixedProblem, within: Derivatives, above: Derivatives) -> Array:
    """Return the score of each unit at one value of its effect, shape (units, parameters)."""
    units, n = problem.units, problem.units.n
    of_beta = -problem.sign * np.broadcast_to(within.first[0], n)[:, None] * problem.x
    rows = [np.broadcast_to(f, n)[:, None] * z for f, z in zip(within.first[1:], problem.z, strict=True)]
    effect = [np.broadcast_to(f, len(units.counts)) for f in above.first[1:]]
    return np.column_stack((units.sums(np.column_stack((of_beta, *rows))), *effect))


def _add_rows(problem: MixedProblem, second: Array, hessian: Array) -> None:
    """Add what second derivatives of the rows contribute; ``second`` holds them weighted and summed over nodes."""
    designs = [-problem.sign * problem.x, *problem.z]
    ends = np.concatenate(([0], np.cumsum(problem.sizes)))
    for (i, j), value in zip(_pairs(len(designs)), second, strict=True):
        block = designs[i].T @ (value[:, None] * designs[j])
        at_i, at_j = slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1])
        hessian[at_i, at_j] += block
        if i != j:
            hessian[at_j, at_i] += block.T
