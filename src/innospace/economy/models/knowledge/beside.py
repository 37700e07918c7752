"""Scenarios of one result beside each other: every series by year, its level and its difference from the baseline.

The level of a series under a scenario is ``x(s, t)``; it is held against the baseline ``b`` in percent,
``100 (x(s, t) / x(b, t) - 1)``, or in percentage points, ``x(s, t) - x(b, t)``, as the series asks for
(:data:`innospace.economy.models.knowledge.indicators.INDICATORS`). Growth is the average of a year from the base year
to the last one; it has no year of its own and stands in the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.core.errors import LabelError, SolverError
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, signed
from innospace.core.table import Column, Table
from innospace.economy.models.knowledge.indicators import INDICATORS, POINTS
from innospace.economy.models.knowledge.wording import label, points, solved

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.knowledge.result import EconomyResult

GROWTH = "growth"
COLUMNS = ("scenario", "series", "year", "level", "baseline", "difference", "unit", "difference_unit")


def chosen(result: EconomyResult, names: Sequence[str]) -> EconomyResult:
    """Return a result that holds the baseline and some scenarios, in the order named; all when none is named.

    Raises
    ------
    LabelError
        There is no such scenario.
    SolverError
        The baseline has no solution in some year, so that nothing can be held against it.
    """
    base = result.paths[result.baseline]
    if base.failure is not None:
        raise SolverError(
            f"The baseline has no solution after {base.years[-1] if base.years else 'the data'}.",
            where=result.baseline,
            remedy="Scenarios are held against it: mend the baseline first.",
        )
    require_known(names, list(result.paths), kind="scenario")
    wanted = dict.fromkeys((result.baseline, *(names or result.paths)))
    return replace(result, paths={n: result.paths[n] for n in wanted}, draws=None)


def numbers(result: EconomyResult) -> pd.DataFrame:
    """Return a row a scenario, series and solved year; columns are :data:`COLUMNS`, the baseline comes first."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    base = {key: what.series(result, result.baseline) for key, what in INDICATORS.items()}
    for name in result.paths:
        if name in solved(result):
            growth, own = result.growth[result.baseline], result.growth[name]
            gap = points(result, name)
            rows.append((name, GROWTH, result.years[-1], 100.0 * own, 100.0 * growth, gap, "% a year", POINTS))
        for key, what in INDICATORS.items():
            levels, gaps = what.series(result, name), what.against(result, name)
            rows += [
                (name, key, year, float(level), float(before), float(gap), what.unit, what.difference)
                for year, level, before, gap in zip(result.years, levels, base[key], gaps, strict=False)
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def scenarios(result: EconomyResult) -> tuple[str, ...]:
    """Return the names of scenarios, without the baseline."""
    return tuple(n for n in result.paths if n != result.baseline)


def years(result: EconomyResult) -> tuple[int, ...]:
    """Return the years, the base year first."""
    return tuple(result.years)


def findings(result: EconomyResult) -> tuple[str, ...]:
    """Return what each scenario does to growth, in sentences."""
    from innospace.economy.models.knowledge.indicators import sentences

    return tuple(f"{label(n)}: {s}" for n in scenarios(result) for s in sentences(result, n)[:1])


def levels(result: EconomyResult, year: int) -> Table:
    """Return the level of every series in a year, a column a scenario."""
    return _beside(result, year, "level")


def changes(result: EconomyResult, year: int) -> Table:
    """Return the difference of every series from the baseline in a year, a column a scenario."""
    return _beside(result, year, "difference")


def _beside(result: EconomyResult, year: int, what: str) -> Table:
    _require_year(result, year)
    against = what == "difference"
    names = [n for n in result.paths if n != result.baseline or not against]
    rows = numbers(result)
    rows = rows[rows["year"] == year]
    unit = "difference_unit" if against else "unit"
    wide = rows.pivot(index="series", columns="scenario", values=what)
    order = [s for s in (GROWTH, *INDICATORS) if s in wide.index]
    frame = wide.reindex(index=order, columns=names).rename_axis(columns=None).reset_index()
    frame.insert(1, "title", [_title(s) for s in order])
    frame.insert(2, "unit", [str(rows[rows["series"] == s][unit].iloc[0]) for s in order])
    columns = (
        Column("title", "Series"),
        Column("unit", "Unit"),
        *(Column(n, label(n), "fixed:2") for n in names),
    )
    layout = frame[["title", "unit"]].assign(
        **{n: [_written(float(v), series, against) for series, v in zip(order, frame[n], strict=True)] for n in names}
    )
    notes = [
        "Growth: average a year of the chained volume index of gross regional product, "
        f"{result.years[0]}\u2013{result.years[-1]}."
    ]
    notes += [
        f"{label(n)}: no solution after {result.paths[n].years[-1]}."
        for n in names
        if result.paths[n].failure is not None and result.paths[n].years
    ]
    file, said = ("scenarios-changes", "Difference from the baseline") if against else ("scenarios-levels", "Levels")
    rules = (1,) if order[:1] == [GROWTH] else ()
    return Table(file, f"{said}, {year}", frame, columns, tuple(notes), layout=layout, rules=rules)


def _written(value: float, series: str, against: bool) -> str:
    """Return a number of a series as text: differences with their sign."""
    if against:
        return signed(value, 3 if series == GROWTH else 2)
    return fixed(value, 3 if series == GROWTH else INDICATORS[series].decimals)


def _title(series: str) -> str:
    return "Growth of real gross regional product" if series == GROWTH else INDICATORS[series].title


def _require_year(result: EconomyResult, year: int) -> None:
    if year not in result.years:
        raise LabelError(
            f"The run has no year {year}.",
            allowed=f"{result.years[0]} to {result.years[-1]}",
            remedy="Choose one of its years.",
        )
