"""``innospace compare``: two runs side by side, a scenario shock by shock, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return a study of the economy with two runs, which differ in one assumption."""
    from innospace.cli.app import main

    folder = tmp_path_factory.mktemp("compare") / "край"
    shutil.copytree(STUDIES / "bashkortostan", folder, ignore=shutil.ignore_patterns("runs", "report"))
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 200", "draws = 0").replace("[2012, 2030]", "[2012, 2014]")
    text = text.replace(', "TE-of-Tatarstan"]', "]")
    file.write_text(text, encoding="utf-8")
    (folder / "scenarios" / "TE-of-Tatarstan.toml").unlink()
    assert main(["run", str(folder), "--formats", "tables", "--quiet"]) == 0
    file.write_text(text + "\n[step.economy.assumptions]\nmoney_growth = 0.09\n", encoding="utf-8")
    main(["run", str(folder), "--formats", "tables", "--quiet"])
    return folder


def runs(folder):
    from innospace.study.store import Store

    return Store(folder).run_ids()


def test_runs_are_compared_number_by_number(command, ran, tmp_path):
    first, second = runs(ran)
    shown = command("compare", ran, "--run", first, "--with", second, "--out", tmp_path / "numbers.csv", "--json")
    assert shown.code == 0, shown.err
    found = shown.json
    assert found["compared"] > 100
    assert 0 < found["differing"] < found["compared"]
    assert any("money_growth" in f["b"] or "money_growth" in f["name"] for f in found["facts"])
    for row in found["numbers"][:20]:
        assert row["difference"] == pytest.approx(row["b"] - row["a"], rel=1e-12)
    frontier = [n for n in found["numbers"] if n["step"] == "frontier"]
    assert frontier
    assert all(n["a"] == n["b"] for n in frontier)
    assert len(pd.read_csv(tmp_path / "numbers.csv")) == found["compared"]
    text = command("compare", ran, "--run", first, "--with", second).out
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "numbers compared" in text


def test_a_run_is_equal_to_itself(command, ran):
    first = runs(ran)[0]
    assert command("compare", ran, "--run", first, "--with", first, "--json").json["differing"] == 0


def test_a_scenario_is_taken_apart_shock_by_shock(command, ran):
    shown = command("compare", ran, "--run", runs(ran)[0], "--decompose", "option-4", "--json")
    assert shown.code == 0, shown.err
    assert all(c["ok"] for c in shown.json["checks"])
    text = command("compare", ran, "--run", runs(ran)[0], "--decompose", "option-4").out
    assert "Checks: all" in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to compare with"),
        (("--with", "ffff"), "ffff"),
        (("--decompose", "option-9"), "option-9"),
        (("nowhere",), "no study"),
    ],
)
def test_what_cannot_be_compared_is_told(command, ran, arguments, words):
    shown = command("compare", ran, *arguments)
    assert shown.code == 2
    assert words in shown.err
    assert "Traceback" not in shown.err


def test_a_study_without_runs_or_economy(command, ran, tmp_path):
    assert command("new", "пустая").code == 0
    shown = command("compare", "пустая", ran)
    assert shown.code == 2
    assert "no stored run" in shown.err
    command("run", "пустая", "--formats", "tables")
    shown = command("compare", "пустая", "--decompose", "option-1")
    assert "no step of the economy" in shown.err
