"""Centres of regions and distances between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EARTH_KM = 6371.0


def centres(geometry: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude in degrees of the middle of the largest polygon of every feature, by id."""
    return {str(f["id"]): _centre(f["geometry"]) for f in geometry["features"]}


def _centre(shape: Mapping[str, Any]) -> tuple[float, float]:
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    vectors = [_vectors(np.asarray(p[0], dtype=np.float64)) for p in polygons]
    # on the sphere, so that a region across the antimeridian has its middle inside
    areas = [np.linalg.norm(np.cross(v[:-1], v[1:]).sum(axis=0)) for v in vectors]
    x, y, z = vectors[int(np.argmax(areas))][:-1].mean(axis=0)
    return float(np.rad2deg(np.arctan2(y, x))), float(np.rad2deg(np.arctan2(z, np.hypot(x, y))))


def _vectors(points: Array) -> Array:
    lon, lat = np.deg2rad(points[:, 0]), np.deg2rad(points[:, 1])
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def distances(places: Sequence[tuple[float, float] | None]) -> Array:
    """Return great-circle distances, km, shape (R, R).

    Parameters
    ----------
    places : sequence of (longitude, latitude) or None
        Degrees. A region without a place stands at the median distance from all others; when none has a place, all
        stand at the same distance, 1000 km.
    """
    known = np.array([p is not None for p in places])
    out = np.full((len(places), len(places)), 1000.0)
    if known.sum() > 1:
        v = _vectors(np.array([p for p in places if p is not None], dtype=np.float64))
        found = EARTH_KM * np.arccos(np.clip(v @ v.T, -1.0, 1.0))
        out[:] = float(np.median(found[np.triu_indices(len(v), 1)]))
        out[np.ix_(known, known)] = found
    np.fill_diagonal(out, 0.0)
    return out
