"""What if: the numbers of a study's step, kept models, saving, conflicts."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from innospace.core.errors import InnospaceError, LabelError, SpecError, StudyError
from innospace.economy import Scenario, Shock
from innospace.economy.models.knowledge.levers import Setting
from innospace.economy.models.knowledge.solve import OPTIONS
from innospace.study import what_if_case
from innospace.study.edit import read_text
from innospace.study.load import load_study
from innospace.study.lock import held
from innospace.study.what_if import (
    Draft,
    Question,
    answer,
    bench,
    compute_missing,
    draft_scenario,
    economy_steps,
    missing_steps,
)
from innospace.study.what_if_case import NotComputedError
from innospace.study.what_if_save import save_scenario, scenario_text, study_text

HEAD = """[study]
title = "Small"

[data.controls]
sample = "bashkortostan-2012-controls"
"""
ECONOMY = """
# a comment that stays
[step.economy]
engine = "economy"
data = { controls = "controls" }
years = [2012, 2015]
"""
LINKED = """
[data.regions]
sample = "russia-2010-2012"
schema = "innovation_space"

[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"
inefficiency = "half_normal"
zero_rule = "replace"
zero_value = 0.1

[[link]]
from = "frontier.technical_efficiency"
to = "economy.efficiency"
where = { region = "Republic of Bashkortostan", year = 2012 }
"""
OWN = """
[[scenario]]
name = "path"
title = "Better use of the space"
why = "A path."
[[scenario.shock]]
parameter = "efficiency"
op = "path"
value = [0.71, 0.72, 0.73]
"""
TEXT = HEAD + ECONOMY + 'efficiency = 0.7\nscenarios = ["option-1", "path"]\n' + OWN
RESEARCH = Setting("research", {"science_education": 30.0, "innovation": 7.0}, (2013, 2015))
RATES = Setting("deposit-rate", {"households": 1.25}, (2014, 2015))
RUN = """
import json, sys
from innospace.study.execute import run
result = run(sys.argv[1]).stored.results["economy"]
rows = {n: [v.hex() for v in p.levels.ravel()] for n, p in result.paths.items()}
effects = {n: r["effect_points"].hex() for n, r in result.effects.to_dict("index").items()}
print(json.dumps({"levels": rows, "effects": effects}))
"""


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path, TEXT)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """The same study for tests that write nothing, whose model is built once."""
    return written(tmp_path_factory.mktemp("lasting"), TEXT)


def written(folder, text):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def draft(name="draft-1", *settings, **words):
    return Draft(name, settings or (RESEARCH, RATES), **words)


def saved(folder, name="больше-НИР", *, digest=None, why="Why?", **options):
    scenario = draft_scenario(folder, "economy", draft(name, why=why))
    return save_scenario(folder, "economy", scenario, digest or read_text(folder).digest, **options)


def test_a_saved_draft_run_in_another_process_gives_equal_numbers_to_the_last_bit(folder):
    found = answer(folder, "economy", Question((draft(),), ("option-1",), "draft-1"))
    ours = found.table.frame.set_index("scenario")["effect_points"]
    case = what_if_case.case_of(folder, "economy")
    levels = case.explorer.result([draft_scenario(folder, "economy", draft())]).paths["draft-1"].levels
    saved(folder)
    done = subprocess.run([sys.executable, "-c", RUN, str(folder)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    assert list(theirs["levels"]) == ["baseline", "option-1", "path", "больше-НИР"]
    assert [float(v).hex() for v in levels.ravel()] == theirs["levels"]["больше-НИР"]
    assert float(ours["draft-1"]).hex() == theirs["effects"]["больше-НИР"]
    assert float(ours["option-1"]).hex() == theirs["effects"]["option-1"]
    assert ours["draft-1"] != 0.0


def test_an_answer_has_everything_a_page_shows(lasting):
    found = answer(lasting, "economy", Question((draft(),), ("option-1", "path"), "draft-1"))
    assert list(found.table.frame["scenario"]) == ["baseline", "option-1", "path", "draft-1"]
    assert "the baseline under draft 1" in found.finding
    assert len(found.sentences) == 2
    assert found.failures == ()
    assert all(c.ok for c in found.checks)
    assert {c.name for c in found.checks} >= {"draft-1.walras", "option-1.accounts_balance", "homogeneity"}
    assert found.figure is not None


def test_a_failed_solve_names_what_fails_and_shows_no_figure(lasting):
    every = {lever.name: lever for lever in bench(lasting, "economy").levers}
    much = [
        Setting(n, dict.fromkeys(every[n].labels, 60.0), (2013, 2015)) for n in ("norm", "state-order", "tax-relief")
    ]
    found = answer(lasting, "economy", Question((draft("draft-1", *much),), ("option-1",), "draft-1"))
    assert (found.finding, found.figure, found.sentences) == ("", None, ())
    assert [f.scenario for f in found.failures] == ["draft-1"]
    assert "No solution in 2013" in found.failures[0].what
    assert "of its changes have a solution" in found.failures[0].what
    assert "smaller" in found.failures[0].remedy
    # what others do is still there
    beside = answer(lasting, "economy", Question((draft("draft-1", *much),), ("option-1",), "option-1"))
    assert beside.figure is not None
    assert [f.scenario for f in beside.failures] == ["draft-1"]


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        (Question((draft("draft-1", Setting("research", {"innovation": 101.0}, (2013, 2015))),)), SpecError, "101"),
        (Question((draft("draft-1", Setting("research", {"innovation": 9.0}, (2012, 2015))),)), SpecError, "year 2012"),
        (Question((draft("draft-1", Setting("nothing", {}, (2013, 2015))),)), LabelError, "Unknown lever"),
        (Question(shown=("option-9",)), LabelError, "Did you mean 'option-"),
        (Question((draft("path"),)), SpecError, "already called 'path'"),
        (Question((draft(),), (*OPTIONS, "path", "option-3-rates")), SpecError, "7"),
        (Question((draft(),), focus="draft-2"), LabelError, "Unknown scenario"),
        (Question((draft(),), focus="draft-1", indicator="gdp"), LabelError, "Unknown series"),
    ],
)
def test_what_is_refused_is_named(lasting, question, error, words):
    with pytest.raises(error) as caught:
        answer(lasting, "economy", question)
    assert words in str(caught.value)


def test_the_bench_says_what_is_there_and_which_of_it_levers_can_say(lasting):
    found = bench(lasting, "economy")
    known = {k.name: k for k in found.known}
    assert found.years == (2012, 2013, 2014, 2015)
    assert known["option-1"].solved
    assert not known["option-2"].solved
    assert not known["option-1"].own
    assert known["option-1"].settings is not None
    assert known["path"].own
    assert known["path"].settings is None
    assert "follows a path of one value a year" in known["path"].reason
    assert known["path"].changes == ("efficiency: path 0.71 to 0.73, a value a year",)
    assert [(str(n), t) for n, t in found.notices] == [
        ("assumed", "the matrix and figures of the base year (bashkortostan-2012-controls)")
    ]
    assert found.digest == read_text(lasting).digest


def test_models_are_kept_until_a_file_of_the_study_changes(folder, monkeypatch):
    read, calls = what_if_case._read, []
    monkeypatch.setattr(what_if_case, "_read", lambda *a: calls.append(a) or read(*a))
    question = Question((draft(),), (), "draft-1")
    first = answer(folder, "economy", question).table.frame
    again = answer(folder, "economy", question).table.frame
    assert len(calls) == 1
    assert first.equals(again)
    text = read_text(folder).text.replace(
        "efficiency = 0.7\n", "efficiency = 0.65\nassumptions = { substitution = 2.5 }\n"
    )
    written(folder, text)
    assert not answer(folder, "economy", question).table.frame.equals(first)
    saved(folder)
    assert "больше-НИР" in {k.name for k in bench(folder, "economy").known}
    assert len(calls) == 3


def test_numbers_of_other_steps_are_asked_for_and_computed_once(tmp_path):
    folder = written(tmp_path, HEAD + ECONOMY + LINKED)
    assert economy_steps(folder) == ("economy",)
    assert missing_steps(folder, "economy") == ("frontier",)
    with pytest.raises(NotComputedError, match="'frontier'"):
        bench(folder, "economy")
    compute_missing(folder, "economy")
    assert missing_steps(folder, "economy") == ()
    found = bench(folder, "economy")
    assert [str(n) for n, _ in found.notices] == ["assumed", "reconstructed"]
    lever = next(lever for lever in found.levers if lever.name == "efficiency")
    assert lever.baseline[""][0] == pytest.approx(0.1074, abs=1e-4)


def test_what_is_saved_is_what_is_read_and_comments_stay(folder):
    found = saved(folder, why='He said "more" \\ \u007f')
    assert found.file == folder / "scenarios" / "больше-НИР.toml"
    scenario = Scenario.from_dict(tomllib.loads(found.file.read_text(encoding="utf-8")))
    assert scenario == draft_scenario(folder, "economy", draft("больше-НИР", why='He said "more" \\ \u007f'))
    assert scenario.title.startswith(
        "Spending on R&D (science and education) +30 %; Spending on R&D (innovation sector)"
    )
    text = read_text(folder)
    assert "# a comment that stays" in text.text
    assert tomllib.loads(text.text)["step"]["economy"]["scenarios"] == ["option-1", "path", "больше-НИР"]
    assert text.digest == found.digest
    assert load_study(folder).scenarios[-1]["name"] == "больше-НИР"


def test_a_step_that_lists_no_scenarios_is_left_alone(tmp_path):
    folder = written(tmp_path, HEAD + ECONOMY + "efficiency = 0.7\n")
    before = read_text(folder).text
    saved(folder)
    assert read_text(folder).text == before
    assert next(k for k in bench(folder, "economy").known if k.name == "больше-НИР").solved


@pytest.mark.parametrize(
    "name",
    ["", "two words", "../out", "a/b", "a\\b", ".hidden", "baseline", "option-1", "option-3-rates", "path", "PATH"],
)
def test_bad_and_taken_names_are_refused_and_nothing_is_written(lasting, name):
    before = read_text(lasting)
    with pytest.raises(StudyError):
        saved(lasting, name)
    assert read_text(lasting) == before
    assert not list(lasting.glob("scenarios/*"))
    assert not list(lasting.parent.glob("*.toml"))


def test_a_scenario_that_changes_nothing_is_refused(lasting):
    with pytest.raises(StudyError, match="changes nothing"):
        save_scenario(lasting, "economy", Scenario("nothing"), read_text(lasting).digest)


def test_a_study_that_somebody_else_changed_is_left_as_it_is(folder):
    digest = read_text(folder).digest
    written(folder, read_text(folder).text + "# another tab\n")
    with pytest.raises(StudyError, match="changed by somebody else"):
        saved(folder, digest=digest)
    assert not list(folder.glob("scenarios/*.toml"))
    assert "больше" not in read_text(folder).text


def test_existing_scenarios_are_replaced_on_purpose_only(folder):
    saved(folder, "mine", why="first")
    with pytest.raises(StudyError, match="is taken"):
        saved(folder, "mine", why="second")
    file = folder / "scenarios" / "mine.toml"
    assert 'why = "first"' in file.read_text(encoding="utf-8")
    saved(folder, "mine", why="second", replace=True)
    assert 'why = "second"' in file.read_text(encoding="utf-8")
    assert tomllib.loads(read_text(folder).text)["step"]["economy"]["scenarios"].count("mine") == 1
    # a change that cannot be completed leaves the old one
    with pytest.raises(StudyError, match="somebody else"):
        saved(folder, "mine", why="third", replace=True, digest="0" * 64)
    assert 'why = "second"' in file.read_text(encoding="utf-8")


def test_a_study_file_for_a_folder_of_its_own_solves_what_is_shown(folder, tmp_path_factory):
    own = draft_scenario(folder, "economy", draft())
    elsewhere = written(tmp_path_factory.mktemp("copy"), study_text(folder, "economy", [own], ["option-3", "path"]))
    found = bench(elsewhere, "economy")
    assert [k.name for k in found.known if k.solved] == ["option-3", "path", "draft-1"]
    here = answer(folder, "economy", Question((draft(),), ("option-3", "path"), "draft-1")).table.frame
    there = answer(elsewhere, "economy", Question((), ("option-3", "path", "draft-1"), "draft-1")).table.frame
    assert here["effect_points"].tolist() == there["effect_points"].tolist()


def test_scenario_files_hold_any_number_and_path():
    awkward = (0.1 + 0.2, 1e-17, 1.7976931348623157e308, 5e-324, 30.0)
    scenario = Scenario("x", "t", "w", tuple(Shock("norm", "multiply", v) for v in awkward))
    scenario = Scenario("x", "t", "w", (*scenario.shocks, Shock("efficiency", "path", awkward, {}, (2013, 2017))))
    assert Scenario.from_dict(tomllib.loads(scenario_text(scenario))) == scenario


def test_other_engines_and_missing_studies(tmp_path):
    with pytest.raises(InnospaceError):
        economy_steps(Path(tmp_path))
    folder = written(tmp_path, HEAD)
    assert economy_steps(folder) == ()
    with pytest.raises(StudyError, match="problem"):
        bench(folder, "economy")
    written(folder, HEAD + LINKED.partition("[[link]]")[0])
    with pytest.raises(LabelError, match="economy step"):
        bench(folder, "economy")


def test_nothing_is_computed_while_another_process_runs_the_study(tmp_path):
    folder = written(tmp_path, HEAD + ECONOMY + LINKED)
    (folder / "runs").mkdir()
    with held(folder / "runs"), pytest.raises(StudyError, match="being run already"):
        compute_missing(folder, "economy")
