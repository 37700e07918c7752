"""Tables as data: numbers for files, display text for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from innospace.core.numbers import show

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Column:
    """One column: key in the frame, heading, number style (see :func:`innospace.core.numbers.show`).

    ``group`` is a spanning heading over neighbouring columns that share it.
    """

    key: str
    heading: str
    style: str = "text"
    group: str = ""

    @property
    def numeric(self) -> bool:
        """Whether the column is aligned as numbers."""
        return self.style != "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        File name stem and anchor, for example ``table-3``.
    title : str
        What it shows; units stand in the headings.
    frame : pandas.DataFrame
        The numbers, as written to CSV, XLSX and Parquet.
    columns : tuple of Column
        What a page shows, left to right.
    notes : tuple of str
        Printed under the table.
    layout : pandas.DataFrame or None
        Rows of display text when a page shows them in another shape than the files (coefficients with
        standard errors beneath); its columns are the keys of ``columns``.
    rules : tuple of int
        Numbers of display rows above which a thin rule is drawn.
    folded : bool
        For reference rather than reading: a page shows it on request, paper leaves it to an annex or the files.
    lead : bool
        The most telling table of a result: a brief report shows its first rows.
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    layout: pd.DataFrame | None = None
    rules: tuple[int, ...] = ()
    folded: bool = False
    lead: bool = False

    def display(self) -> pd.DataFrame:
        """Return the display text, one column a :class:`Column`."""
        import pandas as pd

        if self.layout is not None:
            return self.layout[[c.key for c in self.columns]]
        return pd.DataFrame({c.key: [show(v, c.style) for v in self.frame[c.key]] for c in self.columns})

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, grid, listed

        rows = list(self.display().itertuples(index=False, name=None))
        body = grid([c.heading for c in self.columns], rows, [c.numeric for c in self.columns])
        return card(self.title, (), body, listed(self.notes))
