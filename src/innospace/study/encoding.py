"""Results as files: plain types as JSON that keeps every number, frames as Parquet."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from innospace.core.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = "$number"
"""JSON has no NaN and no infinity; they are written as ``{"$number": "nan"}``."""
LARGE = 1_000_000
"""Bytes of a file from which several threads read it faster than one."""


def to_json(value: Any) -> bytes:
    """Return plain types as UTF-8 JSON.

    Raises
    ------
    StoreError
        When something in it is not a plain type.
    """
    try:
        text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=1)
    except TypeError as error:
        raise StoreError(f"A result holds something that cannot be stored: {error}.") from error
    return text.encode("utf-8")


def from_json(content: bytes) -> Any:
    """Return what :func:`to_json` wrote.

    Raises
    ------
    ValueError
        When it is not such JSON.
    """
    return json.loads(content.decode("utf-8"), object_hook=_numbers)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {_NUMBER: repr(value)}
    return value


def _numbers(mapping: dict[str, Any]) -> Any:
    return float(mapping[_NUMBER]) if mapping.keys() == {_NUMBER} else mapping


def to_parquet(frame: pd.DataFrame, name: str) -> bytes:
    """Return a frame as Parquet.

    Raises
    ------
    StoreError
        When a column mixes types.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(frame), buffer, compression="zstd")
    except (pa.ArrowException, TypeError) as error:
        raise StoreError(f"The frame {name!r} of a result cannot be stored: {error}.") from error
    return buffer.getvalue()


def from_parquet(content: bytes) -> pd.DataFrame:
    """Return the frame.

    Raises
    ------
    ValueError
        When the content is not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # one file of one table: opened as a set of files, a small one takes three times as long
        threads = len(content) > LARGE
        table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=threads)
        frame: pd.DataFrame = table.to_pandas(use_threads=threads)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    return frame
