"""Hooks of mkdocs: pages written from the program while the site is built, and mathematics as MathML.

Nothing that is built refers to another host. Mathematics is written as on any page of Markdown that a forge shows:
a block ``math``, or a dollar sign with a back tick in the text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import command_line
import python_api
import study_file
import words
from mkdocs.structure.files import File, Files

from innospace.core.document import Equation
from innospace.report.document import mathml

ROOT = Path(__file__).parents[2]
PAGES = {
    "reference/command-line.md": command_line.page,
    "reference/study-file.md": study_file.page,
    **python_api.pages(),
    "reference/checks.md": words.checks,
    "reference/words.md": words.page,
    "benchmarks.md": lambda: (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8"),
    "changes.md": lambda: (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
}
"""Page of the site -> what writes it."""
MATH = re.compile(r"^```math\n(?P<block>.*?)^```$|\$`(?P<inline>[^`\n]+)`\$", re.DOTALL | re.MULTILINE)
MARK = "\ue000{}\ue001"
MARKED = re.compile("(?:<p>)?\ue000(\\d+)\ue001(?:</p>)?")
_set: dict[str, list[str]] = {}
"""Equations of a page, between its Markdown and its HTML."""


def on_config(config: Any) -> Any:
    """Put pages that the navigation does not name at the end of the section of their folder."""
    for section in config.nav:
        ((_, entries),) = section.items()
        if not isinstance(entries, list):
            continue
        pages = [page for entry in entries for page in (entry.values() if isinstance(entry, dict) else [entry])]
        named = {page for page in pages if isinstance(page, str)}
        folder = Path(config.docs_dir, min(named)).parent
        found = {p.relative_to(config.docs_dir).as_posix() for p in folder.glob("*.md")}
        entries.extend(sorted(found - named))
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that the program writes."""
    for name, write in PAGES.items():
        files.append(File.generated(config, name, content=write()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Take mathematics out, so that Markdown does not read it."""
    found = _set[page.file.src_uri] = []

    def mark(match: re.Match[str]) -> str:
        latex = match["block"] or match["inline"]
        kind = "block" if match["block"] else "inline"
        html = mathml(Equation(page.file.src_uri, latex.strip(), "", "")).replace(
            'display="block"', f'display="{kind}"'
        )
        found.append(f'<div class="equation" tabindex="0">{html}</div>' if match["block"] else html)
        return MARK.format(len(found) - 1)

    return MATH.sub(mark, markdown)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Put mathematics in."""
    found = _set.pop(page.file.src_uri)

    def put(match: re.Match[str]) -> str:
        one = found[int(match[1])]
        if one.startswith("<div"):
            return one
        return match[0].replace(MARK.format(match[1]), one)

    return MARKED.sub(put, html)


def on_post_page(output: str, **_: Any) -> str:
    """Give the theme's dialog of the search the name that readers of screens need."""
    return output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )
