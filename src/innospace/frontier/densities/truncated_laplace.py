"""Truncated skewed Laplace inefficiency (Wang 2012): ``sigma_u`` and a skewness ``l`` above zero.

Both as ``l`` falls to zero and as it grows without limit it becomes the exponential; between them its mode leaves zero.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.closed import ClosedForm
from innospace.frontier.densities.mixture import difference
from innospace.frontier.densities.prior import LEFT, RIGHT, columns


class TruncatedLaplacePrior:
    r"""``p(u) = (1 + l) / (sigma_u (1 + 2 l)) (2 exp(-u / sigma_u) - exp(-(1 + l) u / sigma_u))``."""

    name = "truncated_laplace"
    title = "truncated skewed Laplace"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnshape_u")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.NONE)
    latex = r"u_i \sim \mathrm{TSL}(\sigma_u, \lambda)"
    typst = 'u_i ~ "TSL"(sigma_u, lambda)'
    shapes: tuple[tuple[float, ...], ...] = ((1.0,), (0.2,), (5.0,))

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        a, log_shape = theta
        skew = np.exp(log_shape)
        x = t - 0.5 * a
        w = np.exp(x)
        y = skew * w
        left = 2.0 - np.exp(-y)
        h = y * np.exp(-y) / left
        by_y = h * (1.0 - y - h)
        by_shape, by_shape_2 = _constant(skew)
        value = np.log1p(skew) - np.log1p(2.0 * skew) + x - w + np.log(left)
        first = (-0.5 * (1.0 - w + h), by_shape + h)
        return Derivatives(value, first, (0.25 * (by_y - w), -0.5 * by_y, by_shape_2 + by_y))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``ln(u / sigma_u)``, and where the second exponential ends."""
        base = columns(0.5 * theta[0])
        own = base + np.concatenate((LEFT, RIGHT))
        second = base - columns(np.logaddexp(0.0, theta[1])) + RIGHT[[0, 2, 4]]
        return np.sort(np.concatenate(_same_rows(own, second), axis=-1), axis=-1)

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``c sigma_u^2 (2 - (1 + l)^-2)``."""
        s, k = np.exp(0.5 * theta[0]), 1.0 + np.exp(theta[1])
        return np.asarray(k / (2.0 * k - 1.0) * s * (2.0 - 1.0 / (k * k)))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``c (2 / (1 / sigma_u + 1) - 1 / ((1 + l) / sigma_u + 1))``."""
        s, k = np.exp(0.5 * theta[0]), 1.0 + np.exp(theta[1])
        return np.asarray(k / (2.0 * k - 1.0) * (2.0 / (1.0 + s) - 1.0 / (k + s)))

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments at unit scale."""
        k = 1.0 + shape[0]
        c = k / (2.0 * k - 1.0)
        one, two, three = c * (2.0 - k**-2), 2.0 * c * (2.0 - k**-3), 6.0 * c * (2.0 - k**-4)
        return one, two - one * one, three - 3.0 * one * two + 2.0 * one**3

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale, ln l``."""
        return float(2.0 * np.log(scale)), float(np.log(shape[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return exponential variables, to some of which, ``l / (1 + 2 l)``, one of rate ``1 + l`` is added."""
        s, skew = np.exp(0.5 * theta[0]), np.exp(theta[1])
        both = rng.random(n) < skew / (1.0 + 2.0 * skew)
        return np.asarray(s * (rng.exponential(size=n) + both * rng.exponential(size=n) / (1.0 + skew)))


def _constant(skew: Array) -> tuple[Array, Array]:
    """Return first and second derivative of ``ln((1 + l) / (1 + 2 l))`` by ``ln l``."""
    one, two = skew / (1.0 + skew), 2.0 * skew / (1.0 + 2.0 * skew)
    return one - two, one * (1.0 - one) - two * (1.0 - two)


def _same_rows(own: Array, second: Array) -> tuple[Array, Array]:
    rows = np.broadcast_shapes(own.shape[:-1], second.shape[:-1])
    return np.broadcast_to(own, (*rows, own.shape[-1])), np.broadcast_to(second, (*rows, second.shape[-1]))


class TruncatedLaplace(ClosedForm):
    r"""``f(e) = (1 + l) / (sigma_u (1 + 2 l)) (2 h(1 / sigma_u) - h((1 + l) / sigma_u))``.

    ``h(r) = exp(r e + r^2 sigma_v^2 / 2) Phi(-e / sigma_v - r sigma_v)``.
    """

    law = TruncatedLaplacePrior()

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, log_shape, b = theta
        skew = np.exp(log_shape)
        found = difference(e, a, b, 1.0 + skew, 2.0)
        # ln rate = ln(1 + l)
        p = skew / (1.0 + skew)
        pp = p * (1.0 - p)
        ee, ea, er, eb, aa, ar, ab, rr, rb, bb = found.second
        by_shape, by_shape_2 = _constant(skew)
        first = (found.first[0], found.first[1] - 0.5, by_shape + p * found.first[2], found.first[3])
        by_rate = by_shape_2 + p * p * rr + pp * found.first[2]
        second = (ee, ea, p * er, eb, aa, p * ar, ab, by_rate, p * rb, bb)
        value = found.value - 0.5 * a + np.log1p(skew) - np.log1p(2.0 * skew)
        return Derivatives(value, first, second)
