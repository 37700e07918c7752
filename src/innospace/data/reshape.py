"""Wide tables of statistical offices (one column a year) to long ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.dataset import Dataset

_YEAR = re.compile(r"(?P<year>(?:19|20)\d{2})(?:\D.*)?")


def year_columns(names: Sequence[str]) -> dict[str, int]:
    """Return the columns whose heading starts with a year (``2010``, ``2010 г.``) and the year."""
    found = {}
    for name in names:
        match = _YEAR.fullmatch(str(name).strip())
        if match:
            found[str(name)] = int(match["year"])
    return found


def wide_to_long(dataset: Dataset, value: str, id_columns: Sequence[str] | None = None) -> Dataset:
    """Turn one column a year into one row a unit and year.

    Parameters
    ----------
    dataset : Dataset
        Some columns are headed by years.
    value : str
        Name of the column that receives the cells.
    id_columns : sequence of str, optional
        Columns to keep; all that are not years when not given.

    Returns
    -------
    Dataset
        Columns ``id_columns``, ``year``, ``value``.
    """
    frame = dataset.frame
    names = [str(c) for c in frame.columns]
    years = year_columns(names)
    if not years:
        raise DataError(
            "No column is headed by a year.",
            where=f"columns {offenders(names)}",
            allowed="headings such as 2010 or 2010 г.",
            remedy="Rename the columns, or read the table as a long one.",
        )
    if len(set(years.values())) < len(years):
        raise DataError("Two columns stand for the same year.", where=offenders(years), remedy="Keep one of them.")
    keep = list(id_columns) if id_columns is not None else [n for n in names if n not in years]
    require_known(keep, names, kind="column")
    long = frame.melt(id_vars=keep, value_vars=list(years), var_name="year", value_name=value)
    long["year"] = long["year"].map(years).astype("int64")
    return dataset.with_frame(long, f"{len(years)} year columns were turned into rows.")
