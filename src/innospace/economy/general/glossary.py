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
_RESULTS = {
    "welfare": ("", "Table and chart of what a change is worth to agents: equivalent and compensating variation."),
    "ev": ("money of the model", "Equivalent variation: what a change is worth at the prices before it."),
    "cv": ("money of the model", "Compensating variation: what a change is worth at the prices after it."),
    "ev_percent": ("percent", "Equivalent variation in percent of what the agent's demand costs before the change."),
    "welfare_effect": ("percent", "Equivalent variation in percent of spending, by scenario and agent, for links."),
    "spending": ("money of the model", "What the demand of an agent costs before a change."),
    "real_income": ("before = 1", "Level of an agent's demand after a change: its volume of purchases."),
    "condition": ("label", "Equation or inequality that determines an unknown."),
    "margin": ("", "How far a condition is from equality, relative to its size; zero where it binds."),
    "unknown": ("label", "Variable that a condition determines."),
    "latex": ("label", "An equation in LaTeX."),
    "shocks": ("", "Table of the changes of parameters that scenarios bring."),
    "taxes": ("", "Table of what each tax brings."),
    "gdp": ("money of the model", "Table of the domestic product by expenditure and by income, nominal and real."),
    "price_indices": ("baseline = 1", "Table of indices of prices and volumes by Laspeyres, Paasche and Fisher."),
    "trade": ("money of the model", "Table of exports, imports and their balance, at the border."),
    "government": ("money of the model", "Table of receipts and outlays of the agents that collect taxes or rents."),
    "factors": ("", "Table of price, use in activities and income of every factor."),
    "macro": ("", "Check: product by expenditure and income, receipts and outlays, trade and its finance add up."),
    "product": ("money of the model", "Domestic product: nominal, at prices of the baseline (real), and its deflator."),
    "deflator": ("baseline = 1", "Fisher's index of the prices of the domestic product."),
    "account": ("label", "Expenditure, income or real: the side of the domestic product."),
    "item": ("label", "Line of an account."),
    "basket": ("label", "What an index is taken over: the product, purchases of an agent, exports, imports."),
    "formula": ("label", "Formula of an index: Laspeyres, Paasche or Fisher."),
    "flow": ("label", "Exports, imports or their balance."),
    "factor": ("label", "Commodity that agents own and nobody makes."),
    "measure": ("label", "What a row measures: price, use or income of a factor; an effect under a closure."),
    "closures": ("", "Table and chart of scenarios under several closures; check: all of them have a solution."),
    "closure": ("label", "Rules of who adjusts: numeraire, fixed and adjusting transfers, unemployment."),
    "real_product": ("percent", "Change of the domestic product at the prices of the baseline."),
    "real_reward": ("percent", "Change of the price of a factor over the deflator of the product."),
    "textbook": ("", "Table of the numbers of a ready model by the names of its source."),
    "levels": ("", "Table of prices, levels, incomes, transfers and instruments, scenarios side by side."),
    "conditions": ("", "Check: largest residual of all conditions of a solution."),
    "accounts": ("", "Check: receipts and payments of every account of the matrix of a solution agree."),
    "changes-price": ("", "Chart of the largest changes of prices in a scenario."),
    "changes-level": ("", "Chart of the largest changes of levels of activities and demands in a scenario."),
    "changes-income": ("", "Chart of the largest changes of incomes in a scenario."),
    "changes-transfer": ("", "Chart of the largest changes of transfers in a scenario."),
    "decomposition": ("", "Table of effects by shock; check: contributions add up to the effect of the scenario."),
    "mix": (
        "",
        "Table of the cheapest mix of levers that reaches an aim; check: the aim is reached within the budget.",
    ),
    "cheapest-mix": ("", "Scenario of the mix of levers that a search found."),
    "lever": ("label", "Change of parameters that a search may use in part."),
    "limit": ("", "Value of a lever when it is used in full."),
    "share": ("fraction", "Part of a lever that the mix uses."),
    "used": ("", "Value of the change that the mix makes with a lever."),
    "cost": ("units of the budget", "What the used part of a lever costs."),
    "number": ("", "Number of a shock within its scenario, or of a lever."),
    "in_turn": ("percent", "Equivalent variation that a shock adds to the shocks written before it."),
    "alone": ("percent", "Equivalent variation of a shock without the others."),
    "shapley": ("percent", "Mean of what a shock adds over all orders of the shocks."),
    "sensitivity": ("", "Table of effects at other assumptions; check: all of them have a solution."),
    "assumed": ("percent", "Equivalent variation at the assumptions of the model."),
    "mean": ("percent", "Mean of the equivalent variation over other assumptions."),
    "sd": ("percent", "Standard deviation of the equivalent variation over other assumptions."),
    "least": ("percent", "Least equivalent variation at the assumptions that were solved."),
    "largest": ("percent", "Largest equivalent variation at the assumptions that were solved."),
    "unsolved": ("", "Number of assumptions without a solution."),
    "point": ("", "Number of a set of assumptions that was solved."),
    "solution": ("", "Number of a stored solution: 0 is the baseline, then scenarios in order."),
    "other": ("", "Number of a further equilibrium at the same parameters; 0 is the one that is shown."),
}
_EQUATIONS = {
    "deflator": ("P_F = ((sum p1 q0 / sum p0 q0) (sum p1 q1 / sum p0 q1))^(1/2)", "Fisher (1922)"),
    "shapley": ("phi_i = sum_S |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))", "Shapley (1953)"),
    "ev": ("EV = P(p0) (u1 - u0)", "Varian (1992), chapter 10"),
    "cv": ("CV = P(p1) (u1 - u0)", "Varian (1992), chapter 10"),
}


def explain_terms() -> tuple[Term, ...]:
    """Return the terms."""
    words = (Term(name, "", "", meaning) for name, meaning in _WORDS.items())
    return (*words, *(Term(n, "", u, m, *_EQUATIONS.get(n, ())) for n, (u, m) in _RESULTS.items()))
