"""Uniform inefficiency between zero and ``theta = sqrt(12) sigma_u`` (Li 1996), so that ``sigma_u`` is its deviation.

It is not skewed, so that residuals skewed the wrong way do not rule it out; it is identified by the flat top of the
density alone and asks for large samples. No unit is further than ``theta`` from the frontier.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.closed import ClosedForm
from innospace.frontier.densities.prior import LEFT, columns
from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

_WIDTH = float(np.sqrt(12.0))


class UniformPrior:
    """``ln p(u) = -ln theta`` for ``u`` below ``theta``."""

    name = "uniform"
    title = "uniform"
    parameters: tuple[str, ...] = ("lnsigma_u2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"u_i \sim U(0, \sqrt{12}\, \sigma_u)"
    typst = "u_i ~ U(0, sqrt(12) sigma_u)"
    shapes: tuple[tuple[float, ...], ...] = ((),)

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u``: minus infinity beyond ``ln theta``."""
        x = t - 0.5 * theta[0] - np.log(_WIDTH)
        # a mark that was moved to the end by rounding still belongs to the panel below it
        value = np.where(x <= 1e-12, x, -np.inf)
        return Derivatives(value, (-0.5 + 0.0 * x,), (0.0 * x,))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks up to the end at ``theta``."""
        return np.asarray(columns(0.5 * theta[0] + np.log(_WIDTH)) + np.append(LEFT, (-0.3, 0.0)))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``theta / 2``."""
        return np.asarray(0.5 * _WIDTH * np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``(1 - exp(-theta)) / theta``."""
        width = _WIDTH * np.exp(0.5 * theta[0])
        return np.asarray(-np.expm1(-width) / width)

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments at unit scale; the third is zero."""
        return 0.5 * _WIDTH, 1.0, 0.0

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale``."""
        return (float(2.0 * np.log(scale)),)

    def end(self, theta: tuple[Array, ...]) -> Array:
        """Return ``theta``."""
        return np.asarray(_WIDTH * np.exp(0.5 * theta[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return uniform variables."""
        return np.asarray(_WIDTH * np.exp(0.5 * theta[0]) * rng.random(n))


class Uniform(ClosedForm):
    r"""``ln f(e) = -ln theta + ln(Phi((e + theta) / sigma_v) - Phi(e / sigma_v))``."""

    law = UniformPrior()

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, b = theta
        width, sv = _WIDTH * np.exp(0.5 * a), np.exp(0.5 * b)
        # from the tail in which the interval lies, by symmetry about its middle
        flip = np.where(e + 0.5 * width > 0.0, -1.0, 1.0)
        upper = np.where(flip < 0.0, -e, e + width) / sv
        lower = np.where(flip < 0.0, -e - width, e) / sv
        log_upper, _ = log_cdf_and_mills(upper)
        log_lower, _ = log_cdf_and_mills(lower)
        log_mass = log_upper + np.log(np.maximum(-np.expm1(log_lower - log_upper), _SMALLEST))
        # densities at both ends over the mass between them, and their products with the ends themselves
        up = np.exp(-0.5 * (LOG_2PI + upper * upper) - log_mass)
        down = np.exp(-0.5 * (LOG_2PI + lower * lower) - log_mass)
        at_e, at_end = np.where(flip < 0.0, up, down), np.where(flip < 0.0, down, up)
        x, y = e / sv, (e + width) / sv
        r = width / sv
        e_1 = (at_end - at_e) / sv
        a_1 = 0.5 * r * at_end
        b_1 = -0.5 * (y * at_end - x * at_e)
        ee = (x * at_e - y * at_end) / (sv * sv)
        first = (e_1, a_1 - 0.5, b_1)
        second = (
            ee - e_1 * e_1,
            -0.5 * r * y * at_end / sv - e_1 * a_1,
            0.5 * ((y * y - 1.0) * at_end - (x * x - 1.0) * at_e) / sv - e_1 * b_1,
            0.25 * r * (1.0 - r * y) * at_end - a_1 * a_1,
            0.25 * r * (y * y - 1.0) * at_end - a_1 * b_1,
            0.25 * (y * (1.0 - y * y) * at_end - x * (1.0 - x * x) * at_e) - b_1 * b_1,
        )
        return Derivatives(-0.5 * a - np.log(_WIDTH) + log_mass, first, second)


_SMALLEST = 1e-300
