"""What the two-way fixed effects coefficient averages: weights of cohort-years, and of comparisons of two groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.firms.effects.event_study_regression import design_groups
from innospace.firms.effects.staggered_panel import NEVER, StaggeredPanel
from innospace.firms.estimates import Array, Integers

COMPARISON_KINDS = ("entrants against never treated", "early against later entrants", "late against earlier entrants")
_ZERO = 1e-12


@dataclass(frozen=True, slots=True)
class CellWeights:
    """Weights of de Chaisemartin and D'Haultfoeuille (2020): the coefficient is ``sum w_gt ATT(g, t)``.

    Attributes
    ----------
    cohort, year : ndarray of int, shape (m,)
        Treated cohort-years.
    weights : ndarray, shape (m,)
        They sum to one; negative ones turn effects round.
    shares : ndarray, shape (m,)
        Share of each cell among treated firm-years.
    """

    cohort: Integers
    year: Integers
    weights: Array
    shares: Array

    @property
    def negative(self) -> float:
        """Sum of the negative weights, as a positive number."""
        return float(-np.minimum(self.weights, 0.0).sum())

    @property
    def negative_cells(self) -> int:
        """Cells with a negative weight."""
        return int(np.sum(self.weights < -_ZERO))

    def smallest_spread(self, coefficient: float) -> float:
        """Return the standard deviation of effects across cells with which the average effect may be zero."""
        ratio = self.weights / self.shares
        spread = float(np.sqrt(self.shares @ np.square(ratio - 1.0)))
        return abs(coefficient) / spread if spread > _ZERO else float("inf")


def treated_dummy(panel: StaggeredPanel) -> Array:
    """Return 1 from entry on, by cohort (then never treated) and year, shape (K + 1, T, 1)."""
    cohorts = np.append(panel.cohorts, NEVER)
    return (panel.years[None, :] >= cohorts[:, None]).astype(np.float64)[:, :, None]


def cell_weights(panel: StaggeredPanel) -> CellWeights:
    """Return the weights: what firm and year effects leave of the treatment, at treated firm-years.

    Covariates are not partialled out.
    """
    dummy = treated_dummy(panel)
    groups = design_groups(panel, dummy)
    gram = np.sum([len(g.firms) * g.fixed.T @ g.fixed for g in groups], axis=0)
    years = np.linalg.lstsq(gram[:-1, :-1], gram[:-1, -1], rcond=None)[0]
    total, count = np.zeros(dummy.shape[:2]), np.zeros(dummy.shape[:2])
    for g in groups:
        k = int(np.searchsorted(panel.cohorts, panel.entry[g.firms[0]]))
        total[k, g.years] += len(g.firms) * (g.fixed[:, -1] - g.fixed[:, :-1] @ years)
        count[k, g.years] += len(g.firms)
    cohort, year = np.nonzero((dummy[:, :, 0] == 1.0) & (count > 0.0))
    weights, shares = total[cohort, year], count[cohort, year]
    return CellWeights(panel.cohorts[cohort], panel.years[year], weights / weights.sum(), shares / shares.sum())


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Comparisons of two groups behind the coefficient (Goodman-Bacon 2021).

    Attributes
    ----------
    kind : tuple of str
        One of :data:`COMPARISON_KINDS`.
    treated, compared : ndarray of int, shape (m,)
        Entry years.
    weights, estimates : ndarray, shape (m,)
        Weights sum to one; the weighted estimates to the coefficient without covariates.
    """

    kind: tuple[str, ...]
    treated: Integers
    compared: Integers
    weights: Array
    estimates: Array

    def share(self, kind: str) -> float:
        """Return the weight of one kind of comparison."""
        return float(self.weights[[k == kind for k in self.kind]].sum())


def decomposition(panel: StaggeredPanel) -> Decomposition:
    """Take the coefficient of a balanced panel apart into comparisons of two groups."""
    groups = [int(g) for g in panel.cohorts] + ([NEVER] if panel.never else [])
    share = {g: float(np.mean(panel.entry == g)) for g in groups}
    mean = {g: panel.y[panel.entry == g].mean(axis=0) for g in groups}
    on = {g: panel.years >= g for g in groups}
    rows: list[tuple[str, int, int, float, float]] = []
    for i, early in enumerate(groups):
        for late in groups[i + 1 :]:
            product = share[early] * share[late]
            d_early, d_late = float(on[early].mean()), float(on[late].mean())
            between = on[early] & ~on[late]
            first = product * (d_early - d_late) * (1.0 - d_early)
            kind = COMPARISON_KINDS[0 if late == NEVER else 1]
            gap = mean[early] - mean[late]
            rows.append((kind, early, late, first, float(gap[between].mean() - gap[~on[early]].mean())))
            if late != NEVER:
                second = product * d_late * (d_early - d_late)
                change = float(gap[between].mean() - gap[on[late]].mean())
                rows.append((COMPARISON_KINDS[2], late, early, second, change))
    weights = np.array([r[3] for r in rows])
    return Decomposition(
        tuple(r[0] for r in rows),
        np.array([r[1] for r in rows], dtype=np.int64),
        np.array([r[2] for r in rows], dtype=np.int64),
        weights / weights.sum(),
        np.array([r[4] for r in rows]),
    )
