"""The run page in a browser: a study that cannot run. Runs are in the tests of the journey and of jobs."""

from __future__ import annotations

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
