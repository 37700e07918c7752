"""What the scenarios lead to: the finding, the chart, key results, checks, failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.core.errors import InnospaceError
from innospace.core.numbers import significant
from innospace.web.controls import element, field_check, field_select
from innospace.web.drawn import Drawn
from innospace.web.layout import show_error

if TYPE_CHECKING:
    from nicegui.element import Element

    from innospace.core.checks import Check
    from innospace.web.pages.scenarios import ScenarioPage
    from innospace.web.pages.scenarios_work import Shown

SECOND = (
    "Not among them: the same solution by the second method, which takes about a second a scenario. A run of the study "
    "makes it."
)
REFUSED = "A value of a lever is refused, so nothing is shown: see the message at the lever."


class ResultView:
    """The part of the page that shows; it never keeps a chart of numbers that are gone."""

    def __init__(self, page: ScenarioPage) -> None:
        self.page = page
        with element("div", "now"):
            # the one line that is read out and that stays in sight on a phone
            self.finding = element("p", "finding").props("role=status")
        self.problem = element("div")
        self.chart = element("div", "picture")
        with self.chart:
            self.picture = Drawn()
        with element("div", "choose"):
            state = page.state
            field_select("Series", dict(page.bench.indicators), state.indicator, self._series)
            field_check("Show levels instead of differences", state.levels, self._levels)
        self.words = element("div", "words")
        self.table = Drawn()
        self.checks = element("div", "verdict")

    async def _series(self, name: str) -> None:
        self.page.state.indicator = name
        await self.page.refresh()

    async def _levels(self, on: bool) -> None:
        self.page.state.levels = on
        await self.page.refresh()

    def wait(self) -> None:
        """Mark what is shown as being worked on."""
        self.chart.classes("waiting").props("aria-busy=true")

    def show(self, shown: Shown) -> None:
        """Show numbers; the drawing follows."""
        self.problem.clear()
        self.finding.set_text(shown.finding + "." if shown.finding else "A scenario has no solution: see below.")
        with self.problem:
            for failure in shown.failures:
                show_error(InnospaceError(f"{failure.scenario}: {failure.what}", remedy=failure.remedy))
        self.words.clear()
        with self.words:
            for sentence in shown.sentences:
                element("p", "", sentence)
        self.table.show(shown.table)
        self._verdict(shown.checks)

    def draw(self, html: str) -> None:
        """Show the drawing, or nothing."""
        self.chart.classes(remove="waiting").props("aria-busy=false")
        self.picture.show(html)

    def fail(self, error: InnospaceError) -> None:
        """Show an error in place of numbers."""
        self._empty("What the levers ask for cannot be solved: see below.")
        with self.problem:
            show_error(error)

    def refuse(self) -> None:
        """Show nothing while a value is refused."""
        self._empty(REFUSED)

    def _empty(self, words: str) -> None:
        self.finding.set_text(words)
        for part in (self.problem, self.words, self.checks):
            part.clear()
        self.table.show("")
        self.draw("")

    def _verdict(self, checks: tuple[Check, ...]) -> None:
        show_checks(self.checks, checks, SECOND)


def show_checks(place: Element, checks: tuple[Check, ...], note: str = "") -> None:
    """Draw the verdicts, failed ones first, folded under how many there are."""
    failed = [c for c in checks if not c.ok]
    place.clear()
    with place, element("details"):
        words = f"{len(failed)} of {len(checks)} checks failed" if failed else f"All {len(checks)} checks passed"
        with element("summary"):
            element("span", "badge bad" if failed else "badge good", "Failed" if failed else "Passed")
            element("span", "", words)
        if note:
            element("p", "help", note)
        with element("ul", "checks"):
            for check in sorted(checks, key=lambda c: c.ok):
                _check(check)


def _check(check: Check) -> None:
    with element("li"):
        element("span", "badge good" if check.ok else "badge bad", "Passed" if check.ok else "Failed")
        element("strong", "", check.name)
        element("span", "", f" {significant(check.value)} against {significant(check.tolerance)}. {check.meaning}")
        if not check.ok:
            element("span", "", f" {check.remedy}")
