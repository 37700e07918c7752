"""What is recognised in a table, and which model is proposed for it: small rules, whatever the order of the table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import DataError, FormulaError, LabelError, SpecError, StudyError
from innospace.data import as_dataset
from innospace.study.column_parts import Part, about_of, columns_seen, is_firm
from innospace.study.proposal import Wishes, quoted_column
from innospace.study.propose import FEW_ROWS, propose
from innospace.study.put_together import put_together
from innospace.study.row_use import row_use

NAN = float("nan")


def european(n=40, seed=3):
    """A table such as Eurostat's: codes, patents by year and on average, personnel of two years, holes."""
    rng = np.random.default_rng(seed)
    personnel = np.exp(rng.normal(7, 1, n))
    patents = personnel**0.9 * np.exp(rng.normal(-3, 0.4, n))
    frame = pd.DataFrame(
        {
            "nuts2": [f"XX{i:02}" for i in range(n)],
            "country": ["XX", "YY"] * (n // 2),
            "epo_patents_2009": patents,
            "epo_patents_2012": patents * 1.1,
            "epo_patents_avg_2008_2010": patents * 0.9,
            "rd_personnel_fte_2009": personnel,
            "rd_personnel_fte_2018": personnel * 1.3,
        }
    )
    frame.loc[:1, "epo_patents_2009"] = NAN
    frame.loc[[5, 6, 7], "rd_personnel_fte_2009"] = NAN
    frame.loc[10:, "rd_personnel_fte_2018"] = NAN
    return frame


def proposed(frame, **wishes):
    return propose(as_dataset(frame, "t.csv"), Wishes(**wishes))


def parts(frame):
    return {c.name: c.part for c in columns_seen(frame)}


def test_the_pair_of_near_years_that_keeps_the_most_rows():
    p = proposed(european())
    assert p.step["formula"] == "log(epo_patents_avg_2008_2010) ~ log(rd_personnel_fte_2009)"
    assert p.step["engine"] == "frontier"
    assert (p.label, p.time, dict(p.renamed)) == ("nuts2", "", {"region": "nuts2"})
    assert (p.use.rows, p.use.used) == (40, 37)
    assert p.use.lost[0].count == 3
    assert p.use.lost[0].first == ("XX05", "XX06", "XX07")
    assert any("37 of 40 rows" in text for text in p.against)
    assert "zero_rule" not in p.step
    assert p.others[0] == "log(epo_patents_2009) ~ log(rd_personnel_fte_2009)"
    assert p.step["names"]["rd_personnel_fte_2009"] == "R&D personnel FTE 2009"
    assert p.title.endswith("EPO patents average 2008–2010 from R&D personnel FTE 2009")


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_of_rows_and_columns_does_not_matter(random):
    frame = european()
    rows, columns = list(range(len(frame))), list(frame.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    one, other = proposed(frame), proposed(frame.iloc[rows][columns].reset_index(drop=True))
    assert (other.step, other.label, other.time, other.renamed, other.others, other.title) == (
        one.step,
        one.label,
        one.time,
        one.renamed,
        one.others,
        one.title,
    )
    assert (other.use.rows, other.use.used) == (one.use.rows, one.use.used)
    assert {c.name: c for c in other.columns} == {c.name: c for c in one.columns}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("epo_patents_2009", Part.OUTCOME),
        ("Выдано патентов, ед.", Part.OUTCOME),
        ("ru_innovative_goods", Part.OUTCOME),
        ("Number of innovative companies", Part.OUTCOME),
        ("value_added", Part.OUTCOME),
        ("innovation_expenditure", Part.SIZE),
        ("Затраты на технологические инновации, млн руб.", Part.SIZE),
        ("rd_personnel", Part.SIZE),
        ("RDPersonnel", Part.SIZE),
        ("R&D organisations", Part.SIZE),
        ("Численность персонала", Part.SIZE),
        ("temperature", Part.NUMBER),
        ("ordinary", Part.NUMBER),
    ],
)
def test_words_of_names(name, part):
    assert about_of(name)[0] is part


