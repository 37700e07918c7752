"""The innovation space of regions: counts of organisations, companies and innovations.

``B = P I`` innovative companies, ``V = S B`` potential links; or V given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, InnospaceError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Source
from innospace.data.cards import ColumnCard
from innospace.data.dataset import Dataset, as_dataset
from innospace.data.faults import Fault
from innospace.data.schemas.checks import (
    COLUMNS,
    PAPER_ZERO,
    ZERO_RULES,
    cell_faults,
    count_faults,
    key_faults,
    missing_columns,
    region_faults,
    rows,
    rule_problems,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMNS",
    "PAPER_ZERO",
    "ZERO_RULES",
    "InnovationSpaceTable",
    "describe",
    "faults",
    "problems",
    "renamed",
    "validate",
]

HARDLY = 1.0
"""Shares in percent that are nowhere above this one look like fractions."""


@dataclass(frozen=True, slots=True)
class InnovationSpaceTable:
    """A table that passed the schema.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``region``, ``region_code``, ``year`` (if given), ``technologies``, ``technologies_used`` (after the zero rule),
        ``zero_replaced``, ``space``, ``ln_space``, and the counts V was made from where they are known.
    source : Source
    steps : tuple of str
        What was done, in sentences.
    """

    frame: pd.DataFrame
    source: Source
    steps: tuple[str, ...]


def describe() -> tuple[ColumnCard, ...]:
    """Return the columns of the schema: name, unit, meaning, rule."""
    return COLUMNS


def problems(
    data: object,
    *,
    zero_rule: str = "replace",
    zero_value: float = PAPER_ZERO,
    columns: Mapping[str, str] | None = None,
) -> list[InnospaceError]:
    """Return everything that keeps a table from passing, each with its remedy; empty when it passes."""
    try:
        dataset = _renamed(as_dataset(data), columns)
    except InnospaceError as error:
        return [error]
    frame = dataset.frame
    found = rule_problems(zero_rule, zero_value)
    missing = missing_columns(frame)
    if missing is not None:
        return [*found, missing]
    if len(frame) == 0:
        return [*found, DataError("The table has no rows.", where=dataset.source.name)]
    found += [f.error(rows(frame, f.rows)) for f in cell_faults(frame)]
    return found or [f.error(rows(frame, f.rows)) for f in _row_faults(frame, zero_rule, zero_value)]


def faults(frame: pd.DataFrame, *, zero_rule: str = "replace", zero_value: float = PAPER_ZERO) -> list[Fault]:
    """Return what keeps the cells of a table from passing, as :func:`problems` tells it; rows are those of ``frame``.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the columns of the schema under their names; one that lacks some has no faults of cells.
    zero_rule, zero_value
        See :func:`validate`.
    """
    if missing_columns(frame) is not None or len(frame) == 0:
        return []
    return cell_faults(frame) or _row_faults(frame, zero_rule, zero_value)


def _row_faults(frame: pd.DataFrame, zero_rule: str, zero_value: float) -> list[Fault]:
    """Return what is wrong with rows whose cells are sound one by one."""
    built = _with_space(frame)
    return [*key_faults(built), *region_faults(built), *count_faults(built, zero_rule, zero_value)]


def validate(
    data: object,
    *,
    zero_rule: str = "replace",
    zero_value: float = PAPER_ZERO,
    columns: Mapping[str, str] | None = None,
) -> InnovationSpaceTable:
    """Check a table against the schema and complete it.

    Parameters
    ----------
    data : Dataset or frame
    zero_rule : str
        What to do with zero innovations, which have no logarithm: ``replace`` by ``zero_value``, ``drop`` the row,
        or ``error``.
    zero_value : float
        Innovations per year that stand for none; positive and below the smallest positive count.
    columns : mapping, optional
        Canonical name to name in the table.

    Returns
    -------
    InnovationSpaceTable

    Raises
    ------
    DataError
        Lists every problem at once.
    """
    dataset = as_dataset(data)
    found = problems(dataset, zero_rule=zero_rule, zero_value=zero_value, columns=columns)
    if len(found) == 1:
        raise found[0]
    if found:
        listed = "\n".join(f"{i + 1}. {str(e).replace(chr(10), chr(10) + '   ')}" for i, e in enumerate(found))
        raise DataError(f"The table has {len(found)} problems:\n{listed}", where=dataset.source.name)
    dataset = _renamed(dataset, columns)
    frame = _with_space(dataset.frame)
    frame, steps = _with_codes(frame)
    steps += _remarks(frame)
    frame, zero_steps = _apply_zero_rule(frame, zero_rule, zero_value)
    frame["ln_space"] = np.log(frame["space"].to_numpy(np.float64))
    return InnovationSpaceTable(frame, dataset.source, (*dataset.steps, *steps, *zero_steps))


def renamed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the table with columns under their names in the schema.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : mapping
        Canonical name to name in the table.

    Raises
    ------
    LabelError
        A name is unknown to the schema or to the table.
    """
    require_known(list(columns), [c.name for c in COLUMNS], kind="column of the schema")
    require_known(list(columns.values()), [str(c) for c in frame.columns], kind="column")
    taken = [c for c in columns if c in frame.columns and columns[c] != c]
    return frame.drop(columns=taken).rename(columns={given: name for name, given in columns.items()})


