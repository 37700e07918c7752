"""Pages are run in folders of their own; charts and PDFs are empty ones, since tests of reports draw and set them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))

EMPTY = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="720" height="300" viewBox="0 0 720 300"><title>empty</title></svg>'
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder, with charts and PDFs that cost nothing and a web app that does not stay."""
    from innospace.report import brief_pages, pdf
    from innospace.report.charts import export
    from innospace.web import server

    def serve(folder, **_):
        assert Path(folder).is_dir()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "_raw", lambda *_: EMPTY)
    monkeypatch.setattr(pdf, "render_pdf", lambda *_: b"%PDF-1.7")
    monkeypatch.setattr(brief_pages, "render_brief_pdf", lambda *_: b"%PDF-1.7")
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("INNOSPACE_DEBUG", raising=False)
    return tmp_path
