"""A frontier for counts: the logarithm of what is expected has the frontier, and counts are Poisson around it.

``k_i ~ Poisson(exp(y_i))``, ``y_i = x_i'b + v_i - S u_i``. The likelihood of a row is an integral over ``y``,
``P(k) = int Poisson(k; e^y) f(S (y - x'b)) dy``; it keeps zeros and takes no logarithm of a count. With ``w_ij`` the
weights of ``y`` given the count, ``s_ij``, ``H_ij`` the derivatives of ``ln f``: the score is ``s_i = sum_j w_ij s_ij``
and the Hessian ``sum_j w_ij (H_ij + s_ij s_ij') - s_i s_i'`` (Louis 1982).

Both factors are log-concave in ``y``, so that the integrand has one mode and falls ever faster on both sides:
Gauss-Legendre rules on panels that end where its logarithm has fallen by given amounts, and around the frontier, where
``f`` bends within one deviation of the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.core.checks import Check
from innospace.frontier.densities import Law, density
from innospace.frontier.densities.base import Array, Derivatives, Posterior
from innospace.frontier.hypothesis_tests import TestResult, mixed_chi2_sf
from innospace.frontier.likelihood import Problem, evaluate, residuals, row_logliks, scores, split
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.built import Built, as_it_is
from innospace.frontier.structure.classes import Parts
from innospace.frontier.structure.mixture import (
    HALVINGS,
    NO_INEFFICIENCY,
    SMALLEST_LOG_INEFFICIENCY,
    UNBOUNDED,
)
from innospace.frontier.structure.search import Edge, climb
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.maximum_likelihood import Evaluation

SMALLEST_LOG_NOISE = -10.0
"""``ln sigma_v^2`` relative to the residual variance below which there is no noise but that of counts."""
ADDED = 0.5
"""Added to counts for the logarithms that starts and units are taken from; no estimate depends on it."""
FALLS = (3.0, 12.0, 36.0)
"""How far the log-integrand has fallen at the ends of the panels; beyond the last, 2e-16, nothing is left."""
KNEES = (-7.0, -3.5, -1.0, 1.0, 3.5, 7.0)
"""Deviations of the noise from the frontier at which panels end as well."""
NODES = 10
"""Nodes of a panel."""
BISECTIONS = 8
"""Of the mode and the ends of panels, which need not be exact."""
FARTHEST = 1e6
"""Standardised units from the frontier beyond which nothing is looked for."""
SMALLEST = 1e-300
MOST_ZEROS = 4.0
"""Standard deviations that the number of zeros may lie away from what is expected."""
CHUNK_ROWS = 400
"""Rows of the table whose nodes are evaluated at once."""
LARGEST_LOG = 600.0
"""Logarithm of an expectation beyond which it is not computed."""

_GAUSS = special.roots_legendre(NODES)


@dataclass(frozen=True)
class Mixed:
    """Distribution of counts of some rows whose expectation has a composed error.

    Attributes
    ----------
    law : Law
        Distribution of ``v - u``.
    counts, base : ndarray, shape (m,)
    unit, sign : float
        The logarithm of what is expected is ``base + unit y``, ``y = x'b + sign (v - u)``.
    """

    law: Law
    counts: Array
    base: Array
    unit: float
    sign: float

    @property
    def name(self) -> str:
        """Name of the distribution of inefficiency."""
        return self.law.name

    @property
    def title(self) -> str:
        """The same in words."""
        return self.law.title

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the composed error."""
        return self.law.parameters

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-probabilities and derivatives by ``e = -sign x'b``, shape (m,), and by ``theta``."""
        share, inside, value = self._given(e, theta)
        s = [f.reshape(share.shape) for f in inside.first]
        # where nothing is left of the integrand its scores may be infinite, and do not count
        s = [np.where(share > 0.0, f, 0.0) for f in s]
        first = tuple((share * f).sum(axis=1) for f in s)
        second = []
        for h, (i, j) in zip(inside.second, combinations_with_replacement(range(len(s)), 2), strict=True):
            whole = np.where(share > 0.0, h.reshape(share.shape), 0.0) + s[i] * s[j]
            second.append((share * whole).sum(axis=1) - first[i] * first[j])
        return Derivatives(value, first, tuple(second))

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> tuple[Array, Posterior]:
        """Return weights given the count, shape (m, q), and inefficiency at each node, in units of the data."""
        nodes, log_weights = self._nodes(e, theta)
        share, _ = self._weights(nodes, log_weights, self._inside(nodes, e, theta))
        at = (self.sign * nodes + e[:, None]).ravel()
        found = cast(Posterior, self.law.posterior(at, _by_node(theta, nodes)))
        scale = np.broadcast_to(found.scale, (share.size,)).reshape(share.shape)
        return share, Posterior(self.unit * found.location.reshape(share.shape), self.unit * scale)

    def _given(self, e: Array, theta: tuple[Array, ...]) -> tuple[Array, Derivatives, Array]:
        """Return weights of the nodes, what the composed error says at each, and log-probabilities."""
        nodes, log_weights = self._nodes(e, theta)
        inside = self._inside(nodes, e, theta)
        share, total = self._weights(nodes, log_weights, inside)
        return share, inside, total

    def _inside(self, at: Array, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the density of the composed error at standardised logarithms ``at``, shape (m, q), by node."""
        return self.law.evaluate((self.sign * at + e[:, None]).ravel(), _by_node(theta, at))

    def _weights(self, nodes: Array, log_weights: Array, inside: Derivatives) -> tuple[Array, Array]:
        logs = inside.value.reshape(nodes.shape) + self._poisson(nodes) + log_weights
        total = special.logsumexp(logs, axis=1)
        return np.exp(logs - total[:, None]), np.asarray(total)

    def _log_mean(self, at: Array) -> Array:
        return np.minimum(self.base[:, None] + self.unit * at, LARGEST_LOG)

    def _poisson(self, at: Array) -> Array:
        """Return the log-probability of the counts at standardised logarithms ``at``, shape (m, q)."""
        k, log_mean = self.counts[:, None], self._log_mean(at)
        return np.asarray(k * log_mean - np.exp(log_mean) - special.gammaln(k + 1.0))

    def _nodes(self, e: Array, theta: tuple[Array, ...]) -> tuple[Array, Array]:
        """Return nodes and log weights of the integrals, shape (m, q)."""
        frontier = -self.sign * e[:, None]
        noise = theta[self.parameters.index("lnsigma_v2")]
        spread = np.exp(0.5 * np.broadcast_to(noise, e.shape))[:, None]

        def height(at: Array) -> Array:
            return self._inside(at, e, theta).value.reshape(at.shape) + self._poisson(at)

        def slope(at: Array) -> Array:
            poisson = self.unit * (self.counts[:, None] - np.exp(self._log_mean(at)))
            return poisson + self.sign * self._inside(at, e, theta).first[0].reshape(at.shape)

        mode = _zero_of(slope, frontier)
        top = height(mode)
        left, right = _fallen(height, mode, top)
        knees = np.clip(frontier + np.array(KNEES) * spread, left[:, -1:], right[:, -1:])
        breaks = np.sort(np.concatenate((left, mode, right, knees), axis=1), axis=1)
        half = 0.5 * np.diff(breaks, axis=1)[:, :, None]
        nodes = breaks[:, :-1, None] + half * (1.0 + _GAUSS[0])
        log_weights = np.log(np.maximum(half, SMALLEST)) + np.log(_GAUSS[1])
        return nodes.reshape(len(e), -1), log_weights.reshape(len(e), -1)


def _by_node(theta: tuple[Array, ...], nodes: Array) -> tuple[Array, ...]:
    """Return parameters, numbers or by row, for the nodes of every row."""
    return tuple(np.repeat(t, nodes.shape[1]) if np.ndim(t) else t for t in theta)


def _zero_of(slope: Callable[[Array], Array], start: Array) -> Array:
    """Return where a falling function of each row is zero, shape (m, 1)."""
    sides, ends = np.array([-1.0, 1.0]), np.repeat(start, 2, axis=1)
    step = 0.25
    while (wrong := sides * slope(ends) > 0.0).any() and step < FARTHEST:
        ends = np.where(wrong, ends + sides * step, ends)
        step *= 2.0
    low, high = ends[:, :1], ends[:, 1:]
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        rising = slope(middle) > 0.0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return 0.5 * (low + high)


def _fallen(height: Callable[[Array], Array], mode: Array, top: Array) -> tuple[Array, Array]:
    """Return where a function of each row has fallen by ``FALLS`` left and right of its mode, shape (m, f) each."""
    sides, far = np.array([-1.0, 1.0]), np.full((len(mode), 2), 0.25)
    while (near := top - height(mode + sides * far) < FALLS[-1]).any() and far.max() < FARTHEST:
        far = np.where(near, 2.0 * far, far)
    falls, sides, outer = np.tile(FALLS, 2), np.repeat(sides, len(FALLS)), np.repeat(far, len(FALLS), axis=1)
    inner = np.zeros(outer.shape)
    for _ in range(BISECTIONS):
        middle = 0.5 * (inner + outer)
        near = top - height(mode + sides * middle) < falls
        inner, outer = np.where(near, middle, inner), np.where(near, outer, middle)
    ends = mode + sides * outer
    return ends[:, : len(FALLS)], ends[:, len(FALLS) :]


@dataclass(frozen=True)
class Counts:
    """Log-likelihood of counts in standardised units.

    Attributes
    ----------
    problem : Problem
        Regressors, and distribution of the composed error; its outcome is zero and it has no weights.
    counts, base : ndarray, shape (n,)
    unit : float
        See :class:`Mixed`.
    row_weights : ndarray, shape (n,), or None
    """

    problem: Problem
    counts: Array
    base: Array
    unit: float
    row_weights: Array | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.counts)

    def _chunks(self, used: NDArray[np.int64] | None = None) -> Iterator[Problem]:
        """Yield rows, all of them unless ``used`` says which, as frontiers whose error is that of counts."""
        whole = np.arange(self.n) if used is None else used
        for start in range(0, len(whole), CHUNK_ROWS):
            rows = whole[start : start + CHUNK_ROWS]
            p = self.problem
            law = Mixed(p.density, self.counts[rows], self.base[rows], self.unit, p.sign)
            weights = None if self.row_weights is None else self.row_weights[rows]
            yield replace(p.rows(rows), density=cast(Law, law), weights=weights)

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p)."""
        used = None if self.row_weights is None else np.flatnonzero(self.row_weights)
        values, gradients, hessians = zip(*(evaluate(p, theta) for p in self._chunks(used)), strict=True)
        if not np.isfinite(sum(values)):
            return float("-inf"), np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        return float(sum(values)), np.sum(gradients, axis=0), np.sum(hessians, axis=0)

    def scores(self, theta: Array) -> Array:
        """Return the score of each row, without weights, shape (n, p)."""
        return np.concatenate([scores(p, theta) for p in self._chunks()])

    def row_logliks(self, theta: Array) -> Array:
        """Return the log-probability of each count, shape (n,)."""
        return np.concatenate([row_logliks(p, theta) for p in self._chunks()])

    def edge(self, theta: Array) -> Edge | None:
        """Return the limit that ``theta`` has reached, or None."""
        own = self.parameters(theta)
        smallest = {"lnsigma_u2": SMALLEST_LOG_INEFFICIENCY, "lnsigma_v2": SMALLEST_LOG_NOISE}
        for (name, pins), (key, least) in zip(self.limits().items(), smallest.items(), strict=True):
            if np.max(own[key]) < least:
                return Edge(name, pins)
            if np.ptp(own[key]) > 2.0 * UNBOUNDED:
                return Edge("index_unbounded", dict.fromkeys(pins, 0.0), valid=False)
        return None

    def limits(self) -> dict[str, dict[int, float]]:
        """Return coefficients that are held in each limit of the model, by place."""
        return {
            "sigma_u_zero": self._pins("lnsigma_u2", NO_INEFFICIENCY),
            "poisson_alone": self._pins("lnsigma_v2", SMALLEST_LOG_NOISE),
        }

    def _pins(self, name: str, value: float) -> dict[int, float]:
        j = self.problem.density.parameters.index(name)
        z = self.problem.designs[j]
        shift = 0.0 if z is None else self.problem.shift[j]
        one = np.ones((1, 1)) if z is None else z
        level = np.linalg.lstsq(one, np.full(len(one), value - shift), rcond=None)[0]
        return {self.problem.place(name).start + i: float(v) for i, v in enumerate(level)}

    def parameters(self, theta: Array) -> dict[str, Array]:
        """Return the parameters of the composed error by name: numbers, or by row."""
        return dict(zip(self.problem.density.parameters, split(self.problem, theta)[1], strict=True))

    def zeros(self, theta: Array) -> Array:
        """Return the probability of a zero by row, shape (n,)."""
        return np.exp(replace(self, counts=np.zeros(self.n)).row_logliks(theta))

    def efficiencies(self, theta: Array, level: float) -> dict[str, Array]:
        """Return ``E[exp(-u) | k]`` and its equal-tailed interval, shape (n,), parameters taken as known."""
        found = []
        for p in self._chunks():
            beta, own = split(p, theta)
            found.append(_efficiencies(*cast(Mixed, p.density).posterior(residuals(p, beta), own), level))
        names = ("te", "te_lower", "te_upper")
        return {name: np.concatenate(parts) for name, parts in zip(names, zip(*found, strict=True), strict=True)}


def _efficiencies(share: Array, given: Posterior, level: float) -> tuple[Array, Array, Array]:
    r = given.location / given.scale
    log_mass = special.log_ndtr(r)
    farthest = (np.maximum(given.location, 0.0) + 40.0 * given.scale).max(axis=1)
    tail = 0.5 * (1.0 - level)
    bounds = []
    for upper in (tail, 1.0 - tail):
        low, high = np.zeros(len(share)), farthest
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            above = np.exp(special.log_ndtr(r - middle[:, None] / given.scale) - log_mass)
            more = (share * above).sum(axis=1) > upper
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        bounds.append(np.exp(-0.5 * (low + high)))
    return (share * np.exp(given.log_mean_exp())).sum(axis=1), bounds[0], bounds[1]


def counts(spec: StructureSpec, arrays: Arrays, _seed: int) -> Built:
    """Return a frontier of counts on these arrays."""
    logs = np.log(arrays.y + ADDED)
    p, law = Parts(spec, replace(arrays, y=logs)), density(spec.inefficiency)
    p.frontier()
    p.parameter("u")
    p.parameter("v")
    unit = p.standard.unit
    problem = replace(p.problem(law), y=np.zeros(len(logs)))
    likelihood = Counts(problem, arrays.y, logs - unit * p.standard.y, unit, arrays.weights)
    starts = [
        np.concatenate((b, p.level("u", own["lnsigma_u2"]), p.level("v", own["lnsigma_v2"])))
        for b, own in p.guesses(law)
    ]
    limits = [(Edge(name, pins), s) for name, pins in likelihood.limits().items() for s in starts[:1]]

    def numbers(theta: Array) -> dict[str, float]:
        own, found = likelihood.parameters(theta), {}
        for key, gone in (("u", NO_INEFFICIENCY), ("v", SMALLEST_LOG_NOISE)):
            index = own[f"lnsigma_{key}2"]
            zero = float(np.max(index)) <= gone
            found[f"sigma_{key}"] = 0.0 if zero else float(np.mean(np.exp(0.5 * index))) * unit
        both = (own["lnsigma_u2"] + 2.0 * np.log(unit), own["lnsigma_v2"])
        found["expected_efficiency"] = float(np.mean(law.mean_efficiency(both)))
        zeros = {"zero_counts": arrays.y == 0.0, "zero_expected": likelihood.zeros(theta)}
        return found | {name: float(np.average(v, weights=arrays.weights)) for name, v in zeros.items()}

    def tests(value: float, scale: float) -> tuple[TestResult, ...]:
        made = []
        for (edge, start), (name, null) in zip(limits, TESTS.items(), strict=True):
            statistic = max(0.0, 2.0 * scale * (value - climb(likelihood, start, edge).optimum.value))
            extra = len(edge.pins)
            law = f"chi2({extra - 1})/2 + chi2({extra})/2"
            made.append(TestResult(name, statistic, mixed_chi2_sf(statistic, extra), law, null))
        return tuple(made)

    return Built(
        likelihood,
        p.layout,
        lambda: starts,
        limits,
        as_it_is,
        0.0,
        likelihood.efficiencies,
        numbers,
        lambda theta: (_zeros_check(arrays, likelihood, theta),),
        tests,
    )


TESTS = {"no_inefficiency": "sigma_u = 0", "poisson_counts": "sigma_v = 0"}
"""Likelihood ratios against the limits of the model, and their nulls."""


def _zeros_check(arrays: Arrays, likelihood: Counts, theta: Array) -> Check:
    """Hold zeros against what is expected; rows of a cluster are not independent."""
    gap = (arrays.y == 0.0) - likelihood.zeros(theta)
    sums = gap if arrays.clusters is None else np.bincount(arrays.clusters, weights=gap)
    deviation = float(np.sqrt(np.sum(sums**2)))
    return Check.at_most(
        "zeros_as_expected",
        abs(float(np.sum(gap))) / max(deviation, SMALLEST),
        MOST_ZEROS,
        "Zeros that were counted less those that the model expects, in standard deviations of their number.",
        "Zeros may have a reason of their own: describe what sets these rows apart, or leave them out.",
    )
