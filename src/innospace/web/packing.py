"""What worker processes write for downloads: the files of a report as the command line writes them, single tables."""

from __future__ import annotations

import shlex
from pathlib import Path

from innospace.core.errors import InnospaceError
from innospace.core.figure import Figure
from innospace.core.labels import require_known
from innospace.core.table import Table
from innospace.report.archives import packed
from innospace.web.drawing import Chosen, RunRef, figure_of_view, named_figure, named_table, opened, viewed

README = "README.txt"


def report(ref: RunRef, name: str) -> bytes:
    """Return a page of a report: ``report.html``, ``brief.pdf`` and the like.

    Raises
    ------
    LabelError
        There is no such page.
    """
    known = pages()
    require_known([name], list(known), kind="report")
    kind, ending = known[name]
    return dict(_written(ref, ending, kind))[name]


def pages() -> dict[str, tuple[str, str]]:
    """Return the pages that can be had: name of the file to kind and format."""
    from innospace.report.write import FORMATS, FULL, KINDS

    endings = [f for f in FORMATS if f not in ARCHIVES]
    return {f"{'report' if k == FULL else k}.{f}": (k, f) for k in KINDS for f in endings}


ARCHIVES = ("tables", "figures", "data")
"""Formats of a report that are many files."""


def archive(ref: RunRef, what: str) -> bytes:
    """Return all tables, figures or data as a ZIP file."""
    from innospace.report.write import FULL

    return packed(_written(ref, what, FULL))


def package(ref: RunRef) -> bytes:
    """Return the replication package that ``innospace report --package`` writes."""
    from innospace.study.package import replication_package

    return replication_package(opened(ref).run, Path(ref.folder))


def workbook_of_all(ref: RunRef) -> bytes:
    """Return all tables as one workbook."""
    from innospace.report.tables.files import WORKBOOK
    from innospace.report.write import FULL

    return dict(_written(ref, "tables", FULL))[f"tables/{WORKBOOK}"]


def _written(ref: RunRef, what: str, kind: str) -> list[tuple[str, bytes]]:
    """Return what ``innospace report --formats WHAT`` writes: name and content."""
    import tempfile

    from innospace.report import write_report
    from innospace.study.composition import compose

    document = compose(opened(ref).run, Path(ref.folder), kind=kind)
    with tempfile.TemporaryDirectory(prefix="innospace-report-") as name:
        written = write_report(document, name, [what], kind=kind)
        return [(p.relative_to(name).as_posix(), p.read_bytes()) for p in written]


def one_figure(ref: RunRef, name: str, kind: str) -> bytes:
    """Return a figure of the report as SVG, PNG or CSV."""
    return figure_bytes(named_figure(ref, name), kind)


def one_table(ref: RunRef, name: str, kind: str) -> bytes:
    """Return a table of the report as CSV or XLSX."""
    return table_bytes(named_table(ref, name), kind)


def one_of_view(ref: RunRef, step: str, chosen: Chosen, name: str, kind: str) -> bytes:
    """Return a figure or the table of what was chosen of a step."""
    view = viewed(ref, step, chosen)
    if view.table is not None and view.table.name == name and kind in ("xlsx", "csv"):
        return table_bytes(view.table, kind)
    return figure_bytes(figure_of_view(view, name), kind)


def whole(ref: RunRef, step: str, kind: str) -> bytes:
    """Return all numbers of a step as Parquet, CSV or XLSX."""
    from innospace.report.write import data_file

    data = opened(ref).document.data
    require_known([step], list(data), kind="step")
    return data_file(step, data[step], kind)


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``svg``, ``png`` or ``csv``, as a report writes it."""
    from innospace.report.charts import to_png, to_svg
    from innospace.report.tables.files import frame_csv

    if kind == "png":
        return to_png(figure)
    return (to_svg(figure) if kind == "svg" else frame_csv(figure.data)).encode("utf-8")


def table_bytes(table: Table, kind: str) -> bytes:
    """Return a table as ``csv`` or ``xlsx``."""
    from innospace.report.tables.files import tables_file

    return tables_file([table], kind)


def study_files(folder: str, name: str) -> bytes:
    """Return what reproduces a study: ``study.toml``, its scenarios, and a note on how to run it and on its data."""
    from innospace.study.replication import study_files as own

    root = Path(folder).resolve()
    files = [(f"{name}/{p.relative_to(root).as_posix()}", p.read_bytes()) for p in own(root)]
    return packed([*files, (f"{name}/{README}", _note(root, name).encode("utf-8"))])


def _note(root: Path, name: str) -> str:
    """Return what to type, which run that gives, and which tables are needed."""
    from innospace.study.load import load_study
    from innospace.study.plan import make_plan

    lines = ["In the folder that holds this one:", "", f"  innospace check {shlex.quote(name)}"]
    lines += [f"  innospace run {shlex.quote(name)}", ""]
    try:
        study = load_study(root)
        lines.append(f"That gives the run {make_plan(study).run_id}")
    except InnospaceError as error:
        return "\n".join([*lines, f"As it is, the study has a problem: {error.what}", ""])
    own = [f"  {t.file}" for t in study.tables.values() if t.file is not None]
    return "\n".join([*lines, *(["", "once these tables stand beside study.toml:", *own] if own else []), ""])
