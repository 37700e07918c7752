"""The replication report and the replication package: what they hold, and that the package computes the run again."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pandas as pd
import pytest

from innospace.study import read_run
from innospace.study.store import Store

TEXT = """
[study]
title = "Регионы"
seed = 3

[data.regions]
file = "data/regions.csv"
schema = "innovation_space"
nature = "reconstructed"
licence = "{licence}"

[data.controls]
sample = "bashkortostan-2012-controls"

[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"
zero_rule = "replace"
zero_value = 0.1

[step.economy]
engine = "economy"
data = {{ controls = "controls" }}
years = [2012, 2013]
scenarios = ["option-2", "own"]

[[link]]
from = "frontier.technical_efficiency"
where = {{ region = "Republic of Bashkortostan", year = 2012 }}
to = "economy.efficiency"
"""
SCENARIO = """
name = "own"
title = "Больше"

[[shock]]
parameter = "budget_share"
where = { agent = ["authorities"], item = ["n1"] }
op = "multiply"
value = 1.1
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A study with a table and a scenario of its own, a sample and a link, run once."""
    from innospace.data import load_sample
    from innospace.study import run

    folder = tmp_path_factory.mktemp("replication") / "край"
    (folder / "data").mkdir(parents=True)
    (folder / "scenarios").mkdir()
    frame = load_sample("russia-2010-2012").frame
    frame.to_csv(folder / "data" / "regions.csv", index=False)
    (folder / "scenarios" / "own.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "study.toml").write_text(TEXT.format(licence="CC BY 4.0"), encoding="utf-8")
    run(folder)
    return folder


@pytest.fixture(scope="module")
def packed(ran, tmp_path_factory):
    """The package and the report, written once, with empty drawings."""
    from undrawn import undraw

    from innospace.cli.app import main

    out = tmp_path_factory.mktemp("packed")
    options = ("--kind", "replication", "--formats", "html", "--package", str(out / "a.zip"), "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        undraw(patch)
        assert main(["report", str(ran), "--out", str(out), *options]) in (0, 1)
    return out


def test_package_computes_the_run_again_in_an_empty_folder(command, ran, packed, tmp_path):
    with zipfile.ZipFile(packed / "a.zip") as found:
        found.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert not (folder / "study" / "runs").exists()
    done = command("run", folder / "study", "--formats", "tables", "--out", tmp_path / "report", "--json")
    assert done.json["already_computed"] is False
    assert done.json["reused_steps"] == []
    compared = command("compare", folder / "study", folder / "stored", "--json").json
    assert compared["compared"] > 1000
    assert [compared[k] for k in ("differing", "only_a", "only_b", "facts")] == [0, 0, 0, []]
    again, before = read_run(folder / "study"), read_run(ran)
    assert again.run_id == before.run_id
    for name, result in before.results.items():
        pd.testing.assert_frame_equal(again.results[name].to_frame(), result.to_frame(), check_exact=True)
        written = pd.read_csv(folder / "numbers" / f"{name}.csv", keep_default_na=False, na_values=[""])
        frame = result.to_frame().reset_index(drop=True)
        for column in frame.select_dtypes("float"):
            assert written[column].tolist() == pytest.approx(frame[column].tolist(), rel=1e-15, nan_ok=True)


def test_package_says_what_to_type_and_which_versions(packed, ran):
    import importlib.metadata as metadata

    with zipfile.ZipFile(packed / "a.zip") as found:
        (readme, needs) = (
            found.read(next(n for n in found.namelist() if n.endswith(e))).decode("utf-8")
            for e in ("README.txt", "requirements.txt")
        )
        names = [n.partition("/")[2] for n in found.namelist()]
    assert read_run(ran).run_id in readme
    assert "innospace run study" in readme
    lines = needs.split()
    assert lines[0] == f"innospace=={read_run(ran).version}"
    for name in ("numpy", "pydantic", "casadi", "annotated-types"):
        assert f"{name}=={metadata.version(name)}" in lines
    assert not any(line.startswith(("nicegui", "pytest")) for line in lines)
    assert {"study/study.toml", "study/data/regions.csv", "study/scenarios/own.toml", "stored/study.toml"} < set(names)
    assert "numbers/economy.csv" in names


def test_equal_runs_give_equal_bytes(packed, ran):
    from innospace.study.package import replication_package

    content = replication_package(read_run(ran), ran)
    assert content == (packed / "a.zip").read_bytes()


def test_replication_report_holds_what_a_referee_needs(packed, ran):
    page = (packed / "replication.html").read_text(encoding="utf-8")
    run = read_run(ran)
    digest = hashlib.sha256((ran / "data" / "regions.csv").read_bytes()).hexdigest()
    assert run.run_id in page
    assert digest in page
    assert all(step.sha256 in page for step in run.steps)
    assert all(version in page for version in run.steps[0].result.provenance.software.values())
    assert "zero_value = 0.1" in page, "the study file"
    assert "Больше" in page, "its scenario"
    assert "--package replication.zip" in page
    assert "--kind replication" in page
    with zipfile.ZipFile(packed / "a.zip") as found:
        for step in run.steps:
            name = next(n for n in found.namelist() if n.endswith(f"numbers/{step.name}.csv"))
            assert hashlib.sha256(found.read(name)).hexdigest() in page, "numbers that are too many for pages"
    assert "report.html" not in [p.name for p in packed.iterdir()]


def test_numbers_that_fit_on_pages_are_printed(command, tmp_path):
    assert command("samples", "eu-nuts2-patents", "--export", tmp_path / "patents.csv").code == 0
    assert command("new", tmp_path / "ours", "--data", tmp_path / "patents.csv").code == 0
    options = ("--kind", "replication", "--formats", "tables", "--out", tmp_path / "report")
    assert command("run", tmp_path / "ours", *options).code in (0, 1)
    (step,) = read_run(tmp_path / "ours").steps
    written = pd.read_csv(tmp_path / "report" / "tables" / f"numbers-{step.name}.csv")
    frame = step.result.to_frame().reset_index()
    assert written["name"].tolist() == frame["name"].tolist()
    assert written["estimate"].tolist() == pytest.approx(frame["estimate"].tolist(), rel=1e-15)


def test_what_may_not_be_passed_on_is_left_out_and_named(command, ran, tmp_path):
    from innospace.study.package import replication_package

    file = ran / "study.toml"
    whole = file.read_text(encoding="utf-8")
    only = (
        whole.partition("[data.controls]")[0]
        + "[step.frontier]"
        + whole.partition("[step.frontier]")[2].partition("[step.economy]")[0]
    )
    folder = tmp_path / "closed"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "regions.csv").write_bytes((ran / "data" / "regions.csv").read_bytes())
    (folder / "study.toml").write_text(only.replace("CC BY 4.0", "Restricted: for members"), encoding="utf-8")
    from innospace.study import run

    run(folder)
    with zipfile.ZipFile(io.BytesIO(replication_package(read_run(folder), folder))) as found:
        names = found.namelist()
        readme = found.read("closed/README.txt").decode("utf-8")
    assert "closed/study/data/regions.csv" not in names
    assert hashlib.sha256((folder / "data" / "regions.csv").read_bytes()).hexdigest() in readme
    assert "study/data/regions.csv" in readme


def test_older_run_is_not_packed(command, ran, tmp_path):
    file = ran / "study.toml"
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(whole.replace("seed = 3", "seed = 4"), encoding="utf-8")
        old = Store(ran).run_ids()[0]
        shown = command(
            "report", ran, "--run", old, "--package", tmp_path / "a.zip", "--formats", "tables", "--out", tmp_path
        )
    finally:
        file.write_text(whole, encoding="utf-8")
    assert shown.code == 2
    assert "cannot be packed" in shown.err
    assert not (tmp_path / "a.zip").exists()
    shown = command("report", ran, "--package", tmp_path / "none" / "a.zip", "--formats", "tables", "--out", tmp_path)
    assert shown.code == 2
    assert "cannot be written" in shown.err


def test_package_holds_a_model_of_ones_own(command, tmp_path):
    from innospace.economy.general.models import ready
    from innospace.economy.general.write import write_model

    study = tmp_path / "модель"
    study.mkdir()
    write_model(ready("splcge").spec, study / "мой.toml")
    write_model(ready("splcge").spec, study / "book.xlsx")
    text = '[study]\ntitle = "Own"\n'
    for name, model in (("a", "мой.toml"), ("b", "book.xlsx")):
        text += f'\n[step.{name}]\nengine = "equilibrium"\nmodel = "{model}"\n'
    (study / "study.toml").write_text(text, encoding="utf-8")
    assert command("run", study, "--formats", "tables").code == 0
    shown = command("report", study, "--package", tmp_path / "p.zip", "--formats", "tables", "--out", tmp_path / "out")
    assert shown.code == 0, shown.err
    with zipfile.ZipFile(tmp_path / "p.zip") as packed:
        packed.extractall(tmp_path / "elsewhere")
    (elsewhere,) = (tmp_path / "elsewhere").glob("*/study")
    again = command("check", elsewhere)
    assert again.code == 0, again.err
