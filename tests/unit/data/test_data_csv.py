from __future__ import annotations

import csv
import hashlib
import io
import pickle
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError
from innospace.data import read_table
from innospace.data.cells import notation, to_number

LARGEST = 6.0
"""Memory while a file is read, in its size as UTF-8: the bytes, the columns and what splits them. A text of its
characters would add four times its size."""


def lists(dataset) -> dict[str, list]:
    return dataset.frame.to_dict("list")


def kinds(dataset) -> dict[str, str]:
    return {n: d.kind if d.kind in "iufb" else "text" for n, d in dataset.frame.dtypes.items()}


# notations


@pytest.mark.parametrize(
    ("cell", "form", "under_point", "under_comma"),
    [
        ("12", "plain", 12.0, 12.0),
        ("-12", "plain", -12.0, -12.0),
        ("\u221212", "plain", -12.0, -12.0),
        ("+3", "plain", 3.0, 3.0),
        ("1e3", "plain", 1000.0, 1000.0),
        ("1 234 567", "plain", 1234567.0, 1234567.0),
        ("1\u00a0234", "plain", 1234.0, 1234.0),
        ("1\u202f234", "plain", 1234.0, 1234.0),
        ("1\u2009234", "plain", 1234.0, 1234.0),
        ("1.5", "point", 1.5, None),
        (".5", "point", 0.5, None),
        ("5.", "point", 5.0, None),
        ("1.5E-03", "point", 0.0015, None),
        ("1,5", "comma", None, 1.5),
        ("1 234,5", "comma", None, 1234.5),
        ("1 234,567", "comma", None, 1234.567),
        ("0,123", "comma", None, 0.123),
        ("\u22120,5", "comma", None, -0.5),
        ("1.234,5", "comma", None, 1234.5),
        ("1.234.567", "comma", None, 1234567.0),
        ("1,234", "either", 1234.0, 1.234),
        ("1,234.5", "grouped", 1234.5, None),
        ("1,234,567", "grouped", 1234567.0, None),
    ],
)
def test_notations(cell, form, under_point, under_comma):
    assert notation(cell) == form
    assert to_number(cell, ".") == under_point
    assert to_number(cell, ",") == under_comma


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "12a",
        "1 23",
        "1234 567",
        "1,23,456",
        "1.2.3",
        "1_000",
        "0x10",
        "nan",
        "inf",
        "1e999",
        "12 %",
        "٣",
        None,
    ],
)
def test_no_numbers(cell):
    assert notation(cell) is None
    assert to_number(cell) is None


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), True, object()])
def test_objects_that_are_no_numbers(cell):
    assert to_number(cell) is None


# what is read


def test_plain_file(read):
    found = read("region,year,q\nМосква,2010,1.5\nТверь,2011,\n")
    assert kinds(found) == {"region": "text", "year": "i", "q": "f"}
    assert found.frame["region"].tolist() == ["Москва", "Тверь"]
    assert found.frame["q"].isna().tolist() == [False, True]
    assert found.steps == ()


def test_hash_is_that_of_the_bytes(read):
    raw = b"a,b\n1,2\n"
    assert read(raw).source.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoded", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-32"])
def test_encodings_and_line_ends(read, encoded, end):
    text = end.join(["регион;год;выпуск", "Орёл;2010;1 234,5", "Тверь;2011;\u22120,25", ""])
    if encoded == "cp1251":
        text = text.replace("\u2212", "-")
    assert lists(read(text, encoded=encoded)) == {
        "регион": ["Орёл", "Тверь"],
        "год": [2010, 2011],
        "выпуск": [1234.5, -0.25],
    }


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866", "utf-16-le", "mac-cyrillic"])
def test_named_encodings(read, encoding):
    text = "регион,q\nКурская область,1\n"
    assert read(text, encoded=encoding, encoding=encoding).frame["регион"].tolist() == ["Курская область"]


@pytest.mark.parametrize("encoded", ["koi8-r", "cp866"])
def test_other_cyrillic_encodings_are_refused_rather_than_garbled(read, encoded):
    with pytest.raises(DataError, match="not recognised") as error:
        read("регион,q\nКурская область,1\nТверская область,2\n", encoded=encoded)
    assert "koi8-r" in error.value.remedy
    assert "line 1" in error.value.where


def test_latin_letters_are_not_read_as_russian(read):
    with pytest.raises(DataError, match="not recognised"):
        read("region,q\nQuébec,1\nÎle-de-France,2\n", encoded="latin-1")


