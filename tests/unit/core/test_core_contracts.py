from __future__ import annotations

import pkgutil
import subprocess
import sys

import pandas as pd
import pytest

import innospace.core
from innospace.core import figure as figures
from innospace.core.checks import Check
from innospace.core.document import Document, Notice, Paragraph, Section
from innospace.core.figure import Figure, FigureKind
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.progress import silent
from innospace.core.provenance import Nature, Provenance
from innospace.core.result import Bundle, Result
from innospace.core.table import Column, Table
from innospace.core.terms import Term

FRAME = pd.DataFrame({"region": ["Тверь", None], "te": [0.81234, float("nan")], "year": [2010, 2011]})
COLUMNS = (Column("region", "Region"), Column("te", "TE", "fixed:3"), Column("year", "Year", "year"))


def table(**changes) -> Table:
    return Table(**({"name": "table-1", "title": "Efficiency", "frame": FRAME, "columns": COLUMNS} | changes))


def figure(**changes) -> Figure:
    base = {"name": "figure-1", "kind": FigureKind.LINES, "title": "T", "subtitle": "S", "caption": "C", "alt": "A"}
    return Figure(**(base | {"data": FRAME, "encoding": {"x": "year", "y": "te"}} | changes))


def test_tables_show_text_and_keep_numbers():
    shown = table().display()
    assert shown.to_dict("list") == {"region": ["Тверь", "–"], "te": ["0.812", "–"], "year": ["2010", "2011"]}
    assert table().frame["te"].iloc[0] == 0.81234
    assert [c.numeric for c in COLUMNS] == [False, True, True]
    assert "<b>Efficiency</b>" in table()._repr_html_()
    assert "Region" in table()._repr_html_()


def test_tables_with_a_layout_show_it_in_the_order_of_columns():
    layout = pd.DataFrame({"year": ["2010"], "te": ["0.8*"], "region": ["Тверь"]})
    assert table(layout=layout).display().to_dict("list") == {"region": ["Тверь"], "te": ["0.8*"], "year": ["2010"]}
    with pytest.raises(KeyError, match="te"):
        table(layout=layout.drop(columns="te")).display()


def test_figures_are_drawn_elsewhere(monkeypatch):
    class Module:
        @staticmethod
        def draw(shown, width):
            return shown.name, width

    monkeypatch.setitem(sys.modules, "fake_drawing", Module)
    monkeypatch.setattr(figures, "DRAW_WITH", "fake_drawing:draw")
    assert figure().draw() == ("figure-1", 640)
    assert figure().draw(width=360) == ("figure-1", 360)


@pytest.mark.parametrize(
    "made", [table(), figure(), Paragraph("p"), Check.at_most("c", 0, 1, "m"), Term("a", "", "", "m")]
)
def test_contracts_are_frozen(made):
    first = next(iter(type(made).__dataclass_fields__))
    with pytest.raises(AttributeError):
        setattr(made, first, "changed")


def test_documents_list_their_tables_and_figures_in_order():
    sections = (
        Section("a", "A", (Paragraph("p"), table(name="t1"), figure(name="f1"))),
        Section("b", "B", (figure(name="f2"), Notice("n", Nature.ASSUMED), table(name="t2"))),
    )
    document = Document("T", "S", (), (), sections, Provenance.now(), "innospace run")
    assert [t.name for t in document.tables()] == ["t1", "t2"]
    assert [f.name for f in document.figures()] == ["f1", "f2"]
    assert document.language == "en"


PROMISED = {
    *("status", "checks", "provenance", "summary", "to_frame", "table", "to_dict"),
    *("offers", "findings", "sections", "to_bundle", "from_bundle"),
}
PARTS = sorted(n for n in vars(Result) if not n.startswith("_"))


def made_of(parts) -> object:
    return type("Made", (), dict.fromkeys(parts, print))()


def test_a_result_is_what_offers_everything():
    assert set(PARTS) >= PROMISED
    assert isinstance(made_of(PARTS), Result)
    assert Bundle("kind", {"a": 1}) == Bundle("kind", {"a": 1}, {})


@pytest.mark.parametrize("part", sorted(PROMISED))
def test_a_result_lacks_nothing(part):
    assert not isinstance(made_of(p for p in PARTS if p != part), Result)


def test_terms_are_plain():
    term = Term("technical_efficiency", "TE", "fraction", "Used share", "exp(-u)", "Battese and Coelli 1988")
    assert Term(**term.to_dict()) == term


def test_steps_need_no_more_than_tables():
    inputs = StepInputs({TABLE: FRAME})
    assert (dict(inputs.links), inputs.scenarios) == ({}, ())
    inputs.parts.save("half", b"x")
    assert inputs.parts.load("half") is None


def test_silence():
    assert silent("Reading", 0.5) is None


def test_core_imports_no_other_room_and_nothing_heavy():
    modules = sorted(m.name for m in pkgutil.iter_modules(innospace.core.__path__))
    assert "inputs" in modules
    code = "import sys\n" + "".join(f"import innospace.core.{m}\n" for m in modules)
    code += "print([m for m in sys.modules if m.split('.')[0] in ('pandas', 'numpy', 'scipy', 'altair')])\n"
    code += "print([m for m in sys.modules if m.startswith('innospace.') and not m.startswith('innospace.core')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
