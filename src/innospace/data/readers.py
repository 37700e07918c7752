"""Read tables from CSV, XLSX, Parquet and HAR as they come from statistical offices and modellers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Nature, Source
from innospace.data.dataset import Dataset
from innospace.data.faults import Found
from innospace.data.har_files import is_har
from innospace.data.parsing import Rules

SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".har": "har",
}


_SIGNS = (
    (b"PK\x03\x04", "a workbook or another ZIP archive"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel before 2007, or one with a password"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3", "a SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)
"""Beginnings of files, in small letters where they are letters of a text."""
_OWN_SIGN = {"xlsx": b"PK\x03\x04", "parquet": b"PAR1"}


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    columns: Sequence[str] | None = None,
    numeric: Sequence[str] = (),
    text: Sequence[str] = (),
    dash: str = "text",
    flags: str = "text",
    header: int = 1,
) -> Dataset:
    """Read a table.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.txt``, ``.tsv``, ``.xlsx``, ``.xlsm``, ``.parquet``, or ``.har`` of GEMPACK.
    sheet : str, optional
        Sheet of a workbook; the first when not given. Header of a HAR file; its only matrix when not given.
    encoding : str, optional
        UTF-8, UTF-16 with a byte order mark and Windows-1251 are recognised.
    delimiter : str, optional
        One of comma, semicolon, tab, bar; recognised.
    decimal : str, optional
        ``.`` or ``,``; recognised column by column. With ``.`` named, commas between thousands are allowed.
    columns : sequence of str, optional
        Read these columns only, in this order; the others are not looked at.
    numeric : sequence of str
        Columns that must hold numbers.
    text : sequence of str
        Columns that are left as they stand, such as codes. Columns of digits that would be lost in a number
        (leading zeros, more than 16 digits) stay text without being named here.
    dash : str
        What a lone dash in a number column means: ``text`` (an error there), ``zero`` or ``missing``.
    flags : str
        What letters behind a number mean, such as ``12.5 p`` or ``: z`` in tables of Eurostat: ``text`` (an error in a
        number column) or ``drop`` (they are taken out).
    header : int
        Row of a CSV or a sheet that holds the names of columns; a title above it is left out.

    Returns
    -------
    Dataset
        Empty cells and NA, N/A, #N/A, null, None, н/д, a lone point, colon or ellipsis are missing. A column where at
        least half of the cells are numbers is a number column. Rows without any value are left out.

    Raises
    ------
    DataError, LabelError
        The message names file, row and column.
    """
    rules = Rules(decimal, tuple(numeric), tuple(text), dash, flags, header)
    return _read(Path(path), rules, sheet, encoding, delimiter, columns)


def read_faulty(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    numeric: Sequence[str] = (),
    text: Sequence[str] = (),
    dash: str = "text",
    flags: str = "text",
    header: int = 1,
) -> tuple[Dataset, Found]:
    """Read a table whose cells may be faulty; the options are those of :func:`read_table`.

    Returns
    -------
    tuple
        The table, in which faulty columns stay as they stand in the file, and the faults. Without faults the table
        is what :func:`read_table` returns.

    Raises
    ------
    DataError, LabelError
        What is wrong with the file as a whole.
    """
    found = Found()
    rules = Rules(decimal, tuple(numeric), tuple(text), dash, flags, header, found)
    return _read(Path(path), rules, sheet, encoding, delimiter, None), found


def _read(
    path: Path,
    rules: Rules,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    columns: Sequence[str] | None,
) -> Dataset:
    file = _require_file(path)
    # read once: what is hashed is what is parsed
    raw = file.read_bytes()
    kind, where, note = SUFFIXES[file.suffix.lower()], str(file), ""
    _require_kind(raw, kind, file)
    if kind == "csv":
        from innospace.data.csv_files import read_csv

        frame, note = read_csv(raw, where, rules, encoding, delimiter, columns)
    elif kind == "xlsx":
        from innospace.data.workbooks import read_xlsx

        frame = read_xlsx(raw, where, rules, sheet, columns)
    elif kind == "har":
        from innospace.data.har_files import har_table

        frame = har_table(raw, where, sheet)
    else:
        from innospace.data.parquet_files import read_parquet

        frame = read_parquet(raw, where, rules, columns)
    if frame.shape[1] == 0 or len(frame) == 0:
        raise DataError("The table has no rows.", where=where, remedy="Check that the right file was saved.")
    require_known([*rules.numeric, *rules.text], [str(c) for c in frame.columns], kind="column", where=where)
    if columns is not None:
        frame = frame[list(columns)]
    source = Source(file.name, hashlib.sha256(raw).hexdigest(), Nature.OBSERVED, "read from a file")
    return Dataset(frame, source, (note,) if note else ())


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


def _require_kind(raw: bytes, kind: str, path: Path) -> None:
    """Raise when the content of a file is not what its name says."""
    if is_har(raw) is not (kind == "har"):
        raise DataError(
            f"{path.name!r} is named {path.suffix}, but it holds {'' if kind != 'har' else 'no '}header arrays (HAR).",
            where=str(path),
            remedy="Give it the name that fits: .har for header arrays of GEMPACK, written in binary form.",
        )
    begin = raw[:64].lstrip() if kind == "csv" else raw[:64]
    signs = (s for s in _SIGNS if begin.startswith(s[0]) or (s[0].islower() and begin.lower().startswith(s[0])))
    sign, found = next(signs, (b"", ""))
    if not found or sign == _OWN_SIGN.get(kind):
        return
    remedy = "Open it in the program that made it and save it as CSV, XLSX or Parquet; another name alone does not do."
    if sign in _OWN_SIGN.values():
        remedy = "Give it the name that fits: .xlsx for a workbook, .parquet for Parquet."
    raise DataError(
        f"{path.name!r} is named {path.suffix}, but it holds {found}.",
        where=str(path),
        allowed="CSV as text; XLSX of Excel 2007 and later; Parquet",
        remedy=remedy,
    )
