"""From year to year: capital, stocks, deposits and loans; growth and its accounts; speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from economy_cases import (
    DEPRECIATION,
    INNOVATION,
    OPTIONS,
    OTHER,
    STOCKS,
    bare_result,
    growth,
    levels,
    model,
    option,
    parameters,
    path,
    sample,
    shipped,
    shock,
)

from innospace.economy import KnowledgeModel, KnowledgeSpec
from innospace.economy.growth import average_growth, tornqvist
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import largest_feasible_part, next_stock, solve_path
from innospace.economy.models.knowledge.gates import gates

EXACT = 1e-12
"""Relative: carried over without solving."""
ACCOUNTED = 1e-10
"""Of logarithms: the production function holds to 1e-11."""
SLOW = 30.0
"""Times the time that one machine takes (10 ms a path), so that a loaded one passes as well."""


def test_capital_grows_by_investment():
    for name in ("baseline", "option-4"):
        m, found = model(), path(name)
        for i in k.PRODUCERS:
            now, before = parameters(m, found, f"capital.{i}"), parameters(m, found, f"capital_before.{i}")
            invested = m.calibration.unknowns["PQ.i1"] * levels(m, found, f"D.{i}.i1")
            np.testing.assert_allclose(now[1:], (1.0 - DEPRECIATION) * now[:-1] + invested[:-1], rtol=EXACT)
            np.testing.assert_array_equal(before[1:], now[:-1])
            assert (before[0], now[0]) == (sample()[1].capital_before[i], sample()[1].capital[i])


@pytest.mark.parametrize("kind", STOCKS)
def test_stocks_accumulate_flows(kind):
    m, found = model(stock=kind), path("option-1", stock=kind)
    for stock, x in (("knowledge_stock", "z1"), ("training_stock", "r1"), ("innovation_stock", "n1")):
        for i in k.PRODUCERS:
            flow = levels(m, found, f"D.{i}.{x}")
            f, expected = flow / flow[0], [0.0]
            for t in range(18):
                old = expected[-1]
                expected.append(
                    {
                        "cumulative": old + f[t],
                        "lag": f[t] - 1.0,
                        "perpetual_inventory": 0.85 * old + f[t] - 0.15 / 0.18,
                    }[kind]
                )
            np.testing.assert_allclose(parameters(m, found, f"{stock}.{i}"), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "expected"), [("cumulative", [3.2, 1.5]), ("lag", [0.2, -0.5]), ("perpetual_inventory", [2.4, 1.0])]
)
def test_next_stock_by_hand(kind, expected):
    """Depreciation 0.25 and growth 0.25: a flow of one keeps a stock of two, 0.5 above nothing."""
    found = next_stock(kind, np.array([2.0, 1.0]), np.array([1.2, 0.5]), 0.25, 0.25)
    hand = {"perpetual_inventory": [0.75 * 2.0 + 1.2 - 0.5, 0.75 + 0.5 - 0.5]}.get(kind, expected)
    np.testing.assert_allclose(found, hand, rtol=EXACT)


def test_deposits_and_loans_come_back_next_year():
    m, found = model(), path("option-3")
    for a in k.DEPOSITORS:
        np.testing.assert_array_equal(
            parameters(m, found, f"deposits_before.{a}")[1:], levels(m, found, f"Dep.{a}")[:-1]
        )
    for i in k.PRODUCERS:
        np.testing.assert_array_equal(parameters(m, found, f"loans_before.{i}")[1:], levels(m, found, f"Loan.{i}")[:-1])
    pool = sum(levels(m, found, f"Dep.{a}") for a in k.DEPOSITORS)
    np.testing.assert_allclose(sum(levels(m, found, f"Loan.{i}") for i in k.PRODUCERS), pool, rtol=1e-10)


# growth


def test_index_is_chained():
    """Prices of a growing sector collapse: at base prices growth would be 450 %, at current ones it is far less.

    By hand: shares of the first sector 0.5, then 10 x 0.1 / (1 + 1) = 0.5 again, so that the index is 10 ** 0.5.
    """
    quantities = np.array([[1.0, 1.0], [10.0, 1.0]])
    prices = np.array([[1.0, 1.0], [0.1, 1.0]])
    index = tornqvist(quantities, quantities * prices)
    np.testing.assert_allclose(index, [1.0, 10.0**0.5], rtol=EXACT)
    assert quantities[1].sum() / quantities[0].sum() == 5.5


def test_index_links_years_by_their_own_shares():
    quantities = np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 3.0]])
    values = np.array([[3.0, 1.0], [1.0, 1.0], [1.0, 3.0]])
    expected = [1.0, 2.0 ** (0.5 * (0.75 + 0.5)), 2.0 ** (0.5 * (0.75 + 0.5)) * 3.0 ** (0.5 * (0.5 + 0.75))]
    np.testing.assert_allclose(tornqvist(quantities, values), expected, rtol=EXACT)
    assert average_growth(np.array([1.0, 1.1, 1.21])) == pytest.approx(0.1)
    assert np.isnan(average_growth(np.array([1.0])))
    assert tornqvist(np.empty((0, 3)), np.empty((0, 3))).size == 0


def test_growth_of_the_result_is_that_of_the_index():
    m = model()
    result = bare_result(m, option("option-1"))
    assert 100.0 * result.growth["baseline"] == pytest.approx(growth(m), rel=EXACT)
    assert 100.0 * result.growth["option-1"] == pytest.approx(growth(m, option("option-1")), rel=EXACT)


@pytest.mark.parametrize("name", ["baseline", *OPTIONS])
def test_growth_accounts_add_up(name):
    """Growth of output is capital, labour, knowledge by kind, and nothing else."""
    m, found = model(), path(name)
    for i in k.PRODUCERS:
        p = {n: parameters(m, found, f"{n}.{i}") for n in ("capital", "capital_before", "alpha", "beta", "gamma")}
        stocks = {n: parameters(m, found, f"{n}_stock.{i}") for n in ("knowledge", "training", "innovation")}
        labour = parameters(m, found, f"labour_exponent.{i}")[0]
        capital = (1.0 - labour) * np.diff(np.log(p["capital"] + p["capital_before"]))
        hands = labour * np.diff(np.log(levels(m, found, f"L1.{i}") + levels(m, found, f"L3.{i}")))
        built = p["alpha"] * stocks["knowledge"] + p["beta"] * stocks["training"] + p["gamma"] * stocks["innovation"]
        grown = np.diff(np.log(levels(m, found, f"Y.{i}")))
        np.testing.assert_allclose(grown, capital + hands + np.diff(built), atol=ACCOUNTED)


# what the page reports


def test_options_have_the_pattern_of_the_paper():
    """4 > 1 > 3 > 0 > 2, the reverse of 1 is smaller than 1, and 4 is more than 1 and 3."""
    m = model()
    base = growth(m)
    one, two, three, four = (growth(m, option(n)) - base for n in OPTIONS)
    assert four > one > three > 0.0 > two
    assert abs(two) < one
    assert four > one + three
    assert base == pytest.approx(2.76, abs=0.03)
    assert (one, two, three, four) == pytest.approx((0.724, -0.462, 0.088, 0.925), abs=0.08)


def test_the_shipped_assumptions_have_the_pattern_and_pass_every_gate():
    m = shipped()
    base = growth(m)
    one, two, three, four = (growth(m, option(n)) - base for n in OPTIONS)
    assert four > one > three > 0.0 > two
    assert abs(two) < one
    assert four > one + three
    found = gates(m, {"baseline": solve_path(m), **{n: solve_path(m, option(n)) for n in OPTIONS}})
    assert [c.name for c in found if not c.ok] == []


def test_lag_cannot_give_the_pattern():
    m = model(stock="lag")
    assert growth(m, option("option-1")) < growth(m)


def test_first_years_go_the_other_way():
    result = bare_result(model(), option("option-1"), option("option-2"))
    against = {n: result.real_grp(n) / result.real_grp("baseline") - 1.0 for n in ("option-1", "option-2")}
    assert against["option-1"][1] < 0.0 < against["option-1"][-1]
    assert against["option-2"][1] > 0.0 > against["option-2"][-1]


# failure and speed


def test_a_shock_that_is_too_large_ends_the_path_and_a_part_of_it_is_feasible():
    m = model("fixed_share")
    part = largest_feasible_part(m, option("option-1"), rounds=6)
    assert 0.3 < part < 0.6
    assert solve_path(m, option("option-1"), part=part).failure is None
    assert solve_path(m, option("option-1"), part=part + 1 / 16).failure is not None


def test_part_of_a_scenario_is_a_smaller_shock():
    m = model(last_year=2016)
    half = solve_path(m, shock("norm", "multiply", 1.3, product="rf"), part=0.5)
    np.testing.assert_allclose(
        half.levels, solve_path(m, shock("norm", "multiply", 1.15, product="rf")).levels, rtol=1e-9
    )


def test_growth_that_explodes_fails_by_year():
    """Coefficients of the innovation sector at their full returns, outside prices given: no finite path."""
    sam, inputs = sample()
    full = {"alpha": 0.0119, "beta": 0.0046, "gamma": 0.0335}
    base = KnowledgeSpec(0.72)
    own = {n: {**getattr(base, n), INNOVATION: 3.0 * v} for n, v in full.items()}
    found = solve_path(KnowledgeModel(sam, inputs, KnowledgeSpec(0.72, export_elasticity=np.inf, **own)))
    assert found.failure is not None
    assert found.failure.worst
    assert 2013 < found.years[-1] < 2030


def test_a_shorter_study_has_the_same_years():
    short, long = path(last_year=2016), path()
    np.testing.assert_array_equal(short.levels, long.levels[:5])
    assert short.years == (2012, 2013, 2014, 2015, 2016)


def test_a_year_takes_milliseconds():
    m = model()
    solve_path(m)
    started = time.process_time()
    for name in ("baseline", *OPTIONS):
        found = solve_path(m, option(name))
        assert sum(found.iterations) < 80
    took = time.process_time() - started
    assert took < SLOW * 0.1
    assert took / (5 * 18) < SLOW * 0.02


@pytest.mark.parametrize("money", [10.0, 2.0, 0.1])
@pytest.mark.parametrize("name", ["baseline", "option-4"])
def test_money_changes_no_quantity(name, money):
    """Money and opening deposits and loans times a factor: quantities to 1e-8, nominal numbers in proportion."""
    m, plain = model(), path(name)
    scaled = solve_path(m, option(name), money=money)
    nominal = m.system.degree == 1.0
    real = m.system.positive & ~nominal
    np.testing.assert_allclose(scaled.levels[:, real], plain.levels[:, real], rtol=1e-8)
    np.testing.assert_allclose(scaled.levels[:, nominal], money * plain.levels[:, nominal], rtol=1e-8, atol=1e-6)


def test_money_of_later_years_alone_is_not_neutral():
    """Old deposits are nominal: a test that forgot them would fail, and so it should."""
    m = model()
    found = solve_path(m, shock("money_supply", "multiply", 2.0, (2015, 2030)))
    change = levels(m, found, f"Y.{OTHER}") / levels(m, path(), f"Y.{OTHER}") - 1.0
    np.testing.assert_allclose(change[:3], 0.0, atol=1e-10)
    assert 1e-4 < abs(change[4]) < 1e-2
