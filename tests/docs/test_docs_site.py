"""The documentation site: built without a warning, whole, and without anything from another host."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from built_site import built_site

import innospace

ROOT = Path(__file__).parents[2]
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADING = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}
FOREIGN = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return built_site(tmp_path_factory)


class Assets(HTMLParser):
    """What a page fetches by itself; links that a reader may follow are not among it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in FETCHED and given.get(FETCHED[tag]):
            self.found.append(given[FETCHED[tag]])
        if tag == "link" and LOADING & set((given.get("rel") or "").split()):
            self.found.append(given["href"])
        if "id" in given:
            self.ids.append(given["id"])


def read(page: Path) -> Assets:
    found = Assets()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def test_pages_fetch_nothing_from_another_host(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 15
    found = {page.name: read(page).found for page in pages}
    assert all(found.values())
    assert [(name, a) for name, assets in found.items() for a in assets if FOREIGN.match(a)] == []
    styles = "".join(p.read_text(encoding="utf-8") for p in site.rglob("*.css"))
    assert [u for u in re.findall(r"(?:url\(|@import\s+)[\"']?([^\"')\s]+)", styles) if FOREIGN.match(u)] == []


def test_mathematics_is_set_when_the_site_is_built(site):
    set_in_all = 0
    for source in (ROOT / "docs").rglob("*.md"):
        text = source.read_text(encoding="utf-8")
        page = (site / source.relative_to(ROOT / "docs")).with_suffix(".html").read_text(encoding="utf-8")
        assert page.count(' display="block"') == len(re.findall("^```math$", text, re.MULTILINE)), source.name
        assert page.count(' display="inline"') == len(re.findall(r"\$`[^`\n]+`\$", text)), source.name
        assert not re.search("[\ue000\ue001]|language-math", page), source.name
        set_in_all += page.count("<math ")
    assert set_in_all > 100


@pytest.mark.parametrize("name", innospace.__all__)
def test_every_public_name_has_an_entry(site, name):
    pages = (site / "reference" / "python").glob("*.html")
    assert any(f'id="{name.lower()}"' in p.read_text(encoding="utf-8") for p in pages)


def test_every_verb_has_an_entry_with_every_option(site):
    from typer.main import get_command

    from innospace.cli.app import app

    page = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    for name, command in get_command(app).commands.items():
        if hasattr(command, "commands"):
            continue
        section = page.partition(f'id="innospace-{name}"')[2].partition("<h2 ")[0]
        assert section
        assert [o for p in command.params for o in p.opts if o.startswith("--") and o not in section] == (
            ["--json", "--quiet"]
        )


def test_the_search_finds_words_of_written_pages(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for word in ("technical_efficiency", "Battese and Coelli", "zero_rule"):
        assert word in index
