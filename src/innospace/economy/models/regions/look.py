"""A reader looks into an economy of many regions: a scenario, and what the map shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.economy.models.regions.figures import PANELS
from innospace.economy.models.regions.presentation import sentences
from innospace.economy.models.regions.tables import title_of

if TYPE_CHECKING:
    from innospace.economy.models.regions.result import RegionsResult

SCENARIO, EFFECT = "scenario", "effect"


def choices(result: RegionsResult) -> tuple[Choice, ...]:
    """Return the scenarios that are solved and the effects a map may show; nothing when no scenario is solved."""
    names = result.solved
    if not names:
        return ()
    return (
        Choice(SCENARIO, "Scenario", {n: title_of(result, n) for n in names}, names[0]),
        Choice(EFFECT, "Shown", PANELS, next(iter(PANELS))),
    )


def view(result: RegionsResult, chosen: Mapping[str, str]) -> View:
    """Return the effects of a scenario in words, on a map, by distance, and as a table.

    Raises
    ------
    LabelError
        There is no such scenario or effect.
    """
    known = settled(choices(result), chosen)
    name = known[SCENARIO]
    figures = (result.plot.effects(name, (known[EFFECT],)), result.plot.reach(name))
    return View(title_of(result, name), sentences(result, name), figures, (), result.table("effects"))
