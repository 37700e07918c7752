"""Input-output equations against dense solutions; matrices of one pattern against those built anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from innospace.numerics.input_output import DIRECT, Cells, leontief

EXACT = 1e-12


@pytest.mark.parametrize("size", [7, DIRECT + 50])
def test_leontief_is_the_solution_of_dense_equations(size):
    rng = np.random.default_rng(3)
    matrix = rng.uniform(0.0, 1.0, (size, size))
    matrix *= 0.8 / matrix.sum(axis=0).max()
    right = rng.uniform(0.5, 2.0, size)
    expected = np.linalg.solve(np.eye(size) - matrix, right)
    assert np.allclose(leontief(sparse.csr_matrix(matrix), right), expected, rtol=EXACT)


def test_cells_add_what_falls_together_and_keep_empty_rows():
    rows, columns = np.array([3, 0, 3, 0, 1]), np.array([1, 2, 1, 0, 2])
    cells = Cells.of(rows, columns, (5, 3))
    for values in (np.arange(1.0, 6.0), np.array([0.0, -1.0, 2.0, 3.0, 0.5])):
        expected = np.zeros((5, 3))
        np.add.at(expected, (rows, columns), values)
        assert np.array_equal(cells.matrix(values).toarray(), expected)


def test_leontief_stops_at_the_error_it_is_given_and_begins_where_it_is_told():
    rng = np.random.default_rng(4)
    size = DIRECT + 50
    matrix = rng.uniform(0.0, 1.0, (size, size))
    matrix *= 0.8 / matrix.sum(axis=0).max()
    right = rng.uniform(0.5, 2.0, size)
    exact = leontief(sparse.csr_matrix(matrix), right)
    rough = leontief(sparse.csr_matrix(matrix), right, error=1e-3)
    left = np.linalg.norm(right - (rough - matrix @ rough)) / np.linalg.norm(right)
    assert 1e-9 < left <= 1e-3
    assert np.array_equal(leontief(sparse.csr_matrix(matrix), right, start=exact, error=1e-3), exact)
