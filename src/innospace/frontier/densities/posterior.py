"""Distributions of inefficiency given the composed error: what efficiencies are read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array
from innospace.frontier.densities.panels import NODES, Grid, Integrand

BISECTIONS = 60
SECTIONS = 50
_GOLDEN = 0.5 * (5.0**0.5 - 1.0)


@dataclass(frozen=True, slots=True)
class GridPosterior:
    """``u | e`` by its values at the nodes of a grid.

    Attributes
    ----------
    grid : Grid
        Nodes in ``t = ln u``, shape (n, panels, nodes).
    log_density : ndarray, shape (n, panels, nodes)
        Of ``t`` given ``e``, up to a constant by row.
    peak : ndarray, shape (n,)
        Mode of ``u``.
    """

    grid: Grid
    log_density: Array
    peak: Array

    def _shares(self) -> Array:
        log_mass = self.log_density + self.grid.log_weights
        mass = np.exp(log_mass - log_mass.max(axis=(1, 2), keepdims=True))
        return np.asarray(mass / mass.sum(axis=(1, 2), keepdims=True))

    def mean(self) -> Array:
        """Return ``E[u | e]``, shape (n,)."""
        return np.asarray(np.sum(self._shares() * np.exp(self.grid.t), axis=(1, 2)))

    def log_mean_exp(self) -> Array:
        """Return ``ln E[exp(-u) | e]``, shape (n,)."""
        log_mass = self.log_density + self.grid.log_weights
        return np.asarray(
            special.logsumexp(log_mass - np.exp(self.grid.t), axis=(1, 2)) - special.logsumexp(log_mass, axis=(1, 2))
        )

    def mode(self) -> Array:
        """Return the most likely ``u``, shape (n,): zero where the density of ``u`` is largest at its lower end."""
        return self.peak

    def quantile(self, upper_probability: float) -> Array:
        """Return the ``u`` that is exceeded with the given probability, shape (n,).

        The panel that holds it is found from sums; within it the density is the polynomial through its nodes.
        """
        shares = self._shares()
        by_panel = shares.sum(axis=2)
        below = np.cumsum(by_panel, axis=1) - by_panel
        target = 1.0 - upper_probability
        # counted from the nearer end, so that small tails keep their digits
        panel = np.minimum((below <= target).sum(axis=1) - 1, by_panel.shape[1] - 1)
        rows = np.arange(len(panel))
        rest = target - below[rows, panel]
        coefficients = _legendre(shares[rows, panel])
        left, right = np.full(len(rows), -1.0), np.ones(len(rows))
        for _ in range(BISECTIONS):
            middle = 0.5 * (left + right)
            low = _integral(coefficients, middle) < rest
            left, right = np.where(low, middle, left), np.where(low, right, middle)
        a, b = self.grid.left[rows, panel], self.grid.right[rows, panel]
        return np.asarray(np.exp(0.5 * (a + b) + 0.5 * (b - a) * 0.5 * (left + right)))


def mode(integrand: Integrand, found: Grid, log_density: Array) -> Array:
    """Return where the density of ``u`` is highest, shape (n,), by golden section around the best node."""
    n = len(found.t)
    t = found.t.reshape(n, -1)
    wide = found.log_weights.reshape(n, -1) > -np.inf
    # density of u, not of t
    height = np.where(wide, log_density.reshape(n, -1) - t, -np.inf)
    best = height.argmax(axis=1)
    rows = np.arange(n)
    low = t[rows, np.maximum(best - 1, 0)][:, None]
    high = t[rows, np.minimum(best + 1, t.shape[1] - 1)][:, None]
    for _ in range(SECTIONS):
        a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        left = integrand.log(a) - a > integrand.log(b) - b
        low, high = np.where(left, low, a), np.where(left, b, high)
    return np.where(best <= wide.argmax(axis=1), 0.0, np.exp(0.5 * (low + high))[:, 0])


def _legendre(values: Array) -> Array:
    """Return coefficients of the polynomial whose integrals over Gauss nodes are ``values``, shape (n, nodes)."""
    nodes, _ = np.polynomial.legendre.leggauss(NODES)
    table = np.polynomial.legendre.legvander(nodes, NODES - 1)
    return np.asarray(values @ table * (np.arange(NODES) + 0.5))


def _integral(coefficients: Array, x: Array) -> Array:
    """Return the integral of a Legendre series from -1 to ``x``, by row."""
    # int P_k = (P_{k+1} - P_{k-1}) / (2 k + 1), and int P_0 = 1 + x
    table = np.polynomial.legendre.legvander(x, NODES)
    steps = np.empty((len(x), NODES))
    steps[:, 0] = 1.0 + x
    k = np.arange(1, NODES)
    steps[:, 1:] = (table[:, 2:] - table[:, :-2]) / (2.0 * k + 1.0)
    return np.asarray(np.sum(coefficients * steps, axis=1))
