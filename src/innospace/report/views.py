"""What both pages and PDFs show of a document: checks in order, provenance in lines, data behind figures."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from innospace.core.checks import Check
from innospace.core.document import Block, Document, Equation, Heading, Notice, Section
from innospace.core.figure import Figure
from innospace.core.numbers import fixed, significant
from innospace.core.provenance import Nature, Provenance
from innospace.core.table import Column, Table
from innospace.report.tables.files import frame_csv
from innospace.report.text import clean, one_line, prose, unique

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 100
"""Rows of data shown beneath a figure."""
EMBEDDED = 400_000
"""Longer CSV text is not carried by the page; it stands in the folder of figures."""
NATURES = {
    Nature.OBSERVED: "Observed",
    Nature.RECONSTRUCTED: "Reconstructed",
    Nature.ASSUMED: "Assumed",
    Nature.SIMULATED: "Simulated",
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check as it is read."""

    ok: bool
    name: str
    value: str
    tolerance: str
    meaning: str
    remedy: str


def check_lines(checks: tuple[Check, ...]) -> list[CheckLine]:
    """Return checks with the failed ones first, otherwise in their order."""
    lines = [
        CheckLine(
            c.ok,
            one_line(c.name),
            _trimmed(significant(c.value, 5)),
            _trimmed(significant(c.tolerance)),
            prose(c.meaning),
            "" if c.ok else prose(c.remedy),
        )
        for c in checks
    ]
    return sorted(lines, key=lambda line: line.ok)


FEW_CHECKS = 6
"""So many checks are in sight when all passed."""


def few_checks(checks: tuple[Check, ...]) -> tuple[list[CheckLine], list[CheckLine]]:
    """Return the checks that are in sight, every failed one among them, and the rest, which passed."""
    lines = check_lines(checks)
    shown = max(FEW_CHECKS, sum(not c.ok for c in checks))
    return lines[:shown], lines[shown:]


def more_checks(count: int) -> str:
    """Return what stands for checks that are not in sight."""
    return f"{count} further check{'' if count == 1 else 's'}, {'' if count == 1 else 'all '}passed"


def _trimmed(text: str) -> str:
    """Leave out zeros after the last other decimal: a tolerance of 0.005 is no measurement."""
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def verdict(checks: tuple[Check, ...]) -> str:
    """Return how many checks passed, in a sentence."""
    failed = sum(not c.ok for c in checks)
    if not checks:
        return "No checks were made."
    if not failed:
        return f"All {len(checks)} checks passed." if len(checks) > 1 else "The check passed."
    return f"{failed} of {len(checks)} checks failed; {'it stands' if failed == 1 else 'they stand'} first."


def provenance_lines(p: Provenance, run_id: str) -> list[tuple[str, str]]:
    """Return what produced the numbers, as pairs of name and value."""
    lines = [("innospace", p.version), *((k, v) for k, v in p.software.items())]
    lines += [("Created", p.created)] if p.created else []
    lines += [("Seed", str(p.seed))] if p.seed is not None else []
    lines += [(f"Option {k}", _plain(v)) for k, v in p.options.items()]
    lines += [("Run", run_id)] if run_id else []
    return [(one_line(k), one_line(v)) for k, v in lines]


