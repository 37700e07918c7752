"""Run a study and write its report: what the command line and the web app both do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.progress import Progress, part, silent
from innospace.report.write import FULL
from innospace.study.execute import RunResult, run
from innospace.study.load import Study, load_study

if TYPE_CHECKING:
    from innospace.core.document import Document

REPORT = "report"
"""Folder of a study that holds its report."""
RUNNING = 0.8
"""Share of the work that is running, for progress; the rest is the report."""


@dataclass(frozen=True, slots=True)
class Produced:
    """A study that was run, its report as data, and the files that were written."""

    found: RunResult
    document: Document
    written: list[Path]


def produce(
    study: Study | str | Path,
    formats: Sequence[str],
    *,
    out: Path | None = None,
    kind: str = FULL,
    region_names: str | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Produced:
    """Run a study, as far as it is not stored, and write its report.

    Parameters
    ----------
    study : Study or path
    formats : sequence of str
        See :data:`innospace.report.write.FORMATS`.
    out : Path, optional
        Folder of the report; ``report`` in the study when not given.
    kind : str
        Kind of report.
    region_names : str, optional
        Language of the names of regions; as the study says when not given.
    fresh : bool
        Compute everything again, whatever is stored.
    progress : callable
        Called with a message and a finished fraction.

    Raises
    ------
    InnospaceError
        See :func:`innospace.study.execute.run`; or the report cannot be written.
    """
    from innospace.report import write_report
    from innospace.study.composition import compose
    from innospace.study.folders import require_writable

    loaded = study if isinstance(study, Study) else load_study(study)
    folder = out if out is not None else loaded.folder / REPORT
    require_writable(folder)
    found = run(loaded, progress=part(progress, 0.0, RUNNING), fresh=fresh)
    progress("Writing the report", RUNNING)
    document = compose(found.stored, loaded.folder, kind=kind, region_names=region_names)
    return Produced(found, document, write_report(document, folder, formats, kind=kind))
