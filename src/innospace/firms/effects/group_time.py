"""Group-time average effects of entry: Callaway and Sant'Anna (2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError
from innospace.core.progress import Progress, silent
from innospace.firms.effects.group_time_comparison import (
    NoOverlapError,
    Propensity,
    comparison,
    propensity,
    with_constant,
)
from innospace.firms.effects.staggered_comparison import base_year
from innospace.firms.effects.staggered_panel import NEVER, StaggeredPanel
from innospace.firms.estimates import Array, Integers

BASES = ("varying", "universal")


@dataclass(frozen=True, slots=True)
class GroupTime:
    """Effects by entry cohort and year.

    Attributes
    ----------
    cohort, year, base : ndarray of int, shape (m,)
        Entry year g, year t, and the year that t is compared with.
    att : ndarray, shape (m,)
    influence : ndarray, shape (n, m)
        Of every firm on every effect: ``att`` less the truth is about its mean.
    treated, compared : ndarray of int, shape (m,)
        Firms behind each effect.
    shares : ndarray, shape (m,)
        Share of the cohort among all firms.
    left_out : tuple of str
        Cells that could not be estimated, and why.
    """

    cohort: Integers
    year: Integers
    base: Integers
    att: Array
    influence: Array
    treated: Integers
    compared: Integers
    shares: Array
    left_out: tuple[str, ...]

    @property
    def event(self) -> Integers:
        """Years since entry."""
        return self.year - self.cohort

    @property
    def reference(self) -> NDArray[np.bool_]:
        """Cells that are zero by construction: the base year itself."""
        return np.asarray(self.year == self.base)


@dataclass(frozen=True, slots=True)
class _Rules:
    comparison: str
    method: str
    anticipation: int
    base: str


@dataclass(slots=True)
class _Memory:
    """The last logit, which serves every year that compares the same firms in the same base year."""

    firms: Integers | None = None
    base: int = -1
    cohort: int = -1
    score: Propensity | None = None


@dataclass(frozen=True, slots=True)
class _Cell:
    cohort: int
    t: int
    base: int
    att: float
    firms: Integers
    influence: Array
    treated: int


def group_time_effects(
    panel: StaggeredPanel,
    *,
    comparison: str = "never",
    method: str = "doubly_robust",
    anticipation: int = 0,
    base: str = "varying",
    progress: Progress = silent,
) -> GroupTime:
    """Estimate ``ATT(g, t)`` for every cohort and year that has a comparison.

    ``ATT(g, t) = E[Y_t - Y_b | G = g] - E[Y_t - Y_b | comparison]``, the latter adjusted for covariates of the base
    year b. After entry b is the last year before entry (and its anticipation); before entry it is the year before t
    (``varying``) or the same year as after entry (``universal``).

    Parameters
    ----------
    panel : StaggeredPanel
        From :func:`comparable`.
    comparison : str
        ``never``: firms never treated; ``not_yet``: those and firms treated after both t and b.
    method : str
        See :func:`innospace.firms.effects.group_time_comparison.comparison`.
    anticipation : int
        Years before entry in which an effect may show.
    base : str
        ``varying`` or ``universal``.
    progress : Progress

    Raises
    ------
    DataError
        No effect after entry can be estimated.
    """
    rules = _Rules(comparison, method, anticipation, base)
    plan = [(int(g), t, b) for g in panel.cohorts for t, b in _pairs(panel.years, int(g), rules)]
    memory, cells, left_out = _Memory(), [], []
    for done, (g, t, b) in enumerate(plan):
        try:
            cells.append(_cell(panel, g, t, b, rules, memory))
        except NoOverlapError as error:
            left_out.append(f"entry {g}, {panel.years[t]}: {error.what}")
        progress(f"Entry {g}, year {panel.years[t]}", (done + 1) / len(plan))
    if not any(c.cohort <= panel.years[c.t] for c in cells):
        raise DataError(
            "No effect after entry can be estimated: no cohort has comparable firms.",
            where="; ".join(left_out[:3]),
            allowed="covariates for which entrants and comparison firms overlap",
            remedy='Leave out the covariate that tells them apart, or use method="regression" or more firms.',
        )
    return _collect(panel, cells, tuple(left_out))


def _pairs(years: Integers, cohort: int, rules: _Rules) -> list[tuple[int, int]]:
    """Return positions of year and base year of a cohort's cells."""
    before = base_year(years, cohort, rules.anticipation)
    if rules.base == "universal":
        return [(t, before) for t in range(len(years))]
    return [(t, before if years[t] >= cohort else t - 1) for t in range(1, len(years))]


def _cell(panel: StaggeredPanel, g: int, t: int, b: int, rules: _Rules, memory: _Memory) -> _Cell:
    if t == b:
        return _Cell(g, t, b, 0.0, np.zeros(0, dtype=np.int64), np.zeros(0), int(np.sum(panel.entry == g)))
    change = panel.y[:, t] - panel.y[:, b]
    treated = panel.entry == g
    compared = panel.entry == NEVER
    if rules.comparison == "not_yet":
        compared = (panel.entry > panel.years[max(t, b)] + rules.anticipation) & ~treated
    firms = np.flatnonzero((treated | compared) & ~np.isnan(change))
    d = treated[firms].astype(np.float64)
    starters = int(d.sum())
    if starters == 0 or starters == len(d):
        raise NoOverlapError("no entrant" if starters == 0 else "no comparison firm")
    x = np.zeros((len(firms), 0))
    score = None
    if panel.covariates:
        x = with_constant(panel.x[firms, b])
        score = None if rules.method == "regression" else _remembered(memory, firms, d, x, g, b)
    att, influence = comparison(change[firms], d, x, rules.method, score)
    return _Cell(g, t, b, att, firms, influence * (panel.n / len(firms)), starters)


def _remembered(memory: _Memory, firms: Integers, d: Array, x: Array, g: int, b: int) -> Propensity:
    same = memory.firms is not None and (memory.cohort, memory.base) == (g, b) and np.array_equal(memory.firms, firms)
    if not same or memory.score is None:
        memory.score = propensity(d, x)
        memory.firms, memory.cohort, memory.base = firms, g, b
    return memory.score


def _collect(panel: StaggeredPanel, cells: list[_Cell], left_out: tuple[str, ...]) -> GroupTime:
    influence = np.zeros((panel.n, len(cells)))
    for j, cell in enumerate(cells):
        influence[cell.firms, j] = cell.influence
    cohort = np.array([c.cohort for c in cells], dtype=np.int64)
    size = {int(g): float(np.mean(panel.entry == g)) for g in panel.cohorts}
    return GroupTime(
        cohort,
        panel.years[[c.t for c in cells]],
        panel.years[[c.base for c in cells]],
        np.array([c.att for c in cells]),
        influence,
        np.array([c.treated for c in cells], dtype=np.int64),
        np.array([max(len(c.firms) - c.treated, 0) for c in cells], dtype=np.int64),
        np.array([size[int(g)] for g in cohort]),
        left_out,
    )
