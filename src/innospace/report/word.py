"""A document as a Word file: headings, native tables and equations, figures with alternative text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import accumulate
from typing import Any

from innospace.core.document import Block, Document, Equation, Heading, Notice, Paragraph
from innospace.core.figure import Figure
from innospace.core.table import Table
from innospace.report import views
from innospace.report.archives import MADE, repacked
from innospace.report.brief import shorten
from innospace.report.charts.export import Drawings
from innospace.report.needs import need
from innospace.report.omml import omml
from innospace.report.pdf import ROWS, WIDTH
from innospace.report.tables.layout import Cell, Grid, grid
from innospace.report.text import one_line, prose

TEXT_WIDTH = 170
"""Millimetres between the margins of A4."""
SCALE = 2.8
"""Dots a pixel of drawings: 300 dots an inch over the width of the text."""
MANY_COLUMNS = 8
"""Tables with more columns are set smaller."""
LONGEST, SHORT = 60, 16
"""Letters of a column beyond which it is given no more room, and up to which a text is not broken."""
LETTER, PADDING = 6.6, 230
"""Width of a letter in twentieths of a point by half point of its size, and of the margins of a cell."""
BRIEF_WIDTH = 105
"""Millimetres of a figure of the brief form, so that it stays near two pages; Word itself breaks pages."""
LANGUAGES = {"en": "en-GB", "ru": "ru-RU"}
_SPACES = {".": "\u2008", "\u202f": "\u202f"}
"""What an invisible character of padding is set as; all others are as wide as a digit."""
_DECLARED = " ".join(
    (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"',
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"',
    )
)


def render_docx(document: Document, drawings: Drawings | None = None) -> bytes:
    """Return a document as a Word file, in the same order as the page, with ``drawings`` shared with it.

    What the page folds stands in an annex, as in the PDF.

    Raises
    ------
    DataError
        When an equation cannot be set, or a figure has nothing to draw.
    InnospaceError
        When the ``report`` extra is not installed.
    """
    page = _Page(document, drawings or Drawings())
    page.head(document.findings, views.verdict(document.checks))
    checks, more = views.few_checks(document.checks)
    page.checks(checks, len(more))
    annex: list[views.Group] = []
    for section, named in zip(document.sections, views.named(document), strict=True):
        page.heading(section.title, 1)
        for group in views.groups(section, named):
            if group.title:
                annex.append(group)
                page.words(views.annex_line(group, len(annex)), "Note")
                continue
            for block in group.blocks:
                page.block(block.block, block.name)
    page.heading("Provenance", 1)
    page.grid(_plain(("What", "Value"), views.provenance_lines(document.provenance, document.run_id)))
    for source in views.source_lines(document.provenance):
        told = (source[k] for k in ("nature", "origin", "licence", "note"))
        line = ". ".join(t.rstrip(".") for t in (source["name"], *told) if t) + "."
        page.words(line + (f" SHA-256 {source['sha256']}." if source["sha256"] else ""))
    page.annex(annex, more)
    return page.bytes(document.command, document.again)


def render_brief_docx(document: Document, drawings: Drawings | None = None) -> bytes:
    """Return the brief form of a document as a Word file.

    Raises
    ------
    DataError
        When a figure has nothing to draw.
    InnospaceError
        When the ``report`` extra is not installed.
    """
    brief = shorten(document)
    page = _Page(document, drawings or Drawings(), BRIEF_WIDTH)
    page.head(brief.findings, brief.verdict)
    for name in brief.failed:
        page.words(f"Failed: {one_line(name)}", "List Bullet")
    for figure in brief.figures:
        page.block(figure, figure.name)
    if brief.table is not None:
        page.block(replace(brief.table, folded=False), brief.table.name)
    for notice in brief.notices:
        page.block(notice, "")
    return page.bytes(document.command, document.again)


class _Page:
    """A Word file that grows from top to bottom."""

    def __init__(self, document: Document, drawings: Drawings, width: int = TEXT_WIDTH) -> None:
        self.drawings, self.width = drawings, width
        self.made = need("docx").Document()
        self.counts = {"Figure": 0, "Table": 0}
        _style(self.made, LANGUAGES.get(document.language, document.language))
        core = self.made.core_properties
        core.title, core.author, core.comments = one_line(document.title), "innospace", ""
        core.created = core.modified = MADE
        core.language = document.language
        self.words(one_line(document.title), "Title")
        if document.subtitle:
            self.words(one_line(document.subtitle), "Subtitle")

    def head(self, findings: Sequence[str], verdict: str) -> None:
        """Set what was found and how sure we are."""
        self.heading("Findings", 1)
        for finding in findings:
            self.words(finding, "List Bullet")
        self.heading("Checks", 1)
        self.words(verdict)

    def checks(self, lines: Sequence[views.CheckLine], left: int = 0) -> None:
        """Set a table of checks; ``left`` is how many stand in the annex."""
        rows = [
            (
                "✓\u00a0passed" if c.ok else "✗\u00a0failed",
                " ".join(t for t in (c.meaning, f"({c.name})", c.remedy and f"To mend it: {c.remedy}") if t),
                _unbroken(c.value),
                _unbroken(c.tolerance),
            )
            for c in lines
        ]
        if rows:
            self.grid(_plain(("", "Check", "Measured", "Tolerance"), rows, numeric=(False, False, True, True)))
        if left:
            self.words(views.more_checks(left) + ": end of the annex.", "Note")

    def heading(self, text: str, level: int) -> None:
        """Set a heading."""
        self.made.add_heading(one_line(text), level)

    def words(self, text: str, style: str = "Normal") -> None:
        """Set a paragraph."""
        self.made.add_paragraph(prose(text), style)

    def block(self, block: Block, name: str) -> None:
        """Set a block; ``name`` is that of the files of a figure or a table."""
        if isinstance(block, Heading):
            self.heading(block.text, 2)
        elif isinstance(block, Paragraph):
            for text in views.paragraphs(block.text):
                self.words(text)
        elif isinstance(block, Notice):
            shown = views.notice(block)
            for text in shown["paragraphs"]:
                self.words(f"{shown['label']}: {text}", "Quote")
        elif isinstance(block, Equation):
            self.put(f"<w:p {_DECLARED}>{omml(block)}</w:p>")
            self.words(block.meaning)
        elif isinstance(block, Figure):
            self.figure(replace(block, name=name))
        elif block.folded:
            self.words(f"{one_line(block.title)}: file tables/{name}.")
        else:
            self.table(block)

    def annex(self, groups: Sequence[views.Group], checks: Sequence[views.CheckLine]) -> None:
        """Set what is folded on the page, checks last."""
        if groups or checks:
            self.heading("Annex: methods and details", 1)
        for number, group in enumerate(groups, start=1):
            self.heading(views.annex_title(group, number), 2)
            for n in group.blocks:
                if isinstance(n.block, Table) and views.set_in_annex(n.block):
                    self.table(n.block)
                else:
                    self.block(n.block, n.name)
        if checks:
            self.heading(views.more_checks(len(checks)), 2)
            self.checks(checks)

    def figure(self, figure: Figure) -> None:
        """Set a figure: its parts, then the caption."""
        from innospace.report.charts import parts, words

        shared = need("docx.shared")
        for part in parts(figure, ROWS):
            image = io.BytesIO(self.drawings.png(part, WIDTH, SCALE, titled=False))
            picture = self.made.add_picture(image, width=shared.Mm(self.width))
            self.made.paragraphs[-1].paragraph_format.keep_with_next = True
            picture._inline.docPr.set("descr", one_line(figure.alt))
        shown = words(figure)
        self.caption("Figure", shown.title)
        for text in (shown.subtitle, shown.caption):
            if text:
                self.made.paragraphs[-1].paragraph_format.keep_with_next = True
                self.words(text, "Note")

    def table(self, table: Table) -> None:
        """Set a table: caption, rows, notes."""
        self.caption("Table", table.title)
        self.made.paragraphs[-1].paragraph_format.keep_with_next = True
        self.grid(grid(table))
        for note in table.notes:
            self.words(note, "Note")

    def caption(self, kind: str, title: str) -> None:
        """Set a numbered caption that Word's lists of figures and tables know."""
        self.counts[kind] += 1
        field = (
            f'<w:fldSimple w:instr=" SEQ {kind} \\* ARABIC "><w:r><w:t>{self.counts[kind]}</w:t></w:r></w:fldSimple>'
        )
        text = f'<w:r><w:t xml:space="preserve">. {escape(prose(title))}</w:t></w:r>'
        lead = f'<w:r><w:t xml:space="preserve">{kind} </w:t></w:r>'
        self.put(f'<w:p {_DECLARED}><w:pPr><w:pStyle w:val="Caption"/></w:pPr>{lead}{field}{text}</w:p>')

    def grid(self, g: Grid) -> None:
        """Set rows as a native table whose headings come again on every page."""
        self.put(_table(g))
        self.words("", "Note")

    def put(self, xml: str) -> None:
        """Add XML at the end, before the properties of the section."""
        body = self.made.element.body
        body.insert(len(body) - 1, need("docx.oxml").parse_xml(xml))

    def bytes(self, command: str, again: str) -> bytes:
        """Return the file, with the commands that reproduce it at its end."""
        if command:
            self.heading("Reproduce this report", 1)
            self.made.add_paragraph(one_line(command), "Command")
        if again:
            self.words("The same from the stored run, with nothing computed, also when the study has changed since:")
            self.made.add_paragraph(one_line(again), "Command")
        buffer = io.BytesIO()
        self.made.save(buffer)
        return repacked(buffer.getvalue())


