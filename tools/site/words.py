"""The pages of words and of checks: everything that ``innospace explain`` knows."""

from __future__ import annotations

from collections.abc import Iterable

from pieces import code, grid, plain

from innospace.core.terms import Term
from innospace.study.glossary import terms

CHECKS = ("Check", "Gate")
"""Beginnings of the meaning of a term that is a check."""


def page() -> str:
    """Return the page of words."""
    lines = [
        "# Words",
        "",
        "Terms, columns, parameters and variables, as `innospace explain NAME` tells them; written from the program. "
        "The variables and parameters of the economy stand with their members in "
        "[its reference](knowledge-economy.md), checks [on a page of their own](checks.md).",
        "",
        *_listed(t for t in terms() if not t.meaning.startswith(CHECKS)),
    ]
    return "\n".join(lines) + "\n"


def checks() -> str:
    """Return the page of checks."""
    lines = [
        "# Checks",
        "",
        "What every check holds against what; written from the program. In reports a name carries the step and the "
        "model in front, or a year behind: `frontier.2010.skewness`. [What they mean](../explanation/checks.md).",
        "",
        *_listed(t for t in terms() if t.meaning.startswith(CHECKS)),
    ]
    return "\n".join(lines) + "\n"


def _listed(found: Iterable[Term]) -> list[str]:
    rows = ([_name(t), _told(t)] for t in sorted(found, key=lambda t: t.name.casefold()))
    return grid(("name", "meaning"), rows)


def _name(term: Term) -> str:
    return f"`{term.name}` {term.symbol if term.symbol != term.name else ''}".strip()


def _told(term: Term) -> str:
    """Return meaning, definition, unit and source in one cell."""
    last = [f"{word}: {text}." for word, text in (("Unit", term.unit), ("Source", term.source)) if text]
    parts = (plain(term.meaning), code(term.equation), " ".join(last).replace("..", "."))
    return "<br>".join(part for part in parts if part)
