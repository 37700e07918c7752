from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pypdf
import pytest

from innospace.core.document import Document, Heading, Notice, Paragraph, Section
from innospace.core.errors import LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.core.provenance import Nature, Provenance
from innospace.core.result import Bundle
from innospace.core.table import Column, Table
from innospace.data.regions import catalogue
from innospace.report.brief import shorten
from innospace.report.brief_pages import render_brief_html, render_brief_pdf
from innospace.report.pdf import render_pdf
from innospace.study import run
from innospace.study.composition import compose
from innospace.study.region_names import in_language, in_russian
from innospace.study.store import SHOWN

TEXT = (
    '[study]\ntitle = "Проба"\n[data.t]\nfile = "data/t.csv"\n'
    '[step.one]\nengine = "fake"\ndata = "t"\n[step.two]\nengine = "fake"\ndata = "t"\nfactor = 2.0\n'
)
NAMES = dict(zip(catalogue()["region"], catalogue()["region_ru"], strict=True))


def test_every_region_has_its_russian_name_and_none_is_taken_for_another():
    text = "; ".join(NAMES)
    assert in_russian(text) == "; ".join(NAMES.values())
    assert in_russian("Kursk Regional, Old Kursk Region") == f"Kursk Regional, Old {NAMES['Kursk Region']}"
    assert in_russian("Уфа (Republic of Bashkortostan)") == "Уфа (Республика Башкортостан)"


def ranked():
    frame = pd.DataFrame({"region": list(NAMES)[:5], "te": [0.1, 0.2, 0.3, 0.4, 0.5], "Kursk Region": 1.0})
    frame["kind"] = pd.Categorical(["Kursk Region"] * 4 + ["other"])
    frame["none"] = [None, "Bryansk Region", None, 1, 2.5]
    encoding = {"label": "region", "value": "te", "lower": "te", "upper": "te", "value_title": "TE, Kursk Region"}
    layers = {"line": pd.DataFrame({"label": ["Bryansk Region"]})}
    words = ("Belgorod Region leads", "of Belgorod Region", "Belgorod Region.", "Belgorod Region")
    shown = Figure("f", FigureKind.INTERVALS, *words, frame, {**encoding, "x": "Kursk Region"}, layers)
    columns = (Column("region", "Region"), Column("te", "TE", "fixed:1", "Belgorod Region"))
    return shown, Table("t", "Belgorod Region", frame, columns, ("Belgorod Region",), frame[["region", "te"]])


def document():
    blocks = (Paragraph("Belgorod Region"), Heading("Belgorod Region"), Notice("Belgorod Region", Nature.ASSUMED))
    body = (Section("s", "Belgorod Region", (*blocks, *ranked())),)
    provenance = Provenance("0", (), {"focus": ["Belgorod Region"]})
    found = Document("Belgorod Region", "", ("Belgorod Region reaches 1 %.",), (), body, provenance, "innospace run x")
    return in_language(found, "ru")


def test_findings_figures_and_tables_are_renamed_and_what_reproduces_the_report_is_not():
    page = document()
    assert page.findings == ("Белгородская область reaches 1 %.",)
    assert page.title == "Belgorod Region"
    assert page.provenance.options == {"focus": ["Belgorod Region"]}
    assert [b.text for b in page.sections[0].blocks[:3]] == ["Белгородская область"] * 3
    shown, found = page.figures()[0], page.tables()[0]
    assert shown.title == "Белгородская область leads"
    assert list(shown.data["region"]) == list(NAMES.values())[:5]
    assert list(shown.data["none"].iloc[[1, 3, 4]]) == ["Брянская область", 1, 2.5]
    assert shown.data["kind"].cat.categories.tolist() == ["Курская область", "other"]
    assert shown.encoding["x"] == "Kursk Region", "the name of a column"
    assert shown.encoding["value_title"] == "TE, Курская область"
    assert shown.layers["line"]["label"].tolist() == ["Брянская область"]
    assert found.columns[1].group == "Белгородская область"
    assert found.layout["region"].tolist() == list(NAMES.values())[:5]
    assert list(ranked()[0].data["region"]) == list(NAMES)[:5]


@pytest.mark.parametrize("render", [render_pdf, render_brief_pdf])
def test_russian_names_can_be_extracted_from_the_pdf(render):
    pages = pypdf.PdfReader(io.BytesIO(render(document()))).pages
    text = " ".join(" ".join(p.extract_text() for p in pages).split())
    assert "Белгородская область reaches 1 %." in text
    assert all(name in text for name in list(NAMES.values())[:5])


