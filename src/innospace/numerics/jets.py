"""Functions of a few variables by row, carried with their first and second derivatives (forward differentiation).

For densities whose arguments are long expressions of their parameters: sums, products and smooth functions of one
variable keep value, gradient and Hessian together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Jet:
    """A function of m variables at n points.

    Attributes
    ----------
    value : ndarray, shape (n,)
    first : ndarray, shape (n, m)
    second : ndarray, shape (n, m, m)
    """

    value: Array
    first: Array
    second: Array

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.first + other.first, self.second + other.second)

    def __mul__(self, other: Jet) -> Jet:
        a, b = self, other
        cross = a.first[:, :, None] * b.first[:, None, :]
        second = a.value[:, None, None] * b.second + b.value[:, None, None] * a.second + cross + cross.swapaxes(1, 2)
        return Jet(a.value * b.value, a.value[:, None] * b.first + b.value[:, None] * a.first, second)

    def times(self, number: float) -> Jet:
        """Return the function times a number."""
        return Jet(number * self.value, number * self.first, number * self.second)

    def through(self, value: Array, slope: Array, curvature: Array) -> Jet:
        """Return ``g(f)`` from ``g``, ``g'`` and ``g''`` at ``f``, shape (n,) each."""
        outer = self.first[:, :, None] * self.first[:, None, :]
        second = slope[:, None, None] * self.second + curvature[:, None, None] * outer
        return Jet(value, slope[:, None] * self.first, second)

    def exp(self) -> Jet:
        """Return ``exp(f)``."""
        e = np.exp(self.value)
        return self.through(e, e, e)

    def power(self, p: float) -> Jet:
        """Return ``f^p`` of a positive function."""
        f = self.value
        return self.through(f**p, p * f ** (p - 1.0), p * (p - 1.0) * f ** (p - 2.0))

    def log(self) -> Jet:
        """Return ``ln f`` of a positive function."""
        f = self.value
        return self.through(np.log(f), 1.0 / f, -1.0 / (f * f))


def variables(values: list[Array]) -> list[Jet]:
    """Return m variables at n points, shape (n,) each, as functions of themselves."""
    n, m = len(values[0]), len(values)
    found = []
    for j, value in enumerate(values):
        first = np.zeros((n, m))
        first[:, j] = 1.0
        found.append(Jet(np.asarray(value, dtype=np.float64), first, np.zeros((n, m, m))))
    return found
