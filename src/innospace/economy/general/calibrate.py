"""From a spec to arrays: trees flattened level by level, shares from benchmark values, parameters by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.economy.general.spec import Spec
from innospace.economy.general.trees import Flow, Nest
from innospace.economy.system import Family, Interval

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = tuple[str, ...]
BALANCED = 1e-9
"""Part of its turnover by which an activity or a market may miss balance in the benchmark."""


@dataclass(frozen=True)
class Arrays:
    """A spec as arrays; every index array is constant, so that an evaluation is a few vector operations.

    Attributes
    ----------
    node_parent, node_tree : ndarray, shape (nodes,)
        Parent (-1 for a root) and tree: first the inputs, then the outputs of activities, then demands of agents.
    node_side : ndarray
        1 on the side of inputs and demand, -1 on that of outputs.
    node_level : ndarray
        Whose level scales the tree: activities first, then agents with demand.
    leaf_node, leaf_commodity : ndarray, shape (leaves,)
    leaf_quantity, leaf_factor : ndarray
        Benchmark quantity at level 1; price paid or received relative to the price of the commodity.
    edge_parent, edge_share : ndarray, shape (leaves + nodes that are no roots,)
        Value shares of children; leaves first, then nodes in order.
    """

    node_names: tuple[str, ...]
    node_parent: Indices
    node_side: Array
    node_level: Indices
    node_value: Array
    leaf_names: tuple[tuple[str, str], ...]
    leaf_node: Indices
    leaf_commodity: Indices
    leaf_quantity: Array
    leaf_factor: Array
    tax_leaf: Indices
    tax_collector: Indices
    inner: Indices
    edge_parent: Indices
    edge_share: Array
    root_in: Indices
    root_out: Indices
    root_demand: Indices
    levels: tuple[str, ...]
    demanding: Indices

    @cached_property
    def leaf_side(self) -> Array:
        """Side of each leaf."""
        return np.asarray(self.node_side[self.leaf_node])

    @cached_property
    def leaf_level(self) -> Indices:
        """Level that scales each leaf."""
        return np.asarray(self.node_level[self.leaf_node])

    @cached_property
    def depth(self) -> tuple[Indices, ...]:
        """Nodes by depth, roots first."""
        found = [np.flatnonzero(self.node_parent < 0)]
        while len(found[-1]):
            found.append(np.flatnonzero(np.isin(self.node_parent, found[-1])))
        return tuple(found[:-1])


@dataclass
class _Builder:
    """Collects the lists of which arrays are made."""

    names: list[str] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    side: list[float] = field(default_factory=list)
    level: list[int] = field(default_factory=list)
    elasticity: list[float] = field(default_factory=list)
    leaves: list[tuple[str, str]] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    leaf_node: list[int] = field(default_factory=list)

    def add(self, tree: Nest, owner: str, side: float, level: int) -> int:
        return self._add(tree, owner, side, level, -1)

    def _add(self, nest: Nest, owner: str, side: float, level: int, parent: int) -> int:
        index = len(self.names)
        self.names.append(f"{owner}.{nest.name}")
        self.parent.append(parent)
        self.side.append(side)
        self.level.append(level)
        self.elasticity.append(nest.elasticity)
        if nest.flows == nest.children:
            self._add_flows(nest.flows, owner, index)
            return index
        for child in nest.children:
            if isinstance(child, Nest):
                self._add(child, owner, side, level, index)
            else:
                self._add_flows((child,), owner, index)
        return index

    def _add_flows(self, flows: Sequence[Flow], owner: str, node: int) -> None:
        self.leaves += [(owner, f.commodity) for f in flows]
        self.flows += flows
        self.leaf_node += [node] * len(flows)


@dataclass(frozen=True)
class Parameters:
    """Parameters by family and name, in one vector; benchmark values."""

    families: tuple[Family, ...]
    values: Array

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Place of each parameter in the vector."""
        return {name: k for k, name in enumerate(i for f in self.families for i in f.ids())}

    @cached_property
    def slices(self) -> Mapping[str, slice]:
        """Part of the vector that a family takes."""
        ends = np.cumsum([len(f.members) for f in self.families])
        starts = [0, *ends[:-1]]
        return {f.name: slice(int(a), int(b)) for f, a, b in zip(self.families, starts, ends, strict=True)}


def flatten(spec: Spec) -> tuple[Arrays, Parameters]:
    """Return the arrays of a spec and its parameters.

    Raises
    ------
    DataError
        An activity does not break even in the benchmark.
    """
    build, n = _Builder(), len(spec.activities)
    roots_in = [build.add(a.inputs, a.name, 1.0, k) for k, a in enumerate(spec.activities)]
    roots_out = [build.add(a.outputs, a.name, -1.0, k) for k, a in enumerate(spec.activities)]
    demanding = [k for k, a in enumerate(spec.agents) if a.demand is not None]
    trees = [(spec.agents[k].name, spec.agents[k].demand) for k in demanding]
    roots_demand = [build.add(t, owner, 1.0, n + k) for k, (owner, t) in enumerate(trees) if t is not None]
    arrays = _arrays(spec, build, roots_in, roots_out, roots_demand, demanding)
    _require_break_even(spec, arrays)
    return arrays, _parameters(spec, build)


