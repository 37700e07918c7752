"""A report as a folder: page, PDF, tables and figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.document import Document
from innospace.core.labels import require_known
from innospace.core.slugs import slug
from innospace.report import views
from innospace.report.charts.export import Drawings
from innospace.report.files import Folder

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.figure import Figure
    from innospace.core.table import Table

FULL, BRIEF, REPLICATION = "full", "brief", "replication"
KINDS = (FULL, BRIEF, REPLICATION)
DATA_KINDS = ("csv", "xlsx", "parquet")
FORMATS = ("html", "pdf", "docx", "tables", "figures", "data")


def write_report(
    document: Document, folder: str | Path, formats: Sequence[str] = FORMATS, *, kind: str = FULL
) -> list[Path]:
    """Write a report to a folder.

    Everything is made aside and moved into place at the end: a report that fails leaves the folder as it was.

    Parameters
    ----------
    document : Document
        What to set.
    folder : path
        Created when it is missing; files of an earlier report with the same names are replaced, others stay.
    formats : sequence of str
        ``html``, ``pdf`` and ``docx`` give ``report.html``, ``report.pdf`` and ``report.docx``; ``tables`` gives
        ``tables/NAME.csv``, ``tables/NAME.tex`` and ``tables/tables.xlsx``; ``figures`` gives
        ``figures/NAME.svg``, ``.png`` and ``.csv``;
        ``data`` gives whole results as ``data/STEP.csv``, ``.xlsx`` and ``.parquet``.
    kind : str
        ``full`` shows everything; ``brief`` is two pages for a reader who decides: ``brief.html``, ``brief.pdf``,
        ``brief.docx``; ``replication`` is set like a full one and named ``replication.html`` and so on: what it holds
        besides is of the document.
        Files of tables, figures and data are whole with either.

    Returns
    -------
    list of Path
        What was written, the page first.

    Raises
    ------
    LabelError
        When a format or the kind is not known.
    StoreError
        When the folder cannot be written.
    """
    require_known(formats, FORMATS, kind="format", where="formats of the report")
    require_known([kind], KINDS, kind="kind of report", where="kind of the report")
    drawings = Drawings()
    with Folder(folder) as out:
        _add_pages(document, formats, kind, out, drawings)
        if "tables" in formats:
            from innospace.report.tables.files import add_tables

            add_tables(_named_tables(document), out, "tables/")
        if "figures" in formats:
            for name, figure in zip(views.names(document).figures, document.figures(), strict=True):
                _add_figure(replace(figure, name=name), out, drawings)
        if "data" in formats:
            for name, frame in document.data.items():
                _add_data(name, frame, out)
    return out.written


def _add_pages(document: Document, formats: Sequence[str], kind: str, out: Folder, drawings: Drawings) -> None:
    """Add the page, the PDF and the Word file, as far as they are wanted."""
    stem = "report" if kind == FULL else kind
    if "html" in formats:
        from innospace.report.brief_pages import render_brief_html
        from innospace.report.document import render_html

        render = render_brief_html if kind == BRIEF else render_html
        out.add(f"{stem}.html", render(document, drawings).encode("utf-8"))
    if "pdf" in formats:
        from innospace.report.brief_pages import render_brief_pdf
        from innospace.report.pdf import render_pdf

        set_pdf = render_brief_pdf if kind == BRIEF else render_pdf
        out.add(f"{stem}.pdf", set_pdf(document, drawings))
    if "docx" in formats:
        from innospace.report.word import render_brief_docx, render_docx

        set_docx = render_brief_docx if kind == BRIEF else render_docx
        out.add(f"{stem}.docx", set_docx(document, drawings))


def _named_tables(document: Document) -> list[Table]:
    return [replace(t, name=n) for n, t in zip(views.names(document).tables, document.tables(), strict=True)]


def _add_data(name: str, frame: pd.DataFrame, out: Folder) -> None:
    for kind in DATA_KINDS:
        out.add(f"data/{slug(name)}.{kind}", data_file(name, frame, kind))


def data_file(name: str, frame: pd.DataFrame, kind: str) -> bytes:
    """Return a whole result as a file; ``kind`` is one of :data:`DATA_KINDS`."""
    from innospace.core.table import Table
    from innospace.report.tables.files import frame_csv, workbook

    if kind == "csv":
        return frame_csv(frame).encode("utf-8")
    if kind == "xlsx":
        return workbook([Table(slug(name), f"{name}: all results", frame, ())])
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _add_figure(figure: Figure, out: Folder, drawings: Drawings) -> None:
    from innospace.report.tables.files import frame_csv

    out.add(f"figures/{figure.name}.svg", drawings.svg(figure).encode("utf-8"))
    out.add(f"figures/{figure.name}.png", drawings.png(figure))
    out.add(f"figures/{figure.name}.csv", frame_csv(figure.data).encode("utf-8"))
