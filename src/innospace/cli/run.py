"""``innospace run``: compute what is missing, store it, write the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import (
    DEFAULT_FORMATS,
    Formats,
    Json,
    Kind,
    Out,
    Quiet,
    RegionNames,
    StudyPath,
    known_kind,
    known_language,
    split_formats,
)
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import checks_text, findings_text, progress_bar

if TYPE_CHECKING:
    from innospace.core.document import Document
    from innospace.study.execute import RunResult
    from innospace.study.store import StoredRun


def run(
    study: StudyPath,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again whatever is stored.")] = False,
    out: Out = None,
    formats: Formats = DEFAULT_FORMATS,
    kind: Kind = "full",
    region_names: RegionNames = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Run a study and write its report.

    Equal input is not computed twice, and an interrupted run goes on where it stopped.
    """
    from innospace.study.produce import produce

    chosen, kind, language = split_formats(formats), known_kind(kind), known_language(region_names)
    with progress_bar(quiet) as progress:
        made = produce(study, chosen, out=out, kind=kind, region_names=language, fresh=fresh, progress=progress)
    found, document, written = made.found, made.document, made.written
    state = "Already computed; nothing was estimated again." if found.already_computed else _reused(found)
    text = "\n\n".join(
        [findings_text(document.findings), checks_text(document.checks), paths_text(written, found.folder, state)]
    )
    payload = stored_payload(found.stored, document, written) | {
        "already_computed": found.already_computed,
        "reused_steps": list(found.reused),
        "folder": str(found.folder),
    }
    return Outcome(payload, text, stored_code(found.stored, document), found.warnings)


def _reused(found: RunResult) -> str:
    return f"Already computed before: {', '.join(found.reused)}." if found.reused else ""


def stored_code(stored: StoredRun, document: Document) -> int:
    """Return the exit code of a run."""
    return code_of((s.result.status for s in stored.steps), document.checks)


def paths_text(written: list[Path], folder: Path, state: str = "") -> str:
    """Return where the report and the run stand."""
    pages = [p for p in written if p.suffix in (".html", ".pdf")]
    others = len(written) - len(pages)
    lines = [state] if state else []
    lines += [f"Report: {p}" for p in pages]
    if others:
        folders = sorted({str(p.parent) for p in written if p not in pages})
        lines.append(f"Report: {others} files in {', '.join(folders)}")
    return "\n".join([*lines, f"Run:    {folder}"])


def stored_payload(stored: StoredRun, document: Document, written: list[Path]) -> dict[str, Any]:
    """Return a run as plain types."""
    return {
        "run": stored.run_id,
        "title": stored.title,
        "version": stored.version,
        "created": stored.created,
        "steps": {
            s.name: {"engine": s.engine, "hash": s.sha256, "status": str(s.result.status.code)}
            | {"result": s.result.to_dict()}
            for s in stored.steps
        },
        "findings": list(document.findings),
        "checks": [c.to_dict() for c in document.checks],
        "report": [str(p) for p in written],
    }
