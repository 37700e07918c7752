"""``innospace check``: every problem of a study at once, each with its remedy."""

from __future__ import annotations

from innospace.cli.options import Json, Quiet, StudyPath
from innospace.cli.outcome import Outcome


def check(study: StudyPath, as_json: Json = False, quiet: Quiet = False) -> Outcome:
    """List every problem of a study and its data.

    Each comes with its place and its remedy; nothing is estimated.
    """
    from innospace.study.errors import raise_all
    from innospace.study.inspect import inspect
    from innospace.study.load import load_study

    loaded = load_study(study)
    raise_all(str(loaded.file), inspect(loaded, loaded.steps).problems)
    steps = [s.name for s in loaded.steps]
    payload = {"study": str(loaded.file), "title": loaded.title, "ok": True, "problems": [], "steps": steps}
    tables = f"{len(loaded.tables)} table{'s' if len(loaded.tables) != 1 else ''}"
    return Outcome(payload, f"No problems: {tables}, steps in order: {', '.join(steps)}.")
