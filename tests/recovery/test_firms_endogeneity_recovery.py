"""True effects of endogenous regressors come back, where a fit without instruments is off; intervals cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from innospace.firms.choice.binary import binary
from innospace.firms.endogeneity import control_function, instrumental_variables
from innospace.firms.endogeneity_control import fit_control
from innospace.firms.endogeneity_design import instrumented
from innospace.firms.endogeneity_fit import first_stages, two_stage

COVERAGE = (0.92, 0.97)


def simulate(rng, n):
    x, z, v = (rng.normal(size=n) for _ in range(3))
    d = 0.5 * x + 0.7 * z + v
    error = 0.6 * v + 0.8 * rng.normal(size=n)
    y = 1.0 + 0.5 * d - 0.3 * x + error
    return pd.DataFrame({"y": y, "event": (y > 1.2).astype(int), "d": d, "x": x, "z": z, "v": v})


def test_one_large_sample():
    table = simulate(np.random.default_rng(4), 40_000)
    linear = instrumental_variables("y ~ d + x", table, endogenous=["d"], instruments=["z"]).coefficients().loc["d"]
    assert abs(linear["estimate"] - 0.5) < 4.0 * linear["std_error"]
    effect = control_function("event ~ d + x", table, endogenous=["d"], instruments=["z"]).effect("d")
    # given its first-stage error v, the error of a firm's index is normal with mean .6 v and standard deviation .8
    index = -0.2 + 0.5 * table["d"] - 0.3 * table["x"] + 0.6 * table["v"]
    truth = 0.5 * stats.norm.pdf(index, scale=0.8).mean()
    assert abs(effect["estimate"] - truth) < 4.0 * effect["std_error"] + 0.002
    plain = binary("event ~ d + x", table).effect("d")
    assert plain["estimate"] - truth > 0.05


def drawn(rng, outcome, n):
    """Return arrays of one sample, without evaluating a formula every time."""
    table = simulate(rng, n)
    one = np.ones(n)
    arrays = {
        "y": table[outcome].to_numpy(float),
        "x": np.column_stack([one, table["d"], table["x"]]),
        "z": np.column_stack([one, table["x"], table["z"]]),
    }
    return replace(MADE, **arrays)


MADE = instrumented("y ~ d + x", simulate(np.random.default_rng(0), 20), ["d"], ["z"], None)


def test_intervals_cover():
    rng, held = np.random.default_rng(12), []
    for _ in range(300):
        d = drawn(rng, "y", 400)
        fit = two_stage(d, first_stages(d))
        held.append(abs(fit.theta[1] - 0.5) <= 1.966 * np.sqrt(fit.covariances["robust"][1, 1]))
    assert COVERAGE[0] <= np.mean(held) <= COVERAGE[1]


def test_intervals_of_the_control_function_cover():
    """The index given the first-stage error has standard deviation .8, so coefficients are true ones over .8."""
    rng, held = np.random.default_rng(15), []
    truth = np.array([-0.2, 0.5, -0.3, 0.6]) / 0.8
    for _ in range(300):
        fit = fit_control(drawn(rng, "event", 500), "probit", "linear")
        errors = np.sqrt(np.diag(fit.covariances["robust"]))[:4]
        held.append(np.abs(fit.theta[:4] - truth) <= stats.norm.ppf(0.975) * errors)
    assert COVERAGE[0] <= np.mean(held) <= COVERAGE[1]
