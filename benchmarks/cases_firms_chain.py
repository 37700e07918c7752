"""Timed cases: complementarity, chi-bar-square weights, selection, mediation and the chain to productivity."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from case import Case


@cache
def firms(n: int) -> Any:
    """Return n firms with practices, R&D, innovations and productivity."""
    import pandas as pd

    rng = np.random.default_rng(20051231)
    size, subsidy, shifter, need, plant = rng.normal(size=(5, n))
    u = rng.normal(size=n)
    performs = -0.1 + 0.4 * size + 0.8 * subsidy + u > 0.0
    latent = 0.5 + 0.8 * shifter
    log_rd = latent + 1.5 * (0.5 * u + np.sqrt(0.75) * rng.normal(size=n))
    make, buy, mach = (rng.uniform(size=(3, n)) < 0.4).astype(int)
    gain = 0.3 * make + 0.2 * buy + 0.4 * make * buy + 0.3 * size
    product = (-0.3 + 0.6 * latent + 0.5 * need + rng.normal(size=n) > 0).astype(int)
    process = (0.1 + 0.2 * latent + 0.6 * plant + rng.normal(size=n) > 0).astype(int)
    columns = {"size": size, "subsidy": subsidy, "shifter": shifter, "need": need, "plant": plant}
    choices = {"performs": performs.astype(int), "make": make, "buy": buy, "mach": mach}
    outcomes = {"product": product, "process": process, "output": gain + rng.normal(size=n)}
    return pd.DataFrame({**columns, **choices, **outcomes, "log_rd": np.where(performs, log_rd, np.nan)})


def complementarity(frame: Any) -> Any:
    """Test three practices in a linear equation."""
    from innospace.firms.complementarity import complementarity as verb

    return verb("output", ["make", "buy", "mach"], frame, controls=["size"], draws=2000)


def cells_statsmodels(frame: Any) -> Any:
    """Fit the same cells with statsmodels; no test of inequalities there."""
    import statsmodels.formula.api as smf

    return smf.ols("output ~ make * buy * mach + size", frame).fit().summary()


def heckman(frame: Any) -> Any:
    """Estimate selection and outcome by maximum likelihood."""
    from innospace.firms.selection import heckman as verb

    return verb("log_rd ~ shifter", "performs ~ size + subsidy + shifter", frame)


def heckman_numerical(frame: Any) -> Any:
    """Maximise the same likelihood by BFGS with numerical derivatives, the usual way where no package has it."""
    from scipy import optimize, stats

    s = frame["performs"].to_numpy() == 1
    y = frame["log_rd"].to_numpy()[s]
    x = np.column_stack([np.ones(s.sum()), frame["shifter"][s]])
    z = np.column_stack([np.ones(len(frame)), frame[["size", "subsidy", "shifter"]]])

    def minus(t: Any) -> float:
        rho, sigma = np.tanh(t[6]), np.exp(t[7])
        e = (y - x @ t[:2]) / sigma
        index = (z[s] @ t[2:6] + rho * e) / np.sqrt(1.0 - rho * rho)
        seen = stats.norm.logcdf(index) + stats.norm.logpdf(e) - t[7]
        return -float(seen.sum() + stats.norm.logcdf(-z[~s] @ t[2:6]).sum())

    return optimize.minimize(minus, np.zeros(8), method="BFGS")


def mediation(frame: Any) -> Any:
    """Split an effect with 100 bootstrap draws."""
    from innospace.firms.mediation import mediation as verb

    return verb("product", "buy", "make", frame, controls=["size"], bootstrap=100, workers=1)


def chain(frame: Any) -> Any:
    """Run the chain with 50 bootstrap draws."""
    from innospace.firms.cdm import cdm

    return cdm(
        frame,
        selection="performs ~ size + subsidy + shifter",
        intensity="log_rd ~ shifter",
        innovation=["product ~ need", "process ~ plant"],
        productivity="output ~ size",
        bootstrap=50,
        workers=1,
    )


def weights(exact: bool) -> Any:
    """Return the weights of five correlated restrictions."""
    from innospace.numerics.kodde_palm import chi_bar_weights, simulated_weights

    v = 0.5 * np.eye(5) + 0.5
    return chi_bar_weights(v) if exact else simulated_weights(v, np.random.default_rng(0).standard_normal((20_000, 5)))


def _small() -> tuple[Any, ...]:
    return (firms(1_000),)


CASES = (
    Case("complementarity, 3 practices", "cells 100 000 rows", lambda: (firms(100_000),), complementarity, 3, _small),
    Case("statsmodels OLS", "cells 100 000 rows", lambda: (firms(100_000),), cells_statsmodels, 3, _small),
    Case("heckman", "selection 20 000 rows", lambda: (firms(20_000),), heckman, 3, _small),
    Case("BFGS, numerical", "selection 20 000 rows", lambda: (firms(20_000),), heckman_numerical, 1, _small),
    Case("mediation, 100 draws", "mediation 5 000 rows", lambda: (firms(5_000),), mediation, 1, _small),
    Case("cdm, 50 draws", "cdm 5 000 rows", lambda: (firms(5_000),), chain, 1, _small),
    Case("exact", "chi-bar-square weights, 5", lambda: (True,), weights),
    Case("20 000 draws", "chi-bar-square weights, 5", lambda: (False,), weights, 1),
)
