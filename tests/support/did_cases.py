"""Simulated panels of firms that enter in different years, with known effects."""

from __future__ import annotations

import numpy as np
import pandas as pd

YEARS = np.arange(2000, 2006)
COHORTS = (2002, 2003, 2004)
SHARES = (0.4, 0.2, 0.25, 0.15)
"""Of the never treated, then of the cohorts."""


def effect(cohort, year):
    """Effect of entry: it differs between cohorts and grows with time."""
    return 0.3 + 0.2 * (year - cohort) - 0.25 * (cohort - 2002)


def panel(n=400, seed=1, *, selective=False, effects=True, noise=1.0):
    """Return firm, year, y, x, group, entry and treated; with ``selective`` trends and entry depend on x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    never = rng.random(n) < (1.0 / (1.0 + np.exp(0.4 + 0.7 * x)) if selective else SHARES[0])
    shares = np.array(SHARES[1:]) / sum(SHARES[1:])
    entry = np.where(never, 0, rng.choice(COHORTS, size=n, p=shares))
    on = (entry[:, None] > 0) & (YEARS[None, :] >= entry[:, None])
    trend = (0.1 + (0.3 * x if selective else 0.0)[:, None] if selective else 0.1) * (YEARS - 2000)[None, :]
    y = rng.normal(size=(n, 1)) + trend + noise * rng.normal(size=(n, len(YEARS)))
    if effects:
        y = y + np.where(on, effect(entry[:, None], YEARS[None, :]), 0.0)
    return pd.DataFrame(
        {
            "firm": np.repeat(np.arange(n), len(YEARS)),
            "year": np.tile(YEARS, n),
            "y": y.ravel(),
            "x": np.repeat(x, len(YEARS)),
            "w": (x[:, None] + 0.3 * rng.normal(size=(n, len(YEARS)))).ravel(),
            "group": np.repeat(np.arange(n) // 8, len(YEARS)),
            "entry": np.repeat(entry, len(YEARS)),
            "treated": on.ravel().astype(int),
        }
    )


def wide(table, column="y"):
    """Return firms by years."""
    return table.pivot(index="firm", columns="year", values=column).to_numpy()


def entries(table):
    """Return the entry year of every firm, sorted by firm."""
    return table.groupby("firm")["entry"].first().to_numpy()
