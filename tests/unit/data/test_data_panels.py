from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.data import as_dataset
from innospace.data.panels import (
    CLASSES,
    class_counts,
    conditions,
    deflate,
    from_waves,
    lagged,
    panel_of,
    read_columns,
    require_headline,
    select,
    starts,
    status_classes,
    too_few,
    trim,
)
from innospace.data.panels.columns import quoted


def two_waves(**columns):
    """Two waves of five firms, export (0,0), (0,1), (1,0), (1,1), (0, missing)."""
    frame = {
        "firm": [f for f in "abcde" for _ in range(2)],
        "year": [2005, 2009] * 5,
        "export": [0, 0, 0, 1, 1, 0, 1, 1, 0, np.nan],
    }
    return pd.DataFrame({**frame, **columns})


def of_patterns(*patterns, first=2000):
    """One firm a pattern: digits are statuses, ``.`` a missing cell, ``x`` a missing row."""
    rows = [
        (i, first + t, np.nan if c == "." else float(c))
        for i, pattern in enumerate(patterns)
        for t, c in enumerate(pattern)
        if c != "x"
    ]
    return panel_of(pd.DataFrame(rows, columns=["firm", "year", "export"]))


def test_two_waves():
    classes = status_classes(panel_of(two_waves()), "export")
    found = classes.frame()
    assert found["class"].tolist()[:4] == ["never", "starter", "quitter", "continuous"]
    assert pd.isna(found["class"].iloc[4])
    assert found["entry_year"].tolist()[:4] == [0, 2009, 2005, 2005]
    assert pd.isna(found["entry_year"].iloc[4])
    assert classes.missing == 1
    counts = class_counts(classes, min_firms=1).set_index("class")
    assert counts.loc["switcher", "firms"] == 0
    assert counts.loc["missing", "firms"] == 1
    assert counts.loc["starter", "share"] == 0.25


@pytest.mark.parametrize(
    ("pattern", "strict", "lenient", "entry"),
    [
        ("000", "never", "never", 0),
        ("001", "starter", "starter", 2002),
        ("011", "starter", "starter", 2001),
        ("100", "quitter", "quitter", 2000),
        ("111", "continuous", "continuous", 2000),
        ("010", "switcher", "switcher", 2001),
        ("101", "switcher", "switcher", 2000),
        ("0.0", None, "never", None),
        ("0x0", None, "never", None),
        ("1.1", None, "continuous", 2000),
        ("0.1", "starter", "starter", None),
        ("1.0", "quitter", "quitter", 2000),
        (".00", None, None, None),
        ("00.", None, None, None),
        ("01.", None, None, 2001),
    ],
)
def test_three_waves(pattern, strict, lenient, entry):
    panel = of_patterns("000", "001", pattern)
    for gaps, expected in (("missing", strict), ("ignore", lenient)):
        found = status_classes(panel, "export", gaps=gaps).frame()["class"].iloc[2]
        assert pd.isna(found) if expected is None else found == expected
    year = status_classes(panel, "export").frame()["entry_year"].iloc[2]
    assert pd.isna(year) if entry is None else year == entry


def test_gap_before_a_known_switch_leaves_the_class_known():
    assert status_classes(of_patterns("01.0", "0000"), "export").frame()["class"].iloc[0] == "switcher"


def test_waves_in_between_can_be_left_out():
    panel = of_patterns("0100", "0011")
    assert status_classes(panel, "export", first=2001, last=2003).frame()["class"].tolist() == ["quitter", "starter"]


def test_starts():
    panel = panel_of(two_waves())
    found = starts(panel, "export")["starts"]
    assert found.iloc[:2].tolist() == [0, 1]
    assert found.iloc[2:].isna().all()


def test_booleans_and_nullable_integers_are_statuses():
    frame = two_waves().iloc[:8]
    for kind in ("bool", "Int64", "boolean", "int8"):
        made = panel_of(frame.assign(export=frame["export"].astype(kind)))
        assert status_classes(made, "export").count("starter") == 1


def test_few_firms_are_not_headlined():
    classes = status_classes(panel_of(two_waves()), "export")
    assert too_few(classes) == ("never", "starter", "quitter", "continuous")
    with pytest.raises(DataError, match="1 firm is starter") as caught:
        require_headline(classes, "starter")
    assert "never 1" in caught.value.where
    assert require_headline(classes, "starter", min_firms=1) == 1


