"""Years in turn: each is an equilibrium at parameters that follow from the years before it (recursive dynamics)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.compiled import Economy
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.solve import solve

Array = NDArray[np.float64]
Forward = Callable[[int, Equilibrium], Array]
"""Number of the year and its equilibrium -> parameters of the next year."""


def solve_years(
    economy: Economy, p: Array, years: int, forward: Forward, *, route: str = ""
) -> tuple[Equilibrium, ...]:
    """Solve year after year; each starts from the one before.

    Parameters
    ----------
    economy : Economy
    p : ndarray
        Parameters of the first year.
    years : int
        Their number.
    forward : callable
        Moves stocks; see :data:`Forward`. It is not called after the last year.
    route : str
        See :func:`innospace.economy.general.solve.solve`.

    Returns
    -------
    tuple of Equilibrium
        Up to the last year, or to the first that has no solution.
    """
    found: list[Equilibrium] = []
    start, known = economy.benchmark, None
    for year in range(years):
        this = solve(economy, p, start=start, known=known, route=route)
        found.append(this)
        if not this.status.converged or year == years - 1:
            break
        start, known = this.unknowns, (this.unknowns, this.parameters)
        p = forward(year, this)
    return tuple(found)
