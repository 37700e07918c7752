"""Households: wages after tax, social payments, distributed profit, income from outside, deposits."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import deposits_returned, spending, wages
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import AUTHORITIES, HOUSEHOLDS, PRODUCERS
from innospace.economy.system import Equation, EquationFamily, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (23) and (26)."""
    del closure
    income = (
        sum(wages(m, i) for i in PRODUCERS)
        - m("Tpit")
        + spending(m, AUTHORITIES, "social_payments")
        + sum(spending(m, i, "households") for i in PRODUCERS)
        + m("ER") * m("outside_income")
        + deposits_returned(m, HOUSEHOLDS)
    )
    return (
        EquationFamily(
            "23",
            "income tax",
            "households",
            r"T^{pit} = \tau^{pit} \sum_i W_i",
            'T^("pit") = tau^("pit") sum_i W_i',
            "Personal income tax on wages.",
            "reconstruction",
            (Equation("Tpit", m("Tpit"), m("income_tax_rate") * sum(wages(m, i) for i in PRODUCERS)),),
        ),
        EquationFamily(
            "26",
            "budget of households",
            "households",
            r"B_4 = \sum_i W_i - T^{pit} + \lambda_5 O_5^{sp} B_5 + \sum_i \lambda_i O_i^{div} B_i + E\,FH "
            r"+ (1+r_4) Dep_4(t-1)",
            'B_4 = sum_i W_i - T^("pit") + lambda_5 O_5^("sp") B_5 + sum_i lambda_i O_i^("div") B_i + E "FH" + '
            '(1 + r_4) "Dep"_4 (t-1)',
            "Wages after tax, social payments, distributed profit, income from outside, deposits with interest.",
            "reconstruction",
            (Equation(f"B.{HOUSEHOLDS}", m("B", HOUSEHOLDS), income),),
        ),
    )
