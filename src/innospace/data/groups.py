"""Groups of regions by the structure of their output (Makarov et al. 2014): components, then groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
SUM_TOLERANCE = 0.005
"""Shares may miss one by rounding of published percentages."""
BY = ("shares", "indicators")


@dataclass(frozen=True, slots=True)
class Grouping:
    """How regions are grouped by columns of a table.

    Attributes
    ----------
    columns : tuple of str
        Amounts or shares of output by sector, or indicators; means over the rows of a region are taken.
    groups, components : int
    by : str
        ``shares``: columns are divided by their sum (Makarov et al. 2014); ``indicators``: each column is centred and
        divided by its standard deviation, since they have no common unit.
    names : mapping of str to str
        What columns are called in names of groups.
    """

    columns: tuple[str, ...]
    groups: int = 5
    components: int = 3
    by: str = "shares"
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_known([self.by], BY, kind="way to group")
        if len(set(self.columns)) < 2 or len(set(self.columns)) < len(self.columns):
            raise SpecError(
                "Regions are grouped by two or more different columns.",
                where=f"columns {offenders(self.columns)}",
                remedy="Name the columns of output by sector, once each.",
            )
        if self.groups < 2 or not 1 <= self.components <= len(self.columns):
            raise SpecError(
                f"{self.groups} groups from {self.components} components of {len(self.columns)} columns.",
                allowed="two groups or more, components from 1 to the number of columns",
            )

    def __str__(self) -> str:
        how = "shares of output" if self.by == "shares" else "standardised indicators"
        return (
            f"Regions are put into {self.groups} groups by {self.components} principal components of {how} "
            f"({', '.join(self.names.get(c, c) for c in self.columns)}) and Ward's clustering"
        )

    def of(self, frame: pd.DataFrame, region: str = "region") -> RegionGroups:
        """Return the groups of the regions of a table.

        Raises
        ------
        LabelError, DataError, SpecError
        """
        require_known(
            [region, *self.columns], [str(c) for c in frame.columns], kind="column", where="groups of regions"
        )
        means = frame.groupby(region, sort=True)[list(self.columns)].mean().rename(columns=dict(self.names))
        if self.by == "indicators":
            return indicator_groups(means, self.groups, self.components)
        total = means.sum(axis=1)
        if bad := [str(r) for r in means.index[~(total > 0.0)]]:
            raise DataError("Output of a region sums to no positive number.", where=f"regions {offenders(bad)}")
        return output_groups(means.div(total, axis=0), self.groups, self.components)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "columns": list(self.columns), "names": dict(self.names)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grouping:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{**data, "columns": tuple(data["columns"])})


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
    profile : pandas.DataFrame, shape (groups, sectors)
        Mean of each group less that of all regions, in standard deviations over regions.
    """

    scores: pd.DataFrame
    loadings: pd.DataFrame
    explained: tuple[float, ...]
    group: pd.Series
    profile: pd.DataFrame

    @property
    def names(self) -> dict[int, str]:
        """Name of each group by number, with the column in which it differs most: ``group 2 (more mining)``."""
        found = {}
        for number, row in zip(self.profile.index, self.profile.to_numpy(np.float64), strict=True):
            place = int(np.abs(row).argmax())
            way = "more" if row[place] > 0.0 else "less"
            found[int(number)] = f"group {number} ({way} {self.profile.columns[place]})"
        return found


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
    return _grouped(shares, values, groups, components)


def indicator_groups(indicators: pd.DataFrame, groups: int = 5, components: int = 3) -> RegionGroups:
    """Group regions by indicators without a common unit: principal components of their correlations, then Ward.

    Parameters
    ----------
    indicators : pandas.DataFrame, shape (regions, columns)
        Numbers that differ between regions.
    groups, components : int

    Raises
    ------
    DataError, SpecError
    """
    values = indicators.to_numpy(np.float64)
    if bad := list(indicators.index[~np.isfinite(values).all(axis=1)]):
        raise DataError(
            "An indicator is missing in every row of a region, or infinite.",
            where=f"regions {offenders(bad)}",
            remedy="Leave these regions or the indicator out.",
        )
    spread = values.std(axis=0)
    if constant := [str(c) for c, v in zip(indicators.columns, spread, strict=True) if not v > 0.0]:
        raise DataError("An indicator is the same in all regions.", where=f"columns {offenders(constant)}")
    return _grouped(indicators, (values - values.mean(axis=0)) / spread, groups, components)


def _grouped(table: pd.DataFrame, values: Array, groups: int, components: int) -> RegionGroups:
    """Return components of the centred values, shape (regions, columns), and groups by them."""
    import pandas as pd
    from scipy.cluster.hierarchy import fcluster, linkage

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
    members = pd.Series(table.index.astype(str)).groupby(label).agg(["size", "min"])
    order = {
        old: new + 1 for new, old in enumerate(members.sort_values(["size", "min"], ascending=[False, True]).index)
    }
    names = [f"component {i + 1}" for i in range(components)]
    group = pd.Series([order[v] for v in label], index=table.index, name="group")
    spread = centred.std(axis=0)
    standard = pd.DataFrame(centred / np.where(spread > 0.0, spread, 1.0), index=table.index, columns=table.columns)
    return RegionGroups(
        pd.DataFrame(scores, index=table.index, columns=names),
        pd.DataFrame((right.T * signs)[:, :components], index=table.columns, columns=names),
        tuple(float(v) for v in (singular**2 / np.sum(singular**2))[:components]),
        group,
        standard.groupby(group).mean(),
    )
