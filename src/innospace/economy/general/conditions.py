"""The conditions of an equilibrium but its budgets, derived from the arrays of a spec, with their derivatives.

Each function adds the residuals of one block to ``f`` and its derivatives to ``jac``. Residuals are relative: of a
market to its size in the benchmark, of a budget to the budget, of prices in logarithms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from innospace.economy.general.compiled import Economy
    from innospace.economy.general.layout import Point

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
LEAST = 1e-14
"""Prices and levels count as at least this where one divides by them."""


class Entries:
    """Rows, columns and values of derivatives; ``wanted`` false where only residuals are."""

    def __init__(self, wanted: bool = True) -> None:
        self.wanted = wanted
        self.rows: list[Any] = []
        self.columns: list[Any] = []
        self.values: list[Any] = []

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        """Add entries; an argument that is one number counts for all."""
        if not self.wanted:
            return
        given = np.asarray(rows), np.asarray(columns), np.asarray(values, dtype=np.float64)
        # by hand: numpy's own broadcasting takes most of the time of a small model
        size = max(v.size for v in given) if all(v.size for v in given) else 0
        for kept, v in zip((self.rows, self.columns, self.values), given, strict=True):
            kept.append(v.ravel() if v.size == size else np.full(size, v))


def _leaf_derivatives(e: Economy, at: Point, p: Array, rows: Any, weight: Array, jac: Entries) -> None:
    """Add ``weight * d ln(flow)`` of every leaf to ``rows``."""
    if not jac.wanted:
        return
    a, lay = e.arrays, e.layout
    n, c = a.leaf_node, a.leaf_commodity
    bend = (a.node_side * e.part(p, "elasticity"))[n]
    jac.put(rows, lay.price.start + c, -weight * bend / np.maximum(at.price[c], LEAST))
    level = a.leaf_level
    jac.put(rows, lay.level.start + level, weight / at.level[level])
    jac.put(rows, lay.node_price.start + n, weight * bend)
    jac.put(rows, lay.node_quantity.start + n, weight)
    entry, by = e.tax_instrument
    if len(entry):
        leaf = a.tax_leaf[entry]
        spread = -bend[leaf] * a.leaf_side[leaf] / (1.0 + a.leaf_side[leaf] * at.rate[leaf])
        jac.put(np.asarray(rows)[leaf], lay.instrument.start + by, weight[leaf] * spread)


def idle(e: Economy, at: Point) -> tuple[Array, Indices]:
    """Return the part of each endowment that is used, and the instrument that withholds it (-1 for none)."""
    owned = e.owned[1]
    used, by = np.ones(len(owned)), np.full(len(owned), -1, dtype=np.int64)
    for k, instrument in e.of_kind("withhold"):
        mine = owned == e.goods[instrument.target]
        used[mine] = 1.0 - at.instrument[k]
        by[mine] = k
    return used, by


def markets(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Supply less demand of each commodity."""
    a, lay, size = e.arrays, e.layout, e.market_size
    sign = -a.leaf_side / size[a.leaf_commodity]
    rows = lay.price.start + a.leaf_commodity
    f[lay.price] += np.bincount(a.leaf_commodity, sign * at.flow, len(size))
    _leaf_derivatives(e, at, p, rows, sign * at.flow, jac)
    _, goods = e.owned
    if len(goods):
        used, by = idle(e, at)
        amount = e.part(p, "endowment")
        f[lay.price] += np.bincount(goods, amount * used / size[goods], len(size))
        held = by >= 0
        jac.put(lay.price.start + goods[held], lay.instrument.start + by[held], -(amount / size[goods])[held])
    _, bought = e.fixed
    f[lay.price] -= np.bincount(bought, e.part(p, "fixed") / size[bought], len(size)) if len(bought) else 0.0
    _, stocked, work = e.stocks
    if len(stocked):
        amount = e.part(p, "stock") / size[stocked]
        f[lay.price] -= np.bincount(stocked, amount * at.level[work], len(size))
        jac.put(lay.price.start + stocked, lay.level.start + work, -amount)
    _outside(e, at, p, f, jac)


def schedules(e: Economy, at: Point, p: Array) -> tuple[Any, Any, Array, Array]:
    """Return commodity, exchange, slope and quantity of each schedule."""
    s = e.spec.schedules
    c = np.array([e.goods[x.commodity] for x in s], dtype=np.int64)
    x = np.array([e.goods[x.exchange] for x in s], dtype=np.int64)
    sells = np.array([-1.0 if x.sells else 1.0 for x in s])
    slope = sells * e.part(p, "outside_elasticity")
    relative = np.log(np.maximum(at.price[c], LEAST) / np.maximum(at.price[x], LEAST))
    base = np.log(e.start_price[c] / e.start_price[x])
    return c, x, slope, np.asarray(e.part(p, "outside") * np.exp(slope * (relative - base)))


