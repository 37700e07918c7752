"""Scenarios: move levers, see what changes against the baseline, put the scenario into the study."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.study.what_if import Bench, Known, compute_missing
from innospace.study.what_if_equilibrium import EquilibriumBench
from innospace.web.controls import Field, button, element, field_check, field_select, waiting
from innospace.web.layout import announcer, connected, empty_state, frame, link, show_error, study_folder, study_url
from innospace.web.pages import scenarios_levers, scenarios_work
from innospace.web.pages.scenarios_equilibrium import EquilibriumPage
from innospace.web.pages.scenarios_result import ResultView
from innospace.web.pages.scenarios_save import SaveForm
from innospace.web.pages.scenarios_state import State, begin, from_text

if TYPE_CHECKING:
    from innospace.web.context import AppContext


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/scenarios``; ``s`` holds drafts, ``step`` names the step."""

    @ui.page("/studies/{study}/scenarios")
    async def scenarios(study: str, s: str = "", step: str = "", saved: str = "") -> None:
        with frame(context, "Scenarios", study=study, section="scenarios") as main:
            folder = study_folder(context, study)
            if folder is None:
                return
            busy = waiting("Preparing the model of this study…")
            await connected()
            await _open(context, study, folder, step, s, saved)
            if not main.is_deleted:
                busy.delete()


async def _open(context: AppContext, study: str, folder: Path, step: str, text: str, saved: str) -> None:
    try:
        opened = await context.compute(scenarios_work.opened, folder, step)
    except InnospaceError as error:
        show_error(error)
        link("To the model of the study", study_url(study, "model"))
        return
    if not opened.steps:
        _no_economy(study)
    elif opened.bench is None:
        _not_computed(context, study, folder, opened)
    elif isinstance(opened.bench, EquilibriumBench):
        await EquilibriumPage(context, study, folder, opened.steps, opened.bench).draw(text, saved)
    else:
        await ScenarioPage(context, study, folder, opened.steps, opened.bench).draw(text, saved)


def _no_economy(study: str) -> None:
    with (
        empty_state(
            "This study has no economy to change yet",
            "Scenarios move what an economy takes as given. Add a step with a regional economy or a general "
            "equilibrium on the page of the model, or begin a new study as a copy of the one of Bashkortostan.",
        ),
        element("div", "row-of-buttons"),
    ):
        link("Add a step to the model", study_url(study, "model"), "button primary")
        link("New study from the worked one", "/?like=bashkortostan", "button")


def _not_computed(context: AppContext, study: str, folder: Path, opened: scenarios_work.Opened) -> None:
    names = ", ".join(opened.missing)
    with empty_state(
        f"First compute: {names}",
        f"The economy of this study takes numbers from the step {names}, which has not been computed yet. "
        "That takes seconds for a table of regions; the result is kept, and a run of the study uses it.",
    ) as box:
        place = element("div")

        async def compute() -> None:
            place.clear()
            with place:
                waiting(f"Computing {names}…")
            try:
                await context.compute(compute_missing, folder, opened.step)
            except InnospaceError as error:
                place.clear()
                with place:
                    show_error(error)
                return
            ui.navigate.reload()

        with element("div", "row-of-buttons"):
            button(f"Compute {names}", compute, primary=True)
            link("Run the whole study", study_url(study, "run"))
        place.move(box)


