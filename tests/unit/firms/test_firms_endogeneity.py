"""Instruments and control functions: pyfixest, statsmodels, numerical derivatives, algebra, bad input.

AGREE: closed forms; two programs differ by rounding.
DERIVATIVES: central differences with a step of 1e-5.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from innospace.core.errors import DataError, FormulaError, LabelError, MissingRowsWarning, SolverError, SpecError
from innospace.firms import endogeneity_control
from innospace.firms.choice.binary import binary
from innospace.firms.endogeneity import control_function, instrumental_variables
from innospace.firms.endogeneity_control import control_effects, fit_control
from innospace.firms.endogeneity_design import instrumented
from innospace.firms.result import FirmResult

AGREE = 1e-8
DERIVATIVES = 1e-5
IV = {"endogenous": ["d"], "instruments": ["z1", "z2"]}


def simulate(n=800, seed=6):
    rng = np.random.default_rng(seed)
    x, z1, z2, noise = (rng.normal(size=n) for _ in range(4))
    group = rng.integers(0, 40, n)
    hidden = rng.normal(size=n)
    d = 0.5 * x + 0.8 * z1 + 0.4 * z2 + hidden + 0.5 * rng.normal(size=40)[group]
    y = 1.0 + 0.7 * d - 0.5 * x + 0.8 * hidden + noise * (1.0 + 0.5 * np.abs(z1))
    chosen = (0.6 * z1 + 0.3 * z2 + 0.3 * x + 0.6 * hidden + rng.normal(size=n) > 0).astype(int)
    event = (0.2 + 0.7 * d - 0.5 * x - 0.8 * hidden + noise > 0).astype(int)
    columns = {"y": y, "d": d, "x": x, "z1": z1, "z2": z2, "group": group, "chosen": chosen, "event": event}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def table():
    return simulate()


@pytest.mark.parametrize("kind", ["analytic", "robust", "cluster"])
def test_two_stage_least_squares_agrees_with_pyfixest(table, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyfixest

        vcov = {"analytic": "iid", "robust": "HC1", "cluster": {"CRV1": "group"}}[kind]
        other = pyfixest.feols("y ~ x | d ~ z1 + z2", data=table, vcov=vcov)
        other.IV_Diag()
    ours = instrumental_variables("y ~ d + x", table, **IV, cluster="group" if kind == "cluster" else None, vcov=kind)
    assert ours.kind == kind
    frame = ours.coefficients()
    for name in ("d", "x", "Intercept"):
        assert frame.loc[name, "estimate"] == pytest.approx(other.coef()[name], rel=AGREE)
        assert frame.loc[name, "std_error"] == pytest.approx(other.se()[name], rel=AGREE)
        assert frame.loc[name, "p_value"] == pytest.approx(other.pvalue()[name], rel=1e-6, abs=1e-12)
    if kind == "analytic":
        assert ours.numbers["first_stage_f"] == pytest.approx(float(other._f_stat_1st_stage), rel=1e-6)


def test_it_solves_the_moment_conditions(table):
    ours = instrumental_variables("y ~ d + x", table, endogenous=["d"], instruments=["z1"])
    x = np.column_stack([np.ones(len(table)), table["d"], table["x"]])
    z = np.column_stack([np.ones(len(table)), table["x"], table["z1"]])
    np.testing.assert_allclose(z.T @ (table["y"].to_numpy() - x @ ours.estimates.values), 0.0, atol=1e-8)
    assert "sargan" not in ours.numbers
    assert [c.name for c in ours.checks] == ["first_stage_f"]


def test_tests_follow_their_definitions(table):
    import statsmodels.api as sm

    ours = instrumental_variables("y ~ d + x", table, **IV)
    n = ours.numbers
    z, x = sm.add_constant(table[["x", "z1", "z2"]]), sm.add_constant(table[["d", "x"]])
    first = sm.OLS(table["d"], z).fit()
    f = first.f_test("z1 = 0, z2 = 0")
    assert n["first_stage_f"] == pytest.approx(float(f.fvalue), rel=AGREE)
    with_residual = sm.OLS(table["y"], x.assign(v=first.resid)).fit()
    assert n["wu_hausman"] == pytest.approx(with_residual.tvalues["v"] ** 2, rel=AGREE)
    assert n["wu_hausman_p_value"] == pytest.approx(with_residual.pvalues["v"], rel=1e-6)
    reduced = sm.OLS(table["y"], z).fit().f_test("z1 = 0, z2 = 0")
    assert n["anderson_rubin"] == pytest.approx(float(reduced.fvalue), rel=AGREE)
    residuals = table["y"].to_numpy() - x.to_numpy() @ ours.estimates.values[[0, 1, 2]]
    assert n["sargan"] == pytest.approx(len(table) * sm.OLS(residuals, z).fit().rsquared, rel=1e-6)
    assert n["sargan_p_value"] == pytest.approx(stats.chi2.sf(n["sargan"], 1))
    robust = instrumental_variables("y ~ d + x", table, **IV, vcov="robust").numbers
    f = sm.OLS(table["d"], z).fit(cov_type="HC1").f_test("z1 = 0, z2 = 0")
    assert robust["first_stage_f"] == pytest.approx(float(f.fvalue), rel=AGREE)


def test_hansens_j_is_the_minimum_of_its_criterion(table):
    ours = instrumental_variables("y ~ d + x", table, **IV)
    z = np.column_stack([np.ones(len(table)), table[["x", "z1", "z2"]]])
    x = np.column_stack([np.ones(len(table)), table["d"], table["x"]])
    y, start = table["y"].to_numpy(), ours.estimates.values
    scores = z * (y - x @ start)[:, None]
    weight = np.linalg.inv(scores.T @ scores)
    found = optimize.minimize(lambda b: (m := z.T @ (y - x @ b)) @ weight @ m, start, method="BFGS")
    assert ours.numbers["hansen_j"] == pytest.approx(found.fun, rel=1e-6)


def test_several_endogenous_regressors_and_transforms(table):
    wide = table.assign(e=0.5 * table["z1"] - 0.7 * table["z2"] + np.sin(np.arange(len(table))), w=np.exp(table["z2"]))
    ours = instrumental_variables("y ~ d + e + x", wide, endogenous=["d", "e"], instruments=["z1", "z2", "log(w):x"])
    assert {"first_stage_f: d", "first_stage_f: e"} <= set(ours.numbers)
    assert ours.numbers["first_stage_f"] == min(ours.numbers["first_stage_f: d"], ours.numbers["first_stage_f: e"])
    assert len(ours.table("instrumental_variables-first-stage").frame) == 2


def stacked_scores(theta, d, link):
    """Return the scores of both stages at any parameters."""
    k, size = len(d.names) + 1, d.z.shape[1]
    residual = d.x[:, d.endogenous[0]] - d.z @ theta[k : k + size]
    w = np.column_stack([d.x, residual])
    sign = 2.0 * d.y - 1.0
    z = sign * (w @ theta[:k])
    slope = special.expit(-z) if link == "logit" else np.exp(stats.norm.logpdf(z) - special.log_ndtr(z))
    return np.column_stack([w * (sign * slope)[:, None], d.z * residual[:, None]])


@pytest.mark.parametrize("link", ["probit", "logit"])
@pytest.mark.parametrize("cluster", [None, "group"])
def test_errors_come_from_the_stacked_equations(table, link, cluster):
    d = instrumented("event ~ d + x", table, ["d"], ["z1", "z2"], cluster)
    fit = fit_control(d, link, "linear")
    np.testing.assert_allclose(stacked_scores(fit.theta, d, link).sum(axis=0), 0.0, atol=1e-5)
    step = 1e-5 * np.eye(len(fit.theta))
    ends = [(stacked_scores(fit.theta + h, d, link), stacked_scores(fit.theta - h, d, link)) for h in step]
    derivative = np.array([(a - b).sum(axis=0) / 2e-5 for a, b in ends]).T
    scores, n = stacked_scores(fit.theta, d, link), len(d.y)
    meat = scores.T @ scores * n / (n - 1)
    if cluster:
        sums = pd.DataFrame(scores).groupby(d.clusters).sum().to_numpy()
        meat = sums.T @ sums * len(sums) / (len(sums) - 1)
    expected = np.linalg.inv(derivative) @ meat @ np.linalg.inv(derivative).T
    np.testing.assert_allclose(fit.covariances[(cluster and "cluster") or "robust"], expected, rtol=1e-4, atol=1e-9)


def test_a_probit_first_stage_has_the_right_derivatives(table):
    d = instrumented("event ~ chosen + x", table, ["chosen"], ["z1", "z2"], None)
    fit = fit_control(d, "probit", "probit")
    stage, column = fit.stages[0], d.x[:, d.endogenous[0]]

    def residual(gamma):
        sign = 2.0 * column - 1.0
        z = sign * (d.z @ gamma)
        return sign * np.exp(stats.norm.logpdf(z) - special.log_ndtr(z))

    np.testing.assert_allclose(stage.residual, residual(stage.theta), rtol=1e-9)
    for j, h in enumerate(1e-6 * np.eye(d.z.shape[1])):
        numerical = (residual(stage.theta + h) - residual(stage.theta - h)) / 2e-6
        np.testing.assert_allclose(stage.slope * d.z[:, j], numerical, atol=1e-8)


@pytest.mark.parametrize(("formula", "first_stage"), [("event ~ d + x", "linear"), ("event ~ chosen + x", "probit")])
def test_effects_and_their_errors_follow_numerically(table, formula, first_stage):
    name = formula.split()[2]
    d = instrumented(formula, table, [name], ["z1", "z2"], None)
    fit = fit_control(d, "probit", first_stage)
    found = control_effects(d, fit, "probit")
    column, k, j = d.x[:, d.endogenous[0]], len(d.names) + 1, d.endogenous[0]

    def effects(theta):
        index = d.z @ theta[k:]
        sign = 2.0 * column - 1.0
        generalised = sign * np.exp(stats.norm.logpdf(sign * index) - special.log_ndtr(sign * index))
        w = np.column_stack([d.x, column - index if first_stage == "linear" else generalised])
        slope = theta[j] * stats.norm.pdf(w @ theta[:k]).mean()
        rest = w @ theta[:k] - theta[j] * w[:, j]
        change = (stats.norm.cdf(rest + theta[j]) - stats.norm.cdf(rest)).mean()
        return np.array([slope, change])

    numerical = np.array(
        [(effects(fit.theta + h) - effects(fit.theta - h)) / 2e-5 for h in 1e-5 * np.eye(len(fit.theta))]
    )
    at = [i for i, n in enumerate(found.names) if n == name]
    for i, column_of in zip(at, numerical.T, strict=False):
        np.testing.assert_allclose(found.jacobian[i], column_of, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.values[at], effects(fit.theta)[: len(at)], rtol=1e-10)


def test_names_numbers_and_words_of_a_control_function(table):
    result = control_function("event ~ d + x", table, **IV)
    first = ["first stage d: Intercept", "first stage d: x", "first stage d: z1", "first stage d: z2"]
    assert list(result.estimates.names) == ["Intercept", "d", "x", "residual: d", *first]
    assert set(result.effects()["name"]) == {"d", "x"}
    row = result.coefficients().loc["residual: d"]
    assert result.numbers["exogeneity"] == pytest.approx(row["z"] ** 2)
    assert result.numbers["exogeneity_p_value"] == pytest.approx(row["p_value"], rel=1e-6)
    assert any("exogenous is rejected" in s for s in result.findings())
    back = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(back.effects(), result.effects())
    logit = control_function("event ~ d + x", table, **IV, link="logit", cluster="group")
    assert logit.kind == "cluster"
    two = control_function("event ~ d + chosen + x", table, endogenous=["d", "chosen"], instruments=["z1", "z2"])
    assert [n for n in two.estimates.names if n.startswith("residual")] == ["residual: d", "residual: chosen"]


def test_an_exogenous_regressor_gives_the_plain_probit_back(table):
    rng = np.random.default_rng(1)
    own = table.assign(d=table["z1"] + rng.normal(size=len(table)))
    own["event"] = (0.5 * own["d"] + rng.normal(size=len(own)) > 0).astype(int)
    result = control_function("event ~ d + x", own, **IV)
    assert result.numbers["exogeneity_p_value"] > 0.05
    plain = binary("event ~ d + x", own).effect("d")["estimate"]
    row = result.effect("d")
    assert abs(row["estimate"] - plain) < 2.0 * row["std_error"]


@pytest.mark.parametrize("cluster", [None, "group"])
def test_the_bootstrap_agrees_with_the_stacked_errors(table, cluster):
    told = []
    options = {**IV, "cluster": cluster, "draws": 200, "seed": 3, "progress": lambda m, s: told.append(s)}
    result = control_function("event ~ d + x", table, **options)
    assert result.kind == "bootstrap"
    drawn, stacked = result.coefficients()["std_error"], result.vcov((cluster and "cluster") or "robust")
    np.testing.assert_allclose(drawn, stacked.coefficients()["std_error"], rtol=0.25)
    assert told[-1] == 1.0
    again = control_function("event ~ d + x", table, **{**options, "progress": lambda m, s: None})
    np.testing.assert_array_equal(again.covariance, result.covariance)


def test_lost_draws_are_told_or_refused(table, monkeypatch, tmp_path):
    fitted = endogeneity_control.fit_control
    calls = iter(range(10_000))

    def sometimes(d, link, first_stage, every=25):
        if next(calls) % every == 1:
            raise DataError("separated")
        return fitted(d, link, first_stage)

    monkeypatch.setattr(endogeneity_control, "fit_control", sometimes)
    result = control_function("event ~ d + x", table, **IV, draws=50, resume=tmp_path / "long")
    assert result.numbers["draws_lost"] == 2
    assert any("2 of 50" in w for w in result.warnings)
    monkeypatch.setattr(endogeneity_control, "fit_control", lambda *a: sometimes(*a, every=2))
    with pytest.raises(SolverError, match="could not be fitted"):
        control_function("event ~ d + x", table, **IV, draws=20)


def test_weak_instruments_are_told(table):
    weak = table.assign(z=np.random.default_rng(3).normal(size=len(table)))
    for verb, outcome in ((instrumental_variables, "y"), (control_function, "event")):
        result = verb(f"{outcome} ~ d + x", weak, endogenous=["d"], instruments=["z"])
        assert not next(c for c in result.checks if c.name == "first_stage_f").ok
        assert any("instruments are weak" in w for w in result.warnings)
        assert any("weak" in s for s in result.findings())


def test_an_invalid_instrument_is_found_and_storage_keeps_all(table):
    bad = table.assign(y=table["y"] + 2.0 * table["z2"])
    result = instrumental_variables("y ~ d + x", bad, **IV)
    assert not next(c for c in result.checks if c.name == "overidentification").ok
    assert any("contradict one another" in s for s in result.findings())
    back = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(back.coefficients(), result.coefficients())
    assert "least squares" in instrumental_variables("y ~ d + x", table, **IV).findings()[0]


def test_names_with_dots_and_spaces(table):
    renamed = table.rename(columns={"d": "L.d", "z1": "far away"})
    plain = instrumental_variables("y ~ d + x", table, endogenous=["d"], instruments=["z1"])
    for name in ("L.d", "`L.d`"):
        found = instrumental_variables("y ~ L.d + x", renamed, endogenous=[name], instruments=["`far away`"])
        assert found.coefficients().loc["L.d", "estimate"] == plain.coefficients().loc["d", "estimate"]


def test_missing_cells_of_instruments_leave_rows_out(table):
    holes = table.assign(z1=table["z1"].where(np.arange(len(table)) != 4))
    with pytest.warns(MissingRowsWarning, match="1 of"):
        assert instrumental_variables("y ~ d + x", holes, **IV).n == len(table) - 1


def refused(error, words, verb, *args, **options):
    with pytest.raises(error) as caught:
        verb(*args, **options)
    assert words in str(caught.value), str(caught.value)
    assert caught.value.remedy or caught.value.allowed


def test_bad_input_is_refused(table):
    for verb, f in ((instrumental_variables, "y ~ d + x"), (control_function, "event ~ d + x")):
        refused(SpecError, "must both be named", verb, f, table, endogenous=[], instruments=["z1"])
        refused(SpecError, "must both be named", verb, f, table, endogenous=["d"], instruments=[])
        refused(SpecError, "cannot be an instrument", verb, f, table, endogenous=["d"], instruments=["x"])
        refused(LabelError, "endogenous regressor", verb, f, table, endogenous=["z2"], instruments=["z1"])
        refused(LabelError, "nowhere", verb, f, table, endogenous=["d"], instruments=["nowhere"])
        refused(SpecError, "1 instrument cannot", verb, f, table, endogenous=["d", "x"], instruments=["z1"])
        refused(FormulaError, "formula", verb, f, table, endogenous=["d"], instruments=["z1; z2"])
        copied = table.assign(z3=2 * table["z1"])
        refused(DataError, "collinear", verb, f, copied, endogenous=["d"], instruments=["z1", "z3"])
        refused(SpecError, "cluster", verb, f, table, **IV, vcov="cluster")
    refused(LabelError, "tobit", control_function, "event ~ d + x", table, **IV, link="tobit")
    refused(LabelError, "ordered", control_function, "event ~ d + x", table, **IV, first_stage="ordered")
    refused(SpecError, "1 draws", control_function, "event ~ d + x", table, **IV, draws=1)
    refused(DataError, "0 and 1", control_function, "y ~ d + x", table, **IV)
    refused(DataError, "0 and 1", control_function, "event ~ d + x", table, **IV, first_stage="probit")
    refused(DataError, "Perfect separation", control_function, "event ~ d + t", table.assign(t=table["event"]), **IV)
