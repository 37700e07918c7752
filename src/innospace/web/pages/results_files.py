"""Files of a run on the page of results, and the commands that give the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from innospace.web.controls import element
from innospace.web.downloads import DATA_KINDS
from innospace.web.layout import link
from innospace.web.packing import pages

if TYPE_CHECKING:
    from innospace.web.drawing import Overview
    from innospace.web.pages.results import ResultsPage

DATA_NAMES = {"parquet": "Parquet", "csv": "CSV", "xlsx": "XLSX"}
NAMES = {"report": "Full report", "brief": "Brief report, two pages", "replication": "Replication report"}


def files(page: ResultsPage, overview: Overview) -> None:
    """Draw the list of files that can be downloaded."""
    place = page.ref.files
    with element("section", "files card"):
        element("h2", "", "Download")
        element("p", "soft", "Files are written when you ask for them; a long report takes some ten seconds.")
        with element("p"):
            link("Download the report (PDF)", f"{place}/report.pdf", "button primary").props("download")
        with element("dl"):
            for stem, endings in _reports().items():
                _row(NAMES.get(stem, stem), [(e.upper(), f"{place}/{stem}.{e}") for e in endings])
            tables = [("XLSX, one workbook", f"{place}/tables.xlsx"), ("ZIP of CSV and LaTeX", f"{place}/tables.zip")]
            _row("All tables", tables)
            _row("All figures", [("ZIP of SVG, PNG and CSV", f"{place}/figures.zip")])
            for step, _ in overview.engines:
                kinds = [(DATA_NAMES[k], f"{place}/data/{quote(step)}.{k}") for k in DATA_KINDS]
                _row(f"All numbers of {step}", kinds)
            study = f"/files/studies/{quote(page.study, safe='')}/study.zip"
            package = ("Replication package (ZIP): study, data, numbers, versions", f"{place}/replication.zip")
            _row("What reproduces the study", [package, ("ZIP of study.toml and scenarios", study)])


def _referees(place: str, run: str) -> str:
    return f"innospace report {place}{run} --kind replication --package replication.zip"


def _reports() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in pages():
        stem, _, ending = name.partition(".")
        found.setdefault(stem, []).append(ending)
    return found


def _row(name: str, links: list[tuple[str, str]]) -> None:
    with element("div"):
        element("dt", "", name)
        with element("dd"):
            for words, address in links:
                link(words, address).props["download"] = True


def commands(page: ResultsPage, overview: Overview) -> None:
    """Draw the commands that give what the page shows."""
    from innospace.study.store import SHOWN

    place = overview.command.removeprefix("innospace run ")
    run = f" --run {page.ref.run_id[:SHOWN]}"
    with element("section", "commands"):
        element("h2", "", "By command line")
        element("p", "", "The same numbers, files and charts without the app:")
        for words, command in (
            ("Compute what is not stored yet, and write the report", f"innospace run {place}"),
            ("Write the report of this run again", f"innospace report {place}{run}"),
            ("A report for referees, and a package that computes the run again", _referees(place, run)),
            ("Two pages for a reader who decides", f"innospace report {place}{run} --kind brief"),
            (
                "All tables, figures and numbers as files",
                f"innospace report {place}{run} --formats tables,figures,data",
            ),
            ("All numbers as JSON", f"innospace report {place}{run} --json"),
        ):
            element("h3", "", words)
            with element("pre").props("tabindex=0"):
                element("code", "", command)
