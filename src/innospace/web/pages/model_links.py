"""Links between steps on the page of the model: numbers that one step takes over from another, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError
from innospace.study import edit
from innospace.study.engines import ENGINES, engine
from innospace.study.forms import words
from innospace.web.controls import button, element, field_area, field_select, field_text
from innospace.web.layout import show_error
from innospace.web.pages import model_work

if TYPE_CHECKING:
    from innospace.web.pages.model import ModelPage

ANY = ".*"
"""End of a quantity that stands for any name."""


class LinksPart:
    """What passes between the steps of the draft; nothing is drawn while no step can take anything.

    Parameters
    ----------
    page : ModelPage
    """

    def __init__(self, page: ModelPage) -> None:
        self.page = page
        steps = model_work.tables_of(page.content, "step")
        engines = {n: engine(str(v["engine"])) for n, v in steps.items() if v.get("engine") in ENGINES}
        self.sources = [f"{n}.{q}" for n, e in engines.items() for q in e.OFFERS]
        self.targets = [f"{n}.{q}" for n, e in engines.items() for q in e.TAKES]
        links = model_work.links_of(page.content)
        possible = any(s.partition(".")[0] != t.partition(".")[0] for s in self.sources for t in self.targets)
        if not links and not possible:
            return
        with element("section", "card links"):
            element("h2", "", "What passes between steps")
            if not links:
                element("p", "", "Nothing yet. A step can take a number over from another one.")
            with element("ul"):
                for link in links:
                    self._link(link)
            if possible:
                self._add()

    def _link(self, link: Mapping[str, Any]) -> None:
        async def remove() -> None:
            await self.page.again(edit.without_link(self.page.text, str(link.get("to"))), "The link was taken out.")

        with element("li"):
            element("p", "", sentence(link))
            button("Remove this link", remove)

    def _add(self) -> None:
        with element("details"):
            element("summary", "", "Add a link")
            source = field_select("From", {s: end_words(s) for s in self.sources}, self.sources[0])
            target = field_select("To", {t: end_words(t) for t in self.targets}, self.targets[0])
            name = field_text("Name", help="Of a number that scenarios use, where the step takes any.")
            labels = field_area("Which one", help="Labels that select the number: region = Tatarstan, one a line.")
            place = element("div")

            async def add() -> None:
                place.clear()
                try:
                    to = named_target(str(target.value), str(name.value).strip())
                    values = model_work.link_values(str(source.value), to, str(labels.value))
                except InnospaceError as error:
                    with place:
                        show_error(error)
                    return
                await self.page.again(edit.with_link(self.page.text, values), "The link was added.")

            button("Add the link", add)


def named_target(target: str, name: str) -> str:
    """Return a quantity that a link gives to, with the name of the number where any name will do.

    Raises
    ------
    StudyError
        A name is needed and none is given.
    """
    from innospace.core.errors import StudyError

    if not target.endswith(ANY):
        return target
    if not name:
        raise StudyError("The number needs a name.", where="name", remedy="Scenarios name it: { link = NAME }.")
    return target.removesuffix(ANY) + f".{name}"


def end_words(end: str) -> str:
    """Return an end of a link in words: ``frontier.technical_efficiency``."""
    step, _, quantity = end.partition(".")
    if quantity.endswith(ANY):
        return f"{step}: a number that scenarios use"
    return f"{step}: {words(quantity.removeprefix('linked.')).lower()}"


def sentence(link: Mapping[str, Any]) -> str:
    """Return what a link does in a sentence."""
    where = link.get("where")
    selected = ", ".join(f"{k} {v}" for k, v in where.items()) if isinstance(where, Mapping) else ""
    source, target = end_words(str(link.get("from", ""))), end_words(str(link.get("to", "")))
    of = f" ({selected})" if selected else ""
    return f"{source}{of} becomes {target}."
