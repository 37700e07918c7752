"""``innospace new``: make a study that works as it is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome


def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Folder to make; its last part names the study.")],
    sample: Annotated[str, typer.Option("--sample", help="Sample to begin with.")] = "russia-2010-2012",
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Make a study that works as it is.

    The folder holds a study file that explains itself and a copy of a sample. An existing folder is never touched.
    """
    from innospace.study.create import create

    files = create(name, sample)
    quoted = shlex.quote(str(name))
    text = "\n".join(
        [
            f"Made a study in {name}:",
            *(f"  {f.relative_to(name).as_posix()}" for f in files),
            "Next:",
            f"  innospace check {quoted}",
            f"  innospace run {quoted}",
        ]
    )
    return Outcome({"study": str(name), "sample": sample, "files": [str(f) for f in files]}, text)
