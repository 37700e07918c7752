"""The paper's method: recalculate prices, wages and budget shares from excess demands until all markets clear.

Written on its own, in NumPy and by agent, not from the residuals that Newton solves, so that agreement of the two is
a test of both. Every unknown that is moved has a rule of its own; everything else follows explicitly. Rules move by
the power ``theta`` of the ratio of what is wanted to what is there (Jacobi). With 0.5 a year takes about 300 steps even
from base-year prices; steps that overshoot start again with half the power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import StatusCode
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.system import System

Array = NDArray[np.float64]
Values = dict[str, Any]
"""Variables or parameters by name, each an array of shape (c,): one number a case."""
THETA = 0.5
TOLERANCE = 1e-12
"""Largest relative move in a step at which the markets count as cleared."""
MAX_STEPS = 2500
SMALLEST_THETA = 0.02
LEAST_MARKET_PART = 0.01
CAUTION = 4.0
"""Steps of a producer are shortened when less than a quarter of its output is left for markets."""


@dataclass(frozen=True, slots=True)
class Recalculated:
    """Cases solved by recalculation.

    Attributes
    ----------
    codes : tuple of StatusCode, length c
        How each case ended.
    levels : ndarray, shape (c, n)
        Levels of all unknowns.
    steps : ndarray, shape (c,)
        Steps taken, restarts included.
    moves : ndarray, shape (c,)
        Last relative move; infinite where the solution leaves nothing for markets.
    """

    codes: tuple[StatusCode, ...]
    levels: Array
    steps: NDArray[np.int64]
    moves: Array


def recalculate(
    system: System, closure: Closure, p: Array, start: Array, *, theta: float = THETA, max_steps: int = MAX_STEPS
) -> Recalculated:
    """Solve years by recalculation, all at once: no case waits for another or knows of it.

    Parameters
    ----------
    system : System
        Only its names and their order are used.
    closure : Closure
    p : ndarray, shape (c, m)
        Parameters of each case: a year of a scenario.
    start : ndarray, shape (c, n)
        Levels to start from.
    theta : float
    max_steps : int
        Of each case, restarts with smaller steps included.

    Returns
    -------
    Recalculated
    """
    q = dict(zip(system.inputs, p.T, strict=True))
    first = dict(zip(system.unknowns, start.T, strict=True))
    with np.errstate(all="ignore"):
        u, steps, moves = _iterate(first, q, closure, theta, max_steps)
    codes = tuple(
        StatusCode.NONFINITE
        if not np.isfinite(move)
        else StatusCode.CONVERGED
        if move <= TOLERANCE
        else StatusCode.MAX_ITERATIONS
        for move in moves
    )
    return Recalculated(codes, np.array([u[i] for i in system.unknowns]).T, steps, moves)


def _iterate(first: Values, q: Values, closure: Closure, theta: float, max_steps: int) -> tuple[Values, Any, Array]:
    """Step until every case has settled, given up or used up its steps; those that are done leave the stack."""
    count = len(q["efficiency"])
    powers, spent, moves = np.full(count, theta), np.zeros(count, dtype=np.int64), np.full(count, np.inf)
    begin = _explicit(first, q, closure)
    done = {name: value.copy() for name, value in begin.items()}
    active, u, now = np.arange(count), dict(begin), q
    while len(active):
        move = _adjust(u, now, powers[active])
        u = _explicit(u, now, closure)
        spent[active] += 1
        lost = ~np.isfinite(move)
        settled = move <= TOLERANCE
        gone = np.any([u[f"gone.{i}"] for i in k.PRODUCERS], axis=0)
        # a case that runs out of steps where nothing is left for markets is no more of a solution than one that settles
        lost |= gone & (settled | (spent[active] >= max_steps))
        moves[active] = np.where(lost, np.inf, move)
        # steps that overshoot (a budget below zero) start again, smaller
        again = lost & (powers[active] > SMALLEST_THETA) & (spent[active] < max_steps)
        powers[active[again]] *= 0.5
        over = ~again & (lost | settled | (spent[active] >= max_steps))
        if again.any():
            for name, value in u.items():
                value[again] = begin[name][active[again]]
        if over.any():
            for name, value in u.items():
                done[name][active[over]] = value[over]
            active, u = active[~over], {name: value[~over] for name, value in u.items()}
            now = {name: value[active] for name, value in q.items()}
    return done, spent, moves


def _explicit(u: Values, q: Values, closure: Closure) -> Values:
    """Return everything that follows from prices, wages, budgets and shares."""
    u = dict(u)
    u["w3"] = q["public_wage_ratio"] * u["w1"]
    _buyers_prices(u, q)
    _labour_and_output(u, q, closure)
    _purchases(u, q)
    _taxes_and_bank(u, q)
    return u


def _buyers_prices(u: Values, q: Values) -> None:
    power = 1.0 - q["substitution"]
    for x in k.COMPOSITES:
        a, abroad = q[f"domestic_share.{x}"], u["ER"] * q[f"import_price.{x}"]
        u[f"mix.{x}"] = (a * u[f"P.{x}"] ** power + (1.0 - a) * abroad**power) ** (1.0 / power)
        u[f"PQ.{x}"] = (1.0 + q[f"vat_rate.{x}"]) * u[f"mix.{x}"]
    u["PI"] = q["consumer_weight.c1"] * u["PQ.c1"] / (1.0 + q["vat_base.c1"]) + q["consumer_weight.r1"] * u["P.r1"]
    for x in k.SET_PRICE:
        weight = q[f"norm_wage_weight.{x}"]
        wages = (u["w3"] / q["public_wage_base"]) ** weight
        u[f"P.{x}"] = q[f"norm.{x}"] * u["PI"] ** (1.0 - weight) * wages


def _labour_and_output(u: Values, q: Values, closure: Closure) -> None:
    for i in k.PRODUCERS:
        public = q[f"budget_share.{i}.l3"]
        rest = sum(q[f"budget_share.{i}.{item}"] for item in k.PRODUCER_ITEMS if item != "l3")
        u[f"lam.{i}"] = (1.0 - u["kappa"] * public) / rest
        spent = u[f"lam.{i}"] * q[f"budget_share.{i}.l1"] * u[f"B.{i}"]
        u[f"L1.{i}"] = spent / (q[f"wage_relativity.{i}.l1"] * u["w1"])
        u[f"L3.{i}"] = u["kappa"] * public * u[f"B.{i}"] / (q[f"wage_relativity.{i}.l3"] * u["w3"])
        exponent = (
            q[f"alpha.{i}"] * q[f"knowledge_stock.{i}"]
            + q[f"beta.{i}"] * q[f"training_stock.{i}"]
            + q[f"gamma.{i}"] * q[f"innovation_stock.{i}"]
            + q[f"delta.{i}"] * (q["efficiency"] - q["efficiency_base"])
        )
        capital = 0.5 * (q[f"capital_before.{i}"] + q[f"capital.{i}"])
        hands = u[f"L1.{i}"] + u[f"L3.{i}"]
        inputs = capital ** q[f"capital_exponent.{i}"] * hands ** q[f"labour_exponent.{i}"]
        u[f"Y.{i}"] = q[f"technology.{i}"] * inputs * np.exp(exponent)
    flexible = 1.0 - sum(u[f"O5.{x}"] for x in k.SET_PRICE)
    u["lam.authorities"] = flexible / sum(q[f"budget_share.authorities.{item}"] for item in k.FLEXIBLE)
    for i in k.PRODUCERS:
        _divide_output(u, q, closure, i)


def _divide_output(u: Values, q: Values, closure: Closure, i: str) -> None:
    taken = np.zeros_like(u[f"Y.{i}"])
    for x in k.sold_by(i, k.SET_PRICE):
        if closure.set_price_supply == "fixed_money":
            budget = u["lam.authorities"] * q[f"budget_share.authorities.{x}"] * u["B.authorities"]
            u[f"S.{x}"] = budget / u[f"P.{x}"]
        elif closure.set_price_supply == "state_order" and x in k.ORDERED:
            u[f"S.{x}"] = q[f"set_quantity.{x}"] * q[f"state_order.{x}"]
        else:
            u[f"S.{x}"] = q[f"set_share.{x}"] * u[f"Y.{i}"]
        taken += u[f"S.{x}"]
    # on the way the market part may be gone for a few steps; a solution where it is, is refused in the end
    u[f"V.{i}"] = np.maximum(u[f"Y.{i}"] - taken, LEAST_MARKET_PART * u[f"Y.{i}"])
    u[f"gone.{i}"] = (u[f"Y.{i}"] - taken < u[f"V.{i}"]).astype(float)
    sold = k.sold_by(i, (*k.MARKET, *k.EXPORTS))
    sigma = q["transformation"]
    index = sum(q[f"market_share.{x}"] * u[f"P.{x}"] ** (1.0 + sigma) for x in sold) ** (1.0 / (1.0 + sigma))
    u[f"PT.{i}"] = index
    for x in sold:
        u[f"S.{x}"] = q[f"market_share.{x}"] * u[f"V.{i}"] * (u[f"P.{x}"] / index) ** sigma
    everything = k.sold_by(i, k.PRODUCTS)
    u[f"PY.{i}"] = sum(u[f"P.{x}"] * u[f"S.{x}"] for x in everything) / u[f"Y.{i}"]


def _spends(u: Values, q: Values, a: str, item: str) -> Any:
    spent = q[f"budget_share.{a}.{item}"] * u[f"B.{a}"]
    return spent if a == k.HOUSEHOLDS else u[f"lam.{a}"] * spent


def _purchases(u: Values, q: Values) -> None:
    for buyer, x in k.DEMANDS:
        price = u[f"PQ.{x}"] if x in k.COMPOSITES else u[f"P.{x}"]
        u[f"D.{buyer}.{x}"] = _spends(u, q, buyer, x) / price
    sigma = q["substitution"]
    for x in k.COMPOSITES:
        a, abroad = q[f"domestic_share.{x}"], u["ER"] * q[f"import_price.{x}"]
        u[f"Q.{x}"] = sum(u[f"D.{b}.{x}"] for b in k.BUYERS[x])
        u[f"DD.{x}"] = a * u[f"Q.{x}"] * (u[f"mix.{x}"] / u[f"P.{x}"]) ** sigma
        u[f"IM.{x}"] = (1.0 - a) * u[f"Q.{x}"] * (u[f"mix.{x}"] / abroad) ** sigma


def _taxes_and_bank(u: Values, q: Values) -> None:
    price = u["PQ.i1"] / q["invest_price_base"]
    for i in k.PRODUCERS:
        bill = _wage_bill(u, q, i)
        capital = 0.5 * price * (q[f"capital_before.{i}"] + q[f"capital.{i}"])
        u[f"Tsoc.{i}"] = q[f"social_tax_rate.{i}"] * bill
        u[f"Tprop.{i}"] = q[f"property_tax_rate.{i}"] * capital
        profit = u[f"PY.{i}"] * u[f"Y.{i}"] - bill - u[f"Tsoc.{i}"] - u[f"Tprop.{i}"]
        u[f"Tprof.{i}"] = q[f"profit_tax_rate.{i}"] * (profit - q["fiscal_depreciation"] * capital)
        vat = sum(q[f"vat_rate.{x}"] * u[f"P.{x}"] * u[f"DD.{x}"] for x in k.sold_by(i, k.COMPOSITES))
        u[f"relief.{i}"] = q[f"tax_relief.{i}"] * (u[f"Tsoc.{i}"] + u[f"Tprop.{i}"] + u[f"Tprof.{i}"] + vat)
    u["Tvat"] = sum(q[f"vat_rate.{x}"] * u[f"mix.{x}"] * u[f"Q.{x}"] for x in k.COMPOSITES)
    u["Tpit"] = q["income_tax_rate"] * sum(_wage_bill(u, q, i) for i in k.PRODUCERS)
    u["Treb"] = sum(u[f"relief.{i}"] for i in k.PRODUCERS)
    for a in k.DEPOSITORS:
        u[f"Dep.{a}"] = _spends(u, q, a, "deposits")
        if a in k.PRODUCERS:
            u[f"Dep.{a}"] = u[f"Dep.{a}"] + q[f"relief_kept.{a}"] * u[f"relief.{a}"]
    pool = sum(u[f"Dep.{a}"] for a in k.DEPOSITORS)
    for i in k.PRODUCERS:
        u[f"Loan.{i}"] = q[f"loan_share.{i}"] * pool
    u["GRP"] = sum(u[f"PY.{i}"] * u[f"Y.{i}"] for i in k.PRODUCERS)


def _wage_bill(u: Values, q: Values, i: str) -> Any:
    private = q[f"wage_relativity.{i}.l1"] * u["w1"] * u[f"L1.{i}"]
    return private + q[f"wage_relativity.{i}.l3"] * u["w3"] * u[f"L3.{i}"]


def _adjust(u: Values, q: Values, theta: Array) -> Array:
    """Move prices, wages, budgets and shares by their own rules, in place; return the largest relative moves."""
    factors = _price_factors(u, q, theta)
    level = (q["velocity"] * q["money_supply"] / u["GRP"]) ** theta
    nominal = {name: factor if name == "kappa" else factor * level for name, factor in factors.items()}
    budgets = _new_budgets(u, q)
    shares = {x: u[f"P.{x}"] * u[f"S.{x}"] / u["B.authorities"] for x in k.SET_PRICE}
    moved = [np.log(factor) / theta for factor in nominal.values()]
    for name, factor in nominal.items():
        u[name] = u[name] * factor
    for a, new in budgets.items():
        ratio = new / u[f"B.{a}"]
        moved.append(np.log(ratio))
        # a producer's budget feeds its own output: faster than its prices, the two would swing apart
        power = 0.5 * theta * _caution(u, a) if a in k.PRODUCERS else np.minimum(1.0, 2.0 * theta)
        u[f"B.{a}"] = u[f"B.{a}"] * ratio**power
    for x, share in shares.items():
        moved.append(share - u[f"O5.{x}"])
        u[f"O5.{x}"] = u[f"O5.{x}"] + theta * (share - u[f"O5.{x}"])
    return np.asarray(np.max(np.abs(moved), axis=0))


def _caution(u: Values, i: str) -> Any:
    """Return how much shorter steps must be: what little is left for markets swings with all of a producer's output."""
    return np.minimum(1.0, CAUTION * u[f"V.{i}"] / u[f"Y.{i}"])


