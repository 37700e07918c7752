"""What a brief report shows of a document: two pages for a reader who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from innospace.core.checks import Check
from innospace.core.document import Block, Document, Notice
from innospace.core.figure import Figure, FigureKind
from innospace.core.provenance import Nature
from innospace.core.table import Table
from innospace.report.views import names

MOST_FINDINGS, MOST_FIGURES, MOST_ROWS = 6, 3, 8
UNMARKED_FIGURES = 2
"""So many figures are shown when an engine marks none."""
RANKED_ROWS = 20
"""Rows of a ranked chart, which would be taller than a page otherwise."""


@dataclass(frozen=True, slots=True)
class Room:
    """What there is room for: whole findings, figures, rows of the table, points of type."""

    findings: int = MOST_FINDINGS
    figures: int = MOST_FIGURES
    rows: int = MOST_ROWS
    size: float = 9.5


ROOMS = (
    *(Room(figures=n, rows=r) for n in (3, 2, 1) for r in (8, 5, 3)),
    Room(figures=1, rows=0),
    Room(figures=0, rows=0),
    *(Room(findings=n, figures=0, rows=0, size=8.5) for n in range(MOST_FINDINGS, 0, -1)),
)
"""From the most to the least; a PDF takes the first that fits two pages. No text is ever cut."""


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief report as data.

    Attributes
    ----------
    document : Document
        The whole report.
    findings : tuple of str
    left : int
        Findings that only the full report states.
    verdict : str
        How sure we are, in one line.
    failed : tuple of str
        Names of the checks that failed, every one.
    figures : tuple of Figure
    table : Table or None
        Its first rows.
    notices : tuple of Notice
        What is assumed, reconstructed or simulated.
    """

    document: Document
    findings: tuple[str, ...]
    left: int
    verdict: str
    failed: tuple[str, ...]
    figures: tuple[Figure, ...]
    table: Table | None
    notices: tuple[Notice, ...]


def shorten(document: Document, room: Room | None = None) -> Brief:
    """Return the brief form of a document.

    Parameters
    ----------
    document : Document
        Engines mark what is telling by ``lead``; the marks of the last step come first.
    room : Room, optional
        How much may be shown; the most when not given.
    """
    room = room or Room()
    found = (document.highlights or document.findings)[: room.findings]
    figures, table = pick(_by_step(document))
    shown = _shorter(table, room.rows) if table is not None and room.rows else None
    return Brief(
        document,
        found,
        len(document.findings) - len(found),
        verdict(document.checks),
        tuple(c.name for c in document.checks if not c.ok),
        tuple(_lower(f) for f in figures[: room.figures]),
        shown,
        notices(document),
    )


def pick(steps: Sequence[Sequence[Block]]) -> tuple[list[Figure], Table | None]:
    """Return the telling figures, at most three, and the telling table of steps.

    Parameters
    ----------
    steps : sequence of sequences of Block
        What every step shows, in the order of the steps. What is marked counts, the last step first; when no figure is
        marked the first two are taken, when no table is marked the first one.
    """
    latest = [b for blocks in reversed(steps) for b in blocks]
    in_order = [b for blocks in steps for b in blocks]
    figures = [b for b in latest if isinstance(b, Figure) and b.lead][:MOST_FIGURES]
    tables = [b for b in latest if isinstance(b, Table) and b.lead]
    if not figures:
        figures = [b for b in in_order if isinstance(b, Figure)][:UNMARKED_FIGURES]
    if not tables:
        tables = [b for b in in_order if isinstance(b, Table)]
    return figures, tables[0] if tables else None


def _by_step(document: Document) -> list[list[Block]]:
    """Return blocks by step; figures and tables have the names of their files in the full report."""
    known = names(document)
    figures, tables = iter(known.figures), iter(known.tables)
    steps: dict[str, list[Block]] = {}
    for section in document.sections:
        own = steps.setdefault(section.step, [])
        for b in section.blocks:
            if isinstance(b, Figure):
                own.append(replace(b, name=next(figures)))
            else:
                own.append(replace(b, name=next(tables)) if isinstance(b, Table) else b)
    return list(steps.values())


def verdict(checks: tuple[Check, ...]) -> str:
    """Return how sure we are in one line; names of failed checks follow it."""
    failed = sum(not c.ok for c in checks)
    if not checks:
        return "No checks were made."
    if not failed:
        return f"All {len(checks)} checks passed." if len(checks) > 1 else "The check passed."
    return f"{failed} of {len(checks)} checks failed:" if len(checks) > 1 else "The check failed:"


def notices(document: Document) -> tuple[Notice, ...]:
    """Return what is not observed: sources first, then what sections say of the model, each once."""
    sources = [s for s in document.provenance.sources if s.nature is not Nature.OBSERVED]
    found = [Notice(f"{s.name}: {s.note or s.origin or s.nature}", s.nature) for s in sources]
    blocks = [b for s in document.sections for b in s.blocks if isinstance(b, Notice)]
    for b in blocks:
        known = any(s.nature is b.nature and s.name in b.text for s in sources)
        if b.nature is not Nature.OBSERVED and not known and b not in found:
            found.append(b)
    return tuple(found)


def _shorter(table: Table, rows: int) -> Table:
    """Return the first rows of a table, with a note that says so."""
    shown = table.display()
    if len(shown) <= rows:
        return replace(table, folded=False)
    first = shown.columns[0]
    # an error beneath a coefficient is not parted from it
    while rows > 1 and table.layout is not None and not str(shown[first].iloc[rows]).strip():
        rows -= 1
    note = f"The first {rows} of {len(shown)} rows; all stand in the full report."
    rules = tuple(r for r in table.rules if r < rows)
    layout = shown.head(rows)
    return replace(table, layout=layout, notes=(*table.notes, note), rules=rules, folded=False)


def _lower(figure: Figure) -> Figure:
    """Return a ranked chart with its first rows only, and say so; other figures as they are."""
    if figure.kind is not FigureKind.INTERVALS or len(figure.data) <= RANKED_ROWS:
        return figure
    from innospace.report.charts import parts

    pieces = parts(figure, RANKED_ROWS)
    note = f"Shown: the first {len(pieces[0].data)} of {len(figure.data)}."
    first = replace(pieces[0], name=figure.name, caption=f"{figure.caption} {note}".strip())
    return first if len(pieces) > 1 else figure
