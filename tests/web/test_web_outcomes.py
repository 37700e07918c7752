"""Results of frontiers of several outcomes in a browser: map and ranking by outcome and year, the table of the year."""

from __future__ import annotations

import pytest

from innospace.study import read_run, run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STUDY = """
[study]
title = "Types"

[data.regions]
sample = "russia-innovation-types-2010-2012"

[step.types]
engine = "frontier"
data = "regions"
formula = "log(outcome) ~ log(space) + C(year)"
outcomes = ["technologies", "innovative_goods_mln_rub"]
zero_rule = "drop"
names = { technologies = "new technologies", innovative_goods_mln_rub = "innovative goods" }
"""
QUIET = "document.querySelectorAll('[aria-busy=true]').length === 0 && !!document.querySelector('.shown section')"


@pytest.fixture(scope="module")
def result(studies):
    (studies / "types").mkdir()
    (studies / "types" / "study.toml").write_text(STUDY, encoding="utf-8")
    run(studies / "types")
    return read_run(studies / "types").results["types"]


def shown(visit, page, view):
    """Compare what the page shows with what the result says."""
    page.wait_for_function(QUIET)
    assert page.locator("figure:visible").count() == len(view.figures) == 2
    for figure in view.figures:
        assert figure.title in page.locator(f"figure[id$={figure.name}]").inner_text()
    rows = page.locator(".rows tbody tr")
    assert rows.count() == len(view.table.frame)
    assert view.table.frame["region"].iloc[0] in rows.first.inner_text()
    assert view.table.title in page.locator(".rows").inner_text()
    assert visit.overflow() == 0


def test_outcomes_and_years_are_looked_into(served, tab, result):
    visit = tab(served, width=390, dark=True)
    page = visit.goto("/studies/types/results?section=look.types")
    shown(visit, page, result.view({}))
    page.get_by_label("Outcome", exact=True).select_option(label="innovative goods")
    page.get_by_label("Year", exact=True).select_option(label="2010")
    view = result.view({"outcome": "innovative_goods_mln_rub", "year": "2010"})
    page.get_by_role("heading", name=view.figures[0].title).wait_for()
    shown(visit, page, view)
    assert "year=2010" in page.url
    assert visit.violations() == []
    # what the report says of the step stands beside it
    page.goto(served.url + "/studies/types/results")
    page.get_by_role("heading", name="What was found").wait_for()
    assert page.locator("main, .page").first.get_by_text(result.findings()[0]).first.is_visible()
