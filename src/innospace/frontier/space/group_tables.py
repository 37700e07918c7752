"""Tables of regions by group of output structure, and how the groups stand to those of the source paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.core.errors import SpecError
from innospace.core.numbers import percent
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.groups import RegionGroups
    from innospace.frontier.space.result import SpaceResult

PUBLISHED = (
    "Published: Table 5 of Makarov et al. (2016), whose groups rest on the structure of regional output in an earlier "
    "paper; it names the eleven regions with the most technologies only. Groups here rest on other columns, are "
    "numbered by size and carry no names of the source: alike means that two regions are together in both or apart in "
    "both."
)


def required(result: SpaceResult) -> RegionGroups:
    """Return the groups, or raise :class:`SpecError` where the study makes none."""
    if result.grouping is None:
        raise SpecError(
            "Regions are not grouped in this study.",
            remedy='Name the columns: groups_from = ["mining", "manufacturing", "farming"].',
        )
    return result.grouping


def by_group(result: SpaceResult) -> pd.DataFrame:
    """Return group, regions, innovations per year and region, mean efficiency with tenth and ninetieth percentile."""
    groups = required(result)
    frame = result.regions.assign(group=result.regions["region"].map(groups.group))
    own = frame.groupby("group")
    found = own.agg(
        regions=("region", "nunique"), technologies=("technologies", "mean"), te=("te", "mean"), space=("space", "mean")
    )
    found = found.assign(te_lower=own["te"].quantile(0.1), te_upper=own["te"].quantile(0.9)).reset_index()
    return found.assign(group=found["group"].map(groups.names))


def groups(result: SpaceResult) -> Table:
    """Return means by group."""
    columns = (
        Column("group", "Group"),
        Column("regions", "Regions", "integer"),
        Column("technologies", "Innovations per year, mean", "fixed:1"),
        Column("space", "Space V, links, mean", "fixed:0"),
        Column("te", "Mean", "fixed:3", "Technical efficiency"),
        Column("te_lower", "10\u202f% below", "fixed:3", "Technical efficiency"),
        Column("te_upper", "10\u202f% above", "fixed:3", "Technical efficiency"),
    )
    notes = (f"{result.spec.grouping}. A group is named by the column that sets it apart most.",)
    return Table("groups", "Regions by group", by_group(result), columns, notes)


def components(result: SpaceResult) -> Table:
    """Return loadings of the principal components by column, and the share of variance each explains."""
    found = required(result)
    frame = found.loadings.rename_axis("column").reset_index()
    frame.columns = ["column", *(f"component_{i + 1}" for i in range(len(found.explained)))]
    shares = ", ".join(percent(v, 0) for v in found.explained)
    columns = (
        Column("column", "Column"),
        *(Column(c, f"Component {i + 1}", "fixed:3", "Loading") for i, c in enumerate(frame.columns[1:])),
    )
    note = f"Shares of variance explained: {shares}. The largest loading of a component is positive."
    return Table("components", "Principal components behind the groups", frame, columns, (note,))


def published_groups(result: SpaceResult) -> Table:
    """Return the regions of Table 5 of the source paper with their published group and the group found here.

    Raises
    ------
    SpecError
        The study makes no groups, or has none of these regions.
    """
    from innospace.data import published_table

    found = required(result)
    printed = published_table(5)
    frame = printed[["table4_region", "rank_by_teh_2010_2012", "efficiency_rank", "group"]]
    frame = frame.set_axis(["region", "rank", "te_rank", "published_group"], axis=1)
    frame = frame[frame["region"].isin(found.group.index)].reset_index(drop=True)
    if frame.empty:
        raise SpecError(
            "No region of this study is in Table 5 of the source paper.",
            remedy="Its regions have the English names of innospace samples russia-2010-2012.",
        )
    frame["group"] = frame["region"].map(found.group.map(found.names))
    alike, pairs = agreement(frame["published_group"], frame["group"])
    columns = (
        Column("region", "Region"),
        Column("rank", "Rank by innovations", "integer", "Published"),
        Column("te_rank", "Rank by efficiency among the eleven", "integer", "Published"),
        Column("published_group", "Group", "text", "Published"),
        Column("group", "Group here"),
    )
    notes = (PUBLISHED, f"{alike} of {pairs} pairs of regions are alike in both.")
    return Table("published-groups", "Groups of the source paper and groups here", frame, columns, notes)


def agreement(first: pd.Series, second: pd.Series) -> tuple[int, int]:
    """Return how many pairs are together in both groupings or apart in both, and the number of pairs."""
    a, b = first.to_numpy(), second.to_numpy()
    pairs = [(i, j) for i in range(len(a)) for j in range(i)]
    return sum((a[i] == a[j]) == (b[i] == b[j]) for i, j in pairs), len(pairs)
