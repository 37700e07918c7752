"""Pages are run in folders of their own; charts and PDFs are empty ones, since tests of reports draw and set them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder, with charts and PDFs that cost nothing and a web app that does not stay."""
    from undrawn import undraw

    from innospace.web import server

    def serve(folder, **_):
        assert Path(folder).is_dir()

    monkeypatch.chdir(tmp_path)
    undraw(monkeypatch)
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("INNOSPACE_DEBUG", raising=False)
    return tmp_path
