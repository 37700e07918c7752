"""The verb: solve the baseline and any number of scenarios, hold the results against the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path as FilePath
from typing import Any

from innospace.core.checks import Check
from innospace.core.errors import SpecError, offenders
from innospace.core.inputs import LinkedValue
from innospace.core.parts import Resume
from innospace.core.progress import Progress, part, silent
from innospace.core.provenance import Provenance
from innospace.economy.models.knowledge.dynamics import BASELINE, Path, largest_feasible_part
from innospace.economy.models.knowledge.gates import gates
from innospace.economy.models.knowledge.many import solve_paths
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.scenario import Scenario, read_scenario

OPTIONS = ("option-1", "option-2", "option-3", "option-4")
"""The four policy options of the paper, shipped with the package."""
_FOLDER = FilePath(str(resources.files("innospace.economy.models.knowledge") / "options"))


def shipped_scenarios() -> dict[str, Scenario]:
    """Return the four options of the paper by name."""
    return {name: read_scenario(_FOLDER / f"{name}.toml") for name in OPTIONS}


def option_readings() -> dict[str, Scenario]:
    """Return other readings of the options by name: companies only, with fixed capital, as a transfer, lower rates."""
    return {path.stem: read_scenario(path) for path in sorted((_FOLDER / "readings").glob("*.toml"))}


def solve(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario] = (),
    *,
    efficiency: LinkedValue | None = None,
    seed: int = 0,
    workers: int | None = None,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> EconomyResult:
    """Solve the baseline and the scenarios.

    Parameters
    ----------
    model : KnowledgeModel
    scenarios : sequence of Scenario
    efficiency : LinkedValue, optional
        Where the efficiency of the model comes from; the value of the spec when not given.
    seed : int
        Recorded; nothing here is random.
    workers : int, optional
        Processes when there are many scenarios; all cores when not given.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    EconomyResult
        A year without a solution is a status, a failed gate, and the largest part of the shocks that has one.

    Raises
    ------
    SpecError, LabelError
        Scenarios share a name, or name an unknown agent, product, year or parameter.
    """
    names = [BASELINE.name, *(s.name for s in scenarios)]
    doubled = sorted({n for n in names if names.count(n) > 1})
    if doubled:
        raise SpecError(f"Scenarios share a name: {offenders(doubled)}.", remedy="Rename one of them.")
    for scenario in scenarios:
        model.paths(scenario)  # every mistake of a scenario is found before anything is solved
    told = part(progress, 0.0, 0.5)
    paths = solve_paths(model, scenarios, workers=workers, executor=executor, resume=resume, progress=told)
    progress("Holding the results against the gates", 0.5)
    found = gates(model, paths)
    feasible = {
        name: largest_feasible_part(model, path.scenario)
        for name, path in paths.items()
        if path.failure is not None and path.scenario.shocks
    }
    progress("Done", 1.0)
    return result_of(model, paths, found, feasible, efficiency, seed)


def result_of(
    model: KnowledgeModel,
    paths: Mapping[str, Path],
    found: tuple[Check, ...],
    feasible: Mapping[str, float],
    efficiency: LinkedValue | None = None,
    seed: int = 0,
) -> EconomyResult:
    """Put solved paths, the gates they were held against and where everything comes from together."""
    origin = efficiency or LinkedValue(model.spec.efficiency, float("nan"), float("nan"), "fraction", "given")
    options = {
        "spec": model.spec.to_dict(),
        "closure": model.closure.to_dict(),
        "years": list(model.years),
        "scenarios": list(paths),
    }
    provenance = Provenance.now((model.sam.source,), options, seed)
    return EconomyResult(model, paths, found, provenance, origin, None, feasible)
