"""Find every problem of a study, its data and its steps before anything is estimated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.errors import InnospaceError
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.core.parts import NoParts, Parts
from innospace.study.engines import engine
from innospace.study.errors import StudyProblemsError, at
from innospace.study.load import Study, StudyStep, load_study
from innospace.study.tables import read, schema_problems

if TYPE_CHECKING:
    from innospace.data import Dataset


@dataclass(frozen=True, slots=True)
class Inspection:
    """Data by name, as far as they could be read, and everything that is wrong with data or steps."""

    datasets: dict[str, Dataset]
    problems: tuple[InnospaceError, ...]


def problems(path: str | Path, text: str | None = None) -> list[InnospaceError]:
    """Return everything that keeps a study from running; empty when nothing does.

    Parameters
    ----------
    path : path
        Folder of the study, or its file.
    text : str, optional
        What stands in the file when it is saved, in place of what stands there now.

    Returns
    -------
    list of InnospaceError
        Each with its place in the study file and a remedy.
    """
    try:
        study = load_study(path, text)
    except StudyProblemsError as error:
        return list(error.problems)
    except InnospaceError as error:
        return [error]
    return list(inspect(study, study.steps).problems)


def step_inputs(
    study: Study,
    step: StudyStep,
    datasets: Mapping[str, Dataset],
    links: Mapping[str, LinkedValue] | None = None,
    parts: Parts | None = None,
) -> StepInputs:
    """Return what a step receives; values of links are NaN while they are not known."""
    tables = {role: datasets[name] for role, name in step.data.items()}
    scenarios = study.scenarios if engine(step.engine).SCENARIOS else ()
    return StepInputs(tables, dict(links or {}), scenarios, parts or NoParts())


def inspect(study: Study, steps: Sequence[StudyStep]) -> Inspection:
    """Read the data of these steps and hold them against schema and step, without estimating.

    Parameters
    ----------
    study : Study
    steps : sequence of StudyStep
        The steps that are to run.

    Returns
    -------
    Inspection
    """
    datasets: dict[str, Dataset] = {}
    found: dict[tuple[str, str], InnospaceError] = {}
    for name in dict.fromkeys(name for s in steps for name in s.data.values()):
        table, place = study.tables[name], f"{study.file}, [data.{name}]"
        try:
            dataset = datasets[name] = read(study.folder, table)
        except InnospaceError as error:
            found[error.what, error.where] = at(error, place)
            continue
        for e in schema_problems(dataset, table):
            found.setdefault((e.what, e.where), at(e, place))
    for step in steps:
        if not set(step.data.values()) <= set(datasets):
            continue
        unknown = float("nan")
        links = {
            link.target: LinkedValue(unknown, unknown, unknown, "", f"{link.from_step}.{link.quantity}")
            for link in study.links
            if link.to_step == step.name
        }
        for e in engine(step.engine).preflight(step.options, step_inputs(study, step, datasets, links)):
            # a schema and a step find the same fault of a table; it is told once
            found.setdefault((e.what, e.where), at(e, f"{study.file}, [step.{step.name}]"))
    return Inspection(datasets, tuple(found.values()))
