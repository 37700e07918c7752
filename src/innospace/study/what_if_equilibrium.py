"""Ask an equilibrium step of a study "what if": shocks of what the model takes as given, solved as the step does.

A scenario that is made here and saved into the study gives the same numbers when the study is run, to the last bit:
model, closures, route and the order of solutions are those of the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import SpecError, StudyError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import significant
from innospace.economy.general import step as equilibrium
from innospace.economy.general.compiled import Economy
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.options import Options
from innospace.economy.general.policy import NAME
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec
from innospace.economy.scenario import Scenario, Shock
from innospace.study.edit import read_text
from innospace.study.engines import engine
from innospace.study.errors import raise_all
from innospace.study.inspect import inspect, step_inputs
from innospace.study.links import linked_values
from innospace.study.load import Study, StudyStep, load_study
from innospace.study.matrices import ENGINE
from innospace.study.what_if_case import NotComputedError, upstream_of
from innospace.study.what_if_save import Saved, save_scenario

if TYPE_CHECKING:
    from innospace.core.checks import Check
    from innospace.core.figure import Figure
    from innospace.core.inputs import StepInputs
    from innospace.core.table import Table

OPERATIONS = {"multiply": "Multiply by", "add": "Add", "set": "Set to"}
MOST_SHOCKS = 20
"""Shocks of a draft."""
MOST_PLACES = 400
"""Places of one parameter that are offered."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a parameter that a shock may move: labels by dimension, in words, and the benchmark of its members."""

    where: Mapping[str, tuple[str, ...]]
    title: str
    benchmark: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Given:
    """A family of numbers that the model takes as given.

    Attributes
    ----------
    name, title : str
    allowed : str
        Interval that its values must stay in.
    places : tuple of Place
        The first is all of it.
    """

    name: str
    title: str
    allowed: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class EquilibriumBench:
    """What scenarios of an equilibrium step can be made of.

    Attributes
    ----------
    step, title : str
        Name of the step; its model.
    given : tuple of Given
    known : mapping of str to Scenario
        Scenarios that are there already.
    own : tuple of str
        Those of them that stand in the study.
    digest : str
        Of the study file.
    """

    step: str
    title: str
    given: tuple[Given, ...]
    known: Mapping[str, Scenario]
    own: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class EquilibriumAnswer:
    """What a scenario does: sentences, figures of prices and levels, macroeconomic tables, all variables, gates."""

    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    study: Study
    step: StudyStep
    options: Options
    inputs: StepInputs
    economy: Economy


def bench(folder: Path, step: str) -> EquilibriumBench:
    """Return what scenarios of a step can be made of.

    Raises
    ------
    StudyError
        The study or its data have problems; all are listed.
    NotComputedError
        Steps it takes numbers from have not been computed.
    """
    case = _case(folder, step)
    known = {s.name: s for s in equilibrium.chosen_scenarios(case.options, case.inputs)}
    inside = tuple(str(s["name"]) for s in case.study.scenarios)
    own = tuple(n for n in known if n in inside)
    model = case.options.model
    title = f"{ready(model).title} ({model})" if model in MODELS else model
    return EquilibriumBench(step, title, _given(case.economy), known, own, read_text(folder).digest)


def answer(folder: Path, step: str, draft: Scenario, levels: tuple[str, ...] = ("price", "level")) -> EquilibriumAnswer:
    """Return what a scenario does beside the baseline.

    Raises
    ------
    SpecError, LabelError
        A shock that is refused; nothing was solved.
    StudyError, NotComputedError
        As for :func:`bench`.
    """
    from innospace.economy.general.figures import solved_names
    from innospace.economy.general.presentation import sentences

    case = _case(folder, step)
    _require_few(draft)
    route = "" if case.options.route == "automatic" else case.options.route
    result = equilibrium.solve_scenarios(case.economy, (draft,), route=route)
    if draft.name not in solved_names(result):
        return EquilibriumAnswer(sentences(result, draft.name), (), (), result.checks)
    figures = tuple(result.plot.changes(draft.name, kind) for kind in levels)
    tables = tuple(result.table(name) for name in ("gdp", "price_indices", "welfare", "levels"))
    return EquilibriumAnswer(sentences(result, draft.name), figures, tables, result.checks)


def save(folder: Path, step: str, draft: Scenario, digest: str, *, replace: bool = False) -> Saved:
    """Put a scenario into the study; see :func:`innospace.study.what_if_save.save_scenario`.

    Raises
    ------
    SpecError, LabelError
        A shock that is refused.
    StudyError
        As for saving; or another step that solves every scenario of the study would not know this one.
    """
    case = _case(folder, step)
    _require_few(draft)
    shocked(case.economy, draft)
    others = [
        s.name
        for s in case.study.steps
        if s.engine != ENGINE and engine(s.engine).SCENARIOS and getattr(s.options, "scenarios", ()) is None
    ]
    if others:
        raise StudyError(
            f"Steps solve every scenario of the study, and would not know this one: {offenders(others)}.",
            where=str(case.study.file),
            remedy="List the scenarios of these steps on the page of the model first.",
        )
    shipped = [s.name for s in equilibrium.shipped_scenarios(case.options, case.inputs)]
    taken = (*equilibrium.TAKEN, NAME, *shipped)
    return save_scenario(folder, step, draft, digest, taken=taken, replace=replace)


