from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import DataError, LabelError
from innospace.data import as_dataset, wide_to_long, with_region_codes
from innospace.data.reshape import year_columns


@pytest.mark.parametrize(
    ("heading", "year"),
    [
        *(("2010", 2010), ("2010 г.", 2010), ("2010г", 2010), (" 1999 ", 1999), ("2010 год1)", 2010), ("20171)", 2017)),
        *(("2010.0", 2010), ("2017_oslo4", 2017), ("2010, тыс. руб.", 2010), ("2010 (оценка)", 2010)),
        *(("регион", None), ("20101", None), ("1234", None), ("2008-2010", None), ("2011 в % к 2010", None)),
        *(("2010/11", None), ("2010/2009", None), ("2008 – 2010 гг.", None), ("за 2010", None), ("2100", None)),
    ],
)
def test_headings(heading, year):
    assert year_columns([heading]) == ({} if year is None else {heading: year})


TABLE = """;2010 г.;2011 г.;2012 г.1)
Российская Федерация;1 000,5;2 000,5;…
Центральный федеральный округ;900,5;1 900,25;-
г. Москва;800,5;1 800,25;0,5
Архангельская область;1,5;2;3
в том числе Ненецкий автономный округ;0,5;1;-
Архангельская область без автономного округа;1;1;3
""".replace("\n;", "\n").replace(";2010", "Регион;2010", 1)


@pytest.mark.parametrize("encoded", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
def test_a_wide_table_of_the_statistical_office(read, encoded):
    wide = read(TABLE, encoded=encoded, dash="zero")
    assert list(wide.frame.columns) == ["Регион", "2010 г.", "2011 г.", "2012 г.1)"]
    long = with_region_codes(wide_to_long(wide, "q"), "Регион")
    found = long.frame.set_index(["region_code", "year"])["q"]
    assert found.to_dict() == {
        ("RU-MOW", 2010): 800.5,
        ("RU-MOW", 2011): 1800.25,
        ("RU-MOW", 2012): 0.5,
        ("RU-ARK", 2010): 1.5,
        ("RU-ARK", 2011): 2.0,
        ("RU-ARK", 2012): 3.0,
    }
    assert long.frame["year"].dtype == np.int64
    assert [s.split()[0] for s in long.steps] == ["Read", "3", "6"]


def test_a_wide_sheet(read, workbook):
    raw = workbook([[None], [None, "Регион", 2010, 2011.0], [None, "Москва", "1 234,5", 7], [None, "Тверь", None, 1]])
    long = wide_to_long(read(raw, "t.xlsx"), "q").frame
    assert long["year"].tolist() == [2010, 2010, 2011, 2011]
    assert long["q"].fillna(-1).tolist() == [1234.5, -1.0, 7.0, 1.0]


def test_a_year_without_any_value(read):
    long = wide_to_long(read("a;2010;2011\nx;1,5;…\ny;2,5;…\n"), "q").frame
    assert long["q"].dtype.kind == "f"
    assert long["q"].isna().sum() == 2


def test_chosen_columns_are_kept():
    data = as_dataset(pd.DataFrame({"a": ["x"], "b": ["y"], 2010: [1.0], 2011: [2.0]}))
    assert list(wide_to_long(data, "q").frame.columns) == ["a", "b", "year", "q"]
    assert list(wide_to_long(data, "q", ["b"]).frame.columns) == ["b", "year", "q"]
    with pytest.raises(LabelError, match="'c'"):
        wide_to_long(data, "q", ["c"])


@pytest.mark.parametrize(
    ("columns", "value", "what"),
    [
        ({"a": [1], "b": [2]}, "q", "No column is headed by a year"),
        ({"2010": [1], "2010 г.": [2]}, "q", "same year"),
        ({"q": ["x"], "2010": [1]}, "q", "'q' is needed"),
        ({"year": [1], "2010": [1]}, "q", "'year' is needed"),
        ({"a": [1], "2010": [1]}, "year", "'year' is needed"),
        ({"a": [1], "2010": [1], "2011": ["много"]}, "q", "hold text: '2011'"),
    ],
)
def test_tables_that_cannot_be_turned(columns, value, what):
    with pytest.raises(DataError, match=what) as error:
        wide_to_long(as_dataset(columns), value)
    assert error.value.remedy


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3), min_size=1, max_size=6))
def test_nothing_is_lost_or_doubled(rows):
    wide = pd.DataFrame(rows, columns=["2010", "2011", "2012"]).assign(unit=[f"u{i}" for i in range(len(rows))])
    long = wide_to_long(as_dataset(wide), "q").frame
    assert long["q"].sum() == sum(map(sum, rows))
    again = long.pivot_table(index="unit", columns="year", values="q").loc[wide["unit"]]
    assert again.to_numpy().tolist() == rows
