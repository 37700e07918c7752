from __future__ import annotations

import numpy as np
import pytest

from innospace.numerics.covariance import inverse_information, outer_product, sandwich, smallest_scaled_eigenvalue


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
