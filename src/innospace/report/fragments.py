"""Parts of a report as pieces of HTML for pages that hold more than a report: every text is escaped, ids are unique."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from innospace.core.document import Block
from innospace.core.figure import Figure
from innospace.core.slugs import slug
from innospace.core.table import Table
from innospace.report.charts.export import Drawings
from innospace.report.document import block_view, blocks_style, dark_charts, fill
from innospace.report.needs import need
from innospace.report.views import File, Named

__all__ = ["File", "Named", "fragment", "fragments", "style"]

Files = Callable[[Block, str], Sequence[File]]
"""Block and name of its files to the places where it can be downloaded."""
CLASS = "fragment"
"""Class of the element that fragments stand in."""


def fragment(block: Block, anchor: str = "", files: Sequence[File] = ()) -> str:
    """Return one block as HTML: a figure for wide screens and for phones, a table, an equation, words.

    Parameters
    ----------
    block : Block
    anchor : str
        Its ``id``, unique on the page; ids within it begin with it. The name of a figure or a table by default.
    files : sequence of File
        Where it can be downloaded; when there are none the fragment carries its data.

    Raises
    ------
    DataError
        A figure has nothing to draw, or an equation is not valid LaTeX.
    InnospaceError
        The ``report`` extra is not installed.
    """
    name = block.name if isinstance(block, Figure | Table) else ""
    return fragments([Named(block, slug(name), slug(anchor or name))], lambda *_: files)


def fragments(blocks: Sequence[Named], files: Files = lambda *_: ()) -> str:
    """Return blocks as HTML, one after the other, in one element; see :func:`fragment`."""
    safe, drawings = need("markupsafe").Markup, Drawings()
    views = [
        block_view(b.block, b.name, b.anchor, safe, drawings, files(b.block, b.name))
        if isinstance(b.block, Figure | Table)
        else block_view(b.block, "", "", safe, drawings)
        for b in blocks
    ]
    return fill("fragment.html", {"shown": views, "holder": CLASS})


def style() -> str:
    """Return the style sheet of fragments, for elements of class ``fragment``.

    Colours are custom properties of the page. Dark mode is that of the system unless the page says otherwise:
    ``<html data-theme="dark">`` or ``"light"``.
    """
    system = "@media (prefers-color-scheme: dark) {\n" + dark_charts(':root:not([data-theme="light"])') + "\n}"
    return "\n".join([f".{CLASS} {{\n{blocks_style()}}}", system, dark_charts(':root[data-theme="dark"]')])
