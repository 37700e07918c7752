"""What the run page asks a worker process for: what would be computed, and what keeps it from running."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from innospace.core.errors import InnospaceError
from innospace.study.inspect import problems
from innospace.study.load import load_study
from innospace.study.plan import make_plan
from innospace.study.store import Store


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a run would do.

    Attributes
    ----------
    problems : tuple of InnospaceError
        What keeps the study from running.
    steps : tuple of (str, str, bool)
        Name, engine, and whether it is stored already; empty when there are problems.
    stored : bool
        Whether the whole run is.
    runs : int
        Runs that are stored, wherever they were made.
    """

    problems: tuple[InnospaceError, ...]
    steps: tuple[tuple[str, str, bool], ...] = ()
    stored: bool = False
    runs: int = 0


def prospect(folder: Path) -> Prospect:
    """Return what a run of a study would do; reads its data, estimates nothing."""
    found, store = problems(folder), Store(folder)
    if found:
        return Prospect(tuple(found), runs=len(store.run_ids()))
    plan = make_plan(load_study(folder))
    stored = store.has_run(plan.run_id)
    steps = tuple((p.step.name, p.step.engine, stored or store.has_step(p.sha256)) for p in plan.steps)
    return Prospect((), steps, stored, len(store.run_ids()))
