from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, SpecError
from innospace.data import output_groups

SECTORS = ["mining", "manufacturing", "farming", "trade"]


@pytest.fixture
def shares() -> pd.DataFrame:
    """Three kinds of regions: 12 of mining, 8 of manufacturing, 4 of farming."""
    rng = np.random.default_rng(3)
    centres = {"m": [0.7, 0.1, 0.1, 0.1], "f": [0.1, 0.7, 0.1, 0.1], "a": [0.1, 0.1, 0.7, 0.1]}
    kinds = ["m"] * 12 + ["f"] * 8 + ["a"] * 4
    values = np.array([centres[k] for k in kinds]) + rng.uniform(0.0, 0.03, (24, 4))
    values /= values.sum(axis=1, keepdims=True)
    return pd.DataFrame(values, index=[f"{k}{i}" for i, k in enumerate(kinds)], columns=SECTORS)


def test_known_groups_are_found_largest_first(shares):
    found = output_groups(shares, groups=3, components=2)
    assert found.group.groupby(found.group.index.str[0]).nunique().eq(1).all()
    assert found.group.value_counts().to_dict() == {1: 12, 2: 8, 3: 4}
    assert found.group["m0"] == 1
    assert found.explained[0] >= found.explained[1] > 0.0
    assert sum(found.explained) == pytest.approx(1.0, abs=0.05)


def test_components_are_orthogonal_and_rebuild_the_shares(shares):
    found = output_groups(shares, groups=2, components=4)
    loadings, scores = found.loadings.to_numpy(), found.scores.to_numpy()
    np.testing.assert_allclose(loadings.T @ loadings, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(scores @ loadings.T, shares - shares.mean(), atol=1e-12)
    assert list(found.loadings.index) == SECTORS
    largest = np.abs(loadings).argmax(axis=0)
    assert (loadings[largest, range(4)] > 0).all()


def test_the_order_of_regions_does_not_matter(shares):
    shuffled = shares.sample(frac=1.0, random_state=1)
    one, other = (output_groups(s, groups=3, components=2).group for s in (shares, shuffled))
    assert other[one.index].tolist() == one.tolist()


def test_groups_of_one_size_are_numbered_by_name():
    shares = pd.DataFrame({"x": [0.1, 0.1, 0.9, 0.9], "y": [0.9, 0.9, 0.1, 0.1]}, index=["d", "c", "b", "a"])
    for rows in (shares, shares.iloc[::-1], shares.iloc[[2, 0, 1, 3]]):
        assert output_groups(rows, 2, 1).group.to_dict() == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize(
    ("cell", "error", "what"),
    [(np.nan, DataError, "0 to 1"), (-0.1, DataError, "0 to 1"), (0.9, DataError, "sum to one")],
)
def test_bad_shares_are_named(shares, cell, error, what):
    shares.loc["m3", "trade"] = cell
    with pytest.raises(error, match=what) as raised:
        output_groups(shares)
    assert "'m3'" in raised.value.where


@pytest.mark.parametrize(("groups", "components"), [(1, 2), (25, 2), (3, 0), (3, 5)])
def test_impossible_numbers_of_groups(shares, groups, components):
    with pytest.raises(SpecError):
        output_groups(shares, groups, components)
