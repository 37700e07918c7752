"""The economy from the command line: a small study of Bashkortostan, and mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("study")
STUDY = """[study]
title = "Башкортостан, коротко"
[data.controls]
{controls}
[step.economy]
engine = "economy"
data = {{ controls = "controls" }}
years = [2012, 2014]
{options}
{rest}
"""
SAMPLE = 'sample = "bashkortostan-2012-controls"'
MORE = """[[scenario]]
name = "больше"
[[scenario.shock]]
parameter = "norm"
where = { product = ["rf"] }
op = "multiply"
value = 1.1
"""


@pytest.fixture
def study(tmp_path):
    """Write a study; returns its folder."""

    def write(options="efficiency = 0.7", rest=MORE, controls=SAMPLE) -> Path:
        folder = tmp_path / "край"
        folder.mkdir(exist_ok=True)
        (folder / "study.toml").write_text(
            STUDY.format(options=options, rest=rest, controls=controls), encoding="utf-8"
        )
        return folder

    return write


def runs(folder: Path) -> list[Path]:
    """Finished and unfinished runs of a study; the file that is locked while one goes on is none."""
    return [p for p in (folder / "runs").iterdir() if p.name != ".lock"] if (folder / "runs").exists() else []


def test_check_then_run_then_read_again(command, study):
    folder = study()
    checked = command("check", folder)
    assert (checked.code, checked.err) == (0, "")
    assert not runs(folder)
    shown = command("run", folder, "--formats", "tables", "--json")
    assert shown.code == 0, shown.err
    found = shown.json
    economy = found["steps"]["economy"]
    assert economy["status"] == "converged"
    scenarios = economy["result"]["scenarios"]
    assert list(scenarios) == ["baseline", "option-1", "option-2", "option-3", "option-4", "больше"]
    assert all(c["ok"] for c in found["checks"])
    again = command("run", folder, "--formats", "tables", "--json").json
    assert again["already_computed"] is True
    assert again["steps"]["economy"]["result"]["scenarios"] == scenarios


BROKEN = {
    "no efficiency": ({"options": ""}, ["is missing", "[[link]]"]),
    "efficiency above one": ({"options": "efficiency = 72"}, ["efficiency"]),
    "another base year": ({"options": "efficiency = 0.7\nyears_ = 1"}, ["years_", "years"]),
    "unknown scenario": ({"options": 'efficiency = 0.7\nscenarios = ["opton-1"]'}, ["Did you mean 'option-1'"]),
    "unknown rule": (
        {"options": 'efficiency = 0.7\n[step.economy.closure]\nknowledge = "cumulativ"'},
        ["knowledge", "cumulative"],
    ),
    "unknown assumption": ({"options": "efficiency = 0.7\n[step.economy.assumptions]\nsigma = 2.0"}, ["sigma"]),
    "unknown parameter": ({"rest": MORE.replace('"norm"', '"norms"')}, ["Did you mean 'norm'", "больше"]),
    "unknown product": ({"rest": MORE.replace('"rf"', '"rg"')}, ["Unknown product: 'rg'", "больше"]),
    "base year": ({"rest": MORE + "years = [2012, 2014]\n"}, ["the base year cannot be shocked"]),
    "years out of order": ({"rest": MORE + "years = [2014, 2013]\n"}, ["in order"]),
    "percent": (
        {
            "rest": MORE.replace('"norm"', '"vat_rate"')
            .replace("rf", "c1")
            .replace("multiply", "set")
            .replace("1.1", "18")
        },
        ["[0, 1)", "not as percent"],
    ),
    "no number": ({"rest": MORE.replace("1.1", '"much"')}, ["'much'"]),
    "a name that is taken": ({"rest": MORE.replace("больше", "option-1")}, ["taken: 'option-1'"]),
    "no file": ({"controls": 'file = "data/none.csv"'}, ["none.csv"]),
    "no controls": ({"controls": 'sample = "russia-2010-2012"'}, ["item"]),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_mistakes_are_found_by_check_and_leave_no_run(command, study, mistake):
    changes, words = BROKEN[mistake]
    folder = study(**changes)
    for verb in ("check", "run"):
        shown = command(verb, folder)
        assert shown.code == 2, shown.out + shown.err
        assert "Traceback" not in shown.err
        flat = " ".join(shown.err.split())
        for word in words:
            assert word in flat, (verb, shown.err)
        assert "study.toml" in flat
    assert not runs(folder)


def test_every_mistake_is_listed_at_once(command, study):
    folder = study("", MORE.replace('"norm"', '"norms"'))
    shown = command("check", folder)
    assert shown.code == 2
    assert "is missing" in shown.err
    assert "norms" in shown.err


def test_a_link_and_a_number_contradict_each_other(command, study):
    rest = """[data.regions]
sample = "russia-2010-2012"
schema = "innovation_space"
[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"
inefficiency = "half_normal"
[[link]]
from = "frontier.technical_efficiency"
to = "economy.efficiency"
where = { region = "Republic of Bashkortostan", year = 2012 }
"""
    folder = study(rest=rest)
    shown = command("check", folder)
    assert shown.code == 2
    assert "both linked and given" in shown.err
    folder = study("", rest)
    assert command("check", folder).code == 0, command("check", folder).err


def test_a_shock_without_a_solution_is_exit_code_three_or_a_failed_check(command, study):
    rest = MORE.replace("1.1", "40.0").replace('["rf"]', '["rf", "zf"]')
    folder = study(
        'efficiency = 0.7\nscenarios = ["больше"]\n[step.economy.closure]\nset_price_supply = "fixed_share"', rest
    )
    shown = command("run", folder, "--formats", "tables")
    assert shown.code in (1, 3)
    text = " ".join((shown.out + shown.err).split())
    assert "No solution in 2013" in text
    assert "Traceback" not in text


def test_fractions_of_percent_are_strict_json(command, study):
    rest = MORE.replace("1.1", "40.0").replace('["rf"]', '["rf", "zf"]')
    folder = study(
        'efficiency = 0.7\nscenarios = ["больше"]\n[step.economy.closure]\nset_price_supply = "fixed_share"', rest
    )
    found = command("run", folder, "--formats", "tables", "--json").json
    scenarios = found["steps"]["economy"]["result"]["scenarios"]
    assert scenarios["больше"]["growth"] is None
    assert scenarios["baseline"]["growth"] > 0.0
