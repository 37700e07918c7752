"""A general equilibrium model as a step of a study: options, problems, solutions, storage, tables, words, welfare."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from explained import names_of, unexplained

from innospace.core.errors import InnospaceError, SpecError, StudyError
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.data import load_sample
from innospace.economy.general import tables
from innospace.economy.general.files import read_model, spec_from_dict
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.policy import Lever, cheapest
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.sensitivity import Uncertain, sensitivity, summarise
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run, solve_scenarios
from innospace.economy.general.study_result import EquilibriumResult
from innospace.economy.general.trees import Flow, Nest
from innospace.economy.general.welfare import welfare
from innospace.economy.general.write import spec_to_dict, write_model
from innospace.economy.scenario import Scenario, Shock
from innospace.numerics.quadrature import stroud
from innospace.study.load import load_study
from innospace.study.plan import make_plan

EXACT = 1e-12
SEARCHED = 1e-6
"""A constrained search for the cheapest bundle ends at tolerances of 1e-12 in its objective."""
NOTHING = StepInputs({})
CHANGE = {"name": "less", "shock": [{"parameter": "activity_tax", "op": "multiply", "value": 0.5}]}
MODEL = """
name = "own"
sam = "sam.csv"
numeraire = { LAB = 1.0 }

[[activity]]
name = "Z.BRD"
inputs = { elasticity = 1.0, flows = { CAP = "CAP:BRD", LAB = "LAB:BRD" } }
outputs = { flows = { BRD = "BRD:HOH" } }

[[activity]]
name = "Z.MLK"
inputs = { elasticity = 1.0, flows = { CAP = "CAP:MLK", LAB = "LAB:MLK" } }
outputs = { flows = { MLK = "MLK:HOH" } }

