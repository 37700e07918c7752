"""A brief report as one HTML page and as a PDF of at most two pages."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from innospace.core.document import Document
from innospace.core.errors import InnospaceError
from innospace.core.figure import Figure
from innospace.report import views
from innospace.report.brief import ROOMS, Brief, Room, shorten
from innospace.report.charts.export import Drawings
from innospace.report.document import PHONE, WIDE, figure_view, fill, style, table_view
from innospace.report.needs import need
from innospace.report.pdf import copy_templates, vector_figures
from innospace.report.text import one_line, prose, unique

MOST_PAGES = 2
ANCHORS = ("main", "findings", "checks", "telling", "limits", "provenance")
"""Anchors of the page itself."""
SHORTENED = "…"
"""What stands where a label of a drawing is shortened."""


def render_brief_html(document: Document, drawings: Drawings | None = None) -> str:
    """Return the brief form of a document as a self-contained HTML page.

    Raises
    ------
    InnospaceError
        When the ``report`` extra is not installed.
    """
    drawings, safe = drawings or Drawings(), need("markupsafe").Markup
    brief = shorten(document)
    shown = [f.name for f in brief.figures] + ([brief.table.name] if brief.table else [])
    anchors = iter(unique(shown, "item", taken=ANCHORS))
    view = _words(brief) | {
        "style": safe(style()),
        "figures": [figure_view(f, f.name, next(anchors), safe, drawings) for f in brief.figures],
        "table": table_view(brief.table, brief.table.name, next(anchors), safe) if brief.table else None,
    }
    return fill("brief.html", view)


def render_brief_pdf(document: Document, drawings: Drawings | None = None) -> bytes:
    """Return the brief form of a document as a PDF of at most two pages of A4.

    What does not fit is left out whole, from the last row of the table and the last figure on: no text is cut.

    Raises
    ------
    InnospaceError
        When the ``report`` extra is not installed, or one finding and the notices alone are longer than two pages.
    """
    drawings = drawings or Drawings()
    tried: set[tuple[int, int, int, float]] = set()
    for room in ROOMS:
        brief = shorten(document, room)
        rows = len(brief.table.display()) if brief.table else 0
        key = (len(brief.findings), len(brief.figures), rows, room.size)
        if key in tried:
            continue
        tried.add(key)
        content, pages = _compiled(brief, room, drawings)
        if pages <= MOST_PAGES:
            return content
    raise InnospaceError(
        f"The brief report is longer than {MOST_PAGES} pages.",
        where=one_line(document.title),
        allowed="findings, notes on sources and names of failed checks that fit two pages together",
        remedy="Shorten the notes of the sources, or write the full report.",
    )


def _compiled(brief: Brief, room: Room, drawings: Drawings) -> tuple[bytes, int]:
    """Return the PDF and how many pages it has."""
    typst = need("typst")
    with tempfile.TemporaryDirectory(prefix="innospace-pdf-") as name:
        folder = Path(name)
        view = _words(brief) | {"size": room.size, "table": "", "figures": []}
        across = _across(brief.figures, drawings)
        view["figures"] = [_drawn(f, i, across[i], folder, drawings) for i, f in enumerate(brief.figures)]
        if brief.table:
            from innospace.report.tables import to_typst

            (folder / "table.typ").write_text(to_typst(brief.table), encoding="utf-8")
            view["table"] = "table.typ"
        (folder / "data.json").write_text(json.dumps(view), encoding="utf-8")
        copy_templates(folder, "brief.typ")
        try:
            compiler = typst.Compiler(str(folder / "brief.typ"), root=str(folder))
            content = bytes(compiler.compile())
            pages = json.loads(compiler.query("<pages>", field="value", one=True))
        except typst.TypstError as error:
            raise InnospaceError(
                "The PDF cannot be made.",
                where=str(error),
                remedy="Make the report without the format 'pdf' and report this.",
            ) from error
    return content, int(pages)


def _across(figures: tuple[Figure, ...], drawings: Drawings) -> list[bool]:
    """Return which figures take the width of the page; the others stand in pairs.

    A drawing of half the width that would shorten a label takes the whole width, and so does the first that has no
    neighbour.
    """
    across = [SHORTENED in drawings.svg(f, PHONE, titled=False) for f in figures]
    if across.count(False) % 2:
        across[across.index(False)] = True
    return across


def _drawn(figure: Figure, number: int, across: bool, folder: Path, drawings: Drawings) -> dict[str, Any]:
    """Draw a figure into the folder, across the page or half as wide."""
    from innospace.report.charts import words

    width = WIDE if across else PHONE
    path = folder / f"figure-{number}.{'svg' if vector_figures() else 'png'}"
    own = replace(figure, name=f"figure-{number}")
    if vector_figures():
        path.write_text(drawings.svg(own, width, titled=False), encoding="utf-8")
    else:
        path.write_bytes(drawings.png(own, width, 3.0, titled=False))
    shown = words(own)
    return {
        "file": path.name,
        "across": across,
        "title": prose(shown.title),
        "subtitle": prose(shown.subtitle),
        "caption": prose(shown.caption),
        "alt": one_line(figure.alt),
    }


def _words(brief: Brief) -> dict[str, Any]:
    """Return what page and PDF say alike."""
    d = brief.document
    made = [f"innospace {d.provenance.version}", *([f"run {d.run_id}"] if d.run_id else [])]
    made += [d.provenance.created] if d.provenance.created else []
    more = f"{brief.left} more {'finding stands' if brief.left == 1 else 'findings stand'} in the full report."
    return {
        "language": d.language,
        "title": one_line(d.title),
        "subtitle": one_line(d.subtitle),
        "findings": [prose(f) for f in brief.findings],
        "more": more if brief.left > 0 else "",
        "verdict": brief.verdict,
        "failed": [one_line(n) for n in brief.failed],
        "notices": [views.notice(n) for n in brief.notices],
        "command": one_line(d.command),
        "again": one_line(d.again),
        "made": one_line(", ".join(made) + "."),
    }