def test_first_letters_beyond_ascii_may_come_late(read):
    rows = "".join(f"name {i},{i}\n" for i in range(20_000))
    assert read(f"a,b\n{rows}Тверская область,1\n", encoded="cp1251").frame["a"].iloc[-1] == "Тверская область"
    with pytest.raises(DataError, match="line 20002"):
        read(f"a,b\n{rows}Тверская область,1\n", encoded="cp866")


def test_a_named_encoding_is_held_to_the_last_byte(read):
    late = ("a,b\n" + "x,1\n" * 30_000 + "Тверь,1\n").encode("cp1251")
    with pytest.raises(DataError, match="cannot be decoded as utf-8"):
        read(late, encoding="utf-8")


def test_unknown_encoding(read):
    with pytest.raises(DataError, match="klingon"):
        read("a\n1\n", encoding="klingon")


def test_utf16_without_mark_and_binary_data(read):
    with pytest.raises(DataError, match="binary") as error:
        read("a,b\n1,2\n".encode("utf-16-le"))
    assert "utf-16-le" in error.value.remedy


@pytest.mark.parametrize("shift", range(4))
def test_characters_of_several_bytes_at_the_edge_of_64_kib(read, shift):
    head = "имя,q\n" + "x" * shift + ",1\n"
    count = 65536 // len("Ярославская область,1\n".encode()) + 200
    found = read(head + "Ярославская область,1\n" * count)
    assert found.frame["имя"].iloc[1:].eq("Ярославская область").all()
    assert len(found.frame) == count + 1
    assert (65536 - len(head.encode())) // 41 < count


def test_quoted_fields_with_line_breaks(read):
    found = read('имя;q\n"Курская\nобласть";1,5\n"ООО ""Ромашка""; Тверь";2,5\n')
    assert lists(found) == {"имя": ["Курская\nобласть", 'ООО "Ромашка"; Тверь'], "q": [1.5, 2.5]}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(read, mark):
    assert lists(read(f"a{mark}b\nx{mark}1\ny{mark}2\n")) == {"a": ["x", "y"], "b": [1, 2]}


def test_headings_with_commas_in_a_semicolon_file(read):
    found = read("Население, тыс. чел.;2010\nМосква;1,5\nТверь;2,5\n")
    assert lists(found) == {"Население, тыс. чел.": ["Москва", "Тверь"], "2010": [1.5, 2.5]}


def test_one_column(read):
    assert lists(read("q\n1\n2\n")) == {"q": [1, 2]}
    with pytest.raises(DataError, match="2 cells and the header has 1"):
        read("q\n1,5\n2,5\n")
    assert lists(read("q\n1,5\n2,5\n", delimiter=";")) == {"q": [1.5, 2.5]}


def test_reading_other_than_plain_is_told(read):
    assert read("a;b\nТверь;1\n", encoded="cp1251").steps == ("Read as cp1251, delimiter ';'.",)


def test_missing_markers_are_mixed(read):
    cells = ["1", "", "NA", "N/A", "n/a", "#N/A", "null", "None", ".", ":", "…", "...", "н/д", "нет данных", "  ", "2"]
    found = read("i,q\n" + "".join(f"x,{c}\n" for c in cells))
    assert found.frame["q"].isna().sum() == len(cells) - 2
    assert kinds(found)["q"] == "f"


def test_columns_without_values_are_numbers_that_are_missing(read):
    found = read("a,b,c\n1,,NA \n2,, \n")
    assert kinds(found) == {"a": "i", "b": "f", "c": "f"}


def test_names_and_text_lose_surrounding_space(read):
    found = read(" регион , q\n Москва ,1\n\u00a0Тверь, 2\n")
    assert lists(found) == {"регион": ["Москва", "Тверь"], "q": [1, 2]}


def test_byte_order_marks_inside_a_joined_file(read):
    found = read("\ufeffa,b\n1,2\n\ufeff3,4\n")
    assert lists(found) == {"a": [1, 3], "b": [2, 4]}


def test_blank_rows_are_left_out(read):
    found = read("\n,,\na,b,c\n,,\n1,2,3\n\n  \n4,5,6\n,,\n")
    assert lists(found) == {"a": [1, 4], "b": [2, 5], "c": [3, 6]}


