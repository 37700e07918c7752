"""One run of a study at a time, from the command line and from the app alike.

The lock belongs to an open file, so the system takes it back when its process ends, in whatever way: a lock of a dead
process never blocks. Where the system or the file system has no such locks, runs are not kept apart: the store stays
whole, since everything in it is written aside and renamed, and at worst something is computed twice.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from innospace.core.errors import StudyError
from innospace.study.folders import cannot_write

LOCK = ".lock"
TRIES, PAUSE_SECONDS = 10, 0.05
"""Whoever looks whether a lock is taken has it for a moment itself; that is no reason to refuse a run."""


@contextlib.contextmanager
def held(runs: Path) -> Iterator[None]:
    """Hold the lock of a study's runs.

    Parameters
    ----------
    runs : Path
        Folder of runs, which is there.

    Raises
    ------
    StudyError
        Another process has it; says which one, since when, and what to do.
    StoreError
        The lock file cannot be written.
    """
    try:
        handle = os.open(runs / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise cannot_write(runs, error) from error
    try:
        if not _taken(handle):
            raise StudyError(
                "This study is being run already.",
                where=f"{runs.parent}, by {_told(handle)}",
                allowed="one run of a study at a time",
                remedy="Wait until that run has ended, or stop it: on its page in the app, or with Ctrl-C in its "
                "terminal. Then run again: what was finished is kept.",
            )
        _sign(handle)
        yield
    finally:
        os.close(handle)


def holder(runs: Path) -> str:
    """Return which process is running a study, and since when; empty when none is."""
    try:
        handle = os.open(runs / LOCK, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return "" if try_lock(handle) else _told(handle)
    except OSError:
        return ""
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take the lock of an open file; return whether nobody else has it.

    Raises
    ------
    OSError
        The system or the file system has no such locks.
    """
    try:
        import fcntl
    except ModuleNotFoundError as error:
        raise OSError(errno.ENOTSUP, "this system has no locks on files") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken(handle: int) -> bool:
    with contextlib.suppress(OSError):
        for _ in range(TRIES):
            if try_lock(handle):
                return True
            time.sleep(PAUSE_SECONDS)
        return False
    return True


def _sign(handle: int) -> None:
    """Say in the file who has the lock, for those who are refused."""
    text = f"process {os.getpid()} on {platform.node()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    with contextlib.suppress(OSError):
        os.truncate(handle, 0)
        os.write(handle, text.encode())


def _told(handle: int) -> str:
    with contextlib.suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        return os.read(handle, 300).decode("utf-8", "replace") or "a process that has just begun"
    return "a process that has just begun"
