"""Two countries on matrices of one's own, and the product of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from innospace.core.errors import DataError, InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.data import SAM, load_sample
from innospace.economy.general.macro import Macro
from innospace.economy.general.macro_countries import by_country, countries_of, gap
from innospace.economy.general.models import ready
from innospace.economy.general.models.ready_model import sample_sam
from innospace.economy.general.own_countries import on_matrices
from innospace.economy.general.own_matrix import on_matrix
from innospace.economy.general.step import PARTNER, Options, preflight, run

EXACT = 1e-12
ADDS = 1e-9
"""Identities hold at an equilibrium; solvers stop at residuals below 1e-10."""
JAPAN, USA = sample_sam("stdcge-sam"), sample_sam("twocge-usa-sam")
BOTH = StepInputs({TABLE: load_sample("stdcge-sam"), PARTNER: load_sample("twocge-usa-sam")})


def changed(sam: SAM, **cells: float) -> SAM:
    values = sam.values.copy()
    for place, amount in cells.items():
        row, column = place.split("_")
        values.at[row, column] += amount
    return SAM(values, sam.unit, sam.year, sam.source)


@pytest.fixture(scope="module")
def result():
    return run(Options(model="twocge", countries=["A", "B"], scenarios=["tariffs"]), BOTH)


def test_the_matrices_of_the_textbook_give_the_model_of_the_textbook():
    own, known = on_matrices(JAPAN, USA, countries=("JPN", "USA")), ready("twocge")
    assert replace(own.spec, title="") == known.spec
    assert own.scenarios == known.scenarios


def test_each_country_has_its_product_as_its_matrix_says(result):
    table = result.table("countries").frame.set_index(["country", "account", "item"])["baseline"]
    for country, sam in (("A", JAPAN), ("B", USA)):
        total = sam.values.to_numpy()
        assert total.shape[0] == 10
        bought = {a: sum(sam.cell(i, a) for i in ("BRD", "MLK")) for a in ("HOH", "GOV", "INV", "EXT")}
        imports = sum(sam.cell("EXT", i) for i in ("BRD", "MLK"))
        for agent in ("HOH", "GOV", "INV"):
            spent = table[country, "Expenditure", f"Purchases of {country}.{agent}"]
            assert spent == pytest.approx(bought[agent], abs=EXACT)
        assert table[country, "Expenditure", "Exports"] == pytest.approx(bought["EXT"], abs=EXACT)
        assert table[country, "Expenditure", "Imports"] == pytest.approx(-imports, abs=EXACT)
        assert table[country, "Income", f"{country}.CAP"] == pytest.approx(sam.cell("HOH", "CAP"), abs=EXACT)
        assert table[country, "Income", "Product"] == pytest.approx(sum(bought.values()) - imports, abs=EXACT)


def test_products_of_countries_add_up_to_the_product_of_both(result):
    accounts = Macro(result.solution("tariffs"))
    rows = by_country(accounts)
    assert gap(accounts) < ADDS
    assert rows["A", "Income", "Product"] + rows["B", "Income", "Product"] == pytest.approx(accounts.product, rel=ADDS)
    assert rows["A", "Expenditure", "Exports"] == pytest.approx(-rows["B", "Expenditure", "Imports"], rel=ADDS)
    assert all(c.ok for c in result.checks)


def test_a_model_of_one_country_has_no_such_table():
    assert countries_of(ready("stdcge").spec) == ()
    assert countries_of(ready("ramsey").spec) == ()


def test_countries_that_do_not_trade_with_each_other_alone_are_refused():
    more = changed(USA, BRD_EXT=1.0, INV_EXT=-1.0, BRD_INV=-1.0)
    with pytest.raises(DataError, match="alone") as error:
        on_matrices(JAPAN, more)
    assert "'BRD': PARTNER exports 14, HOME imports 13" in str(error.value)
    other = SAM(USA.values.rename(index={"MLK": "TEA"}, columns={"MLK": "TEA"}), "", 0, USA.source)
    with pytest.raises(DataError, match=r"MLK.*TEA"):
        on_matrices(JAPAN, other)
    with pytest.raises(SpecError, match="two different names"):
        on_matrices(JAPAN, USA, countries=("A", "A"))
    with pytest.raises(SpecError, match="a matrix each"):
        on_matrix("twocge", JAPAN)


@pytest.mark.parametrize(
    ("options", "tables"),
    [
        ({"model": "stdcge"}, (TABLE, PARTNER)),
        ({"model": "twocge"}, (PARTNER,)),
        ({"model": "twocge", "countries": ["A", "B"]}, ()),
        ({"model": "stdcge", "countries": ["A", "B"]}, (TABLE,)),
    ],
)
def test_a_partner_belongs_to_two_countries(options, tables):
    problems = preflight(Options(**options), StepInputs({role: BOTH.tables[role] for role in tables}))
    assert "takes a partner" in str(problems[0])
    assert all(isinstance(e, InnospaceError) for e in problems)
