"""What a notebook shows: short, whole without a network, and safe whatever the labels say."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import innospace
from innospace.core.document import Document, Paragraph, Section
from innospace.core.figure import Figure, FigureKind
from innospace.core.notebook import COLUMNS, HEAD, LETTERS, ROWS, card, grid, listed, preview
from innospace.core.provenance import Nature, Provenance, Source
from innospace.core.table import Column, Table
from innospace.data.dataset import Dataset

EVIL = '<script>alert("Тверь")</script>'
SAFE = "&lt;script&gt;"
SHORT = 20_000
"""Letters: a page of text, not a data set."""
FRAME = pd.DataFrame({EVIL: ["Тверь", EVIL, "Омск"], "value": [1.5, np.nan, -2.0], "year": [2010, 2011, 2012]})


class Tags(HTMLParser):
    """Open and closed tags must match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def shown(thing, *words: str) -> str:
    """Return what a notebook shows of a thing, which must be short, well formed and without a script."""
    html = thing._repr_html_()
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    assert "script" not in tags.seen
    assert len(html) < SHORT
    assert [w for w in words if w not in html] == []
    return html


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(EVIL, "", Nature.ASSUMED, "Росстат & Co.", EVIL, "Заметка")


def figure(**changes) -> Figure:
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 4.0, 9.0], "label": ["Тверь", EVIL, "Омск"]})
    encoding = {"x": "x", "y": "y", "label": "label", "x_title": EVIL}
    made = Figure("figure-1", FigureKind.SCATTER, f"Заголовок {EVIL}", EVIL, EVIL, EVIL, data, encoding)
    return replace(made, **changes)


def test_a_card_leaves_out_what_is_empty_and_escapes_the_rest():
    html = card(EVIL, [("Имя", EVIL), ("Empty", "")])
    assert html.count(SAFE) == 2
    assert "Empty" not in html
    assert "Имя" in html
    assert "<table>" not in card("title")


def test_long_tables_texts_and_lists_are_cut_and_say_so():
    assert f"and {3} more rows" in grid(["a"], [["x"]] * (ROWS + 3))
    assert "more rows" not in grid(["a"], [["x"]] * ROWS)
    assert len(card("x" * 10_000)) < LETTERS + 100
    assert "and 2 more" in listed(["x"] * (HEAD + 2))
    wide = preview(pd.DataFrame(np.zeros((100, COLUMNS + 1))))
    assert wide.count("<tr>") == HEAD + 1
    assert "and 1 more column<" in wide


def test_a_preview_shows_missing_cells_and_columns_of_one_name():
    html = preview(pd.DataFrame([[np.nan, None, "б"]], columns=["a", "a", "в"]))
    assert html.count("<td") == 3
    assert "nan" not in html


def test_a_table():
    table = Table("t", EVIL, FRAME, (Column(EVIL, EVIL), Column("value", "Величина", "fixed:2")), notes=(EVIL,))
    html = shown(table, "Тверь", "Величина", "1.50")
    assert html.count(SAFE) == 4


def test_a_figure_is_a_drawing_that_needs_no_network_and_no_script():
    html = shown(figure(), "<svg", "Тверь", "Заголовок")
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert SAFE in html
    ET.fromstring(html)


def test_a_figure_does_not_follow_the_renderer_of_the_chart_library():
    import altair

    before = figure()._repr_html_()
    with altair.renderers.enable("mimetype"):
        assert figure()._repr_html_() == before


def test_a_figure_that_cannot_be_drawn_says_why(monkeypatch):
    empty = figure(data=figure().data.iloc[:0])
    assert "Not drawn" in shown(empty, SAFE)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    shown(figure(), "pip install &quot;innospace[report]&quot;", SAFE)


def test_the_text_of_a_figure_is_short_even_for_a_map():
    assert len(repr(figure(geometry={"type": "x" * 100_000}))) < 2_000


def test_a_dataset_and_a_panel(source):
    dataset = Dataset(FRAME, source, ("Шаг.",))
    html = shown(dataset, "3 rows, 3 columns", "assumed", "Росстат &amp; Co.", "Шаг.", "Тверь")
    assert html.count(SAFE) >= 4
    panel = innospace.panel_of(dataset, firm=EVIL, year="year")
    shown(panel, "3 firms, 3 rows", "2010, 2011, 2012", SAFE)
    years = pd.DataFrame({"firm": 1, "year": range(2000, 2010)})
    shown(innospace.panel_of(years), "10 from 2000 to 2009", "1 firm,")


