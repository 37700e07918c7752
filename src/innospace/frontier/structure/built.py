"""A model on its data, ready to be estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.frontier.densities.base import Array
from innospace.frontier.structure.arrays import Layout
from innospace.frontier.structure.search import Edge, Likelihood

Settle = Callable[[Array], tuple[Array, NDArray[np.int64]]]


@dataclass(frozen=True)
class Built:
    """A model on its data; ``theta`` below is in standardised units.

    Attributes
    ----------
    likelihood : Likelihood
    layout : Layout
        Names, and the way to the units of the data.
    starts : list of ndarray, shape (p,)
    limits : list of (Edge, ndarray)
        Limits of the model that are always held against a maximum inside, with a start for each.
    settle : callable
        ``theta -> (theta, places)``: brings the classes into their order; ``places`` says where each parameter stood.
    shift : float
        What the log-likelihood loses in the units of the data.
    rows : callable
        ``(theta, level) -> columns``, shape (n,) each: efficiency and what else is said of a row.
    numbers : callable
        ``theta -> numbers`` by name: scales and shares, in the units of the data.
    checks : callable
        ``theta -> checks`` of this model.
    """

    likelihood: Likelihood
    layout: Layout
    starts: list[Array]
    limits: list[tuple[Edge, Array]]
    settle: Settle
    shift: float
    rows: Callable[[Array, float], dict[str, Array]]
    numbers: Callable[[Array], dict[str, float]]
    checks: Callable[[Array], tuple[Check, ...]]


def as_it_is(theta: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return ``theta`` unchanged: a model without an order of classes."""
    return theta, np.arange(len(theta))
