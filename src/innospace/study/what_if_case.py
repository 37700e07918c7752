"""One economy step with its model, read from a study and kept in the process until a file of the study changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, StudyError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Source
from innospace.economy import step as economy
from innospace.economy.models.knowledge.explore import Explorer
from innospace.study.errors import raise_all
from innospace.study.inspect import inspect, step_inputs
from innospace.study.links import FOLDER, linked_values
from innospace.study.load import Study, StudyStep, data_file, load_study
from innospace.study.plan import make_plan
from innospace.study.store import Store, StoredStep

if TYPE_CHECKING:
    from innospace.core.inputs import StepInputs

ENGINE = "economy"
KEPT = 4
"""Studies whose models stay in a process."""


class NotComputedError(StudyError):
    """Steps that the economy takes numbers from have not been computed yet."""


@dataclass(frozen=True, slots=True)
class Case:
    """One step with its model, as the study was when it was read."""

    signature: Any
    study: Study
    step: StudyStep
    inputs: StepInputs
    explorer: Explorer
    upstream: tuple[Source, ...]


_CASES: dict[tuple[Path, str], Case] = {}


def options_of(step: StudyStep) -> economy.Options:
    """Return the options of an economy step."""
    options = step.options
    if not isinstance(options, economy.Options):
        raise StudyError(f"The step {step.name!r} is no economy.", remedy=f'Choose a step with engine = "{ENGINE}".')
    return options


def step_of(study: Study, name: str) -> StudyStep:
    """Return an economy step of a study by name."""
    known = {s.name: s for s in study.steps if s.engine == ENGINE}
    require_known([name], list(known), kind="economy step", where=str(study.file))
    return known[name]


def case_of(folder: Path, step: str) -> Case:
    """Return the model of a step, kept from the last call when nothing has changed since."""
    key = (folder.resolve(), step)
    kept = _CASES.pop(key, None)
    if kept is None or kept.signature != _signature(kept.study):
        kept = _read(folder, step)
    _CASES[key] = kept
    while len(_CASES) > KEPT:
        del _CASES[next(iter(_CASES))]
    return kept


def _read(folder: Path, step_name: str) -> Case:
    study = load_study(folder)
    signature = _signature(study)
    step = step_of(study, step_name)
    upstream = upstream_of(study, step)
    missing = [name for name, stored in upstream.items() if stored is None]
    if missing:
        raise NotComputedError(
            f"The step {step_name!r} takes numbers from {offenders(missing)}, which has not been computed yet.",
            where=str(study.file),
            remedy="Run the study, or compute what is missing.",
        )
    stored = {name: found for name, found in upstream.items() if found is not None}
    found = inspect(study, [step])
    raise_all(str(study.file), found.problems)
    links = linked_values(study, step, {name: s.result for name, s in stored.items()})
    inputs = step_inputs(study, step, found.datasets, links)
    explorer = economy.explorer(options_of(step), inputs)
    sources = tuple(source for s in stored.values() for source in s.result.provenance.sources)
    return Case(signature, study, step, inputs, explorer, sources)


def upstream_of(study: Study, step: StudyStep) -> dict[str, StoredStep | None]:
    """Return what the store holds of the steps that a step takes numbers from."""
    store = Store(study.folder)
    return {
        p.step.name: store.read_step(p.step.name, p.step.engine, p.sha256)
        for p in make_plan(study).steps
        if p.step.name in step.needs
    }


def _signature(study: Study) -> tuple[Any, ...]:
    """Return what changes when a file of the study does: size and time of each."""
    files = [study.file, *sorted((study.folder / FOLDER).glob("*.toml"))]
    for table in study.tables.values():
        if table.file is not None:
            try:
                files.append(data_file(study.folder, table))
            except InnospaceError:
                return ()
    stats = [(str(f), s.st_mtime_ns, s.st_size) for f in files if (s := _stat(f)) is not None]
    return (len(files), *stats)


def _stat(file: Path) -> Any:
    try:
        return file.stat()
    except OSError:
        return None
