from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from innospace.core.status import StatusCode
from innospace.numerics.newton import LARGE, TOLERANCE, find_root


def solve(f, jacobian, start, **options):
    return find_root(lambda x: (f(x), jacobian(x)), f, np.array(start, dtype=float), **options)


def circle_and_line(x):
    return np.array([x[0] ** 2 + x[1] ** 2 - 2.0, x[0] - x[1]])


def slopes(x):
    return np.array([[2.0 * x[0], 2.0 * x[1]], [1.0, -1.0]])


@pytest.mark.parametrize("convert", [np.asarray, sparse.csc_matrix])
def test_square_system_dense_and_sparse(convert):
    found = solve(circle_and_line, lambda x: convert(slopes(x)), [3.0, 0.5])
    assert found.converged
    np.testing.assert_allclose(found.x, 1.0, rtol=1e-12)


def test_start_is_the_solution():
    found = solve(circle_and_line, slopes, [1.0, 1.0])
    assert found.converged
    assert found.iterations == 0


def test_step_limit_keeps_a_far_start_inside():
    def f(x):
        return np.exp(x) - 2.0

    found = solve(f, lambda x: np.diag(np.exp(x)), [-6.0])
    assert found.converged
    assert found.x[0] == pytest.approx(np.log(2.0))


def test_singular():
    found = solve(circle_and_line, lambda x: np.zeros((2, 2)), [3.0, 0.5])
    assert found.code is StatusCode.SINGULAR


def test_nonfinite_start():
    found = solve(lambda x: np.full(1, np.nan), lambda x: np.eye(1), [1.0])
    assert found.code is StatusCode.NONFINITE


def test_no_root_stalls():
    found = solve(lambda x: x**2 + 1.0, lambda x: np.diag(2.0 * x), [0.7])
    assert found.code in (StatusCode.STALLED, StatusCode.MAX_ITERATIONS)
    assert not found.converged


def test_iteration_limit():
    found = solve(circle_and_line, slopes, [300.0, 0.5], max_iterations=2)
    assert found.code is StatusCode.MAX_ITERATIONS
    assert found.iterations == 2


def test_a_large_sparse_system_is_factored_less_often_than_it_is_stepped():
    """Steps with factors at hand: the root is the same, and matrices are asked for less often."""
    n, asked = LARGE + 1, []
    rng = np.random.default_rng(0)
    links = sparse.random_array((n, n), density=2.0 / n, rng=rng).tocsc() * 0.3
    eye = sparse.eye_array(n, format="csc")
    right = rng.normal(size=n)

    def residual(x):
        return x + 0.01 * x**3 + links @ x - right

    def evaluate(x):
        asked.append(1)
        return residual(x), (eye + sparse.diags_array(0.03 * x**2) + links).tocsc()

    found = find_root(evaluate, residual, np.zeros(n))
    assert found.converged
    assert np.max(np.abs(residual(found.x))) <= TOLERANCE
    assert len(asked) == found.iterations + 1 <= 3
