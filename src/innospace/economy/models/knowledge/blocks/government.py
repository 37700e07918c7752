"""Authorities: taxes, relief, purchases at set prices that clear through their budget."""

from __future__ import annotations

from innospace.economy.models.knowledge.blocks.expressions import relief
from innospace.economy.models.knowledge.blocks.trade import mix_price
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import AUTHORITIES, COMPOSITES, FLEXIBLE, PRODUCERS, SET_PRICE
from innospace.economy.system import Equation, EquationFamily, Symbols


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (22), (24), (27), (28) and (33)."""
    del closure
    taxes = sum(m("Tsoc", i) + m("Tprop", i) + m("Tprof", i) for i in PRODUCERS) + m("Tvat") + m("Tpit")
    vat = sum(m("vat_rate", q) * mix_price(m, q) * m("Q", q) for q in COMPOSITES)
    flexible = m("lam", AUTHORITIES) * sum(m("budget_share", AUTHORITIES, x) for x in FLEXIBLE)
    return (
        EquationFamily(
            "22",
            "value added tax",
            "authorities",
            r"T^{vat} = \sum_q \tau^v_q b_q Q_q",
            'T^("vat") = sum_q tau_q^v b_q Q_q',
            "Tax on domestic and imported goods alike; exports, education and R&D are free of it.",
            "reconstruction",
            (Equation("Tvat", m("Tvat"), vat),),
        ),
        EquationFamily(
            "24",
            "tax relief",
            "authorities",
            r"T^{reb} = \sum_i \varphi_i (T^{soc}_i + T^{prop}_i + T^{prof}_i + T^{vat}_i)",
            'T^("reb") = sum_i phi_i (T_i^("soc") + T_i^("prop") + T_i^("prof") + T_i^("vat"))',
            "Part of its taxes that a producer keeps, value added tax on its own domestic sales included.",
            "reconstruction",
            (Equation("Treb", m("Treb"), sum(relief(m, i) for i in PRODUCERS)),),
        ),
        EquationFamily(
            "27",
            "budget of the authorities",
            "authorities",
            r"B_5 = \sum T - T^{reb} + E\,FG",
            'B_5 = sum T - T^("reb") + E "FG"',
            "All taxes less relief, and the federal transfer.",
            "reconstruction",
            (Equation(f"B.{AUTHORITIES}", m("B", AUTHORITIES), taxes - m("Treb") + m("ER") * m("federal_transfer")),),
        ),
        EquationFamily(
            "28",
            "shares of the authorities' budget",
            "authorities",
            r"\lambda_5 \sum_x O_5^x + O_5^{g1} + O_5^{rf} + O_5^{zf} = 1",
            'lambda_5 sum_x O_5^x + O_5^("g1") + O_5^("rf") + O_5^("zf") = 1',
            "Social payments, subsidies and purchases of innovative goods share what set-price purchases leave.",
            "reconstruction",
            (Equation(f"lam.{AUTHORITIES}", flexible + sum(m("O5", x) for x in SET_PRICE), 1.0),),
        ),
        EquationFamily(
            "33",
            "set-price markets",
            "authorities",
            r"O_5^x B_5 = P_x S_x,\quad x = g1, rf, zf",
            'O_5^x B_5 = P_x S_x, quad x = "g1", "rf", "zf"',
            "At a set price the budget share of the buyer adjusts until the market clears.",
            "paper",
            tuple(Equation(f"O5.{x}", m("O5", x) * m("B", AUTHORITIES), m("P", x) * m("S", x)) for x in SET_PRICE),
        ),
    )
