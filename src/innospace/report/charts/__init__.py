"""Draw figures with Altair and turn them into SVG and PNG without a browser or a network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from innospace.core.errors import DataError
from innospace.core.figure import Figure, FigureKind
from innospace.report.charts import coefficients, histogram, lines, maps, network, ranked, scatter, small_maps
from innospace.report.charts.export import to_png, to_svg
from innospace.report.charts.theme import Layout, Words

__all__ = ["draw", "parts", "to_png", "to_svg", "words"]

_KINDS: dict[FigureKind, Any] = {
    FigureKind.SCATTER: scatter,
    FigureKind.INTERVALS: ranked,
    FigureKind.MAP: maps,
    FigureKind.MAPS: small_maps,
    FigureKind.LINES: lines,
    FigureKind.HISTOGRAM: histogram,
    FigureKind.COEFFICIENTS: coefficients,
    FigureKind.NETWORK: network,
}
SMALLEST, LARGEST = 240, 4_000


def draw(figure: Figure, width: int = 640, *, titled: bool = True) -> Any:
    """Return an Altair chart of ``figure``.

    Parameters
    ----------
    figure : Figure
        What to draw; the kind decides the shape.
    width : int
        Width of the whole drawing in pixels, 240 to 4000; below 480 it is laid out for a phone.
    titled : bool
        Whether title, subtitle and caption are part of the drawing.

    Raises
    ------
    LabelError
        When the encoding names a column that is not there.
    DataError
        When there is nothing to draw, or text stands where numbers must.
    """
    if not SMALLEST <= width <= LARGEST:
        raise DataError(f"A figure cannot be {width} pixels wide.", allowed=f"{SMALLEST} to {LARGEST}")
    return _KINDS[figure.kind].draw(figure, words(figure), Layout(width, titled))


def words(figure: Figure) -> Words:
    """Return title, subtitle and caption; the caption says what is thinned or not drawn."""
    return Words(figure.title, figure.subtitle, " ".join([figure.caption, *_KINDS[figure.kind].notes(figure)]).strip())


def parts(figure: Figure, rows: int) -> list[Figure]:
    """Split a ranked chart taller than a page of ``rows`` rows; other figures stay whole."""
    if figure.kind is not FigureKind.INTERVALS:
        return [figure]
    pieces = ranked.parts(figure, rows)
    return [replace(p, name=f"{figure.name}-{i + 1}") for i, p in enumerate(pieces)] if len(pieces) > 1 else pieces
