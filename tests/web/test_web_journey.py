"""The whole way in a browser, by keyboard alone: a new study, its table, its model, its run, its report."""

from __future__ import annotations

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from innospace.cli.app import main
from innospace.study import read_run
from innospace.web.job_record import JobState
from innospace.web.jobs import Jobs

pytestmark = pytest.mark.browser
LONG = 180_000
SEEN = """e => {
  const s = getComputedStyle(e), b = e.getBoundingClientRect();
  const drawn = e.ownerSVGElement && s.stroke !== 'none' && parseFloat(s.strokeWidth) >= 2.5;  // marks of charts
  const ring = drawn || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2);
  return ring && b.width > 0 && b.bottom > 0 && b.top < innerHeight && b.right > 0 && b.left < innerWidth;
}"""
PLACE = "e => [getComputedStyle(e).outline, JSON.stringify(e.getBoundingClientRect()), innerWidth, innerHeight]"
NAMED = """e => [e.getAttribute('aria-label'), ...[...(e.labels ?? [])].map(l => l.innerText), e.innerText]
  .filter(Boolean).map(t => t.replace(/\\s+/g, ' ').trim())"""


def table():
    """Return a table as an office publishes it: Windows-1251, decimal commas, a title, flags, a dash."""
    rng = np.random.default_rng(8)
    n = 60
    staff = np.exp(rng.normal(6, 1, n)).round()
    patents = staff**0.8 * np.exp(rng.normal(-1, 0.3, n) - np.abs(rng.normal(0, 0.6, n)))
    capital = np.exp(rng.normal(4, 1, n))
    rows = [["Регион", "patents", "staff", "rd_capital"]]
    for i in range(n):
        cells = [f"Край {i:02}", f"{patents[i]:.2f}", f"{staff[i]:.0f}", f"{capital[i]:.1f}"]
        rows.append([c.replace(".", ",") for c in cells])
    rows[6][2] = "-"
    rows[3][1] += " p"
    rows[9][3] += " be"
    return "\n".join(["Патенты и занятые наукой;;;", "", *map(";".join, rows)]).encode("cp1251")


class Keyboard:
    """A visitor without a mouse, who must see where the focus is."""

    def __init__(self, page):
        self.page = page
        # asked for only when a key was pressed, the browser may open a dialog of its own before it knows
        page.on("filechooser", lambda _: None)

    @property
    def focused(self):
        return self.page.evaluate_handle("document.activeElement").as_element()

    def seen(self, at):
        """Return whether the focus shows, at once or when what fades in has done so."""
        try:
            self.page.wait_for_function(SEEN, arg=at, timeout=2000)
        except PlaywrightTimeout:
            return False
        return True

    def to(self, name, most=120):
        """Press Tab until a control of this name has the focus; every stop must be seen."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            at = self.focused
            if self.page.evaluate("document.activeElement === document.body"):
                continue  # from the last control to the first
            names = at.evaluate(NAMED)
            if not self.seen(at):
                # a part that the page draws anew while it loads takes its controls along
                assert not at.evaluate("e => e.isConnected"), f"the focus is not seen at {names}: {at.evaluate(PLACE)}"
                continue
            if any(re.fullmatch(name, n) for n in names):
                return at
        raise AssertionError(f"{name!r} is not reached with the keyboard")

    def press(self, name, key="Enter"):
        self.to(name)
        self.page.keyboard.press(key)

    def choose(self, name, file, content):
        """Choose a file; its dialog is the browser's."""
        self.to(name)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        chooser.value.set_files({"name": file, "mimeType": "text/csv", "buffer": content})

    def download(self, name):
        self.to(name)
        with self.page.expect_download() as got:
            self.page.keyboard.press("Enter")
        return got.value.path().read_bytes()


def begin(keys, root):
    """Make a study and give it its table."""
    page = keys.page
    keys.press("Make the study")
    page.get_by_text("A study needs a title").wait_for()
    assert list(root.iterdir()) == []
    keys.to(r"Title \(required\)")
    page.keyboard.type("Мой край")
    keys.press("Make the study")
    page.wait_for_url("**/data")
    keys.press("Skip to the content")
    assert page.evaluate("document.activeElement.id") == "content"
    keys.choose("Your table", "край.csv", table())
    page.get_by_text("The first row holds a title, 'Патенты и занятые наукой'").wait_for()
    assert page.get_by_text("The names of columns seem to stand in row 3").is_visible()
    read_so(keys, ("The names of columns stand in", "Row 3"))
    page.get_by_text("3 cells have a problem").wait_for()
    keys.press(r"Row 6 \(Край 02\)")
    assert page.evaluate("document.querySelector('td.bad:target').textContent").startswith("✗ ")
    read_so(
        keys,
        ("A dash in a number column", "Means missing"),
        ("Letters behind a number, as in 12.5 p", "Are flags"),
    )
    page.get_by_text("No problem in any cell").wait_for()


