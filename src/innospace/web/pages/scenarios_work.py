"""What the scenario page asks worker processes for: numbers first, the drawing after them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from innospace.core.checks import Check
from innospace.core.errors import InnospaceError, LabelError
from innospace.economy.scenario import Scenario
from innospace.study import what_if_equilibrium
from innospace.study.what_if import (
    Bench,
    Draft,
    Failure,
    Question,
    answer,
    bench,
    draft_scenario,
    economy_steps,
    missing_steps,
)
from innospace.study.what_if_case import NotComputedError
from innospace.study.what_if_equilibrium import EquilibriumBench
from innospace.study.what_if_save import save_scenario, scenario_text, study_text
from innospace.web.pages.data_work import equilibrium_steps


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer ready to be shown; ``table`` is HTML."""

    finding: str
    sentences: tuple[str, ...]
    table: str
    checks: tuple[Check, ...]
    failures: tuple[Failure, ...]
    drawable: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page begins with: the bench, or the reason why there is none."""

    steps: tuple[str, ...]
    step: str = ""
    bench: Bench | EquilibriumBench | None = None
    missing: tuple[str, ...] = ()


def opened(folder: Path, step: str) -> Opened:
    """Return what scenarios of a study can be made of; its first step with scenarios when none is named."""
    general = equilibrium_steps(folder)
    steps = (*economy_steps(folder), *general)
    if not steps:
        return Opened(())
    chosen = step or steps[0]
    if chosen not in steps:
        raise LabelError(f"There is no step {chosen!r} with scenarios.", allowed=", ".join(steps), remedy="Use one.")
    try:
        found = what_if_equilibrium.bench(folder, chosen) if chosen in general else bench(folder, chosen)
        return Opened(steps, chosen, found)
    except NotComputedError:
        return Opened(steps, chosen, missing=missing_steps(folder, chosen))


@dataclass(frozen=True, slots=True)
class ShownEquilibrium:
    """What a scenario of an equilibrium step does, ready to be shown; figures and tables are HTML."""

    sentences: tuple[str, ...]
    figures: tuple[str, ...]
    tables: tuple[str, ...]
    checks: tuple[Check, ...]


def solved(folder: Path, step: str, draft: Scenario) -> ShownEquilibrium:
    """Solve a scenario of an equilibrium step."""
    from innospace.web.drawing import figure_html, table_html

    found = what_if_equilibrium.answer(folder, step, draft)
    figures = tuple(figure_html(f) for f in found.figures)
    return ShownEquilibrium(found.sentences, figures, tuple(map(table_html, found.tables)), found.checks)


def numbers(folder: Path, step: str, question: Question) -> Shown:
    """Return what scenarios do, without the drawing."""
    from innospace.web.drawing import table_html

    found = answer(folder, step, question)
    return Shown(
        found.finding,
        found.sentences,
        table_html(found.table),
        found.checks,
        found.failures,
        found.figure is not None and len(found.figure.data) > 0,
    )


def drawing(folder: Path, step: str, question: Question) -> str:
    """Return the figure of an answer as HTML."""
    from innospace.web.drawing import figure_html

    figure = answer(folder, step, question).figure
    if figure is None:
        raise InnospaceError("There is nothing to draw.")
    return figure_html(figure)


def save(folder: Path, step: str, draft: Draft, digest: str, replace: bool) -> Bench:
    """Save a draft and return the study as it is then."""
    save_scenario(folder, step, draft_scenario(folder, step, draft), digest, replace=replace)
    return bench(folder, step)


def as_file(folder: Path, step: str, draft: Draft) -> str:
    """Return a draft as the text of a scenario file."""
    return scenario_text(draft_scenario(folder, step, draft))


def as_study(folder: Path, step: str, drafts: tuple[Draft, ...], shown: tuple[str, ...]) -> str:
    """Return a study file that solves what is shown."""
    return study_text(folder, step, [draft_scenario(folder, step, d) for d in drafts], shown)