def _style(made: Any, language: str) -> None:
    """Set A4, fonts, language and page numbers."""
    shared, text, oxml, styles = (need(f"docx.{m}") for m in ("shared", "enum.text", "oxml", "enum.style"))
    section = made.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.left_margin = section.right_margin = shared.Mm((210 - TEXT_WIDTH) / 2)
    section.top_margin = section.bottom_margin = shared.Mm(20)
    black = shared.RGBColor(0, 0, 0)
    for name in ("Title", "Subtitle", "Heading 1", "Heading 2", "Caption", "Quote"):
        made.styles[name].font.color.rgb = black
    made.styles["Title"].font.size, made.styles["Caption"].font.size = shared.Pt(22), shared.Pt(10)
    made.styles["Normal"].font.size = shared.Pt(10.5)
    for name, size in (("Note", 9), ("Command", 9)):
        own = made.styles.add_style(name, styles.WD_STYLE_TYPE.PARAGRAPH)
        own.base_style, own.font.size = made.styles["Normal"], shared.Pt(size)
        own.paragraph_format.space_after = shared.Pt(3)
    made.styles["Command"].font.name = "Courier New"
    for tag in made.styles.element.iter(oxml.ns.qn("w:lang")):
        tag.set(oxml.ns.qn("w:val"), language)
    footer = section.footer.paragraphs[0]
    footer.alignment = text.WD_ALIGN_PARAGRAPH.CENTER
    field = f'<w:fldSimple {_DECLARED} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    footer._p.append(oxml.parse_xml(field))


