"""From longitudes and latitudes to pixels: Albers' equal-area conic projection and plane shapes.

Shapes are projected here and drawn as plane figures. Winding and the antimeridian then cannot go wrong in a drawing
program, borders shared by neighbours are drawn once, and coordinates rounded to a fraction of a pixel keep pages small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from innospace.core.errors import DataError

Array = NDArray[np.float64]
SEAM = 179.95
"""Edges along this longitude are cuts of the data, not borders."""


@dataclass(frozen=True, slots=True)
class Albers:
    """Albers' equal-area conic projection of the unit sphere (Snyder 1987, *Map Projections*, p. 98-103).

    Attributes
    ----------
    centre : float
        Longitude that points up, degrees.
    parallels : tuple of float
        The two standard parallels, degrees.
    """

    centre: float
    parallels: tuple[float, float]

    def project(self, longitude: ArrayLike, latitude: ArrayLike) -> tuple[Array, Array]:
        """Return plane coordinates, y upwards, in radii of the sphere."""
        turned = (np.asarray(longitude, dtype=float) - self.centre + 180.0) % 360.0 - 180.0
        south, north = (np.sin(np.deg2rad(p)) for p in self.parallels)
        if abs(south + north) < 0.04:
            # a cone that opens to a cylinder at the equator has no apex; a very slender one does
            south, north = 0.0, 0.04
        n = 0.5 * (south + north)
        c = 1.0 + south * north
        r = np.sqrt(np.maximum(c - 2.0 * n * np.sin(np.deg2rad(np.asarray(latitude, dtype=float))), 0.0)) / n
        angle = n * np.deg2rad(turned)
        return r * np.sin(angle), -r * np.cos(angle)


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature in pixels, y downwards.

    Attributes
    ----------
    code : str
        Its identifier.
    name : str
        A name found in its properties, otherwise the code.
    polygons : list of list of ndarray, each of shape (k, 2)
        Rings, the outer one first.
    edges : list of lines, each a list of [x, y]
        Its outline without the cut at the antimeridian.
    centre : tuple of float
        Middle of its largest polygon.
    """

    code: str
    name: str
    polygons: list[list[Array]]
    edges: list[list[list[float]]]
    centre: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlaneMap:
    """Features and borders in pixels that fill ``width`` by ``height``."""

    shapes: list[Shape]
    borders: list[list[list[float]]]
    width: float
    height: float


def plane_map(geometry: Mapping[str, Any], width: float, step: float = 0.2) -> PlaneMap:
    """Project a GeoJSON FeatureCollection onto a plane ``width`` pixels wide.

    Parameters
    ----------
    geometry : mapping
        Features of type Polygon or MultiPolygon, identified by ``id``; rings may be wound either way.
    width : float
        Pixels from the westernmost to the easternmost point drawn.
    step : float
        Coordinates are rounded to multiples of this, in pixels.

    Raises
    ------
    DataError
        When there is no feature, or a feature is not a polygon.
    """
    return _placed(_Same(geometry), width, step)


@dataclass(frozen=True, eq=False)
class _Same:
    """An object as a key by its identity; it lives as long as the key, so that no other is taken for it."""

    it: Mapping[str, Any]

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it


@lru_cache(maxsize=8)
def _placed(geometry: _Same, width: float, step: float) -> PlaneMap:
    """Return the map; those of one report differ in their colours."""
    features = list(geometry.it.get("features", ()))
    if not features:
        raise DataError("The geometry of a map has no features.", allowed="a GeoJSON FeatureCollection")
    raw = [_rings(f) for f in features]
    every = np.concatenate([ring for polygons in raw for polygon in polygons for ring in polygon])
    albers = fitted(every[:, 0], every[:, 1])
    plane = [[[np.column_stack(albers.project(r[:, 0], r[:, 1])) for r in p] for p in polygons] for polygons in raw]
    points = np.concatenate([r for polygons in plane for p in polygons for r in p])
    low, high = points.min(axis=0), points.max(axis=0)
    factor = width / max(float(high[0] - low[0]), 1e-12)

    def pixels(ring: Array) -> Array:
        moved = np.column_stack(((ring[:, 0] - low[0]) * factor, (high[1] - ring[:, 1]) * factor))
        return np.asarray(np.round(np.round(moved / step) * step, 3), dtype=np.float64)

    placed = [[[pixels(r) for r in p] for p in polygons] for polygons in plane]
    shapes = [_shape(f, own, polygons) for f, own, polygons in zip(features, raw, placed, strict=True)]
    return PlaneMap(shapes, _borders(raw, placed), width, float((high[1] - low[1]) * factor))


def fitted(longitude: ArrayLike, latitude: ArrayLike) -> Albers:
    """Return the projection centred on the data.

    The centre is the middle of the smallest arc that holds all longitudes; the standard parallels lie a sixth of the
    range of latitudes inside it.
    """
    lon = np.unique(np.asarray(longitude, dtype=float) % 360.0)
    gaps = np.diff(np.append(lon, lon[0] + 360.0))
    start = lon[(int(np.argmax(gaps)) + 1) % len(lon)]
    centre = start + (360.0 - float(gaps.max())) / 2.0
    lat = np.asarray(latitude, dtype=float)
    sixth = float(lat.max() - lat.min()) / 6.0
    return Albers(float((centre + 180.0) % 360.0 - 180.0), (float(lat.min()) + sixth, float(lat.max()) - sixth))


