"""Set prices, outside prices, the consumer price index, money."""

from __future__ import annotations

from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import EXPORTS, PRODUCERS, SET_PRICE
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (7), (9), (14), (35) and (36)."""
    del closure  # the index rule is the calibrated weight of wages in the norm
    return (_norms(m), _outside(m), _consumer(m), _nominal(m), _money(m))


def _norms(m: Symbols) -> EquationFamily:
    def right(x: str) -> Expression:
        weight = m("norm_wage_weight", x)
        return m("norm", x) * m("PI") ** (1.0 - weight) * (m("w3") / m("public_wage_base")) ** weight

    return EquationFamily(
        "7",
        "set prices",
        "prices",
        r"P_x = n_x (P^I)^{1-\nu_x} (w_3 / w_{30})^{\nu_x},\quad x = g1, rf, zf",
        'P_x = n_x (P^I)^(1 - nu_x) (w_3 \\/ w_(3 0))^(nu_x), quad x = "g1", "rf", "zf"',
        "Norms of the authorities follow consumer prices and the public wage.",
        "reconstruction",
        tuple(Equation(f"P.{x}", m("P", x), right(x)) for x in SET_PRICE),
    )


def _outside(m: Symbols) -> EquationFamily:
    def right(e: str) -> Expression:
        crowding = (m("S", e) / (m("export_base", e) * m("world_demand"))) ** (-m("inverse_export_elasticity"))
        return m("ER") * m("world_price", e) * crowding

    return EquationFamily(
        "9",
        "outside prices",
        "prices",
        r"P_e = E\, p^w_e \left(\frac{S_e}{S_{e0} WD}\right)^{-1/\eta}",
        'P_e = E p_e^w (S_e / (S_(e 0) "WD"))^(-1 \\/ eta)',
        "What is sold outside fetches the outside price, which falls when more is offered; with infinite elasticity it "
        "is given.",
        "reconstruction",
        tuple(Equation(f"P.{e}", m("P", e), right(e)) for e in EXPORTS),
    )


def _consumer(m: Symbols) -> EquationFamily:
    goods = m("consumer_weight", "c1") * m("PQ", "c1") / (1.0 + m("vat_base", "c1"))
    return EquationFamily(
        "14",
        "consumer price index",
        "prices",
        r"P^I = c_{c1} \frac{P^Q_{c1}}{1+\tau^v_{c1,0}} + c_{r1} P_{r1}",
        'P^I = c_("c1") P_("c1")^Q / (1 + tau_("c1",0)^v) + c_("r1") P_("r1")',
        "Base-weighted mean of the prices of goods and of paid education.",
        "reconstruction",
        (Equation("PI", m("PI"), goods + m("consumer_weight", "r1") * m("P", "r1")),),
    )


def _nominal(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "35",
        "gross regional product",
        "prices",
        r"GRP = \sum_i P^Y_i Y_i",
        '"GRP" = sum_i P_i^Y Y_i',
        "Nominal gross regional product in basic prices.",
        "reconstruction",
        (Equation("GRP", m("GRP"), sum(m("PY", i) * m("Y", i) for i in PRODUCERS)),),
    )


def _money(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "36",
        "money",
        "prices",
        r"GRP = v M",
        '"GRP" = v M',
        "The only equation that fixes the level of prices.",
        "reconstruction",
        (Equation("P.c1", m("GRP"), m("velocity") * m("money_supply")),),
    )
