"""The documentation site in a browser: readable by everybody, light and dark, wide and narrow."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from built_site import built_site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGES = (
    "index.html",
    "tutorials/first-study.html",
    "explanation/knowledge-economy.html",
    "reference/command-line.html",
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without telling of it."""

    def log_message(self, *_):
        """Say nothing."""


class Site:
    """A folder served on this machine only."""

    def __init__(self, folder):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    served = Site(built_site(tmp_path_factory))
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_axe_finds_nothing_serious(site, tab, width, dark):
    seen = tab(site, width, dark)
    for name in PAGES:
        seen.page.goto(f"{site.url}/{name}")
        scheme = seen.page.locator("body").get_attribute("data-md-color-scheme")
        assert scheme == ("slate" if dark else "default")
        assert seen.violations() == [], name
        assert seen.overflow() <= 0, name
