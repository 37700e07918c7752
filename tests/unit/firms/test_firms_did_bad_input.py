"""Tables and options that difference-in-differences refuses, or uses with a warning."""

from __future__ import annotations

import did_cases as cases
import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, InnospaceError, LabelError, MissingRowsWarning, SpecError
from innospace.firms.effects.did import did
from innospace.firms.effects.did_twfe import twfe
from innospace.firms.effects.sun_abraham import sun_abraham

VERBS = (did, sun_abraham, twfe)


@pytest.fixture(scope="module")
def table():
    return cases.panel(300, 5)


def refused(kind, text, verb, *arguments, **options):
    with pytest.raises(kind) as caught:
        verb(*arguments, **options)
    assert text in str(caught.value)
    assert isinstance(caught.value, InnospaceError)
    return str(caught.value)


@pytest.mark.parametrize("verb", VERBS)
def test_one_wave(table, verb):
    text = refused(DataError, "at least two years", verb, "y", table[table["year"] == 2002], entry="entry")
    assert "2002" in text


@pytest.mark.parametrize("verb", VERBS)
def test_no_starters(table, verb):
    refused(DataError, "nothing to estimate", verb, "y", table.assign(entry=0), entry="entry")
    refused(DataError, "nothing to estimate", verb, "y", table.assign(entry=2030), entry="entry")


@pytest.mark.parametrize("verb", VERBS)
def test_constant_treatment(table, verb):
    refused(DataError, "0 in every row", verb, "y", table.assign(treated=0), treatment="treated")
    refused(DataError, "1 in every row", verb, "y", table.assign(treated=1), treatment="treated")
    refused(DataError, "0 and 1", verb, "y", table.assign(treated=table["treated"] * 2), treatment="treated")


def test_no_never_treated_proposes_not_yet(table):
    later = table[table["entry"] > 0]
    text = refused(DataError, "never treated comparison", did, "y", later, entry="entry")
    assert 'comparison="not_yet"' in text
    one = later[later["entry"] == 2003]
    refused(DataError, "none can serve as comparison", did, "y", one, entry="entry", comparison="not_yet")
    refused(DataError, "none can serve as comparison", sun_abraham, "y", one, entry="entry")
    refused(DataError, "determine who is treated", twfe, "y", one.assign(z=one["w"]), entry="entry", controls=["z"])
    refused(DataError, "leave nothing", twfe, "y", one, entry="entry")


@pytest.mark.parametrize("verb", VERBS)
def test_treated_in_the_first_year_is_counted_and_left_out(table, verb):
    early = table.assign(entry=table["entry"].where(table["firm"] >= 20, 2000))
    result = verb("y", early, entry="entry")
    assert result.numbers["firms"] == 280
    assert any(w.startswith("20 firms are treated by the first year") for w in result.warnings)
    everyone = table.assign(entry=np.where(table["entry"] > 0, 1999, 0))
    told = refused(DataError, "treated by the first year", verb, "y", everyone, entry="entry")
    assert f"{(everyone.groupby('firm')['entry'].first() > 0).sum()} of 300 firms" in told


def test_first_seen_treated_is_left_out(table):
    late = table[(table["firm"] != 7) | (table["year"] >= 2004)].copy()
    late.loc[late["firm"] == 7, "treated"] = 1
    result = did("y", late, treatment="treated")
    assert any(w.startswith("1 firms are treated by the first year or when first seen") for w in result.warnings)


@pytest.mark.parametrize("verb", VERBS)
def test_treatment_that_reverses(table, verb):
    back = table.copy()
    back.loc[(back["firm"].isin([3, 8])) & (back["year"] == 2003), "treated"] = 1
    back.loc[(back["firm"].isin([3, 8])) & (back["year"] >= 2004), "treated"] = 0
    back.loc[(back["firm"].isin([3, 8])) & (back["year"] < 2003), "treated"] = 0
    text = refused(DataError, "ends again in 2 firms", verb, "y", back, treatment="treated")
    assert "3, 8" in text
    assert 'absorbing="first"' in text
    declared = verb("y", back, treatment="treated", absorbing="first")
    entry = table["entry"].where(~table["firm"].isin([3, 8]), 2003)
    expected = verb("y", table.assign(entry=entry), entry="entry")
    np.testing.assert_array_equal(declared.effects()["estimate"], expected.effects()["estimate"])
    refused(LabelError, "absorbing", verb, "y", back, treatment="treated", absorbing="last")


