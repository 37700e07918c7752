"""The limit ``sigma_u = 0``: noise alone. Users do not choose it; estimates can end there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.frontier.densities.noise import Noise, NormalNoise


@dataclass(frozen=True, slots=True)
class NoInefficiency:
    """``ln f(e) = ln g(e)``: with normal noise, least squares.

    Attributes
    ----------
    distribution : Noise
    """

    distribution: Noise = field(default_factory=NormalNoise)
    name = "none"
    title = "none (noise alone)"
    latex = r"u = 0"
    typst = "u = 0"

    @property
    def noise(self) -> str:
        """Name of the distribution of noise."""
        return self.distribution.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of noise."""
        return self.distribution.parameters

    @property
    def units(self) -> tuple[Unit, ...]:
        """How parameters move with the unit of the outcome."""
        return self.distribution.units

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        return self.distribution.evaluate(e, theta)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return a point mass at zero."""
        return Posterior(np.full_like(e, -np.inf), np.zeros_like(e))

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return 0."""
        return np.zeros(())

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return 1."""
        return np.ones(())

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return the log-variance and the first start of what else noise has."""
        return (float(np.log(second)), *self.distribution.starts[0])

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return a start for each start of the noise."""
        return [(float(np.log(second)), *more) for more in self.distribution.starts]
