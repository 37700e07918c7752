from __future__ import annotations

import numpy as np
import pytest

from innospace.frontier import ridge
from innospace.frontier.densities import DENSITIES, Composed
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.starts import ordinary_least_squares, shares_of, starting_values

THETA = np.array([1.2, 0.5, -4.0, 0.7, -1.5])  # two coefficients, mu, ln sigma_u^2, ln sigma_v^2


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    x = np.column_stack((np.ones(60), rng.normal(size=60)))
    y = x @ [1.0, 0.5] + 0.2 * rng.normal(size=60) - rng.exponential(0.4, 60)
    return Problem(y, x, 1.0, DENSITIES["truncated_normal"])


def test_there_and_back():
    np.testing.assert_allclose(ridge.from_ridge(ridge.to_ridge(THETA, 2), 2), THETA, rtol=1e-14)


def test_what_the_coordinates_mean():
    s, t = ridge.to_ridge(THETA, 2)[2:4]
    mu, variance = THETA[2], np.exp(THETA[3])
    assert np.exp(s) == pytest.approx(variance / -mu)
    assert np.exp(-0.5 * t) == pytest.approx(-mu / np.sqrt(variance))


@pytest.mark.parametrize("t", [-12.0, -8.0, -2.0, 0.5])
def test_derivatives_along_the_ridge(problem, t):
    objective = ridge.ridge_objective(lambda theta: evaluate(problem, theta), 2)
    point = np.array([1.2, 0.5, np.log(0.4), t, -2.5])
    _, gradient, hessian = objective(point)
    step = 1e-3
    for i, unit in enumerate(np.eye(5) * step):
        lower, upper = objective(point - unit), objective(point + unit)
        # second differences of step 1e-3: truncation 1e-6 of the third derivative
        assert gradient[i] == pytest.approx((upper[0] - lower[0]) / (2 * step), rel=1e-5, abs=1e-4)
        np.testing.assert_allclose(hessian[i], (upper[1] - lower[1]) / (2 * step), rtol=1e-4, atol=2e-4)


def test_steps_beyond_the_limit_are_refused(problem):
    objective = ridge.ridge_objective(lambda theta: evaluate(problem, theta), 2)
    assert np.isnan(objective(np.array([1.2, 0.5, -1.0, ridge.OUTSIDE - 1.0, -2.5]))[0])
    assert ridge.reached_limit(ridge.from_ridge(np.array([0.0, 0.0, -1.0, ridge.LIMIT - 0.1, -2.0]), 2), 2)
    assert not ridge.reached_limit(THETA, 2)
    assert not ridge.reached_limit(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), 2)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("law", DENSITIES)
def test_starts_put_the_frontier_where_the_mean_residual_is(problem, law, sign):
    mirrored = Problem(sign * problem.y, problem.x, sign, DENSITIES[law])
    ols = ordinary_least_squares(mirrored)
    starts = starting_values(mirrored, ols)
    least = 1 + len(shares_of(law, DENSITIES[law].noise))
    assert len(starts) >= (min(5, least) if isinstance(DENSITIES[law], Composed) else least)
    for start in starts:
        density = mirrored.density
        mean = density.mean_inefficiency(tuple(start[2:]))
        assert start[0] - ols.beta[0] == pytest.approx(sign * mean)
        assert start[1] == ols.beta[1]
        assert np.isfinite(evaluate(mirrored, start)[0])


def test_least_squares_in_words(problem):
    ols = ordinary_least_squares(problem)
    beta, residual, *_ = np.linalg.lstsq(problem.x, problem.y, rcond=None)
    e = problem.y - problem.x @ beta
    np.testing.assert_allclose(ols.beta, beta, rtol=1e-10)
    assert ols.variance == pytest.approx(residual[0] / 60)
    assert ols.skewness == pytest.approx(np.mean(e**3) / np.mean(e**2) ** 1.5)
    assert ols.loglik == pytest.approx(-30.0 * (np.log(2 * np.pi * residual[0] / 60) + 1.0))
    mirrored = ordinary_least_squares(Problem(-problem.y, problem.x, -1.0, problem.density))
    assert mirrored.third == pytest.approx(ols.third)


def test_without_intercept_only_the_parameters_start(problem):
    slope = Problem(problem.y, problem.x[:, 1:], 1.0, DENSITIES["half_normal"])
    ols = ordinary_least_squares(slope)
    assert all(start[0] == ols.beta[0] for start in starting_values(slope, ols))