@pytest.mark.parametrize("verb", VERBS)
def test_duplicate_firm_years(table, verb):
    twice = pd.concat([table, table.iloc[[13]]])
    text = refused(DataError, "1 firm-years occur more than once", verb, "y", twice, entry="entry")
    assert "firm 2, 2001" in text


@pytest.mark.parametrize("verb", VERBS)
def test_outcome_missing_or_constant(table, verb):
    refused(DataError, "missing", verb, "y", table.assign(y=np.nan), entry="entry")
    refused(DataError, "in every row", verb, "y", table.assign(y=3.0), entry="entry")
    refused(LabelError, "Unknown column", verb, "z", table, entry="entry")
    refused(LabelError, "Unknown column", verb, "y", table, entry="enter")
    refused(LabelError, "Unknown column", verb, "y", table, entry="entry", firm="plant")


@pytest.mark.parametrize("verb", VERBS)
def test_entry_years(table, verb):
    moving = table.copy()
    moving.loc[moving.index[8], "entry"] = 2004 if moving["entry"].iloc[8] != 2004 else 2003
    text = refused(DataError, "changes within 1 firms", verb, "y", moving, entry="entry")
    assert "firm 1" in text
    refused(DataError, "must not be negative", verb, "y", table.assign(entry=table["entry"] - 2003), entry="entry")
    refused(DataError, "whole numbers", verb, "y", table.assign(entry=table["entry"] + 0.5), entry="entry")
    refused(DataError, "whole numbers", verb, "y", table.assign(year=table["year"].astype(str) + "a"), entry="entry")
    empty = table.assign(entry=table["entry"].astype(float).replace(0.0, np.nan))
    infinite = table.assign(entry=table["entry"].astype(float).replace(0.0, np.inf))
    expected = verb("y", table, entry="entry").effects()["estimate"]
    for other in (empty, infinite):
        np.testing.assert_array_equal(verb("y", other, entry="entry").effects()["estimate"], expected)


def test_entry_after_the_last_year_counts_as_never(table):
    late = table.assign(entry=table["entry"].where(table["firm"] >= 10, 2010))
    result = did("y", late, entry="entry")
    assert any("10 firms enter after the last year" in w and "2010" in w for w in result.warnings)
    expected = did("y", table.assign(entry=table["entry"].where(table["firm"] >= 10, 0)), entry="entry")
    np.testing.assert_array_equal(result.effects()["estimate"], expected.effects()["estimate"])


def test_entry_between_waves(table):
    waves = table[table["year"].isin([2000, 2001, 2003, 2005])]
    result = did("y", waves, entry="entry")
    assert any("Entry years 2002, 2004 are not years of the panel" in w for w in result.warnings)
    y, entry = cases.wide(waves), cases.entries(waves)
    change = y[:, 3] - y[:, 2]
    hand = change[entry == 2004].mean() - change[entry == 0].mean()
    assert result.effect("g=2004 t=2005", "att_gt")["estimate"] == pytest.approx(hand, abs=1e-10)


@pytest.mark.parametrize("verb", VERBS)
def test_small_cohort_is_shown_without_headline(table, verb):
    entry = cases.entries(table)
    few = np.flatnonzero(entry == 2003)[3:]
    small = table.assign(entry=table["entry"].where(~table["firm"].isin(few), 0))
    result = verb("y", small, entry="entry")
    assert any("fewer than 5 starters: 2003" in w for w in result.warnings)
    check = next(c for c in result.checks if c.name == "starters_per_cohort")
    assert (check.value, check.ok) == (3.0, False)
    assert not any("entrants of 2003" in s for s in result.findings())
    if verb is not twfe:
        assert "g=2003" in set(result.effects()["name"])


