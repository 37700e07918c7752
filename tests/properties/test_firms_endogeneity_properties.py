"""What must not matter to instruments and control functions: order of rows, units, how instruments are written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.firms.endogeneity import control_function, instrumental_variables

FEW = settings(max_examples=6, deadline=None, derandomize=True)
IV = {"endogenous": ["d"], "instruments": ["z1", "z2"]}


def simulate(seed, n=300):
    rng = np.random.default_rng(seed)
    x, z1, z2, v = (rng.normal(size=n) for _ in range(4))
    d = 0.5 * x + 0.8 * z1 - 0.5 * z2 + v
    y = 1.0 + 0.5 * d - 0.4 * x + 0.5 * v + rng.normal(size=n)
    columns = {
        "y": y,
        "event": (y > 1.0).astype(int),
        "d": d,
        "x": x,
        "z1": z1,
        "z2": z2,
        "group": rng.integers(0, 30, n),
    }
    return pd.DataFrame(columns)


def fits(table):
    return (
        instrumental_variables("y ~ d + x", table, **IV, cluster="group"),
        control_function("event ~ d + x", table, **IV, cluster="group"),
    )


@FEW
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_and_names_of_clusters_do_not_matter(seed):
    table = simulate(seed % 9)
    other = table.iloc[np.random.default_rng(seed).permutation(len(table))].assign(
        group=lambda t: "group " + (99 - t["group"]).astype(str)
    )
    for a, b in zip(fits(table), fits(other), strict=True):
        np.testing.assert_allclose(a.estimates.values, b.estimates.values, atol=1e-7)
        np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-5, atol=1e-9)
        for name in a.numbers:
            assert b.numbers[name] == pytest.approx(a.numbers[name], rel=1e-5, abs=1e-9)


@FEW
@given(scale=st.floats(1e-3, 1e3), mix=st.floats(-2.0, 2.0))
def test_instruments_may_be_mixed_and_scaled(scale, mix):
    table = simulate(2)
    other = table.assign(z1=scale * table["z1"] + 5.0, z2=table["z2"] + mix * table["z1"] + 0.3 * table["x"])
    for a, b in zip(fits(table), fits(other), strict=True):
        np.testing.assert_allclose(a.estimates.values[:3], b.estimates.values[:3], atol=1e-6)
        for name in a.numbers:
            assert b.numbers[name] == pytest.approx(a.numbers[name], rel=1e-4, abs=1e-7)


@FEW
@given(scale=st.floats(1e-3, 1e3))
def test_units_of_the_endogenous_regressor_only_change_its_coefficient(scale):
    table = simulate(3)
    for a, b in zip(fits(table), fits(table.assign(d=scale * table["d"])), strict=True):
        one, other = a.coefficients().loc["d"], b.coefficients().loc["d"]
        assert other["estimate"] * scale == pytest.approx(one["estimate"], rel=1e-5)
        assert other["z"] == pytest.approx(one["z"], rel=1e-4)
