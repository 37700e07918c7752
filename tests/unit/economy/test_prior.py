"""The matrix of Bashkortostan, 2012, from its controls.

Published figures are held exactly (to 1e-9 of the product). Balanced cells are held against the figures of a
calculation made independently of this package, with other weights of the assumptions: within 4 % where cells are firm,
12 % where they are loose.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import DataError
from innospace.core.provenance import Nature
from innospace.data import load_sample, read_controls, sam_from_dataset
from innospace.data.balancing import cross_entropy
from innospace.data.controls import ControlsError
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.accounts import cell_names
from innospace.economy.models.knowledge.base_year import catalogue
from innospace.economy.models.knowledge.prior import (
    ACCOUNTS,
    BaseInputs,
    base_inputs,
    build_prior,
    build_sam,
    gates,
    to_sam,
)

GRP = 1_154_056.1324


@pytest.fixture(scope="module")
def controls():
    return read_controls(load_sample("bashkortostan-2012-controls"), catalogue())


@pytest.fixture(scope="module")
def prior(controls):
    return build_prior(controls)


@pytest.fixture(scope="module")
def sam(prior):
    return to_sam(prior)


def test_the_shipped_matrix_is_what_the_shipped_controls_give(sam):
    shipped = sam_from_dataset(load_sample("bashkortostan-2012-sam"))
    assert (shipped.unit, shipped.year) == ("mln RUB", 2012) == (sam.unit, sam.year)
    shipped.require_balanced(1e-12)
    pd.testing.assert_frame_equal(shipped.ordered(ACCOUNTS).values, sam.values, rtol=1e-6, atol=1e-6)
    pd.testing.assert_frame_equal(shipped.ordered(ACCOUNTS).natures, sam.natures, check_dtype=False)


def test_the_shipped_prior_is_that_of_the_controls(prior):
    frame = load_sample("bashkortostan-2012-sam").frame
    for row, column, value in frame[["row", "column", "prior"]].itertuples(index=False):
        assert prior.values.at[row, column] == pytest.approx(value, rel=1e-12)


def test_accounts_and_cells_are_those_of_the_model(sam, prior):
    assert tuple(sam.accounts) == ACCOUNTS
    assert len(ACCOUNTS) == 31
    filled = {(r, c) for r, c in sam.to_frame()[["row", "column"]].itertuples(index=False)}
    assert filled == cell_names()
    assert {(r, c) for r, c in itertools.product(ACCOUNTS, ACCOUNTS) if prior.values.at[r, c] != 0.0} == cell_names()
    sam.require_no_negative()


def test_published_totals_are_held_exactly(sam):
    size = 1e-9 * GRP
    value_added = {i: sam.total(f"act.{i}") for i in k.PRODUCERS}
    assert sum(value_added.values()) == pytest.approx(GRP, abs=size)
    assert value_added["science_education"] == pytest.approx(42_900.2511 + 7_000.0, abs=size)
    shipped = 62_171.3798 * (33_128.002 + 428_307.1048 + 31_141.9482) / 1_037_360.4169
    assert value_added["innovation"] == pytest.approx(shipped, abs=size)
    wages = sum(sam.total(lab) for lab in k.LABOUR)
    assert wages == pytest.approx(21_095.2 * 12 * 1.77, abs=size)
    interest = 210_000.0 / 1.08 * 0.055
    earned = sam.total("households") - sam.cell("households", "deposits") + interest
    assert earned == pytest.approx(21_258.8 * 12 * 4.061, abs=size)
    assert sam.cell("act.science_education", "r1") + sam.cell("act.science_education", "rf") == pytest.approx(
        42_900.2511, abs=size
    )


def test_the_accounts_balance_to_rounding(sam, prior):
    assert sam.imbalances().abs().max() < 1e-13 * GRP
    found = prior.balance()
    assert found.iterations <= 8
    assert found.residual < 1e-12 * GRP
    for i in k.PRODUCERS:
        assert sam.cell(f"budget.{i}", "capital") == pytest.approx(sam.cell("capital", f"act.{i}"), rel=1e-12)


def test_product_by_use_is_product_by_origin_and_tax(sam):
    consumption = sam.cell("c1", "households") + sam.cell("r1", "households")
    public = sum(sam.cell(x, "authorities") for x in ("g1", "rf", "zf", "n1"))
    budgets = [f"budget.{i}" for i in k.PRODUCERS]
    investment = sum(sam.cell("i1", b) for b in budgets)
    knowledge = sum(sam.cell(x, b) for x in ("n1", "z1", "r1") for b in budgets)
    exports = sum(sam.cell(x, "outside") for x in k.EXPORTS)
    imports = sum(sam.cell("outside", q) for q in k.COMPOSITES)
    used = consumption + public + investment + knowledge + exports - imports
    assert used == pytest.approx(GRP + sam.total("tax.vat"), rel=1e-12)
    assert used == pytest.approx(1_206_443, rel=1e-3)


@pytest.mark.parametrize(
    ("row", "column", "expected", "within"),
    [
        ("c1", "households", 902_674, 0.01),
        ("outside", "c1", 279_989, 0.02),
        ("tax.vat", "c1", 46_908, 0.02),
        ("act.other_industries", "g1", 123_240, 0.02),
        ("outside", "i1", 59_436, 0.05),
        ("act.other_industries", "c2", 230_647, 0.02),
        ("authorities", "tax.vat", 52_387, 0.02),
        ("authorities", "tax.profit", 45_608, 0.02),
        ("authorities", "tax.property", 12_871, 0.02),
        ("authorities", "tax.income", 53_540, 0.02),
        ("authorities", "tax.social", 90_753, 0.02),
        ("social_payments", "authorities", 194_317, 0.03),
        ("authorities", "outside", 127_384, 0.04),
        ("households", "outside", 79_731, 0.04),
        ("outside", "households", 58_475, 0.05),
        ("budget.other_industries", "authorities", 24_448, 0.03),
        ("zf", "authorities", 2_702, 0.02),
        ("rf", "authorities", 34_020, 0.01),
        ("act.innovation", "n1", 17_464, 0.02),
        ("outside", "n1", 11_132, 0.05),
        ("n1", "budget.innovation", 3_957, 0.03),
        ("n1", "budget.other_industries", 22_695, 0.02),
        ("z1", "budget.innovation", 703, 0.04),
        ("r1", "households", 5_739, 0.03),
        ("l3", "act.science_education", 27_751, 0.01),
        ("l3", "act.other_industries", 54_767, 0.01),
    ],
)
def test_balanced_cells_are_near_an_independent_calculation(sam, row, column, expected, within):
    assert sam.cell(row, column) == pytest.approx(expected, rel=within)


def test_sums_are_near_an_independent_calculation(sam):
    budgets = [f"budget.{i}" for i in k.PRODUCERS]
    assert sum(sam.cell("i1", b) for b in budgets) == pytest.approx(209_305, rel=0.02)
    assert sum(sam.cell("households", b) for b in budgets) == pytest.approx(303_180, rel=0.02)
    assert sum(sam.cell("outside", b) for b in budgets) == pytest.approx(41_795, rel=0.05)


def test_the_bank_is_an_exact_function_of_deposits(sam):
    deposits = {"budget.science_education": 4_000.0, "budget.innovation": 3_500.0, "budget.other_industries": 95_000.0}
    deposits["households"] = 210_000.0
    back = {a: d / 1.08 * (1.055 if a == "households" else 1.04) for a, d in deposits.items()}
    for account, new in deposits.items():
        assert sam.cell("deposits", account) == new
        assert sam.cell(account, "deposits") == pytest.approx(back[account], rel=1e-14)
    lent, returned = sum(deposits.values()), sum(back.values())
    assert sam.cell("loans", "deposits") == lent
    assert sam.cell("deposits", "loans") == pytest.approx(returned, rel=1e-14)
    for i, share in zip(k.PRODUCERS, (0.01, 0.025, 0.965), strict=True):
        assert sam.cell(f"budget.{i}", "loans") == pytest.approx(share * lent, rel=1e-14)
        assert sam.cell("loans", f"budget.{i}") == pytest.approx(share * returned, rel=1e-14)


def test_cells_say_what_they_rest_on(sam, controls):
    assert sam.source.nature is Nature.ASSUMED
    assert sam.count_natures() == {"real": 0, "derived": 0, "assumption": 84, "residual": 13}
    notes = " ".join(load_sample("bashkortostan-2012-sam").source.note.split())
    assert "84 rest on assumptions and 13" in notes
    assert controls.count_statuses() == {"real": 14, "derived": 0, "assumption": 71}
    assert "14 of 85" in load_sample("bashkortostan-2012-controls").source.note
    assert sam.natures.at["households", "l1"] == "residual"


def test_a_published_figure_of_a_cell_shows_in_its_nature_and_is_held(controls):
    frame = load_sample("bashkortostan-2012-controls").frame.astype({"weight": "object"})
    row = frame["item"] == "tax.income"
    frame.loc[row, ["value", "status", "source", "weight"]] = [52_000.0, "real", "tax report", np.nan]
    found = build_sam(frame)
    assert found.cell("tax.income", "households") == 52_000.0
    assert found.natures.at["tax.income", "households"] == "real"
    assert found.count_natures()["real"] == 2
    invested = frame["item"] == "purchase.i1"
    frame.loc[invested, ["value", "status", "source", "weight"]] = [215_000.0, "real", "report", np.nan]
    assert build_sam(frame).total("i1") == pytest.approx(215_000.0, rel=1e-12)


def test_reasons_and_sources_are_given():
    frame = load_sample("bashkortostan-2012-controls").frame
    assert frame["reason"].str.len().gt(10).all()
    real = frame["status"] == "real"
    assert frame.loc[real, "source"].str.startswith("Rosstat").all()
    assert frame.loc[~real, "source"].eq("assumption").all()
    assert frame["item"].tolist() == [i.name for i in catalogue()]
    assert all(i.meaning for i in catalogue())


def test_base_inputs_add_up(controls):
    found = base_inputs(controls)
    assert found.year == 2012
    assert found.mean_wage == pytest.approx(21_095.2 * 12 / 1e6)
    assert set(found.persons) == {(i, lab) for i in k.PRODUCERS for lab in k.LABOUR}
    assert sum(found.persons.values()) == pytest.approx(1_770_000.0, rel=1e-12)
    assert found.persons["science_education", "l3"] == 175_000.0
    assert all(p > 0.0 for p in found.persons.values())
    assert sum(found.capital.values()) == pytest.approx(1_799_031.0)
    assert sum(found.capital_before.values()) == pytest.approx(1_703_359.0)
    assert found.loan_shares == pytest.approx(
        {"science_education": 0.01, "innovation": 0.025, "other_industries": 0.965}
    )
    assert (found.deposit_growth, found.rate_firms, found.rate_households) == (1.08, 0.04, 0.055)
    assert found.population == pytest.approx(4_061_000.0)
    assert BaseInputs.from_dict(found.to_dict()) == found


def test_wages_of_the_rest_are_plausible(sam, controls):
    inputs = base_inputs(controls)
    left = sam.cell("l1", "act.other_industries") / inputs.persons["other_industries", "l1"]
    assert 0.9 < left / inputs.mean_wage < 1.2


def test_gates_pass_and_name_what_is_wrong(sam, prior):
    assert all(c.ok for c in gates(sam, prior))
    assert [c.name for c in gates(sam, prior)] == [
        "sam.accounts",
        "sam.balance",
        "sam.signs",
        "sam.cells",
        "sam.product_identity",
        "sam.exact_totals",
    ]
    values = sam.values.copy()
    values.at["g1", "households"] = 100.0
    values.at["tax.vat", "c1"] += 50.0
    failed = {c.name: c for c in gates(to_sam(prior, cross_entropy(sam.values)), prior) if not c.ok}
    assert failed == {}
    broken = type(sam)(values, sam.unit, sam.year, sam.source)
    failed = {c.name: c for c in gates(broken, prior) if not c.ok}
    assert set(failed) == {"sam.balance", "sam.cells", "sam.product_identity"}
    assert "[g1, households]" in failed["sam.cells"].meaning
    small = type(sam)(values.drop(index="r1", columns="r1"), sam.unit, sam.year, sam.source)
    assert [c.name for c in gates(small) if not c.ok] == ["sam.accounts", "sam.balance"]
    wages = values.copy()
    wages.at["l1", "act.innovation"] += 10.0
    failed = {c.name: c for c in gates(type(sam)(wages, sam.unit, 2012, sam.source), prior) if not c.ok}
    assert "wage bill" in failed["sam.exact_totals"].meaning


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_accounts_does_not_matter(prior, sam, shuffler):
    order = list(ACCOUNTS)
    shuffler.shuffle(order)
    found = cross_entropy(prior.values.loc[order, order], prior.weights.loc[order, order], prior.constraints).values
    gap = (found.loc[list(ACCOUNTS), list(ACCOUNTS)] - sam.values).abs()
    assert float(gap.to_numpy().max()) < 1e-9 * GRP


LOOSE = [i.name for i in catalogue() if i.name.startswith(("purchase.", "imports.", "tax.", "distributed."))]


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(LOOSE), st.floats(0.9, 1.1), min_size=1, max_size=6))
def test_other_assumptions_still_balance_under_the_same_totals(controls, factors):
    changed = controls
    for item, factor in factors.items():
        changed = changed.with_value(item, controls.value(item) * factor)
    prior = build_prior(changed)
    assert all(c.ok for c in gates(to_sam(prior), prior))


@settings(max_examples=10, deadline=None)
@given(st.floats(-3.0, 3.0))
def test_money_in_another_unit_gives_the_same_shares(controls, power):
    scale, changed = 10.0**power, controls
    for item in catalogue():
        if item.unit in ("mln RUB", "RUB per month"):
            changed = changed.with_value(item.name, controls.value(item.name) * scale)
    assert np.allclose(build_sam(changed).values, build_sam(controls).values * scale, rtol=1e-9, atol=0.0)


def test_a_donor_region_may_pay_more_than_it_gets(controls):
    donor = controls.with_value("federal_transfer", -30_000.0)
    donor = donor.with_value("tax.profit", 200_000.0).with_value("outside_profit.other_industries", 10_000.0)
    found = build_prior(donor)
    sam = to_sam(found)
    assert sam.cell("authorities", "outside") < 0.0
    assert all(c.ok for c in gates(sam, found))


def test_impossible_controls_are_named(controls):
    with pytest.raises(DataError, match="negative") as error:
        build_prior(controls.with_value("imports.c1", 900_000.0))
    assert "[act.other_industries, c1]" in error.value.where
    with pytest.raises(DataError, match="shares 'capital_share'") as error:
        build_prior(controls.with_value("capital_share.innovation", 0.99))
    assert "103" in error.value.what
    with pytest.raises(DataError, match="branches employ"):
        base_inputs(controls.with_value("employed", 200_000.0))
    with pytest.raises(ControlsError):
        build_sam(load_sample("bashkortostan-2012-controls").frame.drop(index=0))


def test_exact_figures_that_contradict_each_other_are_named():
    frame = load_sample("bashkortostan-2012-controls").frame
    frame["weight"] = np.nan
    with pytest.raises(DataError, match="No matrix") as error:
        build_sam(frame)
    assert "account" in error.value.where or "constraint" in error.value.where


def test_it_is_fast(controls):
    import time

    start = time.process_time()
    build_sam(controls)
    assert time.process_time() - start < 1.0
