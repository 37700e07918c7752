"""Find every problem of a study, its data and its steps before anything is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.errors import InnospaceError
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


def problems(path: str | Path) -> list[InnospaceError]:
    """Return everything that keeps a study from running; empty when nothing does.

    Parameters
    ----------
    path : path
        Folder of the study, or its file.

    Returns
    -------
    list of InnospaceError
        Each with its place in the study file and a remedy.
    """
    try:
        study = load_study(path)
    except StudyProblemsError as error:
        return list(error.problems)
    except InnospaceError as error:
        return [error]
    return list(inspect(study, study.steps).problems)


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
    for name in dict.fromkeys(s.data for s in steps):
        table, place = study.tables[name], f"{study.file}, [data.{name}]"
        try:
            dataset = datasets[name] = read(study.folder, table)
        except InnospaceError as error:
            found[error.what, error.where] = at(error, place)
            continue
        told = [(e, place) for e in schema_problems(dataset, table)]
        for step in steps:
            if step.data == name:
                where = f"{study.file}, [step.{step.name}]"
                told += [(e, where) for e in engine(step.engine).preflight(step.options, dataset)]
        for e, where in told:
            # a schema and a step find the same fault of a table; it is told once
            found.setdefault((e.what, e.where), at(e, where))
    return Inspection(datasets, tuple(found.values()))
