from __future__ import annotations

import base64
import dataclasses
import html as html_module
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from lxml import html
from report_samples import CYRILLIC, NASTY, folded_document

from innospace.core.checks import Check
from innospace.core.document import Document, Equation, Paragraph, Section
from innospace.core.errors import DataError
from innospace.core.provenance import Provenance
from innospace.core.slugs import slug
from innospace.core.table import Column, Table
from innospace.report import views
from innospace.report.document import mathml, render_html
from innospace.report.text import one_line, prose, unique

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Collects elements with their attributes and checks that tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.wrong = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def page():
    import report_samples

    return render_html(report_samples.document())


@pytest.fixture(scope="module")
def read(page):
    return Reader(page)


def test_tags_close_in_order(read):
    assert not read.wrong
    assert not read.open


def test_page_needs_nothing_else(page, read):
    tags = {t for t, _ in read.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for _, attributes in read.elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:text/csv"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "@import" not in style
    assert "url(" not in style
    policy = next(a["content"] for t, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_words_are_escaped(page):
    assert "<script" not in page
    read = html_module.unescape(re.sub(r"<[^>]*>", "", page))
    assert NASTY in read
    assert "broken &lt;b&gt;" in page


def test_anchors_are_unique_and_every_link_has_its_goal(read):
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for t, a in read.elements if t == "a" and a["href"].startswith("#")]
    assert len(links) > 5
    assert set(links) <= set(ids)
    described = {i for _, a in read.elements for i in a.get("aria-labelledby", "").split()}
    assert described <= set(ids)


def test_language_title_and_order_of_parts(page, read):
    assert read.elements[0] == ("html", {"lang": "en"})
    order = ["What was found", "How sure are we", "First part", "Same anchor", "Where the numbers come from"]
    places = [page.index(f">{words}<") for words in order[:2]] + [page.rindex(f">{words}<") for words in order[2:]]
    assert places == sorted(places)
    assert "innospace run x" in page[page.index("The command that reproduces this page") :]


def test_another_language_is_set(document):
    assert '<html lang="ru">' in render_html(dataclasses.replace(document, language="ru"))


def test_every_figure_has_a_text_alternative_and_its_data(page, read, document):
    drawings = [a for t, a in read.elements if t == "svg" and a.get("role") == "img"]
    assert len(drawings) == 2 * len(document.figures())
    assert all(a["aria-label"] == "What a reader who cannot see it must know" for a in drawings)
    links = [a["href"] for t, a in read.elements if "download" in a]
    assert len(links) == len(document.figures()) + len(document.tables())
    for link, frame in zip(
        links, [f.data for f in document.figures()] + [t.frame for t in document.tables()], strict=True
    ):
        text = base64.b64decode(link.split(",", 1)[1]).decode("utf-8")
        assert len(pd.read_csv(io.StringIO(text))) == len(frame)
    names = [a["download"] for _, a in read.elements if "download" in a]
    assert len(set(names)) == len(names)


def test_failed_checks_come_first_with_their_remedy(page):
    assert "1 of 2 checks failed; it stands first." in page
    assert page.index("Something large &amp; wrong") < page.index("Something small")
    assert "Do this." in page


def test_failures_are_never_folded_away(document):
    failed = tuple(Check.at_most(f"c{i}", 2.0, 1.0, f"Failure number {i}.", "Mend.") for i in range(20))
    passed = tuple(Check.at_most(f"p{i}", 0.0, 1.0, f"Success number {i}.") for i in range(20))
    page = render_html(dataclasses.replace(document, checks=passed + failed, sections=()))
    head, folded = page.split("<details>", 1)
    assert all(f"Failure number {i}." in head for i in range(20))
    assert "20 further checks, all passed" in folded


def test_an_empty_document_says_so():
    page = render_html(Document("T", "", (), (), (), Provenance("0"), ""))
    assert "This run states no findings." in page
    assert "No checks were made." in page
    assert "The command that reproduces this page" not in page


def test_minus_signs_in_prose(page):
    assert "fell by −3.5" in page


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("from -3 to -.5", "from −3 to −.5"),
        ("2010-2012", "2010-2012"),
        ("x-1", "x-1"),
        ("(-2)", "(−2)"),
        ("a - b", "a - b"),
    ],
)
def test_only_signs_become_minus(given, shown):
    assert prose(given) == shown


