"""Tables as HTML: semantic, scrolling within the page, numbers aligned on the decimal point."""

from __future__ import annotations

from html import escape

from innospace.core.table import Table
from innospace.report.tables.layout import Cell, Grid, grid
from innospace.report.text import one_line, prose

TALL = 24
"""Tables with more rows scroll within a box on screens; on paper they are printed in full."""
SHORT = 16
"""Longer names of rows are given room, so that they do not break into many lines."""
BRIEF = 10
"""Names of rows as short as this are never broken: years and symbols."""
_WIDE = {".": 0.5, ")": 0.6, "(": 0.6, "*": 0.7, "%": 1.6, "\u202f": 0.36, "\u00a0": 0.5, " ": 0.5}
"""Widths relative to a digit (the CSS unit ``ch``) of what may be padded."""


def to_html(table: Table, anchor: str | None = None) -> str:
    """Return a table as HTML: a captioned ``<table>`` in a box that scrolls, notes beneath.

    Parameters
    ----------
    table : Table
        What to set.
    anchor : str, optional
        The ``id`` of the caption; the table's name by default.
    """
    g = grid(table)
    label = escape(anchor or table.name, quote=True)
    tall = " tall" if len(g.rows) > TALL else ""
    notes = "".join(f'<p class="note">{escape(prose(n))}</p>' for n in table.notes)
    return (
        f'<div class="table"><div class="scroll{tall}" role="region" tabindex="0" aria-labelledby="{label}-title">'
        f'<table><caption id="{label}-title"><span>{escape(one_line(table.title))}</span></caption>'
        f"<thead>{_head(g)}</thead><tbody>{_body(g)}</tbody></table></div>{notes}</div>"
    )


def _head(g: Grid) -> str:
    spans = ""
    if g.spans:
        cells = [
            f'<th colspan="{s.width}" scope="colgroup" class="span">{escape(s.text)}</th>'
            if s.text
            else f"<td{'' if s.width == 1 else f' colspan={s.width}'}></td>"
            for s in g.spans
        ]
        spans = f'<tr class="spans">{"".join(cells)}</tr>'
    # the first column names the rows: flush left also where the names are years
    pairs = zip(g.headings, (False, *g.numeric[1:]), strict=True)
    heads = [f'<th scope="col"{" class=n" if n else ""}>{escape(h)}</th>' for h, n in pairs]
    return f"{spans}<tr>{''.join(heads)}</tr>"


def _body(g: Grid) -> str:
    lines = []
    for number, row in enumerate(g.rows):
        cells = [_cell(c, n, first=i == 0) for i, (c, n) in enumerate(zip(row, g.numeric, strict=True))]
        # standard errors stand close beneath their coefficient
        kinds = [
            *(["rule"] if number in g.rules else []),
            *(["beneath"] if not row[0].text else []),
            *(["above"] if number + 1 < len(g.rows) and not g.rows[number + 1][0].text else []),
        ]
        look = f' class="{" ".join(kinds)}"' if kinds else ""
        lines.append(f"<tr{look}>{''.join(cells)}</tr>")
    return "".join(lines)


def _cell(cell: Cell, numeric: bool, *, first: bool) -> str:
    text = escape(cell.text)
    if first:
        look = " class=wide-text" if len(text) > SHORT else " class=brief" if len(text) <= BRIEF else ""
        return f'<th scope="row"{look}>{text}</th>'
    if not numeric:
        return f"<td{' class=wide-text' if len(text) > 2 * SHORT else ''}>{text}</td>"
    pad = sum(_WIDE.get(c, 1.0) for c in cell.pad)
    inner = f'<span style="padding-right:{pad:.2g}ch">{text}</span>' if pad else text
    return f'<td class="n">{inner}</td>'
