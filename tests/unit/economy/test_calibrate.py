"""Calibration against arithmetic on cells of the matrix; matrices that cannot be used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from economy_cases import DEPRECIATION, EFFICIENCY, INNOVATION, OTHER, SCIENCE, growth, model, option, sample

from innospace.core.errors import DataError, LabelError
from innospace.data.sam import SAM
from innospace.economy import Closure, KnowledgeModel, KnowledgeSpec
from innospace.economy.models.knowledge import labels as k

EXACT = 1e-12
"""Relative: the same few operations in another order."""
SAME_GROWTH = 1e-9
"""Percentage points: two solutions to 1e-11 each."""


def cells():
    sam, _ = sample()
    return sam.values


def test_budgets_are_sums_of_outlays():
    v, u = cells(), model().calibration.unknowns
    for i in k.PRODUCERS:
        account = f"budget.{i}"
        bought = v.loc[["i1", "n1", "r1", "z1"], account].sum()
        paid_out = v.loc["households", account] + v.loc["outside", account] + v.loc["deposits", account]
        wages = v.loc["l1", f"act.{i}"] + v.loc["l3", f"act.{i}"]
        assert u[f"B.{i}"] == pytest.approx(wages + bought + paid_out, rel=EXACT)
    assert u["B.authorities"] == pytest.approx(v["authorities"].sum(), rel=EXACT)
    home = v.loc[["c1", "r1", "outside", "deposits"], "households"].sum()
    assert u["B.households"] == pytest.approx(home, rel=EXACT)


def test_a_producers_budget_is_what_equation_25_says():
    """Sales less taxes, plus subsidy, old deposit, new loan less old: from cells, not from outlays."""
    v, u = cells(), model().calibration.unknowns
    for i in k.PRODUCERS:
        account = f"budget.{i}"
        sales = v.loc[f"act.{i}"].sum()
        taxes = v.loc["tax.social", f"act.{i}"] + v.loc[["tax.property", "tax.profit"], account].sum()
        finance = v.loc[account, "deposits"] + v.loc[account, "loans"] - v.loc["loans", account]
        expected = sales - taxes + v.loc[account, "authorities"] + finance
        assert u[f"B.{i}"] == pytest.approx(expected, rel=1e-9)


def test_wages_and_relativities_give_back_wage_cells():
    v, c = cells(), model().calibration
    _, inputs = sample()
    assert c.unknowns["w1"] == inputs.mean_wage
    public = v.loc["l3", [f"act.{i}" for i in k.PRODUCERS]].sum()
    persons = sum(inputs.persons[i, "l3"] for i in k.PRODUCERS)
    assert c.unknowns["w3"] == pytest.approx(public / persons, rel=EXACT)
    assert c.parameters["public_wage_ratio"] == pytest.approx(public / persons / inputs.mean_wage, rel=EXACT)
    for i in k.PRODUCERS:
        for lab, w in (("l1", "w1"), ("l3", "w3")):
            wage = c.parameters[f"wage_relativity.{i}.{lab}"] * c.unknowns[w]
            assert wage * inputs.persons[i, lab] == pytest.approx(v.loc[lab, f"act.{i}"], rel=EXACT)


def test_tax_rates_give_back_taxes():
    v, p = cells(), model().calibration.parameters
    _, inputs = sample()
    for i in k.PRODUCERS:
        act, budget = f"act.{i}", f"budget.{i}"
        wages = v.loc["l1", act] + v.loc["l3", act]
        assert p[f"social_tax_rate.{i}"] == pytest.approx(v.loc["tax.social", act] / wages, rel=EXACT)
        capital = (inputs.capital_before[i] + inputs.capital[i]) / 2.0
        assert p[f"property_tax_rate.{i}"] == pytest.approx(v.loc["tax.property", budget] / capital, rel=EXACT)
        profit = v.loc[act].sum() - wages - v.loc["tax.social", act] - v.loc["tax.property", budget] - 0.04 * capital
        assert p[f"profit_tax_rate.{i}"] == pytest.approx(v.loc["tax.profit", budget] / profit, rel=EXACT)
    total = sum(v.loc[["l1", "l3"], f"act.{i}"].sum() for i in k.PRODUCERS)
    assert p["income_tax_rate"] == pytest.approx(v.loc["tax.income", "households"] / total, rel=EXACT)
    for q, seller in (("c1", OTHER), ("i1", OTHER), ("n1", INNOVATION)):
        base = v.loc[f"act.{seller}", q] + v.loc["outside", q]
        assert p[f"vat_rate.{q}"] == p[f"vat_base.{q}"] == pytest.approx(v.loc["tax.vat", q] / base, rel=EXACT)


def test_production_function_gives_back_output():
    v, c = cells(), model().calibration
    _, inputs = sample()
    for i in k.PRODUCERS:
        output = v.loc[f"act.{i}"].sum()
        labour = v.loc[["l1", "l3", "tax.social"], f"act.{i}"].sum() / output
        assert c.parameters[f"labour_exponent.{i}"] == pytest.approx(labour, rel=EXACT)
        assert c.parameters[f"capital_exponent.{i}"] == pytest.approx(1.0 - labour, rel=1e-10)
        hands = inputs.persons[i, "l1"] + inputs.persons[i, "l3"]
        capital = (inputs.capital_before[i] + inputs.capital[i]) / 2.0
        made = c.parameters[f"technology.{i}"] * capital ** (1.0 - labour) * hands**labour
        assert made == pytest.approx(output, rel=1e-11)


def test_shares_of_trade_and_bank():
    v, p = cells(), model().calibration.parameters
    market = v.loc["act.science_education", ["r1", "z1", "z2"]]
    assert p["market_share.z1"] == pytest.approx(market["z1"] / market.sum(), rel=EXACT)
    assert p["market_share.c2"] == pytest.approx(
        v.loc["act.other_industries", "c2"] / v.loc["act.other_industries", ["c1", "i1", "c2"]].sum(), rel=EXACT
    )
    home = v.loc["act.other_industries", "i1"]
    assert p["domestic_share.i1"] == pytest.approx(home / (home + v.loc["outside", "i1"]), rel=EXACT)
    pool = v.loc["loans", "deposits"]
    for i in k.PRODUCERS:
        assert p[f"loan_share.{i}"] == pytest.approx(v.loc[f"budget.{i}", "loans"] / pool, rel=1e-9)
        assert p[f"deposits_before.{i}"] == pytest.approx(v.loc["deposits", f"budget.{i}"] / 1.08, rel=1e-9)
    assert p["deposits_before.households"] == pytest.approx(v.loc["deposits", "households"] / 1.08, rel=1e-9)
    assert sum(p[f"loans_before.{i}"] for i in k.PRODUCERS) == pytest.approx(pool / 1.08, rel=1e-9)


def test_consumer_prices_weigh_by_spending():
    v, p = cells(), model().calibration.parameters
    spent = v.loc[["c1", "r1"], "households"]
    assert p["consumer_weight.c1"] == pytest.approx(spent["c1"] / spent.sum(), rel=EXACT)
    assert p["consumer_weight.r1"] == pytest.approx(spent["r1"] / spent.sum(), rel=EXACT)


def test_norms_follow_wages_by_the_labour_share_of_science():
    p = model().calibration.parameters
    assert p["norm_wage_weight.rf"] == p["norm_wage_weight.zf"] == p[f"labour_exponent.{SCIENCE}"]
    assert p["norm_wage_weight.g1"] == 0.0
    assert model(index="consumer_prices").calibration.parameters["norm_wage_weight.rf"] == 0.0


def test_efficiency_elasticities_follow_innovative_goods():
    v, p = cells(), model().calibration.parameters
    vat = p["vat_rate.n1"]
    assert p[f"delta.{INNOVATION}"] == pytest.approx(1.0 / 3.0 / EFFICIENCY, rel=EXACT)
    for i in (SCIENCE, OTHER):
        bought = v.loc["n1", f"budget.{i}"] / (1.0 + vat) / v.loc[f"act.{i}"].sum()
        assert p[f"delta.{i}"] == pytest.approx(bought / EFFICIENCY, rel=EXACT)
    own = KnowledgeSpec(EFFICIENCY, delta={SCIENCE: 0.1, INNOVATION: 0.2, OTHER: 0.3})
    given = KnowledgeModel(*sample(), own).calibration.parameters
    assert [given[f"delta.{i}"] for i in k.PRODUCERS] == [0.1, 0.2, 0.3]


def test_order_of_accounts_does_not_matter():
    sam, inputs = sample()
    turned = KnowledgeModel(
        sam.ordered(sam.accounts[::-1]), inputs, KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION)
    ).calibration
    for name, value in model().calibration.all.items():
        assert turned.all[name] == pytest.approx(value, rel=EXACT), name


def rescaled(factor: float) -> KnowledgeModel:
    """A region a tenth as large: matrix, persons and capital times a factor."""
    sam, inputs = sample()
    small = SAM(sam.values * factor, sam.unit, sam.year, sam.source, sam.natures)
    kept = replace(
        inputs,
        persons={key: factor * n for key, n in inputs.persons.items()},
        capital_before={i: factor * v for i, v in inputs.capital_before.items()},
        capital={i: factor * v for i, v in inputs.capital.items()},
        population=factor * inputs.population,
    )
    return KnowledgeModel(small, kept, KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION))


@pytest.mark.parametrize("name", ["baseline", "option-1", "option-4"])
def test_a_region_a_tenth_as_large_grows_the_same(name):
    small = rescaled(0.1)
    assert growth(small, option(name)) == pytest.approx(growth(model(), option(name)), abs=SAME_GROWTH)


# matrices and inputs that cannot be used


def changed(*moves: tuple[str, str, float], balance: bool = True) -> SAM:
    """Set cells and keep every account balanced by a round trip through the diagonal cell of the row or column."""
    sam, _ = sample()
    values = sam.values.copy()
    for row, column, value in moves:
        values.loc[row, column] = value
    return SAM(values, sam.unit, sam.year, sam.source)


def tried(sam: SAM, **inputs) -> KnowledgeModel:
    tested = KnowledgeModel(
        sam, replace(sample()[1], **inputs), KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION), Closure()
    )
    assert tested.calibration
    return tested


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("act.innovation", "n2"),
        ("l3", "act.innovation"),
        ("outside", "n1"),
        ("z1", "budget.science_education"),
        ("r1", "households"),
        ("loans", "deposits"),
        ("capital", "act.innovation"),
    ],
)
def test_a_zero_where_a_share_is_needed_is_named(monkeypatch, row, column):
    monkeypatch.setattr(SAM, "require_balanced", lambda self, relative=0.0: None)
    with pytest.raises(DataError, match="must be positive") as caught:
        tried(changed((row, column, 0.0)))
    assert f"[{row}, {column}]" in str(caught.value)


def test_a_matrix_that_is_not_balanced_is_named():
    with pytest.raises(DataError, match="not balanced"):
        tried(changed(("c1", "households", 1.0)))


def test_payments_the_model_does_not_know_are_named():
    sam, _ = sample()
    v = sam.values.copy()
    v.loc["households", "outside"] -= 10.0
    v.loc["households", "tax.vat"] += 10.0
    v.loc["authorities", "tax.vat"] -= 10.0
    v.loc["authorities", "outside"] += 10.0
    with pytest.raises(DataError, match=r"no equation for: \[households, tax.vat\] = 10"):
        tried(SAM(v, sam.unit, sam.year, sam.source))


def test_missing_and_unknown_accounts_are_named():
    sam, _ = sample()
    kept = [a for a in sam.accounts if a != "loans"]
    with pytest.raises(LabelError, match="lacks accounts: 'loans'"):
        tried(SAM(sam.values.loc[kept, kept], sam.unit, sam.year, sam.source))
    renamed = sam.values.rename(index={"loans": "loan"}, columns={"loans": "loan"})
    with pytest.raises(LabelError, match="Did you mean 'loans'"):
        tried(SAM(renamed, sam.unit, sam.year, sam.source))


@pytest.mark.parametrize("name", ["persons", "capital", "capital_before"])
def test_inputs_that_are_not_positive_are_named(name):
    sam, inputs = sample()
    key = (INNOVATION, "l3") if name == "persons" else INNOVATION
    with pytest.raises(DataError, match="Not positive") as caught:
        tried(sam, **{name: {**getattr(inputs, name), key: 0.0}})
    assert INNOVATION in str(caught.value)


def test_profit_tax_without_profit_is_named():
    sam, inputs = sample()
    vast = {**inputs.capital, INNOVATION: 1e9}
    with pytest.raises(DataError, match="profit tax without a taxable profit"):
        tried(sam, capital=vast)


def test_base_prices_are_one():
    u = model().calibration.unknowns
    for family in ("P", "PT", "PY"):
        assert {value for name, value in u.items() if name.split(".")[0] == family} == {1.0}
    assert u["ER"] == u["PI"] == u["kappa"] == 1.0
    assert np.isclose(u["GRP"], cells().loc[[f"act.{i}" for i in k.PRODUCERS]].to_numpy().sum())


def test_a_negative_cell_of_a_balanced_matrix_is_named():
    sam, _ = sample()
    circle = [("tax.property", "budget.science_education"), ("authorities", "tax.property")]
    circle.append(("budget.science_education", "authorities"))
    below = max(sam.cell(*circle[0]), sam.cell(*circle[2])) + 50.0
    own = changed(*((row, column, sam.cell(row, column) - below) for row, column in circle))
    own.require_balanced()
    with pytest.raises(DataError, match="negative") as caught:
        tried(own)
    assert "[tax.property, budget.science_education]" in caught.value.where
