"""Sheets of workbooks to a frame. Cells of formulas count by the values stored with them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from innospace.core.errors import DataError, InnospaceError, offenders
from innospace.core.labels import require_known
from innospace.data.faults import Fault, Place
from innospace.data.headings import LOOKED_AT, check_header, nameless
from innospace.data.parsing import Rules, parse_columns
from innospace.data.workbook_safety import require_harmless

if TYPE_CHECKING:
    import pandas as pd

_ERRORS = frozenset({"#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})
_ERROR_ALLOWED = "values; an empty cell or #N/A for a missing value"
_ERROR_REMEDY = "Mend the formulas, or empty the cells."
MAX_CELLS = 20_000_000
"""One cell in the last corner of a sheet makes billions of empty ones before it."""
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


def read_xlsx(
    raw: bytes,
    where: str,
    rules: Rules,
    sheet: str | None,
    columns: Sequence[str] | None,
    first: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the table of a sheet; empty rows and columns around and inside it are passed over.

    ``first`` names the first columns, whatever the sheet calls them.

    Raises
    ------
    DataError
        A broken workbook, errors of the spreadsheet, or formulas that were never calculated.
    """
    import pandas as pd

    require_harmless(raw, where)
    name, grid = _grid(raw, sheet, where, formulas=False)
    where = f"{where}, sheet {name!r}"
    rows = [i for i, row in enumerate(grid) if i + 1 >= rules.header and any(_filled(v) for v in row)]
    if not rows:
        _refuse_uncalculated(raw, sheet, grid, where)
        since = f" from row {rules.header} on" if rules.header > 1 else ""
        raise DataError(
            f"The sheet is empty{since}.", where=where, remedy="Name another sheet, or save the table again."
        )
    taken = [j for j in range(len(grid[0])) if any(_filled(grid[i][j]) for i in rows)]
    _refuse_uncalculated(raw, sheet, grid, where)
    if rules.found is None:
        _refuse_errors(grid, where)
    header = [*first, *(_heading(grid[rows[0]][j]) for j in taken[len(first) :])]
    empty = [j for j, heading in zip(taken, header, strict=True) if not heading]
    if empty:
        below = [(i + 1, [_heading(grid[i][j]) for j in taken]) for i in rows[1 : LOOKED_AT + 1]]
        raise nameless(header, below, f"{where}, cells {offenders(_cell(rows[0], j) for j in empty)}")
    check_header(header, where)
    if columns is not None:
        require_known(columns, header, kind="column", where=where)
    body = rows[1:]
    cells = {
        h: [grid[i][j] for i in body] for h, j in zip(header, taken, strict=True) if columns is None or h in columns
    }
    place = Place(where, lambda i: body[i] + 1, rules.found)
    if rules.found is None:
        return pd.DataFrame(parse_columns(cells, rules, place))
    rules.found.row = place.row
    return _with_errors(cells, rules, place)


