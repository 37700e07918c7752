"""Words of the economy of many regions."""

from __future__ import annotations

from dataclasses import fields

from innospace.core.terms import Term
from innospace.economy.models.regions.assumptions import RANGES, REASONS, Assumptions
from innospace.economy.models.regions.dynamics import LEVERS

_COLUMNS = {
    "scenario": ("label", "Path that a row belongs to; baseline is the one without shocks."),
    "baseline": ("label", "The path without shocks."),
    "product": ("mln RUB of the base year", "Gross regional product; as an effect: percent of the baseline."),
    "net_transfers_mln_rub": ("mln RUB", "Column of the table: transfers received from other regions less those paid."),
    "consumption": ("mln RUB of the base year", "What households consume; as an effect: percent of the baseline."),
    "research": ("mln RUB of the base year", "Spending on R&D, volume."),
    "capital": ("mln RUB of the base year", "Capital at the beginning of a year."),
    "knowledge": ("mln RUB of the base year", "Stock of R&D at the beginning of a year."),
    "labour": (
        "mln RUB of base-year wages",
        "Labour in a year; as an effect: percent of the baseline.",
    ),
    "real_wage": ("base year = 1", "Wage over the price of what is consumed; as an effect: percent of the baseline."),
    "terms_of_trade": ("base year = 1", "Price of the goods that a region makes over that of the goods that it buys."),
    "home_share": ("fraction", "Share of bought goods that the region makes itself; assumed by gravity and home bias."),
    "percent": ("percent", "Effect in the last year against the baseline."),
    "effect": ("label", "Quantity whose effect a map shows."),
    "distance_km": ("km", "Distance between centres to the nearest region that a scenario moves."),
    "product_growth": ("percent a year", "Growth of product from the base year to the last."),
    "productivity_growth": ("percent a year", "Growth of productivity of value added from the base year to the last."),
    "capital_growth": ("percent a year", "Growth of capital from the base year to the last."),
    "parameter": ("label", "Lever or assumption that a row is about."),
    "where": ("label", "Regions whose lever a shock moves."),
    "years": ("label", "Years in which a shock holds."),
    "operation": ("label", "How a shock changes a lever: set, multiply, add or path."),
    "why": ("label", "Reason that the author of a scenario gives."),
    "assumption": ("label", "Number that data on regions do not tell."),
    "value": ("", "Value of an assumption."),
    "range": ("label", "Values that an assumption may take."),
    "reason": ("label", "Why an assumption has its default."),
    "growth": ("", "Map and table of growth without shocks."),
    "effects": ("", "Table and maps of what scenarios do in the last year."),
    "effect-path": ("", "Chart of what a scenario does to one region, by year."),
    "reach": ("", "Chart of effects on productivity by distance to the regions that a scenario moves."),
    "channels": ("", "Table of effects with and without spillovers of knowledge; in a study: whether to make it."),
    "whole": ("percent", "Effect on product in the last year by all channels."),
    "without_spillover": ("percent", "Effect on product where knowledge stays where it is made."),
    "by_spillover": ("percent", "What spillovers of knowledge add to the effect on product."),
    "shocks": ("", "Table of what scenarios change."),
    "assumptions": ("", "Table of what is assumed; in a study: values in place of defaults."),
    "paths": ("", "Table of every year of every region and scenario."),
    "product_effect": (
        "percent of the baseline",
        "Effect on product in the last year by scenario and region, for links.",
    ),
    "base_year": ("", "Check: product of the base year is reproduced without a step of the solver."),
    "two_routes": ("", "Check: Newton's method and elimination give one solution."),
    "conditions": ("", "Check: largest residual of all conditions over the years of a path."),
    "walras": ("", "Check: excess supply of the market that the numeraire leaves out."),
    "accounts": ("", "Check: receipts and payments of every account agree in the last year."),
    "numeraire": ("", "Check: nothing real changes when prices and money are multiplied."),
    "iterations": ("", "Newton steps over all years and scenarios."),
}
_EQUATIONS = {
    "productivity": "ln A_r(t) = g t + a ln(N_r(t)/N_r(0)) + b ln(S_r(t)/S_r(0)) + e (TE_r(t) - TE_r(0))",
    "spillover": "S_r(t) = sum over s != r of exp(-d_rs / reach_km) N_s(t-1)",
    "migration": "L_r(t+1) in proportion to L_r(t) w_r(t)^migration",
    "knowledge": "N(t+1) = (1 - knowledge_depreciation) N(t) + Z(t)",
    "capital": "K(t+1) = (1 - depreciation) K(t) + I(t)",
}


def explain_terms() -> tuple[Term, ...]:
    """Return the terms."""
    columns = (Term(n, "", u, m, _EQUATIONS.get(n, "")) for n, (u, m) in _COLUMNS.items())
    levers = (
        Term(n, "", allowed, f"Lever of a scenario by region and year: {title}.", _EQUATIONS.get(n, ""))
        for n, (title, allowed) in LEVERS.items()
    )
    defaults = {f.name: f.default for f in fields(Assumptions)}
    assumed = (
        Term(n, "", RANGES[n], f"Assumption, {defaults[n]:g} by default: {reason}.", _EQUATIONS.get(n, ""))
        for n, reason in REASONS.items()
        if n not in _COLUMNS
    )
    return (*columns, *levers, *assumed)
