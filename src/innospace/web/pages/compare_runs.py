"""Two stored runs side by side: what they were made with, estimates with errors, numbers that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.core.errors import InnospaceError
from innospace.core.numbers import fixed
from innospace.study.store import SHOWN
from innospace.web import comparing as work
from innospace.web import drawing
from innospace.web.controls import element, field_search, field_select
from innospace.web.drawing import RunRef, find_run
from innospace.web.drawn import Drawn
from innospace.web.layout import empty_state, link, show_error, study_url
from innospace.web.pages.compare_scenarios import tell_command

if TYPE_CHECKING:
    from innospace.web.pages.compare import ComparePage

LONG = 12
"""A table with more rows can be searched."""


class RunsView:
    """The part of the page that compares two runs; what is chosen is shown in place.

    Parameters
    ----------
    page : ComparePage
    """

    def __init__(self, page: ComparePage) -> None:
        self._page, self._wanted = page, 0
        self._fields = element("div", "fields")
        with element("section", "outcome").props("aria-busy=true") as self._place:
            self._finding = element("p", "finding").props("role=status")
            self._problem = element("div")
            self._facts = element("div", "scroll facts").props("tabindex=0 role=region aria-label='Made with'")
            self._figures = element("div", "figures")
            self._estimates = Drawn()
            self._numbers = element("div", "rows")
        self._command = element("section", "commands")

    async def load(self) -> None:
        """Offer the runs, and show the two that are chosen."""
        page = self._page
        options = await self._options()
        if len(options) < 2:
            self._fields.delete()
            self._place.delete()
            with empty_state(
                "There is one run so far",
                "Change something of the study and run it again, or run another study of this folder: then the two "
                "can be compared number by number.",
            ):
                link("Go to the page of runs", study_url(page.study, "run"), "button primary")
            return
        own = [key for key in options if key[0] == page.study]
        wanted = page.asked
        a = self._known(options, page.study, wanted.get("run", "")) or (own[1] if len(own) > 1 else own[0])
        others = [key for key in options if key != a]
        b = self._known(options, wanted.get("other") or page.study, wanted.get("with", ""))
        self._a, self._b = a, b if b and b != a else others[0]
        choices = [("/".join(key), told, "" if key[0] == page.study else key[0]) for key, told in options.items()]
        with self._fields:
            mine = [c for c in choices if not c[2]]
            field_select("Run A", mine, "/".join(self._a), self._choose_a)
            field_select("Run B", choices, "/".join(self._b), self._choose_b, help="Of this study or of another one.")
        await self._show()

    async def _options(self) -> dict[tuple[str, str], str]:
        """Return the runs that can be compared: study and hash to words; those of this study first."""
        page = self._page
        found = {(page.study, r): f"{at} · {r[:SHOWN]}" for r, at in page.history.runs}
        for card in await page.context.compute(page.context.workspace.studies):
            if card.name != page.study and card.state == "computed":
                folder = str(page.context.workspace.folder(card.name))
                history = await page.context.compute(drawing.history, folder)
                found |= {(card.name, r): f"{at} · {r[:SHOWN]}" for r, at in history.runs}
        return found

    @staticmethod
    def _known(options: dict[tuple[str, str], str], study: str, run: str) -> tuple[str, str] | None:
        return next((key for key in options if run and key[0] == study and key[1].startswith(run)), None)

    async def _choose_a(self, chosen: str) -> None:
        self._a = self._parted(chosen)
        await self._show()

    async def _choose_b(self, chosen: str) -> None:
        self._b = self._parted(chosen)
        await self._show()

    @staticmethod
    def _parted(chosen: str) -> tuple[str, str]:
        study, _, run = chosen.rpartition("/")
        return study, run

    def _ref(self, key: tuple[str, str]) -> RunRef:
        return find_run(key[0], self._page.context.workspace.folder(key[0]), key[1])

    async def _show(self) -> None:
        self._wanted += 1
        number, page = self._wanted, self._page
        other = self._b[0] if self._b[0] != page.study else ""
        page.keep(**{"kind": "runs", "run": self._a[1][:SHOWN], "with": self._b[1][:SHOWN], "other": other})
        self._place.props("aria-busy=true")
        try:
            a, b = self._ref(self._a), self._ref(self._b)
            found = await page.kept(work.pair, a, b)
        except InnospaceError as error:
            if number == self._wanted:
                self._clear()
                with self._problem:
                    show_error(error)
            return
        if number != self._wanted:
            return
        self._clear()
        self._finding.set_text(found.finding)
        self._made_with(found.facts)
        self._estimates.show(found.estimates)
        self._rows(found)
        tell_command(self._command, found.command, "runs.xlsx")
        with self._figures:
            drawings = [Drawn() for _ in range(found.figures)]
        for n, drawn in enumerate(drawings):
            if number == self._wanted:
                await drawn.load(page.kept(work.pair_figure, a, b, n))
        if number == self._wanted:
            self._place.props("aria-busy=false")

    def _clear(self) -> None:
        for part in (self._problem, self._facts, self._figures, self._numbers, self._command):
            part.clear()
        self._finding.set_text("")
        self._estimates.show("")
        self._place.props("aria-busy=false")

    def _made_with(self, facts: tuple[tuple[str, str, str], ...]) -> None:
        with self._facts:
            if not facts:
                element("p", "soft", "Both were made with the same data, options, seed and version.")
                return
            with element("table"):
                element("caption", "", "What the runs were made with, where it differs")
                with element("thead"), element("tr"):
                    for head in ("", "A", "B"):
                        element("th" if head else "td", "", head).props("scope=col" if head else "")
                with element("tbody"):
                    for name, a, b in facts:
                        with element("tr"):
                            element("th", "", name).props("scope=row")
                            element("td", "", a)
                            element("td", "", b)

    def _rows(self, found: work.Pair) -> None:
        if not found.numbers:
            return
        with self._numbers:
            if found.differing > work.MOST_ROWS:
                element(
                    "p",
                    "soft",
                    f"The {work.MOST_ROWS} largest differences of {fixed(found.differing, 0)}; files hold all numbers.",
                )
            search = element("div")
            table = Drawn(found.numbers, sortable=True)
            with search:
                if found.differing > LONG:
                    field_search("Show rows with", table.filter)
