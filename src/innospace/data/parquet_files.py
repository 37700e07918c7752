"""Parquet to a frame: types are those of the file, an index becomes columns, text that must be numbers is parsed."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.faults import Fault, Place
from innospace.data.headings import check_header
from innospace.data.parsing import Rules, parse_columns

if TYPE_CHECKING:
    import pandas as pd

MAX_CELLS = 1_000_000_000
"""Cells that are read, in the columns asked for: 8 GB when they are numbers."""
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


def read_parquet(raw: bytes, where: str, rules: Rules, columns: Sequence[str] | None) -> pd.DataFrame:
    """Return the table; raises :class:`DataError` for a broken file, nested columns and infinite values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(raw))
        names = [n for n in file.schema_arrow.names if not _UNNAMED_INDEX.fullmatch(n)]
        check_header(names, where)
        if columns is not None:
            require_known(columns, names, kind="column", where=where)
        _refuse_vast(file, len(names if columns is None else columns), where)
        table = file.read(columns=list(columns) if columns is not None else names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"The Parquet file cannot be read: {error}.", where=where, remedy="Write it again.") from error
    nested = [f.name for f in table.schema if pa.types.is_nested(f.type)]
    if nested:
        raise DataError(
            f"Columns hold lists or records: {offenders(nested)}.",
            where=where,
            allowed="one value in a cell",
            remedy="Unfold them before saving, or leave them out with columns=.",
        )
    frame: pd.DataFrame = _plain(table).to_pandas(ignore_metadata=True)
    place = Place(where, lambda i: i + 1, rules.found)
    _refuse_infinite(frame, place)
    texts = {n: _cells(frame[n]) for n in rules.numeric if n in frame.columns and frame[n].dtype.kind not in "iufb"}
    for name, column in parse_columns(texts, rules, place).items():
        frame[name] = column.to_numpy()
    return frame


def _refuse_vast(file: Any, columns: int, where: str) -> None:
    """Raise when the table would not fit into memory; a constant column of any length takes a few bytes of a file."""
    rows = file.metadata.num_rows
    if rows * columns > MAX_CELLS:
        raise DataError(
            f"The table has {rows:,} rows and {columns:,} columns.",
            where=where,
            allowed=f"up to {MAX_CELLS:,} cells",
            remedy="Save the rows and columns that are needed.",
        )


def _plain(table: Any) -> Any:
    """Return the table with categories as their values, decimal numbers as floats, and without notes of programs."""
    import pyarrow as pa

    table = table.replace_schema_metadata(None)
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(field.type.value_type))
        elif pa.types.is_decimal(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.float64()))
    return table


def _cells(column: pd.Series) -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def _refuse_infinite(frame: pd.DataFrame, place: Place) -> None:
    for name in frame.columns:
        if frame[name].dtype.kind == "f" and bool((bad := np.isinf(frame[name].to_numpy())).any()):
            place.tell(
                Fault(
                    f"Column {name!r} holds infinite values.",
                    name,
                    np.flatnonzero(bad).tolist(),
                    "An infinite value.",
                    "finite numbers; an empty cell for a missing value",
                    "Leave the cell empty if the value is missing.",
                )
            )
