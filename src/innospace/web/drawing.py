"""What worker processes read and draw for pages: plain arguments in, HTML out. No page is imported here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from innospace.core.document import Block, Document, Heading
from innospace.core.errors import InnospaceError, LabelError
from innospace.core.explore import Choice, Explorable, View, settled
from innospace.core.figure import Figure
from innospace.core.labels import require_known
from innospace.core.table import Table
from innospace.report.fragments import File, Named, fragment, fragments

if TYPE_CHECKING:
    from innospace.report.views import CheckLine
    from innospace.study.store import StoredRun

Chosen = tuple[tuple[str, str], ...]
"""What a reader chose: name and value."""
FIGURE_KINDS = ("svg", "png", "csv")
TABLE_KINDS = ("xlsx", "csv")
DRAWN = 48
"""Figures kept as HTML, some hundred kB each: to come back to a page, or to open it in another tab, draws nothing."""


@dataclass(frozen=True, slots=True)
class RunRef:
    """A stored run, as a page names it.

    Attributes
    ----------
    study : str
        Name of the study in addresses.
    folder : str
    run_id : str
    stamp : int
        When its manifest was written: a run computed afresh is another one.
    """

    study: str
    folder: str
    run_id: str
    stamp: int

    @property
    def study_files(self) -> str:
        """Address of files of its study."""
        return f"/files/studies/{quote(self.study, safe='')}"

    @property
    def files(self) -> str:
        """Address of its files."""
        from innospace.study.store import SHOWN

        return f"{self.study_files}/runs/{self.run_id[:SHOWN]}"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a chapter that is loaded at once; ``pieces`` are its blocks, words and tables together."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section of the report: what precedes its first heading, then a part a heading."""

    anchor: str
    title: str
    step: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of results opens with.

    Attributes
    ----------
    title, created, version : str
    findings : tuple of str
        The few that a brief report states.
    further : tuple of str
        The other ones.
    verdict : str
    checks : tuple of CheckLine
        Failed ones first.
    notices : str
        HTML: what is reconstructed, assumed or simulated.
    chapters : tuple of Chapter
    explorers : tuple of (str, tuple of Choice)
        Steps that can be looked into, with what can be chosen.
    engines : tuple of (str, str)
        Step and its engine.
    warnings : tuple of str
    command : str
        What computes the same.
    """

    title: str
    created: str
    version: str
    findings: tuple[str, ...]
    further: tuple[str, ...]
    verdict: str
    checks: tuple[CheckLine, ...]
    notices: str
    chapters: tuple[Chapter, ...]
    explorers: tuple[tuple[str, tuple[Choice, ...]], ...]
    engines: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a part: HTML, or the name of a figure that is drawn on its own because that takes a moment."""

    html: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What a choice says before anything is drawn; figures are named, ``rows`` is how many the table has."""

    title: str
    sentences: tuple[str, ...]
    own: tuple[str, ...]
    figures: tuple[str, ...]
    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class _Opened:
    run: StoredRun
    document: Document
    chapters: tuple[Chapter, ...]
    parts: dict[tuple[str, str], tuple[Named, ...]]


def figure_html(figure: Figure, anchor: str = "", files: Sequence[File] = ()) -> str:
    """Return a figure as HTML; see :func:`innospace.report.fragments.fragment`."""
    return fragment(figure, anchor, files)


def table_html(table: Table, anchor: str = "", files: Sequence[File] = ()) -> str:
    """Return a table as HTML; see :func:`innospace.report.fragments.fragment`."""
    return fragment(table, anchor, files)


def find_run(study: str, folder: Path, run: str = "") -> RunRef:
    """Return a stored run by the beginning of its hash; the newest when empty.

    Raises
    ------
    StoreError
        There is no such run.
    """
    from innospace.study.folders import MANIFEST
    from innospace.study.store import Store

    store = Store(folder)
    known = store.run_ids()
    run_id = known[-1] if known and not run else store.find(run)
    return RunRef(study, str(folder), run_id, (store.path(run_id) / MANIFEST).stat().st_mtime_ns)


@dataclass(frozen=True, slots=True)
class History:
    """Stored runs of a study, newest first (hash and when, ``2026-07-01 12:30``), and the run the study stands for.

    ``present`` is empty when the study has problems.
    """

    runs: tuple[tuple[str, str], ...]
    present: str


def history(folder: str) -> History:
    """Return the stored runs of a study."""
    from datetime import datetime

    from innospace.study.folders import read_manifest
    from innospace.study.load import load_study
    from innospace.study.plan import make_plan
    from innospace.study.store import Store

    store = Store(Path(folder))
    found = []
    for run_id in reversed(store.run_ids()):
        try:
            created = datetime.fromisoformat(read_manifest(store.path(run_id))["created"])
        except InnospaceError:
            # a damaged run is told of when it is opened
            continue
        found.append((run_id, f"{created:%Y-%m-%d %H:%M} UTC"))
    try:
        present = make_plan(load_study(folder)).run_id
    except InnospaceError:
        present = ""
    return History(tuple(found), present)


@lru_cache(maxsize=6)
def opened(ref: RunRef) -> _Opened:
    """Return a run with its report, as data."""
    from innospace.report.views import named
    from innospace.study.composition import compose
    from innospace.study.store import read_run

    run = read_run(ref.folder, ref.run_id)
    document = compose(run, Path(ref.folder))
    chapters: list[Chapter] = []
    parts: dict[tuple[str, str], tuple[Named, ...]] = {}
    for section, blocks in zip(document.sections, named(document), strict=True):
        cut = _cut(blocks)
        chapters.append(Chapter(section.anchor, section.title, section.step, tuple(part for part, _ in cut)))
        parts |= {(section.anchor, part.anchor): own for part, own in cut}
    return _Opened(run, document, tuple(chapters), parts)


def _cut(blocks: tuple[Named, ...]) -> list[tuple[Part, tuple[Named, ...]]]:
    """Cut a section at its headings in sight; an anchor is empty for what precedes the first one."""
    from innospace.report.text import unique

    groups: list[tuple[str, list[Named]]] = [("", [])]
    for b in blocks:
        if isinstance(b.block, Heading) and not b.block.folded:
            groups.append((b.block.text, []))
        else:
            groups[-1][1].append(b)
    if len(groups) > 1 and not groups[0][1]:
        groups = groups[1:]
    anchors = ["", *unique(title for title, _ in groups if title)] if not groups[0][0] else None
    anchors = anchors or unique(title for title, _ in groups)
    return [(Part(a, title), tuple(own)) for a, (title, own) in zip(anchors, groups, strict=True)]


def overview(ref: RunRef) -> Overview:
    """Return what the page of results opens with."""
    from innospace.report.brief import notices
    from innospace.report.views import check_lines, verdict

    o = opened(ref)
    d = o.document
    lead = d.highlights or d.findings
    explorers = [(s.name, s.result.choices()) for s in o.run.steps if isinstance(s.result, Explorable)]
    return Overview(
        d.title,
        o.run.created,
        o.run.version,
        lead,
        tuple(f for f in d.findings if f not in lead),
        verdict(d.checks),
        tuple(check_lines(d.checks)),
        fragments([Named(n) for n in notices(d)]),
        o.chapters,
        tuple((name, choices) for name, choices in explorers if choices),
        tuple((s.name, s.engine) for s in o.run.steps),
        tuple(dict.fromkeys(w for s in o.run.steps for w in s.warnings)),
        d.command,
    )


def part(ref: RunRef, chapter: str, anchor: str) -> tuple[Piece, ...]:
    """Return a part of a chapter: words and tables as HTML, figures by name.

    Raises
    ------
    LabelError
        There is no such part.
    """
    o = opened(ref)
    if (chapter, anchor) not in o.parts:
        raise LabelError(
            f"These results have no part {' / '.join(filter(None, (chapter, anchor)))!r}.",
            allowed=", ".join(c.anchor for c in o.chapters),
            remedy="Choose one from the contents.",
        )
    pieces: list[Piece] = []
    still: list[Named] = []
    for b in (*o.parts[chapter, anchor], None):
        if b is not None and not isinstance(b.block, Figure):
            still.append(b)
            continue
        if still:
            pieces.append(Piece(fragments(still, lambda block, name: files_of(ref, block, name))))
            still = []
        if b is not None:
            pieces.append(Piece("", b.name))
    return tuple(pieces)


@lru_cache(maxsize=DRAWN)
def figure(ref: RunRef, name: str) -> str:
    """Return a figure of the report as HTML."""
    own = named_figure(ref, name)
    return fragment(own, own.name, files_of(ref, own, own.name))


def named_figure(ref: RunRef, name: str) -> Figure:
    """Return a figure of the report by the name of its files.

    Raises
    ------
    LabelError
        There is none.
    """
    known = {b.name: b.block for own in opened(ref).parts.values() for b in own if isinstance(b.block, Figure)}
    require_known([name], list(known), kind="figure")
    return replace(known[name], name=name)


def named_table(ref: RunRef, name: str) -> Table:
    """Return a table of the report by the name of its files.

    Raises
    ------
    LabelError
        There is none.
    """
    known = {b.name: b.block for own in opened(ref).parts.values() for b in own if isinstance(b.block, Table)}
    require_known([name], list(known), kind="table")
    return replace(known[name], name=name)


def files_of(ref: RunRef, block: Block, name: str) -> tuple[File, ...]:
    """Return where a figure or a table of the report can be downloaded."""
    if isinstance(block, Figure):
        return tuple(File(k.upper(), f"{ref.files}/figures/{quote(name)}.{k}") for k in FIGURE_KINDS)
    return tuple(File(k.upper(), f"{ref.files}/tables/{quote(name)}.{k}") for k in TABLE_KINDS)


def words(ref: RunRef, step: str, chosen: Chosen) -> Words:
    """Return what a choice says, with the table behind it as HTML."""
    v = viewed(ref, step, chosen)
    html, rows = "", 0
    if v.table is not None:
        files = _view_files(ref, step, v.table.name, chosen, TABLE_KINDS)
        html, rows = fragment(v.table, f"{step}-{v.table.name}", files), len(v.table.display())
    return Words(v.title, v.sentences, tuple(f.name for f in v.own), tuple(f.name for f in v.figures), html, rows)


@lru_cache(maxsize=DRAWN)
def view_figure(ref: RunRef, step: str, chosen: Chosen, name: str) -> str:
    """Return a figure of a choice as HTML."""
    own = figure_of_view(viewed(ref, step, chosen), name)
    return fragment(own, f"{step}-{name}", _view_files(ref, step, name, chosen, FIGURE_KINDS))


def figure_of_view(view: View, name: str) -> Figure:
    """Return a figure of a view by name.

    Raises
    ------
    LabelError
        There is none.
    """
    known = {f.name: f for f in (*view.own, *view.figures)}
    require_known([name], list(known), kind="figure")
    return known[name]


def _view_files(ref: RunRef, step: str, name: str, chosen: Chosen, kinds: Sequence[str]) -> tuple[File, ...]:
    asked = urlencode([(k, v) for k, v in chosen if v])
    place = f"{ref.files}/views/{quote(step)}/{quote(name)}"
    return tuple(File(k.upper(), f"{place}.{k}{'?' + asked if asked else ''}") for k in kinds)


@lru_cache(maxsize=64)
def viewed(ref: RunRef, step: str, chosen: Chosen) -> View:
    """Return what is shown of a step for a choice.

    Raises
    ------
    LabelError
        There is no such step or choice, or the step has nothing to choose from.
    """
    explorers = {s.name: s.result for s in opened(ref).run.steps if isinstance(s.result, Explorable)}
    require_known([step], list(explorers), kind="step that can be looked into")
    result = explorers[step]
    return result.view(settled(result.choices(), dict(chosen)))
