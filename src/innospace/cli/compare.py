"""``innospace compare``: two runs side by side, scenarios of one run, or one scenario shock by shock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import Json, Quiet, RegionNames, StudyPath, known_language
from innospace.cli.outcome import Exit, Outcome, code_of
from innospace.cli.show import aligned, checks_text, findings_text, progress_bar, wrapped
from innospace.core.numbers import fixed, significant

if TYPE_CHECKING:
    from innospace.core.table import Table
    from innospace.study.compare import Comparison
    from innospace.study.store import StoredRun

SHOWN = 20
WIDEST = 46
WIDEST_NUMBER = 56
"""The same beside two numbers and a percentage."""
SERIES = 52
ACROSS = 3
"""Scenarios beside each other in a terminal; more stand below."""
NARROW = 13


def compare(
    study: StudyPath,
    other: Annotated[
        Path | None, typer.Argument(metavar="[OTHER]", help="Another study; its newest run is compared.")
    ] = None,
    run: Annotated[str, typer.Option("--run", metavar="HASH", help="Run of STUDY; the newest if not given.")] = "",
    with_run: Annotated[
        str, typer.Option("--with", metavar="HASH", help="Run to compare with, of STUDY or of OTHER.")
    ] = "",
    scenarios: Annotated[
        str, typer.Option("--scenarios", metavar="NAMES", help="Scenarios of one run beside each other: a,b,c or all.")
    ] = "",
    decompose: Annotated[
        str, typer.Option("--decompose", metavar="SCENARIO", help="Effect of a scenario, shock by shock.")
    ] = "",
    step: Annotated[str, typer.Option("--step", help="Step of the scenarios; the last with some if not given.")] = "",
    year: Annotated[int, typer.Option("--year", help="Year of scenarios that is shown; the last if not given.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write every number: .csv, or .xlsx with all tables.")
    ] = None,
    region_names: RegionNames = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Set two stored runs side by side, scenarios of one run, or a scenario shock by shock.

    Every number that both runs hold is compared, label by label; estimates stand with their errors, and what the runs
    were made with is told. With --scenarios levels and differences from the baseline stand side by side. With
    --decompose the effect of a scenario is taken apart: in the order of its shocks, and free of order (Shapley).
    Names of regions in text and files are in the language of --region-names; JSON keeps English ones.
    """
    from innospace.core.errors import StudyError
    from innospace.study.load import study_file
    from innospace.study.region_names import language_of, table_in, text_in

    language = known_language(region_names) or language_of(study_file(study))
    if other is None and not (with_run or scenarios or decompose):
        raise StudyError(
            "There is nothing to compare with.",
            where="innospace compare",
            allowed="another study, --with HASH, --scenarios NAMES, or --decompose SCENARIO",
            remedy="Name a second study: innospace compare STUDY OTHER",
        )
    if (scenarios or decompose) and (other is not None or with_run):
        raise StudyError(
            "Scenarios are those of one run.",
            where="innospace compare",
            allowed="--scenarios and --decompose with STUDY and --run; another study or --with without them",
            remedy="Ask for one after the other.",
        )
    if scenarios or decompose:
        shown = _scenarios(_stored(study, run), scenarios, decompose, step, year, language, quiet)
    else:
        shown = _runs(_stored(study, run), _stored(other or study, with_run), language)
    outcome, tables = shown
    if out is not None:
        _write(out, [table_in(t, language) for t in tables])
    return replace(outcome, text=text_in(outcome.text, language))


def _runs(a: StoredRun, b: StoredRun, language: str) -> tuple[Outcome, Sequence[Table]]:
    from innospace.study.compare import compare_runs

    found = compare_runs(a, b)
    return Outcome({**found.to_dict(), "a": a.run_id, "b": b.run_id}, _text(found, language)), found.tables()