def test_empty_cells_beyond_the_header_are_nothing(read):
    assert lists(read("a,b\n1,2,\n3,4,,\n")) == {"a": [1, 3], "b": [2, 4]}


def test_whole_numbers_written_as_floats_are_whole(read):
    found = read("year,q\n2010.0,1.5\n2011.0,2\n")
    assert kinds(found) == {"year": "i", "q": "f"}
    assert found.frame["year"].tolist() == [2010, 2011]


def test_truth_values(read):
    assert kinds(read("a,b\nTrue,1\nFALSE,2\n"))["a"] == "b"
    partly = read("a,b\nTrue,1\n,2\nfalse,3\n").frame["a"]
    assert partly.iloc[[0, 2]].tolist() == ["True", "false"]


# what would be misread


def test_leading_zeros_stay(read):
    found = read("okato,year,q\n01,2010,1\n45,2010,2\n")
    assert found.frame["okato"].tolist() == ["01", "45"]
    assert kinds(found) == {"okato": "text", "year": "i", "q": "i"}


def test_leading_zeros_deep_in_a_file_and_beside_missing_cells(read):
    rows = "".join(f"{i},\n" for i in range(10, 3000))
    assert read(f"a,okato\n{rows}5,01000000\n6,45000000\n").frame["okato"].dropna().tolist() == ["01000000", "45000000"]


def test_leading_zeros_as_numbers_on_request(read):
    assert read("month,q\n01,1\n12,2\n", numeric=["month"]).frame["month"].tolist() == [1, 12]


