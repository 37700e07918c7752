r"""Likelihood of one inefficiency a unit that follows a given path over time.

``y_it = x_it'b + v_it - S g_it u_i``, ``v_it ~ N(0, sigma_v^2)``, ``u_i ~ N(mu_i, sigma_u^2)`` truncated to positive
values. With ``e_it = S (y_it - x_it'b)`` and, for each unit, ``s0 = sum e^2``, ``s1 = sum g e``, ``s2 = sum g^2``,

``ln L_i = -T_i (ln 2 pi + ln sigma_v^2) / 2 - ln sigma_u - s0 / (2 sigma_v^2) - L(mu / sigma_u) + L(B / A^(1/2)) -
ln(A) / 2``

where ``L(z) = ln Phi(z) + z^2 / 2``, ``A = s2 / sigma_v^2 + 1 / sigma_u^2``, ``B = mu / sigma_u^2 - s1 / sigma_v^2``;
given the errors ``u_i`` is ``N(B / A, 1 / A)`` truncated. Battese and Coelli (1992); with ``g = 1`` Pitt and
Lee (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.panel.decay import Decay, Path
from innospace.frontier.panel.units import Units
from innospace.numerics.maximum_likelihood import Evaluation
from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills, log_cdf_excess, truncated_mean_standard

FAR = -1.0e3
"""Below it the curvature of ``L`` is taken from its limit ``1 / z^2``."""


LARGEST_RATIO = 3e6
"""``mu / sigma_u`` beyond which the likelihood is refused."""


@dataclass(frozen=True, slots=True)
class PanelProblem:
    """Arrays of a panel frontier, rows in the order of ``units``.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    sign : float
        1 for production, -1 for cost.
    units : Units
    decay : Decay
        Path of inefficiency, with ``d`` parameters.
    z_mu : ndarray, shape (units, m) or None
        Regressors of ``mu``; None where ``mu`` is zero (half-normal).
    z_u, z_v : ndarray, shapes (units, p), (units, q)
        Regressors of ``ln sigma_u^2`` and ``ln sigma_v^2``.
    weights : ndarray, shape (units,), or None
        Multiply the contribution of each unit.
    """

    y: Array
    x: Array
    sign: float
    units: Units
    decay: Decay
    z_mu: Array | None
    z_u: Array
    z_v: Array
    weights: Array | None = None

    @property
    def sizes(self) -> tuple[int, int, int, int, int]:
        """Numbers of parameters: frontier, ``mu``, ``ln sigma_u^2``, ``ln sigma_v^2``, path."""
        m = 0 if self.z_mu is None else self.z_mu.shape[1]
        return self.x.shape[1], m, self.z_u.shape[1], self.z_v.shape[1], len(self.decay.parameters)

    def split(self, theta: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Cut parameters into those of frontier, ``mu``, ``ln sigma_u^2``, ``ln sigma_v^2`` and path."""
        cuts = np.cumsum(self.sizes)[:-1]
        beta, mu, u, v, path = np.split(theta, cuts)
        return beta, mu, u, v, path


@dataclass(frozen=True, slots=True)
class _State:
    """What a likelihood is made of at one point; arrays by unit unless they say rows."""

    e: Array  # rows
    path: Path
    w: Array  # shape (6, units): s0, s1, s2, mu, ln sigma_u^2, ln sigma_v^2
    a: Array
    b: Array


def _state(problem: PanelProblem, theta: Array) -> _State:
    beta, delta, gamma_u, gamma_v, eta = problem.split(theta)
    units = problem.units
    e = problem.sign * (problem.y - problem.x @ beta)
    path = problem.decay.evaluate(units, eta)
    g = path.value
    mu = np.zeros(len(units.counts)) if problem.z_mu is None else problem.z_mu @ delta
    log_u, log_v = problem.z_u @ gamma_u, problem.z_v @ gamma_v
    sums = units.sums(np.column_stack((e * e, g * e, g * g))).T
    precision_u, precision_v = np.exp(-log_u), np.exp(-log_v)
    a = sums[2] * precision_v + precision_u
    b = mu * precision_u - sums[1] * precision_v
    return _State(e, path, np.vstack((sums, mu, log_u, log_v)), a, b)


