"""Run a study: begin, watch, stop. The run goes on when this page is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.web.controls import button, element
from innospace.web.layout import announcer, frame, link, show_error, study_url

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.web.context import AppContext

PAUSE_SECONDS = 0.5


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/run``."""

    @ui.page("/studies/{study}/run")
    def run(study: str) -> None:
        with frame(context, "Run", study=study, section="run"):
            try:
                folder = context.workspace.folder(study)
            except InnospaceError as error:
                show_error(error)
                return
            _watch(context, folder, study)


def _watch(context: AppContext, folder: Path, study: str) -> None:
    element("p", "soft", f"The same by command line: innospace run {folder.name}")
    line = announcer()
    bar = element("progress").props('max=100 value=0 aria-label="Progress of the run"')
    place = element("div")
    with element("div", "row-of-buttons"):
        begin = button("Run", lambda: _begin(context, folder, place), primary=True)
        stop = button("Stop", lambda: context.jobs.cancel(folder))
    results = link("Results", study_url(study, "results"))
    told: list[str] = []

    def look() -> None:
        job = context.jobs.latest(folder)
        going = job is not None and job.going
        begin.set_visibility(not going)
        stop.set_visibility(going)
        bar.set_visibility(going)
        results.set_visibility(job is not None and job.state == "finished")
        if job is None:
            line.text = "Not run from here yet."
            return
        line.text = f"{str(job.state).capitalize()}: {job.message}"
        bar.props(f"value={round(100 * job.fraction)}")
        if job.problem is not None and told != [job.id]:
            told[:] = [job.id]
            place.clear()
            with place:
                show_error(job.problem)

    look()
    ui.timer(PAUSE_SECONDS, look)


def _begin(context: AppContext, folder: Path, place: ui.element) -> None:
    place.clear()
    try:
        context.jobs.start(folder)
    except InnospaceError as error:
        with place:
            show_error(error)
