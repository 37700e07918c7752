"""The scenario page in a browser: sliders by keyboard, the numbers of the command line, refusals, conflicts, phones."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tomllib
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from innospace.core.errors import InnospaceError
from innospace.economy.models.knowledge.levers import Setting
from innospace.study.what_if import bench

HEAD = """[study]
title = "Small"

[data.controls]
sample = "bashkortostan-2012-controls"
"""
STUDY = (
    HEAD
    + """
# a comment that stays
[step.economy]
engine = "economy"
data = { controls = "controls" }
years = [2012, 2015]
efficiency = 0.7
scenarios = ["option-1", "option-3", "path"]

[[scenario]]
name = "path"
title = "Better use of the space"
[[scenario.shock]]
parameter = "efficiency"
op = "path"
value = [0.71, 0.72, 0.73]
"""
)
LINKED = (
    STUDY.replace("efficiency = 0.7\n", "")
    + """
[data.regions]
sample = "russia-2010-2012"

[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"
zero_rule = "replace"
zero_value = 0.1

[[link]]
from = "frontier.technical_efficiency"
to = "economy.efficiency"
where = { region = "Republic of Bashkortostan", year = 2012 }
"""
)
NONE = """[study]
title = "Only a title"
"""
STUDIES = {"малый": STUDY, "linked": LINKED, "none": NONE}
DONE = "document.querySelector('.picture[aria-busy=false]') && document.querySelector('.finding').innerText"


def write(root, name):
    folder = root / name
    folder.mkdir()
    (folder / "study.toml").write_text(STUDIES[name], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def written(studies):
    for name in STUDIES:
        write(studies, name)
    return studies


@pytest.fixture
def folder(written):
    """Return a study that is as it was written."""
    made = written / "малый"
    for file in made.glob("scenarios/*.toml"):
        file.unlink()
    (made / "study.toml").write_text(STUDY, encoding="utf-8")
    return made


def opened(visit, query="", study="малый"):
    page = visit.goto(f"/studies/{study}/scenarios{query}")
    page.wait_for_function(DONE)
    return page


def lever(page, title):
    return page.get_by_role("group", name=title, exact=True)


def group(page, title):
    page.locator("summary", has_text=title).first.click()


def settled(page, words):
    """Wait until the finding says something and its drawing is there."""
    page.wait_for_function(
        "w => (document.querySelector('.finding')?.innerText ?? '').includes(w)"
        " && document.querySelector('.picture[aria-busy=false]')",
        arg=words,
    )


def moved(page, title="Spending on R&D", steps=7):
    """Move a slider with the keyboard and wait for the answer."""
    slider = lever(page, title).get_by_role("slider", name="All together")
    slider.focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    settled(page, "under draft 1")
    return slider


def downloaded(page):
    """Return the rows of the table of key results as its file holds them, with full precision."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="options.csv").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    return {row["scenario"]: row for row in csv.DictReader(io.StringIO(text))}


def fill_form(page, name, why="To see what it does"):
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Why it is asked").fill(why)
    page.keyboard.press("Tab")


pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_scenario_by_slider_equals_the_same_scenario_by_command_line_to_the_last_digit(served, tab, folder):
    visit = tab(served, width=1440)
    page = opened(visit)
    # 20 percent by the keyboard, and one sector apart, in two of the three years
    moved(page, steps=20)
    own = lever(page, "Spending on R&D")
    own.locator("summary").click()
    own.get_by_role("spinbutton", name="Innovation sector").fill("-13")
    page.keyboard.press("Tab")
    own.get_by_role("combobox", name="First year").select_option("2014")
    told = own.locator(".moved", has_text="2014\u20132015")
    told.wait_for()
    assert "Innovation sector 2.40\u202f% \u2192 2.09\u202f%" in told.inner_text()
    page.wait_for_function(DONE)
    shown = downloaded(page)
    fill_form(page, "больше-НИР")
    page.get_by_role("button", name="Save to the study").click()
    page.get_by_text("scenarios/больше-НИР.toml is part of the study now").wait_for()
    page.wait_for_function(DONE)
    again = downloaded(page)

    saved = tomllib.loads((folder / "scenarios" / "больше-НИР.toml").read_text(encoding="utf-8"))
    assert [(s["value"], s["where"]["agent"], s["years"]) for s in saved["shock"]] == [
        (1.2, ["science_education", "other_industries"], [2014, 2015]),
        (0.87, ["innovation"], [2014, 2015]),
    ]
    assert "# a comment that stays" in (folder / "study.toml").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "innospace", "run", str(folder), "--json", "--formats", "tables"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    computed = json.loads(done.stdout)["steps"]["economy"]["result"]["scenarios"]
    for key in ("growth", "effect_points", "effect_percent"):
        assert float(shown["draft-1"][key]).hex() == computed["больше-НИР"][key].hex()
        assert float(again["больше-НИР"][key]).hex() == computed["больше-НИР"][key].hex()
        assert float(shown["option-1"][key]).hex() == computed["option-1"][key].hex()
    assert computed["больше-НИР"]["effect_points"] != 0.0


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_page_is_sound_and_keeps_a_draft_when_it_is_loaded_again(served, tab, folder, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = opened(visit)
    assert "option 1" in page.locator(".finding").inner_text()
    assert page.locator("h1").all_inner_texts() == ["Scenarios"]
    assert {"Simulated", "Assumed"} <= set(page.locator(".rests .badge").all_inner_texts())
    moved(page)
    page.wait_for_function("location.search.includes('s=')")
    finding = page.locator(".finding").inner_text()
    for summary in page.locator(".group > summary").all()[1:]:
        summary.click()
    lever(page, "Spending on R&D").locator("summary").click()
    lever(page, "Spending on R&D").get_by_role("combobox", name="Last year").wait_for()
    page.locator(".beside > summary").click()
    page.locator(".verdict summary").first.click()
    assert visit.violations() == []
    assert visit.overflow() == 0
    page.reload()
    page.wait_for_function(DONE)
    settled(page, finding)
    assert lever(page, "Spending on R&D").get_by_role("slider", name="All together").input_value() == "7"
    assert visit.overflow() == 0


def test_a_refused_value_stands_at_its_lever_and_no_chart_stays(served, tab, folder):
    page = opened(tab(served, width=1440))
    moved(page)
    own = lever(page, "Spending on R&D")
    number = own.get_by_role("spinbutton", name="All together")
    for text, told in (("500", "cannot be moved by 500. Allowed: -60 to 100 %"), ("", "There is no number")):
        number.fill(text)
        page.keyboard.press("Tab")
        own.get_by_text(told).wait_for()
        settled(page, "A value of a lever is refused")
        assert page.locator(".outcome svg").count() == 0
        assert page.locator(".outcome table").count() == 0
    fill_form(page, "refused")
    page.get_by_role("button", name="Save to the study").click()
    page.get_by_role("alert").get_by_text("A value of a lever is refused").wait_for()
    assert not list(folder.glob("scenarios/*"))
    own.get_by_role("button", name="Reset").click()
    settled(page, "under option 1")
    assert page.locator(".outcome svg").count() == 2


def test_what_is_being_typed_survives_an_answer_that_arrives_meanwhile(served, tab, folder):
    page = opened(tab(served, width=1440))
    slider = lever(page, "Spending on R&D").get_by_role("slider", name="All together")
    slider.focus()
    page.keyboard.press("ArrowRight")
    other = lever(page, "Spending on education and training")
    other.get_by_role("spinbutton", name="All together").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    settled(page, "under draft 1")
    page.keyboard.press("Tab")
    other.get_by_role("button", name="Reset").wait_for()
    assert other.get_by_role("slider", name="All together").input_value() == "12"


def test_a_scenario_without_a_solution_says_so_and_shows_no_chart(served, tab, folder):
    page = opened(tab(served, width=1440))
    group(page, "Tax rates")
    group(page, "State orders and cooperation")
    for title in (
        "Taxes that companies may keep",
        "What the authorities pay for a unit",
        "Quantity that the authorities order",
    ):
        lever(page, title).get_by_role("spinbutton", name="All together").fill("60")
        page.keyboard.press("Tab")
    page.get_by_role("alert").get_by_text("draft-1: No solution in 2013").wait_for()
    assert page.locator(".picture svg").count() == 0
    assert page.locator(".verdict .badge.bad").first.inner_text() == "Failed"
    # what the others do is still there
    assert page.locator(".outcome table").count() == 1


def test_an_option_is_loaded_into_the_levers_and_gives_the_same(served, tab, folder):
    page = opened(tab(served, width=1440))
    choices = page.get_by_role("combobox", name="Begin with")
    titles = choices.locator("option").all_inner_texts()
    assert not any(t.startswith("path") for t in titles)
    choices.select_option(label=next(t for t in titles if t.startswith("option-1:")))
    settled(page, "under draft 1")
    rows = downloaded(page)
    keys = ("growth", "effect_points", "real_grp", "prices")
    assert [rows["draft-1"][k] for k in keys] == [rows["option-1"][k] for k in keys]
    assert page.locator("summary", has_text="Investment of companies \u2013 3 moved").count() == 1
    # what no slider can say is told with the reason
    page.locator(".beside > summary").click()
    assert "follows a path of one value a year" in page.locator(".beside").inner_text()
    page.get_by_role("button", name="Reset all levers").click()
    settled(page, "under option 1")


def test_a_study_that_changed_meanwhile_is_not_overwritten_and_the_draft_stays(served, tab, folder):
    page = opened(tab(served, width=1440))
    moved(page)
    file = folder / "study.toml"
    file.write_text(STUDY + "# another tab\n", encoding="utf-8")
    fill_form(page, "mine")
    page.get_by_role("button", name="Save to the study").click()
    page.get_by_role("alert").get_by_text("changed by somebody else meanwhile").wait_for()
    assert file.read_text(encoding="utf-8") == STUDY + "# another tab\n"
    assert not list(folder.glob("scenarios/*.toml"))
    page.reload()
    settled(page, "under draft 1")
    for name, told in (("", "has no name"), ("two words", "cannot name"), ("option-1", "is taken")):
        fill_form(page, name)
        page.get_by_role("button", name="Save to the study").click()
        page.locator(".save").get_by_text(told).wait_for()
    fill_form(page, "mine")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Scenario as a file").click()
    assert waiting.value.suggested_filename == "mine.toml"
    assert tomllib.loads(waiting.value.path().read_text(encoding="utf-8"))["shock"][0]["value"] == 1.07
    page.get_by_role("button", name="Save to the study").click()
    page.get_by_text("scenarios/mine.toml is part of the study now").wait_for()


def test_no_economy_and_nothing_computed_say_what_to_do(served, tab, folder):
    visit = tab(served, width=390)
    page = visit.goto("/studies/none/scenarios")
    page.get_by_text("This study has no economy to change yet").wait_for()
    assert visit.violations() == []
    page = visit.goto("/studies/linked/scenarios")
    page.get_by_role("button", name="Compute frontier").click()
    page.wait_for_function(DONE)
    assert "Reconstructed" in page.locator(".rests .badge").all_inner_texts()


def test_addresses_that_hold_no_state_begin_anew(served, tab, folder):
    page = opened(tab(served), "?s=eJyrVsrPTVWyUkrKz1eqBQAg")
    page.get_by_role("alert").get_by_text("holds no scenario of this study").wait_for()
    assert "under option 1" in page.locator(".finding").inner_text()


def test_state_comes_back_from_its_address_and_nothing_else_is_taken(folder):
    from innospace.web.pages.scenarios_state import LONGEST, begin, from_text

    there = bench(folder, "economy")
    state = begin(there)
    assert state.shown == ["option-1", "option-3", "path"]
    assert state.work.name == "draft-1"
    state.work.settings["research"] = Setting("research", {"innovation": 1.5}, (2014, 2015))
    state.new(["draft-2"])
    assert [w.name for w in state.drafts] == ["draft-1", "draft-3"]
    state.levels, state.indicator = True, "prices"
    assert from_text(state.to_text(), there) == state
    assert state.question().focus == "option-1"
    state.work.settings["research"] = Setting("research", {"innovation": 1e9}, (2014, 2015))
    for text in (state.to_text(), "x", "é", "A" * (LONGEST + 1), state.to_text()[:-9]):
        with pytest.raises(InnospaceError, match="holds no scenario"):
            from_text(text, there)
    assert parse_qs(urlsplit(unquote(f"/x?s={state.to_text()}")).query)["s"] == [state.to_text()]