def _arrays(
    spec: Spec, build: _Builder, ins: list[int], outs: list[int], demands: list[int], demanding: list[int]
) -> Arrays:
    goods = {c.name: k for k, c in enumerate(spec.commodities)}
    agents = {a.name: k for k, a in enumerate(spec.agents)}
    prices = np.array([c.price for c in spec.commodities])
    parent, side = np.array(build.parent, dtype=np.int64), np.array(build.side)
    node = np.array(build.leaf_node, dtype=np.int64)
    commodity = np.array([goods[f.commodity] for f in build.flows], dtype=np.int64)
    quantity = np.array([f.quantity for f in build.flows])
    factor = 1.0 + side[node] * np.array([f.rate for f in build.flows])
    value = np.asarray(np.bincount(node, quantity * prices[commodity] * factor, len(parent)), dtype=np.float64)
    for k in range(len(parent) - 1, -1, -1):  # children stand after their parents
        if parent[k] >= 0:
            value[parent[k]] += value[k]
    inner = np.flatnonzero(parent >= 0)
    edge_parent = np.concatenate((node, parent[inner]))
    edge_value = np.concatenate((quantity * prices[commodity] * factor, value[inner]))
    taxes = [(k, agents[t.collector]) for k, f in enumerate(build.flows) for t in f.taxes]
    return Arrays(
        tuple(build.names),
        parent,
        side,
        np.array(build.level, dtype=np.int64),
        value,
        tuple(build.leaves),
        node,
        commodity,
        quantity,
        factor,
        np.array([t[0] for t in taxes], dtype=np.int64),
        np.array([t[1] for t in taxes], dtype=np.int64),
        inner,
        edge_parent,
        edge_value / value[edge_parent],
        np.array(ins, dtype=np.int64),
        np.array(outs, dtype=np.int64),
        np.array(demands, dtype=np.int64),
        (*(a.name for a in spec.activities), *(spec.agents[k].name for k in demanding)),
        np.array(demanding, dtype=np.int64),
    )


def _require_break_even(spec: Spec, arrays: Arrays) -> None:
    cost, receipts = arrays.node_value[arrays.root_in], arrays.node_value[arrays.root_out]
    wrong = []
    for k, activity in enumerate(spec.activities):
        tax = 1.0 + activity.tax if activity.base == "cost" else 1.0 / (1.0 - activity.tax)
        gap = receipts[k] - cost[k] * tax
        if activity.calibrated and abs(gap) > BALANCED * receipts[k]:
            wrong.append(f"{activity.name} receives {receipts[k]:,.6g} and costs {cost[k] * tax:,.6g}")
    if wrong:
        raise DataError(
            f"{len(wrong)} of {len(spec.activities)} activities do not break even in the benchmark.",
            where=f"model {spec.name!r}: {offenders(wrong)}",
            remedy="Balance the matrix (innospace sam balance SAM --out FILE), or mend tax rates.",
        )


_ANY, _PART, _UP = Interval("(-inf, inf)"), Interval("(-1, inf)"), Interval("[0, inf)")


def _parameters(spec: Spec, build: _Builder) -> Parameters:
    """Return families of parameters; the order within a family is that of the arrays."""
    table: list[tuple[str, str, tuple[str, ...], list[Labels], list[float], Interval]] = []

    def put(name: str, title: str, dims: tuple[str, ...], rows: Sequence[tuple[Labels, float]], r: Interval) -> None:
        table.append((name, title, dims, [key for key, _ in rows], [v for _, v in rows], r))

    owned = [((a.name, e.commodity), e.quantity) for a in spec.agents for e in a.endowments]
    put("endowment", "endowment", ("agent", "commodity"), owned, _ANY)
    places = zip(build.leaves, build.flows, strict=True)
    rates = [((t.name, *leaf), t.rate) for leaf, f in places for t in f.taxes]
    put("tax", "rate of a tax on a flow", ("tax", "where", "commodity"), rates, _PART)
    put("activity_tax", "tax on output", ("activity",), [((a.name,), a.tax) for a in spec.activities], _PART)
    put("productivity", "output per unit of inputs", ("activity",), [((a.name,), 1.0) for a in spec.activities], _UP)
    put("transfer", "share or amount", ("transfer",), [((t.name,), t.value) for t in spec.transfers], _ANY)
    fixed = [((a.name, f.commodity), f.quantity) for a in spec.agents for f in a.fixed]
    put("fixed", "fixed purchase", ("agent", "commodity"), fixed, _ANY)
    stocks = [((a.name, s.commodity, s.activity), s.quantity) for a in spec.agents for s in a.stocks]
    put("stock", "purchase in proportion to a level", ("agent", "commodity", "activity"), stocks, _ANY)
    outside = [((s.name,), s.quantity) for s in spec.schedules]
    put("outside", "trade with the outside at benchmark prices", ("schedule",), outside, _UP)
    slopes = [((s.name,), s.elasticity) for s in spec.schedules]
    put("outside_elasticity", "elasticity of the outside", ("schedule",), slopes, _UP)
    aims = [((i.name,), i.condition.value) for i in spec.instruments]
    put("aim", "what an instrument sees to", ("instrument",), aims, _ANY)
    nests = [((n,), e) for n, e in zip(build.names, build.elasticity, strict=True)]
    put("elasticity", "elasticity of a nest", ("nest",), nests, _UP)
    put("unit", "numeraire relative to the benchmark", (), [((), 1.0)], Interval("(0, inf)"))
    families = tuple(
        Family(n, title, n, "", title, dims, tuple(keys), role="lever", range=r) for n, title, dims, keys, _, r in table
    )
    return Parameters(families, np.array([v for row in table for v in row[4]], dtype=np.float64))
