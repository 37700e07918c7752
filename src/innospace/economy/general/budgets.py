"""Budgets: income of each agent, its transfers, what it spends on its demand, with derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.conditions import LEAST, Entries, idle

if TYPE_CHECKING:
    from innospace.economy.general.compiled import Economy
    from innospace.economy.general.layout import Point

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def budgets(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Income of each agent, its transfers, and what it spends on its demand."""
    lay, size = e.layout, e.income_size
    rows = lay.income.start + np.arange(len(size))
    f[lay.income] = at.income / size
    jac.put(rows, rows, 1.0 / size)
    _sales(e, at, p, f, jac)
    _taxes(e, at, p, f, jac)
    _works(e, at, p, f, jac)
    to = e.moves.receiver
    np.subtract.at(f, lay.income.start + to, at.transfer / size[to])
    jac.put(lay.income.start + to, lay.transfer.start + np.arange(len(to)), -1.0 / size[to])
    left = _left(e, at, p)
    _spending(e, at, p, f, jac, left)
    _transfers(e, at, p, f, jac, left)


def _sales(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    owner, good = e.owned
    if not len(owner):
        return
    lay, size = e.layout, e.income_size
    used, by = idle(e, at)
    amount = e.part(p, "endowment")
    f[lay.income] -= np.bincount(owner, amount * used * at.price[good] / size[owner], len(size))
    jac.put(lay.income.start + owner, lay.price.start + good, -amount * used / size[owner])
    held = by >= 0
    gain = (amount * at.price[good] / size[owner])[held]
    jac.put(lay.income.start + owner[held], lay.instrument.start + by[held], gain)


def _taxes(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    a, lay, size = e.arrays, e.layout, e.income_size
    if not len(a.tax_leaf):
        return
    revenue = e.taxes(at, p)
    f[lay.income] -= np.bincount(a.tax_collector, revenue / size[a.tax_collector], len(size))
    agents = a.tax_collector
    rows = lay.income.start + agents
    leaf, weight = a.tax_leaf, -revenue / size[agents]
    c, n, level = a.leaf_commodity[leaf], a.leaf_node[leaf], a.leaf_level[leaf]
    bend = (a.node_side * e.part(p, "elasticity"))[n]
    jac.put(rows, lay.price.start + c, weight * (1.0 - bend) / np.maximum(at.price[c], LEAST))
    jac.put(rows, lay.level.start + level, weight / at.level[level])
    jac.put(rows, lay.node_price.start + n, weight * bend)
    jac.put(rows, lay.node_quantity.start + n, weight)
    entry, by = e.tax_instrument
    if not len(entry):
        return
    jac.put(rows[entry], lay.instrument.start + by, -(at.price[c] * at.flow[leaf] / size[agents])[entry])
    for k, instrument in zip(entry, by, strict=True):  # the instrument moves the flow, and with it every tax on it
        for other in np.flatnonzero(leaf == leaf[k]):
            side, rate = a.leaf_side[leaf[k]], at.rate[leaf[k]]
            jac.put(
                rows[other], lay.instrument.start + instrument, -weight[other] * bend[k] * side / (1.0 + side * rate)
            )


def _works(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Taxes on output and rents."""
    a, lay, size, n = e.arrays, e.layout, e.income_size, len(e.spec.activities)
    if not n:
        return
    cost, collector = e.works
    level, tax = at.level[:n], e.part(p, "activity_tax")
    root = np.where(cost, a.root_in, a.root_out)
    base = e.taxed(at, p)
    mine = np.flatnonzero(collector >= 0)
    to = collector[mine]
    f[lay.income] -= np.bincount(to, (tax * base * level)[mine] / size[to], len(size))
    rows = lay.income.start + to
    jac.put(rows, lay.level.start + mine, -(tax * base)[mine] / size[to])
    jac.put(rows, lay.node_price.start + root[mine], -(tax * base * level)[mine] / size[to])
    charged = a.node_value[a.root_in] * np.exp(at.node_price[a.root_in])
    for k, instrument in e.of_kind("rent"):
        w, h = e.levels[instrument.target], e.agents[instrument.collector]
        f[lay.income.start + h] -= at.instrument[k] * charged[w] * level[w] / size[h]
        row = lay.income.start + h
        jac.put(row, lay.instrument.start + k, -charged[w] * level[w] / size[h])
        jac.put(row, lay.level.start + w, -at.instrument[k] * charged[w] / size[h])
        jac.put(row, lay.node_price.start + a.root_in[w], -at.instrument[k] * charged[w] * level[w] / size[h])


def _left(e: Economy, at: Point, p: Array) -> Array:
    """Return income less fixed purchases, building of stocks and transfers paid, shape (agents,)."""
    left = at.income.copy()
    buyer, good = e.fixed
    np.subtract.at(left, buyer, e.part(p, "fixed") * at.price[good])
    buyer, good, work = e.stocks
    np.subtract.at(left, buyer, e.part(p, "stock") * at.price[good] * at.level[work])
    np.subtract.at(left, e.moves.payer, at.transfer)
    return left


def _left_derivatives(
    e: Economy, at: Point, p: Array, agents: Indices, rows: Indices, weights: Array, jac: Entries
) -> None:
    """Add ``weights * d left[agents]`` to rows; an agent stands once."""
    if not jac.wanted or not len(agents):
        return
    lay, count = e.layout, len(e.income_size)
    row, weight = np.full(count, -1, dtype=np.int64), np.zeros(count)
    row[agents], weight[agents] = rows, weights
    jac.put(rows, lay.income.start + agents, weights)
    buyer, good = e.fixed
    mine = row[buyer] >= 0
    buyer, good = buyer[mine], good[mine]
    jac.put(row[buyer], lay.price.start + good, -weight[buyer] * e.part(p, "fixed")[mine])
    buyer, good, work = e.stocks
    mine = row[buyer] >= 0
    buyer, good, work, amount = buyer[mine], good[mine], work[mine], e.part(p, "stock")[mine]
    jac.put(row[buyer], lay.price.start + good, -weight[buyer] * amount * at.level[work])
    jac.put(row[buyer], lay.level.start + work, -weight[buyer] * amount * at.price[good])
    paid = np.flatnonzero(row[e.moves.payer] >= 0)
    payer = e.moves.payer[paid]
    jac.put(row[payer], lay.transfer.start + paid, -weight[payer])


def _spending(e: Economy, at: Point, p: Array, f: Array, jac: Entries, left: Array) -> None:
    a, lay, size, n = e.arrays, e.layout, e.income_size, len(e.spec.activities)
    if not len(a.demanding):
        return
    root, agents = a.root_demand, a.demanding
    worth = a.node_value[root] * np.exp(at.node_price[root])
    rows = lay.level.start + n + np.arange(len(agents))
    f[rows] = (worth * at.level[n:] - left[agents]) / size[agents]
    jac.put(rows, rows, worth / size[agents])
    jac.put(rows, lay.node_price.start + root, worth * at.level[n:] / size[agents])
    _left_derivatives(e, at, p, agents, rows, -1.0 / size[agents], jac)


def _transfers(e: Economy, at: Point, p: Array, f: Array, jac: Entries, left: Array) -> None:
    lay, value, m, start = e.layout, e.part(p, "transfer"), e.moves, e.layout.transfer.start
    if not len(value):
        return
    size = e.income_size[m.payer]
    # what is left is zero where a transfer takes the rest, which is part of it; others equal what their rule says
    rest = m.of("rest")
    payer = m.payer[rest]
    f[start + rest] = -left[payer] / size[rest]
    _left_derivatives(e, at, p, payer, start + rest, -1.0 / size[rest], jac)
    other = np.setdiff1d(np.arange(len(value)), rest)
    f[start + other] = at.transfer[other] / size[other]
    jac.put(start + other, start + other, 1.0 / size[other])
    share, (taken_by, taken) = m.of("share"), m.after
    based = at.income[m.payer].copy()
    np.subtract.at(based, taken_by, at.transfer[taken])
    f[start + share] -= (value * based / size)[share]
    jac.put(start + share, lay.income.start + m.payer[share], -(value / size)[share])
    jac.put(start + taken_by, start + taken, (value / size)[taken_by])
    for k in m.of("amount"):
        _amount(e, at, int(k), float(value[k] / size[k]), f, jac)
    for k, i in e.of_kind("transfer"):
        row = start + e.move_names[i.target]
        scale = e.income_size[e.agents[e.spec.transfer(i.target).payer]]
        f[row] -= at.instrument[k] / scale
        jac.put(row, lay.instrument.start + k, -1.0 / scale)


def _amount(e: Economy, at: Point, k: int, value: float, f: Array, jac: Entries) -> None:
    """Take an amount that is paid at a price off the equation of a transfer."""
    price, lay = e.spec.transfers[k].price, e.layout
    index, weight = (np.array([e.goods[price]]), np.ones(1)) if price else e.numeraire
    start = float(weight @ e.start_price[index])
    f[lay.transfer.start + k] -= value * float(weight @ at.price[index]) / start
    jac.put(lay.transfer.start + k, lay.price.start + index, -value * weight / start)
