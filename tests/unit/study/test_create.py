"""A study around one's own table: it explains itself, works at once, or is not there at all."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, FormulaError, InnospaceError, LabelError, StudyError
from innospace.study.create import create_from_table
from innospace.study.inspect import problems
from innospace.study.load import load_study
from innospace.study.proposal import Wishes


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(2)
    staff = np.exp(rng.normal(6, 1, 50)).round()
    patents = (staff**0.8 * np.exp(rng.normal(-2, 0.5, 50))).round(1)
    names = [f"Область {i}" for i in range(49)] + ['Ключ "37" \\ край']
    file = tmp_path / "патенты 2012.csv"
    frame = pd.DataFrame({"Регион": names, "Патенты, ед.": patents, "Персонал, чел.": staff})
    frame.to_csv(file, index=False, sep=";", decimal=",", encoding="cp1251")
    return file


def left(folder):
    """Names beside the study, hidden ones too."""
    return sorted(p.name for p in folder.iterdir() if p.suffix not in (".csv", ".xlsx"))


def test_the_study_says_what_was_proposed_and_checks(table, tmp_path):
    made = create_from_table(tmp_path / "мой край", [table], Wishes())
    assert [f.relative_to(tmp_path).as_posix() for f in made.files] == [
        "мой край/study.toml",
        "мой край/data/патенты 2012.csv",
    ]
    assert made.files[1].read_bytes() == table.read_bytes()
    assert problems(tmp_path / "мой край") == []
    text = made.files[0].read_text(encoding="utf-8")
    for reason in made.proposal.reasons:
        assert reason.split(":")[0][:40] in text
    content = tomllib.loads(text)
    assert content["data"]["table"] == {"file": "data/патенты 2012.csv", "columns": {"region": "Регион"}}
    assert content["step"]["frontier"]["formula"] == "log(`Патенты, ед.`) ~ log(`Персонал, чел.`)"
    assert "innospace run 'мой край'" in text
    assert left(tmp_path) == ["мой край"]


def test_wishes_and_ways_of_reading_are_kept(table, tmp_path):
    wishes = Wishes(formula="`Патенты, ед.` ~ sqrt(`Персонал, чел.`)", inefficiency="exponential")
    create_from_table(tmp_path / "s", [table], wishes, {"decimal": ",", "encoding": "cp1251"})
    content = tomllib.loads((tmp_path / "s" / "study.toml").read_text(encoding="utf-8"))
    assert content["data"]["table"]["decimal"] == ","
    assert content["data"]["table"]["encoding"] == "cp1251"
    options = load_study(tmp_path / "s").steps[0].options
    assert (options.formula, options.inefficiency) == (wishes.formula, "exponential")


def test_a_method_on_firms(tmp_path):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": range(100, 180), "rd": rng.integers(0, 2, 80), "employees": rng.integers(5, 900, 80)})
    frame.to_excel(tmp_path / "firms.xlsx", index=False)
    arguments = {"formula": "rd ~ log(employees)", "link": "logit"}
    create_from_table(tmp_path / "s", [tmp_path / "firms.xlsx"], Wishes(method="probit", arguments=arguments))
    step = load_study(tmp_path / "s").steps[0]
    assert (step.engine, step.options.method, step.options.arguments) == ("firms", "probit", arguments)


@pytest.mark.parametrize(
    ("wishes", "kind"),
    [
        (Wishes(formula="log(nothing) ~ 1"), LabelError),
        (Wishes(formula="eval(`Патенты, ед.`) ~ 1"), FormulaError),
        (Wishes(formula="Регион ~ `Персонал, чел.`"), DataError),
        (Wishes(label="nothing"), LabelError),
        (Wishes(inefficiency="half-normal"), InnospaceError),
        (Wishes(method="probitt"), LabelError),
    ],
)
def test_what_is_refused_leaves_nothing(table, tmp_path, wishes, kind):
    with pytest.raises(kind) as caught:
        create_from_table(tmp_path / "s", [table], wishes)
    assert ".innospace" not in str(caught.value), "the message names the study, not where it was being made"
    assert left(tmp_path) == []


def test_a_folder_that_is_taken_stays(table, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match="is there already"):
        create_from_table(tmp_path / "s", [table], Wishes())
    assert [p.name for p in (tmp_path / "s").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02\xff" * 50, b"%PDF-1.7 x", b"region,patents,staff\na,1,2\nb,3\n"]
)
def test_an_unreadable_file_leaves_nothing(tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(InnospaceError):
        create_from_table(tmp_path / "s", [tmp_path / "bad.csv"], Wishes())
    assert left(tmp_path) == []


def test_several_tables_become_one_panel(tmp_path):
    rng = np.random.default_rng(4)
    for name in ("ru_patents_2010_2012", "ru_staff_2010_2012"):
        frame = pd.DataFrame(rng.uniform(5, 90, (30, 3)), columns=["2010", "2011", "2012"])
        frame.insert(0, "region", [f"r{i}" for i in range(30)])
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    files = sorted(tmp_path.glob("*.csv"))
    made = create_from_table(tmp_path / "s", files, Wishes())
    assert made.proposal.step["formula"] == "log(ru_patents) ~ log(ru_staff)"
    assert made.proposal.step["cluster"] == "region"
    assert len(pd.read_csv(made.files[1])) == 90
    text = made.files[0].read_text(encoding="utf-8")
    assert "ru_patents_2010_2012.csv, ru_staff_2010_2012.csv" in tomllib.loads(text)["data"]["table"]["origin"]
    assert problems(tmp_path / "s") == []
