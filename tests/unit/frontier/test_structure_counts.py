"""A frontier of counts: probabilities against integrals by other means, derivatives, recovery, limits, refusals."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from innospace.core.errors import BoundaryWarning, DataError, SpecError
from innospace.frontier.structure.counts import counts
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec

GRADIENT = 1e-7  # relative: central differences with a step of 1e-5, rounding of the value over the step
HESSIAN = 1e-7  # the same of the score
QUADRATURE = 1e-8  # absolute, of log-probabilities: two rules for one integral
SAME = 1e-5  # absolute, of estimates: the search ends where the value is flat to rounding
ERRORS_AWAY = 3.5  # standard errors between estimate and truth, four parameters a model, one fixed draw
LAWS = ("half_normal", "exponential")
TRUTH = {"Intercept": 1.5, "x": 0.6, "lnsigma_u2": 2.0 * np.log(1.2), "lnsigma_v2": 2.0 * np.log(0.4)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(7)
    n = 500
    x, z, v, e = rng.normal(size=(4, n))
    level = TRUTH["Intercept"] + TRUTH["x"] * x + 0.4 * v
    u = {"half_normal": 1.2 * np.abs(e), "exponential": rng.exponential(1.2, size=n)}
    made = {law: rng.poisson(np.exp(level - u[law])) for law in LAWS}
    return pd.DataFrame({"x": x, "z": z, "dear": rng.poisson(np.exp(level + u["half_normal"])), **made})


@pytest.fixture(scope="module")
def fitted(table):
    return {law: fit_structure(f"{law} ~ x", table, model="counts", inefficiency=law) for law in LAWS}


def built_on(table, formula, law="half_normal", cost=False):
    spec = StructureSpec(formula, "counts", law, cost)
    return counts(spec, read_structure(spec, table).arrays, 0)


@pytest.mark.parametrize("noise", [0.0, -8.0])
@pytest.mark.parametrize(("law", "cost"), [("half_normal", False), ("half_normal", True), ("exponential", False)])
def test_score_and_hessian_are_numerical_ones(table, law, cost, noise):
    built = built_on(table.head(40), f"{'dear' if cost else law} ~ x | u: z | v: z", law, cost)
    likelihood, theta = built.likelihood, built.starts[0] + 0.1
    theta[-2] += noise
    value, gradient, hessian = likelihood.evaluate(theta)
    step = 1e-5
    for j in range(len(theta)):
        moved = np.zeros(len(theta))
        moved[j] = step
        up, down = likelihood.evaluate(theta + moved), likelihood.evaluate(theta - moved)
        assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[j], abs=GRADIENT * (1 + abs(value)))
        assert (up[1] - down[1]) / (2 * step) == pytest.approx(hessian[:, j], abs=HESSIAN * (1 + abs(value)))
    assert likelihood.scores(theta).sum(axis=0) == pytest.approx(gradient, abs=1e-9 * (1 + abs(value)))


def by_quadrature(k, level, su, sv, law, sign):
    """Return the probability of a count by SciPy's adaptive quadrature over its own distributions of the error."""
    error = (
        stats.skewnorm(-sign * su / sv, scale=np.hypot(su, sv))
        if law == "half_normal"
        else stats.exponnorm(su / sv, scale=sv)
    )

    def at(e):
        density = error.pdf(-sign * e if law == "exponential" else e)
        return density * stats.poisson.pmf(k, np.exp(level + e))

    ends = np.linspace(-8.0, 8.0, 33) if law == "half_normal" else np.linspace(-4.0, 28.0, 65)
    return sum(integrate.quad(at, a, b, epsabs=1e-15, epsrel=1e-10)[0] for a, b in pairwise(ends))


