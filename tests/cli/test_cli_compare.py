"""``innospace compare``: two runs side by side, scenarios of a run, a scenario shock by shock, what is refused."""

from __future__ import annotations

import csv
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
    assert all(c["ok"] for c in shown.json["decomposition"]["checks"])
    text = command("compare", ran, "--run", runs(ran)[0], "--decompose", "option-4").out
    assert "Checks: all" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_scenarios_stand_beside_each_other(command, ran, tmp_path):
    from innospace.study import read_run

    first = runs(ran)[0]
    asked = ("--run", first, "--scenarios", "option-4,option-2", "--decompose", "option-2")
    shown = command("compare", ran, *asked, "--out", tmp_path / "scenarios.xlsx", "--json")
    assert shown.code == 0, shown.err
    found = shown.json
    assert found["scenarios"] == ["option-4", "option-2"]
    result = read_run(ran, first).results["economy"]
    rows = pd.DataFrame(found["numbers"])
    growth = rows[rows["series"] == "growth"].set_index("scenario")
    for name in ("baseline", "option-4", "option-2"):
        assert growth["level"][name] == result.effects["growth"][name]
        assert growth["difference"][name] == pytest.approx(result.effects["effect_points"][name], abs=1e-12)
        index = rows[(rows["scenario"] == name) & (rows["series"] == "real_grp")]
        assert index["level"].tolist() == pytest.approx(100.0 * result.real_grp(name), rel=1e-14)
        held = 100.0 * (index["level"] / index["baseline"] - 1.0)
        assert index["difference"].tolist() == pytest.approx(held.tolist(), abs=1e-12)
    share = rows[(rows["series"] == "innovation_share") & (rows["scenario"] == "option-4")]
    assert set(share["difference_unit"]) == {"percentage points"}
    assert share["difference"].tolist() == pytest.approx((share["level"] - share["baseline"]).tolist(), abs=1e-12)
    # the parts by shock add up to the difference that stands beside the others
    parts = pd.DataFrame(found["decomposition"]["shocks"])
    assert parts["in_turn_growth"].sum() == pytest.approx(growth["difference"]["option-2"], abs=1e-8)
    assert len(pd.ExcelFile(tmp_path / "scenarios.xlsx").sheet_names) == 5
    text = command("compare", ran, *asked).out
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "Difference from the baseline, 2014" in text


def test_scenarios_all_and_in_another_year(command, ran, tmp_path):
    shown = command("compare", ran, "--scenarios", "all", "--year", "2013", "--out", tmp_path / "a.csv", "--json")
    assert shown.json["year"] == 2013
    assert {"option-1", "option-4"} < set(shown.json["scenarios"])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as handle:
        written = [float(row["level"]) for row in csv.DictReader(handle)]
    assert written == [n["level"] for n in shown.json["numbers"]]


def test_estimates_stand_beside_each_other_with_errors(command, tmp_path):
    made = command("new", tmp_path / "ours")
    assert made.code == 0, made.err
    file = tmp_path / "ours" / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert 'inefficiency = "half_normal"' in text
    command("run", tmp_path / "ours", "--formats", "tables")
    file.write_text(text.replace('inefficiency = "half_normal"', 'inefficiency = "exponential"'), encoding="utf-8")
    command("run", tmp_path / "ours", "--formats", "tables")
    from innospace.study import read_run

    first, second = runs(tmp_path / "ours")
    found = command("compare", tmp_path / "ours", "--run", first, "--with", second, "--json").json
    a, b = (read_run(tmp_path / "ours", r).results["frontier"].estimated().set_index("name") for r in (first, second))
    assert found["estimates"]
    for row in found["estimates"]:
        assert row["a_estimate"] == a["estimate"][row["name"]]
        assert row["b_estimate"] == b["estimate"][row["name"]]
        assert row["difference"] == pytest.approx(row["b_estimate"] - row["a_estimate"], rel=1e-12)
        if row["errors_apart"] is not None:
            assert row["errors_apart"] == pytest.approx(row["difference"] / a["std_error"][row["name"]], rel=1e-12)
    assert any(row["errors_apart"] for row in found["estimates"])
    shown = command("compare", tmp_path / "ours", "--run", first, "--with", second).out
    assert "Estimates (errors)" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to compare with"),
        (("--with", "ffff"), "ffff"),
        (("--decompose", "option-9"), "option-9"),
        (("--scenarios", "option-9"), "option-9"),
        (("--scenarios", "all", "--year", "1999"), "1999"),
        (("--scenarios", "all", "--step", "nothing"), "nothing"),
        (("--scenarios", "all", "--with", "ffff"), "those of one run"),
        (("--scenarios", "all", "--out", "a.doc"), "doc"),
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


