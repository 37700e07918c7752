"""Choropleth maps: equal-area, missing data hatched and named, small regions labelled with a leader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.core.figure import Figure
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.labels import brief
from innospace.report.charts.measure import elide, text_width, wrap
from innospace.report.charts.projection import PlaneMap, hatching, multipolygon, plane_map, spans
from innospace.report.needs import need
from innospace.report.text import one_line

NO_DATA = "#f1f1f1"
ABOVE = 20.0
"""Room above the land for the labels of small regions, in pixels."""
LEGEND = 70.0
"""Height of the legend beneath a map, in pixels."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Value and name by code, limits of the scale, notes for the caption."""

    values: dict[str, float]
    names: dict[str, str]
    domain: tuple[float, float]
    notes: tuple[str, ...]


def prepare_map(figure: Figure) -> Prepared:
    """Return what a map shows, joined by code.

    Raises
    ------
    DataError
        When there is no geometry, a code stands twice, or no value has a place on the map.
    """
    if not figure.geometry:
        raise DataError(f"Figure {figure.name!r} is a map without geometry.", allowed="a GeoJSON FeatureCollection")
    codes, labels = prepare.texts(figure, "code") or [], prepare.texts(figure, "label") or []
    doubled = sorted({c for c in codes if codes.count(c) > 1})
    if doubled:
        raise DataError(
            f"Figure {figure.name!r} has more than one row for {offenders(doubled)}.",
            remedy="Keep one row a region, for example one year.",
        )
    numbers = prepare.numbers(figure, "value")
    known = {str(f.get("id")): f for f in figure.geometry.get("features", ())}
    values = {c: float(v) for c, v in zip(codes, numbers, strict=True) if np.isfinite(v) and c in known}
    if not values:
        raise DataError(
            f"Figure {figure.name!r} has no value for any region of its map.",
            where=f"codes {offenders(codes)}",
            allowed=f"feature ids such as {offenders(known)}",
        )
    notes_ = []
    outside = [n for c, n in zip(codes, labels, strict=True) if c not in known]
    if outside:
        notes_.append(f"Not on the map: {offenders(map(_Plain, outside))}.")
    given = figure.encoding.get("domain")
    low, high = given or scales.around(list(values.values()), room=0.0)
    return Prepared(values, dict(zip(codes, labels, strict=True)), (float(low), float(high)), tuple(notes_))


class _Plain(str):
    """Text that :func:`offenders` shows without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_map(figure).notes


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw a map with its legend beneath."""
    alt = need("altair")
    ready, e = prepare_map(figure), figure.encoding
    side = 10.0
    width = layout.width - 2 * side
    plane = plane_map(figure.geometry or {}, width, 0.25 if layout.phone else 0.2)
    colour = alt.Color("value:Q", scale=alt.Scale(scheme="viridis", domain=list(ready.domain), clamp=True), legend=None)
    spec = str(e.get("value_format", ".3g"))
    known = [s for s in plane.shapes if s.code in ready.values]
    missing = [s for s in plane.shapes if s.code not in ready.values]
    rows = [
        {
            "type": "Feature",
            "geometry": multipolygon(s),
            "value": ready.values[s.code],
            "hint": f"{ready.names[s.code]}: {scales.spell(ready.values[s.code], spec)}",
        }
        for s in known
    ]
    layers = [shape_layer(rows).encode(color=colour, description=alt.Description("hint:N"))]
    if missing:
        layers += _missing_layers(missing)
    layers.append(outline(plane.borders, theme.PAPER, 0.5))
    layers += _callouts(figure, ready, plane, colour, layout, spec)
    names = ", ".join(one_line(ready.names.get(s.code, s.name)) for s in missing)
    lines = wrap(f"No data: {names}", width - 30.0, layout.size) if missing else []
    lines = [*lines[:4], elide(" ".join(lines[4:]), width - 30.0, layout.size)] if len(lines) > 5 else lines
    layers += legend(e, ready, plane, colour, layout) + _swatch(plane.height + 68.0, lines, layout.size)
    plot = theme.Plot(
        width,
        plane.height,
        side,
        side,
        28.0 if e.get("direct") else 8.0,
        LEGEND + 16.0 * len(lines) + (6.0 if missing else 0.0),
    )
    return theme.finish(layers, figure, words, layout, plot)


