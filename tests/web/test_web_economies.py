"""Results of general equilibrium models and of economies of many regions in a browser: charts, a map, a choice."""

from __future__ import annotations

import pytest

from innospace.data import load_sample
from innospace.study import read_run, run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FEW = ("RU-BA", "RU-TA", "RU-CHE", "RU-MOW", "RU-PRI")
STUDY = """
[study]
title = "Economies"

[data.regions]
file = "regions.csv"

[step.economy]
engine = "equilibrium"
model = "stdcge"
scenarios = ["tariffs", "indirect-tax"]

[step.regions]
engine = "regions"
data = "regions"
years = [2012, 2014]
scenarios = ["more"]

[[scenario]]
name = "more"
title = "Bashkortostan uses its space better"

[[scenario.shock]]
parameter = "technical_efficiency"
op = "set"
value = 0.6
where = { region = ["Republic of Bashkortostan"] }
years = [2013, 2014]
"""
QUIET = "document.querySelectorAll('[aria-busy=true]').length === 0 && !!document.querySelector('.shown section')"
# what else there is to choose: a label, an option, and its key
CHOICES = {
    "economy": ("Scenario", "scenario", "indirect-tax"),
    "regions": ("Shown", "effect", "labour"),
}


@pytest.fixture(scope="module")
def results(studies):
    folder = studies / "economies"
    folder.mkdir()
    rows = load_sample("russia-80-economy-2012").frame
    rows[rows["region_code"].isin(FEW)].to_csv(folder / "regions.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    run(folder)
    return read_run(folder).results


def shows(page, view):
    """Whether the page shows exactly what the result shows for a choice."""
    assert page.locator("figure:visible").count() == len(view.own) + len(view.figures)
    for figure in (*view.own, *view.figures):
        assert figure.title in page.locator(f"figure[id$={figure.name}]").inner_text()
    words = page.locator(".shown").first.inner_text()
    assert view.sentences
    for sentence in view.sentences:
        assert sentence in words
    assert page.locator(".rows tbody tr").count() == len(view.table.frame)


@pytest.mark.parametrize(("step", "width", "dark"), [("economy", 1440, True), ("regions", 390, False)])
def test_effects_of_a_scenario_and_another_choice(served, tab, results, step, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = visit.goto(f"/studies/economies/results?section=look.{step}")
    page.wait_for_selector(".shown section")
    page.wait_for_function(QUIET)
    result = results[step]
    shows(page, result.view({}))
    assert visit.overflow() == 0
    assert visit.violations() == []
    label, name, value = CHOICES[step]
    option = next(c for c in result.choices() if c.name == name).options[value]
    page.get_by_label(label, exact=True).select_option(label=option)
    page.wait_for_url(f"**{name}={value}*")
    view = result.view({name: value})
    page.get_by_text((*view.own, *view.figures)[0].title, exact=True).first.wait_for()
    page.wait_for_function(QUIET)
    shows(page, view)


@pytest.mark.parametrize(("step", "row"), [("economy", "Price D.BRD"), ("regions", "Product, Republic of Tatarstan")])
def test_scenarios_of_other_economies_stand_beside_each_other(served, tab, results, step, row):
    visit = tab(served, width=390)
    page = visit.goto(f"/studies/economies/compare?step={step}")
    page.locator(".outcome .tabular", has_text=row).first.wait_for()
    assert page.locator(".outcome .tabular", has_text=row).count() == 2, "levels, and differences"
    assert page.get_by_label("Series of the chart").count() == 0
    assert page.get_by_text("innospace compare").count() > 0
    assert visit.overflow() <= 0
    assert visit.violations() == []
