from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError
from innospace.data import load_sample
from innospace.data.schemas.innovation_space import describe, problems, validate


def table(n: int = 4, **columns) -> pd.DataFrame:
    base = {"region": [f"Край {i}" for i in range(n)], "technologies": np.arange(1.0, n + 1), "space": [10.0] * n}
    return pd.DataFrame({k: v for k, v in (base | columns).items() if v is not None})


def one(data, **options) -> InnospaceError:
    """Return the only problem of a table, which has to say where it is and how it is mended."""
    (problem,) = problems(data, **options)
    assert problem.remedy
    with pytest.raises(type(problem)) as raised:
        validate(data, **options)
    assert str(raised.value) == str(problem)
    return problem


def test_the_space_is_taken_as_given():
    found = validate(table()).frame
    assert found["space"].tolist() == [10.0] * 4
    assert found["ln_space"].tolist() == pytest.approx([np.log(10.0)] * 4)
    assert not found["zero_replaced"].any()
    assert "space_from_counts" not in found


def test_the_space_is_made_from_counts():
    counts = {"rd_organisations": [2.0, 3.0], "enterprises": [100.0, 50.0]}
    shared = validate(table(2, space=None, innovative_share=[0.1, 0.2], **counts)).frame
    percent = validate(table(2, space=None, innovative_share_percent=[10.0, 20.0], **counts)).frame
    given_b = validate(table(2, space=None, rd_organisations=[2.0, 3.0], innovative_companies=[10.0, 10.0])).frame
    for found in (shared, percent, given_b):
        assert found["innovative_companies"].tolist() == pytest.approx([10.0, 10.0])
        assert found["space"].tolist() == pytest.approx([20.0, 30.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**4), st.integers(1, 10**6), st.floats(1e-3, 1.0)), min_size=2, max_size=6))
def test_the_space_is_s_p_i(rows):
    s, p, i = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    whole = table(len(rows), space=None, rd_organisations=s, enterprises=p, innovative_share=i)
    made = validate(whole).frame
    np.testing.assert_allclose(made["space"], s * p * i, rtol=1e-12)
    np.testing.assert_allclose(made["ln_space"], np.log(s) + np.log(p) + np.log(i), atol=1e-9)
    # what was made passes again, and the order of rows does not matter
    again = validate(whole.assign(space=made["space"], innovative_companies=made["innovative_companies"])).frame
    np.testing.assert_array_equal(again["space"], made["space"])
    back = validate(whole.iloc[::-1]).frame
    np.testing.assert_array_equal(back["space"].to_numpy()[::-1], made["space"])


def test_zero_innovations_are_replaced_and_said_so():
    found = validate(table(technologies=[0.0, 1.0, 2.0, 0.0]))
    assert found.frame["technologies_used"].tolist() == [0.1, 1.0, 2.0, 0.1]
    assert found.frame["technologies"].tolist() == [0.0, 1.0, 2.0, 0.0]
    assert found.frame["zero_replaced"].tolist() == [True, False, False, True]
    assert any("replaced by 0.1 per year in 2 rows" in s and "Край 3" in s for s in found.steps)


def test_zero_innovations_are_dropped_or_refused():
    data = table(technologies=[0.0, 1.0, 2.0, 3.0])
    dropped = validate(data, zero_rule="drop")
    assert dropped.frame["region"].tolist() == ["Край 1", "Край 2", "Край 3"]
    assert any("left out: row 1 (Край 0)" in s for s in dropped.steps)
    assert "zero innovations" in one(data, zero_rule="error").what


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_replacement_must_be_positive(value):
    assert isinstance(problems(table(), zero_value=value)[0], SpecError)


def test_a_replacement_stays_below_the_smallest_count():
    problem = one(table(technologies=[0.0, 0.05, 2.0, 3.0]))
    assert isinstance(problem, SpecError)
    assert "0.05" in problem.what
    assert not problems(table(technologies=[0.0, 0.05, 2.0, 3.0]), zero_value=0.01)
    with pytest.raises(SpecError, match="'keep'"):
        validate(table(), zero_rule="keep")


