"""Any number of scenarios: a few are solved here, many in worker processes, by chunks that are kept when finished."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.economy.models.knowledge.dynamics import BASELINE, Path, solve_path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.storage import path_facts, path_from_facts
from innospace.economy.scenario import Scenario
from innospace.numerics.chunks import Chunks

FEW = 40
"""Up to so many scenarios are solved in this process: they take less time than a worker takes to start."""
CHUNK = 20
"""Scenarios that are solved and kept together."""


def solve_paths(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario],
    *,
    workers: int | None = None,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> dict[str, Path]:
    """Solve the baseline and scenarios.

    Parameters
    ----------
    model : KnowledgeModel
    scenarios : sequence of Scenario
        With different names.
    workers : int, optional
        Processes for many scenarios; all cores when not given. They change no number.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    dict of str to Path
        The baseline first, then scenarios in their order.
    """
    every = (BASELINE, *scenarios)
    if len(every) <= FEW:
        return {s.name: _reported(model, s, progress, n / len(every)) for n, s in enumerate(every)}
    chunks = [every[i : i + CHUNK] for i in range(0, len(every), CHUNK)]
    how: dict[str, Any] = {"workers": workers, "executor": executor, "plain": _plain}
    how["restored"] = functools.partial(_restored, model)

    def told(done: int, of: int) -> None:
        progress(f"{done} of {of} scenarios", done / of)

    with resumed(resume) as parts, Chunks(_solve_chunk, model, "paths", _identity(model), parts=parts, **how) as work:
        found = work.run(chunks, told, [len(chunk) for chunk in chunks])
    return {path.scenario.name: path for chunk in found for path in chunk}


def _reported(model: KnowledgeModel, scenario: Scenario, progress: Progress, fraction: float) -> Path:
    progress(f"Solving {scenario.name}", fraction)
    return solve_path(model, scenario)


def _solve_chunk(model: KnowledgeModel, chunk: tuple[Scenario, ...]) -> list[Path]:
    return [solve_path(model, scenario) for scenario in chunk]


def _identity(model: KnowledgeModel) -> list[Any]:
    return [model.spec.to_dict(), model.closure.to_dict(), model.years, model.base_p]


def _plain(paths: Sequence[Path]) -> list[Any]:
    return [(path_facts(p), p.levels, p.parameters) for p in paths]


def _restored(model: KnowledgeModel, chunk: Sequence[Scenario], plain: Sequence[Any]) -> list[Path]:
    paths = [path_from_facts(model, *kept) for kept in plain]
    if [p.scenario for p in paths] != list(chunk):
        raise ValueError("Paths of other scenarios.")
    return paths
