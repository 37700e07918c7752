"""Several tables put together as one: row by row and year by year, by the names of their rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.errors import DataError, offenders
from innospace.study.column_parts import Part, columns_seen

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset

YEAR = "year"
_YEARS_BEHIND = re.compile(r"([_\s-]*(?:19|20)\d{2})+$")


def put_together(tables: Mapping[str, Dataset]) -> Dataset:
    """Return one table that holds the columns of several.

    Parameters
    ----------
    tables : mapping of str to Dataset
        By a name, such as that of the file; a table with one quantity and a column a year becomes rows of years, and
        the quantity is called by this name without its years.

    Returns
    -------
    Dataset
        A row for every row (and year) of any of the tables; what a table lacks is missing.

    Raises
    ------
    DataError
        A table has no column that tells its rows apart, two tables have no row in common, or two columns have one name.
    """
    parts = {name: _long(name, dataset) for name, dataset in tables.items()}
    (first, (whole, label)), *others = parts.items()
    for name, (frame, own) in others:
        whole = _joined(whole, frame.rename(columns={own: label}), label, (first, name))
    dataset = next(iter(tables.values()))
    keys = [k for k in (label, YEAR) if k in whole.columns]
    listed = offenders(list(tables))
    return dataset.with_frame(whole.sort_values(keys).reset_index(drop=True), f"Put together from {listed}.")


def _long(name: str, dataset: Dataset) -> tuple[pd.DataFrame, str]:
    """Return a table with one row a unit (and year), and the column that names its units."""
    from innospace.data.reshape import wide_to_long, year_columns

    seen = columns_seen(dataset.frame)
    label = next((c.name for c in seen if c.part is Part.LABEL), "")
    if not label:
        raise DataError(
            f"No column of {name} tells its rows apart, so that they cannot be put beside those of other tables.",
            where=f"columns {offenders([c.name for c in seen], shown=12)}",
            allowed="a column of names or codes, each once (or once a year)",
            remedy="Put the tables together in a spreadsheet first.",
        )
    years = year_columns([c.name for c in seen])
    texts = [c.name for c in seen if c.part in (Part.GROUP, Part.UNUSED) and c.name not in years]
    values = [c.name for c in seen if c.name not in (label, *texts, *years)]
    if len(years) > 1 and not values:
        value = _YEARS_BEHIND.sub("", name) or "value"
        return wide_to_long(dataset, value, [label]).frame, label
    time = next((c.name for c in seen if c.part is Part.TIME), "")
    unused = [c.name for c in seen if c.part is Part.UNUSED]
    frame = dataset.frame.drop(columns=unused)
    return (frame.rename(columns={time: YEAR}) if time else frame), label


def _joined(one: pd.DataFrame, other: pd.DataFrame, label: str, names: tuple[str, str]) -> pd.DataFrame:
    keys = [k for k in (label, YEAR) if k in one.columns and k in other.columns]
    twice = [c for c in other.columns if c in one.columns and c not in keys]
    numbers = [c for c in twice if other[c].dtype.kind in "if"]
    if numbers:
        raise DataError(
            f"Both {names[0]} and {names[1]} have a column {offenders(numbers)}.",
            allowed="columns of numbers whose names differ",
            remedy="Rename the column in one of the files.",
        )
    if not set(one[label]) & set(other[label]):
        raise DataError(
            f"{names[0]} and {names[1]} have no row in common.",
            where=f"column {label!r}: {offenders(one[label].head(3))} against {offenders(other[label].head(3))}",
            allowed="the same names or codes of rows in both tables",
            remedy="Use codes instead of names, or write the names the same way.",
        )
    return one.merge(other.drop(columns=twice), on=keys, how="outer")