def _outside(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Trade with an outside that is not small: it takes or brings the commodity and pays or gets exchange."""
    if not e.spec.schedules:
        return
    lay, size = e.layout, e.market_size
    c, x, slope, quantity = schedules(e, at, p)
    sign = np.array([-1.0 if s.sells else 1.0 for s in e.spec.schedules])
    value = sign * quantity * at.price[c] / at.price[x]
    np.add.at(f, lay.price.start + c, sign * quantity / size[c])
    np.add.at(f, lay.price.start + x, -value / size[x])
    for rows, amount, bend in ((c, sign * quantity / size[c], slope), (x, -value / size[x], slope + 1.0)):
        jac.put(lay.price.start + rows, lay.price.start + c, amount * bend / at.price[c])
        jac.put(lay.price.start + rows, lay.price.start + x, -amount * bend / at.price[x])


def _margins(e: Economy, at: Point, p: Array) -> Array:
    """Return receipts over cost that each activity needs."""
    cost, _ = e.works
    tax, rent = e.part(p, "activity_tax"), np.zeros(len(cost))
    for k, instrument in e.of_kind("rent"):
        rent[e.levels[instrument.target]] += at.instrument[k]
    return np.where(cost, 1.0 + tax + rent, (1.0 + rent) / (1.0 - tax))


def profits(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Cost with tax less receipts of each activity, in logarithms."""
    a, lay, n = e.arrays, e.layout, len(e.spec.activities)
    if not n:
        return
    factor = _margins(e, at, p)
    rows = lay.level.start + np.arange(n)
    base = np.log(a.node_value[a.root_in] / a.node_value[a.root_out] / e.part(p, "productivity"))
    f[rows] = base + np.log(factor) + at.node_price[a.root_in] - at.node_price[a.root_out]
    jac.put(rows, lay.node_price.start + a.root_in, 1.0)
    jac.put(rows, lay.node_price.start + a.root_out, -1.0)
    cost, _ = e.works
    for k, instrument in e.of_kind("rent"):
        w = e.levels[instrument.target]
        grown = 1.0 if cost[w] else 1.0 / (1.0 - e.part(p, "activity_tax")[w])
        jac.put(rows[w], lay.instrument.start + k, grown / factor[w])


def nests(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Price of each nest from those of its children; quantity of each nest from that of its parent."""
    a, lay, count = e.arrays, e.layout, len(e.arrays.leaf_node)
    price, share = e.node_prices(at.ratio, at.node_price, p)
    nodes = np.arange(len(price))
    rows = lay.node_price.start + a.edge_parent
    f[lay.node_price] = at.node_price - price
    jac.put(lay.node_price.start + nodes, lay.node_price.start + nodes, 1.0)
    leaf = a.leaf_commodity
    jac.put(rows[:count], lay.price.start + leaf, -share[:count] / np.maximum(at.price[leaf], LEAST))
    jac.put(rows[count:], lay.node_price.start + a.inner, -share[count:])
    entry, by = e.tax_instrument
    if len(entry):
        t = a.tax_leaf[entry]
        moved = a.leaf_side[t] / (1.0 + a.leaf_side[t] * at.rate[t])
        jac.put(rows[t], lay.instrument.start + by, -share[t] * moved)
    up = a.node_parent[a.inner]
    bend = (a.node_side * e.part(p, "elasticity"))[up]
    f[lay.node_quantity] = at.node_quantity
    f[lay.node_quantity.start + a.inner] -= at.node_quantity[up] + bend * (at.node_price[up] - at.node_price[a.inner])
    jac.put(lay.node_quantity.start + nodes, lay.node_quantity.start + nodes, 1.0)
    rows = lay.node_quantity.start + a.inner
    jac.put(rows, lay.node_quantity.start + up, -1.0)
    jac.put(rows, lay.node_price.start + up, -bend)
    jac.put(rows, lay.node_price.start + a.inner, bend)


def aims(e: Economy, at: Point, p: Array, f: Array, jac: Entries) -> None:
    """Condition of each instrument; not negative where it is an inequality that holds."""
    lay = e.layout
    for k, instrument in enumerate(e.spec.instruments):
        row, aim, c = lay.instrument.start + k, float(e.part(p, "aim")[k]), instrument.condition
        if c.kind in ("price", "wage_curve"):
            _price_aim(e, at, k, aim, f, jac)
        elif c.kind == "level":
            f[row] = aim - at.level[e.levels[c.name]]
            jac.put(row, lay.level.start + e.levels[c.name], -1.0)
        elif c.kind == "flow":
            _flow_aim(e, at, p, k, aim, f, jac)
        else:
            t = [x.name for x in e.spec.transfers].index(c.name)
            size = float(e.income_size[e.agents[e.spec.transfers[t].payer]])
            index, weight = e.numeraire
            f[row] = (at.transfer[t] - aim * float(weight @ at.price[index])) / size
            jac.put(row, lay.transfer.start + t, 1.0 / size)
            jac.put(row, lay.price.start + index, -aim * weight / size)


def _price_aim(e: Economy, at: Point, k: int, aim: float, f: Array, jac: Entries) -> None:
    lay, c = e.layout, e.spec.instruments[k].condition
    row, good = lay.instrument.start + k, e.goods[c.name]
    index, weight = e.numeraire
    level = float(weight @ at.price[index])
    ratio = at.price[good] / e.start_price[good] / level
    if c.kind == "price":
        f[row] = ratio - aim
        slope = 1.0
    else:
        f[row] = np.log(ratio / aim) + c.elasticity * np.log(at.instrument[k] / e.spec.instruments[k].value)
        slope = 1.0 / ratio
        jac.put(row, lay.instrument.start + k, c.elasticity / at.instrument[k])
    jac.put(row, lay.price.start + good, slope * ratio / at.price[good])
    jac.put(row, lay.price.start + index, -slope * ratio * weight / level)


def _flow_aim(e: Economy, at: Point, p: Array, k: int, aim: float, f: Array, jac: Entries) -> None:
    a, lay, c = e.arrays, e.layout, e.spec.instruments[k].condition
    row = lay.instrument.start + k
    mine = np.array([pair == (c.name, c.flow) for pair in a.leaf_names])
    size = float(a.leaf_quantity[mine].sum())
    f[row] = (aim - at.flow[mine].sum()) / size
    weight = np.where(mine, -at.flow / size, 0.0)
    _leaf_derivatives(e, at, p, np.full(len(weight), row), weight, jac)
