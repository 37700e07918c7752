"""Which assumption matters: indices of functions whose indices are known, and draws against solutions one by one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from explained import names_of, unexplained

from innospace.core.inputs import StepInputs
from innospace.core.status import Status, StatusCode
from innospace.economy.general import draws
from innospace.economy.general.models import ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.sensitivity import Uncertain, importance, points, sensitivity
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run, uncertain_of
from innospace.economy.general.study_result import EquilibriumResult
from innospace.economy.general.welfare import welfare
from innospace.economy.scenario import Scenario
from innospace.numerics import sobol

SOLVED = 1e-7
"""Percent of spending: solutions stop at residuals of 1e-11, whichever the start."""
SAMPLED = 0.03
"""Error of an index at a base sample of 1,024 quasi-random points, several times what is seen."""
ARMINGTON = {"nest": ("Q.BRD.mix", "Q.MLK.mix")}
SALES = {"nest": ("Z.BRD.sales", "Z.MLK.sales")}


def test_indices_are_those_of_functions_with_known_ones():
    unit = sobol.design(3, 1024, 3)
    assert unit.shape == (1024 * 5, 3)
    assert 0.0 <= unit.min() < 0.01 < 0.99 < unit.max() <= 1.0
    x = 2.0 * unit - 1.0
    added = 3.0 * x[:, 0] + x[:, 1]  # variances 9 and 1 of 10; nothing of the third
    product = x[:, 0] * x[:, 1]  # all of the variance is joint
    found = sobol.indices(np.column_stack((added, product, np.ones(len(x)))), 3, 0)
    assert found[0, :, 0] == pytest.approx([0.9, 0.1, 0.0], abs=SAMPLED)
    assert found[0, :, 3] == pytest.approx([0.9, 0.1, 0.0], abs=SAMPLED)
    assert found[1, :, 0] == pytest.approx([0.0, 0.0, 0.0], abs=SAMPLED)
    assert found[1, :, 3] == pytest.approx([1.0, 1.0, 0.0], abs=SAMPLED)
    assert np.isnan(found[2]).all()
    low, high = found[0, :2, 1], found[0, :2, 2]
    assert (low <= [0.9, 0.1]).all()
    assert (high >= [0.9, 0.1]).all()


def test_an_output_without_all_solutions_has_no_indices_and_the_others_keep_theirs():
    x = sobol.design(2, 64, 1)
    broken = x[:, 0].copy()
    broken[5] = np.nan
    found = sobol.indices(np.column_stack((broken, x[:, 1])), 2, 0)
    assert np.isnan(found[0]).all()
    assert found[1, 1, 3] == pytest.approx(1.0, abs=0.05)
    assert (sobol.base_points(200), sobol.base_points(2)) == (128, 2)


@pytest.mark.parametrize("name", ["stdcge", "korcge"])
def test_draws_are_what_solving_one_by_one_gives(name):
    model = ready(name)
    economy, scenario = compile_spec(model.spec), model.scenarios[0]
    uncertain = [Uncertain("productivity", 0.2)]
    uncertain += [Uncertain("elasticity", 0.5, ARMINGTON)] if name == "stdcge" else []
    where = points(len(uncertain), "monte_carlo", 6, 5)
    found = draws.effects(economy, [scenario], uncertain, where)
    for x, row in zip(where, found, strict=True):
        moved = tuple(u.shock(float(v)) for u, v in zip(uncertain, x, strict=True))
        before = solve(economy, shocked(economy, Scenario("b", shocks=moved)))
        after = solve(economy, shocked(economy, Scenario("a", shocks=(*moved, *scenario.shocks))))
        assert row[0] == pytest.approx(welfare(before, after)["ev_percent"].to_numpy(), abs=SOLVED)


def test_a_point_without_a_solution_is_missing_and_leaves_the_others(monkeypatch):
    model = ready("stdcge")
    economy = compile_spec(model.spec)
    uncertain = [Uncertain("elasticity", 0.5, ARMINGTON)]
    whole = sensitivity(economy, model.scenarios[:1], uncertain)
    honest, calls = draws._Branch.solve, []
    failed = Status(StatusCode.STALLED, "not found")

    def failing(self, x, before):
        calls.append(x)
        found = honest(self, x, before)
        return replace(found, status=failed) if len(calls) == 2 else found  # the scenario at the first point

    monkeypatch.setattr(draws._Branch, "solve", failing)
    found = sensitivity(economy, model.scenarios[:1], uncertain)
    assert found["ev_percent"].isna().tolist() == [True] * 3 + [False] * 3
    assert found["ev_percent"][3:].to_numpy() == pytest.approx(whole["ev_percent"][3:].to_numpy(), abs=SOLVED)


def test_a_step_tells_which_assumption_matters():
    uncertain = [{"parameter": "elasticity", "spread": 0.5, "where": w} for w in (ARMINGTON, SALES)]
    for one in uncertain:
        one["where"] = {k: list(v) for k, v in one["where"].items()}
    options = Options(model="stdcge", scenarios=["tariffs"], uncertain=uncertain, sensitivity="sobol", draws=20)
    assert preflight(options, StepInputs({})) == []
    found = run(options, StepInputs({}), seed=2)
    frame = found.importance
    assert len(frame) == 3 * 2
    assert found.sensitivity["point"].nunique() == 16 * 4
    assert (frame["total_lower"] <= frame["total"]).all()
    assert (frame["total"] <= frame["total_upper"]).all()
    assert frame["assumption"].nunique() == 2
    assert "importance" in [b.name for s in found.sections() for b in s.blocks if hasattr(b, "name")]
    assert EquilibriumResult.from_bundle(found.to_bundle()).importance.equals(frame)
    assert unexplained(names_of(found), found.solutions) == []
    again = importance(
        found.baseline.economy, list(found.scenarios.values()), uncertain_of(options), found.sensitivity, 2
    )
    assert again.equals(frame)  # intervals are those of the seed
