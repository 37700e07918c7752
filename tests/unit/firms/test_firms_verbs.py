"""Verbs by name, and firms as a step of a study."""

from __future__ import annotations

import inspect
import typing

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from innospace.core.errors import LabelError, SpecError
from innospace.core.inputs import StepInputs
from innospace.data.dataset import as_dataset
from innospace.firms import glossary, step
from innospace.firms.step import Options, preflight, run
from innospace.firms.verbs import VERBS, arguments, call, check, verb


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    return pd.DataFrame({"x": x, "y": (x + rng.normal(size=300) > 0).astype(int), "firm": np.arange(300)})


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_can_be_called_with_plain_types(name):
    found = arguments(VERBS[name])
    parameters = inspect.signature(VERBS[name].function).parameters
    assert "data" in parameters
    assert set(VERBS[name].positional) <= set(found)
    for a in found.values():
        assert a.kind in (str, int, float, bool)
        assert a.meaning, f"{name}: {a.name} has no description"
        assert "`" not in a.meaning, f"{name}: {a.name} is described with marks of a docstring"
    # a flag that may also be a text could not be given as a text
    hints = typing.get_type_hints(VERBS[name].function)
    assert not any({bool, str} <= set(typing.get_args(hints.get(a))) for a in found)
    # what must be given is what a command line takes by position, or a named option
    assert VERBS[name].summary.endswith(".")


def test_arguments_are_checked_before_anything_is_computed(table):
    probit = verb("probit")
    assert check(probit, {"formula": "y ~ x"}) == {"formula": "y ~ x"}
    with pytest.raises(LabelError, match="Unknown argument: 'formul'"):
        check(probit, {"formul": "y ~ x"})
    with pytest.raises(SpecError, match="needs 'formula'"):
        check(probit, {})
    with pytest.raises(SpecError, match="formula of 'probit' is 3"):
        check(probit, {"formula": 3})
    with pytest.raises(LabelError, match="method"):
        verb("probt")
    assert call(probit, table, {"formula": "y ~ x"}, seed=1).n == 300


def test_every_verb_can_leave_rows_out(table):
    coded = table.assign(y=table["y"].where(table["firm"] >= 50, -1))
    found = call(verb("probit"), as_dataset(coded), {"formula": "y ~ x", "where": ["y >= 0", "firm < 250"]})
    assert found.n == 200
    assert any("200 of 300" in step for step in found.steps)
    plain = call(verb("probit"), as_dataset(table[50:250].reset_index(drop=True)), {"formula": "y ~ x"})
    assert found.log_likelihood == plain.log_likelihood
    with pytest.raises(LabelError, match="nope"):
        call(verb("probit"), as_dataset(coded), {"formula": "y ~ x", "where": ["nope >= 0"]})
    with pytest.raises(SpecError):
        call(verb("probit"), as_dataset(coded), {"formula": "y ~ x", "where": ["y"]})


def test_a_step_says_what_columns_are_called_and_keeps_keys_of_numbers(table):
    inputs = StepInputs({"table": as_dataset(table)})
    options = Options(method="probit", arguments={"formula": "y ~ x"}, names={"x": "размер", "y": "экспорт"})
    assert preflight(options, inputs) == []
    named = run(options, inputs)
    plain = run(options.model_copy(update={"names": {}}), inputs)
    assert named.to_dict()["coefficients"] == plain.to_dict()["coefficients"]
    assert "размер" in named.table("coefficients").display().to_string()
    assert "размер" not in plain.table("coefficients").display().to_string()
    assert type(named).from_bundle(named.to_bundle()).findings() == named.findings()
    wrong = preflight(Options(method="probit", arguments={"formula": "y ~ x"}, names={"xx": "размер"}), inputs)
    assert "names" in str(wrong[0])
    assert "'x'" in str(wrong[0])


def test_a_step_runs_one_method(table):
    options = Options(method="probit", arguments={"formula": "y ~ x"})
    inputs = StepInputs({"table": as_dataset(table)})
    assert preflight(options, inputs) == []
    result = run(options, inputs)
    frame = result.offers("effect")
    assert frame["name"].tolist() == ["x"]
    assert step.RESULTS[result.to_bundle().kind] is type(result)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "either method"),
        ({"method": "probit", "analysis": "internationalisation"}, "either method"),
        ({"method": "probt"}, "unknown method"),
        ({"analysis": "internationalisation", "arguments": {"a": 1}}, "arguments belong"),
        ({"method": "probit", "draw": 3}, "draw"),
    ],
)
def test_wrong_options_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        Options(**given)


def test_problems_are_found_before_the_run(table):
    inputs = StepInputs({"table": as_dataset(table)})
    found = preflight(Options(method="probit", arguments={"formla": "y ~ x"}), inputs)
    assert "Did you mean 'formula'" in str(found[0])
    two = StepInputs({"panel": as_dataset(table), "annual": as_dataset(table)})
    assert "one table" in str(preflight(Options(method="probit", arguments={"formula": "y ~ x"}), two)[0])
    study = Options(analysis="internationalisation")
    found = preflight(study, StepInputs({"panel": as_dataset(table), "cross_section": as_dataset(table)}))
    assert len(found) == 2


def test_every_word_is_explained_once():
    terms = glossary.explain_terms()
    # a chart may share its name with a table, an equation with a method
    names = [t.name for t in terms if t.where != "results on firms"]
    assert len(names) == len(set(names))
    assert {"average_marginal_effect", "starter", "truth_inside"} <= set(names)
    assert all(t.meaning.endswith((".", ")")) for t in terms)
