"""Taking group means out of columns, for any number of groupings at once (absorbed fixed effects).

With one grouping the residual is exact. With more, the symmetric sweep ``S = M1 ... Mk ... M1`` of the demeaning
operators ``Mj`` is iterated, accelerated by conjugate gradients on ``(I - S) x = (I - S) y`` as proposed by
Correia (2017, "Linear models with high-dimensional fixed effects"); ``y - x`` is the residual. Columns are treated
one by one, so memory stays at a few columns beside the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

TOLERANCE = 1e-10
"""Of the norm of the residual of the conjugate gradients, relative to its start."""
ROUNDING = 1e-14
MAX_SWEEPS = 5000


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Columns without their group means.

    Attributes
    ----------
    columns : ndarray, shape (k, n)
        One row a column that was given.
    kept : ndarray, shape (k,)
        Sum of squares left, as a share of that about the mean; zero for a column that the groups determine.
    sweeps : int
        Most that any column took; 1 for one grouping.
    imbalance : float
        Largest weighted group mean left in any column, relative to the root mean square of what is left.
    converged : bool
        Every column met the tolerance within ``max_sweeps``.
    """

    columns: Array
    kept: Array
    sweeps: int
    imbalance: float
    converged: bool


class _Grouping:
    """Weighted means by group."""

    def __init__(self, codes: Integers, weights: Array | None) -> None:
        self.codes = codes
        self.total = np.bincount(codes, weights=weights).astype(np.float64)
        # a code that does not occur has no mean to take out
        self.total[self.total == 0.0] = 1.0

    def means(self, values: Array, weights: Array | None) -> Array:
        weighted = values if weights is None else values * weights
        return np.asarray(np.bincount(self.codes, weights=weighted, minlength=len(self.total)) / self.total)

    def demean(self, values: Array, weights: Array | None) -> None:
        """Take the group means out of ``values``, in place."""
        values -= self.means(values, weights)[self.codes]


def absorb(
    columns: Sequence[Array],
    groupings: Sequence[Integers],
    weights: Array | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
) -> Absorbed:
    """Take the means by every grouping out of columns.

    Parameters
    ----------
    columns : sequence of ndarray, shape (n,)
        Not changed.
    groupings : sequence of ndarray of int, shape (n,)
        Codes from 0; at least one grouping.
    weights : ndarray, shape (n,), optional
        Positive.
    tolerance : float
        Relative; see :data:`TOLERANCE`.
    max_sweeps : int

    Returns
    -------
    Absorbed
        Residuals of the weighted least-squares projection of each column on the dummies of all groupings.

    Notes
    -----
    Second method: dummies by least squares, and ``pyfixest`` (tests).
    """
    made = [_Grouping(np.asarray(g, dtype=np.int64), weights) for g in groupings]
    n = len(columns[0])
    found = np.empty((len(columns), n))
    kept = np.empty(len(columns))
    sweeps, converged, imbalance = 1, True, 0.0
    for j, column in enumerate(columns):
        out = found[j]
        out[:] = column
        out -= np.average(out, weights=weights)
        before = _dot(out, out, weights)
        if len(made) == 1:
            made[0].demean(out, weights)
        else:
            taken, fine = _conjugate_gradients(out, made, weights, tolerance, max_sweeps)
            sweeps, converged = max(sweeps, taken), converged and fine
        left = _dot(out, out, weights)
        kept[j] = left / before if before > 0.0 else 0.0
        if kept[j] > 1e-12:
            scale = np.sqrt(left / (n if weights is None else weights.sum()))
            imbalance = max(imbalance, max(float(np.abs(g.means(out, weights)).max()) for g in made) / scale)
    return Absorbed(found, kept, sweeps, imbalance, converged)


def _dot(a: Array, b: Array, weights: Array | None) -> float:
    return float(a @ b) if weights is None else float(np.einsum("i,i,i", a, weights, b))


def _gap(values: Array, made: list[_Grouping], weights: Array | None) -> Array:
    """Return ``(I - S) v``."""
    swept = values.copy()
    for grouping in (*made, *made[-2::-1]):
        grouping.demean(swept, weights)
    np.subtract(values, swept, out=swept)
    return swept


def _conjugate_gradients(
    y: Array, made: list[_Grouping], weights: Array | None, tolerance: float, max_sweeps: int
) -> tuple[int, bool]:
    """Replace ``y`` by its residual; return the sweeps taken and whether the tolerance was met."""
    residual = _gap(y, made, weights)
    size = _dot(residual, residual, weights)
    # below the rounding of y itself there is nothing to be gained, and directions are noise
    floor = max(tolerance**2 * size, ROUNDING**2 * _dot(y, y, weights))
    if size <= floor:
        return 1, True
    direction = residual.copy()
    for sweep in range(1, max_sweeps + 1):
        moved = _gap(direction, made, weights)
        curvature = _dot(direction, moved, weights)
        if curvature <= 0.0:
            # rounding: nothing is left to be taken out
            return sweep, True
        step = size / curvature
        # y - x is kept instead of x itself
        y -= step * direction
        residual -= step * moved
        new = _dot(residual, residual, weights)
        if new <= floor:
            return sweep, True
        direction *= new / size
        direction += residual
        size = new
    return max_sweeps, False


def combine(groupings: Sequence[Integers]) -> Integers:
    """Return codes of the combinations of several groupings, numbered from 0 without gaps, shape (n,)."""
    codes = np.asarray(groupings[0], dtype=np.int64)
    for other in groupings[1:]:
        codes = compress(codes * (int(other.max()) + 1) + other)
    return compress(codes)


def compress(codes: Integers) -> Integers:
    """Number codes from 0 without gaps, keeping their order, shape (n,)."""
    top = int(codes.max()) + 1
    if top > 4 * len(codes) + 1024:
        return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.int64)
    present = np.bincount(codes, minlength=top) > 0
    if present.all():
        return codes
    return np.asarray(np.cumsum(present) - 1, dtype=np.int64)[codes]


def nested(inner: Integers, outer: Integers) -> bool:
    """Whether every group of ``inner`` lies within one group of ``outer``."""
    home = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    home[inner] = outer
    return bool(np.array_equal(home[inner], outer))


def without_nesting(groupings: Sequence[Integers]) -> list[int]:
    """Return the positions of groupings that say something beside the others.

    A grouping that is a function of a finer one (an industry that firms never change, beside firms) adds nothing to
    it and is left out; of two that are the same, the first stays.
    """
    kept: list[int] = []
    for i, grouping in enumerate(groupings):
        finer = [j for j in range(len(groupings)) if j != i and nested(groupings[j], grouping)]
        same = [j for j in finer if nested(grouping, groupings[j])]
        if all(j in same and j > i for j in finer):
            kept.append(i)
    return kept


def without_singletons(groupings: Sequence[Integers]) -> NDArray[np.bool_]:
    """Return the rows left, shape (n,), when groups of one row are left out until there is none.

    Such a row is fitted exactly and says nothing about coefficients, yet counts in corrections for small samples
    (Correia 2015, "Singletons, cluster-robust standard errors and fixed effects").
    """
    keep = np.ones(len(groupings[0]), dtype=bool) if len(groupings) else np.ones(0, dtype=bool)
    changed = True
    while changed:
        changed = False
        for codes in groupings:
            single = np.bincount(codes, weights=None if keep.all() else keep.astype(np.float64)) == 1
            if single.any():
                lost = single[codes] & keep
                keep &= ~lost
                changed |= bool(lost.any())
    return keep
