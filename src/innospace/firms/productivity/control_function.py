"""Olley-Pakes, Levinsohn-Petrin and Ackerberg-Caves-Frazer as one two-stage estimator.

First stage: output on an unknown function of inputs and proxy (a polynomial), which gives ``phi``, output without
noise. Second stage: coefficients for which the innovation of ``omega = phi - X b`` fits what firms knew when they
chose their inputs. In Olley-Pakes and Levinsohn-Petrin the first stage also gives the coefficients of free inputs;
in Ackerberg-Caves-Frazer it gives none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError, SolverError
from innospace.firms.choice.binary import fit_binary
from innospace.firms.estimates import Array, Integers
from innospace.firms.productivity.first_stage import LeastSquares, independent, polynomial, regress
from innospace.firms.productivity.markov import (
    Innovation,
    Law,
    Point,
    Transitions,
    innovation,
    polynomial_law,
    residual,
    search,
    with_survival,
)
from innospace.firms.productivity.panel import Panel, require_independent, require_transitions


@dataclass(frozen=True, slots=True)
class Problem:
    """Arrays of a two-stage estimate; everything a draw of firms needs besides its weights.

    Attributes
    ----------
    names : tuple of str
        Elasticities, those of the first stage first.
    y : ndarray, shape (n,)
    first : ndarray, shape (n, k)
        First-stage design; its first ``free`` columns are inputs whose coefficients it determines.
    free : int
    x : ndarray, shape (n, p)
        Inputs whose coefficients are searched, centred.
    lagged : tuple of bool
        Length p: whether the instrument of an input is its previous-year value. Empty for nonlinear least squares.
    noise : bool
        Whether the criterion holds the residual of the first stage.
    firms, moving, previous : ndarray of int
        Firm of every row; rows with a previous year, and those previous rows.
    law : Law
        On the moving rows, without survival.
    degree : int
        Of the law in lagged productivity.
    exits : ndarray, shape (n,), or None
        1 in the last year of a firm that leaves; NaN where it cannot be told (last year of the panel).
    """

    names: tuple[str, ...]
    y: Array
    first: Array
    free: int
    x: Array
    lagged: tuple[bool, ...]
    noise: bool
    firms: Integers
    moving: Integers
    previous: Integers
    law: Law
    degree: int
    exits: Array | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A two-stage estimate.

    Attributes
    ----------
    elasticities : ndarray, shape (L + p,)
    law : ndarray, shape (q,)
        Coefficients in deviations of lagged productivity from its mean.
    persistence : float
        Mean derivative of expected by lagged productivity.
    point : Point
    first : LeastSquares
    transitions : Transitions
    innovation : Innovation
    """

    elasticities: Array
    law: Array
    persistence: float
    point: Point
    first: LeastSquares
    transitions: Transitions
    innovation: Innovation

    @property
    def values(self) -> Array:
        """Elasticities, law and persistence in one vector, as a bootstrap collects them."""
        return np.concatenate([self.elasticities, self.law, [self.persistence]])


def problem(
    panel: Panel,
    method: str,
    *,
    degree: int,
    markov: int,
    gross_output: bool = False,
    exits: Array | None = None,
) -> Problem:
    """Set a two-stage estimate up and check that the data can carry it.

    Parameters
    ----------
    panel : Panel
    method : str
        ``op``, ``lp`` or ``acf``.
    degree, markov : int
        Of the first-stage polynomial and of the law.
    gross_output : bool
        Whether the proxy (materials) is an input with a coefficient of its own.
    exits : ndarray, shape (n,), or None

    Raises
    ------
    DataError
    """
    roles = panel.roles
    everything = np.column_stack([panel.free, panel.state, panel.proxy])
    require_independent(panel, everything, (*roles.free, *roles.state, *roles.proxy))
    acf = method == "acf"
    inside = everything if acf else np.column_stack([panel.state, panel.proxy])
    own = panel.free[:, :0] if acf else panel.free - panel.free.mean(axis=0)
    terms = polynomial(inside, degree).terms
    first = independent(np.column_stack([own, np.ones(panel.n), terms, panel.law]))
    searched = [panel.free, panel.state] if acf else [panel.state]
    names = (*roles.free, *roles.state)
    lagged = [True] * panel.free.shape[1] + [False] * panel.state.shape[1] if acf else []
    if gross_output:
        searched.append(panel.proxy)
        names = (*names, *roles.proxy)
        lagged = [*(lagged or [False] * panel.state.shape[1]), *[True] * panel.proxy.shape[1]]
    x = np.column_stack(searched)
    require_transitions(panel, x.shape[1] + markov + 1 + len(roles.law))
    moving = panel.moving
    previous = panel.previous[moving]
    return Problem(
        names,
        panel.y,
        first,
        own.shape[1],
        x - x.mean(axis=0),
        tuple(lagged),
        not acf,
        panel.firms,
        moving,
        previous,
        polynomial_law(markov, panel.law[previous], roles.law, roles.law_columns),
        markov,
        exits,
    )


def prepare(p: Problem, weights: Array | None = None) -> tuple[LeastSquares, Transitions]:
    """Estimate the first stage and return it with the rows of the second.

    Parameters
    ----------
    p : Problem
    weights : ndarray, shape (n,), or None
        Row weights; rows of weight zero take no part.
    """
    rows = slice(None) if weights is None else np.flatnonzero(weights > 0.0)
    used = None if weights is None else weights[rows]
    fitted = regress(p.y[rows], p.first[rows], used)
    noise = p.y - p.first @ fitted.coefficients
    first = LeastSquares(fitted.coefficients, noise, fitted.inverse)
    phi = p.first[:, p.free :] @ fitted.coefficients[p.free :]
    law = p.law if p.exits is None else with_survival(p.law, _survival(p, weights)[p.previous], p.degree)
    now, before = p.moving, p.previous
    x, x_lag = p.x[now], p.x[before]
    z = np.where(p.lagged, x_lag, x) if p.lagged else np.zeros((len(now), 0))
    shown = noise[now] if p.noise else np.zeros(len(now))
    t = Transitions(phi[now], phi[before], x, x_lag, shown, z, law, None if weights is None else weights[now])
    return first, (t if weights is None else t.at(np.flatnonzero(weights[now] > 0.0)))


