"""Intervals from the values of a statistic over replications."""

from __future__ import annotations

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array


def quantiles(values: Array, probabilities: Array) -> Array:
    """Return order statistics by column, shapes (b, m), (m,) -> (m,): values may be infinite, NaN are left out."""
    found = np.full(values.shape[1], np.nan)
    for j, p in enumerate(probabilities):
        column = np.sort(values[~np.isnan(values[:, j]), j])
        if len(column) and np.isfinite(p):
            found[j] = column[min(max(int(np.ceil(p * len(column))) - 1, 0), len(column) - 1)]
    return found


def percentile(values: Array, level: float) -> tuple[Array, Array]:
    """Return percentile intervals, shape (m,) each."""
    tail = np.full(values.shape[1], 0.5 * (1.0 - level))
    return quantiles(values, tail), quantiles(values, 1.0 - tail)


def bias_corrected(values: Array, at: Array, acceleration: Array, level: float) -> tuple[Array, Array]:
    """Return bias-corrected and accelerated intervals (Efron 1987), shape (m,) each.

    Parameters
    ----------
    values : ndarray, shape (b, m)
    at : ndarray, shape (m,)
        The estimate.
    acceleration : ndarray, shape (m,)
    level : float
    """
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    # values equal to the estimate, as on a boundary, count by half
    below = ((values < at) & known).sum(axis=0) + 0.5 * ((values == at) & known).sum(axis=0)
    z0 = special.ndtri(np.clip(below / count, 0.5 / count, 1.0 - 0.5 / count))
    ends = []
    for tail in (0.5 * (1.0 - level), 0.5 * (1.0 + level)):
        z = z0 + special.ndtri(tail)
        ends.append(quantiles(values, special.ndtr(z0 + z / np.maximum(1.0 - acceleration * z, 1e-3))))
    return ends[0], ends[1]


def acceleration(influence: Array) -> Array:
    """Return ``sum d^3 / (6 (sum d^2)^1.5)`` from influences of rows (or blocks), shape (n, m) -> (m,)."""
    square = np.sum(influence**2, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sum(influence**3, axis=0) / (6.0 * square**1.5)
    return np.where(square > 0.0, found, 0.0)
