"""Random numbers by key: the same key gives the same number, whatever else is drawn.

A link, a year, a region each have a key, so that two runs that differ in a policy share every number that the policy
does not touch (common random numbers), and no number depends on the order of work. The mixing function is the finaliser
of SplitMix64 (Steele, Lea and Flood 2014, *Fast splittable pseudorandom number generators*).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Keys = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def _mixed(x: Keys) -> Keys:
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    return x ^ (x >> np.uint64(31))


def keys(*parts: ArrayLike) -> Keys:
    """Return one key for each combination of whole numbers; parts are broadcast.

    Parameters
    ----------
    *parts : array_like of int
        Not negative, or keys made before.
    """
    found = np.zeros((1,), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            given: Any = np.asarray(part)
            found = _mixed((found ^ given.astype(np.uint64)) + _GOLDEN)
    return found


def uniforms(*parts: ArrayLike) -> Array:
    """Return a number in (0, 1) for each key; see :func:`keys`."""
    whole = keys(*parts) >> np.uint64(11)
    return np.asarray((whole.astype(np.float64) + 0.5) * _TO_UNIT)