class ScenarioPage:
    """One visitor's page: drafts, sliders, and what they lead to.

    Parameters
    ----------
    context : AppContext
    study : str
    folder : Path
    steps : tuple of str
        Economy steps of the study.
    bench : Bench
        Of the step that is worked on.
    """

    def __init__(self, context: AppContext, study: str, folder: Path, steps: tuple[str, ...], bench: Bench) -> None:
        self.context, self.study, self.folder, self.steps, self.bench = context, study, folder, steps, bench
        self.state: State = begin(bench)
        self.boxes: list[scenarios_levers.LeverBox] = []
        self._wanted = 0
        self._busy = asyncio.Lock()

    async def draw(self, text: str, saved: str) -> None:
        """Draw the page; ``text`` is the state that its address holds, ``saved`` a scenario that was just saved."""
        if text:
            try:
                self.state = from_text(text, self.bench)
            except InnospaceError as error:
                show_error(error)
        if any(k.name == saved and k.own for k in self.bench.known):
            with element("p", "just-saved").props("role=status"):
                element("span", "badge good", "Saved")
                element("span", "", f"scenarios/{saved}.toml is part of the study now. ")
                link("Run the study with it", study_url(self.study, "run"))
        self._notices()
        with element("div", "bench"):
            with element("section", "outcome") as outcome:
                outcome.props('aria-label="What the scenarios do"')
                self.result = ResultView(self)
                self._beside()
            with element("section", "levers") as levers:
                levers.props('aria-label="Levers"')
                element("h2", "", "Levers")
                self._drafts = element("div", "drafts")
                self._sliders = element("div", "sliders")
                self.said = announcer()
                self.save = SaveForm(self)
        self._draw_drafts()
        self._draw_levers()
        await self.refresh()

    def _notices(self) -> None:
        with element("p", "rests"):
            element("span", "badge simulated", "Simulated")
            element("span", "", "differences between paths of a model. ")
            for nature, text in self.bench.notices:
                element("span", f"badge {nature}", str(nature).capitalize())
                element("span", "", f"{text}. ")
        if len(self.steps) > 1:
            choices = {name: name for name in self.steps}
            field_select("Step", choices, self.bench.step, lambda name: ui.navigate.to(f"?step={quote(name)}"))

    def _beside(self) -> None:
        """Scenarios that are there, to be shown beside the draft."""
        with element("details", "beside"):
            element("summary", "", "Scenarios beside the draft")
            self.limit = element("p", "help", "")
            self._ticks: dict[str, Field] = {}
            shown = [k for k in self.bench.known if k.own or k.solved or k.name in self.state.shown]
            for known in shown:
                self._tick(known)
            readings = [k for k in self.bench.known if k not in shown]
            if readings:
                with element("details"):
                    element("summary", "", "Other readings of the options")
                    for known in readings:
                        self._tick(known)
        self._tell_room()

    def _tick(self, known: Known) -> None:
        async def changed(on: bool) -> None:
            await self._show(known.name, on)

        help_text = known.why
        if known.reason:
            help_text = f"{'; '.join(known.changes)}. {known.reason}"
        title = f"{known.name}: {known.title}" if known.title != known.name else known.name
        self._ticks[known.name] = field_check(title, known.name in self.state.shown, changed, help=help_text)

    async def _show(self, name: str, on: bool) -> None:
        if on and self.state.room < 1:
            self._ticks[name].set(False).complain("Six scenarios are shown already: take one out first.")
            return
        self._ticks[name].complain("")
        known = [k.name for k in self.bench.known]
        chosen = {*self.state.shown, name} if on else {*self.state.shown} - {name}
        self.state.shown = [n for n in known if n in chosen]
        self._tell_room()
        await self.refresh()

    def _tell_room(self) -> None:
        room = self.state.room
        more = f"there is room for {room} more" if room else "take one out to show another"
        self.limit.set_text(f"Up to six are shown side by side, the draft among them: {more}.")

    def _draw_drafts(self) -> None:
        self._drafts.clear()
        known = {k.name: f"{k.name}: {k.title}" for k in self.bench.known if k.settings is not None}
        with self._drafts:
            if len(self.state.drafts) > 1:
                names = {i: _draft_title(w.name, w.replaces) for i, w in enumerate(self.state.drafts)}
                field_select("Draft that the levers change", names, self.state.edited, self._edit)
            field_select("Begin with", {"": "Nothing changed", **known}, "", self._load)
            with element("div", "row-of-buttons"):
                button("Another draft", self._another)
                button("Reset all levers", self._reset)
                if len(self.state.drafts) > 1:
                    button("Discard this draft", self._discard)
                link("Keep it", "#keep")

    def _draw_levers(self) -> None:
        self._sliders.clear()
        with self._sliders:
            self.boxes = scenarios_levers.draw(self.bench.levers, self.state.work, self.refresh)
        self.save.show(self.state.work)

    async def _redraw(self) -> None:
        self._draw_drafts()
        self._draw_levers()
        self._tell_room()
        await self.refresh()

    async def _edit(self, index: Any) -> None:
        self.state.edited = int(index)
        await self._redraw()

    async def _load(self, name: str) -> None:
        known = next((k for k in self.bench.known if k.name == name), None)
        settings = known.settings if known is not None else ()
        work = self.state.work
        work.settings = {s.lever: s for s in settings or ()}
        work.replaces = name if known is not None and known.own else ""
        self.said.set_text(f"The levers now say what {name} says." if name else "All levers are back.")
        self._draw_levers()
        await self.refresh()

    async def _another(self) -> None:
        if self.state.work.moved and self.state.room < 1:
            self.said.set_text("Six scenarios are shown already: take one out first.")
            return
        self.state.new([k.name for k in self.bench.known])
        await self._redraw()

    async def _discard(self) -> None:
        del self.state.drafts[self.state.edited]
        self.state.edited = 0
        await self._redraw()

    async def _reset(self) -> None:
        await self._load("")

    async def saved(self, name: str, bench: Bench) -> None:
        """Take over what a saved scenario changed: it is one of the study now, and the draft is free again."""
        self.bench = bench
        work = self.state.work
        work.settings, work.replaces = {}, ""
        self.state.shown = [k.name for k in bench.known if k.name in {*self.state.shown, name}]
        # the whole page speaks of what the study holds
        ui.navigate.to(f"{self.address()}&saved={quote(name)}")

    def address(self) -> str:
        """Return the address of the page as it is now."""
        return f"{study_url(self.study, 'scenarios')}?step={quote(self.bench.step)}&s={self.state.to_text()}"

    async def refresh(self) -> None:
        """Solve and show; of several calls at once only the last one is answered."""
        self._wanted += 1
        number = self._wanted
        if any(box.refused for box in self.boxes):
            self.result.refuse()
            return
        self.result.wait()
        async with self._busy:
            if number != self._wanted:
                return
            question, where = self.state.question(), (self.folder, self.bench.step)
            try:
                shown = await self.context.compute(scenarios_work.numbers, *where, question)
                if number != self._wanted:
                    return
                self.result.show(shown)
                figure = await self.context.compute(scenarios_work.drawing, *where, question) if shown.drawable else ""
            except InnospaceError as error:
                if number == self._wanted:
                    self.result.fail(error)
                return
            if number == self._wanted:
                self.result.draw(figure)
                ui.navigate.history.replace(self.address())


def _draft_title(name: str, replaces: str) -> str:
    text = name.replace("-", " ").capitalize()
    return f"{text}, changes {replaces}" if replaces else text
