"""Laws of general equilibrium over random matrices and elasticities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from general_cases import numerical_jacobian, random_country
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innospace.economy.general.accounts import accounts
from innospace.economy.general.models.open_economy import open_economy
from innospace.economy.general.models.world import world
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.scenario import Scenario, Shock

SAME = 1e-9
"""Two solutions to residuals of 1e-11."""
DERIVATIVE = 1e-6
"""Central differences with steps of 1e-6."""
CALM = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SHOCK = Scenario(
    "mixed",
    shocks=(
        Shock("tax", "multiply", 0.5),
        Shock("endowment", "multiply", 1.15, {"commodity": ("f0",)}),
        Shock("productivity", "multiply", 1.1, {"activity": ("Z.g0",)}),
    ),
)
seeds = st.integers(0, 10_000)


def _solved(country, numeraire="f0", scenario=SHOCK):
    economy = compile_spec(open_economy("random", country, numeraire))
    return solve(economy, shocked(economy, scenario))


@CALM
@given(seeds)
def test_benchmark_walras_and_accounts(seed):
    country = random_country(seed)
    economy = compile_spec(open_economy("random", country, "f1"))
    assert solve(economy).iterations == 0
    found = solve(economy, shocked(economy, SHOCK))
    assert found.status.converged
    assert abs(found.walras) < SAME
    matrix = accounts(found).to_numpy()
    assert matrix.sum(axis=0) == pytest.approx(matrix.sum(axis=1), rel=SAME, abs=SAME)


@CALM
@given(seeds)
def test_numeraire_and_its_unit_do_not_matter(seed):
    country = random_country(seed)
    first, second = _solved(country, "f0"), _solved(country, "FX")
    ten = replace(SHOCK, shocks=(*SHOCK.shocks, Shock("unit", "set", 10.0)))
    third = _solved(country, "f0", ten)
    lay = first.economy.layout
    for other, factor in ((second, 1.0 / first.price("FX")), (third, 10.0)):
        assert other.point.flow == pytest.approx(first.point.flow, rel=SAME)
        assert other.point.price == pytest.approx(first.point.price * factor, rel=SAME)
        assert other.unknowns[lay.income] == pytest.approx(first.unknowns[lay.income] * factor, rel=SAME)


@CALM
@given(seeds)
def test_the_order_of_accounts_does_not_matter(seed):
    country = random_country(seed)
    roles = replace(country.roles, goods=country.roles.goods[::-1], factors=country.roles.factors[::-1])
    turned = replace(country, roles=roles, sam=country.sam.ordered(country.sam.accounts[::-1]))
    one, other = _solved(country), _solved(turned)
    assert {c: one.price(c) for c in one.economy.goods} == pytest.approx(
        {c: other.price(c) for c in one.economy.goods}, rel=SAME
    )


@CALM
@given(seeds)
def test_derivatives(seed):
    country = random_country(seed, goods=2)
    economy = compile_spec(open_economy("random", country, "f0"))
    rng = np.random.default_rng(seed)
    v = economy.benchmark * rng.uniform(0.8, 1.2, economy.layout.size) + rng.uniform(-0.1, 0.1, economy.layout.size)
    p = shocked(economy, SHOCK)
    _, jacobian = economy.evaluate(v, p)
    assert np.max(np.abs(jacobian.toarray() - numerical_jacobian(economy, v, p))) < DERIVATIVE


@CALM
@given(seeds, st.floats(1.0, 5.0))
def test_both_routes_agree(seed, elasticity):
    """Elasticities of trade from one on: far below, demand can bend back and a shock lead past the last equilibrium."""
    economy = compile_spec(world(3, 3, elasticity=elasticity, seed=seed))
    shock = Scenario("more", shocks=(Shock("endowment", "multiply", 1.3, {"commodity": ("K1",)}),))
    p = shocked(economy, shock)
    full, block = solve(economy, p, route="newton"), solve(economy, p, route="block")
    assert full.status.converged
    assert block.status.converged
    assert block.unknowns == pytest.approx(full.unknowns, rel=SAME, abs=SAME)