def test_kinds_of_columns():
    n = 12
    frame = pd.DataFrame(
        {
            "paper_order": np.arange(1, n + 1),
            "Год": [2010, 2011] * (n // 2),
            "Регион": [f"Р{i // 2}" for i in range(n)],
            "округ": ["a", "b", "c"] * (n // 3),
            "share_pct": np.linspace(0, 40, n),
            "exports": [0, 1] * (n // 2),
            "patents": [0.0, *np.arange(1.0, n)],
            "constant": [3.0] * n,
            "empty": [NAN] * n,
            "ln_v": np.linspace(-1, 5, n),
        }
    )
    assert parts(frame) == {
        "paper_order": Part.UNUSED,
        "Год": Part.TIME,
        "Регион": Part.LABEL,
        "округ": Part.GROUP,
        "share_pct": Part.SHARE,
        "exports": Part.YES_NO,
        "patents": Part.OUTCOME,
        "constant": Part.UNUSED,
        "empty": Part.UNUSED,
        "ln_v": Part.NUMBER,
    }
    seen = {c.name: c for c in columns_seen(frame)}
    assert seen["ln_v"].logged
    assert seen["ln_v"].negatives > 0
    assert str(seen["patents"]) == "outcome: patents (1 zero)"


def test_a_column_that_does_not_tell_rows_apart_names_none():
    frame = european().assign(nuts2="X")
    p = proposed(frame)
    assert p.label == ""
    assert any("--label" in text for text in p.against)


def test_zeros_are_told_and_left_out_only_in_words():
    frame = european()
    frame.loc[[20, 21], "epo_patents_avg_2008_2010"] = 0.0
    frame = frame.drop(columns=["epo_patents_2009", "epo_patents_2012"])
    p = proposed(frame)
    assert p.step["zero_rule"] == "drop"
    assert p.use.used == 35
    assert [x.count for x in p.use.lost] == [3, 2]
    assert any("XX20, XX21" in text for text in p.against)
    assert any("zero_value" in text for text in p.against)


def test_few_rows_are_told():
    assert any(f"below {FEW_ROWS}" in text for text in proposed(european(20)).against)


def test_a_panel_is_pooled_and_clustered():
    n = 60
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "region": [f"r{i // 3}" for i in range(n)],
            "year": [2010, 2011, 2012] * (n // 3),
            "patents": rng.uniform(1, 9, n),
            "staff": rng.uniform(1, 9, n),
        }
    )
    p = proposed(frame)
    assert (p.step["cluster"], p.step["vcov"], p.time) == ("region", "cluster", "year")
    assert dict(p.renamed) == {}


def test_columns_of_the_innovation_space_get_its_models():
    from innospace.data.catalogue import load_sample

    p = propose(load_sample("russia-2010-2012"))
    assert p.step["model"] == "innovation_space"
    assert p.schema == "innovation_space"


def test_a_decision_of_firms_gets_a_probit():
    n = 60
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "firm": np.arange(1000, 1000 + n),
            "rd": rng.integers(0, 2, n),
            "export": rng.integers(0, 2, n),
            "employees": rng.integers(5, 500, n),
        }
    )
    p = proposed(frame)
    assert p.step == {
        "engine": "firms",
        "method": "probit",
        "arguments": {"formula": "rd ~ export + log(employees)"},
    }
    asked = proposed(frame, engine="firms", method="probit", formula="export ~ log(employees)")
    assert asked.step["arguments"]["formula"] == "export ~ log(employees)"
    with pytest.raises(StudyError, match="needs a method"):
        proposed(frame, engine="firms")
    with pytest.raises(SpecError, match="'formula'"):
        proposed(frame, method="probit")


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"region": ["a", "b"], "note": ["x", "y"]}, "no column of numbers"),
        ({"region": ["a", "b"], "2010": [1.0, 2.0], "2011": [2.0, 3.0]}, "one quantity, a column a year"),
        ({"region": ["a", "b"], "patents": [1.0, 2.0]}, "what goes in"),
        ({"region": ["a", "b"], "x1": [1.0, 2.5], "staff": [2.0, 9.0]}, "the outcome"),
    ],
)
def test_what_a_table_does_not_tell_is_said(columns, what):
    with pytest.raises(StudyError, match=what) as caught:
        proposed(pd.DataFrame(columns))
    assert caught.value.remedy


