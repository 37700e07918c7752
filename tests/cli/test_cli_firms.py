"""``innospace firms``: every verb from a table to JSON and text, bad input, the study, the study in a folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.data import load_sample
from innospace.firms import synthetic
from innospace.firms.verbs import VERBS

STUDIES = Path(__file__).parents[2] / "studies"
KEYS = {"status", "n", "coefficients", "log_likelihood", "effects", "checks", "warnings"}
WAVES = "sample:firms-synthetic-2005-2009"
ANNUAL = "sample:firms-synthetic-annual"
PAIRS = "pairs of matched firms"
SHORT = "a panel of six years"
ECUADOR = "sample:ecuador-innovators-2014"
CALLS = {
    "premia": (
        ANNUAL,
        "value_added/employees",
        "export",
        "--controls",
        "log(employees)",
        "--fixed-effects",
        "industry*year",
    ),
    "distributions": (ANNUAL, "value_added", "export", "--adjust", "industry", "--replications", "20"),
    "compare-groups": (ECUADOR, "lp", "exportaprom", "--replications", "20"),
    "entry": (ANNUAL, "export", "log(employees)", "log(capital)"),
    "describe": (ANNUAL, "export", "employees", "capital"),
    "probit": (ECUADOR, "prod ~ id + exportaprom + C(sector)"),
    "biprobit": (ECUADOR, "prod ~ id + exportaprom", "proc ~ id + mach"),
    "recursive-biprobit": (ECUADOR, "prod ~ id + exportaprom", "id ~ exportaprom + protect_inn"),
    "mv-probit": (ECUADOR, "prod ~ exportaprom", "proc ~ exportaprom", "id ~ exportaprom"),
    "ordered-probit": (ECUADOR, "steps ~ exportaprom + gr_extr"),
    "re-probit": (ANNUAL, "export ~ ln_capital", "--firm", "firm", "--nodes", "12"),
    "dynamic-probit": (SHORT, "y ~ x", "--nodes", "12"),
    "match": (ECUADOR, "exportaprom ~ gr_extr + lnum_emp_prom", "id", "prod", "--caliper", "0.2"),
    "match-did": (WAVES, "export_2009 ~ foreign_owner + group", "employees_2005", "employees_2009"),
    "weight": (ECUADOR, "exportaprom ~ gr_extr + lnum_emp_prom", "id", "--method", "entropy_balancing"),
    "doubly-robust": (ECUADOR, "exportaprom ~ gr_extr + lnum_emp_prom", "id"),
    "did": (ANNUAL, "employees", "--treatment", "export"),
    "sun-abraham": (ANNUAL, "employees", "--treatment", "export"),
    "twfe": (ANNUAL, "employees", "--treatment", "export"),
    "rosenbaum": (PAIRS, "treated", "control"),
    "oster": (ECUADOR, "lp ~ exportaprom", "lp ~ exportaprom + lnum_emp_prom", "--treatment", "exportaprom"),
    "cinelli-hazlett": (ECUADOR, "lp ~ exportaprom + lnum_emp_prom", "--treatment", "exportaprom"),
    "tfp": (
        *(ANNUAL, "--output", "value_added", "--labour", "employees", "--capital", "capital"),
        *("--materials", "materials", "--method", "lp", "--logs", "--law", "export"),
    ),
    "complementarity": (ECUADOR, "prod", "make", "buy", "--controls", "lnum_emp_prom,exportaprom"),
    "adoption": (ECUADOR, "make", "buy", "mach"),
    "interaction": (ECUADOR, "prod ~ id*mach + exportaprom", "--x", "id", "--z", "mach"),
    "networks": (ECUADOR, "--partners", "coop", "--regressors", "gr_extr,exportaprom"),
    "mediation": (ECUADOR, "prod", "coop", "gr_extr", "--bootstrap", "20"),
    "heckman": (ECUADOR, "lp ~ lnum_emp_prom", "id ~ lnum_emp_prom + protect_inn"),
    "cdm": (
        *(
            ECUADOR,
            "--selection",
            "id ~ lnum_emp_prom + protect_inn",
            "--intensity",
            "lp ~ exportaprom + lnum_emp_prom",
        ),
        *("--innovation", "prod ~ lnum_emp_prom + mach", "--productivity", "lp ~ lnum_emp_prom", "--bootstrap", "5"),
    ),
    "iv": (ECUADOR, "lp ~ id + lnum_emp_prom", "--endogenous", "id", "--instruments", "protect_inn"),
    "control-function": (ECUADOR, "prod ~ lp + id", "--endogenous", "lp", "--instruments", "lnum_emp_prom"),
}
"""A call of every verb; what it finds is judged elsewhere."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Samples with a column more, where a verb needs one that no sample has."""
    folder = tmp_path_factory.mktemp("tables")
    ecuador = load_sample("ecuador-innovators-2014").frame
    ecuador.assign(steps=ecuador["prod"] + ecuador["proc"]).to_csv(folder / "ecuador.csv", index=False)
    annual = load_sample("firms-synthetic-annual").frame
    annual.assign(ln_capital=np.log(annual["capital"])).to_csv(folder / "annual.csv", index=False)
    rng = np.random.default_rng(3)
    firm, year = (a.ravel() for a in np.meshgrid(np.arange(200), np.arange(6), indexing="ij"))
    x = rng.normal(size=1200)
    y = (0.8 * x + rng.normal(size=200)[firm] + rng.normal(size=1200) > 0).astype(int)
    pd.DataFrame({"firm": firm, "year": 2000 + year, "x": x, "y": y}).to_csv(folder / "short.csv", index=False)
    pairs = pd.DataFrame({"treated": rng.normal(0.5, 1.0, 80), "control": rng.normal(size=80)})
    pairs.to_csv(folder / "pairs.csv", index=False)
    return {
        PAIRS: folder / "pairs.csv",
        SHORT: folder / "short.csv",
        ECUADOR: folder / "ecuador.csv",
        ANNUAL: folder / "annual.csv",
    }