def test_few_starters_are_a_description(table):
    entry = cases.entries(table)
    kept = np.flatnonzero(entry == 2002)[:12]
    few = table[(table["entry"] == 0) | table["firm"].isin(kept)]
    result = did("y", few, entry="entry")
    assert result.findings()[0].startswith("A description, for few firms start")
    assert any("Only 12 firms start" in w for w in result.warnings)


def test_covariates_that_separate_everywhere(table):
    apart = table.assign(z=(table["entry"] > 0) + 0.01 * table["w"])
    text = refused(DataError, "No effect after entry can be estimated", did, "y", apart, entry="entry", controls=["z"])
    assert "entry 2002" in text


def test_covariates_that_separate_one_cohort(table):
    apart = table.assign(z=(table["entry"] == 2003) + 0.01 * table["w"])
    result = did("y", apart, entry="entry", controls=["z"])
    assert not any("g=2003" in n for n in result.effects()["name"])
    assert any("could not be estimated" in w and "entry 2003" in w for w in result.warnings)
    fitted = did("y", apart, entry="entry", controls=["z"], method="regression")
    assert "g=2003" in set(fitted.effects()["name"])


def test_category_without_comparison_firms(table):
    only = table.assign(kind=np.where(table["entry"] == 2003, "b", np.where(table["firm"] % 2, "a", "c")))
    result = did("y ~ C(kind)", only, entry="entry", method="regression")
    assert any("too few comparison firms" in w for w in result.warnings)


def test_controls_that_firm_effects_absorb_are_named(table):
    result = sun_abraham("y", table, entry="entry", controls=["x"])
    assert any("x" in w and "Not identified" in w for w in result.warnings)


def test_effects_without_variation_are_said(table):
    flat = table.assign(y=np.where(table["year"] >= 2004, table["y"], 0.0))
    result = did("y", flat, entry="entry")
    assert any("effects have no error" in w for w in result.warnings)


def test_missing_rows_are_told(table):
    gaps = table.copy()
    gaps.loc[gaps.index[:4], "y"] = np.nan
    with pytest.warns(MissingRowsWarning, match="4 of 1800"):
        result = did("y", gaps, entry="entry")
    assert result.n == 1796


def test_no_complete_firm(table):
    checkered = table[(table["firm"] + table["year"]) % 3 > 0]
    refused(DataError, "observed in every year", did, "y", checkered, entry="entry", unbalanced="drop")


def test_clusters_must_hold_firms(table):
    refused(DataError, "more than one cluster", did, "y", table.assign(c=table["year"]), entry="entry", cluster="c")
    few = did("y", table.assign(c=table["firm"] % 9), entry="entry", cluster="c")
    assert any("Only 9 clusters" in w for w in few.warnings)


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({}, SpecError, "in one way"),
        ({"entry": "entry", "treatment": "treated"}, SpecError, "in one way"),
        ({"entry": "entry", "comparison": "later"}, LabelError, "comparison"),
        ({"entry": "entry", "method": "matching"}, LabelError, "method"),
        ({"entry": "entry", "base": "short"}, LabelError, "base"),
        ({"entry": "entry", "aggregate": "mean"}, LabelError, "aggregate"),
        ({"entry": "entry", "unbalanced": "fill"}, LabelError, "unbalanced"),
        ({"entry": "entry", "multiplier": "webb"}, LabelError, "multiplier"),
        ({"entry": "entry", "bootstrap": 10}, SpecError, "at least 100"),
        ({"entry": "entry", "level": 95.0}, SpecError, "between 0 and 1"),
        ({"entry": "entry", "anticipation": -1}, SpecError, "anticipation"),
    ],
)
def test_options(table, options, kind, text):
    refused(kind, text, did, "y", table, **options)


def test_controls_twice(table):
    refused(SpecError, "given twice", did, "y ~ x", table, entry="entry", controls=["w"])
    refused(DataError, "no rows", did, "y", table.iloc[:0], entry="entry")
    refused(SpecError, "needs a table", did, "y", None, entry="entry")
