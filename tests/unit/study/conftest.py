"""Studies on a fake engine, so that the room is tested apart from any estimator."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

TABLE = "region,value\nКурская область,1.5\nМосква,2.5\n"


@pytest.fixture
def engine(monkeypatch):
    import fake_engine

    from innospace.study import engines

    monkeypatch.setitem(engines.ENGINES, "fake", "fake_engine")
    fake_engine.CALLS.clear()
    fake_engine.RECEIVED.clear()
    return fake_engine


@pytest.fixture
def study(tmp_path, engine):
    """Write a study: ``study(text)`` puts study.toml beside data/t.csv and returns the folder."""

    def write(text: str, table: str = TABLE) -> Path:
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "t.csv").write_text(table, encoding="utf-8")
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write
