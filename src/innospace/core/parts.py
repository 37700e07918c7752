"""Finished parts of long work, one file each, so that what was interrupted goes on where it stopped.

A part is written aside and renamed, and begins with its own hash: half a part is never taken for a whole one. Its name
is a hash of all that decides its content, so that parts of other work are never taken for its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from innospace.core.errors import OtherWorkWarning, StoreError

ASIDE = ".writing-"
"""How names of files begin that are being written."""
SUFFIX = ".part"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DIGEST_BYTES = 32


class Parts(Protocol):
    """Where long work keeps finished parts."""

    def load(self, name: str) -> bytes | None:
        """Return a part that was kept, or None."""
        ...

    def save(self, name: str, content: bytes) -> None:
        """Keep a part; never half of it."""
        ...


class NoParts:
    """Keep nothing."""

    def load(self, name: str) -> bytes | None:
        """Return None."""
        return None

    def save(self, name: str, content: bytes) -> None:
        """Do nothing."""


Resume = str | os.PathLike[str] | Parts | None
"""A folder whose parts go when the work is finished, or anything that keeps parts; None keeps nothing."""


class FolderParts:
    """Parts in a folder, which stay until they are discarded.

    Parameters
    ----------
    folder : path
        Made, with the one it lies in, when the first part is saved.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._own: set[str] = set()
        self._asked = False

    def load(self, name: str) -> bytes | None:
        """Return a part that was kept, or None when there is none or it is damaged: it can be computed again."""
        try:
            stored = (self.folder / _checked(name)).read_bytes()
        except OSError:
            return None
        digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        self._own.add(name)
        return content if sha256(content).digest() == digest else None

    def save(self, name: str, content: bytes) -> None:
        """Keep a part.

        Warns
        -----
        OtherWorkWarning
            The folder holds parts, and none of them is of this work.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        target = self.folder / _checked(name)
        self._warn()
        aside = None
        try:
            self.folder.parent.mkdir(exist_ok=True)
            self.folder.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=ASIDE, dir=self.folder, delete=False) as handle:
                aside = Path(handle.name)
                handle.write(sha256(content).digest() + content)
            aside.replace(target)
        except OSError as error:
            raise StoreError(
                f"A finished part cannot be stored: {error.strerror or error}.",
                where=str(self.folder),
                allowed="a folder that you may write to, with room on its disk",
                remedy="Change its permissions, free some space, or name another folder.",
            ) from error
        finally:
            if aside is not None:
                aside.unlink(missing_ok=True)
        self._own.add(name)

    def _warn(self) -> None:
        """Say once that parts of other work lie here when none of this work was found."""
        if self._asked or self._own:
            return
        self._asked = True
        if others := sum(1 for _ in self.folder.glob(f"*{SUFFIX}")):
            warnings.warn(
                f"{self.folder} holds {others} finished part{'s' if others > 1 else ''} of other work (other data, "
                "options, seed or version). They are left alone, and this work begins at its beginning.",
                OtherWorkWarning,
                stacklevel=2,
            )

    def count(self) -> int:
        """Return how many parts are kept."""
        return sum(NAME.fullmatch(p.name) is not None for p in self.folder.glob("*"))

    def finish(self) -> None:
        """Remove parts that were loaded or saved here, and the folder when nothing else is in it."""
        for name in self._own:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def discard(self) -> None:
        """Remove the folder with all parts."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def resumed(resume: Resume) -> Iterator[Parts]:
    """Yield where parts are kept; those of a folder that is given by its path go when the work is finished."""
    if resume is None:
        yield NoParts()
    elif isinstance(resume, (str, os.PathLike)):
        parts = FolderParts(resume)
        yield parts
        parts.finish()
    else:
        yield resume


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise StoreError(
            f"{name!r} cannot name a part of a step.", allowed="letters, digits, '.', '_' and '-', no folders"
        )
    return name
