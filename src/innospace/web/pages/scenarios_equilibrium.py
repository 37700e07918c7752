"""Scenarios of an equilibrium step: shocks of what the model takes as given, what they do, into the study."""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.economy.scenario import Scenario, Shock
from innospace.study import what_if_equilibrium as work
from innospace.study.what_if_equilibrium import OPERATIONS, EquilibriumBench, Given
from innospace.study.what_if_save import scenario_text
from innospace.web.controls import Field, button, element, field_area, field_number, field_select, field_text
from innospace.web.drawn import Drawn
from innospace.web.layout import announcer, link, show_error, study_url
from innospace.web.pages import scenarios_work
from innospace.web.pages.scenarios_result import show_checks
from innospace.web.pages.scenarios_state import packed, unpacked

if TYPE_CHECKING:
    from innospace.web.context import AppContext

DRAFT = "draft"
"""Name of what is not saved yet."""
FIRST = ("tax", "activity_tax", "endowment")
"""Parameters that are offered first, where the model has them."""


class EquilibriumPage:
    """One visitor's draft of a scenario, and what it leads to.

    Parameters
    ----------
    context : AppContext
    study : str
    folder : Path
    steps : tuple of str
        Steps of the study that scenarios can be made for.
    bench : EquilibriumBench
        Of the step that is worked on.
    """

    def __init__(
        self, context: AppContext, study: str, folder: Path, steps: tuple[str, ...], bench: EquilibriumBench
    ) -> None:
        self.context, self.study, self.folder, self.steps, self.bench = context, study, folder, steps, bench
        self.rows: list[Shock] = []
        self.replaces = ""
        self._wanted = 0
        self._busy = asyncio.Lock()

    async def draw(self, text: str, saved: str) -> None:
        """Draw the page; ``text`` is the draft that its address holds, ``saved`` a scenario that was just saved."""
        bench = self.bench
        if text:
            try:
                self._restore(text)
            except InnospaceError as error:
                show_error(error)
        if saved in bench.own:
            with element("p", "just-saved").props("role=status"):
                element("span", "badge good", "Saved")
                element("span", "", f"scenarios/{saved}.toml is part of the study now. ")
                link("Run the study with it", study_url(self.study, "run"))
        with element("p", "rests"):
            element("span", "badge simulated", "Simulated")
            element("span", "", f"{bench.title}: differences between two equilibria of a model.")
        if len(self.steps) > 1:
            choices = {name: name for name in self.steps}
            field_select("Step", choices, bench.step, lambda name: ui.navigate.to(f"?step={quote(name)}"))
        with element("div", "bench"):
            with element("section", "outcome").props('aria-label="What the scenario does"') as self.outcome:
                self.finding = element("p", "finding").props("role=status")
                self.problem = element("div")
                self.words = element("div", "words")
                self.shown = element("div")
                self.checks = element("div", "verdict")
            with element("section", "levers") as levers:
                levers.props('aria-label="Shocks"')
                element("h2", "", "Shocks")
                self._begin_with()
                self.place = element("div")
                button("Add a shock", self._add)
                self.said = announcer()
                self._save_form()
        self._draw_rows()
        await self.refresh()

    def _restore(self, text: str) -> None:
        try:
            name, rows = unpacked(text)
            self.rows = [Shock.from_dict(row) for row in rows][: work.MOST_SHOCKS]
            self.replaces = name if name in self.bench.own else ""
        except (ValueError, TypeError, KeyError, zlib.error, InnospaceError) as error:
            raise InnospaceError(
                "The address of this page holds no scenario of this study.",
                where="the part of the address after ?s=",
                remedy="It may have been cut when it was copied. The page begins anew.",
            ) from error

    def _begin_with(self) -> None:
        known = {n: f"{n}: {s.title}" if s.title else n for n, s in self.bench.known.items() if work.sayable(s)}
        field_select("Begin with", {"": "Nothing changed", **known}, self.replaces, self._load)

    async def _load(self, name: str) -> None:
        scenario = self.bench.known.get(name)
        self.rows = list(scenario.shocks) if scenario is not None else []
        self.replaces = name if name in self.bench.own else ""
        self.title.set(scenario.title if scenario is not None and self.replaces else "")
        self.why.set(scenario.why if scenario is not None and self.replaces else "")
        self.name.set(self.replaces)
        self.said.set_text(f"The shocks are those of {name}." if name else "Nothing is changed.")
        self._draw_rows()
        await self.refresh()

    async def _add(self) -> None:
        if len(self.rows) >= work.MOST_SHOCKS:
            self.said.set_text(f"A draft has up to {work.MOST_SHOCKS} shocks.")
            return
        given = self._ordered()[0]
        self.rows.append(Shock(given.name, "multiply", 1.0))
        self._draw_rows()
        await self.refresh()

    def _ordered(self) -> list[Given]:
        return sorted(self.bench.given, key=lambda g: FIRST.index(g.name) if g.name in FIRST else len(FIRST))

    def _draw_rows(self) -> None:
        self.place.clear()
        self.boxes: list[ShockBox] = []
        with self.place:
            for k, row in enumerate(self.rows):
                self.boxes.append(ShockBox(self, k, row))

    async def changed(self, k: int, shock: Shock, redraw: bool = False) -> None:
        """Take over a shock that was changed."""
        self.rows[k] = shock
        if redraw:
            self._draw_rows()
        await self.refresh()

    async def removed(self, k: int) -> None:
        """Take a shock out."""
        del self.rows[k]
        self._draw_rows()
        await self.refresh()

    def address(self) -> str:
        """Return the address of the page as it is now."""
        text = packed([self.replaces, [row.to_dict() for row in self.rows]])
        return f"{study_url(self.study, 'scenarios')}?step={quote(self.bench.step)}&s={text}"

    async def refresh(self) -> None:
        """Solve and show; of several calls at once only the last one is answered."""
        self._wanted += 1
        number = self._wanted
        if any(box.refused for box in self.boxes):
            self._empty("A value is refused, so nothing is shown: see the message at the shock.")
            return
        if not self.rows:
            self._empty("Nothing is changed yet: add a shock, or begin with a scenario.")
            return
        self.outcome.props("aria-busy=true")
        async with self._busy:
            if number != self._wanted:
                return
            draft = work.draft_of(DRAFT, tuple(self.rows), "The draft")
            try:
                found = await self.context.compute(scenarios_work.solved, self.folder, self.bench.step, draft)
            except InnospaceError as error:
                if number == self._wanted:
                    self._empty("What the shocks ask for cannot be solved: see below.")
                    with self.problem:
                        show_error(error)
                return
            if number == self._wanted and not self.outcome.is_deleted:
                self._show(found)
                ui.navigate.history.replace(self.address())

    def _show(self, found: scenarios_work.ShownEquilibrium) -> None:
        self._empty(found.sentences[0] if found.sentences else "The shocks change nothing.")
        with self.words:
            for sentence in found.sentences[1:]:
                element("p", "", sentence)
        with self.shown:
            for html in (*found.figures, *found.tables):
                Drawn(html)
        show_checks(self.checks, found.checks)

    def _empty(self, words: str) -> None:
        self.finding.set_text(words)
        for part in (self.problem, self.words, self.shown, self.checks):
            part.clear()
        self.outcome.props("aria-busy=false")

    def _save_form(self) -> None:
        with element("section", "save card"):
            element("h2", "", "Keep it").props("id=keep tabindex=-1")
            element("p", "help", "A file in the folder scenarios of the study; a run solves it with all the others.")
            known = self.bench.known.get(self.replaces)
            self.name = field_text("Name", self.replaces, required=True, placeholder="lower-tariffs")
            title, why = (known.title, known.why) if known else ("", "")
            self.title = field_text("Title", title, placeholder="made from the shocks when empty")
            self.why = field_area("Why it is asked", why, rows=3)
            self.saving = element("div")
            with element("div", "row-of-buttons"):
                button("Save to the study", self._save, primary=True)
                button("Scenario as a file", self._download)

    def _draft(self) -> Scenario:
        name, title, why = (str(f.value or "").strip() for f in (self.name, self.title, self.why))
        return work.draft_of(name, tuple(self.rows), title, why)

    async def _save(self) -> None:
        self.saving.clear()
        draft = self._draft()
        replaced = bool(self.replaces) and draft.name == self.replaces
        try:
            if any(box.refused for box in self.boxes):
                raise InnospaceError("A value is refused.", remedy="Mend it at its shock, then save.")
            where = (self.folder, self.bench.step)
            await self.context.compute(work.save, *where, draft, self.bench.digest, replace=replaced)
        except InnospaceError as error:
            with self.saving:
                show_error(error)
            return
        self.replaces = draft.name
        # the whole page speaks of what the study holds
        address = f"{study_url(self.study, 'scenarios')}?step={quote(self.bench.step)}"
        text = packed([draft.name, [row.to_dict() for row in self.rows]])
        ui.navigate.to(f"{address}&s={text}&saved={quote(draft.name)}")

    def _download(self) -> None:
        self.saving.clear()
        draft = self._draft()
        draft = draft if draft.name else replace(draft, name=DRAFT)
        ui.download.content(scenario_text(draft), f"{draft.name}.toml", "application/toml")


