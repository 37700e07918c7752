from __future__ import annotations

import numpy as np
import pytest

from innospace.numerics.covariance import (
    cluster_jackknife,
    inverse_information,
    outer_product,
    sandwich,
    smallest_scaled_eigenvalue,
)


@pytest.fixture
def information():
    root = np.random.default_rng(0).normal(size=(6, 4))
    return root.T @ root


def test_inverse(information):
    np.testing.assert_allclose(inverse_information(-information), np.linalg.inv(information), rtol=1e-12)


def test_units_do_not_matter(information):
    units = np.array([1e-8, 1.0, 1e9, 1e3])
    scaled = information * np.outer(units, units)
    np.testing.assert_allclose(
        inverse_information(-scaled) * np.outer(units, units), np.linalg.inv(information), rtol=1e-10
    )
    assert smallest_scaled_eigenvalue(-scaled) == pytest.approx(smallest_scaled_eigenvalue(-information), rel=1e-9)


@pytest.mark.parametrize(
    "hessian",
    [
        np.array([[-1.0, 0.0], [0.0, 1.0]]),  # saddle
        np.array([[-1.0, -1.0], [-1.0, -1.0]]),  # flat direction
        np.array([[-1.0, 0.0], [0.0, 0.0]]),  # a parameter without information
        np.array([[-1.0, 2.0], [2.0, -1.0]]),  # diagonal negative, indefinite
        np.array([[-1.0, np.nan], [np.nan, -1.0]]),
    ],
)
def test_nothing_where_there_is_no_maximum(hessian):
    assert inverse_information(hessian) is None


def test_smallest_eigenvalue():
    assert smallest_scaled_eigenvalue(np.array([[-4.0, -2.0], [-2.0, -4.0]])) == pytest.approx(0.5)
    assert np.isnan(smallest_scaled_eigenvalue(np.array([[1.0]])))


def test_outer_product_and_sandwich(information):
    scores = np.random.default_rng(1).normal(size=(30, 4))
    meat = scores.T @ scores
    np.testing.assert_allclose(outer_product(meat), np.linalg.inv(meat), rtol=1e-11)
    assert outer_product(np.ones((2, 2))) is None
    inverse = np.linalg.inv(information)
    np.testing.assert_allclose(sandwich(inverse, meat), inverse @ meat @ inverse)
    # information equality: sandwich of A with itself is its inverse
    np.testing.assert_allclose(sandwich(inverse, information), inverse, rtol=1e-9)


def test_the_jackknife_of_least_squares_is_that_of_estimates_without_a_cluster():
    rng = np.random.default_rng(3)
    x, y = np.column_stack((np.ones(40), rng.normal(size=40))), rng.normal(size=40)
    groups = np.arange(40) % 8
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    own = np.array([x[groups == g].T @ x[groups == g] for g in range(8)])
    sums = np.array([x[groups == g].T @ (y - x @ b)[groups == g] for g in range(8)])
    # least squares is quadratic: to first order is exactly
    moved = np.array([np.linalg.lstsq(x[groups != g], y[groups != g], rcond=None)[0] - b for g in range(8)])
    np.testing.assert_allclose(cluster_jackknife(x.T @ x, own, sums), 7.0 / 8.0 * moved.T @ moved, rtol=1e-10)


def test_no_jackknife_where_a_cluster_alone_tells_a_parameter():
    own = np.array([np.diag([1.0, 1.0]), np.diag([1.0, 0.0]), np.diag([1.0, 0.0])])
    assert cluster_jackknife(own.sum(axis=0), own, np.ones((3, 2))) is None
