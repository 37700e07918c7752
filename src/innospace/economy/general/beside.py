"""Scenarios of one result beside each other: macroeconomic accounts and every unknown, level and change in percent.

The change of a series is ``100 (x(s) / x(b) - 1)`` against the baseline ``b``; missing where that is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError
from innospace.core.labels import require_known
from innospace.core.table import Column, Table
from innospace.economy.general.presentation import sentences
from innospace.economy.general.tables import title_of

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.study_result import EquilibriumResult

Array = NDArray[np.float64]
KINDS = ("price", "level", "income", "transfer", "instrument")
UNITS = {"account": "money", "price": "of the numeraire", "level": "benchmark = 1"}
"""Unit by kind; incomes and transfers are in money too, which the numeraire sets."""


def chosen(result: EquilibriumResult, names: Sequence[str]) -> EquilibriumResult:
    """Return a result that holds the baseline and some scenarios, in the order named; all when none is named.

    Raises
    ------
    LabelError
        There is no such scenario.
    SolverError
        The baseline has no solution, so that nothing can be held against it.
    """
    if not result.baseline.status.converged:
        raise SolverError(
            "The baseline has no solution.", remedy="Scenarios are held against it: mend the baseline first."
        )
    base = next(iter(result.solutions))
    require_known(names, list(result.solutions), kind="scenario")
    wanted = tuple(dict.fromkeys((base, *(names or result.solutions))))
    kept = {n: s for n, s in result.scenarios.items() if n in wanted}
    return replace(result, solutions={n: result.solutions[n] for n in wanted}, scenarios=kept)


def scenarios(result: EquilibriumResult) -> tuple[str, ...]:
    """Return the names of scenarios, without the baseline."""
    return tuple(result.solutions)[1:]


def years(_result: EquilibriumResult) -> tuple[int, ...]:
    """Return no years: a general model has one."""
    return ()


def findings(result: EquilibriumResult) -> tuple[str, ...]:
    """Return what each scenario does, in sentences."""
    return tuple(sentence for n in scenarios(result) for sentence in sentences(result, n)[:1])


def numbers(result: EquilibriumResult) -> pd.DataFrame:
    """Return a row a solved scenario and series: ``scenario, series, level, baseline, difference`` and their units."""
    import pandas as pd

    wide = _wide(result)
    base = wide[next(iter(result.solutions))].to_numpy(dtype=np.float64)
    frames = []
    for name in _solved(result):
        level = wide[name].to_numpy(dtype=np.float64)
        frame = pd.DataFrame({"scenario": name, "series": wide["kind"] + "." + wide["name"], "level": level})
        frames.append(frame.assign(baseline=base, difference=_percent(level, base), unit=wide["unit"]))
    return pd.concat(frames, ignore_index=True).assign(difference_unit="%")


def levels(result: EquilibriumResult, _year: int) -> Table:
    """Return the level of every series, a column a scenario."""
    return _table(result, _wide(result), _solved(result), "scenarios-levels", "Levels", "significant:6")


def changes(result: EquilibriumResult, _year: int) -> Table:
    """Return the change of every series against the baseline, a column a scenario."""
    frame = _wide(result)
    base, *names = _solved(result)
    before = frame[base].to_numpy(dtype=np.float64)
    for name in names:
        frame[name] = _percent(frame[name].to_numpy(dtype=np.float64), before)
    said = "Changes against the baseline"
    return _table(result, frame.drop(columns=base).assign(unit="%"), names, "scenarios-changes", said, "fixed:2")


def _solved(result: EquilibriumResult) -> list[str]:
    return [n for n, s in result.solutions.items() if s.status.converged]


def _wide(result: EquilibriumResult) -> pd.DataFrame:
    """Return ``kind, name, unit`` and a column a solved scenario."""
    import pandas as pd

    names = _solved(result)
    accounts = result.table("gdp").frame
    accounts = accounts.assign(name=accounts["account"] + ", " + accounts["item"], kind="account")
    unknowns = result.table("levels").frame
    unknowns = unknowns[unknowns["kind"].isin(KINDS)]
    frame = pd.concat([accounts[["kind", "name", *names]], unknowns[["kind", "name", *names]]], ignore_index=True)
    frame.insert(2, "unit", [UNITS.get(k, UNITS["account"]) for k in frame["kind"]])
    return frame


def _percent(level: Array, base: Array) -> Array:
    return np.asarray(100.0 * (level / np.where(base != 0.0, base, np.nan) - 1.0))


def _table(
    result: EquilibriumResult, frame: pd.DataFrame, names: Sequence[str], file: str, said: str, style: str
) -> Table:
    frame = frame.copy()
    heads = frame["kind"].str.capitalize() + " " + frame["name"]
    frame.insert(0, "title", heads.where(frame["kind"] != "account", frame["name"]))
    columns = (
        Column("title", "Series"),
        Column("unit", "Unit"),
        *(Column(n, title_of(result, n), style) for n in names),
    )
    missing = [n for n in result.solutions if n not in _solved(result)]
    notes = tuple(f"{title_of(result, n)}: no solution." for n in missing)
    return Table(file, said, frame, columns, notes)
