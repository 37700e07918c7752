"""The compiled system: pairs of equation and unknown, derivatives, scaling, homogeneity."""

from __future__ import annotations

import pickle

import casadi
import numpy as np
import pytest
from economy_cases import INNOVATION, model, option, path, shock

from innospace.core.errors import LabelError, SpecError
from innospace.core.status import StatusCode
from innospace.economy.models.knowledge.families import PARAMETERS, VARIABLES
from innospace.economy.solve import solve_year
from innospace.economy.system import Equation, EquationFamily, Family, Interval, Symbols, compile_system

DIFFERENCE = 1e-6
"""Step of central differences in the solver's coordinates, near the cube root of rounding."""
DERIVATIVE_TOLERANCE = 1e-7
"""Error of central differences: step squared times third derivatives of order one hundred, and rounding / step."""
ROUNDING = 1e-9
"""Relative; sums of terms of 1e6 million roubles keep ten digits."""
WEAKEST, STRONGEST = 0.05, 200.0
"""Largest derivative of a row or column: an equation that hardly reacts, or reacts a thousandfold, is badly scaled."""


def points():
    m = model()
    yield "base year", m.base_x, m.base_p
    last = path("option-4")
    yield "option 4, 2030", m.system.to_x(last.levels[-1]), last.parameters[-1]


def test_every_unknown_has_one_equation():
    system = model().system
    determined = [e.unknown for f in system.families for e in f.equations]
    assert sorted(determined) == sorted(system.unknowns)
    assert len(determined) == system.size == 104
    assert sorted({f.number for f in system.families}, key=int) == [str(n) for n in range(1, 37)]
    assert {f.origin for f in system.families} == {"paper", "reconstruction"}


@pytest.mark.parametrize("supply", ["state_order", "fixed_share", "fixed_money"])
def test_jacobian_has_full_rank(supply):
    m = model(supply)
    jacobian = m.system.evaluate(m.base_x, m.base_p)[1].toarray()
    assert np.linalg.matrix_rank(jacobian) == 104
    assert m.system.nonzeros < 600


def test_jacobian_agrees_with_central_differences():
    system = model().system
    for name, x, p in points():
        exact = system.evaluate(x, p)[1].toarray()
        for j in range(system.size):
            step = np.zeros(system.size)
            step[j] = DIFFERENCE
            column = (system.residual(x + step, p) - system.residual(x - step, p)) / (2.0 * DIFFERENCE)
            scale = max(1.0, np.abs(exact[:, j]).max())
            assert np.abs(column - exact[:, j]).max() < DERIVATIVE_TOLERANCE * scale, (name, system.unknowns[j])


def test_derivatives_by_parameters_agree_with_central_differences():
    system = model().system
    for name, x, p in points():
        exact = np.asarray(system.input_jacobian(x, p))
        for j, parameter in enumerate(system.inputs):
            step = np.zeros(len(p))
            step[j] = DIFFERENCE * max(abs(p[j]), 1e-3)
            column = (system.residual(x, p + step) - system.residual(x, p - step)) / (2.0 * step[j])
            scale = max(1.0 / max(abs(p[j]), 1e-3), np.abs(exact[:, j]).max())
            assert np.abs(column - exact[:, j]).max() < 10 * DERIVATIVE_TOLERANCE * scale, (name, parameter)


def test_every_equation_and_unknown_counts_for_about_one():
    """A price that stands with an equation in persons must not be measured in persons."""
    m = model()
    jacobian = np.abs(m.system.evaluate(m.base_x, m.base_p)[1].toarray())
    for n, size in enumerate(jacobian.max(axis=1)):
        assert WEAKEST < size < STRONGEST, m.system.equation_of(n)
    for name, size in zip(m.system.unknowns, jacobian.max(axis=0), strict=True):
        assert WEAKEST < size < STRONGEST, name


def test_solution_is_exact_in_relative_terms():
    """The public wage is a ratio of the private one to rounding, not to a millionth."""
    m, found = model(), path("option-4")
    at = m.system.position
    ratio = m.calibration.parameters["public_wage_ratio"]
    np.testing.assert_allclose(found.levels[:, at["w3"]], ratio * found.levels[:, at["w1"]], rtol=1e-10)


@pytest.mark.parametrize("supply", ["state_order", "fixed_share", "fixed_money"])
@pytest.mark.parametrize("relief", ["budget", "deposit"])
def test_declared_degrees_are_those_of_the_equations(supply, relief):
    """Times 3, all nominal numbers scale each side of an equation by 3, or leave it: at any point, solved or not."""
    m = model(supply, relief=relief)
    system, rng = m.system, np.random.default_rng(5)
    move = np.exp(0.1 * rng.standard_normal(system.size))
    away = np.where(system.positive, m.base_x + np.log(move), m.base_x * move + 0.01)
    p = m.base_p * np.exp(0.05 * rng.standard_normal(len(m.base_p)))
    p[system.input_position[f"tax_relief.{INNOVATION}"]] = 0.3
    p[system.input_position[f"transfer_rate.{INNOVATION}"]] = 0.2
    before = system.residual(away, p)
    tripled = system.to_x(system.to_levels(away) * 3.0**system.degree)
    after = system.residual(tripled, p * 3.0**system.input_degree)
    assert np.abs(before).min() > 1e-6
    for n, ratio in enumerate(after / before):
        assert min(abs(ratio - 1.0), abs(ratio - 3.0)) < ROUNDING * 100, system.equation_of(n)


def test_to_levels_is_the_inverse_of_to_x():
    m = model()
    kept = path("option-4").levels[-1]
    np.testing.assert_allclose(m.system.to_levels(m.system.to_x(kept)), kept, rtol=1e-14)