def spans(polygons: Sequence[Sequence[Array]], lines: Array, angle: float = 0.0) -> list[tuple[float, float, float]]:
    """Cut polygons with parallel lines (even-odd rule).

    Parameters
    ----------
    polygons : sequence of sequences of rings, each of shape (k, 2)
    lines : ndarray
        Offsets of the lines across their direction.
    angle : float
        Direction of the lines in radians.

    Returns
    -------
    list of (offset, start, end)
        Stretches inside, in coordinates turned by ``-angle``.
    """
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    edges = []
    for polygon in polygons:
        for ring in polygon:
            turned = ring @ turn
            edges.append(np.hstack((turned, np.roll(turned, -1, axis=0))))
    a = np.concatenate(edges) if edges else np.empty((0, 4))
    found = []
    for offset in lines:
        crossing = a[(a[:, 1] <= offset) != (a[:, 3] <= offset)]
        share = (offset - crossing[:, 1]) / (crossing[:, 3] - crossing[:, 1])
        xs = np.sort(crossing[:, 0] + share * (crossing[:, 2] - crossing[:, 0]))
        found += [(float(offset), float(s), float(e)) for s, e in zip(xs[::2], xs[1::2], strict=False)]
    return found


def hatching(polygons: Sequence[Sequence[Array]], gap: float) -> list[list[list[float]]]:
    """Return diagonal lines, ``gap`` pixels apart, inside polygons."""
    angle = -np.pi / 4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.concatenate([r for p in polygons for r in p]) @ turn
    first = np.floor(points[:, 1].min() / gap)
    lines = gap * np.arange(first, np.ceil(points[:, 1].max() / gap) + 1)
    back = turn.T
    cuts = spans(polygons, lines, angle)
    return [[[round(v, 1) for v in np.array([x, offset]) @ back] for x in (s, e)] for offset, s, e in cuts]


def multipolygon(shape: Shape) -> dict[str, Any]:
    """Return the plane shape as a GeoJSON geometry: outer rings one way round, holes the other."""
    coordinates = []
    for polygon in shape.polygons:
        rings = []
        for i, ring in enumerate(polygon):
            kept = ring[np.append(True, np.any(np.diff(ring, axis=0) != 0.0, axis=1))]
            if len(kept) < 4:
                continue
            rings.append((kept if (signed_area(kept) > 0) == (i == 0) else kept[::-1]).tolist())
        if rings:
            coordinates.append(rings)
    return {"type": "MultiPolygon", "coordinates": coordinates}


def signed_area(ring: Array) -> float:
    """Return the area of a ring by the shoelace formula, signed by its direction."""
    x, y = ring[:, 0], ring[:, 1]
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _rings(feature: Mapping[str, Any]) -> list[list[Array]]:
    shape = feature.get("geometry") or {}
    if shape.get("type") not in ("Polygon", "MultiPolygon") or "id" not in feature:
        raise DataError(
            "A feature of the map cannot be drawn.",
            where=f"feature {feature.get('id')!r} of type {shape.get('type')!r}",
            allowed="Polygon or MultiPolygon with an id",
        )
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return [[np.asarray(ring, dtype=float)[:, :2] for ring in polygon] for polygon in polygons]


def _shape(feature: Mapping[str, Any], raw: list[list[Array]], polygons: list[list[Array]]) -> Shape:
    properties = feature.get("properties") or {}
    name = next((str(properties[k]) for k in ("name", "region", "NAME") if properties.get(k)), str(feature["id"]))
    outer = max((p[0] for p in polygons), key=lambda r: abs(signed_area(r)))
    middle = (outer.min(axis=0) + outer.max(axis=0)) / 2
    edges = _borders([raw], [polygons])
    return Shape(str(feature["id"]), name, polygons, edges, (float(middle[0]), float(middle[1])))


def _borders(raw: list[list[list[Array]]], placed: list[list[list[Array]]]) -> list[list[list[float]]]:
    """Return every border once, without the cut at the antimeridian."""
    drawn: set[tuple[tuple[float, float], tuple[float, float]]] = set()
    lines: list[list[list[float]]] = []
    for polygons, pixels in zip(raw, placed, strict=True):
        for polygon, shape in zip(polygons, pixels, strict=True):
            for ring, dots in zip(polygon, shape, strict=True):
                seam = np.abs(ring[:, 0]) > SEAM
                _trace([(x, y) for x, y in dots.tolist()], seam, drawn, lines)
    return lines


def _trace(dots: list[tuple[float, float]], seam: Any, drawn: set[Any], lines: list[list[list[float]]]) -> None:
    open_line: list[list[float]] | None = None
    for i in range(len(dots) - 1):
        a, b = dots[i], dots[i + 1]
        if a == b:
            continue
        key = (a, b) if a < b else (b, a)
        if key in drawn or (seam[i] and seam[i + 1]):
            open_line = None
            continue
        drawn.add(key)
        if open_line is None:
            open_line = [list(a)]
            lines.append(open_line)
        open_line.append(list(b))
