"""Derivatives of paths against differences; fits that must find what they were made from."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.fit import (
    HIGHEST,
    LOWEST,
    NAMES,
    Fit,
    defaults,
    effects_of,
    fit_all,
    with_coefficients,
)
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.sensitivity import growth_derivative, growth_of
from innospace.economy.models.knowledge.solve import shipped_scenarios
from innospace.economy.replication.replicate import shipped_model


@pytest.fixture(scope="module")
def model() -> KnowledgeModel:
    return replace(shipped_model(0.4), last_year=2018)


@pytest.fixture(scope="module")
def scenarios() -> tuple:
    return tuple(shipped_scenarios().values())


@pytest.mark.parametrize("stock", list(CHOICES["knowledge"]))
def test_derivatives_of_growth_are_those_of_differences(model, scenarios, stock):
    other = replace(model, closure=Closure(knowledge=stock))
    base, step = defaults(other), 1e-6
    exact = growth_derivative(other, solve_path(other, scenarios[3]), NAMES)
    for j in range(len(NAMES)):
        sides = []
        for sign in (1.0, -1.0):
            moved = base.copy()
            moved[j] += sign * step
            at = with_coefficients(other, moved)
            sides.append(growth_of(at, solve_path(at, scenarios[3])))
        # central differences of growth near 0.03, solved to 1e-11, are good to about 1e-5 of the slope
        assert exact[j] == pytest.approx((sides[0] - sides[1]) / (2.0 * step), rel=1e-4, abs=1e-5)


def test_models_that_share_equations_solve_like_models_of_their_own(model, scenarios):
    spec = replace(
        model.spec, export_elasticity=3.0, depreciation=0.07, labour_exponent=dict.fromkeys(k.PRODUCERS, 0.5)
    )
    shared, own = model.with_spec(spec), replace(model, spec=spec)
    assert shared.system is model.system
    a, b = (solve_path(m, scenarios[0]).levels for m in (shared, own))
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * np.abs(b).max())


def test_a_model_travels_without_its_compiled_functions(model):
    copy = pickle.loads(pickle.dumps(model))
    assert "system" not in vars(copy)
    assert growth_of(copy, solve_path(copy)) == pytest.approx(growth_of(model, solve_path(model)), rel=1e-12)


def test_a_fit_finds_the_coefficients_it_was_made_from(model, scenarios):
    true = with_coefficients(model, defaults(model) * np.repeat([0.8, 0.6, 0.5], 3))
    effects, _, growth = effects_of(true, scenarios, "percent")
    target = dict(zip((s.name for s in scenarios), map(float, effects), strict=True))
    told: list[float] = []
    scales, nine = fit_all(
        model, scenarios, target, readings=("percent",), starts=2, seed=3, progress=lambda _, f: told.append(f)
    )
    assert scales.shape == "scales"
    assert scales.rms < 2e-3
    assert scales.reached == scales.starts == 2
    assert scales.converged
    assert scales.coefficients["gamma"][k.OTHER] == pytest.approx(0.5 * model.spec.gamma[k.OTHER], rel=0.02)
    assert scales.baseline_growth == pytest.approx(growth, rel=1e-3)
    assert nine.rms < 1e-3
    for values in nine.coefficients.values():
        assert all(LOWEST <= values[i] <= HIGHEST[i] for i in k.PRODUCERS)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert Fit.from_dict(nine.to_dict()) == nine


def test_the_same_seed_gives_the_same_fit(model, scenarios):
    target = {s.name: v for s, v in zip(scenarios, (0.7, -0.1, 0.3, 1.1), strict=True)}
    short = replace(model, last_year=2013)
    first, second = (fit_all(short, scenarios, target, readings=("percent",), starts=2, seed=5) for _ in range(2))
    assert first == second


def test_returns_undo_the_calibration_of_coefficients(model, scenarios):
    target = {s.name: v for s, v in zip(scenarios, (0.7, -0.1, 0.3, 1.1), strict=True)}
    fit = fit_all(model, scenarios, target, readings=("percent",), starts=1)[0]
    u = model.calibration.unknowns
    spent = u[f"D.{k.OTHER}.z1"]
    assert fit.returns["alpha"][k.OTHER] * spent / u[f"Y.{k.OTHER}"] == pytest.approx(
        fit.coefficients["alpha"][k.OTHER]
    )
