"""What is uncertain in the knowledge economy, and by how much: documented ranges from which draws are taken.

Every range is a factor on the number the model has, so that it also fits a study that assumes other numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

from innospace.core.inputs import LinkedValue
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.spec import KnowledgeSpec

LARGEST_EXPONENT = 0.95
LEVEL = 0.95
"""Level of the interval of the efficiency; the default of the frontier step."""
SMALLEST_EFFICIENCY = 1e-3
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Range:
    """A range of factors on one assumption.

    Attributes
    ----------
    name : str
    title : str
    distribution : str
        ``triangular`` (peak at 1), ``uniform``, or ``log_uniform``.
    low, high : float
    reason : str
    """

    name: str
    title: str
    distribution: str
    low: float
    high: float
    reason: str

    def quantile(self, u: float) -> float:
        """Return the factor below which a part ``u`` of the draws lies."""
        width = self.high - self.low
        if self.distribution == "uniform":
            return self.low + u * width
        if self.distribution == "log_uniform":
            return float(self.low * (self.high / self.low) ** u)
        below = (1.0 - self.low) / width
        if u < below:
            return self.low + math.sqrt(u * width * (1.0 - self.low))
        return self.high - math.sqrt((1.0 - u) * width * (self.high - 1.0))


RANGES = (
    Range(
        "knowledge_scale",
        "knowledge coefficients, all together",
        "triangular",
        0.5,
        1.25,
        "studies put social returns between a half and about one and a quarter of the default rates; above it stocks "
        "that feed on their own output come near to exploding",
    ),
    Range(
        "labour_exponent",
        "exponent of labour, all producers",
        "triangular",
        0.9,
        1.2,
        "the income of the self-employed counts as profit in the accounts, so that the labour share is rather too low; "
        "the exponent of capital is the rest",
    ),
    Range(
        "transformation",
        "elasticity of transformation",
        "log_uniform",
        0.5,
        2.0,
        "from 1 to 4 at the default: the span of single-region models",
    ),
    Range(
        "substitution",
        "elasticity of substitution (Armington)",
        "uniform",
        0.7,
        1.6,
        "from about 1 to 2.4 at the default: estimates for broad groups of goods",
    ),
    Range(
        "export_elasticity",
        "elasticity of export demand",
        "log_uniform",
        0.5,
        2.0,
        "from 2 to 8 at the default: a small region faces elastic, not unlimited demand",
    ),
    Range(
        "depreciation",
        "depreciation of capital",
        "triangular",
        0.75,
        1.25,
        "from 6 % of full book value, as statistics show, to 10 %, as economic life suggests, at the default",
    ),
)
"""Ranges of the default uncertainty run, in the order in which numbers are drawn."""
NOT_DRAWN = (
    "The matrix of the base year, taxes, deposits and the growth of money and outside demand are not drawn; shares of "
    "budgets and output come from the matrix."
)


def model_of(
    model: KnowledgeModel, ranges: tuple[Range, ...], factors: tuple[float, ...], efficiency: float
) -> KnowledgeModel:
    """Return the model with every range's factor applied and an efficiency."""
    spec = replace(model.spec, efficiency=efficiency)
    for r, factor in zip(ranges, factors, strict=True):
        spec = _changed(model, spec, r.name, factor)
    return model.with_spec(spec)


def _changed(model: KnowledgeModel, spec: KnowledgeSpec, name: str, factor: float) -> KnowledgeSpec:
    """Return assumptions with one of them times a factor, kept within what the model allows."""
    changes: dict[str, Any]
    if name == "knowledge_scale":
        changes = {n: {i: factor * v for i, v in getattr(spec, n).items()} for n in ("alpha", "beta", "gamma")}
    elif name == "labour_exponent":
        share = {i: model.calibration.parameters[f"labour_exponent.{i}"] for i in k.PRODUCERS}
        changes = {name: {i: min(max(LARGEST_EXPONENT, v), factor * v) for i, v in share.items()}}
    elif name == "depreciation":
        changes = {name: min(1.0, factor * spec.depreciation)}
    else:
        value = factor * getattr(spec, name)
        # at exactly one the CES form does not exist
        changes = {name: 1.001 if name == "substitution" and abs(value - 1.0) < 1e-3 else value}
    return replace(spec, **changes)


def efficiency_quantile(linked: LinkedValue, u: float, level: float = LEVEL) -> float:
    """Return an efficiency from its interval: two halves of normal distributions, kept within (0, 1].

    Parameters
    ----------
    linked : LinkedValue
        Value and bounds; without bounds the value itself is returned.
    u : float
        Number in (0, 1).
    level : float
        Of the interval.
    """
    if not (math.isfinite(linked.lower) and math.isfinite(linked.upper)) or linked.lower >= linked.upper:
        return linked.value
    z = NORMAL.inv_cdf(0.5 + 0.5 * level)
    below, above = max(0.0, linked.value - linked.lower) / z, max(0.0, linked.upper - linked.value) / z

    def cumulative(x: float) -> float:
        sd = below if x < linked.value else above
        part = NORMAL.cdf((x - linked.value) / sd) if sd > 0.0 else 0.5
        # each half has the mass of its width, so that the density is continuous
        low, high = below / (below + above), above / (below + above)
        return 2.0 * low * part if x < linked.value else low + high * (2.0 * part - 1.0)

    first, last = cumulative(SMALLEST_EFFICIENCY), cumulative(1.0)
    wanted, mass = first + u * (last - first), below / (below + above)
    if wanted < mass:
        x = linked.value + below * NORMAL.inv_cdf(0.5 * wanted / mass)
    else:
        x = linked.value + above * NORMAL.inv_cdf(0.5 + 0.5 * (wanted - mass) / (1.0 - mass)) if mass < 1.0 else 1.0
    return min(1.0, max(SMALLEST_EFFICIENCY, x))
