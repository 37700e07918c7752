"""Social accounting matrices: what every account receives from and pays to every other in a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, LabelError, offenders
from innospace.core.labels import require_known, suggest
from innospace.core.provenance import Nature, Source

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.checks import Check
    from innospace.data.dataset import Dataset

NATURES = ("real", "derived", "assumption", "residual")
"""What a cell rests on: a published figure, a calculation from such figures, an assumption, the balance of others."""
LONG = ("row", "column", "value")
"""Columns of the long form: what receives, what pays, the amount; ``nature``, ``unit`` and ``year`` may follow."""
RELATIVE = 1e-9
"""Imbalance of an account that counts as balanced, relative to the largest account."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SAM:
    """A social accounting matrix.

    Attributes
    ----------
    values : pandas.DataFrame
        Square, the same accounts in the same order on both axes; a cell is what its column pays to its row.
    unit : str
        For example ``mln RUB``.
    year : int
        Zero when it is not known.
    source : Source
    natures : pandas.DataFrame or None
        Same shape: one of ``NATURES`` for each cell, an empty text for an empty one.
    """

    values: pd.DataFrame
    unit: str
    year: int
    source: Source
    natures: pd.DataFrame | None = None
    # labels of a data frame and its array cost more to ask for than a model of a hundred goods to solve
    _place: dict[str, int] = field(init=False, repr=False, compare=False)
    _cells: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_square(self.values, self.source.name)
        _require_finite(self.values, self.source.name)
        object.__setattr__(self, "_place", {str(a): k for k, a in enumerate(self.values.index)})
        object.__setattr__(self, "_cells", self.values.to_numpy())
        if self.natures is not None and (
            list(self.natures.index) != self.accounts or list(self.natures.columns) != self.accounts
        ):
            raise LabelError("The natures of cells have other accounts than the matrix.", where=self.source.name)

    @property
    def accounts(self) -> list[str]:
        """Labels of the accounts, in order."""
        return list(self._place)

    def cell(self, row: str, column: str) -> float:
        """Return what ``column`` pays to ``row``.

        Raises
        ------
        LabelError
            Unknown account; the nearest are named.
        """
        if row not in self._place or column not in self._place:
            require_known([row, column], self.accounts, kind="account", where=self.source.name)
        return float(self._cells[self._place[row], self._place[column]])

    def total(self, account: str) -> float:
        """Return what an account receives."""
        require_known([account], self.accounts, kind="account", where=self.source.name)
        return float(self._cells[self._place[account]].sum())

    def imbalances(self, tolerance: float = 0.0) -> pd.Series:
        """Return receipts less payments of the accounts where they differ by more than ``tolerance``, worst first."""
        gap = self.values.sum(axis=1) - self.values.sum(axis=0)
        gap = gap[gap.abs() > tolerance]
        return gap.loc[gap.abs().sort_values(ascending=False, kind="stable").index].rename("imbalance")

    @property
    def size(self) -> float:
        """Turnover of the largest account."""
        if self.values.empty:
            return 0.0
        absolute = self.values.abs()
        return float(max(absolute.sum(axis=0).max(), absolute.sum(axis=1).max()))

    def require_balanced(self, relative: float = RELATIVE) -> None:
        """Raise unless every account receives what it pays.

        Parameters
        ----------
        relative : float
            Largest difference, as a part of the turnover of the largest account.

        Raises
        ------
        DataError
            Names the worst accounts and by how much.
        """
        gap = self.imbalances(relative * self.size)
        if len(gap):
            worst = "; ".join(f"{a!r} receives {_amount(v)} {self.unit} than it pays" for a, v in gap[:3].items())
            raise DataError(
                f"The matrix is not balanced: {len(gap)} of {len(self.accounts)} accounts.",
                where=f"{self.source.name}: {worst}",
                allowed=f"differences up to {relative:g} of the largest account",
                remedy="Balance it: innospace sam balance SAM --out FILE",
            )

    def require_accounts(self, accounts: Sequence[str]) -> None:
        """Raise unless the matrix has exactly these accounts, in any order."""
        unknown = [a for a in self.accounts if a not in set(accounts)]
        missing = [a for a in accounts if a not in set(self.accounts)]
        if unknown:
            raise LabelError(
                f"Unknown accounts: {offenders(unknown)}.",
                where=self.source.name,
                allowed=offenders(missing or accounts, shown=12),
                remedy=suggest(unknown[0], accounts) or "Merge them into the accounts of the model.",
            )
        if missing:
            raise LabelError(
                f"The matrix lacks accounts: {offenders(missing)}.",
                where=self.source.name,
                remedy="Add a row and a column for each.",
            )

    def require_no_negative(self, allowed: Iterable[tuple[str, str]] = ()) -> None:
        """Raise when a cell outside ``allowed`` is negative."""
        excused = set(allowed)
        negative = [c for c in self.negative_cells() if c not in excused]
        if negative:
            shown = [f"[{r}, {c}] = {self.cell(r, c):,.6g}" for r, c in negative[:_SHOWN]]
            more = len(negative) - _SHOWN
            raise DataError(
                f"{_count(len(negative), 'cell is', 'cells are')} negative.",
                where=f"{self.source.name}: {', '.join(shown)}" + (f" and {more} more" if more > 0 else ""),
                allowed="payments of the column account to the row account, zero or positive",
                remedy="Enter the amount with a plus sign in the opposite cell [column, row].",
            )

    def negative_cells(self) -> list[tuple[str, str]]:
        """Return the cells below zero."""
        names = self.accounts
        return [(names[i], names[j]) for i, j in np.argwhere(self.values.to_numpy() < 0.0)]

    def ordered(self, accounts: Sequence[str]) -> SAM:
        """Return the matrix with its accounts in another order."""
        self.require_accounts(accounts)
        order = list(accounts)
        natures = None if self.natures is None else self.natures.loc[order, order]
        return SAM(self.values.loc[order, order], self.unit, self.year, self.source, natures)

    def checks(self, relative: float = RELATIVE, signed: Iterable[tuple[str, str]] = ()) -> tuple[Check, ...]:
        """Return the verdicts on balance and signs; cells in ``signed`` may be negative."""
        from innospace.core.checks import Check

        gap, size, excused = self.imbalances(), self.size, set(signed)
        negative = [c for c in self.negative_cells() if c not in excused]
        worst = f" Worst: {gap.index[0]!r}." if len(gap) and size else ""
        return (
            Check.at_most(
                "sam.balance",
                float(gap.abs().max()) / size if len(gap) and size else 0.0,
                relative,
                f"Largest difference of receipts and payments, as a part of the largest account.{worst}",
                "Balance it: innospace sam balance SAM --out FILE",
            ),
            Check.at_most(
                "sam.signs",
                len(negative),
                0.0,
                f"Cells below zero. {', '.join(f'[{r}, {c}]' for r, c in negative[:_SHOWN])}".strip(),
                "Enter a negative payment with a plus sign in the opposite cell, or name cells that may be negative.",
            ),
        )

    def count_natures(self) -> dict[str, int]:
        """Return how many cells rest on what; empty when that is not known."""
        if self.natures is None:
            return {}
        found = self.natures.to_numpy()[self.values.to_numpy() != 0.0]
        return {n: int((found == n).sum()) for n in NATURES}

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, counted, grid
        from innospace.core.numbers import significant

        receives, pays = self.values.sum(axis=1), self.values.sum(axis=0)
        gap = self.imbalances(RELATIVE * self.size)
        facts = [
            ("Unit", self.unit),
            ("Year", self.year or ""),
            ("Size", f"{counted(len(self.accounts), 'account')}, {int((self.values.to_numpy() != 0.0).sum())} cells"),
            ("Balance", f"{counted(len(gap), 'account')} not balanced" if len(gap) else "balanced"),
            ("Cells", ", ".join(f"{count} {nature}" for nature, count in self.count_natures().items())),
            ("Nature", self.source.nature),
        ]
        pairs = zip(self.accounts, receives.to_numpy(), pays.to_numpy(), strict=True)
        rows = [(name, significant(r, 6), significant(p, 6)) for name, r, p in pairs]
        return card(self.source.name, facts, grid(("Account", "Receives", "Pays"), rows, (False, True, True)))

    def to_frame(self) -> pd.DataFrame:
        """Return the long form: one row a cell that is not empty, ``row, column, value`` and ``nature`` if known."""
        import pandas as pd

        rows, columns = np.nonzero(self.values.to_numpy())
        names = np.array(self.accounts, dtype=object)
        frame = pd.DataFrame(
            {"row": names[rows], "column": names[columns], "value": self.values.to_numpy()[rows, columns]}
        )
        return frame if self.natures is None else frame.assign(nature=self.natures.to_numpy()[rows, columns])

    def write(self, path: str | Path, *, long: bool = False) -> None:
        """Write the matrix, numbers with all their digits.

        Parameters
        ----------
        path : str or Path
            ``.csv`` or ``.xlsx``; the workbook also says what cells rest on.
        long : bool
            One row a cell, with what it rests on, instead of one row an account.

        Raises
        ------
        DataError
            Another type of file.
        """
        from innospace.data.sam_files import write_sam

        write_sam(self, Path(path), long)


