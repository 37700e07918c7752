"""The second solver: iterative recalculation reaches the same numbers as Newton in every year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from economy_cases import SCIENCE, levels, model, path

from innospace.core.status import StatusCode
from innospace.economy.models.knowledge.gates import scenario_gates, solvers_agree
from innospace.economy.models.knowledge.recalculation import TOLERANCE, recalculate

AGREE = 1e-8
"""Relative difference of two solvers, one of which stops when nothing moves by more than 1e-12."""
NAMES = ("baseline", "option-1", "option-2", "option-3", "option-4")
RULES = {
    "default": {},
    "fixed_share": {"supply": "fixed_share"},
    "fixed_money": {"supply": "fixed_money"},
    "lag": {"stock": "lag"},
    "perpetual_inventory": {"stock": "perpetual_inventory"},
    "deposit": {"relief": "deposit"},
}
SWINGING = (("perpetual_inventory", "option-2"), ("fixed_money", "option-2"))
LEAST_LEFT = 0.067
"""Part of the output of science and education left for markets below which recalculation swings: a swing of output is
then one of fifteen times its size in what is sold on markets. Newton's method does not care."""
CASES = [(rule, name) for rule in RULES for name in NAMES]


@pytest.mark.parametrize(("rule", "name"), CASES)
def test_two_solvers_agree_in_every_year(rule, name):
    """Also in the years before one that has no solution (options 1 and 4 at fixed shares)."""
    m, found = model(**RULES[rule]), path(name, **RULES[rule])
    assert (found.failure is not None) == (rule == "fixed_share" and name in ("option-1", "option-4"))
    left = levels(m, found, f"V.{SCIENCE}") / levels(m, found, f"Y.{SCIENCE}")
    money = levels(m, found, "GRP")
    if (rule, name) in SWINGING:
        assert left.min() < LEAST_LEFT
    years = 1 + np.flatnonzero(left[1:] >= LEAST_LEFT)
    again = recalculate(m.system, m.closure, found.parameters[years], found.levels[years - 1])
    for t, code, solved in zip(years, again.codes, again.levels, strict=True):
        assert code is StatusCode.CONVERGED, found.years[t]
        scale = np.where(m.system.positive, np.abs(found.levels[t]), money[t])
        gap = np.abs(solved - found.levels[t]) / scale
        assert gap.max() < AGREE, (found.years[t], m.system.unknowns[int(gap.argmax())])


def test_a_gate_says_when_recalculation_does_not_settle():
    """In option 2 at fixed money, 0.5 % of the output of science and education is left for markets."""
    m, found = model("fixed_money"), path("option-2", supply="fixed_money")
    (check,) = solvers_agree(m, {"option-2": found})
    assert not check.ok
    assert "did not settle in 2013" in check.meaning
    assert not next(c for c in scenario_gates(m, "x", found) if c.name == "x.market_part").ok


def test_the_start_does_not_matter():
    m, found = model(), path("option-4")
    again = recalculate(m.system, m.closure, found.parameters[[-1]], found.levels[[0]])
    np.testing.assert_allclose(again.levels, found.levels[[-1]], rtol=AGREE, atol=AGREE)


def test_a_case_does_not_know_of_the_others():
    """Cases of one stack end with what each has alone: one settles soon, one starts again, one runs out of steps."""
    m, found = model(), path("option-4")
    p, start = found.parameters[1:4], found.levels[[0, 0, 0]].copy()
    start[1, m.system.position["P.r1"]] *= 1e3
    stack = recalculate(m.system, m.closure, p, start, max_steps=450)
    for j in range(3):
        alone = recalculate(m.system, m.closure, p[[j]], start[[j]], max_steps=450)
        assert alone.codes == stack.codes[j : j + 1]
        assert alone.steps[0] == stack.steps[j]
        np.testing.assert_allclose(alone.levels[0], stack.levels[j], rtol=1e-12)
    assert len(set(stack.steps)) > 1


@pytest.mark.parametrize("theta", [0.1, 0.3, 0.5])
def test_the_step_changes_speed_only(theta):
    m, found = model(), path("option-4")
    again = recalculate(m.system, m.closure, found.parameters[[1]], found.levels[[0]], theta=theta)
    assert again.moves[0] <= TOLERANCE
    assert again.steps[0] < 150 / theta
    np.testing.assert_allclose(again.levels, found.levels[[1]], rtol=AGREE, atol=AGREE)


def test_steps_that_overshoot_start_again_smaller():
    m, found = model(), path("option-4")
    again = recalculate(m.system, m.closure, found.parameters[[1]], found.levels[[0]], theta=3.0)
    assert again.codes == (StatusCode.CONVERGED,)
    np.testing.assert_allclose(again.levels, found.levels[[1]], rtol=AGREE, atol=AGREE)


def test_too_few_steps_are_a_status():
    m, found = model(), path("option-4")
    again = recalculate(m.system, m.closure, found.parameters[[1]], found.levels[[0]], max_steps=5)
    assert again.codes == (StatusCode.MAX_ITERATIONS,)
    assert again.steps[0] == 5
    assert again.moves[0] > TOLERANCE


def test_a_difference_fails_the_gate():
    m, found = model(last_year=2014), path("option-3", last_year=2014)
    assert solvers_agree(m, {"x": found})[0].ok
    moved = found.levels.copy()
    moved[2, m.system.position["P.r1"]] *= 1.0 + 1e-6
    (check,) = solvers_agree(m, {"x": replace(found, levels=moved)})
    assert not check.ok
    assert check.value == pytest.approx(1e-6, rel=1e-3)
    assert "2014" in check.meaning