def test_from_waves():
    wide = pd.DataFrame(
        {"firm": ["a", "b"], "export_2005": [0, 1], "export_2009": [1, 1], "sales_2005": [5.0, 6.0]}
        | {"sales_2009": [7.0, np.nan], "industry": ["food", "wood"]}
    )
    panel = from_waves(wide, "firm", ["export", "sales"], [2009, 2005])
    assert panel.waves == (2005, 2009)
    assert panel.frame.columns.tolist() == ["firm", "year", "export", "sales", "industry"]
    assert panel.frame["firm"].tolist() == ["a", "a", "b", "b"]
    assert panel.frame["sales"].tolist()[:3] == [5.0, 7.0, 6.0]
    assert "4 columns of 2 waves" in panel.dataset.steps[-1]
    with pytest.raises(LabelError, match="export_2010"):
        from_waves(wide, "firm", ["export"], [2005, 2010])
    with pytest.raises(DataError, match="1 wave"):
        from_waves(wide, "firm", ["export"], [2005, 2005])
    with pytest.raises(DataError, match="needs the column 'year'"):
        from_waves(wide.assign(year=1), "firm", ["export"], [2005, 2009])


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda f: pd.concat([f, f.iloc[[3, 5]]]), DataError, "2 firm-years occur more than once"),
        (lambda f: f.assign(firm=f["firm"].where(f["firm"] != "b")), DataError, "'firm' has 2 missing cells"),
        (lambda f: f.assign(year=f["year"] + 0.5), DataError, "'year' must hold whole years"),
        (lambda f: f.assign(year=f["year"].astype(str)), DataError, "'year' must hold whole years"),
        (lambda f: f.drop(columns="year"), LabelError, "'year'"),
        (lambda f: f.iloc[:0], DataError, "no rows"),
    ],
)
def test_keys_are_checked(change, error, says):
    with pytest.raises(error, match=says):
        panel_of(change(two_waves()))


def test_copies_are_named():
    frame = pd.concat([two_waves(), two_waves().iloc[[3]]])
    with pytest.raises(DataError, match="1 firm-year occurs more than once") as caught:
        panel_of(frame)
    assert caught.value.where == "firm b in 2009"


def test_whole_years_stored_as_floats_become_integers():
    panel = panel_of(two_waves(year=[2005.0, 2009.0] * 5))
    assert panel.waves == (2005, 2009)
    assert panel.frame["year"].dtype.kind == "i"


def test_statuses_are_checked():
    panel = panel_of(two_waves(export=[-1, 0] * 5))
    with pytest.raises(DataError, match="must hold 0 and 1, and 5 of 10") as caught:
        status_classes(panel, "export")
    assert "firm a in 2005" in caught.value.where
    assert "where=['export >= 0']" in caught.value.remedy
    with pytest.raises(DataError, match="holds text"):
        status_classes(panel_of(two_waves(export=["yes", "no"] * 5)), "export")
    with pytest.raises(DataError, match="Every cell of 'export' is missing"):
        status_classes(panel_of(two_waves(export=np.nan)), "export")
    with pytest.raises(LabelError, match="Unknown column"):
        status_classes(panel, "exports")


def test_one_wave_is_not_enough():
    panel = panel_of(two_waves().query("year == 2005"))
    for verb in (status_classes, starts):
        with pytest.raises(DataError, match="one wave, 2005; two are needed"):
            verb(panel, "export")
    with pytest.raises(LabelError, match="2007"):
        status_classes(panel_of(two_waves()), "export", first=2007)
    with pytest.raises(DataError, match="must come before"):
        status_classes(panel_of(two_waves()), "export", first=2009, last=2005)
    with pytest.raises(DataError, match="No firm has a status"):
        status_classes(of_patterns("0x", "x1"), "export")


def test_lags_are_of_the_true_year():
    frame = pd.DataFrame(
        {"firm": ["b", "a", "a", "a", "b"], "year": [2001, 2003, 2000, 2001, 2000], "x": [5.0, 3.0, 1.0, 2.0, 4.0]}
        | {"text": list("vwxyz")}
    )
    found = lagged(panel_of(frame), ["x", "text"]).frame
    assert found["x_lag1"].tolist()[0] == 4.0
    assert found["x_lag1"].isna().tolist() == [False, True, True, False, True]
    assert found["text_lag1"].iloc[3] == "x"
    assert "3 of 5 firm-years" in lagged(panel_of(frame), ["x"]).dataset.steps[-1]
    assert lagged(panel_of(frame), ["x"], by=2).frame["x_lag2"].tolist()[1] == 2.0
    with pytest.raises(DataError, match="4 years apart"):
        lagged(panel_of(frame), ["x"], by=4)
    with pytest.raises(SpecError, match="forward"):
        lagged(panel_of(frame), ["x"], by=0)
    with pytest.raises(DataError, match="already has a column 'x_lag1'"):
        lagged(panel_of(frame.assign(x_lag1=1)), ["x"])


def test_a_lag_does_not_reach_into_the_firm_before():
    frame = pd.DataFrame({"firm": [0, 0, 1, 1], "year": [2000, 2001, 2000, 2001], "x": [1.0, 2.0, 3.0, 4.0]})
    assert lagged(panel_of(frame), ["x"]).frame["x_lag1"].isna().tolist() == [True, False, True, False]


