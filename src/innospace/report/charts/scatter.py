"""Scatter plots: direct labels for the units of interest, an optional line, an optional diagonal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import LabelError
from innospace.core.figure import Figure
from innospace.core.numbers import significant
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.labels import brief, place
from innospace.report.charts.measure import text_width
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd

MOST = 5_000
"""More points than this are thinned for drawing."""
FEW = 25
"""Without highlighted points, so many points at most are labelled."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is drawn: points (x, y, label, on, hint), a line (x, y) with its label, notes for the caption."""

    points: pd.DataFrame
    line: pd.DataFrame
    line_label: str
    notes: tuple[str, ...]


def prepare_points(figure: Figure) -> Prepared:
    """Return the points and the line of a scatter plot, checked and thinned."""
    import pandas as pd

    e = figure.encoding
    frame = pd.DataFrame({"x": prepare.numbers(figure, "x"), "y": prepare.numbers(figure, "y")})
    names = prepare.texts(figure, "label", required=False)
    frame["label"] = names if names is not None else ""
    frame["on"] = prepare.flags(figure)
    logs = tuple(k for k in ("x", "y") if e.get(f"{k}_log"))
    frame, left_out = prepare.drawable(figure, frame, ("x", "y"), logs)
    frame, thinned = prepare.thin(frame, MOST, "points")
    pairs = zip(frame["label"], frame["x"], frame["y"], strict=True)
    frame["hint"] = [f"{n + ': ' if n else ''}{significant(x, 4)}; {significant(y, 4)}" for n, x, y in pairs]
    line, label = _line(figure, logs)
    return Prepared(frame, line, label, left_out + thinned)


