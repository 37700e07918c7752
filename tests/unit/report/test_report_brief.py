from __future__ import annotations

import dataclasses
import io

import numpy as np
import pandas as pd
import pypdf
import pytest
import report_samples
from report_samples import CASES, CYRILLIC, NASTY, figure

from innospace.core.checks import Check
from innospace.core.document import Document, Notice, Paragraph, Section
from innospace.core.errors import InnospaceError, LabelError
from innospace.core.figure import FigureKind
from innospace.core.provenance import Nature, Provenance, Source
from innospace.core.table import Column, Table
from innospace.report import write_report
from innospace.report.brief import Room, pick, shorten
from innospace.report.brief_pages import render_brief_html, render_brief_pdf


def lines(name, lead=False):
    found = figure(FigureKind.LINES, [1.0, 2.0, 3.0], list("abc"), name=name)
    return dataclasses.replace(found, lead=lead)


def table(name="t", rows=30, lead=False, text="Уфа"):
    frame = pd.DataFrame({"name": [f"{text} {i}" for i in range(rows)], "value": np.arange(rows, dtype=float)})
    return Table(name, f"Table {name}", frame, (Column("name", "Name"), Column("value", "Value", "fixed:1")), lead=lead)


def document(*blocks, findings=(), checks=(), sources=()):
    return Document(
        "Отчёт", "", findings, checks, (Section("s", "S", blocks),), Provenance("0", sources), "innospace run x"
    )


def read(content):
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return len(pages), " ".join(" ".join(p.extract_text() for p in pages).split())


def test_marks_count_and_the_last_step_comes_first():
    first = [lines("a", True), lines("b"), table("one", lead=True)]
    last = [lines("c", True), lines("d", True), table("two"), table("three", lead=True)]
    figures, found = pick([first, last])
    assert [f.name for f in figures] == ["c", "d", "a"]
    assert found.name == "three"
    assert [f.name for f in pick([[lines(str(i), True) for i in range(5)]])[0]] == ["0", "1", "2"]


def test_without_marks_the_first_two_figures_and_the_first_table():
    figures, found = pick([[lines("a"), table("one")], [lines("b"), lines("c"), table("two")]])
    assert [f.name for f in figures] == ["a", "b"]
    assert found.name == "one"
    assert pick([]) == ([], None)


def test_a_brief_is_at_most_six_findings_three_figures_and_eight_rows():
    brief = shorten(document(*[lines(f"f{i}") for i in range(5)], table(), findings=tuple("abcdefgh")))
    assert (brief.findings, brief.left) == (tuple("abcdef"), 2)
    assert [f.name for f in brief.figures] == ["f0", "f1"]
    assert len(brief.table.display()) == 8
    assert len(brief.table.frame) == 30, "files of the table stay whole"
    assert brief.table.notes == ("The first 8 of 30 rows; all stand in the full report.",)
    assert shorten(document(table(rows=8))).table.notes == ()
    assert shorten(document(table()), Room(rows=0)).table is None


def test_highlights_stand_in_place_of_the_first_findings():
    full = dataclasses.replace(document(findings=tuple("abc")), highlights=("c",))
    assert shorten(full).findings == ("c",)
    assert shorten(full).left == 2


def test_an_error_is_not_parted_from_its_coefficient():
    rows = [{"name": f"x{i // 2}" if i % 2 == 0 else "", "m": f"{i}.0"} for i in range(20)]
    columns = (Column("name", ""), Column("m", "(1)", "fixed:1"))
    models = Table("m", "M", pd.DataFrame(rows), columns, (), pd.DataFrame(rows), (2, 12))
    short = shorten(document(models), Room(rows=5)).table
    assert len(short.display()) == 4
    assert short.rules == (2,)


def test_failed_checks_are_named():
    checks = (Check.at_most("one.good", 0, 1, "g"), *(Check.at_most(f"two.bad{i}", 9, 1, "b") for i in range(3)))
    brief = shorten(document(checks=checks))
    assert brief.verdict == "3 of 4 checks failed:"
    assert brief.failed == ("two.bad0", "two.bad1", "two.bad2")
    count, text = read(render_brief_pdf(document(checks=checks)))
    assert "3 of 4 checks failed: two.bad0, two.bad1, two.bad2." in text
    page = render_brief_html(document(checks=checks))
    assert all(f"<code>{n}</code>" in page for n in brief.failed)
    assert count == 1
    assert shorten(document(checks=checks[:1])).verdict == "The check passed."
    assert shorten(document(checks=checks[:1] * 2)).verdict == "All 2 checks passed."
    assert shorten(document()).verdict == "No checks were made."


