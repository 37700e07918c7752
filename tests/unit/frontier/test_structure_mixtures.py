"""Zero inefficiency, latent classes, contaminated noise: likelihoods, recovery, invariances, limits, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import BoundaryWarning, DataError, FormulaError, MissingRowsWarning, SpecError
from innospace.frontier.structure.classes import contaminated_noise, latent_class, zero_inefficiency
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec

GRADIENT = 2e-6  # central differences with a step of 1e-5: rounding of the value over the step
HESSIAN = 2e-5  # the same of the score
LOGLIK = 1e-9  # relative: two formulas of the same function
SAME = 1e-6  # absolute, of estimates: the search ends where the value is flat to rounding
MASS = 1e-6  # trapezoids on 8001 points
ERRORS_AWAY = 3.5  # standard errors between estimate and truth, five parameters a model, one fixed draw

BUILDERS = {
    "zero_inefficiency": zero_inefficiency,
    "latent_class": latent_class,
    "contaminated_noise": contaminated_noise,
}
FORMULAS = {
    "zero_inefficiency": "y0 ~ x | u: z | v: z | class: z",
    "latent_class": "y1 ~ x | u: z | class: z",
    "contaminated_noise": "y2 ~ x | u: z | class: z",
}
PLAIN = {"zero_inefficiency": "y0 ~ x", "latent_class": "y1 ~ x", "contaminated_noise": "y2 ~ x"}
TRUTH = {
    "zero_inefficiency": {"Intercept": 1.0, "x": 0.5, "lnsigma_u2": 0.0, "logit_efficient": np.log(0.4 / 0.6)},
    "latent_class": {"Intercept_1": 2.0, "x_1": 1.2, "x_2": 0.3, "logit_class_2": np.log(0.6 / 0.4)},
    "contaminated_noise": {
        "x": 0.5,
        "lnsigma_u2": 2 * np.log(0.8),
        "lnsigma_v2_wide": 2 * np.log(1.5),
        "logit_wide": np.log(0.15 / 0.85),
    },
}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    n = 900
    x, z, q = rng.normal(size=n), rng.normal(size=n), rng.uniform(size=n)
    v, u = rng.normal(size=n), np.abs(rng.normal(size=n))
    first = 2.0 + 1.2 * x + 0.15 * v - 0.5 * u
    second = 0.3 * x + 0.3 * v - 0.8 * u
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "y0": 1.0 + 0.5 * x + 0.2 * v - np.where(q < 0.4, 0.0, u),
            "y1": np.where(q < 0.4, first, second),
            "y2": 1.0 + 0.5 * x + np.where(q < 0.15, 1.5, 0.2) * v - 0.8 * u,
        }
    )


@pytest.fixture(scope="module")
def fitted(table):
    return {model: fit_structure(formula, table, model=model) for model, formula in PLAIN.items()}


def built_on(table, model, formula):
    spec = StructureSpec(formula, model)
    return BUILDERS[model](spec, read_structure(spec, table).arrays, 0)


@pytest.mark.parametrize("model", list(FORMULAS))
def test_score_and_hessian_are_numerical_ones(table, model):
    built = built_on(table.head(60), model, FORMULAS[model])
    likelihood = built.likelihood
    theta = built.starts[0] + 0.1 * np.random.default_rng(0).normal(size=len(built.starts[0]))
    value, gradient, hessian = likelihood.evaluate(theta)
    step = 1e-5
    for j in range(len(theta)):
        moved = np.zeros(len(theta))
        moved[j] = step
        up, down = likelihood.evaluate(theta + moved), likelihood.evaluate(theta - moved)
        assert (up[0] - down[0]) / (2 * step) == pytest.approx(gradient[j], abs=GRADIENT * (1 + abs(value)))
        assert (up[1] - down[1]) / (2 * step) == pytest.approx(hessian[:, j], abs=HESSIAN * (1 + abs(value)))
    assert likelihood.scores(theta).sum(axis=0) == pytest.approx(gradient, abs=1e-9 * (1 + abs(value)))


@pytest.mark.parametrize("model", list(PLAIN))
def test_the_density_integrates_to_one(model):
    grid = np.linspace(-40.0, 30.0, 8001)
    outcome = PLAIN[model].split(" ")[0]
    built = built_on(pd.DataFrame({outcome: grid}), model, f"{outcome} ~ 1")
    # a standardised unit of the outcome is its own deviation: scales are put back to one
    unit = float(np.std(grid))
    theta = built.starts[0]
    scale = np.array([n.startswith("lnsigma") for n in built.layout.names])
    theta = np.where(scale, -2.0 * np.log(unit) + np.arange(len(theta)) % 2, 0.1 * np.arange(len(theta)) / unit)
    density = np.exp(built.likelihood.posterior(theta)[1]) / unit
    assert np.trapezoid(density, grid) == pytest.approx(1.0, abs=MASS)


def composed(e, lnu, lnv):
    su, sv = np.exp(0.5 * lnu), np.exp(0.5 * lnv)
    s = np.hypot(su, sv)
    return 2.0 / s * stats.norm.pdf(e / s) * stats.norm.cdf(-e * su / sv / s)


def by_formula(table, model, r):
    """Return the log-likelihood from its textbook formula at the reported numbers."""
    p = {name: r.parameter(name) for name in r.names}
    y, x = table[PLAIN[model].split(" ")[0]].to_numpy(), table["x"].to_numpy()
    if model == "latent_class":
        share = 1.0 / (1.0 + np.exp(p["logit_class_2"]))
        parts = [
            composed(y - p[f"Intercept_{j}"] - p[f"x_{j}"] * x, p[f"lnsigma_u2_{j}"], p[f"lnsigma_v2_{j}"])
            for j in (1, 2)
        ]
        return np.log(share * parts[0] + (1.0 - share) * parts[1]).sum()
    e = y - p["Intercept"] - p["x"] * x
    own = composed(e, p["lnsigma_u2"], p["lnsigma_v2"])
    if model == "zero_inefficiency":
        share = 1.0 / (1.0 + np.exp(-p["logit_efficient"]))
        return np.log((1.0 - share) * own + share * stats.norm.pdf(e, scale=np.exp(0.5 * p["lnsigma_v2"]))).sum()
    share = 1.0 / (1.0 + np.exp(-p["logit_wide"]))
    return np.log((1.0 - share) * own + share * composed(e, p["lnsigma_u2"], p["lnsigma_v2_wide"])).sum()


@pytest.mark.parametrize("model", list(PLAIN))
def test_the_reported_likelihood_is_that_of_the_formula_and_the_truth_is_found(table, fitted, model):
    r = fitted[model]
    assert r.status.converged
    assert all(c.ok for c in r.checks)
    assert r.loglik == pytest.approx(by_formula(table, model, r), rel=LOGLIK)
    errors = r.coefficients()["std_error"]
    for name, true in TRUTH[model].items():
        assert abs(r.parameter(name) - true) < ERRORS_AWAY * errors[name], name


def test_a_posterior_is_the_share_of_its_class_on_average_and_tells_the_classes(table, fitted):
    r = fitted["zero_inefficiency"]
    # with a constant alone the score of the logit is zero where both agree
    assert r.efficiencies["p_efficient"].mean() == pytest.approx(r.numbers["share_2"], abs=SAME)
    te = r.efficiencies
    assert ((te["te_lower"] <= te["te"]) & (te["te"] <= te["te_upper"])).all()
    (test,) = r.tests
    assert test.p_value < 0.001
    classes = fitted["latent_class"].efficiencies
    assert classes[["class_1", "class_2"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert fitted["latent_class"].bic < fitted["latent_class"].numbers["bic_1"]


def test_quantiles_of_efficiency_are_those_of_draws(table, fitted):
    r = fitted["zero_inefficiency"]
    i = int(r.efficiencies["p_efficient"].argmin())
    e = table["y0"][i] - r.parameter("Intercept") - r.parameter("x") * table["x"][i]
    u2, v2 = np.exp(r.parameter("lnsigma_u2")), np.exp(r.parameter("lnsigma_v2"))
    m, s = -e * u2 / (u2 + v2), np.sqrt(u2 * v2 / (u2 + v2))
    drawn = stats.truncnorm(-m / s, np.inf, loc=m, scale=s).rvs(200_000, random_state=0)
    p = r.efficiencies["p_efficient"][i]
    te = np.exp(-np.where(np.random.default_rng(0).uniform(size=len(drawn)) < p, 0.0, drawn))
    row = r.efficiencies.loc[i, ["te_lower", "te", "te_upper"]].to_numpy(dtype=float)
    # the error of a mean or quantile of 200,000 draws is below 0.002
    assert row == pytest.approx([np.quantile(te, 0.025), te.mean(), np.quantile(te, 0.975)], abs=0.004)


def test_expectation_and_maximisation_never_lower_the_likelihood(table):
    built = built_on(table.head(200), "latent_class", PLAIN["latent_class"])
    theta = built.starts[0] + 0.3 * np.random.default_rng(2).normal(size=len(built.starts[0]))
    values = [built.likelihood.evaluate(theta)[0]]
    for _ in range(6):
        theta = built.likelihood.improve(theta, rounds=1)
        values.append(built.likelihood.evaluate(theta)[0])
    assert np.all(np.diff(values) > -1e-9)
    assert values[-1] > values[0] + 1.0


@pytest.mark.parametrize("model", list(PLAIN))
def test_order_of_rows_units_and_the_side_of_the_frontier_change_nothing(table, fitted, model):
    outcome = PLAIN[model].split(" ")[0]
    moved = table.sample(frac=1.0, random_state=1)
    moved = moved.assign(x=10.0 + 7.0 * moved["x"], **{outcome: -1000.0 * moved[outcome]})
    other = fit_structure(PLAIN[model], moved, model=model, cost=True)
    r = fitted[model]
    assert other.loglik == pytest.approx(r.loglik - len(table) * np.log(1000.0), rel=LOGLIK)
    slope = next(n for n in r.names if n.startswith("x"))
    assert other.parameter(slope) == pytest.approx(-1000.0 / 7.0 * r.parameter(slope), rel=SAME)
    logit = next(n for n in r.names if n.startswith("logit"))
    assert other.parameter(logit) == pytest.approx(r.parameter(logit), abs=1e-5)


def test_a_weight_of_two_is_a_row_twice_and_missing_rows_stay(table):
    part = table.head(300)
    twice = pd.concat([part, part.head(100)])
    weighted = part.assign(w=np.where(np.arange(300) < 100, 2.0, 1.0))
    a = fit_structure("y0 ~ x", twice, model="zero_inefficiency")
    b = fit_structure("y0 ~ x", weighted, model="zero_inefficiency", weights="w")
    assert b.loglik == pytest.approx(a.loglik, rel=LOGLIK)
    assert b.theta == pytest.approx(a.theta, abs=1e-5)
    assert b.covariances["hessian"] == pytest.approx(a.covariances["hessian"], rel=1e-4)
    gap = weighted.assign(x=weighted["x"].mask(weighted.index == 4))
    with pytest.warns(MissingRowsWarning, match="row 5"):
        c = fit_structure("y0 ~ x", gap, model="zero_inefficiency")
    assert len(c.efficiencies) == 300
    assert np.isnan(c.efficiencies["te"][4])
    assert c.n == 299


def test_limits_are_named_and_have_no_numbers_that_mean_nothing(table):
    rng = np.random.default_rng(5)
    n = 300
    x, v, u = rng.normal(size=n), rng.normal(size=n), np.abs(rng.normal(size=n))
    wrong = pd.DataFrame({"x": x, "y": x + 0.2 * v + u})
    with pytest.warns(BoundaryWarning, match="without inefficiency"):
        r = fit_structure("y ~ x", wrong, model="zero_inefficiency")
    assert r.status.boundary == "sigma_u_zero"
    assert np.isnan(r.parameter("lnsigma_u2"))
    assert r.efficiencies["te"].to_numpy() == pytest.approx(1.0, abs=1e-5)
    ols = np.linalg.lstsq(np.column_stack((np.ones(n), x)), wrong["y"].to_numpy(), rcond=None)[0]
    assert r.theta[:2] == pytest.approx(ols, abs=1e-5)
    plain = pd.DataFrame({"x": x, "y": x + 0.6 * v - rng.exponential(size=n)})
    with pytest.warns(BoundaryWarning):
        r = fit_structure("y ~ x", plain, model="zero_inefficiency", inefficiency="exponential")
    assert r.status.boundary == "all_inefficient"
    assert np.isfinite(r.coefficients()["std_error"].iloc[:4]).all()
    assert np.isnan(r.parameter("logit_efficient"))
    assert r.tests[0].statistic == pytest.approx(0.0, abs=1e-6)


@pytest.mark.filterwarnings("ignore::innospace.core.errors.BoundaryWarning")
@pytest.mark.parametrize("model", list(PLAIN))
def test_outliers_and_small_samples_end_with_a_status(table, model):
    outcome = PLAIN[model].split(" ")[0]
    few = table.head(40)
    spiked = few.assign(**{outcome: few[outcome].mask(few.index == 3, 1e7)})
    for data in (few, spiked):
        r = fit_structure(PLAIN[model], data, model=model)
        assert np.isfinite(r.loglik)
        assert np.isfinite(r.efficiencies["te"]).all()
        assert r.status.converged or r.status.message
        if r.status.converged:
            assert np.isfinite(r.coefficients().to_numpy()).all()


def test_what_cannot_be_estimated_is_refused(table):
    with pytest.raises(DataError, match="cannot tell about"):
        fit_structure("y1 ~ x", table.head(15))
    with pytest.raises(DataError, match="linear combination"):
        fit_structure("y1 ~ x + copy", table.assign(copy=2.0 * table["x"]))
    with pytest.raises(DataError, match="'zero' is zero"):
        fit_structure("y1 ~ x | class: zero", table.assign(zero=0.0))
    with pytest.raises(DataError, match="constant"):
        fit_structure("one ~ x", table.assign(one=1.0))
    with pytest.raises(SpecError, match="classes were asked for"):
        fit_structure("y1 ~ x", table, classes=1)
    with pytest.raises(SpecError, match="Unknown structure"):
        fit_structure("y1 ~ x", table, model="latent_clas")
    with pytest.raises(SpecError, match="truncated normal"):
        fit_structure("y1 ~ x", table, inefficiency="truncated_normal")
    with pytest.raises(FormulaError, match="no named part"):
        fit_structure("y1 ~ x | class", table)


def test_a_step_of_a_study_estimates_it_and_refuses_what_does_not_belong(table, fitted):
    from innospace.core.inputs import StepInputs
    from innospace.data import as_dataset
    from innospace.frontier import step

    inputs = StepInputs({"table": as_dataset(table)})
    options = step.Options(formula="y0 ~ x", structure="zero_inefficiency")
    assert step.preflight(options, inputs) == []
    assert "fully efficient" in step.described(options)[0]
    found = step.run(options, inputs)
    assert found.loglik == fitted["zero_inefficiency"].loglik
    assert step.RESULTS[found.to_bundle().kind] is StructureResult
    assert len(found.offers("technical_efficiency")) == len(table)
    assert step.preflight(step.Options(formula="nothing ~ x", structure="latent_class"), inputs)
    for wrong in ({"noise": "laplace"}, {"classes": 3}, {"panel": "pitt_lee"}):
        with pytest.raises(ValueError, match="do not belong"):
            step.Options(formula="y0 ~ x", structure="zero_inefficiency", **wrong)


def test_a_stored_result_is_the_same(fitted):
    for r in fitted.values():
        again = StructureResult.from_bundle(r.to_bundle())
        assert again.summary() == r.summary()
        assert again.to_dict() == r.to_dict()
        assert again.vcov("robust").covariance == pytest.approx(r.covariances["robust"])


def test_words_tables_and_figures(fitted):
    for r in fitted.values():
        assert all(len(line) <= 100 for line in r.summary().splitlines())
        assert len(r.findings()) >= 2
        assert [s.anchor for s in r.sections()] == ["model", "estimates", "efficiency"]
        assert len(r.table("efficiencies").frame) > 300
        assert r.plot.posterior().data["value"].between(0.0, 1.0).all()
    assert list(fitted["latent_class"].table("classes").frame["classes"]) == [1, 2]
    with pytest.raises(SpecError, match="no test"):
        fitted["latent_class"].table("tests")
