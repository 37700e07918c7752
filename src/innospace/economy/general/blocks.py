"""Block elimination in the space of factor prices, for large models.

Given prices of factors, break-even conditions alone give the prices of goods; given all prices, levels, incomes and
transfers solve linear equations; what is left are the markets of factors. Works for models in which each activity makes
one good, each good is made by one activity, and nothing is rationed: then the elimination is exact.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError, SpecError, offenders
from innospace.core.status import Status, StatusCode
from innospace.economy.general.compiled import Economy
from innospace.economy.general.conditions import LEAST
from innospace.economy.general.layout import Point
from innospace.economy.general.result import Equilibrium
from innospace.numerics.anderson import find_fixed_point
from innospace.numerics.input_output import Cells, leontief

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
SETTLED = 1e-13
"""Largest relative change of levels in the last sweep over budgets and levels."""
PRICES = 1e-13
"""Largest residual of break-even conditions, in logarithms."""
SLACK = 1e-4
"""Error of goods' prices and of levels relative to the gaps of factor markets in the round before."""
LOOSE = 1e-3
"""Largest relative error of a linear solution within a step of prices."""
MAX_PRICE_STEPS = 50
MAX_SWEEPS = 200


def obstacles(economy: Economy) -> list[str]:
    """Return what keeps a model from being solved by blocks; empty when it can be."""
    spec, found = economy.spec, []
    if economy.complementary or spec.instruments:
        found.append("instruments or inequalities")
    if spec.schedules:
        found.append("trade with an outside that is not small")
    joint = [a.name for a in spec.activities if len(a.outputs.flows) != 1]
    if joint:
        found.append(f"activities with several outputs: {offenders(joint)}")
    made = [f.commodity for a in spec.activities for f in a.outputs.flows]
    doubled = sorted(m for m, count in Counter(made).items() if count > 1)
    if doubled:
        found.append(f"goods with several makers: {offenders(doubled)}")
    if len(set(made)) == len(spec.commodities):
        found.append("no factors")
    return found