def test_what_is_asked_for_is_checked():
    frame = european()
    with pytest.raises(LabelError, match="Unknown column"):
        proposed(frame, label="nuts3")
    with pytest.raises(LabelError, match="epo_patent_2009"):
        proposed(frame, formula="log(epo_patent_2009) ~ log(rd_personnel_fte_2009)")
    with pytest.raises(FormulaError, match="not an allowed transform"):
        proposed(frame, formula="system(country) ~ rd_personnel_fte_2009")
    asked = proposed(frame, formula="log(epo_patents_2012) ~ C(country)", label="country")
    assert dict(asked.renamed) == {}, "a column that the formula uses keeps its name"


def test_names_that_are_no_words_stand_in_backticks():
    assert quoted_column("патенты") == "патенты"
    assert quoted_column("Выдано патентов, ед.") == "`Выдано патентов, ед.`"
    assert quoted_column("2010") == "`2010`"


def test_rows_of_a_formula_are_counted_once():
    frame = pd.DataFrame({"y": [1.0, 0.0, NAN, 4.0, -1.0], "x": [1.0, 0.0, 1.0, NAN, 2.0]})
    use = row_use(frame, "log(y) ~ log(x)")
    assert (use.used, [x.count for x in use.lost]) == (1, [2, 2])
    assert use.lost[1].first == ("row 2", "row 5")
    assert row_use(frame, "log(y) ~ log(x)", "replace").used == 2
    assert row_use(frame, "y ~ x").used == 3


def test_firms_are_known_by_the_names_of_columns():
    assert is_firm("firm_id")
    assert is_firm("ИНН")
    assert not is_firm("region")


def test_tables_of_statistical_offices_are_put_together():
    goods = pd.DataFrame({"region": ["a", "b", "c"], "2010": [1.0, 2.0, 3.0], "2011": [4.0, 5.0, 6.0]})
    staff = pd.DataFrame({"region": ["c", "b", "d"], "2011": [7.0, 8.0, 9.0], "2012": [1.0, 1.0, 1.0]})
    found = put_together({"goods_2010_2011": as_dataset(goods), "staff": as_dataset(staff)})
    frame = found.frame.set_index(["region", "year"])
    assert list(frame.columns) == ["goods", "staff"]
    assert frame.loc[("b", 2011)].to_list() == [5.0, 8.0]
    assert len(frame) == 6 + 6 - 2
    assert frame.loc[("d", 2012), "staff"] == 1.0
    assert np.isnan(frame.loc[("a", 2010), "staff"])


def test_tables_that_do_not_fit_together_are_refused():
    goods = as_dataset(pd.DataFrame({"region": ["a", "b"], "goods": [1.0, 2.0]}))
    with pytest.raises(DataError, match="no row in common"):
        put_together({"goods": goods, "staff": as_dataset(pd.DataFrame({"region": ["x"], "staff": [1.5]}))})
    with pytest.raises(DataError, match="Both"):
        put_together({"goods": goods, "more": as_dataset(pd.DataFrame({"region": ["a", "b"], "goods": [1.5, 2.0]}))})
    with pytest.raises(DataError, match="tells its rows apart"):
        put_together({"goods": goods, "staff": as_dataset(pd.DataFrame({"staff": [1.5, 2.0]}))})


def test_names_that_stand_in_the_table_again_are_told():
    frame = european()
    twice = pd.concat([frame, frame.iloc[[0, 3, 3]]], ignore_index=True)
    told = next(x for x in proposed(twice).against if "before" in x)
    assert told.startswith("3 rows have names that stand in nuts2 before: 'XX00', 'XX03'.")
    assert "(--time COLUMN)" in told
    assert told in proposed(twice, label="nuts2").against
    assert not any("tells the rows apart" in r for r in proposed(twice, label="nuts2").reasons)
    panel = pd.concat([frame.assign(year=y) for y in (2011, 2012)], ignore_index=True)
    assert not any("before" in x for x in proposed(panel).against)
    again = pd.concat([panel, panel.iloc[[5]]], ignore_index=True)
    told = next(x for x in proposed(again, label="nuts2").against if "before" in x)
    assert told.startswith("1 row has a name that stands in nuts2 before: 'XX05 2011'.")
    assert "--time" not in told
    assert not any("before" in x for x in proposed(frame).against)
