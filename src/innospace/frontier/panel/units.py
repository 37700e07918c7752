"""Rows of a panel in the order of its units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.frontier.densities.base import Array

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Units:
    """Which rows belong to which unit; rows are sorted by unit and, within it, by time.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Row of the table that stands at each place.
    starts : ndarray of int, shape (units,)
        Place at which each unit begins.
    counts : ndarray of int, shape (units,)
        Rows of each unit.
    labels : tuple of str
        Names of the units.
    time : ndarray, shape (n,)
        Time of each place.
    """

    order: Index
    starts: Index
    counts: Index
    labels: tuple[str, ...]
    time: Array

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.order)

    def sums(self, rows: Array) -> Array:
        """Return sums by unit of an array whose first axis are rows."""
        return np.asarray(np.add.reduceat(rows, self.starts, axis=0))

    def spread(self, by_unit: Array) -> Array:
        """Return the value of its unit for every row."""
        return np.repeat(by_unit, self.counts, axis=0)

    @property
    def remaining(self) -> Array:
        """Time of each row less the last time of its unit, shape (n,): zero in the last period, negative before."""
        last = self.time[self.starts + self.counts - 1]
        return self.time - self.spread(last)

    @property
    def gap(self) -> float:
        """Least time between two rows of a unit; infinite when no unit has two."""
        within = np.diff(self.time)[np.diff(np.repeat(self.starts, self.counts)) == 0]
        return float(within.min(initial=np.inf))


def units_of(labels: object, time: object) -> Units:
    """Return the units of a panel.

    Parameters
    ----------
    labels : array-like, shape (n,)
        Name of the unit of each row.
    time : array-like, shape (n,)
        A number for each row, such as the year.

    Raises
    ------
    DataError
        Times are not numbers, or a unit has two rows at one time; the first offenders are named.
    """
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    try:
        when = np.asarray(time, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("The time of a panel must be a number.", allowed="years such as 2012", where="time") from error
    order = np.lexsort((when, codes))
    sorted_codes, sorted_time = codes[order], when[order]
    twice = (np.diff(sorted_codes) == 0) & (np.diff(sorted_time) == 0.0)
    if twice.any():
        places = np.flatnonzero(twice)
        pairs = [f"{names[sorted_codes[p]]} at {sorted_time[p]:g}" for p in places]
        raise DataError(
            "A unit has two rows at the same time.",
            where=offenders(pairs),
            allowed="one row a unit and period",
            remedy="Remove one of the two, or name the column that tells them apart as part of the unit.",
        )
    starts = np.flatnonzero(np.concatenate(([True], np.diff(sorted_codes) != 0)))
    counts = np.diff(np.concatenate((starts, [len(order)])))
    return Units(order, starts, counts, tuple(names.tolist()), sorted_time)
