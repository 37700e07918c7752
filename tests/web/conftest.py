"""The HTML report and the web app in a real headless Chromium of the system."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report"))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--renderer-process-limit=1"]


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


class Window:
    """Pages of one window, which share a process and what it has compiled: one by itself takes three times as long."""

    def __init__(self, browser):
        self.context = browser.new_context()
        # as long as a page is open, the process stays
        self.context.new_page()

    def page(self, width, height, dark):
        """Open a page."""
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        return page

    def close(self, pages):
        """Close pages and forget what they kept, so that a test finds nothing of another."""
        for page in pages:
            if not page.is_closed():
                page.evaluate("try { localStorage.clear() } catch {}")
                page.close()
        self.context.clear_cookies()


@pytest.fixture(scope="session")
def window(browser):
    """The window of all pages."""
    return Window(browser)


@pytest.fixture(scope="session", autouse=True)
def drawn_once():
    """Draw a figure once, whatever report or page asks for it: what they are held for is what they ask for."""
    from innospace.report.charts import export

    drawn, kept = export._raw, {}

    def once(figure, width, titled):
        key = pickle.dumps((figure, width, titled))
        if key not in kept:
            kept[key] = drawn(figure, width, titled)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_raw", once)
        yield


@pytest.fixture(scope="session")
def replicated():
    """Return the document of the replication: the real thing, with every kind of block."""
    from innospace.frontier import replicate_innovation_space
    from innospace.study.composition import document_of

    return document_of(replicate_innovation_space(), "Replication", "innospace replicate innovation-space --out DIR")


@pytest.fixture(scope="session")
def replication(replicated, tmp_path_factory):
    """Write the report of the replication."""
    from innospace.report import write_report

    folder = tmp_path_factory.mktemp("replication")
    write_report(replicated, folder, ["html"])
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
    # one channel: others have figures and tables of the same kinds
    result = study(Plans.from_dicts({"channels": ["export"]}, {}, {}), {"panel": panel}, draws=20)
    write_report(document_of(result, result.title, "innospace firms study PANEL"), folder, ["html"])
    return folder / "report.html"


@pytest.fixture(params=["replication", "difficult", "firms"])
def report(request):
    return request.getfixturevalue(request.param)


def serious(page):
    """Return what axe-core finds serious or critical on a page, as text."""
    from axe_playwright_python.sync_playwright import Axe

    # what passes is not listed: on a long report that takes longer than the search
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    bad = [v for v in found if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {v['help']}: {n['html'][:200]}" for v in bad for n in v["nodes"]]


class Visit:
    """A page with what it asked for and what it complained about."""

    def __init__(self, page, path):
        self.page, self.path = page, path
        self.requests, self.complaints = [], []
        page.on("request", lambda r: self.requests.append(r.url))
        page.on("console", lambda m: self.complaints.append(m.text))
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.goto(path.as_uri())

    def violations(self):
        """Return what axe-core finds serious or critical, as text."""
        return serious(self.page)


@pytest.fixture
def visit(window):
    """Open a file: ``visit(path, width=390, dark=True)``."""
    visits = []

    def open_file(path, width=1280, dark=False):
        visits.append(Visit(window.page(width, 844, dark), path))
        return visits[-1]

    yield open_file
    window.close(seen.page for seen in visits)


@pytest.fixture(scope="module")
def unfolded(window):
    """Open a file once for all tests that only look at it, and all that it folds: ``unfolded(path, width=390)``."""
    visits = {}

    def open_file(path, width=1280, dark=False):
        key = (path, width, dark)
        if key not in visits:
            visits[key] = Visit(window.page(width, 844, dark), path)
            visits[key].page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return visits[key]

    yield open_file
    window.close(seen.page for seen in visits.values())


class Served:
    """The web app over a folder, in a process of its own.

    ``url`` is its address without a final slash; ``kill`` ends it as a crash would.
    """

    def __init__(self, folder, *options, port=0):
        command = [sys.executable, "-m", "innospace", "web", str(folder), "--port", str(port), "--no-browser", "--json"]
        self.folder = Path(folder)
        # in a session of its own, so that an interrupt of the tests is not one of the app
        self.process = subprocess.Popen(
            [*command, *map(str, options)], stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("}"):
                break
        assert lines, f"the app ended with code {self.process.wait()}"
        self.address = json.loads("".join(lines))["url"]
        self.url = self.address.partition("?")[0].rstrip("/")

    def kill(self):
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """End it as Ctrl-C does; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process.stdout.close()
        return code


@pytest.fixture
def serve():
    """Serve the web app: ``serve(folder, "--host", "0.0.0.0").url``; it is stopped at the end of the test.

    A start takes seconds: it is for tests that kill a server or start it in a way of their own. Others use ``served``.
    """
    started = []

    def start(folder, *options, port=0):
        served = Served(folder, *options, port=port)
        started.append(served)
        return served

    yield start
    for served in started:
        served.stop()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The one app of all tests; ``root`` or ``studies`` says what its folder holds."""
    app = Served(tmp_path_factory.mktemp("app"))
    yield app
    app.stop()


def emptied(folder):
    """Take everything out of a folder; a worker that ends just now may still write into it."""
    for _ in range(40):
        for path in folder.iterdir():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        if not any(folder.iterdir()):
            return folder
        time.sleep(0.1)
    raise AssertionError(f"{folder} is still written to")


@pytest.fixture
def root(served):
    """Empty the folder of studies of the app for a test."""
    return emptied(served.folder)


@pytest.fixture(scope="module")
def studies(served):
    """Empty the folder of studies of the app for a module whose tests read the same studies."""
    return emptied(served.folder)


@pytest.fixture(scope="session")
def computed(tmp_path_factory):
    """Write a study with names that are hard to show and run it, once; return its folder."""
    import web_study

    return web_study.write(tmp_path_factory.mktemp("computed"))


class AppVisit:
    """A tab with the web app, what it complained about, and what it asked for elsewhere."""

    def __init__(self, page, url):
        self.page, self.url = page, url
        self.complaints, self.foreign = [], []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.on("request", lambda r: self._asked(r.url))
        page.on("websocket", lambda w: self._asked(w.url))

    def _asked(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.url).netloc:
            self.foreign.append(url)

    def goto(self, path):
        """Open a page of the app and wait until it answers."""
        self.page.goto(self.url + path)
        self.page.wait_for_function("window.did_handshake === true")
        return self.page

    def violations(self):
        """Return what axe-core finds serious or critical, as text."""
        return serious(self.page)

    def overflow(self):
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture
def tab(window):
    """Open a tab of the app: ``tab(served, width=390, dark=True)``; nothing may complain or leave the machine."""
    tabs = []

    def open_tab(served, width=1280, dark=False):
        tabs.append(AppVisit(window.page(width, 900, dark), served.url))
        return tabs[-1]

    yield open_tab
    window.close(t.page for t in tabs)
    assert [c for t in tabs for c in t.complaints] == []
    assert [f for t in tabs for f in t.foreign] == []
