"""Pages are run in folders of their own; charts are replaced by an empty one, since tests of reports draw them."""

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
    """Stand in an empty folder, with charts that cost nothing and a web app that does not stay."""
    from innospace.report.charts import export
    from innospace.web import server

    def serve(folder, **_):
        assert Path(folder).is_dir()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "_raw", lambda *_: EMPTY)
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("INNOSPACE_DEBUG", raising=False)
    return tmp_path
