"""Read tables from CSV, XLSX and Parquet as they come from statistical offices.

A clean UTF-8 file with decimal points goes through the fast engine. Anything else (Windows-1251, decimal commas,
spaces between thousands, text in number columns) takes the careful path, which can name the offending cells.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Nature, Source, file_sha256
from innospace.data.dataset import Dataset
from innospace.data.parsing import MISSING, parse_columns

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}
ENCODINGS = ("utf-8-sig", "cp1251")
DELIMITERS = ",;\t|"
_SNIFFED = 64 * 1024
_COUNTRY_NUMBER = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|-?\d+,\d+")


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    columns: Sequence[str] | None = None,
    numeric: Sequence[str] = (),
    dash: str = "text",
) -> Dataset:
    """Read a table.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.txt``, ``.tsv``, ``.xlsx`` or ``.parquet``.
    sheet : str, optional
        Sheet of a workbook; the first when not given.
    encoding : str, optional
        UTF-8 or Windows-1251 are recognised.
    delimiter : str, optional
        One of comma, semicolon, tab, bar; recognised.
    decimal : str, optional
        ``.`` or ``,``; recognised.
    columns : sequence of str, optional
        Read these columns only.
    numeric : sequence of str
        Columns that must hold numbers.
    dash : str
        What a lone dash in a number column means: ``text`` (an error there), ``zero`` or ``missing``.

    Returns
    -------
    Dataset
        Empty cells and NA, N/A, #N/A, null, None, a lone point or ellipsis are missing.

    Raises
    ------
    DataError, LabelError
        The message names file, row and column.
    """
    file = _require_file(Path(path))
    kind = SUFFIXES[file.suffix.lower()]
    if kind == "csv":
        frame = _read_csv(file, encoding, delimiter, decimal, numeric, dash)
    elif kind == "xlsx":
        frame = _read_xlsx(file, sheet, decimal, numeric, dash)
    else:
        frame = _read_parquet(file, columns)
    if frame.shape[1] == 0 or len(frame) == 0:
        raise DataError("The table has no rows.", where=str(file), remedy="Check that the right file was saved.")
    require_known(numeric, [str(c) for c in frame.columns], kind="column", where=str(file))
    if columns is not None:
        require_known(columns, [str(c) for c in frame.columns], kind="column", where=str(file))
        frame = frame[list(columns)]
    return Dataset(frame, Source(file.name, file_sha256(file), Nature.OBSERVED, "read from a file"))


def _require_file(path: Path) -> Path:
    if not path.exists():
        near = (
            sorted(p.name for p in path.parent.glob("*") if p.suffix.lower() in SUFFIXES)
            if path.parent.is_dir()
            else []
        )
        raise DataError(
            f"There is no file {path.name!r}.",
            where=str(path.parent),
            allowed=f"in this folder: {offenders(near)}" if near else "",
            remedy="Check the spelling and the folder.",
        )
    if path.is_dir():
        raise DataError(f"{path.name!r} is a folder.", where=str(path), allowed="a file", remedy="Name the file in it.")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"Files of type {path.suffix or 'without suffix'!r} cannot be read.",
            where=str(path),
            allowed=", ".join(SUFFIXES),
            remedy="Save the table as CSV, XLSX or Parquet.",
        )
    if path.stat().st_size == 0:
        raise DataError("The file is empty.", where=str(path), remedy="Save the table again.")
    return path


def _read_csv(
    file: Path, encoding: str | None, delimiter: str | None, decimal: str | None, numeric: Sequence[str], dash: str
) -> pd.DataFrame:
    import pandas as pd

    encoding = encoding or _encoding(file)
    with file.open("rb") as handle:
        head = _decode(handle.read(_SNIFFED), encoding, file)
    separator = delimiter or _delimiter(head)
    header = _header(head, separator, file)
    if decimal != "," and not _looks_foreign(head, separator) and dash == "text":
        try:
            frame = pd.read_csv(
                file, sep=separator, encoding=encoding, keep_default_na=False, na_values=sorted(MISSING), engine="c"
            )
        except (pd.errors.ParserError, UnicodeDecodeError, ValueError):
            frame = None  # the careful path says what is wrong and where
        if frame is not None and len(frame.columns) == len(header) and not _suspicious(frame):
            _require_numbers(frame, numeric, file)
            return frame
    rows = _rows(_decode(file.read_bytes(), encoding, file), separator, len(header), file)
    return parse_columns(header, rows, decimal=decimal, numeric=numeric, dash=dash, where=str(file))


def _encoding(file: Path) -> str:
    """Return the encoding of the whole file: UTF-8 unless a byte sequence rules it out."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as handle:
        try:
            while block := handle.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig"


def _decode(raw: bytes, encoding: str, file: Path) -> str:
    try:
        text = raw.decode(encoding, errors="strict" if len(raw) < _SNIFFED else "ignore")
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            f"The file cannot be decoded as {encoding}: {error}.",
            where=str(file),
            allowed="UTF-8 or Windows-1251, or the encoding you name",
            remedy="Save the file as UTF-8, or name its encoding.",
        ) from error
    if "\x00" in text:
        raise DataError("The file holds binary data.", where=str(file), remedy="Save the table as CSV text.")
    return text


