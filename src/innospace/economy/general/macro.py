"""Macroeconomic accounts of an equilibrium: product by expenditure and by income, trade, budgets, indices.

Factors are commodities that agents own and nobody makes. Exchange is the commodity of trade with the outside: that of
schedules, or one that agents own and that activities of one input and one output make of exports and turn into imports.
With ``p`` and ``q`` prices and quantities of final purchases, exports (plus) and imports (minus)

- product by expenditure is ``sum p q``, less what agents own of goods that are also made;
- product by income is what activities pay for factors, with all taxes and rents.

What is bought of factors (leisure) is in neither. Purchases are at the prices that buyers pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.conditions import idle, schedules
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Spec

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
EXPORTS, IMPORTS, OWNED = "exports", "imports", "goods owned"
"""Parts of expenditure beside the purchases of agents."""
PART_WORDS = {EXPORTS: "Exports", IMPORTS: "Imports", OWNED: "Goods that agents own"}
FACTOR, TAX, RENT = "factor", "tax", "rent"
"""Parts of income."""
RECEIPTS, OUTLAYS = "receipts", "outlays"
_FLOWS = ("part", "item", "quantity", "price", "value")


@dataclass(frozen=True)
class Macro:
    """Accounts of one equilibrium.

    Attributes
    ----------
    found : Equilibrium
    """

    found: Equilibrium

    @cached_property
    def expenditure(self) -> pd.DataFrame:
        """Return ``part, item, quantity, price, value``: purchases by agent, exports; imports, goods owned (minus)."""
        import pandas as pd

        factors = set(factors_of(self.found.economy.spec))
        rows = [r for r in self._purchases() if r[1] not in factors]
        return pd.DataFrame([*rows, *self._trade(), *self._owned_goods()], columns=list(_FLOWS))

    @cached_property
    def incomes(self) -> pd.DataFrame:
        """Return ``part, item, value``: what activities pay for factors, taxes, rents."""
        import pandas as pd

        f, e = self.found, self.found.economy
        a, at, factors = e.arrays, f.point, factors_of(f.economy.spec)
        used = np.bincount(a.leaf_commodity, a.leaf_side * at.flow * ~self._demanded, len(at.price)) * at.price
        rows = [(FACTOR, c, float(used[e.goods[c]])) for c in factors]
        leisure = self._demanded & np.isin(a.leaf_commodity, [e.goods[c] for c in factors])
        revenue = e.taxes(at, f.parameters)
        for name in dict.fromkeys(e.tax_names):
            entries = [k for k, n in enumerate(e.tax_names) if n == name and not leisure[a.tax_leaf[k]]]
            rows.append((TAX, name, float(revenue[entries].sum())))
        taxed = sum(f.activity_tax(x.name) for x in e.spec.activities if x.collector)
        if any(x.collector for x in e.spec.activities):
            rows.append((TAX, "output", taxed))
        rows += [(RENT, name, amount) for name, _, amount in self._rents()]
        return pd.DataFrame(rows, columns=["part", "item", "value"])

    @cached_property
    def budgets(self) -> pd.DataFrame:
        """Return ``agent, side, item, value``: receipts and outlays of every agent."""
        import pandas as pd

        f, e = self.found, self.found.economy
        rows: list[tuple[str, str, str, float]] = []
        agents = [h.name for h in e.spec.agents]
        for owner, good, _, _, value in self._endowments():
            rows.append((owner, RECEIPTS, good, value))
        revenue = e.taxes(f.point, f.parameters)
        for k, name in enumerate(e.tax_names):
            rows.append((agents[e.arrays.tax_collector[k]], RECEIPTS, f"tax {name}", float(revenue[k])))
        rows += [
            (x.collector, RECEIPTS, "tax output", f.activity_tax(x.name)) for x in e.spec.activities if x.collector
        ]
        rows += [(collector, RECEIPTS, f"rent {name}", amount) for name, collector, amount in self._rents()]
        rows += [(agent, OUTLAYS, "purchases", value) for agent, _, _, _, value in self._purchases()]
        for t, amount in zip(e.spec.transfers, f.point.transfer, strict=True):
            rows += [(t.receiver, RECEIPTS, t.name, float(amount)), (t.payer, OUTLAYS, t.name, float(amount))]
        each: Any = pd.DataFrame(rows, columns=["agent", "side", "item", "value"])
        frame: pd.DataFrame = each.groupby(["agent", "side", "item"], sort=False)["value"].sum().reset_index()
        order = frame["agent"].map(agents.index) * 2 + (frame["side"] == OUTLAYS)
        return frame.loc[order.sort_values(kind="stable").index].reset_index(drop=True)

    @cached_property
    def factors(self) -> pd.DataFrame:
        """Return ``item, quantity, price, value``: what activities use of every factor."""
        import pandas as pd

        e, at = self.found.economy, self.found.point
        paid = self.incomes[self.incomes["part"] == FACTOR]
        price = np.array([at.price[e.goods[c]] for c in paid["item"]])
        used = np.bincount(e.arrays.leaf_commodity, e.arrays.leaf_side * at.flow * ~self._demanded, len(at.price))
        quantity = np.array([used[e.goods[c]] for c in paid["item"]])
        return pd.DataFrame({"item": paid["item"], "quantity": quantity, "price": price, "value": paid["value"]})

    @cached_property
    def items(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Quantity and price of the items of every part, each once; the price stays the mean where nothing moves."""
        found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for part, item, *flow in self.expenditure.itertuples(index=False, name=None):
            quantity, price, value = flow
            found.setdefault((part, item), []).append((quantity, price, value))
        added = {}
        for key, flows in found.items():
            quantity, price, value = map(float, np.array(flows).sum(axis=0))
            added[key] = (quantity, value / quantity if quantity else price / len(flows))
        return added

    @cached_property
    def product(self) -> float:
        """Product by expenditure."""
        return float(self.expenditure["value"].sum())

    @property
    def gap(self) -> float:
        """Largest gap of an adding-up identity, relative to product or turnover.

        Product by expenditure and by income; receipts and outlays of every agent; exports less imports and the exchange
        that agents own.
        """
        size = max(float(self.incomes["value"].abs().sum()), 1e-300)
        gaps = [abs(self.product - float(self.incomes["value"].sum())) / size]
        b = self.budgets
        sides = b.assign(value=np.where(b["side"] == OUTLAYS, -1.0, 1.0) * b["value"]).groupby("agent")["value"].sum()
        turnover = b.assign(value=b["value"].abs()).groupby("agent")["value"].sum()
        gaps += list(np.abs(sides) / np.maximum(turnover, 1e-6 * size))
        parts = self.expenditure.groupby("part")["value"].sum()
        exchange = exchange_of(self.found.economy.spec)
        if exchange:
            saved = sum(value for _, good, _, _, value in self._endowments() if good in exchange)
            gaps.append(abs(parts.get(EXPORTS, 0.0) + parts.get(IMPORTS, 0.0) + saved) / size)
        return float(max(gaps))

    @cached_property
    def _demanded(self) -> NDArray[np.bool_]:
        """Which leaves are those of demands."""
        works = len(self.found.economy.spec.activities)
        return np.asarray(self.found.economy.arrays.leaf_level >= works)

    def _purchases(self) -> list[tuple[str, str, float, float, float]]:
        """Return agent, commodity, quantity, price with taxes, value of every final purchase."""
        e, at, p = self.found.economy, self.found.point, self.found.parameters
        a, goods = e.arrays, list(e.goods)
        agents = [h.name for h in e.spec.agents]
        paid = at.price[a.leaf_commodity] * (1.0 + a.leaf_side * at.rate)
        rows = [(*a.leaf_names[k], at.flow[k], paid[k]) for k in np.flatnonzero(self._demanded)]
        owner, good = e.fixed
        rows += [(agents[h], goods[c], q, at.price[c]) for h, c, q in zip(owner, good, e.part(p, "fixed"), strict=True)]
        buyer, stocked, work = e.stocks
        amounts = e.part(p, "stock") * at.level[work]
        rows += [(agents[h], goods[c], q, at.price[c]) for h, c, q in zip(buyer, stocked, amounts, strict=True)]
        return [(h, c, float(q), float(x), float(q * x)) for h, c, q, x in rows]

    def _endowments(self) -> list[tuple[str, str, float, float, float]]:
        """Return owner, commodity, quantity that is used, price, value of what agents own."""
        e, at = self.found.economy, self.found.point
        used = e.part(self.found.parameters, "endowment") * idle(e, at)[0]
        goods, agents = list(e.goods), [h.name for h in e.spec.agents]
        return [
            (agents[h], goods[c], float(q), float(at.price[c]), float(q * at.price[c]))
            for h, c, q in zip(*e.owned, used, strict=True)
        ]

    def _owned_goods(self) -> list[tuple[str, str, float, float, float]]:
        spec = self.found.economy.spec
        apart = {*factors_of(spec), *exchange_of(spec)}
        return [(OWNED, c, -q, x, -v) for _, c, q, x, v in self._endowments() if c not in apart]

    def _trade(self) -> list[tuple[str, str, float, float, float]]:
        """Return exports and imports (negative) by commodity: quantity, price at the border, value."""
        e, at, p = self.found.economy, self.found.point, self.found.parameters
        exchange, rows = exchange_of(e.spec), []
        for activity in e.spec.activities:
            for tree, other, part, sign in (
                (activity.outputs, activity.inputs, EXPORTS, 1.0),
                (activity.inputs, activity.outputs, IMPORTS, -1.0),
            ):
                for money in (f.commodity for f in tree.flows if f.commodity in exchange):
                    good = next(iter(other.flows)).commodity
                    value = self._moved(activity, money) * float(at.price[e.goods[money]])
                    quantity = self._moved(activity, good)
                    price = value / quantity if quantity else float(at.price[e.goods[good]])
                    rows.append((part, good, sign * quantity, price, sign * value))
        if e.spec.schedules:
            c, _, _, sold = schedules(e, at, p)
            for k, s in enumerate(e.spec.schedules):
                one, amount = float(at.price[c[k]]), float(sold[k]) * (1.0 if s.sells else -1.0)
                rows.append((EXPORTS if s.sells else IMPORTS, s.commodity, amount, one, amount * one))
        return rows

    def _moved(self, activity: Activity, commodity: str) -> float:
        e = self.found.economy
        return float(self.found.point.flow[e.flow_index[activity.name, commodity]].sum())

    def _rents(self) -> list[tuple[str, str, float]]:
        """Return name, collector and amount of every rent."""
        e, at = self.found.economy, self.found.point
        rows: list[tuple[str, str, float]] = []
        for k, i in e.of_kind("rent"):
            root = int(e.arrays.root_in[e.levels[i.target]])
            cost = float(e.arrays.node_value[root] * np.exp(at.node_price[root]) * at.level[e.levels[i.target]])
            rows.append((i.name, i.collector, float(at.instrument[k]) * cost))
        return rows


