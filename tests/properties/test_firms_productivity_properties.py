"""What must not change an estimate of productivity, and what must change it in a known way."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.firms.productivity import productivity

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from firm_productivity_cases import control_panel, gnr_panel

DATA = {m: gnr_panel(60, 4, 2) if m == "gnr" else control_panel(60, 5, 2) for m in ("op", "lp", "wooldridge", "gnr")}
METHODS = st.sampled_from(sorted(DATA))
FEW = settings(max_examples=7, deadline=None, derandomize=True)


def run(method, data, **more):
    proxy = {"investment": "i"} if method == "op" else {"materials": "m"}
    share = {"share": "s"} if method == "gnr" else {}
    return productivity(data, method=method, output="y", labour="l", capital="k", **proxy, **share, **more)


def estimates(result):
    return result.coefficients()["estimate"].to_numpy()


@FEW
@given(METHODS, st.integers(0, 1000))
def test_row_order_changes_nothing(method, seed):
    data = DATA[method]
    shuffled = data.sample(frac=1.0, random_state=seed)
    plain, other = run(method, data), run(method, shuffled)
    np.testing.assert_array_equal(estimates(plain), estimates(other))
    np.testing.assert_array_equal(plain.frames["productivity"]["omega"], other.frames["productivity"]["omega"])


@FEW
@given(METHODS, st.integers(0, 1000))
def test_names_of_firms_and_numbering_of_years_change_nothing(method, seed):
    data = DATA[method]
    names = dict(zip(data["firm"].unique(), np.random.default_rng(seed).permutation(10_000), strict=False))
    other = run(method, data.assign(firm=data["firm"].map(names), year=data["year"] - 1999))
    np.testing.assert_allclose(estimates(other), estimates(run(method, data)), atol=1e-7)


@FEW
@given(METHODS, st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_units_of_output_and_inputs_move_productivity_alone(method, a, b, c, d):
    data = DATA[method]
    proxy = "i" if method == "op" else "m"
    moved = data.assign(y=data["y"] + a, l=data["l"] + b, k=data["k"] + c, **{proxy: data[proxy] + d})
    plain, other = run(method, data), run(method, moved)
    np.testing.assert_allclose(estimates(other), estimates(plain), atol=2e-6)
    one, two = (r.frames["productivity"]["omega"].to_numpy() for r in (plain, other))
    np.testing.assert_allclose(two - two.mean(), one - one.mean(), atol=1e-5)


@FEW
@given(st.sampled_from(["op", "lp", "wooldridge"]), st.floats(0.2, 5.0))
def test_log_output_times_a_number_multiplies_elasticities(method, factor):
    data = DATA[method]
    other = run(method, data.assign(y=factor * data["y"]))
    np.testing.assert_allclose(estimates(other), factor * estimates(run(method, data)), rtol=1e-4)


@pytest.mark.parametrize("method", sorted(DATA))
def test_a_firm_twice_changes_estimates_as_its_weight_does(method):
    """All firms twice, under new names: the same estimates, and clustered errors smaller by the root of two."""
    import pandas as pd

    data = DATA[method]
    plain = run(method, data)
    double = run(method, pd.concat([data, data.assign(firm=data["firm"] + "b")]))
    np.testing.assert_allclose(estimates(double), estimates(plain), atol=1e-6)
    if method != "gnr":
        ratio = plain.coefficients()["std_error"] / double.coefficients()["std_error"]
        # G/(G-1) differs between 60 and 120 firms
        np.testing.assert_allclose(ratio, np.sqrt(2.0) * np.sqrt(60 / 59 * 119 / 120), rtol=1e-3)
