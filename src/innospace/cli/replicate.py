"""``innospace replicate``: published estimates, computed anew beside the printed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import DEFAULT_FORMATS, Formats, Json, Out, Quiet, split_formats
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import checks_text, progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.core.progress import Progress

INNOVATION_SPACE, BASHKORTOSTAN = "innovation-space", "bashkortostan"
TITLES = {
    INNOVATION_SPACE: "The innovation space of Russian regions: replication of Makarov et al. (2016)",
    BASHKORTOSTAN: "Policy options for the Republic of Bashkortostan: replication of Makarov et al. (2016)",
}
"""What can be replicated and the title of its report."""


def replicate(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"What to replicate: {' or '.join(TITLES)}.")],
    out: Out = None,
    formats: Formats = DEFAULT_FORMATS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Set published numbers beside our own.

    innovation-space recovers the data from the published tables and estimates the models anew; bashkortostan solves
    the four policy options and fits the knowledge coefficients to their published effects. Every difference is shown.
    """
    from innospace.core.labels import require_known
    from innospace.report import write_report
    from innospace.study.composition import document_of
    from innospace.study.folders import require_writable

    require_known([name], list(TITLES), kind="replication")
    chosen = split_formats(formats)
    if out is not None:
        require_writable(out)
    written: list[Path] = []
    with progress_bar(quiet) as progress:
        result = _replicated(name, progress)
        if out is not None:
            progress("Writing the report", 1.0)
            document = document_of(result, TITLES[name], f"innospace replicate {name} --out DIR")
            written = write_report(document, out, chosen)
    text = "\n\n".join([result.summary(), checks_text(result.checks), *([f"Report: {written[0]}"] if written else [])])
    payload = {**result.to_dict(), **({"report": [str(p) for p in written]} if written else {})}
    return Outcome(payload, text, code_of([result.status], result.checks))


def _replicated(name: str, progress: Progress) -> Any:
    if name == BASHKORTOSTAN:
        from innospace.economy.replication import replicate_bashkortostan

        return replicate_bashkortostan(progress, workers=None)
    from innospace.frontier import replicate_innovation_space

    return replicate_innovation_space(progress)
