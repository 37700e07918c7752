"""A table and its problems as HTML: the cells that are wrong carry a sign and words, and the list leads to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from itertools import groupby

from innospace.core.numbers import significant
from innospace.data.cell_problems import CellProblem, ColumnSummary, TableSurvey
from innospace.web.layout import for_pages

LISTED = 12
"""Cells of one fault that are listed at once; the others fold away."""
LONGEST = 80
"""Characters of a cell that are shown."""
SIGN = "✗"
_NUMBERS = ("whole number", "number", "year")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, thousands set apart: ``1 234 rows``."""
    shown = f"{number:,}".replace(",", "\u202f")
    return f"{shown} {one if number == 1 else many or one + 's'}"


def table_html(seen: TableSurvey, name: str) -> str:
    """Return the rows that are shown, under a head that says what was recognised in each column.

    Parameters
    ----------
    seen : TableSurvey
    name : str
        Name of the table, for the addresses of cells.
    """
    known = {c.name: c for c in seen.columns}
    bad: dict[tuple[int, str], list[CellProblem]] = {}
    for problem in seen.problems:
        bad.setdefault((problem.position, problem.column), []).append(problem)
    wrong = {p.column for p in seen.problems}
    heads = "".join(_head(known[c], c in wrong) for c in seen.shown)
    rows = []
    last = -1
    for position, number, cells in zip(seen.positions, seen.numbers, seen.cells, strict=True):
        if position != last + 1:
            rows.append(_gap(position - last - 1, len(seen.shown) + 1))
        last = position
        rows.append(_row(name, position, number, list(zip(seen.shown, cells, strict=True)), bad, known))
    if last + 1 < seen.rows:
        rows.append(_gap(seen.rows - last - 1, len(seen.shown) + 1))
    caption = f"{escape(name)}: {counted(seen.rows, 'row')}, {counted(len(seen.columns), 'column')}"
    if len(seen.shown) < len(seen.columns):
        caption += f"; {counted(len(seen.shown), 'column')} shown"
    return (
        f'<div class="grid" tabindex="0" role="region" aria-label="Table {escape(name, quote=True)}">'
        f'<table class="cells"><caption class="hidden">{caption}</caption>'
        f'<thead><tr><th scope="col" class="n">Row</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _head(column: ColumnSummary, wrong: bool) -> str:
    facts = [column.kind]
    if column.missing:
        facts.append(f"{counted(column.missing, 'cell')} empty")
    span = f"{_end(column, column.low)} to {_end(column, column.high)}" if column.low else ""
    sign = f'<span class="sign" aria-hidden="true">{SIGN}</span> ' if wrong else ""
    lines = f"<span>{escape(', '.join(facts))}</span>" + (f"<span>{escape(span)}</span>" if span else "")
    side = ' class="n"' if column.kind in _NUMBERS else ""
    return f'<th scope="col"{side}>{sign}{escape(_cut(column.name))}{lines}</th>'


def _row(
    table: str,
    position: int,
    number: int,
    cells: Sequence[tuple[str, str]],
    bad: dict[tuple[int, str], list[CellProblem]],
    known: dict[str, ColumnSummary],
) -> str:
    whole = bad.get((position, ""), [])
    head = f'<th scope="row" class="n{" bad" if whole else ""}"{_anchor(table, position, "") if whole else ""}>'
    out = [f"{head}{_words(str(number), whole)}</th>"]
    for column, text in cells:
        found = bad.get((position, column), [])
        kinds = [k for k in ("n" if known[column].kind in _NUMBERS else "", "bad" if found else "") if k]
        given = f' class="{" ".join(kinds)}"' if kinds else ""
        where = _anchor(table, position, column) if found else ""
        out.append(f"<td{given}{where}>{_words(_number(known[column], text), found)}</td>")
    return f"<tr>{''.join(out)}</tr>"


def _words(text: str, found: Sequence[CellProblem]) -> str:
    if not found:
        return escape(_cut(text))
    told = " ".join(dict.fromkeys(p.what for p in found))
    shown = escape(_cut(text)) or "<em>empty</em>"
    return f'<span class="sign" aria-hidden="true">{SIGN}</span> {shown}<span class="told">{escape(told)}</span>'


def _anchor(table: str, position: int, column: str) -> str:
    return f' id="{cell_id(table, position, column)}" tabindex="-1"'


def cell_id(table: str, position: int, column: str) -> str:
    """Return the address of a cell within the page; names of columns may hold anything."""
    return f"cell-{sha256(f'{table}|{column}'.encode()).hexdigest()[:10]}-{position}"


def _gap(rows: int, width: int) -> str:
    return f'<tr class="gap"><td colspan="{width}">{counted(rows, "row")} without a problem</td></tr>'


def _number(column: ColumnSummary, text: str) -> str:
    """Return a number as a reader sees it: a real minus sign; thousands of whole numbers set apart."""
    if column.kind in ("whole number", "number") and re.fullmatch(r"-?[0-9.]+", text):
        whole, dot, rest = text.partition(".")
        return f"{int(whole):,}".replace(",", "\u202f").replace("-", "\u2212") + dot + rest
    return text


def _end(column: ColumnSummary, text: str) -> str:
    return significant(float(text), 4) if column.kind == "number" else _number(column, text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def problems_html(seen: TableSurvey, name: str) -> str:
    """Return the problems, one fault of one column after the other, each cell a link to where it stands."""
    order = {c: i for i, c in enumerate(c.name for c in seen.columns)}

    def kind(problem: CellProblem) -> tuple[int, str, str, str]:
        return (order.get(problem.column, len(order)), problem.what, problem.allowed, problem.remedy)

    parts = [_fault(name, list(cells)) for _, cells in groupby(sorted(seen.problems, key=kind), kind)]
    more = seen.count - len(seen.problems)
    rest = (
        f"<p>The first {len(seen.problems)} are listed; {counted(more, 'cell')} more have a problem.</p>"
        if more
        else ""
    )
    return f'<ol class="faults">{"".join(parts)}</ol>{rest}'


def _fault(table: str, cells: list[CellProblem]) -> str:
    first = cells[0]
    where = f"Column {escape(first.column)}" if first.column else "Rows"
    items = [_cell(table, c) for c in cells]
    listed = f'<ul class="where">{"".join(items[:LISTED])}</ul>'
    if len(items) > LISTED:
        rest = "".join(items[LISTED:])
        listed += f'<details><summary>{len(items) - LISTED} more</summary><ul class="where">{rest}</ul></details>'
    facts = [("Allowed", first.allowed), ("To mend it", for_pages(first.remedy)), ("Where", "")]
    lines = "".join(
        f"<div><dt>{label}</dt><dd>{listed if label == 'Where' else escape(text)}</dd></div>"
        for label, text in facts
        if text or label == "Where"
    )
    return f'<li><p class="what">{where}: {escape(first.what)}</p><dl>{lines}</dl></li>'


def _cell(table: str, problem: CellProblem) -> str:
    label = f" ({escape(problem.label)})" if problem.label else ""
    text = f": <q>{escape(_cut(problem.text))}</q>" if problem.text else ""
    address = cell_id(table, problem.position, problem.column)
    return f'<li><a href="#{address}">Row {problem.row}{label}</a>{text}</li>'
