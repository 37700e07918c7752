"""An economy in the coordinates of solvers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.compiled import Economy

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coordinates:
    """An economy in the coordinates of the solver: logarithms of prices and levels, other unknowns by their size."""

    economy: Economy

    @cached_property
    def logarithmic(self) -> NDArray[np.bool_]:
        """Which unknowns are solved for in logarithms; nests are logarithms already."""
        lay, flags = self.economy.layout, np.zeros(self.economy.layout.size, dtype=bool)
        flags[lay.price] = flags[lay.level] = True
        for k, instrument in enumerate(self.economy.spec.instruments):
            flags[lay.instrument.start + k] = instrument.condition.kind == "wage_curve"
        return flags

    @cached_property
    def scale(self) -> Array:
        """Size of each unknown."""
        e, lay = self.economy, self.economy.layout
        size = np.ones(lay.size)
        size[lay.income] = e.income_size
        size[lay.transfer] = [e.income_size[e.agents[t.payer]] for t in e.spec.transfers]
        for k, i in enumerate(e.spec.instruments):
            if i.kind == "transfer":
                size[lay.instrument.start + k] = e.income_size[e.agents[e.spec.transfer(i.target).payer]]
        return size

    def to_x(self, v: Array) -> Array:
        """Return coordinates of unknowns."""
        with np.errstate(all="ignore"):
            return np.where(self.logarithmic, np.log(np.where(self.logarithmic, v, 1.0)), v / self.scale)

    def to_v(self, x: Array) -> Array:
        """Return unknowns."""
        with np.errstate(over="ignore"):
            return np.where(self.logarithmic, np.exp(np.where(self.logarithmic, x, 0.0)), x * self.scale)

    def residual(self, x: Array, p: Array) -> Array:
        """Return residuals, shape (n,)."""
        with np.errstate(all="ignore"):
            return self.economy.evaluate(self.to_v(x), p, derivatives=False)[0]

    def evaluate(self, x: Array, p: Array) -> tuple[Array, Any]:
        """Return residuals and derivatives by the coordinates, sparse."""
        v = self.to_v(x)
        with np.errstate(all="ignore"):
            f, jacobian = self.economy.evaluate(v, p)
        slope = np.where(self.logarithmic, v, self.scale)
        jacobian.data *= np.repeat(slope, np.diff(jacobian.indptr))
        return f, jacobian

    def equation_of(self, index: int) -> str:
        """Return the name of an equation."""
        return self.economy.equation_of(index)
