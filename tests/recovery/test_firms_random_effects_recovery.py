"""Known parameters of random-effects and dynamic probits come back, and intervals cover as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from draws import band, draws
from scipy import stats

from innospace.firms.choice.binary import binary
from innospace.firms.choice.dynamic import dynamic_probit
from innospace.firms.choice.random_effects import fit_panel, random_effects_probit

DRAWS = draws(300, 40)
COVERAGE = (0.92, 0.97)
"""Binomial: three standard errors are 3 sqrt(.95 .05 / 300) = .038, less for the several parameters together."""


def panel(rng, firms, periods, sigma=1.0):
    firm = np.repeat(np.arange(firms), rng.integers(2, periods + 1, firms))
    x = np.column_stack([np.ones(len(firm)), rng.normal(size=len(firm)), rng.random(len(firm)) < 0.5])
    index = x @ [-0.5, 0.6, 0.4] + sigma * rng.normal(size=firms)[firm]
    return (index + rng.normal(size=len(firm)) > 0).astype(float), x, firm


@pytest.mark.slow
def test_intervals_of_a_random_effects_probit_cover():
    rng = np.random.default_rng(101)
    truth = np.array([-0.5, 0.6, 0.4, 0.0])
    held = []
    for _ in range(DRAWS):
        fit = fit_panel(*panel(rng, 200, 8), nodes=24).fit
        errors = np.sqrt(np.diag(np.linalg.inv(-fit.hessian)))
        held.append(np.abs(fit.theta - truth) <= stats.norm.ppf(0.975) * errors)
    low, high = band(COVERAGE, DRAWS)
    assert low <= np.mean(held) <= high
    assert np.min(np.mean(held, axis=0)) > band((0.90, 1.0), DRAWS)[0]


def dynamic_panel(rng, firms, periods, rho, sigma):
    """A process with lasting differences whose first observed year follows ten unobserved ones."""
    effect = sigma * rng.normal(size=firms)
    before, rows = np.zeros(firms), []
    for t in range(-10, periods + 1):
        x = rng.normal(size=firms)
        before = (-0.5 + rho * before + 0.5 * x + effect + rng.normal(size=firms) > 0).astype(float)
        if t >= 0:
            rows.append(pd.DataFrame({"firm": np.arange(firms), "year": t, "y": before, "x": x}))
    return pd.concat(rows, ignore_index=True)


def test_one_large_panel_gives_its_parameters_back():
    y, x, firm = panel(np.random.default_rng(5), 4000, 6, sigma=1.3)
    table = pd.DataFrame({"firm": firm, "y": y, "x": x[:, 1], "d": x[:, 2]})
    result = random_effects_probit("y ~ x + d", table)
    truth = [-0.5, 0.6, 0.4, np.log(1.3)]
    z = (result.estimates.values - truth) / result.coefficients()["std_error"]
    assert np.abs(z).max() < 4.0
    slope = 0.6 * stats.norm.pdf(x @ [-0.5, 0.6, 0.4], scale=np.sqrt(1 + 1.3**2)).mean()
    effect = result.effect("x", "average_partial_effect")
    assert abs(effect["estimate"] - slope) < 4.0 * effect["std_error"]
    # a pooled probit finds the same average effect, without the efficiency
    pooled = binary("y ~ x + d", table).effect("x", "average_marginal_effect")
    assert pooled["estimate"] == pytest.approx(effect["estimate"], abs=0.01)


@pytest.mark.parametrize("method", ["wooldridge", "heckman"])
def test_state_dependence_is_told_from_lasting_differences(method):
    table = dynamic_panel(np.random.default_rng(8), 3000, 5, rho=0.5, sigma=1.0)
    result = dynamic_probit("y ~ x", table, method=method)
    lag, x = (result.coefficients().loc[n] for n in ("lag_y", "x"))
    assert abs(lag["estimate"] - 0.5) < 4.0 * lag["std_error"]
    assert abs(x["estimate"] - 0.5) < 4.0 * x["std_error"]
    ignoring = result.numbers["observed_difference"]
    assert ignoring > 2.0 * result.effect("lag_y", "state_dependence")["estimate"]
    if method == "heckman":
        sigma = result.coefficients().loc["ln_sigma_u"]
        assert abs(sigma["estimate"]) < 4.0 * sigma["std_error"]


@pytest.mark.parametrize("method", ["wooldridge", "heckman"])
def test_no_state_dependence_is_not_found(method):
    table = dynamic_panel(np.random.default_rng(9), 2000, 5, rho=0.0, sigma=1.0)
    lag = dynamic_probit("y ~ x", table, method=method).coefficients().loc["lag_y"]
    assert abs(lag["z"]) < 2.6
    taken_as_given = binary("y ~ x + before", table.assign(before=table.groupby("firm")["y"].shift()).dropna())
    assert taken_as_given.coefficients().loc["before", "z"] > 20


@pytest.mark.slow
def test_intervals_of_state_dependence_cover():
    rng = np.random.default_rng(77)
    held = []
    for _ in range(draws(100, 14)):
        table = dynamic_panel(rng, 250, 5, rho=0.5, sigma=0.8)
        for method in ("wooldridge", "heckman"):
            lag = dynamic_probit("y ~ x", table, method=method, nodes=12).coefficients().loc["lag_y"]
            held.append(lag["lower"] <= 0.5 <= lag["upper"])
    low, high = band(COVERAGE, len(held) // 2)
    assert low <= np.mean(held) <= high


def test_the_test_of_no_effect_rejects_as_often_as_it_says():
    rng = np.random.default_rng(31)
    p = []
    count = draws(200, 60)
    for _ in range(count):
        fitted = fit_panel(*panel(rng, 100, 5, sigma=0.0), nodes=12)
        statistic = max(0.0, 2.0 * (fitted.fit.log_likelihood - fitted.pooled))
        p.append(0.5 * stats.chi2.sf(statistic, 1) if statistic > 1e-9 else 1.0)
    # half of the samples lie on the boundary; .05 with three binomial standard errors
    assert 0.35 < np.mean(np.array(p) == 1.0) < 0.68
    assert np.mean(np.array(p) < 0.05) < 0.05 + 0.047 * np.sqrt(200 / count)
