"""Maxima on the edge of the parameter space are named, and carry no standard errors that mean nothing."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier.densities import DENSITIES
from innospace.frontier.estimate import maximise_likelihood, standardise_problem
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import Problem, evaluate

LAWS = ("half_normal", "exponential", "truncated_normal")


def boundary(formula, table, **options):
    with pytest.warns(BoundaryWarning) as caught:
        result = fit(formula, table, **options)
    assert result.status.code is StatusCode.BOUNDARY
    assert not result.status.converged
    assert result.status.remedy
    assert result.status.message in str(caught[0].message)
    assert result.warnings
    assert not result.to_dict()["converged"]
    assert max(map(len, result.summary().splitlines())) <= 100
    assert f"({result.status.boundary})" in result.summary()
    assert result.findings()
    assert result.sections()
    return result


def quietly(formula, table, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(formula, table, **options)


@pytest.mark.parametrize("law", LAWS)
def test_wrong_skewness(front41, law):
    # output is a production frontier: as a cost frontier its residuals are skewed the wrong way
    result = boundary("q ~ k + l", front41, inefficiency=law, cost=True)
    assert result.status.boundary == "wrong_skewness"
    assert result.sigma_u == 0.0
    x = np.column_stack((np.ones(60), front41["k"], front41["l"]))
    beta, ssr, *_ = np.linalg.lstsq(x, front41["q"], rcond=None)
    np.testing.assert_allclose(result.estimate.theta[:3], beta, rtol=1e-9)
    assert result.loglik == pytest.approx(-30.0 * (np.log(2 * np.pi * ssr[0] / 60) + 1.0), rel=1e-12)
    table = result.coefficients()
    hidden = list(DENSITIES[law].parameters[:-1])
    assert table.loc[hidden].isna().all(axis=None)
    expected = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * ssr[0] / 60)
    np.testing.assert_allclose(table["std_error"].iloc[:3], expected, rtol=1e-9)
    te = result.efficiencies()
    assert (te.drop(columns="row") == 1.0).all(axis=None)
    test = result.test_no_inefficiency()
    assert (test.statistic, test.p_value) == (0.0, 1.0)
    assert not {c.name: c.ok for c in result.checks}["skewness"]
    assert 2 * result.estimate.agreed >= result.estimate.tried


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_never_claims_a_converged_optimum_below_least_squares(law, seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.normal(size=300)}).assign(y=lambda f: f["a"] + rng.standard_t(8, size=300))
    for cost in (False, True):
        result = quietly("y ~ a", table, inefficiency=law, cost=cost)
        assert result.loglik >= result.estimate.ols.loglik - 1e-9
        if result.status.converged:
            assert all(c.ok for c in result.checks if c.name in ("score_at_optimum", "hessian_negative_definite"))
            assert np.all(np.isfinite(result.covariance))
        else:
            assert result.status.boundary in ("wrong_skewness", "mu_minus_infinity", "gamma_one", "sigma_u_zero")


def noiseless(law, seed=0, n=40):
    rng = np.random.default_rng(seed)
    u = rng.exponential(0.5, n) if law == "exponential" else np.abs(0.5 * rng.normal(size=n))
    return pd.DataFrame({"a": rng.normal(size=n)}).assign(y=lambda f: 2.0 + 0.7 * f["a"] - u)


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_no_noise(law):
    table = noiseless(law)
    result = boundary("y ~ a", table, inefficiency=law)
    assert result.status.boundary == "gamma_one"
    assert np.isnan(result.covariance).all()
    assert np.isnan(result.vcov("robust").covariance).all()
    assert np.isnan(result.test_wald(["a"]).p_value)
    assert result.coefficients()["std_error"].isna().all()
    assert result.sigma_v < 1e-6
    # the frontier envelops the data, and efficiency is the distance to it
    slack = result.parameter("Intercept") + result.parameter("a") * table["a"] - table["y"]
    assert slack.min() == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(result.efficiencies()["te_bc"], np.exp(-slack.clip(lower=0.0)), atol=1e-6)


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_no_noise_is_the_programming_solution(law):
    """Without noise the exponential is a linear and the half-normal a quadratic programme (Aigner and Chu 1968)."""
    table = noiseless(law)
    x, y = np.column_stack((np.ones(40), table["a"])), table["y"].to_numpy()
    if law == "exponential":
        solution = optimize.linprog(x.sum(axis=0), A_ub=-x, b_ub=-y, bounds=[(None, None)] * 2)
        limit = -40.0 * (np.log((solution.fun - y.sum()) / 40.0) + 1.0)
    else:
        envelope = {"type": "ineq", "fun": lambda b: x @ b - y}
        solution = optimize.minimize(
            lambda b: np.sum((x @ b - y) ** 2), [3.0, 0.7], constraints=envelope, options={"ftol": 1e-14}
        )
        limit = -20.0 * (np.log(0.5 * np.pi * solution.fun / 40.0) + 1.0)
    result = boundary("y ~ a", table, inefficiency=law)
    np.testing.assert_allclose(result.estimate.theta[:2], solution.x, atol=1e-6)
    # a noise of 2e-9 residual standard deviations is left
    assert result.loglik == pytest.approx(limit, abs=1e-5)


def test_no_noise_does_not_depend_on_units():
    table = noiseless("half_normal")
    base = boundary("y ~ a", table)
    moved = boundary("y ~ a", table.assign(y=1000.0 * table["y"] + 5e4, a=1e-4 * table["a"] - 3.0))
    assert moved.loglik == pytest.approx(base.loglik - 40.0 * np.log(1000.0), abs=1e-5)
    assert moved.parameter("a") == pytest.approx(1e7 * base.parameter("a"), rel=1e-6)


@pytest.mark.parametrize("n", [25, 200])
@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_truncated_normal_is_never_below_the_models_it_holds(law, n):
    found = {name: quietly("y ~ a", noiseless(law, seed=3, n=n), inefficiency=name).loglik for name in LAWS}
    assert found["truncated_normal"] >= max(found.values()) - 1e-6


def test_mu_minus_infinity(rice):
    result = boundary("prod ~ area + labor + npk", rice, inefficiency="truncated_normal")
    exponential = fit("prod ~ area + labor + npk", rice, inefficiency="exponential")
    assert result.status.boundary == "mu_minus_infinity"
    assert result.loglik == exponential.loglik
    assert np.isnan(result.parameter("mu"))
    assert "nan" not in result.summary()
    # no point of the family does better than its limit
    problem = Problem(
        exponential.estimate.problem.y, exponential.estimate.problem.x, 1.0, DENSITIES["truncated_normal"]
    )
    mean = exponential.sigma_u
    for ratio in (-5.0, -20.0, -100.0, -1000.0):
        su = -ratio * mean
        theta = np.r_[exponential.estimate.theta[:4], ratio * su, 2 * np.log(su), exponential.estimate.theta[-1]]
        assert evaluate(problem, theta)[0] < result.loglik


@pytest.mark.parametrize("scale", [1.0, 1e-3, 37.0])
def test_steps_along_the_ridge_do_not_mistake_rounding_for_a_gain(scale):
    # uncentred squares and products are badly conditioned: the ridge was once followed to mu = -1e11
    rng = np.random.default_rng(11)
    a, b = rng.uniform(4.0, 9.0, size=(2, 150))
    y = 0.5 * a + 0.3 * b + 0.1 * rng.normal(size=150) - rng.exponential(0.3, 150)
    table = pd.DataFrame({"y": scale * y, "a": a, "b": b, "aa": a * a, "bb": b * b, "ab": a * b})
    truncated = quietly("y ~ a + b + aa + bb + ab", table, inefficiency="truncated_normal")
    exponential = fit("y ~ a + b + aa + bb + ab", table, inefficiency="exponential")
    if truncated.status.boundary == "mu_minus_infinity":
        assert truncated.loglik == exponential.loglik
    else:
        assert truncated.status.converged
        assert truncated.loglik > exponential.loglik


def test_normal_cut_off_at_the_largest_residual_is_no_inefficiency(front41):
    """With mu > 0 and no noise the truncated normal gains -n log Phi(largest / sd) from any wrongly skewed sample."""
    problem = Problem(
        front41["q"].to_numpy(),
        np.column_stack((np.ones(60), front41["k"], front41["l"])),
        -1.0,
        DENSITIES["truncated_normal"],
    )
    ols, standard = standardise_problem(problem)
    e = -(problem.y - problem.x @ ols.beta)
    sd = np.sqrt(ols.variance)
    top = e.max() + 6.0 * sd * np.exp(-10.0)  # six standard deviations of the noise that is left
    cut = np.r_[ols.beta - [top, 0, 0], top, np.log(ols.variance), np.log(ols.variance) - 20.0]
    assert evaluate(standard.problem, standard.from_data(cut))[0] + standard.loglik_shift > ols.loglik
    assert e.max() / sd < 4.0
    assert maximise_likelihood(problem).status.boundary == "wrong_skewness"


@pytest.mark.parametrize("law", LAWS)
def test_converged_is_verified(front41, law):
    result = fit("q ~ k + l", front41, inefficiency=law)
    e = result.estimate
    assert np.abs(e.gradient).max() < 1e-6
    assert np.linalg.eigvalsh(e.hessian)[-1] < 0.0
    assert result.status.numbers["decrement"] < 1e-10
    # score and Hessian belong to the reported point, in the units of the data
    assert np.abs(evaluate(e.problem, e.theta)[1]).max() < 1e-5
    assert e.agreed == e.tried


def test_flat_hessian_is_not_converged():
    # two regressors that differ by 1e-6 of their spread: full rank in floating point, flat in practice
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    table = pd.DataFrame({"a": a, "b": a + 1e-5 * rng.normal(size=200)})
    table["y"] = a + 0.2 * rng.normal(size=200) - np.abs(0.5 * rng.normal(size=200))
    result = fit("y ~ a + b", table)
    both = result.parameter("a") + result.parameter("b")
    alone = fit("y ~ a", table)
    assert both == pytest.approx(alone.parameter("a"), abs=0.05)
    check = {c.name: c for c in result.checks}["hessian_negative_definite"]
    assert check.value < 1e-9
    assert result.coefficients().loc["b", "std_error"] > 100.0


def test_large_sample_screens_its_starts():
    rng = np.random.default_rng(0)
    n = 25_000
    a = rng.normal(size=n)
    y = 1.0 + 0.5 * a + 0.2 * rng.normal(size=n) - np.abs(0.5 * rng.normal(size=n))
    result = fit(y=y, X=a)
    assert result.status.converged
    assert result.estimate.screened == 4_000
    assert fit(y=y, X=a, seed=7).loglik == pytest.approx(result.loglik, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-10, 1e-4, 1e6])
@pytest.mark.parametrize("law", LAWS)
def test_unit_of_the_weights(front41, law, unit):
    base = fit("q ~ k + l", front41, inefficiency=law)
    weighted = fit("q ~ k + l", front41, inefficiency=law, weights=np.full(60, unit))
    assert weighted.status.converged
    np.testing.assert_allclose(weighted.estimate.theta, base.estimate.theta, rtol=1e-9)
    assert weighted.loglik == pytest.approx(unit * base.loglik, rel=1e-12)
    np.testing.assert_allclose(weighted.covariance * unit, base.covariance, rtol=1e-8)
    # sampling weights: their unit cancels in the sandwich
    np.testing.assert_allclose(weighted.vcov("robust").covariance, base.vcov("robust").covariance, rtol=1e-8)


@pytest.mark.parametrize("shift", [1e4, 1e6, 1e8])
def test_level_that_is_large_next_to_the_spread(simulated, shift):
    table = simulated("half_normal", 200, 6)
    base, moved = fit("y ~ a + b", table), fit("y ~ a + b", table.assign(y=table["y"] + shift))
    assert moved.status.converged
    # the outcome itself is rounded to 1e-16 of its level
    assert moved.loglik == pytest.approx(base.loglik, abs=1e-13 * shift * 200)
    np.testing.assert_allclose(moved.estimate.theta[1:], base.estimate.theta[1:], atol=1e-13 * shift + 1e-7)
    np.testing.assert_allclose(moved.covariance, base.covariance, rtol=1e-4)


@pytest.mark.parametrize("law", LAWS)
def test_one_wild_row(front41, law):
    for value in (1e-8, 1e8):
        wild = front41.assign(output=front41["output"].where(front41.index != 5, value))
        for cost in (False, True):
            result = quietly("log(output) ~ k + l", wild, inefficiency=law, cost=cost)
            assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY)
            te = result.efficiencies().drop(columns="row")
            assert te.notna().all(axis=None)
            assert ((te >= 0.0) & (te <= 1.0)).all(axis=None)


@pytest.mark.parametrize("law", LAWS)
def test_nearly_as_many_parameters_as_rows(law):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 34))
    y = x @ rng.normal(size=34) + rng.normal(size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        result = fit(y=y, X=x, inefficiency=law)
    assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY)
    assert result.loglik >= result.estimate.ols.loglik - 1e-9
