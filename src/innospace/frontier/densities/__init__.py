"""Distributions of inefficiency, one file each."""

from __future__ import annotations

from innospace.core.errors import SpecError
from innospace.core.labels import suggest
from innospace.frontier.densities.base import Density, Derivatives, Law, Posterior, Unit
from innospace.frontier.densities.exponential import Exponential
from innospace.frontier.densities.half_normal import HalfNormal
from innospace.frontier.densities.no_inefficiency import NoInefficiency
from innospace.frontier.densities.truncated_normal import TruncatedNormal

DENSITIES: dict[str, Law] = {d.name: d for d in (HalfNormal(), Exponential(), TruncatedNormal())}


def density(name: str) -> Law:
    """Return the distribution called ``name``, or raise :class:`SpecError` with the nearest names."""
    try:
        return DENSITIES[name]
    except KeyError:
        raise SpecError(
            f"Unknown distribution of inefficiency {name!r}.",
            allowed=", ".join(DENSITIES),
            remedy=suggest(name, DENSITIES) or "Choose one of the names above.",
        ) from None


__all__ = [
    "DENSITIES",
    "Density",
    "Derivatives",
    "Exponential",
    "HalfNormal",
    "Law",
    "NoInefficiency",
    "Posterior",
    "TruncatedNormal",
    "Unit",
    "density",
]
