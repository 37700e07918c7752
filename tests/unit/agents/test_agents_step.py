"""Agents as a step: options, problems found before a run, links, the result and its way through the store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from agent_cases import BASHKORTOSTAN, table
from explained import names_of, unexplained
from pydantic import ValidationError

from innospace.agents import step, tables
from innospace.agents.country import simulate_country
from innospace.agents.network import MEASURES
from innospace.agents.replicate import CHUNK, Task, replicate, run_chunk
from innospace.agents.result import QUANTITIES, AgentResult
from innospace.agents.step import Options, preflight, run
from innospace.core.document import Equation, Heading
from innospace.core.errors import DataError, LabelError, SpecError, StoreError
from innospace.core.explore import Explorable
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.core.result import Bundle, Result
from innospace.core.status import StatusCode
from innospace.core.table import Table
from innospace.data import load_sample
from innospace.study.glossary import find
from innospace.study.worked import worked_studies

NAN = float("nan")
GIVEN = {"delta": 0.62, "share": 1.2e-3, "sigma_u": 2.088, "sigma_v": 0.448}
CENTRE = {
    "name": "centre",
    "title": "A centre",
    "region": BASHKORTOSTAN,
    "instrument": "cooperation_centre",
    "years": [2013, 2016],
    "budget": 60.0,
}
FOUND = {"growth": 0.28, "openness_sd": 0.6, "dispersion": 0.28}


def options(**changes):
    given = {"final": 2015, "replications": 3, "policies": [CENTRE], "calibrated": FOUND, "workers": 1, **GIVEN}
    return Options.model_validate({**given, **changes})


def inputs(links=None, frame=None):
    sample = load_sample("russia-2010-2012")
    if frame is not None:
        sample = sample.with_frame(frame)
    return StepInputs({"table": sample}, links or {})


def linked(name, value):
    return {name: LinkedValue(value, NAN, NAN, "", f"frontier.parameters (2012, {name})")}


@pytest.fixture(scope="module")
def result():
    return run(options(focus=["Republic of Tatarstan"]), inputs(), seed=5)


def test_a_sound_step_has_no_problems():
    assert preflight(options(), inputs()) == []
    free = {k: v for k, v in options().model_dump().items() if k != "delta"}
    assert preflight(Options.model_validate(free), inputs(linked("delta", NAN))) == []


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"policies": [{**CENTRE, "region": "Bashkortostam"}]}, LabelError, "Unknown region"),
        ({"policies": [{**CENTRE, "instrument": "center"}]}, LabelError, "Unknown instrument"),
        ({"policies": [{**CENTRE, "budget": -1.0}]}, SpecError, "budget is -1"),
        ({"policies": [{**CENTRE, "years": [2040, 2050]}]}, SpecError, "in no year"),
        ({"focus": ["Atlantis"]}, LabelError, "Unknown region"),
        ({"final": 2012}, SpecError, "last year is 2012"),
        ({"final": 2200}, SpecError, "last year is 2200"),
        ({"assumptions": {"fitt_effect": 1.0}}, LabelError, "fit_effect"),
        ({"assumptions": {"memory": 2.0}}, SpecError, "memory is 2.0"),
        ({"assumptions": {"fields": 2.5}}, SpecError, "fields is 2.5"),
        ({"calibrated": {"growth": 0.1}}, SpecError, "calibrated"),
        ({"delta": None}, SpecError, "delta of the frontier is missing"),
        ({"rd_organisations": -3.0}, SpecError, "rd_organisations"),
        ({"sensitivity": 12}, SpecError, "12 points"),
    ],
)
def test_problems_are_found_before_a_run(changes, error, words):
    found = preflight(options(**changes), inputs())
    assert len(found) == 1
    assert isinstance(found[0], error)
    assert words in str(found[0])
    assert found[0].allowed or found[0].remedy


def test_counts_of_the_table_are_used_and_must_be_whole():
    frame = load_sample("russia-2010-2012").frame
    known = frame.assign(rd_organisations=10.0, innovative_companies=500.0).drop(columns=["space", "ln_space"])
    setup_steps = run(options(policies=[], replications=1, final=2013), inputs(frame=known)).steps
    assert any("those of the table" in s for s in setup_steps)
    broken = known.assign(rd_organisations=10.5)
    found = preflight(options(), inputs(frame=broken))
    assert isinstance(found[0], DataError)
    assert "whole numbers" in str(found[0])


def test_wrong_options_are_refused_by_the_schema():
    for bad in ({"replications": 0}, {"years": [2012, 2030]}, {"policies": [{"name": "x"}]}):
        with pytest.raises(ValidationError):
            options(**bad)


def test_linked_and_given_contradict():
    with pytest.raises(SpecError, match="both linked and given"):
        step.frontier_of(options(), inputs(linked("delta", 0.6)))


def test_the_result_keeps_the_contract(result):
    assert isinstance(result, Result)
    assert result.status.code is StatusCode.CONVERGED
    assert set(result.frames) == {"paths", "country", "effects", "networks", "flows", "regions"}
    assert len(result.to_frame()) == 2 * 80 * 4
    assert len(result.summary().splitlines()[0]) <= 100
    assert result.to_dict()["calibrated"] == FOUND
    words = " ".join(result.findings())
    assert "A centre" in words
    assert "Simulated" in words
    assert any("reconstruction" in str(b).lower() for s in result.sections() for b in s.blocks)
    with pytest.raises(LabelError, match="table"):
        result.table("everything")
    with pytest.raises(LabelError, match="region"):
        result.path("Nowhere")
    with pytest.raises(SpecError, match="Nothing was calibrated"):
        tables.moments(result)


def test_what_it_offers_can_be_linked(result):
    gain = result.offers("efficiency_gain")
    assert set(gain["region"]) == {BASHKORTOSTAN}
    for name in QUANTITIES:
        frame = result.offers(name)
        rows = frame[(frame["policy"] == "centre") & (frame["region"] == BASHKORTOSTAN) & (frame["year"] == 2015)]
        assert len(rows) == 1
        row = rows.iloc[0]
        assert row["lower"] <= row["value"] <= row["upper"]
    assert frame["value"].between(0.0, 1.0).all()


def test_twins_differ_only_after_the_policy_begins(result):
    frame = result.frames["effects"]
    own = frame[(frame["region"] == BASHKORTOSTAN) & (frame["quantity"] == "links")].set_index("year")["value"]
    assert own[2012] == 0.0
    assert own[2015] > 0.0
    spent = frame[(frame["region"] == BASHKORTOSTAN) & (frame["quantity"] == "spent")].set_index("year")["value"]
    assert spent[2014] == pytest.approx(60.0, abs=0.5)


def test_it_goes_through_the_store_unchanged(result):
    bundle = result.to_bundle()
    again = AgentResult.from_bundle(bundle)
    assert again.findings() == result.findings()
    assert again.spec == result.spec
    pd.testing.assert_frame_equal(again.to_frame(), result.to_frame())
    with pytest.raises(StoreError):
        AgentResult.from_bundle(Bundle("frontier", {}, {}))


def test_a_reader_looks_into_a_policy_and_a_region(result):
    assert isinstance(result, Explorable)
    policy, shown, region = result.choices()
    assert list(policy.options) == ["no_policy", "centre"]
    assert (policy.default, shown.default, region.default) == ("centre", "added", "")
    opened = result.view({})
    assert [f.name for f in opened.figures] == [
        "agents-maps-centre",
        "agents-path-republic-of-bashkortostan",
        "agents-network-centre",
    ]
    assert opened.own == opened.sentences == ()
    assert set(opened.table.frame["measure"]) == set(MEASURES)
    grown = result.view({"maps": "growth", "policy": "no_policy"})
    assert [f.name for f in grown.figures] == ["agents-growth-no-policy", "agents-network-no-policy"]
    own = result.view({"region": BASHKORTOSTAN})
    row = result.path(BASHKORTOSTAN, "centre").iloc[-1]
    assert f"{row['technical_efficiency']:.2f}" in own.sentences[-1]
    assert [f.data["series"].nunique() for f in own.own] == [2, 2]
    assert [f.name for f in own.figures] == ["agents-maps-centre", "agents-network-centre"]
    # a policy elsewhere is not drawn
    assert result.view({"region": "Republic of Tatarstan"}).own[1].data["series"].nunique() == 1
    with pytest.raises(LabelError, match="region"):
        result.view({"region": "Atlantis"})


def test_growth_on_the_maps_is_that_of_the_paths(result):
    figure = result.plot.growth_maps()
    rows = result.path(BASHKORTOSTAN).set_index("year")["links"]
    shown = figure.data[figure.data["region"] == BASHKORTOSTAN].set_index("year")["growth"]
    np.testing.assert_allclose(shown, 100.0 * (rows[shown.index] / rows[2012] - 1.0))
    with pytest.raises(LabelError, match="policy"):
        result.plot.growth_maps("grants")


def test_every_figure_is_drawn(result):
    from innospace.report.charts import to_svg

    figures = result.plot.all()
    assert {f.kind.value for f in figures} == {"scatter", "lines", "maps", "intervals"}
    small = result.plot.maps("centre")
    assert to_svg(small, 420).count("<svg") == 1
    assert small.data["year"].nunique() == 3
    assert BASHKORTOSTAN in to_svg(small, 640)


def test_workers_and_a_stop_change_no_number():
    class Kept:
        def __init__(self):
            self.files = {}

        def load(self, name):
            return self.files.get(name)

        def save(self, name, content):
            self.files[name] = content

    from agent_cases import country

    model = country([20, 30], [500, 800])
    parts = Kept()
    whole = replicate(model, (), 2012, 2014, CHUNK + 2, seed=3, resume=parts)
    assert len(parts.files) == 2
    del parts.files[sorted(parts.files)[0]]
    resumed = replicate(model, (), 2012, 2014, CHUNK + 2, seed=3, resume=parts)
    apart = replicate(model, (), 2012, 2014, CHUNK + 2, seed=3, workers=2)
    with ThreadPoolExecutor(2) as pool:
        elsewhere = replicate(model, (), 2012, 2014, CHUNK + 2, seed=3, executor=pool)
    for other in (resumed, apart, elsewhere):
        np.testing.assert_array_equal(whole.values, other.values)
        np.testing.assert_array_equal(whole.networks, other.networks)
    alone = run_chunk(Task(model, (None,), 2012, 2014, 3), (CHUNK, CHUNK + 1))
    np.testing.assert_array_equal(alone[0][0], whole.values[CHUNK])
    assert whole.networks.shape[2] == len(MEASURES)
    with pytest.raises(SpecError, match="number of replications"):
        replicate(model, (), 2012, 2014, 0)


def test_a_table_without_russia_must_say_how_many_organisations_there_are():
    frame = table().frame[["region", "year", "technologies", "space"]].copy()
    frame["region"] = "Land " + frame["region"].str.len().astype(str) + frame["region"]
    from innospace.agents.spec import AgentSpec
    from innospace.agents.targets import FrontierNumbers

    with pytest.raises(SpecError, match="how many R&D organisations"):
        simulate_country(frame, FrontierNumbers(**GIVEN), AgentSpec(final=2014, replications=1))


def test_what_is_looked_up_is_folded_and_what_a_policy_does_is_not(result):
    blocks = [b for s in result.sections() for b in s.blocks]
    folded = {b.name for b in blocks if isinstance(b, Table) and b.folded}
    shown = {b.name for b in blocks if isinstance(b, Table) and not b.folded}
    assert {"assumptions", "regions", "networks"} <= folded
    assert "effects" in shown
    heading = blocks[next(i for i, b in enumerate(blocks) if isinstance(b, Equation)) - 1]
    assert isinstance(heading, Heading)
    assert heading.folded


def test_every_name_that_a_result_shows_is_explained(result):
    assert unexplained(names_of(result)) == []


def test_words_are_explained_and_the_worked_study_is_there():
    for name in ("openness", "cooperation_centre", "duplication", "introduction_cost", "te_correlation_1"):
        assert find(name)
    assert "technology-agents" in worked_studies()
