"""Equations of a solved year against arithmetic by hand, the production function above all."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import (
    DEPRECIATION,
    EFFICIENCY,
    INNOVATION,
    OTHER,
    SCIENCE,
    levels,
    model,
    option,
    parameters,
    sample,
    shock,
)

from innospace.economy import KnowledgeModel, KnowledgeSpec, Scenario
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import solve_path

BY_HAND = 1e-9
"""Relative: the solver's tolerance of 1e-11 and the rounding of a dozen operations."""
HIGHER = 0.75
ALPHA, BETA, GAMMA, DELTA = 0.004, 0.002, 0.012, 1.5
"""Coefficients of the innovation sector; alpha + beta + gamma = 0.018, delta (0.75 - 0.72) = 0.045."""
EXPONENT_2013 = {"cumulative": 0.018 + 0.045, "lag": 0.0 + 0.045, "perpetual_inventory": 0.003 + 0.045}
"""Stocks at the end of 2012, when flows are those of the base year: 1, 0, and 1 - 0.15 / 0.18 = 1/6."""


def stock_2013(kind: str, flow: float) -> float:
    """Stock at the end of 2013 by hand, for a flow of 2013 relative to 2012."""
    if kind == "cumulative":
        return 1.0 + flow
    if kind == "lag":
        return flow - 1.0
    return 0.85 * (1.0 / 6.0) + flow - 5.0 / 6.0


@pytest.mark.parametrize("kind", ["cumulative", "lag", "perpetual_inventory"])
def test_production_by_hand(kind):
    sam, inputs = sample()
    spec = KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION, delta={SCIENCE: 0.1, INNOVATION: DELTA, OTHER: 0.05})
    m = KnowledgeModel(sam, inputs, spec, model(stock=kind).closure, 2014)
    found = solve_path(m, shock("efficiency", "set", HIGHER))
    assert found.failure is None
    v = sam.values
    output = v.loc["act.innovation"].sum()
    labour = v.loc[["l1", "l3", "tax.social"], "act.innovation"].sum() / output
    k11, k12 = inputs.capital_before[INNOVATION], inputs.capital[INNOVATION]
    hands = {t: levels(m, found, f"L1.{INNOVATION}")[t] + levels(m, found, f"L3.{INNOVATION}")[t] for t in (0, 1, 2)}
    made = levels(m, found, f"Y.{INNOVATION}")
    assert made[0] == pytest.approx(output, rel=BY_HAND)

    invested_2012 = v.loc["i1", "budget.innovation"]
    k13 = (1.0 - DEPRECIATION) * k12 + invested_2012
    growth = ((k12 + k13) / (k11 + k12)) ** (1.0 - labour) * (hands[1] / hands[0]) ** labour
    assert made[1] == pytest.approx(output * growth * np.exp(EXPONENT_2013[kind]), rel=BY_HAND)

    deflator = 1.0 + v.loc["tax.vat", "i1"] / (v.loc["act.other_industries", "i1"] + v.loc["outside", "i1"])
    k14 = (1.0 - DEPRECIATION) * k13 + deflator * levels(m, found, f"D.{INNOVATION}.i1")[1]
    flows = {x: levels(m, found, f"D.{INNOVATION}.{x}") for x in ("z1", "r1", "n1")}
    stocks = {x: stock_2013(kind, flow[1] / flow[0]) for x, flow in flows.items()}
    exponent = ALPHA * stocks["z1"] + BETA * stocks["r1"] + GAMMA * stocks["n1"] + DELTA * 0.03
    growth = ((k13 + k14) / (k11 + k12)) ** (1.0 - labour) * (hands[2] / hands[0]) ** labour
    assert made[2] == pytest.approx(output * growth * np.exp(exponent), rel=BY_HAND)