def _price_factors(u: Values, q: Values, theta: Array) -> Values:
    """Return the factor of each price, wage and of kappa: (wanted / there) ** theta."""
    factors = {}
    for x in k.MARKET:
        demand = u[f"DD.{x}"] if x in k.COMPOSITES else sum(u[f"D.{a}.{x}"] for a in k.BUYERS[x])
        factors[f"P.{x}"] = (demand / u[f"S.{x}"]) ** (theta * _caution(u, k.SELLER[x]))
    factors["w1"] = (sum(u[f"L1.{i}"] for i in k.PRODUCERS) / q["labour_supply.l1"]) ** theta
    factors["kappa"] = (q["labour_supply.l3"] / sum(u[f"L3.{i}"] for i in k.PRODUCERS)) ** theta
    for e in k.EXPORTS:
        crowding = (u[f"S.{e}"] / (q[f"export_base.{e}"] * q["world_demand"])) ** (-q["inverse_export_elasticity"])
        factors[f"P.{e}"] = (u["ER"] * q[f"world_price.{e}"] * crowding / u[f"P.{e}"]) ** (
            theta * _caution(u, k.SELLER[e])
        )
    out = sum(u["ER"] * q[f"import_price.{x}"] * u[f"IM.{x}"] for x in k.COMPOSITES)
    out += sum(_spends(u, q, a, "outside") for a in k.DEPOSITORS)
    into = sum(u[f"P.{e}"] * u[f"S.{e}"] for e in k.EXPORTS)
    into += u["ER"] * (q["federal_transfer"] + q["outside_income"])
    return factors | {"ER": (out / into) ** theta}


