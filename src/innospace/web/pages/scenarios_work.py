"""What the scenario page asks worker processes for: numbers first, the drawing after them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from innospace.core.checks import Check
from innospace.core.errors import InnospaceError, LabelError
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
from innospace.study.what_if_save import save_scenario, scenario_text, study_text


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
    bench: Bench | None = None
    missing: tuple[str, ...] = ()


def opened(folder: Path, step: str) -> Opened:
    """Return what scenarios of a study can be made of; the first economy step when none is named."""
    steps = economy_steps(folder)
    if not steps:
        return Opened(())
    chosen = step or steps[0]
    if chosen not in steps:
        raise LabelError(f"There is no economy step {chosen!r}.", allowed=", ".join(steps), remedy="Use one of these.")
    try:
        return Opened(steps, chosen, bench(folder, chosen))
    except NotComputedError:
        return Opened(steps, chosen, missing=missing_steps(folder, chosen))


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