def factors_of(spec: Spec) -> tuple[str, ...]:
    """Return the commodities that agents own and nobody makes or brings in, exchange apart."""
    made = {f.commodity for a in spec.activities for f in a.outputs.flows}
    made |= {s.commodity for s in spec.schedules if not s.sells} | set(exchange_of(spec))
    owned = dict.fromkeys(e.commodity for a in spec.agents for e in a.endowments)
    return tuple(c for c in owned if c not in made)


def exchange_of(spec: Spec) -> tuple[str, ...]:
    """Return the commodities by which trade with the outside is paid."""
    found = dict.fromkeys(s.exchange for s in spec.schedules)
    bought = {f.commodity for a in spec.agents if a.demand for f in a.demand.flows}
    bought |= {f.commodity for a in spec.agents for f in a.fixed}
    bought |= {s.commodity for a in spec.agents for s in a.stocks}
    made, taken, other = set(), set(), set()
    for a in spec.activities:
        inputs, outputs = [[f.commodity for f in t.flows] for t in (a.inputs, a.outputs)]
        if len(inputs) == len(outputs) == 1:
            taken.add(inputs[0])
            made.add(outputs[0])
        else:
            other |= {*inputs, *outputs}
    owned = {e.commodity for a in spec.agents for e in a.endowments}
    return tuple(found | dict.fromkeys(sorted((owned & made & taken) - other - bought)))


