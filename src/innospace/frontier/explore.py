"""A reader looks into a fitted frontier: one unit among all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.core.numbers import percent
from innospace.frontier.presentation import labelled_efficiencies

if TYPE_CHECKING:
    from innospace.frontier.result import FrontierResult

UNIT = "unit"
MOST = 2_000
"""Units that can be chosen: the first of the ranking when there are more."""


def choices(result: FrontierResult) -> tuple[Choice, ...]:
    """Return the units by name; none where there is no inefficiency to rank them by."""
    if result.estimate.problem.density.name == "none":
        return ()
    names = sorted(set(labelled_efficiencies(result)["label"].head(MOST)))
    return (Choice(UNIT, "Unit", {n: n for n in names}, many=True),)


def view(result: FrontierResult, chosen: Mapping[str, str]) -> View:
    """Return the ranking with a unit highlighted, and what the numbers say of it.

    Raises
    ------
    LabelError
        There is no such unit.
    """
    unit = settled(choices(result), chosen)[UNIT]
    figure, table = result.plot.ranking(unit), result.table("efficiencies")
    if unit:
        rank = table.frame.loc[table.frame["label"] == unit, "rank"]
        marked = figure.data.assign(highlight=figure.data["rank"].isin(rank))
        figure = replace(figure, data=marked, encoding={**figure.encoding, "highlight": "highlight"})
    sentences: tuple[str, ...] = ()
    if unit:
        row = table.frame[table.frame["label"] == unit].iloc[0]
        sentences = (
            f"{unit} reaches {percent(float(row['te_bc']), 0)} of what the frontier allows (95\u202f% interval "
            f"{percent(float(row['te_lower']), 0)} to {percent(float(row['te_upper']), 0)}); it ranks "
            f"{int(row['rank'])} of {result.n} observations.",
        )
    return View(unit, sentences, (), (figure,), table)
