from __future__ import annotations

import io
import sys
from pathlib import Path

import openpyxl
import pytest

from innospace.data import read_table

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)


@pytest.fixture
def read(tmp_path):
    """Write text or bytes to a file and read it; returns the dataset."""

    def _read(content: str | bytes, name: str = "table.csv", *, encoded: str = "utf-8", **options):
        raw = content.encode(encoded) if isinstance(content, str) else content
        (tmp_path / name).write_bytes(raw)
        return read_table(tmp_path / name, **options)

    return _read


@pytest.fixture
def workbook():
    """Return a function that makes the bytes of a workbook: sheet name to rows."""

    def make(rows=None, /, **sheets) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, cells in ({"Лист1": rows} if rows is not None else sheets).items():
            sheet = book.create_sheet(name)
            for row in cells:
                sheet.append(row)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return make
