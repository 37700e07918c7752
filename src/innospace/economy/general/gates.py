"""Gates of a solved model: conditions, Walras, accounts, the numeraire."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from innospace.core.checks import Check
from innospace.economy.general.accounts import accounts
from innospace.economy.general.result import Equilibrium

SOLVED = 1e-8
"""Largest residual of a condition, relative to its size in the benchmark; solvers stop below 1e-10."""
BALANCED = 1e-8
"""Imbalance of an account relative to the largest one."""
UNITS = 10.0
"""Factor on the numeraire that no quantity may feel."""


def gates(solutions: Mapping[str, Equilibrium]) -> tuple[Check, ...]:
    """Return the gates of every solution, by name of its scenario."""
    return tuple(check for name, found in solutions.items() for check in _gates(name, found))


def _gates(name: str, found: Equilibrium) -> list[Check]:
    matrix = accounts(found).to_numpy()
    gap = float(np.max(np.abs(matrix.sum(axis=0) - matrix.sum(axis=1))) / np.max(np.abs(matrix.sum(axis=0))))
    remedy = "The point is no equilibrium: make the shock smaller, or solve with another route."
    return [
        Check.at_most(
            f"conditions.{name}",
            found.residual,
            SOLVED,
            "Largest residual of zero profit, market clearance, income and other conditions, relative to their sizes.",
            remedy,
        ),
        Check.at_most(
            f"walras.{name}", found.walras, SOLVED, "Excess supply of the market that the numeraire leaves out.", remedy
        ),
        Check.at_most(
            f"accounts.{name}",
            gap,
            BALANCED,
            "Largest gap between receipts and payments of an account of the matrix of the solution.",
            remedy,
        ),
        Check.at_most(
            f"numeraire.{name}",
            homogeneity(found) - found.residual,
            SOLVED,
            f"What conditions miss when all prices and money are multiplied by {UNITS:g}: nothing real may change.",
            "A transfer or a condition is fixed in units that are not those of the numeraire.",
        ),
    ]


def homogeneity(found: Equilibrium) -> float:
    """Return the largest residual when prices, money and the numeraire are :data:`UNITS` times as large."""
    e = found.economy
    v, p = found.unknowns.copy(), found.parameters.copy()
    for part in (e.layout.price, e.layout.income, e.layout.transfer):
        v[part] *= UNITS
    v[e.layout.node_price] += np.log(UNITS)
    for k, _ in e.of_kind("transfer"):
        v[e.layout.instrument][k] *= UNITS
    p[e.parameters.position["unit"]] *= UNITS
    return Equilibrium(e, p, v, found.status, found.route).residual
