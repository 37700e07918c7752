"""Home in a browser: an empty folder, a new study by keyboard, a worked one by its address."""

from __future__ import annotations

import pytest

from innospace.study.load import load_study
from innospace.study.worked import worked_studies
from innospace.web.workspace import Workspace

pytestmark = pytest.mark.browser


def test_an_empty_folder_says_how_to_begin(served, root, tab):
    visit = tab(served, width=390, dark=True)
    page = visit.goto("/")
    page.get_by_role("heading", name="There is no study in this folder yet").wait_for()
    assert visit.violations() == []
    assert visit.overflow() <= 0


def test_studies_are_looked_at_after_the_page_is_shown(served, root, tab):
    begun, broken = (Workspace(root).create(title) for title in ("Мой край", "Broken"))
    (broken / "study.toml").write_text('[study]\ntitle = "Broken"\n[step.a]\nengine = "none"\n', encoding="utf-8")
    visit = tab(served)
    page = visit.goto("/")
    assert page.get_by_role("button", name="Make the study").is_visible()
    page.locator("ul.studies").wait_for()
    assert page.locator("[aria-busy=true]").count() == 0
    told = page.locator("ul.studies li").all_inner_texts()
    assert [("Has problems" in t, "Not run yet" in t) for t in told] == [(True, False), (False, True)]
    assert visit.violations() == []
    page.get_by_role("link", name="Мой край").click()
    page.wait_for_url("**/data")
    assert begun.is_dir()


def test_a_worked_study_is_chosen_by_the_address(served, root, tab):
    page = tab(served).goto("/?like=bashkortostan")
    page.get_by_label("Title (required)").fill("Наша экономика")
    page.get_by_role("button", name="Make the study").click()
    page.wait_for_url("**/data")
    (folder,) = root.iterdir()
    made = load_study(folder)
    assert made.title == "Наша экономика"
    assert [s.engine for s in made.steps] == ["frontier", "economy"]
    assert worked_studies()["bashkortostan"].title != made.title


def test_a_study_that_is_not_there_says_so(served, root, tab):
    page = tab(served).goto("/studies/nowhere/")
    page.get_by_text("There is no study 'nowhere' here.").wait_for()
    assert page.get_by_role("link", name="All studies").is_visible()
