"""Finished parts of a long step: kept whole, forgotten with the step."""

from __future__ import annotations

import pytest

from innospace.core.errors import StoreError
from innospace.core.parts import FolderParts
from innospace.study.parts import FORGOTTEN_SECONDS, forget


def test_a_part_comes_back_and_goes_with_the_step(tmp_path):
    parts = FolderParts(tmp_path / ".parts" / "abc")
    assert parts.load("draws-0.npy") is None
    assert parts.count() == 0
    parts.save("draws-0.npy", b"numbers")
    parts.save("draws-0.npy", b"newer numbers")
    assert parts.load("draws-0.npy") == b"newer numbers"
    assert [p.name for p in parts.folder.iterdir()] == ["draws-0.npy"]
    assert parts.count() == 1
    parts.discard()
    assert not parts.folder.exists()
    parts.discard()


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 200])
def test_a_damaged_part_counts_as_none(tmp_path, damage):
    parts = FolderParts(tmp_path)
    parts.save("a", b"numbers")
    (tmp_path / "a").write_bytes(damage)
    assert parts.load("a") is None


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".hidden", "a" * 200])
def test_names_of_parts_are_file_names(tmp_path, name):
    with pytest.raises(StoreError, match="cannot name a part"):
        FolderParts(tmp_path).save(name, b"")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be stored"):
        FolderParts(tmp_path / "file").save("a", b"")


def test_parts_of_forgotten_steps_are_swept_away(tmp_path):
    parts = FolderParts(tmp_path / "abc")
    parts.save("a", b"numbers")
    forget(tmp_path)
    assert parts.load("a") == b"numbers"
    forget(tmp_path, now=parts.folder.stat().st_mtime + FORGOTTEN_SECONDS + 1)
    assert parts.load("a") is None


STUDY = """
[study]
title = "Draws"
seed = 3

[data.controls]
sample = "bashkortostan-2012-controls"

[step.economy]
engine = "economy"
data = { controls = "controls" }
years = [2012, 2014]
efficiency = 0.4
scenarios = ["option-1"]
draws = 6
workers = 1
"""


def test_an_interrupted_step_resumes_and_then_forgets_its_parts(tmp_path, monkeypatch):
    from innospace.economy.models.knowledge import uncertainty
    from innospace.numerics import parallel
    from innospace.study import run

    monkeypatch.setattr(uncertainty, "CHUNK", 2)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")

    def stop(message: str, fraction: float) -> None:
        if "4 of 6 draws" in message:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=stop)
    assert len(list((tmp_path / "runs" / ".parts").glob("*/draws-*"))) == 2
    told: list[str] = []
    resumed = run(tmp_path, progress=lambda message, _: told.append(message))
    assert "economy: 4 of 6 draws" in told
    assert "economy: 2 of 6 draws" not in told
    assert not list((tmp_path / "runs" / ".parts").iterdir())
    other = tmp_path / "other"
    other.mkdir()
    # the number of workers is no part of what identifies a step
    (other / "study.toml").write_text(STUDY.replace("workers = 1\n", ""), encoding="utf-8")
    monkeypatch.setattr(parallel, "cores", lambda: 1)
    whole = run(other)
    assert whole.stored.run_id == resumed.stored.run_id
    a, b = (r.stored.steps[0].result for r in (resumed, whole))
    assert a.draws.equals(b.draws)
    assert any(c.name == "draws_solved" for c in a.checks)
    assert a.provenance.options["draws"] == 6
