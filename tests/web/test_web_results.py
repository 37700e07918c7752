"""The page of results in a browser: what it opens with, what can be explored by keyboard, parts, older runs, errors."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
import web_study

from innospace.study import read_run
from innospace.study.store import SHOWN, Store

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGE = f"/studies/{quote(web_study.NAME)}/results"
QUIET = "document.querySelectorAll('[aria-busy=true]').length === 0 && !!document.querySelector('.shown section')"


@pytest.fixture(scope="module")
def study(studies, computed):
    (studies / "new").mkdir()
    (studies / "new" / "study.toml").write_text('[study]\ntitle = "New"\nseed = 1\n', encoding="utf-8")
    return shutil.copytree(computed, studies / web_study.NAME)


def opened(visit, address):
    """Open a page of results and wait until everything is drawn."""
    page = visit.goto(address)
    page.wait_for_selector(".shown section")
    page.wait_for_function(QUIET)
    return page


def region_field(page):
    return page.get_by_role("combobox", name="Region", exact=True)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_page_opens_with_findings_and_is_sound(served, tab, study, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = opened(visit, PAGE)
    found = read_run(study).results["frontier"].findings()
    assert page.locator(".opening .findings li").first.inner_text() == found[0]
    assert "checks passed" in page.locator(".verdict").inner_text()
    assert "Made <i>for</i> tests." in page.locator(".notice.reconstructed").inner_text()
    assert page.locator("h1").count() == 1
    assert page.locator("figure:visible").count() == 3
    shown, hidden = ("wide", "phone") if width > 700 else ("phone", "wide")
    assert page.locator(f".chart.{shown} svg").first.is_visible()
    assert not page.locator(f".chart.{hidden} svg").first.is_visible()
    commands = page.locator(".commands code").all_inner_texts()
    assert any(c.startswith("innospace run ") and web_study.NAME in c for c in commands)
    assert visit.overflow() == 0
    assert visit.violations() == []


def test_region_is_found_and_picked_by_keyboard(served, tab, study):
    visit = tab(served)
    page = opened(visit, f"{PAGE}?section=look.frontier")
    region_field(page).focus()
    page.keyboard.type("tatar")
    page.keyboard.press("Enter")
    page.wait_for_selector(".picked h3")
    frame = read_run(study).results["frontier"].regions
    row = frame[(frame["region"] == "Republic of Tatarstan") & (frame["year"] == 2012)].iloc[0]
    words = page.locator(".picked").inner_text()
    assert f"{100 * row['te']:.0f}\u202f%" in words
    assert f"it ranks {row['rank']} of 80 regions in 2012" in words
    page.wait_for_function(QUIET)
    for chart in ("map-2012", "frontier-2012"):
        assert "Tatarstan" in page.locator(f"figure[id$={chart}] .wide svg").text_content()
    names = page.locator("figure[id$=ranking-2012] .wide text")
    colours = {n: names.filter(has_text=n).first.get_attribute("fill") for n in ("of Tatarstan", "of Komi")}
    assert colours["of Tatarstan"] != colours["of Komi"]
    # the address leads here again
    assert "region=Republic+of+Tatarstan" in page.url
    # from mark to mark with the arrows, which tells the value, and Enter picks
    marks = page.locator("figure[id$=ranking-2012] .wide [data-hint]")
    marks.first.focus()
    page.keyboard.press("ArrowDown")
    second = frame[(frame["year"] == 2012) & (frame["rank"] == 2)].iloc[0]
    tip = page.locator(".tip:visible")
    assert tip.inner_text().startswith(f"{second['region']}: {second['te']:.3f}")
    page.keyboard.press("Enter")
    page.wait_for_function("name => document.querySelector('.picked h3')?.textContent === name", arg=second["region"])
    assert region_field(page).input_value() == second["region"]
    page.wait_for_function(QUIET)
    assert page.evaluate("document.activeElement.dataset.hint").startswith(second["region"])


def test_search_that_fits_none_or_several_says_so_and_year_can_be_chosen(served, tab, study):
    visit = tab(served)
    page = opened(visit, f"{PAGE}?section=look.frontier&year=2011")
    assert page.locator("figure[id$=map-2011]").count() == 1
    region_field(page).fill("atlantis")
    page.keyboard.press("Enter")
    page.wait_for_selector(".invalid")
    assert page.locator(".invalid .error").inner_text() == "No region has 'atlantis' in its name."
    region_field(page).fill("moscow")
    page.keyboard.press("Enter")
    page.get_by_text("fits City of Moscow, Moscow Region").wait_for()
    region_field(page).fill("alert")
    page.keyboard.press("Enter")
    page.wait_for_selector(".picked h3")
    assert page.locator(".picked h3").first.inner_text() == web_study.NASTY
    page.get_by_label("Year", exact=True).select_option("2012")
    page.wait_for_selector("figure[id$=map-2012]")
    assert page.locator("figure[id$=map-2011]").count() == 0
    assert page.locator("script", has_text="alert(1)").count() == 0


def test_table_of_efficiencies_sorts_and_filters(served, tab, study):
    page = opened(tab(served), f"{PAGE}?section=look.frontier")
    frame = read_run(study).results["frontier"].regions
    rows = frame[frame["year"] == 2012].sort_values("space")
    heading = page.locator(".rows th", has_text=re.compile("^Space V"))
    first = page.locator(".rows tbody tr th").first
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert first.inner_text() == rows["region"].iloc[0]
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert first.inner_text() == rows["region"].iloc[-1]
    page.get_by_label("Show rows with").fill("moscow")
    page.wait_for_function("document.querySelectorAll('.rows tbody tr:not([hidden])').length === 2")


def test_parts_of_the_report_are_loaded_one_by_one(served, tab, study):
    visit = tab(served)
    page = opened(visit, PAGE)
    page.locator(".contents").get_by_role("link", name="Estimates and tests").click()
    page.wait_for_selector("section.part")
    page.wait_for_function(QUIET)
    assert page.locator(".part h2").inner_text() == "Estimates and tests"
    assert page.locator(".part table").count() == 3
    assert page.locator(".contents [aria-current]").inner_text() == "Estimates and tests"
    page.get_by_role("link", name="Next: Regions").click()
    page.wait_for_selector(".part >> text=Regions ranked by innovations")
    with page.expect_download() as got:
        page.get_by_role("link", name="CSV of regions").click()
    assert got.value.suggested_filename == f"{web_study.NAME}-regions.csv"
    assert web_study.NASTY in Path(got.value.path()).read_text(encoding="utf-8")


def test_older_run_runs_that_are_not_there_and_studies_not_run(served, tab, study):
    folder = study
    text = (folder / "study.toml").read_text(encoding="utf-8")
    old = Store(folder).run_ids()[0]
    visit = tab(served)
    try:
        (folder / "study.toml").write_text(text.replace("zero_value = 0.1", "zero_value = 0.2"), encoding="utf-8")
        page = opened(visit, PAGE)
        assert "changed after this run" in page.locator(".older").inner_text()
        from innospace.study import run

        new = run(folder).stored.run_id
        page = opened(visit, PAGE)
        assert page.locator(".older").count() == 0
        page.get_by_label("Run", exact=True).select_option(index=1)
        page.wait_for_url(f"**run={old[:SHOWN]}**")
        page.wait_for_selector(".older")
        assert page.locator(".older a").get_attribute("href").endswith(new[:SHOWN])
        bundle = folder / "runs" / new / "steps" / "frontier" / "bundle.json"
        bundle.write_bytes(bundle.read_bytes() + b" ")
        (folder / "runs" / new / "manifest.json").touch()
        page = visit.goto(PAGE)
        page.get_by_text("The stored run is damaged").wait_for()
        assert page.get_by_role("link", name=old[:SHOWN]).count() == 1
    finally:
        (folder / "study.toml").write_text(text, encoding="utf-8")
    page = visit.goto(f"{PAGE}?run=ffff")
    assert "No stored run begins with 'ffff'." in page.locator(".problem").inner_text()
    page = visit.goto(f"{PAGE}?section=nothing")
    page.get_by_text("These results have no part 'nothing'.").wait_for()
    page = visit.goto("/studies/new/results")
    assert page.get_by_role("link", name="Run the study").get_attribute("href") == "/studies/new/run"
    page = visit.goto("/studies/none/results")
    assert "There is no study 'none' here." in page.locator(".problem").inner_text()
    assert visit.violations() == []
