"""An equilibrium: every unknown with its condition and margin, flows, accounts, checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.labels import require_known
from innospace.core.status import Status

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.compiled import Economy
    from innospace.economy.general.layout import Point

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Equilibrium:
    """A point and whether it is an equilibrium.

    Attributes
    ----------
    economy : Economy
    parameters : ndarray
    unknowns : ndarray
        Prices, levels, nests (logarithms), incomes, transfers, instruments.
    status : Status
    route : str
        Which solver found it.
    others : tuple of ndarray
        Unknowns of further equilibria, when several were found.
    """

    economy: Economy
    parameters: Array
    unknowns: Array
    status: Status
    route: str
    others: tuple[Array, ...] = field(default=(), repr=False)

    @cached_property
    def point(self) -> Point:
        """Flows and rates at the unknowns."""
        return self.economy.point(self.unknowns, self.parameters)

    @property
    def iterations(self) -> int:
        """Steps of the solver; zero when the start was a solution."""
        return int(self.status.numbers["iterations"])

    def price(self, commodity: str) -> float:
        """Return the price of a commodity."""
        require_known([commodity], list(self.economy.goods), kind="commodity")
        return float(self.point.price[self.economy.goods[commodity]])

    def level(self, name: str) -> float:
        """Return the level of an activity or of an agent's demand; 1 in the benchmark."""
        require_known([name], list(self.economy.levels), kind="activity or agent with a demand")
        return float(self.unknowns[self.economy.layout.level][self.economy.levels[name]])

    def flow(self, owner: str, commodity: str) -> float:
        """Return the quantity that an activity or agent takes or makes of a commodity; zero when there is none."""
        e = self.economy
        known = dict.fromkeys((*e.levels, *e.agents))
        require_known([owner], list(known), kind="activity or agent")
        require_known([commodity], list(e.goods), kind="commodity")
        key = (owner, commodity)
        amount = float(self.point.flow[e.flow_index[key]].sum()) if key in e.flow_index else 0.0
        place = e.parameters.position.get(f"fixed.{owner}.{commodity}")
        return amount if place is None else amount + float(self.parameters[place])

    def paid(self, owner: str, commodity: str) -> float:
        """Return the price with taxes that an activity or agent pays, or receives, for a commodity."""
        flows = self.economy.flow_index
        require_known([f"{owner}/{commodity}"], [f"{a}/{b}" for a, b in flows], kind="flow")
        leaf = int(flows[owner, commodity][0])
        side = float(self.economy.arrays.leaf_side[leaf])
        return self.price(commodity) * (1.0 + side * float(self.point.rate[leaf]))

    def cost(self, nest: str) -> float:
        """Return the price of a nest (``activity.nest``) relative to the benchmark."""
        return float(np.exp(self.point.node_price[self._node(nest)]))

    def use(self, nest: str) -> float:
        """Return the quantity of a nest in benchmark value."""
        k, a = self._node(nest), self.economy.arrays
        unit = float(np.exp(self.point.node_quantity[k]))
        return float(a.node_value[k]) * unit * float(self.point.level[a.node_level[k]])

    def _node(self, nest: str) -> int:
        nodes = self.economy.arrays.node_names
        require_known([nest], nodes, kind="nest")
        return nodes.index(nest)

    def income(self, agent: str) -> float:
        """Return the income of an agent."""
        require_known([agent], list(self.economy.agents), kind="agent")
        return float(self.point.income[self.economy.agents[agent]])

    def transfer(self, name: str) -> float:
        """Return a transfer."""
        known = [t.name for t in self.economy.spec.transfers]
        require_known([name], known, kind="transfer")
        return float(self.point.transfer[known.index(name)])

    def instrument(self, name: str) -> float:
        """Return the value of an instrument."""
        known = [i.name for i in self.economy.spec.instruments]
        require_known([name], known, kind="instrument")
        return float(self.point.instrument[known.index(name)])

    def tax(self, name: str) -> dict[tuple[str, str], float]:
        """Return what a tax on flows brings, by owner and commodity of the flow."""
        revenue = self.economy.taxes(self.point, self.parameters)
        known = self.economy.tax_names
        require_known([name], list(dict.fromkeys(known)), kind="tax")
        a = self.economy.arrays
        return {a.leaf_names[a.tax_leaf[k]]: float(revenue[k]) for k, n in enumerate(known) if n == name}

    def activity_tax(self, activity: str) -> float:
        """Return what the tax on an activity brings."""
        known = [a.name for a in self.economy.spec.activities]
        require_known([activity], known, kind="activity")
        k, base = known.index(activity), self.economy.taxed(self.point, self.parameters)
        rate = self.economy.part(self.parameters, "activity_tax")[k]
        return float(base[k] * rate * self.point.level[k])

    @cached_property
    def walras(self) -> float:
        """Excess supply in the market that was left out, relative to its size: zero in an equilibrium."""
        return float(self.economy.excess(self.point, self.parameters)[self.economy.dropped])

    @cached_property
    def residual(self) -> float:
        """Largest residual of all conditions, complementary ones by the smaller of both sides."""
        return float(np.max(np.abs(self.margins), initial=0.0))

    @cached_property
    def margins(self) -> Array:
        """Residual of each condition; of an inequality the distance to ``0 <= unknown, 0 <= condition, one is 0``."""
        f, _ = self.economy.evaluate(self.unknowns, self.parameters, derivatives=False)
        held = self.economy.bounded
        return np.where(held, np.minimum(f, self.unknowns / self.economy.bound_scale), f)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an unknown: ``kind, name, value, benchmark, condition, margin``."""
        import pandas as pd

        e = self.economy
        shown, base = self.unknowns.copy(), e.benchmark.copy()
        for part in (e.layout.node_price, e.layout.node_quantity):
            shown[part], base[part] = np.exp(shown[part]), np.exp(base[part])
        f, _ = e.evaluate(self.unknowns, self.parameters, derivatives=False)
        split = [n.split(".", 1) for n in e.unknowns]
        return pd.DataFrame(
            {
                "kind": [k for k, _ in split],
                "name": [n for _, n in split],
                "value": shown,
                "benchmark": base,
                "condition": [e.equation_of(k) for k in range(len(shown))],
                "margin": f,
            }
        )
