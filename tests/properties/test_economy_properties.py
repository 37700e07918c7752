"""What holds for any scenario and any assumptions: accounts balance, markets clear, units and money do not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from economy_cases import DEPRECIATION, EFFICIENCY, INNOVATION, OTHER, SCIENCE, bare_result, levels, model, sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innospace.core.errors import SpecError
from innospace.data.sam import SAM
from innospace.economy import KnowledgeModel, KnowledgeSpec, Scenario, Shock
from innospace.economy.growth import tornqvist
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.families import PARAMETERS

BALANCED = 1e-9
"""Of gross regional product."""
SAME = 1e-8
"""Relative: two solutions to 1e-11 of the size of an equation, carried over four years."""
CALM = settings(max_examples=7, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LEVERS = (
    "norm",
    "social_tax_rate",
    "profit_tax_rate",
    "vat_rate",
    "public_wage_ratio",
    "wage_relativity",
    "money_supply",
)
LAST = 2015


@st.composite
def scenarios(draw):
    """Some levers times 0.8 to 1.25 in some years, some shares of producers times 0.7 to 1.4."""
    shocks = []
    for name in draw(st.lists(st.sampled_from(LEVERS), max_size=3, unique=True)):
        first = draw(st.integers(2013, LAST))
        years = (first, draw(st.integers(first, LAST)))
        shocks.append(Shock(name, "multiply", draw(st.floats(0.8, 1.25)), {}, years))
    agent = draw(st.sampled_from(k.PRODUCERS))
    items = draw(st.lists(st.sampled_from(("i1", "n1", "r1", "z1", "deposits")), max_size=3, unique=True))
    if items:
        shocks.append(
            Shock("budget_share", "multiply", draw(st.floats(0.7, 1.4)), {"agent": (agent,), "item": tuple(items)})
        )
    shocks.append(Shock("tax_relief", "set", draw(st.floats(0.0, 0.5)), {"agent": (SCIENCE, INNOVATION)}))
    return Scenario("drawn", shocks=tuple(shocks))


@CALM
@given(scenarios(), st.sampled_from(("state_order", "fixed_share", "fixed_money")))
def test_accounts_balance_and_the_market_left_out_clears(scenario, supply):
    m = model(supply, last_year=LAST)
    result = bare_result(m, scenario)
    found = result.paths["drawn"]
    if found.failure is not None:
        assert found.failure.worst
    for year in found.years:
        v = result.accounts("drawn", year).to_numpy()
        nominal = levels(m, found, "GRP")[found.years.index(year)]
        assert np.abs(v.sum(axis=0) - v.sum(axis=1)).max() < BALANCED * nominal
    gap = levels(m, found, "P.c1") * (levels(m, found, "DD.c1") - levels(m, found, "S.c1"))
    assert np.abs(gap / levels(m, found, "GRP")).max() < BALANCED
    assert (found.levels[:, m.system.positive] > 0.0).all()


@CALM
@given(scenarios(), st.floats(0.01, 20.0))
def test_units_of_money_do_not_matter(scenario, money):
    m = model(last_year=LAST)
    plain, scaled = solve_path(m, scenario), solve_path(m, scenario, money=money)
    real = m.system.positive & (m.system.degree == 0.0)
    assert len(plain.years) == len(scaled.years)
    np.testing.assert_allclose(scaled.levels[:, real], plain.levels[:, real], rtol=SAME)


@CALM
@given(st.floats(0.01, 50.0))
def test_size_of_the_region_does_not_matter(factor):
    sam, inputs = sample()
    kept = replace(
        inputs,
        persons={key: factor * n for key, n in inputs.persons.items()},
        capital_before={i: factor * v for i, v in inputs.capital_before.items()},
        capital={i: factor * v for i, v in inputs.capital.items()},
    )
    own = SAM(sam.values * factor, sam.unit, sam.year, sam.source)
    m, plain = (
        KnowledgeModel(own, kept, KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION), last_year=LAST),
        model(last_year=LAST),
    )
    found, expected = solve_path(m), solve_path(plain)
    assert found.iterations[0] == 0
    for name in (f"Y.{INNOVATION}", f"D.{OTHER}.i1", "B.households"):
        np.testing.assert_allclose(levels(m, found, name), factor * levels(plain, expected, name), rtol=SAME)
    np.testing.assert_allclose(levels(m, found, "P.z1"), levels(plain, expected, "P.z1"), rtol=SAME)


@CALM
@given(
    st.floats(0.05, 1.0),
    st.floats(0.0, 5.0),
    st.floats(0.2, 0.9) | st.floats(1.1, 5.0),
    st.floats(1.0, 50.0),
    st.floats(0.0, 0.3),
)
def test_any_assumptions_replicate_the_base_year(efficiency, transformation, substitution, elasticity, depreciation):
    spec = KnowledgeSpec(
        efficiency,
        transformation=transformation,
        substitution=substitution,
        export_elasticity=elasticity,
        depreciation=depreciation,
    )
    m = KnowledgeModel(*sample(), spec, last_year=2013)
    assert solve_path(m).iterations[0] == 0


@CALM
@given(scenarios())
def test_budget_shares_sum_to_one(scenario):
    m = model(last_year=LAST)
    paths = m.paths(scenario)
    for agent, items in k.ITEMS.items():
        columns = [m.system.input_position[f"budget_share.{agent}.{item}"] for item in items]
        np.testing.assert_allclose(paths[:, columns].sum(axis=1), 1.0, rtol=BALANCED)


@CALM
@given(scenarios())
def test_scenarios_survive_plain_types(scenario):
    assert Scenario.from_dict(scenario.to_dict()) == scenario


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from([f for f in PARAMETERS if f.role == "lever"]), st.floats(allow_nan=False, allow_infinity=False))
def test_values_outside_of_the_range_are_refused_and_inside_taken(family, value):
    m = model(last_year=LAST)
    given_ = Scenario("x", shocks=(Shock(family.name, "set", value),))
    inside = bool(family.range.holds(np.array([value])).all())
    try:
        m.paths(given_)
    except SpecError as error:
        text = str(error)
        assert not inside or "Budget shares" in text or "no effect" in text
    else:
        assert inside


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)), min_size=2, max_size=8), st.floats(0.1, 10.0))
def test_index_lies_between_growth_of_parts_and_ignores_units(pairs, unit):
    quantities = np.array(pairs)
    index = tornqvist(quantities, quantities)
    steps, parts = np.diff(np.log(index)), np.diff(np.log(quantities), axis=0)
    assert (steps <= parts.max(axis=1) + 1e-12).all()
    assert (steps >= parts.min(axis=1) - 1e-12).all()
    assert tornqvist(unit * quantities, quantities) == pytest.approx(index)
