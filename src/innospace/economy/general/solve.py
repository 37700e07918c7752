"""Solve a general equilibrium: full Newton with sparse derivatives, block elimination, or complementarity."""

from __future__ import annotations

import gc

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError
from innospace.core.labels import require_known
from innospace.core.status import Status, StatusCode
from innospace.economy.general.blocks import obstacles, solve_blocks
from innospace.economy.general.calibrate import flatten
from innospace.economy.general.closure import require_determined
from innospace.economy.general.compiled import Economy
from innospace.economy.general.coordinates import Coordinates
from innospace.economy.general.mcp import solve_complementarity
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec
from innospace.economy.solve import YearSolution, solve_year
from innospace.numerics.newton import TOLERANCE

Array = NDArray[np.float64]
LARGE = 5_000
"""Unknowns above which the factors of a full matrix of derivatives fill up: elimination is faster."""
LARGEST = 40_000
"""Unknowns above which they do not fit into memory."""
ROUTES = ("newton", "block", "complementarity")


def compile_spec(spec: Spec) -> Economy:
    """Return a spec as arrays, after checks that its equations determine its unknowns.

    Raises
    ------
    SpecError, DataError
    """
    require_determined(spec)
    # thousands of names and places are made, and all are kept: a collection would walk all objects and find nothing
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Economy(spec, *flatten(spec))
    finally:
        if collecting:
            gc.enable()


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
        ``newton``, ``block`` or ``complementarity``; the model decides when empty: elimination of blocks where its
        structure allows it and there are more than :data:`LARGE` unknowns, Newton if that finds nothing.

    Returns
    -------
    Equilibrium
        Its status says whether a solution was found, and which condition is missed by how much if not.
    """
    require_known([route], ("", *ROUTES), kind="route")
    p = economy.parameters.values if p is None else p
    if route == "block":
        return solve_blocks(economy, p, tolerance=tolerance)
    if route == "complementarity" or (not route and economy.complementary):
        return solve_complementarity(economy, p, start=start, tolerance=tolerance)
    if not route and economy.layout.size > LARGE and not obstacles(economy):
        large = _eliminated(economy, p, tolerance)
        if large is not None:
            return large
    coordinates = Coordinates(economy)
    first = economy.benchmark if start is None else start
    x = coordinates.to_x(first)
    if known is None and economy.has_benchmark:
        known = (economy.benchmark, economy.parameters.values)
    path = None if known is None else (coordinates.to_x(known[0]), known[1])
    found = solve_year(coordinates, p, x, path, tolerance)
    if found.code is not StatusCode.CONVERGED and known is None and not route:
        return solve_complementarity(economy, p, start=start, tolerance=tolerance)
    return Equilibrium(economy, p, coordinates.to_v(found.x), _status(found), "newton")


def _eliminated(economy: Economy, p: Array, tolerance: float) -> Equilibrium | None:
    """Return the solution by blocks; None when there is none and Newton can still try."""
    try:
        found = solve_blocks(economy, p, tolerance=tolerance)
    except SolverError:
        if economy.layout.size > LARGEST:
            raise
        return None
    return found if found.status.converged or economy.layout.size > LARGEST else None


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
