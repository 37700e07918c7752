"""Linear equations of input-output matrices, and sparse matrices whose pattern does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, bicgstab, splu

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
INNER = 1e-14
"""Smallest relative error of iterative solutions that is asked for."""
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
        data = np.bincount(self.place, values, len(self.indices))
        return sparse.csr_matrix((data, self.indices, self.starts), shape=self.shape)


def leontief(matrix: Any, right: Array, *, start: Array | None = None, error: float = INNER) -> Array:
    """Solve ``(I - A) x = b`` for an input-output matrix: the series ``b + A b + ...`` by a Krylov method.

    Parameters
    ----------
    matrix : sparse matrix, shape (n, n)
        ``A``.
    right : ndarray, shape (n,)
        ``b``.
    start : ndarray, optional
        A guess of the solution; ``b`` when not given.
    error : float
        Largest relative residual. At the smallest, what the method leaves at rounding is taken off as well.
    """
    size = len(right)
    if size <= DIRECT:
        return np.asarray(splu((sparse.eye_array(size) - matrix).tocsc()).solve(right))
    operator = LinearOperator((size, size), matvec=lambda x: x - matrix @ x, dtype=np.float64)
    first = right if start is None else start
    found, _ = bicgstab(operator, right, x0=first, rtol=max(error, INNER), atol=0.0, maxiter=500)
    for _ in range(3 if error <= INNER else 0):
        found = found + (right - (found - matrix @ found))
    return np.asarray(found)
