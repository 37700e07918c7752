"""A solved economy as plain types and frames, and back; nothing is solved on the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import StoreError
from innospace.core.inputs import LinkedValue
from innospace.core.provenance import Provenance, Source
from innospace.core.result import Bundle
from innospace.core.status import StatusCode
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.dynamics import Path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.spec import KnowledgeSpec
from innospace.economy.scenario import Scenario
from innospace.economy.solve import YearSolution

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.result import EconomyResult

Array = NDArray[np.float64]
KIND = "knowledge_economy"


def to_bundle(result: EconomyResult) -> Bundle:
    """Return matrix, inputs, assumptions, and the path of every scenario."""
    import pandas as pd

    model = result.model
    meta: dict[str, Any] = {
        "spec": model.spec.to_dict(),
        "closure": model.closure.to_dict(),
        "last_year": model.last_year,
        "inputs": model.inputs.to_dict(),
        "sam": {"unit": model.sam.unit, "year": model.sam.year, "source": model.sam.source.to_dict()},
        "efficiency": asdict(result.efficiency),
        "gates": [c.to_dict() for c in result.gates],
        "provenance": result.provenance.to_dict(),
        "feasible": dict(result.feasible),
        "paths": {name: path_facts(path) for name, path in result.paths.items()},
    }
    frames = {"sam": model.sam.values.reset_index(drop=True)}
    if model.sam.natures is not None:
        frames["natures"] = model.sam.natures.reset_index(drop=True)
    if result.draws is not None:
        frames["draws"] = result.draws
    for n, path in enumerate(result.paths.values()):
        frames[f"levels.{n}"] = pd.DataFrame(path.levels, columns=list(model.system.unknowns))
        frames[f"parameters.{n}"] = pd.DataFrame(path.parameters, columns=list(model.system.inputs))
    return Bundle(KIND, meta, frames)


def path_facts(path: Path) -> dict[str, Any]:
    """Return what a path is besides its arrays, as plain types."""
    failure = None
    if path.failure is not None:
        f = path.failure
        failure = {"code": str(f.code), "iterations": f.iterations, "reached": f.reached, "worst": f.worst}
        failure |= {"residual": f.residual, "x": [float(v) for v in f.x]}
    return {
        "scenario": path.scenario.to_dict(),
        "years": list(path.years),
        "iterations": list(path.iterations),
        "failure": failure,
    }


def from_bundle(bundle: Bundle) -> dict[str, Any]:
    """Return the arguments of :class:`EconomyResult`."""
    from innospace.data.sam import SAM
    from innospace.economy.models.knowledge.prior import BaseInputs

    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
    meta, frames = bundle.meta, bundle.frames
    sam_meta = meta["sam"]
    labels = [str(c) for c in frames["sam"].columns]
    natures = frames["natures"].set_axis(labels, axis=0) if "natures" in frames else None
    source = Source.from_dict(sam_meta["source"])
    sam = SAM(frames["sam"].set_axis(labels, axis=0), sam_meta["unit"], sam_meta["year"], source, natures)
    spec, closure = KnowledgeSpec.from_dict(meta["spec"]), Closure.from_dict(meta["closure"])
    model = KnowledgeModel(sam, BaseInputs.from_dict(meta["inputs"]), spec, closure, meta["last_year"])
    unknowns, inputs = list(model.system.unknowns), list(model.system.inputs)
    paths = {
        name: path_from_facts(
            model,
            facts,
            frames[f"levels.{n}"][unknowns].to_numpy(np.float64),
            frames[f"parameters.{n}"][inputs].to_numpy(np.float64),
        )
        for n, (name, facts) in enumerate(meta["paths"].items())
    }
    return {
        "model": model,
        "paths": paths,
        "gates": tuple(Check.from_dict(c) for c in meta["gates"]),
        "provenance": Provenance.from_dict(meta["provenance"]),
        "efficiency": LinkedValue(**meta["efficiency"]),
        "draws": frames.get("draws"),
        "feasible": dict(meta["feasible"]),
    }


def path_from_facts(model: KnowledgeModel, facts: Any, levels: Array, parameters: Array) -> Path:
    """Return a path from :func:`path_facts` and its arrays, shape (years, unknowns) and (years, parameters)."""
    failure = None
    if facts["failure"] is not None:
        f = facts["failure"]
        x = np.array(f["x"], dtype=np.float64)
        failure = YearSolution(StatusCode(f["code"]), x, f["iterations"], f["reached"], f["worst"], f["residual"])
    reported = [model.system.report(model.system.to_x(row), p) for row, p in zip(levels, parameters, strict=True)]
    return Path(
        Scenario.from_dict(facts["scenario"]),
        tuple(facts["years"]),
        levels,
        parameters,
        np.array(reported).reshape(len(levels), len(model.system.reported)),
        tuple(facts["iterations"]),
        failure,
    )
