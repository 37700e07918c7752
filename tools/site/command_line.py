"""The page of the command line: every verb, argument and option, from the program."""

from __future__ import annotations

import inspect
from typing import Any

import typer
from pieces import code, grid, plain
from typer.main import get_command

from innospace.cli.app import app, main

SHARED = ("--json", "--quiet", "--help")
FIRMS = "innospace firms"


def page() -> str:
    """Return the page."""
    root = get_command(app)
    verbs = list(_verbs(root, "innospace"))
    lines = [
        "# Command line",
        "",
        "Written from the program: what `innospace VERB --help` prints.",
        "",
        "Every verb takes `--json` (one JSON object on standard output), `--quiet` (no progress) and `--help`. "
        f"Exit codes: {_exit_codes()}",
        "",
        *grid(("verb", "what it does"), ([f"[`{name}`](#{_anchor(name)})", _first(c)] for name, c in verbs)),
    ]
    for name, command in verbs:
        lines += ["", f"## {name}", "", plain(inspect.cleandoc(command.help or "")), ""]
        context = typer.Context(command, info_name=name)
        lines += ["```text", _usage(command, context), "```", ""]
        lines += grid(("argument or option", "meaning"), _rows(command, context))
    return "\n".join(lines) + "\n"


def _verbs(command: Any, name: str) -> Any:
    """Yield each verb with its full name; methods on firms have a page of their own."""
    for word, one in command.commands.items():
        full = f"{name} {word}"
        if hasattr(one, "commands"):
            yield from ((n, c) for n, c in _verbs(one, full) if not n.startswith(FIRMS) or n == f"{FIRMS} study")
        else:
            yield full, one


def _exit_codes() -> str:
    """Return the meaning of exit codes as the docstring of the entry tells it."""
    returns = inspect.getdoc(main).partition("Returns\n-------\nint\n")[2]  # type: ignore[union-attr]
    return " ".join(returns.split())


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _first(command: Any) -> str:
    return (command.help or "").strip().partition("\n")[0]


def _usage(command: Any, context: Any) -> str:
    """Return the line of usage, which names arguments in order."""
    return str(command.get_usage(context)).removeprefix("Usage: ")


def _rows(command: Any, context: Any) -> Any:
    for p in command.params:
        if not set(p.opts) & set(SHARED):
            name, meaning = p.get_help_record(context)
            yield code(name), meaning
