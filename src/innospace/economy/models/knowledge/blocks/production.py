"""Production with the efficiency of the innovation space inside, and how output is divided among products."""

from __future__ import annotations

import casadi

from innospace.economy.models.knowledge.blocks.expressions import mean_capital
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.labels import (
    EXPORTS,
    MARKET,
    ORDERED,
    PRODUCERS,
    SELLER,
    SET_PRICE,
    sold_by,
)
from innospace.economy.system import Equation, EquationFamily, Expression, Symbols

_SUPPLY = {
    "state_order": (
        r"S_x = S_{x0}\, q_x \;(x = rf, zf),\quad S_{g1} = E_{g1} Y_3",
        'S_x = S_(x 0) q_x quad (x = "rf", "zf"), quad S_("g1") = E_("g1") Y_3',
        "Set-price supply: the authorities order free education and non-market R&D; final goods for them are a fixed "
        "share of output.",
    ),
    "fixed_share": (
        r"S_x = E_x Y_{i(x)}",
        "S_x = E_x Y_(i(x))",
        "Set-price supply: a fixed share of the seller's output.",
    ),
    "fixed_money": (
        r"P_x S_x = \lambda_5 O_{5,0}^x B_5",
        "P_x S_x = lambda_5 O_(5,0)^x B_5",
        "Set-price supply: what a fixed share of the authorities' flexible budget buys.",
    ),
}


def knowledge_exponent(m: Symbols, i: str) -> Expression:
    """Return the exponent ``X_i`` of equation (5)."""
    return (
        m("alpha", i) * m("knowledge_stock", i)
        + m("beta", i) * m("training_stock", i)
        + m("gamma", i) * m("innovation_stock", i)
        + m("delta", i) * (m("efficiency") - m("efficiency_base"))
    )


def equations(m: Symbols, closure: Closure) -> tuple[EquationFamily, ...]:
    """Return equations (1) to (6)."""
    return (_production(m), _market_part(m), _index(m), _supply(m), _set_supply(m, closure), _mean_price(m))


def _production(m: Symbols) -> EquationFamily:
    def right(i: str) -> Expression:
        inputs = mean_capital(m, i) ** m("capital_exponent", i) * (m("L1", i) + m("L3", i)) ** m("labour_exponent", i)
        return m("technology", i) * inputs * casadi.exp(knowledge_exponent(m, i))

    return EquationFamily(
        "1",
        "production",
        "production",
        r"Y_i = A^r_i \left(\tfrac{K_i(t-1) + K_i(t)}{2}\right)^{A^k_i} \left(L^{l1}_i + L^{l3}_i\right)^{A^l_i} "
        r"e^{\alpha_i Z_i(t-1) + \beta_i R_i(t-1) + \gamma_i N_i(t-1) + \delta_i (TE - TE_0)}",
        'Y_i = A_i^r ((K_i (t-1) + K_i (t)) / 2)^(A_i^k) (L_i^("l1") + L_i^("l3"))^(A_i^l) '
        'e^(alpha_i Z_i (t-1) + beta_i R_i (t-1) + gamma_i N_i (t-1) + delta_i ("TE" - "TE"_0))',
        "Output of capital and two kinds of labour; past spending on knowledge, training and innovative goods and the "
        "efficiency of the innovation space raise it. The level of technology absorbs the efficiency of the base year.",
        "paper",
        tuple(Equation(f"Y.{i}", m("Y", i), right(i)) for i in PRODUCERS),
    )


def _market_part(m: Symbols) -> EquationFamily:
    return EquationFamily(
        "2",
        "market part",
        "production",
        r"V_i = Y_i - \sum_{x \in S_i} S_x",
        "V_i = Y_i - sum_(x in S_i) S_x",
        "Output less what is sold at set prices.",
        "reconstruction",
        tuple(
            Equation(f"V.{i}", m("V", i) + sum((m("S", x) for x in sold_by(i, SET_PRICE)), 0.0), m("Y", i))
            for i in PRODUCERS
        ),
    )


def _index(m: Symbols) -> EquationFamily:
    power = 1.0 + m("transformation")

    def index(i: str) -> Expression:
        return sum(m("market_share", x) * m("P", x) ** power for x in sold_by(i, (*MARKET, *EXPORTS))) ** (1.0 / power)

    return EquationFamily(
        "3",
        "price index of the market part",
        "production",
        r"P^T_i = \left(\sum_x s_x P_x^{1+\sigma_T}\right)^{1/(1+\sigma_T)}",
        "P_i^T = (sum_x s_x P_x^(1 + sigma_T))^(1 \\/ (1 + sigma_T))",
        "Price index of what is sold on markets and outside (constant elasticity of transformation).",
        "reconstruction",
        tuple(Equation(f"PT.{i}", m("PT", i), index(i)) for i in PRODUCERS),
    )


def _supply(m: Symbols) -> EquationFamily:
    def right(x: str) -> Expression:
        i = SELLER[x]
        return m("market_share", x) * m("V", i) * (m("P", x) / m("PT", i)) ** m("transformation")

    return EquationFamily(
        "4",
        "supply",
        "production",
        r"S_x = s_x V_i \left(P_x / P^T_i\right)^{\sigma_T}",
        "S_x = s_x V_i (P_x \\/ P_i^T)^(sigma_T)",
        "Producers move output towards products whose price rises; with elasticity zero, shares of output are fixed as "
        "in the paper.",
        "reconstruction",
        tuple(Equation(f"S.{x}", m("S", x), right(x)) for x in (*MARKET, *EXPORTS)),
    )


def _set_supply(m: Symbols, closure: Closure) -> EquationFamily:
    mode = closure.set_price_supply
    latex, typst, meaning = _SUPPLY[mode]

    def right(x: str) -> Expression:
        if mode == "fixed_money":
            return m("lam", "authorities") * m("budget_share", "authorities", x) * m("B", "authorities") / m("P", x)
        if mode == "state_order" and x in ORDERED:
            return m("set_quantity", x) * m("state_order", x)
        return m("set_share", x) * m("Y", SELLER[x])

    equations = tuple(Equation(f"S.{x}", m("S", x), right(x)) for x in SET_PRICE)
    return EquationFamily("5", "set-price supply", "production", latex, typst, meaning, "reconstruction", equations)


def _mean_price(m: Symbols) -> EquationFamily:
    def sales(i: str) -> Expression:
        return sum(m("P", x) * m("S", x) for x in sold_by(i, (*MARKET, *SET_PRICE, *EXPORTS)))

    return EquationFamily(
        "6",
        "price of output",
        "production",
        r"P^Y_i Y_i = \sum_x P_x S_x",
        "P_i^Y Y_i = sum_x P_x S_x",
        "The value of output is what its products are sold for.",
        "reconstruction",
        tuple(Equation(f"PY.{i}", m("PY", i) * m("Y", i), sales(i)) for i in PRODUCERS),
    )
