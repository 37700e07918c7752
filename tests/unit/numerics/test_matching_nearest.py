"""Nearest neighbours against a look at every pair."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from matching_cases import as_lists, closest, greedy, nearest_all, nearest_first

from innospace.numerics import nearest as line
from innospace.numerics import nearest_space as space

EXACT = 1e-12


def draw(seed, dimensions=1):
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 25)), int(rng.integers(1, 35))
    shape = (n + m,) if dimensions == 1 else (n + m, dimensions)
    values = rng.integers(0, 6, shape) / 4.0 if seed % 2 else rng.normal(size=shape)
    radius = [np.inf, 0.4][seed % 3 == 0]
    return rng, values[:n], values[n:], int(rng.integers(1, 5)), radius


@pytest.mark.parametrize("seed", range(40))
def test_on_a_line_as_by_looking_at_everybody(seed):
    rng, focal, pool, k, radius = draw(seed)
    n = len(focal)
    slack = [0.0, 0.02][seed % 2]
    sets = line.on_line_all(focal, pool, k, radius=radius, slack=slack)
    assert as_lists(sets, n) == nearest_all(focal, pool, k, radius, slack)
    assert as_lists(line.on_line_first(focal, pool, k, radius=radius), n) == nearest_first(focal, pool, k, radius)
    turn = rng.permutation(n)
    once = line.on_line_once(focal, pool, k, turn, radius=radius)
    assert as_lists(once, n) == [sorted(f) for f in greedy(focal, pool, turn, k, radius)]
    assert as_lists(line.on_line_once(focal, pool, 1, None, radius=radius), n) == closest(focal, pool, radius)


@pytest.mark.parametrize("seed", range(40))
def test_in_space_as_by_looking_at_everybody(seed):
    rng, focal, pool, k, radius = draw(seed, 2)
    n = len(focal)
    points = space.whitened(np.vstack([focal, pool]), np.eye(2))
    f, p = points.of(np.arange(n)), points.of(np.arange(n, n + len(pool)))
    assert as_lists(space.in_space_all(f, p, k, radius=radius), n) == nearest_all(focal, pool, k, radius)
    assert as_lists(space.in_space_first(f, p, k, radius=radius), n) == nearest_first(focal, pool, k, radius)
    turn = rng.permutation(n)
    once = space.in_space_once(f, p, k, turn, radius=radius)
    assert as_lists(once, n) == [sorted(x) for x in greedy(focal, pool, turn, k, radius)]
    assert as_lists(space.in_space_once(f, p, 1, None, radius=radius), n) == closest(focal, pool, radius)


@pytest.mark.parametrize("seed", range(12))
def test_means_and_uses_are_those_of_the_pairs(seed):
    rng, focal, pool, k, radius = draw(seed)
    points = space.whitened(np.concatenate([focal, pool])[:, None], np.eye(1))
    n, m = len(focal), len(pool)
    f, p = points.of(np.arange(n)), points.of(np.arange(n, n + m))
    values, weights = rng.normal(size=m), rng.random(n)
    for sets in (
        line.on_line_all(focal, pool, k, radius=radius),
        line.on_line_first(focal, pool, k, radius=radius),
        space.in_space_all(f, p, k, radius=radius),
    ):
        lists = as_lists(sets, n)
        assert sets.counts.tolist() == [len(s) for s in lists]
        expected = [values[s].mean() if s else np.nan for s in lists]
        np.testing.assert_allclose(sets.mean(values), expected, rtol=1e-9, atol=EXACT)
        for power in (1, 2):
            use = np.zeros(m)
            for i, s in enumerate(lists):
                use[s] += weights[i] / max(len(s), 1) ** power
            np.testing.assert_allclose(sets.usage(weights, power), use, atol=EXACT)


def test_snapping_joins_what_differs_by_rounding():
    values = np.array([0.3, 0.1 + 0.2, 0.1, 0.5])
    assert len(np.unique(values)) == 4
    snapped = line.snapped(values, line.TIE)
    assert snapped[0] == snapped[1]
    assert len(np.unique(snapped)) == 3


def test_contention_in_space_is_exact_when_many_want_the_same():
    rng = np.random.default_rng(5)
    focal, pool = 0.01 * rng.normal(size=(120, 2)), rng.normal(size=(150, 2))
    points = space.whitened(np.vstack([focal, pool]), np.eye(2))
    f, p = points.of(np.arange(120)), points.of(np.arange(120, 270))
    once = space.in_space_once(f, p, 1, np.arange(120))
    assert as_lists(once, 120) == greedy(focal, pool, range(120))
