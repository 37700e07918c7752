"""The page of comparison: scenarios of a run, two runs, what is empty; numbers are those of the command line."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import httpx
import openpyxl
import pytest

from innospace.study import run
from innospace.study.store import SHOWN, Store

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STUDIES = Path(__file__).parents[2] / "studies"
NAME = "край"
PAGE = "/studies/%D0%BA%D1%80%D0%B0%D0%B9/compare"
QUIET = "document.querySelectorAll('[aria-busy=true]').length === 0 && !!document.querySelector('.outcome')"


@pytest.fixture(scope="module")
def filled(studies, computed):
    """Three studies: an economy with two runs that differ in an assumption, one run without scenarios, none."""
    root = studies
    folder = root / NAME
    shutil.copytree(STUDIES / "bashkortostan", folder, ignore=shutil.ignore_patterns("runs", "report"))
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8").replace("draws = 200", "draws = 0").replace("[2012, 2030]", "[2012, 2013]")
    text = text.replace(', "TE-of-Tatarstan"]', "]")
    (folder / "scenarios" / "TE-of-Tatarstan.toml").unlink()
    file.write_text(text, encoding="utf-8")
    run(folder)
    file.write_text(text + "\n[step.economy.assumptions]\nmoney_growth = 0.09\n", encoding="utf-8")
    run(folder)
    shutil.copytree(
        STUDIES / "russia-innovation-space", root / "space", ignore=shutil.ignore_patterns("runs", "report")
    )
    run(root / "space")
    (root / "new").mkdir()
    (root / "new" / "study.toml").write_text('[study]\ntitle = "New"\nseed = 1\n', encoding="utf-8")
    return root


def opened(visit, address):
    page = visit.goto(address)
    page.wait_for_selector(".outcome")
    page.wait_for_function(QUIET)
    return page


def told(capsys, *arguments):
    """Return what the command line prints."""
    from innospace.cli.app import main

    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def numbers_of(page, served, kind):
    """Return the first sheet (or the CSV text) that the page offers to download."""
    address = page.locator(f".outcome .download a:has-text('{kind}')").first.get_attribute("href")
    return httpx.get(served.url + address).raise_for_status().content


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_scenarios_beside_each_other_are_sound(served, tab, filled, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = opened(visit, PAGE + "?scenarios=option-1,option-4&decompose=option-2")
    assert page.locator("h1").inner_text() == "Compare"
    assert page.locator(".sections [aria-current]").inner_text() == "Compare"
    assert page.locator(".outcome figure").count() == 1
    assert page.get_by_text("option-2, shock by shock").is_visible()
    assert page.locator(".outcome .tabular table").count() >= 3
    assert "--scenarios option-1,option-4 --decompose option-2" in page.locator(".commands code").inner_text()
    assert visit.overflow() == 0
    assert visit.violations() == []


def test_numbers_are_those_of_the_command_line(served, tab, filled, capsys):
    folder = filled / NAME
    page = opened(tab(served), PAGE + "?scenarios=option-1,option-4")
    found = told(capsys, "compare", folder, "--scenarios", "option-1,option-4")
    rows = numbers_of(page, served, "CSV").decode().splitlines()
    names = rows[0].split(",")
    levels = [float(r.split(",")[names.index("level")]) for r in rows[1:]]
    assert levels == [n["level"] for n in found["numbers"]]
    sheet = openpyxl.load_workbook(io.BytesIO(numbers_of(page, served, "XLSX"))).worksheets[1]
    column = [c.value for c in sheet[3]].index("Difference") + 1
    differences = [sheet.cell(row, column).value for row in range(4, 4 + len(levels))]
    # a workbook holds 16 digits, one less than some numbers need
    assert differences == pytest.approx([n["difference"] for n in found["numbers"]], rel=1e-15)
    shown = page.locator(".outcome .tabular table").first.inner_text()
    growth = next(n for n in found["numbers"] if n["series"] == "growth" and n["scenario"] == "option-4")
    assert f"{growth['difference']:+.3f}".replace("-", "\u2212") in shown


def test_choices_by_keyboard_lead_back_by_address(served, tab, filled):
    visit = tab(served)
    page = opened(visit, PAGE)
    box = page.get_by_label("option-2", exact=False).first
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_url("**scenarios=option-1%2Coption-3%2Coption-4**")
    page.wait_for_function(QUIET)
    assert "option-2" not in page.locator(".commands code").inner_text()
    page.get_by_label("Series of the chart").select_option(label="Share of the innovation sector in GRP")
    page.wait_for_url("**series=innovation_share**")
    page.wait_for_function(QUIET)
    assert "Share of the innovation sector" in page.locator(".outcome figure").inner_text()
    page.reload()
    page.wait_for_function(QUIET)
    assert not page.get_by_label("option-2", exact=False).first.is_checked()
    assert "Share of the innovation sector" in page.locator(".outcome figure").inner_text()
    for name in ("option-1", "option-3", "option-4"):
        page.get_by_label(name, exact=False).first.uncheck()
    page.get_by_text("Choose at least one scenario.").wait_for()


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (390, False)])
def test_two_runs_are_told_by_their_estimates(served, tab, filled, capsys, width, dark):
    visit = tab(served, width=width, dark=dark)
    page = opened(visit, PAGE + "?kind=runs")
    first, second = Store(filled / NAME).run_ids()
    found = told(capsys, "compare", filled / NAME, "--run", first, "--with", second)
    finding = page.locator(".finding").inner_text()
    assert finding.replace("\u202f", "").startswith(f"{found['compared']} numbers compared")
    assert "money_growth" in page.locator(".facts").inner_text()
    assert f"--run {first[:SHOWN]} --with {second[:SHOWN]}" in page.locator(".commands code").inner_text()
    rows = numbers_of(page, served, "CSV").decode().splitlines()
    assert len(rows) == 1 + found["compared"]
    at = rows[0].split(",").index("difference") - len(rows[0].split(","))
    assert [float(r.rsplit(",")[at]) for r in rows[1:]] == [n["difference"] for n in found["numbers"]]
    assert page.locator(".outcome figure").count() == 1
    assert visit.overflow() == 0
    assert visit.violations() == []


def test_run_of_another_study_and_what_is_empty(served, tab, filled):
    visit = tab(served)
    page = opened(visit, "/studies/space/compare")
    # its only run has no scenarios, so that runs are offered, those of the other study as well
    assert page.locator(".kinds [aria-current]").inner_text() == "Two runs"
    assert page.locator(".finding").inner_text().endswith("numbers compared, 0 differ.") or "Only in" in (
        page.locator(".finding").inner_text()
    )
    page.get_by_role("link", name="Scenarios of a run").click()
    page.get_by_text("This run has no scenarios").wait_for()
    page = visit.goto("/studies/new/compare")
    page.get_by_text("This study has not been run yet").wait_for()
    assert page.locator(".empty a").get_attribute("href") == "/studies/new/run"
    page = visit.goto(PAGE + "?run=ffff")
    page.get_by_text("No stored run begins with 'ffff'.").wait_for()
    assert visit.violations() == []


@pytest.mark.parametrize(
    "asked",
    [
        "scenarios.csv?run=ffff",
        "scenarios.csv?scenarios=option-9",
        "scenarios.csv?scenarios=option-1&year=abc",
        "scenarios.doc",
        "runs.csv?with=ffff",
        "runs.csv?other=..%2F..&with=ffff",
        "other.csv",
    ],
)
def test_what_cannot_be_compared_is_not_found(served, filled, asked):
    answer = httpx.get(f"{served.url}/files/studies/%D0%BA%D1%80%D0%B0%D0%B9/compare/{asked}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
