"""Pictures of every page of the web app, at 1440 and 390 pixels, light and dark.

Run from the root of the source tree, with Chromium installed:

    python tools/build_screenshots.py                    # those of the documentation, into docs/images/web/
    python tools/build_screenshots.py --all --out DIR    # every page, both widths, light and dark

Studies are copied from ``studies/`` and run where they were not.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
STUDY = "bashkortostan"
FIRMS = "firms-internationalisation"
EQUILIBRIUM = "open-economy"
REGIONS = "russian-regions"
OUTCOMES = "russia-innovation-types"
AGENTS = "technology-agents"
STUDIES = (STUDY, FIRMS, EQUILIBRIUM, REGIONS, OUTCOMES, AGENTS)
WIDTHS = (1440, 390)
HEIGHT = {1440: 1000, 390: 844}
PAGES = {
    "home": "/",
    "data": f"/studies/{STUDY}/data",
    "model": f"/studies/{STUDY}/model",
    "run": f"/studies/{STUDY}/run",
    "results": f"/studies/{STUDY}/results",
    "scenarios": f"/studies/{STUDY}/scenarios",
    "compare": f"/studies/{STUDY}/compare?decompose=option-4",
    "compare-runs": f"/studies/{STUDY}/compare?kind=runs",
    "results-firms": f"/studies/{FIRMS}/results",
    "data-firms": f"/studies/{FIRMS}/data",
    "model-firms": f"/studies/{FIRMS}/model",
    "results-equilibrium": f"/studies/{EQUILIBRIUM}/results",
    "data-equilibrium": f"/studies/{EQUILIBRIUM}/data",
    "model-equilibrium": f"/studies/{EQUILIBRIUM}/model",
    "scenarios-equilibrium": f"/studies/{EQUILIBRIUM}/scenarios",
    "results-regions": f"/studies/{REGIONS}/results",
    "compare-regions": f"/studies/{REGIONS}/compare",
    "results-outcomes": f"/studies/{OUTCOMES}/results",
    "results-agents": f"/studies/{AGENTS}/results",
    "model-agents": f"/studies/{AGENTS}/model",
}
SHIPPED = ("scenarios-1440", "model-1440", "results-1440")
"""What the README and the tutorial show."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
CHROMIUM = os.environ.get("INNOSPACE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def main() -> None:
    """Serve copies of the worked studies and photograph the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every page, both widths, light and dark")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "web")
    parser.add_argument("--page", action="append", choices=PAGES, help="these pages only")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        studies = Path(folder) / "studies"
        shipped = {stem.rpartition("-")[0] for stem in SHIPPED}
        chosen = given.page or [page for page in PAGES if given.all or page in shipped]
        for name in STUDIES:
            if not any(name in PAGES[page] or PAGES[page] == "/" for page in chosen):
                continue
            shutil.copytree(ROOT / "studies" / name, studies / name, ignore=shutil.ignore_patterns(".jobs", "report"))
            subprocess.run(
                [sys.executable, "-m", "innospace", "run", str(studies / name), "--quiet", "--formats", "tables"],
                check=False,
            )
        command = [sys.executable, "-m", "innospace", "web", str(studies), "--port", "0", "--no-browser", "--json"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            lines = iter(server.stdout.readline, "}\n")
            url = json.loads("".join([*lines, "}"]))["url"].rstrip("/")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for name in chosen:
                    photograph(browser, url, name, given.out, everything=given.all)
                browser.close()
        finally:
            server.terminate()
            server.wait()


def photograph(browser: Browser, url: str, name: str, out: Path, *, everything: bool) -> None:
    """Save the pictures of one page."""
    for width in WIDTHS:
        for dark in (False, True) if everything else (False,):
            stem = f"{name}-{width}" + ("-dark" if dark else "")
            if not everything and stem not in SHIPPED:
                continue
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHT[width]},
                color_scheme="dark" if dark else "light",
                device_scale_factor=1 if width > 1000 else 2,
            )
            page = context.new_page()
            page.goto(url + PAGES[name])
            settle(page)
            page.screenshot(path=out / f"{stem}.png")
            if everything:
                page.screenshot(path=out / f"{stem}-whole.png", full_page=True)
            print(stem)
            context.close()


def settle(page: Page) -> None:
    """Wait until the page is whole: it answers, and no part of it is busy for half a second."""
    page.wait_for_function("window.did_handshake === true")
    for _ in range(2):
        page.wait_for_timeout(500)
        page.wait_for_function("!document.querySelector('[aria-busy=true]')", timeout=180_000)


if __name__ == "__main__":
    main()
