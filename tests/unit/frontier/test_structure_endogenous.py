"""A frontier with endogenous regressors: derivatives, formula, recovery, exogeneity, invariances, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace import fit
from innospace.core.errors import BoundaryWarning, DataError, LabelError, SpecError
from innospace.frontier.structure.endogenous import endogenous
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec

DERIVATIVES = 1e-6  # central differences with a step of 1e-5, relative to 1 + |log-likelihood|
LOGLIK = 1e-9  # relative: two formulas of the same function
SAME = 1e-5  # of estimates: the search ends where the value is flat to rounding
ERRORS_AWAY = 3.5  # standard errors between estimate and truth, one fixed draw
TWO = "y ~ x1 + x2 | u: x3 | endogenous: x2 + x3 | instruments: z1 + z2"
ONE = "y1 ~ x1 + x2 | endogenous: x2 | instruments: z1 + z2"


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(2)
    n = 800
    z1, z2, x1, v, c, c2, u = rng.normal(size=(7, n))
    c, c2 = 0.7 * v + c, -0.5 * v + c2
    x2 = 0.5 * x1 + 0.8 * z1 + 0.4 * z2 + c
    x3 = 0.3 * x1 - 0.5 * z1 + 0.9 * z2 + c2
    y = 1.0 + 0.5 * x1 + 0.7 * x2 + 0.5 * v
    columns = {"z1": z1, "z2": z2, "x1": x1, "x2": x2, "x3": x3}
    return pd.DataFrame(columns | {"y": y - np.exp(0.5 * (0.2 + 0.5 * x3)) * np.abs(u), "y1": y - np.abs(u)})


@pytest.fixture(scope="module")
def fitted(table):
    return {formula: fit_structure(formula, table, model="endogenous") for formula in (ONE, TWO)}


@pytest.mark.parametrize("inefficiency", ["half_normal", "exponential"])
def test_score_and_hessian_are_numerical_ones(table, inefficiency):
    spec = StructureSpec(TWO + " | v: x1", "endogenous", inefficiency, cost=True)
    built = endogenous(spec, read_structure(spec, table.head(80)).arrays, 0)
    theta = built.starts[0] + 0.1 * np.random.default_rng(0).normal(size=len(built.starts[0]))
    value, gradient, hessian = built.likelihood.evaluate(theta)
    for j in range(len(theta)):
        moved = 1e-5 * (np.arange(len(theta)) == j)
        up, down = built.likelihood.evaluate(theta + moved), built.likelihood.evaluate(theta - moved)
        assert (up[0] - down[0]) / 2e-5 == pytest.approx(gradient[j], abs=DERIVATIVES * (1 + abs(value)))
        assert (up[1] - down[1]) / 2e-5 == pytest.approx(hessian[:, j], abs=DERIVATIVES * (1 + abs(value)))
    assert built.likelihood.scores(theta).sum(axis=0) == pytest.approx(gradient)


def test_the_reported_likelihood_is_that_of_the_formula(table, fitted):
    r = fitted[TWO]
    p = {name: r.parameter(name) for name in r.names}
    z = {c: table[c].to_numpy() for c in ("x1", "z1", "z2")}
    r2, r3 = (
        table[w].to_numpy() - p[f"{w}:Intercept"] - sum(p[f"{w}:{c}"] * v for c, v in z.items()) for w in ("x2", "x3")
    )
    e = table["y"] - p["Intercept"] - p["x1"] * table["x1"] - p["x2"] * table["x2"]
    e = e.to_numpy() - p["eta:x2"] * r2 - p["eta:x3"] * r3
    su = np.exp(0.5 * (p["lnsigma_u2:Intercept"] + p["lnsigma_u2:x3"] * table["x3"].to_numpy()))
    sv = np.exp(0.5 * p["lnsigma_v2"])
    s = np.hypot(su, sv)
    frontier = np.log(2.0 / s) + stats.norm.logpdf(e / s) + stats.norm.logcdf(-e * su / sv / s)
    lower = np.array([[np.exp(p["lnprecision_1"]), 0.0], [p["precision_21"], np.exp(p["lnprecision_2"])]])
    omega = np.linalg.inv(lower.T @ lower)
    form = stats.multivariate_normal(cov=omega).logpdf(np.column_stack((r2, r3)))
    assert r.loglik == pytest.approx(frontier.sum() + form.sum(), rel=LOGLIK)


def test_the_truth_is_found_where_the_plain_frontier_misses_it(table, fitted):
    for r in fitted.values():
        assert r.status.converged
        assert all(c.ok for c in r.checks)
        errors = r.coefficients()["std_error"]
        for name, true in {"Intercept": 1.0, "x1": 0.5, "x2": 0.7}.items():
            assert abs(r.parameter(name) - true) < ERRORS_AWAY * errors[name], name
        assert {t.name: t.p_value for t in r.tests}["exogeneity"] < 0.001
    assert (
        abs(fitted[TWO].parameter("lnsigma_u2:x3") - 0.5)
        < ERRORS_AWAY * fitted[TWO].coefficients()["std_error"].iloc[4]
    )
    plain = fit("y1 ~ x1 + x2", table)
    assert abs(plain.parameter("x2") - 0.7) > 5.0 * plain.coefficients()["std_error"]["x2"]


def test_without_correlation_it_is_the_plain_frontier_and_least_squares(table, fitted):
    # held at zero the control function leaves two likelihoods that share nothing
    r = fitted[ONE]
    ratio = next(t.statistic for t in r.tests if t.name == "exogeneity")
    plain = fit("y1 ~ x1 + x2", table)
    z = np.column_stack((np.ones(len(table)), table[["x1", "z1", "z2"]]))
    left = table["x2"] - z @ np.linalg.lstsq(z, table["x2"].to_numpy(), rcond=None)[0]
    form = stats.norm.logpdf(left, scale=np.sqrt(np.mean(left**2))).sum()
    assert r.loglik - 0.5 * ratio == pytest.approx(plain.loglik + form, rel=1e-8)


def test_order_of_rows_units_and_the_side_of_the_frontier_change_nothing(table, fitted):
    moved = table.sample(frac=1.0, random_state=1)
    moved = moved.assign(y1=-1000.0 * moved["y1"], x2=5.0 + 3.0 * moved["x2"], z1=0.01 * moved["z1"])
    r, other = fitted[ONE], fit_structure(ONE, moved, model="endogenous", cost=True)
    shift = len(table) * (np.log(1000.0) + np.log(3.0))
    assert other.loglik == pytest.approx(r.loglik - shift, rel=LOGLIK)
    for name, factor in {"x2": -1000.0 / 3.0, "eta:x2": -1000.0 / 3.0, "x2:z1": 300.0}.items():
        assert other.parameter(name) == pytest.approx(factor * r.parameter(name), rel=SAME)
        error, own = (f.coefficients()["std_error"][name] for f in (other, r))
        assert error == pytest.approx(abs(factor) * own, rel=SAME)


def test_a_weight_of_two_is_a_row_twice(table):
    part = table.head(300)
    a = fit_structure(ONE, pd.concat([part, part.head(100)]), model="endogenous")
    weighted = part.assign(w=np.where(np.arange(300) < 100, 2.0, 1.0))
    b = fit_structure(ONE, weighted, model="endogenous", weights="w")
    assert b.loglik == pytest.approx(a.loglik, rel=LOGLIK)
    assert b.theta == pytest.approx(a.theta, abs=SAME)


def test_limits_weak_instruments_and_refusals_are_named(table):
    with pytest.warns(BoundaryWarning, match="without inefficiency"):
        r = fit_structure(ONE, table.head(300).assign(y1=-table["y1"]), model="endogenous")
    assert r.status.boundary == "sigma_u_zero"
    assert np.isfinite(r.coefficients()["std_error"].drop("lnsigma_u2")).all()
    noise = np.random.default_rng(0).normal(size=len(table))
    weak = fit_structure(ONE.replace("z1 + z2", "noise"), table.assign(noise=noise), model="endogenous")
    assert [c.name for c in weak.checks if not c.ok and c.name == "instruments_strength"]
    with pytest.raises(SpecError, match="cannot be told with 1 instrument"):
        fit_structure(TWO.replace("z1 + z2", "z1"), table, model="endogenous")
    with pytest.raises(LabelError, match="x3"):
        fit_structure(ONE.replace("endogenous: x2", "endogenous: x3"), table, model="endogenous")
    with pytest.raises(SpecError, match="needs the part instruments"):
        fit_structure("y ~ x1 | endogenous: x1", table, model="endogenous")
    with pytest.raises(DataError, match="linear combination"):
        fit_structure(ONE.replace("z1 + z2", "z1 + copy"), table.assign(copy=2.0 * table["z1"]), model="endogenous")


def test_a_stored_result_is_the_same_and_has_its_words(fitted):
    for r in fitted.values():
        again = StructureResult.from_bundle(r.to_bundle())
        assert again.to_dict() == r.to_dict()
        assert again.summary() == r.summary()
        assert all(len(line) <= 100 for line in r.summary().splitlines())
        assert len(r.findings()) == 3
        assert len(r.sections()) == 3
        with pytest.raises(SpecError, match="no classes"):
            r.plot.posterior()
