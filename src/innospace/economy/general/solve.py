"""Solve a general equilibrium: full Newton with sparse derivatives, block elimination, or complementarity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.labels import require_known
from innospace.core.status import Status, StatusCode
from innospace.economy.general.calibrate import flatten
from innospace.economy.general.closure import require_determined
from innospace.economy.general.compiled import Economy
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec
from innospace.economy.solve import YearSolution, solve_year
from innospace.numerics.newton import TOLERANCE

Array = NDArray[np.float64]
ROUTES = ("newton", "block", "complementarity")


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


def compile_spec(spec: Spec) -> Economy:
    """Return a spec as arrays, after checks that its equations determine its unknowns.

    Raises
    ------
    SpecError, DataError
    """
    require_determined(spec)
    arrays, parameters = flatten(spec)
    return Economy(spec, arrays, parameters)


def solve(
    economy: Economy,
    p: Array | None = None,
    *,
    start: Array | None = None,
    known: tuple[Array, Array] | None = None,
    route: str = "",
    tolerance: float = TOLERANCE,
) -> Equilibrium:
    """Find the equilibrium at parameters ``p``.

    Parameters
    ----------
    economy : Economy
        See :func:`compile_spec`.
    p : ndarray, optional
        Parameters; the benchmark's when not given.
    start : ndarray, optional
        Unknowns to start from; the benchmark when not given.
    known : tuple of ndarray, optional
        Unknowns and parameters of a solved case: homotopy goes from there when Newton fails. The benchmark when the
        model has one.
    route : str
        ``newton``, ``block`` or ``complementarity``; the model decides when empty.

    Returns
    -------
    Equilibrium
        Its status says whether a solution was found, and which condition is missed by how much if not.
    """
    require_known([route], ("", *ROUTES), kind="route")
    p = economy.parameters.values if p is None else p
    if route == "block":
        from innospace.economy.general.blocks import solve_blocks

        return solve_blocks(economy, p, tolerance=tolerance)
    if route == "complementarity" or (not route and economy.complementary):
        from innospace.economy.general.mcp import solve_complementarity

        return solve_complementarity(economy, p, start=start, tolerance=tolerance)
    coordinates = Coordinates(economy)
    first = economy.benchmark if start is None else start
    x = coordinates.to_x(first)
    if known is None and economy.has_benchmark:
        known = (economy.benchmark, economy.parameters.values)
    path = None if known is None else (coordinates.to_x(known[0]), known[1])
    found = solve_year(coordinates, p, x, path, tolerance)
    if found.code is not StatusCode.CONVERGED and known is None and not route:
        from innospace.economy.general.mcp import solve_complementarity

        return solve_complementarity(economy, p, start=start, tolerance=tolerance)
    return Equilibrium(economy, p, coordinates.to_v(found.x), _status(found), "newton")


def _status(found: YearSolution) -> Status:
    numbers = {"iterations": float(found.iterations), "reached": found.reached, "residual": found.residual}
    if found.code is StatusCode.CONVERGED:
        return Status(found.code, f"Solved in {found.iterations} Newton steps.", numbers=numbers)
    return Status(
        found.code,
        f"No solution was found: {found.worst} is missed by {found.residual:.3g}; {100 * found.reached:.0f} % of the "
        "change of parameters was solved.",
        "Make the shock smaller, start from another solution, or solve with complementarity if something shuts down.",
        numbers=numbers,
    )
