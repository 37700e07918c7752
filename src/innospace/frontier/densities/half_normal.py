"""Half-normal inefficiency: ``u = |N(0, sigma_u^2)|`` (Aigner, Lovell and Schmidt 1977)."""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

_LOG_2 = float(np.log(2.0))
_MEAN = float(np.sqrt(2.0 / np.pi))
_VARIANCE = 1.0 - 2.0 / np.pi
_SKEW = _MEAN * (4.0 / np.pi - 1.0)


class HalfNormal:
    r"""``ln f(e) = ln 2 - ln sigma + ln phi(e / sigma) + ln Phi(-e lambda / sigma)``.

    ``sigma^2 = sigma_u^2 + sigma_v^2``, ``lambda = sigma_u / sigma_v``.
    """

    name = "half_normal"
    title = "half-normal"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnsigma_v2")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.LOG_VARIANCE)
    latex = r"u \sim \left|N(0, \sigma_u^2)\right|"
    typst = "u ~ abs(N(0, sigma_u^2))"

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, b = theta
        su2, sv2 = np.exp(a), np.exp(b)
        s2 = su2 + sv2
        g = su2 / s2  # gamma
        h = sv2 / s2  # 1 - gamma, without cancellation
        k = np.sqrt(su2 / (sv2 * s2))
        pa, pb = 0.5 * h, -(1.0 - 0.5 * g)  # d ln k / da, d ln k / db
        scaled = e / s2
        q = e * scaled
        z = -k * e
        log_cdf, m = log_cdf_and_mills(z)
        d = -m * (z + m)
        mz, dzz = m * z, d * z * z
        mdz = m + d * z
        value = _LOG_2 - 0.5 * LOG_2PI - 0.5 * np.log(s2) - 0.5 * q + log_cdf
        cross = g * h
        first = (
            -scaled - k * m,
            0.5 * g * (q - 1.0) + pa * mz,
            0.5 * h * (q - 1.0) + pb * mz,
        )
        second = (
            k * k * d - 1.0 / s2,
            g * scaled - (k * pa) * mdz,
            h * scaled - (k * pb) * mdz,
            0.5 * (cross - g * g) * q - 0.5 * cross + (pa * pa - 0.5 * cross) * mz + pa * pa * dzz,
            cross * (0.5 - q) + (pa * pb + 0.5 * cross) * mz + pa * pb * dzz,
            0.5 * (cross - h * h) * q - 0.5 * cross + (pb * pb - 0.5 * cross) * mz + pb * pb * dzz,
        )
        return Derivatives(value, first, second)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return ``mu* = -e sigma_u^2 / sigma^2``, ``sigma* = sigma_u sigma_v / sigma``."""
        su2, sv2 = np.exp(theta[0]), np.exp(theta[1])
        s2 = su2 + sv2
        return Posterior(-e * (su2 / s2), np.sqrt(su2 * sv2 / s2))

    def mean_inefficiency(self, theta: tuple[float, ...]) -> float:
        """Return ``sqrt(2 / pi) sigma_u``."""
        return _MEAN * float(np.exp(0.5 * theta[0]))

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return ``(lnsigma_u2, lnsigma_v2)`` from central moments (Olson, Schmidt and Waldman 1980)."""
        if share is None:
            su2 = (max(-third, 0.0) / _SKEW) ** (2.0 / 3.0)
            su2 = min(max(su2, 0.02 * second), 0.95 * second / _VARIANCE)
        else:
            su2 = share * second / _VARIANCE
        return float(np.log(su2)), float(np.log(second - _VARIANCE * su2))
