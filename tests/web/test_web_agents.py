"""Results of agents in a browser: maps, efficiency by year with intervals, the network, a region, a policy."""

from __future__ import annotations

import pytest

from innospace.study import read_run, run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STUDY = """
[study]
title = "Agents"
seed = 3

[data.regions]
sample = "russia-2010-2012"
schema = "innovation_space"

[step.agents]
engine = "agents"
data = "regions"
final = 2014
replications = 2
workers = 1
delta = 0.62
share = 0.0012
sigma_u = 2.088
sigma_v = 0.448
calibrated = { growth = 0.28, openness_sd = 0.6, dispersion = 0.28 }

[[step.agents.policies]]
name = "orders"
title = "Orders for joint projects"
region = "Republic of Bashkortostan"
instrument = "rd_orders"
years = [2013, 2014]
budget = 400.0
"""
PAGE = "/studies/agents/results?section=look.agents"
QUIET = "document.querySelectorAll('[aria-busy=true]').length === 0 && !!document.querySelector('.shown section')"


@pytest.fixture(scope="module")
def result(studies):
    (studies / "agents").mkdir()
    (studies / "agents" / "study.toml").write_text(STUDY, encoding="utf-8")
    run(studies / "agents")
    return read_run(studies / "agents").results["agents"]


def opened(visit, address):
    page = visit.goto(address)
    page.wait_for_selector(".shown section")
    page.wait_for_function(QUIET)
    return page


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_maps_paths_and_network_of_a_policy(served, tab, result, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = opened(visit, PAGE)
    shown = result.view({})
    assert page.locator("figure:visible").count() == len(shown.figures) == 3
    for figure in shown.figures:
        assert figure.title in page.locator(f"figure[id$={figure.name}]").inner_text()
    assert page.locator(".rows tbody tr").count() == len(shown.table.frame)
    assert visit.overflow() == 0
    assert visit.violations() == []


def test_a_policy_and_a_region_can_be_chosen(served, tab, result):
    visit = tab(served)
    page = opened(visit, PAGE)
    page.get_by_label("Policy", exact=True).select_option(label="No policy")
    page.wait_for_selector("figure[id$=agents-growth-no-policy]")
    field = page.get_by_role("combobox", name="Region", exact=True)
    field.fill("tatarstan")
    page.keyboard.press("Enter")
    page.wait_for_selector(".picked h3")
    page.wait_for_function(QUIET)
    chosen = {"policy": "no_policy", "region": "Republic of Tatarstan"}
    words = page.locator(".picked").inner_text()
    for sentence in result.view(chosen).sentences:
        assert sentence in words
    assert page.locator("figure[id$=agents-path-republic-of-tatarstan]").count() == 1
    assert "region=Republic+of+Tatarstan" in page.url
