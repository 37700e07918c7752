from __future__ import annotations

import numpy as np
import pytest

from innospace.numerics.absorb import absorb, combine, compress, nested, without_nesting, without_singletons

TOLERANCE = 1e-8
"""Conjugate gradients stop at 1e-10 of their first residual."""


def dummies(codes):
    return np.eye(codes.max() + 1)[codes]


def by_dummies(column, groupings, weights=None):
    x = np.hstack([dummies(g) for g in groupings])
    root = np.ones(len(column)) if weights is None else np.sqrt(weights)
    return column - x @ np.linalg.lstsq(x * root[:, None], column * root, rcond=None)[0]


@pytest.mark.parametrize("levels", [(7,), (40, 6), (40, 6, 9)])
@pytest.mark.parametrize("weighted", [False, True])
def test_against_dummies(levels, weighted):
    rng = np.random.default_rng(1)
    groupings = [rng.integers(0, level, 300) for level in levels]
    weights = rng.uniform(0.2, 3.0, 300) if weighted else None
    columns = [1e3 + rng.normal(size=300), rng.integers(0, 2, 300).astype(float)]
    found = absorb(columns, groupings, weights)
    assert found.converged
    assert found.imbalance < TOLERANCE
    for given, left in zip(columns, found.columns, strict=True):
        np.testing.assert_allclose(left, by_dummies(given, groupings, weights), atol=TOLERANCE)


def test_a_chain_that_hardly_connects():
    """Firms that share one year with the next firm: alternating projections alone need thousands of sweeps."""
    n = 60
    firm, year = np.repeat(np.arange(n), 2), np.ravel(np.column_stack((np.arange(n), np.arange(n) + 1)))
    firm, year = np.append(firm, [0, n - 1]), np.append(year, [n // 2, 3])
    y = np.random.default_rng(2).normal(size=len(firm))
    found = absorb([y], [firm, year])
    assert found.converged
    np.testing.assert_allclose(found.columns[0], by_dummies(y, [firm, year]), atol=1e-7)


def test_a_column_that_groups_determine_is_told():
    rng = np.random.default_rng(3)
    firm, year = np.repeat(np.arange(20), 5), np.tile(np.arange(5), 20)
    found = absorb([rng.normal(size=20)[firm] + 0.3 * year, rng.normal(size=100)], [firm, year])
    assert found.kept[0] < 1e-12
    assert found.kept[1] > 0.5


def test_too_few_sweeps_are_told():
    rng = np.random.default_rng(4)
    groupings = [rng.integers(0, 50, 200), rng.integers(0, 50, 200)]
    assert not absorb([rng.normal(size=200)], groupings, max_sweeps=2).converged


def test_codes():
    assert compress(np.array([5, 2, 5, 9])).tolist() == [1, 0, 1, 2]
    assert compress(np.array([10**12, 0])).tolist() == [1, 0]
    assert combine([np.array([0, 0, 1, 1]), np.array([0, 1, 0, 0])]).tolist() == [0, 1, 2, 2]
    firm, industry, year = np.array([0, 0, 1, 1]), np.array([3, 3, 3, 3]), np.array([0, 1, 0, 1])
    assert nested(firm, industry)
    assert not nested(industry, firm)
    assert without_nesting([firm, industry, year]) == [0, 2]
    assert without_nesting([firm, firm.copy()]) == [0]
    assert without_nesting([industry]) == [0]


def test_single_rows_are_left_out_again_and_again():
    # the last row goes first; then year 2 has one row, then firm 1 has one
    firm, year = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 2, 2])
    assert without_singletons([firm, year]).tolist() == [True] * 4 + [False] * 3
