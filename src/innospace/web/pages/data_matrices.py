"""The matrices that equilibrium steps rest on: accounts, balance, where they came from, cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.web.controls import element, waiting
from innospace.web.layout import link, show_error, study_url
from innospace.web.pages import data_work

if TYPE_CHECKING:
    from innospace.web.pages.data import DataPage
    from innospace.web.pages.data_work import SeenGround


class GroundCards:
    """A card for every equilibrium step, above the tables.

    Parameters
    ----------
    page : DataPage
    """

    def __init__(self, page: DataPage) -> None:
        self.page = page
        self.steps = data_work.equilibrium_steps(page.folder)
        self._cards = {name: self._card(name) for name in self.steps}

    def _card(self, name: str) -> ui.element:
        with element("section", "card table-card"):
            element("h2", "", f"The matrix of the step {name}")
            place = element("div")
            with place:
                waiting("Reading the matrix…")
        return place

    async def look(self) -> None:
        """Read the matrices and show them."""
        page = self.page
        for name, place in self._cards.items():
            seen, error = None, None
            try:
                seen = await page.context.compute(data_work.look_at_ground, page.folder, name)
            except InnospaceError as found:
                error = found
            if place.is_deleted:
                return
            place.clear()
            with place:
                if error is not None:
                    show_error(error)
                if seen is not None:
                    show_ground(seen)
                link("Change model, closure and elasticities", study_url(page.study, "model"), "button")


def show_ground(seen: SeenGround) -> None:
    """Draw what a step rests on."""
    element("p", "facts", seen.title)
    if not seen.matrices:
        element("p", "", "Its numbers are part of the model and stand in no matrix; the report lists them.")
    for title, facts, balanced, html in seen.matrices:
        nature = next((text for label, text in facts if label == "Nature"), "")
        with element("p", "facts"):
            if nature:
                element("span", f"badge {nature}", nature)
            element("span", "", f"{title}, {'a table of this study' if seen.own else 'comes with the model'}")
        element("p", "verdict good" if balanced else "verdict bad", "✓ Balanced." if balanced else "✗ Not balanced.")
        with element("dl", "origin"):
            for label, text in facts:
                if label != "Nature":
                    element("dt", "", label)
                    element("dd", "", text)
        ui.html(html, sanitize=False)
    if seen.facts:
        with element("details"):
            element("summary", "", "What the model makes of it")
            with element("dl", "origin"):
                for label, text in seen.facts:
                    element("dt", "", label)
                    element("dd", "", text)
