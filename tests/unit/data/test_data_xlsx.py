from __future__ import annotations

import datetime
import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.styles import numbers

from innospace.core.errors import DataError, LabelError


def lists(dataset) -> dict[str, list]:
    return dataset.frame.to_dict("list")


def edited(raw: bytes, member: str, edit) -> bytes:
    """Return the workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, edit(old.read(name)) if name == member else old.read(name))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_numbers_text_and_years(read, workbook):
    raw = workbook([["регион", "год", "q"], ["Москва", 2010.0, 1.5], ["Тверь", 2011, None]])
    found = read(raw, "t.xlsx").frame
    assert found["год"].tolist() == [2010, 2011]
    assert found["год"].dtype.kind == "i"
    assert found["q"].isna().tolist() == [False, True]


def test_numbers_stored_as_text(read, workbook):
    raw = workbook([["q", "v", "n"], ["1 234,5", "\u22121,5", 1], ["2\u00a0345,75", "н/д", "2"], ["7", "0,5", 3.0]])
    found = read(raw, "t.xlsx").frame
    assert found["q"].tolist() == [1234.5, 2345.75, 7.0]
    assert found["v"].dropna().tolist() == [-1.5, 0.5]
    assert found["n"].tolist() == [1, 2, 3]


def test_empty_rows_and_columns_are_passed_over(read, workbook):
    empty = [None] * 5
    raw = workbook(
        [empty, [None, " "], [None, "a", None, "b", None], [None, 1, None, 2], empty, [None, 3, None, None], empty]
    )
    found = read(raw, "t.xlsx").frame
    assert list(found.columns) == ["a", "b"]
    assert found["a"].tolist() == [1, 3]
    assert found["b"].isna().tolist() == [False, True]


def test_rows_are_those_of_the_sheet(read, workbook):
    raw = workbook([[None], [None, "a", "q"], [None], [None, "x", 1], [None, "y", "много"], [None, "z", 3]])
    with pytest.raises(DataError, match="'много'") as error:
        read(raw, "t.xlsx")
    assert "rows 5" in error.value.where
    assert "sheet 'Лист1'" in error.value.where


def test_a_column_without_a_name(read, workbook):
    with pytest.raises(DataError, match="stretch over two rows") as error:
        read(workbook([["Title"], ["a", "b"], [1, 2]]), "t.xlsx")
    assert "B1" in error.value.where
    assert "'Title b'" in error.value.remedy
    with pytest.raises(DataError, match="no name"):
        read(workbook([["a", None, "c"], [1, 2, 3]]), "t.xlsx")


def test_a_title_above_the_names_is_left_out_when_their_row_is_named(read, workbook):
    raw = workbook([[None, "Title"], [None], [None, "a", "b", "q"], [None, "x", "y", 1], [None, "z", "w", "много"]])
    with pytest.raises(DataError, match="holds a title, 'Title'") as error:
        read(raw, "t.xlsx")
    assert "read with header=3" in error.value.remedy
    assert lists(read(raw, "t.xlsx", header=3, text=["q"])) == {"a": ["x", "z"], "b": ["y", "w"], "q": ["1", "много"]}
    with pytest.raises(DataError, match="'много'") as error:
        read(raw, "t.xlsx", header=3, numeric=["q"])
    assert "rows 5" in error.value.where
    with pytest.raises(DataError, match="empty from row 9 on"):
        read(raw, "t.xlsx", header=9)


def test_headings_that_are_years(read, workbook):
    found = read(workbook([["регион", 2010, 2011.0, "2012 г."], ["Тверь", 1, 2, 3]]), "t.xlsx")
    assert list(found.frame.columns) == ["регион", "2010", "2011", "2012 г."]


def test_double_headings(read, workbook):
    with pytest.raises(DataError, match="2010"):
        read(workbook([[2010, "2010"], [1, 2]]), "t.xlsx")


def test_sheets(read, workbook):
    raw = workbook(первый=[["a"], [1]], второй=[["b"], [2]])
    assert lists(read(raw, "t.xlsx")) == {"a": [1]}
    assert lists(read(raw, "t.xlsx", sheet="второй")) == {"b": [2]}
    with pytest.raises(LabelError, match="третий"):
        read(raw, "t.xlsx", sheet="третий")


def test_empty_sheets(read, workbook):
    with pytest.raises(DataError, match="sheet is empty"):
        read(workbook([]), "t.xlsx")
    with pytest.raises(DataError, match="no rows"):
        read(workbook([["a", "b"]]), "t.xlsx")


def test_a_wrong_extent_in_the_file_hides_nothing(read, workbook):
    raw = workbook([["a", "b"], [1, 2], [3, 4]])
    wrong = edited(raw, SHEET, lambda xml: re.sub(rb'<dimension ref="[^"]+"', b'<dimension ref="A1"', xml))
    assert wrong != raw
    assert lists(read(wrong, "t.xlsx")) == {"a": [1, 3], "b": [2, 4]}


def test_dates_are_text_and_no_numbers(read, workbook):
    day = datetime.datetime(2010, 5, 1)
    found = read(workbook([["день", "q"], [day, 1], [datetime.datetime(2011, 5, 1, 12, 30), 2]]), "t.xlsx")
    assert found.frame["день"].tolist() == ["2010-05-01", "2011-05-01 12:30:00"]
    with pytest.raises(DataError, match=r"dates where numbers are needed: '2010-05-01'") as error:
        read(workbook([["q"], [1.5], [day], [2.5]]), "t.xlsx")
    assert "1.5 into a date" in error.value.remedy


# how an empty value is written depends on whether lxml is installed
EMPTY_VALUE = re.compile(rb"(<f>B2\+1</f>)<v\s*(?:/>|></v>)")


def test_formulas_count_by_their_stored_values(read, workbook):
    raw = workbook([["a", "q"], ["x", 1], ["y", "=B2+1"], ["z", None]])
    stored = edited(raw, SHEET, lambda xml: EMPTY_VALUE.sub(rb"\1<v>2</v>", xml))
    found = read(stored, "t.xlsx").frame["q"]
    assert found.iloc[:2].tolist() == [1.0, 2.0]
    assert found.isna().tolist() == [False, False, True]


@pytest.mark.parametrize("rows", [[["a", "q"], ["x", 1], ["y", "=B2+1"]], [["=A2"], [None]]])
def test_formulas_that_were_never_calculated(read, workbook, rows):
    with pytest.raises(DataError, match="never calculated") as error:
        read(workbook(rows), "t.xlsx")
    assert ("B3" if len(rows) == 3 else "A1") in error.value.where
    assert "save it" in error.value.remedy


@pytest.mark.parametrize("value", ["#DIV/0!", "#REF!", "#VALUE!", "#NAME?"])
def test_errors_of_the_spreadsheet(read, workbook, value):
    with pytest.raises(DataError, match="errors of the spreadsheet") as error:
        read(workbook([["a", "q"], ["x", 1], ["y", value], ["z", 2]]), "t.xlsx")
    assert f"B3 ({value})" in error.value.where


def test_not_available_is_missing(read, workbook):
    assert read(workbook([["q"], [1], ["#N/A"]]), "t.xlsx").frame["q"].isna().tolist() == [False, True]


def test_codes_and_truth_values(read, workbook):
    raw = workbook([["okato", "t", "mixed"], ["01", True, 1], ["45", False, 2], ["03", True, 3]])
    found = read(raw, "t.xlsx").frame
    assert found["okato"].tolist() == ["01", "45", "03"]
    assert found["t"].tolist() == [True, False, True]
    with pytest.raises(DataError, match="True"):
        read(workbook([["q"], [1], [True], [3]]), "t.xlsx")


def test_percent_formats_hold_fractions(read):
    book = openpyxl.Workbook()
    book.active.append(["share"])
    book.active.append([0.125])
    book.active["A2"].number_format = numbers.FORMAT_PERCENTAGE_00
    out = io.BytesIO()
    book.save(out)
    assert lists(read(out.getvalue(), "t.xlsx")) == {"share": [0.125]}


def test_chosen_columns(read, workbook):
    raw = workbook([["a", "b", "c"], ["x", 1, 2], ["y", "z", 3], ["w", 2, 4]])
    assert lists(read(raw, "t.xlsx", columns=["c", "a"])) == {"c": [2, 3, 4], "a": ["x", "y", "w"]}
    with pytest.raises(LabelError, match="'d'"):
        read(raw, "t.xlsx", columns=["d"])


@pytest.mark.parametrize("how", ["text", "half", "no sheet", "broken sheet"])
def test_broken_workbooks(read, workbook, how):
    raw = workbook([["a", "b"], [1, 2]])
    broken = {
        "text": lambda: b"this is no workbook",
        "half": lambda: raw[: len(raw) // 2],
        "no sheet": lambda: edited(raw, "xl/workbook.xml", lambda xml: b""),
        "broken sheet": lambda: edited(raw, SHEET, lambda xml: xml[: len(xml) // 2]),
    }[how]()
    with pytest.raises(DataError, match="workbook cannot be read") as error:
        read(broken, "t.xlsx")
    assert "t.xlsx" in error.value.where
    assert error.value.remedy
