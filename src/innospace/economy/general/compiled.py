"""A spec ready to be evaluated: residuals of its conditions and exact derivatives, as vector operations.

Unknowns, in order: prices of commodities, levels of activities and demands, prices of nests and quantities of nests per
unit of level (both in logarithms, relative to the benchmark), incomes, transfers, instruments. Each block of equations
has the order of the unknowns it determines:

- market: supply less demand of a commodity is zero (the price); the numeraire's market gives way to its price;
- zero profit: cost with tax equals receipts (the level of the activity); spending equals what is left of income (the
  level of a demand);
- price and quantity of each nest; income; transfer; condition of each instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.budgets import budgets
from innospace.economy.general.calibrate import Arrays, Parameters
from innospace.economy.general.conditions import Entries, aims, markets, nests, profits
from innospace.economy.general.layout import Layout, Moves, Pattern, Point
from innospace.economy.general.spec import Instrument, Spec

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
NEAR = 1e-6
"""Largest residual at which the benchmark counts as an equilibrium; data are rounded."""
SMALL_LEVEL = 1e-2
"""Least level to start from where there is no benchmark, relative to the largest."""
LEAST = 1e-14
"""Prices and levels count as at least this where a logarithm is taken."""


@dataclass(frozen=True)
class Economy:
    """A spec with its arrays and benchmark parameters, ready to be evaluated at any parameters.

    :attr:`dropped` says which market is left out: that of the first commodity of the numeraire.
    """

    spec: Spec
    arrays: Arrays
    parameters: Parameters

    @cached_property
    def layout(self) -> Layout:
        """Where each kind of unknown stands."""
        s, nodes = self.spec, len(self.arrays.node_parent)
        sizes = (
            len(s.commodities),
            len(self.arrays.levels),
            nodes,
            nodes,
            len(s.agents),
            len(s.transfers),
            len(s.instruments),
        )
        ends = np.cumsum(sizes)
        parts = [slice(int(e - n), int(e)) for e, n in zip(ends, sizes, strict=True)]
        return Layout(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], int(ends[-1]))

    @cached_property
    def unknowns(self) -> tuple[str, ...]:
        """Names of the unknowns."""
        s, a = self.spec, self.arrays
        return (
            *(f"price.{c.name}" for c in s.commodities),
            *(f"level.{n}" for n in a.levels),
            *(f"cost.{n}" for n in a.node_names),
            *(f"use.{n}" for n in a.node_names),
            *(f"income.{h.name}" for h in s.agents),
            *(f"transfer.{t.name}" for t in s.transfers),
            *(f"instrument.{i.name}" for i in s.instruments),
        )

    @cached_property
    def start_price(self) -> Array:
        """Benchmark prices."""
        return np.array([c.price for c in self.spec.commodities])

    @cached_property
    def goods(self) -> dict[str, int]:
        """Place of each commodity."""
        return {c.name: k for k, c in enumerate(self.spec.commodities)}

    @cached_property
    def agents(self) -> dict[str, int]:
        """Place of each agent."""
        return {c.name: k for k, c in enumerate(self.spec.agents)}

    @cached_property
    def levels(self) -> dict[str, int]:
        """Place of each activity and demand."""
        return {n: k for k, n in enumerate(self.arrays.levels)}

    @cached_property
    def numeraire(self) -> tuple[Indices, Array]:
        """Commodities and weights of the numeraire, weights such that the benchmark index is one."""
        index = np.array([self.goods[n] for n, _ in self.spec.numeraire], dtype=np.int64)
        weight = np.array([w for _, w in self.spec.numeraire])
        return index, weight / float(weight @ self.start_price[index])

    @property
    def dropped(self) -> int:
        """Commodity whose market equation gives way to the numeraire; it must clear by itself (Walras)."""
        return int(self.numeraire[0][0])

    @cached_property
    def owned(self) -> tuple[Indices, Indices]:
        """Owner and commodity of each endowment."""
        rows = [(self.agents[a.name], self.goods[e.commodity]) for a in self.spec.agents for e in a.endowments]
        return _columns(rows)

    @cached_property
    def fixed(self) -> tuple[Indices, Indices]:
        """Buyer and commodity of each fixed purchase."""
        rows = [(self.agents[a.name], self.goods[f.commodity]) for a in self.spec.agents for f in a.fixed]
        return _columns(rows)

    @cached_property
    def stocks(self) -> tuple[Indices, Indices, Indices]:
        """Buyer, commodity and activity of each building of stocks."""
        rows = [
            (self.agents[a.name], self.goods[s.commodity], self.levels[s.activity])
            for a in self.spec.agents
            for s in a.stocks
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    @cached_property
    def move_names(self) -> dict[str, int]:
        """Place of each transfer."""
        return {t.name: k for k, t in enumerate(self.spec.transfers)}

    @cached_property
    def moves(self) -> Moves:
        """Transfers as arrays."""
        made, order = self.spec.transfers, self.move_names
        shares = [(order[t.name], order[n]) for t in made if t.rule == "share" for n in t.after]
        pairs = _columns([(self.agents[t.payer], self.agents[t.receiver]) for t in made])
        return Moves(*pairs, tuple(t.rule for t in made), _columns(shares))

    @cached_property
    def works(self) -> tuple[Array, Indices]:
        """Whether the tax on an activity is on cost, and its collector (-1 for none)."""
        base = np.array([a.base == "cost" for a in self.spec.activities])
        return base, np.array([self.agents.get(a.collector, -1) for a in self.spec.activities], dtype=np.int64)

    @cached_property
    def tax_instrument(self) -> tuple[Indices, Indices]:
        """Pairs of tax entry and instrument that moves it."""
        moving = self.of_kind("tax")
        # a walk over all flows, which large models without such instruments can do without
        names = [t.name for _, f in self.leaf_flows for t in f.taxes] if moving else []
        pairs = [(k, i) for i, ins in moving for k, n in enumerate(names) if n == ins.target]
        return _columns(pairs)

    @cached_property
    def leaf_flows(self) -> list[tuple[str, Any]]:
        """Owner and flow of each leaf."""
        s = self.spec
        trees = [(a.name, a.inputs) for a in s.activities] + [(a.name, a.outputs) for a in s.activities]
        trees += [(a.name, a.demand) for a in s.agents if a.demand is not None]
        return [(owner, f) for owner, t in trees for f in t.flows]

    def of_kind(self, kind: str) -> list[tuple[int, Instrument]]:
        """Return the instruments of a kind with their places."""
        return [(k, i) for k, i in enumerate(self.spec.instruments) if i.kind == kind]

    def part(self, p: Array, family: str) -> Array:
        """Return the values of a family of parameters."""
        return np.asarray(p[self.parameters.slices[family]])

    def point(self, v: Array, p: Array) -> Point:
        """Return flows and rates at unknowns ``v`` (levels; nests in logarithms) and parameters ``p``."""
        lay, a = self.layout, self.arrays
        price, level, instrument = v[lay.price], np.maximum(v[lay.level], LEAST), v[lay.instrument]
        entry = self.tax_rates(instrument, p)
        rate = np.asarray(np.bincount(a.tax_leaf, entry, len(a.leaf_node)), dtype=np.float64)
        start = self.start_price[a.leaf_commodity]
        factor = 1.0 + a.leaf_side * rate
        with np.errstate(all="ignore"):
            ratio = np.log(np.maximum(price[a.leaf_commodity], LEAST) / start * factor / a.leaf_factor)
        node_price, node_quantity = v[lay.node_price], v[lay.node_quantity]
        bend = a.node_side * self.part(p, "elasticity")
        n = a.leaf_node
        with np.errstate(all="ignore"):
            unit = np.exp(node_quantity[n] + bend[n] * (node_price[n] - ratio))
        made = np.where(a.leaf_side < 0.0, self.productivity(p)[a.leaf_level], 1.0)
        flow = a.leaf_quantity * made * unit * level[a.leaf_level]
        return Point(
            price,
            level,
            node_price,
            node_quantity,
            v[lay.income],
            v[lay.transfer],
            instrument,
            rate,
            ratio,
            flow,
        )

    def productivity(self, p: Array) -> Array:
        """Return output per unit of inputs by level; 1 for demands."""
        return np.concatenate((self.part(p, "productivity"), np.ones(len(self.arrays.demanding))))

    def tax_rates(self, instrument: Array, p: Array) -> Array:
        """Return the rate of each tax entry with what instruments add, shape (entries,)."""
        entry = self.part(p, "tax").copy()
        moved, by = self.tax_instrument
        np.add.at(entry, moved, instrument[by])
        return entry

    def taxed(self, at: Point, p: Array) -> Array:
        """Return cost or receipts at level 1 that the tax on each activity falls on, shape (activities,)."""
        a, (cost, _) = self.arrays, self.works
        root = np.where(cost, a.root_in, a.root_out)
        made = np.where(cost, 1.0, self.part(p, "productivity"))
        return np.asarray(a.node_value[root] * made * np.exp(at.node_price[root]))

    def taxes(self, at: Point, p: Array) -> Array:
        """Return what each tax entry brings, shape (entries,)."""
        a, entry = self.arrays, self.tax_rates(at.instrument, p)
        return np.asarray(entry * at.price[a.leaf_commodity[a.tax_leaf]] * at.flow[a.tax_leaf])

    def node_prices(self, ratio: Array, node_price: Array, p: Array) -> tuple[Array, Array]:
        """Return the price of each nest given those of its children (logarithms), and the shares of children."""
        child = np.concatenate((ratio, node_price[self.arrays.inner]))
        return self.nest_prices(child, slice(None), p)

    def nest_prices(self, child: Array, edges: Indices | slice, p: Array) -> tuple[Array, Array]:
        """Return prices of nests from those of children on some edges (logarithms), and shares on these edges.

        Of a nest none of whose edges is given the price is zero.
        """
        a = self.arrays
        power = 1.0 - (a.node_side * self.part(p, "elasticity"))
        parent, weight = a.edge_parent[edges], a.edge_share[edges]
        plain, n = power == 0.0, len(a.node_parent)
        with np.errstate(all="ignore"):
            grown = np.expm1(power[parent] * child)
            total = np.bincount(parent, weight * grown, n)
            flat = np.bincount(parent, weight * child, n) if plain.any() else 0.0
            out = np.where(plain, flat, np.log1p(total) / np.where(plain, 1.0, power))
            share = weight * (1.0 + grown) / (1.0 + total)[parent]
        return out, np.asarray(share)

    def evaluate(self, v: Array, p: Array, derivatives: bool = True) -> tuple[Array, Any]:
        """Return residuals, shape (n,), and derivatives, shape (n, n), by unknowns (prices, levels in levels)."""
        at, lay = self.point(v, p), self.layout
        f, jac = np.zeros(lay.size), Entries(derivatives)
        markets(self, at, p, f, jac)
        profits(self, at, p, f, jac)
        nests(self, at, p, f, jac)
        budgets(self, at, p, f, jac)
        aims(self, at, p, f, jac)
        self._numeraire(at, p, f)
        if not derivatives:
            return f, None
        return f, self._assemble(jac)

    def _numeraire(self, at: Point, p: Array, f: Array) -> None:
        index, weight = self.numeraire
        f[self.dropped] = float(weight @ at.price[index]) - float(self.part(p, "unit")[0])

    @cached_property
    def _patterns(self) -> dict[int, Pattern]:
        """Where entries of derivatives go, by their number: it does not change from point to point."""
        return {}

    def _assemble(self, jac: Entries) -> Any:
        from scipy import sparse

        values = np.concatenate(jac.values)
        pattern = self._patterns.get(len(values))
        if pattern is None:
            places = np.concatenate(jac.rows), np.concatenate(jac.columns)
            pattern = Pattern.of(*places, self.dropped, self.numeraire[0], self.layout.size)
            self._patterns[len(values)] = pattern
        kept = np.concatenate((values[pattern.keep], self.numeraire[1]))
        data = np.bincount(pattern.place, kept, len(pattern.indices))
        size = self.layout.size
        return sparse.csc_matrix((data, pattern.indices, pattern.starts), shape=(size, size))

    def excess(self, at: Point, p: Array) -> Array:
        """Return supply less demand of every commodity, relative to the size of its market."""
        f = np.zeros(self.layout.size)
        markets(self, at, p, f, Entries(wanted=False))
        return np.asarray(f[self.layout.price])

    @cached_property
    def market_size(self) -> Array:
        """Larger of benchmark supply and demand of each commodity."""
        a, n = self.arrays, len(self.spec.commodities)
        down = np.bincount(a.leaf_commodity, a.leaf_quantity * (a.leaf_side > 0), n)
        up = np.bincount(a.leaf_commodity, a.leaf_quantity * (a.leaf_side < 0), n)
        own = np.array([e.quantity for h in self.spec.agents for e in h.endowments])
        up = up + np.bincount(self.owned[1], np.abs(own), n) if len(own) else up
        return np.maximum(np.maximum(up, down), 1e-12)

    @cached_property
    def income_size(self) -> Array:
        """Benchmark size of each budget: the largest of what is owned, demanded and bought."""
        a, n = self.arrays, len(self.spec.agents)
        spent = np.zeros(n)
        spent[a.demanding] = a.node_value[a.root_demand]
        own = np.array([e.quantity for h in self.spec.agents for e in h.endowments])
        gain = np.bincount(self.owned[0], np.abs(own) * self.start_price[self.owned[1]], n) if len(own) else 0.0 * spent
        size = np.maximum(spent, gain)
        return np.asarray(np.maximum(size, 1e-2 * size.max(initial=1e-300)))

    @property
    def complementary(self) -> bool:
        """Whether some conditions are inequalities."""
        return self.spec.complementary or any(i.bounded for i in self.spec.instruments)

    @cached_property
    def has_benchmark(self) -> bool:
        """Whether the spec describes an equilibrium, to start homotopy from."""
        f, _ = self.evaluate(self.benchmark, self.parameters.values, derivatives=False)
        return bool(np.max(np.abs(f), initial=0.0) <= NEAR)

    @cached_property
    def bounded(self) -> NDArray[np.bool_]:
        """Which unknowns cannot be negative and stand with an inequality."""
        flags, lay = np.zeros(self.layout.size, dtype=bool), self.layout
        if self.spec.complementary:
            flags[lay.price] = True
            flags[lay.level.start : lay.level.start + len(self.spec.activities)] = True
            flags[self.dropped] = False
        for k, instrument in enumerate(self.spec.instruments):
            flags[lay.instrument.start + k] = instrument.bounded
        return flags

    @cached_property
    def bound_scale(self) -> Array:
        """Size of the unknowns that have a bound."""
        return np.concatenate((self.start_price, np.ones(self.layout.size - len(self.start_price))))

    @cached_property
    def benchmark(self) -> Array:
        """Unknowns of the benchmark: given prices, levels and nests one; incomes and transfers that follow."""
        lay = self.layout
        v = np.zeros(lay.size)
        v[lay.price], v[lay.level] = self.start_price, 1.0
        v[lay.instrument] = [i.value for i in self.spec.instruments]
        p = self.parameters.values
        calibrated = all(a.calibrated for a in self.spec.activities)
        free = np.arange(lay.income.start, lay.transfer.stop)
        if not calibrated:
            free = np.concatenate((np.arange(lay.level.start, lay.level.stop), free))
        v[free] = self._balanced(v, p, free, calibrated)
        if not calibrated:
            v[lay.level] = np.maximum(v[lay.level], SMALL_LEVEL * max(1.0, float(np.max(v[lay.level]))))
        return v

    def _balanced(self, v: Array, p: Array, free: Indices, calibrated: bool) -> Array:
        """Return budgets (and levels, where no benchmark gives them) that balance best; they enter linearly."""
        lay, v = self.layout, v.copy()
        v[lay.income.start : lay.transfer.stop] = 0.0
        rows = free
        if not calibrated:
            profit = lay.level.start + np.arange(len(self.spec.activities))
            rows = np.setdiff1d(np.concatenate((np.arange(lay.price.stop), free)), profit)
        f, jacobian = self.evaluate(v, p)
        block = jacobian[rows][:, free].toarray()
        return np.asarray(v[free] + np.linalg.lstsq(block, -f[rows], rcond=None)[0])

    @cached_property
    def flow_index(self) -> dict[tuple[str, str], Indices]:
        """Leaves of each pair of owner and commodity."""
        found: dict[tuple[str, str], list[int]] = {}
        for k, pair in enumerate(self.arrays.leaf_names):
            found.setdefault(pair, []).append(k)
        return {pair: np.array(k, dtype=np.int64) for pair, k in found.items()}

    @cached_property
    def tax_names(self) -> tuple[str, ...]:
        """Name of each tax entry."""
        return tuple(t.name for _, f in self.leaf_flows for t in f.taxes)

    def equation_of(self, index: int) -> str:
        """Return the name of the condition that determines an unknown."""
        kind, name = self.unknowns[index].split(".", 1)
        if index == self.dropped:
            return "numeraire"
        if kind == "level":
            return f"zero profit of {name}" if name in {a.name for a in self.spec.activities} else f"budget of {name}"
        said = {
            "price": "market of",
            "cost": "price of nest",
            "use": "quantity of nest",
            "income": "income of",
            "transfer": "transfer",
            "instrument": "condition of",
        }
        return f"{said[kind]} {name}"


def _columns(rows: list[tuple[int, int]]) -> tuple[Indices, Indices]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