def _renamed(dataset: Dataset, columns: Mapping[str, str] | None) -> Dataset:
    return dataset.with_frame(renamed(dataset.frame, columns)) if columns else dataset


def _with_space(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with B and V computed where they can be."""
    out = frame.reset_index(drop=True).copy()
    if "innovative_share_percent" in out.columns and "innovative_share" not in out.columns:
        out["innovative_share"] = out["innovative_share_percent"] / 100.0
    if "innovative_companies" not in out.columns and {"enterprises", "innovative_share"} <= set(out.columns):
        out["innovative_companies"] = out["enterprises"] * out["innovative_share"]
    if {"rd_organisations", "innovative_companies"} <= set(out.columns):
        product = out["rd_organisations"] * out["innovative_companies"]
        out["space"] = out["space"] if "space" in out.columns else product
        out["space_from_counts"] = product
    return out


def _with_codes(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Add ISO codes where names are known; names of other countries are left as they are."""
    from innospace.data.regions import match_regions

    if "region_code" in frame.columns:
        return frame, []
    found = match_regions([str(r) for r in frame["region"]])
    known = sum(c is not None for c in found.codes)
    if known == 0:
        return frame, []
    note = f"{known} of {len(frame)} rows were matched to regions of Russia by name."
    if found.misses or found.parts:
        note += f" Without a code: {offenders([*found.misses, *found.parts])}."
    return frame.assign(region_code=np.array(found.codes, dtype=object)), [note]


def _remarks(frame: pd.DataFrame) -> list[str]:
    """Return doubts that a reader of the result must know of."""
    percent = "innovative_share_percent"
    if percent in frame.columns and 0.0 < float(frame[percent].max()) <= HARDLY:
        return [f"No {percent} exceeds {HARDLY:g}: if these are fractions, name the column innovative_share."]
    return []


def _apply_zero_rule(frame: pd.DataFrame, rule: str, value: float) -> tuple[pd.DataFrame, list[str]]:
    zero = frame["technologies"].to_numpy() == 0
    out = frame.assign(zero_replaced=zero, technologies_used=np.where(zero, value, frame["technologies"]))
    out = out.drop(columns=[c for c in ("space_from_counts",) if c in out.columns])
    if not zero.any():
        return out, []
    named = rows(frame, np.flatnonzero(zero).tolist())
    if rule == "drop":
        step = f"{int(zero.sum())} rows with zero innovations were left out: {named}."
        return out[~zero].reset_index(drop=True), [step]
    return out, [f"Zero innovations were replaced by {value:g} per year in {int(zero.sum())} rows: {named}."]
