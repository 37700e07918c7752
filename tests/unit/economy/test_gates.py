"""Gates: they hold for the sample, and each fails when it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from economy_cases import EFFICIENCY, INNOVATION, model, option, path, sample, shock

from innospace.core.status import StatusCode
from innospace.data.sam import SAM
from innospace.economy import KnowledgeModel, KnowledgeSpec
from innospace.economy.models.knowledge.gates import base_year, explosion, failure_text, neutrality, scenario_gates
from innospace.economy.models.knowledge.model import EXCESS
from innospace.economy.models.knowledge.solve import solve

KINDS = ("years_solved", "accounts_balance", "walras", "nothing_negative", "authorities_budget", "market_part")


def gate(m, found, kind):
    return next(c for c in scenario_gates(m, "x", found) if c.name == f"x.{kind}")


def test_all_gates_hold_for_the_options():
    m = model(last_year=2015)
    result = solve(m, [option("option-1"), option("option-4")])
    assert all(c.ok for c in result.checks), [c.name for c in result.checks if not c.ok]
    names = {c.name for c in result.checks}
    assert {"base_year_replication", "no_explosion", "homogeneity", "money_neutrality"} <= names
    for scenario in ("baseline", "option-1", "option-4"):
        assert {f"{scenario}.{kind}" for kind in (*KINDS, "solvers_agree")} <= names
    assert all(c.meaning.endswith(".") for c in result.checks)


def test_failed_years_fail_their_gate_with_a_remedy():
    m, found = model("fixed_share"), path("option-1", supply="fixed_share")
    check = gate(m, found, "years_solved")
    assert not check.ok
    assert check.value == len(found.years) < 19
    assert f"No solution in {found.years[-1] + 1}" in check.remedy
    assert "the authorities" in check.remedy
    assert "smaller" in check.remedy


def test_an_unbalanced_account_fails():
    m, found = model(), path()
    moved = found.reported.copy()
    moved[3, m.system.reported.index("l1|act.innovation")] += 1.0
    check = gate(m, replace(found, reported=moved), "accounts_balance")
    assert not check.ok
    assert check.value == pytest.approx(1.0 / found.levels[3, m.system.position["GRP"]], rel=1e-3)


def test_excess_demand_fails():
    m, found = model(), path()
    moved = found.reported.copy()
    moved[-1, m.system.reported.index(EXCESS)] = 1.0
    assert not gate(m, replace(found, reported=moved), "walras").ok
    assert gate(m, found, "walras").ok


@pytest.mark.parametrize(
    ("name", "ok"), [("Dep.households", False), ("Tsoc.innovation", False), ("Tprof.innovation", True)]
)
def test_negative_numbers_fail_but_for_losses(name, ok):
    m, found = model(), path()
    moved = found.levels.copy()
    moved[2, m.system.position[name]] = -1.0
    assert gate(m, replace(found, levels=moved), "nothing_negative").ok is ok


@pytest.mark.parametrize(
    ("kind", "name"), [("authorities_budget", "lam.authorities"), ("market_part", f"V.{INNOVATION}")]
)
def test_low_budgets_and_market_parts_fail_and_name_the_year(kind, name):
    m, found = model(), path()
    moved = found.levels.copy()
    moved[5, m.system.position[name]] *= 1e-3
    check = gate(m, replace(found, levels=moved), kind)
    assert not check.ok
    assert "2017" in check.meaning + check.remedy


def test_coefficients_that_explode_fail_for_cumulative_stocks_only():
    high = {"science_education": 0.001, INNOVATION: 0.05, "other_industries": 0.001}
    m = model().with_spec(KnowledgeSpec(EFFICIENCY, gamma=high))
    check = explosion(m)
    assert not check.ok
    assert check.value == pytest.approx(18 * (0.05 + 0.004 + 0.002))
    assert "innovation sector" in check.meaning
    other = KnowledgeModel(*sample(), KnowledgeSpec(EFFICIENCY, gamma=high), model(stock="lag").closure)
    assert explosion(other).ok


def test_a_matrix_of_another_region_fails_base_year_replication():
    """Balanced, but a producer's surplus does not reach its own budget."""
    sam, inputs = sample()
    v = sam.values.copy()
    for i, amount in (("innovation", 100.0), ("other_industries", -100.0)):
        v.loc[f"budget.{i}", "capital"] += amount
        v.loc["households", f"budget.{i}"] += amount
    m = KnowledgeModel(SAM(v, sam.unit, sam.year, sam.source), inputs, KnowledgeSpec(EFFICIENCY), last_year=2013)
    check = base_year(m)
    assert not check.ok
    assert "B.innovation" in check.meaning


def test_money_that_matters_fails():
    m, found = model(last_year=2014), path(last_year=2014)
    assert neutrality(m, found, 10.0, "homogeneity").ok
    moved = found.levels.copy()
    moved[1, m.system.position["Y.innovation"]] *= 1.0 + 1e-6
    assert neutrality(m, replace(found, levels=moved), 10.0, "homogeneity").value == pytest.approx(1e-6, rel=1e-3)


def test_the_base_year_itself_may_fail():
    """Then there is one gate, and a text; nothing breaks."""
    m, found = model(), path()
    none = replace(
        found,
        years=(),
        levels=found.levels[:0],
        parameters=found.parameters[:0],
        reported=found.reported[:0],
        iterations=(),
        failure=replace(path("option-1", supply="fixed_share").failure, code=StatusCode.SINGULAR),
    )
    (check,) = scenario_gates(m, "x", none)
    assert not check.ok
    assert "the base year" in failure_text(m, none)[0]
    assert "baseline itself" in failure_text(m, none)[1]


def test_a_solved_path_has_no_failure_text():
    assert failure_text(model(), path()) == ("", "")


def test_failed_scenarios_are_named_by_the_status_with_the_feasible_part():
    m = model("fixed_share", last_year=2026)
    result = solve(m, [shock("norm", "multiply", 5.0, product=("rf", "zf"))])
    assert not result.status.converged
    assert result.status.message.startswith("norm: No solution in 20")
    assert "misses by" in result.status.message
    assert "% of its shocks have a solution" in result.status.message
    assert "smaller" in result.status.remedy
    assert 0.0 < result.feasible["norm"] < 0.5
    assert np.isnan(result.growth["norm"])
    assert result.growth["baseline"] > 0.0