def test_efficiency_of_the_base_year_is_absorbed():
    """The level of efficiency changes nothing as long as it does not move, but for delta = 1 / efficiency."""
    sam, inputs = sample()
    same = dict.fromkeys(k.PRODUCERS, 0.4)
    low, high = (solve_path(KnowledgeModel(sam, inputs, KnowledgeSpec(te, delta=same))) for te in (0.3, 0.9))
    np.testing.assert_allclose(low.levels, high.levels, rtol=BY_HAND)


@pytest.mark.parametrize("producer", k.PRODUCERS)
def test_more_efficiency_raises_output_by_delta(producer):
    m = model()
    only = {i: 1.0 if i == producer else 0.0 for i in k.PRODUCERS}
    own = m.with_spec(KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION, delta=only))
    plain, more = solve_path(own), solve_path(own, shock("efficiency", "add", 0.01))
    for i in k.PRODUCERS:
        ratio = np.log(levels(own, more, f"Y.{i}") / levels(own, plain, f"Y.{i}"))
        hands = np.log(
            (levels(own, more, f"L1.{i}") + levels(own, more, f"L3.{i}"))
            / (levels(own, plain, f"L1.{i}") + levels(own, plain, f"L3.{i}"))
        )
        effect = ratio[1] - parameters(own, plain, f"labour_exponent.{i}")[1] * hands[1]
        assert effect == pytest.approx(0.01 if i == producer else 0.0, abs=1e-9)


BOTH = Scenario(
    "all",
    shocks=(
        *option("option-4").shocks,
        *shock("transfer_rate", "set", 0.1).shocks,
        *shock("vat_rate", "multiply", 1.2).shocks,
        *shock("deposit_rate", "add", 0.01, agent="households").shocks,
    ),
)


@pytest.fixture(scope="module", params=["budget", "deposit"])
def year(request):
    """Values of 2016 by name, under many shocks at once: unknowns and parameters."""
    m = model(relief=request.param)
    found = solve_path(m, BOTH)
    values = dict(zip(m.system.unknowns, found.levels[4], strict=True))
    return {
        **values,
        **dict(zip(m.system.inputs, found.parameters[4], strict=True)),
        "kept": request.param == "deposit",
    }


def near(left, right):
    assert left == pytest.approx(right, rel=BY_HAND)


def test_supply_and_prices(year):
    q = year
    sales = {x: q[f"P.{x}"] * q[f"S.{x}"] for x in k.PRODUCTS}
    for i in k.PRODUCERS:
        mine = [x for x in k.PRODUCTS if k.SELLER[x] == i]
        near(q[f"PY.{i}"] * q[f"Y.{i}"], sum(sales[x] for x in mine))
        near(q[f"Y.{i}"], q[f"V.{i}"] + sum(q[f"S.{x}"] for x in mine if x in k.SET_PRICE))
        near(q[f"PT.{i}"] * q[f"V.{i}"], sum(sales[x] for x in mine if x not in k.SET_PRICE))
    # constant elasticity of transformation 2: the ratio of supplies follows the squared ratio of prices
    base = q["market_share.c2"] / q["market_share.c1"]
    near(q["S.c2"] / q["S.c1"], base * (q["P.c2"] / q["P.c1"]) ** 2)
    near(q["GRP"], sum(sales.values()))
    near(q["GRP"], q["money_supply"])
    near(q["PI"], q["consumer_weight.c1"] * q["PQ.c1"] / (1 + q["vat_base.c1"]) + q["consumer_weight.r1"] * q["P.r1"])
    nu = q[f"labour_exponent.{SCIENCE}"]
    near(q["P.rf"], 1.3 * q["PI"] ** (1 - nu) * (q["w3"] / q["public_wage_base"]) ** nu)
    near(q["P.g1"], q["PI"])
    near(q["S.rf"], q["set_quantity.rf"])
    near(q["S.g1"], q["set_share.g1"] * q[f"Y.{OTHER}"])
    # outside: elasticity of export demand 4
    near(q["P.z2"], q["ER"] * (q["S.z2"] / (q["export_base.z2"] * 1.03**4)) ** -0.25)


