"""Scenarios that take numbers of other steps, with their intervals."""

from __future__ import annotations

import pytest

from innospace.core.errors import InnospaceError
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.data import load_sample
from innospace.economy import linked
from innospace.economy.step import Options, preflight, run

NAN = float("nan")
SCENARIO = {
    "name": "экспортёры",
    "title": "More exporters",
    "why": "Export entry raises R&D.",
    "shock": [
        {"parameter": "norm", "op": "multiply", "value": {"link": "effect", "times": 0.5, "plus": 1.0}},
        {"parameter": "norm", "op": "multiply", "value": 1.01, "where": {"product": "rf"}},
    ],
}


def links(value=0.12, lower=0.04, upper=0.2):
    return {"linked.effect": LinkedValue(value, lower, upper, "points of probability", "firms.effect (start, rd)")}


def inputs(*scenarios, given=None):
    return StepInputs({"controls": load_sample("bashkortostan-2012-controls")}, given or {}, scenarios)


def test_value_and_both_ends_become_scenarios():
    found = linked.resolve(SCENARIO, links())
    assert [s["name"] for s in found] == ["экспортёры", "экспортёры-lower", "экспортёры-upper"]
    assert [s["shock"][0]["value"] for s in found] == pytest.approx([1.06, 1.02, 1.10], rel=1e-15)
    assert all(s["shock"][1] == SCENARIO["shock"][1] for s in found)
    assert all("firms.effect (start, rd)" in s["why"] and "0.04" in s["why"] for s in found)
    assert SCENARIO["shock"][0]["value"] == {"link": "effect", "times": 0.5, "plus": 1.0}


def test_ends_are_told_from_scenarios_that_are_only_called_so():
    titles = {s["name"]: s["title"] for s in linked.resolve(SCENARIO, links())}
    assert linked.ends(titles) == {"экспортёры": ("экспортёры-lower", "экспортёры-upper")}
    assert linked.ends(dict.fromkeys(titles, "A title of its own")) == {}
    assert linked.ends({n: t for n, t in titles.items() if not n.endswith("upper")}) == {}


def test_without_an_interval_there_is_one_scenario():
    assert len(linked.resolve(SCENARIO, links(lower=NAN, upper=NAN))) == 1
    assert linked.resolve({"name": "plain", "shock": []}, {}) == ({"name": "plain", "shock": []},)


@pytest.mark.parametrize(
    ("value", "op", "words"),
    [
        ({"link": "efect"}, "multiply", "Did you mean 'effect'"),
        ({"link": "effect", "time": 2.0}, "multiply", "Did you mean 'times'"),
        ({"link": "effect", "times": "2"}, "multiply", "times = 1.0"),
        ({"link": 3}, "multiply", "link = "),
        ({"link": "effect"}, "path", "a number a year"),
    ],
)
def test_wrong_links_say_what_is_allowed(value, op, words):
    scenario = {"name": "s", "shock": [{"parameter": "norm", "op": op, "value": value}]}
    with pytest.raises(InnospaceError) as caught:
        linked.resolve(scenario, links())
    assert words in str(caught.value)


def test_a_link_that_is_not_there_is_told_with_its_remedy():
    problems = preflight(Options(efficiency=0.7), inputs(SCENARIO))
    assert any("no link leads here" in str(p) and "linked.effect" in str(p) for p in problems)


def test_before_a_run_the_form_is_checked_and_the_number_is_not():
    assert preflight(Options(efficiency=0.7), inputs(SCENARIO, given=links(NAN, NAN, NAN))) == []
    wrong = {"name": "s", "shock": [{"parameter": "norm", "op": "divide", "value": {"link": "effect"}}]}
    found = preflight(Options(efficiency=0.7), inputs(wrong, given=links(NAN, NAN, NAN)))
    assert len(found) == 1
    assert "divide" in str(found[0])


def test_the_economy_is_solved_at_the_value_and_both_ends():
    options = Options(years=[2012, 2014], efficiency=0.7, scenarios=["экспортёры"])
    result = run(options, inputs(SCENARIO, given=links()))
    assert list(result.paths) == ["baseline", "экспортёры", "экспортёры-lower", "экспортёры-upper"]
    frame = result.offers("growth_effect")
    effects = dict(zip(frame["scenario"], frame["value"], strict=True))
    low, middle, high = (effects[f"экспортёры{end}"] for end in ("-lower", "", "-upper"))
    assert min(low, high) < middle < max(low, high)
