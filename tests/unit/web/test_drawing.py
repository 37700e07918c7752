"""Fragments of reports on pages, and what workers answer about a stored run."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

import report_samples as samples
import web_study

from innospace.core.document import Equation, Heading, Notice, Paragraph
from innospace.core.errors import InnospaceError, LabelError, StoreError
from innospace.core.figure import FigureKind
from innospace.core.provenance import Nature
from innospace.core.table import Column, Table
from innospace.report.charts.theme import ON_DARK
from innospace.report.fragments import File, Named, fragment, fragments, style
from innospace.web import drawing
from innospace.web.drawn import Kept


class Page(HTMLParser):
    """Elements of a fragment: names with attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [a for t, a in self.elements if t == tag]


def nasty_table(name="a-table"):
    import pandas as pd

    frame = pd.DataFrame({"name": [samples.NASTY, "Б"], "value": [1.5, -2.0]})
    return Table(name, samples.NASTY, frame, (Column("name", samples.NASTY), Column("value", "n", "fixed:1")))


def nasty_figure(kind=FigureKind.INTERVALS, name="a-figure"):
    labels = [samples.NASTY, samples.CYRILLIC, "C"]
    made = samples.figure(kind, [0.1, 0.5, 0.9], labels, name)
    return replace(made, title=samples.NASTY, subtitle=samples.NASTY, caption=samples.NASTY, alt=samples.NASTY)


@pytest.mark.parametrize("kind", samples.KINDS)
def test_no_text_of_a_figure_is_read_as_html(kind):
    page = Page(fragment(nasty_figure(kind)))
    assert page.all("script") == []
    assert samples.NASTY.split(" &")[0] in page.text


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(samples.NASTY),
        Heading(samples.NASTY),
        Notice(samples.NASTY, Nature.ASSUMED),
        nasty_table(),
        Equation("e", "x", "x", samples.NASTY),
    ],
    ids=lambda b: type(b).__name__,
)
def test_no_text_of_other_blocks_is_read_as_html(block):
    page = Page(fragment(block))
    assert page.all("script") == []
    assert '<script>alert("x")</script>' in page.text


def test_ids_are_unique_when_a_figure_stands_twice():
    html = fragment(nasty_figure(), "one") + fragment(nasty_figure(), "two") + fragment(nasty_table(), "three")
    ids = [a["id"] for _, a in Page(html).elements if "id" in a]
    assert "one" in ids
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"url\(#([^)]+)\)|aria-labelledby=\"([^\"]+)\"", html))
    assert {a or b for a, b in references} <= set(ids)


def test_figure_has_text_alternative_two_widths_and_its_data():
    page = Page(fragment(nasty_figure()))
    assert [a["aria-label"] for a in page.all("svg")] == [samples.NASTY] * 2
    assert {a["class"] for a in page.all("div") if "chart" in a.get("class", "")} == {"chart wide", "chart phone"}
    assert len(page.all("table")) == 1
    assert page.all("a")[0]["href"].startswith("data:text/csv")


def test_files_take_the_place_of_carried_data():
    files = (File("SVG", "/files/a.svg"), File("CSV", '/files/"a".csv'))
    page = Page(fragment(nasty_figure(), files=files))
    links = page.all("a")
    assert [a["href"] for a in links] == [f.address for f in files]
    assert links[0]["aria-label"] == "SVG of a-figure"
    assert "data:text/csv" not in fragment(nasty_table(), files=files)


def test_fragments_show_blocks_in_order():
    text = Page(fragments([Named(Paragraph("first")), Named(nasty_table(), "t", "t"), Named(Heading("last"))])).text
    assert text.index("first") < text.index("Б") < text.index("last")


def test_charts_follow_system_and_toggle_into_the_dark():
    text = style()
    for light, dark in ON_DARK.items():
        assert f':root[data-theme="dark"] .chart [fill="{light}"]{{fill:{dark}}}' in text
        assert f':root:not([data-theme="light"]) .chart [fill="{light}"]{{fill:{dark}}}' in text
    drawn = set(re.findall(r'(?:fill|stroke)="(#\w{6})"', fragment(nasty_figure())))
    assert drawn
    assert drawn <= set(ON_DARK)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    return web_study.write(tmp_path_factory.mktemp("studies"))


@pytest.fixture(scope="session")
def ref(study):
    return drawing.find_run(study.name, study)


def test_overview_says_what_a_report_says(ref):
    from innospace.study import compose, read_run

    found = drawing.overview(ref)
    document = compose(read_run(ref.folder), Path(ref.folder))
    assert (*found.findings, *found.further) == document.findings
    assert [c.anchor for c in found.chapters] == [s.anchor for s in document.sections]
    assert found.verdict.startswith("All")
    assert "Made &lt;i&gt;for&lt;/i&gt; tests." in found.notices


def test_every_figure_and_table_of_the_report_is_in_a_part(ref):
    from innospace.report import views

    o = drawing.opened(ref)
    names = views.names(o.document)
    pieces = [p for c in o.chapters for part in c.parts for p in drawing.part(ref, c.anchor, part.anchor)]
    assert [p.figure for p in pieces if p.figure] == names.figures
    html = "".join(p.html for p in pieces)
    assert all(f"{ref.files}/tables/{n}.csv" in html for n in names.tables)


def test_sections_are_cut_at_their_headings():
    blocks = (Named(Paragraph("a")), Named(Heading("One")), Named(Paragraph("b")), Named(Heading("One")))
    parts = drawing._cut(blocks)
    assert [(p.anchor, p.title, len(b)) for p, b in parts] == [("", "", 1), ("One", "One", 1), ("One-2", "One", 0)]
    assert [p.title for p, _ in drawing._cut(blocks[1:])] == ["One", "One"]


def test_region_of_a_hostile_name_is_picked_and_shown(ref):
    words = drawing.words(ref, "frontier", (("region", web_study.NASTY),))
    assert words.title == web_study.NASTY
    assert words.sentences[0].startswith(f"{web_study.NASTY} reaches ")
    page = Page(words.table + drawing.view_figure(ref, "frontier", (("region", web_study.NASTY),), words.own[0]))
    assert page.all("script") == []
    assert web_study.NASTY in page.text


def test_what_cannot_be_chosen_is_refused(ref):
    for chosen in ((("year", "1999"),), (("region", "Atlantis"),), (("colour", "red"),)):
        with pytest.raises(LabelError):
            drawing.words(ref, "frontier", chosen)
    with pytest.raises(LabelError):
        drawing.part(ref, "model", "nothing")
    with pytest.raises(LabelError):
        drawing.words(ref, "economy", ())


def test_run_that_is_not_there_is_told(study):
    with pytest.raises(StoreError):
        drawing.find_run(study.name, study, "abcdef")


def test_history_lists_runs_and_the_present_one(study, ref):
    found = drawing.history(str(study))
    assert [r for r, _ in found.runs] == [ref.run_id]
    assert found.present == ref.run_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", found.runs[0][1])


def test_answers_are_kept_and_shared_and_errors_are_not():
    calls = []

    async def compute(function, *arguments):
        await asyncio.sleep(0)
        calls.append(arguments)
        return function(*arguments)

    def fails():
        raise InnospaceError("no")

    async def visit():
        kept = Kept(compute)
        assert await asyncio.gather(kept(len, "ab"), kept(len, "ab")) == [2, 2]
        assert await kept(len, "abc") == 3
        assert len(calls) == 2
        for _ in range(2):
            with pytest.raises(InnospaceError):
                await kept(fails)
        assert len(calls) == 4

    web_study.awaited(visit())
