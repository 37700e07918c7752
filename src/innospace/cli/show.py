"""Print outcomes: data on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from innospace.cli.outcome import Outcome, jsonable
from innospace.core.checks import Check
from innospace.core.numbers import significant
from innospace.core.progress import Progress, silent

if TYPE_CHECKING:
    from innospace.core.errors import InnospaceError

WIDTH = 100


def use_utf8() -> None:
    """Make both streams UTF-8, so that Russian names survive a redirection whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and "utf" not in (stream.encoding or "").lower():
            stream.reconfigure(encoding="utf-8")


def show(outcome: Outcome, messages: Sequence[str], *, as_json: bool, quiet: bool) -> None:
    """Print an outcome: one JSON object, or text; warnings go to standard error, once each.

    Parameters
    ----------
    outcome : Outcome
    messages : sequence of str
        Warnings caught while the verb ran.
    as_json, quiet : bool
    """
    told = list(dict.fromkeys([*outcome.warnings, *messages]))
    for message in told:
        print(f"Warning: {' '.join(message.split())}", file=sys.stderr)
    if as_json:
        warnings = list(dict.fromkeys([*outcome.payload.get("warnings", ()), *told]))
        print_json({**outcome.payload, "warnings": warnings})
    elif outcome.text and not quiet:
        print(outcome.text)
    sys.stdout.flush()


def print_json(payload: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(jsonable(payload), ensure_ascii=False, allow_nan=False, indent=2))


def print_error(error: InnospaceError) -> None:
    """Print an error on standard error: what, where, what is allowed, how to mend it."""
    from rich.console import Console
    from rich.text import Text

    # lines are not broken: a path that is cut in two cannot be copied
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("Error: ", "bold red"), *_parts(error)))
    for i, problem in enumerate(getattr(error, "problems", ())):
        console.print(Text.assemble((f"{i + 1}. ", "bold"), *_parts(problem)))


def _parts(error: InnospaceError) -> list[Any]:
    parts: list[Any] = [error.what]
    for label, text in (("Where", error.where), ("Allowed", error.allowed), ("To mend it", error.remedy)):
        if text:
            parts += [f"\n   {label}: ", (text, "cyan" if label == "Where" else "")]
    return parts


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress]:
    """Draw progress on standard error while the block runs; nothing when that is not a terminal."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda message, fraction: bar.update(task, description=message, completed=fraction)


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Return text folded to the width of a terminal."""
    start = indent if first is None else first
    return textwrap.fill(text, WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)


def aligned(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Return rows as columns of text; the last column is folded to the width of a terminal."""
    every = [list(headings), *[list(r) for r in rows]]
    widths = [max(len(r[j]) for r in every) for j in range(len(headings) - 1)]
    start = sum(widths) + 2 * len(widths)
    lines = []
    for row in every:
        head = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        lines.append(wrapped(row[-1], " " * start, head).rstrip())
    return "\n".join(lines)


def findings_text(findings: Sequence[str]) -> str:
    """Return findings, one paragraph each."""
    return "\n".join(wrapped(f, "  ", "- ") for f in findings)


def checks_text(checks: Sequence[Check]) -> str:
    """Return the verdict on checks: how many passed, and each failed one with its remedy."""
    failed = [c for c in checks if not c.ok]
    if not checks:
        return "No checks were made."
    if not failed:
        return f"Checks: all {len(checks)} passed."
    lines = [
        wrapped(
            f"{c.name}: {significant(c.value)} against {significant(c.tolerance)}. {c.meaning} {c.remedy}".strip(),
            "    ",
            "  x ",
        )
        for c in failed
    ]
    return "\n".join([f"Checks: {len(failed)} of {len(checks)} failed.", *lines])
