"""The social accounting matrix of an equilibrium: who pays whom for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.economy.general.conditions import idle, schedules
from innospace.economy.general.result import Equilibrium

if TYPE_CHECKING:
    import pandas as pd

OUTSIDE = "outside"
"""Account of trade on schedules."""


def accounts(found: Equilibrium) -> pd.DataFrame:
    """Return the matrix of an equilibrium: what columns pay to rows; activities, commodities, agents, the outside.

    Activities pay commodities for inputs and agents for taxes; commodities pay activities for outputs and agents for
    endowments; agents pay commodities for purchases and each other transfers.
    """
    import pandas as pd

    e, at, p = found.economy, found.point, found.parameters
    spec, a = e.spec, e.arrays
    names = [*(x.name for x in spec.activities), *(h.name for h in spec.agents)]
    goods = [f"price.{c.name}" for c in spec.commodities]
    labels = [*names, *goods, *([OUTSIDE] if spec.schedules else [])]
    place = {n: k for k, n in enumerate(labels)}
    cells = np.zeros((len(labels), len(labels)))
    owners = np.array([place[n] for n in a.levels])[a.leaf_level]
    good = len(names) + a.leaf_commodity
    value = at.price[a.leaf_commodity] * at.flow
    bought = a.leaf_side > 0
    np.add.at(cells, (good[bought], owners[bought]), value[bought])
    np.add.at(cells, (owners[~bought], good[~bought]), value[~bought])
    agents = np.array([place[h.name] for h in spec.agents])
    np.add.at(cells, (agents[a.tax_collector], owners[a.tax_leaf]), e.taxes(at, p))
    for activity in spec.activities:
        if activity.collector:
            cells[place[activity.collector], place[activity.name]] += found.activity_tax(activity.name)
    for k, i in e.of_kind("rent"):
        root = int(a.root_in[e.levels[i.target]])
        base = float(a.node_value[root] * np.exp(at.node_price[root]) * at.level[e.levels[i.target]])
        cells[place[i.collector], place[i.target]] += float(at.instrument[k]) * base
    used = e.part(p, "endowment") * idle(e, at)[0]
    np.add.at(cells, (agents[e.owned[0]], len(names) + e.owned[1]), used * at.price[e.owned[1]])
    np.add.at(cells, (len(names) + e.fixed[1], agents[e.fixed[0]]), e.part(p, "fixed") * at.price[e.fixed[1]])
    buyer, stocked, work = e.stocks
    stock = e.part(p, "stock") * at.price[stocked] * at.level[work]
    np.add.at(cells, (len(names) + stocked, agents[buyer]), stock)
    for k, t in enumerate(spec.transfers):
        cells[place[t.receiver], place[t.payer]] += at.transfer[k]
    if spec.schedules:
        c, x, _, quantity = schedules(e, at, p)
        for k, s in enumerate(spec.schedules):
            worth, o = float(quantity[k] * at.price[c[k]]), place[OUTSIDE]
            trade = (len(names) + int(c[k]), len(names) + int(x[k]))
            first, second = trade if s.sells else trade[::-1]
            cells[first, o] += worth
            cells[o, second] += worth
    return pd.DataFrame(cells, index=labels, columns=labels)
