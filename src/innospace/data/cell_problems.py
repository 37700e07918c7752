"""A table as it is looked at before it is used: its columns, its first rows, and every cell that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import InnospaceError, offenders
from innospace.data.faults import Fault, Found

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.dataset import Dataset

FIRST, FIRST_BESIDE = 20, 6
"""Rows that are shown in any case: of a sound table, and of one whose rows with problems are shown besides."""
WIDEST = 60
"""Columns that are shown besides those with a problem; all of them are summed up."""
MOST = 500
"""Problems of cells that are told one by one; all of them are counted."""
YEARS = (1800, 2200)
REGIONAL = 0.5
"""A text column with at least this share of known regions of Russia is a column of regions."""
APART = 0.9
"""A column of names tells rows apart, with a few copies among them, when this share of its rows stands alone."""
_TRIED = 2_000
_YEAR = re.compile(r"year|год|\bjahr|\banno", re.IGNORECASE)
_KINDS = {"i": "whole number", "u": "whole number", "f": "number", "b": "true or false"}


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One cell that is wrong.

    Attributes
    ----------
    position : int
        Row of the table, counted from 0.
    row : int
        Row of the file, counted from 1 with the header; of a sample, row of the table.
    label : str
        Whose row it is, such as ``Ufa, 2012``; empty when the table does not tell.
    column : str
        As the file names it; empty when the fault is the row's.
    text : str
        What stands in the cell.
    what, allowed, remedy : str
    """

    position: int
    row: int
    label: str
    column: str
    text: str
    what: str
    allowed: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """What was recognised in a column: kind of values, how many are missing, smallest and largest, or examples."""

    name: str
    kind: str
    missing: int
    low: str
    high: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSurvey:
    """What there is to see of a table.

    Attributes
    ----------
    rows : int
        Of the table.
    columns : tuple of ColumnSummary
    positions : tuple of int
        Rows that are shown: the first ones and those with a problem.
    numbers : tuple of int
        Their rows in the file.
    shown : tuple of str
        Columns that are shown: the first ones and those with a problem.
    cells : tuple of tuple of str
        What stands in these rows and columns.
    problems : tuple of CellProblem
        In the order of rows; the first ``MOST``.
    count : int
        Problems of cells in all.
    errors : tuple of InnospaceError
        What is wrong with the table as a whole.
    notes : tuple of str
        How it was read.
    readable : bool
        Whether the file can be read as it is; it may still break the schema.
    """

    rows: int
    columns: tuple[ColumnSummary, ...]
    positions: tuple[int, ...]
    numbers: tuple[int, ...]
    shown: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    problems: tuple[CellProblem, ...]
    count: int
    errors: tuple[InnospaceError, ...]
    notes: tuple[str, ...]
    readable: bool


