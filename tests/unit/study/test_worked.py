"""A study of one's own, begun as a copy of a worked one."""

from __future__ import annotations

import pytest

from innospace.core.errors import LabelError, StudyError
from innospace.study.inspect import problems
from innospace.study.load import load_study
from innospace.study.worked import create_like, worked_studies


@pytest.mark.parametrize("name", sorted(worked_studies()))
def test_every_worked_study_becomes_one_without_problems(name, tmp_path):
    files = create_like(tmp_path / "мой регион", name)
    assert files
    assert all(f.is_file() for f in files)
    assert problems(tmp_path / "мой регион") == []
    assert load_study(tmp_path / "мой регион").title == worked_studies()[name].title


def test_commands_in_the_file_name_the_new_folder(tmp_path):
    create_like(tmp_path / "my region", "bashkortostan")
    text = (tmp_path / "my region" / "study.toml").read_text(encoding="utf-8")
    assert "innospace run 'my region'" in text
    assert "studies/" not in text


def test_a_title_replaces_that_of_the_worked_study(tmp_path):
    title = 'Мой "регион" \\1'
    create_like(tmp_path / "own", "bashkortostan", title)
    study = load_study(tmp_path / "own")
    assert study.title == title
    assert [s["name"] for s in study.scenarios] == ["TE-of-Tatarstan"]


def test_a_name_that_is_not_known_names_the_nearest(tmp_path):
    with pytest.raises(LabelError, match="bashkortostan"):
        create_like(tmp_path / "own", "bashkortostam")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    with pytest.raises(StudyError, match="not empty"):
        create_like(tmp_path, "bashkortostan")
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
