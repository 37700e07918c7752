"""Exponential inefficiency with mean ``sigma_u`` (Meeusen and van den Broeck 1977)."""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.frontier.densities.prior import LEFT, RIGHT, columns, simple
from innospace.numerics.normal import (
    log_cdf_and_mills,
    log_cdf_excess,
    truncated_mean_standard,
    truncated_variance_standard,
)


class Exponential:
    r"""``ln f(e) = -ln sigma_u + sigma_v^2 / (2 sigma_u^2) + e / sigma_u + ln Phi(-e/sigma_v - sigma_v/sigma_u)``."""

    name = "exponential"
    title = "exponential"
    noise = "normal"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnsigma_v2")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.LOG_VARIANCE)
    latex = r"u \sim \mathrm{Exp}(\text{mean } \sigma_u)"
    typst = 'u ~ "Exp"("mean" sigma_u)'

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, b = theta
        su, sv = np.exp(0.5 * a), np.exp(0.5 * b)
        r = sv / su
        x, y = e / sv, e / su
        z = -x - r
        excess, square = log_cdf_excess(z)
        # where the square was taken out it cancels all but the normal kernel of e
        rest = np.where(square > 0.0, -0.5 * x * x, 0.5 * r * r + y)
        value = -0.5 * a + excess + rest
        above, below = _derivatives_above(x, y, r, z, su, sv), _derivatives_below(x, r, z, sv)
        first, second = (
            tuple(np.where(z < 0.0, low, high) for high, low in zip(*parts, strict=True))
            for parts in zip(above, below, strict=True)
        )
        return Derivatives(value, first, second)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return ``mu* = -e - sigma_v^2 / sigma_u``, ``sigma* = sigma_v``."""
        su, sv = np.exp(0.5 * theta[0]), np.exp(0.5 * theta[1])
        return Posterior(-e - sv * sv / su, sv)

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sigma_u``."""
        return np.asarray(np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``1 / (1 + sigma_u)``."""
        return np.asarray(1.0 / (1.0 + np.exp(0.5 * theta[0])))

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return ``(lnsigma_u2, lnsigma_v2)`` from central moments (third moment is ``-2 sigma_u^3``)."""
        if share is None:
            su2 = (max(-third, 0.0) / 2.0) ** (2.0 / 3.0)
            su2 = min(max(su2, 0.02 * second), 0.95 * second)
        else:
            su2 = share * second
        return float(np.log(su2)), float(np.log(second - su2))

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: moments, then shares of the variance."""
        return [self.from_moments(second, third, share) for share in (None, *shares)]


def _derivatives_above(x: Array, y: Array, r: Array, z: Array, su: Array, sv: Array) -> tuple[tuple[Array, ...], ...]:
    """Return first and second derivatives where ``z`` is not negative."""
    _, m = log_cdf_and_mills(z)
    d = -m * (z + m)
    z_b, z_bb = 0.5 * (x - r), -0.25 * (x + r)
    half_r2 = 0.5 * r * r
    first = (1.0 / su - m / sv, -0.5 - half_r2 - 0.5 * y + 0.5 * r * m, half_r2 + m * z_b)
    second = (
        d / (sv * sv),
        -0.5 / su - 0.5 * r * d / sv,
        0.5 * m / sv - d * z_b / sv,
        half_r2 + 0.25 * y - 0.25 * r * m + 0.25 * r * r * d,
        -half_r2 + 0.25 * r * m + 0.5 * r * d * z_b,
        half_r2 + m * z_bb + d * z_b * z_b,
    )
    return first, second


def _derivatives_below(x: Array, r: Array, z: Array, sv: Array) -> tuple[tuple[Array, ...], ...]:
    """Return the same where ``z`` is negative, by mean and variance of the truncated normal.

    Powers of ``sigma_v / sigma_u`` cancel by algebra: with inefficiency near zero nothing else is left of them.
    """
    t, v = truncated_mean_standard(z), truncated_variance_standard(z)
    w = x - r
    first = (-(t + x) / sv, 0.5 * (r * t - 1.0), 0.5 * (w * t + x * x))
    second = (
        (v - 1.0) / (sv * sv),
        -0.5 * r * v / sv,
        0.5 * (t + 2.0 * x - v * w) / sv,
        0.25 * r * (r * v - t),
        0.25 * r * (t + v * w),
        0.25 * v * w * w - 0.25 * (x + r) * t - 0.5 * x * x,
    )
    return first, second


class ExponentialPrior:
    """``ln p(u) = -ln sigma_u - u / sigma_u``: for noise that is not normal."""

    name = "exponential"
    title = "exponential"
    parameters: tuple[str, ...] = ("lnsigma_u2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = Exponential.latex
    typst = Exponential.typst
    shapes: tuple[tuple[float, ...], ...] = ((),)

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        x = t - 0.5 * theta[0]
        w = np.exp(x)
        return simple(x - w, 1.0 - w, -w)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``ln(u / sigma_u)``."""
        return np.asarray(columns(0.5 * theta[0]) + np.concatenate((LEFT, RIGHT)))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sigma_u``."""
        return np.asarray(np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``1 / (1 + sigma_u)``."""
        return np.asarray(1.0 / (1.0 + np.exp(0.5 * theta[0])))

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments at unit scale."""
        return 1.0, 1.0, 2.0

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale``."""
        return (float(2.0 * np.log(scale)),)

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return exponential variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.exponential(size=n))
