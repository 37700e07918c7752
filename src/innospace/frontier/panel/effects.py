"""What is assumed of the effect of a unit, in the form of a density of ``v - u``."""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior


class Flat:
    """Nothing: a flat density, so that the effects drop out (true fixed effects).

    Integrating a location over the whole line leaves the density of differences within the unit: the marginal
    likelihood of Chen, Schmidt and Wang (2014), which has no incidental parameters.
    """

    name = "flat"
    title = "anything (fixed effects)"
    parameters: tuple[str, ...] = ()
    latex = r"b_i \text{ free}"
    typst = 'b_i "free"'

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return zeros."""
        zero = np.zeros_like(e)
        return Derivatives(zero, (zero,), (zero,))

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return a point mass at zero: no persistent inefficiency is told apart from the effect."""
        return Posterior(np.full_like(e, -np.inf), np.zeros_like(e))

    def mean_inefficiency(self, theta: tuple[float, ...]) -> float:
        """Return 0."""
        return 0.0

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return no parameters."""
        return ()
