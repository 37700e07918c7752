"""Expressions that several blocks share."""

from __future__ import annotations

from typing import Any

from innospace.economy.models.knowledge.labels import (
    COMPOSITES,
    DEPOSITORS,
    HOUSEHOLDS,
    INNOVATION,
    PRODUCERS,
    SCIENCE,
    sold_by,
)
from innospace.economy.system import Symbols


def price(m: Symbols, product: str) -> Any:
    """Return the price a buyer pays: purchaser price of a composite, basic price of the rest."""
    return m("PQ", product) if product in COMPOSITES else m("P", product)


def spending(m: Symbols, agent: str, item: str) -> Any:
    """Return what an agent spends on an item of its budget at market prices or as a payment."""
    scale = 1.0 if agent == HOUSEHOLDS else m("lam", agent)
    return scale * m("budget_share", agent, item) * m("B", agent)


def wage(m: Symbols, i: str, labour: str) -> Any:
    """Return the wage a producer pays for a kind of labour."""
    return m("wage_relativity", i, labour) * m("w1" if labour == "l1" else "w3")


def wages(m: Symbols, i: str) -> Any:
    """Return the gross wage bill of a producer."""
    return wage(m, i, "l1") * m("L1", i) + wage(m, i, "l3") * m("L3", i)


def mean_capital(m: Symbols, i: str) -> Any:
    """Return capital at work in the year: the mean of its beginning and its end."""
    return 0.5 * (m("capital_before", i) + m("capital", i))


def capital_price(m: Symbols) -> Any:
    """Return the price of capital relative to the base year."""
    return m("PQ", "i1") / m("invest_price_base")


def border_price(m: Symbols, q: str) -> Any:
    """Return the price of imports at the border in roubles of the region."""
    return m("ER") * m("import_price", q)


def producer_vat(m: Symbols, i: str) -> Any:
    """Return value added tax on a producer's own domestic sales."""
    return sum((m("vat_rate", q) * m("P", q) * m("DD", q) for q in sold_by(i, COMPOSITES)), 0.0)


def relief(m: Symbols, i: str) -> Any:
    """Return the taxes that a producer keeps."""
    return m("tax_relief", i) * (m("Tsoc", i) + m("Tprop", i) + m("Tprof", i) + producer_vat(m, i))


def transfer(m: Symbols, i: str) -> Any:
    """Return what a producer receives from other industries (minus what it pays)."""
    paid = {
        j: m("transfer_rate", j) * sum(spending(m, j, x) for x in ("i1", "n1", "r1", "z1"))
        for j in (SCIENCE, INNOVATION)
    }
    return paid[i] if i in paid else -sum(paid.values())


def deposits_returned(m: Symbols, a: str) -> Any:
    """Return last year's deposits with interest."""
    return (1.0 + m("deposit_rate", a)) * m("deposits_before", a)


def loans_repaid(m: Symbols, i: str) -> Any:
    """Return last year's loan with interest at the deposit-weighted mean rate, which leaves the bank no profit."""
    owed = sum(deposits_returned(m, a) for a in DEPOSITORS)
    return owed * m("loans_before", i) / sum(m("loans_before", j) for j in PRODUCERS)


def subsidy(m: Symbols, i: str) -> Any:
    """Return the subsidy of the authorities to a producer."""
    return spending(m, "authorities", f"subsidy_{i}")
