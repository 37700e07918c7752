"""What a distribution of inefficiency alone has to offer, as a density of ``t = ln u``."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit

LEFT = -np.array([29.0, 18.0, 10.5, 6.0, 3.5, 2.0, 0.9])
RIGHT = np.array([0.0, 0.8, 1.5, 2.1, 2.6, 3.1, 3.8])
"""Marks, in ``ln(u / scale)``, between which a density with an exponential tail is smooth."""


class Prior(Protocol):
    """A distribution of inefficiency.

    One whose density ends at its height has a method ``end(theta)`` too: the end of ``u``, which goes with
    ``exp(theta[0] / 2)``.
    """

    name: str
    title: str
    parameters: tuple[str, ...]
    units: tuple[Unit, ...]
    latex: str
    typst: str
    shapes: tuple[tuple[float, ...], ...]
    """Values of the shape parameters from which a search begins; one empty tuple when there are none."""

    def log_density(self, t: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return the log-density of ``t = ln u`` and its derivatives by the parameters (not by ``t``)."""
        ...

    def marks(self, theta: tuple[Array, ...]) -> Array:
        """Return values of ``t``, increasing, between which the density is smooth; shape (m,) or (n, m)."""
        ...

    def mean(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[u]``."""
        ...

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        ...

    def moments(self, shape: tuple[float, ...]) -> tuple[float, float, float]:
        """Return mean, variance and third central moment at unit scale."""
        ...

    def of_scale(self, scale: float, shape: tuple[float, ...]) -> tuple[float, ...]:
        """Return the parameters of a scale and a shape."""
        ...

    def draw(self, rng: np.random.Generator, theta: tuple[Array, ...], n: int) -> Array:
        """Return ``n`` draws of ``u``; parameters are numbers or by draw."""
        ...


def match(
    prior: Prior, second: float, third: float, share: float | None, shape: tuple[float, ...]
) -> tuple[float, ...]:
    """Return parameters, and last the variance of noise, that match central moments of the composed error."""
    _, variance, skew = prior.moments(shape)
    if share is None:
        # inefficiency that is not skewed says nothing through the third moment
        skewed = skew > 0.05 * variance**1.5
        guess = (max(-third, 0.0) / skew) ** (2.0 / 3.0) * variance if skewed else 0.5 * second
        own = min(max(guess, 0.02 * second), 0.95 * second)
    else:
        own = share * second
    return (*prior.of_scale(float(np.sqrt(own / variance)), shape), second - own)


def simple(value: Array, by_x: Array, by_x_x: Array) -> Derivatives:
    """Return derivatives by ``lnsigma_u2`` of a density of ``x = t - lnsigma_u2 / 2`` alone."""
    return Derivatives(value, (-0.5 * by_x,), (0.25 * by_x_x,))


def columns(values: Array) -> Array:
    """Return parameters as a column, so that marks lie along the last axis: shape (1,) or (n, 1)."""
    values = np.asarray(values, dtype=np.float64)
    return values.reshape(1) if values.size == 1 else values.reshape(-1, 1)


def expected_efficiency(prior: Prior, theta: tuple[Array, ...]) -> Array:
    """Return ``E[exp(-u)]`` by Gauss-Legendre rules between the marks."""
    theta = tuple(np.asarray(v, dtype=np.float64) for v in theta)
    shape = np.broadcast_shapes(*(v.shape for v in theta))
    column = tuple(v.reshape(-1, 1) if v.size > 1 else v.reshape(1, 1) for v in theta)
    marks = np.atleast_2d(prior.marks(column))
    # exp(-u) bends where u is about one
    edges = np.sort(np.column_stack((marks, np.clip(np.tile(_UNIT, (len(marks), 1)), marks[:, :1], marks[:, -1:]))))
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half, middle = 0.5 * np.diff(edges, axis=1)[..., None], 0.5 * (edges[:, 1:] + edges[:, :-1])[..., None]
    t = (middle + half * nodes).reshape(len(edges), -1)
    mass = (half * weights).reshape(len(edges), -1) * np.exp(prior.log_density(t, column).value - np.exp(t))
    return np.asarray(mass.sum(axis=1)).reshape(shape)


_UNIT = np.array([-3.0, -1.0, 0.0, 0.7, 1.4, 2.0, 2.6, 3.2, 3.8])
