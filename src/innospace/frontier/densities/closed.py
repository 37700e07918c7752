"""What distributions share whose likelihood with normal noise has a closed form."""

from __future__ import annotations

from typing import ClassVar

from innospace.frontier.densities.base import Array, Unit
from innospace.frontier.densities.composed import Composed
from innospace.frontier.densities.noise import NormalNoise
from innospace.frontier.densities.posterior import GridPosterior
from innospace.frontier.densities.prior import Prior


class ClosedForm:
    """A distribution of inefficiency with normal noise; subclasses bring ``prior`` and ``evaluate``."""

    prior: ClassVar[Prior]
    noise = "normal"

    @property
    def name(self) -> str:
        """Name of the distribution of inefficiency."""
        return self.prior.name

    @property
    def title(self) -> str:
        """Name of the distribution of inefficiency in words."""
        return self.prior.title

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of inefficiency, then of noise."""
        return self._composed.parameters

    @property
    def units(self) -> tuple[Unit, ...]:
        """How parameters move with the unit of the outcome."""
        return self._composed.units

    @property
    def latex(self) -> str:
        """The distribution of inefficiency."""
        return self.prior.latex

    @property
    def typst(self) -> str:
        """The distribution of inefficiency."""
        return self.prior.typst

    @property
    def _composed(self) -> Composed:
        return Composed(self.prior, NormalNoise())

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> GridPosterior:
        """Return the distribution of inefficiency given the composed error."""
        return self._composed.posterior(e, theta)

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[u]``."""
        return self._composed.mean_inefficiency(theta)

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        return self._composed.mean_efficiency(theta)

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return parameters that match central moments."""
        return self._composed.from_moments(second, third, share)

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: every shape by its moments, then shares of the variance."""
        shaped = self._composed.guesses(second, third, ())
        return shaped + [self.from_moments(second, third, share) for share in shares]
