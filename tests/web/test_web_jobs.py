"""Runs as processes: they end, are stopped, are killed, outlive the server; nothing that was finished is lost."""

from __future__ import annotations

import os
import signal
import statistics
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from innospace.core.errors import StudyError
from innospace.core.parts import NAME
from innospace.study.create import create
from innospace.study.load import load_study
from innospace.study.parts import PARTS
from innospace.study.plan import make_plan
from innospace.study.store import Store
from innospace.study.worked import create_like
from innospace.web.job_record import STATE, JobState, process_of
from innospace.web.jobs import JOBS, KEPT, Jobs

LONG = 180_000
RESPONSIVE_SECONDS = 0.2
PATIENCE = 180.0
"""Seconds after which a test gives up; a loaded machine may need a while."""


def until(holds, what):
    """Wait until something holds."""
    limit = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < limit, what
        time.sleep(0.05)
    return found


def ended(jobs, folder):
    until(lambda: not jobs.latest(folder).going, "the run does not end")
    return jobs.latest(folder)


@pytest.fixture
def jobs():
    """Jobs whose workers are gone when the test ends, as they would outlive it by design."""
    made = Jobs(grace=2.0)
    yield made
    for child in made._children:
        child.wait(PATIENCE)


@pytest.fixture
def small(tmp_path):
    create(tmp_path / "small", "russia-2010-2012")
    return tmp_path / "small"


@pytest.fixture
def long(tmp_path):
    """A study whose second step takes long: parameters drawn many times, in processes of their own."""
    folder = tmp_path / "long"
    create_like(folder, "bashkortostan")
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 200", "draws = 9000")
    text = text.replace('"option-1", "option-2", "option-3", "option-4", "TE-of-Tatarstan"', '"option-1"')
    file.write_text(text.replace("[2012, 2030]", "[2012, 2015]"), encoding="utf-8")
    return folder


def frontier_of(folder):
    """Where the finished first step of the long study stands."""
    plan = make_plan(load_study(folder))
    return folder / "runs" / ".steps" / plan.steps[0].sha256 / "manifest.json"


def parts_of(folder):
    """When each finished part of the second step was written."""
    found = (folder / "runs" / PARTS).glob("*/*")
    return {p.name: p.stat().st_mtime_ns for p in found if NAME.fullmatch(p.name)}


def group_of(folder, job):
    return process_of(folder / "runs" / JOBS / job.id)


def lives(group):
    """Whether any process of a group is there that is not waiting to be forgotten."""
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    state, _, leads = file.read().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(leads) == group and state != "Z":
                return True
    return False


def test_a_study_with_problems_fails_with_all_of_them(small, jobs):
    (small / "study.toml").write_text('[study]\ntitle = "x"\n[step.a]\nengine = "frontie"\ndata = "no"\n')
    jobs.start(small)
    job = ended(jobs, small)
    assert job.state == JobState.FAILED
    assert len(job.problem.problems) == 2
    assert job.problem.problems[0].remedy


def test_a_second_start_is_refused_and_says_why(long, jobs):
    jobs.start(long)
    with pytest.raises(StudyError, match="being run already") as error:
        Jobs().start(long)
    assert "stop it first" in error.value.remedy
    jobs.cancel(long)
    assert ended(jobs, long).state == JobState.CANCELLED


def test_a_run_that_is_stopped_keeps_what_it_finished_and_leaves_no_process(long, jobs):
    job = jobs.start(long)
    until(lambda: frontier_of(long).is_file(), "the first step is not finished")
    group = group_of(long, job)
    assert lives(group)
    jobs.cancel(long)
    assert ended(jobs, long).state == JobState.CANCELLED
    until(lambda: not lives(group), "processes are left")
    assert frontier_of(long).is_file()
    assert Store(long).run_ids() == []


def answer_seconds(served):
    """Return how long a page takes to be answered; the median, as tests beside this one may take both cores."""
    taken = []
    for _ in range(15):
        began = time.monotonic()
        urllib.request.urlopen(f"{served.url}/", timeout=10).read()
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


@pytest.mark.browser
def test_stopped_and_killed_in_the_middle_a_run_goes_on_where_it_was(long, serve, tab):
    served = serve(long.parent)
    visit = tab(served)
    page = visit.goto("/studies/long/run")

    page.get_by_role("button", name="Run", exact=True).click()
    until(lambda: parts_of(long), "no part is finished")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped; what was finished is kept").wait_for(timeout=LONG)
    page.get_by_text("frontier: stored already").wait_for(timeout=LONG)
    kept, frontier = parts_of(long), frontier_of(long).stat().st_mtime_ns
    assert kept
    page.get_by_role("button", name="Go on").click()
    until(lambda: len(parts_of(long)) > len(kept), "it does not go on")
    assert answer_seconds(served) < RESPONSIVE_SECONDS

    # the server is killed, and the run goes on without it; then its processes are, all at once
    port = urlsplit(served.url).port
    served.kill()
    page.get_by_text("Connection lost").wait_for(timeout=LONG)
    job = Jobs().latest(long)
    assert job.state == JobState.RUNNING
    os.killpg(group_of(long, job), signal.SIGKILL)
    killed = parts_of(long)
    assert killed.items() >= kept.items(), "a finished part was computed again"

    # the page that was left open finds the next server by itself, and says what happened
    serve(long.parent, port=port)
    page.get_by_text("Interrupted; what was finished is kept").wait_for(timeout=LONG)
    visit.complaints.clear()  # for a while it had no server
    page.get_by_text("frontier: stored already").wait_for(timeout=LONG)
    page.get_by_role("button", name="Go on").click()
    until(lambda: len(parts_of(long)) > len(killed), "it does not go on again")
    assert parts_of(long).items() >= killed.items(), "a finished part was computed again"
    page.get_by_role("button", name="Stop").click()
    until(lambda: not Jobs().latest(long).going, "it does not stop")
    assert frontier_of(long).stat().st_mtime_ns == frontier


def test_a_damaged_record_is_no_run_and_old_ones_go(small, jobs):
    (small / "study.toml").write_text("[study]\n")  # a study that fails at once is enough here
    jobs.start(small)
    job = ended(jobs, small)
    (small / "runs" / JOBS / job.id / STATE).write_text("{")
    until(lambda: jobs.latest(small).state == JobState.INTERRUPTED, "a damaged record is taken for a run")
    for number in range(2, KEPT + 5):
        (small / "runs" / JOBS / f"{number:06d}").mkdir()
    jobs.start(small)
    assert ended(jobs, small).state == JobState.FAILED
    assert len(list((small / "runs" / JOBS).iterdir())) == KEPT
    assert not (small / "runs" / JOBS / job.id).exists()