def test_a_language_that_is_not_known():
    with pytest.raises(LabelError, match="de"):
        in_language(document(), "de")


def test_a_brief_states_the_last_step_and_the_first_finding_of_others(study, monkeypatch):
    folder = study(TEXT)
    monkeypatch.chdir(folder.parent)
    stored = run(folder).stored
    page = compose(stored, folder, kind="brief", region_names="ru")
    assert page.command == f"innospace run {folder.name} --kind brief --region-names ru"
    again = f"innospace report {folder.name} --run {stored.run_id[:SHOWN]} --kind brief --region-names ru"
    assert page.again == again
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(render_brief_pdf(page))).pages)
    assert again in text.replace("\n", " ")
    assert again in render_brief_html(page)
    assert page.highlights == ("Сумма равна 8.", "Сумма равна 4.")
    assert [s.step for s in page.sections] == ["one", "two"]
    brief = shorten(page)
    assert (brief.figures, brief.table.name) == ((), "rows")
    assert brief.left == 0


def test_six_findings_at_most(study, monkeypatch, engine):
    monkeypatch.setattr(engine.FakeResult, "findings", lambda self: tuple(f"{self.total:g}:{i}" for i in range(9)))
    folder = study(TEXT)
    page = compose(run(folder).stored, folder)
    assert page.highlights == ("8:0", "8:1", "8:2", "8:3", "8:4", "4:0")
    monkeypatch.setattr(engine.FakeResult, "findings", lambda self: ())
    assert compose(run(folder).stored, folder).highlights == ()


def test_the_command_sets_the_same_page_when_the_study_has_changed(study, tmp_path):
    import shlex

    from innospace.cli.app import main
    from innospace.report.brief_pages import render_brief_html

    folder = study(TEXT)
    page = compose(run(folder).stored, folder, kind="brief")
    (folder / "study.toml").write_text(TEXT.replace("factor = 2.0", "factor = 3.0"), encoding="utf-8")
    _, verb, _, *options = shlex.split(page.again)
    assert main([verb, str(folder), *options, "--formats", "html", "--out", str(tmp_path / "again"), "--quiet"]) == 0
    again = (tmp_path / "again" / "brief.html").read_text(encoding="utf-8")
    assert "Сумма равна 8." in again
    assert page.run_id in again
    assert render_brief_html(page) == again


def test_every_number_of_a_report_comes_from_the_stored_run(study, tmp_path):
    """Numbers are changed in the store and nowhere else: every form of the report has the changed ones."""
    import docx

    from innospace.cli.app import main
    from innospace.study.store import Store, read_run

    folder = study(TEXT)
    run(folder)
    stored = read_run(folder)
    steps = []
    for step in stored.steps:
        bundle = step.result.to_bundle()
        frames = {name: f.assign(value=f["value"] + 777.0) for name, f in bundle.frames.items()}
        meta = {**bundle.meta, "total": 12345.0}
        steps.append(replace(step, result=type(step.result).from_bundle(Bundle("fake", meta, frames))))
    Store(folder).write_run(replace(stored, steps=tuple(steps)), fresh=True)
    out = tmp_path / "out"
    for kind in ("full", "brief"):
        options = ["--kind", kind, "--formats", "html,pdf,docx,tables,data", "--out", str(out), "--quiet"]
        assert main(["report", str(folder), *options]) == 0
    word = docx.Document(str(out / "report.docx"))
    texts = {
        "docx": " ".join([p.text for p in word.paragraphs] + [c.text for t in word.tables for c in t._cells]),
        "html": (out / "report.html").read_text(encoding="utf-8"),
        "brief": (out / "brief.html").read_text(encoding="utf-8"),
        "pdf": "".join(p.extract_text() for p in pypdf.PdfReader(out / "report.pdf").pages),
        "brief pdf": "".join(p.extract_text() for p in pypdf.PdfReader(out / "brief.pdf").pages),
    }
    values = [f"{v:.1f}" for v in stored.steps[0].result.frame["value"] + 777.0]
    for form, text in texts.items():
        assert "12345" in text, form
        assert all(v in text for v in values), form
    for file in (*out.glob("tables/*.csv"), *out.glob("data/*.csv")):
        assert all(v in file.read_text(encoding="utf-8") for v in values), file
