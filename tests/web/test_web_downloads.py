"""Downloads: the bytes that the command line writes, nothing outside the store, names that survive."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
import web_study

from innospace.report.text import prose
from innospace.study import compose, read_run
from innospace.study.store import SHOWN
from innospace.web.downloads import TYPES

BASE = f"/files/studies/{quote(web_study.NAME)}"


class Here:
    """Work of pages done in this process."""

    async def __call__(self, function, *arguments):
        return function(*arguments)


@pytest.fixture(scope="session")
def study(computed, tmp_path_factory):
    return shutil.copytree(computed, tmp_path_factory.mktemp("studies") / web_study.NAME)


@pytest.fixture(scope="session")
def run(study):
    return read_run(study)


class Client:
    """Asks an app without a network."""

    def __init__(self, app):
        self.app = app

    def request(self, method, path):
        async def sent():
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path)

        return web_study.awaited(sent())

    def get(self, path):
        return self.request("GET", path)


@pytest.fixture(scope="session")
def client(study):
    from fastapi import FastAPI

    from innospace.web import downloads
    from innospace.web.context import AppContext
    from innospace.web.workspace import Workspace

    app = FastAPI()
    downloads.register(app, AppContext(Workspace(study.parent), None, Here()))
    return Client(app)


@pytest.fixture(scope="session")
def written(study, tmp_path_factory):
    """What the command line writes."""
    from innospace.cli.app import main

    out = tmp_path_factory.mktemp("out")
    kinds = (("full", "html,pdf,tables,figures,data"), ("brief", "html,pdf"), ("replication", "html"))
    for kind, formats in kinds:
        assert main(["report", str(study), "--out", str(out), "--formats", formats, "--kind", kind, "--quiet"]) == 0
    return out


def own(run, rest):
    return f"{BASE}/runs/{run.run_id[:SHOWN]}/{rest}"


@pytest.mark.parametrize("name", ["report.html", "report.pdf", "brief.html", "brief.pdf", "replication.html"])
def test_reports_are_those_of_the_command_line(client, run, written, name):
    assert client.get(own(run, name)).content == (written / name).read_bytes()


@pytest.mark.parametrize("kind", ["report", "brief"])
def test_word_files_open_and_hold_the_findings(client, run, kind):
    import docx

    answer = client.get(own(run, f"{kind}.docx"))
    assert answer.headers["content-type"] == TYPES["docx"]
    word = docx.Document(io.BytesIO(answer.content))
    texts = [p.text for p in word.paragraphs]
    document = compose(run, Path())
    findings = document.findings if kind == "report" else document.highlights
    bullets = [p.text for p in word.paragraphs if p.style.name == "List Bullet"]
    assert bullets[: len(findings)] == [prose(f) for f in findings]
    assert any(f"--run {run.run_id[:SHOWN]}" in t for t in texts)
    headings = [t.cell(0, 1).text for t in word.tables]
    assert ("Check" in headings) == (kind == "report")
    if kind == "report":
        checks = word.tables[headings.index("Check")]
        assert len(checks.rows) == 1 + min(6, len(document.checks))
        assert all(c.text for row in checks.rows[1:] for c in row.cells)


def test_tables_figures_and_numbers_are_those_of_the_command_line(client, run, written):
    names = [p.relative_to(written).as_posix() for p in written.rglob("*") if p.is_file()]
    single = [n for n in names if re.match(r"(figures/.*|tables/.*\.csv|data/.*\.(csv|parquet))$", n)]
    assert len(single) > 20
    for name in single:
        assert client.get(own(run, quote(name))).content == (written / name).read_bytes(), name


def test_archives_hold_what_the_command_line_writes(client, run, written):
    for what in ("tables", "figures", "data"):
        with zipfile.ZipFile(io.BytesIO(client.get(own(run, f"{what}.zip")).content)) as found:
            inside = {n: found.read(n) for n in found.namelist()}
        there = {p.relative_to(written).as_posix(): p.read_bytes() for p in (written / what).iterdir()}
        assert inside == there


def test_workbooks_hold_the_numbers(client, run):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(client.get(own(run, "tables.xlsx")).content))
    assert len(book.sheetnames) == 1 + len(compose(run, Path()).tables())
    one = openpyxl.load_workbook(io.BytesIO(client.get(own(run, "tables/regions.xlsx")).content))
    assert one["regions"].max_row > 160


def test_what_is_chosen_on_the_page_can_be_had(client, run):
    region = quote(web_study.NASTY)
    answer = client.get(own(run, f"views/frontier/region.csv?region={region}"))
    frame = run.results["frontier"].regions
    wanted = frame[frame["region"] == web_study.NASTY]["te"]
    rows = answer.text.splitlines()[1:]
    assert [float(r.rsplit(",", 3)[1]) for r in rows] == list(wanted)
    assert client.get(own(run, "views/frontier/regions-2011.csv?year=2011")).text.count("\n") == 81
    svg = client.get(own(run, f"views/frontier/ranking-2012.svg?year=2012&region={region}"))
    assert "<script>" not in svg.text
    assert "&lt;script&gt;" in svg.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("report.pdf", "application/pdf"),
        ("tables.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("figures/share-of-space.svg", "image/svg+xml"),
        ("figures/share-of-space.png", "image/png"),
        ("tables/regions.csv", "text/csv; charset=utf-8"),
        ("data/frontier.parquet", "application/vnd.apache.parquet"),
        ("data.zip", "application/zip"),
    ],
)
def test_type_and_name_are_told(client, run, name, kind):
    answer = client.get(own(run, name))
    assert answer.headers["content-type"] == kind
    told = answer.headers["content-disposition"]
    assert told.isascii()
    assert told.startswith("attachment; ")
    stem = name.rpartition("/")[2]
    assert unquote(re.search(r"filename\*=UTF-8''(\S+)$", told)[1]) == f"{web_study.NAME}-{stem}"


def test_a_name_cannot_add_to_the_header():
    from innospace.web.downloads import disposition

    told = disposition('a"; b\r\nc: d.csv')
    assert re.fullmatch(r"attachment; filename=\"[\w. -]+\"; filename\*=UTF-8''[\w.%-]+", told)


def test_study_that_reproduces_the_run(client, study, run, tmp_path):
    content = client.get(f"{BASE}/study.zip").content
    assert content == client.get(f"{BASE}/study.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        found.extractall(tmp_path)
        note = found.read(f"{web_study.NAME}/README.txt").decode()
    assert run.run_id in note
    assert f"innospace run '{web_study.NAME}'" in note
    assert "data/regions.csv" in note
    unpacked = tmp_path / web_study.NAME
    assert (unpacked / "study.toml").read_bytes() == (study / "study.toml").read_bytes()


def test_package_is_that_of_the_command_line(client, study, run, tmp_path):
    from innospace.cli.app import main

    options = ("--formats", "tables", "--out", str(tmp_path), "--package", str(tmp_path / "a.zip"), "--quiet")
    assert main(["report", str(study), *options]) == 0
    assert client.get(own(run, "replication.zip")).content == (tmp_path / "a.zip").read_bytes()


def test_link_out_of_the_study_is_not_packed(study, client, tmp_path):
    secret = tmp_path / "secret.toml"
    secret.write_text("a = 1", encoding="utf-8")
    (study / "scenarios").mkdir()
    (study / "scenarios" / "out.toml").symlink_to(secret)
    try:
        with zipfile.ZipFile(io.BytesIO(client.get(f"{BASE}/study.zip").content)) as found:
            assert [n for n in found.namelist() if "scenarios" in n] == []
    finally:
        (study / "scenarios" / "out.toml").unlink()
        (study / "scenarios").rmdir()


@pytest.mark.parametrize(
    "path",
    [
        "/files/studies/..%2F..%2Fetc/study.zip",
        "/files/studies/%2e%2e/study.zip",
        "/files/studies/nothing/study.zip",
        BASE + "/runs/%2e%2e/report.html",
        BASE + "/runs/.steps/report.html",
        BASE + "/runs/zz/report.html",
        "RUN/figures/..%2F..%2Fmanifest.svg",
        "RUN/tables/%2e%2e%2f%2e%2e%2fstudy.csv",
        "RUN/figures/%2e%2e.svg",
        "RUN/figures/C:%5Cwindows.svg",
        "RUN/data/..%5c..%5cmanifest.csv",
        "RUN/views/..%2f/x.svg",
        "RUN/views/frontier/..%2f..%2fx.svg",
        "RUN/manifest.json",
        "RUN/log.txt",
        "RUN/tables/regions.exe",
        "RUN/data/regions.csv",
        "RUN/.csv",
    ],
)
def test_what_is_not_offered_is_not_found(client, run, path):
    answer = client.get(path.replace("RUN", f"{BASE}/runs/{run.run_id[:SHOWN]}"))
    assert answer.status_code == 404
    assert b"sha256" not in answer.content
    assert "attachment" not in answer.headers.get("content-disposition", "")


def test_files_are_only_read(client, run):
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, own(run, "report.html")).status_code == 405


def test_damaged_run_is_told(client, run, study):
    manifest = study / "runs" / run.run_id / "manifest.json"
    whole = manifest.read_bytes()
    try:
        broken = json.loads(whole) | {"title": "changed"}
        manifest.write_text(json.dumps(broken), encoding="utf-8")
        answer = client.get(own(run, "report.html"))
    finally:
        manifest.write_bytes(whole)
    assert answer.status_code == 404
    assert "damaged" in answer.text
