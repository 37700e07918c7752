"""Least squares with firm and year effects on a panel of entry cohorts, by Gram matrices of cohorts.

Regressors that depend on cohort and year alone are the same for all firms of a cohort that are observed in the same
years, so the normal equations are sums over these groups: no row of dummies is ever built, and unbalanced panels are
exact.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError
from innospace.firms.effects.staggered_panel import StaggeredPanel
from innospace.firms.estimates import Array, Integers
from innospace.numerics.linear import dependent_columns


@dataclass(frozen=True, slots=True)
class EventStudyFit:
    """Coefficients of a regression with firm and year effects.

    Attributes
    ----------
    names : tuple of str
        Length p: cohort-year regressors, then covariates.
    theta : ndarray, shape (p,)
    influence : ndarray, shape (c, p)
        Scores summed by cluster (firm without one), times the inverse Gram matrix; the covariance is their cross
        product, with the factors of ``covariance``.
    covariance : ndarray, shape (p, p)
        Clustered, times ``G / (G - 1) (n - 1) / (n - K)``, K counting coefficients and year effects but not firm
        effects, which lie within clusters (the rule of R's ``fixest`` and of Stata's ``reghdfe``).
    degrees : float
        ``G - 1``.
    rows : int
        Firm-years used: of firms observed at least twice.
    dropped : tuple of str
        Regressors that are combinations of others and were left out.
    """

    names: tuple[str, ...]
    theta: Array
    influence: Array
    covariance: Array
    degrees: float
    rows: int
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DesignGroup:
    """Firms of one cohort observed in the same years, and their regressors less firm means."""

    firms: Integers
    years: Integers
    fixed: Array


def absorbed_regression(panel: StaggeredPanel, regressors: Array, names: tuple[str, ...]) -> EventStudyFit:
    """Regress the outcome on cohort-year regressors, covariates, firm and year effects.

    Parameters
    ----------
    panel : StaggeredPanel
    regressors : ndarray, shape (K, T, p)
        By cohort (as in ``panel.cohorts``, then the never treated), year and regressor.
    names : tuple of str
        Length p. Of regressors that depend on each other, the first are kept.

    Raises
    ------
    DataError
        No regressor is identified.
    """
    p, dummies = regressors.shape[2], len(panel.years) - 1
    groups = design_groups(panel, regressors)
    columns = dummies + p + len(panel.covariates)
    gram, moment, rows = np.zeros((columns, columns)), np.zeros(columns), 0
    for group in groups:
        wide, y = _columns(panel, group)
        rows += y.size
        gram += np.einsum("ntp,ntq->pq", wide, wide) if wide.ndim == 3 else len(y) * wide.T @ wide
        moment += np.einsum("ntp,nt->p", wide, y) if wide.ndim == 3 else wide.T @ y.sum(axis=0)
    kept, dropped = _independent(gram)
    all_names = (*names, *panel.covariates)
    if not any(j >= dummies for j in kept):
        raise DataError(
            "Firm and year effects leave nothing of the regressors.",
            where=f"{panel.n} firms, {rows} firm-years of firms observed twice or more",
            allowed="entries that differ between firms, with firms observed before and after",
            remedy="Add firms that are never treated, or years before entry.",
        )
    inverse, beta = _solve(gram[np.ix_(kept, kept)], moment[kept])
    scores = np.zeros((panel.n, len(kept)))
    for group in groups:
        wide, y = _columns(panel, group)
        own = wide[..., kept]
        residual = y - own @ beta
        scores[group.firms] = np.einsum("ntp,nt->np", own, residual) if own.ndim == 3 else residual @ own
    if panel.clusters is not None:
        count = int(panel.clusters.max()) + 1
        scores = np.column_stack([np.bincount(panel.clusters, weights=c, minlength=count) for c in scores.T])
        clusters = count
    else:
        clusters = sum(len(g.firms) for g in groups)
    free = np.array([i for i, j in enumerate(kept) if j >= dummies])
    influence = (scores @ inverse)[:, free]
    # K counts the year effects with their constant
    factor = clusters / (clusters - 1) * (rows - 1) / max(rows - len(kept) - 1, 1)
    used = tuple(all_names[kept[i] - dummies] for i in free)
    gone = tuple(all_names[j - dummies] for j in dropped if j >= dummies)
    scaled = influence * np.sqrt(factor)
    return EventStudyFit(used, beta[free], scaled, scaled.T @ scaled, float(clusters - 1), rows, gone)


def design_groups(panel: StaggeredPanel, regressors: Array) -> list[DesignGroup]:
    """Return firms by cohort and observed years; firms seen once say nothing and are left out."""
    cohort = np.searchsorted(panel.cohorts, panel.entry)
    observed = panel.observed
    keys = np.column_stack([cohort.astype("<u4").view(np.uint8).reshape(panel.n, -1), np.packbits(observed, axis=1)])
    packed = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.shape[1]))).ravel()
    _, codes = np.unique(packed, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.flatnonzero(np.diff(codes[order], prepend=-1, append=codes.max() + 1))
    dummies = np.eye(len(panel.years))[:, 1:]
    found = []
    for a, b in itertools.pairwise(bounds):
        firms = order[a:b]
        years = np.flatnonzero(observed[firms[0]])
        if len(years) < 2:
            continue
        fixed = np.column_stack([dummies[years], regressors[cohort[firms[0]]][years]])
        found.append(DesignGroup(firms, years, fixed - fixed.mean(axis=0)))
    return found


def _columns(panel: StaggeredPanel, group: DesignGroup) -> tuple[Array, Array]:
    """Return regressors (t, p), or (n, t, p) with covariates, and outcomes (n, t), less firm means."""
    y = panel.y[np.ix_(group.firms, group.years)]
    y = y - y.mean(axis=1, keepdims=True)
    if not panel.covariates:
        return group.fixed, y
    x = panel.x[np.ix_(group.firms, group.years)]
    x = x - x.mean(axis=1, keepdims=True)
    wide = np.broadcast_to(group.fixed, (len(y), *group.fixed.shape))
    return np.concatenate([wide, x], axis=2), y


def _independent(gram: Array) -> tuple[list[int], list[int]]:
    """Return the columns of full rank, the first ones kept, and the others; year effects come first."""
    scale = np.sqrt(np.diag(gram))
    live = np.flatnonzero(scale > 1e-9 * max(float(scale.max()), 1e-300))
    values, vectors = np.linalg.eigh(gram[np.ix_(live, live)] / np.outer(scale[live], scale[live]))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T * np.sqrt(len(live))
    gone = {int(live[j]) for j in dependent_columns(root)} | (set(range(len(gram))) - set(live.tolist()))
    return [j for j in range(len(gram)) if j not in gone], sorted(gone)


def _solve(gram: Array, moment: Array) -> tuple[Array, Array]:
    """Return the inverse Gram matrix and the coefficients, by way of unit columns."""
    scale = 1.0 / np.sqrt(np.diag(gram))
    inverse = np.linalg.inv(gram * np.outer(scale, scale)) * np.outer(scale, scale)
    beta = inverse @ moment
    return inverse, beta + inverse @ (moment - gram @ beta)


def event_dummies(panel: StaggeredPanel, bases: Integers) -> tuple[Array, Integers, Integers]:
    """Return a dummy for every cohort and year but the base year, shape (K + 1, T, m), with cohorts and event times.

    Parameters
    ----------
    panel : StaggeredPanel
    bases : ndarray of int, shape (K,)
        Position of the base year of each cohort.
    """
    count, years = len(panel.cohorts), len(panel.years)
    cells = [(k, t) for k in range(count) for t in range(years) if t != bases[k]]
    dummies = np.zeros((count + 1, years, len(cells)))
    for j, (k, t) in enumerate(cells):
        dummies[k, t, j] = 1.0
    cohort = panel.cohorts[[k for k, _ in cells]]
    return dummies, cohort, panel.years[[t for _, t in cells]] - cohort