def survey(
    source: Path | Dataset,
    *,
    options: Mapping[str, Any] | None = None,
    schema: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> TableSurvey:
    """Look at a table.

    Parameters
    ----------
    source : Path or Dataset
        A file; or a table that was read already, such as a sample.
    options : mapping, optional
        How the file is read, see :func:`innospace.data.read_table`.
    schema : str, optional
        ``innovation_space``, to hold the table against it.
    columns : mapping, optional
        Column of the schema -> column of the table.

    Returns
    -------
    TableSurvey
        ``readable`` is False when cells keep the file from being read at all.

    Raises
    ------
    InnospaceError
        The file as a whole cannot be read.
    """
    from innospace.data.readers import read_faulty

    dataset, found = read_faulty(source, **(options or {})) if isinstance(source, Path) else (source, Found())
    frame = dataset.frame
    faults, errors = list(found.faults), list[InnospaceError]()
    faulty = {f.column for f in faults}
    if schema is not None:
        broken, errors = _against_schema(frame, dict(columns or {}), faulty)
        faults += broken
    else:
        faults += [*_standing_again(frame), *_totals(frame)]
    problems, count = _problems(frame, faults, found, _labels(frame, dict(columns or {})))
    first = FIRST_BESIDE if problems else FIRST
    shown = sorted({*range(min(first, len(frame))), *(p.position for p in problems)})
    names = [str(c) for c in frame.columns]
    wrong = {p.column for p in problems}
    wide = [n for i, n in enumerate(names) if i < WIDEST or n in wrong]
    texts = [[_shown(frame[c].iloc[i]) for i in shown] for c in wide]
    return TableSurvey(
        rows=len(frame),
        columns=tuple(_summary(n, frame[c], n in faulty) for n, c in zip(names, frame.columns, strict=True)),
        positions=tuple(shown),
        numbers=tuple(found.row(i) for i in shown),
        shown=tuple(wide),
        cells=tuple(zip(*texts, strict=True)),
        problems=problems,
        count=count,
        errors=tuple(errors),
        notes=dataset.steps,
        readable=not found.faults,
    )


def _against_schema(
    frame: pd.DataFrame, columns: dict[str, str], faulty: set[str]
) -> tuple[list[Fault], list[InnospaceError]]:
    """Return faults under the names of the file, and what is wrong with the table as a whole.

    Columns that cannot be read as they stand have been told already.
    """
    from innospace.data.schemas.checks import missing_columns
    from innospace.data.schemas.innovation_space import faults, renamed

    try:
        named = renamed(frame, columns)
    except InnospaceError as error:
        return [], [error]
    missing = missing_columns(named)
    given = {name: columns.get(name, name) for name in map(str, named.columns)}
    # zero counts are left to the step, which states the rule for them
    found = [replace(f, column=given.get(f.column, "")) for f in faults(named, zero_rule="drop")]
    return [f for f in found if f.column not in faulty], [missing] if missing is not None else []


def _standing_again(frame: pd.DataFrame) -> list[Fault]:
    """Return rows that stand in the table twice: where nearly all names, or names and years, tell the rows apart."""
    names = [c for c in frame.columns if frame[c].dtype.kind not in "iufb"]
    years = [c for c in frame.columns if frame[c].dtype.kind in "iu" and _are_years(str(c), frame[c])][:1]
    keys = [(again, n) for n in names if (again := frame.duplicated([n, *years], keep=False).to_numpy()).any()]
    if not keys or len(keys) < len(names):
        return []  # no name, or one that tells every row apart
    doubled, name = min(keys, key=lambda k: int(k[0].sum()))
    if doubled.sum() > (1.0 - APART) * len(frame):
        return []
    what = f"{name!r} and {years[0]!r}" if years else repr(str(name))
    shown = frame.loc[doubled, name].astype(str).unique()
    return [
        Fault(
            f"Rows stand in the table more than once by {what}: {offenders(shown)}.",
            str(name),
            [int(i) for i in np.flatnonzero(doubled)],
            "The same name" + (" and year stand" if years else " stands") + " in another row too.",
            "one row a name" + (" and year" if years else ", or a column of the year beside it"),
            "Remove the copies. Rows that stay are all used, so what was put in twice counts twice.",
        )
    ]


def _totals(frame: pd.DataFrame) -> list[Fault]:
    """Return totals among the regions of Russia."""
    from innospace.data.regions import match_regions

    found = []
    for name in (c for c in frame.columns if frame[c].dtype.kind not in "iufb"):
        filled = frame[name].dropna()
        if not len(filled) or not _are_regions(filled):
            continue
        totals = set(match_regions([str(v) for v in filled.unique()]).aggregates)
        rows = [i for i, v in enumerate(frame[name]) if v in totals]
        if rows:
            found.append(
                Fault(
                    f"Totals stand among the regions: {offenders(sorted(totals))}.",
                    str(name),
                    rows,
                    "This is a total, not a region.",
                    "rows that do not contain one another",
                    "Delete the rows of totals: they would count as regions.",
                )
            )
    return found


def _problems(
    frame: pd.DataFrame, faults: Sequence[Fault], found: Found, labels: Sequence[str]
) -> tuple[tuple[CellProblem, ...], int]:
    """Return the first cells that are wrong, in the order of rows, and how many there are."""
    cells = sorted((int(i), n) for n, fault in enumerate(faults) for i in fault.rows)
    order = {str(c): i for i, c in enumerate(frame.columns)}
    first = sorted(cells[:MOST], key=lambda c: (c[0], order.get(faults[c[1]].column, len(order))))
    made = []
    for position, n in first:
        fault = faults[n]
        text = _shown(frame[fault.column].iloc[position]) if fault.column in order else ""
        label = ", ".join(_shown(frame[c].iloc[position]) for c in labels if c != fault.column)
        words = (fault.cell, fault.allowed, fault.remedy)
        made.append(CellProblem(position, found.row(position), label, fault.column, text, *words))
    return tuple(made), len(cells)


def _labels(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Return the columns that tell whose row it is: region and year, or the first columns of text and of years."""
    names = [str(c) for c in frame.columns]
    named = [columns.get(n, n) for n in ("region", "year")]
    found = [n for n in named if n in names]
    if not found:
        numbers = [n for n in names if frame[n].dtype.kind in "iu"]
        texts = [n for n in names if frame[n].dtype.kind not in "iufb"]
        found = [*texts[:1], *[n for n in numbers if _are_years(n, frame[n])][:1]]
    return found


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.15g}"
    return str(value)


def _summary(name: str, column: pd.Series, faulty: bool) -> ColumnSummary:
    filled = column.dropna()
    missing = len(column) - len(filled)
    if not len(filled):
        return ColumnSummary(name, "empty", missing, "", "", ())
    if column.dtype.kind in "iuf":
        low, high = filled.min(), filled.max()
        kind = "year" if _are_years(name, filled) else _KINDS[column.dtype.kind]
        return ColumnSummary(name, kind, missing, _shown(low), _shown(high), ())
    examples = tuple(_shown(v) for v in filled.drop_duplicates().head(3))
    if faulty:
        return ColumnSummary(name, "number", missing, "", "", examples)
    if column.dtype.kind == "b":
        return ColumnSummary(name, _KINDS["b"], missing, "", "", examples)
    digits = all(v.isdigit() for v in map(_shown, filled.head(_TRIED)))
    kind = "code" if digits else "region" if _are_regions(filled) else "text"
    return ColumnSummary(name, kind, missing, "", "", examples)


def _are_years(name: str, values: pd.Series) -> bool:
    low, high = YEARS
    whole = bool((values == values.round()).all()) and low <= float(values.min()) and float(values.max()) <= high
    return whole and (_YEAR.search(name) is not None or values.nunique() * 3 <= len(values))


def _are_regions(values: pd.Series) -> bool:
    from innospace.data.regions import match_regions

    names = [str(v) for v in values.head(_TRIED).unique()]
    codes = match_regions(names).codes
    return sum(c is not None for c in codes) >= REGIONAL * len(names)
