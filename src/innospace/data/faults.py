"""What is wrong with cells of one column: told as one error, or cell by cell, from the same finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from innospace.core.errors import DataError, InnospaceError, ProblemsError, offenders


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in one column.

    Attributes
    ----------
    what : str
        The fault as a sentence on the whole column, with the first offending cells.
    column : str
        Name of the column.
    rows : sequence of int
        Rows of the table that hold it, counted from 0.
    cell : str
        The fault as a sentence on one cell.
    allowed, remedy : str
    kind : type
        Error it is raised as.
    """

    what: str
    column: str
    rows: Sequence[int]
    cell: str
    allowed: str = ""
    remedy: str = ""
    kind: type[InnospaceError] = DataError

    def error(self, where: str) -> InnospaceError:
        """Return the fault as one error."""
        return self.kind(self.what, where=where, allowed=self.allowed, remedy=self.remedy)


class TableProblemsError(ProblemsError, DataError):
    """Every column of a table that cannot be read as it stands."""

    subject = "table"


@dataclass(slots=True)
class Found:
    """What a reader found when it was told to go on: faulty columns stay as they stand.

    Attributes
    ----------
    faults : list of Fault
    row : callable
        Row of the file, counted from 1, of a row of the table.
    """

    faults: list[Fault] = field(default_factory=list)
    row: Callable[[int], int] = lambda i: i + 1

    def settle(self, kept: Any, row: Callable[[int], int]) -> None:
        """Count the rows anew after some were left out.

        Parameters
        ----------
        kept : array of int
            Rows that are left, rising.
        row : callable
            Row of the file of a row before.
        """
        import numpy as np

        self.faults = [replace(f, rows=np.searchsorted(kept, f.rows).tolist()) for f in self.faults]
        self.row = lambda i: row(int(kept[i]))


@dataclass(frozen=True, slots=True)
class Place:
    """Where cells stand: the file, and the row of the file of each row of the table (counted from 1).

    ``tell`` raises faults, or keeps them where the reader is to go on.
    """

    file: str
    row: Callable[[int], int]
    found: Found | None = None

    def rows(self, bad: Sequence[int]) -> str:
        """Return the file and the first offending rows, header included in the count."""
        return f"{self.file}, rows {offenders([*(self.row(i) for i in bad[:5]), *bad[5:]])}"

    def tell(self, *faults: Fault, note: str = "") -> None:
        """Raise faults with their places, all at once, or keep them.

        Parameters
        ----------
        *faults : Fault
            None of them does nothing.
        note : str
            Said behind the rows.
        """
        if self.found is not None:
            self.found.faults += faults
            return
        errors = [fault.error(self.rows(fault.rows) + note) for fault in faults]
        if len(errors) > 1:
            raise TableProblemsError(self.file, errors)
        if errors:
            raise errors[0]
