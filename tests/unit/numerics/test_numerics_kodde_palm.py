"""Chi-bar-square weights, distances and bounds against the published table, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from innospace.numerics.kodde_palm import (
    chi_bar_sf,
    chi_bar_weights,
    critical_bounds,
    distance,
    orthant_probability,
    simulated_weights,
)

# Kodde and Palm (1986), table 1, upper bounds, three decimals printed
UPPER = {
    0.10: (1.642, 3.808, 5.528, 7.094, 8.574, 9.998, 11.383, 12.737, 14.067, 15.377),
    0.05: (2.706, 5.138, 7.045, 8.761, 10.371, 11.911, 13.401, 14.853, 16.274, 17.670),
    0.01: (5.412, 8.273, 10.501, 12.483, 14.325, 16.074, 17.755, 19.384, 20.972, 22.525),
}
PRINTED = 5.1e-4
# three standard errors of a share of 20 000 draws
SHARE = 3.0 * 0.5 / np.sqrt(20_000)


def covariance(k, seed=0):
    a = np.random.default_rng(seed).normal(size=(k, k + 2))
    return a @ a.T


@pytest.mark.parametrize("level", list(UPPER))
def test_bounds_are_those_of_the_published_table(level):
    for k, expected in enumerate(UPPER[level], start=1):
        lower, upper = critical_bounds(k, level)
        assert upper == pytest.approx(expected, abs=PRINTED)
        assert lower == pytest.approx(UPPER[level][0], abs=PRINTED)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_weights_agree_with_simulated_projections(k):
    v = covariance(k, k)
    exact = chi_bar_weights(v)
    assert exact.sum() == pytest.approx(1.0, abs=1e-9)
    assert exact[::2].sum() == pytest.approx(0.5, abs=1e-9)
    normals = np.random.default_rng(11).standard_normal((20_000, k))
    np.testing.assert_allclose(simulated_weights(v, normals), exact, atol=SHARE)


def test_weights_of_independent_restrictions_are_binomial():
    for k in range(1, 6):
        np.testing.assert_allclose(chi_bar_weights(np.eye(k)), stats.binom.pmf(np.arange(k + 1), k, 0.5), atol=1e-9)


def test_more_restrictions_are_simulated_with_a_seed():
    first, again = chi_bar_weights(np.eye(6), seed=4), chi_bar_weights(np.eye(6), seed=4)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(first, stats.binom.pmf(np.arange(7), 6, 0.5), atol=SHARE)


def test_two_weights_have_the_textbook_form():
    rho = 0.37
    w = chi_bar_weights(np.array([[1.0, rho], [rho, 1.0]]))
    assert w[0] == pytest.approx(np.arccos(rho) / (2.0 * np.pi), abs=1e-12)


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_orthants_agree_with_scipy(k):
    v = covariance(k, 7 + k)
    law = stats.multivariate_normal(np.zeros(k), v, allow_singular=False)
    # scipy integrates from three dimensions on with an error of about 1e-5
    assert orthant_probability(v) == pytest.approx(float(law.cdf(np.zeros(k))), abs=2e-5)


def test_orthants_of_equal_correlation_one_half():
    for k in range(1, 6):
        v = np.full((k, k), 0.5) + 0.5 * np.eye(k)
        assert orthant_probability(v) == pytest.approx(1.0 / (k + 1), abs=1e-10)
    with pytest.raises(ValueError, match="no exact orthant"):
        orthant_probability(np.eye(6))


def test_distance_agrees_with_a_general_optimiser():
    rng = np.random.default_rng(3)
    for k in (1, 2, 4):
        v, g = covariance(k, k), rng.normal(size=k)
        inverse = np.linalg.inv(v)
        found = optimize.minimize(
            lambda b, g=g, inverse=inverse: (g - b) @ inverse @ (g - b), np.maximum(g, 0.1), bounds=[(0.0, None)] * k
        )
        d = distance(g, v)
        assert d.statistic == pytest.approx(found.fun, abs=1e-6)
        assert (d.projected >= -1e-10).all()


def test_distance_is_zero_inside_and_wald_at_the_far_corner():
    v = covariance(3, 5)
    inside = distance(np.array([1.0, 2.0, 0.5]), v)
    assert inside.statistic == 0.0
    g = -np.linalg.solve(np.linalg.inv(v), np.array([1.0, 0.4, 2.0]))
    assert distance(g, v).statistic == pytest.approx(float(g @ np.linalg.solve(v, g)), rel=1e-10)


def test_repeated_restrictions_change_nothing():
    v, g = covariance(2, 8), np.array([-0.7, 0.3])
    once = distance(g, v).statistic
    assert distance(g, v, np.vstack([np.eye(2), np.eye(2)])).statistic == pytest.approx(once, rel=1e-10)


def test_p_values_are_uniform_in_the_upper_tail():
    v = covariance(3, 9)
    weights = chi_bar_weights(v)
    root = np.linalg.cholesky(v)
    z = np.random.default_rng(5).standard_normal((4000, 3)) @ root.T
    p = np.array([chi_bar_sf(distance(row, v).statistic, weights) for row in z])
    for level in (0.1, 0.05):
        assert np.mean(p <= level) == pytest.approx(level, abs=3.5 * np.sqrt(level * (1 - level) / 4000))
    assert chi_bar_sf(0.0, weights) == 1.0


def test_the_exact_critical_value_lies_within_the_bounds():
    for seed in range(5):
        weights = chi_bar_weights(covariance(3, seed))
        lower, upper = critical_bounds(3)
        assert chi_bar_sf(lower, weights) >= 0.05 >= chi_bar_sf(upper, weights)
