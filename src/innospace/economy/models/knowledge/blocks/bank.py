"""The bank: deposits become one-year loans to producers; it makes no profit."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import relief, spending
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import DEPOSITORS, PRODUCERS
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (29) and (30)."""
    del closure

    def deposits(a: str) -> Expression:
        kept = relief(m, a) * m("relief_kept", a) if a in PRODUCERS else 0.0
        return spending(m, a, "deposits") + kept

    pool = sum(m("Dep", a) for a in DEPOSITORS)
    return (
        EquationFamily(
            "29",
            "deposits",
            "bank",
            r"Dep_a = \lambda_a O_a^{dep} B_a",
            '"Dep"_a = lambda_a O_a^("dep") B_a',
            "Producers and households deposit a share of their budgets for a year; relief kept on account is added.",
            "paper",
            tuple(Equation(f"Dep.{a}", m("Dep", a), deposits(a)) for a in DEPOSITORS),
        ),
        EquationFamily(
            "30",
            "loans",
            "bank",
            r"Loan_i = \psi_i \sum_a Dep_a",
            '"Loan"_i = psi_i sum_a "Dep"_a',
            "All deposits are lent to producers in given shares at the mean deposit rate.",
            "reconstruction",
            tuple(Equation(f"Loan.{i}", m("Loan", i), m("loan_share", i) * pool) for i in PRODUCERS),
        ),
    )