@pytest.mark.parametrize(
    ("columns", "what", "where"),
    [
        ({"technologies": [1.0, -2.0, 3.0, 4.0]}, "negative", "row 2 (Край 1)"),
        ({"space": [1.0, -2.0, 3.0, 4.0]}, "negative", "row 2 (Край 1)"),
        ({"technologies": [1.0, np.nan, 3.0, 4.0]}, "missing or infinite", "row 2 (Край 1)"),
        ({"space": [1.0, 2.0, np.inf, 4.0]}, "missing or infinite", "row 3 (Край 2)"),
        ({"technologies": [1.0, "два", 3.0, "x"]}, "'два', 'x'", "row 2 (Край 1), row 4"),
        ({"technologies": ["1", "2", "3", "много"]}, "'много'", "row 4 (Край 3)"),
        ({"technologies": [0.0] * 4}, "zero innovations in the table", "row 1 (Край 0)"),
        ({"space": [1.0, 0.0, 3.0, 4.0]}, "innovation space is zero", "row 2 (Край 1)"),
        ({"region": ["a", "b", None, "c"]}, "without a name", "row 3"),
        ({"region": ["a", "b", "  ", "c"]}, "without a name", "row 3"),
        ({"region": ["a", "b", "a", "c"]}, "more than once: 'a'", "row 1 (a), row 3 (a)"),
        ({"year": [2010, 2010.5, 2011, 2012]}, "whole numbers", "row 2 (Край 1, 2010.5)"),
        ({"year": ["2010", "MMX", "2011", "2012"]}, "'MMX'", "row 2 (Край 1, MMX)"),
        ({"innovative_share": [0.1, 0.2, 12.0, 0.3]}, "exceeds 1", "row 3"),
        ({"innovative_share_percent": [1.0, 2.0, 120.0, 3.0]}, "exceeds 100", "row 3"),
        ({"rd_organisations": [1.0] * 4, "innovative_companies": [10.0, 10.0, 10.0, 11.0]}, "V disagrees", "row 4"),
        (
            {"enterprises": [100.0] * 4, "innovative_share": [0.1] * 4, "innovative_companies": [10.0, 10.4, 9.6, 14]},
            "B disagrees",
            "row 4",
        ),
    ],
)
def test_bad_cells(columns, what, where):
    problem = one(table(**columns))
    assert isinstance(problem, DataError)
    assert what in problem.what
    assert where in problem.where
    assert problem.allowed or problem.remedy


def test_rounding_of_published_shares_is_no_contradiction():
    rounded = {"enterprises": [1000.0] * 4, "innovative_share": [0.123] * 4}
    assert not problems(table(innovative_companies=[123.0, 123.5, 122.0, 124.0], **rounded))
    assert "row 2" in one(table(innovative_companies=[123.0, 125.0, 122.0, 124.0], **rounded)).where


def test_percent_in_a_column_of_fractions_is_recognised():
    assert "innovative_share_percent" in one(table(innovative_share=[0.1, 5.0, 12.0, 30.0])).remedy


def test_fractions_in_a_column_of_percent_are_remarked():
    counts = {"rd_organisations": [1.0] * 4, "enterprises": [100.0] * 4, "space": None}
    doubtful = validate(table(innovative_share_percent=[0.1, 0.2, 0.3, 1.0], **counts))
    assert any("fractions" in s for s in doubtful.steps)
    plain = validate(table(innovative_share_percent=[0.1, 0.2, 0.3, 1.1], **counts))
    assert not any("fractions" in s for s in plain.steps)


def test_all_zero_in_one_year():
    data = table(4, year=[2010, 2010, 2011, 2011], technologies=[1.0, 2.0, 0.0, 0.0], region=["a", "b", "a", "b"])
    assert "in 2011" in one(data).what


