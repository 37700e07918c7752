"""Averages of group-time effects, as linear maps: their errors follow from one covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.firms.effects.group_time import GroupTime
from innospace.firms.effects.staggered_panel import StaggeredPanel
from innospace.firms.estimates import Array, Integers

AGGREGATES = ("simple", "dynamic", "group", "calendar")


@dataclass(frozen=True, slots=True)
class Averages:
    """Effects and how they depend on group-time effects and cohort shares.

    Attributes
    ----------
    kinds, names : tuple of str
        Length q: ``att_gt``, ``simple``, ``dynamic``, ``dynamic_overall`` and so on; ``g=2004 t=2005``, ``e=1``.
    at : ndarray of int, shape (q,)
        Event time, entry year or year of each; 0 where it has none.
    values : ndarray, shape (q,)
    jacobian : ndarray, shape (q, m + K)
        Derivatives by the m group-time effects and the K cohort shares.
    reference : ndarray of bool, shape (q,)
        Effects that are zero by construction: those of base years alone.
    """

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    at: Integers
    values: Array
    jacobian: Array
    reference: NDArray[np.bool_]


@dataclass(slots=True)
class _Builder:
    """Rows that are added one after the other."""

    effects: GroupTime
    cohorts: Integers
    rows: list[tuple[str, str, int, float, Array]]

    def mean(self, cells: Integers) -> tuple[float, Array]:
        """Return the mean of cells weighted by cohort share, and its derivatives."""
        e, m = self.effects, len(self.effects.att)
        weights = e.shares[cells] / e.shares[cells].sum()
        value = float(weights @ e.att[cells])
        gradient = np.zeros(m + len(self.cohorts))
        gradient[cells] = weights
        # the share of a cohort is estimated too: d value / d p_g = sum over its cells (att - value) / sum p
        of = m + np.searchsorted(self.cohorts, e.cohort[cells])
        np.add.at(gradient, of, (e.att[cells] - value) / e.shares[cells].sum())
        return value, gradient

    def add(self, kind: str, name: str, at: int, value: float, gradient: Array) -> None:
        """Append one effect."""
        self.rows.append((kind, name, at, value, gradient))


def average_effects(effects: GroupTime, panel: StaggeredPanel) -> Averages:
    """Average group-time effects in every way of Callaway and Sant'Anna (2021), section 3.

    ``simple``: all cells after entry, weighted by cohort share. ``dynamic``: by years since entry, weighted by cohort
    share; overall the plain mean over years since entry, from 0 on. ``group``: plain mean over a cohort's years;
    overall weighted by cohort share. ``calendar``: by year, weighted by cohort share; overall the plain mean.
    """
    cohorts = np.unique(effects.cohort)
    builder = _Builder(effects, cohorts, [])
    m = len(effects.att)
    after = effects.event >= 0
    for j in range(m):
        unit = np.zeros(m + len(cohorts))
        unit[j] = 1.0
        name = f"g={effects.cohort[j]} t={effects.year[j]}"
        builder.add("att_gt", name, int(effects.event[j]), float(effects.att[j]), unit)
    builder.add("simple", "att", 0, *builder.mean(np.flatnonzero(after)))
    _dynamic(builder)
    _group(builder, panel)
    years = [int(t) for t in np.unique(effects.year[after])]
    calendar = [(t, *builder.mean(np.flatnonzero(after & (effects.year == t)))) for t in years]
    _with_overall(builder, "calendar", [(f"t={t}", t, value, gradient) for t, value, gradient in calendar])
    kinds, names, at, values, gradients = zip(*builder.rows, strict=True)
    jacobian = np.array(gradients)
    reference = ~np.any(jacobian[:, :m][:, ~effects.reference] != 0.0, axis=1)
    return Averages(kinds, names, np.array(at, dtype=np.int64), np.array(values), jacobian, reference)


def _dynamic(builder: _Builder) -> None:
    event = builder.effects.event
    rows = [(int(e), *builder.mean(np.flatnonzero(event == e))) for e in np.unique(event)]
    for e, value, gradient in rows:
        builder.add("dynamic", f"e={e}", e, value, gradient)
    _overall(builder, "dynamic", [(value, gradient) for e, value, gradient in rows if e >= 0])


def _group(builder: _Builder, panel: StaggeredPanel) -> None:
    e, m = builder.effects, len(builder.effects.att)
    rows = []
    for k, g in enumerate(builder.cohorts):
        cells = np.flatnonzero((e.cohort == g) & (e.event >= 0))
        if len(cells) == 0:
            continue
        gradient = np.zeros(m + len(builder.cohorts))
        gradient[cells] = 1.0 / len(cells)
        rows.append((k, float(e.att[cells].mean()), gradient, float(np.mean(panel.entry == g))))
        builder.add("group", f"g={g}", int(g), *rows[-1][1:3])
    total = sum(r[3] for r in rows)
    value = sum(r[1] * r[3] for r in rows) / total
    gradient = np.sum([r[2] * r[3] for r in rows], axis=0) / total
    for k, own, _, _ in rows:
        gradient[m + k] += (own - value) / total
    builder.add("group_overall", "att", 0, float(value), gradient)


def _with_overall(builder: _Builder, kind: str, rows: list[tuple[str, int, float, Array]]) -> None:
    for name, at, value, gradient in rows:
        builder.add(kind, name, at, value, gradient)
    _overall(builder, kind, [(value, gradient) for _, _, value, gradient in rows])


def _overall(builder: _Builder, kind: str, rows: list[tuple[float, Array]]) -> None:
    """Append the plain mean."""
    value = float(np.mean([v for v, _ in rows]))
    builder.add(f"{kind}_overall", "att", 0, value, np.mean([g for _, g in rows], axis=0))


def joint_influence(effects: GroupTime, panel: StaggeredPanel) -> Array:
    """Return influences on group-time effects and cohort shares, summed by cluster, shape (clusters or n, m + K).

    The covariance is ``S'S / n^2``; without clusters a firm is its own.
    """
    members = (panel.entry[:, None] == np.unique(effects.cohort)[None, :]).astype(np.float64)
    joint = np.column_stack([effects.influence, members - members.mean(axis=0)])
    if panel.clusters is None:
        return joint
    groups = int(panel.clusters.max()) + 1
    return np.column_stack([np.bincount(panel.clusters, weights=c, minlength=groups) for c in joint.T])
