from __future__ import annotations

import time

import pytest

from innospace.core.errors import LabelError
from innospace.core.labels import nearest, require_known, suggest

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
    assert error.value.remedy == "Use one of those listed."


def test_case_matters():
    with pytest.raises(LabelError, match="'year'"):
        require_known(["year"], COLUMNS, kind="column")


def test_many_labels_are_compared_quickly():
    labels = [f"firm {i}" for i in range(20_000)]
    start = time.process_time()
    require_known(labels, labels, kind="firm")
    # a comparison of every pair would take minutes
    assert time.process_time() - start < 2.0
