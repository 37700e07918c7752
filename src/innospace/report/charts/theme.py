"""Colours, sizes, titles and captions shared by every chart.

Charts are composed in exact pixels: margins are reckoned from measured text, so that labels can be placed without
overlaps and a chart is as wide as asked, not wider.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from innospace.core.figure import Figure
from innospace.report.charts.measure import FONT, font_for, wrap
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd

ACCENT = "#0072b2"
INK = "#222222"
SOFT = "#555555"
GREY = "#767676"
DOT = "#8c8c8c"
FAINT = "#c9c9c9"
GRID = "#e9e9e9"
PAPER = "#ffffff"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito (2008), without black and yellow."""
SERIES_TEXT = ("#0072b1", "#b04d00", "#00785a", "#a3487b", "#8a6000", "#2a7ba8")
"""The same hues dark enough for text on white (contrast at least 4.5:1)."""
NARROW = 480

ON_DARK = {
    ACCENT: "#56b4e9",
    INK: "#ececec",
    SOFT: "#c2c2c2",
    GREY: "#a3a3a3",
    DOT: "#9a9a9a",
    FAINT: "#5c5c5c",
    GRID: "#363636",
    PAPER: "#1d2024",
    SERIES[5]: "#b9a6ff",  # sky would look like the accent, which is lighter on dark
    **dict(zip(SERIES_TEXT, ("#57b5ea", "#ff9a52", "#2fd0a2", "#e6a3c8", "#f2b632", "#c6b8ff"), strict=True)),
}
"""Colours that pages replace in dark mode: each text colour keeps a contrast of 4.5:1 on the dark card."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What follows from the width of a chart and from whether its words are part of the drawing.

    Attributes
    ----------
    width : int
        Total width in pixels.
    titled : bool
        Whether title, subtitle and caption are drawn; pages that set them as text leave them out.
    """

    width: int
    titled: bool = True

    @property
    def phone(self) -> bool:
        """Whether the chart is laid out for a phone."""
        return self.width < NARROW

    @property
    def size(self) -> int:
        """Font size of axis labels and direct labels, in pixels."""
        return 11 if self.phone else 12

    @property
    def ticks(self) -> int:
        """Largest number of ticks wanted on an axis."""
        return 4 if self.phone else 7


@dataclass(frozen=True, slots=True)
class Plot:
    """Size of the plot and of the margins around it, in pixels."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


def values(frame: pd.DataFrame) -> Any:
    """Return the rows of a frame as inline data; missing numbers become null."""
    alt = need("altair")
    return alt.InlineData(values=json.loads(frame.to_json(orient="records", double_precision=12)))


def text_at(text: str, x: float, y: float, size: float, **look: Any) -> Any:
    """Return a layer with one piece of text at a place in pixels from the top left of the plot."""
    alt = need("altair")
    font, size = font_for(text, size)
    style = {"align": "left", "baseline": "alphabetic", "color": INK, "fontSize": size, "font": font} | look
    one = alt.Chart(alt.InlineData(values=[{"text": text}])).mark_text(**style)
    return one.encode(x=alt.XValue(x), y=alt.YValue(y), text=alt.Text("text:N"))


@dataclass(frozen=True, slots=True)
class Words:
    """Title, subtitle and caption as they are shown with a drawing (with notes on what is not drawn)."""

    title: str
    subtitle: str
    caption: str


def finish(layers: list[Any], figure: Figure, words: Words, layout: Layout, plot: Plot) -> Any:
    """Put layers, title block and caption together into one chart exactly ``layout.width`` wide."""
    alt = need("altair")
    above, head = _head(words, layout, plot) if layout.titled else ([], 0.0)
    below, foot = _foot(words, layout, plot) if layout.titled else ([], 0.0)
    padding = {"left": plot.left, "right": plot.right, "top": plot.top + head, "bottom": plot.bottom + foot}
    # everything at once: each later change of a layered chart would copy all its layers
    return alt.LayerChart(
        layer=[*layers, *above, *below],
        width=plot.width,
        height=plot.height,
        padding=padding,
        autosize=alt.AutoSizeParams(type="none"),
        background=PAPER if layout.titled else "transparent",
        description=figure.alt,
        config=_look(layout),
    )


def _head(words: Words, layout: Layout, plot: Plot) -> tuple[list[Any], float]:
    big, small = (15, 12) if layout.phone else (17, 13)
    room = layout.width - 20
    title, subtitle = wrap(words.title, room, big, bold=True), wrap(words.subtitle, room, small)
    height = 12 + len(title) * (big + 4) + 4 + len(subtitle) * (small + 4) + 10
    y, layers = -plot.top - height + 12.0, []
    for line in title:
        y += big + 4
        layers.append(text_at(line, 10 - plot.left, y - 4, big, fontWeight="bold"))
    y += 4
    for line in subtitle:
        y += small + 4
        layers.append(text_at(line, 10 - plot.left, y - 4, small, color=SOFT))
    return layers, height


def _foot(words: Words, layout: Layout, plot: Plot) -> tuple[list[Any], float]:
    lines = wrap(words.caption, layout.width - 20, 11)
    start = plot.height + plot.bottom + 10
    layers = [text_at(t, 10 - plot.left, start + 15 * (i + 1) - 4, 11, color=SOFT) for i, t in enumerate(lines)]
    return layers, 15.0 * len(lines) + 18 if lines else 0.0


def _look(layout: Layout) -> Any:
    alt = need("altair")
    axis = alt.AxisConfig(
        labelFont=FONT,
        titleFont=FONT,
        labelFontSize=layout.size,
        titleFontSize=layout.size,
        titleFontWeight="normal",
        labelColor=SOFT,
        titleColor=SOFT,
        gridColor=GRID,
        domainColor=GREY,
        tickColor=GREY,
        labelPadding=5,
        labelLimit=0,
        titleLimit=0,
        titlePadding=8,
    )
    text = alt.MarkConfig(font=FONT, fontSize=layout.size)
    return alt.Config(view=alt.ViewConfig(stroke=None), axis=axis, text=text)
