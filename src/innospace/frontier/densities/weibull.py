"""Weibull inefficiency (Tsionas 2007): shape ``k``, scale ``sigma_u``.

``k = 1`` is the exponential, ``k = 2`` the Rayleigh. For ``k < 1`` the density has no limit at zero, as with the gamma.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.prior import LEFT, RIGHT, columns, expected_efficiency


class WeibullPrior:
    r"""``ln p(u) = ln k - k ln sigma_u + (k - 1) ln u - (u / sigma_u)^k``."""

    name = "weibull"
    title = "Weibull"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnshape_u")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.NONE)
    latex = r"u_i \sim \mathrm{Weibull}(k, \sigma_u)"
    typst = 'u_i ~ "Weibull"(k, sigma_u)'
    shapes: tuple[tuple[float, ...], ...] = ((1.0,), (0.7,), (1.8,))

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        a, log_shape = theta
        k = np.exp(log_shape)
        y = k * (t - 0.5 * a)
        w = np.exp(y)
        first = (-0.5 * k * (1.0 - w), 1.0 + y * (1.0 - w))
        second = (-0.25 * k * k * w, -0.5 * k * (1.0 - w - y * w), y * (1.0 - w) - y * y * w)
        return Derivatives(log_shape + y - w, first, second)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``k (t - ln sigma_u)``."""
        return np.asarray(columns(0.5 * theta[0]) + columns(np.exp(-theta[1])) * np.concatenate((LEFT, RIGHT)))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sigma_u Gamma(1 + 1 / k)``."""
        return np.asarray(np.exp(0.5 * theta[0] + special.gammaln(1.0 + np.exp(-theta[1]))))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]`` by quadrature."""
        return expected_efficiency(self, theta)

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments by gamma functions."""
        one, two, three = (float(special.gamma(1.0 + r / shape[0])) for r in (1, 2, 3))
        return one, two - one * one, three - 3.0 * one * two + 2.0 * one**3

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale, ln k``."""
        return float(2.0 * np.log(scale)), float(np.log(shape[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return Weibull variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.weibull(np.exp(theta[1]), size=n))
