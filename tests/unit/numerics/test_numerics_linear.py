from __future__ import annotations

import numpy as np
import pytest

from innospace.numerics.linear import dependent_columns, intercept_column, least_squares, standardise


@pytest.fixture
def x():
    rng = np.random.default_rng(1)
    return np.column_stack((np.ones(50), rng.normal(5.0, 1e-3, 50), rng.normal(-2e6, 1e5, 50)))


def test_intercept_column():
    assert intercept_column(np.array([[0.0, 2.0, 1.0], [0.0, 2.0, 3.0]])) == 1
    assert intercept_column(np.array([[0.0, 2.0], [1.0, 3.0]])) is None


@pytest.mark.parametrize("weighted", [False, True])
def test_standardise_remembers_the_way_back(x, weighted):
    w = np.random.default_rng(2).uniform(0.5, 2.0, 50) if weighted else None
    s = standardise(x, w)
    np.testing.assert_allclose(np.average(s.matrix[:, 1:], axis=0, weights=w), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.average(s.matrix**2, axis=0, weights=w), 1.0, rtol=1e-12)
    beta = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(x @ (s.back @ beta), s.matrix @ beta, atol=1e-9)


def test_standardise_without_intercept_does_not_centre():
    x = np.array([[1.0, 10.0], [2.0, 30.0], [4.0, 20.0]])
    s = standardise(x)
    np.testing.assert_allclose(s.matrix * np.sqrt(np.mean(x**2, axis=0)), x, rtol=1e-15)
    np.testing.assert_allclose(np.mean(s.matrix**2, axis=0), 1.0, rtol=1e-14)


@pytest.mark.parametrize("constant", [1.0, -3.0, 1e6])
def test_standardise_any_constant(x, constant):
    scaled = x.copy()
    scaled[:, 0] = constant
    s = standardise(scaled)
    beta = np.array([0.3, 1.0, -1.0])
    np.testing.assert_allclose(scaled @ (s.back @ beta), s.matrix @ beta, atol=1e-9)


def test_dependent_columns_names_what_makes_them_up(x):
    full = np.column_stack((x, 1e8 * x[:, 1] - x[:, 2], np.zeros(50), 2.0 * x[:, 1]))
    assert dependent_columns(standardise(full).matrix) == {3: [1, 2], 4: [], 5: [1]}
    assert dependent_columns(standardise(x).matrix) == {}


def test_dependent_columns_of_dummies():
    groups = np.repeat([0, 1, 2], 4)
    dummies = (groups[:, None] == np.arange(3)).astype(float)
    found = dependent_columns(standardise(np.column_stack((np.ones(12), dummies))).matrix)
    assert list(found) == [3]
    assert set(found[3]) <= {0, 1, 2}


def test_nearly_collinear_is_kept(x):
    rng = np.random.default_rng(3)
    near = x[:, 1] + 1e-4 * x[:, 1].std() * rng.normal(size=50)
    assert dependent_columns(standardise(np.column_stack((x, near))).matrix) == {}


@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares(x, weighted):
    rng = np.random.default_rng(4)
    y = rng.normal(size=50)
    w = rng.uniform(0.1, 3.0, 50) if weighted else None
    matrix = standardise(x, w).matrix
    root = np.ones(50) if w is None else np.sqrt(w)
    expected = np.linalg.lstsq(matrix * root[:, None], y * root, rcond=None)[0]
    np.testing.assert_allclose(least_squares(y, matrix, w), expected, rtol=1e-12, atol=1e-14)
