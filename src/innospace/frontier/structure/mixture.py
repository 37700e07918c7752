"""Log-likelihood of a mixture of frontiers, its score and Hessian, and what it says of each row.

``ln f(y_i) = ln sum_j pi_j(q_i) f_j(S (y_i - x_i'b_j))``, ``pi_j = exp(q'g_j) / sum_l exp(q'g_l)``, ``g_1 = 0``. With
``p_ij`` the posterior of class j and ``s_ij``, ``H_ij`` the derivatives of ``ln pi_j f_j``: the score is
``s_i = sum_j p_ij s_ij``, the Hessian ``sum_j p_ij (H_ij + s_ij s_ij') - s_i s_i'`` (Louis 1982).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.frontier.densities import Law
from innospace.frontier.densities.base import Array, Posterior
from innospace.frontier.likelihood import Problem, evaluate, residuals, row_logliks, scores, split
from innospace.frontier.structure.search import Edge
from innospace.numerics.maximum_likelihood import Evaluation, maximise

SMALLEST_LOG_INEFFICIENCY = -10.0
"""``ln sigma_u^2`` relative to the residual variance below which there is no inefficiency to speak of (0.7 % of it)."""
SMALLEST_LOG_NOISE = -16.0
"""The same for noise."""
NO_INEFFICIENCY, NO_SHARE = -30.0, -40.0
"""Values that stand for a log-variance, and for the logit of a share, at minus infinity."""
UNBOUNDED = 30.0
"""Index of some row beyond which, either way, its coefficients are taken to have no limit."""
EM_ROUNDS = 25
EM_STEPS = 3
"""Rounds of expectation and maximisation from each start, and Newton steps in each round."""
EM_GAIN = 0.05
"""Log-likelihood that a round must gain for another one to follow: Newton's steps take over then."""


