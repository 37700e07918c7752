"""Home: the studies of the folder, and how to begin a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.web.controls import Field, button, element, field_select, field_text, waiting
from innospace.web.layout import connected, empty_state, frame, link, show_error, study_url

if TYPE_CHECKING:
    from fastapi.responses import RedirectResponse

    from innospace.web.context import AppContext
    from innospace.web.workspace import StudyCard

OWN = ""
"""Choice of a new study: the user's own table."""
_STATES = {"computed": ("good", "Computed"), "problems": ("bad", "Has problems"), "new": ("", "Not run yet")}


def register(context: AppContext) -> None:
    """Declare ``/``, where ``like`` names a worked study to begin with, and ``/studies/{study}/``."""

    @ui.page("/")
    async def home(like: str = OWN) -> None:
        with frame(context, "Studies"):
            place = element("div")
            with place:
                if context.workspace.names():
                    waiting("Looking at the studies…")
                else:
                    _none_yet(context)
            _new_study(context, like)
            if not context.workspace.names():
                return
            await connected()
            # study files are checked by their engines, whose imports take seconds the first time
            cards = await context.compute(context.workspace.studies)
            if place.is_deleted:
                return
            place.clear()
            with place, element("ul", "studies"):
                for card in cards:
                    _card(card)

    @ui.page("/studies/{study}/")
    def study_home(study: str) -> RedirectResponse | None:
        return _first_page(context, study)


def _first_page(context: AppContext, study: str) -> RedirectResponse | None:
    """Lead to what a study has to show: results when it was run, otherwise its data."""
    from fastapi.responses import RedirectResponse

    from innospace.study.store import Store

    try:
        computed = bool(Store(context.workspace.folder(study)).run_ids())
    except InnospaceError as error:
        with frame(context, "No such study"):
            show_error(error)
            link("All studies", "/")
        return None
    return RedirectResponse(study_url(study, "results" if computed else "data"))


def _none_yet(context: AppContext) -> None:
    with empty_state(
        "There is no study in this folder yet",
        "A study is a folder with a table, a text file that says what is estimated, and what runs produced. "
        "Begin with your own table, or with a worked study to see how everything works.",
    ):
        element("p", "soft", f"Folder: {context.workspace.root}")


def _card(card: StudyCard) -> None:
    with element("li"):
        with element("h2"):
            link(card.title, study_url(card.name))
        with element("p"):
            tone, words = _STATES[card.state]
            element("span", f"badge {tone}", words)
            element("span", "soft", ", ".join(card.engines))
        element("p", "soft", " · ".join(filter(None, [card.name, card.last_run and f"last run {card.last_run}"])))


def _new_study(context: AppContext, like: str) -> None:
    from innospace.study.worked import worked_studies

    if not context.workspace.many:
        return
    choices = {OWN: "My own table (CSV, XLSX or Parquet)"}
    choices |= {w.name: f"Worked study: {w.title}" for w in worked_studies().values()}
    with element("section", "card"):
        element("h2", "", "New study")
        title = field_text("Title", required=True, placeholder="Innovation in my regions")
        begin = field_select("Begin with", choices, like if like in choices else OWN)
        place = element("div")
        button("Make the study", lambda: _create(context, title, begin, place), primary=True)


def _create(context: AppContext, title: Field, begin: Field, place: ui.element) -> None:
    place.clear()
    if not str(title.value).strip():
        title.complain("A study needs a title: what it is about, in a few words.")
        return
    title.complain("")
    try:
        folder = context.workspace.create(str(title.value), sample=begin.value or None)
    except InnospaceError as error:
        with place:
            show_error(error)
        return
    ui.navigate.to(study_url(folder.name, "data"))
