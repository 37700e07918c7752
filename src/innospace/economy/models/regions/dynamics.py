"""From one year to the next: capital, labour that follows wages, knowledge that reaches other regions a year later.

By region ``r`` and year ``t``, with ``K`` capital, ``I`` investment, ``L`` labour, ``w`` the wage over the price of
what is consumed, ``N`` knowledge, ``Z`` R&D, ``TE`` efficiency of the innovation space, 0 the base year:

    K(t+1) = (1 - d) K(t) + I(t)
    L_r(t+1) = (1 + n) L(t) * L_r(t) w_r(t)^mu / sum_s L_s(t) w_s(t)^mu
    N(t+1) = (1 - h) N(t) + Z(t),    S_r(t) = sum_{s != r} exp(-d_rs / km) N_s(t-1)
    ln A_r(t) = g t + a ln(N_r(t) / N_r(0)) + b ln(S_r(t) / S_r(0)) + e (TE_r(t) - TE_r(0))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.compiled import Economy
from innospace.economy.general.recursive import solve_years
from innospace.economy.general.result import Equilibrium
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.models.regions.base_year import BaseYear
from innospace.economy.scenario import Scenario, apply
from innospace.economy.system import Family, Interval

Array = NDArray[np.float64]
LEVERS = {
    "technical_efficiency": ("efficiency of the innovation space", "(0, 1]"),
    "productivity": ("factor on productivity of value added", "(0, inf)"),
    "research_share": ("share of income spent on R&D", "[0, 1)"),
    "saving_share": ("share of income saved and invested", "[0, 1)"),
}
"""Parameters that a scenario may move, by region and year: title and range."""


def families(base: BaseYear) -> tuple[Family, ...]:
    """Return the parameters that a scenario may move, by name of the region."""
    members = tuple((r,) for r in base.regions)
    return tuple(
        Family(n, title, n, "", title, ("region",), members, role="lever", range=Interval(allowed))
        for n, (title, allowed) in LEVERS.items()
    )


def lever_paths(base: BaseYear, a: Assumptions, years: Sequence[int], scenario: Scenario) -> dict[str, Array]:
    """Return every lever under a scenario, shape (years, R).

    Raises
    ------
    LabelError, SpecError
        Unknown parameter, region or year; a value out of range.
    """
    known = families(base)
    count, ids = len(base.regions), [i for f in known for i in f.ids()]
    flat = np.concatenate(
        (base.efficiency, np.ones(count), base.research / base.income, np.full(count, a.saving_share))
    )
    position = {name: k for k, name in enumerate(ids)}
    moved = apply(scenario, np.tile(flat, (len(years), 1)), years, known, position)
    return {n: moved[:, k * count : (k + 1) * count] for k, n in enumerate(LEVERS)}


@dataclass(frozen=True)
class Year:
    """Stocks at the beginning of a year, and what follows from them; arrays of shape (R,).

    Attributes
    ----------
    capital, knowledge : ndarray
        Million roubles of the base year.
    heard : ndarray
        Knowledge as it was a year before: what other regions can know of it.
    labour : ndarray
        In wages of the base year.
    """

    capital: Array
    knowledge: Array
    heard: Array
    labour: Array


@dataclass
class Path:
    """The movement of an economy of many regions under given levers; keeps the stocks of every year."""

    economy: Economy
    base: BaseYear
    assumptions: Assumptions
    levers: dict[str, Array]
    stocks: list[Year] = field(default_factory=list)

    def __post_init__(self) -> None:
        b = self.base
        owned = self._values("endowment", "household", "labour")
        self.stocks.append(Year(b.capital.copy(), b.knowledge.copy(), b.knowledge.copy(), owned))

    def _places(self, family: str, *parts: str) -> NDArray[np.int64]:
        known = self.economy.parameters.position
        return np.array([known[f"{family}.{'.'.join(f'{q}.{r}' for q in parts)}"] for r in self.base.codes])

    def _values(self, family: str, *parts: str) -> Array:
        return np.asarray(self.economy.parameters.values[self._places(family, *parts)])

    @cached_property
    def places(self) -> dict[str, NDArray[np.int64]]:
        """Places of moving parameters, by region."""
        return {
            "capital": self._places("endowment", "household", "capital"),
            "labour": self._places("endowment", "household", "labour"),
            "productivity": self._places("productivity", "value"),
            "saving": self._places("transfer", "saving"),
            "research": self._places("transfer", "research"),
        }

    def levels(self, found: Equilibrium, kind: str) -> Array:
        """Return levels of an activity or demand (``value``, ``investor``) by region."""
        e = self.economy
        index = np.array([e.levels[f"{kind}.{r}"] for r in self.base.codes])
        return np.asarray(found.unknowns[e.layout.level][index])

    def prices(self, found: Equilibrium, kind: str) -> Array:
        """Return prices of a kind of commodity by region; 1 in the base year."""
        e = self.economy
        return np.asarray(found.point.price[np.array([e.goods[f"{kind}.{r}"] for r in self.base.codes])])

    @cached_property
    def nearness(self) -> Array:
        """Weight of other regions' knowledge by distance, shape (R, R)."""
        weight = np.exp(-self.base.distance / self.assumptions.reach_km)
        np.fill_diagonal(weight, 0.0)
        return np.asarray(weight)

    def productivity(self, year: int) -> Array:
        """Return productivity of value added in a year; see the equations of this module."""
        a, now, first = self.assumptions, self.stocks[year], self.stocks[0]
        efficiency = self.levers["technical_efficiency"]
        growth = (
            a.technical_progress * year
            + a.own_knowledge * np.log(now.knowledge / first.knowledge)
            + a.spillover * np.log((self.nearness @ now.heard) / (self.nearness @ first.heard))
            + a.efficiency_effect * (efficiency[year] - self.base.efficiency)
        )
        return np.asarray(self.levers["productivity"][year] * np.exp(growth))

    def parameters(self, year: int) -> Array:
        """Return the parameters of a year, whose stocks are known."""
        p, now, at = self.economy.parameters.values.copy(), self.stocks[year], self.places
        p[at["capital"]] *= now.capital / self.base.capital
        p[at["labour"]] = now.labour
        p[at["productivity"]] = self.productivity(year)
        p[at["saving"]] = self.levers["saving_share"][year]
        p[at["research"]] = self.levers["research_share"][year]
        return p

    def forward(self, year: int, found: Equilibrium) -> Array:
        """Return the parameters of the next year."""
        a, now = self.assumptions, self.stocks[year]
        saved = a.saving_share * self.base.income * self.levels(found, "investor")
        studied = self.base.research * self.levels(found, "research")
        wage = self.prices(found, "labour") / self.prices(found, "mix")
        drawn = now.labour * wage**a.migration
        self.stocks.append(
            Year(
                (1.0 - a.depreciation) * now.capital + saved,
                (1.0 - a.knowledge_depreciation) * now.knowledge + studied,
                now.knowledge,
                (1.0 + a.labour_growth) * now.labour.sum() * drawn / drawn.sum(),
            )
        )
        return self.parameters(year + 1)

    def solve(self, years: int, route: str = "") -> tuple[Equilibrium, ...]:
        """Solve year after year."""
        return solve_years(self.economy, self.parameters(0), years, self.forward, route=route)