def _plain(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], numeric: tuple[bool, ...] = ()) -> Grid:
    cells = tuple(tuple(Cell(t) for t in row) for row in rows)
    return Grid(headings, numeric or (False,) * len(headings), (), cells, frozenset())


def _unbroken(number: str) -> str:
    """Return a number that no line ends within."""
    return number.replace(" ", "\u00a0").replace("\u2009", "\u202f")


def _table(g: Grid) -> str:
    size = 13 if len(g.headings) > MANY_COLUMNS else 17
    widths = _widths(g, size)
    heads = []
    if g.spans:
        ends = list(accumulate(s.width for s in g.spans))
        across = [sum(widths[end - s.width : end]) for s, end in zip(g.spans, ends, strict=True)]
        spans = zip(g.spans, across, strict=True)
        heads.append("".join(_cell(s.text, w, s.text != "", size, bold=True, span=s.width) for s, w in spans))
    numeric = (False, *g.numeric[1:])
    columns = list(zip(widths, numeric, strict=True))
    heads.append("".join(_cell(h, w, n, size, bold=True) for h, (w, n) in zip(g.headings, columns, strict=True)))
    rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{h}</w:tr>" for h in heads]
    for number, row in enumerate(g.rows):
        cells = (
            _cell(_padded(c) if n else c.text, w, n, size, number in g.rules)
            for c, (w, n) in zip(row, columns, strict=True)
        )
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    lines = "".join(f'<w:{s} w:val="single" w:sz="6" w:color="666666"/>' for s in ("top", "bottom"))
    look = f'<w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{lines}</w:tblBorders><w:tblLayout w:type="autofit"/>'
    drawn = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    return f"<w:tbl {_DECLARED}><w:tblPr>{look}</w:tblPr><w:tblGrid>{drawn}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _widths(g: Grid, size: int) -> list[int]:
    """Return widths of columns in twentieths of a point, for type of ``size`` half points.

    No column is narrower than its longest word, or than its longest text when that is short; what is left of the page
    goes to columns by how much longer their texts are, within bounds.
    """
    letter, whole = size * LETTER, TEXT_WIDTH * 1440 / 25.4
    texts = list(zip(g.headings, *(tuple(c.text + c.pad for c in row) for row in g.rows), strict=True))
    longest = [max(map(len, (t[0][:SHORT], *t[1:]))) for t in texts]
    words = [max(len(word) for text in t for word in re.split("[ -]", text)) for t in texts]
    short = [n if n <= SHORT else min(word, LONGEST) for n, word in zip(longest, words, strict=True)]
    wide = sum(letter * n + PADDING for n in short) > whole
    least = [letter * n + PADDING for n in (words if wide else short)]
    more = [max(min(n, LONGEST) * letter + PADDING - low, 0) for n, low in zip(longest, least, strict=True)]
    spare = (whole - sum(least)) / sum(more) if sum(more) else 0
    if spare <= 0:
        return [round(whole * low / sum(least)) for low in least]
    return [round(low + spare * n) for low, n in zip(least, more, strict=True)]


def _padded(cell: Cell) -> str:
    """Return a number with what aligns its decimal point."""
    return cell.text + "".join(_SPACES.get(p, "\u2007") for p in cell.pad)


def _cell(
    text: str, width: int, right: bool, size: int, rule: bool = False, *, bold: bool = False, span: int = 1
) -> str:
    edge, place = ("bottom" if bold else "top"), ("right" if right else "left")
    borders = f'<w:tcBorders><w:{edge} w:val="single" w:sz="4" w:color="666666"/></w:tcBorders>' if bold or rule else ""
    wide = f'<w:tcW w:w="{width}" w:type="dxa"/>' + (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "")
    look = f'{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    run = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    tight = f'<w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/><w:jc w:val="{place}"/>'
    return f"<w:tc><w:tcPr>{wide}{borders}</w:tcPr><w:p><w:pPr>{tight}</w:pPr>{run}</w:p></w:tc>"
