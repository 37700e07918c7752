"""Tables of an economy of many regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from innospace.core.table import Column, Table
from innospace.economy.models.regions.assumptions import RANGES, REASONS

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.regions.result import RegionsResult

SHOWN = 12
"""Regions of the table of effects, by scenario: those it moves, then the largest effects."""


def title_of(result: RegionsResult, name: str) -> str:
    """Return what a reader calls a scenario."""
    scenario = result.scenarios.get(name)
    return (scenario.title if scenario else "") or name.replace("-", " ").replace("_", " ").capitalize()


def growth(result: RegionsResult) -> Table:
    """Return product, capital, labour and knowledge of every region in the base year and their growth."""
    r, (first, last) = result, result.years
    rows = r.path()
    begin = rows[rows["year"] == first].set_index("region")
    end = rows[rows["year"] == rows["year"].max()].set_index("region")
    span = max(1, int(rows["year"].max()) - first)
    frame = r.frames["regions"][["region", "federal_district", "product", "technical_efficiency", "home_share"]].copy()
    for name in ("product", "productivity", "capital", "labour"):
        ratio = (end[name] / begin[name]).reindex(frame["region"]).to_numpy()
        frame[f"{name}_growth"] = 100.0 * (ratio ** (1.0 / span) - 1.0)
    columns = (
        Column("region", "Region"),
        Column("product", f"Product {first}, mln RUB", "integer"),
        Column("technical_efficiency", "Efficiency", "fixed:3"),
        Column("home_share", "Bought at home", "percent:0"),
        Column("product_growth", "Product", "fixed:2", f"Growth to {last}, % a year"),
        Column("productivity_growth", "Productivity", "fixed:2", f"Growth to {last}, % a year"),
        Column("capital_growth", "Capital", "fixed:2", f"Growth to {last}, % a year"),
        Column("labour_growth", "Labour", "fixed:2", f"Growth to {last}, % a year"),
    )
    notes = (
        "Product of the base year, capital and R&D personnel: Rosstat. Trade, shares and everything after the base "
        "year: assumed or simulated. Product at prices of the base year.",
    )
    return Table("growth", "Regions without shocks", frame, columns, notes)


_EFFECTS = {
    "product": "Product",
    "productivity": "Productivity",
    "labour": "Labour",
    "real_wage": "Real wage",
    "terms_of_trade": "Terms of trade",
}
_BY_KNOWLEDGE = (
    "Productivity of a region that a scenario does not move changes by knowledge alone: its own, which follows its "
    "income, and that of others in reach. The rest of the effect comes by trade, migration and capital."
)


def effects(result: RegionsResult) -> Table:
    """Return effects of every scenario in the last year: regions that it moves, then those it changes most."""
    import pandas as pd

    frames = [_ordered(result, name, result.years[1]).head(SHOWN) for name in result.solved]
    columns = ["scenario", "region", *_EFFECTS]
    frame = pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    frame["scenario"] = [title_of(result, n) for n in frame["scenario"]]
    heads = (Column("scenario", "Scenario"), Column("region", "Region"), *_effect_columns(result.years[1]))
    return Table("effects", "Regions that scenarios change most", frame, heads, (_BY_KNOWLEDGE,))


def effects_of(result: RegionsResult, name: str, year: int) -> Table:
    """Return effects of one scenario in a year on every region: those that it moves, then those it changes most.

    Raises
    ------
    LabelError
        No such scenario or year, or the scenario has no solution.
    """
    frame = _ordered(result, name, year)[["region", *_EFFECTS]]
    heads = (Column("region", "Region"), *_effect_columns(year))
    return Table("effects", f"{title_of(result, name)}: every region", frame, heads, (_BY_KNOWLEDGE,))


def _ordered(result: RegionsResult, name: str, year: int) -> pd.DataFrame:
    frame = result.effects_in(name, year)
    moved = frame["region"].isin(result.touched(name))
    size = frame["product"].abs().where(~moved, float("inf"))
    return frame.assign(size=size).sort_values("size", ascending=False, kind="stable", ignore_index=True)


def _effect_columns(year: int) -> list[Column]:
    return [Column(k, h, "fixed:3", f"Against the baseline in {year}, %") for k, h in _EFFECTS.items()]


def channels(result: RegionsResult) -> Table:
    """Return effects in the last year by channel; no rows where they were not asked for."""
    import pandas as pd

    keys = ["scenario", "region", "whole", "without_spillover", "by_spillover"]
    frames = []
    if "channels" in result.frames:
        for name, frame in result.frames["channels"].groupby("scenario", sort=False):
            moved = frame["region"].isin(result.touched(str(name)))
            size = frame["by_spillover"].abs().where(~moved, float("inf"))
            ordered = frame.assign(size=size).sort_values("size", ascending=False, kind="stable")
            frames.append(ordered.head(SHOWN).assign(scenario=title_of(result, str(name))))
    frame = pd.concat(frames, ignore_index=True)[keys] if frames else pd.DataFrame(columns=keys)
    group = f"Product against the baseline in {result.years[1]}, %"
    columns = (
        Column("scenario", "Scenario"),
        Column("region", "Region"),
        Column("whole", "Whole", "fixed:3", group),
        Column("without_spillover", "Without spillovers", "fixed:3", group),
        Column("by_spillover", "By spillovers", "fixed:3", group),
    )
    notes = (
        "Without spillovers knowledge stays where it is made; trade, migration and capital are left. Regions that a "
        "scenario moves come first, then those to which spillovers bring most.",
    )
    return Table("channels", "How effects reach other regions", frame, columns, notes)


def shocks(result: RegionsResult) -> Table:
    """Return what each scenario changes."""
    import pandas as pd

    rows = [
        (
            title_of(result, n),
            s.parameter,
            ", ".join(s.where.get("region", ())) or "all",
            "–".join(map(str, s.years)) or "every year",
            f"{s.operation} {', '.join(f'{v:g}' for v in (s.value if isinstance(s.value, tuple) else (s.value,)))}",
            scenario.why,
        )
        for n, scenario in result.scenarios.items()
        for s in scenario.shocks
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "parameter", "where", "years", "operation", "why"])
    heads = ("Scenario", "Parameter", "Regions", "Years", "Change", "Reason")
    return Table("shocks", "What scenarios change", frame, tuple(map(Column, frame.columns, heads)))


def assumptions(result: RegionsResult) -> Table:
    """Return every assumption with its value, range and reason."""
    import pandas as pd

    values = asdict(result.assumptions)
    rows = [(n, v, RANGES[n], REASONS[n]) for n, v in values.items()]
    frame = pd.DataFrame(rows, columns=["assumption", "value", "range", "reason"])
    columns = (
        Column("assumption", "Assumption"),
        Column("value", "Value", "significant:4"),
        Column("range", "Allowed"),
        Column("reason", "Reason of the default"),
    )
    return Table("assumptions", "What is assumed", frame, columns)


def paths(result: RegionsResult) -> Table:
    """Return every year of every region and scenario."""
    frame = result.frames["paths"]
    columns = tuple(
        Column(c, c.replace("_", " ").capitalize(), "text" if c in ("scenario", "region") else "significant:6")
        for c in frame.columns
        if c != "year"
    )
    columns = (columns[0], Column("year", "Year", "year"), *columns[1:])
    return Table("paths", "Paths of all regions", frame, columns, (), folded=True)


TABLES: Mapping[str, Callable[[RegionsResult], Table]] = {
    "growth": growth,
    "effects": effects,
    "channels": channels,
    "shocks": shocks,
    "assumptions": assumptions,
    "paths": paths,
}
"""Tables by name."""
