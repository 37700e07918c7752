"""The general equilibrium engine against stored solutions of textbook models and published results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from innospace.economy.general.mcp import equilibria
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve

EXACT = 1e-8
"""Stored solutions have residuals below 1e-12 in models of size one to a hundred."""
PRINTED = 5e-5
"""Published results with one to four decimals, relative."""
CASES = {
    ("splcge", "benchmark"): "",
    ("splcge", "CAP endowment x1.1"): "capital",
    ("stdcge", "benchmark"): "",
    ("stdcge", "tariff_abolition"): "tariffs",
    ("stdcge", "indirect_tax_halved"): "indirect-tax",
    ("stdcge", "capital_plus10"): "capital",
    ("shoven_whalley", "no_tax"): "",
    ("shoven_whalley", "capital_tax_50pct_manufacturing"): "capital-tax",
}


def _solved(name, scenario=""):
    model = ready(name)
    economy = compile_spec(model.spec)
    chosen = [s for s in model.scenarios if s.name == scenario]
    p = shocked(economy, chosen[0]) if scenario else economy.parameters.values
    return model, solve(economy, p)


@pytest.mark.parametrize(("name", "stored"), CASES)
def test_every_stored_level_is_reached(name, stored):
    expected = json.loads((Path(__file__).parent / "cge" / f"{name}.json").read_text())[stored]
    model, found = _solved(name.replace("_", "-"), CASES[name, stored])
    levels = model.levels(found)
    expected.pop("labour_residual", None)
    assert found.status.converged
    assert {k: levels[k] for k in expected} == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("name", ["splcge", "stdcge", "lrgcge", "twocge", "dyncge", "kehoe"])
def test_the_benchmark_needs_no_iteration(name):
    _, found = _solved(name)
    assert found.status.converged
    assert found.iterations == 0


@pytest.mark.parametrize("name", [n for n in MODELS if n != "kehoe"])
def test_every_model_clears_every_market(name):
    model = ready(name)
    _, found = _solved(name, model.scenarios[0].name if model.scenarios else "")
    assert found.status.converged
    assert found.residual < 1e-10
    assert abs(found.walras) < 1e-9


@pytest.mark.parametrize(("name", "omega"), [("camcge", 191.7346), ("korcge", 339.21)])
def test_welfare_of_the_published_models(name, omega):
    """Objectives that are printed with these models."""
    model, found = _solved(name)
    assert model.levels(found)["omega"] == pytest.approx(omega, rel=PRINTED)


def test_three_equilibria_of_kehoe():
    """Kehoe (1985), example with three equilibria: prices printed with four digits."""
    found = equilibria(compile_spec(ready("kehoe").spec), starts=16, seed=1)
    prices = np.array([v[:4] for v in (found.unknowns, *found.others)])
    expected = [[0.6377, 1.0, 0.1546, 2.2077], [1.0, 1.0, 1.0, 1.0], [1.1005, 1.0, 1.2346, 0.6649]]
    assert prices == pytest.approx(np.array(expected), abs=PRINTED)


def test_the_dynamic_path_grows_to_its_last_year():
    model = ready("dyncge").with_dynamics({"years": 3})
    consumption = list(model.dynamics.path(solve(compile_spec(model.spec)))["consumption"])
    assert len(consumption) == 3
    assert consumption == sorted(consumption)