def test_nature_of_sources_and_remarks_is_named(page):
    assert '<span class="badge reconstructed">Reconstructed</span>' in page
    assert '<span class="badge simulated">Simulated</span>' in page
    assert CYRILLIC in page


def test_equations_are_mathml():
    equation = Equation("e", r"\ln Q \sim \hat{V}_i", "", "")
    math = mathml(equation)
    assert math.startswith("<math")
    assert "<mo>&#x0223C;</mo>" in math
    assert 'stretchy="false"' in math
    assert "mspace" in math


@pytest.mark.parametrize("latex", ["x^a^b", r"\frac{1", "x}", r"\begin{matrix} a"])
def test_a_broken_equation_is_named(latex):
    with pytest.raises(DataError, match="'bad' cannot be set"):
        mathml(Equation("bad", latex, "", ""))


def test_escaped_braces_are_no_groups():
    assert "<math" in mathml(Equation("set", r"\{ x \in \mathbb{R}", "", ""))


def test_long_data_stays_beside_the_page(document):
    long = pd.DataFrame({"a": range(views.EMBEDDED + 1)})
    assert views.data_link(long) is None
    table = Table("t", "T", long.head(3), (Column("a", "A", "integer"),))
    assert views.data_link(table.frame).startswith("data:text/csv")


def test_figure_data_is_cut_to_its_first_rows(document):
    fig = document.figures()[0]
    shown = views.data_table(dataclasses.replace(fig, data=pd.concat([fig.data] * 60, ignore_index=True)))
    assert len(shown.frame) == views.SHOWN
    assert shown.title == "Data of the figure, first 100 of 180 rows"


def test_names_are_safe_and_unique():
    assert unique(["A b", "a B", "con", "", "../x", "Ёж"]) == ["A-b", "a-B-2", "item-con", "item", "x", "Ёж"]
    assert slug("a" * 200) == "a" * 80
    assert one_line("a\n b\x00\ud800") == "a b\ufffd\ufffd"


def test_sections_with_reserved_anchors_do_not_clash():
    sections = (Section("findings", "A", (Paragraph("x"),)), Section("main", "B", ()))
    page = render_html(Document("T", "", (), (), sections, Provenance("0"), ""))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_headings_stand_within_sections_and_folded_tables_open_on_request():
    page = render_html(folded_document())
    assert "<h3>Глава &lt;1&gt;</h3>" in page
    assert "<details><summary>For reference &amp; more</summary>" in page
    assert "Казань" in page
    assert Reader(page).wrong == []


def test_what_is_folded_opens_on_request_and_says_what_it_holds():
    page = html.document_fromstring(render_html(folded_document()))
    folds = page.xpath("//details[@class='fold']")
    summaries = [" ".join(f.find("summary").text_content().split()) for f in folds]
    assert summaries == ["Глава <1>: How it was made (1 figure, 2 tables)", "Other: Method"]
    assert [p.text for p in folds[0].findall("p")] == ["Folded words."]
    assert [f.get("id") for f in folds[0].iter("figure")] == ["drawn"]
    # the next heading ends what is folded
    assert "After" not in folds[1].text_content()
    assert not page.xpath("//details[@class='fold']/@open")


def test_many_findings_are_folded_to_those_of_the_brief():
    few = dataclasses.replace(folded_document(), findings=tuple(f"F{i}." for i in range(8)))
    assert "further finding" not in render_html(few)
    many = dataclasses.replace(few, findings=(*few.findings, "F8."), highlights=("F3.", "F8."))
    page = html.document_fromstring(render_html(many))
    first, further = (u.xpath("./li/text()") for u in page.xpath("//ul[contains(@class, 'findings')]"))
    assert first == ["F3.", "F8."]
    assert further == [f"F{i}." for i in range(8) if i != 3]