def test_imports(year):
    q = year
    for x in k.COMPOSITES:
        ratio = q[f"domestic_share.{x}"] / (1 - q[f"domestic_share.{x}"])
        near(q[f"DD.{x}"] / q[f"IM.{x}"], ratio * (q["ER"] / q[f"P.{x}"]) ** 1.5)
        spent = q[f"P.{x}"] * q[f"DD.{x}"] + q["ER"] * q[f"IM.{x}"]
        near(q[f"PQ.{x}"] * q[f"Q.{x}"], (1 + q[f"vat_rate.{x}"]) * spent)
        near(q[f"Q.{x}"], sum(q[f"D.{a}.{x}"] for a in k.BUYERS[x]))
    near(q["Tvat"], sum((1 - 1 / (1 + q[f"vat_rate.{x}"])) * q[f"PQ.{x}"] * q[f"Q.{x}"] for x in k.COMPOSITES))


def wage_bill(q, i):
    return sum(
        q[f"wage_relativity.{i}.{lab}"] * q[w] * q[f"{lab.upper()}.{i}"] for lab, w in (("l1", "w1"), ("l3", "w3"))
    )


def relief(q, i):
    vat = q["vat_rate.n1"] * q["P.n1"] * q["S.n1"] if i == INNOVATION else 0.0
    return (0.3 if i != OTHER else 0.0) * (q[f"Tsoc.{i}"] + q[f"Tprop.{i}"] + q[f"Tprof.{i}"] + vat)


def test_taxes(year):
    q = year
    price = q["PQ.i1"] / q["invest_price_base"]
    for i in k.PRODUCERS:
        bill, capital = wage_bill(q, i), 0.5 * price * (q[f"capital_before.{i}"] + q[f"capital.{i}"])
        near(q[f"Tsoc.{i}"], q[f"social_tax_rate.{i}"] * bill)
        near(q[f"Tprop.{i}"], q[f"property_tax_rate.{i}"] * capital)
        profit = q[f"PY.{i}"] * q[f"Y.{i}"] - bill - q[f"Tsoc.{i}"] - q[f"Tprop.{i}"] - 0.04 * capital
        near(q[f"Tprof.{i}"], q[f"profit_tax_rate.{i}"] * profit)
    near(q["Tpit"], q["income_tax_rate"] * sum(wage_bill(q, i) for i in k.PRODUCERS))
    near(q["Treb"], sum(relief(q, i) for i in k.PRODUCERS))


