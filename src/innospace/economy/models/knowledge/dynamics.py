"""Recursive dynamics: years are solved in turn; capital, knowledge stocks, deposits and loans are carried over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import StatusCode
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.scenario import Scenario
from innospace.economy.solve import YearSolution, solve_year

Array = NDArray[np.float64]
BASELINE = Scenario("baseline", "Baseline", "Nothing changes but what comes from outside.")
STOCK_NAMES = {"Z": "knowledge_stock", "R": "training_stock", "N": "innovation_stock"}


@dataclass(frozen=True)
class Path:
    """A scenario solved year by year.

    Attributes
    ----------
    years : tuple of int
        Years that were solved: fewer than asked for when one failed.
    levels : ndarray, shape (years, unknowns)
    parameters : ndarray, shape (years, parameters)
        States filled in.
    reported : ndarray, shape (years, reported)
    iterations : tuple of int
    failure : YearSolution or None
        Of the year after the last solved one.
    """

    scenario: Scenario
    years: tuple[int, ...]
    levels: Array
    parameters: Array
    reported: Array
    iterations: tuple[int, ...]
    failure: YearSolution | None = None


class Indices:
    """Columns of unknowns and parameters that the transition touches, looked up once."""

    def __init__(self, model: KnowledgeModel) -> None:
        u, p = model.system.position, model.system.input_position

        def at(table: object, name: str, labels: tuple[str, ...]) -> NDArray[np.int64]:
            return np.array([table[f"{name}.{x}"] for x in labels])  # type: ignore[index]

        self.capital, self.before = at(p, "capital", k.PRODUCERS), at(p, "capital_before", k.PRODUCERS)
        self.investment = np.array([u[f"D.{i}.i1"] for i in k.PRODUCERS])
        self.price = p["invest_price_base"]
        self.stocks = {s: at(p, STOCK_NAMES[s], k.PRODUCERS) for s in k.KNOWLEDGE}
        self.flows = {s: np.array([u[f"D.{i}.{x}"] for i in k.PRODUCERS]) for s, x in k.KNOWLEDGE.items()}
        self.deposits, self.deposits_before = at(u, "Dep", k.DEPOSITORS), at(p, "deposits_before", k.DEPOSITORS)
        self.loans, self.loans_before = at(u, "Loan", k.PRODUCERS), at(p, "loans_before", k.PRODUCERS)


def next_stock(kind: str, stock: Array, flow_ratio: Array, depreciation: float, growth: float) -> Array:
    """Return a knowledge stock after a year, in units of the base-year flow.

    ``cumulative``: ``Z + f``; ``lag``: ``f - 1``; ``perpetual_inventory``: ``(1 - d) Z + f - d / (g + d)``, the
    stock less its base level ``1 / (g + d)``.

    Parameters
    ----------
    kind : str
    stock, flow_ratio : ndarray, shape (producers,)
        ``f`` is real spending relative to the base year.
    depreciation, growth : float
        Of the perpetual inventory.
    """
    if kind == "cumulative":
        return stock + flow_ratio
    if kind == "lag":
        return flow_ratio - 1.0
    return (1.0 - depreciation) * stock + flow_ratio - depreciation / (growth + depreciation)


def carry_over(model: KnowledgeModel, at: Indices, levels: Array, p: Array, following: Array, base: Array) -> None:
    """Write the states of the following year into its parameters."""
    spec = model.spec
    following[at.before] = p[at.capital]
    invested = p[at.price] * levels[at.investment]
    following[at.capital] = (1.0 - spec.depreciation) * p[at.capital] + invested
    for stock, columns in at.stocks.items():
        flow = levels[at.flows[stock]] / base[at.flows[stock]]
        following[columns] = next_stock(
            model.closure.knowledge, p[columns], flow, spec.knowledge_depreciation, spec.knowledge_growth
        )
    following[at.deposits_before] = levels[at.deposits]
    following[at.loans_before] = levels[at.loans]


def solve_path(
    model: KnowledgeModel, scenario: Scenario | None = None, *, part: float = 1.0, money: float = 1.0
) -> Path:
    """Solve a scenario from the base year to the last year.

    Parameters
    ----------
    model : KnowledgeModel
    scenario : Scenario, optional
        The baseline when not given.
    part : float
        Part of the scenario's change of parameters that is applied.
    money : float
        Factor on money and on opening deposits and loans; real quantities must not depend on it.

    Returns
    -------
    Path
        Ends before the first year that has no solution; see ``failure``.
    """
    system, at = model.system, Indices(model)
    chosen = scenario or BASELINE
    paths = model.paths(chosen)
    if part != 1.0:
        plain = model.paths()
        paths = plain + part * (paths - plain)
    paths = paths * money**system.input_degree
    start = system.to_x(system.to_levels(model.base_x) * money**system.degree)
    xs: list[Array] = []
    levels: list[Array] = []
    reports: list[Array] = []
    iterations: list[int] = []
    failure = None
    for t in range(len(model.years)):
        p = paths[t]
        known = (xs[-1], paths[t - 1]) if xs else None
        found = solve_year(system, p, _guess(start, xs), known)
        if found.code is not StatusCode.CONVERGED:
            failure = found
            break
        xs.append(found.x)
        levels.append(system.to_levels(found.x))
        # from the levels that are stored, so that a path read back is the same to the last bit
        reports.append(system.report(system.to_x(levels[-1]), p))
        iterations.append(found.iterations)
        if t + 1 < len(paths):
            carry_over(model, at, levels[-1], p, paths[t + 1], levels[0])
    count = len(xs)
    return Path(
        chosen,
        model.years[:count],
        np.array(levels).reshape(count, system.size),
        paths[:count],
        np.array(reports).reshape(count, len(system.reported)),
        tuple(iterations),
        failure,
    )


def largest_feasible_part(model: KnowledgeModel, scenario: Scenario, rounds: int = 10) -> float:
    """Return the largest part of a scenario's shocks for which every year has a solution, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(rounds):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if solve_path(model, scenario, part=middle).failure is None else (low, middle)
    return low


def _guess(start: Array, xs: list[Array]) -> Array:
    """Extrapolate the last two years; start from the base year when there are none."""
    if not xs:
        return start
    return 2.0 * xs[-1] - xs[-2] if len(xs) > 1 else xs[-1]
