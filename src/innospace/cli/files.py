"""Files a user asked for: proved writable before any work, written aside, renamed at the end."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from innospace.core.errors import StoreError


@contextlib.contextmanager
def new_file(path: Path, *, keep: Path | None = None) -> Iterator[Path]:
    """Yield a file to write to; it takes the name ``path`` when the block ends without an error.

    Parameters
    ----------
    path : Path
        Where the file will stand.
    keep : Path, optional
        A file that must not be replaced: the one that is being read.

    Raises
    ------
    StoreError
        On entry, when it cannot be written there.
    """
    if path.is_dir() or (keep is not None and _same(path, keep)):
        what = f"{path.name!r} is a folder." if path.is_dir() else "The output would replace the table that is read."
        raise StoreError(what, where=str(path), allowed="a file name of its own", remedy="Choose another name.")
    try:
        handle, name = tempfile.mkstemp(prefix=".writing-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _cannot(path, error) from error
    aside = Path(name)
    try:
        yield aside
        _ordinary_mode(aside)
        aside.replace(path)
    except OSError as error:
        raise _cannot(path, error) from error
    finally:
        aside.unlink(missing_ok=True)


def _same(a: Path, b: Path) -> bool:
    return a.exists() and b.exists() and a.samefile(b)


def _ordinary_mode(path: Path) -> None:
    """Give the file the rights any new file has; temporary files are closed to others."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def _cannot(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The file {path.name!r} cannot be written: {error.strerror or error}.",
        where=str(path.parent),
        allowed="a folder that exists and that you may write to",
        remedy="Choose another folder, or make it first.",
    )
