"""Pieces of Markdown that several written pages use."""

from __future__ import annotations

from collections.abc import Iterable


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a Markdown table; bars and line breaks in cells are escaped."""
    cells = [[" ".join(str(c).split()).replace("|", "\\|") for c in row] for row in (head, *rows)]
    marks = ["---"] * len(cells[0])
    return [f"| {' | '.join(row)} |" for row in (cells[0], marks, *cells[1:])]


def code(text: object) -> str:
    """Return text as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def plain(text: str) -> str:
    """Return text of a docstring as Markdown."""
    return text.replace("``", "`").strip()
