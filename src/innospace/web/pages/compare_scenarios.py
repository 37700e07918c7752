"""Scenarios of one run beside each other: what is chosen, the chart, levels and differences, shock by shock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.core.numbers import significant
from innospace.study.store import SHOWN
from innospace.study.what_if import MOST_SHOWN
from innospace.web import comparing as work
from innospace.web.controls import element, field_check, field_select, waiting
from innospace.web.drawn import LOADING, Drawn
from innospace.web.layout import show_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nicegui.element import Element

    from innospace.core.checks import Check
    from innospace.web.pages.compare import ComparePage

NONE = ""


class ScenariosView:
    """The part of the page that compares scenarios; what is chosen is shown in place.

    Parameters
    ----------
    page : ComparePage
    """

    def __init__(self, page: ComparePage) -> None:
        self._page, self._wanted = page, 0
        asked = page.asked
        self._step = next((s for s in page.steps if s.name == asked.get("step")), page.steps[-1])
        known = [n for n, _ in self._step.scenarios]
        named = [n for n in asked.get("scenarios", "").split(",") if n in known]
        self._names = named or known[:MOST_SHOWN]
        self._series, self._levels = asked.get("series", "real_grp"), asked.get("levels") == "1"
        if self._series not in work.indicators():
            self._series = "real_grp"
        self._decompose = asked.get("decompose", NONE)
        if self._decompose not in self._step.shocked:
            self._decompose = NONE
        year = asked.get("year", "")
        self._last = self._step.years[-1] if self._step.years else 0
        self._year = int(year) if year in map(str, self._step.years) else self._last
        self._fields()
        with element("section", "outcome").props("aria-busy=true") as self._place:
            self._finding = element("div", "findings").props("role=status")
            self._problem = element("div")
            self._chart = Drawn()
            self._changes, self._level_table = Drawn(), Drawn()
            self._parts = element("div", "parts")
        self._command = element("section", "commands")

    def _fields(self) -> None:
        page, step = self._page, self._step
        if len(page.steps) > 1:
            field_select("Step", [s.name for s in page.steps], step.name, self._other_step)
        with element("fieldset", "scenarios"):
            element("legend", "", "Scenarios")
            for name, title in step.scenarios:
                field_check(f"{name}: {title}" if title else name, name in self._names, partial(self._choose, name))
        with element("div", "fields"):
            if step.drawn:
                field_select("Series of the chart", work.indicators(), self._series, self._choose_series)
            if step.years:
                field_select("Year of the tables", [str(y) for y in step.years[1:]], str(self._year), self._choose_year)
            if step.shocked:
                field_select(
                    "Effect shock by shock",
                    {NONE: "None", **{n: n for n in step.shocked}},
                    self._decompose,
                    self._choose_parts,
                    help="Parts of the scenario are solved for it: some seconds.",
                )
        if step.drawn:
            field_check("Show levels in the chart instead of differences", self._levels, self._choose_levels)

    async def _other_step(self, name: str) -> None:
        ui.navigate.to(self._page.address(kind="scenarios", run=self._page.asked.get("run", ""), step=name))

    async def _choose(self, name: str, on: bool) -> None:
        chosen = {*self._names, name} if on else {*self._names} - {name}
        self._names = [n for n, _ in self._step.scenarios if n in chosen]
        await self.load()

    async def _choose_series(self, name: str) -> None:
        self._series = name
        await self.load()

    async def _choose_levels(self, on: bool) -> None:
        self._levels = on
        await self.load()

    async def _choose_year(self, year: str) -> None:
        self._year = int(year)
        await self.load()

    async def _choose_parts(self, name: str) -> None:
        self._decompose = name
        await self.load()

    def _asked(self) -> work.Asked:
        year = 0 if self._year == self._last else self._year
        return work.Asked(self._page.ref, self._step.name, tuple(self._names), year, self._decompose)

    def _keep(self, asked: work.Asked) -> None:
        self._page.keep(
            kind="scenarios",
            run=asked.ref.run_id[:SHOWN],
            step=asked.step if len(self._page.steps) > 1 else "",
            scenarios=",".join(asked.names),
            series=self._series if self._step.drawn else "",
            levels="1" if self._levels else "",
            year=str(asked.year or ""),
            decompose=asked.decompose,
        )

    async def load(self) -> None:
        """Show what is chosen: words and tables first, then the chart, then the effect by shock."""
        self._wanted += 1
        number, asked = self._wanted, self._asked()
        self._keep(asked)
        if not asked.names:
            self._clear("Choose at least one scenario.")
            return
        self._place.props("aria-busy=true")
        try:
            found = await self._page.kept(work.beside, asked)
        except InnospaceError as error:
            if number == self._wanted:
                self._clear("")
                with self._problem:
                    show_error(error)
            return
        if number != self._wanted:
            return
        self._say(found.findings)
        self._changes.show(found.changes)
        self._level_table.show(found.levels)
        self._tell(found.command)
        self._parts.clear()
        if self._step.drawn:
            await self._chart.load(self._page.kept(work.series, asked, self._series, self._levels))
        if number == self._wanted and asked.decompose:
            await self._apart(asked, number)
        if number == self._wanted:
            self._place.props("aria-busy=false")

    def _say(self, findings: Sequence[str]) -> None:
        self._problem.clear()
        self._finding.clear()
        with self._finding, element("ul"):
            for sentence in findings:
                element("li", "", sentence)

    def _clear(self, words: str) -> None:
        for part in (self._problem, self._finding, self._parts, self._command, self._chart):
            part.clear()
        for drawn in (self._chart, self._changes, self._level_table):
            drawn.show("")
        with self._finding:
            element("p", "", words)
        self._place.props("aria-busy=false")

    async def _apart(self, asked: work.Asked, number: int) -> None:
        """Show the effect of a scenario shock by shock."""
        with self._parts:
            element("h2", "", f"{asked.decompose}, shock by shock")
            busy = waiting(LOADING)
        try:
            found = await self._page.kept(work.parts, asked)
        except InnospaceError as error:
            if number == self._wanted:
                busy.delete()
                with self._parts:
                    show_error(error)
            return
        if number != self._wanted:
            return
        busy.delete()
        with self._parts:
            with element("ul", "findings"):
                for sentence in found.findings:
                    element("li", "", sentence)
            Drawn(found.table)
            _verdict(found.checks)

    def _tell(self, command: str) -> None:
        tell_command(self._command, command, "scenarios.xlsx")


def _verdict(checks: tuple[Check, ...]) -> None:
    with element("ul", "checks"):
        for check in checks:
            with element("li", "" if check.ok else "failed"):
                element("span", "badge good" if check.ok else "badge bad", "Passed" if check.ok else "Failed")
                value, limit = significant(check.value), significant(check.tolerance)
                element("span", "", f"{check.meaning} Measured {value}, tolerance {limit}.")


def tell_command(place: Element, command: str, file: str) -> None:
    """Draw the command that gives the same numbers, on the terminal and as a file."""
    place.clear()
    with place:
        element("h2", "", "By command line")
        element("p", "", "The same numbers without the app, and as a file:")
        with element("pre").props("tabindex=0"):
            element("code", "", f"{command}\n{command} --out {file}")
