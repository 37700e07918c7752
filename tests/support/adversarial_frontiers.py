"""Tables that make estimators of frontiers fail where they are careless, and what may be said of each.

Whatever the table, an estimator either refuses it by an error that says what and how to mend, or ends with a named
status whose numbers hold together: see :func:`faults`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from innospace.core.errors import InnospaceError
from innospace.frontier.fitting import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.spec import PanelSpec

BOUNDARIES = {
    "wrong_skewness",
    "sigma_u_zero",
    "gamma_one",
    "mu_minus_infinity",
    "mu_minus_infinity_index",
    "index_unbounded",
    "shape_unbounded",
    "noise_is_normal",
    "path_jumps",
    "mu_infinity",
    "sigma_h_zero",
    "sigma_w_zero",
}
CODES = {"converged", "boundary", "max_iterations", "singular", "stalled", "nonfinite"}
SOLVED = ("converged", "boundary")

Case = Callable[[], tuple[pd.DataFrame, str]]


def _table(n: int, seed: int, u: float = 0.6, v: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = 1.0 + 0.5 * x + v * rng.normal(size=n) - u * np.abs(rng.normal(size=n))
    return pd.DataFrame({"y": y, "x": x, "z": z})


def _outliers() -> tuple[pd.DataFrame, str]:
    table = _table(60, 4)
    table.loc[[3, 17], "y"] += [1e4, -1e6]
    return table, "y ~ x"


def _exponential_limit() -> tuple[pd.DataFrame, str]:
    table = _table(80, 6, u=0.0, v=0.05)
    table["y"] -= np.random.default_rng(6).gamma(0.4, 1.0, 80)
    return table, "y ~ x"


CROSS: dict[str, Case] = {
    "wrong skewness": lambda: (_table(50, 1).assign(y=lambda t: -t["y"]), "y ~ x"),
    "five rows": lambda: (_table(5, 2), "y ~ x"),
    "eight rows": lambda: (_table(8, 3), "y ~ x"),
    "huge outliers": _outliers,
    "nearly collinear": lambda: (_table(60, 5).assign(w=lambda t: t["x"] + 1e-7 * t["z"]), "y ~ x + w"),
    "spiked inefficiency": _exponential_limit,
    "no inefficiency": lambda: (_table(60, 7, u=0.0), "y ~ x"),
    "no noise": lambda: (_table(60, 8, v=0.0), "y ~ x"),
    "outcome in millionths": lambda: (_table(60, 9).assign(y=lambda t: 1e6 * t["y"]), "y ~ x"),
    "outcome in millions": lambda: (_table(60, 9).assign(y=lambda t: 1e-6 * t["y"]), "y ~ x"),
    "far level": lambda: (_table(60, 9).assign(y=lambda t: 1e8 + t["y"]), "y ~ x"),
    "constant regressor": lambda: (_table(60, 10).assign(w=3.0), "y ~ x + w"),
    "constant outcome": lambda: (_table(60, 10).assign(y=2.0), "y ~ x"),
    "exact outcome": lambda: (_table(60, 10).assign(y=lambda t: 2.0 + t["x"]), "y ~ x"),
    "three values": lambda: (_table(60, 11).assign(y=lambda t: t["y"].round()), "y ~ x"),
}
INDEXED: dict[str, Case] = {
    "zeros in z": lambda: (_table(60, 12).assign(w=0.0), "y ~ x | u: w"),
    "one row sets z": lambda: (_table(60, 12).assign(w=lambda t: (t.index == 4) * 1.0), "y ~ x | u: w"),
    "huge z": lambda: (_table(60, 12).assign(w=lambda t: 1e6 * t["z"]), "y ~ x | u: w"),
    "z of noise": lambda: (_table(60, 12).assign(w=lambda t: (t["x"] > 1.5) * 1.0), "y ~ x | v: w"),
}


def _panel(units: int, periods: int, seed: int, **sizes: float) -> pd.DataFrame:
    size = {"w": 0.4, "h": 0.4, "u": 0.5, "v": 0.3} | sizes
    rng = np.random.default_rng(seed)
    code, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    n = len(code)
    w, h = size["w"] * rng.normal(size=units), size["h"] * np.abs(rng.normal(size=units))
    x = rng.normal(size=n)
    y = 1.0 + 0.5 * x + (w - h)[code] + size["v"] * rng.normal(size=n) - size["u"] * np.abs(rng.normal(size=n))
    return pd.DataFrame({"unit": code, "time": time, "y": y, "x": x})


def _single_periods() -> tuple[pd.DataFrame, str]:
    table = _panel(24, 4, 21)
    return table[(table["unit"] % 2 == 0) | (table["time"] == table["unit"] % 4)], "y ~ x"


def _panel_outlier() -> tuple[pd.DataFrame, str]:
    table = _panel(16, 4, 22)
    table.loc[5, "y"] -= 1e5
    return table, "y ~ x"


PANELS: dict[str, Case] = {
    "one unit": lambda: (_panel(1, 20, 20), "y ~ x"),
    "one period a unit": lambda: (_panel(30, 1, 20), "y ~ x"),
    "single periods among others": _single_periods,
    "huge outlier": _panel_outlier,
    "no inefficiency": lambda: (_panel(16, 4, 23, h=0.0, u=0.0), "y ~ x"),
    "no effects": lambda: (_panel(16, 4, 24, w=0.0), "y ~ x"),
    "wrong skewness": lambda: (_panel(16, 4, 25, u=0.9, h=0.9).assign(y=lambda t: -t["y"]), "y ~ x"),
    "nearly no noise": lambda: (_panel(16, 4, 26, v=1e-6), "y ~ x"),
    "outcome in millionths": lambda: (_panel(16, 4, 27).assign(y=lambda t: 1e6 * t["y"]), "y ~ x"),
    "constant regressor": lambda: (_panel(16, 4, 28).assign(k=3.0), "y ~ x + k"),
    "regressor of the unit": lambda: (_panel(16, 4, 29).assign(k=lambda t: t["unit"] % 3 * 1.0), "y ~ x + k"),
    "two units": lambda: (_panel(2, 8, 30), "y ~ x"),
}


def attempt(case: Case, model: str = "", **options: Any) -> Any:
    """Return the result of an estimator, or the error by which it refused."""
    table, formula = case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            if model:
                return fit_panel(formula, table, unit="unit", time="time", model=model, **options)
            return fit(formula, table, **options)
        except InnospaceError as error:
            return error


def faults(found: Any) -> list[str]:
    """Return what does not hold together in a result or an error; empty when all does."""
    if isinstance(found, InnospaceError):
        return [] if found.what and found.remedy else [f"an error without a remedy: {found}"]
    wrong = []
    status = found.status
    if str(status.code) not in CODES or (status.code == "boundary") != (status.boundary in BOUNDARIES):
        wrong.append(f"status {status.code} {status.boundary!r}")
    if not status.converged and not (status.message and status.remedy):
        wrong.append("a status without words")
    if status.converged:
        table = found.coefficients()
        wrong += [f"{n} is not finite" for n, row in table.iterrows() if not np.isfinite(row).all()]
        wrong += [f"check {c.name}" for c in found.checks if c.name == "score_at_optimum" and not c.ok]
    if str(status.code) in SOLVED:
        te = found.efficiencies if isinstance(found.efficiencies, pd.DataFrame) else found.efficiencies()
        # without a distribution there is nothing to make intervals of
        free = isinstance(found.spec, PanelSpec) and not found.spec.described.inefficiency
        for column in ("te", "te_bc", "te_jlms", *(() if free else ("te_lower", "te_upper"))):
            if column in te and not te[column].between(0.0, 1.0).all():
                wrong.append(f"{column} outside 0 to 1")
        if not np.isfinite(found.loglik) and found.numbers.get("log_likelihood") is not None:
            wrong.append("the log-likelihood is not finite")
    return wrong


def said(found: Any) -> str:
    """Return how an attempt ended, in a word."""
    return (
        type(found).__name__ if isinstance(found, InnospaceError) else found.status.boundary or str(found.status.code)
    )