@pytest.mark.parametrize("card", innospace.samples(), ids=lambda c: c.name)
def test_a_card_of_a_sample(card):
    shown(card, card.name, card.nature)


def test_a_matrix(source):
    names = ["Домохозяйства", EVIL]
    values = pd.DataFrame([[0.0, 10.0], [9.0, 0.0]], index=names, columns=names)
    html = shown(innospace.SAM(values, "mln RUB", 2012, source), "2 accounts", "2 accounts not balanced", "10.0000")
    assert SAFE in html
    natures = pd.DataFrame([["", "real"], ["assumption", ""]], index=names, columns=names)
    even = values.replace(9.0, 10.0)
    shown(innospace.SAM(even, "", 0, source, natures), "balanced", "1 real", "1 assumption")


def test_a_scenario():
    shock = innospace.Shock("budget_share", "multiply", 1.3, {"agent": (EVIL, "наука")}, (2013, 2030))
    path = innospace.Shock("budget_share", "path", (1.0, 2.0))
    html = shown(innospace.Scenario("a", EVIL, "Почему", (shock, path)), "1.3", "2013–2030", "every year", "Почему")
    assert html.count(SAFE) == 2
    shown(innospace.Scenario("пусто"), "пусто")


def test_a_document():
    sections = (Section("a", EVIL, (Paragraph("x"), figure())),)
    document = Document(EVIL, "", ("Находка",), (), sections, Provenance.now(), "innospace run")
    assert shown(document, "1 figure, 0 tables", "Находка").count(SAFE) == 2


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    frame = innospace.load_sample("russia-2010-2012").frame
    frame[frame["technologies"] > 0].to_csv(folder / "data.csv", index=False)
    text = f"""
        [study]
        title = '{EVIL}'
        [data."регионы"]
        file = "data.csv"
        [step."шаг"]
        engine = "frontier"
        data = "регионы"
        formula = "log(technologies) ~ log(space)"
        """
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return innospace.run(folder)


def test_a_study_and_its_run(ran):
    shown(ran.study, "шаг", "регионы", "frontier", SAFE)
    html = shown(ran.stored, "шаг", "frontier", ran.stored.run_id[:12], SAFE)
    assert shown(ran) == html
    shown(ran.document(), SAFE)


def test_results_show_their_main_table_and_print_their_summary(ran):
    fit = ran.stored.results["шаг"]
    shown(fit, "log(space)")
    assert repr(fit) == str(fit) == fit.summary()
    firms = pd.DataFrame({"d": [0, 1, 1, 0, 1, 0, 1, 1, 0, 1], "размер": [1.0, 2, 3, 4, 5, 6, 7, 3, 2, 1]})
    probit = innospace.probit("d ~ размер", firms)
    shown(probit, "размер")
    assert repr(probit) == probit.summary()


def test_every_result_class_has_something_for_a_notebook():
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.economy.replication.result import BashkortostanReplication
    from innospace.firms.result import FirmResult
    from innospace.frontier.replication.result import ReplicationResult
    from innospace.frontier.result import FrontierResult
    from innospace.frontier.space.result import SpaceResult

    every = (
        *(BashkortostanReplication, EconomyResult, FirmResult, FrontierResult, ReplicationResult, SpaceResult),
        *(innospace.Dataset, innospace.FirmPanel, innospace.SAM, innospace.Scenario),
    )
    assert [c.__name__ for c in every if not hasattr(c, "_repr_html_")] == []


def test_every_verb_on_firms_is_a_public_name():
    from innospace.firms.verbs import VERBS

    public = {getattr(innospace, name) for name in innospace.__all__}
    assert [name for name, verb in VERBS.items() if verb.function not in public] == []


def test_public_names_are_plain_and_found_by_completion():
    assert len(set(innospace.__all__)) == len(innospace.__all__)
    assert set(innospace.__all__) <= set(dir(innospace))
    assert all(callable(getattr(innospace, name)) for name in innospace.__all__)
    with pytest.raises(AttributeError, match="no attribute 'probitt'"):
        innospace.probitt  # noqa: B018 - looked up for its error
