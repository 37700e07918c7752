"""Gamma inefficiency (Greene 1990): shape ``k``, scale ``sigma_u``, mean ``k sigma_u``.

``k = 1`` is the exponential. For ``k < 1`` the density has no limit at zero and the likelihood none as noise vanishes;
a maximum inside is preferred to that edge. As ``k`` grows inefficiency looks like more noise.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.prior import LEFT, RIGHT, columns


class GammaPrior:
    r"""``ln p(u) = (k - 1) ln u - u / sigma_u - k ln sigma_u - ln Gamma(k)``."""

    name = "gamma"
    title = "gamma"
    parameters: tuple[str, ...] = ("lnsigma_u2", "lnshape_u")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.NONE)
    latex = r"u_i \sim \mathrm{Gamma}(k, \sigma_u)"
    typst = 'u_i ~ "Gamma"(k, sigma_u)'
    shapes: tuple[tuple[float, ...], ...] = ((1.0,), (0.5,), (2.0,))

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives."""
        a, log_shape = theta
        k = np.exp(log_shape)
        x = t - 0.5 * a
        w = np.exp(x)
        psi = special.digamma(k)
        by_shape = k * (x - psi)
        value = k * x - w - special.gammaln(k)
        first = (-0.5 * (k - w), by_shape)
        return Derivatives(value, first, (-0.25 * w, -0.5 * k + 0.0 * w, by_shape - k * k * special.polygamma(1, k)))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks around the mode of ``t``, closer together for a larger shape."""
        a, log_shape = (np.asarray(v) for v in theta)
        k = np.exp(log_shape)
        centre = columns(0.5 * a + np.maximum(log_shape, 0.0))
        left, right = np.maximum(1.0 / k, 1.0 / np.sqrt(k)), np.minimum(1.0, 1.0 / np.sqrt(k))
        return np.concatenate((centre + columns(left) * LEFT, centre + columns(right) * _UP), axis=-1)

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``k sigma_u``."""
        return np.asarray(np.exp(theta[1] + 0.5 * theta[0]))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``(1 + sigma_u)^-k``."""
        return np.asarray(np.exp(-np.exp(theta[1]) * np.log1p(np.exp(0.5 * theta[0]))))

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return ``k, k, 2 k``."""
        (k,) = shape
        return k, k, 2.0 * k

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return ``2 ln scale, ln k``."""
        return float(2.0 * np.log(scale)), float(np.log(shape[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return gamma variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.gamma(np.exp(theta[1]), size=n))


_UP = np.append(RIGHT, (5.5, 8.5))
