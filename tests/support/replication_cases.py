"""A small replication of the policy options: few years, one start, for tests of how it is held, shown and stored."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from innospace.economy.models.knowledge.fit import fit_all
from innospace.economy.models.knowledge.solve import shipped_scenarios, solve
from innospace.economy.replication import BashkortostanReplication
from innospace.economy.replication.published import paper_effects, paper_efficiency
from innospace.economy.replication.replicate import _edge, shipped_model


@cache
def small_replication() -> BashkortostanReplication:
    paper, efficiency = paper_effects(), paper_efficiency()
    model = replace(shipped_model(efficiency.value), last_year=2014)
    scenarios = tuple(shipped_scenarios().values())
    economy = solve(model, scenarios, efficiency=efficiency)
    fits = fit_all(model, scenarios, paper, starts=1)
    rates = {0.08: tuple(f for f in fits if f.reading == "percent")}
    return BashkortostanReplication(paper, economy, fits, rates, _edge(model, scenarios, fits), 0.5, 2016)
