"""Joint models of decisions: known parameters come back, and intervals cover as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from draws import draws

from innospace.firms.choice.bivariate import biprobit
from innospace.firms.choice.multivariate import multivariate_probit
from innospace.firms.choice.recursive import recursive_biprobit
from innospace.numerics.bivariate_normal import bivariate_cdf
from innospace.numerics.ghk import correlation_matrix, pairs

SAMPLES = draws(100, 20)


def chance(intervals):
    """Return three binomial standard errors of a coverage of 95 %."""
    return 3 * np.sqrt(0.95 * 0.05 / intervals)


def simulate(rng, n, rho, gamma=0.0):
    x, t, z = rng.normal(size=n), rng.normal(size=n), (rng.random(n) < 0.5) * 1.0
    e = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    v = -0.2 + 0.4 * x + 0.8 * t
    b = (v + e[:, 1] > 0) * 1.0
    u = 0.1 + 0.5 * x - 0.6 * z
    a = (u + gamma * b + e[:, 0] > 0) * 1.0
    return pd.DataFrame({"a": a, "b": b, "x": x, "t": t, "z": z}), u, v


TRUTH = np.array([0.1, 0.5, -0.6, -0.2, 0.4, 0.8])


@pytest.mark.parametrize("rho", [-0.6, 0.3, 0.85])
def test_bivariate_parameters_and_effects(rho):
    frame, u, v = simulate(np.random.default_rng(1), 30_000, rho)
    fit = biprobit("a ~ x + z", "b ~ x + t", frame)
    z = (fit.estimates.values - [*TRUTH, np.arctanh(rho)]) / fit.coefficients()["std_error"]
    assert np.abs(z).max() < 3.8  # 21 estimates over the cases: exceeded by chance once in 300 runs
    joint = fit.effect("joint_11", "probability")
    # the mean probability at the truth, for these rows
    assert abs(joint["estimate"] - bivariate_cdf(u, v, rho).mean()) < 4 * joint["std_error"]
    step = 1e-4
    slope = (bivariate_cdf(u + 0.5 * step, v + 0.4 * step, rho) - bivariate_cdf(u, v, rho)).mean() / step
    effect = fit.effect("x", "joint_11")
    assert abs(effect["estimate"] - slope) < 4 * effect["std_error"]


@pytest.mark.slow
def test_bivariate_coverage():
    rng, rho = np.random.default_rng(2), 0.4
    held, held_rho, held_effect = [], [], []
    truth = dict(zip(("a: x", "a: z", "b: x", "b: t"), TRUTH[[1, 2, 4, 5]], strict=True))
    for _ in range(SAMPLES):
        frame, u, v = simulate(rng, 500, rho)
        fit = biprobit("a ~ x + z", "b ~ x + t", frame)
        table = fit.coefficients()
        held += [table.loc[k, "lower"] <= value <= table.loc[k, "upper"] for k, value in truth.items()]
        held_rho.append(fit.numbers["rho_lower"] <= rho <= fit.numbers["rho_upper"])
        effect = fit.effect("x", "joint_11")
        step = 1e-4
        slope = (bivariate_cdf(u + 0.5 * step, v + 0.4 * step, rho) - bivariate_cdf(u, v, rho)).mean() / step
        held_effect.append(effect["lower"] <= slope <= effect["upper"])
    # the four slopes of a sample are worth about two independent intervals
    assert np.mean(held) == pytest.approx(0.95, abs=chance(2 * SAMPLES))
    assert np.mean(held_rho) == pytest.approx(0.95, abs=chance(SAMPLES))
    assert np.mean(held_effect) == pytest.approx(0.95, abs=chance(SAMPLES))


@pytest.mark.slow
def test_recursive_coverage_of_the_treatment_effect():
    rng, rho, gamma = np.random.default_rng(3), -0.4, 0.7
    held, errors = [], []
    for _ in range(SAMPLES):
        frame, u, _ = simulate(rng, 1000, rho, gamma)
        fit = recursive_biprobit("a ~ b + x + z", "b ~ x + t", frame)
        truth = (bivariate_cdf(u + gamma, np.inf, 0.0) - bivariate_cdf(u, np.inf, 0.0)).mean()
        row = fit.effect(kind="ate")
        held.append(row["lower"] <= truth <= row["upper"])
        errors.append(row["estimate"] - truth)
    assert np.mean(held) == pytest.approx(0.95, abs=chance(SAMPLES))
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(SAMPLES) + 0.01  # small-sample bias of a nonlinear mean


@pytest.mark.parametrize("m", [3, 4])
def test_several_equations(m):
    r = np.array([0.5, 0.3, -0.2, 0.1, 0.4, 0.2])[: len(pairs(m))]
    rng = np.random.default_rng(4)
    n = 8000 if m == 3 else 2000
    x = rng.normal(size=n)
    e = rng.multivariate_normal(np.zeros(m), correlation_matrix(r, m), n)
    slopes = (0.5, -0.3, 0.2, 0.7)
    frame = pd.DataFrame({"x": x, **{f"y{j}": (0.1 * j + slopes[j] * x + e[:, j] > 0) * 1.0 for j in range(m)}})
    fit = multivariate_probit([f"y{j} ~ x" for j in range(m)], frame, draws=50)
    truth = [*(v for j in range(m) for v in (0.1 * j, slopes[j])), *np.arctanh(r)]
    z = (fit.estimates.values - truth) / fit.coefficients()["std_error"]
    assert np.abs(z).max() < 3.6  # 23 estimates over both cases


@pytest.mark.slow
def test_three_equations_coverage():
    rng, r, n = np.random.default_rng(5), np.array([0.5, 0.3, -0.2]), 500
    held = []
    for _ in range(SAMPLES // 2):
        x = rng.normal(size=n)
        e = rng.multivariate_normal(np.zeros(3), correlation_matrix(r, 3), n)
        frame = pd.DataFrame({"x": x, **{f"y{j}": (0.3 * x + e[:, j] > 0) * 1.0 for j in range(3)}})
        fit = multivariate_probit([f"y{j} ~ x" for j in range(3)], frame)
        for p, (i, j) in enumerate(pairs(3)):
            name = f"rho_{i + 1}{j + 1}"
            held.append(fit.numbers[f"{name}_lower"] <= r[p] <= fit.numbers[f"{name}_upper"])
    assert np.mean(held) == pytest.approx(0.95, abs=chance(len(held)))
