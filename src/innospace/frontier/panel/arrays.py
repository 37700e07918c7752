"""Data of a panel as arrays: units one after the other, drawn anew, stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.panel.units import Index, Units
from innospace.numerics.bootstrap import resampled_rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Arrays:
    """Data of a panel: ``y``, shape (n,), ``x``, shape (n, k), names of its columns, sign, units.

    ``z``, shapes (n, p), are regressors of parameters of the components by name, ``columns`` the names of theirs.
    """

    y: Array
    x: Array
    names: tuple[str, ...]
    sign: float
    units: Units
    z: Mapping[str, Array] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def drawn(self, times: Index) -> Arrays:
        """Return the panel of some units by how often each is drawn; one that is drawn twice becomes two units."""
        units = self.units
        rows, own = resampled_rows(np.repeat(np.arange(len(units.counts)), units.counts), times)
        counts = np.bincount(own)
        again = Units(
            np.arange(len(rows)),
            np.concatenate(([0], np.cumsum(counts)[:-1])),
            counts,
            tuple(units.labels[i] for i in np.repeat(np.arange(len(times)), times)),
            units.time[rows],
        )
        z = {name: matrix[rows] for name, matrix in self.z.items()}
        return replace(self, y=self.y[rows], x=self.x[rows], units=again, z=z)

    def to_frame(self) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return plain types, and one row a row, for storage."""
        import pandas as pd

        units = self.units
        columns = {"y": self.y, **{f"x{j}": c for j, c in enumerate(self.x.T)}}
        for name, matrix in self.z.items():
            columns |= {f"{name}:{j}": c for j, c in enumerate(matrix.T)}
        frame = pd.DataFrame(columns).assign(order=units.order, time=units.time)
        meta = {"names": list(self.names), "sign": self.sign, "columns": {n: list(c) for n, c in self.columns.items()}}
        return {**meta, "units": list(units.labels), "counts": units.counts.tolist()}, frame

    @classmethod
    def from_frame(cls, meta: Mapping[str, Any], frame: pd.DataFrame) -> Arrays:
        """Rebuild from :meth:`to_frame`."""
        counts = np.array(meta["counts"], dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        order, time = frame["order"].to_numpy(np.int64), frame["time"].to_numpy(np.float64)
        columns = {name: tuple(own) for name, own in meta["columns"].items()}
        z = {n: frame[[f"{n}:{j}" for j in range(len(own))]].to_numpy(np.float64) for n, own in columns.items()}
        x = frame[[f"x{j}" for j in range(len(meta["names"]))]].to_numpy(np.float64)
        units = Units(order, starts, counts, tuple(meta["units"]), time)
        return cls(frame["y"].to_numpy(np.float64), x, tuple(meta["names"]), meta["sign"], units, z, columns)
