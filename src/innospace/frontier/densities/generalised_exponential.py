"""Generalised exponential inefficiency with shape 2 (Papadopoulos 2021): the larger of two exponential draws.

Its mode is away from zero, at ``sigma_u ln 2``; the mean is ``1.5 sigma_u``.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.closed import ClosedForm
from innospace.frontier.densities.mixture import difference
from innospace.frontier.densities.prior import LEFT, RIGHT, columns, simple

_LOG_2 = float(np.log(2.0))


class GeneralisedExponentialPrior:
    r"""``ln p(u) = ln 2 - ln sigma_u - u / sigma_u + ln(1 - exp(-u / sigma_u))``."""

    name = "generalised_exponential"
    title = "generalised exponential"
    parameters: tuple[str, ...] = ("lnsigma_u2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"u_i \sim \mathrm{GE}(2, \sigma_u)"
    typst = 'u_i ~ "GE"(2, sigma_u)'
    shapes: tuple[tuple[float, ...], ...] = ((),)

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        x = t - 0.5 * theta[0]
        w = np.exp(x)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            h = np.where(w > 1e-12, w / np.expm1(w), 1.0)
            log_less = np.where(w > 1e-300, np.log(-np.expm1(-w)), x)
        return simple(_LOG_2 + x - w + log_less, 1.0 - w + h, -w + h * (1.0 - w - h))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``ln(u / sigma_u)``."""
        return np.asarray(columns(0.5 * theta[0]) + np.concatenate((0.5 * LEFT, RIGHT)))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``1.5 sigma_u``."""
        return np.asarray(1.5 * np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``2 / ((1 + sigma_u) (2 + sigma_u))``."""
        s = np.exp(0.5 * theta[0])
        return np.asarray(2.0 / ((1.0 + s) * (2.0 + s)))

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments of the sum of independent exponentials with means 1 and 1/2, which it is."""
        return 1.5, 1.25, 2.25

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale``."""
        return (float(2.0 * np.log(scale)),)

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return the larger of two exponential variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.exponential(size=(2, n)).max(axis=0))


class GeneralisedExponential(ClosedForm):
    r"""``f(e) = (2 / sigma_u) (h(1 / sigma_u) - h(2 / sigma_u))``.

    ``h(r) = exp(r e + r^2 sigma_v^2 / 2) Phi(-e / sigma_v - r sigma_v)``.
    """

    law = GeneralisedExponentialPrior()

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        a, b = theta
        found = difference(e, a, b, 2.0, 1.0)
        ee, ea, _, eb, aa, _, ab, _, _, bb = found.second
        first = (found.first[0], found.first[1] - 0.5, found.first[3])
        return Derivatives(found.value + _LOG_2 - 0.5 * a, first, (ee, ea, eb, aa, ab, bb))
