"""Blocks of code of a page of the documentation, and what runs them in a folder of their own.

======================= ==================================================================================
a block                 what becomes of it
======================= ==================================================================================
``sh``, ``bash``        commands, in order: ``innospace`` in this process, and ``cp``, ``mkdir``, ``cat``
``python``              run in one namespace a page
``toml``, ``csv``       written to the file that its title, or a comment in its first line, names
``text title="output"`` held against what the block before it printed
``text``, ``stata``,    shown only
``r``, ``gams``, ``math``
======================= ==================================================================================

In expected output, numbers may differ by one unit of their last digit, ``...`` ends a line that goes on, and a line of
three dots stands for any lines.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from innospace.cli.app import main
from innospace.core.errors import InnospaceWarning
from innospace.study import load_study

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:\A|\n)[ \t]*\n {4}\S")
"""A block of code by indentation, which nothing would run."""
FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)
SHOWN = ("text", "stata", "r", "gams", "math")
FILES = ("toml", "csv")
SHELL = ("cp", "mkdir", "cat")
"""What commands may call besides innospace."""
CHECK_FAILED = 1
NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Return kind, title and text of every block; a fence that is none of them is an error."""
    text = page.read_text(encoding="utf-8")
    found = BLOCK.findall(text)
    assert len(FENCE.findall(text)) == 2 * len(found), f"{page.name}: a block without a language, or an indented one"
    assert not INDENTED.search(BLOCK.sub("", text)), f"{page.name}: a block by indentation"
    return found


@dataclass
class Runner:
    """What a reader would have after following a page: names of Python, files in the present folder."""

    page: Path
    names: dict[str, Any] = field(default_factory=dict)
    printed: str = ""

    def run(self, skip: tuple[str, ...] = ()) -> Runner:
        """Run every block in order, but those with a text in ``skip``."""
        for kind, title, text in blocks(self.page):
            if text.strip() in skip:
                continue
            if kind in ("sh", "bash"):
                self.printed = "".join(map(command, text.strip().splitlines()))
            elif kind == "python":
                self.printed = self._python(text)
            elif kind in FILES:
                write(text, title)
            elif title == "output":
                require_same(text, self.printed, self.page.name)
            else:
                assert kind in SHOWN, f"{self.page.name}: a block of {kind!r} would not be run"
                assert not title, f"{self.page.name}: only files and outputs have a title, not {title!r}"
        return self

    def _python(self, text: str) -> str:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as out:
            # a user sees what a method warns of
            warnings.simplefilter("ignore", InnospaceWarning)
            exec(compile(text, str(self.page), "exec"), self.names)
        return out.getvalue()


def command(line: str) -> str:
    """Run one command of a block; return what it prints."""
    words = shlex.split(line, comments=True)
    if not words:
        return ""
    if words[0] in SHELL:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert words[0] == "innospace", line
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words[1:])
    assert code in (0, CHECK_FAILED), f"{line}\n{out.getvalue()}\n{err.getvalue()}"
    return out.getvalue()


def write(text: str, title: str) -> None:
    """Write a block to its file; a study file must be one that can be read."""
    file = Path(title or text.splitlines()[0].removeprefix("# "))
    assert not file.is_absolute()
    assert ".." not in file.parts
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    if file.name == "study.toml":
        load_study(file.parent)


def require_same(expected: str, printed: str, page: str) -> None:
    """Hold the output that a page shows against what was printed."""
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    at, anywhere = 0, False
    for line in expected.strip().splitlines():
        if line.strip() == "...":
            anywhere = True
            continue
        ends = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        found = next((i for i in ends if same_line(line, lines[i])), None)
        assert found is not None, f"{page} shows {line!r}, which was not printed here:\n{printed}"
        at, anywhere = found + 1, False
    assert anywhere or at == len(lines), f"{page} leaves out what was printed: {lines[at:]}"


def same_line(expected: str, printed: str) -> bool:
    """Whether a line is the one shown, up to one unit of the last digit of every number and up to spaces."""
    goes_on = expected.rstrip().endswith("...")
    expected = expected.rstrip().removesuffix("...")
    wanted, had = (NUMBER.findall(t) for t in (expected, printed))
    bare, found = (" ".join(NUMBER.sub(" # ", t).split()) for t in (expected, printed))
    if not (found.startswith(bare) if goes_on else found == bare):
        return False
    return all(near(w, h) for w, h in zip(wanted, had, strict=False))


def near(wanted: str, had: str) -> bool:
    """Whether two printed numbers differ by at most one unit of the last digit shown."""
    one, other = (float(t.replace(",", "").replace("−", "-")) for t in (wanted, had))
    mantissa, _, exponent = wanted.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return abs(one - other) <= 1.001 * 10.0**-digits if digits or "." in wanted else one == other
