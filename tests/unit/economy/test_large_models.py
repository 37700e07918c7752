"""Which route a large model takes, and what becomes of one that elimination does not solve."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from innospace.core.errors import DataError, SolverError
from innospace.economy.general import solve as routes
from innospace.economy.general.models import ready
from innospace.economy.general.models.world import world
from innospace.economy.general.solve import LARGE, compile_spec, solve
from innospace.economy.general.trees import single

SAME = 1e-9
"""Both routes end at residuals below 1e-11."""


def changed(economy, factor):
    p = economy.parameters.values.copy()
    p[economy.parameters.position["endowment.H0.K0"]] *= factor
    return p


@pytest.fixture(scope="module")
def small():
    return compile_spec(world(3, 3))


def test_a_large_model_is_solved_by_elimination_and_a_small_one_is_not(small):
    economy = compile_spec(world(13, 30))
    assert economy.layout.size > LARGE
    found = solve(economy, changed(economy, 1.2))
    assert (found.route, found.status.converged) == ("block", True)
    assert found.residual < SAME
    assert solve(small, changed(small, 1.2)).route == "newton"


def test_the_route_that_is_chosen_changes_no_number(small, monkeypatch):
    p = changed(small, 1.5)
    expected = solve(small, p).unknowns
    monkeypatch.setattr(routes, "LARGE", 10)
    found = solve(small, p)
    assert found.route == "block"
    assert np.allclose(found.unknowns, expected, atol=SAME)
    assert (
        solve(compile_spec(ready("stdcge").spec)).route == "newton"
    )  # joint products: its structure does not allow it


def test_elimination_with_inner_equations_solved_iteratively_agrees_with_newton():
    economy = compile_spec(world(4, 15))
    p = changed(economy, 1.5)
    block, newton = solve(economy, p, route="block"), solve(economy, p, route="newton")
    assert (block.status.converged, newton.status.converged) == (True, True)
    assert block.residual < SAME
    assert np.allclose(block.unknowns, newton.unknowns, atol=SAME)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_an_activity_that_makes_nothing_is_named(small):
    p = small.parameters.values.copy()
    p[small.parameters.position["productivity.make.g1.2"]] = 0.0
    with pytest.raises(SolverError, match=r"make\.g1\.2 misses break-even by inf"):
        solve(small, p, route="block")


@pytest.mark.parametrize("on", [True, False])
def test_compiling_leaves_the_collection_of_garbage_as_it_was(on):
    spec = world(2, 2)
    first, *rest = spec.activities
    double = single("output", first.outputs.flows[0].commodity, 2.0 * first.outputs.flows[0].quantity)
    unbalanced = replace(spec, activities=(replace(first, outputs=double), *rest))
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        compile_spec(spec)
        assert gc.isenabled() is on
        with pytest.raises(DataError, match="break even"):
            compile_spec(unbalanced)
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


def fails(economy, p, **_):
    raise SolverError("Prices of goods do not settle.")


def test_what_elimination_does_not_solve_newton_tries(small, monkeypatch):
    monkeypatch.setattr(routes, "LARGE", 10)
    monkeypatch.setattr(routes, "solve_blocks", fails)
    assert solve(small, changed(small, 1.2)).route == "newton"
    monkeypatch.setattr(routes, "LARGEST", 20)
    with pytest.raises(SolverError, match="settle"):
        solve(small, changed(small, 1.2))
