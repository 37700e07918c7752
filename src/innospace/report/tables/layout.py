"""What every setting of a table shares: display text, spanning headings, alignment on the decimal point."""

from __future__ import annotations

import re
from dataclasses import dataclass

from innospace.core.errors import LabelError, offenders
from innospace.core.table import Table
from innospace.report.text import one_line

_NUMBER = re.compile(
    r"^(?P<head>[^\d∞]*[\d\s\u202f\u00a0∞]*\d|[^\d∞]*∞)(?P<decimals>\.\d+)?(?P<tail>\D*|\D*10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)$"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Display text, and the invisible text that must follow for decimal points to stand under each other."""

    text: str
    pad: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A heading over ``width`` neighbouring columns; empty text where there is none."""

    text: str
    width: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to be set.

    Attributes
    ----------
    headings : tuple of str
    numeric : tuple of bool
        Which columns are aligned as numbers.
    spans : tuple of Span
        Headings above the headings; empty when there is none.
    rows : tuple of tuple of Cell
    rules : frozenset of int
        Rows above which a rule is drawn.
    """

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    spans: tuple[Span, ...]
    rows: tuple[tuple[Cell, ...], ...]
    rules: frozenset[int]


def grid(table: Table) -> Grid:
    """Return a table's display text with alignment.

    Raises
    ------
    LabelError
        When a column is not in the frame (or in the layout) of the table.
    """
    source = table.frame if table.layout is None else table.layout
    missing = [c.key for c in table.columns if c.key not in source.columns]
    if missing or not table.columns:
        raise LabelError(
            f"Table {table.name!r} lacks the columns {offenders(missing)}."
            if missing
            else f"Table {table.name!r} has no columns.",
            allowed=offenders(map(str, source.columns), shown=12),
        )
    shown = table.display()
    columns = [
        aligned([one_line(v) for v in shown[c.key]]) if c.numeric else [Cell(one_line(v)) for v in shown[c.key]]
        for c in table.columns
    ]
    groups = [one_line(c.group) for c in table.columns]
    rows = tuple(zip(*columns, strict=True))
    return Grid(
        tuple(one_line(c.heading) for c in table.columns),
        tuple(c.numeric for c in table.columns),
        _spans(groups) if any(groups) else (),
        rows,
        frozenset(r for r in table.rules if 0 < r < len(rows)),
    )


def aligned(texts: list[str]) -> list[Cell]:
    """Pad numbers on the right so that their decimal points agree when cells are set flush right.

    Text that is not a number (a dash for a missing value) stands where whole numbers end.
    """
    split = [_NUMBER.match(t) for t in texts]
    decimals = [(m["decimals"] or "") if m else "" for m in split]
    tails = [m["tail"] if m else "" for m in split]
    most = max((len(d) for d in decimals), default=0)
    longest = max(tails, key=len, default="")
    cells = []
    for text, own, tail in zip(texts, decimals, tails, strict=True):
        missing = "0" * (most - len(own)) if own else ("." + "0" * (most - 1) if most else "")
        cells.append(Cell(text, missing + longest[len(tail) :]))
    return cells


def _spans(groups: list[str]) -> tuple[Span, ...]:
    found: list[Span] = []
    for group in groups:
        if found and group and found[-1].text == group:
            found[-1] = Span(group, found[-1].width + 1)
        else:
            found.append(Span(group, 1))
    return tuple(found)
