"""Groups of regions by the structure of their output (Makarov et al. 2014): components, then groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders

if TYPE_CHECKING:
    import pandas as pd

SUM_TOLERANCE = 0.005
"""Shares may miss one by rounding of published percentages."""


@dataclass(frozen=True, slots=True)
class RegionGroups:
    """Groups of regions.

    Attributes
    ----------
    scores : pandas.DataFrame, shape (regions, components)
    loadings : pandas.DataFrame, shape (sectors, components)
    explained : tuple of float
        Share of variance each component explains.
    group : pandas.Series
        Group number by region, 1 the largest; among equals the one with the first name.
    """

    scores: pd.DataFrame
    loadings: pd.DataFrame
    explained: tuple[float, ...]
    group: pd.Series


def output_groups(shares: pd.DataFrame, groups: int = 5, components: int = 3) -> RegionGroups:
    """Group regions by shares of output: principal components, then Ward's hierarchical clustering.

    Parameters
    ----------
    shares : pandas.DataFrame, shape (regions, sectors)
        Shares of output by sector; rows sum to one.
    groups, components : int

    Returns
    -------
    RegionGroups
        Signs of components are fixed so that the largest loading is positive; no random start is involved.
    """
    import pandas as pd
    from scipy.cluster.hierarchy import fcluster, linkage

    values = shares.to_numpy(np.float64)
    if not np.isfinite(values).all() or (values < 0.0).any():
        bad = shares.index[~np.isfinite(values).all(axis=1) | (values < 0.0).any(axis=1)]
        raise DataError("Shares must be numbers from 0 to 1.", where=f"regions {offenders(bad)}")
    off = np.abs(values.sum(axis=1) - 1.0) > SUM_TOLERANCE
    if off.any():
        raise DataError(
            "Shares do not sum to one.",
            where=f"regions {offenders(shares.index[off])}",
            allowed=f"1 within {SUM_TOLERANCE:g}",
            remedy="Divide by the total, or add the missing sectors.",
        )
    if not 1 <= components <= min(values.shape) or not 2 <= groups <= len(values):
        raise SpecError(
            f"{groups} groups from {components} components of {values.shape[0]} regions and {values.shape[1]} sectors.",
            allowed="components up to the number of sectors, groups up to the number of regions",
        )
    centred = values - values.mean(axis=0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    signs[signs == 0] = 1.0
    scores = (left * singular * signs)[:, :components]
    label = fcluster(linkage(scores, "ward"), groups, "maxclust")
    members = pd.Series(shares.index.astype(str)).groupby(label).agg(["size", "min"])
    order = {
        old: new + 1 for new, old in enumerate(members.sort_values(["size", "min"], ascending=[False, True]).index)
    }
    names = [f"component {i + 1}" for i in range(components)]
    return RegionGroups(
        pd.DataFrame(scores, index=shares.index, columns=names),
        pd.DataFrame((right.T * signs)[:, :components], index=shares.columns, columns=names),
        tuple(float(v) for v in (singular**2 / np.sum(singular**2))[:components]),
        pd.Series([order[v] for v in label], index=shares.index, name="group"),
    )
