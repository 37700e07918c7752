"""Files made to do harm, or simply far too large: refused with the reason, fast, and before memory is filled."""

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from innospace.core.errors import DataError
from innospace.data import csv_files, parquet_files, read_table, workbook_safety, workbooks

SHEET = "xl/worksheets/sheet1.xml"
MEMORY = 60_000_000


@pytest.fixture
def refused(tmp_path):
    """Write a file, and return what it is refused with; refusing may not take much memory."""

    def read(content, name, **options):
        path = tmp_path / name
        path.write_bytes(content)
        tracemalloc.start()
        try:
            with pytest.raises(DataError) as error:
                read_table(path, **options)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < MEMORY + 4 * len(content)
        assert error.value.remedy
        return error.value

    return read


def book(rows=(("region", "x"), ("A", 1))):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_parts(parts, raw=None):
    """Return a workbook with parts put in place of, or beside, its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw or book())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_not_unpacked(refused):
    bomb = with_parts({SHEET: b"<worksheet>" + b" " * 60_000_000})
    assert len(bomb) < 100_000
    error = refused(bomb, "bomb.xlsx")
    assert "would unpack to 60 MB" in error.what
    assert "250 times" in error.allowed


def test_a_modest_ratio_is_still_refused_over_the_size(refused, monkeypatch):
    monkeypatch.setattr(workbook_safety, "MAX_UNPACKED_BYTES", 1000)
    assert "so it was not opened" in refused(book(), "large.xlsx").what


def test_a_part_that_says_it_is_small_does_not_swell(refused):
    """The size in the directory of the archive is a lie: reading stops there and the sum does not fit."""
    raw = bytearray(with_parts({"xl/sharedStrings.xml": b"<sst>" + b" " * 30_000_000 + b"</sst>"}))
    at = raw.rindex(b"xl/sharedStrings.xml") - 46
    assert raw[at : at + 4] == b"PK\x01\x02"
    raw[at + 24 : at + 28] = struct.pack("<I", 100)
    first = raw.index(b"xl/sharedStrings.xml") - 30
    raw[first + 22 : first + 26] = struct.pack("<I", 100)
    assert "cannot be read" in refused(bytes(raw), "liar.xlsx").what


def test_many_parts_are_refused(refused, monkeypatch):
    monkeypatch.setattr(workbook_safety, "MAX_PARTS", 20)
    assert "parts" in refused(with_parts({f"a{i}": b"" for i in range(30)}), "many.xlsx").what


@pytest.mark.parametrize("name", ["../evil.xml", "xl/../../evil.xml", "/etc/passwd", "C:/x.xml", "..\\evil.xml"])
def test_parts_that_lie_elsewhere_are_refused(refused, name):
    assert "holds a part named" in refused(with_parts({name: b"<a/>"}), "nested.xlsx").what


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
DOCTYPES = {
    "laughs": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l9;</x>',
    "external": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "padded": '<?xml version="1.0"?><!--' + "-." * 100_000 + '--><!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><x/>',
}


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize("how", DOCTYPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(refused, part, how, encoding):
    text = DOCTYPES[how].replace('"1.0"', f'"1.0" encoding="{encoding}"')
    assert "declares a document type" in refused(with_parts({part: text.encode(encoding)}), "xml.xlsx").what


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
    ],
)
def test_a_stray_cell_far_away_makes_no_empty_billions(refused, monkeypatch, row):
    monkeypatch.setattr(workbooks, "MAX_CELLS", 100_000)
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1"><v>1</v></c></row>{row}</sheetData></worksheet>'
    )
    error = refused(with_parts({SHEET: sheet}), "far.xlsx")
    assert "too large" in error.what
    assert "stray cells" in error.remedy


def test_a_locked_workbook_says_so(refused):
    raw = bytearray(book())
    for at in [i for i in range(len(raw)) if raw[i : i + 4] == b"PK\x01\x02"]:
        raw[at + 8] |= 1
    assert "locked with a password" in refused(bytes(raw), "locked.xlsx").what


@pytest.mark.parametrize("end", ["", "\n1,2\n"])
def test_a_line_without_end_is_refused(refused, end):
    error = refused(b"a,b\n1,2\n" + b"," * 3_000_000 + end.encode(), "line.csv")
    assert "too long" in error.what
    assert "line 3" in error.where


def test_long_files_of_short_lines_are_read(tmp_path):
    for mark in ("\n", "\r\n", "\r"):
        path = tmp_path / "long.csv"
        path.write_text(f"a,b{mark}" + f"10,20{mark}" * 300_000, newline="")
        assert path.stat().st_size > csv_files.MAX_LINE
        assert len(read_table(path).frame) == 300_000


def test_a_million_columns_are_refused(refused):
    names = ",".join(f"c{i}" for i in range(100_000))
    assert "100,000 columns" in refused(f"{names}\n".encode(), "wide.csv").what
    assert "too long" in refused(b"a," * 1_000_000 + b"a\n", "wider.csv").what


def test_a_row_far_longer_than_the_header_is_refused(refused):
    assert "400001 cells" in refused(b"a,b\n1,2\n" + b"1," * 400_000 + b"1\n", "row.csv").what


def test_a_cell_without_end_is_refused(refused):
    assert "cannot be split" in refused(b'a,b\n"' + b"x\n" * 200_000, "quote.csv").what


@pytest.mark.parametrize("content", [b"a,b\n1,\x002\n", b"\x00" * 1000, b"a\x00,b\x00\n"])
def test_nul_bytes_are_no_text(refused, content):
    assert "binary data" in refused(content, "nul.csv").what


def test_content_that_is_not_what_the_name_says(refused, tmp_path):
    frame = pa.table({"a": [1]})
    pq.write_table(frame, tmp_path / "p")
    parquet = (tmp_path / "p").read_bytes()
    for content, name, words in [
        (book(), "a.csv", "a workbook"),
        (book(), "a.parquet", "a workbook"),
        (parquet, "a.csv", "a Parquet file"),
        (parquet, "a.xlsx", "a Parquet file"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "a.xlsx", "before 2007, or one with a password"),
        (b"\n <!DOCTYPE html><html>", "a.csv", "a web page"),
        (b"<HTML><table>", "a.xlsx", "a web page"),
        (b"%PDF-1.7", "a.txt", "a PDF"),
        (b"\x1f\x8b\x08", "a.csv", "a gzip archive"),
    ]:
        assert words in refused(content, name).what


def test_text_named_as_a_workbook_or_parquet(refused):
    assert "cannot be read" in refused(b"a,b\n1,2\n", "t.xlsx").what
    assert "cannot be read" in refused(b"a,b\n1,2\n", "t.parquet").what


def test_a_long_column_in_a_few_bytes_is_not_unfolded(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(parquet_files, "MAX_CELLS", 1_000_000)
    pq.write_table(pa.table({"a": np.zeros(2_000_000, np.int8)}), tmp_path / "long")
    error = refused((tmp_path / "long").read_bytes(), "long.parquet")
    assert "2,000,000 rows" in error.what


def test_pages_that_lie_about_their_size_are_an_error(refused, tmp_path):
    pq.write_table(pa.table({"a": np.arange(1000)}), tmp_path / "p", compression="gzip", use_dictionary=False)
    raw = bytearray((tmp_path / "p").read_bytes())
    raw[4:30] = b"\xff" * 26
    assert "cannot be read" in refused(bytes(raw), "pages.parquet").what
    footer = bytearray((tmp_path / "p").read_bytes())
    footer[-8:-4] = struct.pack("<I", 2**31)
    assert "cannot be read" in refused(bytes(footer), "footer.parquet").what


class Harmful:
    def __reduce__(self):
        return (exec, ("import innospace; innospace.harmed = True",))


def test_nothing_is_unpickled(tmp_path):
    import innospace

    harm = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Harmful()),
        b"PANDAS_ATTRS": pickle.dumps(Harmful()),
    }
    schema = pa.schema(
        [pa.field("a", pa.int64(), metadata=harm)], metadata={b"pandas": pickle.dumps(Harmful()), **harm}
    )
    pq.write_table(pa.table({"a": [1, 2]}, schema=schema), tmp_path / "p.parquet")
    assert read_table(tmp_path / "p.parquet").frame["a"].tolist() == [1, 2]
    assert not hasattr(innospace, "harmed")
    (tmp_path / "pickle.csv").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(DataError):
        read_table(tmp_path / "pickle.csv")
    assert not hasattr(innospace, "harmed")
