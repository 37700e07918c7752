"""Linear equations of input-output matrices, and sparse matrices whose pattern does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
INNER = 1e-14
"""Largest relative error of iterative solutions."""
DIRECT = 100
"""Equations up to which they are solved directly."""


@dataclass(frozen=True)
class Cells:
    """Where values go in a sparse matrix whose pattern does not change."""

    place: Indices
    indices: NDArray[np.int32]
    starts: NDArray[np.int32]
    shape: tuple[int, int]

    @classmethod
    def of(cls, rows: Indices, columns: Indices, shape: tuple[int, int]) -> Cells:
        """Return the pattern of entries; those of one cell are added."""
        cells, place = np.unique(rows * shape[1] + columns, return_inverse=True)
        starts = np.searchsorted(cells, np.arange(shape[0] + 1) * shape[1]).astype(np.int32)
        return cls(place, (cells % shape[1]).astype(np.int32), starts, shape)

    def matrix(self, values: Array) -> Any:
        """Return the matrix in compressed rows."""
        from scipy import sparse

        data = np.bincount(self.place, values, len(self.indices))
        return sparse.csr_matrix((data, self.indices, self.starts), shape=self.shape)


def leontief(matrix: Any, right: Array) -> Array:
    """Solve ``(I - A) x = b`` for an input-output matrix: the series ``b + A b + ...`` by a Krylov method."""
    from scipy import sparse
    from scipy.sparse.linalg import LinearOperator, bicgstab

    size = len(right)
    if size <= DIRECT:
        from scipy.sparse.linalg import splu

        return np.asarray(splu((sparse.eye_array(size) - matrix).tocsc()).solve(right))
    operator = LinearOperator((size, size), matvec=lambda x: x - matrix @ x, dtype=np.float64)
    found, _ = bicgstab(operator, right, rtol=INNER, atol=0.0, maxiter=500)
    for _ in range(3):  # what the method leaves at rounding
        found = found + (right - (found - matrix @ found))
    return np.asarray(found)
