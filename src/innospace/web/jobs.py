"""Runs as processes of their own: begun here, told about in files, going on when browser or server are gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from innospace.core.errors import StudyError
from innospace.study.folders import cannot_write, require_writable
from innospace.study.load import study_file
from innospace.study.lock import holder, try_lock
from innospace.study.store import RUNS
from innospace.web.job_record import (
    ALIVE,
    LOG,
    PROCESS,
    STOP,
    Job,
    JobState,
    is_alive,
    is_asked_to_stop,
    process_of,
    read_state,
    write_state,
)

JOBS = ".jobs"
KEPT = 20
"""Records kept of a study; older ones go when a new run is begun."""
GRACE_SECONDS = 4.0
"""A worker that is to stop ends at its next word of progress; after this it is told to, and then made to."""
PAUSE_SECONDS = 0.05
_ASIDE = ".new-"


class Jobs:
    """Runs of studies, each in a process of its own.

    Parameters
    ----------
    grace : float
        Seconds that a worker which is to stop has for each of three ways: by itself, at a signal, and at once.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._children: list[subprocess.Popen[bytes]] = []
        self._ending: set[Path] = set()

    def start(self, folder: Path, *, fresh: bool = False) -> Job:
        """Begin a run of a study.

        Parameters
        ----------
        folder : Path
            The study.
        fresh : bool
            Compute everything again, whatever is stored.

        Raises
        ------
        StudyError
            One is going on already, or there is no such study, or it lies where files cannot be locked.
        StoreError
            The folder cannot be written.
        """
        file = study_file(folder)
        going = self.latest(folder)
        told = self.elsewhere(folder)
        if told or (going is not None and going.going):
            raise StudyError(
                "This study is being run already.",
                where=f"{folder.name}{f', by {told}' if told else ''}",
                allowed="one run of a study at a time",
                remedy="Wait until it has ended, or stop it first.",
            )
        jobs = folder / RUNS / JOBS
        require_writable(jobs)
        now = time.time()
        try:
            job = self._spawn(file, jobs, Job("", JobState.RUNNING, "Starting", started=now, updated=now, fresh=fresh))
        except OSError as error:
            raise cannot_write(jobs, error) from error
        self._prune(jobs)
        return job

    def _spawn(self, file: Path, jobs: Path, job: Job) -> Job:
        """Make a record whose lock is held from the beginning, and a worker that holds it to its end."""
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=jobs))
        try:
            with (aside / ALIVE).open("wb") as alive, (aside / LOG).open("wb") as log:
                _require_lock(alive.fileno(), jobs)
                write_state(aside, job)
                record = _numbered(aside, jobs)
                command = [sys.executable, "-m", "innospace.web.worker", str(file), str(record), str(alive.fileno())]
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(alive.fileno(),),
                    start_new_session=True,
                )
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        (record / PROCESS).write_text(str(child.pid), encoding="ascii")
        self._children.append(child)
        return replace(job, id=record.name, log=record / LOG)

    @staticmethod
    def _prune(jobs: Path) -> None:
        for old in _records(jobs)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def latest(self, folder: Path) -> Job | None:
        """Return the run of a study that is going on, failing that the newest, of those begun in the app; or None."""
        # an ended child stays in the table of processes until it is asked for
        self._children = [c for c in self._children if c.poll() is None]
        records = _records(folder / RUNS / JOBS)
        jobs = (self._read(r) for r in reversed(records))
        going = next((j for j in jobs if j.going), None)
        return going if going is not None or not records else self._read(records[-1])

    def elsewhere(self, folder: Path) -> str:
        """Return who is running a study if that is not the app, such as the command line; empty when nobody is."""
        told = holder(folder / RUNS)
        job = self.latest(folder) if told else None
        return "" if job is not None and job.going else told

    def cancel(self, folder: Path) -> None:
        """Ask the run of a study to end; one that does not listen is ended. What it finished is kept."""
        job = self.latest(folder)
        if job is None or not job.going:
            return
        record = folder / RUNS / JOBS / job.id
        with contextlib.suppress(OSError):
            (record / STOP).touch()
        self._see_to_the_end(record)

    def _read(self, record: Path) -> Job:
        alive = is_alive(record)  # before the state: what a worker tells last comes before its end
        job = read_state(record)
        if job is None:
            began = _time_of(record)
            message = "The record of this run is damaged."
            job = Job(record.name, JobState.RUNNING, message, started=began, updated=began, log=record / LOG)
        if not job.going:
            return job
        asked = is_asked_to_stop(record)
        if not alive:
            return replace(job, state=JobState.CANCELLED if asked else JobState.INTERRUPTED)
        if asked:
            self._see_to_the_end(record)
            return replace(job, state=JobState.CANCELLING)
        return job

    def _see_to_the_end(self, record: Path) -> None:
        """End a worker that was asked to stop and does not, with all processes it began; whoever watches."""
        if record not in self._ending:
            self._ending.add(record)
            threading.Thread(target=self._end, args=(record,), daemon=True).start()

    def _end(self, record: Path) -> None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            limit = time.monotonic() + self._grace
            while is_alive(record) and time.monotonic() < limit:
                time.sleep(PAUSE_SECONDS)
            process = process_of(record)
            # the number is the worker's while it lives; it leads a group of its own
            if process is not None and is_alive(record):
                with contextlib.suppress(OSError):
                    os.killpg(process, sign)
        self._ending.discard(record)


def _require_lock(handle: int, jobs: Path) -> None:
    try:
        try_lock(handle)
    except OSError as error:
        raise StudyError(
            f"Files cannot be locked here, so the app could not tell whether a run is still alive: {error}.",
            where=str(jobs),
            allowed="a folder on a disk of this computer, on Linux or macOS",
            remedy="Copy the study to such a folder, or run it from the command line: innospace run.",
        ) from error


def _numbered(aside: Path, jobs: Path) -> Path:
    """Give a new record the next number; another server may take one at the same moment."""
    number = int(records[-1].name) if (records := _records(jobs)) else 0
    while True:
        number += 1
        target = jobs / f"{number:06d}"
        try:
            aside.rename(target)
        except OSError:
            if not target.exists():
                raise
        else:
            return target


def _records(jobs: Path) -> list[Path]:
    try:
        return sorted(p for p in jobs.iterdir() if p.name.isdecimal() and p.name.isascii() and p.is_dir())
    except OSError:
        return []


def _time_of(record: Path) -> float:
    try:
        return (record / ALIVE).stat().st_mtime
    except OSError:
        return time.time()
