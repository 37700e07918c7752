"""The brief report in a browser."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def brief(replicated, tmp_path_factory):
    import report_samples

    from innospace.report import write_report

    real, samples = tmp_path_factory.mktemp("real"), tmp_path_factory.mktemp("difficult")
    write_report(replicated, real, ["html"], kind="brief")
    write_report(report_samples.document(), samples, ["html"], kind="brief")
    return {"real": real / "brief.html", "difficult": samples / "brief.html"}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["real", "difficult"])
def test_the_page_asks_for_nothing_and_is_no_wider_than_the_screen(visit, brief, name, width):
    seen = visit(brief[name], width)
    assert seen.complaints == []
    assert all(r.startswith(("file:", "data:")) for r in seen.requests)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_one_column_with_the_drawing_that_fits(visit, brief, width):
    page = visit(brief["real"], width).page
    assert page.locator("nav").count() == 0
    shown = page.locator("figure .chart:visible")
    assert 1 <= shown.count() == page.locator("figure").count() <= 3
    wanted = "phone" if width == 390 else "wide"
    assert all(wanted in shown.nth(i).get_attribute("class") for i in range(shown.count()))
    assert page.locator(".findings li").count() <= 6
    assert page.locator(".tabular tbody tr").count() <= 8


def test_failed_checks_are_in_sight(visit, brief):
    page = visit(brief["difficult"]).page
    assert "1 of 2 checks failed: broken <b>." in " ".join(page.locator(".verdict").inner_text().split())
    assert page.locator("script").count() == 0


def test_headings_and_anchors(visit, brief):
    page = visit(brief["real"]).page
    ids = page.evaluate("[...document.querySelectorAll('main > section [id], main > section > h2')].map(e => e.id)")
    assert {"findings", "checks", "telling", "limits", "provenance"} <= set(ids)
    assert page.locator("h1").count() == 1


def test_paper_is_few_pages(visit, brief, tmp_path):
    import pypdf

    page = visit(brief["real"]).page
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    assert len(pypdf.PdfReader(tmp_path / "print.pdf").pages) <= 5
