"""Briefs of worked studies are two pages for a reader who decides, in the language of their regions."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pypdf
import pytest

from innospace.report.brief_pages import render_brief_html, render_brief_pdf
from innospace.study import run
from innospace.study.composition import compose
from innospace.study.store import SHOWN

STUDIES = Path(__file__).parents[3] / "studies"
DRAWS = re.compile(r"^draws = .*$", re.MULTILINE)
"""Draws of assumptions take most of the time and fill one column of a table."""


@pytest.mark.drawn
@pytest.mark.parametrize("name", ["bashkortostan", "firms-in-the-economy"])
def test_a_brief_is_two_pages_and_names_its_run(name, tmp_path):
    folder = Path(shutil.copytree(STUDIES / name, tmp_path / name, ignore=shutil.ignore_patterns("runs", "report")))
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(DRAWS.sub("", text), encoding="utf-8")
    stored = run(folder).stored
    document = compose(stored, folder, kind="brief", region_names="ru")
    pages = pypdf.PdfReader(io.BytesIO(render_brief_pdf(document))).pages
    assert len(pages) == 2
    texts = [p.extract_text() for p in pages]
    words = " ".join(" ".join(texts).split())
    ending = next(text for text in texts if "The command that reproduces" in text)
    assert f"run {stored.run_id[:SHOWN]}, " in ending, "its last line stands with it"
    html = render_brief_html(document)
    assert "What it looks like" in texts[0]
    if name == "firms-in-the-economy":
        assert document.highlights[0].startswith("More exporters (One firm in ten starts to export) raises")
        assert "at the ends of the 95" in document.highlights[0]
        assert any("exporting raises the probability of R&D" in f for f in document.highlights)
    again = f"innospace report {name} --run {stored.run_id[:SHOWN]} --kind brief --region-names ru"
    assert document.highlights[0].split(":")[0].replace("-", "\u2212")[:40] in words
    for form in (words, html):
        assert again in form
        assert "exportaprom" not in form, "columns are told by their names"
        assert ("Москва" in form) == (name == "bashkortostan"), "the map has its place in one of them"
        assert "City of Moscow" not in form
        assert "Republic of Bashkortostan" not in form
