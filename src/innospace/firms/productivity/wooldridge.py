"""Wooldridge (2009): both stages at once, by linear GMM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError
from innospace.firms.estimates import Array, Integers
from innospace.firms.productivity.first_stage import independent, polynomial
from innospace.firms.productivity.panel import Panel, require_independent, require_transitions


@dataclass(frozen=True, slots=True)
class System:
    """Two equations with common elasticities.

    Attributes
    ----------
    names : tuple of str
        Elasticities, then law columns.
    y : ndarray, shape (n,)
    shared : ndarray, shape (n, L + K)
        Free inputs and capital of this year, centred.
    first : ndarray, shape (n, a), or None
        Exogenous terms of the first equation (polynomial of this year); None when it is left out.
    second : ndarray, shape (n, b)
        Law columns, then the polynomial of the year before.
    instruments : ndarray, shape (n, L + K)
        Of ``shared`` in the second equation: free inputs of the year before, capital of this year.
    law : int
        Number of law columns.
    two_step : bool
    firms : ndarray of int, shape (n,)
    """

    names: tuple[str, ...]
    y: Array
    shared: Array
    first: Array | None
    second: Array
    instruments: Array
    law: int
    two_step: bool
    firms: Integers


@dataclass(frozen=True, slots=True)
class SystemFit:
    """A linear GMM estimate.

    Attributes
    ----------
    values : ndarray, shape (m,)
        Elasticities, then law columns.
    covariance : ndarray, shape (m, m)
        Clustered by firm.
    j : float
        Hansen's statistic with moments clustered by firm; NaN when exactly identified.
    excess : int
        Moments beyond coefficients.
    """

    values: Array
    covariance: Array
    j: float
    excess: int


def system(panel: Panel, *, degree: int, equations: str, weighting: str) -> System:
    """Set the equations up on the rows that have a previous year.

    Parameters
    ----------
    panel : Panel
    degree : int
        Of the polynomial in capital and proxy.
    equations : str
        ``both``, or ``second`` alone (Petrin and Levinsohn 2012).
    weighting : str
        ``one-step`` (two-stage least squares) or ``two-step`` (moments clustered by firm).
    """
    roles = panel.roles
    inside = np.column_stack([panel.state, panel.proxy])
    require_independent(panel, np.column_stack([panel.free, inside]), (*roles.free, *roles.state, *roles.proxy))
    terms = independent(np.column_stack([np.ones(panel.n), polynomial(inside, degree).terms]))
    require_transitions(panel, panel.free.shape[1] + 2 * terms.shape[1])
    now, before = panel.moving, panel.previous[panel.moving]
    inputs = np.column_stack([panel.free, panel.state])
    inputs = inputs - inputs.mean(axis=0)
    law = _law(panel, before)
    free = panel.free.shape[1]
    instruments = np.column_stack([inputs[before][:, :free], inputs[now][:, free:]])
    first = np.column_stack([terms, panel.law])[now] if equations == "both" else None
    return System(
        (*roles.free, *roles.state, *roles.law),
        panel.y[now],
        inputs[now],
        None if first is None else independent(first),
        independent(np.column_stack([law, terms[before]])),
        instruments,
        law.shape[1],
        weighting == "two-step",
        panel.firms[now],
    )


def _law(panel: Panel, before: Integers) -> Array:
    columns = dict(zip(panel.roles.law_columns, panel.law[before].T, strict=True))
    interacted = [c for c in panel.roles.law if c.endswith(":omega")]
    if interacted:
        raise DataError(
            "Wooldridge's law is a polynomial in capital and proxy, so a column cannot be multiplied by productivity.",
            where=", ".join(interacted),
            allowed="plain columns in law",
            remedy="Use method='acf' or 'lp' for interactions with lagged productivity.",
        )
    return np.column_stack([columns[c] for c in panel.roles.law]) if columns else np.zeros((len(before), 0))


def solve(s: System, weights: Array | None = None) -> SystemFit:
    """Solve the moments by linear GMM.

    ``E[(1, l, c(k, m))' r1] = 0`` and ``E[(1, l_-1, k, c(k_-1, m_-1))' r2] = 0`` with
    ``r1 = y - l b_l - g(k, m)`` and ``r2 = y - l b_l - k b_k - h(k_-1, m_-1)``; ``g`` holds capital's own coefficient.

    Parameters
    ----------
    s : System
    weights : ndarray, shape (n,), or None
    """
    w = np.ones(len(s.y)) if weights is None else weights
    x, z = _blocks(s)
    size = np.sqrt(sum(xe.T**2 @ w for xe in x))
    size = np.where(size > 0.0, size, 1.0)
    x = [xe / size for xe in x]
    spans = [np.sqrt(ze.T**2 @ w) for ze in z]
    z = [ze / np.where(q > 0.0, q, 1.0) for ze, q in zip(z, spans, strict=True)]
    zx = np.vstack([(ze * w[:, None]).T @ xe for ze, xe in zip(z, x, strict=True)])
    zy = np.concatenate([(ze * w[:, None]).T @ s.y for ze in z])
    weight = _block_inverse([(ze * w[:, None]).T @ ze for ze in z])
    beta, bread = _gmm(zx, zy, weight)
    meat = _meat(s, x, z, w, beta)
    j = float("nan")
    excess = len(zy) - len(beta)
    if s.two_step:
        weight = _inverse(meat)
        beta, bread = _gmm(zx, zy, weight)
        moment = zy - zx @ beta
        j = float(moment @ weight @ moment)
        meat = _meat(s, x, z, w, beta)
    half = bread @ zx.T @ weight
    covariance = (half @ meat @ half.T) / np.outer(size, size)
    p = s.shared.shape[1]
    at = np.r_[np.arange(p), p + (0 if s.first is None else s.first.shape[1]) + np.arange(s.law)]
    return SystemFit((beta / size)[at], covariance[np.ix_(at, at)], j, excess)


def _blocks(s: System) -> tuple[list[Array], list[Array]]:
    """Return regressors and instruments, one matrix an equation; coefficients: shared, first, second."""
    n, b = s.second.shape
    own = np.column_stack([s.instruments, s.second])
    if s.first is None:
        return [np.column_stack([s.shared, s.second])], [own]
    # capital's coefficient in the first equation is part of its own polynomial
    states = [j for j in range(s.shared.shape[1]) if np.array_equal(s.shared[:, j], s.instruments[:, j])]
    labour = s.shared.copy()
    labour[:, states] = 0.0
    a = s.first.shape[1]
    one = np.column_stack([labour, s.first, np.zeros((n, b))])
    two = np.column_stack([s.shared, np.zeros((n, a)), s.second])
    free = [j for j in range(s.shared.shape[1]) if j not in states]
    return [one, two], [np.column_stack([s.shared[:, free], s.first]), own]


def _block_inverse(blocks: list[Array]) -> Array:
    total = sum(len(b) for b in blocks)
    out, at = np.zeros((total, total)), 0
    for b in blocks:
        out[at : at + len(b), at : at + len(b)] = _inverse(b)
        at += len(b)
    return out


def _inverse(matrix: Array) -> Array:
    try:
        half = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        raise DataError(
            "The instruments cannot be told apart.",
            where=f"{len(matrix)} moments",
            remedy="Lower degree, leave out an input that hardly varies, or use more firms.",
        ) from None
    return np.asarray(half.T @ half)


def _gmm(zx: Array, zy: Array, weight: Array) -> tuple[Array, Array]:
    bread = _inverse(zx.T @ weight @ zx)
    beta = bread @ (zx.T @ (weight @ zy))
    return beta + bread @ (zx.T @ (weight @ (zy - zx @ beta))), bread


def _meat(s: System, x: list[Array], z: list[Array], w: Array, beta: Array) -> Array:
    """Return the sum over firms of squared moments, factor ``G/(G-1)``."""
    rows = np.column_stack([ze * (w * (s.y - xe @ beta))[:, None] for ze, xe in zip(z, x, strict=True)])
    starts = np.flatnonzero(np.concatenate(([True], s.firms[1:] != s.firms[:-1])))
    sums = np.add.reduceat(rows, starts, axis=0)
    return np.asarray(sums.T @ sums * (len(starts) / (len(starts) - 1)))


def draw(shared: tuple[System, int], counts: Integers) -> Array:
    """Return the estimate of one draw of firms."""
    s, _ = shared
    return solve(s, counts.astype(np.float64)[s.firms]).values
