"""What is built holds what it must and nothing else, and what is installed works away from the source tree.

Environments are made of links to the packages that are installed here, so that no network is needed: one with what
innospace requires and nothing more, one with the extras for users.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import os
import random
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "innospace"
OPTIONAL = (
    *("altair", "jinja2", "markupsafe", "latex2mathml", "typst", "vl_convert", "docx", "duckdb"),
    *("nicegui", "fastapi", "starlette", "uvicorn", "tomlkit"),
)
SUFFIXES = {".py", ".csv", ".toml", ".geojson", ".css", ".json", ".html", ".typ", ".typed", ".js"}
BESIDE = {"README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "pyproject.toml", "requirements.lock"}
REPORT = 'pip install "innospace[report]"'
FIRMS = 'pip install "innospace[firms]"'


def source() -> set[str]:
    """Return the files of the package, as paths from its parent."""
    return {p.relative_to(SOURCE.parent).as_posix() for p in SOURCE.rglob("*") if p.is_file() and p.suffix != ".pyc"}


def studies() -> set[str]:
    """Return the files of the worked studies, as paths from the root: what a user writes, not what runs produce."""
    found = [*ROOT.glob("studies/*/study.toml"), *ROOT.glob("studies/*/scenarios/*.toml")]
    return {p.relative_to(ROOT).as_posix() for p in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done(sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


def done(*command: object, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    # a search path of this process must not stand in for what is installed there, which is compiled once
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
    ran = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, check=False, encoding="utf-8", env=clean)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    return ran


SAID = """
import contextlib, io, json, sys
import innospace
from innospace.cli.app import main
missing = [n for n in innospace.__all__ if not callable(getattr(innospace, n))]
said = [(innospace.__file__, innospace.__version__, missing)]
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(line)
    said.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(said))
