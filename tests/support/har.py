"""Header-array files written from the description of their records, apart from the reader of the package."""

from __future__ import annotations

import struct

import numpy as np


def record(*parts: bytes) -> bytes:
    body = b"".join(parts)
    size = struct.pack("<i", len(body))
    return size + body + size


def ints(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


def words(texts, width: int = 12) -> bytes:
    return b"".join(t.encode("cp1251").ljust(width) for t in texts)


def real(header, title, sets, elements, values, *, sparse=False, rows_a_block=None) -> bytes:
    """Return an array over named sets; ``rows_a_block`` cuts the numbers into blocks of rows."""
    values = np.asarray(values, dtype="<f4")
    sizes = [*values.shape, *[1] * (7 - values.ndim)]
    distinct = dict(zip(sets, elements, strict=True))
    out = [
        record(header.encode().ljust(4)),
        record(b"    RE", b"SPSE" if sparse else b"FULL", title.encode("cp1251").ljust(70), ints(7, *sizes)),
        record(
            b"    ",
            ints(len(distinct), 1, values.ndim),
            words(["COEF"]),
            ints(1),
            words(sets),
            b"k" * values.ndim,
            ints(*[0] * (values.ndim + 1)),
        ),
    ]
    out += [record(b"    ", ints(1, len(e), len(e)), words(e)) for e in distinct.values()]
    if sparse:
        flat = values.ravel(order="F")
        at = np.flatnonzero(flat)
        out.append(record(b"    ", ints(len(at), 4, 4), b" " * 80))
        half = len(at) // 2
        for left, part in ((2, at[:half]), (1, at[half:])):
            out.append(record(b"    ", ints(left, len(at), len(part)), ints(*(part + 1)), flat[part].tobytes()))
        return b"".join(out)
    step = rows_a_block or values.shape[0]
    starts = list(range(0, values.shape[0], step))
    left = 2 * len(starts) + 1
    out.append(record(b"    ", ints(left, 7, *sizes)))
    for k in starts:
        part = values[k : k + step]
        spans = [(k + 1, k + len(part)), *((1, n) for n in sizes[1:])]
        out.append(record(b"    ", ints(left - 1), *(ints(*s) for s in spans)))
        out.append(record(b"    ", ints(left - 2), part.ravel(order="F").tobytes()))
        left -= 2
    return b"".join(out)


def text(header, title, lines) -> bytes:
    head = record(b"    1CFULL", title.encode().ljust(70), ints(2, len(lines), 12))
    return record(header.encode().ljust(4)) + head + record(b"    ", ints(1, len(lines), len(lines)), words(lines))
