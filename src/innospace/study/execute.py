"""Run a study: what is stored is read, what is missing is computed, what is finished is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.checks import Check
from innospace.core.errors import InnospaceWarning, StudyError
from innospace.core.inputs import StepInputs
from innospace.core.progress import Progress, silent
from innospace.core.provenance import package_version
from innospace.study.engines import engine
from innospace.study.errors import raise_all
from innospace.study.inspect import inspect, step_inputs
from innospace.study.links import linked_values
from innospace.study.load import Study, load_study
from innospace.study.lock import held
from innospace.study.plan import Plan, PlannedStep, make_plan
from innospace.study.store import Store, StoredRun, StoredStep

if TYPE_CHECKING:
    from innospace.core.document import Document
    from innospace.data import Dataset


@dataclass(frozen=True, slots=True)
class RunResult:
    """A study that was run.

    Attributes
    ----------
    study : Study
    stored : StoredRun
        Results by step, as they stand in the store.
    folder : Path
        Where the run is stored.
    reused : tuple of str
        Steps whose stored results were read instead of being computed.
    already_computed : bool
        Whether the whole run was stored before.
    """

    study: Study
    stored: StoredRun
    folder: Path
    reused: tuple[str, ...]
    already_computed: bool

    @property
    def checks(self) -> tuple[Check, ...]:
        """Checks of every step; names begin with the step."""
        from innospace.study.composition import checks

        return checks(self.stored)

    @property
    def findings(self) -> tuple[str, ...]:
        """Findings of every step, in order."""
        from innospace.study.composition import findings

        return findings(self.stored)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What steps warned of, once each."""
        return tuple(dict.fromkeys(w for s in self.stored.steps for w in s.warnings))

    def _repr_html_(self) -> str:
        return self.stored._repr_html_()

    def document(self) -> Document:
        """Return the report as data."""
        from innospace.study.composition import compose

        return compose(self.stored, self.study.folder)


def run(study: Study | str | Path, *, progress: Progress = silent, fresh: bool = False) -> RunResult:
    """Run a study.

    Parameters
    ----------
    study : Study or path
        A loaded study, its folder or its file.
    progress : callable
        Called with a message and a finished fraction.
    fresh : bool
        Compute everything again, whatever is stored.

    Returns
    -------
    RunResult

    Raises
    ------
    StudyError, DataError
        The study or its data have problems; all are listed. Or another process is running the study.
    StoreError
        The stored run is damaged, or the folder cannot be written.
    SolverError
        A step did not reach a solution. Steps that were finished are kept.
    """
    loaded = study if isinstance(study, Study) else load_study(study)
    plan, store = make_plan(loaded), Store(loaded.folder)
    if not fresh and store.has_run(plan.run_id):
        progress("Already computed", 1.0)
        stored = store.read_run(plan.run_id)
        return RunResult(loaded, stored, store.path(plan.run_id), tuple(s.name for s in stored.steps), True)
    store.prepare()
    with held(store.runs):
        return _run(plan, store, progress, fresh)


def _run(plan: Plan, store: Store, progress: Progress, fresh: bool) -> RunResult:
    """Compute what is missing and store the run."""
    loaded, log = plan.study, _Log()
    finished = {} if fresh else _finished(plan, store)
    for name in finished:
        log.add(f"{name}: already computed, read from the store")
    if fresh:
        for planned in plan.steps:
            store.parts(planned.sha256).discard()
    steps = _compute(plan, store, finished, log, progress)
    log.add("run finished")
    stored = StoredRun(
        plan.run_id,
        loaded.title,
        loaded.seed,
        package_version(),
        _now(),
        tuple(steps[p.step.name] for p in plan.steps),
        tuple(log.lines),
    )
    progress("Storing the run", 1.0)
    store.write_run(stored, fresh=fresh)
    return RunResult(loaded, stored, store.path(plan.run_id), tuple(finished), False)


