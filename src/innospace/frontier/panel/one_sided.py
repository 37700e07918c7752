r"""Likelihood of one inefficiency a unit that follows a given path over time.

``y_it = x_it'b + v_it - S g_it u_i``, ``v_it ~ N(0, sigma_v^2)``, ``u_i ~ N(mu_i, sigma_u^2)`` truncated to positive
values. With ``r_it = S (y_it - x_it'b) + c_i g_it`` and, for each unit, ``r0 = sum r^2``, ``r1 = sum g r``,
``s2 = sum g^2``,

``ln L_i = -T_i (ln 2 pi + ln sigma_v^2) / 2 - ln sigma_u - ln(A) / 2 - r0 / (2 sigma_v^2) + K(t, h) - K(t_u, h_u)``

where ``K(t, h) = ln Phi(t + h) + t^2 / 2``, ``A = s2 / sigma_v^2 + 1 / sigma_u^2``, ``t = B / A^(1/2)`` with
``B = (mu - c) / sigma_u^2 - r1 / sigma_v^2``, ``h = c A^(1/2)``, ``t_u = (mu - c) / sigma_u``, ``h_u = c / sigma_u``;
given the errors ``u_i`` is ``N(c + B / A, 1 / A)`` truncated. Battese and Coelli (1992); with ``g = 1`` Pitt and
Lee (1981). The value is the same for every ``c``, its digits are not: with ``c = mu`` above zero no square of ``mu`` is
subtracted from another, with ``c = 0`` below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.panel.decay import Decay, Path, follow
from innospace.frontier.panel.units import Units
from innospace.numerics.maximum_likelihood import Evaluation
from innospace.numerics.normal import LOG_2PI, log_cdf_excess, truncated_moments_standard


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
    relative : bool
        Whether the path is divided by its root mean square, so that ``mu`` and ``sigma_u`` are those of inefficiency
        where the path has that size: they keep it whatever shape the path takes.
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
    relative: bool = False

    @property
    def sizes(self) -> tuple[int, int, int, int, int]:
        """Numbers of parameters: frontier, ``mu``, ``ln sigma_u^2``, ``ln sigma_v^2``, path."""
        m = 0 if self.z_mu is None else self.z_mu.shape[1]
        return self.x.shape[1], m, self.z_u.shape[1], self.z_v.shape[1], len(self.decay.parameters)

    def path(self, parameters: Array) -> Path:
        """Return what multiplies inefficiency at every row."""
        return follow(self.decay, self.units, parameters, relative=self.relative)

    def split(self, theta: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Cut parameters into those of frontier, ``mu``, ``ln sigma_u^2``, ``ln sigma_v^2`` and path."""
        ends = [0, *accumulate(self.sizes)]
        beta, mu, u, v, path = (theta[a:b] for a, b in pairwise(ends))
        return beta, mu, u, v, path


@dataclass(frozen=True, slots=True)
class _State:
    """What a likelihood is made of at one point; arrays by unit unless they say rows."""

    r: Array  # rows
    path: Path
    w: Array  # shape (6, units): r0, r1, s2, mu, ln sigma_u^2, ln sigma_v^2
    above: Array  # one where mu is above zero: there c is mu, elsewhere zero
    a: Array
    b: Array

    @property
    def centre(self) -> Array:
        """``c`` by unit."""
        return np.asarray(self.above * self.w[3])


def _state(problem: PanelProblem, theta: Array) -> _State:
    beta, delta, gamma_u, gamma_v, eta = problem.split(theta)
    units = problem.units
    path = problem.path(eta)
    g = path.value
    mu = np.zeros(len(units.counts)) if problem.z_mu is None else problem.z_mu @ delta
    above = (mu > 0.0).astype(np.float64)
    r = problem.sign * (problem.y - problem.x @ beta) + units.spread(above * mu) * g
    log_u, log_v = problem.z_u @ gamma_u, problem.z_v @ gamma_v
    sums = units.sums(np.column_stack((r * r, g * r, g * g))).T
    precision_u, precision_v = np.exp(-log_u), np.exp(-log_v)
    a = sums[2] * precision_v + precision_u
    b = (1.0 - above) * mu * precision_u - sums[1] * precision_v
    return _State(r, path, np.vstack((sums, mu, log_u, log_v)), above, a, b)


@dataclass(frozen=True, slots=True)
class _Tail:
    """``K(t, h)`` and its derivatives; the second by ``h`` is that by ``t`` and ``h``."""

    value: Array
    t: Array
    h: Array
    tt: Array
    th: Array


