r"""Likelihood of a frontier whose units differ by an effect: ``y_it = x_it'b + b_i + v_it - S u_it``.

The effect ``b_i`` is normal (true random effects, Greene 2005), normal noise less persistent inefficiency (four
components: Colombi, Kumbhakar, Martini and Vittadini 2014; Filippini and Greene 2016) or anything (true fixed effects:
Chen, Schmidt and Wang 2014, whose likelihood of differences is the integral over a flat effect). Given it the rows of
a unit are independent, so the likelihood of a unit is an integral in one dimension,

``L_i = int prod_t f(e_it - b) h(b) db``,

taken by quadrature (:mod:`innospace.frontier.panel.integrals`): no simulation, no draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array, Density
from innospace.frontier.panel.integrals import Evaluated, Integrand, Nodes, blocks, hermite_nodes, panel_nodes, resolved
from innospace.frontier.panel.units import Index, Units
from innospace.numerics.maximum_likelihood import Evaluation

NODES = 20
"""Of a Gauss-Hermite rule; where they are too few the integral is taken on panels."""


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

    def integrand(self, theta: Array) -> Integrand:
        """Return what is integrated over the effects."""
        beta, rows, effect = self.split(theta)
        # one number for all rows is several times as fast as a column of it
        few = tuple(v[0] if z.shape[1] == 1 and np.ptp(z) == 0.0 else v for v, z in zip(rows, self.z, strict=True))
        return Integrand(self.units, self.rows, self.effect, self.sign * (self.y - self.x @ beta), few, effect)


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Where the effects of units are evaluated, and what the evaluations weigh.

    Attributes
    ----------
    which : ndarray of int, shape (units,)
        Units, in their order.
    nodes : Nodes
    shares : ndarray, shape (nodes,)
        Posterior probability of each node.
    loglik : ndarray, shape (units,)
    heads : ndarray of int, shape (units,)
        Where the nodes of each unit begin.
    """

    which: Index
    nodes: Nodes
    shares: Array
    loglik: Array
    heads: Index


def quadratures(problem: MixedProblem, theta: Array) -> Iterator[tuple[Quadrature, Evaluated]]:
    """Return the integrals of all units, block by block, with the integrand at their nodes."""
    integrand = problem.integrand(theta)
    counts = problem.units.counts
    centre, spread = integrand.modes()
    coarse = []
    for block in blocks(counts * problem.nodes):
        which = np.arange(block.start, block.stop)
        nodes = hermite_nodes(which, centre, spread, problem.nodes)
        found = integrand.at(nodes.owner, nodes.points)
        fine = resolved((found.log + nodes.log_weights).reshape(len(which), -1), problem.nodes)
        if 2 * fine.sum() < len(fine):  # panels for all are less than both for some
            fine[:] = False
        coarse.append(which[~fine])
        if fine.all():
            yield _weighed(nodes, found), found
        elif fine.any():
            nodes = hermite_nodes(which[fine], centre, spread, problem.nodes)
            found = integrand.at(nodes.owner, nodes.points)
            yield _weighed(nodes, found), found
    which = np.concatenate(coarse)
    if len(which):
        yield from _on_panels(integrand, panel_nodes(integrand, which, centre, spread))


def _on_panels(integrand: Integrand, nodes: Nodes) -> Iterator[tuple[Quadrature, Evaluated]]:
    which, heads, counts = np.unique(nodes.owner, return_index=True, return_counts=True)
    for block in blocks(counts * integrand.units.counts[which]):
        own = slice(heads[block.start], heads[block.stop - 1] + counts[block.stop - 1])
        part = Nodes(nodes.owner[own], nodes.points[own], nodes.log_weights[own])
        found = integrand.at(part.owner, part.points)
        yield _weighed(part, found), found


