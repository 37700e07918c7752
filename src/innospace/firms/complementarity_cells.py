"""Cells of practices, the inequalities of supermodularity on them, and their tests, on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.firms.estimates import Array, Integers
from innospace.numerics.kodde_palm import chi_bar_sf, chi_bar_weights, distance
from innospace.numerics.tails import t_cdf, t_sf

MOST_PRACTICES = 6
NONE = "none"
"""Name of the cell in which no practice is adopted."""


def cell_names(practices: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the ``2^k`` cells, ``none``, ``make``, ``buy``, ``make+buy``: small sets first."""
    k = len(practices)
    return tuple(
        "+".join(practices[i] for i in s) or NONE for size in range(k + 1) for s in combinations(range(k), size)
    )


def cell_patterns(count: int) -> Integers:
    """Return the 0/1 pattern of every cell, shape (2^k, k), in the order of :func:`cell_names`."""
    sets = [s for size in range(count + 1) for s in combinations(range(count), size)]
    return np.array([[int(i in s) for i in range(count)] for s in sets], dtype=np.int64)


def cell_codes(adopted: Array) -> Integers:
    """Return the number of the cell of every row of a 0/1 matrix, shape (n, k)."""
    k = adopted.shape[1]
    powers = 2 ** np.arange(k)
    where = np.empty(2**k, dtype=np.int64)
    where[cell_patterns(k) @ powers] = np.arange(2**k)
    return np.asarray(where[adopted.astype(np.int64) @ powers])


def require_practices(practices: Sequence[str]) -> tuple[str, ...]:
    """Return the practices as a tuple of two to six different names.

    Raises
    ------
    SpecError
    """
    names = (practices,) if isinstance(practices, str) else tuple(practices)
    twice = sorted({p for p in names if names.count(p) > 1})
    if len(names) < 2 or len(names) > MOST_PRACTICES or twice:
        raise SpecError(
            f"Complementarity needs two to {MOST_PRACTICES} different practices.",
            where=f"practices: {offenders(names)}" + (f"; more than once: {offenders(twice)}" if twice else ""),
            allowed=f"2 to {MOST_PRACTICES} names of 0/1 columns",
            remedy="Name the practices that may support each other, such as in-house R&D and bought R&D.",
        )
    return names


