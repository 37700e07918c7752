"""Tables as Typst. Text goes in as strings, never as markup, so no character of the data can act."""

from __future__ import annotations

import math
import textwrap

from innospace.core.table import Table
from innospace.report.tables.layout import Cell, Grid, grid
from innospace.report.text import one_line, prose

LARGEST = 9.0
"""Font size in points."""
ACROSS = 980.0
"""Characters of one point that stand side by side on a page of A4."""


def to_typst(table: Table) -> str:
    """Return a table as Typst code: title, table whose head repeats on every page, notes."""
    g = grid(table)
    align = ", ".join("right" if n else "left" for n in g.numeric)
    # text columns share what numbers leave, so that long names wrap instead of pushing numbers off the page
    widths = ", ".join(_width(g, i) for i in range(len(g.headings)))
    lines = [
        f'#block(above: 1.4em, below: 0.5em, sticky: true, text(weight: "bold", {string(one_line(table.title))}))',
        "#{",
        f"  set text(size: {_size(g)}pt)",
        "  table(",
        f"    columns: ({widths},),",
        f"    align: ({align},),",
        "    stroke: none,",
        "    inset: (x: 4pt, y: 2.6pt),",
        f"    table.header({_head(g)}),",
        *_body(g),
        "    table.hline(stroke: 0.8pt),",
        "  )",
        "}",
    ]
    lines += [f"#block(above: 0.5em, text(size: 8pt, {string(prose(n))}))" for n in table.notes]
    return "\n".join([*lines, ""])


def string(text: str) -> str:
    """Return text as a Typst string literal."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "")
    return f'"{quoted}"'


def longest(g: Grid, column: int) -> int:
    """Return the length of the longest text of a column, heading not counted."""
    return max((len(row[column].text) + len(row[column].pad) for row in g.rows), default=0)


def _width(g: Grid, column: int) -> str:
    """Return the share of a column of long texts, by the root of their length, so that none becomes a narrow tower."""
    long = longest(g, column)
    return "auto" if g.numeric[column] or long <= 24 else f"{math.sqrt(min(long, 400) / 24):.1f}fr"


def _size(g: Grid) -> float:
    """Return the font size at which the table is as wide as a page of A4, between 6 and 9 points."""
    return round(min(LARGEST, max(6.0, ACROSS / _characters(g, _rooms(g)))), 1)


def _characters(g: Grid, rooms: list[int]) -> float:
    """Return the width of the table where headings have these rooms."""
    wide = [longest(g, i) if n else min(longest(g, i), 24) for i, n in enumerate(g.numeric)]
    heads = [
        max((len(line) for line in _wrapped(h, r).split("\n")), default=0)
        for h, r in zip(g.headings, rooms, strict=True)
    ]
    return sum(max(w, 1.1 * h) + 2 for w, h in zip(wide, heads, strict=True))


def _rooms(g: Grid) -> list[int]:
    """Return how wide headings may be: as their columns, or of three lines at most where that fits."""
    least = [max(longest(g, i), 11) for i in range(len(g.headings))]
    flat = [max(r, -(-len(h) // 3) + 3) for r, h in zip(least, g.headings, strict=True)]
    return flat if _characters(g, flat) <= ACROSS / LARGEST else least


def _wrapped(heading: str, room: int) -> str:
    """Break a heading over lines about as wide as its column."""
    return "\n".join(textwrap.wrap(heading, room, break_long_words=False, break_on_hyphens=False))


def _head(g: Grid) -> str:
    cells = ["table.hline(stroke: 0.8pt)"]
    if g.spans:
        at = 0
        for span in g.spans:
            room = sum(max(longest(g, i), 11) for i in range(at, at + span.width))
            text = f'text(weight: "bold", {string(_wrapped(span.text, room))})'
            cells.append(f"table.cell(colspan: {span.width}, align: center, {text})")
            at += span.width
        at = 0
        for span in g.spans:
            if span.text:
                cells.append(f"table.hline(start: {at}, end: {at + span.width}, stroke: 0.4pt)")
            at += span.width
    for heading, numeric, room in zip(g.headings, g.numeric, _rooms(g), strict=True):
        text = f'text(weight: "bold", {string(_wrapped(heading, room))})'
        cells.append(f"table.cell(align: bottom + {'right' if numeric else 'left'}, {text})")
    return ", ".join([*cells, "table.hline(stroke: 0.5pt)"])


def _body(g: Grid) -> list[str]:
    lines = []
    for number, row in enumerate(g.rows):
        rule = "table.hline(stroke: 0.4pt), " if number in g.rules else ""
        lines.append(f"    {rule}{', '.join(_cell(c) for c in row)},")
    return lines


def _cell(cell: Cell) -> str:
    if not cell.pad:
        return string(cell.text)
    return f"[#{string(cell.text)}#hide({string(cell.pad)})]"
