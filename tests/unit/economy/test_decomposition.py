"""Effects by shock: against all orders one by one, sums, and scenarios that cannot be taken apart."""

from __future__ import annotations

import itertools
from dataclasses import replace

import economy_cases as cases
import economy_results
import numpy as np
import pytest

from innospace.core.errors import LabelError, SolverError, SpecError
from innospace.economy import Scenario, Shock
from innospace.economy.models.knowledge.decomposition import (
    MOST_SHAPLEY,
    decompose,
    shapley,
)

NORM = Shock("norm", "multiply", 1.1, {"product": ("rf",)})
RELIEF = Shock("tax_relief", "set", 0.2, {"agent": ("innovation",)})
BETTER = Shock("efficiency", "set", 0.8)


@pytest.fixture(scope="module")
def solved():
    """Three shocks, one, seven, and shares that close only together; three years."""
    half = [Shock("budget_share", "set", v, {"agent": ("households",), "item": (i,)}) for i, v in _shares().items()]
    return cases.bare_result(
        cases.model(last_year=2015),
        Scenario("вместе", shocks=(NORM, RELIEF, BETTER)),
        Scenario("one", shocks=(BETTER,)),
        Scenario("seven", shocks=(NORM,) * 7),
        Scenario("whole-budget", shocks=tuple(half)),
    )


def _shares():
    m = cases.model(last_year=2015)
    p = dict(zip(m.system.inputs, m.base_p, strict=True))
    found = {i: float(p[f"budget_share.households.{i}"]) for i in ("c1", "r1", "outside", "deposits")}
    found["c1"], found["deposits"] = found["c1"] - 0.01, found["deposits"] + 0.01
    return found


def test_contributions_add_up_to_the_effect_of_the_result(solved):
    found = decompose(solved, "вместе")
    assert all(c.ok for c in found.checks)
    assert found.solved == 7
    assert found.whole[0] == pytest.approx(solved.effects.loc["вместе", "effect_points"], abs=1e-10)
    real = solved.real_grp("вместе")[-1] / solved.real_grp("baseline")[-1]
    assert found.whole[1] == pytest.approx(100 * (real - 1), abs=1e-10)
    assert np.allclose(found.in_turn.sum(axis=0), found.whole, atol=1e-12, rtol=0)
    assert np.allclose(found.shapley.sum(axis=0), found.whole, atol=1e-12, rtol=0)
    assert np.abs(found.shapley - found.in_turn).max() > 1e-6


def test_shapley_is_the_mean_over_all_orders_written_out(solved):
    names, base = (NORM, RELIEF, BETTER), cases.growth(solved.model)
    grown = {}
    for size in range(4):
        for part in itertools.combinations(range(3), size):
            grown[part] = cases.growth(solved.model, Scenario("p", shocks=tuple(names[i] for i in part))) - base
    expected = np.zeros(3)
    for order in itertools.permutations(range(3)):
        for n, i in enumerate(order):
            expected[i] += (grown[tuple(sorted(order[: n + 1]))] - grown[tuple(sorted(order[:n]))]) / 6
    found = decompose(solved, "вместе")
    assert np.allclose(found.shapley[:, 0], expected, atol=1e-9, rtol=0)
    assert np.allclose(found.alone[:, 0], [grown[(i,)] for i in range(3)], atol=1e-9, rtol=0)


def test_shapley_of_a_known_game():
    # a pair earns 1 together and nothing alone; the third member adds 2 whoever is there
    parts = [p for size in range(4) for p in itertools.combinations(range(3), size)]
    game = {p: np.array([1.0 * ({0, 1} <= set(p)) + 2.0 * (2 in p)]) for p in parts}
    assert np.allclose(shapley(game, 3)[:, 0], [0.5, 0.5, 2.0])


def test_one_shock_is_the_whole_effect(solved):
    found = decompose(solved, "one")
    assert np.array_equal(found.in_turn[0], found.whole)
    assert np.array_equal(found.shapley[0], found.whole)


def test_many_shocks_are_taken_in_turn_only(solved):
    found = decompose(solved, "seven")
    assert len(found.in_turn) == 7 > MOST_SHAPLEY
    assert found.shapley is None
    assert found.solved == 7
    assert "7 shocks" in found.findings()[-1]
    assert "shapley" not in "".join(c.key for c in found.table().columns)
    assert found.to_frame()["shapley_growth"].isna().all()


def test_a_part_without_a_solution_leaves_shapley_out(solved, monkeypatch):
    from innospace.economy.models.knowledge import decomposition

    real = decomposition.solve_path

    def fails(model, scenario):
        path = real(model, scenario)
        return path if NORM in scenario.shocks else replace(path, years=path.years[:1], failure=object())

    monkeypatch.setattr(decomposition, "solve_path", fails)
    found = decompose(solved, "вместе")
    assert found.shapley is None
    assert "shock 2 alone" in found.reason
    assert "2013" in found.reason


def test_shares_of_a_whole_budget_add_up_too(solved):
    found = decompose(solved, "whole-budget")
    assert found.shapley is not None
    assert all(c.ok for c in found.checks)


def test_a_part_in_the_order_given_without_a_solution_is_an_error(solved, monkeypatch):
    from innospace.economy.models.knowledge import decomposition

    real = decomposition.solve_path
    monkeypatch.setattr(decomposition, "solve_path", lambda m, s: replace(real(m, s), years=(2012,), failure=object()))
    with pytest.raises(SolverError, match="2013 with shock 1 of 'вместе' only"):
        decompose(solved, "вместе")


def test_progress_is_told_up_to_the_end(solved):
    told = []
    decompose(solved, "вместе", progress=lambda text, done: told.append((text, done)))
    fractions = [done for _, done in told]
    assert fractions == sorted(fractions)
    assert told[-1] == ("Done", 1.0)
    assert "shocks 1, 2" in told[1][0]


def test_what_cannot_be_taken_apart(solved):
    with pytest.raises(SpecError, match="no shocks") as error:
        decompose(solved, "baseline")
    assert "вместе" in error.value.allowed
    with pytest.raises(LabelError, match="Unknown scenario"):
        decompose(solved, "nothing")
    with pytest.raises(SolverError, match="no solution after 2016"):
        decompose(economy_results.failing(), "option-1")
