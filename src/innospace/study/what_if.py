"""Ask an economy step of a study "what if": scenarios made of levers beside those of the study, solved at once.

Numbers are those of the step: its data, options, rules and linked numbers, its model, its scenarios and the function
that solves them. What is made here and saved into the study gives the same numbers when the study is run, to the last
bit. The compiled model and what was solved on it stay in the process, so that the next question takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import MINUS, THIN_SPACE
from innospace.core.provenance import Nature
from innospace.economy import step as economy
from innospace.economy.models.knowledge.levers import Lever, Setting, in_words, settings, shocks
from innospace.economy.scenario import Scenario
from innospace.study.edit import read_text, values_of
from innospace.study.execute import compute_steps
from innospace.study.load import load_study
from innospace.study.what_if_case import ENGINE, Case, case_of, options_of, step_of, upstream_of

if TYPE_CHECKING:
    from innospace.core.checks import Check
    from innospace.core.figure import Figure
    from innospace.core.table import Table
    from innospace.economy.models.knowledge.result import EconomyResult

MOST_SHOWN = 6
"""Scenarios side by side: more lines cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario made of levers, not part of the study as yet."""

    name: str
    settings: tuple[Setting, ...] = ()
    title: str = ""
    why: str = ""

    def scenario(self, levers: tuple[Lever, ...]) -> Scenario:
        """Return the scenario that the settings stand for; without a title, it says what is changed."""
        made = shocks(levers, self.settings)
        said = "; ".join(in_words(levers, self.settings)).replace(THIN_SPACE, " ").replace(MINUS, "-")
        return Scenario(self.name, self.title or said, self.why, made)


@dataclass(frozen=True, slots=True)
class Known:
    """A scenario that is there already.

    Attributes
    ----------
    name, title, why : str
    own : bool
        Of the study, not shipped with the package.
    solved : bool
        Whether the step solves it when the study is run.
    settings : tuple of Setting or None
        What levers would say the same; None when none would, for the ``reason``.
    changes : tuple of str
        What it changes, in words.
    reason : str
    """

    name: str
    title: str
    why: str
    own: bool
    solved: bool
    settings: tuple[Setting, ...] | None
    changes: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """What scenarios of a step can be made of.

    Attributes
    ----------
    study, step : str
        Title of the study, name of the step.
    years : tuple of int
        Base year to last year.
    levers : tuple of Lever
    known : tuple of Known
    indicators : mapping of str to str
        Name to title of the series that can be shown.
    notices : tuple of (nature, text)
        What numbers rest on, besides observation.
    digest : str
        Of the study file.
    """

    study: str
    step: str
    years: tuple[int, ...]
    levers: tuple[Lever, ...]
    known: tuple[Known, ...]
    indicators: Mapping[str, str]
    notices: tuple[tuple[Nature, str], ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Question:
    """Which scenarios, and which series of them.

    Attributes
    ----------
    drafts : tuple of Draft
    shown : tuple of str
        Scenarios that are there already.
    focus : str
        The scenario that sentences speak of.
    indicator : str
    levels : bool
        The series itself instead of its difference from the baseline.
    """

    drafts: tuple[Draft, ...] = ()
    shown: tuple[str, ...] = ()
    focus: str = economy.BASELINE
    indicator: str = "real_grp"
    levels: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A scenario that has no solution in some year: which year and equation, and what to try."""

    scenario: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out.

    Attributes
    ----------
    finding : str
        What the scenario in focus does to the series; empty when it failed.
    sentences : tuple of str
    figure : Figure or None
        None when the scenario in focus failed.
    table : Table
        Key results of the last year; its frame holds full precision.
    checks : tuple of Check
    failures : tuple of Failure
    """

    finding: str
    sentences: tuple[str, ...]
    figure: Figure | None
    table: Table
    checks: tuple[Check, ...]
    failures: tuple[Failure, ...]


def economy_steps(folder: Path) -> tuple[str, ...]:
    """Return the steps of a study that scenarios can be made for; a study that was just begun has none."""
    steps = values_of(read_text(folder).text).get("step", {})
    named = steps.items() if isinstance(steps, Mapping) else ()
    return tuple(name for name, values in named if isinstance(values, Mapping) and values.get("engine") == ENGINE)


def missing_steps(folder: Path, step: str) -> tuple[str, ...]:
    """Return the steps whose numbers an economy step takes over and that have not been computed."""
    study = load_study(folder)
    return tuple(name for name, stored in upstream_of(study, step_of(study, step)).items() if stored is None)


def compute_missing(folder: Path, step: str) -> None:
    """Compute the steps whose numbers an economy step takes over, and keep them in the store of the study."""
    study = load_study(folder)
    compute_steps(study, step_of(study, step).needs)


def bench(folder: Path, step: str) -> Bench:
    """Return what scenarios of a step can be made of.

    Raises
    ------
    StudyError
        The study or its data have problems; all are listed.
    NotComputedError
        Steps it takes numbers from have not been computed.
    """
    from innospace.economy.models.knowledge.indicators import INDICATORS

    case = case_of(folder, step)
    return Bench(
        case.study.title,
        step,
        case.explorer.model.years,
        case.explorer.levers,
        _known(case),
        {name: i.title for name, i in INDICATORS.items()},
        _notices(case),
        read_text(folder).digest,
    )


def answer(folder: Path, step: str, question: Question) -> Answer:
    """Return what scenarios do.

    Raises
    ------
    SpecError, LabelError
        A lever or shock that is refused; nothing was solved.
    StudyError, NotComputedError
        As for :func:`bench`.
    """
    from innospace.economy.models.knowledge import indicators

    result = _solved(case_of(folder, step), question)
    failures = _failures(result)
    # everything is held against the baseline; without it nothing is
    failed = {f.scenario for f in failures} & {question.focus, result.baseline}
    return Answer(
        "" if failed else indicators.finding(result, question.indicator, question.focus),
        () if failed else indicators.sentences(result, question.focus),
        None if failed else indicators.figure(result, question.indicator, question.focus, levels=question.levels),
        indicators.table(result),
        result.checks,
        failures,
    )


def draft_scenario(folder: Path, step: str, draft: Draft) -> Scenario:
    """Return the scenario that a draft stands for.

    Raises
    ------
    SpecError, LabelError
        A lever that is not there, or a value that is refused; an economy that would not take it.
    """
    explorer = case_of(folder, step).explorer
    scenario = draft.scenario(explorer.levers)
    explorer.model.paths(scenario)
    return scenario


def _solved(case: Case, question: Question) -> EconomyResult:
    drafts = [d.scenario(case.explorer.levers) for d in question.drafts]
    there = _every(case)
    require_known(question.shown, list(there), kind="scenario")
    # drafts come last, so that the colours of the others stay when one is made
    chosen = [*(there[name] for name in question.shown), *drafts]
    doubled = {d.name for d in drafts} & {economy.BASELINE, *there}
    if doubled:
        raise SpecError(f"A scenario is already called {offenders(sorted(doubled))}.", remedy="Choose another name.")
    if len(chosen) > MOST_SHOWN:
        raise SpecError(
            f"{len(chosen)} scenarios cannot be told apart in one chart.",
            allowed=f"up to {MOST_SHOWN}",
            remedy="Take some of them out.",
        )
    return case.explorer.result(chosen)


def _failures(result: EconomyResult) -> tuple[Failure, ...]:
    from innospace.economy.models.knowledge.gates import failure_text

    found = []
    for name, path in result.paths.items():
        if path.failure is not None:
            what, remedy = failure_text(result.model, path)
            part = result.feasible.get(name)
            told = "" if part is None else f" {100 * part:.0f} % of its changes have a solution in every year."
            found.append(Failure(name, what + told, remedy))
    return tuple(found)


def _every(case: Case) -> dict[str, Scenario]:
    """Return every scenario that is there by name, those at the ends of linked intervals among them."""
    return {s.name: s for found in economy.known_scenarios(case.inputs).values() for s in found}


def _known(case: Case) -> tuple[Known, ...]:
    own = {s.name for given in case.inputs.scenarios for s in economy.known_scenarios(case.inputs)[str(given["name"])]}
    solved = {s.name for s in economy.chosen_scenarios(options_of(case.step), case.inputs)}
    levers, found = case.explorer.levers, []
    for scenario in _every(case).values():
        head = (scenario.name, scenario.title or scenario.name, scenario.why, scenario.name in own)
        try:
            same = settings(levers, scenario)
            found.append(Known(*head, scenario.name in solved, same, tuple(in_words(levers, same))))
        except SpecError as error:
            changes = tuple(_shock_words(s) for s in scenario.to_dict()["shock"])
            found.append(Known(*head, scenario.name in solved, None, changes, error.what))
    return tuple(found)


def _shock_words(shock: Mapping[str, Any]) -> str:
    value = shock["value"]
    told = f"{value[0]:g} to {value[-1]:g}, a value a year" if isinstance(value, list) else f"{value:g}"
    where = "; ".join(f"{dim} {', '.join(labels)}" for dim, labels in shock["where"].items())
    years = f", {shock['years'][0]} to {shock['years'][1]}" if shock["years"] else ""
    return f"{shock['parameter']}{f' ({where})' if where else ''}: {shock['op']} {told}{years}"


def _notices(case: Case) -> tuple[tuple[Nature, str], ...]:
    """Return what the numbers rest on that was not observed, once each."""
    found = [
        (s.nature, f"the matrix and figures of the base year ({s.name})")
        for s in dict.fromkeys((case.explorer.model.sam.source, *(t.source for t in case.inputs.tables.values())))
        if s.nature is not Nature.OBSERVED
    ]
    found += [
        (s.nature, f"what it takes over from {', '.join(case.step.needs)} ({s.name})")
        for s in dict.fromkeys(case.upstream)
        if s.nature is not Nature.OBSERVED
    ]
    return tuple(dict.fromkeys(found))
