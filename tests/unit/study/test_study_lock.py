"""One run of a study at a time; a lock of a dead process never blocks."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys

import pytest

from innospace.core.errors import StoreError, StudyError
from innospace.study import lock, run
from innospace.study.store import Store

TEXT = """
[study]
title = "Замок"

[data.t]
file = "data/t.csv"

[step.one]
engine = "fake"
data = "t"
"""
HOLD = """
import sys
from pathlib import Path
from innospace.study.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Hold the lock of a folder of runs in another process: ``other(runs)``."""
    started = []

    def hold(runs):
        runs.mkdir(exist_ok=True)
        command = [sys.executable, "-c", HOLD, str(runs)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_run_is_refused_and_told_who_has_it(study, engine, other):
    folder = study(TEXT)
    process = other(folder / "runs")
    with pytest.raises(StudyError, match="being run already") as caught:
        run(folder)
    assert f"process {process.pid} on " in caught.value.where
    assert "since 20" in caught.value.where
    assert "stop it" in caught.value.remedy
    assert engine.CALLS == []
    assert lock.holder(folder / "runs").startswith(f"process {process.pid} on ")
    process.communicate("")
    assert lock.holder(folder / "runs") == ""
    assert not run(folder).already_computed


def test_a_lock_of_a_killed_process_does_not_block(study, other):
    folder = study(TEXT)
    process = other(folder / "runs")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (folder / "runs" / lock.LOCK).read_text(encoding="utf-8").startswith(f"process {process.pid} ")
    assert not run(folder).already_computed


def test_a_stored_run_is_read_whoever_has_the_lock(study, other):
    folder = study(TEXT)
    run(folder)
    other(folder / "runs")
    assert run(folder).already_computed
    with pytest.raises(StudyError, match="being run already"):
        run(folder, fresh=True)


def test_a_run_within_a_run_is_refused_too(study):
    folder = study(TEXT)

    def again(message, fraction):
        run(folder)

    with pytest.raises(StudyError, match=f"process {os.getpid()} on"):
        run(folder, progress=again)
    assert not run(folder).already_computed


def test_whoever_looks_does_not_keep_a_run_from_beginning(study, monkeypatch):
    folder = study(TEXT)
    answers = iter([False, False, True])
    monkeypatch.setattr(lock, "try_lock", lambda handle: next(answers))
    assert not run(folder).already_computed
    assert next(answers, None) is None


def test_without_locks_runs_go_on(study, monkeypatch):
    folder = study(TEXT)

    def none(handle):
        raise OSError(errno.ENOTSUP, "no locks")

    monkeypatch.setattr(lock, "try_lock", none)
    assert not run(folder).already_computed
    assert lock.holder(folder / "runs") == ""


def test_a_system_without_locks_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with (tmp_path / "file").open("wb") as file, pytest.raises(OSError, match="no locks on files"):
        lock.try_lock(file.fileno())


def test_a_lock_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(StoreError, match="cannot be stored"), lock.held(tmp_path / "missing"):
        pass


def test_a_deleted_study_does_not_come_back(study):
    folder = study(TEXT)

    def delete(message, fraction):
        if message == "one: summing":
            shutil.rmtree(folder)

    with pytest.raises(StoreError, match="cannot be stored"):
        run(folder, progress=delete)
    assert not folder.exists()
    with pytest.raises(StoreError, match="cannot be stored"):
        Store(folder).parts("a" * 64).save("part", b"numbers")
    assert not folder.exists()
