"""Put the draft into the study, or take it along as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.study.what_if import Draft
from innospace.study.what_if_save import name_problem
from innospace.web.controls import button, element, field_area, field_text
from innospace.web.layout import show_error
from innospace.web.pages import scenarios_work

if TYPE_CHECKING:
    from innospace.web.pages.scenarios import ScenarioPage
    from innospace.web.pages.scenarios_state import Work


class SaveForm:
    """Name, title and reason of the draft, and what can be done with it."""

    def __init__(self, page: ScenarioPage) -> None:
        self.page = page
        with element("section", "save card"):
            element("h2", "", "Keep it").props("id=keep tabindex=-1")
            self.lead = element("p", "help", "")
            self.name = field_text("Name", required=True, placeholder="more-research", help="Names the file too.")
            self.title = field_text("Title", placeholder="made from the levers when empty")
            self.why = field_area("Why it is asked", required=True, rows=3)
            self.place = element("div")
            with element("div", "row-of-buttons"):
                self.button = button("Save to the study", self._save, primary=True)
                button("Scenario as a file", self._download)
                button("Study file with what is shown", self._download_study)

    def show(self, work: Work) -> None:
        """Speak of a draft."""
        self.place.clear()
        if work.replaces:
            known = next(k for k in self.page.bench.known if k.name == work.replaces)
            self.lead.set_text(
                f"Saving changes the scenario {known.name} of the study. Give another name to keep both."
            )
            self.name.set(known.name)
            self.title.set(known.title)
            self.why.set(known.why)
        else:
            self.lead.set_text("A file in the folder scenarios of the study; a run solves it with all the others.")

    def _draft(self, name: str) -> Draft:
        given = (str(self.title.value or "").strip(), str(self.why.value or "").strip())
        return Draft(name, tuple(self.page.state.work.settings.values()), *given)

    def _sound(self) -> bool:
        """Hold what was typed against what is allowed; complaints stand at the fields."""
        name, work = str(self.name.value or "").strip(), self.page.state.work
        taken = ["baseline", *(k.name for k in self.page.bench.known if k.name != work.replaces)]
        problem = name_problem(name, taken)
        self.name.complain(f"{problem.what} Allowed: {problem.allowed}." if problem else "")
        why = str(self.why.value or "").strip()
        self.why.complain(
            "" if why else "Say in a sentence why this is asked: readers of the report will want to know."
        )
        self.place.clear()
        idle = not work.moved or any(box.refused for box in self.page.boxes)
        if idle:
            with self.place:
                words = "No lever is moved." if not work.moved else "A value of a lever is refused."
                show_error(InnospaceError(words, remedy="Move a lever to a value within its range, then save."))
        return problem is None and bool(why) and not idle

    async def _save(self) -> None:
        if not self._sound():
            return
        page, name = self.page, str(self.name.value).strip()
        replace = bool(page.state.work.replaces) and name == page.state.work.replaces
        try:
            found = await page.context.compute(
                scenarios_work.save, page.folder, page.bench.step, self._draft(name), page.bench.digest, replace
            )
        except InnospaceError as error:
            with self.place:
                show_error(error)
            return
        await page.saved(name, found)

    async def _download(self) -> None:
        page = self.page
        name = str(self.name.value or "").strip() or page.state.work.name
        await self._offer(f"{name}.toml", scenarios_work.as_file, self._draft(name))

    async def _download_study(self) -> None:
        page = self.page
        drafts = tuple(w.draft() for w in page.state.drafts if w.moved)
        await self._offer("study.toml", scenarios_work.as_study, drafts, tuple(page.state.shown))

    async def _offer(self, file: str, make: Callable[..., str], *arguments: object) -> None:
        page = self.page
        self.place.clear()
        try:
            text = await page.context.compute(make, page.folder, page.bench.step, *arguments)
        except InnospaceError as error:
            with self.place:
                show_error(error)
            return
        ui.download.content(text, file, "application/toml")
