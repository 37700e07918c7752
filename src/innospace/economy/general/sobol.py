"""Which assumption matters: Sobol indices of what scenarios are worth (Saltelli et al. 2010, estimated by SciPy).

The first-order index of an assumption is the part of the variance of an effect that goes when it alone is known; the
total index the part that stays as long as it alone is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
RESAMPLES = 200
"""Bootstrap samples of intervals."""
CONFIDENCE = 0.95
STILL = 1e-9
"""Deviation of an effect, percent of spending, below which it counts as one that does not vary."""
_ENDS = ("first", "total")


def base_points(draws: int) -> int:
    """Return the largest power of two that is not above ``draws``: the base sample of the design."""
    return 1 << (draws.bit_length() - 1)


def design(count: int, draws: int, seed: int) -> Array:
    """Return the points of a design for ``count`` assumptions, uniform on (-1, 1), shape (n (count + 2), count).

    Two scrambled Sobol samples of ``n`` points, then for every assumption the first with its column from the second.
    """
    n = base_points(draws)
    unit = stats.qmc.Sobol(2 * count, rng=np.random.default_rng(seed)).random(n)
    a, b = 2.0 * unit[:, :count] - 1.0, 2.0 * unit[:, count:] - 1.0
    mixed = np.tile(a, (count, 1, 1))
    for j in range(count):
        mixed[j, :, j] = b[:, j]
    return np.concatenate((a, b, mixed.reshape(-1, count)))


def indices(found: Array, count: int, seed: int) -> Array:
    """Return indices from effects at the points of a design.

    Parameters
    ----------
    found : ndarray, shape (n (count + 2), outputs)
    count : int
        Assumptions.
    seed : int
        Of the bootstrap.

    Returns
    -------
    ndarray, shape (outputs, count, 6)
        First order, its bounds; total, its bounds. Missing for an output that lacks a solution or does not vary.
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
    varies = np.isfinite(found).all(axis=0) & (found.std(axis=0) > STILL)
    return np.where(varies[:, None, None], out, np.nan)


def _estimate(a: Array, b: Array, mixed: Array) -> Array:
    """Return first-order and total indices, shape (outputs, assumptions, 2), of columns of evaluations."""
    found = stats.sobol_indices(func={"f_A": a, "f_B": b, "f_AB": mixed}, n=a.shape[1])
    shape = (len(a), len(mixed))
    return np.stack([found.first_order.reshape(shape), found.total_order.reshape(shape)], axis=-1)


def as_frame(
    found: Array, scenarios: Sequence[Scenario], agents: Sequence[str], assumptions: Sequence[str], seed: int
) -> pd.DataFrame:
    """Return ``scenario, agent, assumption``, first-order and total index with bounds, one row each.

    ``found`` are effects at the points of a design, shape (points, scenarios, agents).
    """
    import pandas as pd

    values = indices(found.reshape(len(found), -1), len(assumptions), seed)
    keys = pd.MultiIndex.from_product(
        [[s.name for s in scenarios], agents, assumptions], names=["scenario", "agent", "assumption"]
    )
    columns = [name for kind in _ENDS for name in (kind, f"{kind}_lower", f"{kind}_upper")]
    return pd.DataFrame(values.reshape(-1, len(columns)), index=keys, columns=columns).reset_index()
