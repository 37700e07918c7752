"""What joint models of decisions may not depend on: order of rows and equations, units, which outcome is called one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from innospace.firms.choice.bivariate import biprobit
from innospace.firms.choice.multivariate import multivariate_probit
from innospace.firms.choice.recursive import recursive_biprobit
from innospace.numerics.bivariate_normal import bivariate_cdf, log_bivariate_cdf
from innospace.numerics.multivariate_normal import trivariate_cdf

SAME = 1e-7  # Newton stops when one more step gains less than 1e-10 of the log-likelihood, and takes that step
F1, F2 = "a ~ x + z", "b ~ x + t"
SWAPPED = {"1": "2", "2": "1"}
seeds = st.integers(0, 10_000)
few = settings(max_examples=4, deadline=None, derandomize=True)


def simulate(seed, n=400):
    rng = np.random.default_rng(seed)
    rho = rng.uniform(-0.6, 0.6)
    x, t, z = rng.normal(size=n), rng.normal(size=n), (rng.random(n) < 0.5) * 1.0
    e = rng.multivariate_normal([0, 0, 0], [[1, rho, 0], [rho, 1, 0], [0, 0, 1]], n)
    a = (0.2 + 0.5 * x - 0.4 * z + e[:, 0] > 0) * 1.0
    b = (-0.1 + 0.3 * x + 0.6 * t + e[:, 1] > 0) * 1.0
    return pd.DataFrame({"a": a, "b": b, "c": (0.2 * t + e[:, 2] > 0) * 1.0, "x": x, "t": t, "z": z})


def effects(result):
    return result.effects().set_index(["kind", "name"])[["estimate", "std_error"]]


@given(seed=seeds)
@few
def test_rows_in_any_order(seed):
    frame = simulate(seed)
    one, other = biprobit(F1, F2, frame), biprobit(F1, F2, frame.sample(frac=1, random_state=seed))
    np.testing.assert_allclose(one.estimates.values, other.estimates.values, atol=SAME)
    np.testing.assert_allclose(effects(one), effects(other), atol=SAME)


@given(seed=seeds)
@few
def test_equations_in_any_order(seed):
    frame = simulate(seed)
    one, other = biprobit(F1, F2, frame), biprobit(F2, F1, frame)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=SAME)
    names = list(one.estimates.names)
    np.testing.assert_allclose(
        one.coefficients().loc[names, ["estimate", "std_error"]],
        other.coefficients().loc[names, ["estimate", "std_error"]],
        atol=SAME,
    )
    swap = {
        "joint_10": "joint_01",
        "marginal_1": "marginal_2",
        "conditional_1_given_2": "conditional_2_given_1",
        "conditional_1_given_not_2": "conditional_2_given_not_1",
    }
    a, b = effects(one), effects(other)
    for mine, its in swap.items():
        np.testing.assert_allclose(a.loc[mine].sort_index(), b.loc[its].sort_index(), atol=SAME)


@given(seed=seeds, factor=st.floats(1e-3, 1e4), shift=st.floats(-50, 50))
@few
def test_units_of_regressors(seed, factor, shift):
    frame = simulate(seed)
    one, other = biprobit(F1, F2, frame), biprobit(F1, F2, frame.assign(x=shift + factor * frame["x"]))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    a, b = effects(one), effects(other)
    scale = np.where(a.index.get_level_values("name") == "x", factor, 1.0)
    np.testing.assert_allclose(a, b.to_numpy() * scale[:, None], atol=1e-6)


@given(seed=seeds)
@few
def test_the_other_outcome_called_one(seed):
    """Turning y1 over turns the signs of its equation and of the correlation, and exchanges the cells."""
    frame = simulate(seed)
    one, other = biprobit(F1, F2, frame), biprobit(F1, F2, frame.assign(a=1 - frame["a"]))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=SAME)
    signs = np.array([-1, -1, -1, 1, 1, 1, -1])
    np.testing.assert_allclose(one.estimates.values, signs * other.estimates.values, atol=SAME)
    a, b = effects(one), effects(other)
    for mine, its in (("joint_11", "joint_01"), ("joint_10", "joint_00")):
        np.testing.assert_allclose(a.loc[mine], b.loc[its], atol=SAME)


@given(seed=seeds)
@few
def test_effects_add_up(seed):
    found = effects(biprobit(F1, F2, simulate(seed)))["estimate"].unstack("kind")
    cells = found[["joint_11", "joint_10", "joint_01", "joint_00"]]
    np.testing.assert_allclose(
        cells.drop(index=["rho", *found.index[found["joint_11"].isna()]], errors="ignore").sum(axis=1), 0, atol=1e-12
    )
    one, two = cells["joint_11"] + cells["joint_10"], cells["joint_11"] + cells["joint_01"]
    # a regressor of the other equation moves a marginal probability in no way, and is left out there
    names = ["x", "z", "t"]
    np.testing.assert_allclose(found["marginal_1"].reindex(names).fillna(0), one[names], atol=1e-12)
    np.testing.assert_allclose(found["marginal_2"].reindex(names).fillna(0), two[names], atol=1e-12)
    assert found["probability"][list(cells.columns)].sum() == pytest.approx(1.0, abs=1e-12)


@given(seed=seeds)
@few
def test_recursive_rows_and_units(seed):
    frame = simulate(seed)
    formulas = ("a ~ b + x + z", "b ~ x + t")
    one = recursive_biprobit(*formulas, frame)
    other = recursive_biprobit(*formulas, frame.assign(x=100 * frame["x"]).sample(frac=1, random_state=seed))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    for kind in ("ate", "att", "atu", "atec"):
        # the treatment effect may be hardly determined in 400 rows, and then the maximum is flat
        assert one.effect(kind=kind)["estimate"] == pytest.approx(other.effect(kind=kind)["estimate"], abs=1e-4)


@given(seed=seeds, order=st.permutations([0, 1, 2]))
@few
def test_three_equations_in_any_order(seed, order):
    frame = simulate(seed, 250)
    formulas = ["a ~ x + z", "b ~ x + t", "c ~ t"]
    one, other = multivariate_probit(formulas, frame), multivariate_probit([formulas[i] for i in order], frame)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    a, b = one.effects().set_index(["kind", "name"]), other.effects().set_index(["kind", "name"])
    for name in ("x", "z", "t"):
        for column in ("estimate", "std_error"):
            assert a.loc[("all_ones", name), column] == pytest.approx(b.loc[("all_ones", name), column], abs=1e-6)


limits = st.floats(-8, 8)


@given(h=limits, k=limits, rho=st.floats(-0.999999, 0.999999))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_bivariate_probability_is_one(h, k, rho):
    p = bivariate_cdf(h, k, rho)[0]
    assert 0.0 <= p <= min(special.ndtr(h), special.ndtr(k)) * (1 + 1e-10)
    assert p >= max(0.0, special.ndtr(h) + special.ndtr(k) - 1.0) - 1e-15
    assert p + bivariate_cdf(h, -k, -rho)[0] == pytest.approx(special.ndtr(h), abs=1e-15 + 1e-10 * p)
    assert np.isfinite(log_bivariate_cdf(h, k, rho)[0])
    # rises with the correlation
    assert bivariate_cdf(h, k, min(rho + 1e-3, 1.0))[0] >= p * (1 - 1e-10) - 1e-16


@given(b=st.tuples(limits, limits, limits), seed=seeds)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_trivariate_probabilities_add_up(b, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3, 4))
    c = a @ a.T / np.sqrt(np.outer(np.sum(a * a, axis=1), np.sum(a * a, axis=1)))
    r = np.array([c[0, 1], c[0, 2], c[1, 2]])
    with_third = trivariate_cdf(np.array(b), r)[0] + trivariate_cdf(np.array([*b[:2], -b[2]]), r * [1, -1, -1])[0]
    assert with_third == pytest.approx(bivariate_cdf(b[0], b[1], r[0])[0], abs=1e-12)
