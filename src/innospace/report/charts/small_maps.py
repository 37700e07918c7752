"""Small maps of the same land with one scale, one a panel, in rows of two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.errors import DataError
from innospace.core.figure import Figure
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.maps import LEGEND, NO_DATA, Prepared, legend, outline, prepare_map, shape_layer
from innospace.report.charts.projection import PlaneMap, multipolygon, plane_map
from innospace.report.needs import need

COLUMNS = 2
GAP, HEADING = 14.0, 22.0
MOST = 12


@dataclass(frozen=True, slots=True)
class Panels:
    """What each panel shows, by title, and the limits of the scale they share."""

    panels: dict[str, Prepared]
    domain: tuple[float, float]


def prepare_maps(figure: Figure) -> Panels:
    """Return the panels of small maps.

    Raises
    ------
    DataError
        More panels than can be read, or a panel without a value.
    """
    titles = prepare.texts(figure, "panel") or []
    known = list(dict.fromkeys(titles))
    if len(known) > MOST:
        raise DataError(f"Figure {figure.name!r} has {len(known)} panels.", allowed=f"up to {MOST}")
    marks = [[t == title for t in titles] for title in known]
    panels = {t: prepare_map(replace(figure, data=figure.data[m])) for t, m in zip(known, marks, strict=True)}
    every = [v for p in panels.values() for v in p.values.values()]
    low, high = figure.encoding.get("domain") or scales.around(every, room=0.0)
    return Panels(panels, (float(low), float(high)))


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return tuple(dict.fromkeys(n for p in prepare_maps(figure).panels.values() for n in p.notes))


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw small maps with one legend beneath."""
    alt = need("altair")
    ready, e, side = prepare_maps(figure), figure.encoding, 10.0
    width = layout.width - 2 * side
    one = (width - GAP * (COLUMNS - 1)) / COLUMNS
    plane = plane_map(figure.geometry or {}, one, 0.25)
    scale = alt.Scale(scheme=str(e.get("scheme", "viridis")), domain=list(ready.domain), clamp=True)
    colour = alt.Color("value:Q", scale=scale, legend=None)
    layers: list[Any] = []
    for k, (title, panel) in enumerate(ready.panels.items()):
        x, y = (k % COLUMNS) * (one + GAP), HEADING + (k // COLUMNS) * (plane.height + HEADING + GAP)
        layers += _panel(_moved(plane, x, y), title, panel, colour, str(e.get("value_format", ".3g")))
        layers.append(theme.text_at(title, x, y - 6.0, layout.size, fontWeight="bold"))
    rows = -(-len(ready.panels) // COLUMNS)
    height = rows * (plane.height + HEADING + GAP) - GAP
    shared = Prepared({}, {}, ready.domain, ())
    layers += legend(e, shared, PlaneMap([], [], width, height), colour, layout)
    return theme.finish(layers, figure, words, layout, theme.Plot(width, height, side, side, 8.0, LEGEND))


def _panel(plane: PlaneMap, title: str, panel: Prepared, colour: Any, spec: str) -> list[Any]:
    rows = [
        {
            "type": "Feature",
            "geometry": multipolygon(s),
            "value": panel.values[s.code],
            "hint": f"{title}, {panel.names[s.code]}: {scales.spell(panel.values[s.code], spec)}",
        }
        for s in plane.shapes
        if s.code in panel.values
    ]
    alt = need("altair")
    blank = [
        {"type": "Feature", "geometry": multipolygon(s), "hint": f"{title}, {s.name}: no data"}
        for s in plane.shapes
        if s.code not in panel.values
    ]
    layers = [shape_layer(rows).encode(color=colour, description=alt.Description("hint:N"))]
    if blank:
        layers.append(shape_layer(blank, fill=NO_DATA).encode(description=alt.Description("hint:N")))
    return [*layers, outline(plane.borders, theme.PAPER, 0.3)]


def _moved(plane: PlaneMap, x: float, y: float) -> PlaneMap:
    by = np.array([x, y])
    shapes = [replace(s, polygons=[[ring + by for ring in p] for p in s.polygons], edges=[]) for s in plane.shapes]
    borders = [[[a + x, b + y] for a, b in line] for line in plane.borders]
    return PlaneMap(shapes, borders, plane.width, plane.height)
