from __future__ import annotations

import os
import pickle

import pytest

from innospace.core.errors import StudyError
from innospace.study import StudyProblemsError, load_study, problems

GOOD = """
[study]
title = "Проба"
seed = 7

[data.t]
file = "data/t.csv"

[step.second]
engine = "fake"
data = "t"
needs = ["first"]

[step.first]
engine = "fake"
data = "t"
factor = 2.0
"""


def only_problem(path) -> StudyError:
    with pytest.raises(StudyError) as caught:
        load_study(path)
    error = caught.value
    if isinstance(error, StudyProblemsError):
        assert len(error.problems) == 1, str(error)
        return error.problems[0]
    return error


def replaced(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_good_study_is_read_in_the_order_of_needs(study):
    loaded = load_study(study(GOOD))
    assert (loaded.title, loaded.seed) == ("Проба", 7)
    assert [s.name for s in loaded.steps] == ["first", "second"]
    assert loaded.steps[0].options.factor == 2.0
    assert problems(loaded.folder) == []


def test_the_file_itself_and_a_byte_order_mark_are_accepted(study):
    folder = study("\ufeff" + GOOD)
    assert load_study(folder / "study.toml") == load_study(folder)


def test_missing_study_says_how_to_make_one(tmp_path):
    error = only_problem(tmp_path / "nowhere")
    assert "innospace new" in error.remedy


@pytest.mark.parametrize(
    ("text", "what", "where", "remedy"),
    [
        ("[study\n", "not valid TOML", "line 1", "bracket"),
        ('[study]\ntitle = "a"\ntitle = "b"\n', "not valid TOML", "line 3", "twice"),
        (replaced("[data.t]", "[dta.t]\nx = 1\n[data.t]"), "Unknown table [dta]", "study.toml", "'data'"),
        (replaced('title = "Проба"', 'titel = "Проба"\ntitle = "x"'), "Unknown key 'titel'", "[study]", "'title'"),
        (replaced("seed = 7", "seed = -1"), "seed: input should be greater", "'seed'", "Correct"),
        (replaced("seed = 7", 'seed = "7"'), "valid integer", "'seed'", "Correct"),
        (replaced('file = "data/t.csv"', 'fiel = "data/t.csv"\nsample = "russia-regions"'), "'fiel'", "data.t", "file"),
        (replaced('data = "t"', 'data = "tt"'), "There is no [data.tt]", "step.second", "'t'"),
        (replaced('"fake"', '"fka"'), "Unknown engine: 'fka'", "step.second", "'fake'"),
        (replaced("factor = 2.0", "faktor = 2.0"), "Unknown key 'faktor'", "step.first", "'factor'"),
        (replaced("factor = 2.0", 'factor = "two"'), "valid number", "step.first", "Correct"),
        (replaced("factor = 2.0", "factor = nan"), "not a finite number", "step.first", "Give a number"),
        (replaced('["first"]', '["frist"]'), "There is no [step.frist]", "needs", "'first'"),
        (replaced("factor = 2.0", 'needs = ["second"]'), "in a circle", "needs", "Remove"),
        (replaced("[step.first]", '[step."a/b"]').replace('["first"]', "[]"), "cannot name a step", "a/b", "another"),
        (replaced("[step.first]", "[step.Second]").replace('["first"]', "[]"), "capitals only", "step", "Rename"),
        (replaced('file = "data/t.csv"', 'file = "/etc/passwd"'), "outside", "data.t", "Copy"),
        (replaced('file = "data/t.csv"', 'file = "../t.csv"'), "outside", "data.t", "Copy"),
        (replaced('file = "data/t.csv"', "file = 'C:\\t.csv'"), "outside", "data.t", "Copy"),
        (replaced('file = "data/t.csv"', 'file = "data/tt.csv"'), "no file 'data/tt.csv'", "data.t", "'data/t.csv'"),
        (replaced('file = "data/t.csv"', 'file = "data"'), "is a folder", "data.t", ""),
        (replaced('file = "data/t.csv"', 'sample = "russia"'), "Unknown sample", "data.t", "russia"),
        (replaced('file = "data/t.csv"', 'sample = "russia-regions"\nsheet = "a"'), "sheet", "data.t", ""),
        (replaced('file = "data/t.csv"', 'file = "data/t.csv"\nsample = "a"'), "either from file", "data.t", ""),
        (replaced('file = "data/t.csv"', 'file = "data/t.csv"\nschema = "inovation_space"'), "input", "schema", "inno"),
        ('[study]\ntitle = "a"\n', "no step", "study.toml", "[step.NAME]"),
        (GOOD + "[[lnik]]\nfrom = 'a'\n", "Unknown table [lnik]", "study.toml", "link"),
        (GOOD.replace("[study]", "[stdy]"), "", "", ""),
    ],
)
def test_each_mistake_is_named_with_place_and_remedy(study, text, what, where, remedy):
    folder = study(text)
    if "[stdy]" in text:
        with pytest.raises(StudyProblemsError) as caught:
            load_study(folder)
        assert [p.what for p in caught.value.problems] == ["Unknown table [stdy].", "The table [study] is missing."]
        return
    error = only_problem(folder)
    assert what in error.what
    assert where in error.where
    assert remedy in error.remedy


def test_every_problem_is_listed_at_once(study):
    text = GOOD.replace("seed = 7", "sed = 7").replace("factor", "faktor").replace('"data/t.csv"', '"data/x.csv"')
    with pytest.raises(StudyProblemsError) as caught:
        load_study(study(text))
    assert len(caught.value.problems) == 3
    assert len(caught.value.to_dict()["problems"]) == 3
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert "3. " in str(again)


def test_a_link_out_of_the_folder_is_refused(study, tmp_path_factory):
    folder = study(GOOD)
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("region,value\na,1\n", encoding="utf-8")
    (folder / "data" / "t.csv").unlink()
    os.symlink(outside, folder / "data" / "t.csv")
    assert "outside the study folder" in only_problem(folder).what


def test_other_encodings_and_huge_files_are_refused(study, monkeypatch):
    folder = study(GOOD)
    (folder / "study.toml").write_bytes(GOOD.encode("cp1251"))
    error = only_problem(folder)
    assert "UTF-8" in error.remedy
    assert "line 3" in error.where
    study(GOOD)
    monkeypatch.setattr("innospace.study.load.MAX_STUDY_BYTES", 10)
    assert "too large" in only_problem(folder).what
    monkeypatch.setattr("innospace.study.load.MAX_STUDY_BYTES", 1 << 20)
    monkeypatch.setattr("innospace.study.load.MAX_DATA_BYTES", 10)
    assert "too large" in only_problem(folder).what


def test_problems_of_data_and_steps_are_found_without_running(study, engine):
    folder = study(GOOD.replace("factor = 2.0", 'column = "worth"'))
    found = problems(folder)
    assert [e.what for e in found] == ["No column 'worth'."]
    assert "[step.first]: preflight" in found[0].where
    assert engine.CALLS == []


def test_a_schema_is_checked_and_told_once(study):
    folder = study(GOOD.replace('file = "data/t.csv"', 'file = "data/t.csv"\nschema = "innovation_space"'))
    (found,) = problems(folder)
    assert "technologies" in found.what
    assert "[data.t]" in found.where


def test_columns_are_renamed_and_origin_is_described(study):
    from innospace.study.tables import read

    keys = 'columns = { value = "worth" }\nnature = "assumed"\nnote = "Придумано"'
    folder = study(
        GOOD.replace('file = "data/t.csv"', f'file = "data/t.csv"\n{keys}'), "region,worth,value\nМосква,2,3\n"
    )
    loaded = load_study(folder)
    dataset = read(folder, loaded.tables["t"])
    assert list(dataset.frame.columns) == ["region", "value"]
    assert dataset.frame["value"].tolist() == [2]
    assert (dataset.source.nature, dataset.source.note) == ("assumed", "Придумано")
    assert "left out: value" in dataset.steps[-1]


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ('{ value = "wroth" }', "Unknown column: 'wroth'"),
        ('{ value = "worth", other = "worth" }', "two names"),
    ],
)
def test_wrong_columns_are_problems(study, columns, what):
    text = GOOD.replace('file = "data/t.csv"', f'file = "data/t.csv"\ncolumns = {columns}')
    (found,) = problems(study(text, "region,worth\nМосква,2\n"))
    assert what in found.what


def test_a_column_that_the_schema_does_not_know_is_a_problem(study):
    text = GOOD.replace(
        'file = "data/t.csv"', 'file = "data/t.csv"\nschema = "innovation_space"\ncolumns = { tech = "value" }'
    )
    (found,) = problems(study(text))
    assert "column of the schema" in found.what
