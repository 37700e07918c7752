"""Data with a known effect for tests of matching, weighting and sensitivity, and slow ways to the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

EFFECT = 0.7
FORMULA = "starter ~ size + age"


def firms(
    n: int, seed: int, *, effect: float = EFFECT, heterogeneous: float = 0.0, share: float = -1.0
) -> pd.DataFrame:
    """Return firms whose start depends on size and age, which also move the outcome."""
    rng = np.random.default_rng(seed)
    size, age = rng.normal(size=n), rng.normal(size=n)
    industry = rng.integers(0, 3, n)
    p = 1.0 / (1.0 + np.exp(-(share + 0.7 * size - 0.4 * age)))
    starter = (rng.random(n) < p).astype(float)
    before = 0.5 * size + rng.normal(size=n)
    gain = effect + heterogeneous * size
    sales = 1.0 + size - 0.5 * age + gain * starter + rng.normal(size=n)
    after = before + 0.2 + 0.3 * size + effect * starter + 0.5 * rng.normal(size=n)
    return pd.DataFrame(
        {
            "firm": [f"f{i}" for i in range(n)],
            "starter": starter,
            "size": size,
            "age": age,
            "industry": np.array(["food", "steel", "cars"])[industry],
            "sales": sales,
            "before": before,
            "after": after,
        }
    )


def greedy(focal: Any, pool: Any, sequence: Any, k: int = 1, radius: float = np.inf) -> list[list[int]]:
    """Match one at a time by looking at everybody, O(n^2)."""
    free = np.ones(len(pool), dtype=bool)
    found: list[list[int]] = [[] for _ in focal]
    for _ in range(k):
        for i in sequence:
            d = np.where(free, distances(focal[i], pool), np.inf)
            if np.isfinite(d.min()) and d.min() <= radius + 1e-10:
                j = int(np.flatnonzero(d <= d.min() + 1e-10)[0])
                found[i].append(j)
                free[j] = False
    return found


def closest(focal: Any, pool: Any, radius: float = np.inf) -> list[list[int]]:
    """Take the closest pair of all, again and again."""
    d = np.array([distances(f, pool) for f in focal])
    found: list[list[int]] = [[] for _ in focal]
    while np.isfinite(d).any() and d.min() <= radius + 1e-10:
        i, j = np.argwhere(d <= d.min() + 1e-10)[0]
        found[i].append(int(j))
        d[i, :], d[:, j] = np.inf, np.inf
    return found


def nearest_all(focal: Any, pool: Any, k: int, radius: float = np.inf, slack: float = 0.0) -> list[list[int]]:
    """Return the k nearest and all that tie with the last of them."""
    found = []
    for f in focal:
        d = distances(f, pool)
        reach = min(np.sqrt(np.sort(d)[min(k, len(d)) - 1] ** 2 + slack), radius) + 1e-10
        found.append(np.flatnonzero(d <= reach).tolist())
    return found


def nearest_first(focal: Any, pool: Any, k: int, radius: float = np.inf) -> list[list[int]]:
    """Return the k nearest, of ties the first."""
    found = []
    for f in focal:
        d = distances(f, pool)
        order = np.lexsort((np.arange(len(pool)), np.round(d / 1e-10)))[:k]
        found.append(sorted(order[d[order] <= radius + 1e-10].tolist()))
    return found


def distances(f: Any, pool: Any) -> Any:
    """Return the distances from one point to all."""
    return np.abs(pool - f) if np.ndim(f) == 0 else np.linalg.norm(pool - f, axis=1)


def as_lists(sets: Any, n: int) -> list[list[int]]:
    """Return sets of neighbours as sorted lists."""
    found: list[list[int]] = [[] for _ in range(n)]
    for i, j in zip(*sets.pairs(), strict=True):
        found[i].append(int(j))
    return [sorted(f) for f in found]
