"""Large tables read by column, from Parquet and DuckDB files, with rows chosen by plain conditions."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Nature, Source, file_sha256
from innospace.data.dataset import Dataset

Condition = tuple[str, str, float | int | str]
"""Column, comparison, value."""

PARQUET = (".parquet", ".pq")
DUCKDB = (".duckdb", ".ddb", ".db")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"\s*(?P<column>\S.*?)\s*(?P<op>==|!=|<=|>=|<|>|=)\s*(?P<value>\S(?:.*\S)?)\s*")


def conditions(where: Sequence[str]) -> tuple[Condition, ...]:
    """Parse conditions such as ``export >= 0`` or ``industry == food``; all must hold.

    Raises
    ------
    SpecError
        Anything but a column, one of ``== != < <= > >=`` and a number or text.
    """
    if isinstance(where, str):
        where = [where]
    found: list[Condition] = []
    for text in where:
        match = _CONDITION.fullmatch(text)
        if match is None:
            raise SpecError(
                f"{text!r} is not a condition on a column.",
                allowed=f"a column, one of {' '.join(_COMPARE)}, and a number or text",
                remedy="Write for example 'export >= 0'; several conditions are several items of the list.",
            )
        op = "==" if match["op"] == "=" else match["op"]
        found.append((match["column"].strip("`"), op, _value(match["value"])))
    return tuple(found)


def _value(text: str) -> float | int | str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def select(dataset: Dataset, where: Sequence[str]) -> Dataset:
    """Keep the rows for which every condition holds, and say how many.

    A missing cell fulfils no condition.

    Raises
    ------
    LabelError, SpecError, DataError
        Unknown column, no condition, text compared with a number, or no row left.
    """
    wanted = conditions(where)
    if not wanted:
        return dataset
    frame = dataset.frame
    require_known([c for c, _, _ in wanted], [str(c) for c in frame.columns], kind="column", where="where")
    keep = np.ones(len(frame), dtype=bool)
    for column, op, value in wanted:
        cells = frame[column]
        _require_comparable(cells.dtype.kind in "biufM", column, value)
        held = _COMPARE[op](cells, value)
        keep &= held.fillna(False).to_numpy(dtype=bool) & cells.notna().to_numpy()
    kept = int(keep.sum())
    _require_rows(kept, wanted, dataset.source.name)
    return dataset.with_frame(frame[keep].reset_index(drop=True), _step(wanted, kept, len(frame)))


def read_columns(
    path: str | Path, columns: Sequence[str], where: Sequence[str] = (), *, table: str | None = None
) -> Dataset:
    """Read some columns of a large table, and only the rows for which conditions hold.

    Parameters
    ----------
    path : str or Path
        ``.parquet`` file, or ``.duckdb`` database file (opened for reading only).
    columns : sequence of str
        The columns to read; the others are not looked at.
    where : sequence of str
        See :func:`conditions`. Values are never part of a query's text.
    table : str, optional
        Table or view of the database; not needed when it has one.

    Returns
    -------
    Dataset
        Number types as in the file.

    Raises
    ------
    DataError, LabelError, SpecError
        No such file, table or column; no row left; duckdb is not installed.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(f"There is no file {file.name!r}.", where=str(file.parent), remedy="Check the spelling.")
    wanted = conditions(where)
    names = list(dict.fromkeys(columns))
    suffix = file.suffix.lower()
    if suffix in PARQUET:
        arrow, rows = _read_parquet(file, names, wanted)
    elif suffix in DUCKDB:
        arrow, rows = _read_duckdb(file, names, wanted, table)
    else:
        raise DataError(
            f"Files of type {suffix!r} cannot be read by column.",
            where=str(file),
            allowed=", ".join((*PARQUET, *DUCKDB)),
            remedy="Save the table as Parquet, or read it whole with innospace.read_table.",
        )
    _require_rows(arrow.num_rows, wanted, str(file))
    step = _step(wanted, arrow.num_rows, rows) if wanted else ""
    # blocks are handed over one by one and freed, so that the table is never held twice
    frame = arrow.to_pandas(split_blocks=True, self_destruct=True, ignore_metadata=True)
    source = Source(file.name, file_sha256(file), Nature.OBSERVED, "read from a file, by column")
    return Dataset(frame, source, (step,) if step else ())


