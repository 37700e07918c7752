"""What worker processes compare for pages and downloads: two runs, scenarios of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from innospace.core.checks import Check
from innospace.core.errors import SpecError
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.models.knowledge.wording import label
from innospace.report.fragments import File
from innospace.report.tables.files import FILE_KINDS, tables_file
from innospace.study.compare import Comparison, compare_runs
from innospace.study.compare_scenarios import (
    BESIDE,
    ScenarioComparison,
    compare_scenarios,
    decompose_scenario,
    setter,
)
from innospace.study.store import SHOWN
from innospace.study.what_if import MOST_SHOWN
from innospace.web.drawing import RunRef, figure_html, opened, table_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from innospace.economy.models.knowledge.decomposition import Decomposition
    from innospace.economy.scenario import Scenario
    from innospace.study.store import StoredStep

MOST_ROWS = 200
"""Rows of numbers on the page; files hold all."""


@dataclass(frozen=True, slots=True)
class Step:
    """What can be compared within a step: scenarios (name and title), those that can be taken apart, years.

    ``drawn`` says whether its series have charts.
    """

    name: str
    scenarios: tuple[tuple[str, str], ...]
    shocked: tuple[str, ...]
    years: tuple[int, ...]
    drawn: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Scenarios of a run that are compared, in the order of the run."""

    ref: RunRef
    step: str
    names: tuple[str, ...]
    year: int = 0
    decompose: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Scenarios beside each other; tables are HTML."""

    findings: tuple[str, ...]
    levels: str
    changes: str
    command: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A scenario shock by shock; the table is HTML."""

    findings: tuple[str, ...]
    table: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs; tables are HTML, empty where there is nothing to show; figures by number."""

    finding: str
    facts: tuple[tuple[str, str, str], ...]
    estimates: str
    numbers: str
    differing: int
    figures: int
    command: str


def steps(ref: RunRef) -> tuple[Step, ...]:
    """Return the steps of a run whose scenarios can be compared; a run without one has nothing within itself."""
    return tuple(_step(s) for s in opened(ref).run.steps if s.engine in BESIDE and setter(s.engine).scenarios(s.result))


def _step(stored: StoredStep) -> Step:
    beside, result = setter(stored.engine), stored.result
    names, years = beside.scenarios(result), beside.years(result)
    if not isinstance(result, EconomyResult):
        known: Mapping[str, Scenario] = getattr(result, "scenarios", {})
        return Step(stored.name, tuple((n, known[n].title) for n in names), (), years, drawn=False)
    paths = {n: result.paths[n] for n in names}
    titles = tuple((n, p.scenario.title or label(n)) for n, p in paths.items())
    apart = tuple(n for n, p in paths.items() if p.scenario.shocks and p.failure is None)
    return Step(stored.name, titles, apart, years, drawn=True)


def beside(asked: Asked) -> Beside:
    """Return scenarios beside each other."""
    found = _beside(asked)
    levels, changes = (table_html(t, files=_files(asked)) for t in (found.levels(), found.changes()))
    return Beside(found.findings(), levels, changes, command(asked))


def series(asked: Asked, name: str, levels: bool) -> str:
    """Return the chart of a series as HTML.

    Raises
    ------
    SpecError
        More scenarios than can be told apart.
    """
    if len(asked.names) > MOST_SHOWN:
        raise SpecError(
            f"{len(asked.names)} scenarios cannot be told apart in one chart.",
            allowed=f"up to {MOST_SHOWN}",
            remedy="Take some of them out.",
        )
    return figure_html(_beside(asked).figure(name, levels=levels))


def indicators() -> dict[str, str]:
    """Return the series that can be drawn: name to title."""
    from innospace.economy.models.knowledge.indicators import INDICATORS

    return {name: i.title for name, i in INDICATORS.items()}


def parts(asked: Asked) -> Parts:
    """Return the effect of a scenario shock by shock."""
    found = _parts(asked.ref, asked.step, asked.decompose)
    return Parts(found.findings(), table_html(found.table(), files=_files(asked)), found.checks)


def scenario_file(asked: Asked, kind: str) -> bytes:
    """Return what ``innospace compare --scenarios --out`` writes."""
    part = _parts(asked.ref, asked.step, asked.decompose) if asked.decompose else None
    return tables_file(_beside(asked).tables(part), kind)


def command(asked: Asked) -> str:
    """Return the command that gives the same numbers."""
    import shlex

    options = ["--scenarios", shlex.quote(",".join(asked.names))]
    options += ["--step", asked.step] if len(steps(asked.ref)) > 1 else []
    options += ["--year", str(asked.year)] if asked.year else []
    options += ["--decompose", shlex.quote(asked.decompose)] if asked.decompose else []
    return " ".join([f"innospace compare {_place(asked.ref)} --run {asked.ref.run_id[:SHOWN]}", *options])


def pair(a: RunRef, b: RunRef) -> Pair:
    """Return two runs side by side."""
    found = _pair(a, b)
    numbers, differing = found.tables()[0], found.differing
    rows = differing.drop(columns="relative").head(MOST_ROWS)
    # labels that a number lacks are left out for reading; in files they keep their place
    rows["labels"] = rows["labels"].str.replace(r"(, )+", ", ", regex=True)
    shown = replace(numbers, title="Numbers that differ", frame=rows)
    files = _pair_files(a, b)
    estimates = found.estimates_table(differing=True)
    return Pair(
        found.finding(),
        found.facts,
        table_html(estimates, files=files) if len(estimates.frame) else "",
        table_html(shown, files=files) if len(differing) else "",
        len(differing),
        len(found.figures()),
        _pair_command(a, b),
    )


def pair_figure(a: RunRef, b: RunRef, number: int) -> str:
    """Return a chart of estimates of two runs as HTML."""
    return figure_html(_pair(a, b).figures()[number])


def pair_file(a: RunRef, b: RunRef, kind: str) -> bytes:
    """Return what ``innospace compare --out`` writes."""
    return tables_file(_pair(a, b).tables(), kind)


def _pair_command(a: RunRef, b: RunRef) -> str:
    other = "" if a.folder == b.folder else f" {_place(b)}"
    return f"innospace compare {_place(a)}{other} --run {a.run_id[:SHOWN]} --with {b.run_id[:SHOWN]}"


def _place(ref: RunRef) -> str:
    """Return the study as a command names it."""
    return opened(ref).document.command.removeprefix("innospace run ")


def _files(asked: Asked) -> tuple[File, ...]:
    query = {"run": asked.ref.run_id[:SHOWN], "step": asked.step, "scenarios": ",".join(asked.names)}
    query |= {"year": str(asked.year)} if asked.year else {}
    query |= {"decompose": asked.decompose} if asked.decompose else {}
    return _links(asked.ref, "scenarios", query)


def _pair_files(a: RunRef, b: RunRef) -> tuple[File, ...]:
    query = {"run": a.run_id[:SHOWN], "with": b.run_id[:SHOWN], "other": b.study}
    return _links(a, "runs", query)


def _links(ref: RunRef, name: str, query: dict[str, str]) -> tuple[File, ...]:
    return tuple(File(k.upper(), f"{ref.study_files}/compare/{name}.{k}?{urlencode(query)}") for k in FILE_KINDS)


@lru_cache(maxsize=8)
def _beside(asked: Asked) -> ScenarioComparison:
    return compare_scenarios(opened(asked.ref).run, asked.names, step=asked.step, year=asked.year)


@lru_cache(maxsize=16)
def _parts(ref: RunRef, step: str, name: str) -> Decomposition:
    return decompose_scenario(opened(ref).run, name, step=step)


@lru_cache(maxsize=4)
def _pair(a: RunRef, b: RunRef) -> Comparison:
    return compare_runs(opened(a).run, opened(b).run)
