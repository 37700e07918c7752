"""Look into a step: what is chosen, what the numbers say of it, charts whose marks can be picked, the table behind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.web import drawing
from innospace.web.controls import Field, button, element, field_search, field_select, field_text
from innospace.web.drawn import Drawn
from innospace.web.layout import link, show_error, study_url

if TYPE_CHECKING:
    from innospace.core.explore import Choice
    from innospace.web.drawing import Chosen, Words
    from innospace.web.pages.results import ResultsPage

LONG = 12
"""A table with more rows can be searched."""
NEAR = 4
"""So many names are told when what was typed fits several."""


class Look:
    """One step of a run that a reader looks into.

    Parameters
    ----------
    page : ResultsPage
    step : str
    choices : tuple of Choice
    chosen : mapping of str to str
        Where to begin; defaults stand for the rest.
    """

    def __init__(self, page: ResultsPage, step: str, choices: tuple[Choice, ...], chosen: Mapping[str, str]) -> None:
        self._page, self._step, self._choices = page, step, choices
        self._chosen = {c.name: c.default for c in choices} | {k: v for k, v in chosen.items() if v}
        self._wanted = 0
        self._drawn: dict[str, Drawn] = {}
        self._fields: dict[str, Field] = {}
        with element("section", "look").props("aria-busy=true") as self._place:
            element("h2", "", f"Explore: {step}")
            with element("div", "fields"):
                for choice in choices:
                    self._fields[choice.name] = self._field(choice)
            self._card = element("div", "card picked")
            self._card.set_visibility(False)
            self._problem = element("div")
            self._figures = element("div", "figures")
            self._rows = element("div", "rows")
            with self._rows:
                self._search_rows = element("div")
                self._table = Drawn(sortable=True)
            with self._search_rows:
                field_search("Show rows with", self._table.filter)
            self._rows.set_visibility(False)
            if self._engine() == "economy":
                with element("p"):
                    link("Make a scenario of your own", study_url(page.study, "scenarios"))

    def _engine(self) -> str:
        return self._page.engines.get(self._step, "")

    def _field(self, choice: Choice) -> Field:
        value = self._chosen[choice.name]
        if choice.many:
            return field_text(
                choice.label,
                value,
                lambda text: self._search(choice, str(text or "")),
                suggestions=list(choice.options),
                placeholder="Type a part of its name",
                help="Or pick a mark of a chart: with the mouse, or with the arrow keys and Enter.",
            )
        return field_select(choice.label, choice.options, value, lambda v: self._choose(choice.name, v))

    async def _search(self, choice: Choice, text: str) -> None:
        """Take what was typed when it names one option."""
        field, wanted = self._fields[choice.name], text.strip().casefold()
        if not wanted:
            field.complain("")
            await self._choose(choice.name, "")
            return
        names = list(choice.options)
        found = [n for n in names if n.casefold() == wanted] or [n for n in names if wanted in n.casefold()]
        if len(found) == 1:
            field.complain("").set(found[0])
            await self._choose(choice.name, found[0])
        elif found:
            more = f" and {len(found) - NEAR} more" if len(found) > NEAR else ""
            field.complain(f"{text.strip()!r} fits {', '.join(found[:NEAR])}{more}. Type more of the name.")
        else:
            field.complain(f"No {choice.label.lower()} has {text.strip()!r} in its name.")

    async def _pick(self, hint: str) -> None:
        """Take the option that a mark stands for: hints begin with its name."""
        for choice in self._choices:
            found = [n for n in choice.options if hint.startswith(f"{n}:")] if choice.many else []
            if found:
                name = max(found, key=len)
                self._fields[choice.name].complain("").set(name)
                await self._choose(choice.name, name)
                # the mark may stand far below what is said of it
                self._card.run_method("scrollIntoView", {"block": "nearest"})

    async def _choose(self, name: str, value: str) -> None:
        self._chosen[name] = value
        own = {k: v for k, v in self._chosen.items() if v}
        ui.navigate.history.replace(self._page.address(section=f"look.{self._step}", **own))
        await self.load()

    async def _clear(self, name: str) -> None:
        self._fields[name].complain("").set("")
        await self._choose(name, "")

    async def load(self) -> None:
        """Show what the numbers say, then the charts; what was asked for meanwhile comes first."""
        self._wanted += 1
        number, page = self._wanted, self._page
        self._place.props("aria-busy=true")
        chosen: Chosen = tuple(sorted(self._chosen.items()))
        try:
            words = await page.kept(drawing.words, page.ref, self._step, chosen)
        except InnospaceError as error:
            if number == self._wanted:
                self._problem.clear()
                with self._problem:
                    show_error(error)
                self._place.props("aria-busy=false")
            return
        if number != self._wanted:
            return
        self._problem.clear()
        own = self._say(words)
        shown = [*((own[n], n) for n in words.own), *((d, n) for d, n in self._slots(words))]
        self._table.show(words.table)
        self._rows.set_visibility(bool(words.table))
        self._search_rows.set_visibility(words.rows > LONG)
        for drawn, name in shown:
            if number != self._wanted:
                return
            await drawn.load(page.kept(drawing.view_figure, page.ref, self._step, chosen, name))
        if number == self._wanted:
            self._place.props("aria-busy=false")

    def _say(self, words: Words) -> dict[str, Drawn]:
        """Show the sentences, and make place for the charts of what was picked."""
        self._card.clear()
        self._card.set_visibility(bool(words.sentences))
        own: dict[str, Drawn] = {}
        with self._card:
            with element("div").props("role=status"):
                if words.title:
                    element("h3", "", words.title)
                for sentence in words.sentences:
                    element("p", "", sentence)
            own = {name: Drawn() for name in words.own}
            for choice in self._choices:
                if choice.many and self._chosen[choice.name]:
                    button(f"Clear the {choice.label.lower()}", partial(self._clear, choice.name))
        return own

    def _slots(self, words: Words) -> list[tuple[Drawn, str]]:
        """Return a place for every chart; a chart of another year takes the place of the one before."""
        kinds = [n.rstrip("0123456789-") for n in words.figures]
        for kind in [k for k in self._drawn if k not in kinds]:
            self._drawn.pop(kind).delete()
        many = any(c.many for c in self._choices)
        with self._figures:
            for kind in kinds:
                if kind not in self._drawn:
                    self._drawn[kind] = Drawn(picked=self._pick if many else None)
        return [(self._drawn[k], n) for k, n in zip(kinds, words.figures, strict=True)]
