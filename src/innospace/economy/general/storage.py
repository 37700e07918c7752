"""Solved models as plain types and frames, and back; nothing is solved on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import StoreError
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.economy.general.files import spec_from_dict
from innospace.economy.general.policy import Mix
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.solve import compile_spec
from innospace.economy.general.write import spec_to_dict
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.study_result import EquilibriumResult

Array = NDArray[np.float64]
KIND = "general_equilibrium"
_BESIDE = ("textbook", "decomposition", "channels", "sensitivity", "importance", "closures", "path")
"""Frames that a result may hold."""


def to_bundle(result: EquilibriumResult) -> Bundle:
    """Return model, parameters and unknowns of every solution."""
    import pandas as pd

    economy = result.baseline.economy
    unknowns, parameters = list(economy.unknowns), list(economy.parameters.position)
    points = [(n, k, v) for n, s in enumerate(result.solutions.values()) for k, v in enumerate((s.unknowns, *s.others))]
    meta: dict[str, Any] = {
        "spec": spec_to_dict(result.spec),
        "solutions": [{"name": n, "status": s.status.to_dict(), "route": s.route} for n, s in result.solutions.items()],
        "scenarios": {n: s.to_dict() for n, s in result.scenarios.items()},
        "provenance": result.provenance.to_dict(),
        "mix": None if result.mix is None else result.mix.to_dict(),
        "title": result.title,
        "source": result.source,
    }
    frames = {
        "unknowns": pd.concat(
            [pd.DataFrame({"solution": n, "other": k, "name": unknowns, "value": v}) for n, k, v in points]
        ),
        "parameters": pd.concat(
            [
                pd.DataFrame({"solution": n, "name": parameters, "value": s.parameters})
                for n, s in enumerate(result.solutions.values())
            ]
        ),
    }
    frames |= {n: f for n in _BESIDE if (f := getattr(result, n)) is not None}
    return Bundle(KIND, meta, frames)


def from_bundle(bundle: Bundle) -> dict[str, Any]:
    """Return the arguments of :class:`EquilibriumResult`."""
    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
    meta, frames = bundle.meta, bundle.frames
    economy = compile_spec(spec_from_dict(meta["spec"]))
    unknowns, parameters = list(economy.unknowns), list(economy.parameters.position)
    solutions = {}
    for n, facts in enumerate(meta["solutions"]):
        stored = frames["unknowns"][frames["unknowns"]["solution"] == n]
        points = [_ordered(rows, unknowns) for _, rows in stored.groupby("other")]
        p = _ordered(frames["parameters"][frames["parameters"]["solution"] == n], parameters)
        status = Status.from_dict(facts["status"])
        solutions[facts["name"]] = Equilibrium(economy, p, points[0], status, facts["route"], tuple(points[1:]))
    return {
        "solutions": solutions,
        "scenarios": {n: Scenario.from_dict(s) for n, s in meta["scenarios"].items()},
        "provenance": Provenance.from_dict(meta["provenance"]),
        "mix": None if meta["mix"] is None else Mix.from_dict(meta["mix"]),
        "title": meta["title"],
        "source": meta["source"],
        **{n: frames.get(n) for n in _BESIDE},
    }


def _ordered(rows: pd.DataFrame, names: list[str]) -> Array:
    return rows.set_index("name").loc[names, "value"].to_numpy(np.float64)
