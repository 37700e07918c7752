"""A document as one HTML file that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from innospace.core.document import Block, Document, Equation, Heading, Notice, Paragraph
from innospace.core.errors import DataError
from innospace.core.figure import Figure
from innospace.core.numbers import fixed
from innospace.core.table import Table
from innospace.report import views
from innospace.report.charts.export import Drawings
from innospace.report.needs import need
from innospace.report.text import one_line, prose
from innospace.report.views import File

WIDE, PHONE = 720, 340
"""Widths in pixels at which charts are drawn; the style sheet shows the one that fits."""

MANY_FINDINGS = 8
"""When there are more findings, the page folds those that the brief leaves out."""
_OPEN, _CLOSE = re.compile(r"(?<!\\)\{"), re.compile(r"(?<!\\)\}")
_FUNCTION = re.compile(r"(<mi>(?:ln|log|exp|min|max)</mi>)")


def render_html(document: Document, drawings: Drawings | None = None) -> str:
    """Return a document as a self-contained HTML page.

    The page carries its style, its drawings (each for wide screens and for phones) and the data behind them. It asks
    for nothing from a network and runs no script; it says so itself by its content security policy.

    Parameters
    ----------
    document : Document
        What to set.
    drawings : Drawings, optional
        Drawings to share with other forms of the same report.

    Raises
    ------
    DataError
        When an equation is not valid LaTeX, or a figure has nothing to draw.
    InnospaceError
        When the ``report`` extra is not installed.
    """
    return fill("report.html", _view(document, need("markupsafe").Markup, drawings or Drawings()))


def fill(template: str, view: dict[str, Any]) -> str:
    """Return a template of this room filled with what a view holds; text is escaped."""
    jinja = need("jinja2")
    environment = jinja.Environment(
        loader=jinja.FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    text: str = environment.get_template(template).render(view)
    return text


def _template(name: str) -> str:
    return files("innospace.report").joinpath("templates", name).read_text(encoding="utf-8")


def _view(document: Document, safe: Any, drawings: Drawings) -> dict[str, Any]:
    names = views.names(document)
    sections = []
    for anchor, section, named in zip(names.sections, document.sections, views.named(document), strict=True):
        groups = [_group(g, safe, drawings) for g in views.groups(section, named)]
        sections.append({"anchor": anchor, "title": one_line(section.title), "groups": groups})
    folded = len(document.findings) > MANY_FINDINGS
    findings = (document.highlights or document.findings[:MANY_FINDINGS]) if folded else document.findings
    checks, more = views.few_checks(document.checks)
    return {
        "language": document.language,
        "title": one_line(document.title),
        "subtitle": one_line(document.subtitle),
        "findings": [prose(f) for f in findings],
        "more_findings": [prose(f) for f in document.findings if f not in findings] if folded else [],
        "verdict": views.verdict(document.checks),
        "checks": checks,
        "more_checks": more,
        "more_checks_title": views.more_checks(len(more)),
        "sections": sections,
        "provenance": views.provenance_lines(document.provenance, document.run_id),
        "sources": views.source_lines(document.provenance),
        "command": one_line(document.command),
        "again": one_line(document.again),
        "style": safe(style()),
    }


def _group(group: views.Group, safe: Any, drawings: Drawings) -> dict[str, Any]:
    blocks = [block_view(n.block, n.name, n.anchor, safe, drawings) for n in group.blocks]
    return {"title": group.title, "of": group.of, "holds": group.holds, "blocks": blocks}


def block_view(
    block: Block, name: str, anchor: str, safe: Any, drawings: Drawings, files: Sequence[File] = ()
) -> dict[str, Any]:
    """Return what ``blocks.any`` of the templates sets; ``safe`` marks text as HTML.

    Parameters
    ----------
    block : Block
    name : str
        Of the files of a figure or a table.
    anchor : str
        Unique on the page; identifiers within a drawing begin with it.
    safe : callable
    drawings : Drawings
    files : sequence of File
        Where a figure or a table can be downloaded; when there are none the page carries the data.
    """
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "paragraphs": views.paragraphs(block.text)}
    if isinstance(block, Heading):
        return {"kind": "heading", "text": one_line(block.text)}
    if isinstance(block, Notice):
        return views.notice(block)
    if isinstance(block, Equation):
        return {"kind": "equation", "math": safe(mathml(block)), "meaning": prose(block.meaning)}
    if isinstance(block, Figure):
        return figure_view(block, name, anchor, safe, drawings, files)
    return table_view(block, name, anchor, safe, files)


def figure_view(
    figure: Figure, name: str, anchor: str, safe: Any, drawings: Drawings, files: Sequence[File] = ()
) -> dict[str, Any]:
    """Return what ``blocks.figure`` of the templates sets; ``safe`` marks text as HTML."""
    from dataclasses import replace

    from innospace.report.charts import words
    from innospace.report.tables import to_html

    own = replace(figure, name=anchor)
    shown = words(own)
    return {
        "kind": "figure",
        "name": name,
        "anchor": anchor,
        "title": prose(shown.title),
        "subtitle": prose(shown.subtitle),
        "caption": prose(shown.caption),
        "wide": safe(_accessible(drawings.svg(own, WIDE, titled=False), figure.alt)),
        "phone": safe(_accessible(drawings.svg(own, PHONE, titled=False), figure.alt)),
        "rows": fixed(len(figure.data), 0),
        "data": safe(to_html(views.data_table(own))),
        "link": None if files else views.data_link(figure.data),
        "files": files,
    }


def table_view(table: Table, name: str, anchor: str, safe: Any, files: Sequence[File] = ()) -> dict[str, Any]:
    """Return what ``blocks.tabular`` of the templates sets; ``safe`` marks text as HTML."""
    from innospace.report.tables import to_html

    html = safe(to_html(table, anchor))
    return {
        "kind": "table",
        "name": name,
        "anchor": anchor,
        "html": html,
        "link": None if files else views.data_link(table.frame),
        "files": files,
        "folded": one_line(table.title) if table.folded else "",
    }


def _accessible(svg: str, alt: str) -> str:
    label = escape(one_line(alt), quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def mathml(equation: Equation) -> str:
    """Return an equation as MathML.

    Raises
    ------
    DataError
        When the LaTeX cannot be read.
    """
    converter = need("latex2mathml.converter")
    try:
        if len(_OPEN.findall(equation.latex)) != len(_CLOSE.findall(equation.latex)):
            raise ValueError("the braces do not match")
        math = str(converter.convert(equation.latex, display="block"))
    except Exception as error:
        # the converter raises a dozen unrelated classes for malformed input, and none for braces left open
        raise DataError(
            f"The equation {equation.name!r} cannot be set.", where=equation.latex, remedy="Correct its LaTeX."
        ) from error
    # the converter leaves out the thin spaces around functions, and takes the sign of a distribution for a letter
    math = _FUNCTION.sub(r'<mrow><mspace width="0.17em"/>\1<mspace width="0.17em"/></mrow>', math)
    # a hat over one letter is as wide as the letter
    math = math.replace("<mo>&#x0005E;</mo></mover>", '<mo stretchy="false">&#x0005E;</mo></mover>')
    return math.replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>")


def style() -> str:
    """Return the style sheet of a report, with the colours of charts replaced in dark mode."""
    text = _template("report.css").replace("/* blocks */", blocks_style())
    dark = "@media (prefers-color-scheme: dark) {\n" + dark_charts() + "\n}"
    return text.replace("/* charts in dark mode */", dark)


def blocks_style() -> str:
    """Return the style of blocks: words, figures, tables, equations."""
    return _template("blocks.css")


def dark_charts(within: str = "") -> str:
    """Return rules that replace the colours of charts by those for a dark page; ``within`` is a selector."""
    from innospace.report.charts.theme import ON_DARK

    return "\n".join(
        f'{within} .chart [{part}="{light}"]{{{part}:{dark}}}'.strip()
        for light, dark in ON_DARK.items()
        for part in ("fill", "stroke")
    )