@dataclass(frozen=True, slots=True)
class Component:
    """One class.

    Attributes
    ----------
    law : Law
        Distribution of its composed error.
    problem : Problem
        Its arrays; weights are not used.
    places : ndarray of int
        Where the coefficients of its frontier, then of each parameter of its law, stand in ``theta``.
    """

    law: Law
    problem: Problem
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Mixture:
    """A mixture of frontiers in standardised units.

    Attributes
    ----------
    components : tuple of Component
        The first is the reference of the class probabilities.
    q : ndarray, shape (n, r)
        Regressors of the class probabilities.
    logits : tuple of ndarray of int, shape (r,)
        Where the coefficients of classes 2, 3, ... stand in ``theta``.
    row_weights : ndarray, shape (n,), or None
    size : int
        Length of ``theta``.
    edges : mapping of str to str
        What limits are called in this model: ``share`` (a class without rows), ``inefficiency``.
    """

    components: tuple[Component, ...]
    q: Array
    logits: tuple[NDArray[np.int64], ...]
    row_weights: Array | None
    size: int
    edges: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.q)

    def log_shares(self, theta: Array) -> Array:
        """Return ``ln pi_j(q_i)``, shape (n, J)."""
        index = np.column_stack([np.zeros(self.n), *(self.q @ theta[where] for where in self.logits)])
        return np.asarray(special.log_softmax(index, axis=1))

    def posterior(self, theta: Array) -> tuple[Array, Array]:
        """Return the posterior of each class, shape (n, J), and the log-likelihood of each row, shape (n,)."""
        logs = self.log_shares(theta) + np.column_stack(
            [row_logliks(c.problem, theta[c.places]) for c in self.components]
        )
        rows = special.logsumexp(logs, axis=1)
        return np.exp(logs - rows[:, None]), np.asarray(rows)

    def complete(self, theta: Array, posterior: Array) -> Evaluation:
        """Return the expected log-likelihood of data with known classes, with its derivatives by ``theta``."""
        w = self._weights()
        value, gradient, hessian = 0.0, np.zeros(self.size), np.zeros((self.size, self.size))
        for j, c in enumerate(self.components):
            found = evaluate(_weighted(c.problem, w * posterior[:, j]), theta[c.places])
            value += found[0]
            gradient[c.places] += found[1]
            hessian[np.ix_(c.places, c.places)] += found[2]
        logs = self.log_shares(theta)
        shares = np.exp(logs)
        value += float(np.sum(w[:, None] * posterior * logs))
        for j, where in enumerate(self.logits, start=1):
            gradient[where] += self.q.T @ (w * (posterior[:, j] - shares[:, j]))
            for m, other in enumerate(self.logits, start=1):
                by = -w * shares[:, j] * (float(j == m) - shares[:, m])
                hessian[np.ix_(where, other)] += self.q.T @ (self.q * by[:, None])
        return value, gradient, hessian

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p)."""
        with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
            posterior, rows = self.posterior(theta)
            if not np.isfinite(rows).all():
                return float("-inf"), np.zeros(self.size), np.zeros((self.size, self.size))
            w = self._weights()
            _, gradient, hessian = self.complete(theta, posterior)
            own = self._class_scores(theta)
            mean = np.zeros((self.n, self.size))
            for j, s in enumerate(own):
                weighted = s * posterior[:, j, None]
                mean += weighted
                hessian += s.T @ (weighted * w[:, None])
            hessian -= mean.T @ (mean * w[:, None])
        return float(w @ rows), gradient, hessian

    def scores(self, theta: Array) -> Array:
        """Return the score of each row, without weights, shape (n, p)."""
        posterior, _ = self.posterior(theta)
        return np.asarray(sum(s * posterior[:, j, None] for j, s in enumerate(self._class_scores(theta))))

    def _class_scores(self, theta: Array) -> list[Array]:
        """Return scores of ``ln pi_j f_j``, shape (n, p) for each class."""
        shares = np.exp(self.log_shares(theta))
        found = []
        for j, c in enumerate(self.components):
            own = np.zeros((self.n, self.size))
            own[:, c.places] = scores(c.problem, theta[c.places])
            for m, where in enumerate(self.logits, start=1):
                own[:, where] = self.q * (float(j == m) - shares[:, m])[:, None]
            found.append(own)
        return found

    def _weights(self) -> Array:
        return np.ones(self.n) if self.row_weights is None else self.row_weights

    def edge(self, theta: Array) -> Edge | None:
        """Return the limit that ``theta`` has reached, or None."""
        with np.errstate(all="ignore"):
            posterior, rows = self.posterior(theta)
        if not np.isfinite(rows).all():
            return None
        index = [self.q @ theta[where] for where in self.logits]
        if any(np.ptp(i) > 2.0 * UNBOUNDED for i in index):
            return Edge("index_unbounded", dict.fromkeys((int(p) for w in self.logits for p in w), 0.0), valid=False)
        counts = posterior.sum(axis=0)
        for j, c in enumerate(self.components):
            own = self.parameters(theta, j)
            noise = float(np.max(own["lnsigma_v2"]))
            if "class" in self.edges and (noise < SMALLEST_LOG_NOISE or counts[j] < len(c.places) + 1.0):
                # a class of so few rows can fit them exactly
                return Edge("class_on_few_rows" if noise < SMALLEST_LOG_NOISE else "class_empty", valid=False)
            if noise < SMALLEST_LOG_NOISE:
                return Edge("gamma_one", self.pins(j, "lnsigma_v2", SMALLEST_LOG_NOISE))
        # after the noise of every class: one that is held without inefficiency is not to hide one without noise
        for j in range(len(self.components)):
            own = self.parameters(theta, j)
            if "lnsigma_u2" in own and np.max(own["lnsigma_u2"]) < SMALLEST_LOG_INEFFICIENCY:
                also = self.closed() if self.edges["inefficiency"] == "sigma_u_zero" and self.lone else {}
                return Edge(self.edges["inefficiency"], self.pins(j, "lnsigma_u2", NO_INEFFICIENCY) | also)
        return None

    @property
    def lone(self) -> bool:
        """Whether some class has no inefficiency by definition, so that without any the classes are one."""
        return any(c.law.name == "none" for c in self.components)

    def closed(self) -> dict[int, float]:
        """Return coefficients of the class probabilities with which only the first class is left."""
        level = np.linalg.lstsq(self.q, np.full(self.n, NO_SHARE), rcond=None)[0]
        return {int(p): float(v) for where in self.logits for p, v in zip(where, level, strict=True)}

    def pins(self, j: int, name: str, value: float) -> dict[int, float]:
        """Return coefficients with which a parameter of a class has one value."""
        c = self.components[j]
        z = c.problem.designs[c.law.parameters.index(name)]
        shift = 0.0 if z is None or not c.problem.shift else c.problem.shift[c.law.parameters.index(name)]
        one = np.ones((1, 1)) if z is None else z
        level = np.linalg.lstsq(one, np.full(len(one), value - shift), rcond=None)[0]
        return {int(p): float(v) for p, v in zip(c.places[c.problem.place(name)], level, strict=True)}

    def parameters(self, theta: Array, j: int) -> dict[str, Array]:
        """Return the parameters of a class by name: numbers, or by row."""
        c = self.components[j]
        return dict(zip(c.law.parameters, split(c.problem, theta[c.places])[1], strict=True))

    def improve(self, theta: Array, rounds: int = EM_ROUNDS) -> Array:
        """Return ``theta`` after rounds of expectation and a few Newton steps; the likelihood never falls."""
        before = -np.inf
        for _ in range(rounds):
            with np.errstate(all="ignore"):
                posterior, rows = self.posterior(theta)
            value = float(self._weights() @ rows)
            if not np.isfinite(value) or value - before < EM_GAIN or self.edge(theta) is not None:
                break
            before = value
            theta = maximise(lambda t, p=posterior: self._quiet(t, p), theta, max_iterations=EM_STEPS).theta  # type: ignore[misc]
        return theta

    def _quiet(self, theta: Array, posterior: Array) -> Evaluation:
        with np.errstate(all="ignore"):
            return self.complete(theta, posterior)


def _weighted(problem: Problem, weights: Array) -> Problem:
    return Problem(problem.y, problem.x, problem.sign, problem.density, weights, problem.z, problem.shift)


def expected_efficiency(mixture: Mixture, theta: Array, unit: float) -> float:
    """Return the mean of ``sum_j pi_j E_j[exp(-u)]`` over rows, before their outcomes are known."""
    shares = np.exp(mixture.log_shares(theta))
    means = []
    for j, c in enumerate(mixture.components):
        # both parameters of a class are log-variances
        own = tuple(v + 2.0 * np.log(unit) for v in mixture.parameters(theta, j).values())
        means.append(float(np.mean(shares[:, j] * c.law.mean_efficiency(own))))
    return sum(means)


HALVINGS = 60
"""Steps of the bisection for a quantile."""


@dataclass(frozen=True, slots=True)
class RowEfficiencies:
    """Efficiencies by row, shape (n,): ``E[exp(-u) | e]`` and its equal-tailed interval, parameters taken as known."""

    te: Array
    te_lower: Array
    te_upper: Array


def efficiencies(mixture: Mixture, theta: Array, unit: float, level: float) -> RowEfficiencies:
    """Return efficiencies of every row over all classes, each against its own frontier, weighted by the posterior.

    Parameters
    ----------
    mixture : Mixture
    theta : ndarray, shape (p,)
        In standardised units.
    unit : float
        What one standardised unit of the outcome is in the data: inefficiency is brought back before ``exp(-u)``.
    level : float
        Coverage of the interval.
    """
    shares, _ = mixture.posterior(theta)
    given: list[Posterior | None] = []
    te = np.zeros(mixture.n)
    for j, c in enumerate(mixture.components):
        beta, own = split(c.problem, theta[c.places])
        if c.law.name == "none":
            given.append(None)
            te += shares[:, j]
            continue
        found = cast(Posterior, c.law.posterior(residuals(c.problem, beta), own))
        scaled = Posterior(unit * np.asarray(found.location), unit * np.broadcast_to(found.scale, mixture.n))
        given.append(scaled)
        te += shares[:, j] * np.exp(scaled.log_mean_exp())
    tail = 0.5 * (1.0 - level)
    lower, upper = (np.exp(-_quantile(shares, given, p)) for p in (tail, 1.0 - tail))
    return RowEfficiencies(te, lower, upper)


def _quantile(shares: Array, given: list[Posterior | None], upper: float) -> Array:
    """Return what inefficiency exceeds with probability ``upper``; zero where the mass at zero is larger."""
    bounds = [np.zeros(len(shares)) if p is None else p.quantile(min(upper, 0.5) * 1e-3) for p in given]
    low, high = np.zeros(len(shares)), np.max(bounds, axis=0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        parts = [s * _exceeds(p, middle) for s, p in zip(shares.T, given, strict=True) if p is not None]
        above = np.sum(parts, axis=0) > upper
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))


def _exceeds(posterior: Posterior, u: Array) -> Array:
    """Return ``P(U > u)`` of a normal truncated to positive values."""
    r = posterior.location / posterior.scale
    return np.asarray(np.exp(special.log_ndtr(r - u / posterior.scale) - special.log_ndtr(r)))