@pytest.fixture(scope="module")
def economies(tmp_path_factory):
    """Return a study of an equilibrium and of four regions, run once, and its results by step."""
    from innospace.data import load_sample
    from innospace.study import read_run, run

    folder = tmp_path_factory.mktemp("economies")
    rows = load_sample("russia-80-economy-2012").frame
    rows = rows[rows["region_code"].isin(["RU-BA", "RU-TA", "RU-CHE", "RU-MOW"])]
    rows.to_csv(folder / "regions.csv", index=False)
    (folder / "study.toml").write_text(
        """[study]
title = "Two economies"
[data.regions]
file = "regions.csv"
[step.small]
engine = "equilibrium"
model = "stdcge"
scenarios = ["tariffs", "capital"]
[step.regions]
engine = "regions"
data = "regions"
years = [2012, 2013]
scenarios = ["more"]
[[scenario]]
name = "more"
[[scenario.shock]]
parameter = "technical_efficiency"
op = "set"
value = 0.6
where = { region = ["Republic of Bashkortostan"] }
""",
        encoding="utf-8",
    )
    run(folder)
    return folder, read_run(folder).results


def test_scenarios_of_an_equilibrium_stand_beside_each_other(command, economies, tmp_path):
    folder, results = economies
    file = tmp_path / "scenarios.csv"
    shown = command("compare", folder, "--scenarios", "capital,tariffs", "--step", "small", "--out", file, "--json")
    assert shown.code == 0, shown.err
    found = shown.json
    assert (found["scenarios"], found["years"]) == (["capital", "tariffs"], [])
    numbers = {(n["scenario"], n["series"]): n for n in found["numbers"]}
    frame = results["small"].to_frame()
    for row in frame[frame["kind"].isin(["price", "level", "income"])].to_dict("records"):
        own = numbers[row["scenario"], f"{row['kind']}.{row['name']}"]
        assert (own["level"], own["baseline"]) == (row["value"], row["baseline"])
        assert own["difference"] == pytest.approx(row["percent"], abs=1e-10)
    gdp = results["small"].table("gdp").frame.set_index(["account", "item"])
    assert numbers["tariffs", "account.Real, Product"]["level"] == gdp.loc[("Real", "Product"), "tariffs"]
    assert len(pd.read_csv(file)) == len(found["numbers"])
    text = command("compare", folder, "--scenarios", "all", "--step", "small").out
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "Price D.BRD" in text


def test_scenarios_of_regions_stand_beside_each_other(command, economies):
    folder, results = economies
    found = command("compare", folder, "--scenarios", "all", "--json").json
    assert (found["step"], found["year"]) == ("regions", 2013)
    numbers = {(n["scenario"], n["series"], n["region"], n["year"]): n for n in found["numbers"]}
    path = results["regions"].path("more")
    last = path[path["year"] == 2013].set_index("region")
    total = numbers["more", "product", "all regions", 2013]
    assert total["level"] == pytest.approx(last["product"].sum(), rel=1e-12)
    effects = results["regions"].effects("more").query("year == 2013").set_index("region")["product"]
    for region, effect in effects.items():
        own = numbers["more", "product", region, 2013]
        assert own["level"] == last.loc[region, "product"]
        assert own["difference"] == pytest.approx(effect, abs=1e-9)
    assert "Product, Republic of Tatarstan" in command("compare", folder, "--scenarios", "more").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scenarios", "tarifs", "--step", "small"), "tariffs"),
        (("--scenarios", "all", "--step", "small", "--year", "2013"), "has no years"),
        (("--scenarios", "all", "--year", "2020"), "2013"),
        (("--scenarios", "all", "--step", "smal"), "small"),
        (("--decompose", "tariffs", "--step", "small"), "economy step"),
    ],
)
def test_what_other_economies_do_not_have_is_refused(command, economies, options, said):
    shown = command("compare", economies[0], *options)
    assert shown.code != 0
    assert said in shown.err