def _survival(p: Problem, weights: Array | None) -> Array:
    """Return the probability that a firm is still there next year, from a probit on the first-stage terms."""
    exits = np.zeros(0) if p.exits is None else p.exits
    told = np.isfinite(exits) if weights is None else np.isfinite(exits) & (weights > 0.0)
    design = p.first[:, p.free :]
    used = independent(design[told])
    if used.shape[1] < design.shape[1]:
        raise DataError("The survival probit has terms that cannot be told apart.", remedy="Lower degree.")
    fitted = fit_binary(exits[told], used, "probit", None if weights is None else weights[told])
    from scipy.special import ndtr

    return np.asarray(ndtr(-(design @ fitted.theta)))


def finish(p: Problem, first: LeastSquares, t: Transitions, point: Point) -> Fit:
    """Return the estimate at a point of the second stage."""
    inn = innovation(t, point.b)
    elasticities = np.concatenate([first.coefficients[: p.free], point.b])
    persistence = float(np.average(inn.slope, weights=t.weights))
    return Fit(elasticities, inn.law / _units(t.law, inn), persistence, point, first, t, inn)


def _units(law: Law, inn: Innovation) -> Array:
    return np.array([inn.scale**a for a in law.powers])


def draw(shared: tuple[Problem, Array], counts: Integers) -> Array:
    """Return the estimate of one draw of firms, searched from the estimate on all firms."""
    p, start = shared
    weights = counts.astype(np.float64)[p.firms]
    first, t = prepare(p, weights)
    point = search(t, start)
    if point is None or not point.converged:
        raise SolverError("The search of the second stage did not converge.")
    return finish(p, first, t, point).values


def covariance(p: Problem, fit: Fit) -> Array:
    """Return the covariance of elasticities and law, clustered by firm, with the first stage accounted for.

    Notes
    -----
    Both stages are estimating equations; a firm's influence on the second holds its influence on the first times the
    derivative of the second stage's moments by the first stage's coefficients. The law is concentrated out, so moments
    enter as deviations from their projection on its basis. Factor ``G/(G-1)``. Source: Newey and McFadden (1994),
    section 6. Second method: the firm-block bootstrap (tests).
    """
    t, inn = fit.transitions, fit.innovation
    _, slope, _ = residual(t, fit.point.b)
    h = t.z if t.z.shape[1] else slope
    first = _by_firm(p.first * fit.first.residuals[:, None], p.firms) @ fit.first.inverse
    moved = p.first.copy()
    moved[:, : p.free] = 0.0
    by_first, law_by_first = inn.derivative(moved[p.moving], moved[p.previous], None)
    if p.noise:
        by_first = by_first - p.first[p.moving]
    orthogonal = h - inn.basis @ (inn.factor @ (inn.basis.T @ h))
    own = _by_firm(h * t.noise[:, None] + orthogonal * inn.xi[:, None], p.firms, p.moving)
    searched = -(own + first @ (h.T @ by_first).T) @ np.linalg.inv(h.T @ slope).T
    _, law_by_b = inn.derivative(-t.x, -t.x_lag, None)
    law = _by_firm(inn.basis * inn.xi[:, None], p.firms, p.moving) @ inn.factor
    law = (law + searched @ law_by_b.T + first @ law_by_first.T) / _units(t.law, inn)
    influence = np.column_stack([first[:, : p.free], searched, law])
    groups = len(influence)
    return np.asarray(influence.T @ influence * (groups / (groups - 1)))


def _by_firm(rows: Array, firms: Integers, at: Integers | None = None) -> Array:
    """Return sums over the rows of every firm, shape (G, m)."""
    codes = firms if at is None else firms[at]
    groups = int(firms[-1]) + 1
    return np.column_stack([np.bincount(codes, weights=c, minlength=groups) for c in rows.T])


LAST_ROW = "last-row"
"""A firm leaves after its last row, unless that is in the last year of the panel."""


def known_exits(panel: Panel, exit: str | None) -> Array | None:
    """Return 1 in the last year of firms that leave, NaN where it is not known; None without correction.

    Parameters
    ----------
    panel : Panel
    exit : str or None
        :data:`LAST_ROW`, or a column: 1 in the last year of a firm that leaves.

    Raises
    ------
    DataError
        The column holds other values than 0 and 1, or no firm leaves.
    """
    if not exit:
        return None
    years = panel.labels["year"].to_numpy()
    last = np.append(panel.firms[1:] != panel.firms[:-1], True)
    found = last.astype(np.float64) if exit == LAST_ROW else panel.plain[exit]
    if not np.isin(found, (0.0, 1.0)).all():
        raise DataError(f"{exit!r} must hold 0 and 1.", allowed="1 in the last year of a firm that leaves, else 0")
    # whether a firm seen in the last year of the panel leaves after it is known only from a column
    told = np.where(years == years.max(), np.nan, found) if exit == LAST_ROW else found
    if not (told == 1.0).any():
        raise DataError(
            "No firm leaves, so there is no survival to correct for.",
            where=f"{panel.firm_count} firms",
            remedy="Leave exit out.",
        )
    return told
