"""Runs as processes: they end, are stopped, are killed, outlive the server; nothing that was finished is lost."""

from __future__ import annotations

import os
import signal
import time

import pytest

from innospace.core.errors import StudyError
from innospace.study.create import create
from innospace.study.load import load_study
from innospace.study.plan import make_plan
from innospace.study.store import Store, read_run
from innospace.study.worked import create_like
from innospace.web.job_record import STATE, JobState, process_of
from innospace.web.jobs import JOBS, KEPT, Jobs

PATIENCE = 90.0
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
    text = file.read_text(encoding="utf-8").replace("draws = 200", "draws = 3000")
    text = text.replace('"option-1", "option-2", "option-3", "option-4", "TE-of-Tatarstan"', '"option-1"')
    file.write_text(text, encoding="utf-8")
    return folder


def frontier_of(folder):
    """Where the finished first step of the long study stands."""
    plan = make_plan(load_study(folder))
    return folder / "runs" / ".steps" / plan.steps[0].sha256 / "manifest.json"


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


def test_a_run_comes_to_its_end_and_writes_the_report(small, jobs):
    begun = jobs.start(small)
    assert begun.state == JobState.RUNNING
    job = ended(jobs, small)
    assert (job.state, job.fraction, job.error) == (JobState.FINISHED, 1.0, None)
    assert read_run(small).run_id == job.run_id
    assert (small / "report" / "report.html").is_file()
    assert "Finished" in job.log_text()
    assert Jobs().latest(small) == job  # another server reads the same


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


def test_a_worker_that_is_killed_reads_as_interrupted_and_the_next_goes_on(long, jobs):
    job = jobs.start(long)
    until(lambda: frontier_of(long).is_file(), "the first step is not finished")
    stored = frontier_of(long).stat()
    os.killpg(group_of(long, job), signal.SIGKILL)
    assert ended(jobs, long).state == JobState.INTERRUPTED
    file = long / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("draws = 3000", "draws = 0"), encoding="utf-8")
    jobs.start(long)
    assert ended(jobs, long).state == JobState.FINISHED
    assert frontier_of(long).stat().st_mtime_ns == stored.st_mtime_ns  # not computed twice


def test_a_run_goes_on_when_its_server_is_killed(small, serve, tab):
    served = serve(small.parent)
    visit = tab(served)
    page = visit.goto("/studies/small/run")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("so far").wait_for()
    served.kill()
    visit.complaints.clear()  # the page has lost its server
    page.close()
    job = ended(Jobs(), small)
    assert job.state == JobState.FINISHED
    assert read_run(small).run_id == job.run_id


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
