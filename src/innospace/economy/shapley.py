"""Effects of several shocks taken apart: which parts are solved, and what each shock adds whatever the order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Part = tuple[int, ...]
MOST_SHAPLEY = 6
"""Shocks up to which every part of a scenario is solved: 64 solutions."""


def shapley(effects: Mapping[Part, Array], count: int) -> Array:
    """Return the mean of what each member adds over all orders, shape (count, measures).

    ``phi_i = sum_S |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))`` over the parts ``S`` without ``i``; Shapley (1953).

    Parameters
    ----------
    effects : mapping of tuple of int to ndarray, shape (measures,)
        Of every part, members in rising order; the empty part too.
    count : int
    """
    found = np.zeros((count, len(effects[()])))
    for i in range(count):
        others = [j for j in range(count) if j != i]
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for part in itertools.combinations(others, size):
                found[i] += weight * (effects[tuple(sorted((*part, i)))] - effects[part])
    return found


def parts_to_solve(count: int) -> list[Part]:
    """Return the parts of ``count`` shocks to solve: those in the order given first, then all others when few."""
    first: list[Part] = [tuple(range(i)) for i in range(1, count + 1)]
    if count > MOST_SHAPLEY:
        return first
    rest = [p for size in range(1, count) for p in itertools.combinations(range(count), size) if p not in first]
    return first + rest
