"""Frontiers that recede together with inefficiency: coordinates, and the limits by a second method."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from frontier_draws import random_cross_section
from scipy import optimize, stats

from innospace.core.errors import BoundaryWarning
from innospace.frontier import estimate
from innospace.frontier.densities import DENSITIES
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.receding import OWN, receding

# where u hardly varies: about fifty times its spread away from zero
POINTS = {"gamma": (-4.0, 6.0, -1.5), "weibull": (6.0, 3.5, -1.5), "lognormal": (3.0, -6.0, -1.5)}
# simplex searches end within this of a maximum of some hundred log-likelihoods
SIMPLEX = {"xatol": 1e-8, "fatol": 1e-9, "maxiter": 20_000, "maxfev": 20_000}
# what a Weibull with the largest shape (e^9) may lack of its limit, in log-likelihood: slopes are below 50 by 1 / shape
OF_LIMIT = 0.01


def quietly(seed, law):
    y, x = random_cross_section(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(y=y, X=x, inefficiency=law)


def problem_of(seed, law, sign=1.0):
    y, x = random_cross_section(seed)
    y = (y - y.mean()) / y.std()
    return Problem(sign * y, np.column_stack((np.ones(len(y)), x / x.std(axis=0))), sign, DENSITIES[law])


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("law", OWN)
def test_coordinates_there_and_back_with_their_derivatives(law, sign):
    problem = problem_of(23, law, sign)
    coordinates = receding(problem)
    theta = np.concatenate((np.zeros(problem.k), POINTS[law]))
    theta[0] = sign * 20.0
    point = coordinates.to(theta)
    np.testing.assert_allclose(coordinates.back(point), theta, rtol=1e-12, atol=1e-12)
    objective = coordinates.objective(lambda t: evaluate(problem, t))
    value, gradient, hessian = objective(point)
    assert value == pytest.approx(evaluate(problem, theta)[0], rel=1e-12)
    step = 1e-4
    for i, unit in enumerate(np.eye(len(point)) * step):
        lower, upper = objective(point - unit), objective(point + unit)
        # central differences of a log-likelihood of about 100: rounding 1e-9, truncation 1e-8 of the third derivative
        assert gradient[i] == pytest.approx((upper[0] - lower[0]) / (2 * step), rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(hessian[i], (upper[1] - lower[1]) / (2 * step), rtol=1e-3, atol=1e-3)


def test_without_an_intercept_nothing_recedes():
    y, x = random_cross_section(23)
    assert receding(Problem(y, x, 1.0, DENSITIES["gamma"])) is None
    assert receding(problem_of(23, "half_normal")) is None


def gumbel_limit(y, x, start):
    """Return the largest log-likelihood of ``y = x b + v - s g``, ``exp(g)`` standard exponential, by a convolution."""
    g = np.linspace(-30.0, 4.0, 1501)
    weight = np.exp(g - np.exp(g)) * (g[1] - g[0])

    def minus(theta):
        *b, log_s, log_v = theta
        e = y - x @ np.array(b)
        at = stats.norm.pdf(e[:, None] + np.exp(log_s) * g, scale=np.exp(log_v))
        return -np.log(at @ weight).sum()

    return -optimize.minimize(minus, start, method="Nelder-Mead", options=SIMPLEX).fun


@pytest.mark.parametrize("seed", [291, 325])
def test_a_weibull_shape_without_limit_ends_by_name_near_its_limiting_likelihood(seed):
    y, x = random_cross_section(seed)
    with pytest.warns(BoundaryWarning, match="recede together"):
        result = fit(y=y, X=x, inefficiency="weibull")
    assert result.status.boundary == "shape_unbounded"
    assert "half_normal or exponential" in result.status.remedy
    theta = result.estimate.theta
    k = len(theta) - 3
    level, s = np.exp(0.5 * theta[k]), np.exp(0.5 * theta[k] - theta[k + 1])
    units = np.concatenate(([1.0], x.std(axis=0)))
    design = np.column_stack((np.ones(len(y)), x)) / units
    start = np.concatenate((theta[:k] * units, [np.log(s), 0.5 * theta[k + 2]]))
    start[0] -= level
    limit = gumbel_limit(y, design, start)
    assert result.loglik <= limit + 1e-6
    assert result.loglik == pytest.approx(limit, abs=OF_LIMIT)


def test_the_likelihood_rises_all_the_way_to_that_limit():
    result = quietly(291, "weibull")
    best = result.estimate
    problem = best.problem
    coordinates = receding(problem)
    point = coordinates.to(best.theta)
    values = []
    for log_shape in (2.0, 3.0, 4.0, 6.0, 8.0):
        moved = coordinates.with_shape(point, log_shape)
        values.append(evaluate(problem, coordinates.back(moved))[0])
    assert np.all(np.diff([*values, result.loglik]) > 0.0)


SHIFTED = {
    "gamma": lambda u, a, b: stats.gamma.logpdf(u, np.exp(b), scale=np.exp(0.5 * a)),
    "lognormal": lambda u, a, b: stats.lognorm.logpdf(u, np.exp(0.5 * b), scale=np.exp(a)),
}
# log-likelihood over least squares that searches in natural coordinates ended at, lower
LOWER = {("gamma", 163): 2.7977, ("lognormal", 144): 2.4394, ("lognormal", 207): 0.0443, ("lognormal", 334): 0.0053}


@pytest.mark.parametrize(("law", "seed"), LOWER)
def test_receding_frontiers_without_noise_end_by_name_at_the_maximum_of_the_shifted_law(law, seed):
    y, x = random_cross_section(seed)
    result = quietly(seed, law)
    assert result.status.boundary == "gamma_one"
    assert result.loglik > result.estimate.ols.loglik + LOWER[law, seed] + 1e-3
    theta = result.estimate.theta
    k = len(theta) - 3
    design = np.column_stack((np.ones(len(y)), x))
    level = np.exp(0.5 * theta[k] + theta[k + 1]) if law == "gamma" else np.exp(theta[k])
    units = np.concatenate(([1.0], x.std(axis=0), [1.0, 1.0]))

    def minus(step):
        moved = theta[:-1] + step / units
        moved[0] = theta[0] + step[0] + level * (np.exp(step[-2]) - 1.0)
        if law == "gamma":
            # the level is sigma_u times the shape
            moved[-1] = theta[k + 1] + step[-1]
            moved[-2] = theta[k] + 2.0 * (step[-2] - step[-1])
        u = design @ moved[:k] - y
        return -SHIFTED[law](u, moved[-2], moved[-1]).sum() if u.min() > 0.0 else np.inf

    size = len(theta) - 1
    simplex = np.vstack((np.zeros(size), 0.05 * np.eye(size)))
    found = optimize.minimize(
        minus, np.zeros(size), method="Nelder-Mead", options={**SIMPLEX, "initial_simplex": simplex}
    )
    # the shifted law is the limit without noise, and noise of e^-6 at most takes away less than this
    assert result.loglik == pytest.approx(-found.fun, abs=1e-4)


def test_the_lower_end_of_a_shape_is_climbed_and_named():
    y, x = random_cross_section(8)
    with pytest.warns(BoundaryWarning, match="lower end of its range"):
        result = fit(y=y, X=x, inefficiency="gamma")
    assert result.status.boundary == "shape_unbounded"
    best = result.estimate
    assert best.theta[-2] == pytest.approx(-4.0, abs=1e-6)
    assert best.loglik > best.noise_loglik + 1.2
    others = np.delete(best.gradient, -2)
    # score of an integral by quadrature, relative to a log-likelihood of some hundred
    np.testing.assert_allclose(others, 0.0, atol=1e-3)
    assert best.gradient[-2] < 0.0


def test_wrongly_skewed_residuals_take_few_evaluations(monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return evaluate(*arguments)

    monkeypatch.setattr(estimate, "evaluate", counted)
    assert quietly(0, "gamma").status.boundary == "wrong_skewness"
    # 229 in natural coordinates
    assert len(calls) < 110


def test_a_step_far_beyond_the_range_of_a_shape_is_refused():
    # at a shape of e^37 rounding alone made the log-likelihood 5,329
    result = quietly(387, "gamma")
    assert result.status.boundary == "shape_unbounded"
    assert result.estimate.ols.loglik < result.loglik < result.estimate.ols.loglik + 1.0