def _read_parquet(file: Path, names: list[str], wanted: tuple[Condition, ...]) -> tuple[Any, int]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
        schema = parquet.schema_arrow
        _require_columns(names, wanted, list(schema.names), str(file))
        for column, _, value in wanted:
            kind = schema.field(column).type
            _require_comparable(not (pa.types.is_string(kind) or pa.types.is_large_string(kind)), column, value)
        chosen = None
        for column, op, value in wanted:
            term = _COMPARE[op](pc.field(column), pc.scalar(value))
            chosen = term if chosen is None else chosen & term
        return pq.read_table(file, columns=names, filters=chosen), parquet.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"The Parquet file cannot be read: {error}.", where=str(file), remedy="Write it again."
        ) from error


def _read_duckdb(file: Path, names: list[str], wanted: tuple[Condition, ...], table: str | None) -> tuple[Any, int]:
    try:
        import duckdb
    except ImportError as error:
        raise DataError(
            "Reading a DuckDB file needs the package duckdb.", remedy='Install it with: pip install "innospace[firms]"'
        ) from error
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        raise DataError(
            f"The database cannot be opened: {error}.", where=str(file), remedy="Check the file."
        ) from error
    with connection:
        known = connection.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'main'"
        ).fetchall()
        tables = list(dict.fromkeys(str(t) for t, _, _ in known))
        chosen = _one_table(table, tables, str(file))
        types = {str(c): str(kind) for t, c, kind in known if t == chosen}
        _require_columns(names, wanted, list(types), f"{file}, table {chosen!r}")
        for column, _, value in wanted:
            _require_comparable(types[column] != "VARCHAR", column, value)
        # names are those of the catalogue, quoted; values are parameters
        listed = ", ".join(quoted(n) for n in names)
        tests = " and ".join(f"{quoted(c)} {'=' if op == '==' else op} ?" for c, op, _ in wanted)
        rows = connection.execute(f"select count(*) from {quoted(chosen)}").fetchall()
        query = f"select {listed} from {quoted(chosen)}" + (f" where {tests}" if tests else "")
        arrow = connection.sql(query, params=[v for _, _, v in wanted]).to_arrow_table()
    return arrow, int(rows[0][0])


def quoted(name: str) -> str:
    """Return an SQL identifier in double quotes, quotes within it doubled."""
    return '"' + name.replace('"', '""') + '"'


def _one_table(table: str | None, tables: list[str], where: str) -> str:
    if table is not None:
        require_known([table], tables, kind="table", where=where)
        return table
    if len(tables) != 1:
        raise SpecError(
            f"The database has {len(tables)} tables.",
            where=where,
            allowed=offenders(tables, shown=12),
            remedy="Name one with table=.",
        )
    return tables[0]


def _require_columns(names: list[str], wanted: tuple[Condition, ...], known: list[str], where: str) -> None:
    require_known([*names, *(c for c, _, _ in wanted)], known, kind="column", where=where)


def _require_comparable(numeric: bool, column: str, value: float | int | str) -> None:
    if numeric == isinstance(value, str):
        holds, given = ("numbers", "text") if numeric else ("text", "a number")
        raise SpecError(
            f"Column {column!r} holds {holds}; the condition compares it with {given} ({value!r}).",
            remedy="Write text in quotes and numbers without.",
        )


def _require_rows(kept: int, wanted: tuple[Condition, ...], where: str) -> None:
    if kept == 0:
        said = " and ".join(f"{c} {op} {v}" for c, op, v in wanted)
        raise DataError(
            f"No row is left with {said}." if said else "The table has no rows.",
            where=where,
            remedy="Check the file and the conditions.",
        )


def _step(wanted: tuple[Condition, ...], kept: int, rows: int) -> str:
    said = " and ".join(f"{c} {op} {v}" for c, op, v in wanted)
    return f"{kept} of {rows} rows were kept: {said}."
