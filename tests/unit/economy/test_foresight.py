"""Perfect foresight: a path known in closed form, Euler equations solved otherwise, horizons, announcements, limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from innospace.core.errors import SpecError
from innospace.economy.general.foresight import TAX, Growth, foresight_spec, path
from innospace.economy.general.gates import gates
from innospace.economy.general.models import ready
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve

SOLVED = 1e-10
"""Solutions end at residuals below 1e-11 of the size of a condition."""
SECOND = 1e-8
"""The second solver has derivatives by differences and ends at 1e-10; both end at the same horizon in other ways."""
FIRST = "endowment.household.capital.0"


def solved(growth, capital=1.0, tax=None, later=0):
    economy = compile_spec(foresight_spec(growth))
    p, position = economy.parameters.values.copy(), economy.parameters.position
    p[position[FIRST]] *= capital
    if tax is not None:
        for t in range(later, growth.years + 1):
            p[position[f"tax.{TAX}.make.{t}.service.{t}"]] = tax
    return solve(economy, p)


@pytest.mark.parametrize("growth", [0.0, 0.02])
@pytest.mark.parametrize("capital", [0.3, 2.5])
@pytest.mark.parametrize("years", [1, 30])
def test_full_depreciation_and_logarithmic_utility_have_a_path_in_closed_form(years, capital, growth):
    """``k' = alpha beta A k^alpha`` per unit of effective labour, at any horizon (Brock and Mirman 1972)."""
    g = Growth(years=years, interest=0.05, growth=growth, depreciation=1.0, capital_share=0.3)
    found = path(solved(g, capital))
    share = 0.3 * (1.0 + growth) / 1.05
    k, expected = capital * g.capital, []
    for t in range(years + 1):
        expected.append(k)
        k = share * g.output * (k / g.capital) ** 0.3 * (1.0 + growth) ** (0.7 * t)
    assert np.allclose(found["capital"], expected, rtol=SOLVED)
    assert np.allclose(found["investment"] / found["output"], share, rtol=SOLVED)


@pytest.mark.parametrize(
    "growth",
    [
        Growth(),
        Growth(growth=-0.01, depreciation=0.1, tax=0.3, intertemporal=0.4, substitution=0.6),
        Growth(years=5, depreciation=1.0, capital_share=0.2),
    ],
    ids=("default", "shrinking", "worn"),
)
def test_the_balanced_path_needs_no_iteration(growth):
    found = solved(growth)
    assert found.iterations == 0
    frame = path(found)
    assert np.allclose(frame["output"], growth.output * (1.0 + growth.growth) ** frame["year"])
    assert np.allclose(frame["interest"][:-1], growth.interest)


def test_euler_equations_solved_by_another_method_give_the_same_path():
    """Capital of all years by MINPACK from consumption between years, technology by CES, without the engine."""
    g = Growth(years=120, growth=0.0, substitution=0.7, intertemporal=0.5, depreciation=0.08)
    beta, power = 1.0 / (1.0 + g.interest), 1.0 - 1.0 / g.substitution

    def output(k):
        mix = g.capital_share * (k / g.capital) ** power + (1.0 - g.capital_share)
        return g.output * mix ** (1.0 / power)

    def rental(k):
        return (
            g.capital_share * g.output / g.capital * (output(k) / g.output / (k / g.capital)) ** (1.0 / g.substitution)
        )

    def euler(x):
        k = np.concatenate(([0.6], x, [1.0])) * g.capital
        c = output(k[:-1]) + (1.0 - g.depreciation) * k[:-1] - k[1:]
        back = beta * (rental(k[1:-1]) + 1.0 - g.depreciation)
        return np.log(c[1:] / c[:-1]) - g.intertemporal * np.log(back)

    other = root(euler, np.linspace(0.6, 1.0, g.years + 2)[1:-1], method="hybr", tol=1e-12)
    assert np.max(np.abs(other.fun)) < SECOND
    found = path(solved(g, 0.6))
    capital = np.concatenate(([0.6], other.x))[:41] * g.capital
    assert np.allclose(found["capital"][:41], capital, rtol=1e-6)
    assert np.allclose(found["capital"][:11], capital[:11], rtol=SECOND)


def test_what_the_horizon_changes_dies_out_with_its_length():
    far = path(solved(Growth(years=150, tax=0.2), tax=0.0))["capital"][:31]
    gaps = [
        np.max(np.abs(path(solved(Growth(years=n, tax=0.2), tax=0.0))["capital"][:31] / far - 1.0))
        for n in (50, 70, 90)
    ]
    assert gaps[0] < 0.02
    assert gaps[1] < 0.2 * gaps[0]
    assert gaps[2] < 0.2 * gaps[1]


def test_an_announced_change_is_answered_before_it_holds_and_returns_are_equal():
    g = Growth(years=60, tax=0.2, intertemporal=0.8)
    found = solved(g, tax=0.0, later=10)
    frame, still = path(found), path(solved(g))
    assert [c.name for c in gates({"announced": found}) if not c.ok] == []
    before = frame["capital"][1:10] / still["capital"][1:10] - 1.0
    assert np.all(before > 1e-3)
    assert np.all(np.diff(before) > 0.0)
    # consumption between years answers the rate of interest, which is what capital earns after tax and wear
    c, r = frame["consumption"].to_numpy(), frame["interest"].to_numpy()[:-1]
    base = (1.0 + g.growth) / (1.0 + g.interest) ** g.intertemporal
    assert np.allclose(c[1:] / c[:-1], base * (1.0 + r) ** g.intertemporal, rtol=SOLVED)
    tax = np.where(frame["year"] < 10, 0.2, 0.0)
    earned = g.capital_share * frame["output"] / frame["capital"] / (1.0 + tax) - g.depreciation
    assert np.allclose(r, earned[1:], rtol=SOLVED)


def test_the_ready_model_names_years():
    model = ready("ramsey")
    economy = compile_spec(model.spec)
    found = solve(economy, shocked(economy, model.scenarios[0]))
    levels, frame = model.levels(found), path(found)
    assert levels["K.0"] == pytest.approx(0.8 * Growth(tax=0.2).capital, rel=SOLVED)
    assert levels["C.7"] == frame["consumption"][7]
    assert "r.99" in levels
    assert "r.100" not in levels


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interest": 0.02}, "no finite value"),
        ({"depreciation": 0.0, "growth": 0.0}, "nothing is invested"),
        ({"capital_share": 0.99, "interest": 0.021, "depreciation": 0.0}, None),
        ({"capital_share": 0.9, "interest": 0.06, "growth": 0.05, "tax": -0.5}, "takes all output"),
        ({"years": 500}, "424 years"),
        ({"tax": -2.0}, "tax"),
        ({"intertemporal": 0.0}, "intertemporal"),
    ],
)
def test_what_has_no_balanced_path_is_refused(change, said):
    if said is None:
        assert Growth(**change).consumption > 0.0
        return
    with pytest.raises(SpecError, match=said):
        Growth(**change)
