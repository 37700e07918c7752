"""Scenarios under several closures: what each holds is held, and names that do not fit are told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from explained import names_of, unexplained

from innospace.core.errors import LabelError
from innospace.core.inputs import StepInputs
from innospace.economy.general.closure import keeping_transfer
from innospace.economy.general.models import ready
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run, solve_scenarios
from innospace.economy.general.study_result import EquilibriumResult

HELD = 1e-8
"""Percent: conditions hold to 1e-10 of their size."""
NOTHING = StepInputs({})
CLOSURES = [
    {"name": "saving follows", "adjusting_transfers": {"private saving": "INV"}},
    {"name": "ставки налога", "adjusting_transfers": {"direct tax": "GOV"}},
    {"name": "other money", "numeraire": "Q.BRD"},
    {"name": "idle labour", "numeraire": "Q.BRD", "unemployment": [{"commodity": "LAB", "rate": 0.05}]},
]


@pytest.fixture(scope="module")
def result():
    options = Options(model="stdcge", scenarios=["tariffs"], closures=CLOSURES)
    assert preflight(options, NOTHING) == []
    return run(options, NOTHING)


def effects(result):
    return result.closures.set_index(["closure", "measure", "name"])["value"]


def test_a_closure_holds_what_it_says(result):
    found = effects(result)
    assert abs(found["saving follows", "ev_percent", "INV"]) < HELD
    assert abs(found["ставки налога", "ev_percent", "GOV"]) < HELD
    assert found["ставки налога", "ev_percent", "HOH"] < found["as chosen", "ev_percent", "HOH"]
    # idle labour is drawn in: the product grows more than with full employment
    assert found["idle labour", "real_product", "product"] > found["as chosen", "real_product", "product"] + 1.0
    assert [c.ok for c in result.checks if c.name == "closures"] == [True]


def test_another_numeraire_changes_nothing_real_and_the_own_closure_is_the_result(result):
    found = effects(result)
    own = result.welfare.set_index("agent")["ev_percent"]
    for agent in own.index:
        assert found["as chosen", "ev_percent", agent] == pytest.approx(own[agent], abs=HELD)
    for row in ("real_product", "product"), ("real_reward", "CAP"):
        assert found["other money", *row] == pytest.approx(found["as chosen", *row], abs=HELD)


def test_a_closure_is_the_model_that_is_written_by_hand(result):
    spec = keeping_transfer(ready("stdcge").spec, "private saving", "INV")
    economy = compile_spec(spec)
    assert solve(economy).iterations == 0  # the benchmark is still a solution
    again = solve_scenarios(economy, ready("stdcge").scenarios[:1])
    by_hand = again.welfare.set_index("agent")["ev_percent"]["HOH"]
    assert effects(result)["saving follows", "ev_percent", "HOH"] == pytest.approx(by_hand, abs=HELD)


def test_closures_are_stored_shown_and_explained(result):
    again = EquilibriumResult.from_bundle(result.to_bundle())
    assert again.closures.equals(result.closures)
    table = result.table("closures")
    assert [c.heading for c in table.columns][3:] == ["as chosen", *(c["name"] for c in CLOSURES)]
    assert len(table.display()) == 3 + 1 + 2
    assert "closures" in [f.name for f in result.plot.all()]
    assert unexplained(names_of(result), result.solutions) == []
    with pytest.raises(LabelError, match="Unknown scenario"):
        result.plot.closures("tarifs")


@pytest.mark.parametrize(
    ("closures", "told"),
    [
        ([{"name": "a", "adjusting_transfers": {"private savings": "INV"}}], "'private savings'"),
        ([{"name": "a", "adjusting_transfers": {"private saving": "INVEST"}}], "'INVEST'"),
        ([{"name": "a", "numeraire": "GOLD"}], "'GOLD'"),
        ([{"name": "a"}, {"name": "a"}], "names that are taken: 'a'"),
        ([{"name": "as chosen"}], "'as chosen'"),
        (
            [{"name": "a", "adjusting_transfers": {"private saving": "INV", "direct tax": "INV"}}],
            "see to the same condition",
        ),
    ],
    ids=["transfer", "agent", "numeraire", "twice", "own", "same"],
)
def test_what_does_not_fit_is_told_before_anything_is_solved(closures, told):
    found = preflight(Options(model="stdcge", closures=closures), NOTHING)
    assert any(told in str(error) for error in found)


def test_there_is_no_chart_without_closures(result):
    alone = solve_scenarios(result.baseline.economy, ())
    with pytest.raises(LabelError, match="No closures"):
        alone.plot.closures()
