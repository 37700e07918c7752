"""Cells to columns: which columns are numbers, in which decimal notation, and which cells do not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "NA", "N/A", "#N/A", "null", "NULL", "None", ".", "…", "...", "н/д"})
DASHES = frozenset({"-", "–", "—", "−"})
NOT_FINITE = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity", "+infinity"})
_SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009](?=\d{3}(?!\d))")
_POINT = re.compile(r"[-+−]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+−]?(\d+,?\d*|,\d+)([eE][-+]?\d+)?")
MOSTLY = 0.5
"""A column with at least this share of numbers among its cells is a number column, and its other cells are errors."""


def parse_columns(
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    decimal: str | None,
    numeric: Sequence[str],
    dash: str,
    where: str,
) -> pd.DataFrame:
    """Turn cells into a frame, column by column.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of sequences
        Cells as text, numbers or None.
    decimal : str or None
        Decimal mark, or None to recognise it.
    numeric : sequence of str
        Columns that must be numbers.
    dash : str
        ``text``, ``zero`` or ``missing``.
    where : str
        File name for messages.

    Raises
    ------
    DataError
        Text, nan or inf in a number column: names the first offending cells.
    """
    import pandas as pd

    if dash not in ("text", "zero", "missing"):
        raise SpecError(f"Unknown meaning of a dash: {dash!r}.", allowed="text, zero, missing")
    mark = decimal or _decimal_mark(rows)
    data = {}
    for j, name in enumerate(header):
        cells = [_clean(row[j]) for row in rows]
        data[name] = _column(name, cells, mark, name in numeric, dash, where)
    return pd.DataFrame(data)


def _clean(cell: Any) -> Any:
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.strip().strip("\u00a0")
        return None if text in MISSING else text
    return cell


def _decimal_mark(rows: Sequence[Sequence[Any]]) -> str:
    """Return ``,`` when cells with a decimal comma outnumber cells with a decimal point."""
    commas = points = 0
    for row in rows[:2000]:
        for cell in row:
            if isinstance(cell, str):
                text = _SPACES.sub("", cell.strip())
                commas += bool("," in text and _COMMA.fullmatch(text))
                points += bool("." in text and _POINT.fullmatch(text))
    return "," if commas > points else "."


def to_number(cell: Any, mark: str = ".") -> float | None:
    """Return a cell as a finite number, or None when it is not one."""
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    if not isinstance(cell, str):
        return None
    text = _SPACES.sub("", cell)
    if not (_COMMA if mark == "," else _POINT).fullmatch(text):
        return None
    return float(text.replace(",", ".").replace("−", "-"))


def _column(name: str, cells: list[Any], mark: str, required: bool, dash: str, where: str) -> Any:
    import pandas as pd

    values = [to_number(c, mark) for c in cells]
    filled = [i for i, c in enumerate(cells) if c is not None]
    numbers = [i for i in filled if values[i] is not None]
    dashes = {i for i in filled if isinstance(cells[i], str) and cells[i] in DASHES}
    as_numbers = required or (bool(numbers) and len(numbers) >= MOSTLY * max(len(filled) - len(dashes), 1))
    if not as_numbers:
        return pd.Series([None if c is None else str(c) for c in cells], dtype="str")
    bad = [i for i in filled if values[i] is None and not (i in dashes and dash != "text")]
    if bad:
        raise _not_numbers(name, cells, bad, mark, dashes, where)
    out = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if dash == "zero":
        out[sorted(dashes)] = 0.0
    whole = bool(np.isfinite(out).all()) and bool((out == np.round(out)).all()) and bool((np.abs(out) < 2**53).all())
    return pd.Series(out.astype(np.int64) if whole else out)


def _not_numbers(name: str, cells: list[Any], bad: list[int], mark: str, dashes: set[int], where: str) -> DataError:
    shown = [str(cells[i]) for i in bad]
    if all(i in dashes for i in bad):
        return DataError(
            f"Column {name!r} holds a dash in {len(bad)} cells.",
            where=f"{where}, rows {offenders([i + 2 for i in bad])}",
            allowed="numbers; an empty cell for a missing value",
            remedy='In Rosstat tables a dash means "phenomenon absent": read with dash="zero", or dash="missing".',
        )
    if all(s.casefold() in NOT_FINITE for s in shown):
        return DataError(
            f"Column {name!r} holds {offenders(shown)}, which is not a finite number.",
            where=f"{where}, rows {offenders([i + 2 for i in bad])}",
            allowed="finite numbers; an empty cell for a missing value",
            remedy="Leave the cell empty if the value is missing.",
        )
    return DataError(
        f"Column {name!r} holds text where numbers are needed: {offenders(shown)}.",
        where=f"{where}, rows {offenders([i + 2 for i in bad])} (the header is row 1)",
        allowed=f"numbers with decimal mark {mark!r}; an empty cell for a missing value",
        remedy="Mend the cells, or name the decimal mark if it was taken wrongly.",
    )