def _weighed(nodes: Nodes, found: Evaluated) -> Quadrature:
    logs = found.log + nodes.log_weights
    first = np.concatenate(([True], np.diff(nodes.owner) != 0))
    heads, unit = np.flatnonzero(first), np.cumsum(first) - 1
    top = np.maximum.reduceat(logs, heads)
    shares = np.exp(logs - top[unit])
    total = np.add.reduceat(shares, heads)
    return Quadrature(nodes.owner[heads], nodes, shares / total[unit], top + np.log(total), heads)


def unit_logliks(problem: MixedProblem, theta: Array) -> Array:
    """Return the log-likelihood of each unit, without weights, shape (units,)."""
    values = np.empty(len(problem.units.counts))
    for found, _ in quadratures(problem, theta):
        values[found.which] = found.loglik
    return values


def evaluate(problem: MixedProblem, theta: Array) -> Evaluation:
    """Return log-likelihood, score, shape (p,), and Hessian, shape (p, p)."""
    with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
        loglik, scores, hessian = _derivatives(problem, theta)
        weights = np.ones(len(loglik)) if problem.weights is None else problem.weights
        return float(weights @ loglik), weights @ scores, hessian


def unit_scores(problem: MixedProblem, theta: Array) -> Array:
    """Return the score of each unit, without weights, shape (units, parameters)."""
    return _derivatives(problem, theta)[1]


def _derivatives(problem: MixedProblem, theta: Array) -> tuple[Array, Array, Array]:
    """Return log-likelihood, shape (units,), and score of each unit, shape (units, p), and the Hessian of their sum."""
    count, total, m = len(problem.units.counts), sum(problem.sizes), len(problem.rows.parameters)
    weights = np.ones(count) if problem.weights is None else problem.weights
    designs = np.vstack((-problem.sign * problem.x.T, *(z.T for z in problem.z)))
    loglik, scores, hessian = np.empty(count), np.zeros((count, total)), np.zeros((total, total))
    by_row = np.zeros(((m + 1) * (m + 2) // 2, problem.units.n))
    for found, at in quadratures(problem, theta):
        loglik[found.which] = found.loglik
        own = _node_scores(problem, designs, at)
        scores[found.which] = np.add.reduceat(found.shares * own, found.heads, axis=1).T
        weighted = found.shares * weights[found.nodes.owner]
        hessian += (weighted * own) @ own.T
        _add_effect(problem, weighted, at, hessian)
        _gather(np.repeat(weighted, problem.units.counts[found.nodes.owner]), at, by_row)
    hessian -= scores.T @ (weights[:, None] * scores)
    _add_rows(problem, by_row, hessian)
    return loglik, scores, hessian


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(count) for j in range(i, count))


def _node_scores(problem: MixedProblem, designs: Array, at: Evaluated) -> Array:
    """Return the score of the unit of each node at its effect, shape (parameters, nodes)."""
    sizes = (problem.x.shape[1], *(z.shape[1] for z in problem.z))
    made = np.take(designs, at.place, axis=1)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    for first, start, stop in zip(at.within.first, ends[:-1], ends[1:], strict=True):
        made[start:stop] *= first
    nodes = len(at.heads)
    return np.vstack((at.summed(made), *(np.broadcast_to(f, nodes)[None] for f in at.above.first[1:])))


def _add_effect(problem: MixedProblem, weighted: Array, at: Evaluated, hessian: Array) -> None:
    """Add what second derivatives of the effect contribute."""
    r, total = len(problem.effect.parameters), len(hessian)
    for (i, j), value in zip(_pairs(r), at.above.second[r + 1 :], strict=True):
        term = float(np.sum(weighted * value))
        hessian[total - r + i, total - r + j] += term
        hessian[total - r + j, total - r + i] += term if i != j else 0.0


def _gather(weighted: Array, at: Evaluated, by_row: Array) -> None:
    """Add second derivatives of the rows, weighted and summed over nodes."""
    low, high = int(at.place.min()), int(at.place.max()) + 1
    for part, value in enumerate(at.within.second):
        by_row[part, low:high] += np.bincount(at.place - low, weighted * value, high - low)


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
