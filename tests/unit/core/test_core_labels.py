from __future__ import annotations

import time

import pytest

from innospace.core.errors import LabelError
from innospace.core.labels import nearest, require_known, require_same, suggest

COLUMNS = ["technologies", "space", "region", "Year"]


def test_near_names_best_first():
    assert nearest("tecnologies", COLUMNS) == ["technologies"]
    assert nearest("YEAR", COLUMNS) == ["Year"]
    assert nearest("space1", ["space", "spaces", "spice", "pace"], n=2)[0] in ("space", "spaces")
    assert len(nearest("space1", ["space", "spaces", "spice", "pace"], n=2)) == 2
    assert nearest("xyzzy", COLUMNS) == []
    assert suggest("regoin", COLUMNS) == "Did you mean 'region'?"
    assert suggest("xyzzy", COLUMNS) == ""


def test_known_names_pass():
    require_known([], COLUMNS, kind="column")
    require_known(iter(["space", "Year"]), COLUMNS, kind="column")


def test_unknown_names_are_listed_with_a_remedy():
    with pytest.raises(LabelError) as error:
        require_known(["space", "regoin", "b", "c"], COLUMNS, kind="column", where="t.csv")
    assert error.value.what == "Unknown column: 'regoin', 'b', 'c'."
    assert error.value.where == "t.csv"
    assert error.value.allowed == "'technologies', 'space', 'region', 'Year'"
    assert error.value.remedy == "Did you mean 'region'?"
    with pytest.raises(LabelError) as error:
        require_known(["xyzzy"], [f"column{i}" for i in range(20)], kind="column")
    assert "and 8 more" in error.value.allowed
    assert error.value.remedy == "Use one of the columns listed."


def test_case_matters():
    with pytest.raises(LabelError, match="'year'"):
        require_known(["year"], COLUMNS, kind="column")


def test_same_labels_pass():
    require_same([1, 2], (1, 2), dim="year")
    require_same([], [], dim="year")


@pytest.mark.parametrize(
    ("left", "right", "what", "where"),
    [
        (["a", "b"], ["b", "a"], "their order differs", ""),
        (["a", "b"], ["a", "c"], "do not match", "only on the left: 'b'; only on the right: 'c'"),
        (["a"], ["a", "c"], "do not match", "only on the left: none; only on the right: 'c'"),
        (["a", "a", "b"], ["a", "b", "b"], "do not match", "only on the left: 'a'; only on the right: 'b'"),
        (["a", "a"], ["a"], "do not match", "only on the left: 'a'; only on the right: none"),
    ],
)
def test_labels_that_differ(left, right, what, where):
    with pytest.raises(LabelError, match=what) as error:
        require_same(left, right, dim="region")
    assert error.value.where == where
    assert "'region'" in error.value.what
    assert error.value.remedy


def test_many_labels_are_compared_quickly():
    labels = [f"firm {i}" for i in range(20_000)]
    start = time.process_time()
    require_known(labels, labels, kind="firm")
    with pytest.raises(LabelError, match="order"):
        require_same(labels, labels[::-1], dim="firm")
    # a comparison of every pair would take minutes
    assert time.process_time() - start < 2.0