def read_records(raw: bytes, where: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every sheet that is not empty, each as the cells that are filled by their headings.

    A row also says where it stands under the key ``""``: the number of its row in the sheet.

    Raises
    ------
    DataError
        A broken workbook, a column without a name, errors of the spreadsheet, or formulas that were never calculated.
    """
    import openpyxl

    require_harmless(raw, where)
    _grid(raw, None, where, formulas=False)  # a broken workbook is told here
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)
    names = [s.title for s in book.worksheets]
    book.close()
    found: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        _, grid = _grid(raw, name, where, formulas=False)
        place = f"{where}, sheet {name!r}"
        rows = [i for i, row in enumerate(grid) if any(_filled(v) for v in row)]
        if not rows:
            continue
        _refuse_uncalculated(raw, name, grid, place)
        _refuse_errors(grid, place)
        header = [_heading(v) for v in grid[rows[0]]]
        stray = [_cell(i, j) for i in rows[1:] for j, v in enumerate(grid[i]) if _filled(v) and not header[j]]
        if stray:
            raise DataError("Cells stand under no heading.", where=f"{place}, cells {offenders(stray)}")
        check_header([h for h in header if h], place)
        found[name] = [
            {"": i + 1} | {h: v for h, v in zip(header, grid[i], strict=True) if h and _filled(v)} for i in rows[1:]
        ]
    return found


def _with_errors(cells: dict[str, list[Any]], rules: Rules, place: Place) -> pd.DataFrame:
    """Return the table with the errors of the spreadsheet as they stand, each told as a fault."""
    import pandas as pd

    wrong = {h: [i for i, v in enumerate(column) if str(v).strip() in _ERRORS] for h, column in cells.items()}
    sound = {
        h: [None if i in set(wrong[h]) else v for i, v in enumerate(c)] if wrong[h] else c for h, c in cells.items()
    }
    frame = pd.DataFrame(parse_columns(sound, rules, place))
    for name, bad in wrong.items():
        if bad:
            shown = [str(cells[name][i]) for i in bad]
            frame[name] = frame[name].astype(object)
            frame.loc[bad, name] = shown
            place.tell(
                Fault(
                    f"Column {name!r} holds errors of the spreadsheet: {offenders(shown)}.",
                    name,
                    bad,
                    "An error of the spreadsheet.",
                    _ERROR_ALLOWED,
                    _ERROR_REMEDY,
                )
            )
    return frame


def _grid(raw: bytes, sheet: str | None, where: str, *, formulas: bool) -> tuple[str, list[list[Any]]]:
    """Return the name of the sheet and its cells, every row of the same length, from cell A1."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions that do not concern the cells
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=not formulas, keep_links=False)
            try:
                names = [s.title for s in book.worksheets]
                if sheet is not None:
                    require_known([sheet], names, kind="sheet", where=where)
                table = book[sheet or names[0]]
                table.reset_dimensions()  # some programs store a wrong extent
                rows = _rows(table, where)
            finally:
                book.close()
    except InnospaceError:
        raise
    except Exception as error:  # openpyxl and the XML parser raise whatever a broken file leads to
        raise DataError(
            f"The workbook cannot be read: {str(error) or type(error).__name__}.",
            where=where,
            allowed="workbooks of Excel 2007 and later, without a password",
            remedy="Open it in a spreadsheet program and save it again as .xlsx.",
        ) from error
    width = max(map(len, rows), default=0)
    return sheet or names[0], [[*row, *[None] * (width - len(row))] for row in rows]


def _rows(table: Any, where: str) -> list[list[Any]]:
    """Return the cells of a sheet, row by row, before the rows are made equally long."""
    rows: list[list[Any]] = []
    cells, width = 0, 0
    for row in table.iter_rows(values_only=True):
        cells, width = cells + max(len(row), 1), max(width, len(row))
        rows.append(list(row))
        if max(cells, len(rows) * width) > MAX_CELLS:
            raise DataError(
                "The sheet is too large.",
                where=f"{where}, row {len(rows):,}, {width:,} columns",
                allowed=f"up to {MAX_CELLS:,} cells from A1 to the last one that is not empty",
                remedy="Delete stray cells far from the table, or save the table as CSV or Parquet.",
            )
    return rows


def _filled(value: Any) -> bool:
    return value is not None and bool(str(value).strip())


def _cell(row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column + 1)}{row + 1}"


def _heading(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _refuse_errors(grid: list[list[Any]], where: str) -> None:
    bad = [f"{_cell(i, j)} ({v})" for i, row in enumerate(grid) for j, v in enumerate(row) if str(v).strip() in _ERRORS]
    if bad:
        raise DataError(
            "Cells hold errors of the spreadsheet.",
            where=f"{where}, cells {', '.join(bad[:5])}" + (f" and {len(bad) - 5} more" if len(bad) > 5 else ""),
            allowed=_ERROR_ALLOWED,
            remedy=_ERROR_REMEDY,
        )


def _refuse_uncalculated(raw: bytes, sheet: str | None, grid: list[list[Any]], where: str) -> None:
    """Raise when a cell holds a formula but no value: the file was written by a program that does not calculate."""
    empty = any(v is None for row in grid for v in row) or not grid
    if not empty or not _has_formulas(raw):
        return
    formulas = _grid(raw, sheet, where, formulas=True)[1]
    bad = [
        _cell(i, j)
        for i, row in enumerate(formulas)
        for j, v in enumerate(row)
        if v is not None and str(v).startswith("=") and (i >= len(grid) or j >= len(grid[i]) or grid[i][j] is None)
    ]
    if bad:
        raise DataError(
            f"{len(bad)} cells hold formulas that were never calculated, so they have no values.",
            where=f"{where}, cells {', '.join(bad[:5])}" + (f" and {len(bad) - 5} more" if len(bad) > 5 else ""),
            remedy="Open the workbook in a spreadsheet program and save it, so that the values are stored.",
        )


def _has_formulas(raw: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")]
        return any(_FORMULA.search(book.read(n)) is not None for n in sheets)
