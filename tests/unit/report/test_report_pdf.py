from __future__ import annotations

import dataclasses
import io

import pandas as pd
import pypdf
import pytest
from report_samples import CASES, CYRILLIC, figure

from innospace.core.document import Document, Equation, Paragraph, Section
from innospace.core.errors import DataError
from innospace.core.figure import FigureKind
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.report import pdf
from innospace.report.pdf import render_pdf


def pages(document):
    return pypdf.PdfReader(io.BytesIO(render_pdf(document))).pages


def of(*blocks):
    return Document("A report", "", (), (), (Section("s", "Section", blocks),), Provenance("0"), "innospace run x")


@pytest.fixture(scope="module")
def whole():
    import report_samples

    return pypdf.PdfReader(io.BytesIO(render_pdf(report_samples.document())))


@pytest.fixture(scope="module")
def text(whole):
    return " ".join(" ".join(page.extract_text() for page in whole.pages).split())


def test_pages_are_a4_and_numbered(whole):
    for number, page in enumerate(whole.pages, start=1):
        assert float(page.mediabox.width) == pytest.approx(595.28, abs=0.1)
        assert float(page.mediabox.height) == pytest.approx(841.89, abs=0.1)
        assert f"{number} / {len(whole.pages)}" in page.extract_text()


def test_words_can_be_extracted_cyrillic_among_them(text):
    assert "Region 1 reaches 11 %" in text
    assert "What was found" in text
    assert "Ханты-Мансийский автономный округ" in text
    assert "fell by −3.5" in text
    assert '<script>alert("x")</script> & _a_ $b$ #1' in text
    assert "innospace run x" in text
    assert "Reconstructed" in text
    assert "Do this." in text


def test_contents_precede_the_checks(text):
    assert text.index("What was found") < text.index("Contents") < text.index("Something small")


def test_title_stands_in_the_metadata(whole):
    assert whole.metadata.title.startswith("A title")
    assert whole.trailer["/Root"]["/Lang"] == "en"


def test_nothing_runs_off_the_page():
    frame = pd.DataFrame({f"c{i}": [123456.789] * 3 for i in range(12)} | {"name": [CYRILLIC] * 3})
    columns = (
        Column("name", "Region"),
        *(Column(f"c{i}", f"A long heading {i}", "fixed:3", "Group") for i in range(12)),
    )
    for page in pages(of(Table("t", "A wide table", frame, columns), Paragraph("word " * 400))):
        spots = []
        page.extract_text(visitor_text=lambda t, cm, tm, font, size, spots=spots: spots.append((t, cm, tm)))
        xs = [tm[4] * cm[0] + cm[4] for t, cm, tm in spots if t.strip()]
        assert xs
        assert min(xs) >= 50
        assert max(xs) <= 595 - 56


def test_a_long_table_repeats_its_head_on_every_page():
    frame = pd.DataFrame({"a": range(150)})
    texts = [p.extract_text() for p in pages(of(Table("t", "T", frame, (Column("a", "Heading", "integer"),))))]
    rows = [text for text in texts if len([line for line in text.split() if line.isdigit()]) > 20]
    assert len(rows) >= 3
    assert all("Heading" in text for text in rows)


def test_a_short_table_is_not_torn():
    frame = pd.DataFrame({"a": [f"row{i}" for i in range(20)]})
    table = Table("t", "T", frame, (Column("a", "A"),))
    texts = [p.extract_text() for p in pages(of(*[table] * 5))]
    assert len(texts) > 2
    for text in texts:
        assert text.count("row0\n") + text.count("row0 ") >= text.count("row19")
        assert text.count("row10") == text.count("row19")


def test_a_table_of_few_rows_with_long_texts_breaks_and_loses_nothing():
    rows = [f"row{i} " + "word " * 120 + f"end{i}" for i in range(20)]
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(20)], "text": rows})
    found = pages(of(Table("long", "Long texts", frame, (Column("name", "Name"), Column("text", "Text")))))
    inside = []

    def seen(text, at, set_at, *_):
        if text.strip():
            inside.append((set_at[5] * at[3] + at[5], text))

    for page in found:
        page.extract_text(visitor_text=seen)
    lowest = min(height for height, text in inside if "word" in text)
    # the margin below is 22 mm
    assert lowest > 22.0 / 25.4 * 72.0
    words = " ".join(text for _, text in inside).split()
    assert [words.count(f"{end}{i}") for end in ("row", "end") for i in range(20)] == [1] * 40


def test_a_tall_ranking_breaks_over_pages():
    document = of(figure(FigureKind.INTERVALS, *CASES["eighty"]))
    found = [p.extract_text() for p in pages(document)]
    assert sum("The finding" in t for t in found) >= 2
    assert any("(continued)" in t for t in found)


def test_a_broken_equation_is_named():
    with pytest.raises(DataError, match="'bad' cannot be set in the PDF"):
        render_pdf(of(Equation("good", "a", "a", ""), Equation("bad", "a", "frac(1", "")))


def test_figures_are_images_where_no_font_fits(monkeypatch):
    monkeypatch.setattr(pdf, "vector_figures", lambda: False)
    found = pages(of(figure(FigureKind.LINES, [1.0, 2.0, 3.0], list("abc"))))
    assert any(len(p.images) for p in found)


def test_empty_report():
    document = dataclasses.replace(of(), sections=(), command="")
    text = pages(document)[0].extract_text()
    assert "This run states no findings." in text
    assert "No checks were made." in text


def test_what_is_folded_stands_in_an_annex():
    from report_samples import folded_document

    text = " ".join("\n".join(page.extract_text() for page in pages(folded_document())).split())
    body, _, annex = text.rpartition("Annex: methods and details")
    assert "How it was made (1 figure, 2 tables): annex 1." in body
    assert "Method: annex 2." in body
    assert "Folded words." not in body
    assert annex.startswith(" 1. Глава <1>: how it was made Folded words.")
    assert annex.index("2. Other: method More.") > annex.index("The finding")
    assert "Казань" in annex, "a table that is short is set"
    assert "Too long: file tables/longer." in annex
    assert "Annex: methods" not in "".join(page.extract_text() for page in pages(of(Paragraph("x"))))


def test_folded_tables_are_left_to_the_files():
    from report_samples import folded_document

    text = "\n".join(page.extract_text() for page in pages(folded_document()))
    assert "Глава" in text
    assert "tables/long" in text
    assert text.count("Казань") == 1, "once, in the annex"
