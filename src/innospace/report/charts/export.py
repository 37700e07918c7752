"""Figures as SVG and PNG, by vl-convert: no browser, no network."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from innospace.core.figure import Figure
from innospace.core.slugs import slug
from innospace.report.needs import need

_HINT = re.compile(
    r'<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^>]*)/>', re.DOTALL
)
_ROLES = re.compile(r' (?:role="graphics-[^"]*"|aria-roledescription="[^"]*"|aria-hidden="true"|pointer-events="none")')
_EMPTY = re.compile(
    r'<path class="(?:foreground|background)"(?: aria-hidden="true")? d="[^"]*"(?: pointer-events="none")?'
    r'(?: display="none")?/>'
)


def to_svg(figure: Figure, width: int = 720, *, titled: bool = True) -> str:
    """Return a figure as SVG.

    Names of points stand in ``<title>`` elements, so that a browser shows them without a script; identifiers carry the
    name of the figure and the width, so that several drawings fit on one page.

    Parameters
    ----------
    figure : Figure
        What to draw.
    width : int
        Width of the whole drawing in pixels; below 480 it is laid out for a phone.
    titled : bool
        Whether title, subtitle and caption are part of the drawing.
    """
    return tidy(_raw(figure, width, titled), f"{slug(figure.name)}-{width}-")


def to_png(figure: Figure, width: int = 720, scale: float = 2.0, *, titled: bool = True) -> bytes:
    """Return a figure as PNG, ``scale`` dots a pixel; other arguments as for :func:`to_svg`."""
    return bytes(need("vl_convert").svg_to_png(_raw(figure, width, titled), scale=scale))


class Drawings:
    """Drawings of one report: what the page, the PDF and the files share is drawn once.

    Keys hold the identity of a figure's data, so two figures of one name are never taken for each other.
    """

    def __init__(self) -> None:
        # the figure is kept with its drawing: as long as it lives, its identity is not given to another
        self._raw: dict[tuple[int, str, int, bool], tuple[Figure, str]] = {}

    def svg(self, figure: Figure, width: int = 720, *, titled: bool = True) -> str:
        """Return what :func:`to_svg` does."""
        return tidy(self._drawn(figure, width, titled), f"{slug(figure.name)}-{width}-")

    def png(self, figure: Figure, width: int = 720, scale: float = 2.0, *, titled: bool = True) -> bytes:
        """Return what :func:`to_png` does."""
        return bytes(need("vl_convert").svg_to_png(self._drawn(figure, width, titled), scale=scale))

    def _drawn(self, figure: Figure, width: int, titled: bool) -> str:
        key = (id(figure.data), figure.name, width, titled)
        if key not in self._raw:
            self._raw[key] = (figure, _raw(figure, width, titled))
        return self._raw[key][1]


def tidy(svg: str, prefix: str) -> str:
    """Make a drawing fit to stand on a page: hints as titles, own identifiers, no leftover roles."""
    svg = _EMPTY.sub("", svg)
    svg = _HINT.sub(r"<path\2><title>\1</title></path>", svg)
    svg = _ROLES.sub("", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', svg)


def _raw(figure: Figure, width: int, titled: bool) -> str:
    """Return a figure as the drawing program gives it."""
    return str(need("vl_convert").vegalite_to_svg(_spec(figure, width, titled)))


def _spec(figure: Figure, width: int, titled: bool) -> Any:
    from innospace.report.charts import draw

    with warnings.catch_warnings(), _unchecked():
        # the drawing library warns about its own use of the frame library; readers cannot act on that
        warnings.simplefilter("ignore", DeprecationWarning)
        return draw(figure, width, titled=titled).to_dict(validate=False)


@contextmanager
def _unchecked() -> Iterator[None]:
    """Leave out the chart library's check of each part against its schema: a third of the time of a drawing."""
    with need("altair.utils.schemapi").debug_mode(False):
        yield
