"""What is assumed: elasticities, coefficients, growth of what comes from outside. Every default has a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.economy.models.knowledge.labels import INNOVATION, OTHER, PRODUCERS, SCIENCE

REASONS = {
    "efficiency": "estimated by the frontier step of the study, or given",
    "alpha": "gross social return of 0.50 a year on R&D spending times its share in output; one third of that for the "
    "innovation sector, whose full value would let output explode",
    "beta": "gross return of 0.40 on training times its share in output; one third for the innovation sector",
    "gamma": "gross return of 0.25 on innovative goods times their share in output; one third for the innovation "
    "sector",
    "delta": "an elasticity of output to efficiency over the efficiency of the base year: the share of innovative "
    "goods a producer buys in its output; one third instead of one for the innovation sector, whose full value would "
    "let output explode; no effect while efficiency is constant",
    "labour_exponent": "wages with social contributions in output; capital has the rest",
    "transformation": "usual value for a single region; little effect on policy options",
    "substitution": "usual Armington value for a single region",
    "export_elasticity": "finite, since no region sells any amount outside at one price",
    "depreciation": "capital is counted at full book value, of which statistics write off 6 to 7 % a year; a higher "
    "rate lowers growth of the baseline and makes every option weaker",
    "fiscal_depreciation": "about half of capital at book value is depreciable for tax",
    "knowledge_depreciation": "usual depreciation of R&D stocks (perpetual inventory only)",
    "knowledge_growth": "long-run growth of real spending before the base year (perpetual inventory only)",
    "money_growth": "about 2.8 % real growth and 5 % inflation",
    "outside_growth": "growth of outside demand and transfers expected at the time",
    "labour_growth": "number of employed taken as constant",
}
"""Why each assumption has its default value."""
_DEFAULT = {
    "alpha": {SCIENCE: 0.003, INNOVATION: 0.004, OTHER: 0.001},
    "beta": {SCIENCE: 0.002, INNOVATION: 0.002, OTHER: 0.001},
    "gamma": {SCIENCE: 0.005, INNOVATION: 0.012, OTHER: 0.005},
}


def _default(name: str) -> Any:
    return field(default_factory=lambda: dict(_DEFAULT[name]))


@dataclass(frozen=True)
class KnowledgeSpec:
    """Assumptions of the knowledge economy.

    Attributes
    ----------
    efficiency : float
        Technical efficiency of the innovation space in the base year, in (0, 1].
    alpha, beta, gamma : mapping of producer to float
        Semi-elasticities of output to the stocks of knowledge, training and innovative goods, in units of the
        base-year flow.
    delta : mapping of producer to float, or None
        Semi-elasticity to efficiency; derived at calibration when None (see :data:`REASONS`).
    labour_exponent : mapping of producer to float, or None
        Elasticity of output to labour, in (0, 1); the labour share of the base year when None.
    transformation, substitution, export_elasticity : float
        ``export_elasticity`` may be infinite: a given outside price.
    depreciation, fiscal_depreciation, knowledge_depreciation, knowledge_growth : float
    money_growth, outside_growth, labour_growth : float
        Per year.
    """

    efficiency: float
    alpha: Mapping[str, float] = _default("alpha")
    beta: Mapping[str, float] = _default("beta")
    gamma: Mapping[str, float] = _default("gamma")
    delta: Mapping[str, float] | None = None
    labour_exponent: Mapping[str, float] | None = None
    transformation: float = 2.0
    substitution: float = 1.5
    export_elasticity: float = 4.0
    depreciation: float = 0.07
    fiscal_depreciation: float = 0.04
    knowledge_depreciation: float = 0.15
    knowledge_growth: float = 0.03
    money_growth: float = 0.08
    outside_growth: float = 0.03
    labour_growth: float = 0.0

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma", "delta", "labour_exponent"):
            given = getattr(self, name)
            if given is None:
                continue
            require_known(list(given), PRODUCERS, kind="agent", where=f"spec, key {name!r}")
            missing = [i for i in PRODUCERS if i not in given]
            if missing:
                raise SpecError(f"{name} lacks {offenders(missing)}.", allowed="a number for each producer")
            for value in given.values():
                self._require(name, value, 0.0, math.inf if name != "labour_exponent" else 0.99)
        limits = {
            "efficiency": (1e-6, 1.0),
            "transformation": (0.0, math.inf),
            "substitution": (1e-3, math.inf),
            "export_elasticity": (1e-3, math.inf),
            **dict.fromkeys(
                ("depreciation", "fiscal_depreciation", "knowledge_depreciation", "knowledge_growth"), (0.0, 1.0)
            ),
            **dict.fromkeys(("money_growth", "outside_growth", "labour_growth"), (-0.5, 1.0)),
        }
        for name, (low, high) in limits.items():
            self._require(name, getattr(self, name), low, high)
        if self.knowledge_depreciation + self.knowledge_growth <= 0.0:
            raise SpecError(
                "A knowledge stock that neither depreciates nor grows has no base level.",
                where="spec, keys 'knowledge_depreciation' and 'knowledge_growth'",
                allowed="a positive sum of the two",
            )
        if abs(self.substitution - 1.0) < 1e-6:
            raise SpecError(
                "An elasticity of substitution of exactly 1 has no CES form.",
                where="spec, key 'substitution'",
                remedy="Use 1.001: the difference is below any rounding of the results.",
            )

    @staticmethod
    def _require(name: str, value: float, low: float, high: float) -> None:
        if not (low <= value <= high) or (math.isinf(value) and name != "export_elasticity"):
            raise SpecError(
                f"{name} is {value}.", where=f"spec, key {name!r}", allowed=f"{low:g} to {high:g}", remedy=REASONS[name]
            )

    def __str__(self) -> str:
        return (
            "A region of seven agents: science and education, the innovation sector and other industries produce with "
            "capital, two kinds of labour and stocks of knowledge, training and innovative goods; the efficiency of "
            f"the innovation space ({self.efficiency:.3f}) enters their productivity. Households, authorities, a bank "
            "and the outside world buy, tax, lend and trade."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types; an infinite elasticity becomes text."""
        data = asdict(self)
        if math.isinf(self.export_elasticity):
            data["export_elasticity"] = "infinite"
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KnowledgeSpec:
        """Rebuild from :meth:`to_dict`."""
        require_known(list(data), [f.name for f in fields(cls)], kind="assumption")
        kept = dict(data)
        if kept.get("export_elasticity") == "infinite":
            kept["export_elasticity"] = math.inf
        return cls(**kept)
