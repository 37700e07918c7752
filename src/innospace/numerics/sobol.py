"""Sobol indices of outputs by independent inputs (Saltelli et al. 2010, estimated by SciPy), with bootstrap intervals.

The first-order index of an input is the part of the variance of an output that goes when it alone is known; the total
index the part that stays as long as it alone is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RESAMPLES = 200
"""Bootstrap samples of intervals."""
CONFIDENCE = 0.95
COLUMNS = ("first", "first_lower", "first_upper", "total", "total_lower", "total_upper")
"""What :func:`indices` returns, in order."""


def base_points(draws: int) -> int:
    """Return the largest power of two that is not above ``draws``: the base sample of the design."""
    return 1 << (draws.bit_length() - 1)


def design(count: int, draws: int, seed: int) -> Array:
    """Return the points of a design for ``count`` inputs, uniform on (0, 1), shape (n (count + 2), count).

    Two scrambled Sobol samples of ``n`` points, then for every input the first with its column from the second.
    """
    from scipy import stats

    n = base_points(draws)
    unit = stats.qmc.Sobol(2 * count, rng=np.random.default_rng(seed)).random(n)
    a, b = unit[:, :count], unit[:, count:]
    mixed = np.tile(a, (count, 1, 1))
    for j in range(count):
        mixed[j, :, j] = b[:, j]
    return np.concatenate((a, b, mixed.reshape(-1, count)))


def indices(found: Array, count: int, seed: int, still: float = 0.0) -> Array:
    """Return indices from outputs at the points of a design.

    Parameters
    ----------
    found : ndarray, shape (n (count + 2), outputs)
    count : int
        Inputs.
    seed : int
        Of the bootstrap.
    still : float
        Deviation at and below which an output counts as one that does not vary.

    Returns
    -------
    ndarray, shape (outputs, count, 6)
        See :data:`COLUMNS`. Missing for an output that is missing somewhere or does not vary.
    """
    n = len(found) // (count + 2)
    parts = (found[:n].T, found[n : 2 * n].T, found[2 * n :].reshape(count, n, -1).transpose(0, 2, 1))
    rng = np.random.default_rng(seed)
    estimate = _estimate(*parts)
    samples = (rng.integers(0, n, n) for _ in range(RESAMPLES))
    boot = np.array([_estimate(*(p[..., at] for p in parts)) for at in samples])
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(boot, [tail, 100.0 - tail], axis=0)
    out = np.stack([x[..., k] for k in range(2) for x in (estimate, low, high)], axis=-1)
    varies = np.isfinite(found).all(axis=0) & (found.std(axis=0) > still)
    return np.where(varies[:, None, None], out, np.nan)


def _estimate(a: Array, b: Array, mixed: Array) -> Array:
    """Return first-order and total indices, shape (outputs, inputs, 2), of columns of evaluations."""
    from scipy import stats

    found = stats.sobol_indices(func={"f_A": a, "f_B": b, "f_AB": mixed}, n=a.shape[1])
    shape = (len(a), len(mixed))
    return np.stack([found.first_order.reshape(shape), found.total_order.reshape(shape)], axis=-1)