def _case(folder: Path, name: str) -> _Case:
    study = load_study(folder)
    known = {s.name: s for s in study.steps if s.engine == ENGINE}
    require_known([name], list(known), kind="equilibrium step", where=str(study.file))
    step = known[name]
    stored = upstream_of(study, step)
    missing = [n for n, found in stored.items() if found is None]
    if missing:
        raise NotComputedError(
            f"The step {name!r} takes numbers from {offenders(missing)}, which has not been computed yet.",
            where=str(study.file),
            remedy="Run the study, or compute what is missing.",
        )
    found = inspect(study, [step])
    raise_all(str(study.file), found.problems)
    links = linked_values(study, step, {n: s.result for n, s in stored.items() if s is not None})
    inputs = step_inputs(study, step, found.datasets, links)
    options = step.options
    if not isinstance(options, Options):
        raise StudyError(f"The step {name!r} is no equilibrium.", where=str(study.file))
    return _Case(study, step, options, inputs, compile_spec(equilibrium.spec_of(options, inputs)))


def _require_few(draft: Scenario) -> None:
    if len(draft.shocks) > MOST_SHOCKS:
        raise SpecError(f"The scenario has {len(draft.shocks)} shocks.", allowed=f"up to {MOST_SHOCKS}")


def _given(economy: Economy) -> tuple[Given, ...]:
    parameters = economy.parameters
    found = []
    for family in parameters.families:
        if not family.members:
            continue
        values = parameters.values[parameters.slices[family.name]]
        wheres: list[dict[str, tuple[str, ...]]] = [{}]
        if len(family.members) > 1:
            for k, dim in enumerate(family.dims):
                wheres += [{dim: (x,)} for x in dict.fromkeys(labels[k] for labels in family.members)]
            if len(family.dims) > 1:
                wheres += [{d: (x,) for d, x in zip(family.dims, m, strict=True)} for m in family.members]
        # labels that select the same members are offered once
        places: dict[tuple[bool, ...], Place] = {}
        for where in wheres[:MOST_PLACES]:
            picked = [
                all(labels[k] in where.get(d, (labels[k],)) for k, d in enumerate(family.dims))
                for labels in family.members
            ]
            own = values[np.array(picked)]
            title = ", ".join(f"{d} {x[0]}" for d, x in where.items()) or "all"
            places.setdefault(tuple(picked), Place(where, title, (float(own.min()), float(own.max()))))
        found.append(Given(family.name, family.title, family.range.text, tuple(places.values())))
    return tuple(found)


def told_benchmark(place: Place) -> str:
    """Return the benchmark of a place in words."""
    low, high = place.benchmark
    return significant(low) if low == high else f"{significant(low)} to {significant(high)}"


def sayable(scenario: Scenario) -> bool:
    """Whether a draft can say what a scenario says: every shock one number for all years."""
    return all(not isinstance(s.value, tuple) and not s.years for s in scenario.shocks)


def draft_of(name: str, rows: tuple[Shock, ...], title: str = "", why: str = "") -> Scenario:
    """Return the scenario that rows of shocks stand for; without a title, it says what is changed."""
    words = {"multiply": "times", "add": "plus", "set": "set to"}
    said = "; ".join(
        f"{s.parameter}{f' ({_labels(s)})' if s.where else ''} {words[s.operation]} {s.value:g}" for s in rows
    )
    return Scenario(name, title or said, why, rows)


def _labels(shock: Shock) -> str:
    return ", ".join(x for labels in shock.where.values() for x in labels)


def problem_of(shock: Shock, given: tuple[Given, ...]) -> str:
    """Return what is wrong with one shock in words, before anything is solved; empty when nothing is."""
    family = next((g for g in given if g.name == shock.parameter), None)
    if family is None:
        return f"The model has no {shock.parameter}."
    from innospace.economy.system import Interval

    place = next((p for p in family.places if p.where == shock.where), None)
    if place is None or isinstance(shock.value, tuple):
        return ""
    moved = [_moved(shock.operation, base, shock.value) for base in place.benchmark]
    if all(Interval(family.allowed).holds(np.array(moved))):
        return ""
    return f"That gives {significant(moved[0])}. Allowed: a number in {family.allowed}."


def _moved(operation: str, base: float, value: float) -> float:
    return base * value if operation == "multiply" else base + value if operation == "add" else value
