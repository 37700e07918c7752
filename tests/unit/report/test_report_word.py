"""Word files are read back by python-docx: what they say is what the page says."""

from __future__ import annotations

import dataclasses
import io
import re

import docx
import pytest
import report_samples
from docx.oxml.ns import qn
from lxml import etree, html
from report_samples import CYRILLIC

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError
from innospace.report.document import render_html
from innospace.report.omml import omml
from innospace.report.word import TEXT_WIDTH, render_brief_docx, render_docx

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
M = f"{{{MATH}}}"


@pytest.fixture(scope="module")
def document():
    return report_samples.document()


@pytest.fixture(scope="module")
def content(document):
    return render_docx(document)


@pytest.fixture(scope="module")
def word(content):
    return docx.Document(io.BytesIO(content))


def texts(word):
    return [p.text for p in word.paragraphs]


def said(element):
    """The text of an element of Word."""
    return "".join(t.text or "" for t in element.iter(qn("w:t")))


def rows_of_word(table):
    """Every row of a native table as text, without the invisible padding."""
    rows = table._tbl.findall(qn("w:tr"))
    cells = [[said(c).rstrip("\u2007\u2008\u202f") for c in r.findall(qn("w:tc"))] for r in rows]
    return [c for r, c in zip(rows, cells, strict=True) if r.find(f".//{qn('w:tblHeader')}") is None]


def rows_of_page(table):
    return [["".join(c.itertext()).rstrip("\u202f") for c in r] for r in table.findall("./tbody/tr")]


def test_every_table_holds_what_the_page_holds(document, word):
    page = html.document_fromstring(render_html(document))
    captions = {t.title: t for t in document.tables() if not t.folded}
    assert captions
    on_page = {
        "".join(t.find("caption").itertext()): rows_of_page(t)
        for t in page.iter("table")
        if t.find("caption") is not None
    }
    in_word = {}
    for paragraph, table in zip(word.element.body, word.element.body[1:], strict=False):
        if table.tag == qn("w:tbl") and paragraph.tag == qn("w:p"):
            title = re.sub(r"^Table \d+\. ", "", said(paragraph))
            in_word[title] = rows_of_word(docx.table.Table(table, word))
    for title in captions:
        assert in_word[title] == on_page[title]


def test_headings_of_tables_come_again_and_numbers_stand_right(word):
    for table in word.tables:
        assert table._tbl.tr_lst[0].find(f".//{qn('w:tblHeader')}") is not None
    assert any(j.get(qn("w:val")) == "right" for t in word.tables for j in t._tbl.iter(qn("w:jc")))


def test_sections_are_headings_and_figures_have_a_text_alternative(document, word):
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert [s.title for s in document.sections] == [h for h in headings if h in {s.title for s in document.sections}]
    pictures = [p.get("descr") for p in word.element.iter(qn("wp:docPr"))]
    assert {f.alt for f in document.figures()} <= set(pictures)
    captions = [p for p in word.paragraphs if p.style.name == "Caption"]
    assert len(captions) == len(document.figures()) + len([t for t in document.tables() if not t.folded])


def test_words_survive_cyrillic_among_them(document, word):
    whole = "\n".join(texts(word) + [said(t._tbl) for t in word.tables])
    assert CYRILLIC in whole
    assert '<script>alert("x")</script> & _a_ $b$ #1' in whole
    assert document.command in texts(word)
    assert all(f.replace("-3.5", "−3.5") in whole for f in document.findings)


