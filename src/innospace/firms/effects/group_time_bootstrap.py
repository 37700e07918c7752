"""Multiplier bootstrap of group-time effects: errors and bands that cover a whole family at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.progress import Progress, silent
from innospace.firms.estimates import Array
from innospace.numerics.tails import normal_ppf

MULTIPLIERS = ("rademacher", "mammen")
_CELLS = 20_000_000
"""Random numbers held at a time."""


@dataclass(frozen=True, slots=True)
class Bands:
    """What the draws say.

    Attributes
    ----------
    std_errors : ndarray, shape (q,)
        Interquartile range of the draws over that of the standard normal.
    critical : ndarray, shape (q,)
        By how many standard errors an interval reaches to both sides.
    """

    std_errors: Array
    critical: Array


def multiplier_draws(
    influence: Array, n: int, draws: int, seed: int, multiplier: str = "rademacher", progress: Progress = silent
) -> Array:
    """Draw deviations of estimates: means of influences with random signs, shape (draws, p).

    Parameters
    ----------
    influence : ndarray, shape (c, p)
        Summed by independent unit (cluster or firm).
    n : int
        Firms: what sums are divided by.
    draws, seed : int
    multiplier : str
        ``rademacher`` (-1 and 1) or ``mammen`` (two points, third moment 1).
    """
    rng = np.random.default_rng(seed)
    units = len(influence)
    found = np.empty((draws, influence.shape[1]))
    step = max(1, _CELLS // units)
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        found[start:stop] = _weights(rng, (stop - start, units), multiplier) @ influence / n
        progress(f"Draw {stop} of {draws}", stop / draws)
    return found


def _weights(rng: np.random.Generator, shape: tuple[int, int], multiplier: str) -> Array:
    if multiplier == "rademacher":
        bits = np.unpackbits(np.frombuffer(rng.bytes(-(-shape[0] * shape[1] // 8)), dtype=np.uint8))
        return np.asarray(2.0 * bits[: shape[0] * shape[1]].reshape(shape) - 1.0, dtype=np.float64)
    root = np.sqrt(5.0)
    low = rng.random(shape) < (root + 1.0) / (2.0 * root)
    return np.asarray(np.where(low, (1.0 - root) / 2.0, (1.0 + root) / 2.0))


def uniform_bands(draws: Array, families: tuple[str, ...], level: float) -> Bands:
    """Return errors, and critical values that hold for all members of a family at once.

    Parameters
    ----------
    draws : ndarray, shape (B, q)
    families : tuple of str
        Length q; a family of one gets a critical value of its own.
    level : float
    """
    low, high = np.quantile(draws, [0.25, 0.75], axis=0, method="inverted_cdf")
    errors = (high - low) / float(normal_ppf(0.75) - normal_ppf(0.25))
    critical = np.full(draws.shape[1], np.nan)
    for family in dict.fromkeys(families):
        own = np.array([f == family for f in families]) & (errors > 0.0)
        if own.any():
            largest = np.max(np.abs(draws[:, own]) / errors[own], axis=1)
            critical[own] = float(np.quantile(largest, level, method="inverted_cdf"))
    return Bands(errors, critical)