def read_sam(
    path: str | Path, *, unit: str = "", year: int = 0, sheet: str | None = None, nature: Nature = Nature.OBSERVED
) -> SAM:
    """Read a matrix in wide form (accounts in the first row and column) or long form (``row, column, value``).

    The form is told by the content. Columns of the long form may have other names (``receives, pays, amount``); without
    known names two columns of accounts and one of numbers are what receives, what pays, the amount.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8 or Windows-1251, decimal point or comma), XLSX, Parquet, or HAR of GEMPACK.
    unit, year
        Taken from the file where it says so: corner of the wide form (``mln RUB, 2012``), columns of the long one.
    sheet : str, optional
        Sheet of a workbook, the first when not given; header of a HAR file, its only matrix when not given.
    nature : Nature
        What kind of numbers it holds.

    Raises
    ------
    DataError, LabelError
        Names the accounts or cells that do not fit.
    """
    from innospace.data.sam_files import read_matrix

    return read_matrix(Path(path), unit, year, sheet, nature)


def sam_from_dataset(dataset: Dataset, *, unit: str = "", year: int = 0) -> SAM:
    """Return the matrix in a table of the long or wide form."""
    from innospace.data.sam_files import parse

    return parse(dataset, unit, year)


def _require_square(values: pd.DataFrame, where: str) -> None:
    rows, columns = [str(a) for a in values.index], [str(a) for a in values.columns]
    if not rows:
        raise DataError("The matrix has no accounts.", where=where, remedy="Check that the right file was saved.")
    for axis, labels in (("rows", rows), ("columns", columns)):
        doubled = sorted({a for a in labels if labels.count(a) > 1})
        if doubled:
            raise LabelError(f"Accounts stand twice in {axis}: {offenders(doubled)}.", where=where)
    only_rows = [a for a in rows if a not in set(columns)]
    only_columns = [a for a in columns if a not in set(rows)]
    if only_rows or only_columns:
        near = suggest((only_rows or only_columns)[0], only_columns if only_rows else rows)
        raise LabelError(
            "Rows and columns name different accounts.",
            where=f"{where}: only in rows: {offenders(only_rows) or 'none'}; "
            f"only in columns: {offenders(only_columns) or 'none'}",
            allowed="the same accounts on both axes",
            remedy=near or "Add the missing row or column; it may be empty.",
        )
    if rows != columns:
        raise LabelError("Rows and columns name the accounts in different orders.", where=where)


def _require_finite(values: pd.DataFrame, where: str) -> None:
    cells: Any = values.to_numpy()
    if cells.dtype.kind not in "fiu":
        raise DataError("The matrix holds something that is not a number.", where=where)
    bad = [f"[{values.index[i]}, {values.columns[j]}]" for i, j in np.argwhere(~np.isfinite(cells))]
    if bad:
        raise DataError(
            f"{_count(len(bad), 'cell is', 'cells are')} not a finite number.",
            where=f"{where}: {', '.join(bad[:_SHOWN])}",
            remedy="Leave a cell empty, or zero, where nothing is paid.",
        )


def _amount(value: float) -> str:
    return f"{abs(value):,.6g} {'more' if value > 0 else 'less'}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
