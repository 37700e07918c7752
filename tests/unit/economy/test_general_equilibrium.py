"""Closures, inequalities, errors and equations of the general equilibrium engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from general_cases import numerical_jacobian, random_country

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.economy.general.accounts import accounts
from innospace.economy.general.closure import adjusting_transfer, fixed_transfer, unemployment
from innospace.economy.general.mcp import solve_complementarity
from innospace.economy.general.models import ready
from innospace.economy.general.models.open_economy import open_economy
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.spec import Condition, Instrument
from innospace.economy.general.text import equations, flows
from innospace.economy.general.trees import Flow, Nest
from innospace.economy.scenario import Scenario, Shock

EXACT = 1e-9
"""Solutions to residuals of 1e-11."""
DERIVATIVE = 1e-6
"""Central differences with steps of 1e-6."""
LESS_CAPITAL = Scenario("less", shocks=(Shock("endowment", "multiply", 0.8, {"commodity": ("CAP",)}),))


def _standard():
    return ready("stdcge").spec


def _shocked(spec, scenario=LESS_CAPITAL):
    economy = compile_spec(spec)
    return solve(economy, shocked(economy, scenario))


def test_a_wage_floor_leaves_labour_idle_and_matches_a_search_by_hand():
    spec = ready("splcge").spec.with_numeraire(("BRD", 1.0))
    found = _shocked(unemployment(spec, "LAB", rate=0.0))
    idle = found.instrument("unemployment.LAB")
    assert found.status.converged
    assert idle > 0.01
    # by hand: the labour endowment at which the flexible wage is just the floor
    low, high = 0.5, 1.0
    for _ in range(28):
        middle = 0.5 * (low + high)
        less = Shock("endowment", "multiply", middle, {"commodity": ("LAB",)})
        wage = _shocked(spec, Scenario("x", shocks=(*LESS_CAPITAL.shocks, less))).price("LAB")
        low, high = (middle, high) if wage > 1.0 else (low, middle)
    assert 1.0 - idle == pytest.approx(low, abs=1e-7)
    flexible = _shocked(spec, Scenario("none"))
    slack = solve(compile_spec(unemployment(spec, "LAB", rate=0.0)))
    assert slack.instrument("unemployment.LAB") == pytest.approx(0.0, abs=EXACT)
    assert slack.price("LAB") == pytest.approx(flexible.price("LAB"), abs=EXACT)


def test_a_wage_curve_holds_and_starts_at_the_benchmark():
    spec = unemployment(_standard().with_numeraire(("Q.BRD", 1.0)), "LAB", rate=0.05, elasticity=0.1)
    assert solve(compile_spec(spec)).iterations == 0
    found = _shocked(spec)
    rate = found.instrument("unemployment.LAB")
    assert found.price("LAB") / found.price("Q.BRD") == pytest.approx((rate / 0.05) ** -0.1, abs=EXACT)
    assert rate > 0.05


def test_capacity_earns_a_rent_only_where_it_binds():
    limit = Condition("level", "Z.BRD", 1.0)
    rent = Instrument("capacity", "rent", "Z.BRD", limit, bounded=True, collector="HOH")
    spec = replace(_standard(), instruments=(rent,))
    more = Scenario("more", shocks=(Shock("productivity", "multiply", 1.1, {"activity": ("Z.BRD",)}),))
    free = _shocked(_standard(), Scenario("more", shocks=(Shock("endowment", "multiply", 1.2),)))
    bound = _shocked(spec, Scenario("more", shocks=(Shock("endowment", "multiply", 1.2),)))
    assert free.level("Z.BRD") > 1.0
    assert bound.level("Z.BRD") == pytest.approx(1.0, abs=EXACT)
    assert bound.instrument("capacity") > 0.0
    matrix = accounts(bound).to_numpy()
    assert matrix.sum(axis=0) == pytest.approx(matrix.sum(axis=1), abs=1e-7)
    assert _shocked(spec, more).status.converged


def test_an_import_quota_binds():
    quota = Instrument("quota", "rent", "M.MLK", Condition("level", "M.MLK", 0.8), bounded=True, collector="GOV")
    found = solve(compile_spec(replace(_standard(), instruments=(quota,))))
    assert found.status.converged
    assert found.flow("M.MLK", "M.MLK") == pytest.approx(0.8 * 11.0, abs=EXACT)


def test_a_contradiction_is_no_equilibrium():
    """All factors together make less than five times the benchmark of one good."""
    subsidy = Instrument("subsidy", "rent", "Z.BRD", Condition("level", "Z.BRD", 5.0), collector="HOH")
    economy = compile_spec(replace(ready("splcge").spec, instruments=(subsidy,)))
    found = solve_complementarity(economy, economy.parameters.values, restarts=2)
    assert not found.status.converged
    assert "No equilibrium was found" in found.status.message


def test_derivatives_with_instruments_schedules_and_fixed_purchases():
    tax = Instrument("t", "tax", "tariff", Condition("flow", "HOH", 19.0, "Q.BRD"), 0.02)
    spec = ready("lrgcge").spec
    spec = unemployment(replace(spec, instruments=(tax,)), "LAB", rate=0.05, elasticity=0.1)
    household = replace(spec.agents[0], fixed=(Flow("Q.MLK", 3.0),))
    spec = replace(spec, agents=(household, *spec.agents[1:]))
    economy = compile_spec(spec)
    rng = np.random.default_rng(0)
    v = economy.benchmark * rng.uniform(0.9, 1.1, economy.layout.size) + rng.uniform(0.0, 0.05, economy.layout.size)
    _, jacobian = economy.evaluate(v, economy.parameters.values)
    numerical = numerical_jacobian(economy, v, economy.parameters.values)
    assert np.max(np.abs(jacobian.toarray() - numerical)) < DERIVATIVE


def test_savings_and_investment_by_name():
    given = fixed_transfer(_standard(), "private saving", 17.0)
    driven = adjusting_transfer(_standard(), "private saving", Condition("level", "INV", 1.0), 17.0)
    for spec in (given, driven):
        assert solve(compile_spec(spec)).iterations == 0
    assert _shocked(given).transfer("private saving") == pytest.approx(17.0, abs=EXACT)
    assert _shocked(driven).level("INV") == pytest.approx(1.0, abs=EXACT)


class TestErrors:
    def test_under_determined_names_the_unknown(self):
        spec = _standard()
        freed = spec.with_transfer(replace(spec.transfer("direct tax"), rule="free"))
        with pytest.raises(SpecError, match=r"Under-determined.*transfer\.direct tax"):
            compile_spec(freed)

    def test_over_determined_names_equation_and_unknown(self):
        moved = Instrument("x", "transfer", "direct tax", Condition("level", "GOV"))
        with pytest.raises(SpecError, match=r"Over-determined.*transfer\.direct tax") as caught:
            compile_spec(replace(_standard(), instruments=(moved,)))
        assert "equation 'transfer direct tax'" in caught.value.where

    def test_two_leftovers_of_one_budget(self):
        spec = _standard()
        rest = replace(spec.transfer("private saving"), rule="rest")
        with pytest.raises(SpecError, match="Over-determined"):
            compile_spec(spec.with_transfer(rest))

    def test_numeraire_and_price_condition(self):
        tax = Instrument("x", "tax", "tariff", Condition("price", "LAB"))
        with pytest.raises(SpecError, match="numeraire"):
            compile_spec(replace(_standard(), instruments=(tax,)))

    def test_elasticity_out_of_range(self):
        spec = _standard()
        work = spec.activities[0]
        bad = replace(work, inputs=replace(work.inputs, elasticity=-1.0))
        with pytest.raises(SpecError, match="elasticity of nest 'cost' is -1"):
            replace(spec, activities=(bad, *spec.activities[1:]))

    def test_unmatched_nest(self):
        spec = _standard()
        agent = replace(spec.agents[0], demand=Nest("consumption", 1.0, (Flow("Q.BRDD", 1.0),)))
        with pytest.raises(LabelError, match=r"Q\.BRDD"):
            replace(spec, agents=(agent, *spec.agents[1:]))

    def test_an_activity_that_does_not_break_even(self):
        spec = _standard()
        work = replace(spec.activities[0], tax=0.5)
        with pytest.raises(DataError, match="do not break even"):
            compile_spec(replace(spec, activities=(work, *spec.activities[1:])))

    def test_an_unbalanced_matrix(self):
        country = random_country(1)
        values = country.sam.values.copy()
        values.loc["g0", "HOH"] += 1.0
        with pytest.raises(DataError, match="not balanced"):
            open_economy("x", replace(country, sam=replace(country.sam, values=values)), "f0")

    def test_blocks_say_why_not(self):
        with pytest.raises(SpecError, match="several outputs"):
            solve(compile_spec(_standard()), route="block")


def test_every_unknown_has_an_equation_to_read():
    for name in ("stdcge", "lrgcge", "korcge", "scarf"):
        economy = compile_spec(ready(name).spec)
        read = equations(economy)
        assert [q.unknown for q in read] == list(economy.unknowns)
        assert all(q.text and q.latex for q in (*read, *flows(economy)))


def test_the_report_holds_values_and_margins():
    frame = solve(compile_spec(ready("scarf").spec)).to_frame().set_index(["kind", "name"])
    assert frame.loc[("level", "d2"), "value"] == 0.0
    assert frame.loc[("level", "d2"), "margin"] > 0.0
    assert frame.loc[("level", "d1"), "margin"] == pytest.approx(0.0, abs=EXACT)
