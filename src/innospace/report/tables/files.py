"""Tables as files: CSV, one XLSX workbook with a sheet a table, LaTeX. No cell can act as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.table import Table
from innospace.report.archives import MADE, repacked
from innospace.report.needs import need
from innospace.report.tables.latex import to_latex
from innospace.report.text import clean, one_line, unique

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
WORKBOOK = "tables.xlsx"


def write_tables(tables: Sequence[Table], folder: str | Path) -> list[Path]:
    """Write tables to a folder: ``NAME.csv`` and ``NAME.tex`` each, and ``tables.xlsx`` with all.

    Parameters
    ----------
    tables : sequence of Table
        What to write; equal names are told apart by a number.
    folder : path
        Created when it is missing.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    from innospace.report.files import Folder

    with Folder(folder) as out:
        add_tables(tables, out)
    return out.written


def add_tables(tables: Sequence[Table], out: Any, under: str = "") -> None:
    """Add the files of tables to a folder that is being written."""
    names = unique((t.name for t in tables), "table", taken=("tables",))
    for name, table in zip(names, tables, strict=True):
        out.add(f"{under}{name}.csv", frame_csv(table.frame).encode("utf-8"))
        out.add(f"{under}{name}.tex", to_latex(table).encode("utf-8"))
    if tables:
        out.add(f"{under}{WORKBOOK}", workbook(tables))


def frame_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV text (UTF-8 when encoded, ``,`` and ``.``), numbers in full precision.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; the index is not written.
    """
    safe = frame.copy()
    safe.columns = [guarded(c) for c in frame.columns]
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if not _plain(column):
            safe.isetitem(position, [guarded(v) if isinstance(v, str) else v for v in column.astype(object)])
    return str(safe.to_csv(index=False, lineterminator="\n"))


def guarded(value: object) -> str:
    """Return text that no spreadsheet takes for a formula; plain numbers stay."""
    text = clean(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def workbook(tables: Sequence[Table]) -> bytes:
    """Return an XLSX workbook: a sheet of contents, then a sheet a table.

    Each sheet holds the title in row 1, headings in row 3 and the numbers from row 4 on, in full precision and with
    the number format of the page; notes stand beneath. Equal tables give equal bytes.
    """
    openpyxl = need("openpyxl")
    from openpyxl.xml.constants import ARC_CORE
    from openpyxl.xml.functions import tostring

    book = openpyxl.Workbook()
    contents = book.active
    contents.title = "Contents"
    names = sheet_names([t.name for t in tables])
    for name, table in zip(names, tables, strict=True):
        _fill(book.create_sheet(name), table)
    _contents(contents, names, tables)
    buffer = io.BytesIO()
    book.save(buffer)
    # saving puts the time of it into the properties
    book.properties.created = book.properties.modified = MADE
    return repacked(buffer.getvalue(), {ARC_CORE: tostring(book.properties.to_tree())})


FILE_KINDS = ("csv", "xlsx")


def tables_file(tables: Sequence[Table], kind: str) -> bytes:
    """Return tables as one file of :data:`FILE_KINDS`: a workbook holds all of them, CSV the first."""
    return workbook(tables) if kind == "xlsx" else frame_csv(tables[0].frame).encode("utf-8")


def sheet_names(names: Iterable[str]) -> list[str]:
    r"""Return names Excel accepts: at most 31 characters, none of ``[]:*?/\``, unique whatever the case."""
    taken, found = {"contents", "history"}, []
    for name in names:
        stem = re.sub(r"[\[\]:*?/\\]", " ", one_line(name)).strip(" '")[:31].rstrip(" '") or "Table"
        candidate, number = stem, 2
        while candidate.casefold() in taken:
            tail = f" {number}"
            candidate, number = stem[: 31 - len(tail)] + tail, number + 1
        taken.add(candidate.casefold())
        found.append(candidate)
    return found


def _plain(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _fill(sheet: Any, table: Table) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter

    known = {c.key: c for c in table.columns}
    _put(sheet, 1, 1, one_line(table.title)).font = Font(bold=True, size=13)
    line = Border(bottom=Side(style="thin"))
    for position, key in enumerate(table.frame.columns, start=1):
        column = known.get(key)
        heading = str(key) if column is None else ": ".join(p for p in (column.group, column.heading) if p)
        head = _put(sheet, 3, position, one_line(heading))
        head.font, head.border = Font(bold=True), line
        head.alignment = Alignment(wrap_text=True, vertical="bottom")
        style = _number_format(column.style if column else "text")
        widest = min(len(heading), 18)
        for row, value in enumerate(table.frame.iloc[:, position - 1], start=4):
            cell = _put(sheet, row, position, value)
            if style and cell.data_type == "n":
                cell.number_format = style
            widest = max(widest, min(len(str(value)) if isinstance(value, str) else 10, 44))
        sheet.column_dimensions[get_column_letter(position)].width = widest + 2
    after = len(table.frame) + 5
    for offset, note in enumerate(table.notes):
        _put(sheet, after + offset, 1, one_line(note)).font = Font(italic=True)
    sheet.freeze_panes = "B4"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "3:3"


def _contents(sheet: Any, names: list[str], tables: Sequence[Table]) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    for position, text in enumerate(("Sheet", "Title", "Rows"), start=1):
        _put(sheet, 1, position, text).font = Font(bold=True)
    for row, (name, table) in enumerate(zip(names, tables, strict=True), start=2):
        link = _put(sheet, row, 1, name)
        # a place in the book itself: as an address it would count as a link to outside
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{name.replace(chr(39), chr(39) * 2)}'!A1")
        link.font = Font(color="0563C1", underline="single")
        _put(sheet, row, 2, one_line(table.title))
        _put(sheet, row, 3, len(table.frame))
    for letter, width in (("A", 34), ("B", 90), ("C", 8)):
        sheet.column_dimensions[letter].width = width


def _put(sheet: Any, row: int, column: int, value: Any) -> Any:
    """Write one cell: numbers as numbers, missing as empty, text as text whatever it starts with."""
    cell = sheet.cell(row=row, column=column)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or _missing(value):
        # Excel has no number for infinity; its sign is kept as text
        if isinstance(value, float) and np.isinf(value):
            cell.value = "∞" if value > 0 else "−∞"
        return cell
    if isinstance(value, bool | int | float):
        cell.value = value
        return cell
    cell.value = clean(value)[:32_767]
    cell.data_type = "s"
    cell.quotePrefix = bool(_FORMULA.match(str(value)))
    return cell


def _missing(value: Any) -> bool:
    import pandas as pd

    return not isinstance(value, str) and bool(pd.isna(value))


def _number_format(style: str) -> str:
    name, _, digits = style.partition(":")
    places = int(digits) if digits else {"fixed": 3, "percent": 1}.get(name, 3)
    dots = "." + "0" * places if places else ""
    return {"fixed": f"#,##0{dots}", "percent": f"0{dots}%", "integer": "#,##0", "year": "0", "p": "0.000"}.get(
        name, ""
    )