def test_parameters_without_an_equation_are_known():
    assert "budget_share.authorities.g1" not in model().system.used
    assert "set_quantity.rf" in model().system.used
    assert "set_quantity.rf" not in model("fixed_share").system.used
    assert "budget_share.authorities.rf" in model("fixed_money").system.used


def test_a_pickled_model_solves_the_same():
    m = model()
    again = pickle.loads(pickle.dumps(m))
    np.testing.assert_array_equal(again.base_p, m.base_p)


def test_tables_of_families_are_complete():
    for family in (*VARIABLES, *PARAMETERS):
        assert family.title
        assert family.symbol
        assert family.meaning.endswith(".")
        assert family.degree in (0, 1)
        assert all(len(labels) == len(family.dims) for labels in family.members), family.name
    at_base = model().calibration.parameters
    for family in PARAMETERS:
        if family.role in ("lever", "path", "assumed"):
            assert family.range.holds(np.array([at_base[i] for i in family.ids()])).all(), family.name


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[0, 1)", [0.0, 0.999], [1.0, -1e-12, np.nan]),
        ("(0, inf)", [1e-300, 1e9], [0.0]),
        ("(0, 1]", [1.0], [0.0, 1.1]),
    ],
)
def test_intervals(text, inside, outside):
    assert Interval(text).holds(np.array(inside)).all()
    assert not Interval(text).holds(np.array(outside)).any()


# systems that are not square


def small(equations, names=("a", "b")):
    families = [Family(n, n, n, "unit", "A number.") for n in names]
    m = Symbols(families, [Family("p", "p", "p", "unit", "A number.", role="lever")])
    family = EquationFamily("1", "test", "test", "", "", "A test.", "paper", tuple(equations(m)))
    return compile_system(m, [family], {"sum": m("a") + m("b")}, {**dict.fromkeys(names, 1.0), "p": 1.0})


def test_a_small_system_is_solved():
    system = small(lambda m: [Equation("a", m("a") * m("b"), m("p")), Equation("b", m("a"), 4.0 * m("b"))])
    found = solve_year(system, np.array([16.0]), np.zeros(2))
    assert found.code is StatusCode.CONVERGED
    np.testing.assert_allclose(system.to_levels(found.x), [8.0, 2.0], rtol=1e-12)
    assert system.report(found.x, np.array([16.0])) == pytest.approx([10.0])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [(("a",), "without an equation: 'b'"), (("a", "a"), "with several: 'a'"), (("a", "b", "c"), "not declared: 'c'")],
)
def test_systems_that_are_not_square_name_the_unknown(pairs, message):
    with pytest.raises(SpecError, match="not square") as caught:
        small(lambda m: [Equation(n, m("a"), m("b")) for n in pairs])
    assert message in str(caught.value)


def test_names_are_declared_once_and_near_ones_are_offered():
    twice = [Family("a", "a", "a", "", "A.")] * 2
    with pytest.raises(SpecError, match="more than once"):
        Symbols(twice, [])
    m = Symbols(VARIABLES, PARAMETERS)
    assert m.has("P", "z1")
    assert isinstance(m("P", "z1"), casadi.SX)
    with pytest.raises(LabelError, match="Did you mean"):
        m("P", "z9")


# one year: plain Newton, homotopy, failure


def year_with(factor, parameter="money_supply"):
    m = model()
    p = m.base_p.copy()
    p[m.system.input_position[parameter]] *= factor
    return m, p


def test_steps_in_the_parameters_reach_what_newton_does_not():
    """Money times 100 in one year, with old deposits as they are: far from the base year in logarithms."""
    m, p = year_with(100.0)
    plain = solve_year(m.system, p, m.base_x)
    assert plain.code is not StatusCode.CONVERGED
    assert plain.worst
    assert plain.residual > 0.0
    assert plain.reached == 0.0
    found = solve_year(m.system, p, m.base_x, (m.base_x, m.base_p))
    assert found.code is StatusCode.CONVERGED
    assert found.reached == 1.0
    assert np.abs(m.system.residual(found.x, p)).max() < 1e-10
    assert m.system.to_levels(found.x)[m.system.position["GRP"]] == pytest.approx(100.0 * m.calibration.unknowns["GRP"])


@pytest.mark.parametrize(
    ("parameter", "factor"),
    [("world_demand", 1000.0), ("world_demand", 1e-3), ("public_wage_ratio", 2.0), ("federal_transfer", 10.0)],
)
def test_large_shocks_converge_from_the_base_year(parameter, factor):
    m, p = year_with(factor, parameter)
    found = solve_year(m.system, p, m.base_x)
    assert found.code is StatusCode.CONVERGED
    assert found.iterations < 12


def test_a_year_without_a_solution_says_how_far_it_came():
    m, p = year_with(10.0, "public_wage_ratio")
    found = solve_year(m.system, p, m.base_x, (m.base_x, m.base_p))
    assert found.code is not StatusCode.CONVERGED
    assert 0.0 < found.reached < 1.0
    assert "determines" in found.worst


def test_a_start_that_is_not_finite_is_named():
    m = model()
    found = solve_year(m.system, m.base_p, np.full(m.system.size, np.nan))
    assert found.code is StatusCode.NONFINITE


def test_no_solution_is_taken_twice_from_one_buffer():
    """Results are copies: a second evaluation must not change the first."""
    m = model()
    first = m.system.residual(m.base_x + 0.1, m.base_p)
    kept = first.copy()
    m.system.residual(m.base_x - 0.1, m.base_p)
    np.testing.assert_array_equal(first, kept)


def test_scenarios_do_not_leak_into_the_model():
    m = model()
    before = m.base_p.copy()
    m.paths(option("option-4"))
    m.paths(shock("money_supply", "multiply", 2.0))
    np.testing.assert_array_equal(m.base_p, before)
