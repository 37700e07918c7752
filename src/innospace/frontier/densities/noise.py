"""Distributions of noise: normal, Student's t, Laplace. Symmetric, with derivatives by value and parameters."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.numerics.normal import LOG_2PI

_PEAK = np.array([-8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0])
_WIDE = np.array([-30.0, -12.0, -5.0, -2.0, 0.0, 2.0, 5.0, 12.0, 30.0])
_HEAVY = np.array([-40.0, -16.0, -6.3, -2.5, -1.0, 0.0, 1.0, 2.5, 6.3, 16.0, 40.0])
_FARTHER = 2.5
"""Power of the marks of the heaviest tails: with half a degree of freedom they reach three orders further."""


class Noise(Protocol):
    """A distribution of noise."""

    name: str
    title: str
    parameters: tuple[str, ...]
    units: tuple[Unit, ...]
    latex: str
    typst: str
    starts: tuple[tuple[float, ...], ...]
    """Values of the parameters after ``lnsigma_v2`` from which a search begins."""

    def evaluate(self, v: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives by ``v`` and the parameters."""
        ...

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return values of ``v``, increasing, between which the density is smooth; shape (m,) or (n, m)."""
        ...

    def kink(self, theta: tuple[Array, ...]) -> Array | None:
        """Return the jump of the slope of the density at zero, or None when it has none."""
        ...

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return ``n`` draws of ``v``; parameters are numbers or by draw."""
        ...


class NormalNoise:
    """``ln g(v) = ln phi(v / sigma_v) - ln sigma_v``."""

    name = "normal"
    title = "normal"
    parameters: tuple[str, ...] = ("lnsigma_v2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"v_i \sim N(0, \sigma_v^2)"
    typst = "v_i ~ N(0, sigma_v^2)"
    starts: tuple[tuple[float, ...], ...] = ((),)

    def evaluate(self, v: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives."""
        (b,) = theta
        precision = np.exp(-b)
        q = v * v * precision
        first = (-v * precision, 0.5 * (q - 1.0))
        return Derivatives(-0.5 * (LOG_2PI + b + q), first, (-precision + 0.0 * v, v * precision, -0.5 * q))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks by standard deviations."""
        return np.asarray(np.exp(0.5 * theta[0]) * _PEAK)

    def kink(self, theta: tuple[Array, ...]) -> Array | None:
        """Return None: it is smooth."""
        return None

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return normal variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.normal(size=n))


class StudentNoise:
    """Student's t with scale ``sigma_v`` and ``df`` degrees of freedom; the standard deviation is larger."""

    name = "student_t"
    title = "Student t"
    parameters: tuple[str, ...] = ("lnsigma_v2", "lndf_v")
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE, Unit.NONE)
    latex = r"v_i \sim \sigma_v\, t_{\nu}"
    typst = "v_i ~ sigma_v t_nu"
    starts: tuple[tuple[float, ...], ...] = ((float(np.log(4.0)),), (float(np.log(12.0)),))

    def evaluate(self, v: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; degrees of freedom enter by their logarithm."""
        b, df = theta[0], np.exp(theta[1])
        p = np.exp(-b)
        square = v * v * p
        d = df + square
        log_tail = np.log1p(square / df)
        constant = special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df) - 0.5 * np.log(np.pi * df)
        by_df = (
            0.5 * (special.digamma(0.5 * (df + 1.0)) - special.digamma(0.5 * df) - 1.0 / df)
            - 0.5 * log_tail
            + 0.5 * (df + 1.0) * square / (df * d)
        )
        curved = 0.25 * (special.polygamma(1, 0.5 * (df + 1.0)) - special.polygamma(1, 0.5 * df)) + 0.5 / (df * df)
        by_df_df = curved + square / (df * d) - 0.5 * (df + 1.0) * square * (2.0 * df + square) / (df * d) ** 2
        first = (-(df + 1.0) * v * p / d, -0.5 + 0.5 * (df + 1.0) * square / d, df * by_df)
        second = (
            (df + 1.0) * p * (square - df) / d**2,
            (df + 1.0) * df * v * p / d**2,
            -df * v * p * (square - 1.0) / d**2,
            -0.5 * (df + 1.0) * df * square / d**2,
            0.5 * df * square * (square - 1.0) / d**2,
            df * by_df + df * df * by_df_df,
        )
        return Derivatives(constant - 0.5 * b - 0.5 * (df + 1.0) * log_tail, first, second)

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks that reach into the tails, the farther the heavier these are."""
        power = np.clip(1.0 - theta[1], 1.0, _FARTHER)
        return np.asarray(np.exp(0.5 * theta[0]) * np.sign(_HEAVY) * np.abs(_HEAVY) ** power)

    def kink(self, theta: tuple[Array, ...]) -> Array | None:
        """Return None: it is smooth."""
        return None

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return Student's variables times ``sigma_v``."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.standard_t(np.exp(theta[1]), size=n))


class LaplaceNoise:
    """Laplace noise with standard deviation ``sigma_v``: ``ln g(v) = -ln(2 s) - |v| / s``, ``s = sigma_v / sqrt 2``."""

    name = "laplace"
    title = "Laplace"
    parameters: tuple[str, ...] = ("lnsigma_v2",)
    units: tuple[Unit, ...] = (Unit.LOG_VARIANCE,)
    latex = r"v_i \sim \mathrm{Laplace}(0, \sigma_v / \sqrt{2})"
    typst = 'v_i ~ "Laplace"(0, sigma_v \\/ sqrt(2))'
    starts: tuple[tuple[float, ...], ...] = ((),)

    def evaluate(self, v: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; that the slope jumps at zero is told by :meth:`kink`."""
        s = np.exp(0.5 * theta[0]) / np.sqrt(2.0)
        size, sign = np.abs(v) / s, np.sign(v)
        first = (-sign / s, 0.5 * (size - 1.0))
        return Derivatives(-np.log(2.0 * s) - size, first, (0.0 * v, 0.5 * sign / s, -0.25 * size))

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return marks on both sides of the kink, which is one of them."""
        return np.asarray(np.exp(0.5 * theta[0]) * _WIDE)

    def kink(self, theta: tuple[Array, ...]) -> Array | None:
        """Return ``-1 / s^2``."""
        return np.asarray(-2.0 * np.exp(-theta[0]))

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return Laplace variables."""
        return np.asarray(np.exp(0.5 * theta[0]) * rng.laplace(scale=np.sqrt(0.5), size=n))


NOISES: dict[str, Noise] = {n.name: n for n in (NormalNoise(), StudentNoise(), LaplaceNoise())}