def _inline(features: list[dict[str, Any]]) -> Any:
    # as one string: the chart library copies and checks lists number by number
    return need("altair").InlineData(values=json.dumps(features), format={"type": "json"})


def shape_layer(features: list[dict[str, Any]], **look: Any) -> Any:
    """Return filled plane shapes."""
    alt = need("altair")
    chart = alt.Chart(_inline(features)).mark_geoshape(strokeWidth=0, clip=False, **look)
    return chart.project(type="identity", scale=1, translate=[0, 0])


def outline(lines: list[list[list[float]]], colour: str, width: float) -> Any:
    """Return lines, such as borders."""
    alt = need("altair")
    one = {"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": lines}}
    look = {
        "filled": False,
        "stroke": colour,
        "strokeWidth": width,
        "strokeJoin": "round",
        "aria": False,
        "clip": False,
    }
    chart = alt.Chart(_inline([one])).mark_geoshape(**look)
    return chart.project(type="identity", scale=1, translate=[0, 0])


def _missing_layers(missing: list[Any]) -> list[Any]:
    grey = [{"type": "Feature", "geometry": multipolygon(s), "hint": f"{s.name}: no data"} for s in missing]
    edges = [line for s in missing for line in s.edges]
    alt = need("altair")
    lines = [line for s in missing for line in hatching(s.polygons, 4.0)]
    return [
        shape_layer(grey, fill=NO_DATA).encode(description=alt.Description("hint:N")),
        outline(lines, theme.DOT, 0.8),
        outline(edges, theme.DOT, 0.5),
    ]


def _land(plane: PlaneMap, step: float) -> Any:
    """Return points covered by land on a grid of ``step`` pixels, shape (n, 2)."""
    polygons = [p for s in plane.shapes for p in s.polygons]
    rows = np.arange(step / 2, plane.height, step)
    dots = [
        np.column_stack((x, np.full(len(x), y)))
        for y, a, b in spans(polygons, rows)
        if len(x := np.unique(np.append(np.arange(a, b, step), b)))
    ]
    return np.concatenate(dots) if dots else np.empty((0, 2))


def _callouts(
    figure: Figure, ready: Prepared, plane: PlaneMap, colour: Any, layout: theme.Layout, spec: str
) -> list[Any]:
    """Label small regions beside the land: the nearest free place whose leader crosses no other label."""
    import pandas as pd

    alt = need("altair")
    centres = {s.code: s.centre for s in plane.shapes}
    codes = [c for c in dict.fromkeys(figure.encoding.get("direct") or ()) if c in ready.values and c in centres]
    if not codes:
        return []
    short = dict(zip(ready.names, brief(list(ready.names.values())), strict=True))
    land, taken, rows = _land(plane, 4.0), np.empty((0, 2)), []
    for code in sorted(codes, key=lambda c: centres[c][1]):
        value, (x, y) = ready.values[code], centres[code]
        text = f"{elide(short[code], 0.5 * plane.width, layout.size)} {scales.spell(value, spec)}"
        half = text_width(text, layout.size) / 2
        spot = _free_spot((x, y), half, layout.size, land, taken, plane)
        end = _leader_end(spot, (x, y), half)
        across = np.array([(dx, dy) for dx in np.arange(-half, half + 4, 4.0) for dy in (-6.0, 0.0, 6.0)])
        taken = np.vstack((taken, spot + across, np.linspace((x, y), end, 24)))
        rows.append((x, y, *spot, *end, text, value))
    base = alt.Chart(theme.values(pd.DataFrame(rows, columns=["x", "y", "tx", "ty", "ex", "ey", "text", "value"])))
    free: dict[str, Any] = {"scale": None, "axis": None}
    at = {"x": alt.X("x:Q", **free), "y": alt.Y("y:Q", **free)}
    leader = base.mark_rule(color=theme.INK, strokeWidth=0.8, aria=False).encode(
        **at, x2=alt.X2("ex:Q"), y2=alt.Y2("ey:Q")
    )
    dot = base.mark_circle(size=64, stroke=theme.INK, strokeWidth=1.2, opacity=1, aria=False).encode(**at, color=colour)
    name = base.mark_text(color=theme.INK, baseline="middle", fontSize=layout.size, aria=False)
    return [leader, dot, name.encode(x=alt.X("tx:Q", **free), y=alt.Y("ty:Q", **free), text=alt.Text("text:N"))]