def test_every_verb_is_called_here():
    assert set(CALLS) == set(VERBS)


@pytest.mark.parametrize("name", CALLS)
def test_every_verb_gives_json_and_text(command, tables, name):
    data, *arguments = CALLS[name]
    if name in ("ordered-probit", "re-probit", "dynamic-probit", "rosenbaum"):
        data = tables[data]
    shown = command("firms", name, data, *arguments, "--json")
    assert shown.code in (0, 1), shown.err
    found = shown.json
    assert set(found) >= KEYS
    assert found["n"] > 0
    assert shown.code == (0 if all(c["ok"] for c in found["checks"]) else 1)
    for row in found["coefficients"].values():
        assert {"estimate", "std_error", "p_value"} <= set(row)
    for kind in found["effects"].values():
        assert all({"estimate", "std_error", "p_value", "lower", "upper"} <= set(row) for row in kind.values())
    assert found["coefficients"] or found["effects"] or found["numbers"]
    text = command("firms", name, data, *arguments).out
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "hecks" in text


def test_help_says_what_an_argument_means(command):
    whole = command("firms").out
    assert all(f"  {name}" in whole for name in VERBS)
    text = " ".join(command("firms", "match", "--help").out.split())
    assert "--caliper" in text
    assert "--no-replace" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("probit", ECUADOR, "prod ~ nothing"), "Unknown column: 'nothing'"),
        (("probit", ECUADOR, "lp ~ id"), "must hold 0 and 1"),
        (("probit", "nowhere.csv", "a ~ b"), "no file"),
        (("probit", "sample:nobody", "a ~ b"), "Unknown sample"),
        (("probit", ECUADOR, "prod ~ __import__('os').system('x')"), "formula"),
        (("probit", ECUADOR, "prod ~ id", "--link", "cloglog"), "Unknown link"),
        (("probit", ECUADOR), "Missing argument"),
        (("probt", ECUADOR), "No such command"),
        (("premia", ANNUAL, "value_added", "export", "--year", "firm"), "year"),
        (("match", ECUADOR, "exportaprom ~ lnum_emp_prom", "id", "--caliper", "-1"), "aliper"),
        (("match", ECUADOR, "lp ~ lnum_emp_prom", "id"), "0 and 1"),
        (("did", ECUADOR, "lp", "--firm", "row", "--treatment", "id"), "year"),
        (
            (
                "tfp",
                ANNUAL,
                "--output",
                "export",
                "--labour",
                "employees",
                "--capital",
                "capital",
                "--method",
                "ols",
                "--logs",
            ),
            "export",
        ),
        (("tfp", ANNUAL, "--output", "value_added", "--labour", "employees"), "needs"),
        (("study", WAVES, "--column", "waves=2005,x"), "is not a year"),
        (("study", WAVES, "--column", "channels"), "PART=COLUMN"),
        (("study", WAVES, "--column", "chanels=export"), "Did you mean 'channels'"),
        (("study", WAVES, "--column", "value_added=sales"), "sales_2005"),
        (("study", ECUADOR), "column"),
    ],
)
def test_bad_input_is_told(command, arguments, words):
    shown = command("firms", *arguments)
    assert shown.code == 2
    assert words in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    as_json = command("firms", *arguments, "--json")
    assert as_json.code == 2
    assert as_json.json["error"]["what"]