def require_filled(codes: Integers, names: tuple[str, ...]) -> Integers:
    """Return rows by cell; every cell must have one.

    Raises
    ------
    DataError
        A combination of practices does not occur, so its restriction cannot be tested.
    """
    counts = np.bincount(codes, minlength=len(names))
    empty = [n for n, c in zip(names, counts, strict=True) if c == 0]
    if empty:
        shown = ", ".join(f"{n} {c}" for n, c in zip(names, counts, strict=True))
        raise DataError(
            f"No row has the combination {offenders(empty)}, so complementarity cannot be tested.",
            where=f"rows by combination: {shown}",
            allowed="at least one row in every combination of the practices",
            remedy="Leave out or merge a practice, or use more data.",
        )
    return np.asarray(counts, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Pair:
    """The inequalities of one pair of practices.

    Attributes
    ----------
    name : str
        ``make+buy``.
    labels : tuple of str
        Length m: ``make+buy``, or ``make+buy|mach=0`` with further practices held.
    matrix : ndarray, shape (m, 2^k)
        ``R``; row ``b11 - b10 - b01 + b00`` at one combination of the others.
    """

    name: str
    labels: tuple[str, ...]
    matrix: Array


def pairs(practices: Sequence[str]) -> tuple[Pair, ...]:
    """Return the inequalities of supermodularity for every pair of practices."""
    patterns = cell_patterns(len(practices))
    position = {tuple(row): i for i, row in enumerate(patterns.tolist())}
    found = []
    for i, j in combinations(range(len(practices)), 2):
        others = [m for m in range(len(practices)) if m not in (i, j)]
        rows, labels = [], []
        for held in product((0, 1), repeat=len(others)):
            row = np.zeros(len(patterns))
            for a, b in product((0, 1), repeat=2):
                values = dict(zip((i, j, *others), (a, b, *held), strict=True))
                row[position[tuple(values[m] for m in range(len(practices)))]] = 1.0 if a == b else -1.0
            rows.append(row)
            labels.append(",".join(f"{practices[m]}={v}" for m, v in zip(others, held, strict=True)))
        name = f"{practices[i]}+{practices[j]}"
        found.append(Pair(name, tuple(f"{name}|{t}" if t else name for t in labels), np.array(rows)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ConeTest:
    """Complementarity and substitutability of one pair, or of all.

    Attributes
    ----------
    name : str
    restrictions : int
    rank : int
        Restrictions that are independent of each other.
    values, covariance : ndarray, shape (m,) and (m, m)
        Estimates of the restricted quantities.
    complementarity, substitutability : float
        Distance statistics of the nulls "all >= 0" and "all <= 0".
    p_complementarity, p_substitutability : float
        Exact p-values (chi-bar-square), given the covariance; simulated beyond five restrictions.
    weights : ndarray, shape (m + 1,)
        Empty when the restrictions depend on each other.
    """

    name: str
    restrictions: int
    rank: int
    values: Array
    covariance: Array
    complementarity: float
    substitutability: float
    p_complementarity: float
    p_substitutability: float
    weights: Array

    def verdict(self, level: float = 0.05) -> str:
        """Return what both tests together say."""
        against = self.p_complementarity < level
        for_it = self.p_substitutability < level
        if against and for_it:
            return "mixed"
        return "substitutes" if against else "complements" if for_it else "undecided"


def pair_test(pair: Pair, cells: Array, covariance: Array, draws: int, seed: int) -> ConeTest:
    """Test one pair by the distance statistic of Kodde and Palm (1986).

    Parameters
    ----------
    pair : Pair
    cells, covariance : ndarray, shape (2^k,) and (2^k, 2^k)
        Coefficients of the cells.
    draws, seed : int
        Of simulated weights.
    """
    g = pair.matrix @ cells
    v = pair.matrix @ covariance @ pair.matrix.T
    weights = chi_bar_weights(v, draws=draws, seed=seed)
    up, down = distance(g, v).statistic, distance(-g, v).statistic
    m = len(g)
    return ConeTest(pair.name, m, m, g, v, up, down, chi_bar_sf(up, weights), chi_bar_sf(down, weights), weights)


def joint_test(every: Sequence[Pair], cells: Array, covariance: Array, draws: int, seed: int) -> ConeTest:
    """Test supermodularity in all practices at once; restrictions of several pairs depend, so p is simulated."""
    matrix = np.vstack([p.matrix for p in every])
    rank = int(np.linalg.matrix_rank(matrix))
    onto = np.linalg.svd(matrix, full_matrices=False).Vh[:rank]
    g, v, r = onto @ cells, onto @ covariance @ onto.T, matrix @ onto.T
    up, down = distance(g, v, r).statistic, distance(g, v, -r).statistic
    root = np.linalg.cholesky(v)
    z = np.random.default_rng(seed).standard_normal((draws, rank)) @ root.T
    null = np.array([distance(row, v, r).statistic for row in z])
    tolerance = 1e-9
    p_up, p_down = (1.0 if s <= tolerance else float(np.mean(null >= s)) for s in (up, down))
    nothing = np.zeros(0)
    values, full = matrix @ cells, matrix @ covariance @ matrix.T
    return ConeTest("all practices", len(matrix), rank, values, full, up, down, p_up, p_down, nothing)


def one_sided(value: float, error: float, degrees: float) -> tuple[float, float, float]:
    """Return t and the one-sided p-values of "strictly complements" and "strictly substitutes"."""
    t = value / error
    return t, float(t_sf(t, degrees)), float(t_cdf(t, degrees))