def _tail(t: Array, h: Array) -> _Tail:
    z = t + h
    excess, _ = log_cdf_excess(z)
    mills, mean, variance = truncated_moments_standard(z)
    low = z < 0.0
    value = excess + np.where(low, -h * (t + 0.5 * h), 0.5 * t * t)
    return _Tail(value, np.where(low, mean - h, t + mills), mills, variance, -mills * mean)


def _tails(state: _State) -> tuple[_Tail, _Tail]:
    """Return ``K(t, h)`` and ``K(t_u, h_u)``."""
    mu, ru, root = state.w[3], np.exp(-0.5 * state.w[4]), np.sqrt(state.a)
    centre, count = state.centre, len(mu)
    t = np.concatenate((state.b / root, (mu - centre) * ru))
    both = _tail(t, np.concatenate((centre * root, centre * ru)))
    parts = (both.value, both.t, both.h, both.tt, both.th)
    return _Tail(*(v[:count] for v in parts)), _Tail(*(v[count:] for v in parts))


def _by_sums(state: _State, counts: Array) -> tuple[Array, Array, Array]:
    """Return log-likelihoods by unit, shape (N,), and derivatives by ``w``, shapes (6, N), (6, 6, N)."""
    r0, r1, s2, mu, log_u, log_v = state.w
    a, below = state.a, 1.0 - state.above
    pu, pv = np.exp(-log_u), np.exp(-log_v)
    k, of_inefficiency = _tails(state)
    value, first, second = _of_inefficiency(state, of_inefficiency)
    value = value - 0.5 * counts * (LOG_2PI + log_v) - 0.5 * np.log(a) - 0.5 * r0 * pv + k.value
    ga, gb, gm, gaa, gab, gbb, gam, gbm, gmm = _by_moments(state, k)
    zero = np.zeros_like(a)
    da = np.stack((zero, zero, pv, zero, -pu, -s2 * pv))
    db = np.stack((zero, -pv, zero, below * pu, -below * mu * pu, r1 * pv))
    first += ga * da + gb * db
    first[3] += gm
    second += gaa * _outer(da, da) + gab * (_outer(da, db) + _outer(db, da)) + gbb * _outer(db, db)
    by_mean = gam * da + gbm * db
    second[3] += by_mean
    second[:, 3] += by_mean
    _add(second, 3, 3, gmm)
    _add(second, 2, 5, -pv * ga)
    _add(second, 4, 4, pu * ga + below * mu * pu * gb)
    _add(second, 5, 5, s2 * pv * ga - r1 * pv * gb)
    _add(second, 1, 5, pv * gb)
    _add(second, 3, 4, -below * pu * gb)
    # r0 and ln sigma_v^2 by themselves
    first[0] -= 0.5 * pv
    first[5] += -0.5 * counts + 0.5 * r0 * pv
    _add(second, 0, 5, 0.5 * pv)
    _add(second, 5, 5, -0.5 * r0 * pv)
    return value, first, second


def _by_moments(state: _State, k: _Tail) -> tuple[Array, ...]:
    """Return derivatives of ``K(t, h) - ln(A) / 2`` by ``(A, B, mu)``, ``mu`` in ``h``: A, B, m, AA, AB, .., mm."""
    a, root, t, h = state.a, np.sqrt(state.a), state.b / np.sqrt(state.a), state.centre * np.sqrt(state.a)
    ta, tb, ha, hm = -0.5 * t / a, 1.0 / root, 0.5 * h / a, state.above * root
    taa, tab, haa, ham = 0.75 * t / (a * a), -0.5 / (a * root), -0.25 * h / (a * a), 0.5 * state.above / root
    return (
        k.t * ta + k.h * ha - 0.5 / a,
        k.t * tb,
        k.h * hm,
        k.tt * ta * ta + k.th * ha * (2.0 * ta + ha) + k.t * taa + k.h * haa + 0.5 / (a * a),
        k.tt * ta * tb + k.th * tb * ha + k.t * tab,
        k.tt * tb * tb,
        k.th * hm * (ta + ha) + k.h * ham,
        k.th * tb * hm,
        k.th * hm * hm,
    )


def _of_inefficiency(state: _State, k: _Tail) -> tuple[Array, Array, Array]:
    """Return ``-ln sigma_u - K(t_u, h_u)`` and its derivatives by ``w``."""
    _, _, _, mu, log_u, _ = state.w
    ru, above = np.exp(-0.5 * log_u), state.above > 0.0
    ratio, slope, curve = mu * ru, np.where(above, k.h, k.t), np.where(above, k.th, k.tt)
    first, second = np.zeros((6, len(mu))), np.zeros((6, 6, len(mu)))
    first[3] = -slope * ru
    first[4] = 0.5 * slope * ratio - 0.5
    _add(second, 3, 3, -curve * ru * ru)
    _add(second, 3, 4, 0.5 * ru * (curve * ratio + slope))
    _add(second, 4, 4, -0.25 * ratio * (curve * ratio + slope))
    return -0.5 * log_u - k.value, first, second