def test_double_region_years():
    data = table(4, region=["a", "a", "a", "b"], year=[2010, 2011, 2011, 2011])
    problem = one(data)
    assert "'a, 2011'" in problem.what
    assert "row 2 (a, 2011), row 3 (a, 2011)" in problem.where
    assert not problems(data.assign(year=[2010, 2011, 2012, 2011]))


def test_everything_wrong_is_told_at_once():
    data = table(technologies=[-1.0, np.nan, 1.0, 1.0], space=[1.0, "x", 1.0, 1.0], region=["a", None, "b", "c"])
    assert len(problems(data, zero_rule="keep")) == 4
    with pytest.raises(DataError, match="4 problems") as error:
        validate(data, zero_rule="keep")
    assert "\n4. " in str(error.value)


def test_missing_columns_and_rows():
    problem = one(pd.DataFrame({"land": ["a"], "q": [1.0]}))
    assert isinstance(problem, LabelError)
    assert "'region', 'technologies', 'space'" in problem.what
    assert "'land', 'q'" in problem.where
    assert "S and B" in problem.allowed
    assert "no rows" in problems(table().iloc[:0])[0].what
    partly = table(space=None, rd_organisations=[1.0] * 4, enterprises=[1.0] * 4)
    assert "'space'" in one(partly).what
    assert not problems(partly.assign(innovative_share=0.5))
    assert "not a table" in problems(7)[0].what


def test_columns_can_be_named():
    data = table().rename(columns={"technologies": "q", "space": "v"}).assign(space="unused")
    found = validate(data, columns={"technologies": "q", "space": "v"}).frame
    assert found["technologies"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert found["space"].tolist() == [10.0] * 4
    with pytest.raises(LabelError, match="'patents'"):
        validate(data, columns={"patents": "q"})
    with pytest.raises(LabelError, match="'nope'"):
        validate(data, columns={"technologies": "nope"})


# regions of Russia

RUSSIAN = ["Москва", "Тверская область", "Архангельская область", "Тюменская область"]


def test_codes_are_found_by_name():
    found = validate(table(5, region=[*RUSSIAN, "Атлантида"]))
    assert found.frame["region_code"].dropna().tolist() == ["RU-MOW", "RU-TVE", "RU-ARK", "RU-TYU"]
    assert any("4 of 5 rows were matched" in s and "Атлантида" in s for s in found.steps)
    assert "region_code" not in validate(table()).frame
    given_codes = validate(table(region_code=["A", "B", "C", "D"])).frame
    assert given_codes["region_code"].tolist() == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Российская Федерация", "Totals stand among the regions"),
        ("Центральный федеральный округ", "Totals stand among the regions"),
        ("Ненецкий автономный округ", "count twice"),
        ("Тюменская область без авт. округов", "count twice"),
        ("г. Москва", "several names: 'Москва', 'г. Москва'"),
    ],
)
def test_nothing_counts_twice(name, what):
    problem = one(table(5, region=[*RUSSIAN, name]))
    assert what in problem.what
    assert f"row 5 ({name})" in problem.where


def test_parts_without_the_whole_may_stand():
    names = ["Москва", "Тверская область", "Омская область", "Ненецкий автономный округ"]
    assert not problems(table(region=names))
    assert any("Ненецкий" in s for s in validate(table(region=names)).steps)


def test_other_countries_are_not_held_against_the_catalogue():
    assert not problems(table(region=["Total Valley", "Россия", "Bavaria", "Hesse"]))


def test_the_sample_passes_and_is_left_alone():
    sample = load_sample("russia-2010-2012")
    before = sample.frame.copy()
    found = validate(sample)
    pd.testing.assert_frame_equal(sample.frame, before)
    assert found.frame["zero_replaced"].sum() == 16 + 17 + 17
    assert (found.frame.loc[found.frame["zero_replaced"], "technologies_used"] == 0.1).all()
    assert found.source == sample.source


def test_every_column_of_the_schema_is_described():
    cards = describe()
    assert len({c.name for c in cards}) == len(cards)
    assert all(c.unit and c.meaning for c in cards)
