from __future__ import annotations

import math
import pickle

import pandas as pd
import pytest

from innospace.core.errors import LabelError
from innospace.data.controls import COLUMNS, ControlsError, Figure, Item, read_controls, total

ITEMS = (
    Item("grp", "mln RUB", "base", "positive", "Product"),
    Item("assets_before", "mln RUB", "before", "positive", "Assets a year before"),
    Item("population", "persons", "base", "positive", "People"),
    Item("wage", "RUB per month", "base", "positive", "Wage"),
    Item("rate", "fraction", "any", "not_negative", "Rate"),
    Item("growth", "ratio", "any", "positive", "Growth"),
    Item("transfer", "mln RUB", "base", "any", "Transfer, may be negative"),
)
GOOD = (
    ("grp", "1154.0", "bn RUB", "2012", "real", "", "Rosstat", ""),
    ("assets_before", "1703359000", "thousand RUB", "2011", "real", "exact", "Rosstat", ""),
    ("population", "4.061", "mln persons", "2012", "assumption", "20", "", "general knowledge"),
    ("wage", "21.1", "thousand RUB per month", "2012", "real", "1000", "Rosstat", ""),
    ("rate", "4", "percent", "2010", "assumption", "5", "", "a guess"),
    ("growth", "1.08", "ratio", "2012", "derived", "5", "from money", ""),
    ("transfer", "-5", "mln RUB", "2012", "assumption", "2.5", "", "a donor"),
)


def table(**changes: str) -> pd.DataFrame:
    """The good table; ``item__column`` replaces a cell."""
    frame = pd.DataFrame(GOOD, columns=list(COLUMNS))
    for key, value in changes.items():
        item, column = key.split("__")
        frame.loc[frame["item"] == item, column] = value
    return frame


def problems(frame: pd.DataFrame) -> list[str]:
    with pytest.raises(ControlsError) as error:
        read_controls(frame, ITEMS)
    return [str(p) for p in error.value.problems]


def test_values_come_in_base_units():
    found = read_controls(table(), ITEMS)
    assert found.year == 2012
    assert found.value("grp") == pytest.approx(1_154_000.0)
    assert found.value("assets_before") == pytest.approx(1_703_359.0)
    assert found.value("population") == pytest.approx(4_061_000.0)
    assert found.value("wage") == pytest.approx(21_100.0)
    assert found.value("rate") == pytest.approx(0.04)
    assert found.value("transfer") == -5.0
    assert found.count_statuses() == {"real": 3, "derived": 1, "assumption": 3}
    assert found.figure("grp") == Figure(pytest.approx(1_154_000.0), math.inf, "real")
    assert found.figure("assets_before").weight == math.inf
    assert found.figure("transfer").weight == 2.5


@pytest.mark.parametrize(
    ("unit", "value"),
    [("млрд руб.", "1154"), ("млн. руб.", "1154000"), ("MLN RUB", "1154000"), ("руб.", "1154000000000")],
)
def test_units_may_be_russian_and_case_is_ignored(unit, value):
    assert read_controls(table(grp__unit=unit, grp__value=value), ITEMS).value("grp") == pytest.approx(1_154_000.0)


def test_columns_of_numbers_are_fine_too():
    frame = table().assign(value=[float(r[1]) for r in GOOD], year=[int(r[3]) for r in GOOD])
    frame["weight"] = pd.to_numeric(frame["weight"].replace("exact", ""), errors="coerce")
    assert read_controls(frame, ITEMS).rows == read_controls(table(assets_before__weight=""), ITEMS).rows


def test_files_with_decimal_commas(tmp_path):
    text = "\n".join(";".join(row) for row in (COLUMNS, *GOOD))
    path = tmp_path / "опора.csv"
    path.write_text(text.replace(".", ","), encoding="cp1251")
    found = read_controls(path, ITEMS)
    assert found.value("population") == pytest.approx(4_061_000.0)
    assert found.value("wage") == pytest.approx(21_100.0)
    assert found.source.name == "опора.csv"
    table().to_excel(tmp_path / "c.xlsx", index=False)
    assert read_controls(tmp_path / "c.xlsx", ITEMS).rows == read_controls(table(), ITEMS).rows