def read_so(keys, *answers):
    """Say how the file is to be read."""
    for label, answer in answers:
        keys.to(label)
        keys.page.keyboard.type(answer)
    keys.press("Read it this way")


def model(keys):
    """Take the model that is proposed, change its distribution, and return the study file as it is downloaded."""
    page = keys.page
    keys.press("Choose columns and model")
    page.get_by_role("heading", name="A model for the table край").wait_for()
    assert page.get_by_text("1 row has a missing cell in a column of the formula: Край 05").is_visible()
    keys.press("Use this model")
    page.get_by_text("The model is put in, not saved yet.").wait_for()
    page.get_by_text("59 of 60 rows are used").wait_for()
    keys.to("Inefficiency")
    page.keyboard.type("Expo")
    page.keyboard.press("Tab")
    page.get_by_text("exponential inefficiency").wait_for()
    keys.press("Save")
    page.locator(".announce").get_by_text("Saved.").wait_for()
    keys.press("The study file that says this")
    return keys.download("Download study.toml")


def watched(first, other):
    """Run the study in one tab and watch it in another one, on a phone."""
    page, keys = first.page, Keyboard(first.page)
    keys.press("Save and run")
    page.wait_for_url("**/run")
    page.get_by_role("progressbar", name="Progress of the run").wait_for()
    watching = other.goto("/studies/мой-край/run")
    assert first.violations() == []
    for seen in (page, watching):
        seen.get_by_role("link", name="See the results").wait_for(timeout=LONG)
    assert (other.violations(), other.overflow()) == ([], 0)
    page.get_by_text("stored already").wait_for()
    # a question gives the focus back
    keys.press("Compute everything again")
    page.get_by_role("button", name="Compute again").wait_for()
    assert keys.focused.inner_text() == "Compute again"
    keys.press("No")
    page.get_by_role("button", name="Compute everything again").wait_for()
    assert keys.focused.inner_text() == "Compute everything again"
    keys.press("See the results")


def tables_in(report):
    """Return the tables that a report holds as files: name -> rows."""
    found = {}
    for data, name in re.findall(r'href="data:text/csv[^"]*?base64,([^"]+)" download="([^"]+)"', report):
        text = base64.b64decode(data).decode("utf-8")
        found[name] = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    return found


def test_the_whole_way_by_keyboard_gives_the_numbers_of_the_command_line(served, root, tab, tmp_path, capsys):
    visit = tab(served)
    keys = Keyboard(visit.goto("/"))
    begin(keys, root)
    assert visit.violations() == []
    study = model(keys)
    assert visit.violations() == []
    watched(visit, tab(served, width=390, dark=True))
    job = Jobs().latest(root / "мой-край")  # another server would read the same
    assert (job.state, job.fraction, job.error) == (JobState.FINISHED, 1.0, None)
    assert "Finished" in job.log_text()
    assert (root / "мой-край" / "report" / "report.html").is_file()
    visit.page.get_by_role("heading", name="Results", level=1).wait_for()
    visit.page.wait_for_function("document.querySelectorAll('[aria-busy=true]').length === 0")
    visit.page.locator(".files").wait_for()
    report = tables_in(keys.download("HTML").decode("utf-8"))

    # elsewhere, from what was downloaded and the table
    folder = tmp_path / "мой-край"
    (folder / "data").mkdir(parents=True)
    (folder / "study.toml").write_bytes(study)
    (folder / "data" / "край.csv").write_bytes(table())
    assert main(["run", str(folder), "--json", "--formats", "tables"]) == 0
    told = json.loads(capsys.readouterr().out)
    (run,) = (p.name for p in (root / "мой-край" / "runs").iterdir() if not p.name.startswith("."))
    assert told["run"] == run == job.run_id
    written = {p.name: p for p in (folder / "report" / "tables").glob("*.csv")}
    assert {"coefficients.csv", "efficiencies.csv", "tests.csv"} == set(report) & set(written)
    for name in set(report) & set(written):
        with written[name].open(encoding="utf-8-sig", newline="") as file:
            assert report[name] == list(csv.reader(file)), name
    ours, theirs = (read_run(f).results["frontier"].to_frame() for f in (root / "мой-край", folder))
    assert ours.equals(theirs)
    assert len(ours) > 3