@dataclass(frozen=True)
class Blocks:
    """The structure of a model for elimination, at given parameters."""

    economy: Economy
    p: Array

    @cached_property
    def made(self) -> Indices:
        """Commodity that each activity makes."""
        a, n = self.economy.arrays, len(self.economy.spec.activities)
        out = np.empty(n, dtype=np.int64)
        leaf = np.flatnonzero(a.leaf_side < 0)
        out[a.leaf_level[leaf]] = a.leaf_commodity[leaf]
        return out

    @cached_property
    def output(self) -> Array:
        """Quantity that each activity makes at level 1."""
        a, n = self.economy.arrays, len(self.economy.spec.activities)
        out = np.empty(n)
        leaf = np.flatnonzero(a.leaf_side < 0)
        out[a.leaf_level[leaf]] = a.leaf_quantity[leaf]
        return out * self.economy.productivity(self.p)[:n]

    @cached_property
    def factors(self) -> Indices:
        """Commodities that no activity makes."""
        return np.asarray(np.setdiff1d(np.arange(len(self.economy.spec.commodities)), self.made))

    @cached_property
    def moved(self) -> Indices:
        """Factors whose prices are searched for: all but one."""
        fixed = self.economy.dropped if self.economy.dropped in set(self.factors.tolist()) else int(self.factors[0])
        return np.asarray(self.factors[self.factors != fixed])

    @cached_property
    def inputs(self) -> Indices:
        """Leaves that are bought."""
        return np.flatnonzero(self.economy.arrays.leaf_side > 0)

    @cached_property
    def fees(self) -> Array:
        """Receipts that an activity needs relative to cost, logarithms, benchmark values included."""
        e, a = self.economy, self.economy.arrays
        cost, _ = e.works
        tax = e.part(self.p, "activity_tax")
        factor = np.where(cost, 1.0 + tax, 1.0 / (1.0 - tax))
        base = a.node_value[a.root_in] / a.node_value[a.root_out] / e.part(self.p, "productivity")
        return np.asarray(np.log(factor * base))

    @cached_property
    def shift(self) -> Array:
        """Price paid or received by leaf relative to the benchmark at commodity prices of one, logarithms."""
        e, a = self.economy, self.economy.arrays
        rate = np.bincount(a.tax_leaf, e.part(self.p, "tax"), len(a.leaf_node))
        return np.asarray(np.log((1.0 + a.leaf_side * rate) / a.leaf_factor) - np.log(e.start_price)[a.leaf_commodity])

    def ratios(self, log_price: Array) -> Array:
        """Return prices paid or received by leaf relative to the benchmark, logarithms."""
        return np.asarray(log_price[self.economy.arrays.leaf_commodity] + self.shift)

    @cached_property
    def ranks(self) -> tuple[tuple[Indices, Indices], ...]:
        """Nests and edges to their children by depth, deepest first."""
        a = self.economy.arrays
        depth = np.zeros(len(a.node_parent), dtype=np.int64)
        for k, level in enumerate(a.depth):
            depth[level] = k
        of_edge = depth[a.edge_parent]
        return tuple((level, np.flatnonzero(of_edge == k)) for k, level in enumerate(a.depth))[::-1]

    def nodes(self, ratio: Array) -> tuple[Array, Array]:
        """Return prices of nests and shares of children, each edge once: nests below come before those above."""
        e, a = self.economy, self.economy.arrays
        child = np.concatenate((ratio, np.zeros(len(a.inner))))
        at = np.full(len(a.node_parent), -1, dtype=np.int64)
        at[a.inner] = len(ratio) + np.arange(len(a.inner))
        price, share = np.zeros(len(a.node_parent)), np.empty(len(child))
        for level, edges in self.ranks:
            found, share[edges] = e.nest_prices(child[edges], edges, self.p)
            price[level] = found[level]
            held = level[at[level] >= 0]
            child[at[held]] = price[held]
        return price, share

    def leaf_shares(self, share: Array) -> Array:
        """Return the share of each leaf in the cost of its tree."""
        a, count = self.economy.arrays, len(self.economy.arrays.leaf_node)
        own = np.ones(len(a.node_parent))
        own[a.inner] = share[count:]
        weight = np.ones(len(a.node_parent))
        for level in a.depth[1:]:
            weight[level] = own[level] * weight[a.node_parent[level]]
        return share[:count] * weight[a.leaf_node]

    @cached_property
    def maker(self) -> Indices:
        """Activity that makes each commodity; -1 for factors."""
        out = np.full(len(self.economy.spec.commodities), -1, dtype=np.int64)
        out[self.made] = np.arange(len(self.made))
        return out

    @cached_property
    def inputs_of_works(self) -> tuple[Indices, Cells]:
        """Leaves of goods that activities buy, and their cells: buyer by maker."""
        a, n = self.economy.arrays, len(self.made)
        leaf = self.inputs[a.leaf_level[self.inputs] < n]
        leaf = leaf[self.maker[a.leaf_commodity[leaf]] >= 0]
        return leaf, Cells.of(a.leaf_level[leaf], self.maker[a.leaf_commodity[leaf]], (n, n))

    @cached_property
    def purchases(self) -> tuple[Indices, Cells]:
        """Leaves of goods that activities and agents buy, and their cells: maker by buyer."""
        a = self.economy.arrays
        leaf = self.inputs[self.maker[a.leaf_commodity[self.inputs]] >= 0]
        return leaf, Cells.of(self.maker[a.leaf_commodity[leaf]], a.leaf_level[leaf], (len(self.made), len(a.levels)))

    def goods_prices(self, log_price: Array, error: float = 0.0) -> tuple[Array, Array]:
        """Return all prices such that activities break even at given prices of factors, and nests; logarithms.

        ``error`` is what they may miss break-even by, when that is more than rounding leaves.
        """
        settled = max(PRICES, error)
        a = self.economy.arrays
        works, pattern = self.inputs_of_works
        log_price = log_price.copy()
        for _ in range(MAX_PRICE_STEPS):
            node, share = self.nodes(self.ratios(log_price))
            gap = self.fees + node[a.root_in] - node[a.root_out]
            worst = float(np.max(np.abs(gap)))
            if worst <= settled:
                return log_price, node
            if not np.isfinite(worst):
                break
            weight = self.leaf_shares(share)[works]
            # no more digits than the step of Newton's method has itself, whose error is of the order of the gap squared
            digits = max(min(worst, LOOSE), 0.1 * settled / worst)
            log_price[self.made] += leontief(pattern.matrix(weight), gap, error=digits)
        missed = self.economy.spec.activities[int(np.argmax(np.abs(gap)))].name
        raise SolverError(
            f"Prices of goods do not settle: {missed} misses break-even by {np.max(np.abs(gap)):.3g}.",
            where=f"model {self.economy.spec.name!r}",
            remedy="Solve it with route = 'newton'.",
        )

    def quantities(
        self, log_price: Array, node: Array, near: Array | None = None, error: float = 0.0
    ) -> tuple[Array, Point]:
        """Return all unknowns at given prices: levels, incomes and transfers solve linear equations.

        ``near`` are levels to begin from, of one each when not given; ``error`` is what levels may miss by, relatively.
        """
        e, lay = self.economy, self.economy.layout
        v = np.zeros(lay.size)
        v[lay.price], v[lay.level], v[lay.node_price] = np.exp(log_price), 1.0, node
        v[lay.node_quantity] = self._uses(node)
        unit = e.point(v, self.p)
        goods = self._goods_matrix(unit)
        level = v[lay.level].copy() if near is None else near
        revenue = self._revenue(unit)
        for _ in range(MAX_SWEEPS):
            income, transfer, left = self._budgets(unit.price, level, revenue)
            worth = e.arrays.node_value[e.arrays.root_demand] * np.exp(node[e.arrays.root_demand])
            demand = left[e.arrays.demanding] / worth
            makes = self._makes(goods, demand, level, error)
            change = float(np.max(np.abs(np.concatenate((makes, demand)) - level) / np.maximum(np.abs(level), 1e-9)))
            level = np.concatenate((makes, demand))
            if change <= max(SETTLED, error) or not len(revenue[1]):
                break
        v[lay.level], v[lay.income], v[lay.transfer] = level, income, transfer
        # flows are in proportion to levels
        flow = unit.flow * np.maximum(level, LEAST)[e.arrays.leaf_level]
        return v, replace(unit, level=level, income=income, transfer=transfer, flow=flow)

    def _uses(self, node: Array) -> Array:
        a = self.economy.arrays
        bend = a.node_side * self.economy.part(self.p, "elasticity")
        out = np.zeros(len(node))
        for level in a.depth[1:]:
            up = a.node_parent[level]
            out[level] = out[up] + bend[up] * (node[up] - node[level])
        return out

    def _goods_matrix(self, unit: Point) -> Any:
        """Return what a unit of each level buys of each good, in units of the good's maker."""
        leaf, pattern = self.purchases
        return pattern.matrix(unit.flow[leaf] / self.output[self.maker[self.economy.arrays.leaf_commodity[leaf]]])

    def _makes(self, goods: Any, demand: Array, level: Array, error: float) -> Array:
        """Return levels of activities that clear the markets of goods."""
        e, n = self.economy, len(self.made)
        need = goods[:, n:] @ demand
        _, stocked, work = e.stocks
        index = np.concatenate((e.fixed[1], e.owned[1], stocked))
        amount = np.concatenate(
            (e.part(self.p, "fixed"), -e.part(self.p, "endowment"), e.part(self.p, "stock") * level[work])
        )
        asked = np.bincount(index, amount, len(e.spec.commodities))
        return leontief(goods[:, :n], need + asked[self.made] / self.output, start=level[:n], error=error)

    def _revenue(self, unit: Point) -> tuple[Array, Indices, Indices]:
        """Return tax revenue per unit of level, with collector and level, entries of zero left out."""
        e, a, n = self.economy, self.economy.arrays, len(self.made)
        _, collector = e.works
        value = np.concatenate((e.taxes(unit, self.p), e.taxed(unit, self.p) * e.part(self.p, "activity_tax")))
        to = np.concatenate((a.tax_collector, collector))
        level = np.concatenate((a.leaf_level[a.tax_leaf], np.arange(n)))
        keep = (value != 0.0) & (to >= 0)
        return value[keep], to[keep], level[keep]

    @cached_property
    def _budget_inverse(self) -> Array:
        """Return the inverse of the linear system of incomes and transfers, which prices do not enter."""
        spec, e = self.economy.spec, self.economy
        count = len(spec.agents)
        matrix = np.eye(count + len(spec.transfers))
        order = {t.name: k for k, t in enumerate(spec.transfers)}
        for k, t in enumerate(spec.transfers):
            payer, row = e.agents[t.payer], count + k
            matrix[e.agents[t.receiver], row] -= 1.0
            if t.rule == "share":
                share = float(e.part(self.p, "transfer")[k])
                matrix[row, payer] -= share
                for name in t.after:
                    matrix[row, count + order[name]] += share
            elif t.rule == "rest":
                matrix[row, payer] -= 1.0
                for other, j in order.items():
                    if other != t.name and spec.transfers[j].payer == t.payer:
                        matrix[row, count + j] += 1.0
        return np.asarray(np.linalg.inv(matrix))

    def _budgets(
        self, price: Array, level: Array, revenue: tuple[Array, Indices, Indices]
    ) -> tuple[Array, Array, Array]:
        """Return incomes, transfers, and what is left for demand."""
        e, spec = self.economy, self.economy.spec
        count = len(spec.agents)
        right = np.zeros(count + len(spec.transfers))
        owner, good = e.owned
        np.add.at(right, owner, e.part(self.p, "endowment") * price[good])
        value, to, by = revenue
        np.add.at(right, to, value * level[by])
        bought = np.zeros(count)
        np.add.at(bought, e.fixed[0], e.part(self.p, "fixed") * price[e.fixed[1]])
        buyer, stocked, work = e.stocks
        np.add.at(bought, buyer, e.part(self.p, "stock") * price[stocked] * level[work])
        index, weight = e.numeraire
        for k, t in enumerate(spec.transfers):
            if t.rule == "amount":
                good_at, w = (np.array([e.goods[t.price]]), np.ones(1)) if t.price else (index, weight)
                relative = float(w @ price[good_at]) / float(w @ e.start_price[good_at])
                right[count + k] = float(e.part(self.p, "transfer")[k]) * relative
            elif t.rule == "rest":
                right[count + k] = -bought[e.agents[t.payer]]
        found = self._budget_inverse @ right
        left = found[:count] - bought
        for k, t in enumerate(spec.transfers):
            left[e.agents[t.payer]] -= found[count + k]
        return found[:count], found[count:], left


