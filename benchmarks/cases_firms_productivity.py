"""Timed cases of productivity: two-stage estimators with a bootstrap of whole firms."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from case import Case


@cache
def panel(firms: int, years: int = 10) -> Any:
    """Return firms times years rows of a panel on which Levinsohn and Petrin are consistent."""
    import pandas as pd

    rng = np.random.default_rng(20121231)
    omega, error, k = np.zeros((3, firms, years))
    k[:, 0] = rng.normal(1.0, 0.5, firms)
    for t in range(years):
        if t > 0:
            omega[:, t] = 0.7 * omega[:, t - 1] + 0.2 * rng.normal(size=firms)
            k[:, t] = 0.8 * k[:, t - 1] + 0.3 * omega[:, t - 1] + 0.3 * rng.normal(size=firms)
        error[:, t] = 0.35 * rng.normal(size=firms)
    best = 2.0 * omega + k
    labour = best + error
    y = 0.6 * labour + 0.4 * k + omega + 0.1 * rng.normal(size=omega.shape)
    columns = {"y": y, "l": labour, "k": k, "m": 0.6 * best + 0.4 * k + omega}
    ids = {"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)}
    return pd.DataFrame({**ids, **{name: v.reshape(-1) for name, v in columns.items()}})


def estimate(data: Any, method: str, draws: int) -> Any:
    """Estimate with standard errors of the bootstrap."""
    from innospace.firms.productivity import productivity

    return productivity(
        data, method=method, output="y", labour="l", capital="k", materials="m", bootstrap=draws, workers=1
    ).coefficients()


def _case(name: str, firms: int, method: str, draws: int) -> Case:
    return Case(
        name,
        "productivity",
        lambda: (panel(firms), method, draws),
        estimate,
        rounds=1,
        small=lambda: (panel(100, 5), method, 3),
    )


CASES = (
    _case("LP, 100 draws, 100,000 rows, one core", 10_000, "lp", 100),
    _case("ACF, all solutions, 20 draws, 20,000 rows, one core", 2_000, "acf", 20),
    _case("Wooldridge, 20 draws, 20,000 rows, one core", 2_000, "wooldridge", 20),
)
