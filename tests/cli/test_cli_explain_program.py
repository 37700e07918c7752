"""``innospace explain`` knows every name that the program has; the names are asked from what reads them."""

from __future__ import annotations

import dataclasses
import re
import sys
import tomllib
import types
import typing
from pathlib import Path
from typing import Literal

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from explained import known, unexplained

from innospace.agents.policy import INSTRUMENTS
from innospace.core.status import StatusCode
from innospace.data.catalogue import samples
from innospace.data.regions import catalogue
from innospace.economy.models.knowledge.blocks import equations
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.solve import option_readings, shipped_scenarios
from innospace.economy.scenario import OPERATIONS, Shock
from innospace.economy.system import Symbols
from innospace.firms.verbs import VERBS, arguments
from innospace.frontier.densities import DENSITIES, NOISES
from innospace.frontier.panel.models import MODELS
from innospace.study import schema
from innospace.study.engines import ENGINES, engine
from innospace.study.glossary import find, terms
from innospace.study.worked import worked_studies

SOURCE = Path(__file__).parents[2] / "src" / "innospace"


def keys(model, path):
    """Yield dotted names of the keys of a table, the tables within it, and the values of choices."""
    for name, info in model.model_fields.items():
        key = f"{path}.{info.alias or name}"
        yield key
        yield from (f"{key}.{value}" for value in choices(info.annotation))
        inner = info.annotation
        inner = typing.get_args(inner)[0] if typing.get_origin(inner) is list else inner
        if hasattr(inner, "model_fields"):
            yield from keys(inner, key)


def choices(annotation):
    if typing.get_origin(annotation) is Literal:
        yield from map(str, typing.get_args(annotation))
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        for part in typing.get_args(annotation):
            yield from choices(part)


@pytest.mark.parametrize(
    ("model", "path"),
    [(schema.Head, "study"), (schema.Table, "data"), (schema.Step, "step"), (schema.Link, "link")],
)
def test_keys_of_the_study_file(model, path):
    names = list(keys(model, path))
    assert len(names) > 1
    assert unexplained(names) == []
    assert unexplained(n.rpartition(".")[2] for n in names if not n.endswith((".", ".,"))) == []


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_with_its_options_parts_and_links(name):
    module = engine(name)
    names = list(keys(module.Options, f"step.{name}"))
    assert unexplained([name, *names, *(n.removeprefix("step.") for n in names)]) == []
    assert unexplained(n.rpartition(".")[2] for n in names) == []
    assert unexplained([*module.ROLES, *module.OFFERS, *(t.removesuffix(".*") for t in module.TAKES)]) == []
    for key in (n for n in names if n.count(".") == 2):
        (told,) = find(key)
        assert told.where, key
        assert len(told.meaning) > 10, key


def test_keys_of_worked_studies_by_their_dotted_names():
    for study in worked_studies().values():
        written = tomllib.loads((study.folder / "study.toml").read_text(encoding="utf-8"))
        for step in written["step"].values():
            of = step["engine"]
            own = [k for k in step if k not in schema.STEP_KEYS]
            assert unexplained([f"step.{of}.{k}" for k in own]) == [], study.name
            assert unexplained([f"step.{k}" for k in step if k in schema.STEP_KEYS]) == []
        for scenario in written.get("scenario", ()):
            assert unexplained([*scenario, *(k for s in scenario["shock"] for k in s)]) == []


def test_scenarios_and_shocks():
    shock = Shock("budget_share", "set", 0.1).to_dict()
    assert unexplained([*shock, *OPERATIONS, "link", "times", "plus", "why", "title"]) == []
    assert unexplained([*shipped_scenarios(), *option_readings()]) == []


