"""Tables as HTML, LaTeX and Typst, and as files: CSV, one XLSX workbook, LaTeX."""

from __future__ import annotations

from innospace.report.tables.files import frame_csv, write_tables
from innospace.report.tables.html import to_html
from innospace.report.tables.latex import to_latex
from innospace.report.tables.typst import to_typst

__all__ = ["frame_csv", "to_html", "to_latex", "to_typst", "write_tables"]
