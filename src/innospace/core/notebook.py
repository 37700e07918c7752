"""What a notebook shows of an object: short HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from innospace.core.numbers import significant

if TYPE_CHECKING:
    import pandas as pd

ROWS = 30
"""Longer tables are cut; the object itself keeps every row."""
HEAD = 5
"""Rows of data shown beneath a description of a table."""
COLUMNS = 12
LETTERS = 400
"""Longer texts of a cell are cut."""


def card(title: str, facts: Iterable[tuple[str, Any]] = (), *further: str) -> str:
    """Return a title and pairs of name and value; pairs with an empty value are left out.

    Parameters
    ----------
    title : str
    facts : iterable of (str, object)
        Shown as text.
    *further : str
        HTML set beneath, made by :func:`grid` or :func:`listed`.
    """
    rows = [
        f'<tr><th style="text-align:left">{_text(name)}</th><td style="text-align:left">{_text(value)}</td></tr>'
        for name, value in facts
        if str(value)
    ]
    table = f"<table><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return f"<div><p><b>{_text(title)}</b></p>{table}{''.join(further)}</div>"


def grid(headings: Sequence[object], rows: Sequence[Sequence[object]], numeric: Sequence[bool] = ()) -> str:
    """Return a table of text, at most ``ROWS`` rows; ``numeric`` says which columns are flush right."""
    sides = ["right" if n else "left" for n in (*numeric, *[False] * (len(headings) - len(numeric)))]
    head = _line("th", headings, sides)
    body = "".join(_line("td", row, sides) for row in rows[:ROWS])
    rest = len(rows) - ROWS
    more = f"<p>and {rest} more rows</p>" if rest > 0 else ""
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{more}"


def preview(frame: pd.DataFrame) -> str:
    """Return the first rows and columns of a frame."""
    import pandas as pd

    shown = frame.iloc[:HEAD, :COLUMNS]
    numeric = [pd.api.types.is_numeric_dtype(shown.iloc[:, i]) for i in range(shown.shape[1])]
    rest = frame.shape[1] - shown.shape[1]
    more = f"<p>and {rest} more column{'s' if rest > 1 else ''}</p>" if rest > 0 else ""
    rows = [[_cell(v) for v in row] for row in shown.itertuples(index=False, name=None)]
    return grid([str(c) for c in shown.columns], rows, numeric) + more


def listed(texts: Sequence[str]) -> str:
    """Return texts as paragraphs, at most ``HEAD`` of them."""
    rest = len(texts) - HEAD
    more = f"<p>and {rest} more</p>" if rest > 0 else ""
    return "".join(f"<p>{_text(t)}</p>" for t in texts[:HEAD]) + more


def counted(number: int, one: str, many: str = "") -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _line(tag: str, cells: Sequence[object], sides: Sequence[str]) -> str:
    made = [f'<{tag} style="text-align:{s}">{_text(c)}</{tag}>' for c, s in zip(cells, sides, strict=True)]
    return f"<tr>{''.join(made)}</tr>"


def _cell(value: object) -> str:
    return significant(value, 5) if isinstance(value, float) else str(value)


def _text(value: object) -> str:
    text = str(value)
    return escape(text if len(text) <= LETTERS else f"{text[:LETTERS]} …")
