"""What must not change an effect of entry: order and names of rows, shifts, units, firms that say nothing."""

from __future__ import annotations

import did_cases as cases
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.firms.effects.did import did
from innospace.firms.effects.did_twfe import twfe
from innospace.firms.effects.sun_abraham import sun_abraham

SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=7, deadline=None)
VERBS = st.sampled_from([did, sun_abraham, twfe])


def numbers(result):
    frame = result.effects().set_index(["kind", "name"])[["estimate", "std_error"]]
    return frame.to_numpy()


@FEW
@given(SEEDS, VERBS)
def test_order_of_rows(seed, verb):
    table = cases.panel(80, seed)
    mixed = table.sample(frac=1.0, random_state=seed % 1000)
    np.testing.assert_allclose(numbers(verb("y", mixed, entry="entry")), numbers(verb("y", table, entry="entry")))


@FEW
@given(SEEDS, VERBS)
def test_names_of_firms_and_start_of_time(seed, verb):
    table = cases.panel(80, seed)
    renamed = table.assign(
        firm=[f"f{(i * 7919) % 10_007}" for i in table["firm"]],
        year=table["year"] - 1990,
        entry=np.where(table["entry"] > 0, table["entry"] - 1990, 0),
    )
    one, other = verb("y", table, entry="entry"), verb("y", renamed, entry="entry")
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-9, atol=1e-12)


@FEW
@given(SEEDS, VERBS, st.floats(0.01, 100.0), st.floats(-50.0, 50.0))
def test_unit_and_level_of_the_outcome(seed, verb, unit, shift):
    table = cases.panel(80, seed)
    own = table["firm"] % 5 + 0.3 * (table["year"] - 2000)
    other = verb("y", table.assign(y=unit * (table["y"] + shift + own)), entry="entry")
    np.testing.assert_allclose(numbers(other), unit * numbers(verb("y", table, entry="entry")), rtol=1e-7, atol=1e-9)


@FEW
@given(SEEDS, st.sampled_from(["doubly_robust", "regression", "ipw"]), st.floats(0.01, 100.0), st.floats(-50.0, 50.0))
def test_unit_and_level_of_a_covariate(seed, method, unit, shift):
    table = cases.panel(150, seed)
    one = did("y ~ x", table, entry="entry", method=method)
    other = did("y ~ x", table.assign(x=unit * table["x"] + shift), entry="entry", method=method)
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-5, atol=1e-7)


@FEW
@given(SEEDS, VERBS)
def test_twice_the_firms_give_the_same_effects_and_smaller_errors(seed, verb):
    table = cases.panel(80, seed)
    double = pd.concat([table, table.assign(firm=table["firm"] + 1000)])
    one, other = numbers(verb("y", table, entry="entry")), numbers(verb("y", double, entry="entry"))
    np.testing.assert_allclose(other[:, 0], one[:, 0], rtol=1e-8, atol=1e-10)
    if verb is did:
        np.testing.assert_allclose(other[:, 1], one[:, 1] / np.sqrt(2.0), rtol=1e-9)


@FEW
@given(SEEDS, VERBS)
def test_firms_seen_once_change_no_estimate(seed, verb):
    table = cases.panel(80, seed)
    alone = pd.DataFrame({"firm": [5000], "year": [2003], "y": [9.0], "entry": [0]})
    one, other = verb("y", table, entry="entry"), verb("y", pd.concat([table, alone]), entry="entry")
    np.testing.assert_allclose(numbers(other)[:, 0], numbers(one)[:, 0], rtol=1e-9, atol=1e-12)
