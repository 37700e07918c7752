"""Study files are changed as text: comments stay, values are those asked for, nobody's change is lost."""

import contextlib
import threading
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import LabelError, StudyError
from innospace.study import edit, edit_layout
from innospace.study.create import create
from innospace.study.edit import StudyText, read_text, save_text

EMPTY = '# mine\n[study]\ntitle = "A"  # what it is about\n'
FULL = """# top
[study]
title = "A"  # about

# the table
[data.regions]
file = "data/a.csv"   # where it is
columns = { technologies = "Патенты" }

[step.frontier]
engine = "frontier"
data = "regions"
# why half normal
inefficiency = "half_normal"

[[scenario]]
name = "invest"   # first
[[scenario.shock]]
parameter = "p"
value = 1.3

# the end
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.sampled_from(["\x00", "\x7f", "\r\n", '"""']),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
tables = st.dictionaries(texts, values, max_size=5)
names = st.from_regex(r"[A-Za-zА-яё][\w-]{0,8}", fullmatch=True)


def same(one, other):
    return edit_layout.equal(one, other)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([EMPTY, FULL]), names, tables, tables)
def test_values_come_back_as_they_were_given(text, name, first, second):
    before = tomllib.loads(text)
    for values in ({**v, "engine": "frontier"} for v in (first, second, first)):
        text = edit.with_step(text, name, values)
        found = tomllib.loads(text)
        assert same(found["step"][name], values)
        assert found["study"] == before["study"]
        text = edit.with_table(text, name, values)
        assert same(tomllib.loads(text)["data"][name], values)
    assert "# mine" in text or "# top" in text


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), tables), max_size=5))
def test_scenarios_keep_their_order_and_replace_by_name(made):
    text, expected = FULL, {"invest": {"name": "invest", "shock": [{"parameter": "p", "value": 1.3}]}}
    for name, values in made:
        expected[name] = {**values, "name": name}
        text = edit.with_scenario(text, expected[name])
    assert same(tomllib.loads(text)["scenario"], list(expected.values()))


def test_comments_and_order_survive_a_change():
    text = edit.with_step(FULL, "frontier", {"engine": "frontier", "data": "regions", "inefficiency": "exponential"})
    assert text == FULL.replace('"half_normal"', '"exponential"')
    text = edit.with_table(
        FULL, "regions", {"file": "data/a.csv", "columns": {"technologies": "Патенты", "space": "V"}}
    )
    assert text == FULL.replace('"Патенты" }', '"Патенты", space = "V" }')
    text = edit.with_head(FULL, {"title": "Б", "seed": 3})
    assert 'title = "Б"  # about\nseed = 3\n' in text
    assert text.endswith("# the end\n")


def test_a_comment_above_a_table_stays_above_it():
    text = edit.with_step(FULL.replace("[[scenario]]", "# what if\n[[scenario]]"), "more", {"engine": "frontier"})
    text = edit.with_step(edit.with_head(text, {"seed": 1}), "frontier", {"engine": "frontier", "model": "x"})
    assert "# the table\n[data.regions]" in text
    assert "# what if\n[[scenario]]" in text
    assert '\n\n[step.more]\nengine = "frontier"\n\n' in text
    other = edit.with_scenario(FULL, {"name": "other", "shock": [{"parameter": "p"}]})
    assert '\n\n[[scenario]]\nname = "other"\n' in other


def test_new_tables_read_as_a_person_would_write_them():
    text = edit.with_table(EMPTY, "regions", {"file": "data/a.csv", "columns": {"space": "V"}, "sheet": None})
    text = edit.with_step(text, "frontier", {"engine": "frontier", "data": "regions"})
    assert text.startswith(EMPTY)
    assert '[data.regions]\nfile = "data/a.csv"\ncolumns = { space = "V" }\n' in text
    assert '[step.frontier]\nengine = "frontier"\ndata = "regions"\n' in text
    assert "[data]" not in text
    assert "[step]" not in text


def test_a_scenario_has_its_shocks_beneath_it():
    shock = {"parameter": "investment_share", "where": {"agent": ["a", "b"]}, "years": [2013, 2030], "value": 1.3}
    text = edit.with_scenario(EMPTY, {"name": "invest", "why": "30 % more", "shock": [shock]})
    assert '[[scenario]]\nname = "invest"' in text
    assert "[[scenario.shock]]\n" in text


def test_links_are_replaced_by_their_target():
    link = {"from": "frontier.te", "to": "economy.x", "where": {"region": "Уфа"}}
    text = edit.with_link(edit.with_link(FULL, link), {**link, "from": "other.te"})
    assert tomllib.loads(text)["link"] == [{**link, "from": "other.te"}]
    assert "link" not in tomllib.loads(edit.without_link(text, "economy.x"))


