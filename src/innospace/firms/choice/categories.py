"""Columns of 0 and 1, and which of them are the levels of one category and so change together."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from innospace.firms.estimates import Array

_LEVEL = re.compile(r"(?P<category>C\(.*?\))\[(?:(?!\]:).)*\]")
"""Name of a level, ``C(size)[T.small]``, and of nothing that is multiplied with one."""


def is_dummy(column: Array) -> bool:
    """Whether a column holds 0 and 1, and both."""
    ones = column == 1.0
    return bool((ones | (column == 0.0)).all() and ones.any() and not ones.all())


def discrete_columns(x: Array, names: Sequence[str]) -> dict[int, list[int]]:
    """Return the columns of which a discrete change is told, each with the columns that are zero before it.

    A 0/1 column goes from 0 to 1. A level of a category goes from the base level to this one, so that the other
    levels of the category are zero as well (``margins, dydx(i.category)`` of Stata).

    Parameters
    ----------
    x : ndarray, shape (n, k)
    names : sequence of str
        Length k.

    Returns
    -------
    dict of int to list of int
        Levels of a category without a base level (a formula without constant) are left out.
    """
    groups: dict[str | int, list[int]] = {}
    for j, name in enumerate(names):
        level = _LEVEL.fullmatch(name)
        groups.setdefault(level["category"] if level else j, []).append(j)
    return {
        j: group
        for group in groups.values()
        for j in group
        if is_dummy(x[:, j]) and not (len(group) > 1 and bool(np.all(x[:, group].sum(axis=1) == 1.0)))
    }
