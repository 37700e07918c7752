"""Producers: what they buy, their taxes on property and profit, their budgets."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import (
    capital_price,
    deposits_returned,
    loans_repaid,
    mean_capital,
    price,
    relief,
    spending,
    subsidy,
    transfer,
    wages,
)
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import DEMANDS, PRODUCERS
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (18), (19), (20), (21) and (25)."""
    del closure
    return (_demands(m), _social(m), _property(m), _profit(m), _budgets(m))


def _demands(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "18",
        "demand at market prices",
        "demand",
        r"p_x D_a^x = \lambda_a O_a^x B_a",
        "p_x D_a^x = lambda_a O_a^x B_a",
        "Agents spend shares of their budgets; what producers spend on knowledge, training and innovative goods is "
        "investment, not cost.",
        "paper",
        tuple(Equation(f"D.{a}.{x}", price(m, x) * m("D", a, x), spending(m, a, x)) for a, x in DEMANDS),
    )


def _social(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "19",
        "social contributions",
        "producers",
        r"T^{soc}_i = \tau^{soc}_i W_i",
        'T_i^("soc") = tau_i^("soc") W_i',
        "Contributions on the wage bill W.",
        "reconstruction",
        tuple(Equation(f"Tsoc.{i}", m("Tsoc", i), m("social_tax_rate", i) * wages(m, i)) for i in PRODUCERS),
    )


def _property(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "20",
        "property tax",
        "producers",
        r"T^{prop}_i = \tau^{prop}_i\, p_K \bar K_i,\quad p_K = P^Q_{i1} / P^Q_{i1,0}",
        'T_i^("prop") = tau_i^("prop") p_K overline(K)_i, quad p_K = P_("i1")^Q \\/ P_("i1",0)^Q',
        "Tax on the value of capital at work.",
        "reconstruction",
        tuple(
            Equation(f"Tprop.{i}", m("Tprop", i), m("property_tax_rate", i) * capital_price(m) * mean_capital(m, i))
            for i in PRODUCERS
        ),
    )


def _profit(m: Symbols) -> EquationFamily:
    def base(i: str) -> Expression:
        depreciation = m("fiscal_depreciation") * capital_price(m) * mean_capital(m, i)
        return m("PY", i) * m("Y", i) - wages(m, i) - m("Tsoc", i) - m("Tprop", i) - depreciation

    return EquationFamily(
        "21",
        "profit tax",
        "producers",
        r"T^{prof}_i = \tau^{prof}_i (P^Y_i Y_i - W_i - T^{soc}_i - T^{prop}_i - f p_K \bar K_i)",
        'T_i^("prof") = tau_i^("prof") (P_i^Y Y_i - W_i - T_i^("soc") - T_i^("prop") - f p_K overline(K)_i)',
        "Tax on output less wages, contributions, property tax and fiscal depreciation.",
        "reconstruction",
        tuple(Equation(f"Tprof.{i}", m("Tprof", i), m("profit_tax_rate", i) * base(i)) for i in PRODUCERS),
    )


def _budgets(m: Symbols) -> EquationFamily:
    def right(i: str) -> Expression:
        taxes = m("Tsoc", i) + m("Tprop", i) + m("Tprof", i)
        kept = relief(m, i) * (1.0 - m("relief_kept", i))
        finance = deposits_returned(m, i) + m("Loan", i) - loans_repaid(m, i)
        return m("PY", i) * m("Y", i) - taxes + kept + transfer(m, i) + subsidy(m, i) + finance

    return EquationFamily(
        "25",
        "budget of a producer",
        "producers",
        r"B_i = P^Y_i Y_i - T^{soc}_i - T^{prop}_i - T^{prof}_i + \text{relief}_i + \text{transfer}_i "
        r"+ \lambda_5 O_5^{sub,i} B_5 + (1+r_i) Dep_i(t-1) + Loan_i - (1+r_L) Loan_i(t-1)",
        'B_i = P_i^Y Y_i - T_i^("soc") - T_i^("prop") - T_i^("prof") + "relief"_i + "transfer"_i \\ + '
        'lambda_5 O_5^("sub",i) B_5 + (1 + r_i) "Dep"_i (t-1) + "Loan"_i - (1 + r_L) "Loan"_i (t-1)',
        "Sales less taxes, plus relief, transfers, subsidies, deposits returned and the new loan, less the old one "
        "with interest.",
        "reconstruction",
        tuple(Equation(f"B.{i}", m("B", i), right(i)) for i in PRODUCERS),
    )
