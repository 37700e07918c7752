from __future__ import annotations

import numpy as np
import pytest

from innospace.core.status import StatusCode
from innospace.numerics.maximum_likelihood import maximise, newton_decrement


def rosenbrock(theta):
    """Return minus the Rosenbrock function: a curved ridge with its top at (1, 1)."""
    a, b = theta
    value = -(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2)
    gradient = np.array([400.0 * a * (b - a * a) + 2.0 * (1.0 - a), -200.0 * (b - a * a)])
    hessian = np.array([[400.0 * b - 1200.0 * a * a - 2.0, 400.0 * a], [400.0 * a, -200.0]])
    return value, gradient, hessian


def quartic(theta):
    """Return ``x^2 - x^4 / 4 - y^2``: a saddle at the origin between tops at x = +-sqrt 2."""
    x, y = theta
    return (
        x * x - 0.25 * x**4 - y * y,
        np.array([2.0 * x - x**3, -2.0 * y]),
        np.array([[2.0 - 3.0 * x * x, 0.0], [0.0, -2.0]]),
    )


def log_barrier(theta):
    """Return ``log x - x``, which exists for x > 0 only."""
    x = float(theta[0])
    if x <= 0.0:
        return float("nan"), np.zeros(1), np.zeros((1, 1))
    return np.log(x) - x, np.array([1.0 / x - 1.0]), np.array([[-1.0 / x**2]])


@pytest.mark.parametrize("start", [(-1.2, 1.0), (5.0, -3.0), (0.0, 0.0)])
def test_curved_ridge(start):
    found = maximise(rosenbrock, np.array(start))
    assert found.code is StatusCode.CONVERGED
    np.testing.assert_allclose(found.theta, 1.0, atol=1e-7)
    assert found.decrement < 1e-12


@pytest.mark.parametrize(("start", "top"), [((0.1, 2.0), np.sqrt(2.0)), ((-0.3, -1.0), -np.sqrt(2.0))])
def test_indefinite_start(start, top):
    assert np.linalg.eigvalsh(quartic(np.array(start))[2])[-1] > 0.0
    found = maximise(quartic, np.array(start))
    assert found.code is StatusCode.CONVERGED
    np.testing.assert_allclose(found.theta, [top, 0.0], atol=1e-8)


def test_saddle_is_not_a_maximum():
    assert newton_decrement(*quartic(np.zeros(2))[1:]) == np.inf
    found = maximise(quartic, np.zeros(2), max_iterations=50)
    assert found.code is not StatusCode.CONVERGED


def test_steps_out_of_the_region_are_shortened():
    found = maximise(log_barrier, np.array([10.0]), radius=100.0)
    assert found.code is StatusCode.CONVERGED
    assert found.theta[0] == pytest.approx(1.0, abs=1e-7)


def test_start_outside_the_region():
    found = maximise(log_barrier, np.array([-1.0]))
    assert found.code is StatusCode.NONFINITE
    assert found.iterations == 0


def test_iteration_limit():
    found = maximise(rosenbrock, np.array([-1.2, 1.0]), max_iterations=3)
    assert found.code is StatusCode.MAX_ITERATIONS
    assert found.iterations == 3


def test_no_maximum_is_no_convergence():
    def line(theta):
        return float(theta[0]), np.ones(1), np.zeros((1, 1))

    found = maximise(line, np.zeros(1), max_iterations=30)
    assert found.code is StatusCode.MAX_ITERATIONS
    assert found.decrement == np.inf


def test_value_that_falls_whatever_the_step_stalls():
    calls = iter(range(1000))

    def falling(theta):
        return -float(next(calls)), np.ones(2), -np.eye(2)

    assert maximise(falling, np.zeros(2)).code is StatusCode.STALLED


def test_wrong_gradient_is_not_converged():
    def wrong(theta):
        return -float(theta @ theta), 2.0 * theta + 1.0, -2.0 * np.eye(2)

    assert maximise(wrong, np.array([0.3, -0.2])).code is not StatusCode.CONVERGED


def test_caller_stops_at_a_boundary():
    found = maximise(rosenbrock, np.array([-1.2, 1.0]), stop=lambda theta: bool(theta[0] > 0.0))
    assert found.code is StatusCode.BOUNDARY
    assert found.theta[0] > 0.0


def test_start_at_the_top():
    found = maximise(rosenbrock, np.ones(2))
    assert found.code is StatusCode.CONVERGED
    assert found.iterations <= 1


def test_start_is_not_changed():
    start = np.array([-1.2, 1.0])
    maximise(rosenbrock, start)
    np.testing.assert_array_equal(start, [-1.2, 1.0])


def test_decrement_is_the_promised_gain():
    hessian = -np.diag([2.0, 8.0])
    assert newton_decrement(np.array([2.0, 4.0]), hessian) == pytest.approx(0.5 * (4.0 / 2.0 + 16.0 / 8.0))


def test_badly_scaled_quadratic():
    curvature = np.array([1e-8, 1.0, 1e8])
    top = np.array([3.0, -2.0, 1.0])

    def objective(theta):
        d = theta - top
        return -0.5 * float(curvature @ d**2), -curvature * d, -np.diag(curvature)

    found = maximise(objective, np.zeros(3))
    assert found.code is StatusCode.CONVERGED
    np.testing.assert_allclose(found.theta, top, rtol=1e-6)
