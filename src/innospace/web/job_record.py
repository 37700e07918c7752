"""The record of a run in the app: ``runs/.jobs/NUMBER/`` of a study.

``state.json``
    What the worker told last; replaced whole.
``alive``
    The worker holds a lock on this file for as long as it lives. So a dead one is known whatever its end was, and the
    number of its process is never mistaken for that of another one.
``process``
    That number, by which a worker that does not listen is ended.
``stop``
    Is there when somebody wants the run to end.
``log.txt``
    What was done when, and what the worker printed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from innospace.core.errors import InnospaceError, ProblemsError
from innospace.study.lock import try_lock

STATE, ALIVE, PROCESS, STOP, LOG = "state.json", "alive", "process", "stop", "log.txt"
LOG_SHOWN = 20_000
"""Bytes of the end of a log that are shown."""


class JobState(StrEnum):
    """Where a run is."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a run.

    Attributes
    ----------
    id : str
        Number of the record; later ones sort behind earlier ones.
    state : JobState
    message : str
        What it is doing, or did last.
    fraction : float
        Done, in [0, 1].
    started, updated : float
        Seconds since 1970.
    left : float or None
        Seconds that it would probably take still, when it was updated.
    fresh : bool
        Whether everything is computed again.
    error : mapping or None
        What :meth:`InnospaceError.to_dict` gave.
    run_id : str
        Hash of the stored run, once there is one.
    warnings : tuple of str
        What the study warned of.
    log : Path
        File with what was done when.
    """

    id: str
    state: JobState
    message: str = ""
    fraction: float = 0.0
    started: float = 0.0
    updated: float = 0.0
    left: float | None = None
    fresh: bool = False
    error: Mapping[str, Any] | None = None
    run_id: str = ""
    warnings: tuple[str, ...] = field(default=())
    log: Path = Path(LOG)

    @property
    def going(self) -> bool:
        """Whether it is not over yet."""
        return self.state in (JobState.RUNNING, JobState.CANCELLING)

    @property
    def seconds(self) -> float:
        """How long it has run, or did."""
        return max(0.0, (time.time() if self.going else self.updated) - self.started)

    @property
    def seconds_left(self) -> float | None:
        """How long it will probably take still; None where nothing can be said."""
        if self.left is None or self.state != JobState.RUNNING:
            return None
        left = self.left - (time.time() - self.updated)
        return left if left > 0.0 else None

    @property
    def problem(self) -> InnospaceError | None:
        """What went wrong, as an error that pages show."""
        return None if self.error is None else _problem(self.error)

    def log_text(self) -> str:
        """Return the end of the log; empty when there is none."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_SHOWN))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""


def _problem(told: Mapping[str, Any]) -> InnospaceError:
    parts = {key: str(told.get(key, "")) for key in ("where", "allowed", "remedy")}
    if told.get("problems"):
        return ProblemsError(parts["where"], [_problem(p) for p in told["problems"]])
    return InnospaceError(str(told.get("what", "")), **parts)


_TOLD = tuple(f.name for f in fields(Job) if f.name not in ("id", "log"))


def write_state(record: Path, job: Job) -> None:
    """Put the state of a job in place of the one that is there, whole."""
    aside = record / f"{STATE}.{os.getpid()}"
    aside.write_text(json.dumps({name: getattr(job, name) for name in _TOLD}, ensure_ascii=False), encoding="utf-8")
    aside.replace(record / STATE)


def read_state(record: Path) -> Job | None:
    """Return what was told last, or None when that cannot be read."""
    try:
        told = json.loads((record / STATE).read_text(encoding="utf-8"))
        left, error = told["left"], told["error"]
        return Job(
            record.name,
            JobState(told["state"]),
            str(told["message"]),
            float(told["fraction"]),
            float(told["started"]),
            float(told["updated"]),
            None if left is None else float(left),
            bool(told["fresh"]),
            None if error is None else dict(error),
            str(told["run_id"]),
            tuple(map(str, told["warnings"])),
            record / LOG,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_alive(record: Path) -> bool:
    """Whether the worker of a record lives."""
    try:
        handle = os.open(record / ALIVE, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not try_lock(handle)
    except OSError:
        return False
    finally:
        os.close(handle)


def is_asked_to_stop(record: Path) -> bool:
    """Whether somebody wants the run to end, or its record was deleted, as it is with its study."""
    return (record / STOP).exists() or not (record / ALIVE).exists()


def process_of(record: Path) -> int | None:
    """Return the number of the worker's process; to be trusted only while it is alive."""
    with contextlib.suppress(OSError, ValueError):
        return int((record / PROCESS).read_text(encoding="ascii"))
    return None
