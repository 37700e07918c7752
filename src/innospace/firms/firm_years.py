"""From a table or a file to checked columns of firm-years, without copying what is not needed."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from innospace.core.errors import DataError, FormulaError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.data import formula as language
from innospace.data.panels import FirmPanel, panel_of, read_columns, row_names, select
from innospace.firms.design import table_of
from innospace.firms.estimates import Array, Integers
from innospace.numerics.absorb import combine, compress, without_singletons

NONPOSITIVE = ("error", "drop")


def columns_of(terms: Sequence[str]) -> list[str]:
    """Return the columns that expressions such as ``log(RVA/L)`` use; plain names stand for themselves."""
    found: list[str] = []
    for term in terms:
        plain = term.strip("`").isidentifier() or term.startswith("`")
        found += [term.strip("`")] if plain else language.parse(f"I({term}) ~ 1").names
    return list(dict.fromkeys(found))


def effect_columns(fixed_effects: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the columns of every fixed effect: ``industry*year`` (or ``industry^year``) has two.

    Raises
    ------
    SpecError
        A name is empty.
    """
    found = []
    for text in fixed_effects:
        parts = tuple(p.strip().strip("`") for p in text.replace("^", "*").split("*"))
        if not all(parts):
            raise SpecError(
                f"{text!r} is not a fixed effect.",
                allowed="a column, or columns joined by *, such as industry*year",
                remedy="Give a list such as fixed_effects=['industry*year'].",
            )
        found.append(parts)
    return found


def firm_years(
    data: Any, needed: Sequence[str], firm: str, year: str, where: Sequence[str] = (), table: str | None = None
) -> FirmPanel:
    """Return a panel of a table, or of the columns of a Parquet or DuckDB file that are needed.

    Parameters
    ----------
    data : FirmPanel, Dataset, frame, mapping of arrays, or path of a file
    needed : sequence of str
        Columns beside firm and year.
    firm, year : str
        Not looked at when ``data`` is a panel.
    where : sequence of str
        Conditions on rows; see :func:`innospace.data.panels.conditions`.
    table : str, optional
        Of a DuckDB file.
    """
    names = [str(n) for n in dict.fromkeys((firm, year, *needed))]
    if isinstance(data, str | Path):
        return panel_of(read_columns(data, names, where, table=table), firm, year)
    panel = data if isinstance(data, FirmPanel) else None
    dataset = panel.dataset if panel is not None else table_of(data)
    if panel is not None:
        firm, year = panel.firm, panel.year
        names = [firm, year, *names[2:]]
    if where:
        dataset = select(dataset, where)
    known = [str(c) for c in dataset.frame.columns]
    require_known(names, known, kind="column", where=dataset.source.name)
    return panel if panel is not None and not where else panel_of(dataset, firm, year)


def values_of(panel: FirmPanel, term: str) -> Array:
    """Return a column or an expression of columns as numbers, NaN where a cell is missing, shape (n,).

    Raises
    ------
    LabelError, FormulaError, DataError
        Unknown column, text, infinite values, or no value at all.
    """
    frame = panel.frame
    name = term.strip("`")
    if name in frame.columns:
        column = frame[name]
        if column.dtype.kind not in "biuf" and str(column.dtype).lower()[:3] not in ("int", "flo", "boo"):
            raise DataError(
                f"Column {name!r} holds text where numbers are needed.",
                where=f"for example {offenders(column.dropna().unique().tolist()[:3])}",
                remedy="Name it among the fixed effects if it is a category.",
            )
        # a copy: logarithms are taken in place
        values = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            raise DataError(f"Column {name!r} holds infinite values.", where=row_names(panel, infinite))
    else:
        values = _evaluated(panel, term)
    if np.isnan(values).all():
        raise DataError(
            f"Every cell of {term!r} is missing.",
            where=f"{len(values)} firm-years",
            allowed="a column with values",
            remedy="Check the file, or choose another column.",
        )
    return values


def _evaluated(panel: FirmPanel, term: str) -> Array:
    parsed = language.parse(f"I({term}) ~ 1")
    if parsed.categorical:
        raise FormulaError(f"{term!r} is a category.", remedy="Name it among the fixed effects.")
    built = language.materialise(parsed, panel.frame)
    values = np.full(len(panel.frame), np.nan)
    values[built.kept] = built.y
    return values


def log_of(panel: FirmPanel, values: Array, term: str, nonpositive: str = "error") -> tuple[Array, tuple[str, ...]]:
    """Return logarithms, and what to know about cells that have none.

    Parameters
    ----------
    panel : FirmPanel
    values : ndarray, shape (n,)
    term : str
        For messages.
    nonpositive : str
        ``error``, or ``drop``: the cell becomes missing and is counted (what Stata's ``log()`` does).

    Raises
    ------
    DataError
        Values that are not positive; the first firm-years are named.
    """
    require_known([nonpositive], NONPOSITIVE, kind="rule for values that are not positive")
    bad = np.flatnonzero(values <= 0.0)
    if len(bad) and nonpositive == "error":
        raise DataError(
            f"{term!r} is not positive in {len(bad)} firm-years, so it has no logarithm there.",
            where=row_names(panel, bad),
            allowed="positive values",
            remedy="Leave these firm-years out with nonpositive='drop', or use log=False.",
        )
    values[bad] = np.nan
    said = f"{len(bad)} firm-years with {term!r} not positive were left out: {row_names(panel, bad)}."
    with np.errstate(invalid="ignore"):
        np.log(values, out=values)
    return values, (said,) if len(bad) else ()


