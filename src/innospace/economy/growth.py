"""Volume indices and growth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def tornqvist(quantities: Array, values: Array) -> Array:
    """Return the chained volume index, base year = 1, shape (years,).

    ``ln I(t) - ln I(t-1) = sum_i (s_i(t) + s_i(t-1)) / 2 * ln(q_i(t) / q_i(t-1))`` with value shares ``s``. Aggregation
    at base-year prices would let a sector whose price collapses dominate growth.

    Parameters
    ----------
    quantities, values : ndarray, shape (years, sectors)
    """
    if len(quantities) == 0:
        return np.empty(0)
    shares = values / values.sum(axis=1, keepdims=True)
    steps = 0.5 * (shares[1:] + shares[:-1]) * np.diff(np.log(quantities), axis=0)
    return np.exp(np.concatenate(([0.0], np.cumsum(steps.sum(axis=1)))))


def average_growth(index: Array) -> float:
    """Return the average annual growth of an index over its years, as a fraction; NaN for one year."""
    return float((index[-1] / index[0]) ** (1.0 / (len(index) - 1)) - 1.0) if len(index) > 1 else float("nan")
