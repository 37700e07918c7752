"""Header-array files of GEMPACK, read against a writer of their own in ``tests/support/har.py``.

The reader was also held against files that GEMPACK wrote itself, as another reader of the format reads them: equal
numbers and labels in all 64 arrays.
"""

from __future__ import annotations

import har
import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError
from innospace.data import read_sam, read_table
from innospace.data.har_files import read_har

NAMES = ["Обработка", "goods", "labour", "households"]
VALUES = np.array([[0, 10.1, 0, 0], [0, 0, 0, 10.1], [10.1, 0, 0, 0], [0, 0, 10.1, 0]])


def sam_bytes(**how) -> bytes:
    return har.real("SAM", "Matrix", ["ACC", "ACC"], [NAMES, NAMES], VALUES, **how)


@pytest.mark.parametrize(("sparse", "rows"), [(False, None), (False, 1), (False, 3), (True, None)])
def test_a_matrix_is_read_whole_in_blocks_and_sparse(tmp_path, sparse, rows):
    path = tmp_path / "матрица.har"
    path.write_bytes(har.text("XXCR", "Creation", ["by hand"]) + sam_bytes(sparse=sparse, rows_a_block=rows))
    found = read_sam(path, unit="mln", year=2020)
    # single precision holds 10.1 as 10.10000038: what is read is the decimal number that was meant
    pd.testing.assert_frame_equal(found.values, pd.DataFrame(VALUES, NAMES, NAMES))
    found.require_balanced()


def test_numbers_of_three_dimensions_stand_where_they_were():
    values = np.random.default_rng(3).normal(size=(3, 4, 2)).astype("f4")
    sets, elements = ["A", "B", "C"], [["x", "y", "z"], list("pqrs"), ["u", "v"]]
    for how in ({}, {"rows_a_block": 2}, {"sparse": True}):
        (found,) = read_har(har.real("CUBE", "A cube", sets, elements, values, **how), "memory")
        assert (found.header, found.title, found.sets) == ("CUBE", "A cube", ("A", "B", "C"))
        assert [list(e) for e in found.elements] == elements
        np.testing.assert_array_equal(found.values.astype("f4"), values)


def test_the_header_is_the_sheet(tmp_path):
    path = tmp_path / "two.har"
    other = har.real("OTHR", "Another", ["ACC", "ACC"], [NAMES, NAMES], 2.0 * VALUES)
    cube = har.real("CUBE", "A cube", ["A", "B", "C"], [["a"], ["b"], ["c"]], [[[1.0]]])
    table = har.real("TABL", "A table", ["A", "B"], [["a"], ["b", "c"]], [[1.0, 2.0]])
    path.write_bytes(sam_bytes() + other + cube + table)
    assert read_sam(path, sheet="OTHR").cell("goods", "households") == 20.2
    assert read_table(path, sheet="TABL").frame.to_dict("list") == {"A": ["a"], "b": [1.0], "c": [2.0]}
    with pytest.raises(DataError, match="2 arrays of two dimensions") as error:
        read_sam(path)
    assert "'SAM (ACC x ACC)', 'OTHR (ACC x ACC)'" in error.value.allowed
    with pytest.raises(LabelError, match="Unknown header") as unknown:
        read_sam(path, sheet="OTHE")
    assert "'OTHR'" in unknown.value.remedy
    with pytest.raises(DataError, match="has 3 dimensions"):
        read_sam(path, sheet="CUBE")


def test_what_is_broken_is_named(tmp_path):
    path = tmp_path / "a.har"
    path.write_bytes(sam_bytes()[:-30])
    with pytest.raises(DataError, match="breaks off or is damaged at byte"):
        read_sam(path)
    path.write_bytes(har.text("NAME", "Set", ["a", "b"]))
    with pytest.raises(DataError, match="no array of two dimensions"):
        read_sam(path)
    path.write_bytes(b"row,column,value\n")
    with pytest.raises(DataError, match=r"named \.har, but it holds no header arrays"):
        read_sam(path)
    plain = tmp_path / "a.csv"
    plain.write_bytes(sam_bytes())
    with pytest.raises(DataError, match=r"named \.csv, but it holds header arrays"):
        read_sam(plain)
    whole = sam_bytes()
    path.write_bytes(whole[: whole.rindex(har.record(b"    ", har.ints(1))[4:8])])
    with pytest.raises(DataError):
        read_sam(path)
    path.write_bytes(har.real("SAM", "Matrix", ["ACC", "ACC"], [NAMES, NAMES], VALUES[:, :3]))
    with pytest.raises(DataError, match="sizes of an array and of its sets"):
        read_sam(path)