def source_lines(p: Provenance) -> list[dict[str, str]]:
    """Return the inputs as plain text."""
    return [
        {
            "name": one_line(s.name),
            "nature": NATURES[s.nature],
            "tone": str(s.nature),
            "origin": one_line(s.origin),
            "licence": one_line(s.licence),
            "note": one_line(s.note),
            "sha256": one_line(s.sha256),
        }
        for s in p.sources
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def data_table(figure: Figure) -> Table:
    """Return the first rows of a figure's data as a table."""
    head = figure.data.head(SHOWN)
    columns = tuple(Column(str(c), str(c), _style(head.iloc[:, i])) for i, c in enumerate(head.columns))
    rows = len(figure.data)
    title = f"Data of the figure, first {SHOWN} of {fixed(rows, 0)} rows" if rows > SHOWN else "Data of the figure"
    return Table(f"{figure.name}-data", title, head.set_axis([c.key for c in columns], axis=1), columns)


def _style(column: pd.Series[Any]) -> str:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return "text"
    if pd.api.types.is_integer_dtype(column):
        known = column.dropna()
        return "year" if len(known) and known.between(1800, 2200).all() else "integer"
    return "significant:4"


def data_link(frame: pd.DataFrame) -> str | None:
    """Return the frame as a ``data:`` address of a CSV file; ``None`` when it is too long to be carried by a page."""
    if len(frame) * max(1, frame.shape[1]) > EMBEDDED:
        return None
    text = frame_csv(frame)
    if len(text) > EMBEDDED:
        return None
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")


@dataclass(frozen=True, slots=True)
class Names:
    """Names in order: file stems unique among figures and among tables, anchors unique on the page."""

    sections: list[str]
    figures: list[str]
    tables: list[str]
    figure_anchors: list[str]
    table_anchors: list[str]


ANNEX_ROWS = 60
"""Longer tables that are folded are left to the files even in an annex."""
FIXED = ("main", "findings", "checks", "contents", "provenance", "title")
"""Anchors of the page itself."""


def names(document: Document) -> Names:
    """Return a unique name for each part of a document."""
    sections = unique((s.anchor for s in document.sections), "section", taken=FIXED)
    figures = unique((f.name for f in document.figures()), "figure")
    tables = unique((t.name for t in document.tables()), "table", taken=("tables",))
    figure_anchors = unique(figures, "figure", taken=(*FIXED, *sections))
    table_anchors = unique(tables, "table", taken=(*FIXED, *sections, *figure_anchors))
    return Names(sections, figures, tables, figure_anchors, table_anchors)


@dataclass(frozen=True, slots=True)
class Named:
    """A block with the name of its files and its anchor on the page; both are empty for words."""

    block: Block
    name: str = ""
    anchor: str = ""


def named(document: Document) -> list[tuple[Named, ...]]:
    """Return the blocks of every section with their names, as :func:`names` gives them."""
    own = names(document)
    figures = iter(zip(own.figures, own.figure_anchors, strict=True))
    tables = iter(zip(own.tables, own.table_anchors, strict=True))

    def known(block: Block) -> Named:
        if isinstance(block, Figure):
            return Named(block, *next(figures))
        return Named(block, *next(tables)) if isinstance(block, Table) else Named(block)

    return [tuple(known(b) for b in s.blocks) for s in document.sections]


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks of a section that are in sight, or that are folded under a title.

    Attributes
    ----------
    blocks : tuple of Named
    title : str
        Of what is folded; empty for what is in sight.
    of : str
        The heading that a folded group belongs to: the last one in sight, else the title of the section.
    """

    blocks: tuple[Named, ...]
    title: str = ""
    of: str = ""

    @property
    def holds(self) -> str:
        """Return what can be looked up in it, in words."""
        kinds = (("equation", Equation), ("figure", Figure), ("table", Table))
        counts = [(word, sum(isinstance(b.block, kind) for b in self.blocks)) for word, kind in kinds]
        return ", ".join(f"{fixed(n, 0)} {word}{'' if n == 1 else 's'}" for word, n in counts if n)


def groups(section: Section, blocks: Sequence[Named]) -> list[Group]:
    """Return the blocks of a section, as :func:`named` gives them, in groups that are in sight or folded."""
    found: list[Group] = []
    of, title = section.title, ""
    for named_block in blocks:
        block = named_block.block
        if isinstance(block, Heading):
            title = block.text if block.folded else ""
            of = of if block.folded else block.text
            if block.folded:
                found.append(Group((), one_line(title), one_line(of)))
                continue
        if not found or found[-1].title != one_line(title):
            found.append(Group((), one_line(title), one_line(of) if title else ""))
        found[-1] = replace(found[-1], blocks=(*found[-1].blocks, named_block))
    return [g for g in found if g.blocks]


def set_in_annex(table: Table) -> bool:
    """Return whether an annex sets a table that is folded."""
    return len(table.display()) <= ANNEX_ROWS


def annex_line(group: Group, number: int) -> str:
    """Return where on paper a folded group stands, as a line in its place."""
    held = f" ({group.holds})" if group.holds else ""
    return f"{group.title}{held}: annex {number}."


def annex_title(group: Group, number: int) -> str:
    """Return the heading of a folded group in the annex."""
    return f"{number}. {group.of}: {group.title[:1].lower()}{group.title[1:]}"


@dataclass(frozen=True, slots=True)
class File:
    """Where a form of a figure or a table can be had: kind (``SVG``) and address."""

    kind: str
    address: str


def notice(block: Notice) -> dict[str, Any]:
    """Return a notice as templates set it."""
    words = paragraphs(block.text)
    return {"kind": "notice", "tone": str(block.nature), "label": NATURES[block.nature], "paragraphs": words}


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, parted by empty lines."""
    return [prose(p) for p in clean(text).replace("\r\n", "\n").split("\n\n") if p.strip()]
