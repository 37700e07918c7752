"""What is refused before a workbook is unpacked: archives that swell, names that lead elsewhere, entities in XML."""

from __future__ import annotations

import io
import re
import zipfile

from innospace.core.errors import DataError

MAX_UNPACKED_BYTES = 500_000_000
MAX_RATIO = 250
"""Sheets shrink to a tenth, very regular ones to a hundredth; the limit of the method is a thousandth."""
SMALL_BYTES = 20_000_000
"""Below this unpacked size the ratio does not matter."""
MAX_PARTS = 5_000
_ELSEWHERE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\x00")
_ENCRYPTED = 1
_STEP = 64 * 1024


def require_harmless(raw: bytes, where: str) -> None:
    """Look at a workbook without unpacking more of it than the beginnings of its parts.

    Raises
    ------
    DataError
        It is no archive, it is locked, or it is made to do harm.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            parts = book.infolist()
            _require_modest(parts, where)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _refuse_doctype(book, part, where)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise DataError(
            f"The workbook cannot be read: {error}.",
            where=where,
            allowed="workbooks of Excel 2007 and later, without a password",
            remedy="Open it in a spreadsheet program and save it again as .xlsx.",
        ) from error


def _require_modest(parts: list[zipfile.ZipInfo], where: str) -> None:
    if len(parts) > MAX_PARTS:
        raise _refused(f"holds {len(parts):,} parts", f"up to {MAX_PARTS:,} parts", where)
    for part in parts:
        if _ELSEWHERE.search(part.orig_filename) or _ELSEWHERE.search(part.filename):
            raise _refused(f"holds a part named {part.orig_filename[:60]!r}", "names inside the workbook", where)
        if part.flag_bits & _ENCRYPTED:
            raise _refused("is locked with a password", "workbooks without a password", where)
    # a part that holds more than it says fails when it is read, so what it says is a limit
    unpacked = sum(p.file_size for p in parts)
    packed = max(sum(p.compress_size for p in parts), 1)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > SMALL_BYTES and unpacked > MAX_RATIO * packed):
        raise _refused(
            f"would unpack to {unpacked / 1e6:,.0f} MB, {unpacked / packed:,.0f} times its size",
            f"up to {MAX_UNPACKED_BYTES / 1e6:,.0f} MB, and up to {MAX_RATIO} times its size",
            where,
        )


def _refused(what: str, allowed: str, where: str) -> DataError:
    return DataError(
        f"The workbook {what}, so it was not opened.",
        where=where,
        allowed=allowed,
        remedy="Save the sheet that is needed as a workbook of its own, or as CSV or Parquet.",
    )


class _Begun(Exception):  # noqa: N818
    """The root element begins: no document type can follow."""


def _refuse_doctype(book: zipfile.ZipFile, part: zipfile.ZipInfo, where: str) -> None:
    """Raise when a part declares a document type: entities come with it, and no spreadsheet program writes one."""
    from xml.parsers import expat

    def refuse(*_: object) -> None:
        raise _refused(f"declares a document type in {part.filename!r}", "the XML that spreadsheets write", where)

    def stop(*_: object) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        with book.open(part) as content:
            while chunk := content.read(_STEP):
                parser.Parse(chunk, False)
    except (_Begun, expat.ExpatError):
        # what is no XML is told by the reader
        return
