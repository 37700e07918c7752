"""The folder of studies: names in addresses lead nowhere else, a study that is not whole yet is shown all the same."""

import tomllib

import pytest

from innospace.core.errors import InnospaceError, StudyError
from innospace.core.slugs import slug
from innospace.study import edit
from innospace.study.create import create
from innospace.study.load import load_study
from innospace.web.workspace import Workspace

SAMPLE = "russia-2010-2012"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "studies"
    folder.mkdir()
    create(folder / "one", SAMPLE)
    return folder


def test_cards_tell_what_a_study_is_without_its_data(root):
    (root / "one" / "data" / "regions.csv").write_text("no table at all", encoding="utf-8")
    (root / "not-a-study").mkdir()
    (root / ".hidden").mkdir()
    (root / ".hidden" / "study.toml").write_text("", encoding="utf-8")
    (card,) = Workspace(root).studies()
    assert (card.name, card.engines, card.state, card.last_run) == ("one", ("frontier",), "new", "")


def test_a_broken_study_is_listed_with_its_problems(root):
    for name, text in {"b": "no toml [", "c": "study = 3\nstep = 4\n", "d": "\x00"}.items():
        (root / name).mkdir()
        (root / name / "study.toml").write_text(text, encoding="utf-8")
    (root / "e").mkdir()
    (root / "e" / "study.toml").write_bytes(b"\xff\xfe")
    cards = {c.name: c for c in Workspace(root).studies()}
    assert [cards[n].state for n in "bcde"] == ["problems"] * 4
    assert all(cards[n].problems and cards[n].title == n for n in "bcde")


def test_a_stored_run_is_dated(root):
    run = root / "one" / "runs" / "0123"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}", encoding="utf-8")
    (card,) = Workspace(root).studies()
    assert card.state == "computed"
    assert card.last_run.endswith(" UTC")


def test_a_study_is_the_only_one_of_its_workspace(root):
    workspace = Workspace(root / "one")
    assert not workspace.many
    assert [c.name for c in workspace.studies()] == ["one"]
    assert workspace.folder("one") == root / "one"
    assert Workspace(root / "one" / "study.toml").root == root / "one"
    with pytest.raises(StudyError, match="no study 'studies'"):
        workspace.folder("studies")
    with pytest.raises(StudyError, match="shows one study"):
        workspace.create("Two")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../studies/one", "one/", "one/.", "./one", "/", "one\\", "c:one", "one\x00", ".hidden", "x" * 300,
     "../" * 9 + "etc", "%2e%2e", "one\n", "not-a-study", "file"],
)  # fmt: skip
def test_names_that_are_no_study_here_are_refused(root, name):
    (root / ".hidden").mkdir()
    (root / ".hidden" / "study.toml").write_text("", encoding="utf-8")
    (root / "not-a-study").mkdir()
    (root / "file").write_text("", encoding="utf-8")
    (root.parent / "study.toml").write_text("", encoding="utf-8")
    with pytest.raises(StudyError, match="There is no study"):
        Workspace(root).folder(name)


def test_links_out_of_the_folder_are_no_studies(root, tmp_path):
    outside = tmp_path / "outside"
    create(outside, SAMPLE)
    (root / "link").symlink_to(outside, target_is_directory=True)
    (root / "inner").symlink_to(root / "one", target_is_directory=True)
    (root / "file").mkdir()
    (root / "file" / "study.toml").symlink_to(outside / "study.toml")
    workspace = Workspace(root)
    assert [c.name for c in workspace.studies()] == ["inner", "one"]
    for name in ("link", "file"):
        with pytest.raises(StudyError, match="There is no study"):
            workspace.folder(name)
    linked = tmp_path / "elsewhere"
    linked.symlink_to(root, target_is_directory=True)
    assert Workspace(linked).folder("one") == root.resolve() / "one"


def test_an_empty_study_is_shown_and_says_what_it_lacks(root):
    workspace = Workspace(root)
    folder = workspace.create('  Инновации  "моего" региона ')
    assert folder.name == "инновации-моего-региона"
    assert workspace.folder(folder.name) == folder
    card = next(c for c in workspace.studies() if c.name == folder.name)
    assert (card.title, card.state, card.engines) == ('Инновации "моего" региона', "new", ())
    with pytest.raises(InnospaceError, match="1 problem") as told:
        load_study(folder)
    assert "no step" in str(told.value)


@pytest.mark.parametrize("sample", [SAMPLE, "bashkortostan"])
def test_a_study_begins_with_a_sample_or_a_worked_study(root, sample):
    folder = Workspace(root).create("Mine, 2026", sample)
    assert folder.name == "mine-2026"
    assert load_study(folder).title == "Mine, 2026"


def test_a_study_that_cannot_be_made_leaves_nothing(root):
    before = sorted(p.name for p in root.iterdir())
    for title, sample in (("", None), (" \n", None), ("x" * 301, None), ("X", "no-such-sample"), ("X", "../x")):
        with pytest.raises(InnospaceError):
            Workspace(root).create(title, sample)
    assert sorted(p.name for p in root.iterdir()) == before


def test_names_taken_get_a_number(root):
    workspace = Workspace(root)
    assert [workspace.create(t).name for t in ("One", "ONE", "Two")] == ["one-2", "one-3", "two"]
    read = edit.read_text(root / "one-2")
    assert tomllib.loads(read.text)["study"]["title"] == "One"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows", "c-windows"),
        ("CON", "study-con"),
        ("com1", "study-com1"),
        ("...", "study"),
        ("🙂", "study"),
        ("a\x00b\nc", "a-b-c"),
        ("_a_", "a"),
        ("Ёлки и палки", "ёлки-и-палки"),
    ],
)
def test_folder_names_are_safe_everywhere(title, name):
    assert slug(title, "study", 60, plain=True) == name


def test_folder_names_stay_short():
    assert len(slug("Ж" * 300, "study", 60, plain=True).encode()) < 200
    assert not slug("a" * 59 + " bcd", "study", 60, plain=True).endswith("-")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(StudyError, match="There is no folder"):
        Workspace(tmp_path / "nowhere")
