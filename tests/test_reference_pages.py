"""Pages written from the program are those that the program writes now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_spec = importlib.util.spec_from_file_location("build_reference", ROOT / "tools" / "build_reference.py")
build_reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build_reference)


@pytest.mark.parametrize("path", build_reference.PAGES, ids=lambda path: path.stem)
def test_pages_of_the_reference_are_up_to_date(path):
    assert path.read_text(encoding="utf-8") == build_reference.PAGES[path](), "run tools/build_reference.py"


def test_the_reference_holds_every_method_argument_and_true_parameter():
    from innospace.firms.synthetic import truth
    from innospace.firms.verbs import VERBS, arguments

    lines = (ROOT / "docs" / "reference" / "firms.md").read_text(encoding="utf-8").splitlines()
    for name, verb in VERBS.items():
        start = lines.index(f"### {name}")
        end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("#"))
        told = {line.split("`")[1] for line in lines[start:end] if line.startswith("| `")}
        assert set(arguments(verb)) <= told
    for t in truth():
        assert f"| `{t.equation}` | `{t.name}` | {t.value:g} |" in lines