def compute_steps(study: Study, names: Collection[str], *, progress: Progress = silent) -> dict[str, StoredStep]:
    """Return steps of a study and those they need: stored ones are read, the others are computed and kept.

    A run of the study finds them in the store afterwards. Errors are those of :func:`run`.
    """
    plan, store = make_plan(study), Store(study.folder)
    wanted = set(names)
    for planned in reversed(plan.steps):
        wanted |= set(planned.step.needs) if planned.step.name in wanted else set()
    part = Plan(study, tuple(p for p in plan.steps if p.step.name in wanted), plan.run_id)
    finished = _finished(part, store)
    if len(finished) == len(part.steps):
        return finished
    store.prepare()
    with held(store.runs):
        return _compute(part, store, finished, _Log(), progress)


def _finished(plan: Plan, store: Store) -> dict[str, StoredStep]:
    """Return the steps that an earlier run finished."""
    found = ((p, store.read_step(p.step.name, p.step.engine, p.sha256)) for p in plan.steps)
    return {p.step.name: stored for p, stored in found if stored is not None}


def _compute(
    plan: Plan, store: Store, finished: Mapping[str, StoredStep], log: _Log, progress: Progress
) -> dict[str, StoredStep]:
    """Compute the steps that are not finished; keep each one in the store as soon as it is. Return all steps."""
    missing = [p for p in plan.steps if p.step.name not in finished]
    steps = dict(finished)
    progress("Reading the data", 0.0)
    inspection = inspect(plan.study, [p.step for p in missing])
    raise_all(str(plan.study.file), inspection.problems)
    for i, planned in enumerate(missing):
        name = planned.step.name
        _require_unchanged(planned, inspection.datasets)
        tables = ", ".join(f"{len(inspection.datasets[n].frame)} rows of {n!r}" for n in planned.step.data.values())
        log.add(f"{name}: started, {tables}")
        links = linked_values(plan.study, planned.step, {n: s.result for n, s in steps.items()})
        for link in links.values():
            log.add(f"{name}: {link.value:.6g} {link.unit} taken over from {link.origin}")
        inputs = step_inputs(plan.study, planned.step, inspection.datasets, links, store.parts(planned.sha256))
        stored = _compute_step(planned, inputs, plan.study.seed, _part(progress, name, i, len(missing)))
        steps[name] = store.keep_step(stored)
        for message in stored.warnings:
            log.add(f"{name}: warning: {message}")
        log.add(f"{name}: finished, {stored.result.status.code}")
    return steps


def _require_unchanged(planned: PlannedStep, datasets: Mapping[str, Dataset]) -> None:
    for name, digest in planned.data_sha256.items():
        if datasets[name].source.sha256 != digest:
            raise StudyError(
                f"The data {name!r} changed while the study was being read.",
                where=datasets[name].source.name,
                remedy="Run the study again.",
            )


def _compute_step(planned: PlannedStep, inputs: StepInputs, seed: int, progress: Progress) -> StoredStep:
    step = planned.step
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = engine(step.engine).run(step.options, inputs, seed=seed, progress=progress)
    told = [str(w.message) for w in caught if issubclass(w.category, InnospaceWarning)]
    # results of some engines say themselves what they left out and what is doubtful
    told += getattr(result, "warnings", ())
    for w in caught:
        if not issubclass(w.category, InnospaceWarning):
            warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)
    return StoredStep(step.name, step.engine, planned.sha256, result, tuple(dict.fromkeys(told)))


def _part(progress: Progress, name: str, i: int, count: int) -> Callable[[str, float], None]:
    """Return progress of one step as progress of the whole."""

    def report(message: str, fraction: float) -> None:
        progress(f"{name}: {message}", (i + fraction) / count)

    return report


class _Log:
    """Lines of a run, each with its time."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, text: str) -> None:
        """Add one line."""
        self.lines.append(f"{_now()} {' '.join(text.split())}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
