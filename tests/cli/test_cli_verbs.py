from __future__ import annotations

import json
import shutil

import pytest

from innospace.cli.outcome import code_of, jsonable
from innospace.core.checks import Check
from innospace.core.status import Status, StatusCode


def widest(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)


VERBS = ["new", "check", "run", "report", "fit", "replicate", "explain", "samples", "doctor"]


@pytest.mark.parametrize("verb", [[], *([v] for v in VERBS)])
def test_help_fits_the_terminal_and_promises_json(command, verb):
    shown = command(*verb, "--help")
    assert shown.code == 0
    assert shown.err == ""
    assert widest(shown.out) <= 100
    if verb:
        assert "--json" in shown.out
        assert "--quiet" in shown.out
    else:
        assert all(v in shown.out for v in VERBS)
        assert command().out == shown.out


def test_version(command):
    shown = command("--version")
    assert (shown.code, shown.out.split()[0]) == (0, "innospace")


@pytest.mark.parametrize("arguments", [["bogus"], ["fit"], ["run", "--bogus", "x"], ["fit", "a", "b", "--level", "x"]])
def test_wrong_usage_is_bad_input(command, arguments):
    plain = command(*arguments)
    assert (plain.code, plain.out) == (2, "")
    assert "--help" in plain.err
    assert "Traceback" not in plain.err
    assert set(command(*arguments, "--json").json["error"]) == {"type", "what", "where", "allowed", "remedy"}


