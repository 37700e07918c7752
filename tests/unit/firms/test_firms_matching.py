"""Matching: rules, errors, tables, and input that cannot be used."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matching_cases import EFFECT, FORMULA, firms, greedy, nearest_all

from innospace.core.errors import DataError, FormulaError, LabelError, SpecError
from innospace.firms.choice.binary import binary
from innospace.firms.effects.match_did import match_did
from innospace.firms.effects.matching import match
from innospace.firms.effects.matching_estimate import own_variances
from innospace.firms.effects.matching_rules import metric
from innospace.firms.effects.propensity import sample
from innospace.firms.result import FirmResult

SAME = 1e-10


@pytest.fixture(scope="module")
def data():
    return firms(300, 3)


def arms(data):
    s = sample(FORMULA, "sales", data)
    return s, np.flatnonzero(s.treated), np.flatnonzero(~s.treated)


def test_propensity_model_is_the_logit(data):
    r = match(FORMULA, "sales", data)
    expected = binary(FORMULA, data, link="logit").coefficients()
    pd.testing.assert_frame_equal(r.coefficients(), expected)


@pytest.mark.parametrize("order", ["largest", "smallest", "data"])
def test_greedy_is_that_of_a_naive_search(data, order):
    s, t, c = arms(data)
    p, y = s.score.values, s.outcomes["sales"]
    turn = {"largest": np.argsort(-p[t]), "smallest": np.argsort(p[t]), "data": np.arange(len(t))}[order]
    found = greedy(p[t], p[c], turn, radius=0.25 * p.std(ddof=1))
    effect = np.mean([y[t[i]] - y[c[j[0]]] for i, j in enumerate(found) if j])
    r = match(FORMULA, "sales", data, order=order, caliper=0.25)
    assert r.effect("sales", "att")["estimate"] == pytest.approx(effect, abs=SAME)
    assert r.numbers["pairs"] == sum(len(j) for j in found)


def test_replacement_and_its_errors_are_those_of_the_definition(data):
    data = data.assign(size=data["size"].round(1), age=data["age"].round())  # ties
    s, t, c = arms(data)
    p, y = s.score.index / s.score.index.std(ddof=1), s.outcomes["sales"]
    sets = nearest_all(p[t], p[c], 2)
    tau = np.array([y[i] - y[c[j]].mean() for i, j in zip(t, sets, strict=True)])
    k, k2 = np.zeros(len(y)), np.zeros(len(y))
    single = []
    for i, j in zip(t, sets, strict=True):
        k[c[j]] += 1 / len(j)
        k2[c[j]] += 1 / len(j) ** 2
        single.append(np.mean((y[i] - y[c[j]] - tau.mean()) ** 2))
    own = nearest_all(p[c], p[c], 4)
    variance = np.array([y[c[j]].var(ddof=1) for j in own])
    spread = np.sum((tau - tau.mean()) ** 2)
    robust = np.sqrt(spread + np.sum((k[c] ** 2 - k2[c]) * variance)) / len(t)
    plain = np.sqrt(spread + np.sum(k[c] ** 2 - k2[c]) * 0.5 * np.mean(single)) / len(t)
    options = {"distance": "linear_propensity", "neighbours": 2, "replace": True, "variance_neighbours": 3}
    r = match(FORMULA, "sales", data, **options, errors="abadie_imbens")
    row = r.effect("sales", "att")
    assert row["estimate"] == pytest.approx(tau.mean(), abs=SAME)
    assert row["std_error"] == pytest.approx(robust, rel=1e-8)
    h = match(FORMULA, "sales", data, **options, errors="homoskedastic").effect("sales", "att")
    assert h["std_error"] == pytest.approx(plain, rel=1e-8)


def test_conditional_variances_use_the_own_group(data):
    s, t, c = arms(data)
    where = metric(s, "linear_propensity")
    y = s.outcomes["sales"]
    found = own_variances(where, s.treated, y, np.ones(s.n, dtype=bool), 1)
    for group in (t, c):
        sets = nearest_all(where.line[group], where.line[group], 2)
        np.testing.assert_allclose(found[group], [y[group[j]].var(ddof=1) for j in sets], atol=1e-9)


def test_ate_is_the_mean_of_both_directions(data):
    e = {k: match(FORMULA, "sales", data, replace=True, estimand=k).effect("sales", k) for k in ("ate", "att", "atc")}
    share = data["starter"].mean()
    both = share * e["att"]["estimate"] + (1 - share) * e["atc"]["estimate"]
    assert e["ate"]["estimate"] == pytest.approx(both, abs=SAME)


def test_atc_is_the_att_of_the_opposite_treatment(data):
    turned = data.assign(starter=1.0 - data["starter"])
    for options in ({"replace": True}, {"order": "closest"}, {"replace": True, "bias_adjust": True}):
        a = match(FORMULA, "sales", data, estimand="atc", **options).effect("sales", "atc")
        b = match(FORMULA, "sales", turned, estimand="att", **options).effect("sales", "att")
        assert a["estimate"] == pytest.approx(-b["estimate"], abs=1e-9)
        assert a["std_error"] == pytest.approx(b["std_error"], rel=1e-7)


def test_mahalanobis_is_that_of_a_naive_search(data):
    s, t, c = arms(data)
    x, y = s.covariates, s.outcomes["sales"]
    inverse = np.linalg.inv(np.cov(x.T))
    d = np.array([[np.sqrt((x[i] - x[j]) @ inverse @ (x[i] - x[j])) for j in c] for i in t])
    effect = np.mean(y[t] - y[c[d.argmin(axis=1)]])
    r = match(FORMULA, "sales", data, distance="mahalanobis", replace=True)
    assert r.effect("sales", "att")["estimate"] == pytest.approx(effect, abs=SAME)
    np.testing.assert_allclose(r.frames["pairs"]["distance"], d.min(axis=1), rtol=1e-8)
    assert "abadie_imbens_score" not in set(r.table("match-errors").frame["kind"])


def test_exact_columns_are_shared_by_all_pairs(data):
    r = match(FORMULA, "sales", data, exact=["industry"], neighbours=2)
    pairs = r.frames["pairs"]
    industry = data["industry"].to_numpy()
    assert (industry[pairs["treated_row"] - 1] == industry[pairs["control_row"] - 1]).all()
    assert pairs["control_row"].is_unique
    assert (pairs["treated_firm"] == data["firm"].to_numpy()[pairs["treated_row"] - 1]).all()


def test_caliper_bounds_every_pair_and_names_who_is_left_out(data):
    r = match(FORMULA, "sales", data, caliper=0.01, caliper_scale="raw")
    assert r.frames["pairs"]["distance"].max() <= 0.01 + 1e-9
    assert r.numbers["without_match"] > 0
    assert any("found no match" in w for w in r.warnings)
    sd = sample(FORMULA, "sales", data).score.values.std(ddof=1)
    same = match(FORMULA, "sales", data, caliper=0.01 / sd)
    assert same.effect("sales", "att")["estimate"] == r.effect("sales", "att")["estimate"]


def test_common_support_leaves_out_whom_nobody_reaches(data):
    r = match(FORMULA, "sales", data, common_support=True, replace=True)
    p = sample(FORMULA, "sales", data).score.values
    t = data["starter"].to_numpy() == 1
    beyond = (p[t] > p[~t].max()) | (p[t] < max(p[~t].min(), p[t].min()))
    assert r.numbers["without_match"] == beyond.sum()


def test_random_order_depends_on_the_seed_alone(data):
    a, b, c = (match(FORMULA, "sales", data, order="random", caliper=0.05, seed=s) for s in (1, 1, 2))
    assert a.frames["pairs"].equals(b.frames["pairs"])
    assert not a.frames["pairs"].equals(c.frames["pairs"])


def test_several_outcomes_share_one_matching(data):
    r = match(FORMULA, ["sales", "after"], data)
    one = match(FORMULA, "after", data)
    assert r.effect("after", "att")["estimate"] == one.effect("after", "att")["estimate"]


def test_transformed_outcome(data):
    data = data.assign(turnover=np.exp(data["sales"]))
    a = match(FORMULA, "log(turnover)", data)
    b = match(FORMULA, "sales", data)
    assert a.effect("log(turnover)", "att")["estimate"] == pytest.approx(b.effect("sales", "att")["estimate"])


def test_ties_that_decide_the_answer_are_told(data):
    data = data.assign(size=data["size"].round(), age=data["age"].round())
    r = match(FORMULA, "sales", data, replace=True, ties="first")
    assert r.numbers["tied_rows"] > 0
    assert any("another order of rows" in w for w in r.warnings)
    steps = " ".join(r.steps)
    assert "of ties the first" in steps
    assert "with replacement" in steps


def test_errors_of_pairs_and_clusters(data):
    r = match(FORMULA, "sales", data)
    pairs = r.frames["pairs"]
    d = pairs["sales_treated"] - pairs["sales_control"]
    g, n = len(d), 2 * len(d)
    expected = np.sqrt(d.var(ddof=1) / g * (n - 1) / (n - 2))
    assert r.effect("sales", "att")["std_error"] == pytest.approx(expected, rel=1e-9)
    clustered = match(FORMULA, "sales", data, cluster="industry")
    assert clustered.effects_found.errors.startswith("cluster")
    alone = match(FORMULA, "sales", data.assign(own=range(len(data))), cluster="own")
    kinds = alone.table("match-errors").frame.set_index("kind")["std_error"]
    g = int(alone.numbers["matched_treated"] + alone.numbers["matched_untreated"])
    assert kinds["cluster"] == pytest.approx(kinds["robust"] * np.sqrt(g / (g - 1)), rel=1e-9)


def test_what_a_result_holds(data):
    r = match(FORMULA, "sales", data, caliper=0.2)
    assert {c.name for c in r.checks} == {"balance", "overlap", "matched"}
    assert {t.name for t in r.tables} == {"balance", "samples", "match-errors"}
    assert r.plot("balance").data["smd"].notna().all()
    assert r.plot("overlap").data.groupby("group")["share"].sum().to_numpy() == pytest.approx([1.0, 1.0])
    text = json.dumps(r.to_dict())
    assert '"att"' in text
    assert r.summary()
    assert r.sections()[0].blocks
    back = FirmResult.from_bundle(r.to_bundle())
    assert back.findings() == r.findings()
    assert back.effects_found.errors == r.effects_found.errors
    assert "starter" in r.findings()[0]
    assert "matched" in r.findings()[0]


def test_boolean_columns_are_taken_as_numbers(data):
    flags = data.assign(starter=data["starter"] == 1.0, large=data["size"] > 0.0)
    r = match("starter ~ size + large", "sales", flags)
    assert "large" in r.estimates.names


def test_match_did_takes_out_what_is_constant(data):
    r = match_did(FORMULA, "before", "after", data, caliper=0.2)
    change = match(FORMULA, "change", data.assign(change=data["after"] - data["before"]), caliper=0.2)
    assert r.effect("after", "att")["estimate"] == pytest.approx(change.effect("change", "att")["estimate"], abs=SAME)
    level = match(FORMULA, "before", data, caliper=0.2)
    start = r.effect("after", "before_difference")
    assert start["estimate"] == pytest.approx(level.effect("before", "att")["estimate"], abs=SAME)
    assert r.numbers["starters"] == data["starter"].sum()
    assert "starters matched" in r.findings()[0]


def test_match_did_gives_no_headline_on_few_starters(data):
    few = pd.concat([data[data["starter"] == 1].head(7), data[data["starter"] == 0]])
    r = match_did(FORMULA, "before", "after", few)
    assert r.findings()[0].startswith("Only 7")
    assert not next(c for c in r.checks if c.name == "starters").ok
    assert match_did(FORMULA, "before", "after", few, minimum_starters=5).findings()[0].startswith("ATT")


def test_match_did_needs_columns_in_pairs(data):
    with pytest.raises(SpecError, match="do not pair up"):
        match_did(FORMULA, ["before"], ["after", "sales"], data)
    with pytest.raises(SpecError, match="named twice"):
        match_did(FORMULA, "after", "after", data)


BAD_RULES = (
    ({"caliper": -0.1}, SpecError, "caliper"),
    ({"caliper": 0.0}, SpecError, "caliper"),
    ({"neighbours": 0}, SpecError, "neighbours"),
    ({"distance": "euclid"}, LabelError, "distance"),
    ({"order": "largest", "distance": "mahalanobis"}, SpecError, "order"),
    ({"ties": "average"}, SpecError, "averaged"),
    ({"ties": "some", "replace": True}, LabelError, "ties"),
    ({"estimand": "ate"}, SpecError, "replacement"),
    ({"estimand": "late"}, LabelError, "estimand"),
    ({"tie_tolerance": 1e-5}, SpecError, "tie_tolerance"),
    ({"tie_tolerance": -1.0, "replace": True}, SpecError, "tie_tolerance"),
    ({"caliper": 1e-12, "caliper_scale": "raw"}, DataError, "finds a match"),
    ({"exact": ["sector"]}, LabelError, "sector"),
    ({"exact": ["firm"]}, DataError, "finds a match"),
    ({"errors": "guess"}, LabelError, "standard error"),
    ({"link": "cloglog"}, LabelError, "link"),
    ({"seed": -1}, SpecError, "seed"),
    ({"variance_neighbours": 0}, SpecError, "variance_neighbours"),
    ({"cluster": "town"}, LabelError, "town"),
)


@pytest.mark.parametrize(("options", "error", "text"), BAD_RULES)
def test_rules_that_cannot_be_used(data, options, error, text):
    with pytest.raises(error, match=text):
        match(FORMULA, "sales", data, **options)


def test_tables_that_cannot_be_used(data):
    cases = (
        (data.assign(starter=0.0), DataError, "is 0 in every row"),
        (data.assign(starter=1.0), DataError, "is 1 in every row"),
        (data.assign(starter=data["starter"] + 1), DataError, "must hold 0 and 1"),
        (data.assign(starter=(data["size"] > 0).astype(float)), DataError, "no overlap[\\s\\S]*'size' alone"),
        (data.assign(sales=np.nan), DataError, "Every cell of 'sales' is missing"),
        (data.assign(sales="much"), DataError, "holds text"),
        (data.assign(sales=np.inf), DataError, "infinite"),
        (data.drop(columns="age"), LabelError, "age"),
        (data.assign(age=2.0 * data["size"]), DataError, "collinear"),
        (data.head(0), DataError, "no rows"),
    )
    for frame, error, text in cases:
        with pytest.raises(error, match=text):
            match(FORMULA, "sales", frame)


def test_formulas_that_cannot_be_used(data):
    with pytest.raises(SpecError, match="no covariates"):
        match("starter ~ 1", "sales", data)
    with pytest.raises(FormulaError):
        match("starter size", "sales", data)
    with pytest.raises(SpecError, match="named twice"):
        match(FORMULA, ["sales", "sales"], data)
    with pytest.raises(SpecError, match="no outcome"):
        match(FORMULA, [], data)
    with pytest.raises(LabelError, match="profit"):
        match(FORMULA, "profit", data)


def test_effect_of_the_generator_is_found(data):
    big = firms(4000, 11)
    row = match(FORMULA, "sales", big, caliper=0.1).effect("sales", "att")
    assert abs(row["estimate"] - EFFECT) < 4 * row["std_error"]


def test_effects_on_shares_are_told_in_percentage_points(data):
    shares = data.assign(large=(data["sales"] > data["sales"].median()).astype(float))
    found = match(FORMULA, ["sales", "large"], shares)
    assert found.effects_found.unit == "units of the outcome; of 0/1 outcomes points of probability"
    assert "percentage points" not in found.findings()[0]
    size = f"{100.0 * abs(found.effect('large', 'att')['estimate']):.1f} percentage points"
    assert size in found.findings()[1]
    assert "the probability of large" in found.findings()[1]
    assert match(FORMULA, "large", shares).effects_found.unit == "points of probability"


def test_the_effect_stands_before_the_propensity_model(data):
    text = match(FORMULA, "sales", data).summary()
    assert text.index("ATT ") < text.index("Propensity model") < text.index("Intercept")
    assert max(map(len, text.splitlines())) <= 100