def test_leading_zeros_of_decimals_are_no_codes(read):
    assert read("q,v\n0.5,-0.25\n00.5,0\n").frame["q"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("number", ["9007199254740993", "12345678901234567890", "123456789012345678901234"])
@pytest.mark.parametrize("other", ["1", ""])
def test_long_numbers_keep_their_digits(read, number, other):
    assert read(f"account,q\n{number},1\n{other},2\n").frame["account"].iloc[0] == number


def test_columns_left_as_text(read):
    found = read("id,q\n1,1\n2B,2\n3,3\n", text=["id"])
    assert found.frame["id"].tolist() == ["1", "2B", "3"]
    assert read("v,q\n1.10,1\n1.20,2\n", text=["v"]).frame["v"].tolist() == ["1.10", "1.20"]


@pytest.mark.parametrize("cells", [["1,234"], ["1,234", "0.5"], ["12,345", "7"]])
def test_a_comma_that_may_mean_two_things_is_refused(read, cells):
    with pytest.raises(DataError, match="before decimals or between thousands") as error:
        read("a;q\n" + "".join(f"x;{c}\n" for c in cells))
    assert "1.234 or 1234" in error.value.allowed or "12.345 or 12345" in error.value.allowed
    assert "rows 2" in error.value.where


def test_a_comma_is_read_by_the_evidence_of_the_table(read):
    assert read("a;q\nx;1,234\ny;1,5\n").frame["q"].tolist() == [1.234, 1.5]
    assert read("a;q\n1,5;1,234\n2,5;2,345\n").frame["q"].tolist() == [1.234, 2.345]
    assert read('a,q\nx,"1,234"\ny,"1,234.5"\n').frame["q"].tolist() == [1234.0, 1234.5]
    assert read("a;q\nx;0,123\ny;1,234\n").frame["q"].tolist() == [0.123, 1.234]


def test_a_comma_is_read_by_the_named_mark(read):
    assert read("a;q\nx;1,234\n", decimal=",").frame["q"].tolist() == [1.234]
    assert read("a;q\nx;1,234\n", decimal=".").frame["q"].tolist() == [1234]


def test_a_point_in_a_table_of_commas_is_not_guessed(read):
    with pytest.raises(DataError, match="between thousands"):
        read("a;q\n1,5;1.234\n2,5;2.345\n")
    assert read("a;q\n1,5;1.25\n2,5;2.5\n3,5;0.5\n").frame["q"].tolist() == [1.25, 2.5, 0.5]


def test_a_named_mark_that_does_not_fit_is_refused(read):
    with pytest.raises(DataError, match="'q' holds text where numbers") as error:
        read("a;q\nx;1.5\ny;2.5\n", decimal=",")
    assert "','" in error.value.allowed


def test_both_marks_in_a_column_are_refused(read):
    with pytest.raises(DataError, match=r"'2\.5'") as error:
        read("a;q\nx;1,5\ny;2.5\nz;3,5\n")
    assert "rows 3" in error.value.where


@pytest.mark.parametrize("cells", [["12%", "5%"], ["12,5 %", "3\u00a0%"]])
def test_percent_signs_are_refused(read, cells):
    with pytest.raises(DataError, match="percent signs"):
        read("a;share\n" + "".join(f"x;{c}\n" for c in cells))


def test_commas_read_at_once_and_cell_by_cell_are_the_same(read):
    cells = ["1,5", "-0,25", "\u22123,125", "1 234,5", "1\u00a0234,567", "7", "5e-06", "2,5E+03", "0,125", "+4,5"]
    numbers = [1.5, -0.25, -3.125, 1234.5, 1234.567, 7.0, 5e-06, 2500.0, 0.125, 4.5]
    rows = "".join(f"x;{c}\n" for c in cells)
    assert read(f"a;q\n{rows}").frame["q"].tolist() == numbers
    # a missing marker with space around it sends the column the long way
    slow = read(f"a;q\n{rows}y; н/д \n").frame["q"]
    assert slow.tolist()[:-1] == numbers
    assert np.isnan(slow.iloc[-1])
    with pytest.raises(DataError, match="1e99999"):
        read(f"a;q\n{rows}x;1e99999\n")


def test_columns_of_one_file_go_different_ways(read):
    text = "okato;год;q;v;флаг;имя\n01;2010;1,5;7;True; Тверь \n45;2011;2,25;;False;Курск\n"
    found = read(text, encoded="cp1251")
    assert kinds(found) == {"okato": "text", "год": "i", "q": "f", "v": "f", "флаг": "b", "имя": "text"}
    assert found.frame.iloc[0].tolist() == ["01", 2010, 1.5, 7.0, True, "Тверь"]


# dashes, text, not finite


def test_a_dash_is_what_the_reader_is_told(read):
    text = "region,q\nа,-\nб,1\nв,–\nг,\n"
    with pytest.raises(DataError, match="dash in 2 cells") as error:
        read(text)
    assert "rows 2, 4" in error.value.where
    assert read(text, dash="zero").frame["q"].fillna(-1).tolist() == [0.0, 1.0, 0.0, -1.0]
    assert read(text, dash="missing").frame["q"].isna().tolist() == [True, False, True, True]
    with pytest.raises(SpecError, match="nil"):
        read(text, dash="nil")


def test_flags_of_statistical_offices_are_named_as_such(read):
    with pytest.raises(DataError, match=r"'1 234 b', '12\.5 be'") as error:
        read("region,q\nа,1 234 b\nб,12.5 be\nв,3.5\nг,4.5\n")
    assert "flags" in error.value.remedy
    assert "dash" not in error.value.remedy
    with pytest.raises(DataError) as error:
        read("region,q\nа,7 p\nб,-\nв,3.5\nг,4.5\n")
    assert "flags" in error.value.remedy
    assert '"missing"' in error.value.remedy
    with pytest.raises(DataError) as error:
        read("region,q\nа,about 7 p\nб,3.5\nв,4.5\n")
    assert "flags" not in error.value.remedy


def test_flags_are_dropped_when_they_are_said_to_be_flags(read):
    text = "nuts\tcode\t2009 \t2010 \nAT11\t1a\t1 234.5 b\t: z\nAT12\t2b\t3.5 \t4 p\nAT13\tx\t: \t7 be\n"
    with pytest.raises(DataError, match=r"1 234\.5 b"):
        read(text, delimiter="\t")
    found = read(text, delimiter="\t", flags="drop", text=["code"])
    assert kinds(found) == {"nuts": "text", "code": "text", "2009": "f", "2010": "f"}
    assert found.frame["2009"].fillna(-1).tolist() == [1234.5, 3.5, -1.0]
    assert found.frame["2010"].fillna(-1).tolist() == [-1.0, 4.0, 7.0]
    # names that end in letters stay what they are
    assert read("region,q\nа 1b,1\nб,2\nв,3\n", flags="drop").frame["region"].tolist() == ["а 1b", "б", "в"]
    with pytest.raises(DataError, match="about 7 p") as error:
        read("region,q\nа,about 7 p\nб,3.5 p\nв,4.5\n", flags="drop")
    assert "3.5" not in error.value.what
    with pytest.raises(SpecError, match="keep"):
        read("a,b\n1,2\n", flags="keep")


@pytest.mark.parametrize("encoded", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_large_file_takes_a_few_times_its_size(tmp_path, encoded):
    text = "регион,год,q,v\n" + "Уфа,2010,1.25,2.5\nКазань,2011,3.25,4.5\n" * 40_000
    (tmp_path / "t.csv").write_bytes(text.encode(encoded))
    tracemalloc.start()
    try:
        found = read_table(tmp_path / "t.csv").frame
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.shape == (80_000, 4)
    assert found["q"].sum() == 40_000 * 4.5
    assert peak < LARGEST * len(text.encode())


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "Infinity", "−inf"])
def test_values_that_are_not_finite(read, cell):
    with pytest.raises(DataError, match="not a finite number") as error:
        read(f"a,q\nx,1\ny,{cell}\nz,3\n")
    assert "rows 3" in error.value.where


