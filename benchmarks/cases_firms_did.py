"""Timed cases of difference-in-differences with staggered entry: 100,000 firms over 8 years, 5 entry cohorts."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from case import Case

FIRMS, SMALL = 100_000, 500
YEARS = np.arange(2000, 2008)


@cache
def panel(firms: int) -> Any:
    """Return a panel of firms that enter in five different years, or never."""
    import pandas as pd

    rng = np.random.default_rng(20210101)
    entry = rng.choice([0, 2003, 2004, 2005, 2006, 2007], size=firms, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    on = (entry[:, None] > 0) & (YEARS[None, :] >= entry[:, None])
    y = rng.normal(size=(firms, 1)) + 0.1 * (YEARS - 2000) + 0.3 * on + rng.normal(size=on.shape)
    return pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), len(YEARS)),
            "year": np.tile(YEARS, firms),
            "y": y.ravel(),
            "x": np.repeat(rng.normal(size=firms), len(YEARS)),
            "entry": np.repeat(entry, len(YEARS)),
        }
    )


def group_time(table: Any, **options: Any) -> Any:
    """Estimate all group-time effects and their averages with errors."""
    from innospace.firms.effects.did import did

    return did("y", table, entry="entry", **options).effects()


def interaction_weighted(table: Any) -> Any:
    """Estimate the event study of Sun and Abraham with errors."""
    from innospace.firms.effects.sun_abraham import sun_abraham

    return sun_abraham("y", table, entry="entry").effects()


def interaction_weighted_pyfixest(table: Any) -> Any:
    """Do the same with pyfixest: the saturated event study, averaged by period."""
    import pyfixest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.event_study(
            table, yname="y", idname="firm", tname="year", gname="entry", estimator="saturated", cluster="firm"
        )
        return fit.aggregate()


def step(table: Any) -> Any:
    """Estimate two-way fixed effects, step and event study, with weights."""
    from innospace.firms.effects.did_twfe import twfe

    return twfe("y", table, entry="entry").effects()


def step_pyfixest(table: Any) -> Any:
    """Estimate the step alone with pyfixest."""
    import pyfixest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        treated = ((table["entry"] > 0) & (table["year"] >= table["entry"])).astype(float)
        return pyfixest.feols("y ~ treated | firm + year", table.assign(treated=treated), vcov={"CRV1": "firm"}).tidy()


def _case(name: str, group: str, run: Any, rounds: int = 3) -> Case:
    return Case(name, group, lambda: (panel(FIRMS),), run, rounds, lambda: (panel(SMALL),))


CASES: tuple[Case, ...] = (
    _case("did_100000", "did", group_time),
    _case("did_covariate_100000", "did", lambda table: group_time(table, controls=["x"])),
    _case("did_bootstrap_1000_100000", "did", lambda table: group_time(table, bootstrap=1000)),
    _case("sun_abraham_100000", "sun_abraham", interaction_weighted),
    _case("sun_abraham_pyfixest_100000", "sun_abraham", interaction_weighted_pyfixest, rounds=1),
    _case("twfe_100000", "twfe", step),
    _case("twfe_pyfixest_100000", "twfe", step_pyfixest, rounds=1),
)
