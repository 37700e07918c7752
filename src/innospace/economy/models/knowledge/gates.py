"""Gates of the field: what must hold before a result may be used. They travel with every result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.status import StatusCode
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import Path, solve_path
from innospace.economy.models.knowledge.model import EXCESS, KnowledgeModel
from innospace.economy.models.knowledge.recalculation import recalculate
from innospace.economy.system import System

Array = NDArray[np.float64]
BASE_TOLERANCE = 1e-10
BALANCE_TOLERANCE = 1e-9
"""Of gross regional product: the matrix of every year balances, the market left out clears."""
REAL_TOLERANCE = 1e-8
"""Two solvers agree, and money changes no quantity, up to this relative difference."""
LEAST_BUDGET = 0.2
"""Scale of the authorities' flexible items below which their budget counts as exhausted."""
RUNNING_OUT = 0.5
"""Scale below which the authorities' budget is named as a likely cause of a year without a solution."""
EXPLOSION = 0.5
"""Largest sum of knowledge coefficients times years. Stocks that feed on their own output grow like 1 / (1 - G t)."""


def gates(model: KnowledgeModel, paths: Mapping[str, Path]) -> tuple[Check, ...]:
    """Return every gate of a solved set of scenarios; the first one is the baseline."""
    found = [base_year(model), explosion(model)]
    for name, path in paths.items():
        found += scenario_gates(model, name, path)
    found += solvers_agree(model, {name: path for name, path in paths.items() if path.failure is None})
    baseline = next(iter(paths.values()))
    if baseline.failure is None:
        found += [
            neutrality(model, baseline, 10.0, "homogeneity"),
            neutrality(model, baseline, 2.0, "money_neutrality"),
        ]
    return tuple(found)


def base_year(model: KnowledgeModel) -> Check:
    """Return whether the calibrated base year solves the equations with zero iterations."""
    residual = model.system.residual(model.base_x, model.base_p)
    worst = model.system.equation_of(int(np.argmax(np.abs(residual))))
    return Check.at_most(
        "base_year_replication",
        float(np.max(np.abs(residual))),
        BASE_TOLERANCE,
        f"Largest residual of the base year before any iteration, relative to the size of its equation ({worst}).",
        "The matrix, the controls and the calibration do not belong together: rebuild the matrix from the controls.",
    )


def explosion(model: KnowledgeModel) -> Check:
    """Return whether no producer's knowledge can feed on itself to infinity within the years of the study."""
    spec, years = model.spec, len(model.years) - 1
    sums = {i: spec.alpha[i] + spec.beta[i] + spec.gamma[i] for i in k.PRODUCERS}
    agent = max(sums, key=lambda i: sums[i])
    value = sums[agent] * years if model.closure.knowledge == "cumulative" else 0.0
    return Check.at_most(
        "no_explosion",
        value,
        EXPLOSION,
        f"Sum of knowledge coefficients times {years} years, largest for {k.AGENT_TITLES[agent].lower()}: stocks that "
        "build on their own output grow without bound when it reaches one (cumulative stocks only).",
        f"Lower alpha, beta or gamma of {agent}, or use knowledge = perpetual_inventory.",
    )


def imbalance(model: KnowledgeModel, path: Path) -> Array:
    """Return the largest difference of row and column sums of the accounts by year, of GRP, shape (years,)."""
    cells = [name.split("|") for name in model.system.reported if "|" in name]
    columns = [j for j, name in enumerate(model.system.reported) if "|" in name]
    accounts = {a: n for n, a in enumerate(k.ACCOUNTS)}
    signs = np.zeros((len(accounts), len(cells)))
    for j, (row, column) in enumerate(cells):
        signs[accounts[row], j] += 1.0
        signs[accounts[column], j] -= 1.0
    nominal = path.levels[:, model.system.position["GRP"]]
    return np.asarray(np.max(np.abs(path.reported[:, columns] @ signs.T), axis=1) / nominal)


def scenario_gates(model: KnowledgeModel, name: str, path: Path) -> list[Check]:
    """Return the gates of one scenario: solved, balanced, Walras, positive, a budget left, a market part left."""
    system = model.system
    solved = Check.at_least(
        f"{name}.years_solved",
        float(len(path.years)),
        float(len(model.years)),
        "Years that have a solution.",
        " ".join(failure_text(model, path)),
    )
    if not path.years:
        return [solved]
    levels, nominal = path.levels, path.levels[:, system.position["GRP"]]
    excess = path.reported[:, system.reported.index(EXCESS)] / nominal
    budget = levels[:, system.position["lam.authorities"]]
    low = int(np.argmin(budget))
    parts = np.array([levels[:, system.position[f"V.{i}"]] / levels[:, system.position[f"Y.{i}"]] for i in k.PRODUCERS])
    thin, when = np.unravel_index(int(np.argmin(parts)), parts.shape)
    return [
        solved,
        Check.at_most(
            f"{name}.accounts_balance",
            float(np.max(imbalance(model, path))),
            BALANCE_TOLERANCE,
            "Largest difference between receipts and payments of an account in any year, of gross regional product.",
        ),
        Check.at_most(
            f"{name}.walras",
            float(np.max(np.abs(excess))),
            BALANCE_TOLERANCE,
            "Excess demand in the market that is left out of the equations (c1), largest of all years, of gross "
            "regional product: it must clear by itself.",
        ),
        Check.at_least(
            f"{name}.nothing_negative",
            float(np.min(np.where(system.positive, levels, levels / nominal[:, None])[:, _signed(system)])),
            -BALANCE_TOLERANCE,
            "Smallest price, quantity, budget, tax, deposit or loan of any year (money relative to gross regional "
            "product); profit tax and relief alone may be negative, when there is a loss.",
            "A negative tax or deposit comes from a negative cell of the matrix or from a shock: look at its rate.",
        ),
        Check.at_least(
            f"{name}.authorities_budget",
            float(budget[low]),
            LEAST_BUDGET,
            f"Scale of the authorities' flexible items (social payments, subsidies), lowest in {path.years[low]}: "
            "purchases at set prices come first.",
            f"The budget of the authorities is nearly exhausted in {path.years[low]}: make the shock smaller, or use "
            "set_price_supply = state_order.",
        ),
        Check.at_least(
            f"{name}.market_part",
            float(parts[thin, when]),
            0.01,
            f"Smallest part of output that is left for markets: {k.AGENT_TITLES[k.PRODUCERS[thin]].lower()} in "
            f"{path.years[when]}.",
            "Orders at set prices take nearly all output of this producer: order less.",
        ),
    ]


