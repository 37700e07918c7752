"""The run page in a browser: begin, watch in two tabs, stop, go on; a study that cannot run."""

from __future__ import annotations

import statistics
import time
import urllib.request

import pytest

from innospace.study.create import create
from innospace.study.worked import create_like

pytestmark = pytest.mark.browser
LONG = 90_000
RESPONSIVE_SECONDS = 0.2


def long_study(root):
    create_like(root / "long", "bashkortostan")
    file = root / "long" / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("draws = 200", "draws = 3000"), encoding="utf-8")


def opened(visit, name="small"):
    page = visit.goto(f"/studies/{name}/run")
    page.wait_for_function("!document.querySelector('.loading')")
    return page


def test_a_study_is_run_and_leads_to_its_results(served, root, tab):
    create(root / "small", "russia-2010-2012")
    first, second = tab(served), tab(served, width=390, dark=True)
    page, other = opened(first), opened(second)
    assert page.get_by_text("frontier: to be computed").is_visible()
    assert first.violations() == []
    page.get_by_role("button", name="Run", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("progressbar", name="Progress of the run").wait_for()
    assert first.violations() == []
    for seen in (page, other):
        seen.get_by_role("link", name="See the results").wait_for(timeout=LONG)
    assert second.violations() == []
    assert second.overflow() <= 0
    page.get_by_text("stored already").wait_for()
    assert page.get_by_role("button", name="Write the report again").is_visible()
    page.get_by_role("button", name="Compute everything again").click()
    page.get_by_role("button", name="No").click()
    page.get_by_role("link", name="See the results").click()
    page.get_by_role("heading", name="Results", level=1).wait_for()


def test_a_long_run_is_stopped_and_pages_answer_meanwhile(served, root, tab):
    long_study(root)
    page = opened(tab(served), "long")
    page.get_by_role("button", name="Run", exact=True).click()
    # where the run is, not the list of what it computes
    page.locator(".now").get_by_text("economy:").wait_for(timeout=LONG)
    taken = []
    for _ in range(15):
        began = time.monotonic()
        urllib.request.urlopen(f"{served.url}/", timeout=10).read()
        taken.append(time.monotonic() - began)
    # the median: tests beside this one may take both cores for a while
    assert statistics.median(taken) < RESPONSIVE_SECONDS
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped; what was finished is kept").wait_for(timeout=LONG)
    page.get_by_role("button", name="Go on").wait_for()
    assert page.get_by_text("frontier: stored already").is_visible()


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
