"""The economy as a step of a study: options, problems found before solving, links, scenarios."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import levels
from pydantic import ValidationError

from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.core.provenance import Provenance
from innospace.data import load_sample
from innospace.economy import step
from innospace.economy.step import Options, preflight, run

NAN = float("nan")
SCENARIO = {
    "name": "more",
    "shock": [{"parameter": "norm", "op": "multiply", "value": 1.1, "where": {"product": "rf"}}],
}


def inputs(*scenarios, links=None, sam=False):
    tables = {"controls": load_sample("bashkortostan-2012-controls")}
    if sam:
        tables["sam"] = load_sample("bashkortostan-2012-sam")
    return StepInputs(tables, links or {}, scenarios)


def linked(value=0.72):
    return {"efficiency": LinkedValue(value, 0.6, 0.8, "fraction", "frontier.technical_efficiency (X, 2012)")}


def test_a_sound_step_has_no_problems():
    assert preflight(Options(efficiency=0.7), inputs(SCENARIO)) == []
    assert preflight(Options(), inputs(SCENARIO, links=linked(NAN))) == []


def test_it_solves_what_it_is_asked_for():
    options = Options(years=[2012, 2015], efficiency=0.7, scenarios=["more", "option-3", "more"])
    result = run(options, inputs(SCENARIO), seed=3)
    assert list(result.paths) == ["baseline", "more", "option-3"]
    assert result.years == (2012, 2013, 2014, 2015)
    assert result.provenance.seed == 3
    assert isinstance(result.provenance, Provenance)
    assert result.efficiency.origin == "given in the study"
    assert all(c.ok for c in result.checks)


def test_all_scenarios_are_solved_when_none_is_named():
    result = run(Options(years=[2012, 2013], efficiency=0.7), inputs(SCENARIO))
    assert list(result.paths) == ["baseline", "option-1", "option-2", "option-3", "option-4", "more"]


def test_a_linked_efficiency_is_used_and_named():
    result = run(Options(years=[2012, 2013], scenarios=[]), inputs(links=linked()))
    assert result.model.spec.efficiency == 0.72
    assert result.efficiency.origin.startswith("frontier.")
    assert list(result.paths) == ["baseline"]


def test_a_matrix_of_its_own_gives_the_same():
    options = Options(years=[2012, 2014], efficiency=0.7, scenarios=[])
    built, given = run(options, inputs()), run(options, inputs(sam=True))
    assert [s.name for s in given.provenance.sources] == ["bashkortostan-2012-sam", "bashkortostan-2012-controls"]
    np.testing.assert_allclose(built.paths["baseline"].levels, given.paths["baseline"].levels, rtol=1e-6)


def test_assumptions_and_rules_reach_the_model():
    options = Options.model_validate(
        {
            "years": [2012, 2014],
            "efficiency": 0.7,
            "scenarios": [],
            "assumptions": {"export_elasticity": "infinite", "money_growth": 0.0},
            "closure": {"set_price_supply": "fixed_share", "knowledge": "lag"},
        }
    )
    result = run(options, inputs())
    assert result.model.closure.set_price_supply == "fixed_share"
    assert result.model.spec.export_elasticity == float("inf")
    assert levels(result.model, result.paths["baseline"], "GRP")[2] == pytest.approx(
        result.values("baseline", "GRP")[0]
    )


@pytest.mark.parametrize(
    ("options", "links", "words"),
    [
        ({}, {}, "is missing"),
        ({"efficiency": 0.7}, linked(), "both linked and given"),
        ({"efficiency": 0.7, "years": [2011, 2030]}, {}, "the controls are of 2012"),
        ({"efficiency": 0.7, "years": [2012, 2012]}, {}, "not after the base year"),
        ({"efficiency": 0.7, "scenarios": ["option-5"]}, {}, "Did you mean 'option-"),
        ({"efficiency": 0.7, "assumptions": {"substitution": 1.0}}, {}, "Use 1.001"),
        ({"efficiency": 0.7, "assumptions": {"alpha": {"inovation": 0.1}}}, {}, "Did you mean 'innovation'"),
    ],
)
def test_problems_are_found_without_solving(monkeypatch, options, links, words):
    monkeypatch.setattr("innospace.economy.solve.solve_year", lambda *a, **k: pytest.fail("solved"))
    given = Options.model_validate(options)
    found = preflight(given, inputs(links=links))
    assert len(found) == 1
    assert words in str(found[0])
    with pytest.raises(InnospaceError) as caught:
        run(given, inputs(links=links))
    assert str(caught.value) == str(found[0])


def test_all_problems_are_found_at_once():
    bad = [
        {"name": "a", "shock": [{"parameter": "norms", "op": "set", "value": 1.0}]},
        {"name": "b", "shock": [{"parameter": "vat_rate", "op": "set", "value": 18}]},
    ]
    given = Options.model_validate({"scenarios": ["a", "b"]})
    found = [str(e) for e in preflight(given, inputs(*bad))]
    assert len(found) == 3
    assert any("is missing" in e for e in found)
    assert any("Did you mean 'norm'" in e for e in found)
    assert any("not as percent" in e for e in found)
    broken = [{"name": "a", "shock": [{"parameter": "norm", "op": "set", "value": "much"}]}, {"name": "b", "shock": 3}]
    assert len(preflight(Options(efficiency=0.7), inputs(*broken))) == 2


@pytest.mark.parametrize("name", ["baseline", "option-1"])
def test_names_that_are_taken_are_refused(name):
    (found,) = preflight(Options(efficiency=0.7), inputs({**SCENARIO, "name": name}))
    assert isinstance(found, SpecError)
    assert f"taken: {name!r}" in str(found)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"efficiency": 0.0}, "efficiency"),
        ({"efficiency": 1.5}, "efficiency"),
        ({"years": [2012]}, "years"),
        ({"years": [2012, 2020, 2030]}, "years"),
        ({"years": ["2012", "2030"]}, "years"),
        ({"closure": {"knowledge": "sum"}}, "knowledge"),
        ({"closure": {"supply": "sum"}}, "supply"),
        ({"assumptions": {"sigma": 2.0}}, "sigma"),
        ({"model": "other"}, "model"),
        ({"solver": "newton"}, "solver"),
    ],
)
def test_options_of_the_wrong_kind(options, place):
    with pytest.raises(ValidationError) as caught:
        Options.model_validate(options)
    assert place in str(caught.value)


def test_what_the_step_says_about_itself():
    assert step.ROLES == {"controls": True, "sam": False}
    assert step.SCENARIOS
    assert step.TAKES == ("efficiency", "linked.*")
    assert step.OFFERS == ("growth_effect",)
    assert set(step.RESULTS) == {"knowledge_economy"}
