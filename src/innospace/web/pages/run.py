"""Run: what would be computed, the run while it goes on, how it ended. Closing the page stops nothing."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.web.controls import button, button_asking, element, waiting
from innospace.web.job_record import JobState
from innospace.web.layout import (
    announcer,
    connected,
    frame,
    link,
    show_error,
    show_problems,
    study_folder,
    study_url,
)
from innospace.web.pages.run_work import Prospect, prospect

if TYPE_CHECKING:
    from nicegui.element import Element

    from innospace.web.context import AppContext
    from innospace.web.job_record import Job

PAUSE_SECONDS = 0.5
WORDS = {
    JobState.RUNNING: "Running",
    JobState.CANCELLING: "Stopping",
    JobState.CANCELLED: "Stopped; what was finished is kept",
    JobState.INTERRUPTED: "Interrupted; what was finished is kept",
    JobState.FAILED: "Failed",
    JobState.FINISHED: "Finished",
}


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/run``."""

    @ui.page("/studies/{study}/run")
    async def run(study: str) -> None:
        with frame(context, "Run", study=study, section="run"):
            folder = study_folder(context, study)
            if folder is None:
                return
            page = RunPage(context, study, folder)
            await connected()
            await page.look()
            ui.timer(PAUSE_SECONDS, page.watch)


class RunPage:
    """One visitor's view of the runs of a study; several see the same.

    Parameters
    ----------
    context : AppContext
    study : str
    folder : Path
    """

    def __init__(self, context: AppContext, study: str, folder: Path) -> None:
        self.context, self.study, self.folder = context, study, folder
        self._seen: tuple[str, JobState] | None = None
        self.begin: Element | None = None
        # read out when the state changes, not with every percent
        self.line = announcer()
        self.going = element("section", "card going")
        with self.going:
            self.now = element("p", "now")
            self.bar = element("progress").props('max=100 value=0 aria-label="Progress of the run"')
            self.times = element("p", "soft")
            button("Stop", self._stop)
        self.going.set_visibility(False)
        self.ended = element("div")
        self.ahead = element("div")
        with self.ahead:
            waiting("Looking at the study …")
        element("p", "soft", "Closing this page or the browser stops nothing. The same by command line:")
        element("pre", "", f"innospace run {shlex.quote(folder.name)}")

    async def look(self) -> None:
        """Show what a run would do."""
        self.watch()
        try:
            found = await self.context.compute(prospect, self.folder)
        except InnospaceError as error:
            found = Prospect((error,))
        self.begin = None
        self.ahead.clear()
        with self.ahead:
            self._plan(found)
            self._known(found)

    def _plan(self, found: Prospect) -> None:
        if found.problems:
            show_problems(found.problems, "The study cannot run yet")
            with element("div", "row-of-buttons"):
                link("To the data", study_url(self.study, "data"), "button")
                link("To the model", study_url(self.study, "model"), "button")
            return
        element("h2", "", "What is computed")
        with element("ol"):
            for name, engine, stored in found.steps:
                named = name if name == engine else f"{name} ({engine})"
                element("li", "", f"{named}: {'stored already' if stored else 'to be computed'}")
        kept = any(stored for *_, stored in found.steps)
        words = "Write the report again" if found.stored else "Go on" if kept else "Run"
        self.begin = element("div", "row-of-buttons")
        with self.begin:
            button(words, lambda: self._start(fresh=False), primary=True)
            if kept:
                question = "Everything is computed anew, whatever is stored. It takes as long as the first time."
                button_asking(
                    "Compute everything again", question, lambda: self._start(fresh=True), yes="Compute again"
                )
        self._seen = None
        self.watch()

    def _known(self, found: Prospect) -> None:
        """Lead to results that were computed elsewhere, such as by command line: the last run here has its own link."""
        job = self.context.jobs.latest(self.folder)
        if found.runs and (job is None or job.state != JobState.FINISHED):
            with element("p", "known"):
                link("See the results" if found.stored else "See the results of the last run", self._results)

    @property
    def _results(self) -> str:
        return study_url(self.study, "results")

    def _start(self, *, fresh: bool) -> None:
        self.ended.clear()
        try:
            self.context.jobs.start(self.folder, fresh=fresh)
        except InnospaceError as error:
            with self.ended:
                show_error(error)
        self.watch()

    def _stop(self) -> None:
        self.context.jobs.cancel(self.folder)
        self.watch()

    def watch(self) -> None:
        """Show where the run is."""
        job = self.context.jobs.latest(self.folder)
        going = job is not None and job.going
        self.going.set_visibility(going)
        if self.begin is not None:
            self.begin.set_visibility(not going)
        if job is None:
            return
        if going:
            self._progress(job)
        if self._seen == (job.id, job.state):
            return
        before, self._seen = self._seen, (job.id, job.state)
        self.line.text = f"{WORDS[job.state]}."
        self.ended.clear()
        if not going:
            with self.ended:
                self._ending(job)
            if before is not None and before[0] == job.id:
                ui.timer(0.0, self.look, once=True)

    def _progress(self, job: Job) -> None:
        self.now.text = job.message
        self.bar.props(f"value={round(100 * job.fraction)}")
        left = job.seconds_left
        told = [f"{round(100 * job.fraction)} %", f"{_time(job.seconds)} so far"]
        told += [f"about {_time(left)} left"] if left is not None else []
        self.times.text = " · ".join(told)

    def _ending(self, job: Job) -> None:
        if job.problem is not None:
            show_error(job.problem)
        for warning in job.warnings:
            element("p", "soft", f"Warning: {warning}")
        if job.state == JobState.FINISHED:
            element("p", "", f"It took {_time(job.seconds)}.")
            link("See the results", self._results, "button primary")
        with element("details"):
            element("summary", "", "Log of the last run")
            element("pre", "", job.log_text() or "It is empty.")


def _time(seconds: float) -> str:
    """Return a length of time as it is said."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
