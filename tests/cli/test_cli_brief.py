from __future__ import annotations

import shutil
import zipfile

import pandas as pd
import pypdf
import pytest


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """The innovation space of Russian regions, run once."""
    from innospace.study import run

    folder = tmp_path_factory.mktemp("space")
    text = (
        '[study]\ntitle = "Регионы"\n[data.r]\nsample = "russia-2010-2012"\nschema = "innovation_space"\n'
        '[step.frontier]\nengine = "frontier"\ndata = "r"\nmodel = "innovation_space"\nzero_rule = "replace"\n'
        'zero_value = 0.1\nfocus = ["Republic of Bashkortostan"]\n'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    run(folder)
    return folder


def words(path):
    reader = pypdf.PdfReader(path)
    return reader, " ".join(" ".join(p.extract_text() for p in reader.pages).split())


@pytest.mark.drawn
def test_a_brief_of_a_stored_run(command, studied, tmp_path):
    done = command("report", studied, "--kind", "brief", "--out", tmp_path / "o", "--formats", "html,pdf", "--json")
    assert done.code == 0
    assert [p.rsplit("/", 1)[-1] for p in done.json["report"]] == ["brief.html", "brief.pdf"]
    reader, text = words(tmp_path / "o" / "brief.pdf")
    assert len(reader.pages) <= 2
    assert all(float(p.mediabox.height) == pytest.approx(841.89, abs=0.1) for p in reader.pages)
    assert "Republic of Bashkortostan reaches" in text
    assert "checks passed" in text
    assert "Reconstructed" in text
    assert "--kind brief" in text
    assert len(done.json["findings"]) > 6, "--json has every finding"


@pytest.mark.drawn
def test_russian_names_on_page_in_pdf_and_in_findings(command, studied, tmp_path):
    options = ("--region-names", "ru", "--out", tmp_path / "o", "--kind", "brief")
    done = command("run", studied, *options, "--formats", "html,pdf,docx,tables", "--json")
    assert done.code == 0
    assert "Республика Башкортостан reaches" in done.json["findings"][0]
    _, text = words(tmp_path / "o" / "brief.pdf")
    assert "Республика Башкортостан reaches" in text
    assert "Свердловская область" in text
    assert "Sverdlovsk" not in text
    assert "Свердловская область" in (tmp_path / "o" / "tables" / "ranking.csv").read_text(encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "o" / "brief.docx") as file:
        assert "Республика Башкортостан reaches" in file.read("word/document.xml").decode()
    cells = pd.read_excel(tmp_path / "o" / "tables" / "tables.xlsx", sheet_name=None, header=None)
    told = "".join(frame.to_string() for frame in cells.values())
    assert "Свердловская область" in told
    assert "Sverdlovsk" not in told
    page = (tmp_path / "o" / "brief.html").read_text(encoding="utf-8")
    assert "Калужская" in page
    assert "Kaluga" not in page


def test_a_study_says_in_which_language_regions_are_named(command, studied, tmp_path):
    own = shutil.copytree(studied, tmp_path / "own")
    file = own / "study.toml"
    said = file.read_text(encoding="utf-8").replace("[study]", '[study]\nregion_names = "ru"')
    file.write_text(said, encoding="utf-8")
    done = command("run", own, "--formats", "html", "--json")
    assert done.json["already_computed"], "no number depends on it"
    assert "Республика Башкортостан reaches" in done.json["findings"][0]
    assert "--region-names" not in (own / "report" / "report.html").read_text(encoding="utf-8")
    done = command("report", own, "--formats", "html", "--region-names", "en", "--json")
    assert "Republic of Bashkortostan reaches" in done.json["findings"][0]
    assert "--region-names en" in (own / "report" / "report.html").read_text(encoding="utf-8")
    file.write_text(said.replace('"ru"', '"fr"'), encoding="utf-8")
    wrong = command("check", own)
    assert wrong.code == 2
    assert "region_names" in wrong.err


def test_runs_are_compared_with_names_in_a_language(command, studied, tmp_path):
    own = shutil.copytree(studied, tmp_path / "own")
    file = own / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("= 0.1", "= 0.2"), encoding="utf-8")
    assert command("run", own, "--formats", "tables").code == 0
    out = tmp_path / "out.csv"
    done = command("compare", studied, own, "--region-names", "ru", "--out", out)
    for text in (done.out, out.read_text(encoding="utf-8")):
        assert "Республика Хакасия" in text
        assert "Republic of" not in text
    done = command("compare", studied, own)
    assert "Republic of" in done.out
    assert "Республика" not in done.out
    assert command("compare", studied, own, "--region-names", "fr").code == 2


def test_full_is_the_default(command, fake_study, tmp_path):
    done = command("run", fake_study(), "--formats", "html")
    assert done.code == 0
    assert "report.html" in done.out
    done = command("run", fake_study(), "--formats", "html", "--kind", "brief")
    assert "Already computed" in done.out
    assert "brief.html" in done.out


@pytest.mark.parametrize(
    ("option", "value", "said"), [("--kind", "poster", "brief"), ("--region-names", "fr", "ru"), ("--kind", "", "full")]
)
@pytest.mark.parametrize("verb", ["run", "report"])
def test_what_is_not_known_is_refused_before_any_work(command, fake_study, engine, verb, option, value, said):
    done = command(verb, fake_study(), option, value)
    assert done.code == 2
    assert option in done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert engine.CALLS == []
