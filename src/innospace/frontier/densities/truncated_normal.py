"""Truncated-normal inefficiency: ``N(mu, sigma_u^2)`` cut off at zero (Stevenson 1980)."""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.frontier.densities.half_normal import HalfNormal
from innospace.frontier.densities.prior import LEFT, RIGHT, columns
from innospace.numerics.normal import (
    LOG_2PI,
    log_cdf_and_mills,
    log_cdf_excess,
    truncated_log_mean_exp,
    truncated_mean_standard,
    truncated_quantile,
)


class TruncatedNormal:
    r"""``ln f(e) = -ln sigma + ln phi((e + mu) / sigma) + ln Phi(mu* / sigma*) - ln Phi(mu / sigma_u)``.

    As ``mu -> -infinity`` with ``sigma_u^2 / -mu`` fixed it becomes the exponential model; the two normal
    integrals are combined so that the density keeps its digits on the way there.
    """

    name = "truncated_normal"
    title = "truncated normal"
    noise = "normal"
    parameters: tuple[str, ...] = ("mu", "lnsigma_u2", "lnsigma_v2")
    units: tuple[Unit, ...] = (Unit.LEVEL, Unit.LOG_VARIANCE, Unit.LOG_VARIANCE)
    latex = r"u \sim N^{+}(\mu, \sigma_u^2)"
    typst = "u ~ N^+ (mu, sigma_u^2)"

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        mu, a, b = theta
        su2, sv2 = np.exp(a), np.exp(b)
        su = np.sqrt(su2)
        s2 = su2 + sv2
        g, h = su2 / s2, sv2 / s2
        k, c = np.sqrt(su2 / (sv2 * s2)), np.sqrt(sv2 / (su2 * s2))
        # d ln k and d ln c with respect to a and b; their own derivatives are -+ half_cross
        ka, kb = 0.5 * h, -(1.0 - 0.5 * g)
        ca, cb = -0.5 * (1.0 + g), 0.5 * g
        cross = g * h
        half = 0.5 * cross
        t = (e + mu) / s2
        q = (e + mu) * t
        x, y = mu * c, e * k
        z1, z0 = x - y, mu / su
        _, m1 = log_cdf_and_mills(z1)
        _, m0 = log_cdf_and_mills(z0)
        d1, d0 = -m1 * (z1 + m1), -m0 * (z0 + m0)
        z1_a, z1_b = x * ca - y * ka, x * cb - y * kb
        z1_aa = x * (ca * ca - half) - y * (ka * ka - half)
        z1_ab = x * (ca * cb + half) - y * (ka * kb + half)
        z1_bb = x * (cb * cb - half) - y * (kb * kb - half)
        first = (
            -t - k * m1,
            -t + c * m1 - m0 / su,
            0.5 * g * (q - 1.0) + m1 * z1_a + 0.5 * m0 * z0,
            0.5 * h * (q - 1.0) + m1 * z1_b,
        )
        second = (
            k * k * d1 - 1.0 / s2,
            -1.0 / s2 - k * c * d1,
            g * t - k * (ka * m1 + d1 * z1_a),
            h * t - k * (kb * m1 + d1 * z1_b),
            c * c * d1 - 1.0 / s2 - d0 / su2,
            g * t + c * (ca * m1 + d1 * z1_a) + 0.5 * (m0 + d0 * z0) / su,
            h * t + c * (cb * m1 + d1 * z1_b),
            0.5 * (cross - g * g) * q - half + m1 * z1_aa + d1 * z1_a * z1_a - 0.25 * z0 * (m0 + d0 * z0),
            cross * (0.5 - q) + m1 * z1_ab + d1 * z1_a * z1_b,
            0.5 * (cross - h * h) * q - half + m1 * z1_bb + d1 * z1_b * z1_b,
        )
        return Derivatives(self._value(e, mu, s2, sv2, x, z1, z0), first, second)

    @staticmethod
    def _value(e: Array, mu: Array, s2: Array, sv2: Array, x: Array, z1: Array, z0: Array) -> Array:
        excess1, square1 = log_cdf_excess(z1)
        excess0, _ = log_cdf_excess(z0)
        # with z0 < 0 its square, which grows without limit as mu -> -infinity, cancels in the quadratic form:
        # -(e + mu)^2 / (2 sigma^2) + z0^2 / 2 = -(e^2 + 2 e mu) / (2 sigma^2) + x^2 / 2, which with z1 < 0, less
        # z1^2 / 2, is -e^2 / (2 sigma_v^2)
        taken_out = -0.5 * (e * e + 2.0 * e * mu) / s2 + 0.5 * x * x
        below = np.where(z1 < 0.0, -0.5 * e * e / sv2, taken_out)
        kernel = np.where(z0 < 0.0, below, -0.5 * (e + mu) ** 2 / s2 - square1)
        return np.asarray(-0.5 * LOG_2PI - 0.5 * np.log(s2) + kernel + excess1 - excess0)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return ``mu* = (mu sigma_v^2 - e sigma_u^2) / sigma^2``, ``sigma* = sigma_u sigma_v / sigma``."""
        mu, su2, sv2 = theta[0], np.exp(theta[1]), np.exp(theta[2])
        s2 = su2 + sv2
        return Posterior(mu * (sv2 / s2) - e * (su2 / s2), np.sqrt(su2 * sv2 / s2))

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``mu + sigma_u phi(mu / sigma_u) / Phi(mu / sigma_u)``."""
        su = np.exp(0.5 * theta[1])
        return np.asarray(su * truncated_mean_standard(np.asarray(theta[0] / su)))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        return np.asarray(np.exp(truncated_log_mean_exp(np.asarray(theta[0]), np.asarray(np.exp(0.5 * theta[1])))))

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return the half-normal moments with ``mu = 0``."""
        return (0.0, *HalfNormal().from_moments(second, third, share))

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: half-normal moments and shares, ``mu`` below and above zero, nearly normal."""
        found = [self.from_moments(second, third, share) for share in (None, *shares[::2])]
        _, a, b = found[0]
        size = float(np.log(second))
        nearly_normal = (NEARLY_NORMAL[0] * second**0.5, NEARLY_NORMAL[1] + size, NEARLY_NORMAL[2] + size)
        return [*found, *((ratio * float(np.exp(0.5 * a)), a, b) for ratio in RATIOS), nearly_normal]


