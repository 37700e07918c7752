"""What must not change results on complementarity, partners, selection and the chain: rows, labels, units, order."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from firm_chain_cases import CHAIN_FORMULAS, chain_firms, mediated_firms, practice_firms, selected_firms
from hypothesis import example, given, settings
from hypothesis import strategies as st

from innospace.firms.cdm import cdm
from innospace.firms.complementarity import complementarity
from innospace.firms.mediation import mediation
from innospace.firms.networks import networks
from innospace.firms.selection import heckman
from innospace.numerics.kodde_palm import chi_bar_weights, critical_bounds, distance

FEW = settings(max_examples=4, deadline=None)
SEEDS = st.integers(0, 10_000)
# sums in another order
SAME = {"rtol": 1e-7, "atol": 1e-9}
PRACTICES, FIRMS = practice_firms(600), selected_firms(600)
CHAIN, SPLIT = chain_firms(800), mediated_firms(600)


def shuffled(frame, seed):
    return frame.sample(frac=1.0, random_state=seed)


def verdicts(r):
    t = r.table("complementarity-tests").frame
    t = t[t["practices"] != "all practices"]
    keys = ["+".join(sorted(p.split("+"))) for p in t["practices"]]
    columns = ["distance_complementarity", "p_complementarity", "distance_substitutability", "p_substitutability"]
    return t[columns].set_index(np.array(keys)).sort_index()


@FEW
@given(SEEDS)
def test_row_order_does_not_matter(seed):
    for run in (
        lambda f: complementarity("sales", ["make", "buy", "mach"], f, controls=["size"], draws=50),
        lambda f: complementarity("product", ["make", "buy"], f, controls=["size"], link="probit"),
    ):
        a, b = run(PRACTICES), run(shuffled(PRACTICES, seed))
        np.testing.assert_allclose(b.effects()["estimate"], a.effects()["estimate"], **SAME)
        np.testing.assert_allclose(verdicts(b), verdicts(a), **SAME)
    for run, frame in (
        (lambda f: heckman("log(rd) ~ size", "performs ~ size + subsidy", f), FIRMS),
        (lambda f: heckman("log(rd) ~ size", "performs ~ size + subsidy", f, method="two_step"), FIRMS),
        (lambda f: cdm(f, **CHAIN_FORMULAS, bootstrap=0), CHAIN),
        (lambda f: networks(f, partners=["partner"], regressors=["foreign", "size"], outcomes=["rd"]), SPLIT),
        (lambda f: mediation("rd", "partner", "foreign", f, controls=["size"], bootstrap=0), SPLIT),
    ):
        a, b = run(frame), run(shuffled(frame, seed))
        np.testing.assert_allclose(b.coefficients()["estimate"], a.coefficients()["estimate"], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(b.effects()["std_error"], a.effects()["std_error"], rtol=1e-6, atol=1e-7)


@FEW
@given(st.permutations(["make", "buy", "mach"]))
def test_the_order_of_practices_does_not_matter(order):
    first = complementarity("sales", ["make", "buy", "mach"], PRACTICES, controls=["size"], draws=50)
    other = complementarity("sales", order, PRACTICES, controls=["size"], draws=50)
    np.testing.assert_allclose(verdicts(other), verdicts(first), **SAME)
    joint = "all practices: distance_substitutability"
    assert other.numbers[joint] == pytest.approx(first.numbers[joint], rel=1e-7)


@FEW
@given(st.text("abcdefgh_", min_size=1, max_size=6), SEEDS)
def test_labels_do_not_matter(name, seed):
    frame = PRACTICES.rename(columns={"make": f"x{name}"})
    a = complementarity("sales", ["make", "buy"], PRACTICES, controls=["C(industry)"])
    b = complementarity("sales", [f"x{name}", "buy"], frame, controls=["C(industry)"])
    np.testing.assert_array_equal(b.estimates.values, a.estimates.values)
    relabelled = PRACTICES.assign(industry=PRACTICES["industry"].map({1: "a", 2: "b", 3: "c"}))
    c = complementarity("sales", ["make", "buy"], relabelled, controls=["C(industry)"])
    np.testing.assert_allclose(verdicts(c), verdicts(a), **SAME)


@FEW
@given(st.floats(0.01, 100.0), st.floats(-5.0, 5.0))
def test_units_of_the_outcome_scale_and_shift(scale, shift):
    moved = PRACTICES.assign(sales=shift + scale * PRACTICES["sales"])
    a, b = (complementarity("sales", ["make", "buy"], f, controls=["size"]) for f in (PRACTICES, moved))
    np.testing.assert_allclose(verdicts(b), verdicts(a), rtol=1e-6, atol=1e-8)
    r = heckman("log_rd ~ size", "performs ~ size + subsidy", FIRMS)
    s = heckman("log_rd ~ size", "performs ~ size + subsidy", FIRMS.assign(log_rd=shift + scale * FIRMS["log_rd"]))
    assert s.numbers["rho"] == pytest.approx(r.numbers["rho"], abs=1e-6)
    assert s.numbers["sigma"] == pytest.approx(scale * r.numbers["sigma"], rel=1e-6)
    assert s.estimates.values[1] == pytest.approx(scale * r.estimates.values[1], rel=1e-6, abs=1e-8)


@FEW
@given(SEEDS)
def test_complementarity_of_a_practice_is_substitutability_of_its_opposite(seed):
    frame = shuffled(PRACTICES, seed).assign(rent=lambda f: 1 - f["buy"])
    a = complementarity("sales", ["make", "buy"], frame)
    b = complementarity("sales", ["make", "rent"], frame)
    key = "distance_complementarity", "distance_substitutability"
    assert a.numbers[f"make+buy: {key[1]}"] == pytest.approx(b.numbers[f"make+rent: {key[0]}"], rel=1e-8, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), SEEDS)
@example(5, 3)
def test_weights_form_a_distribution_whatever_the_covariance(k, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(k, k + 1))
    v = a @ a.T
    w = chi_bar_weights(v)
    assert w.sum() == pytest.approx(1.0, abs=1e-8)
    assert (w > -1e-9).all()
    scale = np.exp(rng.normal(size=k))
    np.testing.assert_allclose(chi_bar_weights(v * np.outer(scale, scale)), w, atol=1e-8)
    order = rng.permutation(k)
    np.testing.assert_allclose(chi_bar_weights(v[np.ix_(order, order)]), w, atol=1e-8)
    # the polar cone has the weights reversed
    np.testing.assert_allclose(chi_bar_weights(np.linalg.inv(v)), w[::-1], atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), SEEDS)
def test_distances_split_the_wald_statistic(k, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(k, k + 1))
    v, g = a @ a.T, rng.normal(size=k)
    d = distance(g, v)
    wald = float(g @ np.linalg.solve(v, g))
    kept = float(d.projected @ np.linalg.solve(v, d.projected))
    assert d.statistic + kept == pytest.approx(wald, rel=1e-6)
    assert distance(3.0 * g, 9.0 * v).statistic == pytest.approx(d.statistic, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.floats(0.001, 0.4))
def test_bounds_are_ordered(k, level):
    lower, upper = critical_bounds(k, level)
    assert lower <= upper + 1e-9
    assert critical_bounds(k + 1, level)[1] > upper
