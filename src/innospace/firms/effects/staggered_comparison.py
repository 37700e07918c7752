"""Who is compared with whom: firms without an earlier year are left out, late entries and last cohorts settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.firms.effects.staggered_panel import NEVER, StaggeredPanel
from innospace.firms.estimates import Integers

COMPARISONS = ("never", "not_yet")


def with_earlier_years(panel: StaggeredPanel, anticipation: int = 0) -> StaggeredPanel:
    """Leave out firms without a year before treatment; entries after the last year count as never treated.

    Raises
    ------
    SpecError, DataError
        No starter is left.
    """
    if not isinstance(anticipation, int) or isinstance(anticipation, bool) or anticipation < 0:
        raise SpecError("anticipation must be 0 or a positive number of years.", where=f"anticipation={anticipation!r}")
    panel = _late_entries(panel)
    _require_starters(panel, "No firm is first treated in the years of the panel, so there is nothing to estimate.")
    early = np.asarray(panel.entry <= panel.years[0] + anticipation)
    if early.any():
        told = f"{int(early.sum())} of {panel.n} firms, years {panel.years[0]} to {panel.years[-1]}"
        window = f" or within {anticipation} years after it" if anticipation else ""
        panel = panel.keep(
            ~early,
            f"{int(early.sum())} firms are treated by the first year{window} or when first seen, and were left out: "
            "they have no year before treatment.",
        )
        _require_starters(
            panel, "Every starter is treated by the first year, so none has a year before treatment.", told
        )
    between = [c for c in panel.cohorts.tolist() if c not in panel.years]
    if between:
        text = f"Entry years {offenders(between)} are not years of the panel: effects start in the next year there is."
        panel = replace(panel, messages=(*panel.messages, text))
    return panel


def comparable(panel: StaggeredPanel, comparison: str, anticipation: int) -> StaggeredPanel:
    """Settle who is compared with whom, after :func:`with_earlier_years`.

    With ``not_yet`` and no never treated firm, the cohort that enters last only serves as comparison, in the years
    before it enters.

    Raises
    ------
    SpecError, DataError
        No starters, no comparison.
    """
    require_known([comparison], COMPARISONS, kind="comparison", where="comparison")
    panel = with_earlier_years(panel, anticipation)
    if panel.never == 0 and comparison == "not_yet":
        panel = _last_cohort_compares(panel, anticipation)
    if panel.never == 0:
        raise DataError(
            "No firm is never treated, so there is no never treated comparison.",
            where=f"{panel.n} firms, entries {offenders(panel.cohorts.tolist())}",
            allowed="firms whose entry year is 0, empty or after the last year",
            remedy='Use comparison="not_yet": firms that enter later are then compared with those that have entered.',
        )
    return panel


def _require_starters(panel: StaggeredPanel, what: str, where: str = "") -> None:
    if len(panel.cohorts) == 0:
        raise DataError(
            what,
            where=where or f"{panel.n} firms, years {panel.years[0]} to {panel.years[-1]}",
            allowed="entry years after the first year of the panel",
            remedy="Check the entry or treatment column, or add earlier years.",
        )


def _late_entries(panel: StaggeredPanel) -> StaggeredPanel:
    late = (panel.entry > panel.years[-1]) & (panel.entry != NEVER)
    if not late.any():
        return panel
    entries = np.unique(panel.entry[late]).tolist()
    text = (
        f"{int(late.sum())} firms enter after the last year, {panel.years[-1]} (entry years {offenders(entries)}), "
        "and count as never treated."
    )
    return replace(panel, entry=np.where(late, NEVER, panel.entry), messages=(*panel.messages, text))


def _last_cohort_compares(panel: StaggeredPanel, anticipation: int) -> StaggeredPanel:
    last = int(panel.cohorts[-1])
    kept = panel.years < last - anticipation
    if len(panel.cohorts) < 2 or kept.sum() < 2:
        raise DataError(
            "All firms enter at the same time or too early, so none can serve as comparison.",
            where=f"entries {offenders(panel.cohorts.tolist())}, years {panel.years[0]} to {panel.years[-1]}",
            allowed="a cohort that enters at least two years after the first year, and one before it",
            remedy="Add firms that are never treated, or earlier years.",
        )
    text = (
        f"No firm is never treated: the cohort that enters last, in {last}, only serves as comparison, and years from "
        f"{last - anticipation} on were left out."
    )
    # an entry after the years kept is no entry in this panel
    return replace(
        panel,
        years=panel.years[kept],
        y=panel.y[:, kept],
        x=panel.x[:, kept],
        entry=np.where(panel.entry >= last, NEVER, panel.entry),
        messages=(*panel.messages, text),
    ).keep(np.asarray(panel.observed[:, kept].any(axis=1)))


def base_year(years: Integers, cohort: int, anticipation: int) -> int:
    """Return the position of the last year that entry, and its anticipation, cannot have touched; -1 for none."""
    return int(np.sum(years + anticipation < cohort)) - 1
