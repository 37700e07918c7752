"""Timed cases of choices over time: random-effects and dynamic probits, instruments."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from case import Case


@cache
def panel(firms: int, periods: int) -> Any:
    """Return a simulated panel: outcome, three regressors, firm and year."""
    import pandas as pd

    rng = np.random.default_rng(20051231)
    firm = np.repeat(np.arange(firms), periods)
    x = rng.normal(size=(len(firm), 3))
    index = -0.8 + x @ np.array([0.4, -0.2, 0.1]) + 1.7 * rng.normal(size=firms)[firm]
    columns = {"firm": firm, "year": np.tile(np.arange(periods), firms), **{f"x{j}": x[:, j] for j in range(3)}}
    return pd.DataFrame({**columns, "y": (index + rng.normal(size=len(firm)) > 0).astype(int)})


def random_effects(table: Any, nodes: int) -> Any:
    """Estimate with effects and their errors."""
    from innospace.firms.choice.random_effects import random_effects_probit

    return random_effects_probit("y ~ x0 + x1 + x2", table, nodes=nodes).effects()


def dynamic(table: Any, method: str) -> Any:
    """Estimate state dependence with its errors."""
    from innospace.firms.choice.dynamic import dynamic_probit

    return dynamic_probit("y ~ x0 + x1 + x2", table, method=method).effects()


@cache
def instrumented(n: int) -> Any:
    """Return a simulated table with an endogenous regressor, two instruments, a linear and a binary outcome."""
    import pandas as pd

    rng = np.random.default_rng(20051231)
    x, z1, z2, v = (rng.normal(size=n) for _ in range(4))
    d = 0.5 * x + 0.8 * z1 - 0.5 * z2 + v
    y = 1.0 + 0.5 * d - 0.4 * x + 0.5 * v + rng.normal(size=n)
    return pd.DataFrame({"y": y, "event": (y > 1.0).astype(int), "d": d, "x": x, "z1": z1, "z2": z2})


def two_stage(table: Any) -> Any:
    """Estimate with all tests."""
    from innospace.firms.endogeneity import instrumental_variables

    return instrumental_variables("y ~ d + x", table, endogenous=["d"], instruments=["z1", "z2"]).coefficients()


def two_stage_pyfixest(table: Any) -> Any:
    """Do the same with pyfixest, with its first-stage test only."""
    import warnings

    import pyfixest

    warnings.simplefilter("ignore")  # of pandas, inside pyfixest
    fit = pyfixest.feols("y ~ x | d ~ z1 + z2", data=table, vcov="iid")
    fit.IV_Diag()
    return fit.tidy()


def control(table: Any) -> Any:
    """Estimate a probit with a control function, effects and errors."""
    from innospace.firms.endogeneity import control_function

    return control_function("event ~ d + x", table, endogenous=["d"], instruments=["z1", "z2"]).effects()


CASES: tuple[Case, ...] = (
    Case(
        "random-effects-probit-64-nodes-4360",
        "random-effects probit, 545 firms, 8 years, 64 nodes (pglm of R: 32 s)",
        lambda: (panel(545, 8), 64),
        random_effects,
    ),
    Case(
        "random-effects-probit-doubled-4360",
        "random-effects probit, 545 firms, 8 years, nodes doubled",
        lambda: (panel(545, 8), 0),
        random_effects,
    ),
    Case(
        "random-effects-probit-100000",
        "random-effects probit, 20,000 firms, 5 years, nodes doubled",
        lambda: (panel(20_000, 5), 0),
        random_effects,
        rounds=1,
        small=lambda: (panel(500, 5), 0),
    ),
    Case(
        "dynamic-probit-wooldridge",
        "dynamic probit, 2,000 firms, 6 years",
        lambda: (panel(2000, 6), "wooldridge"),
        dynamic,
        small=lambda: (panel(300, 6), "wooldridge"),
    ),
    Case(
        "dynamic-probit-heckman",
        "dynamic probit, 2,000 firms, 6 years",
        lambda: (panel(2000, 6), "heckman"),
        dynamic,
        small=lambda: (panel(300, 6), "heckman"),
    ),
    Case("iv-100000", "two-stage least squares, 100,000 rows", lambda: (instrumented(100_000),), two_stage),
    Case(
        "iv-100000-pyfixest",
        "two-stage least squares, 100,000 rows",
        lambda: (instrumented(100_000),),
        two_stage_pyfixest,
        small=lambda: (instrumented(2000),),
    ),
    Case("control-function-100000", "control function, 100,000 rows", lambda: (instrumented(100_000),), control),
)
