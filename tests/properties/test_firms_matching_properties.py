"""What must not change effects by matching and weighting: order of rows, units, labels, copies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_cases import FORMULA, firms

from innospace.firms.effects.balance import balance
from innospace.firms.effects.doubly_robust import doubly_robust
from innospace.firms.effects.matching import match
from innospace.firms.effects.rosenbaum import rosenbaum_bounds
from innospace.firms.effects.weighting import weight

FEW = settings(max_examples=4, deadline=None)
SEEDS = st.integers(0, 10_000)
# a maximum of the likelihood is found to this relative precision, whatever the order of the rows
SAME = 1e-6

RUNS = (
    (match, {}, "att"),
    (match, {"caliper": 0.3}, "att"),
    (match, {"order": "closest", "neighbours": 2}, "att"),
    (match, {"replace": True, "neighbours": 2, "distance": "linear_propensity"}, "att"),
    (match, {"replace": True, "estimand": "ate"}, "ate"),
    (match, {"replace": True, "distance": "mahalanobis", "bias_adjust": True}, "att"),
    (match, {"distance": "mahalanobis"}, "att"),
    (weight, {}, "att"),
    (weight, {"method": "entropy_balancing"}, "att"),
    (weight, {"method": "overlap"}, "ato"),
    (doubly_robust, {}, "att"),
    (doubly_robust, {"method": "ipwra", "estimand": "ate"}, "ate"),
)


@pytest.mark.parametrize(("verb", "options", "kind"), RUNS)
@FEW
@given(SEEDS)
def test_order_of_rows(verb, options, kind, seed):
    data = firms(120, seed)
    mixed = data.sample(frac=1.0, random_state=seed)
    a, b = (verb(FORMULA, "sales", d, **options).effect("sales", kind) for d in (data, mixed))
    assert a["estimate"] == pytest.approx(b["estimate"], rel=SAME, abs=SAME)
    assert a["std_error"] == pytest.approx(b["std_error"], rel=SAME)


@pytest.mark.parametrize(("verb", "options", "kind"), RUNS)
@FEW
@given(SEEDS, st.sampled_from([1e-4, 3.0, 1e5]))
def test_units(verb, options, kind, seed, unit):
    data = firms(120, seed)
    other = data.assign(sales=unit * data["sales"] + 7.0 * unit, size=data["size"] / unit, age=3.0 - 2.0 * data["age"])
    a, b = (verb(FORMULA, "sales", d, **options).effect("sales", kind) for d in (data, other))
    assert unit * a["estimate"] == pytest.approx(b["estimate"], rel=SAME, abs=unit * SAME)
    assert unit * a["std_error"] == pytest.approx(b["std_error"], rel=SAME)


@FEW
@given(SEEDS)
def test_labels_of_exact_columns(seed):
    data = firms(150, seed)
    names = {"food": "z", "steel": "a", "cars": "m"}
    other = data.assign(industry=data["industry"].map(names))
    a, b = (match(FORMULA, "sales", d, exact=["industry"]).effect("sales", "att") for d in (data, other))
    assert a["estimate"] == b["estimate"]


@FEW
@given(SEEDS)
def test_an_exact_column_is_a_matching_in_each_part(seed):
    data = firms(200, seed)
    r = match(FORMULA, "sales", data, exact=["industry"], replace=True)
    pairs = r.frames["pairs"]
    score = r.frames["scores"]["score"].to_numpy()
    industry, t = data["industry"].to_numpy(), data["starter"].to_numpy() == 1
    for i, rows in pairs.groupby("treated_row"):
        rivals = np.flatnonzero(~t & (industry == industry[i - 1]))
        nearest = np.abs(score[rivals] - score[i - 1]).min()
        assert rows["distance"].max() == pytest.approx(nearest, abs=1e-8)


@FEW
@given(SEEDS)
def test_a_constant_added_to_treated_outcomes_is_found(seed):
    data = firms(150, seed)
    more = data.assign(sales=data["sales"] + 5.0 * data["starter"])
    for verb, options, kind in RUNS[:8]:
        a, b = (verb(FORMULA, "sales", d, **options).effect("sales", kind)["estimate"] for d in (data, more))
        assert b - a == pytest.approx(5.0, abs=1e-8)


@FEW
@given(SEEDS)
def test_every_row_twice_leaves_weighting_as_it_is(seed):
    data = firms(120, seed)
    twice = pd.concat([data, data], ignore_index=True)
    a, b = (weight(FORMULA, "sales", d).effect("sales", "att") for d in (data, twice))
    assert a["estimate"] == pytest.approx(b["estimate"], rel=SAME)
    assert a["std_error"] == pytest.approx(np.sqrt(2.0) * b["std_error"], rel=SAME)


@FEW
@given(SEEDS)
def test_balance_does_not_depend_on_units_or_order(seed):
    rng = np.random.default_rng(seed)
    x, t, w = rng.normal(size=(60, 3)), rng.random(60) < 0.5, rng.random(60)
    t[:2] = [True, False]
    order = rng.permutation(60)
    (a,) = balance(x, t, (w,))
    (b,) = balance(4.0 * x[order] + 1.0, t[order], (9.0 * w[order],))
    for name in ("smd", "variance_ratio", "ks"):
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-8, atol=1e-12)


@FEW
@given(SEEDS)
def test_bounds_widen_with_gamma_and_turn_with_the_sign(seed):
    d = np.random.default_rng(seed).normal(0.2, 1.0, 40)
    gammas = np.array([1.0, 1.2, 2.0])
    a, b = rosenbaum_bounds(d, gammas), rosenbaum_bounds(-3.0 * d, gammas)
    np.testing.assert_allclose(a.p_upper, b.p_upper)
    np.testing.assert_allclose(a.hl_lower, -b.hl_upper / 3.0, atol=1e-8)
    assert (np.diff(a.p_upper) >= 0).all()
    assert (np.diff(a.hl_upper) >= -1e-9).all()