def test_variables_parameters_levers_choices_and_equations():
    families = (*VARIABLES, *PARAMETERS)
    names = [x for f in families for x in (f.name, *f.ids(), *(f"economy.{i}" for i in f.ids()))]
    names += [*LEVER_GROUPS, *CHOICES, *(f"closure.{c}.{o}" for c, options in CHOICES.items() for o in options)]
    assert unexplained(names) == []
    for f in equations(Symbols(VARIABLES, PARAMETERS), Closure()):
        for name in (f.number, f"equation {f.number}", f"({f.number}) {f.name}"):
            assert any(t.latex == f.latex and t.equation for t in find(name)), name
        assert known(f.name)


def test_methods_on_firms_and_their_arguments():
    assert unexplained(VERBS) == []
    for name, verb in VERBS.items():
        for argument in arguments(verb):
            told = find(f"step.firms.arguments.{argument}")
            assert any(re.search(rf"\b{name}\b", t.where) for t in told), (name, argument)


def test_distributions_noises_panel_models_and_instruments():
    assert unexplained([*DENSITIES, *NOISES, *MODELS, *INSTRUMENTS]) == []


def test_endings_of_computations():
    for code in StatusCode:
        assert any(t.meaning.startswith("Status") for t in find(str(code))), code
    text = "\n".join(p.read_text(encoding="utf-8") for p in SOURCE.rglob("*.py"))
    boundaries = set(re.findall(r"\bboundary\s*=\s*\(?[\"'](\w+)[\"']", text))
    assert {"rho_one", "gamma_one", "mu_minus_infinity_index"} <= boundaries
    assert unexplained(sorted(boundaries)) == []


def test_samples_and_their_columns():
    for card in samples():
        (told,) = find(card.name)
        assert card.title in told.meaning
        for column in card.columns:
            assert any(card.name in t.where or "innovation_space" in t.source for t in find(column.name)), column.name


def test_regions_by_every_name():
    for row in catalogue().itertuples():
        for name in (row.region, row.region_ru, row.region_code):
            (told,) = find(name)
            assert told.symbol == row.region_code
            assert row.region_ru in told.meaning


def test_every_term_says_something():
    for term in terms():
        assert len(term.meaning) > 4, term
    assert {f.name for f in dataclasses.fields(terms()[0])} == set(terms()[0].to_dict())


def test_commands(command):
    shown = command("--help").out
    names = re.findall(r"^  ([a-z]+)  ", shown, re.MULTILINE)
    assert {"run", "check", "explain", "web"} <= set(names)
    for name in names:
        told = command("explain", name, "--json").json["terms"]
        assert any(t["meaning"].startswith("Command") for t in told), name


def test_equations_are_plain_or_in_latex(command):
    plain = command("explain", "economy.GRP").out
    assert "GRP = Σ_i" in plain
    latex = command("explain", "economy.GRP", "--latex").out
    assert "\\sum" in latex
    assert "GRP = Σ_i" not in latex
    (told,) = command("explain", "economy.GRP", "--json").json["terms"]
    assert "\\sum" in told["latex"]
    assert "Σ" in told["equation"]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("inefficency", "inefficiency"),
        ("Татарстн", "Республика Татарстан"),
        ("step.frontier.inefficency", "step.frontier.inefficiency"),
        ("budget_shar", "budget_share"),
        ("russia-2010-2013", "russia-2010-2012"),
    ],
)
def test_near_misses_are_suggested(command, name, nearest):
    shown = command("explain", name)
    assert shown.code == 2
    assert f"'{nearest}'" in shown.err


@pytest.mark.parametrize("name", ["zzqqx", "agents-zzqqx-zzqqx", "share-of-spce", "-", "_lower", "..", "3.14"])
def test_what_nobody_named_is_refused(name):
    assert not known(name)


def test_dotted_names_keep_to_their_engine():
    assert {t.unit for t in find("frontier.delta")} == {"elasticity"}
    assert {t.unit for t in find("economy.delta")} == {"per unit of TE"}
    assert {t.where for t in find("study.seed")} == {"key of [study]"}


def test_where_a_name_is_met_is_told(command):
    shown = command("explain", "half_normal").out
    assert "Where: key of [step.NAME]" in shown
    assert "Where: column of" in command("explain", "federal_district").out
