"""A study from the frontier over agents to the economy: numbers pass by label, a stopped run goes on."""

from __future__ import annotations

import pytest

from innospace.core.document import Notice
from innospace.study import run

STUDY = """
[study]
title = "Agents between a frontier and an economy"
seed = 3

[data.regions]
sample = "russia-2010-2012"
schema = "innovation_space"

[data.controls]
sample = "bashkortostan-2012-controls"

[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"

[step.agents]
engine = "agents"
data = "regions"
final = 2014
replications = 2
calibrated = { growth = 0.28, openness_sd = 0.6, dispersion = 0.28 }
workers = 1

[[step.agents.policies]]
name = "orders"
title = "Orders for joint projects"
region = "Republic of Bashkortostan"
instrument = "rd_orders"
years = [2013, 2014]
budget = 400.0

[step.economy]
engine = "economy"
data = { controls = "controls" }
years = [2012, 2014]
scenarios = ["orders"]

[[link]]
from = "frontier.technical_efficiency"
to = "economy.efficiency"
where = { region = "Republic of Bashkortostan", year = 2012 }

[[link]]
from = "agents.efficiency_gain"
to = "economy.linked.gain"
where = { policy = "orders", region = "Republic of Bashkortostan", year = 2014 }

[[scenario]]
name = "orders"
title = "Orders"

[[scenario.shock]]
parameter = "efficiency"
years = [2014, 2014]
op = "add"
value = { link = "gain" }
"""
LINK = """
[[link]]
from = "frontier.parameters"
to = "agents.{name}"
where = {{ model = "2012", parameter = "{name}" }}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agents")
    links = "".join(LINK.format(name=n) for n in ("delta", "share", "sigma_u", "sigma_v"))
    (folder / "study.toml").write_text(STUDY + links, encoding="utf-8")
    return run(folder)


def test_agents_take_the_frontier_and_the_economy_takes_the_gain(finished):
    results = {s.name: s.result for s in finished.stored.steps}
    frontier, agents, economy = (results[n] for n in ("frontier", "agents", "economy"))
    assert agents.frontier.delta == pytest.approx(frontier.parameters("2012")["delta"])
    assert agents.frontier.share == pytest.approx(frontier.share("2012").w)
    gains = agents.offers("efficiency_gain")
    gain = float(gains[gains["year"] == 2014]["value"].iloc[0])
    assert gain > 0.0
    shock = next(s for s in economy.paths if s == "orders")
    assert economy.paths[shock].scenario.shocks[0].value == pytest.approx(gain)


def test_the_report_says_that_agents_are_a_reconstruction(finished):
    document = finished.document()
    notices = [b.text for s in document.sections for b in s.blocks if isinstance(b, Notice)]
    assert any("reconstruction" in text for text in notices)
    assert any(f.startswith("Orders for joint projects") for f in finished.findings)
    assert any(c.name == "agents.follows_frontier" for c in finished.checks)


def test_a_second_run_computes_nothing(finished):
    assert run(finished.study.folder).already_computed
