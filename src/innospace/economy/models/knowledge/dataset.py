"""Results with labels and units: one array a family of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from innospace.economy.models.knowledge.result import EconomyResult


_DIMS = {"product": "market"}
"""In results a product stands for the market it is sold on."""


def _stacked(result: EconomyResult) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return levels by scenario, year and unknown, NaN in years without a solution."""
    out = np.full((len(result.paths), len(result.years), result.model.system.size), np.nan)
    for n, path in enumerate(result.paths.values()):
        out[n, : len(path.years)] = path.levels
    return out


def to_dataset(result: EconomyResult) -> xr.Dataset:
    """Return every variable with dims ``scenario, year`` and its own (agent, market)."""
    import xarray as xr

    stacked, position = _stacked(result), result.model.system.position
    arrays = {}
    for family in result.model.system.variables:
        axes = [list(dict.fromkeys(m[d] for m in family.members)) for d in range(len(family.dims))]
        shape = (*stacked.shape[:2], *(len(a) for a in axes))
        values: Any = np.full(shape, np.nan)
        for name, labels in zip(family.ids(), family.members, strict=True):
            where = tuple(axis.index(label) for axis, label in zip(axes, labels, strict=True))
            values[(slice(None), slice(None), *where)] = stacked[:, :, position[name]]
        dims = [_DIMS.get(d, d) for d in family.dims]
        coords = {"scenario": list(result.paths), "year": list(result.years), **dict(zip(dims, axes, strict=True))}
        attributes = {"unit": family.unit, "long_name": family.title, "meaning": family.meaning}
        arrays[family.name] = xr.DataArray(values, coords, ("scenario", "year", *dims), attrs=attributes)
    real = np.full(stacked.shape[:2], np.nan)
    for n, (name, path) in enumerate(result.paths.items()):
        real[n, : len(path.years)] = result.real_grp(name)
    arrays["real_GRP"] = xr.DataArray(
        real,
        {"scenario": list(result.paths), "year": list(result.years)},
        ("scenario", "year"),
        attrs={"unit": "base year = 1", "long_name": "real gross regional product", "meaning": "Chained volume index."},
    )
    return xr.Dataset(arrays)


def to_tidy(result: EconomyResult) -> pd.DataFrame:
    """Return one row a scenario, year and variable: ``scenario, year, variable, agent, market, value, unit``."""
    import pandas as pd

    stacked = _stacked(result)
    system = result.model.system
    members = [(f, labels) for f in system.variables for labels in f.members]
    by_dim = [dict(zip((_DIMS.get(d, d) for d in f.dims), labels, strict=True)) for f, labels in members]
    index = pd.MultiIndex.from_product([list(result.paths), list(result.years)], names=["scenario", "year"])
    frame = pd.DataFrame(stacked.reshape(-1, system.size), index=index, columns=range(system.size))
    tidy = frame.reset_index().melt(id_vars=["scenario", "year"], var_name="member", value_name="value").dropna()
    member = tidy.pop("member").astype(int)
    tidy.insert(2, "variable", [members[i][0].name for i in member])
    tidy.insert(3, "agent", [by_dim[i].get("agent", "") for i in member])
    tidy.insert(4, "market", [by_dim[i].get("market", "") for i in member])
    tidy = tidy.assign(unit=[members[i][0].unit for i in member])
    real = [(name, path.years, result.real_grp(name)) for name, path in result.paths.items()]
    columns = {"variable": "real_GRP", "agent": "", "market": ""}
    rows = [
        pd.DataFrame({"scenario": name, "year": years, **columns, "value": index, "unit": "base year = 1"})
        for name, years, index in real
    ]
    return pd.concat([tidy, *rows], ignore_index=True)
