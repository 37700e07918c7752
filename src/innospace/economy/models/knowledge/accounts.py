"""The model's own social accounting matrix of a solved year, cell by cell from its variables."""

from __future__ import annotations

from functools import cache
from typing import Any

from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.blocks import expressions as e
from innospace.economy.models.knowledge.blocks.trade import mix_price
from innospace.economy.system import Symbols

Cells = dict[tuple[str, str], Any]


def cells(m: Symbols) -> Cells:
    """Return ``(row, column) -> expression``: what the column account pays to the row account, million roubles."""
    return {**_sales(m), **_incomes(m), **_purchases(m), **_taxes(m), **_public(m), **_bank(m), **_outside(m)}


@cache
def cell_names() -> frozenset[tuple[str, str]]:
    """Return the cells that a matrix of the base year may fill."""
    from innospace.economy.models.knowledge.families import PARAMETERS, VARIABLES

    found = cells(Symbols(VARIABLES, PARAMETERS))
    return frozenset(c for c in found if c[1] != f"budget.{k.OTHER}" or not c[0].startswith("budget."))


def _sales(m: Symbols) -> Cells:
    return {(f"act.{k.SELLER[x]}", x): m("P", x) * m("S", x) for x in k.PRODUCTS}


def _incomes(m: Symbols) -> Cells:
    found: Cells = {}
    for i in k.PRODUCERS:
        for lab in k.LABOUR:
            found[lab, f"act.{i}"] = e.wage(m, i, lab) * m(lab.upper(), i)
        surplus = m("PY", i) * m("Y", i) - e.wages(m, i) - m("Tsoc", i)
        found["tax.social", f"act.{i}"] = m("Tsoc", i)
        found["capital", f"act.{i}"] = found[f"budget.{i}", "capital"] = surplus
        found[k.HOUSEHOLDS, f"budget.{i}"] = e.spending(m, i, "households")
    for lab in k.LABOUR:
        found[k.HOUSEHOLDS, lab] = sum(found[lab, f"act.{i}"] for i in k.PRODUCERS)
    return found


def _purchases(m: Symbols) -> Cells:
    found: Cells = {}
    for a, x in k.DEMANDS:
        buyer = f"budget.{a}" if a in k.PRODUCERS else a
        found[x, buyer] = e.price(m, x) * m("D", a, x)
    for x in k.SET_PRICE:
        found[x, k.AUTHORITIES] = m("O5", x) * m("B", k.AUTHORITIES)
    return found


def _taxes(m: Symbols) -> Cells:
    found: Cells = {}
    for i in k.PRODUCERS:
        found["tax.property", f"budget.{i}"] = m("Tprop", i)
        found["tax.profit", f"budget.{i}"] = m("Tprof", i)
    for q in k.COMPOSITES:
        found["tax.vat", q] = m("vat_rate", q) * mix_price(m, q) * m("Q", q)
    found["tax.income", k.HOUSEHOLDS] = m("Tpit")
    total = {
        "tax.vat": m("Tvat"),
        "tax.income": m("Tpit"),
        **{
            f"tax.{t}": sum(m(v, i) for i in k.PRODUCERS)
            for t, v in (("social", "Tsoc"), ("property", "Tprop"), ("profit", "Tprof"))
        },
    }
    return found | {(k.AUTHORITIES, tax): value for tax, value in total.items()}


def _public(m: Symbols) -> Cells:
    payments = e.spending(m, k.AUTHORITIES, "social_payments")
    found: Cells = {("social_payments", k.AUTHORITIES): payments, (k.HOUSEHOLDS, "social_payments"): payments}
    for i in k.PRODUCERS:
        found[f"budget.{i}", k.AUTHORITIES] = e.subsidy(m, i) + e.relief(m, i)
    for j in (k.SCIENCE, k.INNOVATION):
        found[f"budget.{j}", f"budget.{k.OTHER}"] = e.transfer(m, j)
    return found


def _bank(m: Symbols) -> Cells:
    found: Cells = {}
    for a in k.DEPOSITORS:
        account = f"budget.{a}" if a in k.PRODUCERS else a
        found["deposits", account] = m("Dep", a)
        found[account, "deposits"] = e.deposits_returned(m, a)
    for i in k.PRODUCERS:
        found[f"budget.{i}", "loans"] = m("Loan", i)
        found["loans", f"budget.{i}"] = e.loans_repaid(m, i)
    found["loans", "deposits"] = sum(m("Dep", a) for a in k.DEPOSITORS)
    found["deposits", "loans"] = sum(e.loans_repaid(m, i) for i in k.PRODUCERS)
    return found


def _outside(m: Symbols) -> Cells:
    found: Cells = {(x, k.OUTSIDE): m("P", x) * m("S", x) for x in k.EXPORTS}
    found |= {(k.OUTSIDE, q): e.border_price(m, q) * m("IM", q) for q in k.COMPOSITES}
    found |= {(k.OUTSIDE, f"budget.{i}"): e.spending(m, i, "outside") for i in k.PRODUCERS}
    found[k.OUTSIDE, k.HOUSEHOLDS] = e.spending(m, k.HOUSEHOLDS, "outside")
    found[k.AUTHORITIES, k.OUTSIDE] = m("ER") * m("federal_transfer")
    found[k.HOUSEHOLDS, k.OUTSIDE] = m("ER") * m("outside_income")
    return found