def test_what_is_taken_out_is_gone_and_the_rest_stays():
    text = edit.without_step(edit.without_table(FULL, "regions"), "frontier")
    assert tomllib.loads(text).keys() == {"study", "scenario"}
    assert "# top" in text
    assert "# first" in text
    with pytest.raises(LabelError):
        edit.without_step(FULL, "frontire")


@pytest.mark.parametrize(
    "text",
    [
        # one section in several places
        '[step.a]\nengine = "x"\n[data.d]\nfile = "f"\n[step.b]\nengine = "y"\n',
        # dotted keys and inline tables
        'study.title = "A"\nstep = { a = { engine = "x" }, b = { engine = "y" } }\ndata.d = { file = "f" }\n',
        '[study]\ntitle = "A"\n[step]\na.engine = "x"\nb.engine = "y"\n[data]\nd.file = "f"\n',
        '[study]\r\ntitle = "A"\r\n[step.a]\r\nengine = "x"\r\n[step.b]\r\nengine = "y"\r\n[data.d]\r\nfile = "f"\r\n',
        '[step."a"]\nengine = "x"\n[step.b]\nengine="y"\n[data.d]\nfile="f"\n[data.d.columns]\na="b"',
    ],
)
def test_any_layout_can_be_changed(text):
    before = tomllib.loads(text)
    changed = edit.with_step(text, "a", {"engine": "z", "data": "d"})
    changed = edit.with_step(changed, "новый", {"engine": "z"})
    changed = edit.without_step(edit.with_table(changed, "e", {"file": "g"}), "b")
    expected = {
        **before,
        "step": {"a": {"engine": "z", "data": "d"}, "новый": {"engine": "z"}},
        "data": {**before["data"], "e": {"file": "g"}},
    }
    assert tomllib.loads(changed) == expected


def test_names_that_a_study_file_cannot_hold_are_refused():
    for name in ("", "1a", "a.b", "../x", "a\nb"):
        with pytest.raises(StudyError, match="cannot name"):
            edit.with_step(EMPTY, name, {"engine": "frontier"})


@pytest.mark.parametrize("text", ["data = 3", "data = [1]", "link = 1", "link = [1]", "study = 1", "step = 'a'"])
def test_what_is_not_written_as_tables_is_not_changed(text):
    kind = text.split()[0]
    change = {
        "study": lambda: edit.with_head(text, {"seed": 1}),
        "data": lambda: edit.with_table(text, "a", {}),
        "step": lambda: edit.without_step(text, "a"),
        "link": lambda: edit.with_link(text, {"to": "a"}),
    }[kind]
    with pytest.raises(StudyError, match="cannot be changed here"):
        change()


def test_saving_is_refused_when_another_tab_was_first(tmp_path):
    folder = tmp_path / "s"
    create(folder, "russia-2010-2012")
    first, second = read_text(folder), read_text(folder)
    saved = save_text(folder, edit.with_head(first.text, {"title": "One"}), first.digest)
    assert saved == read_text(folder)
    with pytest.raises(StudyError, match="changed by somebody else") as told:
        save_text(folder, edit.with_head(second.text, {"title": "Two"}), second.digest)
    assert "Load the page again" in told.value.remedy
    assert read_text(folder) == saved
    # the tab that was first goes on without loading the page
    save_text(folder, edit.with_head(saved.text, {"title": "Three"}), saved.digest)


def test_of_many_who_save_at_once_one_wins_and_the_file_stays_whole(tmp_path):
    (tmp_path / "study.toml").write_text(EMPTY, encoding="utf-8")
    read, outcomes = read_text(tmp_path), []
    start = threading.Barrier(8)

    def save(i):
        start.wait()
        with contextlib.suppress(StudyError):
            outcomes.append(save_text(tmp_path, edit.with_head(read.text, {"seed": i}), read.digest))

    threads = [threading.Thread(target=save, args=(i,)) for i in range(8)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert outcomes == [read_text(tmp_path)]
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_what_is_no_toml_is_never_written(tmp_path):
    (tmp_path / "study.toml").write_text(EMPTY, encoding="utf-8")
    read = read_text(tmp_path)
    with pytest.raises(StudyError, match="not valid TOML"):
        save_text(tmp_path, read.text + "\n[step", read.digest)
    with pytest.raises(StudyError, match="too large"):
        save_text(tmp_path, read.text + "#" * (1 << 20), read.digest)
    assert read_text(tmp_path) == read


def test_a_byte_order_mark_and_permissions_do_not_matter(tmp_path):
    file = tmp_path / "study.toml"
    file.write_bytes(b"\xef\xbb\xbf" + EMPTY.encode())
    file.chmod(0o640)
    read = read_text(tmp_path)
    assert read.text == EMPTY
    assert isinstance(save_text(tmp_path, edit.with_head(read.text, {"seed": 1}), read.digest), StudyText)
    assert file.stat().st_mode & 0o777 == 0o640