def _scenarios(
    stored: StoredRun, names: str, decompose: str, step: str, year: int, language: str, quiet: bool
) -> tuple[Outcome, Sequence[Table]]:
    """Set scenarios beside each other, take one apart, or both."""
    from innospace.study.compare_scenarios import EVERY, compare_scenarios, decompose_scenario
    from innospace.study.region_names import table_in

    payload: dict[str, Any] = {"run": stored.run_id}
    texts: list[str] = []
    found, part, code = None, None, Exit.OK
    if names:
        asked = () if names == EVERY else tuple(dict.fromkeys(n.strip() for n in names.split(",") if n.strip()))
        found = compare_scenarios(stored, asked, step=step, year=year)
        payload |= found.to_dict()
        texts += [
            findings_text(found.findings()),
            *(_beside(table_in(t, language)) for t in (found.levels(), found.changes())),
        ]
    if decompose:
        with progress_bar(quiet) as progress:
            part = decompose_scenario(stored, decompose, step=step, progress=progress)
        payload |= {"decomposition": part.to_dict()}
        texts += [findings_text(part.findings()), checks_text(part.checks)]
        code = code_of([part.status], part.checks)
    tables = found.tables(part) if found else (part.table(),) if part else ()
    return Outcome(payload, "\n\n".join(filter(None, texts)), code), tables


def _write(out: Path, tables: Sequence[Table]) -> None:
    """Write the numbers of tables to a file of the kind that its ending names."""
    from innospace.cli.files import new_file
    from innospace.core.labels import require_known
    from innospace.report.tables.files import FILE_KINDS, tables_file

    ending = out.suffix.removeprefix(".").lower()
    require_known([ending], FILE_KINDS, kind="ending", where=f"--out {out}")
    with new_file(out) as aside:
        aside.write_bytes(tables_file(tables, ending))


def _beside(table: Table) -> str:
    """Return a table of scenarios as text, a few columns at a time."""
    shown = table.display()
    first, unit, *rest = table.columns
    blocks = []
    for start in range(0, len(rest), ACROSS):
        own = rest[start : start + ACROSS]
        rows = [
            (_short(f"{row[first.key]}, {row[unit.key]}", SERIES), *(str(row[c.key]) for c in own))
            for row in shown.to_dict("records")
        ]
        blocks.append(aligned(rows, (table.title, *(c.heading[:NARROW] for c in own))))
    return "\n\n".join(blocks)


def _stored(study: Path, run: str) -> StoredRun:
    from innospace.core.errors import StoreError
    from innospace.study.load import study_file
    from innospace.study.store import Store

    store = Store(study_file(study).parent)
    known = store.run_ids()
    if not known:
        raise StoreError("The study has no stored run.", where=str(study), remedy=f"Run it: innospace run {study}")
    return store.read_run(store.find(run) if run else known[-1])


def _text(found: Comparison, language: str) -> str:
    from innospace.study.region_names import text_in

    differing = found.differing
    parts = [found.finding()]
    if found.facts:
        parts.append("\n".join(["Made with:", *(wrapped(f"{n}: {a} -> {b}", "    ", "  ") for n, a, b in found.facts)]))
    estimates = found.differing_estimates
    if len(estimates):
        rows = [
            (
                _short(text_in(f"{r['step']}: {r['name']}", language)),
                *(_with_error(r[f"{key}_estimate"], r[f"{key}_std_error"]) for key in ("a", "b")),
                fixed(float(r["errors_apart"]), 2),
            )
            for r in estimates.head(SHOWN).to_dict("records")
        ]
        parts.append(aligned(rows, ("Estimates (errors)", "A", "B", "B-A in errors of A")))
    if len(differing):
        rows = [
            (
                _short(text_in(f"{r['step']}.{r['quantity']}: {r['labels']}", language), WIDEST_NUMBER),
                significant(float(r["a"]), 5),
                significant(float(r["b"]), 5),
                fixed(float(r["percent"]), 2) if abs(float(r["percent"])) < 1e6 else "-",
            )
            for r in differing.head(SHOWN).to_dict("records")
        ]
        parts.append(aligned(rows, ("Largest differences", "A", "B", "%")))
    return "\n\n".join(parts)


def _with_error(estimate: float, error: float) -> str:
    shown = significant(float(estimate), 4)
    return shown if math.isnan(error) else f"{shown} ({significant(float(error), 3)})"


def _short(text: str, widest: int = WIDEST) -> str:
    return text if len(text) <= widest else text[: widest - 1] + "…"
