"""Model: which engine does what with which columns, checked while it is chosen, saved into the study file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.study import edit, matrices
from innospace.study.forms import ENGINE_WORDS
from innospace.web.controls import button, element, field_select, field_text, waiting
from innospace.web.layout import (
    announcer,
    connected,
    empty_state,
    for_pages,
    frame,
    link,
    show_error,
    show_problems,
    study_folder,
    study_url,
)
from innospace.web.pages import model_work
from innospace.web.pages.model_links import LinksPart
from innospace.web.pages.model_steps import StepCard

if TYPE_CHECKING:
    from innospace.study.edit import StudyText
    from innospace.web.context import AppContext


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/model``."""

    @ui.page("/studies/{study}/model")
    async def model(study: str) -> None:
        with frame(context, "Model", study=study, section="model"):
            folder = study_folder(context, study)
            if folder is None:
                return
            page = ModelPage(context, study, folder)
            page.draw()
            await connected()
            await page.look()


class ModelPage:
    """One visitor's draft of the model of a study.

    Parameters
    ----------
    context : AppContext
    study : str
    folder : Path

    Attributes
    ----------
    text : str
        The draft; ``read`` is the study file it was made from.
    """

    def __init__(self, context: AppContext, study: str, folder: Path) -> None:
        self.context, self.study, self.folder = context, study, folder
        self.read: StudyText
        self.text = ""
        self.seen = model_work.Seen()
        self._looked = 0
        self._ready = False

    @property
    def content(self) -> Mapping[str, Any]:
        """What the draft says."""
        return edit.values_of(self.text)

    def draw(self) -> None:
        """Draw everything that is known without reading a table."""
        self.line = announcer()
        self.place = element("div")
        try:
            self.read = edit.read_text(self.folder)
            self.text = self.read.text
            edit.values_of(self.text)
        except InnospaceError as error:
            self.text = ""
            with self.place:
                show_error(error)
            return
        self._fill()

    def _fill(self) -> None:
        self.place.clear()
        self.cards: dict[str, StepCard] = {}
        content = self.content
        self._ready = bool(model_work.tables_of(content, "data") or model_work.tables_of(content, "step"))
        with self.place:
            if not self._ready:
                with (
                    empty_state(
                        "A model needs a table first",
                        "Put a table into the study; the columns that it has are then offered here, with a model that "
                        "fits them. A ready model of an economy has its own numbers and needs none.",
                    ),
                    element("div", "row-of-buttons"),
                ):
                    link("Choose a table", study_url(self.study, "data"), "button primary")
                    button("Begin with a ready model of an economy", self._begin)
                return
            self.problems = element("div")
            self.offers = element("div")
            if not model_work.tables_of(content, "step"):
                with self.offers:
                    waiting("Reading the table and looking for a model that fits…")
            for name in model_work.tables_of(content, "step"):
                self.cards[name] = StepCard(self, name)
            LinksPart(self)
            self._add()
            self._finish(bool(self.cards) or self.text != self.read.text)

    def _add(self) -> None:
        with element("details", "card add") as box:
            if not self.cards:
                box.classes("first")
            element("summary", "", "Add a step" if self.cards else "Begin with an empty step")
            engine = field_select("What it does", ENGINE_WORDS, "frontier")
            name = field_text("Name of the step", help="Letters, digits, _ and -; it heads its part of the report.")
            place = element("div")

            async def add() -> None:
                wanted = str(name.value).strip()
                steps = model_work.tables_of(self.content, "step")
                wanted = wanted or model_work.fresh_name(str(engine.value), steps)
                place.clear()
                try:
                    text = model_work.begun(self.text, wanted, str(engine.value))
                except InnospaceError as error:
                    with place:
                        show_error(error)
                    return
                await self.again(text, f"The step {wanted} was added.")

            button("Add the step", add)

    async def _begin(self) -> None:
        text = model_work.begun(self.text, "economy", matrices.ENGINE)
        await self.again(text, "The step economy was added: choose its model.")

    def _finish(self, drawn: bool) -> None:
        """Draw what becomes of the draft; a study without a step has nothing to save or run."""
        with element("section", "finish") as box:
            self.state = element("p", "state")
            self.saving = element("div")
            with element("div", "row-of-buttons"):
                button("Save and run", self._save_and_run, primary=True)
                button("Save", self._save)
                button("Forget the changes", self._forget)
            with element("details"):
                element("summary", "", "The study file that says this")
                element("p", "", "What innospace run takes; comments that stand in the file stay.")
                self.shown = element("pre", "toml", self.text).props('tabindex=0 aria-label="study.toml"')
                button("Download study.toml", lambda: ui.download.content(self.text, "study.toml", "application/toml"))
        box.set_visibility(drawn)
        self._tell_state()

    def _tell_state(self) -> None:
        saved = self.text == self.read.text
        self.state.text = "Everything is saved." if saved else "Changes are not saved yet."
        self.shown.text = self.text

    async def look(self) -> None:
        """Read the tables and check the draft; the answer to an older draft is not shown."""
        if not self._ready:
            return
        self._looked += 1
        mine = self._looked
        try:
            seen = await self.context.compute(model_work.look, self.folder, self.text)
            offered = await self.context.compute(model_work.offers, self.folder, self.text)
        except InnospaceError as error:
            self.problems.clear()
            self.offers.clear()
            with self.problems:
                show_error(error)
            return
        if mine != self._looked or self.place.is_deleted:
            return
        self.seen = seen
        self._show_problems(seen)
        self._show_offers(offered)
        for name, card in self.cards.items():
            card.show(seen.steps.get(name, model_work.SeenStep()), seen)

    def _show_problems(self, seen: model_work.Seen) -> None:
        self.problems.clear()
        unread = [t.error for t in seen.tables.values() if t.error is not None]
        # a study without a step has nothing to run: the offers say what to do about it
        found = [e for e in seen.problems if self.cards or "no step" not in e.what]
        told = {(e.what, e.remedy): e for e in (*unread, *found)}
        if told:
            with self.problems:
                show_problems(list(told.values()), "Before it can run")

    def _show_offers(self, offered: tuple[model_work.Offer, ...]) -> None:
        self.offers.clear()
        with self.offers:
            for offer in offered:
                self._offer(offer)

    def _offer(self, offer: model_work.Offer) -> None:
        with element("section", "card offer"):
            element("h2", "", f"A model for the table {offer.table}")
            p = offer.proposal
            if p is None:
                if offer.error is not None:
                    element("p", "", offer.error.what)
                    element("p", "soft", "Add a step below and choose its columns.")
                return
            step = p.step
            what = step.get("formula") or step.get("method") or "The models of the innovation space"
            element("p", "formula", str(what))
            with element("ul"):
                for reason in p.reasons:
                    element("li", "", reason)
            if p.against:
                element("h3", "", "To know")
                with element("ul"):
                    for reason in p.against:
                        element("li", "", for_pages(reason))

            async def use() -> None:
                await self.again(model_work.with_proposal(self.text, offer), "The model is put in, not saved yet.")

            button("Use this model", use, primary=not self.cards)

    async def change(self, text: str) -> None:
        """Take another draft whose cards stay as they are."""
        self.text = text
        self._tell_state()
        await self.look()

    async def again(self, text: str, said: str = "") -> None:
        """Take another draft and draw the page anew."""
        self.text = text
        self._fill()
        self.line.text = said
        await self.look()

    async def _save(self) -> bool:
        self.saving.clear()
        try:
            self.read = edit.save_text(self.folder, self.text, self.read.digest)
        except InnospaceError as error:
            with self.saving:
                show_error(error)
                button("Load the study as it is now", ui.navigate.reload)
            return False
        self._tell_state()
        self.line.text = "Saved."
        return True

    async def _save_and_run(self) -> None:
        if not await self._save():
            return
        await self.look()
        wrong = [*self.seen.problems, *(e for s in self.seen.steps.values() for e in s.problems)]
        if wrong:
            with self.saving:
                show_problems(wrong, "Saved, but it cannot run yet")
            return
        try:
            self.context.jobs.start(self.folder)
        except InnospaceError as error:
            with self.saving:
                show_error(error)
                link("See what is running", study_url(self.study, "run"))
            return
        ui.navigate.to(study_url(self.study, "run"))

    async def _forget(self) -> None:
        self.read = edit.read_text(self.folder)
        await self.again(self.read.text, "The study is as it was saved.")
