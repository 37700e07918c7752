"""ZIP files whose bytes depend on their content alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry."""
MADE = datetime(*EPOCH)
"""Date that documents within such a file bear: equal content gives equal bytes."""


def repacked(content: bytes, replaced: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Return a ZIP file with the date of every entry fixed.

    Parameters
    ----------
    content : bytes
    replaced : mapping of str to bytes
        Entries with another content, by name.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        return packed((name, replaced.get(name) or source.read(name)) for name in source.namelist())


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return files, name and content, as a ZIP file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files:
            made.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
