"""The half-normal maximum without noise: found wherever it is the highest, by an independent programme."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import optimize

from innospace.core.errors import BoundaryWarning
from innospace.frontier import noiseless
from innospace.frontier.bootstrap.draws import Sampler
from innospace.frontier.bootstrap.run import asked_problem
from innospace.frontier.densities import DENSITIES
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import Problem
from innospace.frontier.noiseless import corner
from innospace.frontier.starts import ordinary_least_squares

LOGLIK = 1e-5
"""A noise of 2e-9 residual standard deviations is left, and rows on the frontier lie that far below it."""
COEFFICIENTS = 1e-5
"""Tolerance of the second solver, a general one (SLSQP)."""
HIDDEN = (8, 24, 47)
"""Draws whose maximum without noise is above the one inside that every search from inside finds."""
INSIDE = (1, 2)
"""Draws whose maximum is inside."""


def sample(number, n=80):
    """Return outcome and regressors of a frontier whose inefficiency is nearly five times its noise."""
    rng = np.random.default_rng([11, number])
    u, v = np.abs(2.088 * rng.standard_normal(n)), 0.448 * rng.standard_normal(n)
    z = 2.0 * rng.standard_normal(n)
    return -4.17 + 0.62 * z + v - u, z[:, None]


def programme(y, x, sign=1.0, weights=None):
    """Return coefficients and log-likelihood of the frontier of least squares that envelops the rows, by SLSQP."""
    columns = np.column_stack((np.ones(len(y)), x))
    w = np.ones(len(y)) if weights is None else weights
    start = np.linalg.lstsq(columns, y, rcond=None)[0]
    start[0] += sign * np.max(sign * (y - columns @ start))
    found = optimize.minimize(
        lambda b: 0.5 * np.sum(w * (columns @ b - y) ** 2),
        start,
        jac=lambda b: columns.T @ (w * (columns @ b - y)),
        constraints={"type": "ineq", "fun": lambda b: sign * (columns @ b - y), "jac": lambda b: sign * columns},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    total = w.sum()
    return found.x, -0.5 * total * (np.log(0.5 * np.pi * 2.0 * found.fun / total) + 1.0)


def quietly(y, x, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(y=y, X=x, **options)


@pytest.mark.parametrize("cost", [False, True], ids=["production", "cost"])
@pytest.mark.parametrize("number", HIDDEN)
def test_a_higher_maximum_without_noise_is_taken(number, cost):
    y, x = sample(number)
    sign = -1.0 if cost else 1.0
    result = quietly(sign * y, x, cost=cost)
    beta, limit = programme(sign * y, x, sign)
    assert result.status.boundary == "gamma_one"
    assert result.loglik == pytest.approx(limit, abs=LOGLIK)
    np.testing.assert_allclose(result.estimate.theta[:2], beta, atol=COEFFICIENTS)
    # all starts from inside agreed on a lower maximum; the programme has one maximum, whatever the start
    assert (result.estimate.agreed, result.estimate.tried) == (1, 1)
    assert {c.name: c.ok for c in result.checks}["starts_agree"]


@pytest.mark.parametrize("number", INSIDE)
def test_a_lower_one_is_not(number):
    y, x = sample(number)
    result = quietly(y, x)
    assert result.status.converged
    assert result.loglik > programme(y, x)[1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("number", [*HIDDEN, *INSIDE])
def test_the_bound_refuses_no_more_than_the_programme(number, weighted, monkeypatch):
    y, x = sample(number)
    weights = np.random.default_rng(number).uniform(0.5, 2.0, len(y)) if weighted else None
    problem = Problem(y, np.column_stack((np.ones(len(y)), x)), 1.0, DENSITIES["half_normal"], weights)
    ols = ordinary_least_squares(problem)
    highest = programme(y, x, weights=weights)[1]
    beats = [highest - 100.0, highest - 0.01, highest + 0.01, highest + 100.0]
    bounded = [corner(problem, ols, beat) is None for beat in beats]
    assert bounded == [False, False, True, True]
    monkeypatch.setattr(noiseless, "_hopeless", lambda *_: False)
    assert [corner(problem, ols, beat) is None for beat in beats] == bounded


def test_weights_count_rows():
    y, x = sample(HIDDEN[0])
    weights = np.random.default_rng(1).integers(1, 3, len(y)).astype(float)
    _, limit = programme(y, x, weights=weights)
    problem = Problem(y, np.column_stack((np.ones(len(y)), x)), 1.0, DENSITIES["half_normal"], weights)
    found = corner(problem, ordinary_least_squares(problem), -np.inf)
    assert found is not None
    sigma_u2 = float(np.exp(found.theta[2]))
    told = weights.sum() * (np.log(2.0) - 0.5 * np.log(2.0 * np.pi * sigma_u2) - 0.5)
    assert told == pytest.approx(limit, abs=LOGLIK)
    assert corner(problem, ordinary_least_squares(problem), limit + LOGLIK) is None


def test_wrong_skewness_is_not_taken_for_a_frontier_without_noise():
    y, x = sample(HIDDEN[0])
    assert quietly(-y, x).status.boundary == "wrong_skewness"


@pytest.mark.parametrize("kind", ["parametric", "pairs"])
def test_stacked_refits_take_it_as_well(kind):
    """Refits of a sample whose maximum is inside; each that ends without noise is the programme of its own draw."""
    y, x = sample(INSIDE[0])
    result = quietly(y, x)
    drawn = result.bootstrap(40, kind=kind, seed=3)
    sampler = Sampler(kind, asked_problem(result), result.estimate.problem, result.estimate.theta, 3)
    corners = [n for n, end in enumerate(drawn.refits.ends) if end == "gamma_one"][:4]
    assert len(corners) == 4
    for number in corners:
        drawn_y, weights = sampler.draw(number)
        rows = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
        own = None if weights is None else weights[rows]
        beta, _ = programme((y if drawn_y is None else drawn_y)[rows], x[rows], weights=own)
        np.testing.assert_allclose(drawn.refits.theta[number, :2], beta, atol=COEFFICIENTS)