@pytest.mark.parametrize(("law", "cost"), [("half_normal", False), ("exponential", True)])
def test_probabilities_are_integrals_and_sum_to_one(law, cost):
    k = [0, 7, 60, 1, 0, 2, 3, 5, 1, 2, 4, 0, 9, 1, 3, 2, 0, 6]
    few = pd.DataFrame({"k": k, "x": np.linspace(-1.0, 1.5, len(k))})
    built = built_on(few, "k ~ x", law, cost)
    forward, offset = built.layout.forward(), built.layout.offset()
    data = np.array([0.3, 0.4, 2.0 * np.log(0.9), 2.0 * np.log(0.3)])
    theta = np.linalg.solve(forward, data - offset)
    found = built.likelihood.row_logliks(theta)
    for i in range(3):
        level = data[0] + data[1] * few["x"][i]
        expected = by_quadrature(few["k"][i], level, 0.9, 0.3, law, -1.0 if cost else 1.0)
        assert found[i] == pytest.approx(np.log(expected), abs=QUADRATURE)
    if not cost:
        # the same regressors with every count from zero to where nothing is left
        number = np.arange(100.0)
        every = replace(
            built.likelihood,
            problem=built.likelihood.problem.rows(np.full(len(number), 3)),
            counts=number,
            base=np.full(len(number), built.likelihood.base[3]),
        )
        assert np.exp(every.row_logliks(theta)).sum() == pytest.approx(1.0, abs=QUADRATURE)


