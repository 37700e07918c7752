"""The model's own accounts of every year: balanced, complete, and the identities of national accounting."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import (
    INNOVATION,
    OPTIONS,
    OTHER,
    SCIENCE,
    bare_result,
    levels,
    model,
    option,
    sample,
    shock,
)

from innospace.core.errors import LabelError
from innospace.economy.models.knowledge import labels as k

BALANCED = 1e-9
"""Of gross regional product."""
REPLICATED = 1e-9
"""Relative: the matrix is balanced to about 1e-10 of its largest account."""
RULES = {
    "default": {},
    "fixed_share": {"supply": "fixed_share"},
    "fixed_money": {"supply": "fixed_money"},
    "lag": {"stock": "lag"},
    "deposit": {"relief": "deposit"},
    "consumer_prices": {"index": "consumer_prices"},
}


@pytest.fixture(scope="module", params=RULES)
def result(request):
    transfer = shock("transfer_rate", "set", 0.3)
    return bare_result(model(**RULES[request.param]), *(option(n) for n in OPTIONS), transfer)


def test_receipts_equal_payments_in_every_year(result):
    for name, found in result.paths.items():
        for year in found.years:
            v = result.accounts(name, year).to_numpy()
            nominal = result.values(name, "GRP")[found.years.index(year)]
            assert np.abs(v.sum(axis=1) - v.sum(axis=0)).max() < BALANCED * nominal, (name, year)
            assert v.min() > -BALANCED * nominal


def test_the_market_left_out_clears(result):
    """Recomputed from unknowns, not from the reported excess."""
    m = result.model
    for found in result.paths.values():
        gap = levels(m, found, "P.c1") * (levels(m, found, "DD.c1") - levels(m, found, "S.c1"))
        assert np.abs(gap / levels(m, found, "GRP")).max() < BALANCED


def test_base_year_accounts_are_the_matrix(result):
    sam, _ = sample()
    found = result.accounts("baseline", 2012)
    expected = sam.values.loc[list(k.ACCOUNTS), list(k.ACCOUNTS)]
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=REPLICATED, atol=1e-4)


def test_spending_equals_income(result):
    """C + G + I + knowledge purchases + X - M = GRP + VAT."""
    for name, found in result.paths.items():
        v = result.accounts(name, found.years[-1])
        producers = [f"budget.{i}" for i in k.PRODUCERS]
        consumption = v.loc[["c1", "r1"], "households"].sum()
        government = v.loc[["g1", "rf", "zf", "n1"], "authorities"].sum()
        bought = v.loc[["i1", "n1", "r1", "z1"], producers].to_numpy().sum()
        exports = v.loc[list(k.EXPORTS), "outside"].sum()
        imports = v.loc["outside", list(k.COMPOSITES)].sum()
        vat = v.loc["tax.vat"].sum()
        nominal = result.values(name, "GRP")[-1]
        assert consumption + government + bought + exports - imports == pytest.approx(nominal + vat, rel=1e-10)


def test_the_bank_earns_nothing(result):
    for name, found in result.paths.items():
        v = result.accounts(name, found.years[-1])
        assert v.loc["loans", "deposits"] == pytest.approx(v.loc["deposits"].drop("loans").sum())
        assert v.loc["loans", "deposits"] == pytest.approx(sum(v.loc[f"budget.{i}", "loans"] for i in k.PRODUCERS))
        assert v.loc["deposits", "loans"] == pytest.approx(v["deposits"].drop("loans").sum())


def test_transfers_are_payments_between_budgets():
    m = model()
    result = bare_result(m, shock("transfer_rate", "set", 0.3))
    v = result.accounts("transfer_rate", 2020)
    for i in (SCIENCE, INNOVATION):
        own = f"budget.{i}"
        outlays = v.loc[["i1", "n1", "r1", "z1"], own].sum()
        assert v.loc[own, f"budget.{OTHER}"] == pytest.approx(0.3 * outlays, rel=1e-9)


def test_accounts_of_unknown_years_and_scenarios_name_what_there_is():
    result = bare_result(model(last_year=2014))
    with pytest.raises(LabelError, match="no solution in 2015") as caught:
        result.accounts("baseline", 2015)
    assert "2012 to 2014" in str(caught.value)
    with pytest.raises(LabelError, match="Did you mean 'baseline'"):
        result.accounts("basline", 2012)
