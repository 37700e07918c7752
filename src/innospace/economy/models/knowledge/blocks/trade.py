"""Imports, the mix of domestic and imported goods, product markets, the outside balance."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import border_price, spending
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import BUYERS, COMPOSITES, EXPORTS, HOUSEHOLDS, PRODUCERS
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols

WALRAS = "c1"
"""The product whose market is left out of the system; its excess demand is an independent test."""
CLEARED = tuple(x for x in ("i1", "n1", "r1", "z1", "c1") if x != WALRAS)


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (10) to (13), (31) and (34)."""
    del closure
    return (_purchaser(m), _domestic(m), _imports(m), _composite(m), _markets(m), _balance(m))


def mix_price(m: Symbols, q: str) -> Expression:
    """Return the price of the mix before tax."""
    power = 1.0 - m("substitution")
    a = m("domestic_share", q)
    return (a * m("P", q) ** power + (1.0 - a) * border_price(m, q) ** power) ** (1.0 / power)


def excess_demand(m: Symbols, x: str) -> Expression:
    """Return demand less supply of a market product, in base-year prices."""
    if x in COMPOSITES:
        return m("DD", x) - m("S", x)
    return sum(m("D", a, x) for a in BUYERS[x]) - m("S", x)


def _purchaser(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "10",
        "purchaser prices",
        "trade",
        r"P^Q_q = (1+\tau^v_q)\, b_q,\quad "
        r"b_q = \left(a_q P_q^{1-\sigma_A} + (1-a_q)(E p^m_q)^{1-\sigma_A}\right)^{1/(1-\sigma_A)}",
        "P_q^Q = (1 + tau_q^v) b_q, quad "
        "b_q = (a_q P_q^(1 - sigma_A) + (1 - a_q) (E p_q^m)^(1 - sigma_A))^(1 \\/ (1 - sigma_A))",
        "Buyers pay the price of the mix of domestic and imported goods and value added tax.",
        "reconstruction",
        tuple(Equation(f"PQ.{q}", m("PQ", q), (1.0 + m("vat_rate", q)) * mix_price(m, q)) for q in COMPOSITES),
    )


def _domestic(m: Symbols) -> EquationFamily:
    def right(q: str) -> Expression:
        return m("domestic_share", q) * m("Q", q) * (mix_price(m, q) / m("P", q)) ** m("substitution")

    return EquationFamily(
        "11",
        "domestic variety",
        "trade",
        r"D_q = a_q Q_q (b_q / P_q)^{\sigma_A}",
        "D_q = a_q Q_q (b_q \\/ P_q)^(sigma_A)",
        "Domestic goods in the mix (Armington).",
        "reconstruction",
        tuple(Equation(f"DD.{q}", m("DD", q), right(q)) for q in COMPOSITES),
    )


def _imports(m: Symbols) -> EquationFamily:
    def right(q: str) -> Expression:
        share = 1.0 - m("domestic_share", q)
        return share * m("Q", q) * (mix_price(m, q) / border_price(m, q)) ** m("substitution")

    return EquationFamily(
        "12",
        "imports",
        "trade",
        r"M_q = (1-a_q) Q_q (b_q / E p^m_q)^{\sigma_A}",
        "M_q = (1 - a_q) Q_q (b_q \\/ (E p_q^m))^(sigma_A)",
        "Imported goods in the mix.",
        "reconstruction",
        tuple(Equation(f"IM.{q}", m("IM", q), right(q)) for q in COMPOSITES),
    )


def _composite(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "13",
        "composite goods",
        "trade",
        r"Q_q = \sum_a D_a^q",
        "Q_q = sum_a D_a^q",
        "The mix is what buyers demand.",
        "reconstruction",
        tuple(Equation(f"Q.{q}", m("Q", q), sum(m("D", a, q) for a in BUYERS[q])) for q in COMPOSITES),
    )


def _markets(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "31",
        "product markets",
        "trade",
        r"D_{i1} = S_{i1},\quad D_{n1} = S_{n1},\quad \sum_a D_a^{r1} = S_{r1},\quad \sum_i D_i^{z1} = S_{z1}",
        'D_("i1") = S_("i1"), quad D_("n1") = S_("n1"), quad '
        'sum_a D_a^("r1") = S_("r1"), quad sum_i D_i^("z1") = S_("z1")',
        "Market prices clear these markets. The market of c1 is left out and must clear by itself (Walras).",
        "paper",
        tuple(Equation(f"P.{x}", excess_demand(m, x) + m("S", x), m("S", x)) for x in CLEARED),
    )


def _balance(m: Symbols) -> EquationFamily:
    received = sum(m("P", e) * m("S", e) for e in EXPORTS) + m("ER") * (m("federal_transfer") + m("outside_income"))
    imports = sum(border_price(m, q) * m("IM", q) for q in COMPOSITES)
    owners = sum(spending(m, i, "outside") for i in PRODUCERS)
    return EquationFamily(
        "34",
        "outside balance",
        "trade",
        r"\sum_e P_e S_e + E (FG + FH) = E \sum_q p^m_q M_q + \sum_i \lambda_i O_i^{out} B_i + O_4^{out} B_4",
        'sum_e P_e S_e + E ("FG" + "FH") = E sum_q p_q^m M_q + sum_i lambda_i O_i^("out") B_i + O_4^("out") B_4',
        "What the region receives from outside pays for imports, outside owners and purchases outside.",
        "reconstruction",
        (Equation("ER", received, imports + owners + spending(m, HOUSEHOLDS, "outside")),),
    )
