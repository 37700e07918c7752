"""Firm-years before entry: future starters and firms that never trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.data.panels import CLASSES, FirmPanel, StatusClasses, status_classes
from innospace.firms.estimates import Array


@dataclass(frozen=True, slots=True)
class Cohort:
    """Future starters and never traders, before entry.

    Attributes
    ----------
    classes : StatusClasses
    rows : ndarray of bool, shape (n,)
        Firm-years compared.
    starter : ndarray, shape (n,)
        1 for future starters, 0 otherwise.
    starters, never : int
        Firms with a row.
    messages : tuple of str
    """

    classes: StatusClasses
    rows: NDArray[np.bool_]
    starter: Array
    starters: int
    never: int
    messages: tuple[str, ...]


def before_entry(
    panel: FirmPanel,
    channel: str,
    lag: int | None = None,
    first: int | None = None,
    last: int | None = None,
    gaps: str = "missing",
    cohort: Sequence[int] = (),
) -> Cohort:
    """Find the firm-years in which future starters are compared with firms that never trade.

    Parameters
    ----------
    panel : FirmPanel
    channel : str
    lag : int, optional
        None: the first wave. ``k``: starters ``k`` years before entry, never traders in every year that lies ``k``
        years before a wave of the comparison.
    first, last : int, optional
    gaps : str
    cohort : sequence of int
        Years of entry; all when empty.

    Raises
    ------
    DataError
        No starter, or no firm that never trades; starters none of whom is observed before entry.
    """
    classes = status_classes(panel, channel, first, last, gaps)
    starts = classes.codes == CLASSES.index("starter")
    if len(cohort):
        starts &= np.isin(classes.entry_year, np.array(cohort, dtype=np.float64))
    never = classes.codes == CLASSES.index("never")
    _require_both(classes, int(starts.sum()), int(never.sum()), cohort)
    years = panel.frame[panel.year].to_numpy()
    is_starter, is_never = starts[classes.rows], never[classes.rows]
    if lag is None:
        at = years == classes.first
        rows = at & (is_starter | is_never)
    else:
        entry = classes.entry_year[classes.rows]
        inside = (years + lag > classes.first) & (years + lag <= classes.last) & (years >= classes.first)
        rows = (is_starter & (years == entry - lag) & (years >= classes.first)) | (is_never & inside)
    found = np.zeros(len(starts), dtype=bool)
    found[classes.rows[rows]] = True
    used = int((found & starts).sum())
    if used == 0:
        raise DataError(
            f"No starter is observed {lag} years before entry.",
            where=f"{int(starts.sum())} starters, waves {offenders(panel.waves, shown=12)}",
            remedy="Use a smaller lag=, or leave it out to compare in the first wave.",
        )
    lost = int(starts.sum()) - used
    messages = [f"{classes.missing} firms have no class on {channel!r}: a wave is missing."] if classes.missing else []
    if lost:
        messages.append(f"{lost} starters are not observed {lag} years before entry and were left out.")
    return Cohort(
        classes, rows, (rows & is_starter).astype(np.float64), used, int((found & never).sum()), tuple(messages)
    )


def _require_both(classes: StatusClasses, starters: int, never: int, cohort: Sequence[int]) -> None:
    counts = ", ".join(f"{c} {classes.count(c)}" for c in CLASSES)
    if starters == 0:
        when = f" in {offenders(cohort)}" if len(cohort) else f" between {classes.first} and {classes.last}"
        raise DataError(
            f"No firm starts {classes.channel!r}{when}.",
            where=counts,
            allowed="firms with 0 in the first and 1 in the last wave",
            remedy="Compare other waves with first= and last=, or choose another channel.",
        )
    if never == 0:
        raise DataError(
            f"Every firm uses {classes.channel!r} at some time, so starters have no firms to be compared with.",
            where=counts,
            allowed="firms with 0 in every wave",
            remedy="Compare fewer waves, or choose another channel.",
        )
