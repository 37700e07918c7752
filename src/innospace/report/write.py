"""A report as a folder: page, PDF, tables and figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.document import Document
from innospace.core.labels import require_known
from innospace.report import views
from innospace.report.charts.export import Drawings
from innospace.report.files import Folder
from innospace.report.text import slug

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.figure import Figure
    from innospace.core.table import Table

FORMATS = ("html", "pdf", "tables", "figures", "data")


def write_report(document: Document, folder: str | Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a report to a folder.

    Everything is made aside and moved into place at the end: a report that fails leaves the folder as it was.

    Parameters
    ----------
    document : Document
        What to set.
    folder : path
        Created when it is missing; files of an earlier report with the same names are replaced, others stay.
    formats : sequence of str
        ``html`` gives ``report.html``; ``pdf`` gives ``report.pdf``; ``tables`` gives ``tables/NAME.csv``,
        ``tables/NAME.tex`` and ``tables/tables.xlsx``; ``figures`` gives ``figures/NAME.svg``, ``.png`` and ``.csv``;
        ``data`` gives whole results as ``data/STEP.csv``, ``.xlsx`` and ``.parquet``.

    Returns
    -------
    list of Path
        What was written, the page first.

    Raises
    ------
    LabelError
        When a format is not known.
    StoreError
        When the folder cannot be written.
    """
    require_known(formats, FORMATS, kind="format", where="formats of the report")
    drawings = Drawings()
    with Folder(folder) as out:
        if "html" in formats:
            from innospace.report.document import render_html

            out.add("report.html", render_html(document, drawings).encode("utf-8"))
        if "pdf" in formats:
            from innospace.report.pdf import render_pdf

            out.add("report.pdf", render_pdf(document, drawings))
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


def _named_tables(document: Document) -> list[Table]:
    return [replace(t, name=n) for n, t in zip(views.names(document).tables, document.tables(), strict=True)]


def _add_data(name: str, frame: pd.DataFrame, out: Folder) -> None:
    from innospace.core.table import Table
    from innospace.report.tables.files import frame_csv, workbook

    stem = f"data/{slug(name)}"
    out.add(f"{stem}.csv", frame_csv(frame).encode("utf-8"))
    out.add(f"{stem}.xlsx", workbook([Table(slug(name), f"{name}: all results", frame, ())]))
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    out.add(f"{stem}.parquet", buffer.getvalue())


def _add_figure(figure: Figure, out: Folder, drawings: Drawings) -> None:
    from innospace.report.tables.files import frame_csv

    out.add(f"figures/{figure.name}.svg", drawings.svg(figure).encode("utf-8"))
    out.add(f"figures/{figure.name}.png", drawings.png(figure))
    out.add(f"figures/{figure.name}.csv", frame_csv(figure.data).encode("utf-8"))