def solve_blocks(economy: Economy, p: Array, *, tolerance: float = 1e-11) -> Equilibrium:
    """Solve a model by elimination.

    Raises
    ------
    SpecError
        The structure of the model does not allow it; says why.
    SolverError
        Prices of goods do not settle.
    """
    against = obstacles(economy)
    if against:
        raise SpecError(
            f"{economy.spec.name!r} cannot be solved by blocks: it has {'; '.join(against)}.",
            allowed="models in which each activity makes one good and each good has one maker",
            remedy="Solve it with route = 'newton'.",
        )
    blocks = Blocks(economy, p)
    size = economy.market_size
    owned = _supply(economy, p)[blocks.moved] / size[blocks.moved]
    state: dict[str, Any] = {"price": np.log(economy.start_price), "level": None, "error": SLACK}

    def gap(x: Array) -> Array:
        price = state["price"].copy()
        price[blocks.moved] = x
        price, node = blocks.goods_prices(price, state["error"])
        v, at = blocks.quantities(price, node, state["level"], state["error"])
        excess = economy.excess(at, p)[blocks.moved]
        missed = np.asarray(np.log(np.maximum(owned - excess, 1e-300) / owned))
        # while factor markets are far from clearing, the rest need not be solved to the last digit
        error = SLACK * min(1.0, float(np.max(np.abs(missed), initial=0.0)))
        state.update(price=price, level=v[economy.layout.level], v=v, error=error)
        return missed

    found = find_fixed_point(gap, state["price"][blocks.moved], tolerance=tolerance)
    state["error"] = 0.0
    missed = gap(found.x)
    v = _in_units(economy, state["v"], p)
    numbers = {"iterations": float(found.evaluations), "residual": float(np.max(np.abs(missed), initial=0.0))}
    if numbers["residual"] <= tolerance:
        status = Status(
            StatusCode.CONVERGED, f"Solved in {found.evaluations} rounds of factor prices.", numbers=numbers
        )
    else:
        worst = economy.spec.commodities[int(blocks.moved[int(np.argmax(np.abs(missed)))])].name
        said = f"No solution was found: the market of {worst} is missed by {numbers['residual']:.3g}."
        status = Status(StatusCode.STALLED, said, "Solve it with route = 'newton'.", numbers=numbers)
    return Equilibrium(economy, p, v, status, "block")


def _supply(economy: Economy, p: Array) -> Array:
    owned = economy.owned[1]
    return np.asarray(np.bincount(owned, economy.part(p, "endowment"), len(economy.spec.commodities)), dtype=np.float64)


def _in_units(economy: Economy, v: Array, p: Array) -> Array:
    """Return unknowns in units of the numeraire."""
    lay = economy.layout
    index, weight = economy.numeraire
    factor = float(economy.part(p, "unit")[0]) / float(weight @ v[lay.price][index])
    out = v.copy()
    for part in (lay.price, lay.income, lay.transfer):
        out[part] *= factor
    out[lay.node_price] += np.log(factor)
    return out
