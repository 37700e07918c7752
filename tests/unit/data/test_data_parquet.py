from __future__ import annotations

import decimal
import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from innospace.core.errors import DataError, LabelError


def stored(columns) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_types_are_those_of_the_file(read):
    raw = stored({"a": ["x", None], "n": [1, 2], "q": [0.1, None], "code": ["01", "02"]})
    found = read(raw, "t.parquet").frame
    assert [d.kind for d in found.dtypes[["n", "q"]]] == ["i", "f"]
    assert found["code"].tolist() == ["01", "02"]
    assert found["q"].isna().tolist() == [False, True]


def test_an_index_becomes_columns(read):
    frame = pd.DataFrame({"region": ["a", "b"], "year": [1, 2], "q": [3, 4]})
    out = io.BytesIO()
    frame.set_index(["region", "year"]).to_parquet(out)
    assert sorted(read(out.getvalue(), "t.parquet").frame.columns) == ["q", "region", "year"]
    out = io.BytesIO()
    frame.iloc[[1, 0]].to_parquet(out)
    found = read(out.getvalue(), "t.parquet").frame
    assert list(found.columns) == ["region", "year", "q"]
    assert found.index.tolist() == [0, 1]


def test_categories_and_decimals_are_plain(read):
    prices = pa.array([decimal.Decimal("1.25"), decimal.Decimal("2.50")])
    raw = stored({"a": pa.array(["x", "y"]).dictionary_encode(), "p": prices})
    found = read(raw, "t.parquet").frame
    assert found["a"].tolist() == ["x", "y"]
    assert not isinstance(found["a"].dtype, pd.CategoricalDtype)
    assert found["p"].tolist() == [1.25, 2.5]
    assert found["p"].dtype.kind == "f"


def test_required_numbers_stored_as_text(read):
    raw = stored({"a": ["x", "y"], "q": ["1 234,5", "2,25"]})
    assert read(raw, "t.parquet").frame["q"].tolist() == ["1 234,5", "2,25"]
    assert read(raw, "t.parquet", numeric=["q"]).frame["q"].tolist() == [1234.5, 2.25]
    with pytest.raises(DataError, match="'a' holds text"):
        read(raw, "t.parquet", numeric=["a"])


def test_infinite_values(read):
    with pytest.raises(DataError, match="infinite") as error:
        read(stored({"q": [1.0, float("inf")]}), "t.parquet")
    assert "rows 2" in error.value.where


def test_nested_columns(read):
    raw = stored({"a": [[1], [2]], "q": [1, 2]})
    with pytest.raises(DataError, match="'a'"):
        read(raw, "t.parquet")
    assert list(read(raw, "t.parquet", columns=["q"]).frame.columns) == ["q"]


def test_chosen_columns(read):
    raw = stored({"a": [1], "b": [2], "c": [3]})
    assert list(read(raw, "t.parquet", columns=["c", "a"]).frame.columns) == ["c", "a"]
    with pytest.raises(LabelError, match="'d'"):
        read(raw, "t.parquet", columns=["d"])


@pytest.mark.parametrize("cut", [4, 40, -30, -6])
def test_broken_files(read, cut):
    raw = stored({"a": list(range(500))})
    with pytest.raises(DataError, match="Parquet file cannot be read") as error:
        read(raw[:cut], "t.parquet")
    assert error.value.where.endswith("t.parquet")


def test_no_rows(read):
    with pytest.raises(DataError, match="no rows"):
        read(stored({"a": pa.array([], pa.int64())}), "t.parquet")


def test_double_names(read):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), out)
    with pytest.raises(DataError, match="more than once"):
        read(out.getvalue(), "t.parquet")
