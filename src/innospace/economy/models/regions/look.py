"""A reader looks into an economy of many regions: a scenario, a year, what the map shows, and a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.core.numbers import signed
from innospace.economy.models.regions.figures import PANELS
from innospace.economy.models.regions.presentation import sentences
from innospace.economy.models.regions.tables import effects_of, title_of

if TYPE_CHECKING:
    from innospace.economy.models.regions.result import RegionsResult

SCENARIO, EFFECT, YEAR, REGION = "scenario", "effect", "year", "region"


def choices(result: RegionsResult) -> tuple[Choice, ...]:
    """Return solved scenarios, effects a map may show, years and regions; nothing when no scenario is solved."""
    names = result.solved
    if not names:
        return ()
    years = [str(y) for y in range(result.years[1], result.years[0], -1)]
    regions = sorted(result.frames["regions"]["region"])
    return (
        Choice(SCENARIO, "Scenario", {n: title_of(result, n) for n in names}, names[0]),
        Choice(EFFECT, "Shown", PANELS, next(iter(PANELS))),
        Choice(YEAR, "Year", {y: y for y in years}, years[0]),
        Choice(REGION, "Region", {n: n for n in regions}, many=True),
    )


def view(result: RegionsResult, chosen: Mapping[str, str]) -> View:
    """Return the effects of a scenario in words, on a map, by distance, and as a table; of a region also by year.

    Raises
    ------
    LabelError
        There is no such scenario, effect, year or region.
    """
    known = settled(choices(result), chosen)
    name, year, effect, region = known[SCENARIO], int(known[YEAR]), known[EFFECT], known[REGION]
    figures = (result.plot.effects(name, (effect,), year), result.plot.reach(name, year))
    table = effects_of(result, name, year)
    if not region:
        return View(title_of(result, name), sentences(result, name, year), (), figures, table)
    own = (result.plot.path(region, name, effect),)
    return View(region, told(result, name, year, region), own, figures, table)


def told(result: RegionsResult, name: str, year: int, region: str) -> tuple[str, ...]:
    """Return what a scenario does to a region by a year, in sentences."""
    frame = result.effects_in(name, year)
    row = frame[frame["region"] == region].iloc[0]
    parts = ", ".join(f"{word.lower()} {signed(float(row[key]), 2)}\u202f%" for key, word in PANELS.items())
    place = int((frame["product"] > row["product"]).sum()) + 1
    moved = "The scenario acts here." if region in result.touched(name) else "The scenario acts elsewhere."
    return (
        f"{title_of(result, name)}, {region} in {year} against the baseline: {parts}.",
        f"{moved} By product it is number {place} of {len(frame)} regions.",
    )