def test_without_inefficiency_and_noise_it_is_poisson_regression(table):
    import statsmodels.api as sm

    y, x = table["half_normal"].to_numpy(), sm.add_constant(table["x"].to_numpy())
    poisson = sm.Poisson(y, x).fit(disp=0)
    built = built_on(table, "half_normal ~ x")
    start = built.starts[0].copy()
    start[:2] = np.linalg.solve(built.layout.blocks[0], poisson.params - built.layout.offsets[0])
    start[2:] = -30.0
    assert built.likelihood.evaluate(start)[0] == pytest.approx(poisson.llf, rel=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_the_truth_is_found(fitted, law):
    r = fitted[law]
    assert r.status.converged
    assert all(c.ok for c in r.checks)
    errors = r.coefficients()["std_error"]
    for name, true in TRUTH.items():
        assert abs(r.parameter(name) - true) < ERRORS_AWAY * errors[name], name
    assert r.numbers["zero_expected"] == pytest.approx(r.numbers["zero_counts"], abs=0.05)
    assert {t.name for t in r.tests} == {"no_inefficiency", "poisson_counts"}


def test_efficiency_is_that_of_weighted_draws(table, fitted):
    r, rng = fitted["half_normal"], np.random.default_rng(0)
    su, sv = r.numbers["sigma_u"], r.numbers["sigma_v"]
    u, v = su * np.abs(rng.normal(size=400_000)), sv * rng.normal(size=400_000)
    for i in (int(table["half_normal"].argmin()), int(table["half_normal"].argmax())):
        level = r.parameter("Intercept") + r.parameter("x") * table["x"][i]
        w = stats.poisson.pmf(table["half_normal"][i], np.exp(level + v - u))
        order = np.argsort(u)[::-1]
        share = np.cumsum(w[order]) / w.sum()
        te = np.exp(-u[order])
        drawn = [te[np.searchsorted(share, 0.025)], float(w @ np.exp(-u)) / w.sum(), te[np.searchsorted(share, 0.975)]]
        row = r.efficiencies.loc[i, ["te_lower", "te", "te_upper"]].to_numpy(dtype=float)
        # some thousand draws count: their quantiles have errors below 0.01
        assert row == pytest.approx(drawn, abs=0.02)


def test_cost_weights_and_order(table):
    part = table.head(150)
    r = fit_structure("dear ~ x", part, model="counts", cost=True)
    assert abs(r.parameter("x") - TRUTH["x"]) < ERRORS_AWAY * r.coefficients()["std_error"]["x"]
    twice = pd.concat([part, part.head(50)]).sample(frac=1.0, random_state=1)
    weighted = part.assign(w=np.where(np.arange(150) < 50, 2.0, 1.0), x=3.0 + 10.0 * part["x"])
    a = fit_structure("half_normal ~ x", twice, model="counts")
    b = fit_structure("half_normal ~ x", weighted, model="counts", weights="w")
    assert b.loglik == pytest.approx(a.loglik, rel=1e-9)
    assert 10.0 * b.parameter("x") == pytest.approx(a.parameter("x"), abs=SAME)
    assert 100.0 * b.covariances["hessian"][1, 1] == pytest.approx(a.covariances["hessian"][1, 1], rel=1e-4)


def test_limits_are_named_and_the_other_parameters_keep_their_errors():
    rng = np.random.default_rng(11)
    x, e = rng.normal(size=(2, 120))
    wrong = pd.DataFrame({"x": x, "k": rng.poisson(np.exp(2.0 + 0.5 * x + np.abs(e)))})
    with pytest.warns(BoundaryWarning, match="without inefficiency"):
        r = fit_structure("k ~ x", wrong, model="counts")
    assert r.status.boundary == "sigma_u_zero"
    assert r.efficiencies["te"].to_numpy() == pytest.approx(1.0, abs=1e-5)
    quiet = pd.DataFrame({"x": x, "k": rng.poisson(np.exp(2.0 + 0.5 * x - 1.5 * np.abs(e))), "g": np.arange(120) // 2})
    with pytest.warns(BoundaryWarning, match="beyond that of Poisson counts"):
        r = fit_structure("k ~ x", quiet, model="counts", cluster="g")
    assert r.status.boundary == "poisson_alone"
    assert np.isnan(r.parameter("lnsigma_v2"))
    for kind in ("hessian", "opg", "robust", "cluster"):
        errors = r.vcov(kind).coefficients()["std_error"].iloc[:3]
        assert abs(r.parameter("x") - 0.5) < ERRORS_AWAY * errors["x"]


def test_the_jackknife_leaves_out_one_cluster_after_the_other(table, fitted):
    groups = 25
    rows = table.assign(g=np.arange(len(table)) % groups)
    r = fit_structure("half_normal ~ x", rows, model="counts", cluster="g", vcov="jackknife")
    built = built_on(rows, "half_normal ~ x")
    forward = built.layout.forward()
    theta = np.linalg.solve(forward, r.theta - built.layout.offset())
    found = np.zeros((4, 4))
    for g in range(groups):
        # one Newton step on the other rows
        rest = replace(built.likelihood, row_weights=(rows["g"] != g).to_numpy(float))
        _, gradient, hessian = rest.evaluate(theta)
        step = forward @ np.linalg.solve(hessian, gradient)
        found += (groups - 1) / groups * np.outer(step, step)
    assert r.covariance == pytest.approx(found, rel=1e-4)
    assert np.all(np.diag(r.covariance) > np.diag(r.vcov("cluster").covariance))
    kept = {kind: v for kind, v in r.covariances.items() if kind != "jackknife"}
    with pytest.raises(SpecError, match="was not made"):
        replace(r, covariances=kept, covariance_kind="cluster").vcov("jackknife")
    with pytest.raises(SpecError, match="needs cluster labels"):
        fitted["half_normal"].vcov("jackknife")


def test_what_is_no_count_is_refused(table):
    rows = table.assign(k=table["half_normal"].astype(float))
    for value in (0.5, -1.0):
        with pytest.raises(DataError, match=r"not a count[\s\S]*rows 3\b"):
            fit_structure("k ~ x", rows.assign(k=rows["k"].mask(rows.index == 2, value)), model="counts")
    with pytest.raises(DataError, match="not a count"):
        fit_structure("log(k + 1) ~ x", rows, model="counts")


def test_a_step_stores_it_and_says_it_in_words(table, fitted):
    from innospace.core.inputs import StepInputs
    from innospace.data import as_dataset
    from innospace.frontier import step

    inputs = StepInputs({"table": as_dataset(table)})
    options = step.Options(formula="half_normal ~ x", structure="counts")
    assert step.preflight(options, inputs) == []
    assert step.preflight(step.Options(formula="x ~ z", structure="counts"), inputs)
    with pytest.raises(ValueError, match="belongs to a structure"):
        step.Options(formula="half_normal ~ x", vcov="jackknife", cluster="z")
    r = fitted["half_normal"]
    again = StructureResult.from_bundle(r.to_bundle())
    assert again.to_dict() == r.to_dict()
    assert again.summary() == r.summary()
    assert any("of the counts are zero" in f for f in r.findings())
    assert [s.anchor for s in r.sections()] == ["model", "estimates", "efficiency"]
