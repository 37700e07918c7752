"""Parts of the report on the page of results: the opening, the contents, chapters loaded when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from innospace.core.errors import InnospaceError, LabelError
from innospace.web import drawing
from innospace.web.controls import element, field_select, waiting
from innospace.web.drawn import LOADING, Drawn
from innospace.web.layout import link, show_error

if TYPE_CHECKING:
    from innospace.report.views import CheckLine
    from innospace.web.drawing import Chapter, Overview, Part
    from innospace.web.pages.results import ResultsPage


def opening(overview: Overview) -> None:
    """Draw findings in sentences, the verdict of the checks, and what is not observed."""
    with element("section", "opening"):
        element("h2", "", "What was found")
        with element("ul", "findings"):
            for finding in overview.findings:
                element("li", "", finding)
        if overview.further:
            with element("details"):
                element(
                    "summary",
                    "",
                    "One more finding" if len(overview.further) == 1 else f"{len(overview.further)} more findings",
                )
                with element("ul", "findings"):
                    for finding in overview.further:
                        element("li", "", finding)
    with element("section", "sure"):
        element("h2", "", "How sure are we")
        _verdict(overview)
        Drawn(overview.notices)
        for warning in overview.warnings:
            element("p", "warned", warning)


def _verdict(overview: Overview) -> None:
    failed = [c for c in overview.checks if not c.ok]
    with element("p", "verdict"):
        if overview.checks:
            element("span", "badge bad" if failed else "badge good", "Failed" if failed else "Passed")
        element("span", "", overview.verdict)
    if not overview.checks:
        return
    if failed:
        _checks(overview.checks[: len(failed)])
    with element("details"):
        element("summary", "", f"What was checked ({len(overview.checks)})")
        _checks(overview.checks[len(failed) :] if failed else overview.checks)


def _checks(checks: tuple[CheckLine, ...]) -> None:
    with element("ul", "checks"):
        for check in checks:
            with element("li", "" if check.ok else "failed"):
                element("span", "badge good" if check.ok else "badge bad", "Passed" if check.ok else "Failed")
                element("span", "", check.meaning)
                element("span", "soft", f" Measured {check.value}, tolerance {check.tolerance}. ")
                element("code", "", check.name)
                if check.remedy:
                    element("p", "", f"To mend it: {check.remedy}")


def contents(page: ResultsPage, overview: Overview, section: str) -> None:
    """Draw the list of contents: a column beside the page, a choice on phones."""
    entries = _entries(overview, section)
    with element("nav", "contents").props('aria-label="Contents of the results"'), element("ul"):
        for address, title, group, inner in entries:
            if group:
                element("li", "group", group)
            with element("li", "inner" if inner else ""):
                made = link(title, page.address(**address))
                if _is_here(address, section, page.asked.get("part", "")):
                    made.props["aria-current"] = "page"
    choices = [(page.address(**a), title, group or "Results") for a, title, group, _ in _filled(entries)]
    here = next(
        (page.address(**a) for a, *_ in entries if _is_here(a, section, page.asked.get("part", ""))), page.address()
    )
    with element("div", "contents-small"):
        field_select("Part of the results", choices, here, ui.navigate.to)


_Entry = tuple[dict[str, str], str, str, bool]
"""Address, title, group that begins with it, whether it is a part of the chapter before it."""


def _entries(overview: Overview, section: str) -> list[_Entry]:
    found: list[_Entry] = [({}, "Overview", "", False)]
    looks = dict(overview.explorers)
    for step in [*(name for name, _ in overview.engines), ""]:
        group = step[:1].upper() + step[1:]
        if step in looks:
            found.append(({"section": f"look.{step}"}, "Explore", group, False))
            group = ""
        for c in (c for c in overview.chapters if c.step == step):
            title = c.title.removeprefix(f"{step[:1].upper()}{step[1:]}: ")
            found.append(({"section": c.anchor}, title, group, False))
            group = ""
            if c.anchor == section and len(c.parts) > 1:
                found += [({"section": c.anchor, "part": p.anchor}, _named(p), "", True) for p in c.parts if p.anchor]
    return found


def _filled(entries: list[_Entry]) -> list[_Entry]:
    """Give every entry the group it stands in."""
    filled, group = [], ""
    for address, title, own, inner in entries:
        group = own or group
        filled.append((address, title, group, inner))
    return filled


def _is_here(address: dict[str, str], section: str, part: str) -> bool:
    return address.get("section", "") == section and address.get("part", "") == part


def _named(part: Part) -> str:
    return part.title or "In short"


async def chapter(page: ResultsPage, overview: Overview, anchor: str, part: str) -> None:
    """Draw a part of a chapter, with a choice among its parts."""
    known = {c.anchor: c for c in overview.chapters}
    if anchor not in known:
        show_error(LabelError(f"These results have no part {anchor!r}.", allowed=", ".join(known)))
        return
    own = known[anchor]
    parts = {p.anchor: p for p in own.parts}
    here = parts.get(part) if part else own.parts[0]
    if here is None:
        show_error(LabelError(f"There is no part {part!r} here.", allowed=", ".join(parts)))
        return
    view = PartView(page, own, here)
    _neighbours(page, overview, own, here)
    await view.load()


def _neighbours(page: ResultsPage, overview: Overview, own: Chapter, here: Part) -> None:
    """Lead to what stands before and after in the report."""
    order = [(c, p) for c in overview.chapters for p in c.parts]
    at = order.index((own, here))
    with element("nav", "neighbours").props('aria-label="Before and after"'):
        for step, words in ((-1, "Before"), (1, "Next")):
            if 0 <= at + step < len(order):
                c, p = order[at + step]
                title = p.title or c.title
                link(f"{words}: {title}", page.address(section=c.anchor, part=p.anchor if p is not c.parts[0] else ""))


class PartView:
    """A part of a chapter: its place is made at once, its blocks are loaded one after the other.

    Parameters
    ----------
    page : ResultsPage
    chapter : Chapter
    part : Part
    """

    def __init__(self, page: ResultsPage, chapter: Chapter, part: Part) -> None:
        self._page, self._chapter, self._part = page, chapter, part
        with element("section", "part").props("aria-busy=true") as self._place:
            element("h2", "", chapter.title)
            if len(chapter.parts) > 1:
                options = {p.anchor: _named(p) for p in chapter.parts}
                field_select("Analysis", options, part.anchor, self._go)
            if part.title:
                element("h3", "part-title", part.title)
            self._waiting = waiting(LOADING)

    def _go(self, anchor: str) -> None:
        ui.navigate.to(self._page.address(section=self._chapter.anchor, part=anchor))

    async def load(self) -> None:
        """Load and show the blocks."""
        page, own = self._page, (self._chapter.anchor, self._part.anchor)
        try:
            pieces = await page.kept(drawing.part, page.ref, *own)
        except InnospaceError as error:
            pieces = ()
            with self._place:
                show_error(error)
        self._waiting.delete()
        with self._place:
            shown = [(piece, Drawn(piece.html)) for piece in pieces]
        for piece, drawn in shown:
            if piece.figure:
                await drawn.load(page.kept(drawing.figure, page.ref, piece.figure))
        self._place.props("aria-busy=false")