def _outer(x: Array, y: Array) -> Array:
    return np.asarray(x[:, None, :] * y[None, :, :])


def _add(second: Array, i: int, j: int, value: Array) -> None:
    second[i, j] += value
    if i != j:
        second[j, i] += value


def _of_rows(problem: PanelProblem, state: _State) -> tuple[Array, Array]:
    """Return derivatives of ``r`` and of ``g`` by the parameters, shape (n, parameters) each."""
    units, path = problem.units, state.path
    by_r, by_g = np.zeros((2, units.n, sum(problem.sizes)))
    k, m, d = problem.sizes[0], problem.sizes[1], problem.sizes[4]
    by_r[:, :k] = -problem.sign * problem.x
    if problem.z_mu is not None:
        by_r[:, k : k + m] = units.spread(state.above[:, None] * problem.z_mu) * path.value[:, None]
    if d:
        by_g[:, -d:] = path.first
        by_r[:, -d:] = units.spread(state.centre)[:, None] * path.first
    return by_r, by_g


def _jacobian(problem: PanelProblem, state: _State, by_r: Array, by_g: Array) -> Array:
    """Return derivatives of each of the six arguments by the parameters, shape (6, units, parameters)."""
    units, r, g = problem.units, state.r[:, None], state.path.value[:, None]
    made = np.zeros((6, len(units.counts), by_r.shape[1]))
    made[0] = 2.0 * units.sums(r * by_r)
    made[1] = units.sums(g * by_r + r * by_g)
    made[2] = 2.0 * units.sums(g * by_g)
    ends = np.cumsum(problem.sizes)
    mu, log_u, log_v = (slice(a, b) for a, b in pairwise(ends[:4]))
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
    return np.asarray(np.einsum("wn,wnp->np", first, _jacobian(problem, state, *_of_rows(problem, state))))


def evaluate(problem: PanelProblem, theta: Array) -> Evaluation:
    """Return log-likelihood, score, shape (p,), and Hessian, shape (p, p)."""
    with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
        state = _state(problem, theta)
        value, first, second = _by_sums(state, problem.units.counts.astype(np.float64))
        if problem.weights is not None:
            value, first, second = value * problem.weights, first * problem.weights, second * problem.weights
        by_r, by_g = _of_rows(problem, state)
        jacobian = _jacobian(problem, state, by_r, by_g)
        flat = jacobian.reshape(-1, len(theta))
        curved = np.einsum("ijn,jnp->inp", second, jacobian).reshape(flat.shape)
        hessian = flat.T @ curved + _curvature_of_sums(problem, state, first, by_r, by_g)
    return float(value.sum()), first.ravel() @ flat, hessian


def _curvature_of_sums(problem: PanelProblem, state: _State, first: Array, by_r: Array, by_g: Array) -> Array:
    """Return what second derivatives of ``r0``, ``r1`` and ``s2`` by the parameters add to the Hessian."""
    units, path = problem.units, state.path
    f0, f1, f2 = (units.spread(first[w])[:, None] for w in range(3))
    cross = by_r.T @ (f1 * by_g)
    hessian = by_r.T @ (2.0 * f0 * by_r) + cross + cross.T + by_g.T @ (2.0 * f2 * by_g)
    if d := problem.sizes[4]:
        r, g = state.r, path.value
        of_r = 2.0 * f0[:, 0] * r + f1[:, 0] * g
        of_g = f1[:, 0] * r + 2.0 * f2[:, 0] * g + of_r * units.spread(state.centre)
        hessian[-d:, -d:] += np.einsum("n,nij->ij", of_g, path.second)
        if problem.z_mu is not None:
            mu = slice(problem.sizes[0], problem.sizes[0] + problem.sizes[1])
            both = units.spread(state.above[:, None] * problem.z_mu).T @ (of_r[:, None] * path.first)
            hessian[mu, -d:] += both
            hessian[-d:, mu] += both.T
    return hessian


def posterior(problem: PanelProblem, theta: Array) -> tuple[Array, Array, Array]:
    """Return ``mu*`` and ``sigma*`` of ``u_i`` given the errors, by unit, and ``g`` by row."""
    state = _state(problem, theta)
    return state.centre + state.b / state.a, 1.0 / np.sqrt(state.a), state.path.value