def test_language_and_page_numbers(word):
    languages = {t.get(qn("w:val")) for t in word.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    assert "PAGE" in etree.tostring(word.sections[0].footer._element, encoding="unicode")


def test_equal_content_gives_equal_bytes(document, content):
    assert render_docx(document) == content


def test_the_brief_states_its_findings(document):
    word = docx.Document(io.BytesIO(render_brief_docx(document)))
    bullets = [p.text for p in word.paragraphs if p.style.name == "List Bullet"]
    assert bullets[: len(document.findings)]
    assert document.command in texts(word)


def tree(latex):
    return etree.fromstring(f'<x xmlns:m="{MATH}">{omml(Equation("e", latex, "", ""))}</x>')


@pytest.mark.parametrize(
    ("latex", "path"),
    [
        (r"\frac{a}{b}", "f/num/r/t"),
        (r"x_i^2", "sSubSup/sup/r/t"),
        (r"\sum_{i=1}^n x_i", "nary/e/sSub/sub/r/t"),
        (r"\sum_i \left(\frac{a}{b}\right)", "nary/e/d/e/f/num/r/t"),
        (r"\hat{\beta}", "acc/e/r/t"),
        (r"\sqrt{x}", "rad/e/r/t"),
        (r"\begin{cases} 1 & x>0 \\ 0 & \text{else}\end{cases}", "d/e/m/mr/e/r/t"),
    ],
)
def test_equations_are_native(latex, path):
    found = tree(latex).find(f"./{M}oMathPara/{M}oMath/" + "/".join(M + part for part in path.split("/")))
    assert found is not None
    assert found.text


def test_symbols_stand_in_their_order():
    assert "".join(tree(r"\ln y_i = \beta_0 + v_i - u_i").itertext()).replace("\u2009", "") == "lnyi=β0+vi−ui"


def test_a_construction_without_a_form_in_word_is_named(document):
    with pytest.raises(DataError, match="cannot be set in Word"):
        omml(Equation("framed", r"\boxed{x}", "", ""))


def test_a_folded_table_is_left_to_the_files(document):
    table = dataclasses.replace(document.tables()[0], folded=True)
    section = dataclasses.replace(document.sections[0], blocks=(table,))
    word = docx.Document(io.BytesIO(render_docx(dataclasses.replace(document, sections=(section,)))))
    assert f"{table.title}: file tables/{table.name}." in texts(word)


def test_what_is_folded_stands_in_an_annex():
    word = docx.Document(io.BytesIO(render_docx(report_samples.folded_document())))
    lines = texts(word)
    start = lines.index("Annex: methods and details")
    assert "How it was made (1 figure, 2 tables): annex 1." in lines[:start]
    assert lines[start + 1 : start + 3] == ["1. Глава <1>: how it was made", "Folded words."]
    assert "Folded words." not in lines[:start]
    assert "Too long: file tables/longer." in lines[start:]
    assert [said(t._tbl) for t in word.tables if "Казань" in said(t._tbl)] != []


def test_checks_are_set_whole_with_the_failed_ones_first(document):
    passed = [
        Check.at_most(f"step.name-{i}.quite_long_name_of_a_check", 2.25e-16 * i, 1e-6, "Meaning.") for i in range(9)
    ]
    checks = (*passed, Check.at_most("bad", 3.0, 1.0, "Wrong.", "Do this."))
    word = docx.Document(io.BytesIO(render_docx(dataclasses.replace(document, checks=checks, sections=()))))
    body, annex = (rows_of_word(t) for t in word.tables if said(t._tbl.tr_lst[0]) == "CheckMeasuredTolerance")
    assert body[0] == ["✗\u00a0failed", "Wrong. (bad) To mend it: Do this.", "3", "1"]
    assert [len(body), len(annex)] == [6, 4]
    assert "4 further checks, all passed: end of the annex." in texts(word)
    # no line ends within a number
    assert all(not set(" \u2009") & set(cell) for row in (*body, *annex) for cell in row[2:])
    assert any("\u202f×\u202f" in row[2] for row in (*body, *annex))


def test_no_column_is_narrower_than_its_words(word):
    for table in word.tables:
        widths = [int(c.get(qn("w:w"))) for c in table._tbl.tblGrid.findall(qn("w:gridCol"))]
        assert sum(widths) == pytest.approx(TEXT_WIDTH * 1440 / 25.4, abs=len(widths))
        for row in table._tbl.findall(qn("w:tr")):
            cells = row.findall(qn("w:tc"))
            told = [int(c.find(f"./{qn('w:tcPr')}/{qn('w:tcW')}").get(qn("w:w"))) for c in cells]
            assert sum(told) == sum(widths)
            if len(cells) == len(widths):
                words = [max(map(len, re.split("[ -]", said(c))), default=0) for c in cells]
                # 17 half points: a letter is some 95 twentieths of a point wide
                assert all(w >= 95 * n for w, n in zip(widths, words, strict=True) if n < 30)