def codes_of(panel: FirmPanel, columns: Sequence[str]) -> Integers:
    """Return a number from 0 for every combination of the cells of columns, -1 where one is missing, shape (n,)."""
    import pandas as pd

    found, gaps = [], np.zeros(len(panel.frame), dtype=bool)
    for column in columns:
        codes = np.asarray(pd.factorize(panel.frame[column])[0], dtype=np.int64)
        gaps |= codes < 0
        found.append(np.maximum(codes, 0))
    codes = combine(found)
    codes[gaps] = -1
    return codes


SINGLETONS = ("drop", "keep")


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of an equation without a missing cell.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : tuple of ndarray, shape (n,)
        One a regressor.
    groupings : tuple of ndarray of int, shape (n,)
    clusters : ndarray of int, shape (n,), or None
    weights : ndarray, shape (n,), or None
    kept : ndarray of int, shape (n,), or None
        Positions among the rows of the panel; None when all are used.
    messages : tuple of str
    """

    y: Array
    x: tuple[Array, ...]
    groupings: tuple[Integers, ...]
    clusters: Integers | None
    weights: Array | None
    kept: Integers | None
    messages: tuple[str, ...] = ()


def complete(panel: FirmPanel, sample: Sample, rows: Any | None = None, *, quiet: bool = False) -> Sample:
    """Leave out rows with a missing cell (counted in a warning) and rows outside ``rows``.

    Parameters
    ----------
    panel : FirmPanel
    sample : Sample
        Full length; missing cells are NaN, or -1 in codes.
    rows : ndarray of bool, shape (n,), optional
        Rows that belong to the comparison; others are left out without a warning.
    quiet : bool
        Do not warn.

    Raises
    ------
    DataError
        No row is left; weights that are not positive.
    """
    good = np.ones(len(sample.y), dtype=bool)
    for values in (sample.y, *sample.x, *(() if sample.weights is None else (sample.weights,))):
        np.logical_and(good, ~np.isnan(values), out=good)
    for codes in (*sample.groupings, *(() if sample.clusters is None else (sample.clusters,))):
        np.logical_and(good, codes >= 0, out=good)
    inside = np.ones(len(good), dtype=bool) if rows is None else rows
    lost = np.flatnonzero(inside & ~good)
    good &= inside
    if not good.any():
        raise DataError(
            "No firm-year is left: every one has a missing cell in a column that is used.",
            where=f"{int(inside.sum())} firm-years",
            remedy="Fill the cells or leave the emptiest column out.",
        )
    messages = sample.messages
    if len(lost):
        text = f"{len(lost)} of {int(inside.sum())} firm-years have a missing cell and were left out: "
        messages = (*messages, text + f"{row_names(panel, lost)}.")
        if not quiet:
            warnings.warn(messages[-1], MissingRowsWarning, stacklevel=4)
    done = sample if good.all() else _taken(sample, np.flatnonzero(good))
    if done.clusters is not None:
        done = replace(done, clusters=compress(done.clusters))
    _require_weights(panel, done)
    return replace(done, messages=messages)


def without_single_rows(sample: Sample) -> Sample:
    """Leave out rows that are alone in a group of the fixed effects, and count them."""
    if not sample.groupings:
        return sample
    good = without_singletons(sample.groupings)
    lost = len(good) - int(good.sum())
    if lost == 0:
        return sample
    if not good.any():
        raise DataError(
            "Every firm-year is alone in a group of the fixed effects.",
            where=f"{len(good)} firm-years",
            remedy="Use coarser fixed effects.",
        )
    done = _taken(sample, np.flatnonzero(good))
    kept = done.kept if sample.kept is None or done.kept is None else sample.kept[done.kept]
    clusters = None if done.clusters is None else compress(done.clusters)
    said = f"{lost} firm-years are alone in a group of the fixed effects and were left out."
    return replace(done, kept=kept, clusters=clusters, messages=(*sample.messages, said))


def _taken(s: Sample, kept: Integers) -> Sample:
    return Sample(
        s.y[kept],
        tuple(x[kept] for x in s.x),
        tuple(g[kept] for g in s.groupings),
        None if s.clusters is None else s.clusters[kept],
        None if s.weights is None else s.weights[kept],
        kept,
        s.messages,
    )


def _require_weights(panel: FirmPanel, sample: Sample) -> None:
    if sample.weights is None:
        return
    bad = np.flatnonzero(~(np.isfinite(sample.weights) & (sample.weights > 0.0)))
    if len(bad):
        raise DataError(
            "Weights must be positive and finite.",
            where=row_names(panel, bad if sample.kept is None else sample.kept[bad]),
            remedy="Leave rows of zero weight out before fitting.",
        )