class TestStudy:
    def test_check_names_every_problem_at_once(self, command, fake_study):
        folder = fake_study(faktor="1", colunm='"value"')
        shown = command("check", folder)
        assert shown.code == 2
        assert shown.out == ""
        assert "1. Unknown key 'faktor'" in shown.err
        assert "2. Unknown key 'colunm'" in shown.err
        assert "Did you mean 'factor'" in shown.err
        problems = command("check", folder, "--json").json["error"]["problems"]
        assert [p["what"] for p in problems] == ["Unknown key 'faktor'.", "Unknown key 'colunm'."]

    def test_check_of_a_good_study(self, command, fake_study):
        shown = command("check", fake_study())
        assert (shown.code, shown.err) == (0, "")
        assert "first, second" in shown.out
        assert command("check", fake_study(), "--json").json["ok"] is True
        assert command("check", fake_study(), "--quiet").out == ""

    def test_run_writes_a_report_and_runs_once(self, command, fake_study, engine):
        folder = fake_study()
        shown = command("run", folder)
        assert shown.code == 0
        assert "Сумма равна 8." in shown.out
        assert "Checks: all 2 passed." in shown.out
        assert str(folder / "report" / "report.html") in shown.out
        assert "Проба [1]" in (folder / "report" / "report.html").read_text(encoding="utf-8")
        assert (folder / "report" / "report.pdf").read_bytes().startswith(b"%PDF")
        again = command("run", folder, "--json", "--formats", "tables").json
        assert again["already_computed"] is True
        assert again["steps"]["second"]["result"] == {"total": 8.0, "nothing": None, "all": None, "seed": 0}
        assert len(engine.CALLS) == 2
        assert command("run", folder, "--fresh", "--formats", "html", "--quiet").out == ""
        assert len(engine.CALLS) == 4

    def test_report_computes_nothing(self, command, fake_study, engine):
        folder = fake_study()
        run = command("run", folder, "--formats", "html", "--json").json["run"]
        before = (folder / "report" / "report.html").read_text(encoding="utf-8")
        shutil.rmtree(folder / "report")
        engine.CALLS.clear()
        shown = command("report", folder, "--formats", "html")
        assert shown.code == 0
        assert (folder / "report" / "report.html").read_text(encoding="utf-8") == before
        (folder / "data" / "t.csv").unlink()
        other = command("report", folder, "--run", run[:6], "--out", folder / "other", "--formats", "html")
        assert (other.code, other.err) == (0, "")
        assert (folder / "other" / "report.html").exists()
        changed = command("report", folder, "--formats", "html", "--json")
        assert "changed since" in changed.json["warnings"][0]
        assert engine.CALLS == []

    def test_report_without_a_run(self, command, fake_study):
        shown = command("report", fake_study())
        assert shown.code == 2
        assert "innospace run" in shown.err

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({"passes": "false"}, 1),
            ({"status": '"max_iterations"'}, 3),
            ({"status": '"boundary"'}, 0),
            ({"fails": "true"}, 3),
            ({"bug": "true"}, 70),
            ({"column": '"nope"'}, 2),
        ],
    )
    def test_exit_codes(self, command, fake_study, options, code):
        folder = fake_study(**options)
        shown = command("run", folder, "--formats", "html")
        assert shown.code == code
        assert "Traceback" not in shown.err
        as_json = command("run", folder, "--formats", "html", "--json")
        assert as_json.code == code
        assert ("error" in as_json.json) == (options.keys() <= {"fails", "bug", "column"})
        if code == 1:
            assert "Checks: 1 of 2 failed." in shown.out
            assert "Make it smaller." in shown.out

    def test_unexpected_errors_show_their_trace_on_request(self, command, fake_study, monkeypatch):
        folder = fake_study(bug="true")
        assert "INNOSPACE_DEBUG=1" in command("run", folder).err
        monkeypatch.setenv("INNOSPACE_DEBUG", "1")
        assert "ZeroDivisionError" in command("run", folder).err
        assert "Traceback" in command("run", folder).err

    def test_warnings_appear_once_and_in_json(self, command, fake_study):
        folder = fake_study(warns="true")
        first = command("run", folder, "--formats", "html")
        assert first.err == "Warning: осторожно\n"
        stored = command("run", folder, "--formats", "html", "--json", "--quiet")
        assert stored.json["warnings"] == ["осторожно"]
        assert stored.err == "Warning: осторожно\n"

    def test_a_corrupt_run_is_named(self, command, fake_study):
        folder = fake_study()
        run = command("run", folder, "--formats", "html", "--json").json["folder"]
        from pathlib import Path

        file = Path(run) / "steps" / "first" / "frame-1.parquet"
        file.write_bytes(file.read_bytes()[:-9])
        for verb in ("run", "report"):
            shown = command(verb, folder)
            assert shown.code == 2
            assert "steps/first/frame-1.parquet" in shown.err
            assert "--fresh" in shown.err
        assert command("run", folder, "--fresh", "--formats", "html").code == 0

    def test_folders_and_formats_are_checked_before_computing(self, command, fake_study, engine, tmp_path):
        folder = fake_study()
        (tmp_path / "file").write_text("x", encoding="utf-8")
        for wrong in (["--out", tmp_path / "file" / "x"], ["--formats", "htm"], ["--formats", ","]):
            shown = command("run", folder, *wrong)
            assert shown.code == 2
            assert "Allowed" in shown.err
        assert engine.CALLS == []

    def test_stopping_is_not_an_error(self, command, fake_study, engine, monkeypatch):
        def stop(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(engine, "run", stop)
        shown = command("run", fake_study())
        assert shown.code == 130
        assert "is kept" in shown.err


class TestNew:
    def test_it_refuses_to_overwrite(self, command, tmp_path):
        assert command("new", "моя-студия").code == 0
        before = (tmp_path / "моя-студия" / "study.toml").read_bytes()
        for taken in ("моя-студия", "моя-студия/study.toml"):
            shown = command("new", taken)
            assert shown.code == 2
            assert "already" in shown.err
        assert (tmp_path / "моя-студия" / "study.toml").read_bytes() == before
        (tmp_path / "empty").mkdir()
        assert command("new", "empty", "--json").json["files"]

    def test_the_sample_must_fit(self, command, tmp_path):
        unknown = command("new", "a", "--sample", "russia-2010")
        assert unknown.code == 2
        assert "russia-2010-2012" in unknown.err
        other = command("new", "a", "--sample", "russia-regions")
        assert other.code == 2
        assert "'russia-2010-2012'" in other.err
        assert list(tmp_path.iterdir()) == []

    def test_it_says_where_the_sample_comes_from(self, command, tmp_path):
        import tomllib

        command("new", 'Край "Юг"')
        text = (tmp_path / 'Край "Юг"' / "study.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        assert table["study"]["title"] == 'Край "Юг"'
        assert table["data"]["regions"]["nature"] == "reconstructed"
        assert "Makarov" in table["data"]["regions"]["origin"]

    def test_a_place_that_cannot_be_written(self, command, tmp_path):
        (tmp_path / "file").write_text("x", encoding="utf-8")
        assert command("new", "file/x").code == 2


class TestSamples:
    def test_list_and_card(self, command):
        listed = command("samples")
        assert listed.code == 0
        assert widest(listed.out) <= 100
        assert "reconstructed" in listed.out
        card = command("samples", "russia-2010-2012")
        assert widest(card.out) <= 100
        assert "Licence" in card.out
        assert command("samples", "--json").json["samples"][0]["name"] == "russia-2010-2012"
        near = command("samples", "rusia-2010-2012")
        assert near.code == 2
        assert "'russia-2010-2012'" in near.err

    def test_export(self, command, tmp_path):
        shown = command("samples", "russia-regions", "--export", "р.csv", "--json")
        assert shown.json["exported"] == "р.csv"
        assert "Курская область" in (tmp_path / "р.csv").read_text(encoding="utf-8")
        assert [p.name for p in tmp_path.iterdir()] == ["р.csv"]
        for wrong in (["russia-regions", "--export", "a.xlsx"], ["--export", "a.csv"]):
            assert command("samples", *wrong).code == 2
        assert command("samples", "russia-regions", "--export", "no/a.csv").code == 2


def test_doctor_reports_what_is_broken(command, monkeypatch):
    shown = command("doctor", "--json")
    assert shown.code == 0
    assert shown.json["ok"] is True
    from innospace.report import pdf

    def fail(_):
        raise OSError("no fonts")

    monkeypatch.setattr(pdf, "render_pdf", fail)
    broken = command("doctor")
    assert broken.code == 1
    assert "no fonts" in broken.out


def test_cyrillic_is_not_escaped(command):
    shown = command("samples", "Курск", "--json")
    assert "Курск" in shown.out
    assert shown.json["error"]["type"] == "LabelError"


def test_json_has_no_nan_and_no_objects():
    import numpy as np

    value = {"a": np.float64("nan"), "b": [float("inf"), 1, True, None], "c": np.int64(3), 4: StatusCode.BOUNDARY}
    text = json.dumps(jsonable(value), allow_nan=False)
    assert json.loads(text) == {"a": None, "b": [None, 1, True, None], "c": 3, "4": "boundary"}


def test_the_worst_outcome_decides_the_exit_code():
    good, bad = Check.at_most("a", 0, 1, ""), Check.at_most("b", 2, 1, "")
    solved, failed = Status(StatusCode.CONVERGED, ""), Status(StatusCode.SINGULAR, "")
    assert code_of([solved], [good]) == 0
    assert code_of([solved], [good, bad]) == 1
    assert code_of([solved, failed], [bad]) == 3
