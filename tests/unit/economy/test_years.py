"""Models with years and closures by name as steps of a study: keys, results, tables, figures, words, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from innospace.core.errors import InnospaceError
from innospace.core.inputs import TABLE, StepInputs
from innospace.data import load_sample
from innospace.economy.general.models import ready
from innospace.economy.general.models.standard import CLOSURES
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, closures_of, preflight, run
from innospace.economy.general.study_result import EquilibriumResult

NOTHING = StepInputs({})
SAME = 1e-9
"""Two solutions of one model end at residuals below 1e-11."""
STORED = 1e-4
"""The textbook's matrix is balanced to its last printed digit, and the model of a matrix makes no use of the gap."""


@pytest.fixture(scope="module")
def foreseen():
    return run(Options(model="ramsey", dynamics={"years": 40, "interest": 0.04, "tax": 0.3}), NOTHING)


@pytest.fixture(scope="module")
def in_turn():
    return run(Options(model="dyncge", dynamics={"years": 6, "growth": 0.03}), NOTHING)


def test_a_step_under_perfect_foresight_has_its_horizon_and_rates(foreseen):
    path = foreseen.path.set_index(["scenario", "year"])
    still = path.loc["baseline"]
    assert len(still) == 41
    assert np.allclose(still["interest"][:-1], 0.04)
    assert np.allclose(still["output"], 100.0 * 1.02 ** np.arange(41))
    # announced for year 10: households save before it holds
    gain = path.loc["tax-announced"]["capital"] / still["capital"]
    assert np.all(np.diff(gain[:20]) > 0.0)
    assert all(c.ok for c in foreseen.checks)


def test_years_in_turn_move_stocks_as_the_rules_say(in_turn):
    path = in_turn.path.set_index(["scenario", "year"]).loc["baseline"]
    goods = ("AGR", "LMN", "HMN", "SRV")
    for j in goods:
        stock = path[f"F.CAP.{j}"].to_numpy() / 0.05
        assert np.allclose(stock[1:], 0.96 * stock[:-1] + path[f"II.{j}"][:-1], rtol=SAME)
    labour = sum(path[f"F.LAB.{j}"] for j in goods).to_numpy()
    assert np.allclose(labour[1:] / labour[:-1], 1.03, rtol=SAME)
    assert np.allclose(sum(path[f"II.{j}"] for j in goods), path["investment"], rtol=SAME)


@pytest.mark.parametrize("name", ["foreseen", "in_turn"])
def test_years_are_stored_shown_and_said(name, request):
    found = request.getfixturevalue(name)
    again = EquilibriumResult.from_bundle(found.to_bundle())
    assert again.to_dict() == found.to_dict()
    assert len(found.to_dict()["path"]) == len(found.path)
    table = found.table("path")
    assert "consumption" in {c.key for c in table.columns}
    assert not any("." in c.key for c in table.columns)
    figure = found.plot.path()
    assert set(figure.data["scenario"]) == {s.title for s in found.scenarios.values()}
    assert figure.title + "." in found.findings()
    assert {c.name for c in found.checks} >= {"years"}
    assert [b.name for s in found.sections() for b in s.blocks if getattr(b, "name", "") == "path"] == ["path", "path"]


def test_a_path_without_its_last_years_fails_its_check(in_turn):
    cut = in_turn.path.assign(consumption=in_turn.path["consumption"].where(in_turn.path["year"] < 3))
    short = EquilibriumResult(in_turn.solutions, in_turn.scenarios, in_turn.provenance, path=cut)
    (check,) = [c for c in short.checks if c.name == "years"]
    assert not check.ok
    assert check.value == 0.5


