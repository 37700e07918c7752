"""Compare: two stored runs side by side, or scenarios of one run, with charts, tables, files and the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.study.store import SHOWN
from innospace.web import comparing as work
from innospace.web import drawing
from innospace.web.controls import element, field_select, waiting
from innospace.web.drawing import History, RunRef, find_run
from innospace.web.drawn import LOADING, Kept
from innospace.web.layout import empty_state, frame, link, show_error, study_folder, study_url
from innospace.web.pages.compare_runs import RunsView
from innospace.web.pages.compare_scenarios import ScenariosView

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.web.context import AppContext

RUNS, SCENARIOS = "runs", "scenarios"
KINDS = {SCENARIOS: "Scenarios of a run", RUNS: "Two runs"}


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/compare``."""
    kept = Kept(context.compute)

    @ui.page("/studies/{study}/compare")
    def compare(study: str, request: Request) -> None:
        asked = dict(request.query_params)
        with frame(context, "Compare", study=study, section="compare"):
            folder = study_folder(context, study)
            if folder is None:
                return
            _show(ComparePage(context, kept, study, folder, asked))


def _show(page: ComparePage) -> None:
    place = element("div")
    with place:
        waiting(LOADING)

    async def fill() -> None:
        try:
            page.history = await page.context.compute(drawing.history, str(page.folder))
            if page.history.runs:
                await page.choose_run()
        except InnospaceError as error:
            place.clear()
            with place:
                show_error(error)
                link("Compare without a choice", study_url(page.study, "compare"))
            return
        place.clear()
        with place:
            await page.draw()

    ui.timer(0.0, fill, once=True)


class ComparePage:
    """One visit to the page of comparison.

    Attributes
    ----------
    context : AppContext
    kept : Kept
        Answers of workers about stored runs.
    study : str
    folder : Path
    asked : dict of str to str
        What the address asks for; it follows what is chosen on the page.
    history : History
        Runs of the study.
    ref : RunRef
        The run whose scenarios are compared, and A of two runs.
    steps : tuple of Step
        Its steps with scenarios.
    """

    history: History
    ref: RunRef
    steps: tuple[work.Step, ...] = ()

    def __init__(self, context: AppContext, kept: Kept, study: str, folder: Path, asked: Mapping[str, str]) -> None:
        self.context, self.kept, self.study, self.folder, self.asked = context, kept, study, folder, dict(asked)

    @property
    def kind(self) -> str:
        """What is compared: scenarios where the run has some, unless the address says otherwise."""
        known = self.asked.get("kind", "")
        return known if known in KINDS else SCENARIOS if self.steps else RUNS

    def address(self, **asked: str) -> str:
        """Return the address of another choice on this page."""
        shown = urlencode({k: v for k, v in asked.items() if v})
        return study_url(self.study, "compare") + (f"?{shown}" if shown else "")

    def keep(self, **asked: str) -> None:
        """Make the address lead to what is chosen."""
        self.asked = asked
        ui.navigate.history.replace(self.address(**asked))

    async def choose_run(self) -> None:
        """Find the run that is asked for: the present one, else the newest; of two runs the one before."""
        known = [run_id for run_id, _ in self.history.runs]
        wanted = self.asked.get("run", "")
        if not wanted:
            wanted = self.history.present if self.history.present in known else known[0]
        self.ref = find_run(self.study, self.folder, wanted)
        self.steps = await self.kept(work.steps, self.ref)

    async def draw(self) -> None:
        """Draw what is compared, or what to do first."""
        if not self.history.runs:
            with empty_state(
                "This study has not been run yet",
                "Runs are compared with each other, and scenarios within a run. Run the study first.",
            ):
                link("Run the study", study_url(self.study, "run"), "button primary")
            return
        with element("nav", "kinds").props('aria-label="What is compared"'), element("ul"):
            for kind, name in KINDS.items():
                with element("li"):
                    made = link(name, self.address(kind=kind))
                    if kind == self.kind:
                        made.props["aria-current"] = "page"
        if self.kind == RUNS:
            await RunsView(self).load()
        elif self.steps:
            self._run_field()
            await ScenariosView(self).load()
        else:
            self._run_field()
            with empty_state(
                "This run has no scenarios",
                "Scenarios belong to a step with an economy, and this run has none. Its numbers can be compared with "
                "those of another run.",
            ):
                link("Compare two runs", self.address(kind=RUNS), "button primary")

    def _run_field(self) -> None:
        """Offer the runs of the study, where there are several."""
        options = {r: f"{at} · {r[:SHOWN]}" for r, at in self.history.runs}
        if len(options) > 1:
            field_select(
                "Run",
                options,
                self.ref.run_id,
                lambda r: ui.navigate.to(self.address(kind=SCENARIOS, run=r[:SHOWN])),
            )
        else:
            when = dict(self.history.runs)[self.ref.run_id]
            element("p", "soft", f"Run {self.ref.run_id[:SHOWN]} of {when}.")