def test_budgets_are_received_and_spent(year):
    """Every budget from its receipts, and again from its outlays."""
    q = year
    lam5, b5 = q["lam.authorities"], q["B.authorities"]
    owed = sum((1 + q[f"deposit_rate.{a}"]) * q[f"deposits_before.{a}"] for a in k.DEPOSITORS)
    loans = sum(q[f"loans_before.{i}"] for i in k.PRODUCERS)
    goods = ("i1", "n1", "r1", "z1")

    def price(x):
        return q[f"PQ.{x}"] if x in k.COMPOSITES else q[f"P.{x}"]

    bought = {i: sum(price(x) * q[f"D.{i}.{x}"] for x in goods) for i in k.PRODUCERS}
    given = {SCIENCE: 0.1 * bought[SCIENCE], INNOVATION: 0.1 * bought[INNOVATION]}
    given[OTHER] = -sum(given.values())
    income = 0.0
    for i in k.PRODUCERS:
        kept = relief(q, i) if q["kept"] else 0.0
        taxes = q[f"Tsoc.{i}"] + q[f"Tprop.{i}"] + q[f"Tprof.{i}"]
        subsidy = lam5 * q[f"budget_share.authorities.subsidy_{i}"] * b5
        old = (1 + q[f"deposit_rate.{i}"]) * q[f"deposits_before.{i}"] - owed * q[f"loans_before.{i}"] / loans
        received = q[f"PY.{i}"] * q[f"Y.{i}"] - taxes + relief(q, i) - kept + given[i] + subsidy + old + q[f"Loan.{i}"]
        near(q[f"B.{i}"], received)
        lam = q[f"lam.{i}"]
        profit = lam * (q[f"budget_share.{i}.households"] + q[f"budget_share.{i}.outside"]) * q[f"B.{i}"]
        near(q[f"B.{i}"], wage_bill(q, i) + bought[i] + profit + q[f"Dep.{i}"] - kept)
        near(q[f"Loan.{i}"], q[f"loan_share.{i}"] * sum(q[f"Dep.{a}"] for a in k.DEPOSITORS))
        income += wage_bill(q, i) + lam * q[f"budget_share.{i}.households"] * q[f"B.{i}"]
    payments = lam5 * q["budget_share.authorities.social_payments"] * b5
    old = (1 + q["deposit_rate.households"]) * q["deposits_before.households"]
    near(q["B.households"], income - q["Tpit"] + payments + q["ER"] * q["outside_income"] + old)
    spent = price("c1") * q["D.households.c1"] + price("r1") * q["D.households.r1"] + q["Dep.households"]
    near(q["B.households"], spent + q["budget_share.households.outside"] * q["B.households"])
    taxes = sum(q[f"{t}.{i}"] for t in ("Tsoc", "Tprop", "Tprof") for i in k.PRODUCERS)
    near(b5, taxes + q["Tvat"] + q["Tpit"] - q["Treb"] + q["ER"] * q["federal_transfer"])
    subsidies = sum(lam5 * q[f"budget_share.authorities.subsidy_{i}"] * b5 for i in k.PRODUCERS)
    ordered = sum(q[f"P.{x}"] * q[f"S.{x}"] for x in k.SET_PRICE)
    near(b5, payments + subsidies + price("n1") * q["D.authorities.n1"] + ordered)


def test_labour_is_employed(year):
    q = year
    for lab in k.LABOUR:
        near(sum(q[f"{lab.upper()}.{i}"] for i in k.PRODUCERS), q[f"labour_supply.{lab}"])
    near(q["w3"], q["public_wage_ratio"] * q["w1"])


def test_outside_accounts_balance(year):
    q = year
    received = sum(q[f"P.{e}"] * q[f"S.{e}"] for e in k.EXPORTS) + q["ER"] * (
        q["federal_transfer"] + q["outside_income"]
    )
    profit = sum(q[f"lam.{i}"] * q[f"budget_share.{i}.outside"] * q[f"B.{i}"] for i in k.PRODUCERS)
    home = q["budget_share.households.outside"] * q["B.households"]
    near(received, q["ER"] * sum(q[f"IM.{x}"] for x in k.COMPOSITES) + profit + home)


@pytest.mark.parametrize("elasticity", [np.inf, 2.0])
def test_outside_price_is_given_when_elasticity_is_infinite(elasticity):
    sam, inputs = sample()
    m = KnowledgeModel(sam, inputs, KnowledgeSpec(EFFICIENCY, export_elasticity=elasticity), last_year=2015)
    found = solve_path(m)
    ratio = levels(m, found, "P.n2") / levels(m, found, "ER")
    moved = levels(m, found, "S.n2") / levels(m, found, "S.n2")[0] / 1.03 ** np.arange(4)
    np.testing.assert_allclose(ratio, moved ** (-1.0 / elasticity), rtol=BY_HAND)


def test_output_shares_are_fixed_without_transformation():
    sam, inputs = sample()
    m = KnowledgeModel(sam, inputs, KnowledgeSpec(EFFICIENCY, transformation=0.0), last_year=2016)
    found = solve_path(m)
    assert found.failure is None
    share = levels(m, found, "S.c2") / levels(m, found, f"V.{OTHER}")
    np.testing.assert_allclose(share, share[0], rtol=BY_HAND)
