"""``innospace explain``: what a symbol, a column or a check means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome
from innospace.cli.show import aligned, wrapped

if TYPE_CHECKING:
    from innospace.core.terms import Term


def explain(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="Term, symbol, column, check, equation, key of a study file (step.frontier.noise), method, sample or "
            "region; all if none.",
        ),
    ] = "",
    latex: Annotated[bool, typer.Option("--latex", help="Show definitions in LaTeX where there are some.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Explain a name: meaning, unit, equation, where it is met, source."""
    from innospace.study.glossary import find, terms

    found = find(name, _commands(context)) if name else terms()
    payload = {"terms": [t.to_dict() for t in found]}
    if name:
        return Outcome(payload, "\n\n".join(_entry(t, latex) for t in found))
    return Outcome(payload, aligned([(t.name, t.symbol, t.meaning) for t in found], ("Term", "Symbol", "Meaning")))


def _commands(context: typer.Context) -> Iterator[Term]:
    """Yield the commands of the program, as their help tells them."""
    from innospace.core.terms import Term

    root: Any = context.find_root().command
    for name, command in root.commands.items():
        meaning = f"Command. {command.get_short_help_str(200)}"
        yield Term(name, "", "", meaning, where=f"innospace {name} --help")


def _entry(term: Term, latex: bool) -> str:
    title = f"{term.name} ({term.symbol.strip('()')})" if term.symbol and term.symbol != term.name else term.name
    lines = [title + (f", {term.unit}" if term.unit else ""), wrapped(term.meaning, "  ")]
    if latex and term.latex:
        lines.append(textwrap.indent(term.latex, "    "))  # not folded: it is copied
    elif term.equation:
        lines.append(wrapped(term.equation, "    "))
    for word, text in (("Where", term.where), ("Source", term.source)):
        if text:
            lines.append(wrapped(f"{word}: {text}", "  "))
    return "\n".join(lines)