def _line(figure: Figure, logs: tuple[str, ...]) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    given = figure.layers.get("line")
    if given is None or given.empty:
        return pd.DataFrame({"x": [], "y": []}, dtype=float), ""
    missing = [k for k in ("x", "y") if k not in given.columns]
    if missing:
        raise LabelError(f"The line of figure {figure.name!r} lacks the columns {missing}.", allowed="x, y, label")
    line = given[["x", "y"]].astype(float)
    ok = np.isfinite(line.to_numpy()).all(axis=1)
    for key in logs:
        ok &= line[key].to_numpy() > 0
    line = line.loc[ok].sort_values("x")
    every = max(1, len(line) // 400)
    label = str(given["label"].iloc[0]) if "label" in given.columns else ""
    return line.iloc[::every].reset_index(drop=True), label


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_points(figure).notes


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw a scatter plot."""
    ready = prepare_points(figure)
    e = figure.encoding
    square = bool(e.get("diagonal"))
    size = layout.size
    x_low, x_high, y_low, y_high = _limits(ready.points, e, square)
    share = 1.0 if square else (0.95 if layout.phone else 0.56)
    guess = min((layout.width - 70.0) * share, 460.0)
    make_y = scales.logarithmic if e.get("y_log") else scales.linear
    y = make_y(y_low, y_high, guess, layout.ticks - 1, size=size, upright=True)
    left = 18.0 + max((text_width(t, size) for t in y.texts), default=0.0)
    right = 18.0 if layout.phone else 26.0
    width = layout.width - left - right
    if square and not layout.phone:
        width = min(width, 440.0)
        right = layout.width - left - width
    height = width if square else guess
    y = make_y(y_low, y_high, height, layout.ticks - 1, size=size, upright=True)
    make_x = scales.logarithmic if e.get("x_log") else scales.linear
    x = make_x(x_low, x_high, width, layout.ticks, size=size)
    plot = theme.Plot(width, height, left, right, 30.0, 48.0)
    layers = [
        *_diagonal(x, y, square),
        *_curve(ready, x, y, size),
        _points(ready.points, x, y, layout, str(e.get("x_title", e["x"]))),
        *_names(ready, x, y, layout),
        theme.text_at(str(e.get("y_title", e["y"])), 10.0 - left, -14.0, size, color=theme.SOFT),
    ]
    return theme.finish(layers, figure, words, layout, plot)


def _limits(points: pd.DataFrame, e: Any, square: bool) -> tuple[float, float, float, float]:
    x = scales.around(points["x"], log=bool(e.get("x_log")))
    y = scales.around(points["y"], log=bool(e.get("y_log")))
    if square:
        both = (min(x[0], y[0]), max(x[1], y[1]))
        return (*both, *both)
    return (*x, *y)


def _points(points: pd.DataFrame, x: scales.Axis, y: scales.Axis, layout: theme.Layout, x_title: str) -> Any:
    alt = need("altair")
    some = bool(points["on"].any())
    colour = theme.DOT if some else theme.ACCENT
    crowd = len(points) > 400
    area = (14 if crowd else 30) if layout.phone else (18 if crowd else 44)
    on = "datum.on"
    return (
        alt.Chart(theme.values(points.sort_values("on")))
        .mark_circle(size=area, stroke=theme.PAPER, strokeWidth=0.0 if crowd else 0.6)
        .encode(
            x=alt.X("x:Q", scale=x.scale(), axis=x.guide(x_title, grid=True)),
            y=alt.Y("y:Q", scale=y.scale(), axis=y.guide(None, domain=False, ticks=False)),
            color=alt.condition(on, alt.value(theme.ACCENT), alt.value(colour)),
            opacity=alt.condition(on, alt.value(1.0), alt.value(0.35 if crowd else 0.8)),
            description=alt.Description("hint:N"),
        )
    )


def _diagonal(x: scales.Axis, y: scales.Axis, wanted: bool) -> list[Any]:
    if not wanted:
        return []
    import pandas as pd

    alt = need("altair")
    ends = pd.DataFrame({"x": [x.low, x.high], "y": [y.low, y.high]})
    base = alt.Chart(theme.values(ends)).mark_line(color=theme.GREY, strokeDash=[5, 4], strokeWidth=1, aria=False)
    return [base.encode(x=alt.X("x:Q", scale=x.scale()), y=alt.Y("y:Q", scale=y.scale()))]


def _visible(line: pd.DataFrame, x: scales.Axis, y: scales.Axis) -> Any:
    """Return the line in pixels, shape (k, 2), cut to the plot and finely sampled."""
    if len(line) < 2:
        return np.empty((0, 2))
    px, py = x.position(line["x"]), y.pixels - y.position(line["y"])
    fine = np.linspace(px[0], px[-1], 400)
    path = np.column_stack((fine, np.interp(fine, px, py)))
    inside = (path[:, 1] >= 0) & (path[:, 1] <= y.pixels) & (path[:, 0] >= 0) & (path[:, 0] <= x.pixels)
    return path[inside]


def _curve(ready: Prepared, x: scales.Axis, y: scales.Axis, size: int) -> list[Any]:
    import pandas as pd

    path = _visible(ready.line, x, y)
    if not len(path):
        return []
    alt = need("altair")
    shown = pd.DataFrame({"x": x.value(path[::8, 0]), "y": y.value(y.pixels - path[::8, 1])})
    base = alt.Chart(theme.values(shown)).mark_line(color=theme.INK, strokeWidth=1.6, aria=False)
    layers = [base.encode(x=alt.X("x:Q", scale=x.scale()), y=alt.Y("y:Q", scale=y.scale()))]
    if ready.line_label:
        spot, align = _line_label_spot(path, ready, x, y, size)
        look = {"align": align, "baseline": "middle", "fontStyle": "italic"}
        layers.append(theme.text_at(ready.line_label, float(spot[0]), float(spot[1]), size, **look))
    return layers


def _line_label_spot(path: Any, ready: Prepared, x: scales.Axis, y: scales.Axis, size: int) -> tuple[Any, str]:
    """Choose the place beside the line that covers the fewest points."""
    dots = _pixels(ready.points, x, y)
    width = text_width(ready.line_label, size)
    best: tuple[float, Any, str] | None = None
    for share in (0.3, 0.2, 0.45, 0.6, 0.1, 0.75):
        at = path[int(share * (len(path) - 1))]
        rising = path[-1, 1] < path[0, 1]
        for side in (-1, 1) if rising else (1, -1):
            spot = at + np.array([side * 10.0, -8.0 if (side < 0) == rising else 12.0])
            low, high = (spot[0] - width, spot[0]) if side < 0 else (spot[0], spot[0] + width)
            if low < 2 or high > x.pixels or not size < spot[1] < y.pixels - size:
                continue
            near = (dots[:, 0] > low - 5) & (dots[:, 0] < high + 5) & (np.abs(dots[:, 1] - spot[1]) < size)
            cost = float(near.sum()) + 0.01 * abs(share - 0.3)
            if best is None or cost < best[0]:
                best = (cost, spot, "right" if side < 0 else "left")
    if best is None:
        return np.array([x.pixels - 4.0, 12.0]), "right"
    return best[1], best[2]


def _pixels(points: pd.DataFrame, x: scales.Axis, y: scales.Axis) -> Any:
    return np.column_stack((x.position(points["x"]), y.pixels - y.position(points["y"])))


def _names(ready: Prepared, x: scales.Axis, y: scales.Axis, layout: theme.Layout) -> list[Any]:
    import pandas as pd

    points = ready.points
    named = points["label"] != ""
    chosen = named & points["on"] if points["on"].any() else named & (len(points) <= FEW)
    if not chosen.any():
        return []
    dots = _pixels(points, x, y)
    short = np.array(brief(list(points["label"])), dtype=object)
    which = np.flatnonzero(chosen)
    which = which[np.argsort(dots[which, 1], kind="stable")]
    path = _visible(ready.line, x, y)[::4]
    area = (0.0, 0.0, x.pixels + (10.0 if layout.phone else 20.0), y.pixels)
    where = place(dots, which, [str(t) for t in short[which]], layout.size, area, path)
    rows = pd.DataFrame(
        {
            "text": short[which],
            "x": x.value(where.x),
            "y": y.value(y.pixels - where.y),
            "px": points["x"].to_numpy()[which],
            "py": points["y"].to_numpy()[which],
            "leader": where.leader,
        }
    ).dropna()
    alt = need("altair")
    ex, ey = alt.X("x:Q", scale=x.scale()), alt.Y("y:Q", scale=y.scale())
    layers = []
    if rows["leader"].any():
        far = alt.Chart(theme.values(rows[rows["leader"]])).mark_rule(color=theme.GREY, strokeWidth=0.7, aria=False)
        layers.append(far.encode(x=ex, y=ey, x2=alt.X2("px:Q"), y2=alt.Y2("py:Q")))
    base = alt.Chart(theme.values(rows))
    halo = {"stroke": theme.PAPER, "strokeWidth": 3.0, "strokeJoin": "round", "color": theme.PAPER}
    both: list[dict[str, Any]] = [halo, {"color": theme.INK}]
    marks = [base.mark_text(baseline="middle", fontSize=layout.size, aria=False, **look) for look in both]
    return [*layers, *(m.encode(ex, ey, text=alt.Text("text:N")) for m in marks)]
