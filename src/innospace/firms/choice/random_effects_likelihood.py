"""Likelihood of a binary choice with a normal random effect of the firm, with analytic score and Hessian.

``L_i = int prod_t Phi(s_it (x_it'b + lambda_it v)) phi(v) dv`` with ``s = 2 y - 1``. The loading ``lambda`` is one
number for every class of rows: ``sigma_u`` for all of them, or another one for a firm's first period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from innospace.firms.estimates import Array, Integers
from innospace.numerics.normal import log_cdf_and_mills
from innospace.numerics.quadrature import Grid, adaptive_grid

CELLS = 32_000
"""Rows times nodes worked on at a time: keeps arrays within the cache."""
_MODE_STEPS = 50


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows sorted so that firms with equally many periods stand together.

    Attributes
    ----------
    sign : ndarray, shape (n,)
        1 and -1.
    x : ndarray, shape (n, k)
    loading : ndarray of int, shape (n,)
        Which loading a row has.
    loadings : int
        How many there are.
    blocks : tuple of (int, int, int)
        First row, first firm and number of periods of every block of firms, and how many firms it has.
    firms : ndarray of int, shape (N,)
        Number of the firm at every position.
    periods : ndarray of int, shape (N,)
    order : ndarray of int, shape (n,)
        Positions of the sorted rows among the rows given.
    """

    sign: Array
    x: Array
    loading: Integers
    loadings: int
    blocks: tuple[tuple[int, int, int, int], ...]
    firms: Integers
    periods: Integers
    order: Integers

    @property
    def n_firms(self) -> int:
        """Firms."""
        return len(self.firms)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The likelihood at a point, in the parameters ``(b, lambda)``.

    Attributes
    ----------
    value : float
    gradient : ndarray, shape (k + l,)
    hessian : ndarray, shape (k + l, k + l)
    scores : ndarray, shape (N, k + l)
        One row a firm, in the order of :attr:`Panel.firms`.
    """

    value: float
    gradient: Array
    hessian: Array
    scores: Array


def panel_of(y: Array, x: Array, firm: Integers, loading: Integers | None = None) -> Panel:
    """Sort rows into blocks of firms with equally many periods.

    Parameters
    ----------
    y : ndarray, shape (n,)
        0 and 1.
    x : ndarray, shape (n, k)
    firm : ndarray of int, shape (n,)
        Numbers 0 to N - 1.
    loading : ndarray of int, shape (n,), optional
        Which loading a row has; all the same when not given.
    """
    counts = np.bincount(firm)
    order = np.lexsort((np.arange(len(firm)), firm, counts[firm]))
    firms = np.lexsort((np.arange(len(counts)), counts))
    firms = firms[counts[firms] > 0]
    periods = counts[firms]
    lengths, first, many = np.unique(periods, return_index=True, return_counts=True)
    rows = np.concatenate([[0], np.cumsum(lengths * many)[:-1]])
    blocks = tuple((int(r), int(f), int(t), int(m)) for r, f, t, m in zip(rows, first, lengths, many, strict=True))
    group = np.zeros(len(y), dtype=np.int64) if loading is None else loading[order]
    sign = np.where(y[order] == 1.0, 1.0, -1.0)
    return Panel(sign, x[order], group, int(group.max()) + 1, blocks, firms, periods, order)


def evaluate(panel: Panel, beta: Array, lam: Array, grid: Grid) -> Evaluation:
    """Return log-likelihood, score and Hessian in ``(b, lambda)`` on given nodes.

    Parameters
    ----------
    panel : Panel
    beta : ndarray, shape (k,)
    lam : ndarray, shape (l,)
        Loadings.
    grid : Grid
        Nodes of every firm, in the order of :attr:`Panel.firms`.

    Notes
    -----
    With posterior weights ``p_ik`` of the nodes and scores ``g_ik`` given the node, the firm's score is
    ``g_i = sum_k p_ik g_ik`` and its Hessian ``sum_k p_ik (H_ik + g_ik g_ik') - g_i g_i'``.
    """
    size = panel.x.shape[1] + panel.loadings
    value, hessian = 0.0, np.zeros((size, size))
    scores = np.empty((panel.n_firms, size))
    index = panel.x @ beta
    for rows, firms, periods in _chunks(panel, grid.count):
        part, scores[firms], curvature = _chunk(panel, index, lam, grid, rows, firms, periods)
        value += part
        hessian += curvature
    return Evaluation(value, scores.sum(axis=0), hessian, scores)


def _chunks(panel: Panel, count: int) -> Iterator[tuple[slice, slice, int]]:
    for row, firm, periods, many in panel.blocks:
        step = max(1, CELLS // (periods * count))
        for start in range(0, many, step):
            stop = min(start + step, many)
            yield slice(row + start * periods, row + stop * periods), slice(firm + start, firm + stop), periods


def _chunk(
    panel: Panel, index: Array, lam: Array, grid: Grid, rows: slice, firms: slice, periods: int
) -> tuple[float, Array, Array]:
    sign, which = panel.sign[rows].reshape(-1, periods, 1), panel.loading[rows].reshape(-1, periods, 1)
    x = panel.x[rows].reshape(len(sign), periods, -1)
    v = grid.nodes[firms]
    z = sign * (index[rows].reshape(sign.shape) + lam[which] * v[:, None, :])
    log_cdf, mills = log_cdf_and_mills(z)
    log_likelihood, p = _posterior(log_cdf.sum(axis=1) + grid.log_weights[firms])
    slope = sign * mills
    parts = [x.transpose(0, 2, 1) @ slope]
    for g in range(panel.loadings):
        inside = slope if panel.loadings == 1 else slope * (which == g)
        parts.append((inside.sum(axis=1) * v)[:, None, :])
    by_node = np.concatenate(parts, axis=1)
    scores = (by_node @ p[:, :, None])[:, :, 0]
    between = np.matmul(by_node * p[:, None, :], by_node.transpose(0, 2, 1)).sum(axis=0) - scores.T @ scores
    curvature = -mills * (z + mills)
    moments = curvature @ np.stack([p, p * v, p * v * v], axis=2)
    return float(log_likelihood.sum()), scores, between + _within(panel, rows, moments.reshape(-1, 3))


def _within(panel: Panel, rows: slice, moments: Array) -> Array:
    """Return the posterior mean of the Hessian given the node, shape (k + l, k + l)."""
    x, which = panel.x[rows], panel.loading[rows]
    k = x.shape[1]
    hessian = np.zeros((k + panel.loadings, k + panel.loadings))
    hessian[:k, :k] = (x * moments[:, :1]).T @ x
    for g in range(panel.loadings):
        inside = which == g
        hessian[:k, k + g] = hessian[k + g, :k] = (inside * moments[:, 1]) @ x
        hessian[k + g, k + g] = float(inside @ moments[:, 2])
    return hessian


def _posterior(log_terms: Array) -> tuple[Array, Array]:
    """Return the log of the sum of ``exp`` over nodes, shape (N,), and the share of each, shape (N, q)."""
    top = log_terms.max(axis=1, keepdims=True)
    terms = np.exp(log_terms - top)
    total = terms.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0], terms / total


def log_likelihood(panel: Panel, beta: Array, lam: Array, grid: Grid) -> float:
    """Return the log-likelihood alone."""
    index = panel.x @ beta
    return float(sum(_terms(panel, index, lam, grid, *c)[0].sum() for c in _chunks(panel, grid.count)))


def _terms(
    panel: Panel, index: Array, lam: Array, grid: Grid, rows: slice, firms: slice, periods: int
) -> tuple[Array, Array]:
    sign, which = panel.sign[rows].reshape(-1, periods, 1), panel.loading[rows].reshape(-1, periods, 1)
    z = sign * (index[rows].reshape(sign.shape) + lam[which] * grid.nodes[firms][:, None, :])
    return _posterior(log_cdf_and_mills(z)[0].sum(axis=1) + grid.log_weights[firms])


def posterior_moments(panel: Panel, beta: Array, lam: Array, grid: Grid) -> tuple[Array, Array]:
    """Return mean and standard deviation of the standardised effect ``v`` of every firm given its data."""
    index = panel.x @ beta
    mean, spread = np.empty(panel.n_firms), np.empty(panel.n_firms)
    for rows, firms, periods in _chunks(panel, grid.count):
        p, v = _terms(panel, index, lam, grid, rows, firms, periods)[1], grid.nodes[firms]
        mean[firms] = (p * v).sum(axis=1)
        spread[firms] = np.sqrt((p * (v - mean[firms][:, None]) ** 2).sum(axis=1))
    return mean, spread


def posterior_modes(panel: Panel, beta: Array, lam: Array) -> tuple[Array, Array]:
    """Return mode and ``(-curvature)^-1/2`` of the posterior of ``v``, by Newton's method (it is log-concave)."""
    index, loading = panel.x @ beta, lam[panel.loading]
    starts = np.concatenate([[0], np.cumsum(panel.periods)[:-1]])
    v = np.zeros(panel.n_firms)
    for _ in range(_MODE_STEPS):
        z = panel.sign * (index + loading * np.repeat(v, panel.periods))
        mills = log_cdf_and_mills(z)[1]
        slope = np.add.reduceat(panel.sign * loading * mills, starts) - v
        curvature = np.add.reduceat(loading**2 * mills * (z + mills), starts) + 1.0
        step = slope / curvature
        v = v + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return v, 1.0 / np.sqrt(curvature)


def adapt(panel: Panel, beta: Array, lam: Array, count: int) -> Grid:
    """Return nodes at the mode of every firm's posterior, scaled by its curvature (Liu and Pierce 1994)."""
    return adaptive_grid(*posterior_modes(panel, beta, lam), count)
