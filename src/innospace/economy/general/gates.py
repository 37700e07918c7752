"""Gates of a solved model: conditions, Walras, accounts, the numeraire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.checks import Check
from innospace.economy.general.accounts import accounts
from innospace.economy.general.comparison import unsolved
from innospace.economy.general.macro_countries import gap as country_gap
from innospace.economy.general.policy import REACHED
from innospace.economy.general.result import Equilibrium

if TYPE_CHECKING:
    from innospace.economy.general.study_result import EquilibriumResult

SOLVED = 1e-8
"""Largest residual of a condition, relative to its size in the benchmark; solvers stop below 1e-10."""
BALANCED = 1e-8
"""Imbalance of an account relative to the largest one."""
UNITS = 10.0
"""Factor on the numeraire that no quantity may feel."""


def gates(solutions: Mapping[str, Equilibrium]) -> tuple[Check, ...]:
    """Return the gates of every solution, by name of its scenario."""
    return tuple(check for name, found in solutions.items() for check in _gates(name, found))


ADDING = 1e-9
"""How far contributions may sum from the whole effect, percent of spending; solutions are that exact."""


ADDED = 1e-7
"""The same for channels, whose last part is solved from another start."""


def gates_again(result: EquilibriumResult) -> tuple[Check, ...]:
    """Return whether macroeconomic accounts and contributions add up, and whether what was solved again was found."""
    found = []
    for name, accounts_of in result.macro.items():
        meaning = "Largest gap between product by expenditure and by income, receipts and outlays, trade and finance."
        remedy = "The point is no equilibrium: make the shock smaller, or solve with another route."
        gap = max(accounts_of.gap, country_gap(accounts_of))
        found.append(Check.at_most(f"macro.{name}", gap, BALANCED, meaning, remedy))
    for name, solution in result.solutions.items():
        if solution.others:
            points = [replace(solution, unknowns=v, others=()) for v in solution.others]
            meaning = f"Largest residual of a condition in any of the {len(points)} further equilibria."
            remedy = "A point is no equilibrium: search from other starts."
            found.append(Check.at_most(f"equilibria.{name}", max(p.residual for p in points), SOLVED, meaning, remedy))
    if result.decomposition is not None:
        whole = result.welfare.set_index(["scenario", "agent"])["ev_percent"]
        summed = result.decomposition.groupby(["scenario", "agent"])["in_turn"].sum()
        gap = float((summed - whole.loc[summed.index]).abs().max())
        meaning = (
            "Do contributions by shock add up to the effect of the scenario? Percent of spending, the largest gap."
        )
        found.append(Check.at_most("decomposition", gap, ADDING, meaning, "Contributions add up by construction."))
    if result.channels is not None:
        whole = result.welfare.set_index(["scenario", "agent"])["ev_percent"]
        summed = result.channels.groupby(["scenario", "agent"])["shapley"].sum()
        gap = float((summed - whole.loc[summed.index]).abs().max())
        meaning = "Do rest and channels add up to the effect of the scenario? Percent of spending, the largest gap."
        found.append(
            Check.at_most("channels", gap, ADDED, meaning, "The equilibrium with all channels is another one.")
        )
    if result.closures is not None:
        meaning = "Part of the scenarios under other closures that have no solution."
        remedy = "Make the shock smaller, or leave the closure out."
        found.append(Check.at_most("closures", unsolved(result.closures), 0.0, meaning, remedy))
    if result.path is not None:
        meaning = "Part of the years of the baseline and of scenarios that have no solution."
        remedy = "Make the shock smaller, or take fewer years."
        missing = float(result.path["consumption"].isna().mean())
        found.append(Check.at_most("years", missing, 0.0, meaning, remedy))
    if result.sensitivity is not None:
        missing = float(result.sensitivity["ev_percent"].isna().mean())
        meaning = "Part of the solutions at other assumptions that were not found."
        remedy = "Make the spread of the assumptions smaller: means leave out what has no solution."
        found.append(Check.at_most("sensitivity", missing, 0.0, meaning, remedy))
    if result.mix is not None:
        m = result.mix
        meaning = f"{m.target} under the mix of levers, percent, held against the aim of the search."
        remedy = "Raise the budget or the limits of levers, add levers, or lower the aim."
        found.append(Check.at_least("mix", m.reached, m.aim - REACHED, meaning, remedy))
    return tuple(found)


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