"""


def said(programs: Path, cwd: Path, *lines: tuple[object, ...], codes: tuple[int, ...] = ()) -> list[tuple[str, str]]:
    """Run command lines in one process of an environment, where every public name is there.

    Returns output and errors of each line; all must end with code 0, or with the `codes` that are given.
    """
    asked = json.dumps([[str(word) for word in line] for line in lines])
    (place, _, missing), *found = json.loads(done(programs / "python", "-c", SAID, asked, cwd=cwd).stdout)
    assert Path(place).is_relative_to(programs.parent)
    assert missing == []
    assert [c for c, _, _ in found] == list(codes or (0,) * len(lines)), found
    assert "Traceback" not in str(found)
    return [(out, err) for _, out, err in found]


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {n for n in names if ".dist-info/" in n}
    assert {n.partition(".dist-info/")[2] for n in about} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    assert names - about == source() | {f"innospace/study/worked/{n.removeprefix('studies/')}" for n in studies()}
    assert {Path(n).suffix for n in names - about} == SUFFIXES
    assert {
        *("innospace/py.typed", "innospace/data/samples/cards.toml", "innospace/report/templates/report.html"),
        *("innospace/study/templates/study.toml", "innospace/economy/models/knowledge/parameters.csv"),
        "innospace/economy/models/knowledge/options/option-1.toml",
    } <= names


def test_every_sample_of_the_cards_is_in_the_wheel(wheel):
    from innospace.data.catalogue import samples

    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"innospace/data/samples/{card.file}" for card in samples()} <= names


def test_the_wheel_says_what_it_is_and_needs(wheel):
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (n for n in opened.namelist() if n.endswith("/METADATA"))
        about = Parser().parsestr(opened.read(name).decode("utf-8"))
    assert about["License-Expression"] == "MIT"
    assert {"report", "firms", "web", "all", "dev"} <= set(about.get_all("Provides-Extra"))
    lines = [Requirement(line) for line in about.get_all("Requires-Dist")]
    core = {r.name for r in lines if r.marker is None or "extra" not in str(r.marker)}
    assert not core & {"altair", "duckdb", "jinja2", "latex2mathml", "typst", "vl-convert-python"}


def test_the_source_distribution_holds_the_source_and_no_tests_or_runs(tmp_path):
    code = f"from hatchling.build import build_sdist; build_sdist({str(tmp_path)!r})"
    done(sys.executable, "-c", code, cwd=ROOT)
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as opened:
        names = {n.partition("/")[2] for n in opened.getnames()}
    whole = {f"src/{n}" for n in source()} | studies()
    assert names >= whole | BESIDE
    assert {Path(n).name for n in names - whole} <= BESIDE | {"PKG-INFO", ".gitignore"}


def test_optional_packages_are_asked_for_in_one_place_each():
    found = set()
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(name in text for name in OPTIONAL) else ():
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            found |= {(n.split(".")[0], file.relative_to(SOURCE).as_posix()) for n in names}
    asked = {pair for pair in found if pair[0] in OPTIONAL and not pair[1].startswith("web/")}
    editing = {("tomlkit", f"study/{name}.py") for name in ("edit", "edit_layout", "what_if_save")}
    assert asked == {("duckdb", "data/panels/columns.py"), ("nicegui", "cli/web.py"), *editing}


def required(*extras: str) -> set[str]:
    """Return what innospace with these extras needs, and what that needs in its turn."""
    from tomllib import loads

    project = loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]
    waiting, names = [Requirement(line) for line in lines], set()
    while waiting:
        wanted = waiting.pop()
        if wanted.name in names or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        names.add(wanted.name)
        waiting += [Requirement(line) for line in distribution(wanted.name).requires or ()]
    return names


def environment(folder: Path, wheel: Path, *extras: str) -> Path:
    """Make an environment with the wheel and links to what it requires; return its folder of programs."""
    done(sys.executable, "-m", "venv", "--without-pip", folder)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", programs / "python")
    done(*pip, "install", "-q", "--no-deps", "--no-index", "--no-compile", wheel)
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(done(programs / "python", "-c", asked).stdout.strip())
    for name in required(*extras):
        there = distribution(name)
        for top in {Path(f).parts[0] for f in there.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(there.locate_file(top)).resolve())
    return programs


@pytest.fixture(scope="module")
def whole(wheel, tmp_path_factory) -> Path:
    return environment(tmp_path_factory.mktemp("whole") / "env", wheel, "report", "firms", "web", "cluster")


@pytest.fixture(scope="module")
def bare(wheel, tmp_path_factory) -> Path:
    return environment(tmp_path_factory.mktemp("bare") / "env", wheel)


@pytest.mark.slow
def test_an_installation_works_away_from_the_source_tree(whole, tmp_path):
    program = whole / "innospace"
    assert re.fullmatch(r"innospace \d+\.\d+\.\d+\n", done(program, "--version", cwd=tmp_path).stdout)
    doctor, samples, *_ = said(
        whole,
        tmp_path,
        ("doctor", "--json"),
        ("samples",),
        ("new", "исследование"),
        ("run", "исследование", "--formats", "html"),
    )
    findings = json.loads(doctor[0])["findings"]
    assert {f["state"] for f in findings} == {"ok"}
    assert {"duckdb", "altair", "PDF"} <= {f["name"] for f in findings}
    assert "russia-2010-2012" in samples[0]
    page = (tmp_path / "исследование" / "report" / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "</html>" in page


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("data") / "фирмы.csv"
    draw = random.Random(3)
    # noise beside inefficiency: without it the frontier ends at a boundary and says so with its exit code
    shocks = [math.exp(draw.gauss(0.0, 0.4) - abs(draw.gauss(0.0, 0.8))) for _ in range(60)]
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("y", "x", "d"))
        writer.writerows(
            (5.0 * (1.0 + i) ** 0.3 * shock, 1.0 + i, int((i * 7) % 5 > 1)) for i, shock in enumerate(shocks)
        )
    return file


@pytest.mark.slow
def test_without_extras_what_needs_none_works(bare, table, tmp_path):
    assert done(bare / "innospace", "--version", cwd=tmp_path).stdout.startswith("innospace ")
    doctor, fitted, chosen, *_ = said(
        bare,
        tmp_path,
        ("doctor", "--json"),
        ("fit", table, "log(y) ~ log(x)"),
        ("firms", "probit", table, "d ~ x"),
        ("explain", "TE"),
        ("new", "study"),
        ("check", "study"),
    )
    findings = json.loads(doctor[0])["findings"]
    missing = {f["name"]: f["remedy"] for f in findings if f["state"] != "ok"}
    assert {f["state"] for f in findings} == {"ok", "missing"}
    assert {"altair", "duckdb", "drawing and pages", "PDF"} <= set(missing)
    assert REPORT in missing["altair"]
    assert REPORT in missing["PDF"]
    assert FIRMS in missing["duckdb"]
    assert "log" in fitted[0]
    assert "x" in chosen[0]


@pytest.mark.slow
def test_without_extras_a_verb_says_which_one_to_install(bare, table, tmp_path):
    (tmp_path / "firms.duckdb").write_bytes(b"DUCK")
    _, *refused, (kept, _) = said(
        bare,
        tmp_path,
        ("new", "study"),
        *(("run", "study", "--formats", formats) for formats in ("html", "pdf", "figures")),
        ("report", "study"),
        ("firms", "probit", table, "d ~ x", "--out", "firm", "--formats", "html"),
        ("firms", "premia", "firms.duckdb", "y", "d"),
        ("run", "study", "--formats", "tables"),
        codes=(0, 2, 2, 2, 2, 2, 2, 0),
    )
    *drawing, panel = [err for _, err in refused]
    assert [err for err in drawing if REPORT not in err] == []
    assert FIRMS in panel
    # what was computed is kept, and files that need no drawing are written
    assert "Already computed" in kept


SHOWN = """
import innospace
data = innospace.load_sample("russia-2010-2012").frame
fit = innospace.fit("log(technologies) ~ log(space)", data[data["technologies"] > 0])
print(fit._repr_html_()[:5], fit.plot.efficiencies()._repr_html_(), sep="\\n")
"""


@pytest.mark.slow
def test_without_extras_a_notebook_shows_numbers_and_says_how_to_get_drawings(bare, tmp_path):
    numbers, figure = done(bare / "python", "-c", SHOWN, cwd=tmp_path).stdout.split("\n", 1)
    assert numbers == "<div>"
    assert "pip install &quot;innospace[report]&quot;" in figure
