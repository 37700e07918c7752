"""Levers: they come from the model, say what scenario files say, and move it by the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from economy_cases import model, shipped, shock

from innospace.core.errors import InnospaceError, LabelError, SpecError
from innospace.core.inputs import LinkedValue
from innospace.economy import Scenario, Shock
from innospace.economy.models.knowledge import explore
from innospace.economy.models.knowledge.explore import Explorer
from innospace.economy.models.knowledge.families import FURTHER_LEVERS, LEVER_GROUPS, PARAMETERS
from innospace.economy.models.knowledge.indicators import INDICATORS, figure, finding, sentences, table
from innospace.economy.models.knowledge.levers import Setting, in_words, levers, settings, shocks
from innospace.economy.models.knowledge.solve import option_readings, shipped_scenarios, solve

NAN = float("nan")
EVERY = levers(shipped())
NAMES = {lever.name: lever for lever in EVERY}
FAMILIES = {f.name: f for f in PARAMETERS}
YEARS = (2013, 2030)


def setting(name, moved, years=YEARS, labels=None):
    return Setting(name, dict.fromkeys(labels or NAMES[name].labels, moved), years)


def explorer(last_year=2016):
    return Explorer(model(last_year=last_year), LinkedValue(0.72, NAN, NAN, "fraction", "given"))


def test_every_lever_of_the_parameter_table_can_be_moved_and_nothing_else():
    assert {lever.parameter for lever in EVERY} == {f.name for f in PARAMETERS if f.role == "lever"}


def test_the_six_groups_are_there_in_order_with_their_own_parameters():
    groups = {**LEVER_GROUPS, **FURTHER_LEVERS}
    assert list(dict.fromkeys(lever.group for lever in EVERY)) == list(groups)
    for name, parameters in groups.items():
        assert {lever.parameter for lever in EVERY if lever.group == name} == set(parameters)


def test_no_parameter_has_two_levers():
    moved = [(s.parameter, str(s.where)) for n in NAMES for s in shocks(EVERY, [setting(n, NAMES[n].high)])]
    assert len(moved) == len(set(moved)) == len(EVERY)


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_baseline_are_those_of_the_model(name):
    lever, m = NAMES[name], shipped()
    family, paths = FAMILIES[lever.parameter], m.paths()
    for label in lever.labels:
        own = {**lever.where, lever.over: label}
        member = ".".join((family.name, *(own[d] for d in family.dims)))
        np.testing.assert_array_equal(lever.baseline[label], paths[1:, m.system.input_position[member]])
    assert lever.years == m.years[1:]
    assert lever.allowed == family.range.text
    assert lever.measured == family.unit


@pytest.mark.parametrize("name", NAMES)
def test_the_range_of_a_slider_stays_within_what_the_parameter_may_be(name):
    lever = NAMES[name]
    ends = [lever.result(label, end, y) for label in lever.labels for end in (lever.low, lever.high) for y in YEARS]
    assert FAMILIES[lever.parameter].range.holds(np.array(ends)).all()
    assert lever.low <= 0.0 < lever.high
    for end in (lever.low, lever.high):
        # zero, where nothing changes, and both ends are steps of the slider
        assert (end / lever.step).is_integer()
        if end:
            shipped().paths(Scenario("x", shocks=shocks(EVERY, [setting(name, end)])))
    assert lever.meaning.endswith(".")
    assert lever.reason


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_slider_comes_back_from_its_shock(name):
    lever = NAMES[name]
    for step in range(int((lever.high - lever.low) / lever.step) + 1):
        moved = lever.low + step * lever.step
        assert lever.moved(lever.value(moved)) == moved
        # a factor as one would type it: 1.07 and not 1.0699999999999998
        assert len(repr(lever.value(moved))) <= 8


@pytest.mark.parametrize("name", [*shipped_scenarios(), *option_readings()])
def test_options_of_the_paper_can_be_said_with_levers_to_the_last_bit(name):
    m, scenario = shipped(), {**shipped_scenarios(), **option_readings()}[name]
    same = Scenario(name, shocks=shocks(EVERY, settings(EVERY, scenario)))
    np.testing.assert_array_equal(m.paths(same), m.paths(scenario))


def test_a_lever_goes_no_further_than_its_parameter_may():
    assert NAMES["efficiency"].high == 38.0  # 0.72 times 1.38 is below one, times 1.39 above
    assert NAMES["research"].high == 100.0


def test_labels_that_are_moved_equally_share_a_shock_and_others_are_left_out():
    given = Setting("research", {"innovation": 20.0, "science_education": 20.0, "other_industries": 0.0}, (2015, 2017))
    assert shocks(EVERY, [given]) == (
        Shock(
            "budget_share",
            "multiply",
            1.2,
            {"item": ("z1",), "agent": ("science_education", "innovation")},
            (2015, 2017),
        ),
    )
    assert settings(EVERY, Scenario("x", shocks=shocks(EVERY, [given]))) == (
        Setting("research", {"science_education": 20.0, "innovation": 20.0}, (2015, 2017)),
    )
    assert in_words(EVERY, [given]) == [
        "Spending on R&D (science and education, innovation sector) +20\u202f%, 2015 to 2017"
    ]


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        (shock("efficiency", "path", tuple([0.8] * 18)), "follows a path"),
        (shock("efficiency", "set", 0.8), "its slider moves it in %"),
        (shock("norm", "multiply", 5.0), "beyond the range"),
        (shock("norm", "multiply", 1.0 + 1 / 3), "more digits"),
        (shock("world_demand", "multiply", 1.1), "no lever moves world_demand"),
        (shock("budget_share", "multiply", 1.1, agent="households", item="c1"), "no lever moves budget_share"),
        (shock("budget_share", "multiply", 1.1, item="n1", agent=["innovation"]), None),
        (
            Scenario("twice", shocks=(Shock("norm", "multiply", 1.1), Shock("norm", "multiply", 1.2))),
            "moved more than once",
        ),
        (shock("nonsense", "multiply", 1.1), "no lever moves nonsense"),
    ],
)
def test_what_levers_cannot_say_is_told_with_the_reason(scenario, reason):
    if reason is None:
        assert len(settings(EVERY, scenario)) == 1
        return
    with pytest.raises(SpecError, match=reason):
        settings(EVERY, scenario)


@pytest.mark.parametrize("moved", [NAN, float("inf"), 100.1, -60.1])
def test_values_outside_of_the_range_are_refused(moved):
    with pytest.raises(SpecError) as caught:
        shocks(EVERY, [setting("research", moved)])
    assert "-60 to 100 %" in str(caught.value)


def test_unknown_levers_and_labels_are_refused():
    with pytest.raises(LabelError, match="Unknown lever: 'reserch'"):
        shocks(EVERY, [Setting("reserch", {}, YEARS)])
    with pytest.raises(LabelError, match="bank"):
        shocks(EVERY, [Setting("research", {"bank": 1.0}, YEARS)])


def test_what_no_equation_holds_under_the_rules_has_no_lever():
    names = {lever.name for lever in levers(model("fixed_share"))}
    assert "state-order" not in names
    assert set(NAMES) - names == {"state-order"}


def test_exploring_gives_the_numbers_of_a_study_and_solves_once(monkeypatch):
    at = explorer()
    scenarios = [
        Scenario("a", shocks=shocks(EVERY, [setting("research", 20.0, (2013, 2016))])),
        *shipped_scenarios().values(),
    ]
    found, study = at.result(scenarios), solve(at.model, scenarios)
    assert list(found.paths) == list(study.paths)
    for name, path in study.paths.items():
        assert np.array_equal(found.paths[name].levels, path.levels)
    assert found.growth == study.growth
    ours = {c.name: (c.value, c.ok) for c in found.checks}
    theirs = {c.name: (c.value, c.ok) for c in study.checks}
    assert ours == {n: v for n, v in theirs.items() if not n.endswith("solvers_agree")}
    monkeypatch.setattr(explore, "solve_path", lambda *a: pytest.fail("solved again"))
    assert at.result(scenarios[::-1]).growth == found.growth


def test_a_refused_shock_stops_before_anything_is_solved(monkeypatch):
    at = explorer()
    monkeypatch.setattr(explore, "solve_path", lambda *a: pytest.fail("solved"))
    with pytest.raises(InnospaceError, match="sets vat_rate"):
        at.result([shock("vat_rate", "set", 18.0)])


def test_a_scenario_without_a_solution_has_a_status_and_its_feasible_part():
    moved = [setting(n, 60.0, (2013, 2016)) for n in ("norm", "state-order", "tax-relief")]
    found = explorer().result([Scenario("too-much", shocks=shocks(EVERY, moved))])
    assert found.paths["too-much"].failure is not None
    assert not found.status.converged
    assert 0.0 < found.feasible["too-much"] < 1.0
    assert not next(c for c in found.checks if c.name == "too-much.years_solved").ok
    assert np.isnan(table(found).frame.set_index("scenario").loc["too-much", "real_grp"])
    assert sentences(found, "too-much") == ()


def test_series_are_what_they_are_called():
    r = explorer().result([shipped_scenarios()["option-1"]])
    at = r.model.system.position
    levels, base = r.paths["option-1"].levels, r.paths["baseline"].levels

    def end(name):
        return INDICATORS[name].against(r, "option-1")[-1]

    def ratio(*names):
        new, old = (sum(x[-1, at[n]] for n in names) for x in (levels, base))
        return 100.0 * (new / old - 1.0)

    assert end("innovation_output") == pytest.approx(ratio("Y.innovation"))
    assert end("consumption") == pytest.approx(ratio("D.households.c1", "D.households.r1"))
    assert end("prices") == pytest.approx(ratio("PI"))
    assert end("exports") == pytest.approx(ratio("S.c2", "S.n2", "S.z2"))
    real = levels[-1, at["B.authorities"]] / levels[-1, at["PI"]] / (base[-1, at["B.authorities"]] / base[-1, at["PI"]])
    assert end("authorities") == pytest.approx(100.0 * (real - 1.0))
    share = [x[-1, at["PY.innovation"]] * x[-1, at["Y.innovation"]] / x[-1, at["GRP"]] for x in (levels, base)]
    assert end("innovation_share") == pytest.approx(100.0 * (share[0] - share[1]))
    paid = r.accounts("option-1", 2016).loc["households", "social_payments"]
    assert INDICATORS["social_payments"].series(r, "option-1")[-1] == pytest.approx(paid / levels[-1, at["PI"]] / 1000)
    for indicator in INDICATORS.values():
        assert len(indicator.series(r, "baseline")) == len(r.years)
        assert not np.any(indicator.against(r, "baseline"))


def test_figure_and_finding_speak_of_the_scenario_in_focus():
    r = explorer().result([shipped_scenarios()[n] for n in ("option-1", "option-2")])
    end = float(INDICATORS["prices"].against(r, "option-1")[-1])
    side = "above" if end > 0 else "below"
    assert finding(r, "prices", "option-1") == (
        f"Consumer prices in 2016 are {abs(end):.2f}\u202f% {side} the baseline under option 1"
    )
    drawn = figure(r, "prices", "option-1")
    assert set(drawn.data["name"]) == {"option-1", "option-2"}
    assert drawn.title == finding(r, "prices", "option-1")
    assert set(figure(r, "prices", "option-1", levels=True).data["name"]) == {"baseline", "option-1", "option-2"}
    effect = r.growth["option-1"] - r.growth["baseline"]
    assert table(r).frame.set_index("scenario").loc["option-1", "effect_points"] == 100.0 * effect
    assert f"{100.0 * r.growth['option-1']:.3f}\u202f% a year" in sentences(r, "option-1")[0]
