"""Effects by channel: what belongs where, adding up, and effects that have one channel only."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from explained import names_of, unexplained

from innospace.core.errors import SolverError
from innospace.core.inputs import StepInputs
from innospace.core.status import Status, StatusCode
from innospace.economy.general import channels
from innospace.economy.general.channels import CLOSED, by_channel, kinds_of
from innospace.economy.general.models import ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run
from innospace.economy.general.study_result import EquilibriumResult
from innospace.economy.general.welfare import welfare
from innospace.economy.scenario import Scenario, Shock

SUMS = 1e-7
"""Percent of spending: each part is solved to residuals of 1e-11."""


@pytest.fixture(scope="module")
def result():
    options = Options(model="stdcge", scenarios=["tariffs", "capital"], channels=True)
    assert preflight(options, StepInputs({})) == []
    return run(options, StepInputs({}))


def test_nests_belong_to_trade_production_or_demand():
    economy = compile_spec(ready("lrgcge").spec)
    kinds = dict(zip(economy.arrays.node_names, kinds_of(economy), strict=True))
    assert kinds["Q.BRD.mix"] == kinds["Z.MLK.sales"] == "trade"
    assert kinds["Z.BRD.factors"] == kinds["Z.BRD.cost"] == "production"
    assert kinds["HOH.consumption"] == kinds["INV.investment"] == "demand"
    closed = compile_spec(ready("splcge").spec)
    assert "trade" not in kinds_of(closed)


def test_rest_and_channels_add_up_to_the_effect(result):
    whole = result.welfare.set_index(["scenario", "agent"])["ev_percent"]
    summed = result.channels.groupby(["scenario", "agent"])["shapley"].sum()
    for pair in whole.index:
        assert summed[pair] == pytest.approx(whole[pair], abs=SUMS)
    assert [c.ok for c in result.checks if c.name == "channels"] == [True]
    # more capital is worth little where it cannot take the place of labour
    capital = result.channels.query("scenario == 'capital' and agent == 'HOH'").set_index("channel")["shapley"]
    assert capital["production"] > 0.5
    assert capital["production"] > abs(capital["demand"])


def test_the_rest_is_the_scenario_with_all_elasticities_small(result):
    economy = compile_spec(ready("stdcge").spec)
    small = Shock("elasticity", "multiply", CLOSED)
    before = solve(economy, shocked(economy, Scenario("b", shocks=(small,))))
    tariffs = ready("stdcge").scenarios[0].shocks
    after = solve(economy, shocked(economy, Scenario("a", shocks=(small, *tariffs))))
    by_hand = welfare(before, after).set_index("agent")["ev_percent"]
    rest = result.channels.query("scenario == 'tariffs' and channel == 'rest'").set_index("agent")["shapley"]
    assert rest.to_dict() == pytest.approx(by_hand.to_dict(), abs=SUMS)


def test_channels_are_stored_shown_and_explained(result):
    assert EquilibriumResult.from_bundle(result.to_bundle()).channels.equals(result.channels)
    assert list(result.table("channels").frame["channel"].unique()) == ["rest", "trade", "production", "demand"]
    assert "channels" in [b.name for s in result.sections() for b in s.blocks if hasattr(b, "name")]
    assert unexplained(names_of(result), result.solutions) == []


def test_closed_channels_without_an_equilibrium_are_named(monkeypatch):
    model = ready("stdcge")
    failed = Status(StatusCode.STALLED, "not found")
    monkeypatch.setattr(channels, "solve", lambda *a, **k: replace(solve(*a, **k), status=failed))
    with pytest.raises(SolverError, match="no solution with closed channels: trade, production, demand"):
        by_channel(compile_spec(model.spec), model.scenarios[0])
