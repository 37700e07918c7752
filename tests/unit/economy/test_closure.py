"""Every closure replicates the base year; what its rules say holds in solved years."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from economy_cases import INNOVATION, OTHER, SCIENCE, STOCKS, SUPPLIES, levels, model, parameters, path, sample, shock

from innospace.core.errors import InnospaceError, SpecError
from innospace.core.status import StatusCode
from innospace.economy import Closure, KnowledgeModel, KnowledgeSpec
from innospace.economy.models.knowledge.closure import CHOICES
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.gates import BASE_TOLERANCE, base_year

SOLVED = 1e-9
"""Relative: the solver stops at 1e-11 of the size of an equation."""
CLOSURES = list(itertools.product(*CHOICES.values()))


@pytest.mark.parametrize("choice", CLOSURES, ids="-".join)
def test_base_year_is_replicated_without_iterations(choice):
    sam, inputs = sample()
    m = KnowledgeModel(sam, inputs, KnowledgeSpec(0.61), Closure(*choice), 2013)
    found = solve_path(m)
    assert found.iterations[0] == 0
    assert 0 < found.iterations[1] < 12
    assert np.abs(m.system.residual(m.base_x, m.base_p)).max() <= BASE_TOLERANCE
    assert base_year(m).ok
    np.testing.assert_allclose(found.levels[0], [m.calibration.unknowns[i] for i in m.system.unknowns], rtol=1e-13)


def test_state_order_holds_quantities():
    m, found = model(), path("option-1")
    for x in ("rf", "zf"):
        np.testing.assert_allclose(levels(m, found, f"S.{x}"), m.calibration.unknowns[f"S.{x}"], rtol=SOLVED)
    more = solve_path(m, shock("state_order", "path", tuple(np.linspace(1.0, 1.2, 18)), product="rf"))
    np.testing.assert_allclose(levels(m, more, "S.rf")[1:] / levels(m, found, "S.rf")[0], np.linspace(1.0, 1.2, 18))


@pytest.mark.parametrize("supply", ["state_order", "fixed_share"])
def test_goods_for_authorities_are_a_fixed_share_of_output(supply):
    m, found = model(supply), path("option-3", supply=supply)
    share = levels(m, found, "S.g1") / levels(m, found, f"Y.{OTHER}")
    np.testing.assert_allclose(share, share[0], rtol=SOLVED)


def test_fixed_share_holds_shares_of_output():
    m, found = model("fixed_share"), path("option-3", supply="fixed_share")
    for x in ("rf", "zf"):
        share = levels(m, found, f"S.{x}") / levels(m, found, f"Y.{SCIENCE}")
        np.testing.assert_allclose(share, share[0], rtol=SOLVED)


def test_fixed_money_holds_shares_of_the_budget():
    m, found = model("fixed_money"), path("option-3", supply="fixed_money")
    for x in ("g1", "rf", "zf"):
        np.testing.assert_allclose(levels(m, found, f"O5.{x}"), m.calibration.unknowns[f"O5.{x}"], rtol=SOLVED)
    np.testing.assert_allclose(levels(m, found, "lam.authorities"), 1.0, rtol=SOLVED)
    spent = levels(m, found, "P.rf") * levels(m, found, "S.rf") / levels(m, found, "B.authorities")
    np.testing.assert_allclose(spent, spent[0], rtol=SOLVED)


def test_norms_follow_consumer_prices_alone_when_told_so():
    m, found = model(index="consumer_prices"), path("option-3", index="consumer_prices")
    for x in ("g1", "rf", "zf"):
        np.testing.assert_allclose(levels(m, found, f"P.{x}"), levels(m, found, "PI"), rtol=SOLVED)


@pytest.mark.parametrize("kind", ["budget", "deposit"])
def test_relief_goes_where_the_closure_says(kind):
    m, found = model(relief=kind), path("option-3", relief=kind)
    lam, budget = levels(m, found, f"lam.{INNOVATION}"), levels(m, found, f"B.{INNOVATION}")
    share = parameters(m, found, f"budget_share.{INNOVATION}.deposits")
    extra = levels(m, found, f"Dep.{INNOVATION}") - lam * share * budget
    vat = m.calibration.parameters["vat_rate.n1"] * levels(m, found, "P.n1") * levels(m, found, "DD.n1")
    taxes = sum(levels(m, found, f"{t}.{INNOVATION}") for t in ("Tsoc", "Tprop", "Tprof")) + vat
    expected = 0.3 * taxes if kind == "deposit" else 0.0 * taxes
    np.testing.assert_allclose(extra[1:], expected[1:], atol=1e-6)
    assert extra[0] == pytest.approx(0.0, abs=1e-6)
    assert (levels(m, found, "Treb")[1:] > 0.0).all()


@pytest.mark.parametrize("supply", SUPPLIES)
@pytest.mark.parametrize("stock", STOCKS)
def test_baseline_is_solved_under_every_rule(supply, stock):
    found = path(supply=supply, stock=stock)
    assert found.failure is None
    assert len(found.years) == 19


@pytest.mark.parametrize("name", list(CHOICES))
def test_unknown_choices_offer_the_nearest(name):
    first = next(iter(CHOICES[name]))
    with pytest.raises(SpecError) as caught:
        Closure(**{name: first + "x"})
    assert f"Did you mean {first!r}" in str(caught.value)
    assert f"key {name!r}" in str(caught.value)
    with pytest.raises(InnospaceError, match="Unknown choice"):
        Closure.from_dict({name + "s": first})


def test_closures_survive_plain_types_and_describe_themselves():
    given = Closure("fixed_money", "consumer_prices", "lag", "deposit")
    assert Closure.from_dict(given.to_dict()) == given
    assert set(given.describe()) == set(CHOICES)
    assert all(given.describe().values())


def test_last_year_must_follow_the_base_year():
    with pytest.raises(SpecError, match="not after the base year 2012"):
        KnowledgeModel(*sample(), KnowledgeSpec(0.72), last_year=2012)


# a region that runs out


def test_norms_times_five_exhaust_the_authorities_in_fixed_share_mode():
    m = model("fixed_share")
    found = solve_path(m, shock("norm", "multiply", 5.0, product=("rf", "zf")))
    assert found.failure is not None
    assert found.failure.code in (StatusCode.STALLED, StatusCode.MAX_ITERATIONS, StatusCode.SINGULAR)
    assert 0.0 <= found.failure.reached < 1.0
    assert "determines" in found.failure.worst
    assert found.years[0] == 2012
    assert len(found.years) == len(found.levels) == len(found.reported) == len(found.iterations)
