"""``innospace explain``: what a symbol, a column or a check means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome
from innospace.cli.show import aligned, wrapped

if TYPE_CHECKING:
    from innospace.core.terms import Term


def explain(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Term, symbol, column or check; all if none.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Explain a term: meaning, unit, equation, source."""
    from innospace.study.glossary import find, terms

    found = find(name) if name else terms()
    payload = {"terms": [t.to_dict() for t in found]}
    if name:
        return Outcome(payload, "\n\n".join(_entry(t) for t in found))
    return Outcome(payload, aligned([(t.name, t.symbol, t.meaning) for t in found], ("Term", "Symbol", "Meaning")))


def _entry(term: Term) -> str:
    title = f"{term.name} ({term.symbol})" if term.symbol and term.symbol != term.name else term.name
    lines = [title + (f", {term.unit}" if term.unit else ""), wrapped(term.meaning, "  ")]
    if term.equation:
        lines.append(wrapped(term.equation, "    "))
    if term.source:
        lines.append(wrapped(f"Source: {term.source}", "  "))
    return "\n".join(lines)
