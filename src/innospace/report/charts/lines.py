"""Lines over an ordered axis, with interval bands and a direct label at the end of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.figure import Figure
from innospace.core.numbers import significant
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.labels import spread
from innospace.report.charts.measure import elide, text_width
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd

MOST = 4_000
"""Longer series are drawn with every k-th point."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows (x, y, lower, upper, series, hint) in order of x, series in order of appearance, notes."""

    rows: pd.DataFrame
    series: list[str]
    notes: tuple[str, ...]


def prepare_lines(figure: Figure) -> Prepared:
    """Return the rows of a line chart, checked and thinned."""
    import pandas as pd

    frame = pd.DataFrame({"x": prepare.numbers(figure, "x"), "y": prepare.numbers(figure, "y")})
    frame["series"] = prepare.texts(figure, "series", required=False) or ""
    for key in ("lower", "upper"):
        given = prepare.numbers(figure, key, required=False)
        frame[key] = np.nan if given is None else given
    series = list(dict.fromkeys(frame["series"]))
    positive = ("y",) if figure.encoding.get("y_log") else ()
    frame, notes_ = prepare.drawable(figure, frame, ("x", "y"), positive)
    frame = frame.sort_values("x", kind="stable")
    every = -(-len(frame) // MOST)
    if every > 1:
        place = frame.groupby("series").cumcount(ascending=False)
        frame = frame[place % every == 0]
        notes_ += (f"Every {every}-th point of each line is drawn.",)
    frame["hint"] = [_hint(r) for r in frame.itertuples()]
    return Prepared(frame.reset_index(drop=True), [s for s in series if s in set(frame["series"])], notes_)


def _hint(row: Any) -> str:
    text = f"{row.series + ', ' if row.series else ''}{row.x:g}: {significant(row.y)}"
    if np.isfinite(row.lower) and np.isfinite(row.upper):
        text += f" ({significant(row.lower)} to {significant(row.upper)})"
    return text


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_lines(figure).notes


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw lines; years and other whole numbers get whole ticks."""
    ready, e, size = prepare_lines(figure), figure.encoding, layout.size
    rows = ready.rows
    height = 220.0 if layout.phone else 320.0
    ends = rows[["y", "lower", "upper"]].to_numpy(dtype=float).ravel()
    if e.get("reference") is not None:
        ends = np.append(ends, float(e["reference"]))
    ends = ends[np.isfinite(ends) & ((ends > 0) | (not e.get("y_log")))]
    make = scales.logarithmic if e.get("y_log") else scales.linear
    y = make(*scales.around(ends, log=bool(e.get("y_log"))), height, 5, size=size, upright=True)
    if e.get("y_format"):
        shown = tuple(scales.spell(t, str(e["y_format"])) for t in y.ticks)
        y = scales.Axis(y.low, y.high, y.log, y.pixels, y.ticks, shown)
    left = 18.0 + max(text_width(t, size) for t in y.texts)
    names = {s: elide(s, 0.4 * layout.width, size) for s in ready.series if s}
    right = max([24.0, *(text_width(t, size) + 22.0 for t in names.values())])
    width = layout.width - left - right
    x = _x_axis(rows["x"].to_numpy(dtype=float), width, layout)
    colours = _colours(ready.series)
    layers = [
        *_reference(y, e),
        *_marks(rows, x, y, e, colours),
        *_end_labels(rows, x, y, names, colours, size),
        theme.text_at(str(e.get("y_title", e["y"])), 10.0 - left, -14.0, size, color=theme.SOFT),
    ]
    plot = theme.Plot(width, height, left, right, 30.0, 46.0 if e.get("x_title") else 28.0)
    return theme.finish(layers, figure, words, layout, plot)


def _x_axis(values: Any, width: float, layout: theme.Layout) -> scales.Axis:
    low, high = float(values.min()), float(values.max())
    pad = 0.02 * (high - low) or 0.5
    axis = scales.linear(low - pad, high + pad, width, layout.ticks, size=layout.size)
    if not np.all(values == np.round(values)):
        return axis
    # years carry no thin space, and a tick stands on every year there is when there is room
    own = np.unique(values)
    room = width / (text_width("0000", layout.size) + 1.5 * layout.size)
    if len(own) <= min(room, 2 * layout.ticks):
        ticks = tuple(float(v) for v in own)
    else:
        ticks = tuple(t for t in axis.ticks if t == round(t))
    return scales.Axis(axis.low, axis.high, False, width, ticks, tuple(f"{t:.0f}" for t in ticks))


def _colours(series: list[str]) -> dict[str, tuple[str, str]]:
    """Return the colour of each line and of its label; more than six lines are all grey."""
    if len(series) > len(theme.SERIES):
        return dict.fromkeys(series, (theme.GREY, theme.SOFT))
    return {s: (theme.SERIES[i], theme.SERIES_TEXT[i]) for i, s in enumerate(series)}


def _marks(
    rows: pd.DataFrame, x: scales.Axis, y: scales.Axis, e: Any, colours: dict[str, tuple[str, str]]
) -> list[Any]:
    alt = need("altair")
    ex = alt.X("x:Q", scale=x.scale(), axis=x.guide(str(e["x_title"]) if e.get("x_title") else None, grid=False))
    axis = y.guide(None, domain=False, ticks=False)
    layers = []
    for name, (colour, _) in colours.items():
        own = rows[rows["series"] == name]
        base = alt.Chart(theme.values(own))
        ey = alt.Y("y:Q", scale=y.scale(), axis=axis)
        if own["lower"].notna().any():
            low = alt.Y("lower:Q", scale=y.scale(), axis=axis)
            if len(own) <= 12:
                whisker = base.mark_rule(color=colour, opacity=0.55, strokeWidth=2, aria=False)
                layers.append(whisker.encode(x=ex, y=low, y2=alt.Y2("upper:Q")))
            band = base.mark_area(color=colour, opacity=0.14, aria=False)
            layers.append(band.encode(x=ex, y=low, y2=alt.Y2("upper:Q")))
        layers.append(base.mark_line(color=colour, strokeWidth=2.2, aria=False).encode(x=ex, y=ey))
        if len(own) <= 60:
            layers.append(
                base.mark_circle(color=colour, size=44, opacity=1).encode(
                    x=ex, y=ey, description=alt.Description("hint:N")
                )
            )
    return layers


def _reference(y: scales.Axis, e: Any) -> list[Any]:
    """Return the level that the lines are read against: zero of an event study."""
    if e.get("reference") is None:
        return []
    alt = need("altair")
    at = alt.Chart(alt.InlineData(values=[{"y": float(e["reference"])}]))
    axis = y.guide(None, domain=False, ticks=False)
    rule = at.mark_rule(color=theme.INK, strokeWidth=1.1, aria=False)
    return [rule.encode(y=alt.Y("y:Q", scale=y.scale(), axis=axis))]


def _end_labels(
    rows: pd.DataFrame, x: scales.Axis, y: scales.Axis, names: Any, colours: dict[str, tuple[str, str]], size: int
) -> list[Any]:
    if not names:
        return []
    last = rows.groupby("series").tail(1).set_index("series").loc[list(names)]
    wanted = y.pixels - y.position(last["y"])
    at = spread(wanted, size * 1.25, 0.0, y.pixels)
    pairs = zip(names.items(), at, x.position(last["x"]), strict=True)
    look: dict[str, Any] = {"baseline": "middle", "fontWeight": "bold"}
    return [
        theme.text_at(text, float(px) + 9.0, float(py), size, color=colours[name][1], **look)
        for (name, text), py, px in pairs
    ]
