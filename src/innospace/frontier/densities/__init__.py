"""Distributions of inefficiency and of noise, one file each."""

from __future__ import annotations

from innospace.core.errors import SpecError
from innospace.core.labels import suggest
from innospace.frontier.densities.base import Density, Derivatives, Law, Posterior, Unit
from innospace.frontier.densities.composed import Composed
from innospace.frontier.densities.exponential import Exponential, ExponentialPrior
from innospace.frontier.densities.gamma import GammaPrior
from innospace.frontier.densities.generalised_exponential import GeneralisedExponential, GeneralisedExponentialPrior
from innospace.frontier.densities.half_normal import HalfNormal, HalfNormalPrior
from innospace.frontier.densities.lognormal import LognormalPrior
from innospace.frontier.densities.no_inefficiency import NoInefficiency
from innospace.frontier.densities.noise import NOISES, NormalNoise
from innospace.frontier.densities.prior import Prior
from innospace.frontier.densities.rayleigh import Rayleigh, RayleighPrior
from innospace.frontier.densities.scaled_truncated_normal import ScaledTruncatedNormal
from innospace.frontier.densities.truncated_laplace import TruncatedLaplace, TruncatedLaplacePrior
from innospace.frontier.densities.truncated_normal import TruncatedNormal, TruncatedNormalPrior
from innospace.frontier.densities.uniform import Uniform, UniformPrior
from innospace.frontier.densities.weibull import WeibullPrior

PRIORS: dict[str, Prior] = {
    p.name: p
    for p in (
        HalfNormalPrior(),
        ExponentialPrior(),
        TruncatedNormalPrior(),
        RayleighPrior(),
        UniformPrior(),
        GeneralisedExponentialPrior(),
        TruncatedLaplacePrior(),
        GammaPrior(),
        WeibullPrior(),
        LognormalPrior(),
    )
}
"""Distributions of inefficiency that any noise can be combined with."""
_CLOSED: tuple[Law, ...] = (
    HalfNormal(),
    Exponential(),
    TruncatedNormal(),
    Rayleigh(),
    Uniform(),
    GeneralisedExponential(),
    TruncatedLaplace(),
)
DENSITIES: dict[str, Law] = {d.name: d for d in _CLOSED}
DENSITIES |= {name: Composed(p, NormalNoise()) for name, p in PRIORS.items() if name not in DENSITIES}
"""Distributions of inefficiency with normal noise, by name."""


def density(name: str, noise: str = "normal") -> Law:
    """Return a distribution of inefficiency with one of noise, or raise :class:`SpecError` with the nearest names."""
    for what, given, allowed in (("inefficiency", name, list(DENSITIES)), ("noise", noise, list(NOISES))):
        if given not in allowed:
            raise SpecError(
                f"Unknown distribution of {what} {given!r}.",
                allowed=", ".join(allowed),
                remedy=suggest(given, allowed) or "Choose one of the names above.",
            )
    return DENSITIES[name] if noise == "normal" else Composed(PRIORS[name], NOISES[noise])


def noise_alone(noise: str) -> NoInefficiency:
    """Return the limit without inefficiency of a distribution of noise."""
    return NoInefficiency(NOISES[noise])


__all__ = [
    "DENSITIES",
    "NOISES",
    "PRIORS",
    "Composed",
    "Density",
    "Derivatives",
    "Exponential",
    "HalfNormal",
    "Law",
    "NoInefficiency",
    "Posterior",
    "ScaledTruncatedNormal",
    "TruncatedNormal",
    "Unit",
    "density",
    "noise_alone",
]