def _signed(system: System) -> NDArray[np.bool_]:
    """Return the unknowns that must not be negative, shape (n,)."""
    return np.array([name.split(".")[0] not in ("Tprof", "Treb") for name in system.unknowns])


def failure_text(model: KnowledgeModel, path: Path) -> tuple[str, str]:
    """Return which market failed and by how much, and what to try; empty when every year was solved."""
    if path.failure is None:
        return "", ""
    f, last = path.failure, path.years[-1] if path.years else None
    year = f"{last + 1}" if last is not None else "the base year"
    what = (
        f"No solution in {year}: {f.worst} misses by {f.residual:.2g} of its size after {100 * f.reached:.0f} % of the "
        "change from the year before."
    )
    left = path.levels[-1, model.system.position["lam.authorities"]] if last is not None else 1.0
    if left < RUNNING_OUT:
        what += f" Purchases at set prices had left the authorities {100 * left:.0f} % of their other items in {last}."
    if not path.scenario.shocks:
        return what, "The baseline itself fails: look at knowledge coefficients, growth rates and the closure."
    return what, "Make the shock smaller, spread it over years, or change the closure."


def solvers_agree(model: KnowledgeModel, paths: Mapping[str, Path]) -> list[Check]:
    """Return whether iterative recalculation reaches the same numbers in every year, starting from the year before.

    All years of all scenarios are recalculated at once: given Newton's levels of the year before, each stands alone.
    """
    long = {name: path for name, path in paths.items() if len(path.years) > 1}
    if not long:
        return []
    parameters = np.concatenate([path.parameters[1 : len(path.years)] for path in long.values()])
    before = np.concatenate([path.levels[: len(path.years) - 1] for path in long.values()])
    found = recalculate(model.system, model.closure, parameters, before)
    ends = np.cumsum([len(path.years) - 1 for path in long.values()])
    checks = []
    for (name, path), end in zip(long.items(), ends, strict=True):
        own = slice(int(end) - len(path.years) + 1, int(end))
        checks.append(_agreement(model, name, path, found.codes[own], found.levels[own], int(found.steps[own].sum())))
    return checks


def _agreement(
    model: KnowledgeModel, name: str, path: Path, codes: Sequence[StatusCode], levels: Array, steps: int
) -> Check:
    newton, years = path.levels[1 : len(path.years)], path.years[1:]
    money = newton[:, [model.system.position["GRP"]]]
    scale = np.where(model.system.positive, np.abs(newton), money)
    differences = np.max(np.abs(levels - newton) / scale, axis=1)
    unsettled = next((t for t, code in enumerate(codes) if code is not StatusCode.CONVERGED), None)
    when = int(np.argmax(differences)) if unsettled is None else unsettled
    settled = "" if unsettled is None else f" Recalculation did not settle in {years[when]}."
    return Check.at_most(
        f"{name}.solvers_agree",
        float(differences[when]) if unsettled is None else float("inf"),
        REAL_TOLERANCE,
        f"Largest relative difference between Newton's method and iterative recalculation in any year ({years[when]}; "
        f"{steps} recalculations).{settled}",
        "Recalculation swings where little of a producer's output is left for markets (see market_part): order less at "
        "set prices. If the difference stays, report it.",
    )


def neutrality(model: KnowledgeModel, baseline: Path, factor: float, name: str) -> Check:
    """Return whether money and opening deposits and loans, all times ``factor``, leave every quantity as it is."""
    scaled = solve_path(model, baseline.scenario, money=factor)
    degree = model.system.degree
    if scaled.failure is not None:
        worst = float("inf")
    else:
        expected = baseline.levels * factor**degree
        scale = np.maximum(np.abs(expected), np.where(model.system.positive, 0.0, model.system.scale * factor**degree))
        worst = float(np.max(np.abs(scaled.levels - expected) / scale))
    return Check.at_most(
        name,
        worst,
        REAL_TOLERANCE,
        f"Money, opening deposits and loans times {factor:g}: largest relative change of a quantity, and of a nominal "
        f"number from {factor:g} times its level, in any year of the baseline.",
    )
