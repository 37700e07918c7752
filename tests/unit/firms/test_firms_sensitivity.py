"""Rosenbaum bounds, Oster's delta, robustness values: against simulation and exact algebra."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matching_cases import FORMULA, firms
from scipy import stats

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.firms.effects.cinelli_hazlett import cinelli_hazlett
from innospace.firms.effects.matching import match
from innospace.firms.effects.omitted_bounds import (
    Movement,
    adjusted,
    benchmark_strength,
    oster_delta,
    oster_roots,
    partial_r2,
    robustness_value,
)
from innospace.firms.effects.oster import oster
from innospace.firms.effects.rosenbaum import rosenbaum, rosenbaum_bounds
from innospace.firms.effects.weighting import weight
from innospace.firms.result import FirmResult


@pytest.fixture(scope="module")
def data():
    return firms(300, 21)


def test_no_hidden_bias_is_the_signed_rank_test():
    d = np.random.default_rng(0).normal(0.3, 1.0, 60)
    b = rosenbaum_bounds(d, np.array([1.0]))
    expected = stats.wilcoxon(d, alternative="greater", method="approx", correction=False).pvalue
    assert b.p_lower[0] == pytest.approx(expected, rel=1e-10)
    assert b.p_upper[0] == pytest.approx(expected, rel=1e-10)
    walsh = [(a + c) / 2 for a, c in itertools.combinations_with_replacement(d, 2)]
    assert b.hl_lower[0] == pytest.approx(np.median(walsh), abs=1e-6)


def test_bounds_enclose_simulated_hidden_bias():
    rng = np.random.default_rng(4)
    d = np.abs(rng.normal(size=200)) * np.where(rng.random(200) < 0.62, 1, -1)
    gamma = 1.4
    b = rosenbaum_bounds(d, np.array([gamma]))
    ranks = stats.rankdata(np.abs(d))
    draws = (rng.random((40_000, 200)) < gamma / (1 + gamma)) @ ranks
    assert b.p_upper[0] == pytest.approx(np.mean(draws >= ranks[d > 0].sum()), abs=0.01)


def test_critical_gamma_is_where_the_upper_bound_crosses():
    d = np.random.default_rng(2).normal(0.8, 1.0, 80)
    b = rosenbaum_bounds(d, np.array([1.0, 2.0]))
    at = rosenbaum_bounds(d, np.array([b.critical]))
    assert at.p_upper[0] == pytest.approx(0.05, abs=1e-9)
    assert rosenbaum_bounds(-d, np.array([1.0])).critical == pytest.approx(b.critical)
    assert rosenbaum_bounds(-d, np.array([1.0])).direction == -b.direction


def test_bounds_of_a_matching(data):
    r = match(FORMULA, "sales", data, caliper=0.2)
    b = rosenbaum(r, gammas=[1, 1.5, 3])
    pairs = r.frames["pairs"]
    t = rosenbaum(pairs, treated="sales_treated", control="sales_control", gammas=[1, 1.5, 3])
    pd.testing.assert_frame_equal(b.table("bounds").frame, t.table("bounds").frame)
    frame = b.table("bounds").frame
    assert (np.diff(frame["p_upper"]) >= 0).all()
    assert (np.diff(frame["p_lower"]) <= 0).all()
    assert (np.diff(frame["hl_lower"]) <= 0).all()
    assert b.numbers["pairs"] == len(pairs)
    assert b.numbers["p_upper_1.5"] == frame["p_upper"].iloc[1]
    assert b.plot("bounds").data["lower"].notna().all()
    assert FirmResult.from_bundle(b.to_bundle()).findings() == b.findings()


def test_bounds_of_matching_with_replacement_are_marked(data):
    b = rosenbaum(match(FORMULA, "sales", data, replace=True, neighbours=2))
    assert any("several times" in w for w in b.warnings)
    assert b.numbers["pairs"] == data["starter"].sum()


def test_bounds_of_a_binary_outcome_are_those_of_mcnemar():
    d = np.repeat([1.0, -1.0, 0.0], [30, 15, 40])
    pairs = pd.DataFrame({"a": np.maximum(d, 0.0), "b": np.maximum(-d, 0.0)})
    r = rosenbaum(pairs, treated="a", control="b", gammas=[1, 2])
    for gamma in (1.0, 2.0):
        p = gamma / (1 + gamma)
        expected = stats.norm.sf((30 - 45 * p) / np.sqrt(45 * p * (1 - p)))
        assert r.numbers[f"p_upper_{gamma:g}"] == pytest.approx(expected, rel=1e-9)
    assert any("McNemar" in w for w in r.warnings)
    assert "mean difference" in r.findings()[0]


def test_bounds_that_cannot_be_had(data):
    pairs = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    with pytest.raises(DataError, match="differ in the outcome"):
        rosenbaum(pairs, treated="a", control="b")
    with pytest.raises(SpecError, match="treated="):
        rosenbaum(pairs)
    with pytest.raises(LabelError):
        rosenbaum(pairs, treated="a", control="c")
    with pytest.raises(SpecError, match="Gammas"):
        rosenbaum(match(FORMULA, "sales", data), gammas=[0.5])
    with pytest.raises(SpecError, match="Gammas"):
        rosenbaum(match(FORMULA, "sales", data), gammas=[])
    with pytest.raises(SpecError, match="no pairs"):
        rosenbaum(weight(FORMULA, "sales", data))
    with pytest.raises(LabelError, match="profit"):
        rosenbaum(match(FORMULA, "sales", data), outcome="profit")
    with pytest.raises(SpecError, match="ATT"):
        rosenbaum(match(FORMULA, "sales", data, replace=True, estimand="ate"))


def regression(y, *columns):
    x = np.column_stack([np.ones(len(y)), *columns])
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    e = y - x @ b
    df = len(y) - x.shape[1]
    se = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * (e @ e) / df)
    return b, se, df, e


def test_the_bias_formula_is_an_identity(data):
    """Leaving a covariate out moves the estimate by exactly what its partial R2 say."""
    y, d, x, z = (data[c].to_numpy() for c in ("sales", "starter", "size", "age"))
    b, se, df, e_short = regression(y, d, x)
    full, full_se, _, e_long = regression(y, d, x, z)
    _, _, _, d_short = regression(d, x)
    _, _, _, d_long = regression(d, x, z)
    r2_d, r2_y = 1 - d_long @ d_long / (d_short @ d_short), 1 - e_long @ e_long / (e_short @ e_short)
    a = adjusted(b[1], se[1], df, r2_d, r2_y)
    toward = a.estimate if abs(full[1]) < abs(b[1]) else 2 * b[1] - a.estimate
    assert toward == pytest.approx(full[1], rel=1e-10)
    assert a.std_error == pytest.approx(full_se[1], rel=1e-10)


@pytest.mark.parametrize("q", [0.5, 1.0])
@pytest.mark.parametrize("t", [0.4, 2.3, 9.0, 400.0])
def test_the_robustness_value_does_what_it_says(t, q):
    df = 250.0
    rv = robustness_value(t, df, q)
    a = adjusted(t, 1.0, df, rv, rv)
    assert a.estimate == pytest.approx((1 - q) * t, abs=1e-6 * t)
    assert partial_r2(t, df) == pytest.approx(t**2 / (t**2 + df))
    rva = robustness_value(t, df, 1.0, 0.05)
    if rva == 0.0:
        assert t < stats.t.isf(0.025, df - 1) * np.sqrt(df / (df - 1))
    elif t < 100.0:
        a = adjusted(t, 1.0, df, rva, rva)
        assert a.t == pytest.approx(stats.t.isf(0.025, df - 1), rel=1e-6)


def test_a_benchmark_is_a_confounder_as_strong_as_the_covariate(data):
    """For k = 1 the treatment bound follows the definition: R2 of the covariate relative to what is left."""
    r = cinelli_hazlett("sales ~ starter + size + age", data, treatment="starter", benchmark=["size"], multiples=[1])
    y, d, x, z = (data[c].to_numpy() for c in ("sales", "starter", "size", "age"))
    r2 = lambda full, part: 1 - full @ full / (part @ part)  # noqa: E731
    r2_d = r2(regression(d, z, x)[3], regression(d, z)[3])
    r2_y = r2(regression(y, d, z, x)[3], regression(y, d, z)[3])
    row = r.table("benchmarks").frame.iloc[0]
    strength = benchmark_strength(r2_d, r2_y, 1.0)
    assert row["r2_treatment"] == pytest.approx(r2_d / (1 - r2_d), rel=1e-8)
    assert (row["r2_treatment"], row["r2_outcome"]) == pytest.approx(strength, rel=1e-8)
    assert benchmark_strength(0.6, 0.2, 1.0) is None


def test_cinelli_hazlett_takes_all_classes_of_a_category(data):
    formula = "sales ~ starter + size + C(industry)"
    r = cinelli_hazlett(formula, data, treatment="starter", benchmark=["industry", "size"])
    assert set(r.table("benchmarks").frame["benchmark"]) == {"industry", "size"}
    assert r.plot("benchmarks").data["estimate"].notna().all()
    assert {c.name for c in r.checks} == {"robustness_value"}
    assert r.sections()[0].blocks
    with pytest.raises(LabelError, match="colour"):
        cinelli_hazlett(formula, data, treatment="starter", benchmark=["colour"])
    with pytest.raises(SpecError, match="own benchmark"):
        cinelli_hazlett(formula, data, treatment="starter", benchmark=["starter"])
    with pytest.raises(SpecError, match="alpha"):
        cinelli_hazlett(formula, data, treatment="starter", alpha=2.0)
    with pytest.raises(SpecError, match="q is"):
        cinelli_hazlett(formula, data, treatment="starter", q=0.0)
    with pytest.raises(SpecError, match="multiples"):
        cinelli_hazlett(formula, data, treatment="starter", multiples=[])
    with pytest.raises(LabelError, match="exporter"):
        cinelli_hazlett(formula, data, treatment="exporter")
    with pytest.raises(DataError, match="fits perfectly"):
        cinelli_hazlett("sales ~ starter", data.assign(sales=0.0), treatment="starter")


@pytest.mark.parametrize("delta", [0.3, 1.0, 1.7])
def test_every_root_of_oster_gives_its_delta_back(delta):
    m = Movement(2.0, 1.4, 0.2, 0.45, 3.0, 1.5, 1.1)
    roots = oster_roots(m, 0.6, delta)
    assert roots
    for beta in roots:
        assert oster_delta(m, 0.6, beta) == pytest.approx(delta, rel=1e-6)
    assert (roots[0] - 1.4) * (1.4 - 2.0) > 0  # goes on in the direction in which controls moved it


def test_oster_recovers_proportional_selection():
    """With an unobserved control exactly as related as the observed one, delta = 1 leads to the truth."""
    rng = np.random.default_rng(3)
    n = 400_000
    w1, w2 = rng.normal(size=n), rng.normal(size=n)
    x = 0.5 * w1 + 0.5 * w2 + rng.normal(size=n)
    y = 1.0 * x + w1 + w2 + rng.normal(size=n)
    table = pd.DataFrame({"y": y, "x": x, "w1": w1})
    full = 1 - 1.0 / y.var()
    r = oster("y ~ x", "y ~ x + w1", table, treatment="x", r_max=full)
    assert r.numbers["beta_adjusted"] == pytest.approx(1.0, abs=0.02)
    assert oster("y ~ x", "y ~ x + w1", table, treatment="x", r_max=full, beta=1.0).numbers[
        "delta_star"
    ] == pytest.approx(1.0, abs=0.05)


def test_oster_reports_and_refuses(data):
    r = oster("sales ~ starter", "sales ~ starter + size + age", data, treatment="starter")
    assert r.numbers["r_max"] == pytest.approx(min(1.0, 1.3 * r.numbers["r2_long"]))
    assert r.table("oster").frame["coefficient"].notna().all()
    assert r.sections()[0].blocks
    assert "starter" in r.findings()[0]
    with pytest.raises(SpecError, match="explain"):
        oster("after ~ starter", "sales ~ starter + size", data, treatment="starter")
    with pytest.raises(SpecError, match="lacks"):
        oster("sales ~ starter + age", "sales ~ starter + size", data, treatment="starter")
    with pytest.raises(SpecError, match="no control"):
        oster("sales ~ starter", "sales ~ starter", data, treatment="starter")
    with pytest.raises(SpecError, match="r_max"):
        oster("sales ~ starter", "sales ~ starter + size", data, treatment="starter", r_max=0.01)
    with pytest.raises(LabelError, match="exporter"):
        oster("sales ~ starter", "sales ~ starter + size", data, treatment="exporter")
