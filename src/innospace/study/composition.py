"""Put the results of a run together as one report."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from innospace.core.checks import Check
from innospace.core.document import Document, Notice, Section
from innospace.core.provenance import Nature, Provenance, Source
from innospace.core.result import Result
from innospace.report.brief import MOST_FINDINGS
from innospace.report.write import FULL, REPLICATION
from innospace.study.load import FILE_NAME
from innospace.study.region_names import in_language, language_of
from innospace.study.store import SHOWN, StoredRun


def compose(run: StoredRun, folder: Path, *, kind: str = FULL, region_names: str | None = None) -> Document:
    """Return the report of a run as data.

    Parameters
    ----------
    run : StoredRun
    folder : Path
        Folder of the study, for the commands that reproduce the report.
    kind : str
        Kind of report that will be written, for the same commands; one for replication has sections of its own.
    region_names : str, optional
        Language of the names of regions, see :func:`innospace.study.region_names.in_language`; as the study says when
        not given.

    Returns
    -------
    Document
        Sections in the order of the steps, findings of the last step first; names of checks, anchors and options
        begin with the step.
    """
    steps = ", ".join(s.name for s in run.steps)
    subtitle = f"{'Steps' if len(run.steps) > 1 else 'Step'}: {steps}. Run {run.run_id[:SHOWN]}."
    provenance = _provenance(run)
    sections = _sections(run)
    sections += _sources(provenance.sources, sections)
    if kind == REPLICATION:
        from innospace.study import replication

        sections += replication.sections(run, folder, shlex.quote(_shown(folder)))
    options = [f"--kind {kind}"] if kind != FULL else []
    said = language_of(folder / FILE_NAME)
    language = said if region_names is None else region_names
    options += [f"--region-names {language}"] if language != said else []
    shown, run_id = shlex.quote(_shown(folder)), run.run_id[:SHOWN]
    command = " ".join([f"innospace run {shown}", *options])
    again = " ".join([f"innospace report {shown} --run {run_id}", *options])
    document = Document(run.title, subtitle, findings(run), checks(run), sections, provenance, command)
    data = {s.name: s.result.to_frame() for s in run.steps}
    document = replace(document, run_id=run_id, data=data, highlights=highlights(run), again=again)
    return in_language(document, language)


def document_of(result: Result, title: str, command: str) -> Document:
    """Return the report of one result that belongs to no study.

    Parameters
    ----------
    result : Result
    title : str
    command : str
        What reproduces it.
    """
    document = Document(title, "", result.findings(), result.checks, result.sections(), result.provenance, command)
    return replace(document, data={"result": result.to_frame()})


def findings(run: StoredRun) -> tuple[str, ...]:
    """Return the findings of every step: those of the last step first, since earlier ones lead up to it."""
    return tuple(f for s in reversed(run.steps) for f in s.result.findings())


def highlights(run: StoredRun) -> tuple[str, ...]:
    """Return at most six findings: of every earlier step its first one, the rest of the last step."""
    *earlier, last = (s.result.findings() for s in run.steps)
    first = [f[0] for f in reversed(earlier) if f][: MOST_FINDINGS - 1]
    return (*last[: MOST_FINDINGS - len(first)], *first)


def checks(run: StoredRun) -> tuple[Check, ...]:
    """Return the checks of every step; names begin with the step."""
    return tuple(replace(c, name=f"{s.name}.{c.name}") for s in run.steps for c in s.result.checks)


def _sections(run: StoredRun) -> tuple[Section, ...]:
    """Return the sections of every step; with several steps, anchors and titles begin with the step."""
    if len(run.steps) == 1:
        return tuple(replace(part, step=run.steps[0].name) for part in run.steps[0].result.sections())
    return tuple(
        replace(
            part, anchor=f"{s.name}-{part.anchor}", title=f"{s.name[:1].upper()}{s.name[1:]}: {part.title}", step=s.name
        )
        for s in run.steps
        for part in s.result.sections()
    )


def _provenance(run: StoredRun) -> Provenance:
    """Return one provenance: every source once, options by step."""
    parts = {s.name: s.result.provenance for s in run.steps}
    sources = {(x.name, x.sha256): x for p in parts.values() for x in p.sources}
    if len(parts) == 1:
        options = dict(next(iter(parts.values())).options)
    else:
        options = {f"{name}.{key}": value for name, p in parts.items() for key, value in p.options.items()}
    software = {name: text for p in parts.values() for name, text in p.software.items()}
    return Provenance(run.version, tuple(sources.values()), options, run.seed, run.created, software)


def _sources(sources: tuple[Source, ...], sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Return a section that flags sources which were not observed, unless a step's own sections do so."""
    flagged = [(b.nature, b.text) for s in sections for b in s.blocks if isinstance(b, Notice)]
    silent = [
        s
        for s in sources
        if s.nature is not Nature.OBSERVED and not any(n is s.nature and s.name in text for n, text in flagged)
    ]
    if not silent:
        return ()
    notices = tuple(Notice(f"{s.name}: {s.note or s.origin or s.nature}", s.nature) for s in silent)
    return (Section("sources", "Where the data come from", notices),)


def _shown(folder: Path) -> str:
    """Return a folder as a reader elsewhere would name it: a page that is passed on names no home directory."""
    relative = os.path.relpath(folder) if _same_drive(folder) else folder.resolve().name
    return folder.resolve().name if relative.startswith("..") else Path(relative).as_posix()


def _same_drive(folder: Path) -> bool:
    return folder.resolve().drive == Path.cwd().drive
