"""Links pass labelled numbers between steps; scenarios come from the study file and its folder."""

from __future__ import annotations

import pytest

from innospace.core.errors import InnospaceError
from innospace.study import problems
from innospace.study.execute import run
from innospace.study.load import load_study

HEAD = '[study]\ntitle = "Проба"\n[data.t]\nfile = "data/t.csv"\n'
STEPS = '[step.later]\nengine = "fake"\ndata = "t"\n[step.first]\nengine = "fake"\ndata = { table = "t", more = "t" }\n'
LINK = '[[link]]\nfrom = "first.value"\nto = "later.weight"\nwhere = { region = "Москва" }\n'


def test_a_number_is_passed_by_its_label(study, engine):
    folder = study(HEAD + STEPS + LINK)
    loaded = load_study(folder)
    assert [s.name for s in loaded.steps] == ["first", "later"], "a link makes a step wait for its source"
    found = run(folder)
    link = engine.RECEIVED[-1].links["weight"]
    assert (link.value, link.unit) == (2.5, "links")
    assert "first.value (Москва)" in link.origin
    assert any("2.5 links taken over" in line for line in found.stored.log)
    assert set(engine.RECEIVED[0].tables) == {"table", "more"}


def test_a_changed_link_computes_its_step_again(study, engine):
    folder = study(HEAD + STEPS + LINK)
    run(folder)
    study(HEAD + STEPS + LINK.replace("Москва", "Курская область"))
    assert run(folder).reused == ("first",)
    assert engine.RECEIVED[-1].links["weight"].value == 1.5


def test_scenarios_of_file_and_folder_reach_the_engine(study, engine):
    folder = study(HEAD + STEPS + '[[scenario]]\nname = "a"\nwhy = "проба"\n')
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "б.toml").write_text('title = "B"\n', encoding="utf-8")
    run(folder)
    assert [s["name"] for s in engine.RECEIVED[-1].scenarios] == ["a", "б"]
    (folder / "scenarios" / "б.toml").write_text('title = "C"\n', encoding="utf-8")
    assert not run(folder).already_computed, "a changed scenario is another run"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("first.value", "frist.value", "'frist.value' is not a quantity of a step"),
        ("first.value", "first", "'first' is not a quantity of a step"),
        ("first.value", "first.valu", "Unknown quantity: 'valu'"),
        ("later.weight", "later.wieght", "Unknown quantity: 'wieght'"),
        ("later.weight", "first.weight", "leads from a step to itself"),
        ("from =", "form =", "Unknown key 'form'"),
    ],
)
def test_wrong_links_are_named_before_anything_runs(study, engine, old, new, what):
    found = problems(study(HEAD + STEPS + LINK.replace(old, new)))
    assert any(what in p.what for p in found), [p.what for p in found]
    assert all("[[link]] 1" in p.where for p in found)
    assert engine.CALLS == []


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ('{ region = "Масква" }', "No region 'Масква'"),
        ('{ regoin = "Москва" }', "Unknown label: 'regoin'"),
        ("{ }", "select 2 numbers instead of one"),
    ],
)
def test_labels_must_select_one_number(study, where, what):
    folder = study(HEAD + STEPS + LINK.replace('{ region = "Москва" }', where))
    with pytest.raises(InnospaceError) as caught:
        run(folder)
    assert what in caught.value.what
    assert "[[link]] to later.weight" in caught.value.where


def test_a_circle_of_links_is_named(study):
    back = '[[link]]\nfrom = "later.value"\nto = "first.weight"\n'
    assert any("circle" in p.what for p in problems(study(HEAD + STEPS + LINK + back)))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[scenario]]\n", "has no name"),
        ('[[scenario]]\nname = "a"\n[[scenario]]\nname = "a"\n', "share a name"),
        ('[scenario]\nname = "a"\n', "not a list of tables"),
        ('[link]\nfrom = "a"\n', "not a list of tables"),
    ],
)
def test_wrong_lists_are_problems(study, text, what):
    assert any(what in p.what for p in problems(study(HEAD + STEPS + text)))


def test_wrong_parts_of_tables_are_problems(study):
    found = problems(study(HEAD + STEPS.replace('{ table = "t", more = "t" }', '{ tabel = "t" }')))
    assert any("needs a table as 'table'" in p.what for p in found)
    assert any(
        "There is no [data.u]" in p.what for p in problems(study(HEAD + STEPS.replace('more = "t"', 'more = "u"')))
    )
