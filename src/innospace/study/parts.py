"""Finished parts of a long step: files under ``runs/.parts/HASH/``, which go when the step itself is kept.

A part is written aside and renamed, and begins with its own hash: half a part is never taken for a whole one.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from innospace.core.errors import StoreError
from innospace.study.folders import ASIDE, cannot_write

PARTS = ".parts"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DIGEST_BYTES = 32
FORGOTTEN_SECONDS = 30 * 24 * 3600.0
"""Parts nobody has added to for a month belong to a study that has changed since."""


class StepParts:
    """Parts of one step.

    Parameters
    ----------
    folder : Path
        Made when the first part is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> bytes | None:
        """Return a part that was kept, or None when there is none or it is damaged: it can be computed again."""
        try:
            stored = (self.folder / _checked(name)).read_bytes()
        except OSError:
            return None
        digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        return content if sha256(content).digest() == digest else None

    def save(self, name: str, content: bytes) -> None:
        """Keep a part.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        target = self.folder / _checked(name)
        aside = None
        try:
            self.folder.parent.mkdir(exist_ok=True)
            self.folder.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=ASIDE, dir=self.folder, delete=False) as handle:
                aside = Path(handle.name)
                handle.write(sha256(content).digest() + content)
            aside.replace(target)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        finally:
            if aside is not None:
                aside.unlink(missing_ok=True)

    def count(self) -> int:
        """Return how many parts are kept."""
        return sum(NAME.fullmatch(p.name) is not None for p in self.folder.glob("*"))

    def discard(self) -> None:
        """Remove all parts."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise StoreError(
            f"{name!r} cannot name a part of a step.", allowed="letters, digits, '.', '_' and '-', no folders"
        )
    return name


def forget(folder: Path, now: float | None = None) -> None:
    """Remove parts of steps that nobody has worked on for a month."""
    limit = (time.time() if now is None else now) - FORGOTTEN_SECONDS
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)