def test_a_comma_that_may_mean_two_things_is_refused_unless_other_cells_decide():
    grouped = table(grp__value="1,154", population__value="4,061", wage__value="21", growth__value="1")
    assert read_controls(grouped.assign(weight="2.5"), ITEMS).value("grp") == pytest.approx(1_154_000.0)
    assert read_controls(grouped.assign(weight="2,5"), ITEMS).value("population") == pytest.approx(4_061_000.0)
    told = problems(grouped.assign(weight="2"))
    assert len(told) == 2
    assert "'1,154' is not a finite number" in told[0]
    assert "marks between thousands" in told[0]


def test_other_columns_may_be_there_and_missing_ones_are_named():
    assert read_controls(table().assign(remark="x"), ITEMS).year == 2012
    told = problems(table().drop(columns=["reason"]).rename(columns={"status": "state"}))
    assert len(told) == 1
    assert "'status', 'reason'" in told[0]
    assert "'state'" in told[0] or "status" in told[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"grp__item": "grpp"}, ["Unknown item: 'grpp'", "'grp' is missing"]),
        ({"grp__unit": "persons"}, ["Unit 'persons' does not fit", "bn RUB"]),
        ({"grp__value": "many"}, ["'many' is not a finite number"]),
        ({"grp__value": ""}, ["'' is not a finite number"]),
        ({"grp__value": "nan"}, ["not a finite number"]),
        ({"grp__value": "-1"}, ["-1 is out of range", "above zero"]),
        ({"grp__value": "0"}, ["0 is out of range"]),
        ({"rate__value": "-1"}, ["out of range", "zero or more"]),
        ({"rate__value": "150"}, ["above one"]),
        ({"grp__status": "reel"}, ["Unknown status 'reel'", "'real'"]),
        ({"grp__weight": "-2"}, ["Weight '-2'", "exact"]),
        ({"grp__weight": "heavy"}, ["Weight 'heavy'"]),
        ({"grp__year": "2012.5"}, ["Year '2012.5' is not a year"]),
        ({"grp__year": ""}, ["is not a year"]),
        ({"grp__year": "2013"}, ["The figure is of 2013", "2012"]),
        ({"assets_before__year": "2012"}, ["The figure is of 2012", "2011"]),
        ({"rate__reason": ""}, ["An assumption needs a reason"]),
        ({"grp__source": ""}, ["A figure needs a source"]),
    ],
)
def test_one_problem_is_told_with_its_place(change, told):
    found = "\n".join(problems(table(**change)))
    for part in told:
        assert part in found


def test_a_rate_may_be_of_any_year():
    assert read_controls(table(rate__year="1999"), ITEMS).year == 2012


def test_all_problems_come_at_once_and_survive_a_pickle():
    frame = table(grp__unit="kg", wage__value="x", rate__status="sure")
    frame = pd.concat([frame[frame["item"] != "population"], frame[frame["item"] == "growth"]])
    with pytest.raises(ControlsError, match="5 problems") as error:
        read_controls(frame, ITEMS)
    text = str(error.value)
    for part in ("'kg'", "'x'", "'sure'", "'population' is missing: People", "'growth' stands twice"):
        assert part in text
    assert "row 2, item 'grp'" in text
    assert len(error.value.to_dict()["problems"]) == 5
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == text


def test_a_value_can_be_replaced():
    found = read_controls(table(), ITEMS)
    assert found.with_value("grp", 7.0).value("grp") == 7.0
    assert found.value("grp") != 7.0
    with pytest.raises(LabelError, match="'gpr'"):
        found.with_value("gpr", 7.0)


def test_a_calculation_is_as_weak_as_its_weakest_figure():
    real, derived, guess = Figure(6.0), Figure(3.0, 100.0, "derived"), Figure(2.0, 5.0, "assumption")
    assert real * real == Figure(36.0, math.inf, "derived")
    assert real / derived == Figure(2.0, 100.0, "derived")
    assert real - guess == Figure(4.0, 5.0, "assumption")
    assert 1.0 - guess == Figure(-1.0, 5.0, "assumption")
    assert 2.0 * real + 1.0 == Figure(13.0, math.inf, "derived")
    assert total([real, derived, guess]) == Figure(11.0, 5.0, "assumption")
    rest = (real - guess).as_residual()
    assert rest == Figure(4.0, 5.0, "residual")
    assert real.as_residual(1.0).weight == 1.0
    assert (rest * 2.0).nature == "assumption"