def _l(z: Array) -> tuple[Array, Array, Array]:
    """Return ``ln Phi(z) + z^2 / 2`` and its first two derivatives."""
    excess, _ = log_cdf_excess(z)
    value = np.where(z < 0.0, excess, excess + 0.5 * z * z)
    mean = truncated_mean_standard(z)
    _, mills = log_cdf_and_mills(z)
    curve = np.where(z < FAR, 1.0 / np.maximum(z * z, 1.0), 1.0 - mills * mean)
    return value, mean, curve


def _by_sums(state: _State, counts: Array) -> tuple[Array, Array, Array]:
    """Return log-likelihoods by unit, shape (N,), and derivatives by ``w``, shapes (6, N), (6, 6, N)."""
    s0, s1, s2, mu, log_u, log_v = state.w
    a, b = state.a, state.b
    pu, pv = np.exp(-log_u), np.exp(-log_v)
    root = np.sqrt(a)
    z, r = b / root, mu * np.exp(-0.5 * log_u)
    lz, lz1, lz2 = _l(z)
    lr, lr1, lr2 = _l(r)
    value = -0.5 * counts * (LOG_2PI + log_v) - 0.5 * log_u - 0.5 * s0 * pv - lr + lz - 0.5 * np.log(a)
    # derivatives of L(z) - ln(A) / 2 by (A, B)
    za, zb, zaa, zab = -0.5 * z / a, 1.0 / root, 0.75 * z / (a * a), -0.5 / (a * root)
    ga, gb = lz1 * za - 0.5 / a, lz1 * zb
    gaa = lz2 * za * za + lz1 * zaa + 0.5 / (a * a)
    gab, gbb = lz2 * za * zb + lz1 * zab, lz2 * zb * zb
    zero = np.zeros_like(a)
    da = np.stack((zero, zero, pv, zero, -pu, -s2 * pv))
    db = np.stack((zero, -pv, zero, pu, -mu * pu, s1 * pv))
    first = ga * da + gb * db
    second = gaa * _outer(da, da) + gab * (_outer(da, db) + _outer(db, da)) + gbb * _outer(db, db)
    _add(second, 2, 5, -pv * ga)
    _add(second, 4, 4, pu * ga + mu * pu * gb)
    _add(second, 5, 5, s2 * pv * ga - s1 * pv * gb)
    _add(second, 1, 5, pv * gb)
    _add(second, 3, 4, -pu * gb)
    # the terms without (A, B): s0, ln sigma_v^2, ln sigma_u^2, and -L(r)
    ru = np.exp(-0.5 * log_u)
    first[0] -= 0.5 * pv
    first[5] += -0.5 * counts + 0.5 * s0 * pv
    first[4] -= 0.5
    _add(second, 0, 5, 0.5 * pv)
    _add(second, 5, 5, -0.5 * s0 * pv)
    first[3] -= lr1 * ru
    first[4] += 0.5 * lr1 * r
    _add(second, 3, 3, -lr2 * ru * ru)
    _add(second, 3, 4, 0.5 * ru * (lr2 * r + lr1))
    _add(second, 4, 4, -0.25 * (lr2 * r * r + lr1 * r))
    return value, first, second


def _outer(x: Array, y: Array) -> Array:
    return np.asarray(x[:, None, :] * y[None, :, :])


def _add(second: Array, i: int, j: int, value: Array) -> None:
    second[i, j] += value
    if i != j:
        second[j, i] += value


