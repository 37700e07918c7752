"""A reader looks into a solved economy: a series, and the scenario the title speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.economy.models.knowledge.indicators import INDICATORS, figure, finding, sentences, table
from innospace.economy.models.knowledge.wording import label, ranked, strongest

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.result import EconomyResult

SERIES, SCENARIO, SHOWN = "series", "scenario", "shown"
DIFFERENCES, LEVELS = "differences", "levels"


def choices(result: EconomyResult) -> tuple[Choice, ...]:
    """Return the series, the scenarios and whether differences or levels are drawn."""
    names = [n for n, path in result.paths.items() if path.years]
    others = [n for n in names if n != result.baseline]
    if not names:
        return ()
    found = [Choice(SERIES, "Series", {n: i.title for n, i in INDICATORS.items()}, next(iter(INDICATORS)))]
    first = strongest(result) if ranked(result) else names[-1]
    found.append(Choice(SCENARIO, "Scenario in the title", {n: label(n) for n in names}, first))
    if others:
        shown = {DIFFERENCES: "Differences from the baseline", LEVELS: "Levels"}
        found.append(Choice(SHOWN, "Shown as", shown, DIFFERENCES))
    return tuple(found)


def view(result: EconomyResult, chosen: Mapping[str, str]) -> View:
    """Return every scenario by year, key results side by side, and what the chosen scenario does.

    Raises
    ------
    LabelError
        There is no such series or scenario.
    """
    known = settled(choices(result), chosen)
    series, focus = known[SERIES], known[SCENARIO]
    drawn = figure(result, series, focus, levels=known.get(SHOWN, LEVELS) == LEVELS)
    return View(
        label(focus), (f"{finding(result, series, focus)}.", *sentences(result, focus)), (), (drawn,), table(result)
    )