class ShockBox:
    """The controls of one shock: what is changed, where, how, by how much."""

    def __init__(self, page: EquilibriumPage, k: int, shock: Shock) -> None:
        self.page, self.k, self.shock = page, k, shock
        self.refused = False
        given = next((g for g in page.bench.given if g.name == shock.parameter), None)
        with element("fieldset", "lever"):
            element("legend", "", f"Shock {k + 1}")
            names = {g.name: f"{g.name}: {g.title}" for g in page._ordered()}
            names |= {} if given else {shock.parameter: f"{shock.parameter} (not in the model)"}
            field_select("What", names, shock.parameter, self._parameter)
            self._places(given)
            field_select("How", dict(OPERATIONS), shock.operation, self._operation)
            self.value: Field = field_number("Value", float(shock.value), self._value)  # type: ignore[arg-type]
            if given is not None:
                element("p", "help", f"Allowed: a number in {given.allowed}.")
            button("Remove this shock", lambda: page.removed(k))
        self._hold()

    def _places(self, given: Given | None) -> None:
        places = given.places if given else ()
        offered = {_key(p.where): f"{p.title} (benchmark {work.told_benchmark(p)})" for p in places}
        here = _key(self.shock.where)
        if here not in offered:
            offered[here] = ", ".join(f"{d} {' and '.join(x)}" for d, x in self.shock.where.items())
        field_select("Where", offered, here, self._where)

    def _hold(self) -> None:
        """Hold the value against the range of the parameter; a complaint stands at the value."""
        told = work.problem_of(self.shock, self.page.bench.given)
        self.refused = bool(told)
        self.value.complain(told)

    async def _take(self, shock: Shock, redraw: bool = False) -> None:
        self.shock = shock
        self._hold()
        await self.page.changed(self.k, shock, redraw)

    async def _parameter(self, name: str) -> None:
        await self._take(Shock(name, self.shock.operation, self.shock.value), redraw=True)

    async def _where(self, key: str) -> None:
        where = {d: tuple(labels) for d, labels in json.loads(key).items()}
        await self._take(replace(self.shock, where=where))

    async def _operation(self, name: str) -> None:
        await self._take(replace(self.shock, operation=name))

    async def _value(self, given: Any) -> None:
        if given is None:
            self.refused = True
            self.value.complain("There is no number.")
            await self.page.refresh()
            return
        await self._take(replace(self.shock, value=float(given)))


def _key(where: Any) -> str:
    return json.dumps({d: list(labels) for d, labels in where.items()}, ensure_ascii=False)
