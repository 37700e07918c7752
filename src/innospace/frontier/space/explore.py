"""A reader looks into an innovation-space study: a year, and a region of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent, significant
from innospace.frontier.space.wording import reach

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.space.result import SpaceResult

YEAR, REGION = "year", "region"


def choices(result: SpaceResult) -> tuple[Choice, ...]:
    """Return the years, where there are several, and the regions."""
    names = sorted(set(result.regions["region"].astype(str)))
    regions = Choice(REGION, "Region", {n: n for n in names}, many=True)
    years = {str(y): str(y) for y in result.years}
    if len(years) < 2:
        return (regions,)
    return Choice(YEAR, "Year", years, str(result.years[-1])), regions


def view(result: SpaceResult, chosen: Mapping[str, str]) -> View:
    """Return map, frontier, ranking and table of a year, and what the numbers say of one region.

    Raises
    ------
    LabelError
        There is no such year or region.
    """
    known = settled(choices(result), chosen)
    year, region = int(known.get(YEAR, result.years[-1])), known[REGION]
    shown = replace(result, spec=replace(result.spec, focus=(region,))) if region else result
    plot = shown.plot
    drawn = [plot.map(year)] if plot.mapped(year) else []
    frontier = plot.frontier(year)
    if region:
        # the largest regions are named in a report; here the eye shall find one
        frontier = replace(frontier, data=frontier.data.assign(highlight=frontier.data["region"] == region))
    figures = (*drawn, frontier, plot.ranking(year))
    whole = result.table("regions")
    rows = whole.frame[whole.frame["year"] == year].sort_values("rank", kind="stable")
    columns = tuple(c for c in whole.columns if c.key != "year")
    title = f"Efficiency and used innovation space by region{f', {year}' if year else ''}"
    table = replace(whole, name=f"regions-{year}", title=title, frame=rows.reset_index(drop=True), columns=columns)
    own = path(result, region) if region else None
    return View(region, profile(result, region, year) if region else (), (own,) if own else (), figures, table)


def profile(result: SpaceResult, region: str, year: int) -> tuple[str, ...]:
    """Return what the numbers say of a region in a year, in sentences."""
    rows = result.regions[result.regions["year"] == year]
    own = rows[rows["region"] == region]
    if own.empty:
        return (f"{region} is not among the regions of {year}.",)
    row = own.iloc[0]
    counted = f"{significant(float(row['technologies']))} new production technologies a year (mean of three years)"
    found = [
        reach(result, row, len(rows)),
        f"It had {counted} and an innovation space of {fixed(float(row['space']), 0)} potential links, of which it "
        f"used {significant(float(row['used_space']))} (interval {significant(float(row['used_space_lower']))} to "
        f"{significant(float(row['used_space_upper']))}).",
    ]
    return (*found, *_change(result, region))


def _change(result: SpaceResult, region: str) -> list[str]:
    """Say how efficiency and rank moved from the first year to the last, and whether intervals overlap."""
    rows = _years_of(result, region)
    if len(rows) < 2:
        return []
    a, b = rows.iloc[0], rows.iloc[-1]
    gap = float(b["te"] - a["te"])
    overlap = a["te_lower"] <= b["te_upper"] and b["te_lower"] <= a["te_upper"]
    sizes = result.regions.groupby("year").size()
    ranks = f"{int(a['rank'])} of {sizes[a['year']]} to {int(b['rank'])} of {sizes[b['year']]}"
    return [
        f"Between {int(a['year'])} and {int(b['year'])} its efficiency {'rose' if gap >= 0 else 'fell'} from "
        f"{percent(float(a['te']), 0)} to {percent(float(b['te']), 0)}, its rank went from {ranks}; the intervals of "
        f"the two years {'overlap, so it may not have moved at all' if overlap else 'do not overlap'}."
    ]


def path(result: SpaceResult, region: str) -> Figure | None:
    """Return efficiency of a region by year with its intervals; None where it has fewer than two years."""
    rows = _years_of(result, region)
    if len(rows) < 2:
        return None
    level = percent(result.spec.level, 0)
    frame = rows[["region", "year", "te", "te_lower", "te_upper"]].reset_index(drop=True)
    values = ", ".join(f"{int(y)}: {fixed(float(te), 2)}" for y, te in zip(frame["year"], frame["te"], strict=True))
    first, last = frame.iloc[0], frame.iloc[-1]
    return Figure(
        "region",
        FigureKind.LINES,
        f"{region}: {percent(float(first['te']), 0)} of the frontier in {int(first['year'])}, "
        f"{percent(float(last['te']), 0)} in {int(last['year'])}",
        f"Technical efficiency, share of the frontier, {int(first['year'])}\u2013{int(last['year'])}, with {level} "
        "intervals",
        "Estimated. The intervals take the parameters of the frontier as known, so they are too narrow.",
        f"Line of technical efficiency of {region}. {values}.",
        frame,
        {
            "x": "year",
            "y": "te",
            "lower": "te_lower",
            "upper": "te_upper",
            "x_title": "Year",
            "y_title": "Technical efficiency",
        },
    )


def _years_of(result: SpaceResult, region: str) -> pd.DataFrame:
    return result.regions[result.regions["region"] == region].sort_values("year")