def _jacobian(problem: PanelProblem, state: _State) -> list[Array]:
    """Return derivatives of each of the six arguments by the parameters, shape (units, parameters) each."""
    units, e, g, g1 = problem.units, state.e, state.path.value, state.path.first
    x, s = problem.x, problem.sign
    ends = [0, *np.cumsum(problem.sizes)]
    beta, mu, log_u, log_v, path = (slice(a, b) for a, b in pairwise(ends))
    made = [np.zeros((len(units.counts), ends[-1])) for _ in range(6)]
    made[0][:, beta] = -2.0 * s * units.sums(x * e[:, None])
    made[1][:, beta] = -s * units.sums(x * g[:, None])
    if len(problem.decay.parameters):
        made[1][:, path] = units.sums(g1 * e[:, None])
        made[2][:, path] = 2.0 * units.sums(g1 * g[:, None])
    if problem.z_mu is not None:
        made[3][:, mu] = problem.z_mu
    made[4][:, log_u] = problem.z_u
    made[5][:, log_v] = problem.z_v
    return made


def unit_logliks(problem: PanelProblem, theta: Array) -> Array:
    """Return the log-likelihood of each unit, without weights, shape (units,)."""
    return _by_sums(_state(problem, theta), problem.units.counts.astype(np.float64))[0]


def unit_scores(problem: PanelProblem, theta: Array) -> Array:
    """Return the score of each unit, without weights, shape (units, parameters)."""
    state = _state(problem, theta)
    _, first, _ = _by_sums(state, problem.units.counts.astype(np.float64))
    jacobian = _jacobian(problem, state)
    return np.asarray(sum(first[w][:, None] * jacobian[w] for w in range(6)))


def evaluate(problem: PanelProblem, theta: Array) -> Evaluation:
    """Return log-likelihood, score, shape (p,), and Hessian, shape (p, p)."""
    with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
        state = _state(problem, theta)
        value, first, second = _by_sums(state, problem.units.counts.astype(np.float64))
        # squares of mu / sigma_u are subtracted from each other; beyond this nothing is left of their digits
        if problem.z_mu is not None and np.max(state.w[3] * np.exp(-0.5 * state.w[4])) > LARGEST_RATIO:
            value = np.full_like(value, np.nan)
        if problem.weights is not None:
            value, first, second = value * problem.weights, first * problem.weights, second * problem.weights
        jacobian = _jacobian(problem, state)
        gradient = np.asarray(sum(first[w] @ jacobian[w] for w in range(6)))
        hessian = _curvature_of_sums(problem, state, first)
        for i in range(6):
            for j in range(6):
                hessian += jacobian[i].T @ (second[i, j][:, None] * jacobian[j])
    return float(value.sum()), gradient, hessian


def _curvature_of_sums(problem: PanelProblem, state: _State, first: Array) -> Array:
    """Return what second derivatives of ``s0``, ``s1`` and ``s2`` by the parameters add to the Hessian."""
    units, x, e, path = problem.units, problem.x, state.e, state.path
    sizes = problem.sizes
    k, d, total = sizes[0], sizes[4], sum(sizes)
    f0, f1, f2 = (units.spread(first[w]) for w in range(3))
    hessian = np.zeros((total, total))
    hessian[:k, :k] = x.T @ (2.0 * f0[:, None] * x)
    if d:
        cross = -problem.sign * (x.T @ (f1[:, None] * path.first))
        hessian[:k, total - d :] = cross
        hessian[total - d :, :k] = cross.T
        own = np.einsum("n,nij->ij", f1 * e + 2.0 * f2 * path.value, path.second)
        own += path.first.T @ (2.0 * f2[:, None] * path.first)
        hessian[total - d :, total - d :] = own
    return hessian


def posterior(problem: PanelProblem, theta: Array) -> tuple[Array, Array, Array]:
    """Return ``mu*`` and ``sigma*`` of ``u_i`` given the errors, by unit, and ``g`` by row."""
    state = _state(problem, theta)
    return state.b / state.a, 1.0 / np.sqrt(state.a), state.path.value
