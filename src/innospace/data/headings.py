"""Names of columns: all there, all different; and what a first row is that holds no such names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from innospace.core.errors import DataError, offenders
from innospace.data.cells import notation

MAX_COLUMNS = 20_000
LOOKED_AT = 20
"""Rows under the first one in which names of columns are looked for."""
_LONGEST = 80
"""Characters of a heading that a message shows."""


def check_header(names: list[str], where: str) -> list[str]:
    """Return column names if they are all there and all different."""
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"The table has {len(names):,} columns.",
            where=where,
            allowed=f"up to {MAX_COLUMNS:,} columns",
            remedy="Save the columns that are needed; years and the like belong into rows.",
        )
    if not names or not all(names):
        raise nameless(names, [], where)
    doubled = sorted(n for n, count in Counter(names).items() if count > 1)
    if doubled:
        raise DataError(
            f"Column names occur more than once: {offenders(doubled)}.", where=where, remedy="Rename the columns."
        )
    return names


def likely_row(first: Sequence[str], below: Sequence[tuple[int, Sequence[str]]]) -> int | None:
    """Return the row under the first one that may hold the names of columns: wider, no cell empty, and no numbers.

    Parameters
    ----------
    first : sequence of str
        Cells of the first row.
    below : sequence of (int, sequence of str)
        The rows under it, each with its number in the file.
    """
    filled = sum(1 for c in first if c)
    width = max((len(row) for _, row in below), default=0)

    def names(cells: Sequence[str]) -> bool:
        return all(c.strip() and (notation(c.strip()) is None or _is_year(c.strip())) for c in cells)

    return next((row for row, cells in below if len(cells) == width > filled and names(cells)), None)


def named_in(row: int | None) -> str:
    """Return where the names of columns seem to stand, and how to say so; empty when no row looks like it."""
    return (
        f"The names of columns seem to stand in row {row}: read with header={row} (--header {row}). Or: " if row else ""
    )


def nameless(first: Sequence[str], below: Sequence[tuple[int, Sequence[str]]], where: str) -> DataError:
    """Return the error for a first row in which columns have no name: a title, a heading of two rows, or a gap.

    Parameters
    ----------
    first : sequence of str
        Cells of the first row; empty where there is no name.
    below : sequence of (int, sequence of str)
        The rows under it, each with its number in the file.
    where : str
        File and cells.
    """
    if first and not first[0] and all(first[1:]):
        return _unnamed(where)  # an empty corner, above names of rows
    filled, likely = [c for c in first if c], likely_row(first, below)
    if len(filled) == 1 and (len(first) > 2 or (len(first) == 1 and likely is not None)):
        return DataError(
            f"The first row holds a title, {filled[0][:_LONGEST]!r}, and not the names of columns.",
            where=where,
            allowed="a name for every column in the first row",
            remedy=named_in(likely) + "Delete the rows above the names of columns, and notes under the table.",
        )
    named = _joined(first, below[0][1] if below else ())
    if named:
        return DataError(
            "The names of columns stretch over two rows, or over merged cells.",
            where=where,
            allowed="one row with a name for every column",
            remedy=f"Write both parts into one cell, such as {offenders(named, shown=3)}, and delete the other row.",
        )
    return _unnamed(where)


def _unnamed(where: str) -> DataError:
    return DataError("A column has no name.", where=where, remedy="Give every column a name in the first row.")


def _joined(first: Sequence[str], below: Sequence[str]) -> list[str]:
    """Return names made from a heading and what stands under it; none when the row below is one of values."""
    parts: list[tuple[str, str]] = []
    above = ""
    for i, heading in enumerate(first):
        under = below[i] if i < len(below) else ""
        spread = not heading or (i + 1 < len(first) and not first[i + 1])
        above = heading or above
        if spread and under:
            parts.append((above, under))
    gaps = [below[i] for i, heading in enumerate(first) if not heading and i < len(below)]
    if not parts or not all(gaps) or not all(notation(u) is None or _is_year(u) for _, u in parts):
        return []
    return [f"{heading} {under}".strip() for heading, under in parts]


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and text[:2] in ("18", "19", "20", "21")
