"""Numbers of the innovation space from fitted frontiers; pure functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.numerics.tails import normal_ppf


@dataclass(frozen=True, slots=True)
class FrontierShare:
    """Share ``w`` of the innovation space that the frontier uses, with a delta-method interval in logs."""

    w: float
    lower: float
    upper: float


def frontier_share(c: float, delta: float, covariance: Array, level: float) -> FrontierShare:
    """Return ``w = exp(c / delta)`` and its interval.

    Parameters
    ----------
    c, delta : float
    covariance : ndarray, shape (2, 2)
        Of ``(c, delta)``.
    level : float

    Notes
    -----
    ``Var(ln w) = g' C g`` with ``g = (1 / delta, -c / delta^2)``; the interval is symmetric in ``ln w``.
    """
    log_w = c / delta
    g = np.array([1.0 / delta, -c / delta**2])
    half = float(normal_ppf(0.5 + 0.5 * level)) * float(np.sqrt(g @ covariance @ g))
    return FrontierShare(float(np.exp(log_w)), float(np.exp(log_w - half)), float(np.exp(log_w + half)))


def used_share(w: float, te: Array, delta: float) -> Array:
    """Return ``W_i = w TE_i^(1 / delta)``, shape of ``te``."""
    return np.asarray(w * te ** (1.0 / delta))


def correlations(a: Array, b: Array) -> tuple[float, float]:
    """Return Pearson and Spearman correlations of two vectors; NaN when one of them is constant or holds NaN."""
    import pandas as pd

    if not (np.ptp(a) > 0.0 and np.ptp(b) > 0.0):
        return float("nan"), float("nan")
    # scipy.stats has the same ranks and takes long to load
    ranks = pd.DataFrame({"a": a, "b": b}).rank().to_numpy()
    return float(np.corrcoef(a, b)[0, 1]), float(np.corrcoef(ranks.T)[0, 1])
