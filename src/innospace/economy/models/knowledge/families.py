"""Variables and parameters of the model, read from ``variables.csv`` and ``parameters.csv``.

The tables are the one source of names, symbols, units and meanings for code, documents and ``innospace explain``.
"""

from __future__ import annotations

import csv
from importlib import resources

from innospace.economy.models.knowledge import labels as k
from innospace.economy.system import Family, Interval


def _each(labels: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((x,) for x in labels)


SETS: dict[str, tuple[tuple[str, ...], ...]] = {
    "": ((),),
    "producers": _each(k.PRODUCERS),
    "innovative": _each((k.SCIENCE, k.INNOVATION)),
    "spenders": _each((*k.PRODUCERS, k.HOUSEHOLDS, k.AUTHORITIES)),
    "scaled": _each((*k.PRODUCERS, k.AUTHORITIES)),
    "depositors": _each(k.DEPOSITORS),
    "products": _each(k.PRODUCTS),
    "traded": _each((*k.MARKET, *k.EXPORTS)),
    "composites": _each(k.COMPOSITES),
    "set_price": _each(k.SET_PRICE),
    "ordered": _each(k.ORDERED),
    "exports": _each(k.EXPORTS),
    "consumed": _each(("c1", "r1")),
    "labour": _each(k.LABOUR),
    "hired": tuple((i, lab) for i in k.PRODUCERS for lab in k.LABOUR),
    "demands": k.DEMANDS,
    "shares": tuple((a, item) for a, items in k.ITEMS.items() for item in items),
    "subsidies": _each(tuple(f"subsidy_{i}" for i in k.PRODUCERS)),
}
"""Members of a family by the name that its table gives them."""


def _read(file: str) -> tuple[Family, ...]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return tuple(
        Family(
            row["name"],
            row["title"],
            row["symbol"],
            row["unit"],
            row["meaning"],
            tuple(row["dims"].split()),
            SETS[row["members"]],
            int(row["degree"]),
            row["positive"] == "1",
            row["role"],
            Interval(row.get("range") or "(-inf, inf)"),
        )
        for row in csv.DictReader(text.splitlines())
    )


VARIABLES = _read("variables.csv")
PARAMETERS = _read("parameters.csv")

LEVER_GROUPS = {
    "investment of companies": ("budget_share", "transfer_rate"),
    "tax rates": (
        "vat_rate",
        "profit_tax_rate",
        "property_tax_rate",
        "income_tax_rate",
        "social_tax_rate",
        "tax_relief",
    ),
    "wages": ("wage_relativity", "public_wage_ratio"),
    "deposit rates": ("deposit_rate",),
    "social payments": ("budget_share",),
    "money supply": ("money_supply",),
}
"""The six groups of policy levers of the paper and the parameters that move them."""
FURTHER_LEVERS = {"state orders and cooperation": ("norm", "state_order", "efficiency")}
"""Levers of this model that the paper's list does not hold."""
