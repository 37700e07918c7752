"""Lognormal inefficiency (Migon and Medici 2001): ``ln u ~ N(mu, sigma_u^2)``.

Its density is zero at zero, so that no row is fully efficient. As ``sigma_u`` falls inefficiency becomes a constant,
which the intercept cannot be told apart from.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.prior import columns, expected_efficiency
from innospace.numerics.normal import LOG_2PI


class LognormalPrior:
    r"""``ln p(u) = -ln u - ln sigma_u + ln phi((ln u - mu) / sigma_u)``."""

    name = "lognormal"
    title = "lognormal"
    parameters: tuple[str, ...] = ("mu", "lnsigma_u2")
    units: tuple[Unit, ...] = (Unit.LOG_LEVEL, Unit.NONE)
    latex = r"\ln u_i \sim N(\mu, \sigma_u^2)"
    typst = "ln u_i ~ N(mu, sigma_u^2)"
    shapes: tuple[tuple[float, ...], ...] = ((0.7,), (0.4,), (1.1,))

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        mu, a = theta
        s = np.exp(0.5 * a)
        r = (t - mu) / s
        first = (r / s, 0.5 * (r * r - 1.0))
        return Derivatives(-0.5 * (LOG_2PI + a + r * r), first, (-1.0 / (s * s) + 0.0 * r, -r / s, -0.5 * r * r))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks by standard deviations of ``ln u``."""
        return np.asarray(columns(theta[0]) + columns(np.exp(0.5 * theta[1])) * _MARKS)

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``exp(mu + sigma_u^2 / 2)``."""
        return np.asarray(np.exp(theta[0] + 0.5 * np.exp(theta[1])))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]`` by quadrature."""
        return expected_efficiency(self, theta)

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments of ``exp(s N)``."""
        w = float(np.exp(shape[0] ** 2))
        variance = w * (w - 1.0)
        return float(np.sqrt(w)), variance, variance**1.5 * (w + 2.0) * float(np.sqrt(w - 1.0))

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``ln scale`` and the log-variance of ``ln u``."""
        return float(np.log(scale)), float(2.0 * np.log(shape[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return ``exp(N(mu, sigma_u^2))``."""
        return np.asarray(np.exp(theta[0] + np.exp(0.5 * theta[1]) * rng.normal(size=n)))


_MARKS = np.array([-8.0, -6.0, -4.5, -3.2, -2.1, -1.0, 0.0, 1.0, 2.1, 3.2, 4.5, 6.0, 8.0])
