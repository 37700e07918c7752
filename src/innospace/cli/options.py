"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.")]
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study, or its study.toml.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder to write the report to.")]
Formats = Annotated[str, typer.Option("--formats", help="What to write, separated by commas.")]
Kind = Annotated[
    str, typer.Option("--kind", help="full, brief (two pages for who decides) or replication (for referees).")
]
RegionNames = Annotated[
    str | None,
    typer.Option("--region-names", help="Language of the names of regions, en or ru; as the study says if not given."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Of a Dask cluster whose workers do it, as tcp://10.0.0.1:8786."
    ),
]

DEFAULT_FORMATS = "html,pdf,tables"


def known_kind(text: str) -> str:
    """Return the kind of report.

    Raises
    ------
    LabelError
        When it is not known.
    """
    from innospace.core.labels import require_known
    from innospace.report.write import KINDS

    require_known([text], KINDS, kind="kind of report", where="--kind")
    return text


def known_language(text: str | None) -> str | None:
    """Return the language of the names of regions that was asked for, if one was.

    Raises
    ------
    LabelError
        When it is not known.
    """
    from innospace.core.labels import require_known
    from innospace.study.region_names import LANGUAGES

    if text is not None:
        require_known([text], LANGUAGES, kind="language", where="--region-names")
    return text


def split_formats(text: str) -> tuple[str, ...]:
    """Return the formats of a report that a list names.

    Raises
    ------
    LabelError
        When one is not known, or none is named.
    """
    from innospace.core.errors import LabelError
    from innospace.core.labels import require_known
    from innospace.report.write import FORMATS

    names = tuple(dict.fromkeys(n.strip() for n in text.split(",") if n.strip()))
    require_known(names, FORMATS, kind="format", where="--formats")
    if not names:
        raise LabelError("No format was named.", where="--formats", allowed=", ".join(FORMATS))
    return names
