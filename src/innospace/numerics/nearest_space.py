"""Nearest neighbours in space, with replacement or one at a time, with stated rules for ties.

Members that stand at the same point make one cell; a k-d tree holds the cells.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.numerics.nearest import TIE, Array, Cells, Integers, Sets, choose, listed

_FIRST_LOOK = 8


@dataclass(frozen=True, slots=True)
class Points:
    """Distinct points and the members that stand on them.

    Attributes
    ----------
    coordinates : ndarray, shape (c, d)
        Whitened: Euclidean distance is the distance meant.
    cell : ndarray of int, shape (n,)
        Point of every member.
    """

    coordinates: Array
    cell: Integers

    def of(self, members: Integers) -> Points:
        """Return the points of some members, renumbered."""
        used, cell = np.unique(self.cell[members], return_inverse=True)
        return Points(self.coordinates[used], cell.astype(np.int64))


def whitened(x: Array, covariance: Array) -> Points:
    """Return distinct rows of ``x`` in coordinates whose Euclidean distance is the Mahalanobis distance.

    Parameters
    ----------
    x : ndarray, shape (n, d)
    covariance : ndarray, shape (d, d)
        Positive definite.
    """
    # distinct rows first: rows that are equal then stand at exactly equal points
    rows, cell = np.unique(x, axis=0, return_inverse=True)
    factor = np.linalg.cholesky(covariance)
    return Points(np.linalg.solve(factor, (rows - rows.mean(axis=0)).T).T, cell.ravel().astype(np.int64))


def in_space_all(focal: Points, pool: Points, k: int, *, radius: float = np.inf, slack: float = 0.0) -> Cells:
    """Return the ``k`` nearest of the pool and everything as near as the last of them; see :func:`on_line_all`."""
    pairs = _near_cells(focal, pool, k, radius, slack)
    return Cells(focal.cell, pool.cell, pairs[0], pairs[1])


def in_space_first(focal: Points, pool: Points, k: int, *, radius: float = np.inf) -> Cells:
    """Return the ``k`` nearest of the pool; of ties, those that come first in the pool."""
    pair_focal, pair_pool = _near_cells(focal, pool, k, radius, 0.0)
    members = Sets.of(pool.cell, np.arange(len(pool.cell)), len(pool.coordinates))
    members = Sets(members.starts, np.minimum(members.sizes, k), members.members)
    which, member = members.expand(pair_pool)
    cells = pair_focal[which]
    d = np.linalg.norm(focal.coordinates[cells] - pool.coordinates[pool.cell[member]], axis=1)
    order = np.lexsort((member, np.round(d / TIE), cells))
    rank = np.arange(len(order)) - np.searchsorted(cells[order], cells[order], "left")
    kept = order[rank < k]
    sets = Sets.of(cells[kept], member[kept], len(focal.coordinates))
    focal_of, pool_of = sets.expand(focal.cell)
    return listed(focal_of, pool_of, len(focal.cell), len(pool.cell))


def _near_cells(focal: Points, pool: Points, k: int, radius: float, slack: float) -> tuple[Integers, Integers]:
    """Return pairs of cells: those within the distance of the ``k``-th member of the pool."""
    from scipy.spatial import cKDTree

    tree = cKDTree(pool.coordinates)
    sizes = np.bincount(pool.cell, minlength=len(pool.coordinates))
    k = min(k, int(sizes.sum()))
    look = min(k, len(sizes))
    distance, cell = tree.query(focal.coordinates, k=look)
    distance, cell = distance.reshape(-1, look), cell.reshape(-1, look)
    enough = np.argmax(np.cumsum(sizes[cell], axis=1) >= k, axis=1)
    furthest = distance[np.arange(len(distance)), enough]
    reach = np.minimum(np.sqrt(np.square(furthest) + slack), radius) + TIE
    near = tree.query_ball_point(focal.coordinates, reach, return_sorted=True)
    counts = np.array([len(c) for c in near], dtype=np.int64)
    pool_cells = np.concatenate([np.asarray(c, dtype=np.int64) for c in near]) if len(near) else np.zeros(0, np.int64)
    return np.repeat(np.arange(len(near)), counts), pool_cells


class _FreeSpace:
    """The free members of a pool in space; the tree is built anew whenever half of its points are used up."""

    def __init__(self, focal: Points, pool: Points, radius: float) -> None:
        sets = Sets.of(pool.cell, np.arange(len(pool.cell)), len(pool.coordinates))
        ends = np.append(sets.starts, len(sets.members)).tolist()
        members = sets.members.tolist()
        self.members = [members[a:b][::-1] for a, b in itertools.pairwise(ends)]  # first one last: pop
        self.points, self.focal, self.reach = pool.coordinates, focal, radius + TIE
        self._build()
        self._ahead = self._ask(focal.coordinates, min(_FIRST_LOOK, len(self.alive)))

    def _build(self) -> None:
        from scipy.spatial import cKDTree

        self.alive = np.array([c for c, left in enumerate(self.members) if left], dtype=np.int64)
        self.spent = 0
        self.tree: Any = cKDTree(self.points[self.alive]) if len(self.alive) else None

    def _ask(self, at: Array, look: int) -> tuple[list[list[float]], list[list[int]]]:
        distance, found = self.tree.query(at, k=look)
        return distance.reshape(len(at), look).tolist(), self.alive[found.reshape(len(at), look)].tolist()

    def nearest(self, i: int) -> tuple[float, int] | None:
        """Return distance and cell of the nearest free member within reach; of ties the first in the pool."""
        cell = int(self.focal.cell[i])
        found = self._first_free(
            self._ahead[0][cell], self._ahead[1][cell], len(self._ahead[0][cell]) >= len(self.points)
        )
        look = _FIRST_LOOK
        while found is None:
            if self.spent > 0.5 * len(self.alive):
                self._build()
            if self.tree is None or not len(self.alive):
                return None
            look = min(4 * look, len(self.alive))
            distance, cells = self._ask(self.focal.coordinates[cell : cell + 1], look)
            found = self._first_free(distance[0], cells[0], look >= len(self.alive))
            if found is None and look >= len(self.alive):
                return None
        return found if found[0] <= self.reach else None

    def _first_free(self, distance: list[float], cells: list[int], everything: bool) -> tuple[float, int] | None:
        """Return the best of a list sorted by distance, or None when a tie may lie beyond its end."""
        best: tuple[float, int] | None = None
        for d, c in zip(distance, cells, strict=True):
            if best is not None and d > best[0] + TIE:
                return best
            if self.members[c] and (best is None or self.members[c][-1] < self.members[best[1]][-1]):
                best = (d if best is None else best[0], c)
        return best if everything else None

    def take(self, cell: int) -> int:
        member: int = self.members[cell].pop()
        self.spent += not self.members[cell]
        return member


def in_space_once(focal: Points, pool: Points, k: int, sequence: Integers | None, *, radius: float = np.inf) -> Cells:
    """Give each focal member in turn the nearest free member of the pool; see :func:`on_line_once`."""
    space = _FreeSpace(focal, pool, radius)
    return choose(space.nearest, space.take, len(focal.cell), len(pool.cell), k, sequence)