FORMULAS = ("Laspeyres", "Paasche", "Fisher")
PRODUCT = "product"
"""The basket of everything."""
_NOTHING = (float("nan"), float("nan"))


def indices(base: Macro, now: Macro) -> pd.DataFrame:
    """Return indices of prices and volumes against a base, by basket.

    Laspeyres ``sum p1 q0 / sum p0 q0``, Paasche ``sum p1 q1 / sum p0 q1``, Fisher the root of their product; of volumes
    the same with ``p`` and ``q`` exchanged. Fisher (1922), The making of index numbers.

    Returns
    -------
    pandas.DataFrame
        ``basket, index, formula, value``: the product, purchases of every agent, exports, imports; ``price`` or
        ``volume``. A basket that is empty before or after has no index.
    """
    import pandas as pd

    rows = [
        (basket, kind, formula, value)
        for basket in _baskets(base)
        for kind in ("price", "volume")
        for formula, value in zip(FORMULAS, _index(base, now, basket, kind), strict=True)
    ]
    return pd.DataFrame(rows, columns=["basket", "index", "formula", "value"])


def real_product(base: Macro, now: Macro) -> float:
    """Return the product at the prices of a base."""
    return base.product * _index(base, now, PRODUCT, "volume")[0]


def deflator(base: Macro, now: Macro) -> float:
    """Return Fisher's index of the prices of the product."""
    return _index(base, now, PRODUCT, "price")[2]


def _baskets(base: Macro) -> tuple[str, ...]:
    parts = dict.fromkeys(str(p) for p in base.expenditure["part"])
    return (PRODUCT, *(p for p in parts if p != OWNED))


def _index(base: Macro, now: Macro, basket: str, kind: str) -> tuple[float, float, float]:
    """Return the indices of a basket by :data:`FORMULAS`; what has no price on one side makes them missing."""
    keys = [k for k in sorted({*base.items, *now.items}) if basket in (PRODUCT, k[0])]
    (q0, p0), (q1, p1) = (np.array([m.items.get(k, _NOTHING) for k in keys]).reshape(-1, 2).T for m in (base, now))
    x0, x1, w0, w1 = (p0, p1, q0, q1) if kind == "price" else (q0, q1, p0, p1)
    first, second = _ratio(x1 @ w0, x0 @ w0), _ratio(x1 @ w1, x0 @ w1)
    return first, second, float(np.sqrt(first * second)) if first * second > 0.0 else float("nan")


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom else float("nan")