def test_the_dynamic_model_on_the_matrix_of_the_textbook_is_that_of_the_textbook():
    dataset = load_sample("dyncge-sam")
    options = {"model": "dyncge", "dynamics": {"years": 3}}
    own = run(Options(**options, accounts={"capital": "CAP"}), StepInputs({TABLE: dataset}))
    known = run(Options(**options), NOTHING)
    columns = ["output", "consumption", "investment", "capital", "Z.AGR", "II.SRV"]
    assert np.allclose(own.path[columns], known.path[columns], rtol=STORED)
    assert own.textbook is None


def test_every_combination_of_closures_by_name_is_a_step():
    """Each is the model that the same choice gives in Python, at one shock."""
    model = ready("standard")
    for names in itertools.islice(itertools.product(*CLOSURES.values()), 1, 24, 6):
        chosen = dict(zip(CLOSURES, names, strict=True))
        found = run(Options(model="standard", rules=chosen, scenarios=["tariffs"]), NOTHING)
        economy = compile_spec(model.close(chosen))
        other = solve(economy, shocked(economy, model.scenarios[0]))
        assert found.solution("tariffs").price("FX") == pytest.approx(other.price("FX"), abs=SAME)
        assert all(c.ok for c in found.checks), chosen


def test_closures_by_name_stand_side_by_side():
    table = {"name": "tax", "rules": {"government": "flexible tax"}}
    options = Options(model="standard", closures=[table], scenarios=["tariffs"])
    assert preflight(options, NOTHING) == []
    assert closures_of(options, NOTHING)["tax"] == ready("standard").close({"government": "flexible tax"})
    assert set(run(options, NOTHING).closures["closure"]) == {"as chosen", "tax"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "standard", "rules": {"external": "fixed rates"}}, "fixed rate"),
        ({"model": "standard", "rules": {"exernal": "fixed rate"}}, "external"),
        ({"model": "stdcge", "rules": {"external": "fixed rate"}}, "no closures by name"),
        ({"model": "standard", "closures": [{"name": "x", "rules": {"saving": "none"}}]}, "savings-driven"),
        ({"model": "stdcge", "dynamics": {"years": 3}}, "one year"),
        ({"model": "ramsey", "dynamics": {"year": 3}}, "years"),
        ({"model": "ramsey", "dynamics": {"years": 3.5}}, "3.5"),
        ({"model": "ramsey", "dynamics": {"interest": 0.01}}, "no finite value"),
        ({"model": "dyncge", "dynamics": {"depreciation": 1.5}}, "depreciation is 1.5"),
        ({"model": "own", "definition": {"x": 1}, "dynamics": {"years": 3}}, "Only a ready model"),
    ],
)
def test_what_is_not_there_is_named(options, said):
    problems = preflight(Options(**options), NOTHING)
    assert any(said in str(e) for e in problems)
    assert all(isinstance(e, InnospaceError) for e in problems)


def test_capital_of_a_matrix_must_be_one_of_its_factors():
    inputs = StepInputs({TABLE: load_sample("dyncge-sam")})
    problems = preflight(Options(model="dyncge", accounts={"capital": "HOH"}), inputs)
    assert "needs one factor that is capital" in str(problems[0])
    assert preflight(Options(model="dyncge"), inputs) == []


def test_three_equilibria_are_reported_and_meet_their_conditions():
    found = run(Options(model="kehoe", starts=25), NOTHING)
    assert len(found.baseline.others) == 2
    table = found.table("equilibria").frame.set_index(["kind", "name"])
    firsts = sorted(table.loc[("price", "G1"), [f"equilibrium_{k}" for k in (1, 2, 3)]])
    assert firsts == pytest.approx([0.6377, 1.0, 1.1005], abs=5e-5)
    assert "3 equilibria" in " ".join(found.findings())
    assert [c.ok for c in found.checks if c.name == "equilibria.baseline"] == [True]
    again = EquilibriumResult.from_bundle(found.to_bundle())
    assert again.table("equilibria").frame.equals(found.table("equilibria").frame)
    assert run(Options(model="kehoe", starts=0), NOTHING).table("equilibria").frame.empty
