from __future__ import annotations

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
    done = command("run", studied, *options, "--formats", "html,pdf,tables", "--json")
    assert done.code == 0
    assert "Республика Башкортостан reaches" in done.json["findings"][0]
    _, text = words(tmp_path / "o" / "brief.pdf")
    assert "Республика Башкортостан reaches" in text
    assert "Свердловская область" in text
    assert "Sverdlovsk" not in text
    assert "Свердловская область" in (tmp_path / "o" / "tables" / "ranking.csv").read_text(encoding="utf-8")
    page = (tmp_path / "o" / "brief.html").read_text(encoding="utf-8")
    assert "Калужская" in page
    assert "Kaluga" not in page


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