def test_deflate():
    panel = panel_of(two_waves(sales=np.arange(10.0), price=[1.0, 2.0] * 5))
    by_column = deflate(panel, ["sales"], "price")
    by_year = deflate(panel, ["sales"], {2005: 1.0, 2009: 2.0})
    expected = [0, 0.5, 2, 1.5, 4, 2.5, 6, 3.5, 8, 4.5]
    assert by_column.frame["sales_real"].tolist() == by_year.frame["sales_real"].tolist() == expected
    assert "10 cells in constant prices" in by_column.dataset.steps[-1]
    with pytest.raises(DataError, match="not positive in 5 rows") as caught:
        deflate(panel, ["sales"], {2005: 1.0, 2009: 0.0})
    assert "firm a in 2009" in caught.value.where
    with pytest.raises(LabelError, match="2009"):
        deflate(panel, ["sales"], {2005: 1.0})


def test_trim():
    values = np.append(np.arange(9.0), np.nan)
    panel = panel_of(two_waves(x=values, group=[0] * 5 + [1] * 5))
    dropped = trim(panel, ["x"], 0.1, 0.9)
    assert dropped.frame["x"].isna().tolist() == [True] + [False] * 7 + [True, True]
    assert "1 cells below and 1 above (limits 0.8 and 7.2)" in dropped.dataset.steps[-1]
    held = trim(panel, ["x"], 0.1, 0.9, rule="winsorize").frame["x"]
    assert held.min() == pytest.approx(0.8)
    assert held.max() == pytest.approx(7.2)
    assert held.isna().sum() == 1
    within = trim(panel, ["x"], 0.0, 0.75, by="group").frame["x"]
    assert within.isna().tolist() == [False] * 4 + [True] + [False] * 3 + [True, True]
    with pytest.raises(SpecError, match="do not bound"):
        trim(panel, ["x"], 0.9, 0.1)
    with pytest.raises(LabelError, match="rule"):
        trim(panel, ["x"], rule="cut")
    with pytest.raises(DataError, match="holds text"):
        trim(panel, ["firm"])


def test_conditions():
    assert conditions(["export >= 0", "`my col`=food", "x != 1.5", "y == '1'"]) == (
        ("export", ">=", 0),
        ("my col", "==", "food"),
        ("x", "!=", 1.5),
        ("y", "==", "1"),
    )
    for bad in ("export", "export > ", "drop table x"):
        with pytest.raises(SpecError, match="not a condition"):
            conditions([bad])
    found = select(as_dataset(two_waves()), ["export >= 0", "year == 2009"])
    assert found.frame["firm"].tolist() == list("abcd")
    assert "4 of 10 rows were kept" in found.steps[-1]
    with pytest.raises(DataError, match="No row is left"):
        select(as_dataset(two_waves()), ["year > 2010"])
    with pytest.raises(SpecError, match="holds text"):
        select(as_dataset(two_waves()), ["firm > 1"])


def database(tmp_path, frame, name="panel"):
    import duckdb

    path = tmp_path / "firms.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("given", frame)
        connection.execute(f"create table {quoted(name)} as select * from given")
    return path


def test_reading_by_column(tmp_path):
    frame = two_waves(**{'odd "name"; drop table x --': np.arange(10.0)})
    parquet = tmp_path / "panel.parquet"
    frame.to_parquet(parquet, index=False)
    base = database(tmp_path, frame, 'a "table"')
    odd = 'odd "name"; drop table x --'
    for path in (parquet, base):
        found = read_columns(path, ["firm", odd], ["export >= 0", "year == 2009"])
        assert found.frame.columns.tolist() == ["firm", odd]
        assert found.frame["firm"].tolist() == list("abcd")
        assert found.frame[odd].tolist() == [1.0, 3.0, 5.0, 7.0]
        assert found.steps == ("4 of 10 rows were kept: export >= 0 and year == 2009.",)
        assert len(found.source.sha256) == 64
        assert len(read_columns(path, ["firm"], ["firm == 'a'"]).frame) == 2
        with pytest.raises(LabelError, match="exports"):
            read_columns(path, ["exports"])
        with pytest.raises(SpecError, match="compares it with text"):
            read_columns(path, ["firm"], ["year == food"])
        with pytest.raises(DataError, match="No row is left"):
            read_columns(path, ["firm"], ["year > 3000"])


def test_files_that_cannot_be_read_by_column(tmp_path):
    with pytest.raises(DataError, match="no file"):
        read_columns(tmp_path / "none.parquet", ["firm"])
    for name, says in (("a.csv", "by column"), ("a.parquet", "cannot be read"), ("a.duckdb", "cannot be opened")):
        (tmp_path / name).write_text("not a table of any kind, but long enough to be looked at" * 20)
        with pytest.raises(DataError, match=says):
            read_columns(tmp_path / name, ["firm"])
    path = database(tmp_path, two_waves())
    with pytest.raises(LabelError, match="table"):
        read_columns(path, ["firm"], table="other")


def test_class_names_are_stable():
    assert CLASSES == ("never", "starter", "quitter", "continuous", "switcher")
