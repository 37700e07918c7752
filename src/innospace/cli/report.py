"""``innospace report``: set a stored run again; nothing is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from innospace.cli.outcome import Outcome
from innospace.cli.run import paths_text, stored_code, stored_payload
from innospace.cli.show import checks_text, progress_bar

if TYPE_CHECKING:
    from innospace.study.store import Store, StoredRun


def report(
    study: StudyPath,
    run: Annotated[
        str, typer.Option("--run", metavar="HASH", help="Beginning of the hash of a run; the present one if not given.")
    ] = "",
    out: Out = None,
    formats: Formats = DEFAULT_FORMATS,
    kind: Kind = "full",
    package: Annotated[
        Path | None, typer.Option("--package", metavar="FILE.zip", help="Pack all that computes the run again.")
    ] = None,
    region_names: RegionNames = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Write the report of a stored run again.

    Nothing is computed: every number is read from the store. With --package the study, its data, the stored numbers
    and the versions are packed in one file that computes the run again elsewhere.
    """
    from innospace.report import write_report
    from innospace.study.composition import compose
    from innospace.study.folders import require_writable
    from innospace.study.load import study_file
    from innospace.study.produce import REPORT
    from innospace.study.store import Store

    chosen, kind, language = split_formats(formats), known_kind(kind), known_language(region_names)
    folder = study_file(study).parent
    store = Store(folder)
    run_id, warnings = (store.find(run), ()) if run else _present(store, study)
    target = out if out is not None else folder / REPORT
    require_writable(target)
    with progress_bar(quiet) as progress:
        progress("Reading the run", 0.0)
        stored = store.read_run(run_id)
        if package is not None:
            _pack(stored, folder, package)
        document = compose(stored, folder, kind=kind, region_names=language)
        progress("Writing the report", 0.2)
        written = write_report(document, target, chosen, kind=kind)
    text = "\n".join([checks_text(document.checks), "", paths_text(written, store.path(run_id))])
    text += f"\nPacked: {package}" if package is not None else ""
    payload = stored_payload(stored, document, written) | {"package": str(package) if package is not None else ""}
    return Outcome(payload, text, stored_code(stored, document), (*warnings, *_told(stored)))


def _pack(stored: StoredRun, folder: Path, package: Path) -> None:
    from innospace.cli.files import new_file
    from innospace.study.package import replication_package

    with new_file(package) as aside:
        aside.write_bytes(replication_package(stored, folder))


def _present(store: Store, study: Path) -> tuple[str, tuple[str, ...]]:
    """Return the run of the study as it is now; failing that the newest, with a warning."""
    from innospace.core.errors import InnospaceError
    from innospace.study.load import load_study
    from innospace.study.plan import make_plan

    known = store.run_ids()
    try:
        wanted = make_plan(load_study(study)).run_id
    except InnospaceError:
        wanted = ""
    if store.has_run(wanted) and wanted:
        return wanted, ()
    if not known:
        return store.find(wanted), ()
    return known[-1], ("The study, its data or innospace changed since the newest stored run, which is shown.",)


def _told(stored: StoredRun) -> tuple[str, ...]:
    return tuple(w for s in stored.steps for w in s.warnings)
