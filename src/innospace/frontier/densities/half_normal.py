"""Half-normal inefficiency: ``u = |N(0, sigma_u^2)|`` (Aigner, Lovell and Schmidt 1977)."""

from __future__ import annotations

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Combination, Combined, Derivatives, Posterior, Unit
from innospace.frontier.densities.prior import LEFT, RIGHT, columns, simple
from innospace.numerics.normal import LOG_2PI, half_normal_given, log_cdf_and_mills

_LOG_2 = float(np.log(2.0))
_LOG_MEAN = float(0.5 * np.log(2.0 / np.pi))
_MEAN = float(np.sqrt(2.0 / np.pi))
_VARIANCE = 1.0 - 2.0 / np.pi
_SKEW = _MEAN * (4.0 / np.pi - 1.0)


class HalfNormal(Combined):
    r"""``ln f(e) = ln 2 - ln sigma + ln phi(e / sigma) + ln Phi(-e lambda / sigma)``.

    ``sigma^2 = sigma_u^2 + sigma_v^2``, ``lambda = sigma_u / sigma_v``.
    """

    name = "half_normal"
    title = "half-normal"
    noise = "normal"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnsigma_v2")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.LOG_VARIANCE)
    latex = r"u \sim \left|N(0, \sigma_u^2)\right|"
    typst = "u ~ abs(N(0, sigma_u^2))"

    def combination(self, e: Array, theta: tuple[Array, ...]) -> Combination:
        """Return log-density and derivatives, taken apart; see :class:`~innospace.frontier.densities.base.Combined`."""
        a, b = theta
        su2, sv2 = np.exp(a), np.exp(b)
        s2 = su2 + sv2
        g = su2 / s2  # gamma
        h = sv2 / s2  # 1 - gamma, without cancellation
        k = np.sqrt(su2 / (sv2 * s2))
        pa, pb = 0.5 * h, -(1.0 - 0.5 * g)  # d ln k / da, d ln k / db
        z = -k * e
        log_cdf, m = log_cdf_and_mills(z)
        d = -m * (z + m)
        dz = d * z
        columns = (e, m, m + dz, d, e * e, log_cdf, m * z, dz * z)
        score, bend, curve, square, log, mz, dzz = 1, 2, 3, 4, 5, 6, 7
        cross, precision = g * h, 1.0 / s2
        return Combination(
            columns,
            3,
            (_LOG_2 - 0.5 * LOG_2PI - 0.5 * np.log(s2), ((square, -0.5 * precision), (log, 1.0))),
            (
                (None, ((0, -precision), (score, -k))),
                (-0.5 * g, ((square, 0.5 * g * precision), (mz, pa))),
                (-0.5 * h, ((square, 0.5 * h * precision), (mz, pb))),
            ),
            (
                (-precision, ((curve, k * k),)),
                (None, ((0, g * precision), (bend, -k * pa))),
                (None, ((0, h * precision), (bend, -k * pb))),
                (
                    -0.5 * cross,
                    ((square, 0.5 * (cross - g * g) * precision), (mz, pa * pa - 0.5 * cross), (dzz, pa * pa)),
                ),
                (0.5 * cross, ((square, -cross * precision), (mz, pa * pb + 0.5 * cross), (dzz, pa * pb))),
                (
                    -0.5 * cross,
                    ((square, 0.5 * (cross - h * h) * precision), (mz, pb * pb - 0.5 * cross), (dzz, pb * pb)),
                ),
            ),
        )

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return ``mu* = -e sigma_u^2 / sigma^2``, ``sigma* = sigma_u sigma_v / sigma``."""
        return Posterior(*half_normal_given(e, np.exp(theta[0]), np.exp(theta[1])))

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sqrt(2 / pi) sigma_u``."""
        return np.asarray(_MEAN * np.exp(0.5 * theta[0]))

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return ``(lnsigma_u2, lnsigma_v2)`` from central moments (Olson, Schmidt and Waldman 1980)."""
        if share is None:
            su2 = (max(-third, 0.0) / _SKEW) ** (2.0 / 3.0)
            su2 = min(max(su2, 0.02 * second), 0.95 * second / _VARIANCE)
        else:
            su2 = share * second / _VARIANCE
        return float(np.log(su2)), float(np.log(second - _VARIANCE * su2))

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: moments, then shares of the variance."""
        return [self.from_moments(second, third, share) for share in (None, *shares)]

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``2 exp(sigma_u^2 / 2) Phi(-sigma_u)``."""
        return HalfNormalPrior().mean_efficiency(theta)


class HalfNormalPrior:
    """``ln p(u) = ln 2 - ln sigma_u + ln phi(u / sigma_u)``: for noise that is not normal."""

    name = "half_normal"
    title = "half-normal"
    parameters: tuple[str, ...] = ("lnsigma_u2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = HalfNormal.latex
    typst = HalfNormal.typst
    shapes: tuple[tuple[float, ...], ...] = ((),)

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        x = t - 0.5 * theta[0]
        w = np.exp(2.0 * x)
        return simple(_LOG_MEAN + x - 0.5 * w, 1.0 - w, -2.0 * w)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks in ``ln(u / sigma_u)``."""
        return np.asarray(columns(0.5 * theta[0]) + np.concatenate((LEFT, 0.5 * RIGHT)))

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``sqrt(2 / pi) sigma_u``."""
        return np.asarray(_MEAN * np.exp(0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``2 exp(sigma_u^2 / 2) Phi(-sigma_u)``."""
        s = np.asarray(np.exp(0.5 * theta[0]))
        return np.asarray(special.erfcx(s * np.sqrt(0.5)))

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return moments at unit scale."""
        return _MEAN, _VARIANCE, _SKEW

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale``."""
        return (float(2.0 * np.log(scale)),)

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return ``|N(0, sigma_u^2)|``."""
        return np.asarray(np.abs(np.exp(0.5 * theta[0]) * rng.normal(size=n)))
