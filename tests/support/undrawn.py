"""Charts and PDFs that cost nothing, for tests of everything around them; tests of reports draw and set them."""

from __future__ import annotations

EMPTY = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="720" height="300" viewBox="0 0 720 300"><title>empty</title></svg>'
)


def undraw(monkeypatch) -> None:
    """Let every drawing be an empty one and every PDF a head without pages, until the test ends."""
    from innospace.report import brief_pages, pdf
    from innospace.report.charts import export

    monkeypatch.setattr(export, "_raw", lambda *_: EMPTY)
    monkeypatch.setattr(pdf, "render_pdf", lambda *_: b"%PDF-1.7")
    monkeypatch.setattr(brief_pages, "render_brief_pdf", lambda *_: b"%PDF-1.7")
