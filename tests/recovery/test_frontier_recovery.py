"""Known parameters come back, and intervals cover as often as they say."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from draws import band, draws
from scipy import stats

from innospace.core.errors import BoundaryWarning
from innospace.frontier.fitting import fit

LAWS = ("half_normal", "exponential", "truncated_normal")
SIGMA_U, SIGMA_V, MU = 0.5, 0.2, 0.4
BETA = np.array([1.0, 0.6, -0.3])


def simulate(law, n, rng, cost=False):
    x = np.column_stack((np.ones(n), rng.normal(size=(n, 2))))
    if law == "half_normal":
        u = np.abs(SIGMA_U * rng.normal(size=n))
    elif law == "exponential":
        u = rng.exponential(SIGMA_U, n)
    else:
        u = stats.truncnorm.rvs(-MU / SIGMA_U, np.inf, loc=MU, scale=SIGMA_U, size=n, random_state=rng)
    return x @ BETA + SIGMA_V * rng.normal(size=n) + (u if cost else -u), x, u


@pytest.mark.parametrize("cost", [False, True])
@pytest.mark.parametrize("law", LAWS)
def test_parameters(law, cost):
    y, x, u = simulate(law, 40_000, np.random.default_rng(1), cost)
    result = fit(y=y, X=x, intercept=False, inefficiency=law, cost=cost)
    assert result.status.converged
    truth = [*BETA, *([MU] if law == "truncated_normal" else []), 2 * np.log(SIGMA_U), 2 * np.log(SIGMA_V)]
    z = (result.estimate.theta - truth) / result.coefficients()["std_error"]
    # 34 estimates over all cases: four standard errors are exceeded by chance once in 500 runs
    assert np.abs(z).max() < 4.0
    te = result.used_efficiencies(0.9)
    # the mean of E[exp(-u) | e] is the mean of exp(-u), up to the error of the frontier's height
    height = 4.0 * result.coefficients()["std_error"].iloc[0]
    assert te.te_bc.mean() == pytest.approx(np.exp(-u).mean(), rel=height)
    # intervals hold u as often as they say: binomial, four standard errors, and the error of the height over the
    # spread of u given e, about sigma_u sigma_v / sigma = .19, times the density at the ends of the interval
    inside = np.mean((te.te_lower <= np.exp(-u)) & (np.exp(-u) <= te.te_upper))
    assert inside == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 40_000) + 0.2 * height / 0.19)
    assert result.test_no_inefficiency().rejected(1e-6)


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_coverage_of_intervals(law):
    """Share of 95 % intervals for the slopes that hold the truth, over 200 samples of 250 rows."""
    rng = np.random.default_rng(2)
    held = []
    for _ in range(draws(200, 40)):
        y, x, _ = simulate(law, 250, rng)
        bounds = fit(y=y, X=x, intercept=False, inefficiency=law).confidence_intervals()
        held += [bounds["lower"].iloc[j] <= BETA[j] <= bounds["upper"].iloc[j] for j in (1, 2)]
    # 400 nearly independent trials: three standard errors of a binomial, 3 sqrt(.95 .05 / 400) = .033
    low, high = band((0.917, 0.983), len(held))
    assert low <= np.mean(held) <= high


def test_size_of_the_test_of_no_inefficiency():
    """Without inefficiency the mixed chi-square rejects at 10 % in about 10 % of samples, not 20 %."""
    rng = np.random.default_rng(3)
    rejected = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        for _ in range(draws(120, 40)):
            x = np.column_stack((np.ones(200), rng.normal(size=200)))
            y = x @ [1.0, 0.5] + 0.3 * rng.normal(size=200)
            rejected.append(fit(y=y, X=x, intercept=False).test_no_inefficiency().rejected(0.10))
    # binomial, three standard errors: 3 sqrt(.1 .9 / 120) = .082; twice the size would lie outside
    low, high = band((0.018, 0.182), len(rejected), 0.10)
    assert low <= np.mean(rejected) <= high
