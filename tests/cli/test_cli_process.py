"""The command line as a process of its own: speed, streams, signals.

Times are ratios to a bare interpreter, medians of several runs, so that a busy machine moves both sides. Bounds are
about twice what an idle machine shows.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = ("pandas", "numpy", "scipy", "altair", "pydantic", "pyarrow", "formulaic", "openpyxl", "rich")
IMPORT_RATIO, HELP_RATIO = 6.0, 30.0


def process(arguments, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, check=False, **options)


def seconds(*arguments: str) -> float:
    start = time.perf_counter()
    assert process(arguments).returncode == 0
    return time.perf_counter() - start


def ratio(*arguments: str) -> float:
    pairs = [(seconds(*arguments), seconds("-c", "pass")) for _ in range(5)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


@pytest.mark.parametrize(
    "code",
    [
        "import innospace",
        "import innospace; innospace.__version__; dir(innospace)",
        "from innospace.cli.app import main; main(['--help'])",
        "from innospace.cli.app import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code):
    found = f"import sys\n{code}\nprint('LOADED', *(m for m in {HEAVY!r} if m in sys.modules))"
    assert process(["-c", found]).stdout.decode().splitlines()[-1].strip() == "LOADED"


def test_importing_costs_next_to_nothing():
    assert ratio("-c", "import innospace") < IMPORT_RATIO


def test_help_answers_at_once():
    assert ratio("-m", "innospace", "--help") < HELP_RATIO


def test_public_names_are_what_they_say():
    code = (
        "import innospace\nfor n in innospace.__all__: getattr(innospace, n)\n"
        "for n in innospace.__all__: assert callable(getattr(innospace, n)), n\nprint(innospace.__version__)"
    )
    done = process(["-c", code])
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no attribute 'nope'" in process(["-c", "import innospace; innospace.nope"]).stderr


def test_json_is_utf8_whatever_the_locale(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = process(["-m", "innospace", "samples", "Курск", "--json"], env=environment, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == b""
    assert "Курск" in json.loads(done.stdout.decode("utf-8"))["error"]["what"]


def test_errors_have_no_colour_when_nobody_looks(tmp_path):
    done = process(["-m", "innospace", "check", "нет"], cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"\x1b" not in done.stderr
    assert "To mend it: " in done.stderr.decode("utf-8")


def test_a_reader_that_goes_away_is_not_an_error():
    with subprocess.Popen(
        [sys.executable, "-m", "innospace", "samples", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        running.stdout.close()
        assert running.wait(20) == 141
        assert running.stderr.read() == b""


def start(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "fake_command", "run", str(folder), "--formats", "tables"]
    return subprocess.Popen(
        arguments,
        env={**environment, "FAKE_ENGINE_WAITS": "60"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_first_step(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while not list((folder / "runs").glob(".steps/*/manifest.json")):
        assert time.monotonic() < deadline, "the first step was never stored"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_leaves_nothing_half_written_and_goes_on(fake_study, environment, how):
    folder = fake_study(waits="true")
    with start(folder, environment) as running:
        wait_for_first_step(folder)
        time.sleep(0.1)
        running.send_signal(how)
        assert running.wait(20) == (-9 if how is signal.SIGKILL else 130)
    # the file of the lock stays; the lock itself ended with its process
    assert sorted(p.name for p in (folder / "runs").iterdir()) == [".lock", ".steps"]
    assert list((folder / "report").iterdir()) == []
    done = process(["-m", "fake_command", "run", folder, "--formats", "tables", "--json"], env=environment)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["reused_steps"] == ["first"]
    assert (folder / "report" / "tables" / "rows.csv").exists()


def test_two_processes_may_run_one_study(fake_study, environment):
    folder = fake_study()
    arguments = [sys.executable, "-m", "fake_command", "run", str(folder), "--formats", "tables", "--json"]
    running = [
        subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    found = [json.loads(p.communicate(timeout=30)[0]) for p in running]
    assert [p.returncode for p in running] == [0, 0]
    assert found[0]["run"] == found[1]["run"]
    again = process(["-m", "fake_command", "run", folder, "--formats", "tables", "--json"], env=environment)
    assert json.loads(again.stdout)["already_computed"] is True
