"""Score and Hessian of whole problems against differences; blocks and threads change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from innospace.frontier import likelihood
from innospace.frontier.densities import DENSITIES, Composed, NoInefficiency, density
from innospace.frontier.likelihood import Problem, evaluate, residuals, scores

LAWS = {
    **DENSITIES,
    "none": NoInefficiency(),
    "exponential and t": density("exponential", "student_t"),
    "half-normal and Laplace": density("half_normal", "laplace"),
    "gamma and t": density("gamma", "student_t"),
}
ONES = {"lnsigma_u2", "lnsigma_v2", "mu"}
STENCIL = ((1, 45.0), (2, -9.0), (3, 1.0))
STEP = 1e-3


def make(law, sign=1.0, weighted=False, n=37, seed=0):
    rng = np.random.default_rng(seed)
    x = np.column_stack((np.ones(n), rng.normal(size=(n, 2))))
    y = x @ [1.0, 0.5, -0.2] + sign * (0.3 * rng.normal(size=n) - np.abs(0.6 * rng.normal(size=n)))
    weights = rng.uniform(0.5, 2.0, n) if weighted else None
    return Problem(y, x, sign, LAWS[law], weights)


def start(problem):
    values = {"mu": -0.2, "lnsigma_u2": -0.8, "lnsigma_v2": -2.0, "lnshape_u": 0.2, "lndf_v": 1.5}
    return np.array([1.3, 0.4, -0.1, *(values[p] for p in problem.density.parameters)])


def tolerance(problem):
    smooth = not isinstance(problem.density, Composed) or problem.density.noise == "normal"
    return 1e-7 if smooth and isinstance(problem.density, Composed) else 1e-8 if smooth else 2e-5


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("law", LAWS)
def test_derivatives(law, sign, weighted):
    problem = make(law, sign, weighted)
    theta = start(problem)
    _, gradient, hessian = evaluate(problem, theta)

    moved = [
        [(c, evaluate(problem, theta + s * unit), evaluate(problem, theta - s * unit)) for s, c in STENCIL]
        for unit in np.eye(len(theta)) * STEP
    ]

    def along(i, part):
        return sum(c * (up[part] - down[part]) for c, up, down in moved[i]) / (60.0 * STEP)

    # log-likelihood of size 30 over a step of 1e-3: about 1e-11 is left; by quadrature 1e-9 of the integral
    left = tolerance(problem)
    np.testing.assert_allclose(gradient, [along(i, 0) for i in range(len(theta))], rtol=left, atol=left)
    np.testing.assert_allclose(hessian, [along(i, 1) for i in range(len(theta))], rtol=left, atol=left)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-13, atol=1e-12)


def indexed(problem, part, seed=5):
    """Give one parameter of the density, or all of them, two regressors and an intercept."""
    rng = np.random.default_rng(seed)
    names = problem.density.parameters
    chosen = [n for n in names if n in ONES] if part == "all" else [part]
    z = tuple(
        np.column_stack((np.ones(problem.n), rng.normal(size=(problem.n, 2)))) if n in chosen else None for n in names
    )
    return replace(problem, z=z, shift=tuple(0.1 * j for j in range(len(names))))


def indexed_start(problem):
    rng = np.random.default_rng(1)
    values = {"mu": -0.2, "lnsigma_u2": -0.8, "lnsigma_v2": -2.0, "lnshape_u": 0.2, "lndf_v": 1.5}
    own = [
        [values[p]] if z is None else [values[p], *0.2 * rng.normal(size=2)]
        for p, z in zip(problem.density.parameters, problem.designs, strict=True)
    ]
    return np.concatenate(([1.3, 0.4, -0.1], *own))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("part", ["lnsigma_u2", "lnsigma_v2", "mu", "all"])
@pytest.mark.parametrize("law", LAWS)
def test_derivatives_of_indexes(law, part, weighted):
    base = make(law, -1.0, weighted)
    if part not in (*base.density.parameters, "all"):
        return
    problem = indexed(base, part)
    theta = indexed_start(problem)
    _, gradient, hessian = evaluate(problem, theta)
    for i, unit in enumerate(np.eye(len(theta)) * STEP):
        moved = [(c, evaluate(problem, theta + s * unit), evaluate(problem, theta - s * unit)) for s, c in STENCIL]
        first = sum(c * (up[0] - down[0]) for c, up, down in moved) / (60.0 * STEP)
        second = sum(c * (up[1] - down[1]) for c, up, down in moved) / (60.0 * STEP)
        left = tolerance(problem)
        assert gradient[i] == pytest.approx(first, rel=left, abs=left)
        np.testing.assert_allclose(hessian[i], second, rtol=left, atol=left)
    weights = 1.0 if problem.weights is None else problem.weights[:, None]
    np.testing.assert_allclose((weights * scores(problem, theta)).sum(axis=0), gradient, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("law", LAWS)
def test_an_index_of_ones_is_one_number(law):
    problem = make(law, weighted=True)
    ones = replace(problem, z=tuple(np.ones((problem.n, 1)) for _ in problem.density.parameters))
    for a, b in zip(evaluate(problem, start(problem)), evaluate(ones, start(problem)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_scores_sum_to_the_gradient(law):
    problem = make(law, -1.0, weighted=True)
    theta = start(problem)
    s = scores(problem, theta)
    assert s.shape == (problem.n, len(theta))
    np.testing.assert_allclose(problem.weights @ s, evaluate(problem, theta)[1], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(scores(problem, theta, slice(5, 9)), s[5:9])


@pytest.mark.parametrize("law", LAWS)
def test_weight_two_is_a_row_twice(law):
    problem = make(law)
    doubled = np.arange(problem.n) % 3 == 0
    weights = np.where(doubled, 2.0, 1.0)
    weighted = Problem(problem.y, problem.x, 1.0, problem.density, weights)
    index = np.repeat(np.arange(problem.n), np.where(doubled, 2, 1))
    for a, b in zip(evaluate(weighted, start(problem)), evaluate(problem.rows(index), start(problem)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    assert weighted.total_weight == len(index)


@pytest.mark.parametrize("law", DENSITIES)
def test_blocks_and_threads(law, monkeypatch):
    problem = make(law, weighted=True, n=1000)
    theta = start(problem)
    whole = evaluate(problem, theta)
    monkeypatch.setattr(likelihood, "BLOCK_ROWS", 64)
    in_blocks = evaluate(problem, theta)
    monkeypatch.setattr(likelihood, "THREADED_ROWS", 10)
    threaded = [evaluate(problem, theta) for _ in range(5)]
    for a, b in zip(whole, in_blocks, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-10)
    for again in threaded:
        # blocks are added in a fixed order: not close, the same
        for a, b in zip(in_blocks, again, strict=True):
            np.testing.assert_array_equal(a, b)


def test_residuals_carry_the_sign():
    problem = make("half_normal", -1.0)
    beta = np.array([1.0, 0.5, -0.2])
    np.testing.assert_allclose(residuals(problem, beta), -(problem.y - problem.x @ beta))


def test_value_outside_is_not_finite_and_not_a_warning():
    problem = make("half_normal")
    value, _, _ = evaluate(problem, np.array([0.0, 0.0, 0.0, 800.0, 800.0]))
    assert not np.isfinite(value)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sums_of_columns_are_sums_of_rows(sign, weighted):
    problem = make("half_normal", sign, weighted)
    theta = start(problem)
    ones = replace(problem, z=(np.ones((problem.n, 1)),) * 2)  # an index that is an intercept goes by rows
    # the same terms in another order: rounding of some 40 rows
    for total, by_row in zip(evaluate(problem, theta), evaluate(ones, theta), strict=True):
        np.testing.assert_allclose(total, by_row, rtol=1e-11, atol=1e-11)
