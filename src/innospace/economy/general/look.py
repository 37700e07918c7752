"""A reader looks into a solved model: a scenario, and the kind of unknowns whose changes are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.economy.general.figures import KINDS, solved_names
from innospace.economy.general.presentation import sentences
from innospace.economy.general.tables import changes, title_of

if TYPE_CHECKING:
    from innospace.economy.general.study_result import EquilibriumResult

SCENARIO, KIND = "scenario", "kind"


def choices(result: EquilibriumResult) -> tuple[Choice, ...]:
    """Return the scenarios that are solved and the kinds of unknowns; nothing when no scenario is solved."""
    names = solved_names(result)
    if not names:
        return ()
    kinds = {k: title for k, title in KINDS.items() if len(changes(result, names[0], k))}
    return (
        Choice(SCENARIO, "Scenario", {n: title_of(result, n) for n in names}, names[0]),
        Choice(KIND, "Shown", kinds, next(iter(kinds))),
    )


def view(result: EquilibriumResult, chosen: Mapping[str, str]) -> View:
    """Return the changes that a scenario brings, in words, as a chart, and as a table of all variables side by side.

    Raises
    ------
    LabelError
        There is no such scenario or kind.
    """
    known = settled(choices(result), chosen)
    name = known[SCENARIO]
    figure = result.plot.changes(name, known[KIND])
    return View(title_of(result, name), sentences(result, name), (figure,), (), result.table("levels"))
