"""The HTML report in a real headless Chromium of the system."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report"))

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def chromium() -> str | None:
    """Return the system's Chromium; ``INNOSPACE_CHROMIUM`` overrules."""
    return os.environ.get("INNOSPACE_CHROMIUM") or next((p for n in NAMES if (p := shutil.which(n))), None)


@pytest.fixture(scope="session")
def browser():
    """Start one browser a session; without one, tests are skipped or, where one is required, fail."""
    required = os.environ.get("INNOSPACE_REQUIRE_BROWSER") == "1"
    path = chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        path = None
    if path is None:
        why = "no system Chromium, or no playwright"
        pytest.fail(why) if required else pytest.skip(why)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def replication(tmp_path_factory):
    """Write the report of the replication: the real thing, with every kind of block."""
    from innospace.frontier import replicate_innovation_space
    from innospace.report import write_report
    from innospace.study.composition import document_of

    folder = tmp_path_factory.mktemp("replication")
    result = replicate_innovation_space()
    write_report(document_of(result, "Replication", "innospace replicate innovation-space --out DIR"), folder, ["html"])
    return folder / "report.html"


@pytest.fixture(scope="session")
def difficult(tmp_path_factory):
    """Write a report whose words are full of special characters, with every kind of figure."""
    import report_samples

    from innospace.report import write_report

    folder = tmp_path_factory.mktemp("difficult")
    write_report(report_samples.document(), folder, ["html"])
    return folder / "report.html"


@pytest.fixture(scope="session")
def firms(tmp_path_factory):
    """Write the report of the study of firms on a small panel: chapters, headings, folded tables, love plots."""
    from innospace.core.provenance import Nature, Source
    from innospace.data.dataset import Dataset
    from innospace.firms import synthetic
    from innospace.firms.internationalisation.plans import Plans
    from innospace.firms.internationalisation.study import study
    from innospace.report import write_report
    from innospace.study.composition import document_of

    folder = tmp_path_factory.mktemp("firms")
    panel = Dataset(synthetic.two_waves(900, 1), Source("firms-synthetic-small", "", Nature.SIMULATED))
    result = study(Plans.from_dicts({}, {}, {}), {"panel": panel}, draws=20)
    write_report(document_of(result, result.title, "innospace firms study PANEL"), folder, ["html"])
    return folder / "report.html"


@pytest.fixture(params=["replication", "difficult", "firms"])
def report(request):
    return request.getfixturevalue(request.param)


class Visit:
    """A page with what it asked for and what it complained about."""

    def __init__(self, page, path):
        self.page, self.path = page, path
        self.requests, self.complaints = [], []
        page.on("request", lambda r: self.requests.append(r.url))
        page.on("console", lambda m: self.complaints.append(m.text))
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.goto(path.as_uri())


@pytest.fixture
def visit(browser):
    """Open a file: ``visit(path, width=390, dark=True)``."""
    contexts = []

    def open_file(path, width=1280, dark=False):
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        return Visit(context.new_page(), path)

    yield open_file
    for context in contexts:
        context.close()
