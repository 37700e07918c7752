"""Where the unknowns of a spec stand, what follows from them at a point, and where derivatives go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where each kind of unknown stands."""

    price: slice
    level: slice
    node_price: slice
    node_quantity: slice
    income: slice
    transfer: slice
    instrument: slice
    size: int


@dataclass(frozen=True)
class Point:
    """Everything that follows from the unknowns at one point.

    Attributes
    ----------
    flow : ndarray, shape (leaves,)
        Quantities.
    rate : ndarray
        Sum of tax rates by leaf.
    """

    price: Array
    level: Array
    node_price: Array
    node_quantity: Array
    income: Array
    transfer: Array
    instrument: Array
    rate: Array
    ratio: Array
    flow: Array


@dataclass(frozen=True)
class Pattern:
    """Entries that are kept, the cell of each, and the cells in compressed columns."""

    keep: NDArray[np.bool_]
    place: Indices
    indices: NDArray[np.int32]
    starts: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Indices, columns: Indices, dropped: int, numeraire: Indices, size: int) -> Pattern:
        """Return the pattern of entries whose row ``dropped`` gives way to the numeraire."""
        keep = rows != dropped
        down = np.concatenate((rows[keep], np.full(len(numeraire), dropped)))
        across = np.concatenate((columns[keep], numeraire))
        cells, place = np.unique(across * size + down, return_inverse=True)
        starts = np.searchsorted(cells, np.arange(size + 1) * size).astype(np.int32)
        return cls(keep, place, (cells % size).astype(np.int32), starts)


@dataclass(frozen=True)
class Moves:
    """Transfers as arrays.

    Attributes
    ----------
    payer, receiver : ndarray, shape (transfers,)
        Places of agents.
    rule : tuple of str
    after : tuple of ndarray
        Pairs of a share and a transfer that is taken off the income before it.
    """

    payer: Indices
    receiver: Indices
    rule: tuple[str, ...]
    after: tuple[Indices, Indices]

    def of(self, rule: str) -> Indices:
        """Return the transfers of a rule."""
        return np.array([k for k, r in enumerate(self.rule) if r == rule], dtype=np.int64)
