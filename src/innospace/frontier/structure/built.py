"""A model on its data, ready to be estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.frontier.densities.base import Array
from innospace.frontier.hypothesis_tests import TestResult, mixed_chi2_sf
from innospace.frontier.structure.arrays import Layout
from innospace.frontier.structure.search import Edge, Likelihood, climb
from innospace.numerics.tails import chi2_sf

Tests = Callable[[float, float], tuple[TestResult, ...]]
Settle = Callable[[Array], tuple[Array, NDArray[np.int64]]]
Match = Callable[[Array, Array], tuple[Array, NDArray[np.int64]]]


@dataclass(frozen=True)
class Built:
    """A model on its data; ``theta`` below is in standardised units.

    Attributes
    ----------
    likelihood : Likelihood
    layout : Layout
        Names, and the way to the units of the data.
    propose : callable
        Gives :attr:`starts`, which some models take long to make.
    limits : list of (Edge, ndarray)
        Limits of the model that are always held against a maximum inside, with a start for each.
    settle : callable
        ``theta -> (theta, places)``: brings the classes into their order; ``places`` says where each parameter stood.
    match : callable or None
        ``(theta, other) -> (theta, places)``: gives the classes the labels that they have at another point; None where
        ``settle`` is enough to tell them apart.
    shift : float
        What the log-likelihood loses in the units of the data.
    rows : callable
        ``(theta, level) -> columns``, shape (n,) each: efficiency and what else is said of a row.
    numbers : callable
        ``theta -> numbers`` by name: scales and shares, in the units of the data.
    checks : callable
        ``theta -> checks`` of this model.
    tests : callable
        ``(maximum, unit) -> tests``; likelihood ratios are multiplied by ``unit``, the mean weight.
    """

    likelihood: Likelihood
    layout: Layout
    propose: Callable[[], list[Array]]
    limits: list[tuple[Edge, Array]]
    settle: Settle
    shift: float
    rows: Callable[[Array, float], dict[str, Array]]
    numbers: Callable[[Array], dict[str, float]]
    checks: Callable[[Array], tuple[Check, ...]]
    tests: Tests
    match: Match | None = None

    @cached_property
    def starts(self) -> list[Array]:
        """Starts of the search, shape (p,) each."""
        return self.propose()

    def matched(self, theta: Array, other: Array | None) -> tuple[Array, NDArray[np.int64]]:
        """Return ``theta`` with the labels of classes at ``other``, and where each parameter stood."""
        return self.settle(theta) if self.match is None or other is None else self.match(theta, other)


def as_it_is(theta: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return ``theta`` unchanged: a model without an order of classes."""
    return theta, np.arange(len(theta))


def limit_tests(
    likelihood: Likelihood,
    starts: list[Array],
    limits: list[tuple[Edge, Array]],
    restriction: tuple[str, str, NDArray[np.int64]],
) -> Tests:
    """Return likelihood ratios against no inefficiency (mixed chi-square) and against coefficients of zero.

    Parameters
    ----------
    likelihood : Likelihood
    starts : list of ndarray
    limits : list of (Edge, ndarray)
        The limit without inefficiency.
    restriction : tuple
        Name of the test, null in words, and where the coefficients stand.
    """
    name, null, places = restriction

    def tests(value: float, unit: float) -> tuple[TestResult, ...]:
        edge, start = limits[0]
        without = climb(likelihood, start, edge).optimum.value
        held = Edge("", {int(j): 0.0 for j in places})
        # a limit met on the way keeps the restriction: its parameters are held as well
        null_value = max(climb(likelihood, s, held).optimum.value for s in starts[:2])
        null_value = max(null_value, climb(likelihood, start, Edge("", {**edge.pins, **held.pins})).optimum.value)
        statistic = max(0.0, 2.0 * unit * (value - without))
        ratio = max(0.0, 2.0 * unit * (value - null_value))
        df, extra = len(places), len(edge.pins)
        law = f"chi2({extra - 1})/2 + chi2({extra})/2"
        return (
            TestResult("no_inefficiency", statistic, mixed_chi2_sf(statistic, extra), law, "sigma_u = 0"),
            TestResult(name, ratio, float(chi2_sf(ratio, df)), f"chi2({df})", null),
        )

    return tests
