"""``innospace new``: from one's own table to a report, or told what to mend while nothing was made."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import pandas as pd
import pytest


def regions(n=60):
    rng = np.random.default_rng(8)
    staff = np.exp(rng.normal(6, 1, n)).round()
    patents = np.floor(staff**0.8 * np.exp(rng.normal(-1, 0.3, n) - np.abs(rng.normal(0, 0.6, n))))
    patents[3] = 0.0
    frame = pd.DataFrame(
        {
            "Субъект": [f"Край {i}" for i in range(n)],
            "Выдано патентов, ед.": patents,
            "Численность персонала, чел.": staff,
        }
    )
    frame.loc[5, "Численность персонала, чел."] = np.nan
    return frame


def europe(n=150):
    rng = np.random.default_rng(9)
    staff = np.exp(rng.normal(7, 1, n))
    patents = staff * np.exp(rng.normal(-3, 0.3, n) - np.abs(rng.normal(0, 0.8, n)))
    return pd.DataFrame(
        {
            "nuts2": [f"AA{i:03}" for i in range(n)],
            "epo_patents_2009": patents.round(2),
            "rd_personnel_fte_2009": staff.round(),
            "rd_personnel_fte_2018": np.where(np.arange(n) < 40, staff.round(), np.nan),
        }
    )


FILES = {
    "comma.csv": lambda path: europe().to_csv(path, index=False),
    "semicolon.csv": lambda path: regions().to_csv(path, index=False, sep=";", decimal=",", encoding="cp1251"),
    "книга.xlsx": lambda path: regions().to_excel(path, index=False, sheet_name="Лист 1"),
}


@pytest.mark.slow
@pytest.mark.drawn
@pytest.mark.parametrize("name", FILES)
def test_from_a_table_to_a_report(command, tmp_path, name):
    FILES[name](tmp_path / name)
    made = command("new", "моё", "--data", name)
    assert made.code == 0, made.err
    assert made.err == ""
    assert max(map(len, made.out.splitlines())) <= 100
    assert "names the rows" in made.out
    assert "innospace run 'моё'" in made.out
    ran = command("run", "моё", "--formats", "html")
    assert ran.code in (0, 1), ran.err
    assert "reach on average" in ran.out
    page = (tmp_path / "моё" / "report" / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|NaN|None|null)\b", words)
    first = "AA000" if name == "comma.csv" else "Край 0"
    assert first in words
    assert "row 1 " not in words
    assert "95\u202f%" in words
    if name != "comma.csv":
        assert "Край 3" in words, "the region without patents is named"
        assert "zero has no logarithm" in words
    assert "have a missing cell" in words or name == "comma.csv"


def test_what_is_proposed_can_be_said_otherwise(command, tmp_path):
    FILES["comma.csv"](tmp_path / "t.csv")
    made = command(
        "new", "s", "--data", "t.csv", "--formula", "log(epo_patents_2009) ~ log(rd_personnel_fte_2018)",
        "--inefficiency", "exponential", "--json",
    )  # fmt: skip
    assert made.code == 0
    assert made.json["step"]["inefficiency"] == "exponential"
    assert made.json["rows_used"] == 40
    assert any("110 rows have a missing cell" in text for text in made.json["against"])
    assert command("check", "s").code == 0


def test_a_method_on_firms(command, tmp_path):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"firm": range(100), "rd": rng.integers(0, 2, 100), "size": rng.uniform(1, 9, 100)})
    frame.to_csv(tmp_path / "f.csv", index=False)
    line = ("--engine", "firms", "--method", "probit", "--formula", "rd ~ size", "--argument", "link=logit")
    assert command("new", "s", "--data", "f.csv", *line).code == 0
    step = tomllib.loads((tmp_path / "s" / "study.toml").read_text(encoding="utf-8"))["step"]["firms"]
    assert step["arguments"] == {"link": "logit", "formula": "rd ~ size"}
    assert command("run", "s", "--formats", "tables").code == 0


def test_beginnings(command, tmp_path):
    assert command("new", "own", "--like", "bashkortostan").code == 0
    assert command("check", "own").code == 0
    assert command("new", "other", "--sample", "russia-2010-2012").code == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (("--data", "t.csv", "--formula", "log(epo_patents) ~ 1"), "Did you mean 'epo_patents_2009'"),
        (("--data", "t.csv", "--formula", "__import__('os').system('x') ~ 1"), "Error"),
        (("--data", "t.csv", "--formula", "open(nuts2) ~ 1"), "not an allowed transform"),
        (("--data", "t.csv", "--label", "nuts3"), "nuts2"),
        (("--data", "t.csv", "--engine", "economy"), "--like bashkortostan"),
        (("--data", "t.csv", "--engine", "frontiers"), "Did you mean 'frontier'"),
        (("--data", "t.csv", "--sample", "russia-2010-2012"), "two beginnings"),
        (("--data", "t.csv", "--argument", "link=logit"), "--method"),
        (("--data", "absent.csv"), "There is no file"),
        (("--data", "words.csv"), "no column of numbers"),
        (("--data", "text.pdf"), "cannot be read"),
        (("--data", "titled.csv"), "title above"),
        (("--data", "dash.csv"), "--dash"),
        (("--formula", "y ~ x"), "--data FILE.csv"),
        (("--like", "bashkortostam"), "Did you mean 'bashkortostan'"),
    ],
)
def test_what_is_refused_leaves_nothing(command, tmp_path, line, what):
    FILES["comma.csv"](tmp_path / "t.csv")
    (tmp_path / "words.csv").write_text("a,b\nx,y\nz,w\n", encoding="utf-8")
    (tmp_path / "text.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "titled.csv").write_text("Патенты, 2012\n;Показатели\nРегион;Патенты\nУфа;5\n", encoding="utf-8")
    (tmp_path / "dash.csv").write_text("region,patents,staff\na,5,9\nb,–,8\nc,7,6\n", encoding="utf-8")
    before = sorted(p.name for p in tmp_path.iterdir())
    shown = command("new", "s", *line)
    assert shown.code == 2
    assert what in shown.err
    assert shown.out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_name_that_is_taken_stays(command, tmp_path):
    FILES["comma.csv"](tmp_path / "t.csv")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "x").write_text("mine")
    shown = command("new", "s", "--data", "t.csv")
    assert shown.code == 2
    assert "is there already" in shown.err
    assert (tmp_path / "s" / "x").read_text() == "mine"


def test_a_dash_is_read_as_it_is_meant(command, tmp_path):
    lines = [f"r{i},{i + 2},{i * i + 3}" for i in range(30)]
    (tmp_path / "dash.csv").write_text("region,patents,staff\nz,–,8\n" + "\n".join(lines), encoding="utf-8")
    assert command("new", "s", "--data", "dash.csv", "--dash", "zero").code == 0
    content = tomllib.loads((tmp_path / "s" / "study.toml").read_text(encoding="utf-8"))
    assert content["data"]["table"]["dash"] == "zero"
    assert content["step"]["frontier"]["zero_rule"] == "drop"
