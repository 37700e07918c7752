"""Known premia come back, and 95 % intervals hold them about 95 times in a hundred."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from draws import band, draws

from innospace.firms.distributions import kolmogorov_smirnov
from innospace.firms.entry import entry
from innospace.firms.premia import premia
from innospace.firms.self_selection import pre_entry

LEVEL, WITHIN, BEFORE = 0.25, 0.10, 0.30
PANELS = draws(250, 40)
HELD = (0.92, 0.97)
"""Bounds asked for; over 250 panels two standard errors of a coverage of .95 are .028."""


def covers(results):
    share = float(np.mean(results))
    low, high = band(HELD, len(results))
    assert low <= share <= high, share


def level_panel(rng, firms=150, waves=4):
    """Errors are correlated within firms; the status is random across and within firms."""
    firm, year = np.repeat(np.arange(firms), waves), np.tile(np.arange(waves), firms)
    industry = rng.integers(0, 6, firms)[firm]
    export = (rng.normal(size=firms)[firm] + rng.normal(size=len(firm)) > 0.4).astype(int)
    effects = rng.normal(size=(6, waves))[industry, year]
    log_y = effects + LEVEL * export + 0.5 * rng.normal(size=firms)[firm] + 0.5 * rng.normal(size=len(firm))
    return pd.DataFrame({"firm": firm, "year": year, "industry": industry, "export": export, "sales": np.exp(log_y)})


def within_panel(rng, firms=150, waves=4):
    """Better firms trade more, so the level premium is too large; errors follow an autoregression."""
    firm, year = np.repeat(np.arange(firms), waves), np.tile(np.arange(waves), firms)
    ability = rng.normal(size=firms)
    export = (ability[firm] + rng.normal(size=len(firm)) > 0.4).astype(int)
    noise = np.empty((firms, waves))
    noise[:, 0] = 0.3 * rng.normal(size=firms)
    for t in range(1, waves):
        noise[:, t] = 0.6 * noise[:, t - 1] + 0.24 * rng.normal(size=firms)
    log_y = ability[firm] + 0.1 * year + WITHIN * export + noise.ravel()
    return pd.DataFrame({"firm": firm, "year": year, "export": export, "sales": np.exp(log_y)})


def entry_panel(rng, firms=400):
    """Two waves; later starters lie .3 log points above never traders at every quantile before entry."""
    industry = rng.integers(0, 4, firms)
    status = rng.choice(3, firms, p=[0.6, 0.3, 0.1])
    log_y = 0.5 * industry + BEFORE * (status == 1) + 0.2 * (status == 2) + 0.5 * rng.normal(size=firms)
    first = pd.DataFrame({"firm": np.arange(firms), "year": 2005, "industry": industry, "sales": np.exp(log_y)})
    first["export"] = (status == 2).astype(int)
    return pd.concat([first, first.assign(year=2009, export=(status > 0).astype(int))], ignore_index=True)


def held(row, truth):
    return row["lower"] <= truth <= row["upper"]


@pytest.mark.slow
def test_level_premia():
    rng = np.random.default_rng(11)
    found = [premia(level_panel(rng), "sales", "export", fixed_effects="industry*year") for _ in range(PANELS)]
    estimates = np.array([r.coefficients().loc["export", "estimate"] for r in found])
    assert estimates.mean() == pytest.approx(LEVEL, abs=4 * estimates.std() / np.sqrt(PANELS))
    covers([held(r.coefficients().loc["export"], LEVEL) for r in found])
    covers([held(r.effects().iloc[0], 100 * np.expm1(LEVEL)) for r in found])


@pytest.mark.slow
def test_premia_within_firms():
    rng = np.random.default_rng(12)
    panels = [within_panel(rng) for _ in range(PANELS)]
    found = [premia(p, "sales", "export", kind="firm") for p in panels]
    estimates = np.array([r.coefficients().loc["export", "estimate"] for r in found])
    assert estimates.mean() == pytest.approx(WITHIN, abs=4 * estimates.std() / np.sqrt(PANELS))
    covers([held(r.coefficients().loc["export"], WITHIN) for r in found])
    # between firms, ability is taken for a premium
    pooled = premia(panels[0], "sales", "export", fixed_effects="year").coefficients()
    assert pooled.loc["export", "lower"] > WITHIN


@pytest.mark.slow
def test_premia_before_entry():
    rng = np.random.default_rng(13)
    found = [
        premia(entry_panel(rng), "sales", "export", kind="ex_ante", fixed_effects="industry") for _ in range(PANELS)
    ]
    covers([held(r.coefficients().loc["starter"], BEFORE) for r in found])


@pytest.mark.slow
@pytest.mark.parametrize("errors", ["analytic", "bootstrap"])
def test_quantiles_before_entry(errors):
    """Adjustment shrinks differences a little where starters are unevenly spread; here they are not."""
    rng = np.random.default_rng(14)
    results, rejected = [], []
    for _ in range(draws(100, 25)):
        r = pre_entry(
            entry_panel(rng),
            "sales",
            "export",
            adjust="industry",
            errors=errors,
            replications=149,
            quantiles=[25, 50, 75],
        )
        effects = r.effects()
        results += [held(row, BEFORE) for _, row in effects.iterrows()]
        rejected.append(r.numbers["ks_two_sided_p"] < 0.05)
    covers(results)
    assert np.mean(rejected) > 0.95


def test_equal_distributions_are_seldom_told_apart():
    rng = np.random.default_rng(15)
    tests = [kolmogorov_smirnov(rng.normal(size=60), rng.normal(size=140)) for _ in range(400)]
    rejected = np.array([[t.p_value[side] < 0.05 for side in ("two_sided", "above", "below")] for t in tests]).mean(
        axis=0
    )
    # an exact test of a discrete statistic is a little below its level; three standard errors of a binomial above
    assert (rejected < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)).all()
    assert (rejected > 0.02).all()


@pytest.mark.slow
def test_probit_of_entry():
    rng = np.random.default_rng(16)
    results = []
    for _ in range(draws(200, 50)):
        n = 300
        size = rng.normal(size=n)
        enters = (-0.5 + 0.6 * size + rng.normal(size=n) > 0).astype(int)
        first = pd.DataFrame({"firm": np.arange(n), "year": 2005, "size": size, "export": 0})
        frame = pd.concat([first, first.assign(year=2009, export=enters)])
        results.append(held(entry(frame, "export", ["size"]).coefficients().loc["size"], 0.6))
    covers(results)
