"""Newton on systems with known roots: textbook cases, a thousand unknowns, exotic starts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from innospace.core.status import StatusCode
from innospace.numerics.newton import MAX_ITERATIONS, STEP_LIMIT, find_root

FOUND = 1e-9
"""Error of a root whose residual is below 1e-11, for derivatives of order one hundredth to a hundred."""


def powell(x):
    """Powell's badly scaled function; root 1.098e-5, 9.106."""
    return np.array([1e4 * x[0] * x[1] - 1.0, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001])


def powell_slopes(x):
    return np.array([[1e4 * x[1], 1e4 * x[0]], [-np.exp(-x[0]), -np.exp(-x[1])]])


def rosenbrock(x):
    return np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])


def rosenbrock_slopes(x):
    return np.array([[-20.0 * x[0], 10.0], [-1.0, 0.0]])


def broyden(x):
    """Broyden's tridiagonal function."""
    padded = np.concatenate(([0.0], x, [0.0]))
    return (3.0 - 2.0 * x) * x - padded[:-2] - 2.0 * padded[2:] + 1.0


def broyden_slopes(x):
    n = len(x)
    return sparse.diags_array([-np.ones(n - 1), 3.0 - 4.0 * x, -2.0 * np.ones(n - 1)], offsets=[-1, 0, 1], format="csc")


def solve(f, slopes, start, **options):
    return find_root(lambda x: (f(x), slopes(x)), f, np.asarray(start, dtype=float), **options)


@pytest.mark.parametrize("convert", [np.asarray, sparse.csc_array])
@pytest.mark.parametrize(
    ("f", "slopes", "start", "root"),
    [
        (rosenbrock, rosenbrock_slopes, [-1.2, 1.0], [1.0, 1.0]),
        (powell, powell_slopes, [0.0, 1.0], [1.0981593296998e-5, 9.1061467398666]),
    ],
)
def test_textbook_roots(f, slopes, start, root, convert):
    found = solve(f, lambda x: convert(slopes(x)), start, max_iterations=400)
    assert found.converged
    np.testing.assert_allclose(found.x, root, rtol=1e-6)
    assert np.abs(found.residual).max() <= 1e-11


@pytest.mark.parametrize("n", [10, 401, 3000])
def test_large_sparse_systems(n):
    found = solve(broyden, broyden_slopes, -np.ones(n))
    assert found.converged
    assert found.iterations < 10
    assert np.abs(broyden(found.x)).max() <= 1e-11


def test_convergence_is_quadratic_near_the_root():
    sizes = []

    def f(x):
        return x**3 - 8.0

    def both(x):
        sizes.append(float(np.abs(f(x)).max()))
        return f(x), np.diag(3.0 * x**2)

    found = find_root(both, f, np.array([2.1]))
    assert found.x[0] == pytest.approx(2.0, rel=FOUND)
    assert found.iterations <= 4
    assert sizes[2] < sizes[1] ** 1.8


def test_no_step_is_longer_than_the_limit():
    visited = [np.array([50.0])]

    def f(x):
        return 0.5 * x

    def both(x):
        visited.append(x.copy())
        return f(x), np.diag([0.5])

    found = find_root(both, f, visited[0])
    assert found.converged
    moves = np.abs(np.diff(np.array(visited)[:, 0]))
    assert moves.max() <= STEP_LIMIT * (1 + 1e-12)
    assert found.iterations == 25


def test_steps_are_halved_when_they_overshoot():
    """Newton on arctan from 3 diverges without halving."""
    found = solve(np.arctan, lambda x: np.diag(1.0 / (1.0 + x**2)), [3.0], step_limit=100.0)
    assert found.converged
    assert found.x[0] == pytest.approx(0.0, abs=FOUND)


def test_trial_points_outside_the_domain_are_halved_back():
    """From 5, a full step for log x = 0 ends below zero."""
    with np.errstate(invalid="ignore"):
        found = solve(np.log, lambda x: np.diag(1.0 / x), [5.0], step_limit=100.0)
    assert found.converged
    assert found.x[0] == pytest.approx(1.0, rel=FOUND)


@pytest.mark.parametrize("convert", [np.asarray, sparse.csc_matrix])
def test_singular_derivatives_are_a_status(convert):
    found = solve(lambda x: x @ np.ones((2, 2)) - 1.0, lambda x: convert(np.ones((2, 2))), [0.0, 0.0])
    assert found.code is StatusCode.SINGULAR
    assert found.iterations == 0
    assert not found.converged


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_starts_that_are_not_finite_are_a_status(value):
    found = solve(rosenbrock, rosenbrock_slopes, [value, 1.0]) if np.isnan(value) else None
    if found is not None:
        assert found.code is StatusCode.NONFINITE
    found = solve(lambda x: np.full(2, value), lambda x: np.eye(2), [1.0, 1.0])
    assert found.code is StatusCode.NONFINITE


def test_the_start_is_not_changed():
    start = np.array([-1.2, 1.0])
    solve(rosenbrock, rosenbrock_slopes, start)
    np.testing.assert_array_equal(start, [-1.2, 1.0])


def test_a_minimum_that_is_no_root_is_not_called_one():
    found = solve(lambda x: x**2 + 1.0, lambda x: np.diag(2.0 * x), [3.0])
    assert found.code in (StatusCode.STALLED, StatusCode.MAX_ITERATIONS, StatusCode.SINGULAR)
    assert found.iterations <= MAX_ITERATIONS
