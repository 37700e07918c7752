"""Every command, every line of Python, every file and every output of the documentation, as a reader meets them.

How blocks are run is told in ``support/doc_pages.py``.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from doc_pages import Runner, blocks, command, near, require_same, same_line

from innospace.firms.verbs import VERBS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
CELL = re.compile(r"(?<!\\)\|")
TYPED = re.compile(r"^`(innospace [^`]+)`$")


def name(page: Path) -> str:
    return page.relative_to(ROOT).with_suffix("").as_posix()


def run_by_ci() -> tuple[str, ...]:
    """Return the blocks of commands that make an installation, which CI runs before any test."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in script if line.startswith("python3 -m venv"))


def typed_here(page: Path) -> list[str]:
    """Return the commands in the last column of tables that set what is typed elsewhere beside what is typed here."""
    rows = [CELL.split(line)[1:-1] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [row[-1].strip().replace("\\|", "|") for row in rows if len(row) > 1]
    return [match[1] for cell in cells if (match := TYPED.match(cell))]


def with_studies(folder: Path) -> None:
    """Put the worked studies where a reader of the source tree has them."""
    kept = shutil.ignore_patterns("runs", "report", ".jobs")
    shutil.copytree(ROOT / "studies", folder / "studies", ignore=kept)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p) or typed_here(p)], ids=name)
def test_a_page_does_what_it_says(page, folder):
    with_studies(folder)
    if page.stem == "firm-panel":
        russian_panel(folder / "предприятия.csv", page)
    Runner(page).run(skip=run_by_ci())
    for line in typed_here(page):
        command(f"{line} --quiet")


def russian_panel(file: Path, page: Path) -> None:
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
    written = [text for kind, _, text in blocks(page) if kind == "toml"]
    parts = tomllib.loads(written[0])["step"]["firms"]["columns"]
    headings = {role: name for role, name in parts.items() if isinstance(name, str)}
    headings |= {role: name for roles in parts.values() if isinstance(roles, dict) for role, name in roles.items()}
    assert set(headings) == {*long.columns, "base_location"}
    long.rename(columns=headings).to_csv(file, sep=";", decimal=",", encoding="cp1251", index=False)


def test_the_page_on_effects_shows_what_the_study_says():
    study = (ROOT / "studies" / "firms-in-the-economy" / "study.toml").read_text(encoding="utf-8")
    shown = [text for kind, _, text in blocks(DOCS / "how-to" / "firm-effect-in-the-economy.md") if kind == "text"]
    assert shown
    assert [text for text in shown if text.strip() not in study] == []


def test_every_method_on_firms_is_explained():
    text = (DOCS / "explanation" / "firms.md").read_text(encoding="utf-8")
    assert [name for name in VERBS if f"`{name}`" not in text] == []


def test_every_row_of_a_table_of_counterparts_has_a_command():
    rows = typed_here(DOCS / "how-to" / "firm-panel.md")
    assert len(rows) == 13
    assert {shlex.split(line)[2] for line in rows} <= set(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files_and_headings(page):
    """As a forge shows pages; the site checks its own links when it is built."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if file.is_relative_to(DOCS) and str(file.relative_to(DOCS)).startswith(BUILT):
            continue
        assert file.is_file() or (file.is_dir() and page == README), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {anchor(t) for t in titles}, target


BUILT = tuple(f"reference/{name}" for name in ("command-line.md", "study-file.md", "words.md", "checks.md", "python/"))
"""Pages that exist in the built site only."""


def anchor(title: str) -> str:
    """Return the anchor of a heading as a forge makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("delta 0.62 ok", "delta  0.625 ok", True),
        ("delta 0.62 ok", "delta 0.64 ok", False),
        ("3 of 3 starts", "2 of 3 starts", False),
        ("1.5e-06", "1.55e-06", True),
        ("1.5e-06", "1.5e-05", False),
        ("1,280 rows", "1,280 rows", True),
        ("−0.12 points", "−0.13 points", True),
        ("solved in ...", "solved in 0.11 s", True),
        ("solved on ...", "solved in 0.11 s", False),
        ("russia-2010-2012", "russia-2010-2013", False),
    ],
)
def test_outputs_are_compared_by_their_last_digit(expected, printed, same):
    assert same_line(expected, printed) is same


def test_outputs_may_leave_lines_out_only_where_they_say_so():
    require_same("a 1\n...\nc 3", "a 1\nb 2\nc 3\n", "page")
    with pytest.raises(AssertionError, match="shows 'c 3'"):
        require_same("a 1\nc 3", "a 1\nb 2\nc 3\n", "page")
    with pytest.raises(AssertionError, match="leaves out"):
        require_same("a 1", "a 1\nb 2\n", "page")
    assert near("10", "10")
    assert not near("10", "11")


def test_the_page_on_checks_names_checks_that_exist():
    from innospace.study.glossary import find

    text = (DOCS / "explanation" / "checks.md").read_text(encoding="utf-8")
    rows = [CELL.split(line)[3] for line in text.splitlines() if line.startswith("| ")]
    names = re.findall(r"`([^`]+)`", "".join(rows))
    assert len(names) > 10
    for one in names:
        assert any(t.meaning.startswith(("Check", "Gate")) or "." in one for t in find(one)), one
