"""The studies that come with the project, and the one that ``new`` makes, on the real engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from explained import names_of, numbers_of, unexplained

from innospace.cli import replicate as replicate_module

STUDY = Path(__file__).parents[2] / "studies" / "russia-innovation-space"


@pytest.fixture
def worked(tmp_path) -> Path:
    return Path(shutil.copytree(STUDY, tmp_path / "russia", ignore=shutil.ignore_patterns("runs", "report")))


@pytest.mark.slow
def test_the_worked_study_runs_as_it_is(command, worked):
    assert command("check", worked).code == 0
    shown = command("run", worked, "--formats", "html", "--json")
    assert shown.err == ""
    found = shown.json
    result = found["steps"]["frontier"]["result"]
    assert result["models"]["2010"]["delta"] == pytest.approx(0.683, abs=2e-3)
    assert result["models"]["pooled"]["log_likelihood"] == pytest.approx(-375.39, abs=0.02)
    assert shown.code == (0 if all(c["ok"] for c in found["checks"]) else 1)
    page = (worked / "report" / "report.html").read_text(encoding="utf-8")
    assert "Reconstructed" in page
    again = command("report", worked, "--formats", "html", "--json").json
    assert again["findings"] == found["findings"]
    for name, numbers in result["models"].items():
        assert again["steps"]["frontier"]["result"]["models"][name] == pytest.approx(numbers, rel=1e-9)


def test_new_then_check_then_run(command):
    assert command("new", "край").code == 0
    assert command("check", "край").code == 0
    found = command("run", "край", "--formats", "tables", "--json").json
    assert found["steps"]["frontier"]["status"] == "converged"
    assert command("run", "край", "--formats", "tables", "--json").json["already_computed"] is True


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Курская область,2010,-1,5\n", "technologies"),
        ("Курская область,2010,0,5\n", "zero innovations"),
        ("Курская область,2010,1,5\nКурская область,2010,1,5\n", "more than once"),
        ("Курская область,2010,много,5\n", "text where numbers"),
        ("Курская область,2010,1,0\n", "space is zero"),
    ],
)
def test_bad_tables_are_listed_by_check(command, tmp_path, line, what):
    command("new", "край")
    (tmp_path / "край" / "data" / "regions.csv").write_text("region,year,technologies,space\n" + line, encoding="utf-8")
    shown = command("check", "край")
    assert shown.code == 2
    assert what in shown.err
    assert command("run", "край").code == 2


@pytest.mark.parametrize("old", ['model = "innovation_space"', 'inefficiency = "half_normal"', 'zero_rule = "replace"'])
def test_mistakes_in_a_step_name_the_nearest(command, worked, old):
    key = old.partition(" ")[0]
    file = worked / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, old.replace(key, key + "s")), encoding="utf-8")
    shown = command("check", worked)
    assert shown.code == 2
    assert f"Did you mean '{key}'" in shown.err


@pytest.mark.slow
def test_replication_prints_one_object_and_every_name_is_explained(command, tmp_path, monkeypatch):
    kept = []
    replicated = replicate_module._replicated
    monkeypatch.setattr(replicate_module, "_replicated", lambda *given: kept.append(replicated(*given)) or kept[0])
    shown = command("replicate", "innovation-space", "--json", "--out", "rep", "--formats", "html")
    assert shown.code == 0
    found = shown.json
    assert set(found["models"]) == {"2010", "2011", "2012", "pooled"}
    assert set(found["models"]["2010"]) >= {"delta", "c", "log_likelihood", "sigma_u", "sigma_v", "w"}
    assert [found["reconstruction"][y]["total_count"] for y in ("2010", "2011", "2012")] == [2440, 2791, 3325]
    assert all(set(c) >= {"name", "value", "tolerance", "ok"} for c in found["checks"])
    assert (tmp_path / "rep" / "report.html").exists()
    assert unexplained([*names_of(kept[0]), *numbers_of(kept[0])], {*found["models"], *found["te_correlation"]}) == []
    wrong = command("replicate", "inovation-space")
    assert wrong.code == 2
    assert "'innovation-space'" in wrong.err
