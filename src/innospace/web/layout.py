"""The frame of every page: skip link, header, navigation of a study, main part with its heading; errors in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from innospace.core.errors import InnospaceError, ProblemsError
from innospace.web.controls import element

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.web.context import AppContext

SECTIONS = {
    "data": "Data",
    "model": "Model",
    "run": "Run",
    "results": "Results",
    "scenarios": "Scenarios",
    "compare": "Compare",
}
"""Pages of a study, in the order of the work: address -> name."""
CONNECT_SECONDS = 60.0
_OPTIONS = re.compile(r" \((?:--|command line:)[^()]*\)")
_PARTS = (("Where", "where"), ("Allowed", "allowed"), ("To mend it", "remedy"))


def study_url(study: str, section: str = "") -> str:
    """Return the address of a page of a study."""
    return f"/studies/{quote(study, safe='')}/{section}"


@contextmanager
def frame(context: AppContext, title: str, *, study: str | None = None, section: str = "") -> Iterator[Element]:
    """Draw the frame of a page and yield its main part.

    Parameters
    ----------
    context : AppContext
    title : str
        Heading of the page; the only first-level one.
    study : str, optional
        Name of the study the page belongs to.
    section : str
        Which page of the study; a key of ``SECTIONS``.
    """
    ui.page_title(f"{title} · {study} · innospace" if study else f"{title} · innospace")
    client = ui.context.client
    with client.layout:
        element("a", "skip", "Skip to the content").props('href="#content"').move(client.layout, 0)
        _header(context, study).move(client.layout, 1)
        if study is not None:
            _navigation(study, section).move(client.layout, 2)
    client.content.props('id=content tabindex="-1"').classes("page " + (f"page-{section}" if section else ""))
    element("h1", "", title)
    yield client.content


def _header(context: AppContext, study: str | None) -> Element:
    with element("header", "top") as made:
        # where there is one study only, home is a list of one
        home = "/" if context.workspace.many or study is None else study_url(study)
        element("a", "brand", "innospace").props["href"] = home
        if study is not None:
            # a name may be long and of any alphabet
            element("a", "of-study", study).props["href"] = study_url(study)
        element("button", "button theme", "Light or dark").props('type=button onclick="innospaceTheme()"')
    return made


def _navigation(study: str, section: str) -> Element:
    with element("nav", "sections").props('aria-label="Pages of the study"') as made, element("ul"):
        for address, name in SECTIONS.items():
            with element("li"):
                link = element("a", "", name)
                link.props["href"] = study_url(study, address)
                if address == section:
                    link.props["aria-current"] = "page"
    return made


def study_folder(context: AppContext, study: str) -> Path | None:
    """Return the folder of a study, or show why there is none and return None."""
    try:
        return context.workspace.folder(study)
    except InnospaceError as error:
        show_error(error)
        link("All studies", "/")
        return None


async def connected() -> None:
    """Wait until the browser answers: what takes a while is done after the frame is on the screen."""
    await ui.context.client.connected(CONNECT_SECONDS)


def link(text: str, target: str, classes: str = "") -> Element:
    """Return a link within the app."""
    made = element("a", classes, text)
    made.props["href"] = target
    return made


def show_error(error: InnospaceError) -> Element:
    """Draw an error: what is wrong, where, what is allowed, how to mend it; one that lists problems shows each."""
    with element("div", "problem").props("role=alert") as made:
        element("p", "what", error.what)
        _details(error)
        if isinstance(error, ProblemsError):
            _listed(error.problems)
    return made


def show_problems(problems: Sequence[InnospaceError], title: str) -> Element:
    """Draw a list of problems under a heading."""
    with element("section", "problem") as made:
        element("h2", "", title)
        _listed(problems)
    return made


def _listed(problems: Sequence[InnospaceError]) -> None:
    with element("ol", "problems"):
        for problem in problems:
            with element("li"):
                element("p", "what", problem.what)
                _details(problem)


def _details(error: InnospaceError) -> None:
    given = [(label, getattr(error, name)) for label, name in _PARTS if getattr(error, name)]
    if given:
        with element("dl"):
            for label, text in given:
                with element("div"):
                    element("dt", "", label)
                    element("dd", "", for_pages(text))


def for_pages(text: str) -> str:
    """Return a remedy without the options of the command line that stand behind it in brackets."""
    return _OPTIONS.sub("", text)


def empty_state(title: str, text: str) -> Element:
    """Return a box that says what to do first; put one link or button into it."""
    with element("section", "empty") as made:
        element("h2", "", title)
        element("p", "", text)
    return made


def announcer() -> TextElement:
    """Return a line that assistive technology reads out when its text changes: ``line.text = "Saved."``."""
    return element("p", "announce").props("role=status")
