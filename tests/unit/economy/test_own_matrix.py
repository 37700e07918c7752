"""Ready models on other matrices: the textbook's own matrix gives the textbook's model; others reproduce themselves."""

from __future__ import annotations

import pandas as pd
import pytest
from general_cases import random_country

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.provenance import Source
from innospace.data import SAM, load_sample
from innospace.data.dataset import Dataset
from innospace.economy.general.accounts import accounts
from innospace.economy.general.models import ready
from innospace.economy.general.models.ready_model import sample_sam
from innospace.economy.general.own_matrix import on_matrix
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run

EXACT = 1e-9
"""A benchmark is reproduced to the residual at which solvers stop."""
RUSSIAN = {
    "g0": "Пища",
    "g1": "Машины",
    "g2": "Услуги",
    "f0": "Капитал",
    "f1": "труд",
    "HOH": "Население",
    "GOV": "Бюджет",
    "INV": "Инвестиции",
    "EXT": "Внешний мир",
    "IDT": "Косвенные налоги",
    "TRF": "Пошлины",
}


def named(sam: SAM, names: dict[str, str]) -> SAM:
    return SAM(sam.values.rename(index=names, columns=names), sam.unit, sam.year, Source("матрица.csv", ""))


def changed(sam: SAM, *moves: tuple[str, str, float]) -> SAM:
    """Return the matrix with payments added around circles, so that it stays balanced."""
    values = sam.values.copy()
    for row, column, amount in moves:
        values.at[row, column] += amount
    return SAM(values, sam.unit, sam.year, sam.source)


def step_inputs(sam: SAM) -> StepInputs:
    return StepInputs({TABLE: Dataset(sam.to_frame(), sam.source)})


@pytest.mark.parametrize(("name", "matrix"), [("splcge", "splcge"), ("stdcge", "stdcge"), ("lrgcge", "stdcge")])
def test_the_matrix_of_the_textbook_gives_the_model_of_the_textbook(name, matrix):
    own = on_matrix(name, sample_sam(f"{matrix}-sam"))
    assert own.spec == ready(name).spec
    assert own.scenarios == ready(name).scenarios


@pytest.mark.parametrize(("name", "goods", "factors"), [("stdcge", 5, 3), ("lrgcge", 3, 2), ("stdcge", 1, 1)])
def test_any_number_of_goods_and_factors_reproduces_its_matrix(name, goods, factors):
    c = random_country(goods + 7, goods, factors)
    own = on_matrix(name, c.sam)
    assert (own.roles.goods, own.roles.factors) == (c.roles.goods, c.roles.factors)
    found = solve(compile_spec(own.spec))
    assert found.iterations == 0
    paid = accounts(found)
    for good in c.roles.goods:
        for h in c.roles.factors:
            assert paid.at[f"price.{h}", f"Z.{good}"] == pytest.approx(c.sam.cell(h, good), rel=EXACT)
        assert paid.at[f"price.Q.{good}", "HOH"] == pytest.approx(c.sam.cell(good, "HOH"), rel=EXACT)
        tariff = found.tax("tariff")[f"Q.{good}", f"M.{good}"]
        assert tariff == pytest.approx(c.sam.cell("TRF", good), rel=EXACT)


def test_names_in_cyrillic_are_found_and_change_no_number():
    c = random_country(2)
    own = on_matrix("stdcge", named(c.sam, RUSSIAN))
    assert (own.roles.household, own.roles.outside, own.roles.tariff) == ("Население", "Внешний мир", "Пошлины")
    assert own.spec.numeraire == (("труд", 1.0),)
    plain, theirs = (run(Options(model="stdcge"), step_inputs(s)) for s in (c.sam, named(c.sam, RUSSIAN)))
    assert theirs.welfare["ev_percent"].to_numpy() == pytest.approx(plain.welfare["ev_percent"].to_numpy(), rel=1e-8)
    assert all(check.ok for check in theirs.checks)
    assert theirs.textbook is None
    assert "матрица.csv" in theirs.summary()


def test_a_step_takes_the_matrix_as_data_and_numbers_are_those_of_the_ready_model():
    inputs = StepInputs({TABLE: load_sample("stdcge-sam")})
    options = Options(model="stdcge")
    assert preflight(options, inputs) == []
    found, known = run(options, inputs), run(options, StepInputs({}))
    pd.testing.assert_frame_equal(found.welfare, known.welfare)


