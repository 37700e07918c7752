"""Wide tables of statistical offices (one column a year) to long ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.dataset import Dataset

_YEAR = re.compile(r"(?P<year>(?:19|20)\d{2})(?:\.0+|\d{1,2}\)|\D.*)?")
_ANOTHER = re.compile(r"\D*(?:19|20)\d{2}(?!\d)|\s*[-–—/]\s*\d{2}\b")


def year_columns(names: Sequence[str]) -> dict[str, int]:
    """Return the columns whose heading starts with a year (``2010``, ``2010 г.``, ``2010 г.1)``) and the year.

    A heading with two years (``2008-2010``, ``2011 в % к 2010``) is not that of one year.
    """
    found = {}
    for name in names:
        match = _YEAR.fullmatch(str(name).strip())
        if match and not _ANOTHER.match(str(name).strip(), 4):
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

    Raises
    ------
    DataError
        No year columns, two for one year, text in one of them, or a name that is taken.
    """
    frame = dataset.frame.rename(columns=str)
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
    taken = [n for n in ("year", value) if n in keep]
    if taken or value == "year":
        raise DataError(
            f"The name {(taken or ['year'])[0]!r} is needed for the new column and is taken.",
            where=f"columns {offenders(names)}",
            remedy="Choose another name for the values, or leave that column out with id_columns.",
        )
    texts = [n for n in years if frame[n].dtype.kind not in "iuf"]
    if texts:
        raise DataError(
            f"Year columns hold text: {offenders(texts)}.",
            where=dataset.source.name,
            allowed="numbers",
            remedy=f"Read the table with numeric={texts[:3]!r} to see the cells; a dash is read with dash=.",
        )
    long = frame.melt(id_vars=keep, value_vars=list(years), var_name="year", value_name=value)
    long["year"] = long["year"].map(years).astype("int64")
    return dataset.with_frame(long, f"{len(years)} year columns were turned into rows.")
