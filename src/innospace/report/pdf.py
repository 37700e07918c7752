"""A document as PDF, by Typst: A4, contents, page numbers, vector figures."""

from __future__ import annotations

import functools
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from innospace.core.document import Document, Equation, Heading, Notice, Paragraph
from innospace.core.errors import DataError, InnospaceError
from innospace.core.figure import Figure, FigureKind
from innospace.report import views
from innospace.report.charts.export import Drawings
from innospace.report.needs import need
from innospace.report.text import one_line, prose

WIDTH = 720
"""Width at which charts are drawn, in pixels; 170 mm on paper, so that 12 pixels are 8 points."""
ROWS = 44
"""Rows of a ranked chart that fit on one page."""
_FULL = {FigureKind.INTERVALS, FigureKind.MAP, FigureKind.MAPS}
"""Figures as wide as the text; two of the others fit on a page."""
_CHART_FONTS = {"Arial", "Helvetica", "Liberation Sans"}


def render_pdf(document: Document, drawings: Drawings | None = None) -> bytes:
    """Return a document as PDF, in the same order as the page, with ``drawings`` shared with it.

    What the page folds stands in an annex, folded tables of more than 60 rows in the files only.
    Words reach Typst as data and strings, never as markup. Charts are vector drawings when a font with the metrics of
    the charts is installed, otherwise images of three dots a pixel.

    Raises
    ------
    DataError
        When an equation is not valid Typst, or a figure has nothing to draw.
    InnospaceError
        When the ``report`` extra is not installed.
    """
    typst = need("typst")
    with tempfile.TemporaryDirectory(prefix="innospace-pdf-") as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(_view(document, folder, drawings or Drawings())), encoding="utf-8")
        copy_templates(folder, "report.typ")
        try:
            return bytes(typst.compile(str(folder / "report.typ"), root=str(folder)))
        except typst.TypstError as error:
            raise _explained(error, document) from error


def copy_templates(folder: Path, name: str) -> None:
    """Put a Typst template and what all of them share into a folder."""
    for source in (name, "frame.typ"):
        text = files("innospace.report").joinpath("templates", source).read_text(encoding="utf-8")
        (folder / source).write_text(text, encoding="utf-8")


def _explained(error: Exception, document: Document) -> InnospaceError:
    """Say which equation is at fault, or that the frame of the report is."""
    from contextlib import suppress

    typst = need("typst")
    for equation in (b for s in document.sections for b in s.blocks if isinstance(b, Equation)):
        with tempfile.TemporaryDirectory(prefix="innospace-pdf-") as name, suppress(typst.TypstError):
            path = Path(name) / "equation.typ"
            path.write_text(_equation(equation), encoding="utf-8")
            typst.compile(str(path))
            continue
        return DataError(
            f"The equation {equation.name!r} cannot be set in the PDF.",
            where=f"{equation.typst}: {error}",
            remedy="Correct its Typst form.",
        )
    return InnospaceError(
        "The PDF cannot be made.", where=str(error), remedy="Make the report without the format 'pdf' and report this."
    )


def _equation(equation: Equation) -> str:
    return f"$ {equation.typst} $\n"


@functools.cache
def vector_figures() -> bool:
    """Return whether Typst finds a font in which chart text is as wide as it was measured."""
    return bool(_CHART_FONTS & set(need("typst").Fonts().families()))


def _view(document: Document, folder: Path, drawings: Drawings) -> dict[str, Any]:
    from dataclasses import asdict

    checks, more = views.few_checks(document.checks)
    sections, annex = _sections(document, folder, drawings)
    return {
        "language": document.language.split("-", maxsplit=1)[0].lower(),
        "title": one_line(document.title),
        "subtitle": one_line(document.subtitle),
        "findings": [prose(f) for f in document.findings],
        "verdict": views.verdict(document.checks),
        "checks": [asdict(c) for c in checks],
        "more_checks": [asdict(c) for c in more],
        "more_checks_title": views.more_checks(len(more)),
        "sections": sections,
        "annex": annex,
        "provenance": views.provenance_lines(document.provenance, document.run_id),
        "sources": views.source_lines(document.provenance),
        "command": one_line(document.command),
        "again": one_line(document.again),
    }


def _sections(
    document: Document, folder: Path, drawings: Drawings
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return sections, and what is folded in them as parts of an annex."""
    sections: list[dict[str, Any]] = []
    annex: list[dict[str, Any]] = []
    for i, (section, named) in enumerate(zip(document.sections, views.named(document), strict=True)):
        blocks: list[dict[str, Any]] = []
        for j, group in enumerate(views.groups(section, named)):
            places = [f"{i}-{j}-{k}" for k in range(len(group.blocks))]
            own = [
                _block(n, folder, place, drawings, bool(group.title))
                for n, place in zip(group.blocks, places, strict=True)
            ]
            if group.title:
                annex.append({"title": views.annex_title(group, len(annex) + 1), "blocks": own})
                own = [{"kind": "see", "text": views.annex_line(group, len(annex))}]
            blocks += own
        sections.append({"title": one_line(section.title), "blocks": blocks})
    return sections, annex


def _block(named: views.Named, folder: Path, place: str, drawings: Drawings, annexed: bool) -> dict[str, Any]:
    block = named.block
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "paragraphs": views.paragraphs(block.text)}
    if isinstance(block, Heading):
        return {"kind": "heading", "text": one_line(block.text)}
    if isinstance(block, Notice):
        return views.notice(block)
    if isinstance(block, Equation):
        (folder / f"equation-{place}.typ").write_text(_equation(block), encoding="utf-8")
        return {"kind": "equation", "file": f"equation-{place}.typ", "meaning": prose(block.meaning)}
    if isinstance(block, Figure):
        return _figure(block, named.name, folder, place, drawings)
    from innospace.report.tables import to_typst

    if block.folded and not (annexed and views.set_in_annex(block)):
        return {"kind": "paragraph", "paragraphs": [f"{one_line(block.title)}: file tables/{named.name}."]}
    (folder / f"table-{place}.typ").write_text(to_typst(block), encoding="utf-8")
    # a table that fits on a page is not torn over two
    return {"kind": "table", "file": f"table-{place}.typ", "rows": len(block.display())}


def _figure(figure: Figure, name: str, folder: Path, place: str, drawings: Drawings) -> dict[str, Any]:
    from dataclasses import replace

    from innospace.report.charts import parts, words

    shown = words(figure)
    drawn = []
    for i, part in enumerate(parts(replace(figure, name=name), ROWS)):
        stem = f"figure-{place}-{i}"
        if vector_figures():
            path = folder / f"{stem}.svg"
            path.write_text(drawings.svg(part, WIDTH, titled=False), encoding="utf-8")
        else:
            path = folder / f"{stem}.png"
            path.write_bytes(drawings.png(part, WIDTH, 3.0, titled=False))
        drawn.append(path.name)
    return {
        "kind": "figure",
        "title": prose(shown.title),
        "subtitle": prose(shown.subtitle),
        "caption": prose(shown.caption),
        "alt": one_line(figure.alt),
        "parts": drawn,
        "percent": 100 if figure.kind in _FULL else 86,
    }
