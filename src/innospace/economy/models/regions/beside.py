"""Scenarios of one result beside each other: the product of every region and sums over regions, by year.

The change of a series is ``100 (x(s, t) / x(b, t) - 1)`` against the baseline ``b`` of the same year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.errors import SolverError
from innospace.core.labels import require_known
from innospace.core.table import Column, Table
from innospace.economy.models.regions.presentation import sentences
from innospace.economy.models.regions.result import BASELINE
from innospace.economy.models.regions.tables import title_of

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.regions.result import RegionsResult

SUMS = ("product", "consumption", "labour")
"""Columns of paths that are summed over regions."""
SHOWN = "product"
"""Column of paths that is shown by region."""
ALL = "all regions"
STYLES = {
    "level": ("integer", "scenarios-levels", "Levels"),
    "difference": ("fixed:3", "scenarios-changes", "Changes against the baseline"),
}


def chosen(result: RegionsResult, names: Sequence[str]) -> RegionsResult:
    """Return a result that holds the baseline and some scenarios, in the order named; all when none is named.

    Raises
    ------
    LabelError
        There is no such scenario.
    SolverError
        The baseline has no solution in some year, so that nothing can be held against it.
    """
    rows = result.frames["paths"]
    last = rows.loc[rows["scenario"] == BASELINE, "year"].max()
    if last != result.years[1]:
        raise SolverError(
            f"The baseline has no solution after {last}.",
            remedy="Scenarios are held against it: mend the baseline first.",
        )
    require_known(names, [BASELINE, *result.scenarios], kind="scenario")
    kept = {n: result.scenarios[n] for n in (names or result.scenarios) if n != BASELINE}
    paths = rows[rows["scenario"].isin([BASELINE, *kept])].reset_index(drop=True)
    return replace(result, scenarios=kept, frames={**result.frames, "paths": paths})


def scenarios(result: RegionsResult) -> tuple[str, ...]:
    """Return the names of scenarios, without the baseline."""
    return tuple(result.scenarios)


def years(result: RegionsResult) -> tuple[int, ...]:
    """Return the years, the base year first."""
    return tuple(range(result.years[0], result.years[1] + 1))


def findings(result: RegionsResult) -> tuple[str, ...]:
    """Return what each scenario does, in sentences."""
    return tuple(sentence for n in scenarios(result) for sentence in sentences(result, n)[:1])


def numbers(result: RegionsResult) -> pd.DataFrame:
    """Return a row a scenario, series, region and year: ``level``, ``baseline``, ``difference`` and their units."""
    import pandas as pd

    paths = result.frames["paths"]
    total = paths.groupby(["scenario", "year"], sort=False)[list(SUMS)].sum().reset_index()
    wide = pd.concat([total.assign(region=ALL), paths[["scenario", "year", "region", SHOWN]]], ignore_index=True)
    frame = wide.melt(["scenario", "year", "region"], list(SUMS), "series", "level").dropna(subset=["level"])
    base = frame[frame["scenario"] == BASELINE].drop(columns="scenario").rename(columns={"level": "baseline"})
    frame = frame.merge(base, on=["year", "region", "series"], how="left")
    frame["difference"] = 100.0 * (frame["level"] / frame["baseline"] - 1.0)
    frame["unit"] = ["mln RUB of base-year wages" if s == "labour" else "mln RUB" for s in frame["series"]]
    return frame.assign(difference_unit="%")


def levels(result: RegionsResult, year: int) -> Table:
    """Return the level of every series in a year, a column a scenario."""
    return _beside(result, year, "level", (BASELINE, *result.scenarios))


def changes(result: RegionsResult, year: int) -> Table:
    """Return the change of every series from the baseline in a year, a column a scenario."""
    return _beside(result, year, "difference", tuple(result.scenarios))


def _beside(result: RegionsResult, year: int, what: str, names: Sequence[str]) -> Table:
    rows = numbers(result)
    rows = rows[rows["year"] == year]
    first = rows[rows["scenario"] == BASELINE].reset_index(drop=True)
    frame = first[["series", "region"]].assign(unit=first["unit"] if what == "level" else "%")
    there = [n for n in names if (rows["scenario"] == n).any()]
    keys = [(s, r) for s, r in zip(frame["series"], frame["region"], strict=True)]
    for name in there:
        own = rows[rows["scenario"] == name].set_index(["series", "region"])[what]
        frame[name] = own.reindex(keys).to_numpy()
    frame.insert(0, "title", [f"{s.capitalize()}, {r}" for s, r in keys])
    style, file, said = STYLES[what]
    columns = (
        Column("title", "Series"),
        Column("unit", "Unit"),
        *(Column(n, title_of(result, n), style) for n in there),
    )
    missing = tuple(f"{title_of(result, n)}: no solution in {year}." for n in names if n not in there)
    return Table(file, f"{said}, {year}", frame, columns, missing)