def test_elasticities_are_chosen_for_all_goods_or_by_good():
    sam = sample_sam("stdcge-sam")
    own = on_matrix(
        "stdcge", sam, None, {"armington": {"BRD": 3.0}, "cet": 0.5, "value_added": 0.8, "consumption": 0.7}
    )
    known = {f"{a.name}.{n.name}": n.elasticity for a in own.spec.activities for n in (a.inputs, a.outputs)}
    assert (known["Q.BRD.mix"], known["Q.MLK.mix"]) == (3.0, 2.0)
    assert known["Z.BRD.sales"] == known["Z.MLK.sales"] == 0.5
    assert own.spec.agent("HOH").demand.elasticity == 0.7


def test_an_account_of_tariffs_may_be_missing():
    sam = random_country(4).sam
    values = sam.values.copy()
    goods = [a for a in sam.accounts if a.startswith("g")]
    moved = values.at["GOV", "TRF"]
    values.loc["IDT", goods] += values.loc["TRF", goods]  # all taxes through one account
    values.at["GOV", "IDT"] += moved
    values = values.drop(index="TRF", columns="TRF")
    own = on_matrix("stdcge", SAM(values, "", 0, sam.source))
    assert [s.name for s in own.scenarios] == ["indirect-tax"]
    assert solve(compile_spec(own.spec)).iterations == 0


BASE = sample_sam("stdcge-sam")


@pytest.mark.parametrize(
    ("name", "sam", "given", "error", "told"),
    [
        ("camcge", BASE, {}, SpecError, "has its own data"),
        ("stdcge", changed(BASE, ("HOH", "GOV", 1.0)), {}, DataError, "not balanced"),
        ("stdcge", changed(BASE, ("HOH", "GOV", 1.0), ("GOV", "HOH", 1.0)), {}, DataError, "no place for 1 cell"),
        ("splcge", BASE, {}, DataError, "no place for 20 cells"),
        ("stdcge", BASE, {"households": "HOH"}, LabelError, "Unknown part: 'households'"),
        ("stdcge", BASE, {"household": "HOM"}, LabelError, "Unknown account: 'HOM'"),
        ("stdcge", BASE, {"household": ["HOH", "GOV"]}, LabelError, "not one account: 'household'"),
        ("stdcge", BASE, {"household": "GOV"}, LabelError, "Accounts do not fit"),
        ("stdcge", BASE, {"goods": ["BRD"]}, LabelError, "without a part: 'MLK'"),
        ("stdcge", named(BASE, {"HOH": "families"}), {}, LabelError, "No account is found for: 'household'"),
        ("stdcge", named(BASE, {"BRD": "row"}), {}, LabelError, "Several accounts may be the outside"),
        ("stdcge", BASE, {"factors": ["CAP", "LAB", "MLK"]}, DataError, "no place for"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_what_does_not_fit_is_named(name, sam, given, error, told):
    with pytest.raises(error, match=told):
        on_matrix(name, sam, given)


def test_an_account_that_cannot_play_its_part_is_named():
    values = BASE.values.copy()
    values.at["BRD", "EXT"] += 2.0 * values.loc["BRD"].sum()  # more exports than are produced, paid abroad
    values.at["EXT", "BRD"] += values.at["BRD", "EXT"] - BASE.cell("BRD", "EXT")
    with pytest.raises(DataError, match="cannot play their part") as error:
        on_matrix("stdcge", SAM(values, "", 0, BASE.source))
    assert "'BRD': exports" in error.value.where


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ({"armingtom": 2.0}, "Unknown elasticity"),
        ({"cet": {"BREAD": 2.0}}, "Unknown good"),
        ({"cet": -1.0}, "not zero or above"),
        ({"consumption": {"BRD": 2.0}}, "one number"),
    ],
    ids=["kind", "good", "negative", "consumption"],
)
def test_elasticities_that_do_not_fit_are_named(rates, told):
    with pytest.raises((SpecError, LabelError), match=told):
        on_matrix("stdcge", BASE, None, rates)


def test_accounts_without_a_matrix_are_told_before_anything_is_solved():
    for options in (
        Options(model="stdcge", accounts={"household": "HOH"}),
        Options(model="stdcge", elasticities={"cet": 1.0}),
    ):
        assert any("Only a ready model on a matrix" in str(e) for e in preflight(options, StepInputs({})))
