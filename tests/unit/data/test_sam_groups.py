from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError
from innospace.core.provenance import Nature, Source
from innospace.data import SAM, read_mapping, regroup
from innospace.data.sam_groups import Mapping

ROUNDING = 1e-12
"""Sums of a few products of numbers near one."""
NAMES = ["зерно", "milk", "labour", "households"]


@pytest.fixture
def sam() -> SAM:
    cells = np.random.default_rng(1).uniform(0.5, 2.0, (4, 4))
    cells = cells + cells.T  # symmetric, so balanced
    frame = pd.DataFrame(cells, NAMES, NAMES)
    natures = frame.map(lambda _: "real")
    natures.at["зерно", "milk"] = "assumption"
    natures.at["labour", "labour"] = "derived"
    return SAM(frame, "mln", 2020, Source("test", ""), natures)


@pytest.fixture
def mapping(tmp_path):
    def of(text: str, name: str = "карта.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_mapping(tmp_path / name)

    return of


def test_cells_of_a_group_are_the_sums_of_its_cells(sam, mapping):
    found = regroup(sam, mapping("account,group\nзерно,goods\nmilk,goods\n"))
    assert found.accounts == ["goods", "labour", "households"]
    v = sam.values
    assert found.cell("goods", "labour") == pytest.approx(
        v.at["зерно", "labour"] + v.at["milk", "labour"], rel=ROUNDING
    )
    assert found.cell("goods", "goods") == pytest.approx(v.iloc[:2, :2].to_numpy().sum(), rel=ROUNDING)
    found.require_balanced()
    assert found.natures.at["goods", "goods"] == "assumption"
    assert found.natures.at["goods", "labour"] == "real"
    assert found.natures.at["labour", "labour"] == "derived"
    net = regroup(sam, mapping("account,group\nзерно,goods\nmilk,goods\n"), net=True)
    assert net.cell("goods", "goods") == 0.0
    net.require_balanced()


def test_an_account_is_taken_apart_by_shares_and_put_together_again(sam, mapping):
    apart = regroup(sam, mapping("account,group,share\nlabour,мужчины,0.6\nlabour,women,0.4\n"))
    assert apart.accounts == ["зерно", "milk", "мужчины", "women", "households"]
    assert apart.cell("women", "milk") == pytest.approx(0.4 * sam.cell("labour", "milk"), rel=ROUNDING)
    assert apart.cell("women", "мужчины") == pytest.approx(0.24 * sam.cell("labour", "labour"), rel=ROUNDING)
    apart.require_balanced()
    assert apart.natures.at["women", "milk"] == "assumption"
    assert apart.source.nature is Nature.ASSUMED
    back = regroup(apart, mapping("account,group\nмужчины,labour\nwomen,labour\n"))
    pd.testing.assert_frame_equal(back.values.loc[NAMES, NAMES], sam.values, rtol=ROUNDING)


def test_a_matrix_that_is_not_balanced_keeps_its_gaps(sam, mapping):
    values = sam.values.copy()
    values.at["milk", "labour"] += 1.0
    found = regroup(SAM(values, "", 0, sam.source), mapping("account,group\nзерно,goods\nmilk,goods\n"))
    assert found.imbalances(1e-9).to_dict() == pytest.approx({"goods": 1.0, "labour": -1.0})


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("account,group\nзерна,goods\n", LabelError, "Unknown account: 'зерна'"),
        ("account,group\nзерно,milk\n", LabelError, "names of accounts that are not mapped: 'milk'"),
        ("account,groop\nзерно,milk\n", LabelError, "Unknown column: 'groop'"),
        ("account,share\nзерно,1\n", LabelError, "lacks columns: 'group'"),
        ("account,group,share\nзерно,a,0.5\nзерно,b,0.4\n", DataError, "where each account goes"),
        ("account,group\nзерно,a\nзерно,b\n", DataError, "where each account goes"),
        ("account,group,share\nзерно,a,-0.5\nзерно,b,1.5\n", DataError, "where each account goes"),
        ("account,group\nзерно,a\nзерно,a\n", DataError, "where each account goes"),
        ("account,group,share\nзерно,a,\n", DataError, "empty cells"),
        ("account,group,share\nзерно,a,часть\n", DataError, "not numbers"),
    ],
    ids=["account", "taken", "column", "missing", "sum", "twice", "outside", "doubled", "empty", "text"],
)
def test_what_is_no_mapping_is_refused(sam, mapping, text, error, told):
    with pytest.raises(error, match=told):
        regroup(sam, mapping(text))


def test_every_fault_of_a_mapping_is_told_at_once():
    with pytest.raises(DataError) as error:
        Mapping((("a", "x", 0.5), ("a", "x", 0.7), ("b", "y", 2.0)), "table")
    for part in ("a -> x", "b -> y = 2", "a = 1.2"):
        assert part in error.value.where
