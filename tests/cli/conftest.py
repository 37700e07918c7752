"""The command line in this process: ``command(...)`` gives exit code, standard output and standard error.

Charts and PDFs are empty ones, except in tests marked ``drawn``.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one strict JSON object."""

        def refuse(text: str) -> None:
            raise ValueError(f"{text} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


@pytest.fixture
def command(capsys, monkeypatch, tmp_path, request):
    from undrawn import undraw

    from innospace.cli.app import main

    if request.node.get_closest_marker("drawn") is None:
        undraw(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INNOSPACE_DEBUG", raising=False)

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def engine(monkeypatch):
    import fake_engine

    from innospace.study import engines

    monkeypatch.setitem(engines.ENGINES, "fake", "fake_engine")
    fake_engine.CALLS.clear()
    fake_engine.RECEIVED.clear()
    return fake_engine


@pytest.fixture
def fake_study(tmp_path, engine):
    """Write a study on the fake engine; keyword arguments are options of its second step."""

    def write(name: str = "проба", **options: str) -> Path:
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "t.csv").write_text("region,value\nКурская область,1.5\nМосква,2.5\n", encoding="utf-8")
        lines = "\n".join(f"{k} = {v}" for k, v in options.items())
        text = (
            '[study]\ntitle = "Проба [1]"\n[data.t]\nfile = "data/t.csv"\n'
            '[step.first]\nengine = "fake"\ndata = "t"\n'
            f'[step.second]\nengine = "fake"\ndata = "t"\nfactor = 2.0\n{lines}\n'
        )
        (folder / "study.toml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def environment() -> dict[str, str]:
    """Environment of a process of its own, with the fake engine within reach."""
    return {**os.environ, "PYTHONPATH": str(SUPPORT)}
