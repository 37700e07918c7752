"""Commands and Python of the pages on firms run as they stand there, in order, in a folder of their own.

A `toml` block whose first line is a comment with a path is written to that file.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
import warnings
from pathlib import Path

import pytest

from innospace.cli.app import main
from innospace.core.errors import InnospaceWarning
from innospace.firms.verbs import VERBS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PANEL, ECONOMY, METHODS = (
    DOCS / name for name in ("how-to/firm-panel.md", "how-to/firm-effect-in-the-economy.md", "explanation/firms.md")
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LAST_CELL = re.compile(r"^\|.*\| `([\w-]+ [^`]+)` \|$", re.MULTILINE)
SHELL = ("cp", "mkdir")
"""What blocks of commands may call besides innospace."""
CHECK_FAILED = 1


def run_command(line: str) -> None:
    words = shlex.split(line)
    if words[0] in SHELL:
        subprocess.run(words, check=True)
        return
    assert words[0] == "innospace", line
    assert main(words[1:]) in (0, CHECK_FAILED), line


def run_page(page: Path) -> None:
    names: dict[str, object] = {}
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "sh":
            for line in text.strip().splitlines():
                run_command(line)
        elif kind == "python":
            with warnings.catch_warnings():
                # a user sees what a method warns of
                warnings.simplefilter("ignore", InnospaceWarning)
                exec(compile(text, str(page), "exec"), names)
        elif kind == "toml":
            file = Path(text.splitlines()[0].removeprefix("# "))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        else:
            assert kind in ("text", "math"), f"{page.name}: a block of {kind!r} would not be run"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def russian_panel(file: Path) -> None:
    """Write the long Russian table that the page on panels describes."""
    import pandas as pd

    from innospace.firms.synthetic import two_waves

    wide = two_waves(500, seed=2)
    changing = ["employees", "value_added", "price_level", "export", "rd", "product"]
    fixed = ["firm", "industry", "location", "foreign_owner", "state_owner"]
    partners = ["new_foreign_partner", "new_domestic_partner"]
    waves = [
        wide[[*fixed, *partners]].assign(year=year, **{c: wide[f"{c}_{year}"] for c in changing})
        for year in (2005, 2009)
    ]
    long = pd.concat(waves, ignore_index=True)
    long["location"] = long["location"].map(
        {"capital": "Москва", "regional capital": "центр региона", "other": "прочие"}
    )
    industries = ("пищевая", "лёгкая", "лесная", "химическая", "металлургия", "машины", "электрика", "транспорт")
    long["industry"] = long["industry"].map(dict(zip(sorted(set(long["industry"])), industries, strict=True)))
    blocks = [text for kind, text in BLOCK.findall(PANEL.read_text(encoding="utf-8")) if kind == "toml"]
    parts = tomllib.loads(blocks[0])["step"]["firms"]["columns"]
    headings = {role: name for role, name in parts.items() if isinstance(name, str)}
    headings |= {role: name for roles in parts.values() if isinstance(roles, dict) for role, name in roles.items()}
    assert set(headings) == {*long.columns, "base_location"}
    long.rename(columns=headings).to_csv(file, sep=";", decimal=",", encoding="cp1251", index=False)


@pytest.mark.slow
def test_from_a_panel_to_a_report(folder):
    russian_panel(folder / "предприятия.csv")
    run_page(PANEL)
    for report in ("firms-report", "my-firms/report", "my-probit/report"):
        assert (folder / report / "report.html").is_file()
    html = (folder / "my-firms" / "report" / "report.html").read_text(encoding="utf-8")
    assert "Предприятия: экспорт, партнёры и инновации" in html
    # the right column of the table of counterparts
    commands = LAST_CELL.findall(PANEL.read_text(encoding="utf-8"))
    assert len(commands) == 13
    for line in commands:
        assert line.split()[0] in VERBS
        run_command(f"innospace firms {line} --quiet")


@pytest.mark.slow
def test_from_an_effect_to_the_economy(folder):
    source = ROOT / "studies" / "firms-in-the-economy"
    target = folder / "studies" / "firms-in-the-economy"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("runs", "report"))
    run_page(ECONOMY)
    shown = (folder / "more-exporters" / "report" / "report.html").read_text(encoding="utf-8")
    assert "One firm in ten starts to export" in shown
    study = (source / "study.toml").read_text(encoding="utf-8")
    for kind, text in BLOCK.findall(ECONOMY.read_text(encoding="utf-8")):
        if kind == "text":
            assert text.strip() in study, "the page shows what the study no longer says"


def test_what_the_methods_are(folder, capsys):
    run_page(METHODS)
    assert "0.55" in capsys.readouterr().out


@pytest.mark.parametrize("page", [PANEL, ECONOMY, METHODS, DOCS / "reference" / "firms.md"], ids=lambda p: p.stem)
def test_links_lead_to_files_and_headings(page):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {anchor(t) for t in titles}, target


def anchor(title: str) -> str:
    """Return the anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_the_page_on_methods_names_every_method():
    text = METHODS.read_text(encoding="utf-8")
    assert [name for name in VERBS if f"`{name}`" not in text] == []
