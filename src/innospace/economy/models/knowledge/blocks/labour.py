"""Two labour markets: the private wage clears one, the scale of public-labour shares the other."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import spending, wage
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import PRODUCER_ITEMS, PRODUCERS
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (8), (15), (16), (17) and (32)."""
    del closure
    return (_public_wage(m), _private(m), _public(m), _shares(m), _markets(m))


def _public_wage(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "8",
        "public wage",
        "labour",
        r"w_3 = \omega_3 w_1",
        "w_3 = omega_3 w_1",
        "The authorities set the public wage as a ratio to the private one.",
        "reconstruction",
        (Equation("w3", m("w3"), m("public_wage_ratio") * m("w1")),),
    )


def _private(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "15",
        "demand for private-sector labour",
        "labour",
        r"\omega_i^{l1} w_1 L^{l1}_i = \lambda_i O_i^{l1} B_i",
        'omega_i^("l1") w_1 L_i^("l1") = lambda_i O_i^("l1") B_i',
        "Producers spend a share of their budget on private-sector labour.",
        "reconstruction",
        tuple(Equation(f"L1.{i}", wage(m, i, "l1") * m("L1", i), spending(m, i, "l1")) for i in PRODUCERS),
    )


def _public(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "16",
        "demand for public-sector labour",
        "labour",
        r"\omega_i^{l3} w_3 L^{l3}_i = \kappa O_i^{l3} B_i",
        'omega_i^("l3") w_3 L_i^("l3") = kappa O_i^("l3") B_i',
        "The share spent on public-sector labour is scaled so that its market clears at the set wage.",
        "reconstruction",
        tuple(
            Equation(f"L3.{i}", wage(m, i, "l3") * m("L3", i), m("kappa") * m("budget_share", i, "l3") * m("B", i))
            for i in PRODUCERS
        ),
    )


def _shares(m: Symbols) -> EquationFamily:
    def others(i: str) -> Expression:
        return sum(m("budget_share", i, x) for x in PRODUCER_ITEMS if x != "l3")

    return EquationFamily(
        "17",
        "shares of a producer's budget",
        "labour",
        r"\lambda_i \left(\sum_x O_i^x - O_i^{l3}\right) + \kappa O_i^{l3} = 1",
        'lambda_i (sum_x O_i^x - O_i^("l3")) + kappa O_i^("l3") = 1',
        "When public-labour shares are rescaled, all other shares of the budget give way in proportion.",
        "reconstruction",
        tuple(
            Equation(f"lam.{i}", m("lam", i) * others(i) + m("kappa") * m("budget_share", i, "l3"), 1.0)
            for i in PRODUCERS
        ),
    )


def _markets(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "32",
        "labour markets",
        "labour",
        r"\sum_i L^{l1}_i = \bar L_1,\quad \sum_i L^{l3}_i = \bar L_3",
        'sum_i L_i^("l1") = overline(L)_1, quad sum_i L_i^("l3") = overline(L)_3',
        "Persons who offer labour are employed.",
        "paper",
        (
            Equation("w1", sum(m("L1", i) for i in PRODUCERS), m("labour_supply", "l1")),
            Equation("kappa", sum(m("L3", i) for i in PRODUCERS), m("labour_supply", "l3")),
        ),
    )
