from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from innospace.core.errors import DataError, SolverError, StoreError, StudyError
from innospace.study import compose, load_study, make_plan, read_run, run
from innospace.study.store import Store

TEXT = """
[study]
title = "Проба"

[data.t]
file = "data/t.csv"

[step."один"]
engine = "fake"
data = "t"

[step.two]
engine = "fake"
data = "t"
factor = 2.0
warns = true
"""


def tree(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_run_is_stored_whole_and_read_back(study, engine):
    done = run(study(TEXT))
    assert not done.already_computed
    assert done.reused == ()
    assert tree(done.folder) == {
        "manifest.json",
        "log.txt",
        *(f"steps/{s}/{f}" for s in ("один", "two") for f in ("bundle.json", "frame-1.parquet")),
    }
    stored = read_run(done.study.folder, done.stored.run_id[:8])
    assert stored.run_id == done.stored.run_id
    assert stored.title == "Проба"
    for name, result in stored.results.items():
        before = done.stored.results[name]
        assert result.total == before.total
        assert str(result.to_dict()) == str(before.to_dict())
        assert result.frame.equals(before.frame)
        assert result.provenance == before.provenance
    assert stored.steps[1].warnings == ("осторожно",)
    assert any("осторожно" in line for line in stored.log)
    assert not [p for p in done.folder.parent.iterdir() if p.name.startswith(".writing")]


def test_equal_input_is_not_computed_twice(study, engine):
    folder = study(TEXT)
    first = run(folder)
    said = []
    again = run(folder, progress=lambda text, done: said.append(text))
    assert again.already_computed
    assert len(engine.CALLS) == 2
    assert "Already computed" in said
    assert again.stored.run_id == first.stored.run_id
    assert again.warnings == ("осторожно",)
    assert run(folder, fresh=True).already_computed is False
    assert len(engine.CALLS) == 4


def test_what_a_result_says_it_left_out_is_a_warning_of_the_study(study, engine, monkeypatch):
    left_out = "Left out: mediation. Too few firms."
    monkeypatch.setattr(engine.FakeResult, "warnings", (left_out, "осторожно"), raising=False)
    folder = study(TEXT)
    assert run(folder).warnings == (left_out, "осторожно")
    assert run(folder).warnings == (left_out, "осторожно"), "from the store"


def test_a_change_to_one_step_leaves_the_others(study, engine):
    first = run(study(TEXT))
    second = run(study(TEXT.replace("factor = 2.0", "factor = 3.0")))
    assert second.stored.run_id != first.stored.run_id
    assert second.reused == ("один",)
    assert len(engine.CALLS) == 3
    assert second.stored.results["two"].total == 12.0


@pytest.mark.parametrize("change", ["data", "seed", "version", "reading"])
def test_whatever_decides_the_numbers_decides_the_hash(study, monkeypatch, change):
    before = make_plan(load_study(study(TEXT)))
    text = TEXT
    if change == "data":
        folder = study(TEXT, "region,value\nМосква,3\n")
    else:
        text = text.replace('title = "Проба"', 'title = "Проба"\nseed = 1') if change == "seed" else text
        text = text.replace('"data/t.csv"', '"data/t.csv"\ndash = "zero"') if change == "reading" else text
        folder = study(text)
    if change == "version":
        monkeypatch.setattr("innospace.study.plan.package_version", lambda: "9.9")
    after = make_plan(load_study(folder))
    assert after.run_id != before.run_id
    assert {p.sha256 for p in after.steps}.isdisjoint(p.sha256 for p in before.steps)


def test_a_needed_step_decides_the_hash_of_what_needs_it(study):
    needing = TEXT.replace("warns = true", 'needs = ["один"]')
    changed = needing.replace('[step."один"]\nengine = "fake"', '[step."один"]\nengine = "fake"\nfactor = 5.0')
    a, b = (make_plan(load_study(study(t))).steps for t in (needing, changed))
    assert a[1].sha256 != b[1].sha256


def test_a_new_title_keeps_the_steps(study, engine):
    run(study(TEXT))
    again = run(study(TEXT.replace("Проба", "Другая")))
    assert again.reused == ("один", "two")
    assert read_run(again.study.folder).title == "Другая"


def test_an_interrupted_run_goes_on(study, engine):
    folder = study(TEXT)

    def stop(message, fraction):
        if message.startswith("two"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, progress=stop)
    assert Store(folder).run_ids() == []
    calls = len(engine.CALLS)
    done = run(folder)
    assert done.reused == ("один",)
    assert len(engine.CALLS) == calls + 1


def test_a_failing_step_keeps_the_finished_ones(study):
    folder = study(TEXT.replace("warns = true", "fails = true"))
    with pytest.raises(SolverError):
        run(folder)
    assert run(study(TEXT)).reused == ("один",)


def test_all_problems_of_data_come_before_any_estimate(study, engine):
    folder = study(TEXT.replace("factor = 2.0", 'column = "nope"'))
    with pytest.raises(StudyError) as caught:
        run(folder)
    assert "nope" in str(caught.value)
    assert engine.CALLS == []


def test_data_that_change_during_the_run_are_noticed(study, monkeypatch):
    folder = study(TEXT)
    monkeypatch.setattr("innospace.study.plan.table_sha256", lambda *_: "0" * 64)
    with pytest.raises(StudyError, match="changed while"):
        run(folder)


DAMAGE = {
    "truncated parquet": ("steps/two/frame-1.parquet", lambda b: b[: len(b) // 2]),
    "changed bundle": ("steps/two/bundle.json", lambda b: b.replace(b"8.0", b"9.0")),
    "bad manifest": ("manifest.json", lambda b: b[:-20]),
    "edited manifest": ("manifest.json", lambda b: b.replace("Проба".encode(), "Обман".encode())),
    "not text": ("manifest.json", lambda b: b"\xff\xfe\x00"),
    "a list": ("manifest.json", lambda b: b"[]"),
    "log": ("log.txt", lambda b: b + b"more\n"),
    "missing": ("steps/two/frame-1.parquet", None),
    "missing manifest": ("manifest.json", None),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_run_is_named_and_can_be_mended(study, kind):
    done = run(study(TEXT))
    name, change = DAMAGE[kind]
    file = done.folder / name
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(file.read_bytes()))
    with pytest.raises(StoreError) as caught:
        run(done.study.folder)
    assert name in caught.value.what
    assert str(done.folder) in caught.value.remedy
    assert "--fresh" in caught.value.remedy
    assert run(done.study.folder, fresh=True).already_computed is False
    assert run(done.study.folder).already_computed


def test_a_damaged_step_is_computed_again(study, engine):
    done = run(study(TEXT))
    for file in (done.study.folder / "runs" / ".steps").rglob("*.parquet"):
        file.write_bytes(b"PAR1")
    changed = run(study(TEXT.replace("Проба", "Другая")))
    assert changed.reused == ()
    assert len(engine.CALLS) == 4


def test_a_result_that_its_engine_no_longer_understands_is_named(study, engine, monkeypatch):
    folder = run(study(TEXT)).study.folder
    monkeypatch.setattr(engine.FakeResult, "from_bundle", lambda bundle: bundle.meta["gone"])
    with pytest.raises(StoreError, match="gone"):
        read_run(folder)
    monkeypatch.setattr(engine, "RESULTS", {"other": engine.FakeResult})
    with pytest.raises(StoreError, match="cannot read a stored 'fake'"):
        read_run(folder)


def test_a_run_under_another_name_is_refused(study):
    done = run(study(TEXT))
    other = done.folder.with_name("f" * 64)
    done.folder.rename(other)
    with pytest.raises(StoreError, match="another run"):
        read_run(done.study.folder)


def test_runs_are_found_by_the_beginning_of_their_hash(study):
    folder = study(TEXT)
    with pytest.raises(StoreError, match="No stored run"):
        read_run(folder)
    run(folder)
    second = run(study(TEXT.replace("Проба", "Другая")))
    assert read_run(folder, second.stored.run_id[:10].upper()).title == "Другая"
    with pytest.raises(StoreError, match="No stored run"):
        read_run(folder, "zz")


def test_an_ambiguous_beginning_is_refused(study):
    folder = study(TEXT)
    for digit in "ab":
        done = run(study(TEXT.replace("Проба", f"Проба {digit}")))
        done.folder.rename(done.folder.with_name("1" + digit * 63))
    with pytest.raises(StoreError, match="2 stored runs"):
        read_run(folder, "1")


def test_a_store_that_cannot_be_written_is_told_before_estimating(study, engine):
    folder = study(TEXT)
    (folder / "runs").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be stored"):
        run(folder)
    assert engine.CALLS == []


def test_a_bad_table_is_a_problem_not_a_crash(study):
    with pytest.raises(StudyError) as caught:
        run(study(TEXT, "region,value\n"))
    assert any(isinstance(p, DataError) for p in caught.value.problems)


def test_the_report_joins_the_steps(study, monkeypatch):
    text = TEXT.replace('"data/t.csv"', '"data/t.csv"\nnature = "simulated"')
    folder = study(text)
    monkeypatch.chdir(folder.parent)
    done = run(folder)
    page = done.document()
    assert page.title == "Проба"
    assert page.findings == ("Сумма равна 8.", "Сумма равна 4."), "what the last step found stands first"
    assert [c.name for c in page.checks] == ["один.small", "two.small"]
    assert [s.anchor for s in page.sections] == ["один-numbers", "two-numbers", "sources"]
    assert page.command == f"innospace run {folder.name}"
    assert page.provenance.options == {"один.factor": 1.0, "two.factor": 2.0}
    assert len(page.provenance.sources) == 1
    assert page.run_id == done.stored.run_id[:12]
    again = compose(read_run(folder), folder)
    assert (again.checks, again.findings, again.provenance) == (page.checks, page.findings, page.provenance)
    monkeypatch.chdir(folder / "data")
    assert compose(read_run(folder), folder).command == f"innospace run {folder.name}"


def test_one_step_keeps_its_own_anchors_and_a_flagged_source_is_not_flagged_twice(study):
    text = TEXT[: TEXT.index("[step.two]")].replace(
        '"data/t.csv"', '"data/t.csv"\nnature = "simulated"\nnote = "Жребий"'
    )
    page = run(study(text)).document()
    assert [s.anchor for s in page.sections] == ["numbers"]
    assert page.provenance.options == {"factor": 1.0}


def test_the_manifest_is_plain_json(study):
    done = run(study(TEXT))
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["title"] == "Проба"
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["files"]["steps/один/bundle.json"])
    assert "NaN" not in (done.folder / "steps/один/bundle.json").read_text(encoding="utf-8")
