"""``innospace replicate``: published estimates, computed anew beside the printed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from innospace.cli.options import DEFAULT_FORMATS, Formats, Json, Out, Quiet, split_formats
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import checks_text, progress_bar

if TYPE_CHECKING:
    from pathlib import Path

INNOVATION_SPACE = "innovation-space"
TITLE = "The innovation space of Russian regions: replication of Makarov et al. (2016)"


def replicate(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"What to replicate: {INNOVATION_SPACE}.")],
    out: Out = None,
    formats: Formats = DEFAULT_FORMATS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Set published numbers beside our own.

    The data are recovered from the published tables, the models estimated anew, and every difference shown.
    """
    from innospace.core.labels import require_known
    from innospace.frontier import replicate_innovation_space
    from innospace.report import write_report
    from innospace.study.composition import document_of
    from innospace.study.folders import require_writable

    require_known([name], [INNOVATION_SPACE], kind="replication")
    chosen = split_formats(formats)
    if out is not None:
        require_writable(out)
    written: list[Path] = []
    with progress_bar(quiet) as progress:
        result = replicate_innovation_space(progress)
        if out is not None:
            progress("Writing the report", 1.0)
            document = document_of(result, TITLE, f"innospace replicate {name} --out DIR")
            written = write_report(document, out, chosen)
    text = "\n\n".join([result.summary(), checks_text(result.checks), *([f"Report: {written[0]}"] if written else [])])
    payload = {**result.to_dict(), **({"report": [str(p) for p in written]} if written else {})}
    return Outcome(payload, text, code_of([result.status], result.checks))
