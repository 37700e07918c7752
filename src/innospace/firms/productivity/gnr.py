"""Gandhi, Navarro and Rivers (2020): gross output, with materials identified by their share of revenue.

First stage: the log share of materials equals the log of their elasticity, a polynomial of all inputs, less an
output shock. Second stage: what integrating that elasticity leaves open, a polynomial of labour and capital, is found
from the innovation of productivity being news to labour and capital chosen before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError, SolverError
from innospace.firms.estimates import Array, Integers
from innospace.firms.productivity.first_stage import Polynomial, polynomial, regress
from innospace.firms.productivity.markov import (
    Innovation,
    Law,
    Point,
    Transitions,
    innovation,
    is_exact,
    polynomial_law,
    search,
)
from innospace.firms.productivity.panel import Panel, require_independent, require_transitions

STEPS = 200


@dataclass(frozen=True, slots=True)
class GnrProblem:
    """Arrays of the estimate.

    Attributes
    ----------
    y, share, flexible : ndarray, shape (n,)
        Log output, log revenue share of the flexible input, log flexible input.
    fixed : ndarray, shape (n, f)
        Log labour and capital.
    everything : Polynomial
        Of fixed inputs and, last, the flexible one; first stage.
    constant : Polynomial
        Of fixed inputs; second stage.
    firms, moving, previous : ndarray of int
    law : Law
    """

    y: Array
    share: Array
    flexible: Array
    fixed: Array
    everything: Polynomial
    constant: Polynomial
    firms: Integers
    moving: Integers
    previous: Integers
    law: Law


@dataclass(frozen=True, slots=True)
class ShareFit:
    """The share regression.

    Attributes
    ----------
    gamma : ndarray, shape (q,)
        Coefficients of the flexible elasticity, shocks taken out; the constant first.
    elasticity, shock : ndarray, shape (n,)
        Elasticity of the flexible input; output shock.
    mean_shock : float
        Mean of the exponent of the shock.
    squares : float
        Weighted mean of squared shocks.
    converged : bool
    """

    gamma: Array
    elasticity: Array
    shock: Array
    mean_shock: float
    squares: float
    converged: bool


@dataclass(frozen=True, slots=True)
class GnrFit:
    """The whole estimate.

    Attributes
    ----------
    elasticities : ndarray, shape (n, f + 1)
        Fixed inputs, then the flexible one, of every firm-year.
    omega : ndarray, shape (n,)
        Persistent log productivity.
    law : ndarray, shape (q,)
    persistence : float
    share : ShareFit
    point : Point
    exact : bool
        Whether the moments vanish.
    innovation : Innovation
    transitions : Transitions
    weights : ndarray, shape (n,), or None
    """

    elasticities: Array
    omega: Array
    law: Array
    persistence: float
    share: ShareFit
    point: Point
    exact: bool
    innovation: Innovation
    transitions: Transitions
    weights: Array | None

    @property
    def means(self) -> Array:
        """Mean elasticities over firm-years, shape (f + 1,)."""
        return np.asarray(np.average(self.elasticities, axis=0, weights=self.weights))

    @property
    def values(self) -> Array:
        """Mean elasticities, law and persistence in one vector."""
        return np.concatenate([self.means, self.law, [self.persistence]])


def gnr_problem(panel: Panel, share: str, *, degree: int, markov: int) -> GnrProblem:
    """Set the estimate up and check that the data can carry it.

    Raises
    ------
    DataError
        Also when the column of log shares holds shares.
    """
    roles = panel.roles
    fixed = np.column_stack([panel.free, panel.state])
    flexible = panel.proxy[:, 0]
    require_independent(panel, np.column_stack([fixed, flexible]), (*roles.free, *roles.state, *roles.proxy))
    log_share = panel.plain[share]
    if (log_share > 0.0).mean() > 0.5:
        raise DataError(
            f"{share!r} is positive in most firm-years, but the logarithm of a share below one is negative.",
            where=f"mean {log_share.mean():.3g}",
            allowed="the logarithm of expenditure on materials over revenue",
            remedy="Give log(materials / revenue), both in current prices.",
        )
    everything = polynomial(np.column_stack([fixed, flexible]), degree)
    constant = polynomial(fixed, degree)
    require_transitions(panel, constant.terms.shape[1] + markov + 1 + len(roles.law))
    moving, previous = panel.moving, panel.previous[panel.moving]
    law = polynomial_law(markov, panel.law[previous], roles.law, roles.law_columns)
    return GnrProblem(panel.y, log_share, flexible, fixed, everything, constant, panel.firms, moving, previous, law)


def share_regression(p: GnrProblem, weights: Array | None = None, start: Array | None = None) -> ShareFit:
    """Fit ``log share = log(P gamma) - shock`` by damped Gauss-Newton with its analytic derivative.

    Parameters
    ----------
    p : GnrProblem
    weights : ndarray, shape (n,), or None
    start : ndarray, shape (q,), or None
        Coefficients before shocks are taken out.

    Raises
    ------
    SolverError
        The elasticity turns negative wherever the fit improves.
    """
    x = np.column_stack([np.ones(len(p.share)), p.everything.terms])
    gamma = _share_start(x, p.share, weights) if start is None else start
    w = np.ones(len(p.share)) if weights is None else weights
    active = w > 0.0

    def shocks(g: Array) -> Array | None:
        # rows without weight (firms that were not drawn) may lie where the elasticity is negative
        fitted = np.where(active, x @ g, 1.0)
        return np.where(active, np.log(fitted) - p.share, 0.0) if (fitted > 0.0).all() else None

    shock = shocks(gamma)
    if shock is None:
        raise SolverError("The share regression has no start at which every elasticity is positive.")
    value, converged = float(w @ (shock * shock)), False
    for _ in range(STEPS):
        slope = x / np.where(active, x @ gamma, 1.0)[:, None]
        step = -regress(shock, slope, weights).coefficients
        promise = float(w @ ((slope @ step) ** 2))
        if promise <= 1e-18 * value:
            converged = True
            break
        length, moved = 1.0, False
        while length > 1e-8 and not moved:
            trial = shocks(gamma + length * step)
            if trial is not None and float(w @ (trial * trial)) < value:
                gamma, shock, value, moved = gamma + length * step, trial, float(w @ (trial * trial)), True
            length *= 0.5
        if not moved:
            converged = promise <= 1e-8 * value
            break
    mean_shock = float(np.average(np.exp(shock), weights=weights))
    elasticity = x @ gamma / mean_shock
    return ShareFit(gamma / mean_shock, elasticity, shock, mean_shock, value / float(w.sum()), converged)


def _share_start(x: Array, share: Array, weights: Array | None) -> Array:
    """Return the constant that is the geometric mean share, and no slope: positive everywhere."""
    start = np.zeros(x.shape[1])
    start[0] = float(np.exp(np.average(share, weights=weights)))
    return start


def estimate(
    p: GnrProblem, weights: Array | None = None, share_start: Array | None = None, start: Array | None = None
) -> GnrFit:
    """Estimate both stages.

    Parameters
    ----------
    p : GnrProblem
    weights : ndarray, shape (n,), or None
    share_start, start : ndarray, optional
        Where the searches of the two stages begin; a regression on the polynomial of fixed inputs when not given.

    Raises
    ------
    SolverError
    """
    share = share_regression(p, weights, share_start)
    left = p.y - share.shock - integral(p, share.gamma)
    inside = p.constant.terms
    if start is None:
        start = regress(left, np.column_stack([np.ones(len(left)), inside]), weights).coefficients[1:]
    t = Transitions(
        left[p.moving],
        left[p.previous],
        inside[p.moving],
        inside[p.previous],
        np.zeros(len(p.moving)),
        inside[p.moving],
        p.law,
        None if weights is None else weights[p.moving],
    )
    t = t if weights is None else t.at(np.flatnonzero(weights[p.moving] > 0.0))
    point = search(t, start, steps=STEPS)
    if point is None:
        raise SolverError(
            "The second stage of Gandhi, Navarro and Rivers did not converge.",
            remedy="Lower degree or markov, and look for outliers in the share.",
        )
    inn = innovation(t, point.b)
    units = np.array([inn.scale**a for a in t.law.powers])
    return GnrFit(
        elasticities(p, share, point.b),
        left - inside @ point.b,
        inn.law / units,
        float(np.average(inn.slope, weights=t.weights)),
        share,
        point,
        is_exact(t, point),
        inn,
        t,
        weights,
    )


def _flexible_units(p: GnrProblem) -> tuple[Array, float, Array]:
    """Return the flexible input as the polynomial holds it, its scale, and its exponent in every term."""
    poly = p.everything
    exponent = np.concatenate([[0], poly.exponents[:, -1]])
    return (p.flexible - poly.centre[-1]) / poly.scale[-1], float(poly.scale[-1]), exponent


def integral(p: GnrProblem, gamma: Array) -> Array:
    """Return the integral of the flexible elasticity over the log flexible input, from its mean, shape (n,).

    The lower end only moves what the second stage's polynomial of fixed inputs holds.
    """
    z, scale, exponent = _flexible_units(p)
    x = np.column_stack([np.ones(len(z)), p.everything.terms])
    return np.asarray(scale * z * (x @ (gamma / (exponent + 1.0))))


def elasticities(p: GnrProblem, share: ShareFit, b: Array) -> Array:
    """Return elasticities of fixed inputs and, last, the flexible one, of every firm-year, shape (n, f + 1)."""
    z, scale, exponent = _flexible_units(p)
    spread = share.gamma / (exponent + 1.0)
    inputs = np.column_stack([p.fixed, p.flexible])
    columns = []
    for j in range(p.fixed.shape[1]):
        crossed = scale * z * p.everything.derivative(inputs, spread[1:], j)
        columns.append(crossed + p.constant.derivative(p.fixed, b, j))
    return np.column_stack([*columns, share.elasticity])


def draw(shared: tuple[GnrProblem, Array, Array], counts: Integers) -> Array:
    """Return the estimate of one draw of firms, searched from the estimate on all firms."""
    p, gamma, b = shared
    fit = estimate(p, counts.astype(np.float64)[p.firms], gamma, b)
    if not (fit.exact and fit.share.converged):
        raise SolverError("The moments of the second stage do not vanish.")
    return fit.values
