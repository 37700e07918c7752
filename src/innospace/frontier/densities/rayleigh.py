"""Rayleigh inefficiency (Hajargasht 2015): scale ``sigma_u``, mean ``sqrt(pi / 2) sigma_u``, mode ``sigma_u``.

Its density is zero at zero: most units are some way from the frontier. There is one parameter, as with the half-normal.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.closed import ClosedForm
from innospace.frontier.densities.prior import LEFT, RIGHT, columns, simple
from innospace.numerics.normal import log_cdf_and_mills, truncated_mean_standard

_MEAN = float(np.sqrt(0.5 * np.pi))


class RayleighPrior:
    r"""``ln p(u) = ln u - 2 ln sigma_u - u^2 / (2 sigma_u^2)``."""

    name = "rayleigh"
    title = "Rayleigh"
    parameters: tuple[str, ...] = ("lnsigma_u2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"u_i \sim \mathrm{Rayleigh}(\sigma_u)"
    typst = 'u_i ~ "Rayleigh"(sigma_u)'
    shapes: tuple[tuple[float, ...], ...] = ((),)

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        x = t - 0.5 * theta[0]
        w = np.exp(2.0 * x)
        return simple(2.0 * x - 0.5 * w, 2.0 - w, -2.0 * w)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``ln(u / sigma_u)``."""
        return columns(0.5 * theta[0]) + 0.5 * np.concatenate((LEFT, RIGHT))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sqrt(pi / 2) sigma_u``."""
        return np.asarray(_MEAN * np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``1 - s Phi(-s) / phi(s)`` with ``s = sigma_u``."""
        s = np.exp(0.5 * theta[0])
        _, mills = log_cdf_and_mills(-s)
        return np.asarray(truncated_mean_standard(-s) / mills)

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments at unit scale."""
        return _MEAN, 2.0 - 0.5 * np.pi, float(_MEAN * (np.pi - 3.0))

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale``."""
        return (float(2.0 * np.log(scale)),)

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return Rayleigh variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.rayleigh(size=n))


class Rayleigh(ClosedForm):
    r"""``ln f(e) = ln sigma_v - ln sigma^2 - e^2 / (2 sigma^2) + ln(phi(z) + z Phi(z))``, ``z = -e lambda / sigma``.

    ``sigma^2 = sigma_u^2 + sigma_v^2``, ``lambda = sigma_u / sigma_v``.
    """

    law = RayleighPrior()

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, b = theta
        su2, sv2 = np.exp(a), np.exp(b)
        s2 = su2 + sv2
        g, h = su2 / s2, sv2 / s2
        k = np.sqrt(su2 / (sv2 * s2))
        pa, pb = 0.5 * h, -(1.0 - 0.5 * g)
        scaled = e / s2
        q = e * scaled
        z = -k * e
        log_cdf, m = log_cdf_and_mills(z)
        mean = truncated_mean_standard(z)
        # first and second derivative of ln(phi + z Phi), whose value is ln Phi + ln(z + m)
        f = 1.0 / mean
        d = (m * mean - 1.0) * f * f
        fz, dzz = f * z, d * z * z
        fdz = f + d * z
        cross = g * h
        value = 0.5 * b - np.log(s2) - 0.5 * q + log_cdf + np.log(mean)
        first = (-scaled - k * f, -g + 0.5 * g * q + pa * fz, 0.5 - h + 0.5 * h * q + pb * fz)
        second = (
            k * k * d - 1.0 / s2,
            g * scaled - (k * pa) * fdz,
            h * scaled - (k * pb) * fdz,
            0.5 * (cross - g * g) * q - cross + (pa * pa - 0.5 * cross) * fz + pa * pa * dzz,
            cross * (1.0 - q) + (pa * pb + 0.5 * cross) * fz + pa * pb * dzz,
            0.5 * (cross - h * h) * q - cross + (pb * pb - 0.5 * cross) * fz + pb * pb * dzz,
        )
        return Derivatives(value, first, second)
