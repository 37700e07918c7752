"""The limit ``sigma_u = 0``: normal noise alone. Users do not choose it; estimates can end there."""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.numerics.normal import LOG_2PI


class NoInefficiency:
    """``ln f(e) = ln phi(e / sigma_v) - ln sigma_v``."""

    name = "none"
    title = "none (least squares)"
    parameters: tuple[str, ...] = ("lnsigma_v2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"u = 0"
    typst = "u = 0"

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        (b,) = theta
        precision = np.exp(-b)
        q = e * e * precision
        value = -0.5 * (LOG_2PI + b + q)
        first = (-e * precision, 0.5 * (q - 1.0))
        second = (np.full_like(e, -precision), e * precision, -0.5 * q)
        return Derivatives(value, first, second)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return a point mass at zero."""
        return Posterior(np.full_like(e, -np.inf), np.zeros_like(e))

    def mean_inefficiency(self, theta: tuple[float, ...]) -> float:
        """Return 0."""
        return 0.0

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return the log-variance."""
        return (float(np.log(second)),)
