"""The run page in a browser: a study that cannot run, or was run elsewhere. Runs: tests of the journey and of jobs."""

from __future__ import annotations

import shutil

import pytest

from innospace.study.create import create

pytestmark = pytest.mark.browser


def opened(visit, name="small"):
    page = visit.goto(f"/studies/{name}/run")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    return page


def test_a_study_that_cannot_run_says_why_and_where_to_mend_it(served, root, tab):
    create(root / "small", "russia-2010-2012")
    file = root / "small" / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"half_normal"', '"half_norma"'), encoding="utf-8")
    visit = tab(served)
    page = opened(visit)
    page.get_by_role("heading", name="The study cannot run yet").wait_for()
    assert page.get_by_role("link", name="To the model").is_visible()
    assert page.get_by_role("button", name="Run", exact=True).count() == 0
    assert visit.violations() == []


def test_a_run_made_elsewhere_has_its_link(served, root, tab, computed):
    shutil.copytree(computed, root / "small")
    visit = tab(served)
    page = opened(visit)
    page.get_by_text("stored already").wait_for()
    link = page.get_by_role("link", name="See the results", exact=True)
    assert page.get_by_role("link", name="See the results of the last run").count() == 0
    # an option was changed after the run
    file = root / "small" / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("zero_value = 0.1", "zero_value = 0.2"), encoding="utf-8")
    link.click()
    page.wait_for_url("**/results")
    page.get_by_text("Study changed").wait_for()
    opened(visit).get_by_role("link", name="See the results of the last run").wait_for()
