"""Every distribution in a whole fit: a verified maximum, named boundaries, tests against noise alone."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from frontier_draws import TRUTH, cross_section
from scipy import optimize, stats

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier import FrontierResult
from innospace.frontier.densities import DENSITIES, PRIORS, density
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import Problem, evaluate
from innospace.numerics.linear import least_absolute

NAMED = ("wrong_skewness", "sigma_u_zero", "gamma_one", "mu_minus_infinity", "shape_unbounded", "noise_is_normal")
NEW = sorted(set(DENSITIES) - {"half_normal", "exponential", "truncated_normal"})
PAIRS = [(law, noise) for law in ("half_normal", "exponential") for noise in ("student_t", "laplace")]
PRECISE = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000}


def quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(*arguments, **options)


def sample(law, n, seed=0, noise="normal"):
    return cross_section(law, noise)(np.random.default_rng(seed), n).table


@pytest.mark.parametrize("law", NEW)
def test_recovery(law):
    result = quietly("y ~ a", sample(law, 600), inefficiency=law)
    assert result.status.converged
    errors = result.coefficients()["std_error"]
    for name, value in {"Intercept": 1.0, "a": 0.5, **TRUTH[law]}.items():
        assert abs(result.parameter(name) - value) < 4.0 * errors[name]


@pytest.mark.parametrize(("law", "noise"), [*((law, "normal") for law in NEW), *PAIRS])
def test_the_maximum_is_one(law, noise):
    table = sample(law, 150, 1, noise)
    result = quietly("y ~ a", table, inefficiency=law, noise=noise)
    if not result.status.converged:
        assert result.status.boundary in NAMED
        return
    e = result.estimate
    assert result.checks[0].ok
    assert np.linalg.eigvalsh(e.hessian)[-1] < 0.0
    rng = np.random.default_rng(0)
    errors = result.coefficients()["std_error"].to_numpy()
    for _ in range(10):
        near = evaluate(e.problem, e.theta + 0.3 * errors * rng.normal(size=len(errors)))[0]
        assert near < result.loglik + 1e-6
    again = FrontierResult.from_bundle(result.to_bundle())
    assert again.loglik == result.loglik
    assert result.test_no_inefficiency().rejected(0.05) or law == "uniform"
    scaled = quietly("y ~ a", table.assign(y=1e6 * table["y"]), inefficiency=law, noise=noise)
    assert scaled.loglik == pytest.approx(result.loglik - 150 * np.log(1e6), abs=1e-4)


@pytest.mark.parametrize(("law", "noise"), [*((law, "normal") for law in NEW), *PAIRS])
def test_noise_alone_and_wild_rows_end_with_a_name(law, noise):
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"a": rng.normal(size=40)}).assign(y=lambda f: f["a"] + rng.normal(size=40))
    wild = table.assign(y=table["y"].where(table.index != 3, -1e6))
    for frame in (table, wild, table.assign(y=-np.exp(table["y"])), table.head(12)):
        result = quietly("y ~ a", frame, inefficiency=law, noise=noise)
        assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY, StatusCode.SINGULAR)
        assert result.status.code is not StatusCode.BOUNDARY or result.status.boundary in NAMED
        assert result.loglik >= result.estimate.noise_loglik - 1e-6
        assert result.efficiencies().notna().all(axis=None)
        assert result.summary()


@pytest.mark.parametrize("law", ["gamma", "weibull", "truncated_laplace"])
def test_never_below_the_exponential_inside(law, front41):
    for table, formula in ((front41, "q ~ k + l"), (sample("exponential", 150), "y ~ a")):
        inner = fit(formula, table, inefficiency="exponential").loglik
        assert quietly(formula, table, inefficiency=law).loglik >= inner - 1e-3


def test_t_noise_shrugs_off_an_outlier():
    table = sample("exponential", 300, 2)
    table.loc[10, "y"] += 6.0
    normal, heavy = (quietly("y ~ a", table, inefficiency="exponential", noise=n) for n in ("normal", "student_t"))
    assert heavy.loglik > normal.loglik + 10.0
    assert abs(heavy.parameter("a") - 0.5) < 0.1
    test = heavy.test_no_inefficiency()
    assert test.distribution == "chi2(0)/2 + chi2(1)/2"
    # against a regression with t errors, whose likelihood is maximised by another program
    x = np.column_stack((np.ones(300), table["a"]))

    def minus(p):
        return -np.sum(stats.t.logpdf(table["y"] - x @ p[:2], np.exp(p[3]), scale=np.exp(0.5 * p[2])))

    other = optimize.minimize(minus, [0.5, 0.5, -2.0, 1.5], method="Nelder-Mead", options=PRECISE)
    assert heavy.estimate.noise_loglik == pytest.approx(-other.fun, abs=1e-5)


def test_least_absolute_deviations():
    rng = np.random.default_rng(1)
    x = np.column_stack((np.ones(101), rng.normal(size=(101, 2))))
    y = x @ [1.0, 0.5, -2.0] + rng.laplace(size=101)
    w = rng.uniform(0.5, 2.0, 101)
    for weights in (None, w):
        beta = least_absolute(y, x, weights)
        size = np.sum((1.0 if weights is None else w) * np.abs(y - x @ beta))
        for direction in rng.normal(size=(50, 3)):
            moved = np.sum((1.0 if weights is None else w) * np.abs(y - x @ (beta + 1e-4 * direction)))
            assert moved >= size - 1e-10
        # three residuals are zero
        assert np.sum(np.abs(y - x @ beta) < 1e-9) >= 3


def test_simulated_likelihood_agrees():
    """A Halton-type mean over draws of u tends to the integral by panels."""
    draws = stats.gamma(1.5, scale=0.4).ppf((np.arange(200_000) + 0.5) / 200_000)
    e = np.array([-1.2, -0.4, 0.0, 0.3])
    theta = (2 * np.log(0.4), np.log(1.5), 2 * np.log(0.2))
    got = density("gamma").evaluate(e, tuple(np.float64(v) for v in theta)).value
    expected = [np.log(np.mean(stats.norm.pdf(v + draws, scale=0.2))) for v in e]
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("name", sorted(PRIORS))
def test_regressors_of_every_distribution(name):
    rng = np.random.default_rng(0)
    table = sample(name, 120, 3).assign(z=rng.normal(size=120))
    result = quietly("y ~ a | u: z", table, inefficiency=name)
    assert result.status.converged or result.status.boundary in NAMED
    plain = quietly("y ~ a", table, inefficiency=name)
    assert result.loglik >= plain.loglik - 1e-6
    if result.status.converged:
        assert len(result.marginal_effects()) == 2
        problem = result.estimate.problem
        assert isinstance(problem, Problem)
        assert np.abs(result.estimate.gradient).max() < 1e-4