def test_what_is_not_observed_is_said_once():
    sources = (Source("seen", "", Nature.OBSERVED), Source("made", "", Nature.SIMULATED, note="По жребию"))
    known, own = Notice("made: По жребию", Nature.SIMULATED), Notice("Rules are assumed.", Nature.ASSUMED)
    brief = shorten(document(known, own, own, Notice("x", Nature.OBSERVED), sources=sources))
    assert [n.text for n in brief.notices] == ["made: По жребию", "Rules are assumed."]


def test_a_ranked_chart_shows_its_first_rows_and_says_so():
    ranked = figure(FigureKind.INTERVALS, *CASES["eighty"], name="ranking")
    shown = shorten(document(ranked)).figures[0]
    assert len(shown.data) == 20
    assert shown.caption == "The source Shown: the first 20 of 80."
    assert shown.name == "ranking"


def test_the_pdf_fits_two_pages_and_cuts_no_text():
    words = "Долгое предложение о том, что было найдено. " * 6
    full = document(
        *[lines(f"f{i}", True) for i in range(3)],
        table(lead=True, text="Очень длинное имя строки " * 6),
        findings=tuple(f"{i}. {words}" for i in range(6)),
    )
    count, text = read(render_brief_pdf(full))
    assert count <= 2
    assert text.count("Долгое предложение о том, что было найдено.") == 36
    assert "innospace run x" in text


def test_when_there_is_too_much_text_whole_findings_are_left_out():
    words = "Долгое предложение о том, что было найдено. " * 60
    count, text = read(render_brief_pdf(document(findings=tuple(f"{i}. {words}" for i in range(6)))))
    assert count == 2
    kept = text.count("Долгое предложение о том, что было найдено.")
    # one sentence may be parted by the end of a page
    whole = round(kept / 60)
    assert kept in (60 * whole, 60 * whole - 1)
    assert 0 < whole < 6
    assert f"{6 - whole} more finding" in text


def test_text_that_never_fits_is_said_to_be_too_long():
    with pytest.raises(InnospaceError, match="longer than 2 pages") as caught:
        render_brief_pdf(document(findings=("слово " * 6000,)))
    assert "Отчёт" in caught.value.where
    assert "full report" in caught.value.remedy


def test_special_characters_and_cyrillic_survive():
    full = report_samples.document()
    page = render_brief_html(full)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    count, text = read(render_brief_pdf(full))
    assert count <= 2
    assert "Ханты-Мансийский автономный округ" in text
    assert f"A title {' '.join(NASTY.split())}" in text
    assert CYRILLIC in page


def test_names_of_downloads_are_those_of_the_full_report():
    same = [dataclasses.replace(table("same"), lead=lead) for lead in (False, True)]
    page = render_brief_html(document(*same))
    assert 'download="same-2.csv"' in page
    assert page.count('id="same-2"') == 1


def test_an_empty_document_is_a_brief_too():
    count, text = read(render_brief_pdf(document(Paragraph("x"))))
    assert count == 1
    assert "This run states no findings." in text
    assert "This run states no findings." in render_brief_html(document())


def test_files_of_a_brief_stand_beside_those_of_the_full_report(tmp_path):
    full = document(lines("f"), table())
    write_report(full, tmp_path, ["html", "pdf"])
    written = write_report(full, tmp_path, ["html", "pdf", "tables"], kind="brief")
    assert [p.name for p in written[:2]] == ["brief.html", "brief.pdf"]
    assert {"report.html", "report.pdf"} <= {p.name for p in tmp_path.iterdir()}
    assert len((tmp_path / "tables" / "t.csv").read_text(encoding="utf-8").splitlines()) == 31
    with pytest.raises(LabelError, match="poster"):
        write_report(full, tmp_path / "new", ["html"], kind="poster")
    assert not (tmp_path / "new").exists()


def test_a_figure_whose_labels_would_be_shortened_takes_the_whole_width():
    from innospace.report.brief_pages import _across
    from innospace.report.charts.export import Drawings

    short, drawn = lines("a"), Drawings()
    long = figure(FigureKind.COEFFICIENTS, [1.0, 2.0], [CYRILLIC, CYRILLIC + " 2"], name="long")
    assert _across((short, lines("b")), drawn) == [False, False]
    assert _across((short, lines("b"), lines("c")), drawn) == [True, False, False]
    assert _across((long, short), drawn) == [True, True]
    assert _across((short, long, lines("b")), drawn) == [False, True, False]
    assert _across((), drawn) == []
