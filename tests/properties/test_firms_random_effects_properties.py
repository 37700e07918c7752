"""What must not matter to a random-effects or dynamic probit: order of rows, names of firms, units of regressors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innospace.firms.choice.dynamic import dynamic_probit
from innospace.firms.choice.random_effects import random_effects_probit

FEW = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SAME = 1e-6
"""Sums in another order end Newton's method within rounding of the same point."""


def simulate(seed, firms=80, periods=6):
    rng = np.random.default_rng(seed)
    effect, x = rng.normal(size=(firms, 1)), rng.normal(size=(firms, periods))
    y = np.zeros((firms, periods), dtype=int)
    for t in range(periods):
        before = y[:, t - 1] if t else 0
        y[:, t] = -0.3 + 0.5 * x[:, t] + 0.6 * before + effect[:, 0] + rng.normal(size=firms) > 0
    columns = {"firm": np.repeat(np.arange(firms), periods), "year": np.tile(np.arange(periods), firms)}
    frame = pd.DataFrame({**columns, "y": y.ravel(), "x": x.ravel()})
    # an unbalanced panel: firms end early
    return frame[frame["year"] < 2 + frame["firm"] % (periods - 1)].reset_index(drop=True)


def fits(table):
    return (
        random_effects_probit("y ~ x", table, cluster="firm", nodes=24),
        dynamic_probit("y ~ x", table, nodes=24),
        dynamic_probit("y ~ x", table, method="heckman", nodes=24),
    )


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.log_likelihood == pytest.approx(b.log_likelihood, abs=1e-8)
        np.testing.assert_allclose(a.estimates.values, b.estimates.values, atol=SAME)
        np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(a.effects()["estimate"], b.effects()["estimate"], atol=SAME)


@FEW
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_and_names_of_firms_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    table = simulate(seed % 7)
    shuffled = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    names = rng.permutation(table["firm"].max() + 1)
    shuffled["firm"] = [f"firm {names[f]}" for f in shuffled["firm"]]
    assert_same(fits(table), fits(shuffled))


@FEW
@given(scale=st.floats(1e-3, 1e4), shift=st.floats(-1e3, 1e3))
def test_units_of_a_regressor_only_change_its_coefficient(scale, shift):
    table = simulate(1)
    one = random_effects_probit("y ~ x", table, nodes=24)
    other = random_effects_probit("y ~ x", table.assign(x=table["x"] * scale + shift), nodes=24)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
    a, b = one.coefficients(), other.coefficients()
    assert b.loc["x", "estimate"] * scale == pytest.approx(a.loc["x", "estimate"], rel=1e-5)
    assert b.loc["x", "std_error"] * scale == pytest.approx(a.loc["x", "std_error"], rel=1e-4)
    assert b.loc["ln_sigma_u", "estimate"] == pytest.approx(a.loc["ln_sigma_u", "estimate"], abs=1e-5)


@FEW
@given(seed=st.integers(0, 10_000))
def test_naming_the_other_outcome_one_turns_signs(seed):
    table = simulate(seed % 5)
    one = random_effects_probit("y ~ x", table, nodes=24)
    other = random_effects_probit("y ~ x", table.assign(y=1 - table["y"]), nodes=24)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(one.estimates.values[:2], -other.estimates.values[:2], atol=SAME)
    assert one.numbers["rho"] == pytest.approx(other.numbers["rho"], abs=SAME)


def test_every_firm_twice_halves_variances():
    table = simulate(3)
    twice = pd.concat([table, table.assign(firm=table["firm"] + 1000)], ignore_index=True)
    one, other = random_effects_probit("y ~ x", table), random_effects_probit("y ~ x", twice)
    assert other.log_likelihood == pytest.approx(2.0 * one.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(other.estimates.values, one.estimates.values, atol=1e-5)
    np.testing.assert_allclose(other.covariance, one.covariance / 2.0, rtol=1e-4)