def _new_budgets(u: Values, q: Values) -> Values:
    returned = {a: (1.0 + q[f"deposit_rate.{a}"]) * q[f"deposits_before.{a}"] for a in k.DEPOSITORS}
    owed, loans = sum(returned.values()), sum(q[f"loans_before.{i}"] for i in k.PRODUCERS)
    moved = {
        j: q[f"transfer_rate.{j}"] * sum(_spends(u, q, j, x) for x in ("i1", "n1", "r1", "z1"))
        for j in (k.SCIENCE, k.INNOVATION)
    }
    moved[k.OTHER] = -sum(moved.values())
    new = {}
    for i in k.PRODUCERS:
        taxes = u[f"Tsoc.{i}"] + u[f"Tprop.{i}"] + u[f"Tprof.{i}"]
        relief = (1.0 - q[f"relief_kept.{i}"]) * u[f"relief.{i}"]
        bank = returned[i] + u[f"Loan.{i}"] - owed * q[f"loans_before.{i}"] / loans
        subsidy = _spends(u, q, k.AUTHORITIES, f"subsidy_{i}")
        new[i] = u[f"PY.{i}"] * u[f"Y.{i}"] - taxes + relief + moved[i] + subsidy + bank
    wages = sum(_wage_bill(u, q, i) for i in k.PRODUCERS) - u["Tpit"]
    profit = sum(_spends(u, q, i, "households") for i in k.PRODUCERS)
    payments = _spends(u, q, k.AUTHORITIES, "social_payments")
    outside = u["ER"] * q["outside_income"]
    new[k.HOUSEHOLDS] = wages + payments + profit + outside + returned[k.HOUSEHOLDS]
    taxes = sum(u[f"{t}.{i}"] for t in ("Tsoc", "Tprop", "Tprof") for i in k.PRODUCERS) + u["Tvat"] + u["Tpit"]
    new[k.AUTHORITIES] = taxes - u["Treb"] + u["ER"] * q["federal_transfer"]
    return new