def _leader_end(spot: Any, point: tuple[float, float], half: float) -> tuple[float, float]:
    x = float(np.clip(point[0], spot[0] - half, spot[0] + half))
    return x, float(spot[1] + (8.0 if spot[1] < point[1] else -8.0))


def _free_spot(point: tuple[float, float], half: float, size: int, land: Any, taken: Any, plane: PlaneMap) -> Any:
    """Return the centre of the free rectangle nearest to a point (the least covered one when none is free)."""
    half_w, half_h = half + 4.0, size * 0.75
    ys, xs = np.arange(half_h - ABOVE, plane.height - half_h, 5.0), np.arange(half_w, plane.width - half_w, 6.0)
    spots = np.array([(x, y) for y in ys for x in xs]).reshape(-1, 2)
    reaches = np.hypot(spots[:, 0] - point[0], spots[:, 1] - point[1])
    costs = reaches + 60.0 * _counts(land, xs, ys, half_w, half_h) + 1200.0 * _counts(taken, xs, ys, half_w, half_h + 2)
    best, least = np.array(point), np.inf
    # nearest first, so that the search ends at the first spots that are farther than the best is bad
    for k in np.argsort(reaches, kind="stable"):
        if reaches[k] >= least:
            break
        if costs[k] >= least:
            continue
        line = np.linspace(point, _leader_end(spots[k], point, half), 16)[4:]
        crossed = (np.abs(taken[:, None] - line) < 5.0).all(axis=2).any(axis=0)
        cost = costs[k] + 100.0 * crossed.sum()
        if cost < least:
            best, least = spots[k], cost
    return best


def _counts(dots: Any, xs: Any, ys: Any, half_w: float, half_h: float) -> Any:
    """Return how many dots lie in the rectangle around every point of a grid, row by row."""
    beside = np.abs(dots[:, 0] - xs[:, None]) < half_w
    level = np.abs(dots[:, 1] - ys[:, None]) < half_h
    return (level.astype(np.float64) @ beside.T.astype(np.float64)).ravel()


def legend(e: Any, ready: Prepared, plane: PlaneMap, colour: Any, layout: theme.Layout) -> list[Any]:
    """Return a colour bar with title and ticks."""
    import pandas as pd

    alt = need("altair")
    low, high = ready.domain
    size, top = layout.size, plane.height + 30.0
    long = min(plane.width - 20.0, 300.0 if not layout.phone else 260.0)
    axis = scales.linear(low, high, long, 4 if layout.phone else 5, size=size)
    # steps overlap: drawing programs leave hairlines between shapes that only touch
    cuts = np.linspace(0.0, long, 61)
    free: dict[str, Any] = {"scale": None, "axis": None}
    bar = pd.DataFrame({"x": cuts[:-1], "x2": np.minimum(cuts[1:] + 1.2, long), "y": top, "y2": top + 11.0})
    bar["value"] = low + (cuts[:-1] + cuts[1:]) / 2 / long * (high - low)
    strip = alt.Chart(theme.values(bar)).mark_rect(strokeWidth=0, aria=False)
    layers = [
        theme.text_at(str(e.get("value_title", e["value"])), 0.0, top - 8.0, size),
        strip.encode(
            x=alt.X("x:Q", **free), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", **free), y2=alt.Y2("y2:Q"), color=colour
        ),
    ]
    spec = e.get("value_format")
    for tick, own in zip(axis.ticks, axis.texts, strict=True):
        text = scales.spell(tick, str(spec)) if spec and "%" in str(spec) else own
        at = float(axis.position(tick))
        align = "left" if at < 4 else "right" if at > long - 4 else "center"
        layers.append(theme.text_at(text, at, top + 26.0, size, align=align, color=theme.SOFT))
    return layers


def _swatch(y: float, lines: list[str], size: int) -> list[Any]:
    """Return the hatched box that stands for missing data, and the names beside it."""
    if not lines:
        return []
    box = np.array([[0.0, y], [18.0, y], [18.0, y + 12.0], [0.0, y + 12.0], [0.0, y]])
    square = [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [box.tolist()]}}]
    return [
        shape_layer(square, fill=NO_DATA, aria=False),
        outline(hatching([[box]], 4.0), theme.DOT, 0.8),
        outline([box.tolist()], theme.DOT, 0.6),
        *(theme.text_at(text, 25.0, y + 10.0 + 16.0 * i, size) for i, text in enumerate(lines)),
    ]
