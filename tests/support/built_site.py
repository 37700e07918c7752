"""The documentation site, built once a run of the tests, by the worker that asks for it first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds to wait for another worker that builds it."""


def built_site(factory) -> Path:
    """Return the folder of the site, built without a warning; `factory` makes the folders of the tests."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # what is above the folder of a worker is shared by all
        base = base.parent
    folder, told = base / "site", base / "site.json"
    try:
        (base / "site.begun").mkdir()
    except FileExistsError:
        limit = time.monotonic() + PATIENCE
        while not told.is_file():
            assert time.monotonic() < limit, "another worker does not build the site"
            time.sleep(0.1)
    else:
        build(folder, told)
    assert json.loads(told.read_text(encoding="utf-8")) == [0, "", ""]
    return folder


def build(folder: Path, told: Path) -> None:
    """Build the site; write code, output and errors at once when it is there."""
    # the theme tells everybody about its successor
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    part = told.with_suffix(".part")
    part.write_text(json.dumps([built.returncode, built.stdout, built.stderr]), encoding="utf-8")
    part.replace(told)
