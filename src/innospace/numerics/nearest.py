"""Nearest neighbours on a line, with replacement or one at a time, with stated rules for ties.

Everything is n log n: sorted values and bisection with replacement, and sorted values with chains of free
members to the left and to the right (union-find) without. Distances that differ by no more than a tolerance are ties.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

TIE = 1e-10
"""Distances closer to each other than this, in standard deviations, are equal: they differ by rounding only."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Sets of neighbours that are neighbours in the order of the pool too: one range a focal member.

    Attributes
    ----------
    order : ndarray of int, shape (m,)
        Members of the pool from the smallest to the largest value.
    low, high : ndarray of int, shape (n,)
        The set of member ``i`` is ``order[low[i]:high[i]]``; empty where both are equal.
    """

    order: Integers
    low: Integers
    high: Integers

    @property
    def counts(self) -> Integers:
        """Size of every set, shape (n,)."""
        return np.asarray(self.high - self.low)

    def mean(self, values: Array) -> Array:
        """Return the mean of ``values``, shape (m,), over every set, shape (n,); NaN for an empty set."""
        # differences of running sums lose the digits of the total, so it runs in extended precision about the mean
        centre = float(np.mean(values))
        running = np.concatenate(([0.0], np.cumsum((values - centre)[self.order], dtype=np.longdouble)))
        counts = self.counts
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (running[self.high] - running[self.low]).astype(np.float64) / counts + centre
        single = counts == 1
        found[single] = values[self.order[self.low[single]]]
        return np.where(counts > 0, found, np.nan)

    def usage(self, weights: Array, power: int = 1) -> Array:
        """Return the sum of ``weights / counts ** power`` over the sets a pool member is in, shape (m,)."""
        counts = self.counts
        some = counts > 0
        share = weights[some] / counts[some].astype(np.float64) ** power
        m = len(self.order)
        steps = np.bincount(self.low[some], share, m + 1) - np.bincount(self.high[some], share, m + 1)
        result = np.zeros(m)
        result[self.order] = np.cumsum(steps.astype(np.longdouble))[:m].astype(np.float64)
        # what is left of rounding in the gaps between ranges is not a use
        covered = np.bincount(self.low[some], minlength=m + 1) - np.bincount(self.high[some], minlength=m + 1)
        result[self.order[np.cumsum(covered)[:m] == 0]] = 0.0
        return result

    def pairs(self) -> tuple[Integers, Integers]:
        """Return focal and pool member of every pair, in the order of the focal members."""
        counts = self.counts
        focal = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(focal)) - np.repeat(np.cumsum(counts) - counts, counts)
        return focal, self.order[np.repeat(self.low, counts) + within]


@dataclass(frozen=True, slots=True)
class Cells:
    """Sets of neighbours by cells of members that stand at the same point.

    Attributes
    ----------
    focal_cell : ndarray of int, shape (n,)
    pool_cell : ndarray of int, shape (m,)
    pair_focal, pair_pool : ndarray of int, shape (q,)
        Cells whose members are neighbours: every member of the pool cell is in the set of every focal one.
    """

    focal_cell: Integers
    pool_cell: Integers
    pair_focal: Integers
    pair_pool: Integers

    @property
    def _cells(self) -> tuple[int, int]:
        """Numbers of focal and pool cells."""
        return int(self.focal_cell.max(initial=-1)) + 1, int(self.pool_cell.max(initial=-1)) + 1

    @property
    def counts(self) -> Integers:
        """Size of every set, shape (n,)."""
        f, p = self._cells
        sizes = np.bincount(self.pool_cell, minlength=p)
        return np.bincount(self.pair_focal, sizes[self.pair_pool], f).astype(np.int64)[self.focal_cell]

    def mean(self, values: Array) -> Array:
        """Return the mean of ``values``, shape (m,), over every set, shape (n,); NaN for an empty set."""
        f, p = self._cells
        sums = np.bincount(self.pool_cell, values, p)
        total = np.bincount(self.pair_focal, sums[self.pair_pool], f)[self.focal_cell]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(self.counts > 0, total / self.counts, np.nan))

    def usage(self, weights: Array, power: int = 1) -> Array:
        """Return the sum of ``weights / counts ** power`` over the sets a pool member is in, shape (m,)."""
        f, p = self._cells
        counts = np.maximum(self.counts, 1).astype(np.float64)
        share = np.bincount(self.focal_cell, weights / counts**power, f)
        return np.asarray(np.bincount(self.pair_pool, share[self.pair_focal], p)[self.pool_cell])

    def pairs(self) -> tuple[Integers, Integers]:
        """Return focal and pool member of every pair, in the order of the focal members."""
        f, p = self._cells
        cells = Sets.of(self.pair_focal, self.pair_pool, f)
        focal, pool_cells = cells.expand(self.focal_cell)
        members = Sets.of(self.pool_cell, np.arange(len(self.pool_cell)), p)
        which, pool = members.expand(pool_cells)
        return focal[which], pool


@dataclass(frozen=True, slots=True)
class Sets:
    """Members by key, keys in order."""

    starts: Integers
    sizes: Integers
    members: Integers

    @classmethod
    def of(cls, keys: Integers, members: Integers, count: int) -> Sets:
        """Gather members by key, ``count`` keys from 0."""
        sizes = np.bincount(keys, minlength=count)
        return cls(np.cumsum(sizes) - sizes, sizes, members[np.argsort(keys, kind="stable")])

    def expand(self, keys: Integers) -> tuple[Integers, Integers]:
        """Return, for a list of keys, the position in it and the member, one a pair."""
        sizes = self.sizes[keys]
        which = np.repeat(np.arange(len(keys)), sizes)
        within = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return which, self.members[self.starts[keys][which] + within]


Neighbours = Ranges | Cells


def listed(focal: Integers, pool: Integers, n: int, m: int) -> Cells:
    """Return sets of neighbours from pairs, each member a cell of its own; ``n`` focal, ``m`` pool members."""
    return Cells(np.arange(n), np.arange(m), np.asarray(focal, dtype=np.int64), np.asarray(pool, dtype=np.int64))


def snapped(values: Array, tolerance: float) -> Array:
    """Return values in which neighbours no more than ``tolerance`` apart are made equal (to the smaller).

    Rows with the same covariates can have scores that differ in the last digit; they should tie.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.concatenate(([True], np.diff(ordered) > tolerance))
    result = np.empty_like(ordered)
    result[order] = ordered[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    return result


def on_line_all(focal: Array, pool: Array, k: int, *, radius: float = np.inf, slack: float = 0.0) -> Ranges:
    """Return the ``k`` nearest of the pool and everything as near as the last of them.

    Parameters
    ----------
    focal, pool : ndarray, shape (n,) and (m,)
    k : int
        At most m are found.
    radius : float
        Members further away are left out.
    slack : float
        Added to the squared distance of the k-th: members up to there tie with it.
    """
    order = np.argsort(pool, kind="stable")
    s = pool[order]
    k = min(k, len(s))
    by_value = np.argsort(focal)  # bisection for values in order stays in the cache
    f = focal[by_value]
    start = _window(f, s, k)
    furthest = np.maximum(f - s[start], s[start + k - 1] - f)
    reach = np.minimum(np.sqrt(np.square(furthest) + slack), radius) + TIE
    low, high = np.empty(len(f), dtype=np.int64), np.empty(len(f), dtype=np.int64)
    low[by_value] = np.searchsorted(s, f - reach, "left")
    high[by_value] = np.searchsorted(s, f + reach, "right")
    return Ranges(order, low, high)


def _window(focal: Array, s: Array, k: int) -> Integers:
    """Return where the window of the ``k`` nearest values of sorted ``s`` starts, by bisection for all at once."""
    at = np.searchsorted(s, focal, "left")
    low = np.maximum(at - k, 0)
    high = np.minimum(at, len(s) - k)
    low = np.minimum(low, high)
    while np.any(low < high):
        middle = (low + high) // 2
        right = np.minimum(middle + k, len(s) - 1)
        further = (focal - s[middle] > s[right] - focal) & (low < high)
        low = np.where(further, middle + 1, low)
        high = np.where(further, high, middle)
    return low.astype(np.int64)


def on_line_first(focal: Array, pool: Array, k: int, *, radius: float = np.inf) -> Cells:
    """Return the ``k`` nearest of the pool; of ties, those that come first in the pool.

    Parameters
    ----------
    focal, pool : ndarray, shape (n,) and (m,)
    k : int
    radius : float
        Members further away are left out.
    """
    n, m = len(focal), len(pool)
    up, down = np.argsort(pool, kind="stable"), np.argsort(-pool, kind="stable")
    at_up = np.searchsorted(pool[up], focal, "left")
    at_down = m - at_up
    found_focal, found_pool = [], []
    # one sentinel behind each end: infinitely far
    above, below = np.append(pool[up], np.inf), np.append(pool[down], -np.inf)
    up, down = np.append(up, m), np.append(down, m)
    for _ in range(min(k, m)):
        right, left = above[at_up] - focal, focal - below[at_down]
        with np.errstate(invalid="ignore"):
            tie = np.abs(right - left) <= TIE
        take_left = np.where(tie, down[at_down] < up[at_up], left < right)
        chosen = np.where(take_left, down[at_down], up[at_up])
        inside = np.minimum(left, right) <= radius + TIE
        found_focal.append(np.flatnonzero(inside))
        found_pool.append(chosen[inside])
        at_down = np.where(take_left, at_down + 1, at_down)
        at_up = np.where(take_left, at_up, at_up + 1)
    focal_of, pool_of = np.concatenate(found_focal), np.concatenate(found_pool)
    order = np.argsort(focal_of, kind="stable")
    return listed(focal_of[order], pool_of[order], n, m)


class _FreeLine:
    """The free members of a sorted pool: the nearest one in almost constant time."""

    def __init__(self, pool: Array, radius: float) -> None:
        order = np.argsort(pool, kind="stable")
        self.values: list[float] = pool[order].tolist()
        self.members: list[int] = order.tolist()
        self.run: list[int] = np.searchsorted(pool[order], pool[order], "left").tolist()
        m = len(self.values)
        self.right = list(range(m + 1))
        self.left = list(range(m + 1))  # position p stands at p + 1, so that 0 is "none"
        self.reach = radius + TIE

    def nearest(self, value: float, at: int) -> tuple[float, int] | None:
        """Return distance and position of the nearest free member within reach; of ties the first in the pool.

        ``at`` is the position of the first member that is not below ``value``.
        """
        above = _root(self.right, at)
        below = _root(self.left, at) - 1
        far = float("inf")
        right = self.values[above] - value if above < len(self.values) else far
        left = value - self.values[below] if below >= 0 else far
        nearer = min(left, right)
        if nearer > self.reach or nearer == far:
            return None
        if below >= 0:
            below = _root(self.right, self.run[below])
        tie = max(left, right) - nearer <= TIE
        take_left = self.members[below] < self.members[above] if tie else left < right
        return (left, below) if take_left else (right, above)

    def take(self, position: int) -> int:
        """Take a member and return its number in the pool."""
        self.right[position] = position + 1
        self.left[position + 1] = position
        return self.members[position]


def _root(parents: list[int], at: int) -> int:
    """Follow a chain to its end, halving it on the way."""
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


def on_line_once(focal: Array, pool: Array, k: int, sequence: Integers | None, *, radius: float = np.inf) -> Cells:
    """Give each focal member in turn the nearest member of the pool that is still free, in ``k`` rounds.

    Parameters
    ----------
    focal, pool : ndarray, shape (n,) and (m,)
    k : int
    sequence : ndarray of int, shape (n,), or None
        Order in which focal members choose; None for the closest pair of all first.
    radius : float
    """
    line = _FreeLine(pool, radius)
    at = np.searchsorted(np.asarray(line.values), focal, "left").tolist()
    values = focal.tolist()
    return choose(lambda i: line.nearest(values[i], at[i]), line.take, len(focal), len(pool), k, sequence)


def choose(
    nearest: Callable[[int], tuple[float, int] | None],
    take: Callable[[int], int],
    n: int,
    m: int,
    k: int,
    sequence: Integers | None,
) -> Cells:
    """Let ``n`` focal members choose among ``m`` members of a pool, in ``k`` rounds.

    Parameters
    ----------
    nearest : callable
        Focal member to distance and place of the nearest free member, or None.
    take : callable
        Place to the member taken there.
    n, m, k : int
    sequence : ndarray of int, shape (n,), or None
        Order of choice; None for the closest pair first.
    """
    focal_of: list[int] = []
    pool_of: list[int] = []
    chooses: list[int] = list(range(n)) if sequence is None else sequence.tolist()
    for _ in range(k):
        walk = _closest_first(chooses, nearest) if sequence is None else _in_turn(chooses, nearest)
        served: list[int] = []
        for i, position in walk:
            focal_of.append(i)
            pool_of.append(take(position))
            served.append(i)
        chooses = served if sequence is not None else sorted(served)
    order = np.argsort(np.array(focal_of, dtype=np.int64), kind="stable")
    return listed(np.array(focal_of, dtype=np.int64)[order], np.array(pool_of, dtype=np.int64)[order], n, m)


def _in_turn(chooses: list[int], nearest: Callable[[int], tuple[float, int] | None]) -> Iterator[tuple[int, int]]:
    for i in chooses:
        found = nearest(i)
        if found is not None:
            yield i, found[1]


def _closest_first(chooses: list[int], nearest: Callable[[int], tuple[float, int] | None]) -> Iterator[tuple[int, int]]:
    """Walk over pairs from the closest; one whose member was taken meanwhile goes back with its next nearest."""
    # distances count in units of the tolerance, so that rounding does not decide between ties
    heap = [(round(found[0] / TIE), i) for i in chooses if (found := nearest(i)) is not None]
    heapq.heapify(heap)
    while heap:
        expected, i = heapq.heappop(heap)
        found = nearest(i)
        if found is None:
            continue
        units = round(found[0] / TIE)
        if units > expected:
            heapq.heappush(heap, (units, i))
        else:
            yield i, found[1]
