"""``innospace doctor``: whether this installation can do its work."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Exit, Outcome
from innospace.cli.show import aligned

OLDEST_PYTHON = (3, 11)
EXTRAS = ("report", "firms", "web", "cluster")
"""Optional packages for users; the other extras join them or are for developers."""
_EXTRA = re.compile(r"extra == ['\"]([\w-]+)['\"]")
MARKS = {"ok": "ok", "missing": "--", "broken": "x"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``ok``, ``missing`` (optional, not installed) or ``broken``."""

    name: str
    state: str
    detail: str
    remedy: str = ""


def doctor(as_json: Json = False, quiet: Quiet = False) -> Outcome:
    """Check that this installation works.

    Python, packages, an estimate, a page, a PDF, and the present folder.
    """
    found = [_python(), *_packages(), *_trials(), _folder(), _streams()]
    broken = [f for f in found if f.state == "broken"]
    rows = [(MARKS[f.state], f.name, f"{f.detail} {f.remedy}".strip()) for f in found]
    verdict = f"{len(broken)} broken." if broken else "Everything that is installed works."
    text = f"{aligned(rows, ('', 'What', 'Found'))}\n\n{verdict}"
    code = Exit.CHECK_FAILED if broken else Exit.OK
    return Outcome({"ok": not broken, "findings": [asdict(f) for f in found]}, text, code)


def _python() -> Finding:
    state = "ok" if sys.version_info[:2] >= OLDEST_PYTHON else "broken"
    remedy = "" if state == "ok" else f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer."
    return Finding("python", state, f"{platform.python_version()}, {platform.system()} {platform.machine()}", remedy)


def _packages() -> Iterator[Finding]:
    """Look up the version of innospace and of what it requires; extras of developers are left out."""
    try:
        yield Finding("innospace", "ok", version("innospace"))
        lines = requires("innospace") or []
    except PackageNotFoundError:
        yield Finding("innospace", "broken", "its files are here, but it is not installed.", "pip install innospace")
        return
    for name, extra in _required(lines).items():
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            install = f'pip install "innospace[{extra}]"' if extra else "pip install --force-reinstall innospace"
            yield Finding(name, "missing" if extra else "broken", "not installed.", f"Install it with: {install}")


def _required(lines: list[str]) -> dict[str, str]:
    """Return each required package with the extra that brings it, the first of ``EXTRAS`` if several do."""
    found: dict[str, str] = {}
    for line in lines:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        match = _EXTRA.search(marker)
        extra = match[1] if match else ""
        name = _name(requirement)
        known = ["", *EXTRAS]
        if extra in known and known.index(extra) <= known.index(found.get(name, extra)):
            found[name] = extra
    return found


def _name(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), len(requirement))
    return requirement[:end]


def _trials() -> Iterator[Finding]:
    """Fit a model, draw a chart, set a page and a PDF."""
    yield _try("estimating", _fit)
    yield _try("drawing and pages", _page, optional=True)
    yield _try("PDF", _pdf, optional=True)


def _try(name: str, work: Callable[[], str], *, optional: bool = False) -> Finding:
    from innospace.core.errors import InnospaceError

    try:
        return Finding(name, "ok", work())
    except InnospaceError as error:
        missing = optional and isinstance(error.__cause__, ModuleNotFoundError)
        return Finding(name, "missing" if missing else "broken", error.what, error.remedy)
    except Exception as error:
        # a broken installation may fail in any way; the doctor reports it and goes on
        return Finding(name, "broken", f"{type(error).__name__}: {error}", "Install innospace in a fresh environment.")


def _fit() -> str:
    from innospace.data.catalogue import load_sample
    from innospace.frontier.fitting import fit

    frame = load_sample("russia-2010-2012").frame
    rows = frame[(frame["year"] == 2012) & (frame["technologies"] > 0)]
    result = fit("log(technologies) ~ log(space)", rows)
    return f"a frontier on {result.n} rows, status {result.status.code}"


def _page() -> str:
    from innospace.report import render_html

    return f"a page of {len(render_html(_document())) // 1024} kB"


def _pdf() -> str:
    from innospace.report import render_pdf

    return f"a PDF of {len(render_pdf(_document())) // 1024} kB"


def _document() -> object:
    import pandas as pd

    from innospace.core.document import Document, Equation, Paragraph, Section
    from innospace.core.figure import Figure, FigureKind
    from innospace.core.provenance import Provenance

    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 4.0, 9.0], "label": ["Курск", "Москва", "Томск"]})
    encoding = {"x": "x", "y": "y", "label": "label"}
    figure = Figure("figure-1", FigureKind.SCATTER, "Проба", "y, x", "innospace doctor", "Three points", data, encoding)
    equation = Equation("line", r"y = x^2", "y = x^2", "A curve.")
    section = Section("trial", "Trial", (Paragraph("Innovation space, пространство инноваций."), equation, figure))
    return Document("Trial", "", (), (), (section,), Provenance.now(), "innospace doctor")


def _folder() -> Finding:
    here = Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=here):
            return Finding("this folder", "ok", f"{here} can be written")
    except OSError as error:
        return Finding("this folder", "broken", f"{here}: {error.strerror}.", "Go to a folder you may write to.")


def _streams() -> Finding:
    return Finding("output", "ok", f"{sys.stdout.encoding}, Кириллица")
