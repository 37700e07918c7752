"""Header-array (HAR) files of GEMPACK: arrays of real numbers with the sets that label them.

A file is a row of sequential Fortran records: a length, that many bytes, the length again. A record of four characters
names a header; the next says its kind and size. Arrays with sets (``RE``) then bring the sets, their elements, and the
numbers in blocks: whole (``FULL``), or the places and values of those that are not zero (``SPSE``).
Harrison and Pearson (1998), Getting started with GEMPACK, describes the headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known

if TYPE_CHECKING:
    import pandas as pd

_WORD = 12
"""Characters of the name of a set or element."""
_LISTED = 12
CORNER = "account"
"""First column of the table of a square array."""


@dataclass(frozen=True, slots=True)
class HeaderArray:
    """An array of real numbers.

    Attributes
    ----------
    header : str
        Four characters.
    title : str
    sets : tuple of str
        Name of the set of each dimension.
    elements : tuple of tuple of str
        Labels along each dimension.
    values : ndarray
    """

    header: str
    title: str
    sets: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]
    values: NDArray[np.float64]

    @property
    def square(self) -> bool:
        """Whether rows and columns have the same labels."""
        return self.values.ndim == 2 and set(self.elements[0]) == set(self.elements[1])


def is_har(raw: bytes) -> bool:
    """Return whether bytes begin as a header-array file does."""
    return raw[:4] == raw[8:12] == struct.pack("<i", 4)


def read_har(raw: bytes, where: str) -> tuple[HeaderArray, ...]:
    """Return the labelled arrays of real numbers of a file; texts, integers and unlabelled arrays are passed over.

    Numbers are stored in single precision; each is read as the shortest decimal number that it stands for.

    Raises
    ------
    DataError
        The file is broken; says where.
    """
    found: list[HeaderArray] = []
    header: str = ""
    group: list[bytes] = []
    for record in [*_records(raw, where), b"    "]:
        if len(record) != 4:
            group.append(record)
            continue
        if group and group[0][4:6] == b"RE":
            found.append(_array(header, group, where))
        header, group = _text(record), []
    return tuple(found)


def har_table(raw: bytes, where: str, header: str | None) -> pd.DataFrame:
    """Return an array of two dimensions as a table: labels of rows first, then a column a label.

    Parameters
    ----------
    raw : bytes
    where : str
        File, for messages.
    header : str, optional
        Of the array. Without it the file must hold one square array, or one of two dimensions.

    Raises
    ------
    DataError, LabelError
        No such array, several, or one that is not of two dimensions.
    """
    import pandas as pd

    arrays = read_har(raw, where)
    known = {a.header: a for a in arrays}
    if header is not None:
        require_known([header], list(known), kind="header", where=where)
        array = known[header]
    else:
        array = _only(arrays, where)
    if array.values.ndim != 2:
        raise DataError(
            f"Header {array.header!r} has {array.values.ndim} dimensions ({', '.join(array.sets)}).",
            where=where,
            allowed=f"arrays of two dimensions: {_listed([a for a in arrays if a.values.ndim == 2])}",
            remedy="Write the array with two dimensions.",
        )
    rows, columns = array.elements
    corner = CORNER if array.square or array.sets[0] in columns else array.sets[0]
    table = pd.DataFrame(array.values, columns=list(columns))
    table.insert(0, corner, list(rows))
    return table


def _only(arrays: tuple[HeaderArray, ...], where: str) -> HeaderArray:
    flat = [a for a in arrays if a.values.ndim == 2]
    square = [a for a in flat if a.square]
    for chosen in (square, flat):
        if len(chosen) == 1:
            return chosen[0]
    if not flat:
        raise DataError(
            "The file has no array of two dimensions with labelled real numbers.",
            where=where,
            allowed=f"it has: {_listed(list(arrays))}",
            remedy="Write the matrix as a real array over two sets.",
        )
    raise DataError(
        f"The file has {len(square or flat)} arrays of two dimensions.",
        where=where,
        allowed=_listed(square or flat),
        remedy="Name the header as the sheet: --sheet HEAD, sheet = ...",
    )


def _listed(arrays: list[HeaderArray]) -> str:
    return offenders([f"{a.header} ({' x '.join(a.sets)})" for a in arrays], shown=_LISTED) or "none"


def _records(raw: bytes, where: str) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        size = _integers(raw, at, 1, where)[0]
        end = at + 4 + size
        if size < 0 or end + 4 > len(raw) or _integers(raw, end, 1, where)[0] != size:
            raise DataError(
                f"The file breaks off or is damaged at byte {at}.",
                where=where,
                allowed="records with their length before and after them",
                remedy="Copy the file again, in binary mode.",
            )
        yield raw[at + 4 : end]
        at = end + 4


def _integers(record: bytes, at: int, count: int, where: str) -> tuple[int, ...]:
    try:
        return struct.unpack_from(f"<{count}i", record, at)
    except struct.error as error:
        raise DataError(
            "The file breaks off within a record.", where=where, remedy="Copy the file again, in binary mode."
        ) from error


def _array(header: str, group: list[bytes], where: str) -> HeaderArray:
    """Return an array from the records of its header: what it is, sets, elements, numbers."""
    place = f"{where}, header {header!r}"
    first, names, *rest = [*group, b"", b""] if len(group) < 2 else group
    storage, title = first[6:10], _text(first[10:80])
    distinct, _, rank = _integers(names, 4, 3, place)
    start = 4 + 12 + _WORD + 4
    sets = _words(names, start, rank)
    kinds = names[start + _WORD * rank :][:rank].decode("latin-1")
    sizes = _integers(first, 84, _integers(first, 80, 1, place)[0], place)[:rank]
    known: dict[str, tuple[str, ...]] = {}
    queue = iter(rest)
    labelled = [s for s, kind in zip(sets, kinds, strict=True) if kind == "k"]
    for name in list(dict.fromkeys(labelled))[:distinct]:
        known[name] = _elements(queue, place)
    elements = tuple(known.get(s, tuple(str(k + 1) for k in range(n))) for s, n in zip(sets, sizes, strict=True))
    if storage not in (b"FULL", b"SPSE") or [len(e) for e in elements] != list(sizes):
        raise DataError("The sizes of an array and of its sets differ.", where=place, remedy="Write the file again.")
    flat = (_full if storage == b"FULL" else _sparse)(queue, sizes, place)
    single = [float(str(v)) for v in flat]
    return HeaderArray(header, title, sets, elements, np.array(single).reshape(sizes, order="F"))


def _text(raw: bytes) -> str:
    """Return characters; what is not UTF-8 is of the Windows code page of Cyrillic, whose first half is ASCII."""
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1251", errors="replace").strip()


def _words(record: bytes, start: int, count: int) -> tuple[str, ...]:
    return tuple(_text(record[start + _WORD * k : start + _WORD * (k + 1)]) for k in range(count))


def _next(records: Iterator[bytes], place: str) -> bytes:
    record = next(records, None)
    if record is None:
        raise DataError("The records of an array break off.", where=place, remedy="Copy the file again.")
    return record


def _elements(records: Iterator[bytes], place: str) -> tuple[str, ...]:
    """Return the elements of a set; a long one stands in several records, each of which says how many follow."""
    found: list[str] = []
    while True:
        record = _next(records, place)
        left, _, count = _integers(record, 4, 3, place)
        found += _words(record, 16, count)
        if left <= 1:
            return tuple(found)


def _full(records: Iterator[bytes], sizes: tuple[int, ...], place: str) -> NDArray[np.float32]:
    """Return all numbers in Fortran's order: a record of sizes, then pairs of ranges and numbers."""
    cells = np.zeros(sizes, dtype=np.float32, order="F")
    left = _integers(_next(records, place), 4, 1, place)[0]
    while left > 1:
        bounds = _next(records, place)
        ends = _integers(bounds, 8, 2 * len(sizes), place)
        part = tuple(slice(ends[2 * k] - 1, ends[2 * k + 1]) for k in range(len(sizes)))
        record = _next(records, place)
        left = _integers(record, 4, 1, place)[0]
        try:
            cells[part] = np.frombuffer(record, "<f4", offset=8).reshape(cells[part].shape, order="F")
        except ValueError as error:
            raise DataError("A block of numbers has not the size it says.", where=place) from error
    return cells.ravel(order="F")


def _sparse(records: Iterator[bytes], sizes: tuple[int, ...], place: str) -> NDArray[np.float32]:
    """Return all numbers in Fortran's order from the places and values of those that are not zero."""
    cells = np.zeros(int(np.prod(sizes)), dtype=np.float32)
    wanted = _integers(_next(records, place), 4, 1, place)[0]
    while wanted > 0:
        record: Any = _next(records, place)
        left, _, count = _integers(record, 4, 3, place)
        where = np.array(_integers(record, 16, count, place), dtype=np.int64) - 1
        if len(record) != 16 + 8 * count or (count and not 0 <= where.min() <= where.max() < len(cells)):
            raise DataError("A block of numbers has not the size it says.", where=place)
        cells[where] = np.frombuffer(record, "<f4", count, 16 + 4 * count)
        if left <= 1:
            break
    return cells