def _delimiter(head: str) -> str:
    """Return the delimiter that splits the first lines most often and most evenly."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]

    def evenness(candidate: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=candidate))) for line in lines]
        return (sum(c == counts[0] for c in counts) if counts[0] > 1 else 0, counts[0])

    return max(DELIMITERS, key=evenness) if lines else ","


def _header(head: str, delimiter: str, file: Path) -> list[str]:
    first = next((row for row in csv.reader(io.StringIO(head), delimiter=delimiter) if any(c.strip() for c in row)), [])
    return check_header([c.strip() for c in first], str(file))


def check_header(names: list[str], where: str) -> list[str]:
    """Return column names if they are all there and all different."""
    empty = [i + 1 for i, n in enumerate(names) if not n]
    if not names or empty:
        raise DataError(
            "A column has no name.",
            where=f"{where}, first row, column {offenders(empty) if empty else '1'}",
            remedy="Give every column a name in the first row.",
        )
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        raise DataError(
            f"Column names occur more than once: {offenders(doubled)}.", where=where, remedy="Rename the columns."
        )
    return names


def _looks_foreign(head: str, delimiter: str) -> bool:
    """Whether the first rows show decimal commas or spaced thousands."""
    rows = list(csv.reader(io.StringIO(head), delimiter=delimiter))[1:50]
    return any(_COUNTRY_NUMBER.fullmatch(cell.strip()) for row in rows for cell in row)


def _suspicious(frame: pd.DataFrame) -> bool:
    """Whether a column came out as text although most of its cells look like numbers, or holds nan or inf."""
    import numpy as np
    import pandas as pd

    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "f":
            if bool(np.isinf(column.to_numpy()).any()):
                return True
        elif column.dtype.kind not in "iub":
            filled = column.dropna().astype(str)
            if len(filled) and bool(pd.to_numeric(filled.head(1000), errors="coerce").notna().any()):
                return True
            if len(filled) and bool(filled.head(1000).str.match(_COUNTRY_NUMBER.pattern + "$").any()):
                return True
    return False


def _rows(text: str, delimiter: str, width: int, file: Path) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    started = False
    for row in reader:
        if not any(c.strip() for c in row):
            continue
        if not started:
            started = True
            continue
        if len(row) > width and any(c.strip() for c in row[width:]):
            raise DataError(
                f"A row has {len(row)} cells and the header has {width}.",
                where=f"{file}, line {reader.line_num}",
                allowed=f"{width} cells in every row",
                remedy="Look for an unquoted delimiter or a decimal comma in a comma-separated file.",
            )
        rows.append([*row[:width], *[""] * (width - len(row))])
    return rows


def _require_numbers(frame: pd.DataFrame, numeric: Sequence[str], file: Path) -> None:
    for name in numeric:
        if name in frame.columns and frame[name].dtype.kind not in "iufb":
            bad = frame[name].dropna()
            raise DataError(
                f"Column {name!r} holds text where numbers are needed: {offenders(bad.astype(str).head(5))}.",
                where=f"{file}, rows {offenders((bad.index[:5] + 2).tolist())}",
                allowed="numbers; an empty cell for a missing value",
                remedy="Mend the cells.",
            )


def _read_xlsx(file: Path, sheet: str | None, decimal: str | None, numeric: Sequence[str], dash: str) -> pd.DataFrame:
    import openpyxl

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"The workbook cannot be opened: {error}.",
            where=str(file),
            remedy="Open it in a spreadsheet and save it again.",
        ) from error
    try:
        if sheet is not None:
            require_known([sheet], book.sheetnames, kind="sheet", where=str(file))
        table = book[sheet] if sheet is not None else book[book.sheetnames[0]]
        cells = [list(row) for row in table.iter_rows(values_only=True)]
    finally:
        book.close()
    cells = [row for row in cells if any(v is not None and str(v).strip() for v in row)]
    if not cells:
        raise DataError("The sheet is empty.", where=f"{file}, sheet {sheet or book.sheetnames[0]!r}")
    width = max(i + 1 for row in cells for i, v in enumerate(row) if v is not None)
    header = check_header([_heading(v) for v in cells[0][:width]], str(file))
    rows = [[*row[:width], *[None] * (width - len(row))] for row in cells[1:]]
    return parse_columns(header, rows, decimal=decimal, numeric=numeric, dash=dash, where=str(file))


def _heading(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _read_parquet(file: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
        if columns is not None:
            require_known(columns, schema.names, kind="column", where=str(file))
        frame: pd.DataFrame = pq.read_table(file, columns=list(columns) if columns is not None else None).to_pandas()
    except pa.ArrowInvalid as error:
        raise DataError(
            f"The Parquet file cannot be read: {error}.", where=str(file), remedy="Write it again."
        ) from error
    check_header([str(c) for c in frame.columns], str(file))
    return frame