def test_numbers_beyond_floats(read):
    with pytest.raises(DataError, match="1e999"):
        read("a,q\nx,1\ny,1e999\n")


@pytest.mark.parametrize("position", [0, 1500, 2999])
def test_text_among_numbers_is_found_anywhere(read, position):
    cells = ["7"] * 3000
    cells[position] = "seven"
    with pytest.raises(DataError, match="'seven'") as error:
        read("q,w\n" + "".join(f"{c},1\n" for c in cells))
    assert f"rows {position + 2}" in error.value.where


def test_numbers_that_follow_much_text_are_seen(read):
    with pytest.raises(DataError, match="holds text"):
        read("q,w\n" + "".join(f"{c},1\n" for c in ["x"] * 1200 + ["7"] * 1300))


def test_rows_are_lines_of_the_file(read):
    text = 'имя,q\n"две\nстроки",1\n\nтри,2\nчетыре,x\nпять,3\n'
    with pytest.raises(DataError) as error:
        read(text)
    assert "rows 6" in error.value.where


def test_required_numbers(read):
    with pytest.raises(DataError, match="'a' holds text") as error:
        read("a,b\nx,1\ny,2\n", numeric=["a"])
    assert "'x', 'y'" in error.value.what
    with pytest.raises(LabelError, match="'c'"):
        read("a,b\nx,1\n", numeric=["c"])
    with pytest.raises(SpecError, match="at once"):
        read("a,b\nx,1\n", numeric=["b"], text=["b"])


# shape


@pytest.mark.parametrize("row", ["1,2,3,4", "1,2,3,4,5"])
@pytest.mark.parametrize("others", [0, 3])
def test_long_rows(read, row, others):
    with pytest.raises(DataError, match="and the header has 3") as error:
        read("a,b,c\n" + "1,2,3\n" * others + row + "\n")
    assert f"line {others + 2}" in error.value.where


@pytest.mark.parametrize("quoted", ["7", '"7,8"'])
def test_short_rows(read, quoted):
    with pytest.raises(DataError, match="2 cells and the header has 3") as error:
        read(f"a,b,c\n{quoted},2,3\n4,5\n6,7,8\n", text=["a"])
    assert "line 3" in error.value.where


def test_footnotes_under_the_table(read):
    with pytest.raises(DataError, match="1 cells") as error:
        read("регион;q\nМосква;1\n1) без учёта\n")
    assert "footnote" in error.value.remedy


@pytest.mark.parametrize("text", ['a,b\n"x,1\ny,2\n', 'a,b\n1,2\n"x" y,"3\n'])
def test_open_quotes(read, text):
    with pytest.raises(DataError, match="cannot be split") as error:
        read(text)
    assert "quotation" in error.value.remedy


@pytest.mark.parametrize(("header", "what"), [("a,,c", "no name"), ("a,b,a", "'a'"), ("a, a ,c", "more than once")])
def test_headers(read, header, what):
    with pytest.raises(DataError, match=what):
        read(f"{header}\n1,2,3\n")


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a,b\n\n  \n", "a,b\n,\n", "a,b\n\n,\nNA,NA\n"])
def test_no_rows(read, content):
    with pytest.raises(DataError, match="no rows"):
        read(content)


def test_empty_files(read):
    with pytest.raises(DataError, match="empty"):
        read(b"")
    with pytest.raises(DataError, match="no name"):
        read("\n\n")


def test_missing_file_names_its_neighbours(tmp_path):
    (tmp_path / "regions.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no file 'region\.csv'") as error:
        read_table(tmp_path / "region.csv")
    assert "regions.csv" in error.value.allowed
    with pytest.raises(DataError, match="no file"):
        read_table(tmp_path / "no" / "region.csv")