[[agent]]
name = "HOH"
endowments = { CAP = "HOH:CAP", LAB = "HOH:LAB" }
demand = { elasticity = 1.0, flows = { BRD = "BRD:HOH", MLK = "MLK:HOH" } }
"""


@pytest.fixture(scope="module")
def result():
    return run(Options(model="stdcge"), StepInputs({}, {}, (CHANGE,)), seed=3)


def test_the_known_numbers_of_the_textbook_are_in_the_result(result):
    found = result.textbook.set_index("name")
    assert found.loc["UU", "baseline"] == pytest.approx(25.50849001, abs=1e-8)
    assert found.loc["UU", "tariffs"] == pytest.approx(26.09263438, abs=1e-8)
    assert found.loc["epsilon", "tariffs"] == pytest.approx(1.06282422, abs=1e-8)
    assert found.loc["UU", "indirect-tax"] == pytest.approx(26.71666690, abs=1e-8)
    assert found["less"].to_numpy() == pytest.approx(found["indirect-tax"].to_numpy(), abs=1e-9)
    assert all(c.ok for c in result.checks)
    assert result.provenance.seed == 3


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"camcge", "hansen"}))
def test_every_ready_model_is_a_step_that_is_stored_and_explained(name):
    options = Options(model=name)
    assert preflight(options, NOTHING) == []
    found = run(options, NOTHING)
    assert found.status.converged
    assert [c.name for c in found.checks if not c.ok] == []
    again = EquilibriumResult.from_bundle(found.to_bundle())
    assert again.to_dict() == found.to_dict()
    assert [s.title for s in again.sections()] == ["Scenarios", "The model"]
    assert unexplained(names_of(found), found.solutions) == []
    assert max(map(len, found.summary().splitlines())) <= 100


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_in_plain_types_is_the_model(name):
    spec = ready(name).spec
    assert spec_from_dict(spec_to_dict(spec)) == spec


def test_a_ready_model_is_written_to_a_file_that_can_be_changed(tmp_path):
    file = write_model(ready("korcge").spec, tmp_path / "корея.toml")
    assert read_model(file) == ready("korcge").spec
    with pytest.raises(SpecError, match="exists"):
        write_model(ready("korcge").spec, file)


def _least_cost(agent, prices, utility, shares, start):
    """Return the least cost of a Cobb-Douglas utility by a search over bundles."""
    found = minimize(
        lambda x: x @ prices,
        start,
        jac=lambda x: prices,
        constraints={"type": "eq", "fun": lambda x: shares @ np.log(x) - np.log(utility)},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 200},
    )
    assert found.success, agent
    return found.fun


def test_variations_are_those_of_a_search_for_the_cheapest_bundle(result):
    goods = ["Q.BRD", "Q.MLK"]
    before, after = result.baseline, result.solution("tariffs")
    x0, x1 = (np.array([s.flow("HOH", g) for g in goods]) for s in (before, after))
    p0, p1 = (np.array([s.paid("HOH", g) for g in goods]) for s in (before, after))
    shares = x0 * p0 / (x0 @ p0)
    u0, u1 = np.exp(shares @ np.log(x0)), np.exp(shares @ np.log(x1))
    row = result.welfare.set_index(["scenario", "agent"]).loc["tariffs", "HOH"]
    costs = {(u, k): _least_cost("HOH", p, u, shares, x0) for u in (u0, u1) for k, p in enumerate((p0, p1))}
    assert row["ev"] == pytest.approx(costs[u1, 0] - costs[u0, 0], abs=SEARCHED)
    assert row["cv"] == pytest.approx(costs[u1, 1] - costs[u0, 1], abs=SEARCHED)
    assert row["ev_percent"] == pytest.approx(100.0 * (26.09263438 / 25.50849001 - 1.0), abs=1e-6)
    assert row["real_income"] == pytest.approx(u1 / u0, abs=1e-12)


def test_variations_with_subsistence_and_a_ces_demand():
    spec = ready("splcge").spec
    demand = Nest("consumption", 0.5, (Flow("BRD", 10.0), Flow("MLK", 25.0)))
    household = replace(spec.agents[0], demand=demand, fixed=(Flow("BRD", 5.0), Flow("MLK", 10.0)))
    economy = compile_spec(replace(spec, agents=(household,)))
    before = solve(economy)
    after = solve(economy, shocked(economy, ready("splcge").scenarios[0]))
    row = welfare(before, after).iloc[0]
    fixed, scale = np.array([5.0, 10.0]), np.array([10.0, 25.0])

    def utility(x):
        return (scale / 35.0) @ ((x - fixed) / scale) ** -1.0

    x1 = np.array([after.flow("HOH", g) for g in ("BRD", "MLK")])
    p0 = np.array([before.price(g) for g in ("BRD", "MLK")])
    found = minimize(
        lambda x: x @ p0,
        x1,
        constraints={"type": "eq", "fun": lambda x: utility(x) - utility(x1)},
        method="SLSQP",
        options={"ftol": 1e-13},
    )
    assert row["ev"] == pytest.approx(found.fun - before.income("HOH"), abs=SEARCHED)


def test_there_is_no_variation_where_tastes_change():
    model = ready("stdcge")
    shock = Shock("elasticity", "set", 2.0, {"nest": ("HOH.consumption",)})
    moved = solve_scenarios(compile_spec(model.spec), [Scenario("tastes", shocks=(shock,))])
    frame = moved.welfare.set_index("agent")
    assert np.isnan(frame.loc["HOH", "ev"])
    assert np.isfinite(frame.loc["GOV", "ev"])


def test_every_table_and_look_has_its_numbers(result):
    asked_for = (
        "path",
        "equilibria",
        "countries",
        "decomposition",
        "mix",
        "sensitivity",
        "closures",
        "importance",
        "channels",
    )
    for kind in tables.TABLES:
        table = result.table(kind)
        assert len(table.display()) == len(table.frame), kind
        assert (len(table.frame) == 0) == (kind in asked_for), kind
    prices = result.table("variables").frame.query("scenario == 'tariffs' and kind == 'price'")
    assert prices.set_index("name").loc["FX", "percent"] == pytest.approx(6.282422, abs=1e-6)
    chosen = {"scenario": "less", "kind": "level"}
    view = result.view(chosen)
    assert [c.name for c in result.choices()] == ["scenario", "kind"]
    assert view.own[0].data["percent"].abs().is_monotonic_decreasing
    assert result.offers("welfare_effect").query("scenario == 'less' and agent == 'HOH'")["value"].iloc[0] > 0.0


def test_effects_by_shock_add_up_and_do_not_depend_on_order():
    both = [Shock("tax", "set", 0.0), Shock("activity_tax", "multiply", 0.5)]
    economy = compile_spec(ready("stdcge").spec)
    scenarios = [Scenario("there", shocks=tuple(both)), Scenario("back", shocks=tuple(both[::-1]))]
    found = solve_scenarios(economy, scenarios).with_decomposition()
    frame = found.decomposition[found.decomposition["agent"] == "HOH"].set_index(["scenario", "number"])
    whole = found.welfare.set_index(["scenario", "agent"])["ev_percent"]
    for name in ("there", "back"):
        assert frame.loc[name, "in_turn"].sum() == pytest.approx(whole[name, "HOH"], abs=1e-9)
        assert frame.loc[name, "shapley"].sum() == pytest.approx(whole[name, "HOH"], abs=1e-9)
        by_hand = 0.5 * (frame.loc[(name, 1), "alone"] + whole[name, "HOH"] - frame.loc[(name, 2), "alone"])
        assert frame.loc[(name, 1), "shapley"] == pytest.approx(by_hand, abs=1e-9)
    assert frame.loc[("there", 1), "shapley"] == pytest.approx(frame.loc[("back", 2), "shapley"], abs=1e-9)
    assert all(c.ok for c in found.checks)
    assert EquilibriumResult.from_bundle(found.to_bundle()).decomposition.equals(found.decomposition)
    assert unexplained(names_of(found), found.solutions) == []


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_stroud_is_exact_to_degree_three(count):
    x = stroud(count)
    assert x.shape == (2 * count, count)
    assert x.mean(axis=0) == pytest.approx(np.zeros(count), abs=1e-14)
    assert x.T @ x / len(x) == pytest.approx(np.eye(count), abs=1e-14)
    assert np.einsum("ki,kj,kl->ijl", x, x, x) == pytest.approx(np.zeros((count, count, count)), abs=1e-13)


def test_sensitivity_agrees_with_a_product_of_gauss_legendre_rules_and_with_draws():
    economy = compile_spec(ready("stdcge").spec)
    tariffs = ready("stdcge").scenarios[:1]
    places = ({"nest": ("Q.BRD.mix", "Q.MLK.mix")}, {"nest": ("Z.BRD.sales", "Z.MLK.sales")})
    uncertain = [Uncertain("elasticity", 0.3, where) for where in places]
    found = summarise(sensitivity(economy, tariffs, uncertain)).set_index("agent")
    nodes, weights = np.polynomial.legendre.leggauss(5)
    at = []
    for x in nodes:
        for y in nodes:
            moved = (uncertain[0].shock(x), uncertain[1].shock(y))
            p = shocked(economy, Scenario("s", shocks=(*moved, *tariffs[0].shocks)))
            before = solve(economy, shocked(economy, Scenario("b", shocks=moved)))
            at.append(welfare(before, solve(economy, p)).set_index("agent")["ev_percent"]["HOH"])
    w = np.outer(weights, weights).ravel() / 4.0
    mean = w @ np.array(at)
    deviation = np.sqrt(w @ (np.array(at) - mean) ** 2)
    # a rule of degree 3 leaves terms of degree 4 out: the spread of 0.3 to the power of 4
    assert found.loc["HOH", "mean"] == pytest.approx(mean, abs=0.3**4 * abs(mean))
    assert found.loc["HOH", "sd"] == pytest.approx(deviation, rel=0.05)
    drawn = sensitivity(economy, tariffs, uncertain, method="monte_carlo", draws=60, seed=1)
    assert summarise(drawn).set_index("agent").loc["HOH", "mean"] == pytest.approx(mean, abs=4 * deviation / 60**0.5)
    again = sensitivity(economy, tariffs, uncertain, method="monte_carlo", draws=60, seed=1)
    assert again.equals(drawn)


def test_a_step_takes_effects_apart_and_moves_assumptions():
    uncertain = [{"parameter": "elasticity", "spread": 0.5, "where": {"nest": "Q.BRD.mix"}}]
    options = Options(model="stdcge", scenarios=["tariffs"], decompose=True, uncertain=uncertain)
    assert preflight(options, NOTHING) == []
    found = run(options, NOTHING, seed=7)
    assert found.decomposition is None  # one shock has nothing to be taken apart
    frame = found.table("sensitivity").frame
    assert (frame["least"] < frame["largest"]).all()
    assert frame["assumed"].between(frame["least"], frame["largest"]).all()
    assert [c.name for c in found.checks if c.name == "sensitivity" and c.ok] == ["sensitivity"]
    assert unexplained(names_of(found), found.solutions) == []
    wrong = [{"parameter": "elasticity", "spread": 1.5}, {"parameter": "elastcity", "spread": 0.5}]
    for one in wrong:
        assert preflight(Options(model="stdcge", uncertain=[one]), NOTHING) != []


LEVERS = [
    {"parameter": "tax", "op": "multiply", "limit": 0.0, "cost": 3.0},
    {"parameter": "activity_tax", "op": "multiply", "limit": 0.0, "cost": 4.0},
]


def _brute(economy, levers, count=21):
    """Return cost and effect of every mix on a grid."""
    grid = np.linspace(0.0, 1.0, count)
    base = solve(economy)
    rows = []
    for a in grid:
        for b in grid:
            p = shocked(economy, Scenario("x", shocks=(levers[0].shock(a), levers[1].shock(b))))
            ev = welfare(base, solve(economy, p)).set_index("agent").loc["HOH", "ev_percent"]
            rows.append((a * levers[0].cost + b * levers[1].cost, ev))
    return np.array(rows)


def test_the_cheapest_mix_is_that_of_a_grid():
    economy = compile_spec(ready("stdcge").spec)
    levers = [Lever(x["parameter"], x["op"], x["limit"], x["cost"]) for x in LEVERS]
    every = _brute(economy, levers)
    # a step of the grid costs 0.2 at most
    for aim in (4.0, 9.0):
        found = cheapest(economy, levers, "ev.HOH", aim)
        best = every[every[:, 1] >= aim, 0].min()
        assert found.ok
        assert found.reached == pytest.approx(aim, abs=1e-5)
        assert best - 0.2 <= found.cost <= best + 1e-6
    poor = cheapest(economy, levers, "ev.HOH", 9.0, budget=2.0)
    assert not poor.ok
    assert poor.cost == pytest.approx(2.0, abs=1e-5)
    assert poor.reached >= every[every[:, 0] <= 2.0 + 1e-9, 1].max() - 1e-5
    level = cheapest(economy, levers[:1], "level.M.MLK", 5.0)
    assert level.reached == pytest.approx(5.0, abs=1e-5)


def test_a_step_searches_the_cheapest_mix_and_solves_it():
    options = Options(model="stdcge", scenarios=[], levers=LEVERS, target="ev.HOH", aim=4.0, budget=3.0)
    assert preflight(options, NOTHING) == []
    found = run(options, NOTHING)
    assert list(found.solutions) == ["baseline", "cheapest-mix"]
    assert found.welfare.set_index("agent").loc["HOH", "ev_percent"] == pytest.approx(4.0, abs=1e-5)
    assert [c.ok for c in found.checks if c.name == "mix"] == [True]
    again = EquilibriumResult.from_bundle(found.to_bundle())
    assert again.mix.to_dict() == found.mix.to_dict()
    assert again.findings() == found.findings()
    assert unexplained(names_of(found), found.solutions) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": ""}, "needs a target"),
        ({"levers": [{**LEVERS[0], "limit": 1.0}]}, "changes nothing"),
        ({"levers": [{**LEVERS[0], "cost": 0.0}]}, "cost of lever"),
        ({"levers": [{**LEVERS[0], "parameter": "taxes"}]}, "taxes"),
    ],
    ids=str,
)
def test_a_lever_that_cannot_be_used_is_named(change, words):
    options = Options(**{"model": "stdcge", "levers": LEVERS, "target": "ev.HOH", "aim": 1.0, **change})
    assert any(words in e.what for e in preflight(options, NOTHING))


def test_a_target_without_a_value_is_refused():
    economy = compile_spec(ready("stdcge").spec)
    taste = Lever("elasticity", "multiply", 2.0, 1.0, {"nest": ("HOH.consumption",)})
    with pytest.raises(SpecError, match="no value"):
        cheapest(economy, [taste], "ev.HOH", 1.0)
    with pytest.raises(InnospaceError, match="HOHO"):
        cheapest(economy, [taste], "ev.HOHO", 1.0)


def test_a_scenario_without_a_solution_is_told_and_not_shown():
    nothing = {"name": "nothing", "shock": [{"parameter": "endowment", "op": "set", "value": -1.0}]}
    found = run(Options(model="splcge", scenarios=["nothing"]), StepInputs({}, {}, (nothing,)))
    assert not found.status.converged
    assert any("No solution was found for: Nothing" in text for text in found.findings())
    assert not all(c.ok for c in found.checks)
    assert found.welfare.empty
    assert found.choices() == ()
    assert len(found.sections()) == 2


def test_closures_are_words_of_the_step():
    wage = {"commodity": "LAB", "rate": 0.05, "elasticity": 0.1}
    options = Options(
        model="stdcge",
        numeraire="Q.BRD",
        unemployment=[wage],
        fixed_transfers={"private saving": 17.0},
        scenarios=["capital"],
    )
    found = run(options, NOTHING)
    assert found.baseline.instrument("unemployment.LAB") == pytest.approx(0.05, abs=EXACT)
    assert found.solution("capital").instrument("unemployment.LAB") < 0.05
    assert found.solution("capital").transfer("private saving") == pytest.approx(17.0, abs=1e-9)
    assert found.solution("capital").price("Q.BRD") == pytest.approx(1.0, abs=EXACT)


def test_a_linked_number_moves_a_shock_at_its_value_and_both_ends():
    value = {"link": "effect", "times": 1.0, "plus": 1.0}
    shock = {"parameter": "productivity", "op": "multiply", "value": value, "where": {"activity": "Z.BRD"}}
    links = {"linked.effect": LinkedValue(0.1, 0.05, 0.15, "fraction", "firms.effect")}
    inputs = StepInputs({}, links, ({"name": "better", "shock": [shock]},))
    found = run(Options(model="splcge", scenarios=["better"]), inputs)
    assert list(found.solutions) == ["baseline", "better", "better-lower", "better-upper"]
    ev = found.welfare.set_index("scenario")["ev"]
    assert ev["better-lower"] < ev["better"] < ev["better-upper"]
    waiting = {"linked.effect": LinkedValue(*[float("nan")] * 3, "", "firms.effect")}
    assert preflight(Options(model="splcge"), replace(inputs, links=waiting)) == []


@pytest.mark.parametrize(
    ("options", "inputs", "words"),
    [
        ({"model": "stdgce"}, NOTHING, "stdgce"),
        ({"model": "stdcge", "scenarios": ["tarifs"]}, NOTHING, "tarifs"),
        ({"model": "stdcge", "numeraire": "GOLD"}, NOTHING, "GOLD"),
        ({"model": "stdcge", "fixed_transfers": {"saving": 1.0}}, NOTHING, "saving"),
        ({"model": "stdcge", "unemployment": [{"commodity": "LAB", "rate": 1.5}]}, NOTHING, "1.5"),
        ({"model": "stdcge", "definition": {"name": "x"}}, NOTHING, "ready model"),
        ({"model": "x.toml", "definition": {"sam": "sam.csv"}}, NOTHING, "does not name as data"),
        ({"model": "stdcge"}, StepInputs({}, {}, ({"name": "tariffs", "shock": []},)), "names that are taken"),
        ({"model": "stdcge"}, StepInputs({}, {}, ({**CHANGE, "name": "kind"},)), "names that are taken"),
        ({"model": "camcge"}, StepInputs({"table": None}), "its own data"),
    ],
)
def test_mistakes_are_found_before_anything_is_solved(options, inputs, words):
    found = preflight(Options(**options), inputs)
    assert any(words in f"{e.what} {e.where}" for e in found), found


def test_scenarios_that_share_a_name_are_refused():
    with pytest.raises(InnospaceError, match="names that are taken"):
        solve_scenarios(compile_spec(ready("splcge").spec), [Scenario("a"), Scenario("a")])


def _study(folder: Path, model: str, step: str = "") -> Path:
    (folder / "models").mkdir()
    (folder / "models" / "своя.toml").write_text(MODEL, encoding="utf-8")
    load_sample("splcge-sam").frame.to_csv(folder / "sam.csv", index=False)
    text = f'[study]\ntitle = "t"\n[data.matrix]\nfile = "sam.csv"\n[step.e]\nengine = "equilibrium"\n{step}\n'
    (folder / "study.toml").write_text(f'{text}model = "{model}"\n', encoding="utf-8")
    return folder


def test_a_model_file_in_the_study_folder_is_solved_and_part_of_the_hash(tmp_path):
    study = load_study(_study(tmp_path, "models/своя.toml", 'data = "matrix"'))
    inputs = StepInputs({"table": load_sample("splcge-sam")})
    options = study.steps[0].options
    assert preflight(options, inputs) == []
    found = run(options, inputs)
    assert found.spec.name == "own"
    assert found.baseline.flow("HOH", "BRD") == pytest.approx(
        ready("splcge").spec.agents[0].demand.children[0].quantity
    )
    before = make_plan(study).run_id
    file = tmp_path / "models" / "своя.toml"
    file.write_text(MODEL.replace("elasticity = 1.0, flows = { BRD", "elasticity = 0.5, flows = { BRD"), "utf-8")
    assert make_plan(load_study(tmp_path)).run_id != before


@pytest.mark.parametrize(
    ("model", "words"), [("models/its.toml", "no file"), ("../x.toml", "outside"), ("models/bad.toml", "TOML")]
)
def test_a_model_file_that_cannot_be_read_is_named(tmp_path, model, words):
    folder = _study(tmp_path, model)
    (folder / "models" / "bad.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(StudyError, match=words):
        load_study(folder)


def test_an_engine_that_needs_a_table_says_so_when_there_is_none(tmp_path):
    text = '[study]\ntitle = "t"\n[step.f]\nengine = "frontier"\nmodel = "innovation_space"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match="needs a table"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("HOH", "household (HOH)"),
        ("JPN.GOV", "government (JPN.GOV)"),
        ("Households", "Households"),
        ("urban", "urban"),
        ("ROW", "outside (ROW)"),
    ],
)
def test_agents_are_called_by_their_part_where_a_matrix_abbreviates(name, title):
    from innospace.economy.general.tables import agent_title

    assert agent_title(name) == title
