"""What worker processes draw for pages: plain arguments in, HTML out. No page is imported here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from innospace.report.fragments import File, fragment

if TYPE_CHECKING:
    from innospace.core.figure import Figure
    from innospace.core.table import Table


def figure_html(figure: Figure, anchor: str = "", files: Sequence[File] = ()) -> str:
    """Return a figure as HTML, for a worker process; see :func:`innospace.report.fragments.fragment`."""
    return fragment(figure, anchor, files)


def table_html(table: Table, anchor: str = "", files: Sequence[File] = ()) -> str:
    """Return a table as HTML, for a worker process; see :func:`innospace.report.fragments.fragment`."""
    return fragment(table, anchor, files)
