"""Finished parts of steps: ``runs/.parts/HASH/``, which goes when the step itself is kept."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

PARTS = ".parts"
FORGOTTEN_SECONDS = 30 * 24 * 3600.0
"""Parts nobody has added to for a month belong to a study that has changed since."""


def forget(folder: Path, now: float | None = None) -> None:
    """Remove parts of steps that nobody has worked on for a month."""
    limit = (time.time() if now is None else now) - FORGOTTEN_SECONDS
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)
