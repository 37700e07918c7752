"""What the economy of many regions assumes where no figure by region is at hand. Every default has a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.economy.system import Interval


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Numbers that data on regions do not tell; every one may be replaced in a study.

    Attributes
    ----------
    labour_share : float
        Of labour in value added of goods.
    materials_share : float
        Of intermediate goods in output.
    saving_share : float
        Of income; all of it is invested in the region.
    research_cost : float
        Million roubles a person in R&D and year.
    research_labour, research_capital : float
        Shares in the cost of R&D; goods are the rest.
    origin_elasticity : float
        Of substitution between goods of regions (Armington).
    capital_labour_elasticity : float
    distance_exponent : float
        Of trade by distance.
    home_bias : float
        How many times as much a region buys of its own goods as distance alone says.
    migration : float
        Elasticity of next year's labour to the real wage relative to the country's.
    depreciation, knowledge_depreciation, knowledge_growth : float
        Per year.
    own_knowledge, spillover : float
        Elasticities of productivity to the region's own stock of knowledge and to that of others in reach.
    reach_km : float
        Distance at which knowledge of others counts 1/e.
    efficiency_effect : float
        Semi-elasticity of productivity to efficiency of the innovation space.
    technical_progress, labour_growth : float
        Per year, the same everywhere.
    """

    labour_share: float = 0.5
    materials_share: float = 0.5
    saving_share: float = 0.22
    research_cost: float = 0.95
    research_labour: float = 0.6
    research_capital: float = 0.1
    origin_elasticity: float = 4.0
    capital_labour_elasticity: float = 0.9
    distance_exponent: float = 1.0
    home_bias: float = 5.0
    migration: float = 0.1
    depreciation: float = 0.06
    knowledge_depreciation: float = 0.15
    knowledge_growth: float = 0.03
    own_knowledge: float = 0.08
    spillover: float = 0.04
    reach_km: float = 500.0
    efficiency_effect: float = 0.1
    technical_progress: float = 0.012
    labour_growth: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value, allowed = getattr(self, f.name), RANGES[f.name]
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or not Interval(allowed).holds(np.asarray(value, dtype=np.float64))
            ):
                raise SpecError(
                    f"{f.name} is {value}.",
                    where=f"assumptions, key {f.name!r}",
                    allowed=f"a number in {allowed}",
                    remedy=REASONS[f.name],
                )
        if self.research_labour + self.research_capital >= 1.0:
            raise SpecError(
                "Labour and capital take all of the cost of R&D.",
                where="assumptions, keys 'research_labour' and 'research_capital'",
                allowed="shares that leave something for goods",
            )

    def to_dict(self) -> dict[str, float]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Assumptions:
        """Rebuild from :meth:`to_dict`, or from a part of it."""
        require_known(list(data), [f.name for f in fields(cls)], kind="assumption", where="key 'assumptions'")
        return cls(**data)


_PART, _RATE, _UP, _ABOVE = "(0, 1)", "[0, 0.5)", "[0, 10]", "(0, inf)"
RANGES: Mapping[str, str] = {
    "labour_share": _PART,
    "materials_share": _PART,
    "saving_share": _PART,
    "research_cost": _ABOVE,
    "research_labour": _PART,
    "research_capital": _PART,
    "origin_elasticity": "(1, 50]",
    "capital_labour_elasticity": _UP,
    "distance_exponent": "[0, 5]",
    "home_bias": _ABOVE,
    "migration": "[0, 2]",
    "depreciation": _RATE,
    "knowledge_depreciation": _RATE,
    "knowledge_growth": "(0, 0.5)",
    "own_knowledge": "[0, 1)",
    "spillover": "[0, 1)",
    "reach_km": _ABOVE,
    "efficiency_effect": _UP,
    "technical_progress": "(-0.2, 0.2)",
    "labour_growth": "(-0.2, 0.2)",
}
"""Intervals in which assumptions lie."""

REASONS: Mapping[str, str] = {
    "labour_share": "about the share of wages with contributions in value added of the country",
    "materials_share": "about one half of output in national input-output tables",
    "saving_share": "about the share of fixed investment in the product of the country in 2012",
    "research_cost": "about 700 billion roubles of R&D spending for 730 thousand persons; to be replaced by a source",
    "research_labour": "R&D is mostly paid work",
    "research_capital": "instruments and buildings are a small part of the cost of R&D",
    "origin_elasticity": "usual between regions of one country, above that between countries",
    "capital_labour_elasticity": "estimates lie a little below one",
    "distance_exponent": "the usual estimate of gravity equations",
    "home_bias": "gravity equations find several times as much trade within a region as between regions; an "
    "assumption, since trade between these regions is not published",
    "migration": "a region whose real wage is 10 % above that of the country gains 1 % of its workers a year",
    "depreciation": "statistics write off 6 to 7 % of capital at full book value a year",
    "knowledge_depreciation": "usual depreciation of R&D stocks",
    "knowledge_growth": "long-run growth of real R&D spending before the base year; sets the first stock",
    "own_knowledge": "output elasticities of R&D stocks cluster near 0.08",
    "spillover": "elasticities to R&D of others are found at about one half of those to own R&D, with a wide spread",
    "reach_km": "estimates for Europe are near 300 km; distances between centres are larger here",
    "efficiency_effect": "not estimated: full efficiency in place of one half would raise productivity by 5 %",
    "technical_progress": "growth that no stock of the model explains",
    "labour_growth": "number of employed taken as constant",
}
"""Why each assumption has its default value."""

LEFT_OUT = (
    "Trade with other countries and taxes are left out: regions that sell raw materials abroad are not shown as they "
    "are.",
    "Transfers between regions are those that the table gives (net_transfers_mln_rub), for ever of the same purchasing "
    "power; where it gives none, every region spends what it earns, also one that lives on transfers.",
    "Trade between regions is not published: it is the flow that gravity says, made to fit output of every region.",
    "Wages are one in the base year: labour is counted in base-year wages, a mover takes her skills along, and "
    "migration answers to changes of real wages since then, not to differences that existed before.",
)
"""What a reader must know before the numbers."""