def test_cyrillic_columns_and_a_report(command, tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"экспорт": rng.integers(0, 2, 400), "отрасль": rng.choice(["пищевая", "химия"], 400)})
    frame["нир"] = (0.5 * frame["экспорт"] + rng.normal(size=400) > 0).astype(int)
    frame.to_csv("фирмы.csv", index=False, encoding="cp1251", sep=";")
    shown = command(
        "firms", "probit", "фирмы.csv", "нир ~ экспорт + C(отрасль)", "--out", "отчёт", "--formats", "html", "--json"
    )
    assert shown.code == 0, shown.err
    assert "C(отрасль)[T.химия]" in shown.json["coefficients"]
    page = (tmp_path / "отчёт" / "report.html").read_text(encoding="utf-8")
    assert "отрасль: химия" in page


def test_the_study_on_a_users_own_panel(command, tmp_path):
    frame = synthetic.two_waves(900, 5).drop(columns=["new_foreign_partner", "new_domestic_partner", "location"])
    frame = frame.rename(columns={"firm": "предприятие", "export_2005": "exp_2005", "export_2009": "exp_2009"})
    frame.to_excel("firms.xlsx", index=False)
    columns = [
        "firm=предприятие",
        "channels=exp,machinery,inputs",
        "partners=",
        "markets=",
        "location=",
        "constraints=",
    ]
    options = [word for c in columns for word in ("--column", c)]
    shown = command("firms", "study", "firms.xlsx", *options, "--draws", "0", "--json")
    assert shown.code in (0, 1), shown.err
    found = shown.json
    assert found["n"] == 900
    assert {"entry", "learning", "premium exp"} <= set(found["analyses"])
    assert "partners" not in found["analyses"]
    assert found["numbers"]["starters_exp"] > 0
    assert found["coefficients"]["entry exp: productivity"]["estimate"] > 0


@pytest.mark.slow
def test_an_effect_on_firms_moves_the_economy(command, tmp_path):
    study = shutil.copytree(
        STUDIES / "firms-in-the-economy", tmp_path / "study", ignore=shutil.ignore_patterns("runs", "report")
    )
    file = study / "study.toml"
    file.write_text(
        file.read_text(encoding="utf-8")
        .replace("[2012, 2030]", "[2012, 2014]")
        .replace("[2013, 2030]", "[2013, 2014]"),
        encoding="utf-8",
    )
    assert command("check", study).code == 0
    shown = command("run", study, "--formats", "html", "--json")
    assert shown.code == 0, shown.err
    steps = shown.json["steps"]
    effect = steps["firms"]["result"]["effects"]["att"]["id"]
    page = re.sub(r"\s+", " ", (study / "report" / "report.html").read_text(encoding="utf-8"))
    assert "more-exporters-lower" in page
    assert f"{effect['estimate']:.4f}"[:5] in page
    assert "firms.effect (att, id)" in page
