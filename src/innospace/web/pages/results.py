"""Results: what was found, how sure we are, what can be looked into, every part of the report, files, commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from innospace.core.errors import InnospaceError, LabelError
from innospace.study.store import SHOWN
from innospace.web import drawing
from innospace.web.controls import element, field_select, waiting
from innospace.web.drawing import Chosen, History, Overview, RunRef, find_run
from innospace.web.drawn import LOADING, Kept
from innospace.web.layout import empty_state, frame, link, show_error, study_folder, study_url
from innospace.web.pages.results_files import commands, files
from innospace.web.pages.results_look import Look
from innospace.web.pages.results_parts import PartView, chapter, contents, opening

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.web.context import AppContext

LOOK = "look."
"""What stands before the name of a step in the address of what can be looked into."""
OWN = ("run", "section", "part")
"""Keys of the address that are no choice."""


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/results``."""
    kept = Kept(context.compute)

    @ui.page("/studies/{study}/results")
    def results(study: str, request: Request) -> None:
        asked = dict(request.query_params)
        with frame(context, "Results", study=study, section="results"):
            folder = study_folder(context, study)
            if folder is None:
                return
            _show(ResultsPage(context, kept, study, folder, asked))


def _show(page: ResultsPage) -> None:
    try:
        page.ref = find_run(page.study, page.folder, page.asked.get("run", ""))
    except InnospaceError as error:
        _no_run(page, error)
        return
    place = element("div")
    with place:
        waiting(LOADING)

    async def fill() -> None:
        # reading a run may take longer than a page may wait before it answers
        history = None
        try:
            history = await page.context.compute(drawing.history, str(page.folder))
            if not page.asked.get("run"):
                page.ref = _present(page, history)
            overview = await page.kept(drawing.overview, page.ref)
        except InnospaceError as error:
            place.clear()
            with place:
                show_error(error)
                link("Go to the page of runs", study_url(page.study, "run"))
                page.others(history)
            return
        place.clear()
        with place:
            await page.draw(overview, history)

    ui.timer(0.0, fill, once=True)


def _present(page: ResultsPage, history: History) -> RunRef:
    """Return the run of the study as it is now, failing that the newest, as ``innospace report`` does."""
    known = history.present in dict(history.runs)
    return find_run(page.study, page.folder, history.present) if known else page.ref


def _no_run(page: ResultsPage, error: InnospaceError) -> None:
    if page.asked.get("run"):
        show_error(error)
        link("Show the newest run", study_url(page.study, "results"))
        return
    with empty_state(
        "This study has not been run yet",
        "A run checks the data, estimates every step and keeps the numbers. Results, charts and reports stand here "
        "afterwards.",
    ):
        link("Run the study", study_url(page.study, "run"), "button primary")


class ResultsPage:
    """One visit to the results of a study.

    Attributes
    ----------
    context : AppContext
    kept : Kept
        Answers of workers about stored runs.
    study : str
    folder : Path
    asked : dict of str to str
        What the address asks for.
    ref : RunRef
        The run that is shown.
    engines : mapping of str to str
        Step to engine.
    """

    ref: RunRef
    engines: Mapping[str, str]

    def __init__(self, context: AppContext, kept: Kept, study: str, folder: Path, asked: Mapping[str, str]) -> None:
        self.context, self.kept, self.study, self.folder, self.asked = context, kept, study, folder, dict(asked)

    def address(self, **asked: str) -> str:
        """Return the address of another part of the same run."""
        query = {"run": self.asked.get("run", ""), **asked}
        shown = urlencode({k: v for k, v in query.items() if v})
        return study_url(self.study, "results") + (f"?{shown}" if shown else "")

    def chosen(self) -> Chosen:
        """Return what the address chooses of a step."""
        return tuple(sorted((k, v) for k, v in self.asked.items() if k not in OWN))

    async def draw(self, overview: Overview, history: History) -> None:
        """Draw the page."""
        self.engines = dict(overview.engines)
        section = self.asked.get("section", "")
        element("p", "lead", overview.title)
        self._which(overview, history)
        with element("div", "results"):
            contents(self, overview, section)
            with element("div", "shown"):
                if section.startswith(LOOK):
                    await self._look(overview, section.removeprefix(LOOK))
                elif section:
                    await chapter(self, overview, section, self.asked.get("part", ""))
                else:
                    await self._open(overview)

    def _which(self, overview: Overview, history: History) -> None:
        """Say which run is shown, and offer the other ones."""
        when = dict(history.runs).get(self.ref.run_id, overview.created)
        with element("div", "which"):
            if len(history.runs) > 1:
                options = {r: f"{at} · {r[:SHOWN]}" for r, at in history.runs}
                field_select("Run", options, self.ref.run_id, lambda r: ui.navigate.to(self._of_run(r, history)))
            else:
                element("p", "soft", f"Run {self.ref.run_id[:SHOWN]} of {when}, innospace {overview.version}.")
        if history.present != self.ref.run_id:
            with element("p", "older"):
                stored = history.present in dict(history.runs)
                element("span", "badge", "Older run" if stored else "Study changed")
                if stored:
                    element("span", "", "The study as it is now was run too. ")
                    link("Show that run", study_url(self.study, "results") + f"?run={history.present[:SHOWN]}")
                else:
                    element("span", "", "The study, its data or innospace changed after this run. ")
                    link("Run it again", study_url(self.study, "run"))

    def others(self, history: History | None) -> None:
        """Lead to the other runs from one that cannot be shown."""
        rest = [r for r in (history.runs if history else ()) if r[0] != self.ref.run_id]
        if rest:
            element("h2", "", "Other runs of the study")
            with element("ul"):
                for run_id, when in rest:
                    with element("li"):
                        link(f"{when} · {run_id[:SHOWN]}", study_url(self.study, "results") + f"?run={run_id[:SHOWN]}")

    def _of_run(self, run_id: str, history: History) -> str:
        present = history.present == run_id
        return study_url(self.study, "results") + ("" if present else f"?run={run_id[:SHOWN]}")

    async def _open(self, overview: Overview) -> None:
        """Draw the opening: findings, checks, then for every step what suits it, the last step first."""
        opening(overview)
        shown: list[Look | PartView] = []
        looks = dict(overview.explorers)
        for step, _ in reversed(overview.engines):
            if step in looks:
                shown.append(Look(self, step, looks[step], {}))
            else:
                first = next((c for c in overview.chapters if c.step == step), None)
                shown += [PartView(self, first, first.parts[0])] if first else []
        files(self, overview)
        commands(self, overview)
        for part in shown:
            await part.load()

    async def _look(self, overview: Overview, step: str) -> None:
        known = dict(overview.explorers)
        if step not in known:
            show_error(LabelError(f"There is nothing to look into in {step!r}.", allowed=", ".join(known)))
            return
        await Look(self, step, known[step], dict(self.chosen())).load()
