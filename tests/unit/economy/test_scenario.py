"""Scenarios: operations, selection by label and year, budget shares that close, mistakes with a remedy."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import INNOVATION, OTHER, SCIENCE, growth, levels, model, option, shock

from innospace.core.errors import InnospaceError, LabelError, SpecError
from innospace.economy import Scenario, Shock
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS
from innospace.economy.models.knowledge.solve import shipped_scenarios, solve
from innospace.economy.scenario import Shares, apply, read_scenario
from innospace.economy.system import Family, Interval

EXACT = 1e-13
"""Relative: one or two operations."""
NOTHING = 1e-6
"""Percentage points of growth below which an effect has no sign."""
YEARS = (2012, 2013, 2014, 2015)


def column(m, paths, name):
    return paths[:, m.system.input_position[name]]


# operations


FAMILIES = [
    Family(
        "rate", "rate", "r", "fraction", "A rate.", ("agent",), (("a",), ("b",)), role="lever", range=Interval("[0, 1)")
    ),
    Family("state", "state", "s", "unit", "A state.", role="state"),
    Family("demand", "d", "d", "", "D.", ("agent", "item"), (("a", "x"), ("a", "y"), ("b", "x")), role="path"),
]
POSITION = {name: n for n, name in enumerate(i for f in FAMILIES for i in f.ids())}


def applied(*shocks, shares=None):
    paths = np.tile([0.1, 0.2, 5.0, 0.4, 0.6, 0.2], (4, 1))
    return apply(Scenario("test", shocks=shocks), paths, YEARS, FAMILIES, POSITION, shares)


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [("set", 0.4, 0.4), ("multiply", 1.5, 0.15), ("add", -0.05, 0.05)],
)
def test_operations(op, value, expected):
    moved = applied(Shock("rate", op, value, {"agent": ("a",)}, (2014, 2015)))
    np.testing.assert_allclose(moved[:, 0], [0.1, 0.1, expected, expected], rtol=EXACT)
    np.testing.assert_array_equal(moved[:, 1], 0.2)


def test_a_path_gives_a_value_a_year():
    moved = applied(Shock("rate", "path", (0.2, 0.3, 0.4), {"agent": ("b",)}))
    np.testing.assert_array_equal(moved[:, 1], [0.2, 0.2, 0.3, 0.4])


def test_shocks_apply_in_order_and_to_all_labels():
    moved = applied(Shock("rate", "set", 0.5), Shock("rate", "multiply", 0.5, years=(2013, 2013)))
    np.testing.assert_array_equal(moved[:, :2], [[0.1, 0.2], [0.25, 0.25], [0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (Shock("rates", "set", 0.1), LabelError, "Did you mean 'rate'"),
        (Shock("state", "set", 0.1), LabelError, "Unknown parameter"),
        (Shock("rate", "set", 0.1, {"agents": ("a",)}), LabelError, "Did you mean 'agent'"),
        (Shock("rate", "set", 0.1, {"agent": ("aa",)}), LabelError, "Unknown agent: 'aa'"),
        (Shock("rate", "set", 0.1, years=(2012, 2015)), SpecError, "the base year cannot be shocked"),
        (Shock("rate", "set", 0.1, years=(2013, 2016)), SpecError, "2013 to 2015"),
        (Shock("rate", "path", (0.1, 0.2)), SpecError, "2 values for 3 years"),
        (Shock("rate", "set", 1.0), SpecError, "a number in [0, 1)"),
        (Shock("rate", "set", 13.0), SpecError, "not as percent"),
        (Shock("rate", "add", -0.11, {"agent": ("a",)}), SpecError, "to -0.01 in 2013"),
        (Shock("rate", "path", (0.1, 0.2, -1.0)), SpecError, "in 2015"),
        (Shock("demand", "set", 1.0, {"agent": ("b",), "item": ("y",)}), SpecError, "selects nothing"),
        (Shock("demand", "set", 1.0, {"agent": ("a", "b"), "item": ("y",)}), SpecError, "selects nothing for 'b'"),
        (Shock("rate", "set", 0.1, {"agent": ()}), SpecError, "selects nothing"),
    ],
)
def test_mistakes_of_a_shock(given, kind, words):
    with pytest.raises(kind) as caught:
        applied(given)
    assert words in str(caught.value)
    assert "scenario 'test'" in str(caught.value)


SHARES = Shares("demand", {"a": ("x", "y")})


def test_other_shares_give_way_in_proportion():
    shares = Shares("share", {"a": ("x", "y", "z")})
    family = Family("share", "s", "s", "", "S.", ("agent", "item"), tuple(("a", i) for i in "xyz"), role="lever")
    position = {i: n for n, i in enumerate(family.ids())}
    paths = np.tile([0.2, 0.5, 0.3], (4, 1))
    given = Scenario("s", shocks=(Shock("share", "multiply", 1.5, {"item": ("x",)}, (2014, 2015)),))
    moved = apply(given, paths, YEARS, [family], position, shares)
    np.testing.assert_allclose(moved[:2], paths[:2], rtol=0)
    np.testing.assert_allclose(moved[2:], [[0.3, 0.5 * 0.7 / 0.8, 0.3 * 0.7 / 0.8]] * 2, rtol=EXACT)
    np.testing.assert_allclose(moved.sum(axis=1), 1.0, rtol=EXACT)


def test_all_shares_may_be_given_when_they_sum_to_one():
    whole = [Shock("demand", "set", v, {"agent": ("a",), "item": (i,)}) for i, v in (("x", 0.25), ("y", 0.75))]
    moved = applied(*whole, shares=SHARES)
    np.testing.assert_array_equal(moved[1:, 3:5], [[0.25, 0.75]] * 3)
    with pytest.raises(SpecError, match=r"Budget shares of a cannot be closed in 2013: .* sum to 0.500"):
        applied(Shock("demand", "set", 0.25, {"agent": ("a",)}), shares=SHARES)


def test_shares_that_exceed_one_name_agent_and_year():
    m = model()
    late = shock("budget_share", "set", 0.999, (2020, 2030), agent=INNOVATION, item=("n1", "i1"))
    with pytest.raises(SpecError, match="Budget shares of innovation cannot be closed in 2020") as caught:
        m.paths(late)
    assert "smaller" in str(caught.value)


# plain types


@pytest.mark.parametrize("name", ["option-1", "option-2", "option-3", "option-4"])
def test_shipped_options_survive_plain_types(name):
    given = shipped_scenarios()[name]
    assert Scenario.from_dict(given.to_dict()) == given
    assert given.title
    assert given.why.endswith(".")


def test_option_4_is_options_1_and_3():
    found = shipped_scenarios()
    assert found["option-4"].shocks == found["option-1"] + found["option-3"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": "much"}, "value of a shock is 'much'"),
        ({"value": True}, "value of a shock is True"),
        ({"value": [0.1, "x"]}, "value of a shock"),
        ({"value": []}, "not finite"),
        ({"value": float("nan")}, "not finite"),
        ({"value": [0.1, 0.2]}, "wrong kind of value"),
        ({"op": "path"}, "wrong kind of value"),
        ({"op": "times"}, "Unknown operation"),
        ({"op": 3}, "op of a shock"),
        ({"parameter": 3}, "parameter of a shock"),
        ({"where": ["a"]}, "where of a shock"),
        ({"where": {"agent": 3}}, "where of a shock"),
        ({"where": {"agent": [3]}}, "where of a shock"),
        ({"years": [2020, 2015]}, "in order"),
        ({"years": [2020]}, "in order"),
        ({"years": 2020}, "years of a shock"),
        ({"years": ["2013", "2014"]}, "years of a shock"),
        ({"year": [2013, 2014]}, "Did you mean 'years'"),
    ],
)
def test_shocks_of_the_wrong_kind(change, words):
    with pytest.raises(InnospaceError) as caught:
        Shock.from_dict({"parameter": "rate", "op": "set", "value": 0.1, **change})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"shock": []}, "no name"),
        ({"name": 3}, "name of a scenario"),
        ({"name": "a", "why": 3}, "why of a scenario"),
        ({"name": "a", "shocks": []}, "Did you mean 'shock'"),
        ({"name": "a", "shock": 3}, "no list of tables"),
        ({"name": "a", "shock": ["x"]}, "A shock is 'x'"),
        ({"name": "a", "shock": [{"op": "set"}]}, "lacks 'parameter', 'value'"),
    ],
)
def test_scenarios_of_the_wrong_kind(data, words):
    with pytest.raises(InnospaceError) as caught:
        Scenario.from_dict(data)
    assert words in str(caught.value)


def test_a_scenario_file_is_read(tmp_path):
    file = tmp_path / "больше.toml"
    file.write_text(
        '\ufefftitle = "Больше"\n[[shock]]\nparameter = "norm"\nop = "multiply"\nvalue = 2\n'
        'where = { product = "rf" }\n',
        encoding="utf-8",
    )
    found = read_scenario(file)
    assert (found.name, found.title) == ("больше", "Больше")
    assert found.shocks == (Shock("norm", "multiply", 2.0, {"product": ("rf",)}),)


@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", None])
def test_a_broken_scenario_file_is_named(tmp_path, content):
    file = tmp_path / "x.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        read_scenario(file)
    assert "x.toml" in str(caught.value)


# the levers of the model


def test_budget_shares_sum_to_one_under_every_option():
    m = model()
    for name in ("option-1", "option-2", "option-4"):
        paths = m.paths(option(name))
        for agent, items in k.ITEMS.items():
            total = sum(column(m, paths, f"budget_share.{agent}.{item}") for item in items)
            np.testing.assert_allclose(total, 1.0, rtol=1e-9, err_msg=f"{name} {agent}")
        old = m.calibration.parameters
        moved = sum(old[f"budget_share.{OTHER}.{x}"] for x in ("n1", "r1", "z1"))
        factor = 1.3 if name != "option-2" else 0.7
        expected = old[f"budget_share.{OTHER}.i1"] * (1 - factor * moved) / (1 - moved)
        np.testing.assert_allclose(column(m, paths, f"budget_share.{OTHER}.i1")[1:], expected, rtol=1e-12)


def test_growth_of_what_comes_from_outside():
    m = model()
    paths, t = m.paths(), np.arange(19)
    np.testing.assert_allclose(
        column(m, paths, "money_supply") / m.calibration.unknowns["GRP"], 1.08**t, rtol=EXACT * 10
    )
    for name in ("federal_transfer", "outside_income", "world_demand"):
        np.testing.assert_allclose(column(m, paths, name) / column(m, paths, name)[0], 1.03**t, rtol=EXACT * 10)


def test_every_lever_group_has_parameters_that_a_scenario_may_move():
    roles = {f.name: f.role for f in PARAMETERS}
    assert len(LEVER_GROUPS) == 6
    assert {roles[name] for names in LEVER_GROUPS.values() for name in names} == {"lever"}


SIGNS = {
    "investment of other industries": (shock("budget_share", "multiply", 1.1, agent=OTHER, item="i1"), 0.250),
    "investment of science": (shock("budget_share", "multiply", 1.1, agent=SCIENCE, item="i1"), 0.002),
    "investment of innovation": (shock("budget_share", "multiply", 1.1, agent=INNOVATION, item="i1"), 0.011),
    "social contributions": (shock("social_tax_rate", "multiply", 0.9), 0.033),
    "profit tax": (shock("profit_tax_rate", "multiply", 0.9), 0.013),
    "property tax": (shock("property_tax_rate", "multiply", 0.9), 0.004),
    "value added tax": (shock("vat_rate", "multiply", 0.9), 0.002),
    "income tax": (shock("income_tax_rate", "multiply", 0.9), -0.003),
    "public wage": (shock("public_wage_ratio", "multiply", 1.1), -0.081),
    "deposit rate of households": (shock("deposit_rate", "add", 0.02, agent="households"), -0.012),
    "deposit rate of companies": (shock("deposit_rate", "add", 0.02, agent=k.PRODUCERS), 0.001),
    "social payments": (shock("budget_share", "multiply", 1.1, agent="authorities", item="social_payments"), -0.018),
    "private wages of other industries": (
        shock("wage_relativity", "multiply", 1.1, agent=OTHER, labour="l1"),
        0.10,
    ),
}
"""Lever -> shock and change of growth in points as reported for the trial implementation, at norms by consumer prices.
Social payments read -0.009 there: that run left the other items of the authorities as they were and let their common
scale give way; here budget shares are closed first, so that subsidies and purchases shrink twice as much."""
HALF_UNIT = 0.0062
"""Points: the reports are rounded to 0.001 (0.01 for wages), and the matrix is not the same."""


@pytest.mark.parametrize("lever", SIGNS)
def test_levers_move_growth_as_reported(lever):
    m = model(index="consumer_prices")
    given, reported = SIGNS[lever]
    effect = growth(m, given) - growth(m)
    assert abs(effect) > NOTHING
    assert np.sign(effect) == np.sign(reported)
    assert effect == pytest.approx(reported, abs=HALF_UNIT)


def test_money_growth_lifts_growth_a_little():
    m = model(index="consumer_prices")
    money = m.calibration.unknowns["GRP"] * 1.1 ** np.arange(1, 19)
    effect = growth(m, shock("money_supply", "path", tuple(money))) - growth(m)
    assert effect == pytest.approx(0.010, abs=0.001)


def test_transfers_move_money_from_other_industries():
    m = model()
    plain, found = solve_path(m), solve_path(m, shock("transfer_rate", "set", 0.3, (2015, 2015)))
    for name, sign in ((SCIENCE, 1), (INNOVATION, 1), (OTHER, -1)):
        change = levels(m, found, f"B.{name}") / levels(m, plain, f"B.{name}") - 1.0
        np.testing.assert_allclose(change[:3], 0.0, atol=1e-9)
        assert sign * change[3] > 0.0


def test_a_shock_moves_its_agent_in_its_years_only():
    m = model()
    plain = solve_path(m)
    found = solve_path(m, shock("social_tax_rate", "multiply", 0.5, (2020, 2021), agent=INNOVATION))
    rate = {i: levels(m, found, f"Tsoc.{i}") / levels(m, plain, f"Tsoc.{i}") for i in k.PRODUCERS}
    np.testing.assert_allclose(rate[INNOVATION][:8], 1.0, rtol=1e-9)
    assert (rate[INNOVATION][8:10] < 0.6).all()
    assert (rate[INNOVATION][10:] > 0.95).all()
    assert (rate[SCIENCE] > 0.95).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (shock("budget_shares", "multiply", 1.1), "Did you mean 'budget_share'"),
        (shock("budget_share", "multiply", 1.1, agent="inovation"), "Did you mean 'innovation'"),
        (shock("norm", "multiply", 1.1, product="rg"), "Unknown product"),
        (shock("budget_share", "multiply", 1.1, agent="households", item="i1"), "selects nothing"),
        (shock("budget_share", "multiply", 1.1, item="subsidy"), "Unknown item"),
        (shock("norm", "multiply", 1.1, years=(2031, 2032)), "2013 to 2030"),
        (shock("vat_rate", "set", 1.0), "value added tax"),
        (shock("vat_rate", "add", -0.5), "[0, 1)"),
        (shock("deposit_rate", "set", 5.5), "not as percent"),
        (shock("efficiency", "set", 1.2), "(0, 1]"),
        (shock("tax_relief", "set", 1.3), "[0, 1]"),
        (shock("norm", "set", 0.0), "(0, inf)"),
        (shock("capital", "multiply", 2.0), "Unknown parameter"),
        (shock("loan_share", "multiply", 2.0), "Unknown parameter"),
        (shock("budget_share", "multiply", 1.1, agent="authorities", item="g1"), "no effect under this closure"),
        (shock("state_order", "multiply", 1.1, product="g1"), "Unknown product"),
    ],
)
def test_mistakes_against_the_model(given, words):
    with pytest.raises(InnospaceError) as caught:
        model().paths(given)
    text = str(caught.value)
    assert words in text or words in text.replace("VAT rate", "value added tax")
    assert repr(given.name) in text


def test_a_lever_without_effect_depends_on_the_closure():
    given = shock("budget_share", "multiply", 1.1, agent="authorities", item="rf")
    with pytest.raises(SpecError, match="no effect"):
        model("fixed_share").paths(given)
    m = model("fixed_money")
    m.paths(given)
    with pytest.raises(SpecError, match="no effect"):
        m.paths(shock("state_order", "multiply", 1.1))


NEEDED = {"relief_kept": option("option-3").shocks, "delta": shock("efficiency", "set", 0.8).shocks}
"""Shocks without which a parameter has nothing to act on."""


def test_every_lever_moves_something():
    """Each parameter that a scenario may move changes a solved year."""
    m = model(last_year=2013)
    plain = solve_path(m)
    for family in PARAMETERS:
        if family.role not in ("lever", "path", "assumed"):
            continue
        members = [labels for labels, i in zip(family.members, family.ids(), strict=True) if i in m.system.used]
        where = dict(zip(family.dims, members[0], strict=True))
        zero = not m.calibration.parameters[".".join((family.name, *members[0]))]
        extra = NEEDED.get(family.name, ())
        op, value = ("add", 0.05) if zero else ("multiply", 1.01)
        given = Scenario("x", shocks=(*extra, *shock(family.name, op, value, **where).shocks))
        against = plain if not extra else solve_path(m, Scenario("y", shocks=extra))
        moved = np.abs(solve_path(m, given).levels[1] - against.levels[1])
        assert (moved > 1e-9 * np.abs(against.levels[1])).any(), family.name


def test_order_of_scenarios_does_not_matter():
    m = model(last_year=2016)
    names = ["option-1", "option-2", "option-3"]
    one = solve(m, [option(n) for n in names])
    other = solve(m, [option(n) for n in names[::-1]])
    for name in names:
        np.testing.assert_array_equal(one.paths[name].levels, other.paths[name].levels)


def test_scenarios_of_one_name_are_refused():
    with pytest.raises(SpecError, match="share a name: 'baseline'"):
        solve(model(), [Scenario("baseline")])
    with pytest.raises(SpecError, match="share a name: 'a'"):
        solve(model(), [Scenario("a"), Scenario("a")])


def test_other_readings_of_the_options_have_solutions_and_their_signs():
    from innospace.economy.models.knowledge.solve import option_readings

    found = option_readings()
    assert set(found) == {
        *(f"option-{n}-{kind}" for n in (1, 2, 4) for kind in ("companies", "fixed-capital", "transfers")),
        "option-3-rates",
    }
    m = model()
    base = growth(m)
    effects = {name: growth(m, scenario) - base for name, scenario in found.items()}
    assert all(value < 0.0 for name, value in effects.items() if name.startswith("option-2")), effects
    assert all(value > 0.0 for name, value in effects.items() if not name.startswith("option-2")), effects
    # a rate cut leaves the same money as relief, up to what it moves
    relief = growth(m, option("option-3")) - base
    assert effects["option-3-rates"] == pytest.approx(relief, rel=0.1)
