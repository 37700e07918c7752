"""Gauss-Hermite rules: exact for polynomials, exact after being moved, safe with many nodes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

from innospace.numerics.quadrature import MAX_NODES, adaptive_grid, gauss_hermite, standard_grid


@pytest.mark.parametrize("count", [1, 2, 5, 12, 48, 200, MAX_NODES])
def test_weights_add_up_and_moments_are_those_of_the_normal(count: int) -> None:
    nodes, log_weights = gauss_hermite(count)
    weights = np.exp(log_weights)
    assert weights.sum() == pytest.approx(1.0, abs=1e-13)
    for power, moment in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (8, 105.0)):
        if power <= 2 * count - 1:
            assert weights @ nodes**power == pytest.approx(moment, rel=1e-9, abs=1e-9)


def test_rules_are_those_of_numpy() -> None:
    nodes, log_weights = gauss_hermite(24)
    expected_nodes, expected_weights = np.polynomial.hermite_e.hermegauss(24)
    np.testing.assert_allclose(nodes, expected_nodes, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_weights), expected_weights / expected_weights.sum(), rtol=1e-9)


@pytest.mark.parametrize("count", [0, -1, MAX_NODES + 1])
def test_impossible_numbers_of_nodes_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="nodes"):
        gauss_hermite(count)


def test_a_moved_rule_integrates_a_narrow_peak_that_the_plain_one_misses() -> None:
    centre, spread = 1.7, 0.05

    def integrand(v: np.ndarray) -> np.ndarray:
        return np.exp(-0.5 * ((v - centre) / spread) ** 2) * special.ndtr(v)

    exact = integrate.quad(lambda v: integrand(v) * stats.norm.pdf(v), 1.2, 2.2, epsabs=0, epsrel=1e-12)[0]
    grids = (adaptive_grid(np.array([centre]), np.array([spread]), 12), standard_grid(1, 12))
    results = [float(np.sum(np.exp(g.log_weights) * integrand(g.nodes))) for g in grids]
    assert results[0] == pytest.approx(exact, rel=1e-10)
    assert abs(results[1] / exact - 1.0) > 0.5


def test_grids_have_one_row_an_integral() -> None:
    assert standard_grid(3, 8).nodes.shape == (3, 8)
    grid = adaptive_grid(np.zeros(4), np.ones(4), 8)
    assert grid.count == 8
    np.testing.assert_allclose(grid.nodes, standard_grid(4, 8).nodes)
    np.testing.assert_allclose(grid.log_weights, standard_grid(4, 8).log_weights, atol=1e-12)
