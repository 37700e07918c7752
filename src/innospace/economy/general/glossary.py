"""Words of the general equilibrium engine: its models, rules, instruments and conditions."""

from __future__ import annotations

from innospace.core.terms import Term

_WORDS = {
    "nest": "A group of inputs or outputs with one elasticity: 0 fixed proportions, 1 Cobb-Douglas; nests hold nests.",
    "zero_profit": "Cost with tax equals receipts of an activity that runs; determines its level.",
    "market_clearance": "Supply equals demand of a commodity that is not free; determines its price.",
    "numeraire": "Commodity or price index whose price is held; its market clears by itself (Walras).",
    "wage_curve": "The wage falls with the rate of unemployment: w = w0 (u / u0)^(-elasticity).",
    "block_elimination": "Route for large models: prices of goods from those of factors, then quantities, then markets "
    "of factors.",
    "complementarity": "Of an unknown and its condition one is zero and the other not negative: activities that shut "
    "down, quotas, floors.",
    "splcge": "Textbook model of a closed economy: two goods, two factors, one household.",
    "stdcge": "Textbook model of a small open economy with government, investment, tariffs and indirect taxes.",
    "lrgcge": "The small open economy made large: outside prices move with its trade.",
    "twocge": "Two open economies that trade with each other.",
    "dyncge": "Japan in four sectors over 31 years; invested capital cannot move.",
    "camcge": "Cameroon in eleven sectors, wages that differ by sector, fixed capital.",
    "korcge": "Korea in three sectors, two households, a premium on rationed imports.",
    "shoven-whalley": "Two goods, two factors, two households, a tax on capital in one sector.",
    "scarf": "Economy of eight linear activities, some of which do not run.",
    "hansen": "Economy of 26 linear activities, among them imports and exports.",
    "kehoe": "Exchange and production economy with three equilibria.",
}


def explain_terms() -> tuple[Term, ...]:
    """Return the terms."""
    return tuple(Term(name, "", "", meaning) for name, meaning in _WORDS.items())
