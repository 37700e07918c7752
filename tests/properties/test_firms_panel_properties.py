"""What must not change premia, classes and tests: order of rows, names of firms, units of measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.data.panels import CLASSES, lagged, panel_of, status_classes
from innospace.firms.distributions import kolmogorov_smirnov
from innospace.firms.premia import premia
from innospace.numerics.absorb import absorb, without_singletons

SEEDS = st.integers(0, 2**32 - 1)


def firms(seed, count=60, waves=4):
    rng = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(count), waves), np.tile(np.arange(2000, 2000 + waves), count)
    n = len(firm)
    frame = pd.DataFrame({"firm": firm, "year": year, "industry": rng.integers(0, 3, count)[firm]})
    frame["export"] = (rng.normal(size=count)[firm] + rng.normal(size=n) > 0.3).astype(int)
    frame["size"] = rng.normal(size=n)
    frame["sales"] = np.exp(0.2 * frame["export"] + rng.normal(size=n))
    return frame


@given(seed=SEEDS, scale=st.floats(1e-3, 1e3), kind=st.sampled_from(["level", "firm"]))
@settings(max_examples=25, deadline=None)
def test_order_names_and_units_do_not_matter(seed, scale, kind):
    frame = firms(seed)
    options = {"controls": ["size"], "kind": kind, "min_firms": 1}
    base = premia(frame, "sales", "export", **options).coefficients()
    other = frame.sample(frac=1.0, random_state=seed % 1000)
    other = other.assign(firm="f" + (977 * other["firm"] % 1009).astype(str), sales=scale * other["sales"])
    found = premia(other, "sales", "export", **options).coefficients()
    np.testing.assert_allclose(found, base, rtol=1e-6, atol=1e-8)
    resized = premia(frame.assign(size=scale * frame["size"]), "sales", "export", **options).coefficients()
    np.testing.assert_allclose(resized.loc["export"], base.loc["export"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(scale * resized.loc["size", "estimate"], base.loc["size", "estimate"], rtol=1e-6)


@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_a_flipped_status_flips_the_premium(seed):
    frame = firms(seed)
    base = premia(frame, "sales", "export", min_firms=1).coefficients()
    flipped = premia(frame.assign(export=1 - frame["export"]), "sales", "export", min_firms=1).coefficients()
    np.testing.assert_allclose(flipped["estimate"], -base["estimate"], rtol=1e-8)
    np.testing.assert_allclose(flipped["std_error"], base["std_error"], rtol=1e-8)


@given(table=st.lists(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=3, max_size=3), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_firm_has_one_class_and_reversed_time_swaps_starters_and_quitters(table):
    table = [[0.0, 0.0, 0.0], *table]
    rows = [(i, 2000 + t, v) for i, row in enumerate(table) for t, v in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["firm", "year", "export"])
    classes = status_classes(panel_of(frame), "export")
    assert sum(classes.count(c) for c in CLASSES) + classes.missing == len(table)
    back = status_classes(panel_of(frame.assign(year=4002 - frame["year"])), "export")
    swap = {"starter": "quitter", "quitter": "starter"}
    for name in CLASSES:
        assert back.count(swap.get(name, name)) == classes.count(name)
    never = classes.frame()["class"] == "never"
    assert (classes.frame()["entry_year"][never] == 0).all()


@given(seed=SEEDS, by=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_lags_agree_with_a_join(seed, by):
    rng = np.random.default_rng(seed)
    frame = firms(seed, 20, 6)
    frame = frame[rng.uniform(size=len(frame)) < 0.8].sample(frac=1.0, random_state=1).reset_index(drop=True)
    found = lagged(panel_of(frame), ["size"], by).frame[f"size_lag{by}"]
    before = frame[["firm", "year", "size"]].assign(year=frame["year"] + by)
    expected = frame[["firm", "year"]].merge(before, how="left", on=["firm", "year"])["size"]
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())


@given(seed=SEEDS, n1=st.integers(2, 40), n0=st.integers(2, 40), digits=st.sampled_from([0, 1, 8]))
@settings(max_examples=60, deadline=None)
def test_exchanged_samples_exchange_sides(seed, n1, n0, digits):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=n1).round(digits), rng.normal(size=n0).round(digits)
    found, back = kolmogorov_smirnov(one, other), kolmogorov_smirnov(other, one)
    assert found.statistic["two_sided"] == back.statistic["two_sided"]
    assert found.statistic["above"] == back.statistic["below"]
    moved = kolmogorov_smirnov(np.exp(one), np.exp(other))
    assert moved.statistic == found.statistic
    assert all(0.0 <= p <= 1.0 for p in (*found.p_value.values(), *found.p_asymptotic.values()))


@given(seed=SEEDS, levels=st.lists(st.integers(2, 30), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_absorbed_columns_have_no_group_means_and_stay_so(seed, levels):
    rng = np.random.default_rng(seed)
    groupings = [rng.integers(0, level, 120) for level in levels]
    column = rng.normal(size=120) + 5.0
    found = absorb([column], groupings)
    for codes in groupings:
        means = np.bincount(codes, weights=found.columns[0]) / np.maximum(np.bincount(codes), 1)
        assert np.abs(means).max() < 1e-7
    np.testing.assert_allclose(absorb([found.columns[0]], groupings).columns, found.columns, atol=1e-7)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_no_single_row_is_left(seed):
    rng = np.random.default_rng(seed)
    groupings = [rng.integers(0, 25, 40), rng.integers(0, 15, 40)]
    keep = without_singletons(groupings)
    for codes in groupings:
        counts = np.bincount(codes[keep]) if keep.any() else np.zeros(1)
        assert not (counts == 1).any()
