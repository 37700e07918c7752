"""A replication as plain types and frames, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import StoreError
from innospace.core.result import Bundle
from innospace.frontier.replication.inversion import Inversion
from innospace.frontier.replication.published import Published, load
from innospace.frontier.space.result import SpaceResult

if TYPE_CHECKING:
    from innospace.frontier.replication.result import ReplicationResult

KIND = "replication_innovation_space"


def to_bundle(result: ReplicationResult) -> Bundle:
    """Return both estimated parts and the inversions."""
    import pandas as pd

    parts = {"space": result.space.to_bundle(), "simulated": result.simulated.to_bundle()}
    scalars, frames = {}, {}
    for year, inversion in result.inversions.items():
        values = {f.name: getattr(inversion, f.name) for f in fields(Inversion)}
        scalars[str(year)] = {k: float(v) for k, v in values.items() if not isinstance(v, np.ndarray)}
        frames[f"inversion.{year}"] = pd.DataFrame({k: v for k, v in values.items() if isinstance(v, np.ndarray)})
    for name, part in parts.items():
        frames |= {f"{name}.{k}": f for k, f in part.frames.items()}
    return Bundle(KIND, {"inversions": scalars, **{n: dict(p.meta) for n, p in parts.items()}}, frames)


def from_bundle(bundle: Bundle) -> tuple[Published, dict[int, Inversion], SpaceResult, SpaceResult]:
    """Return the arguments of :class:`ReplicationResult`."""
    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
    inversions = {}
    for year, scalars in bundle.meta["inversions"].items():
        frame = bundle.frames[f"inversion.{year}"]
        values: dict[str, Any] = {**scalars, **{str(c): frame[c].to_numpy() for c in frame.columns}}
        inversions[int(year)] = Inversion(**values)
    spaces = []
    for name in ("space", "simulated"):
        frames = {k.partition(".")[2]: f for k, f in bundle.frames.items() if k.partition(".")[0] == name}
        spaces.append(SpaceResult.from_bundle(Bundle("innovation_space", bundle.meta[name], frames)))
    return load(), inversions, spaces[0], spaces[1]
