"""Macroeconomic accounts: identities, numbers of a matrix added by hand, indices against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from innospace.core.inputs import StepInputs
from innospace.economy.general.closure import unemployment
from innospace.economy.general.macro import Macro, exchange_of, factors_of, indices, real_product
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, run

ADDS = 1e-9
"""Identities hold at an equilibrium; solvers stop at residuals below 1e-10."""
EXACT = 1e-12
FIRST_ORDER = 1e-4
"""What terms of second order leave of a step of 1e-5, and more."""


@pytest.fixture(scope="module")
def result():
    return run(Options(model="stdcge"), StepInputs({}))


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"hansen"}))
def test_product_by_expenditure_is_product_by_income_in_every_model(name):
    model = ready(name)
    economy = compile_spec(model.spec)
    base = solve(economy)
    start = None if economy.has_benchmark else base.unknowns
    found = [base]
    for s in model.scenarios[:1]:
        p = shocked(economy, s)
        found.append(solve(economy, p, start=start, known=(base.unknowns, base.parameters)))
    for one in map(Macro, found):
        assert one.product == pytest.approx(one.incomes["value"].sum(), rel=ADDS)
        assert one.gap < ADDS


def test_the_benchmark_is_what_the_matrix_says(result):
    cells = ready("stdcge").spec  # the shipped matrix: purchases 50, 33, 31; exports 12, imports 24 and 3 of tariffs
    assert (factors_of(cells), exchange_of(cells)) == (("CAP", "LAB"), ("FX",))
    gdp = result.table("gdp").frame.set_index(["account", "item"])["baseline"]
    assert gdp["Expenditure", "Purchases of HOH"] == pytest.approx(50.0, abs=EXACT)
    assert gdp["Expenditure", "Exports"] == pytest.approx(12.0, abs=EXACT)
    assert gdp["Expenditure", "Imports"] == pytest.approx(-24.0, abs=EXACT)
    assert gdp["Expenditure", "Product"] == pytest.approx(102.0, abs=EXACT)
    assert gdp["Income", "Tax: tariff"] == pytest.approx(3.0, abs=EXACT)
    assert gdp["Real", "Product"] == pytest.approx(102.0, abs=EXACT)
    government = result.table("government").frame.set_index(["agent", "item"])["baseline"]
    assert government["GOV", "receives: sum"] == pytest.approx(35.0, abs=EXACT)
    assert government["GOV", "pays: government saving"] == pytest.approx(2.0, abs=EXACT)
    trade = result.table("trade").frame.set_index(["flow", "item"])
    assert trade.loc[("Balance", "Exports less imports"), "baseline"] == pytest.approx(-12.0, abs=EXACT)
    factors = result.table("factors").frame.set_index(["factor", "measure"])
    assert factors.loc[("CAP", "Use"), "capital"] == pytest.approx(55.0)


def test_indices_are_their_definitions(result):
    base, now = result.macro["baseline"], result.macro["tariffs"]
    found = indices(base, now).set_index(["basket", "index", "formula"])["value"]
    pairs = [(m.found.flow("HOH", c), m.found.price(c)) for m in (base, now) for c in ("Q.BRD", "Q.MLK")]
    q0, p0 = np.array(pairs[:2]).T
    q1, p1 = np.array(pairs[2:]).T
    assert found["HOH", "price", "Laspeyres"] == pytest.approx(p1 @ q0 / (p0 @ q0), rel=EXACT)
    assert found["HOH", "price", "Paasche"] == pytest.approx(p1 @ q1 / (p0 @ q1), rel=EXACT)
    for basket in ("product", "HOH", "exports", "imports"):
        value = found[basket, "price", "Fisher"] * found[basket, "volume", "Fisher"]  # Fisher's factor reversal
        assert value == pytest.approx(
            found[basket, "price", "Laspeyres"] * found[basket, "volume", "Paasche"], rel=EXACT
        )
    assert found["product", "price", "Fisher"] * found["product", "volume", "Fisher"] == pytest.approx(
        now.product / base.product, rel=EXACT
    )
    assert real_product(base, now) == pytest.approx(base.product * found["product", "volume", "Laspeyres"], rel=EXACT)


def test_more_from_the_same_inputs_raises_the_real_product_by_its_weight():
    # Hulten (1978): without taxes the first-order effect of productivity is sales over the product
    economy = compile_spec(ready("splcge").spec)
    base = solve(economy)
    p, step = base.parameters.copy(), 1e-5
    p[economy.parameters.position["productivity.Z.BRD"]] *= 1.0 + step
    found = solve(economy, p, known=(base.unknowns, base.parameters))
    weight = base.flow("Z.BRD", "BRD") * base.price("BRD") / Macro(base).product
    grown = real_product(Macro(base), Macro(found)) / Macro(base).product - 1.0
    assert grown == pytest.approx(step * weight, rel=FIRST_ORDER)


def test_idle_labour_earns_nothing():
    spec = unemployment(ready("stdcge").spec, "LAB", rate=0.05)
    base = solve(compile_spec(spec))
    own = Macro(base)
    assert own.factors.set_index("item").loc["LAB", "quantity"] == pytest.approx(40.0)
    assert own.gap < ADDS


def test_the_result_tells_products_and_passes_its_gates(result):
    told = result.to_dict()["product"]
    assert told["tariffs"]["real"] > told["baseline"]["real"]
    assert [c.ok for c in result.checks if c.name.startswith("macro.")] == [True] * 4
    assert "gdp" in [b.name for s in result.sections() for b in s.blocks if hasattr(b, "name")]