def test_folders_and_other_types(tmp_path, read):
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path / "f.csv")
    with pytest.raises(DataError, match="cannot be read") as error:
        read("x", "table.xls")
    assert ".xlsx" in error.value.allowed


def test_chosen_columns(read):
    text = "a,b,c\nx,1,2\ny,two,3\nz,4,4\n"
    assert lists(read(text, columns=["c", "a"])) == {"c": [2, 3, 4], "a": ["x", "y", "z"]}
    with pytest.raises(DataError, match="two"):
        read(text)
    with pytest.raises(LabelError, match="'d'"):
        read(text, columns=["a", "d"])


@pytest.mark.parametrize(("option", "value"), [("decimal", "'"), ("delimiter", "#"), ("delimiter", "")])
def test_wrong_options(read, option, value):
    with pytest.raises(InnospaceError, match="Unknown"):
        read("a,b\n1,2\n", **{option: value})


# invariants

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SLOW_START = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@SLOW_START
@given(st.lists(FINITE, min_size=1, max_size=20), st.sampled_from(["utf-8", "cp1251", "utf-16"]), st.booleans())
def test_any_finite_number_survives(tmp_path, numbers, encoded, comma):
    def written(v: float) -> str:
        return repr(v).replace(".", ",") if comma else repr(v)

    mark = ";" if comma else ","
    rows = "".join(f"Тверь{mark}{written(v)}\n" for v in numbers)
    (tmp_path / "t.csv").write_text(f"регион{mark}q\n{rows}", encoding=encoded)
    got = read_table(tmp_path / "t.csv", decimal="," if comma else None, numeric=["q"]).frame["q"]
    np.testing.assert_array_equal(got.to_numpy(float), np.array(numbers))


@SLOW_START
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.sampled_from("\u00a0\u202f\u2009 "))
def test_spaced_thousands_survive(tmp_path, numbers, space):
    rows = "".join(f"x;{v:,}\n".replace(",", space).replace("-", "\u2212") for v in numbers)
    (tmp_path / "t.csv").write_text(f"a;q\n{rows}", encoding="utf-8")
    assert read_table(tmp_path / "t.csv").frame["q"].tolist() == numbers


NAMES = st.text(st.characters(codec="cp1251", exclude_categories=["Cc", "Cf", "Zs"]), min_size=1, max_size=8)


@SLOW_START
@given(st.lists(st.tuples(NAMES.map("т".__add__), st.integers(0, 9)), min_size=1, max_size=8))
def test_text_survives(tmp_path, rows):
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([("имя", "q"), *rows])
    (tmp_path / "t.csv").write_bytes(out.getvalue().encode("utf-8"))
    found = read_table(tmp_path / "t.csv", text=["имя"]).frame
    assert found["имя"].tolist() == [name for name, _ in rows]
    assert found["q"].tolist() == [q for _, q in rows]


def test_large_clean_tables_are_fast(tmp_path):
    n = 200_000
    rng = np.random.default_rng(1)
    regions = np.array(["RU-MOW", "RU-TA"])[rng.integers(0, 2, n)]
    frame = pd.DataFrame({"id": np.arange(n), "region": regions, "year": 2010, "y": rng.normal(size=n), "x": 1.5})
    frame.to_csv(tmp_path / "t.csv", index=False)
    start = time.process_time()
    found = read_table(tmp_path / "t.csv").frame
    # measured 0.15 s; the careful reading of every cell would take several seconds
    assert time.process_time() - start < 1.5
    pd.testing.assert_frame_equal(found, frame, check_dtype=False)


def test_every_faulty_column_is_told_at_once(tmp_path):
    file = tmp_path / "край.csv"
    file.write_text("регион,q,k,l\nА,1,2 p,3\nБ,x1,4,2OO\nВ,5,6 b,7\nГ,8,9,10\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_table(file)
    assert [p.what for p in error.value.problems] == [
        "Column 'q' holds text where numbers are needed: 'x1'.",
        "Column 'k' holds text where numbers are needed: '2 p', '6 b'.",
        "Column 'l' holds text where numbers are needed: '2OO'.",
    ]
    assert "--flags drop" in error.value.problems[1].remedy
    assert "край.csv, rows 3" in str(error.value)
    # as a worker sends it back
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
