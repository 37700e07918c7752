"""Product of each country of a model of several: expenditure, trade with the others and with an outside, income.

Names tell countries apart: when every agent has a prefix that ends with a dot (``JPN.HOH``) and there are several
prefixes, each is a country, to which activities and commodities of that prefix belong. Exports are what activities and
agents of other countries take of a country's commodities, at prices before the taxes of the buyer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from innospace.economy.general.macro import EXPORTS, IMPORTS, PART_WORDS, Macro, exchange_of, factors_of

if TYPE_CHECKING:
    from innospace.economy.general.spec import Spec

Key = tuple[str, str, str]
SPENT, EARNED = "Expenditure", "Income"


def countries_of(spec: Spec) -> tuple[str, ...]:
    """Return the prefixes of agents; none unless every agent has one and there are several."""
    found = [a.name.partition(".") for a in spec.agents]
    prefixes = tuple(dict.fromkeys(p for p, dot, _ in found if dot))
    return prefixes if len(prefixes) > 1 and all(dot for _, dot, _ in found) else ()


def by_country(m: Macro) -> dict[Key, float]:
    """Return value by country, account (``Expenditure``, ``Income``) and item; empty for a model of one country.

    The item ``Product`` of both accounts is their sum: the two agree in an equilibrium.
    """
    e, at = m.found.economy, m.found.point
    countries = countries_of(e.spec)
    if not countries:
        return {}
    rows: dict[Key, float] = defaultdict(float)
    factors, apart = set(factors_of(e.spec)), {*factors_of(e.spec), *exchange_of(e.spec)}
    for part, item, _, _, value in m.expenditure.itertuples(index=False):
        owner, name = (item, PART_WORDS[part]) if part in PART_WORDS else (part, f"Purchases of {part}")
        rows[_country(owner), SPENT, name] += float(value)
    a, works = e.arrays, len(e.spec.activities)
    values = at.price[a.leaf_commodity] * at.flow * a.leaf_side
    for (owner, good), value, demanded in zip(a.leaf_names, values, a.leaf_level >= works, strict=True):
        buyer, seller = _country(owner), _country(good)
        if good in factors and not demanded:
            rows[buyer, EARNED, good] += float(value)
        elif buyer != seller and good not in apart:
            rows[seller, SPENT, PART_WORDS[EXPORTS]] += float(value)
            rows[buyer, SPENT, PART_WORDS[IMPORTS]] -= float(value)
    for k, revenue in enumerate(e.taxes(at, m.found.parameters)):
        rows[_country(a.leaf_names[a.tax_leaf[k]][0]), EARNED, f"Tax: {e.tax_names[k]}"] += float(revenue)
    for x in e.spec.activities:
        if x.collector:
            rows[_country(x.name), EARNED, "Tax: output"] += m.found.activity_tax(x.name)
    return _summed(rows, countries)


def gap(m: Macro) -> float:
    """Return the largest gap between the two sides of a country, relative to its product; zero for one country."""
    rows = by_country(m)
    gaps = [
        abs(rows[c, SPENT, "Product"] / rows[c, EARNED, "Product"] - 1.0) for c in countries_of(m.found.economy.spec)
    ]
    return max(gaps, default=0.0)


def _summed(rows: dict[Key, float], countries: tuple[str, ...]) -> dict[Key, float]:
    out: dict[Key, float] = {}
    for country in countries:
        for account in (SPENT, EARNED):
            mine = {k: v for k, v in rows.items() if k[:2] == (country, account)}
            out |= mine | {(country, account, "Product"): sum(mine.values())}
    return out


def _country(name: str) -> str:
    return name.partition(".")[0]