RATIOS = (-2.0, 1.0)
"""Further starts: ``mu / sigma_u``."""
NEARLY_NORMAL = (2.0, -0.3, -1.0)
"""One more at unit variance of residuals: ``mu``, ``ln sigma_u^2``, ``ln sigma_v^2``."""


class TruncatedNormalPrior:
    """``ln p(u) = ln phi((u - mu) / sigma_u) - ln sigma_u - ln Phi(mu / sigma_u)``: for noise that is not normal."""

    name = "truncated_normal"
    title = "truncated normal"
    parameters: tuple[str, ...] = ("mu", "lnsigma_u2")
    units: tuple[Unit, ...] = (Unit.LEVEL, Unit.LOG_VARIANCE)
    latex = TruncatedNormal.latex
    typst = TruncatedNormal.typst
    shapes: tuple[tuple[float, ...], ...] = ((0.0,), (-2.0,), (1.0,))

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        mu, a = theta
        s = np.exp(0.5 * a)
        z = np.asarray(mu / s)
        x = np.exp(t) / s
        excess, square = log_cdf_excess(z)
        _, mills = log_cdf_and_mills(z)
        mean = truncated_mean_standard(z)
        # with mu < 0 the square of z is left out of both the kernel and ln Phi
        kernel = -0.5 * x * x + x * z - np.where(square > 0.0, 0.0, 0.5 * z * z)
        value = t - 0.5 * (LOG_2PI + a) + kernel - excess
        gap = x - mean
        bend = mills * (1.0 - z * mean)  # d(z mills) / dz
        first = (gap / s, 0.5 * x * x - x * z + 0.5 * (z * mean - 1.0))
        second = (
            (mills * mean - 1.0) / (s * s) + 0.0 * x,
            (-(x - z) + 0.5 * bend) / s,
            -0.5 * (x - z) ** 2 - 0.25 * z * bend,
        )
        return Derivatives(value, first, second)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks below and above the mean, and by standard deviations around ``mu``."""
        mu, s = columns(theta[0]), columns(np.exp(0.5 * theta[1]))
        mean = columns(np.log(self.mean(theta)))
        around = np.log(np.maximum(mu + s * _AROUND, 1e-300))
        right = mean + _ABOVE
        rows = np.broadcast_shapes(right.shape[:-1], around.shape[:-1])
        upper = [np.broadcast_to(part, (*rows, part.shape[-1])) for part in (right, around)]
        joined = np.maximum(np.concatenate(upper, axis=-1), mean + LEFT[-1])
        lower = np.broadcast_to(mean + LEFT, (*rows, len(LEFT)))
        return np.concatenate((lower, np.sort(joined, axis=-1)), axis=-1)

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[u]``."""
        return TruncatedNormal().mean_inefficiency(theta)

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        return TruncatedNormal().mean_efficiency(theta)

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments of ``N(r, 1)`` cut off at zero."""
        (r,) = shape
        mean = float(truncated_mean_standard(np.asarray(r)))
        mills = mean - r
        return mean, 1.0 - mills * mean, mills * (mean * (mean + mills) - 1.0)

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``mu`` and ``2 ln scale``."""
        return shape[0] * scale, float(2.0 * np.log(scale))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return normal variables above zero, by inversion."""
        scale = np.broadcast_to(np.exp(0.5 * theta[1]), n)
        return truncated_quantile(np.broadcast_to(theta[0], n), scale, rng.random(n))


_AROUND = np.array([-6.5, -4.2, -2.6, -1.2, 0.0, 1.2, 2.6, 4.2, 6.5])
_ABOVE = np.sort(np.concatenate((0.5 * RIGHT, RIGHT[2:])))
