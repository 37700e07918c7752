"""The levers as sliders: group by group, all of a lever at once or one by one, with years and a way back."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui.element import Element

from innospace.core.errors import InnospaceError
from innospace.core.numbers import MINUS, significant
from innospace.economy.models.knowledge.levers import Lever, Setting
from innospace.web.controls import Field, button, element, field_select, field_slider
from innospace.web.pages.scenarios_state import Work

Moved = Callable[[], Awaitable[None]]
ALL = "*"
"""Key of the slider that moves every member of a lever."""


class LeverBox:
    """The controls of one lever of the draft that is edited.

    Parameters
    ----------
    lever : Lever
    work : Work
        Changed when a slider is moved.
    moved : callable
        Called after every change.
    """

    def __init__(self, lever: Lever, work: Work, moved: Moved) -> None:
        self.lever, self.work, self._moved = lever, work, moved
        self.fields: dict[str, Field] = {}
        self.years: list[Field] = []
        self.refused: set[str] = set()
        with element("fieldset", "lever") as self.box:
            element("legend", "", lever.title)
            self._joint()
            element("p", "help", lever.meaning)
            self.told = element("p", "moved")
            with element("div", "row-of-buttons") as self.back:
                button(f"Reset {lever.title[:1].lower()}{lever.title[1:]}", self.reset)
            self._more()
        self._tell()

    @property
    def setting(self) -> Setting:
        """How far the lever is moved."""
        whole = (self.lever.years[0], self.lever.years[-1])
        return self.work.settings.get(self.lever.name, Setting(self.lever.name, {}, whole))

    @property
    def is_moved(self) -> bool:
        """Whether it is moved, or holds a value that is refused."""
        return bool(self.refused) or any(self.setting.moved.values())

    def _joint(self) -> None:
        single = len(self.lever.labels) == 1
        label = self.lever.labels[0] if single else ALL
        self.fields[label] = self._slider(label, "How far" if single else "All together", self._common() or 0.0)

    def _common(self) -> float | None:
        values = {self.setting.moved.get(label, 0.0) for label in self.lever.labels}
        return values.pop() if len(values) == 1 else None

    def _slider(self, label: str, title: str, value: float) -> Field:
        lever = self.lever
        unit = "%" if lever.unit == "%" else "points"

        async def changed(given: Any) -> None:
            await self._change(label, given)

        return field_slider(
            title, value, changed, low=lever.low, high=lever.high, step=lever.step, unit=unit, live=True
        )

    def _more(self) -> None:
        """Members one by one and years, made when they are first asked for."""
        several = len(self.lever.labels) > 1
        with element("details", "more") as self.details:
            element("summary", "", "One by one, years, range" if several else "Years, range")
            inside = element("div")
        self.details.on("toggle", lambda: self._fill(inside), args=[])

    def _fill(self, inside: Element) -> None:
        if self.years:
            return
        lever = self.lever
        with inside:
            if len(lever.labels) > 1:
                for label in lever.labels:
                    value = self.setting.moved.get(label, 0.0)
                    self.fields[label] = self._slider(label, lever.label_title(label), value)
            first, last = self.setting.years
            choices = {year: str(year) for year in lever.years}
            with element("div", "years"):
                self.years = [
                    field_select("First year", choices, first, self._span),
                    field_select("Last year", choices, last, self._span),
                ]
            limits = f"{lever.low:g} to {lever.high:g} {lever.unit}".replace("-", MINUS)
            element("p", "help", f"Range {limits}: {lever.reason}. In a scenario file: {lever.parameter}.")
            for label, reason in lever.idle.items():
                element("p", "help", f"{lever.label_title(label)} cannot be moved: {reason}.")

    async def _change(self, label: str, given: Any) -> None:
        try:
            if given is None:
                raise InnospaceError("There is no number.", allowed=f"{self.lever.low:g} to {self.lever.high:g}")
            self.lever.value(float(given))
        except InnospaceError as error:
            self.refused.add(label)
            self.fields[label].complain(f"{error.what} Allowed: {error.allowed}.")
        else:
            self.refused.discard(label)
            self.fields[label].complain("")
            self._keep(dict.fromkeys(self.lever.labels, float(given)) if label == ALL else {label: float(given)})
            self._mirror(label)
        self._tell()
        await self._moved()

    def _keep(self, values: Mapping[str, float]) -> None:
        moved = {**self.setting.moved, **values}
        # in the order of the model, so that equal drafts are written equally
        ordered = {label: moved[label] for label in self.lever.labels if moved.get(label, 0.0) != 0.0}
        self.work.settings[self.lever.name] = Setting(self.lever.name, ordered, self.setting.years)

    def _mirror(self, but: str) -> None:
        """Show the values in the other sliders of the lever."""
        for label, field in self.fields.items():
            value = self._common() if label == ALL else self.setting.moved.get(label, 0.0)
            if label != but and value is not None and field.value != value:
                field.set(value).complain("")
                self.refused.discard(label)

    async def _span(self, _: Any) -> None:
        first, last = (int(f.value) for f in self.years)
        self.years[1].complain("" if first <= last else f"The last year comes before {first}.")
        if first <= last:
            self.refused.discard("years")
            self.work.settings[self.lever.name] = Setting(self.lever.name, dict(self.setting.moved), (first, last))
        else:
            self.refused.add("years")
        self._tell()
        await self._moved()

    async def reset(self) -> None:
        """Put the lever back."""
        self.work.settings.pop(self.lever.name, None)
        self.refused.clear()
        for field in self.fields.values():
            field.set(0.0).complain("")
        for field, year in zip(self.years, (self.lever.years[0], self.lever.years[-1]), strict=False):
            field.set(year).complain("")
        self._tell()
        await self._moved()

    def _tell(self) -> None:
        """Say what the lever does: before and after, by member."""
        lever, setting = self.lever, self.setting
        self.back.set_visibility(self.is_moved)
        clauses = []
        for label in lever.labels:
            moved = setting.moved.get(label, 0.0)
            base = lever.baseline[label][lever.years.index(setting.years[0])]
            now = lever.result(label, moved, setting.years[0])
            who = f"{lever.label_title(label)} " if len(lever.labels) > 1 else ""
            clauses.append(f"{who}{_level(lever, base)}" + (f" \u2192 {_level(lever, now)}" if moved else ""))
        span = f"{setting.years[0]}\u2013{setting.years[1]}" if self.is_moved else "Baseline"
        mixed = " (differs)" if self._common() is None else ""
        self.told.set_text(f"{span}{mixed}: {'; '.join(clauses)}")


def _level(lever: Lever, value: float) -> str:
    """Return a value of a parameter as a reader sees it: fractions in percent."""
    if lever.percent:
        return f"{significant(100.0 * value)}\u202f%"
    return significant(value)


def groups(levers: tuple[Lever, ...]) -> list[tuple[str, list[Lever]]]:
    """Return levers by group, in order."""
    return [(name, list(found)) for name, found in itertools.groupby(levers, key=lambda lever: lever.group)]


def draw(levers: tuple[Lever, ...], work: Work, moved: Moved) -> list[LeverBox]:
    """Draw all levers of a draft; groups in which something is moved are open."""
    boxes: list[LeverBox] = []
    for name, found in groups(levers):
        opened = any(any(work.settings[lever.name].moved.values()) for lever in found if lever.name in work.settings)
        with element("details", "group") as group:
            summary = element("summary", "", f"{name[:1].upper()}{name[1:]}")
            own: list[LeverBox] = []
            count = _Counter(summary, summary.text, own, moved)
            own += [LeverBox(lever, work, count) for lever in found]
            count.tell()
        if opened or not boxes:
            group.props("open")
        boxes += own
    return boxes


class _Counter:
    """Says at the head of a group how many of its levers are moved."""

    def __init__(self, summary: Any, title: str, boxes: list[LeverBox], moved: Moved) -> None:
        self._summary, self._title, self._boxes, self._moved = summary, title, boxes, moved

    def tell(self) -> None:
        """Write the number."""
        count = sum(b.is_moved for b in self._boxes)
        self._summary.set_text(self._title + (f" \u2013 {count} moved" if count else ""))

    async def __call__(self) -> None:
        self.tell()
        await self._moved()
