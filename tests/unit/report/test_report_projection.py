from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from report_samples import square

from innospace.core.errors import DataError
from innospace.data import load_geometry
from innospace.report.charts.projection import Albers, fitted, hatching, plane_map, signed_area, spans


@pytest.fixture(scope="module")
def russia():
    return load_geometry()


@pytest.fixture(scope="module")
def plane(russia):
    return plane_map(russia, 700.0)


def coordinates(geometry):
    rings = []
    for f in geometry["features"]:
        shape = f["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        rings += [np.asarray(r, dtype=float)[:, :2] for p in polygons for r in p]
    return np.concatenate(rings)


@pytest.mark.parametrize("parallels", [(50.0, 70.0), (-10.0, 10.0), (-40.0, -20.0)])
def test_projection_keeps_areas(parallels):
    """The Jacobian of (longitude, sin latitude) -> plane is one everywhere: equal area on the unit sphere."""
    albers = Albers(100.0, parallels)
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(30, 170, 200), rng.uniform(-35, 78, 200)
    h = 1e-5
    dx_lon, dy_lon = (
        np.subtract(*p) for p in zip(albers.project(lon + h, lat), albers.project(lon - h, lat), strict=True)
    )
    dx_lat, dy_lat = (
        np.subtract(*p) for p in zip(albers.project(lon, lat + h), albers.project(lon, lat - h), strict=True)
    )
    area = (dx_lon * dy_lat - dx_lat * dy_lon) / np.deg2rad(2 * h) ** 2 / np.cos(np.deg2rad(lat))
    np.testing.assert_allclose(np.abs(area), 1.0, rtol=1e-5)


def test_standard_parallels_keep_distances():
    albers = Albers(100.0, (50.0, 70.0))
    for latitude in (50.0, 70.0):
        x, y = albers.project([99.999, 100.001], [latitude, latitude])
        true = np.deg2rad(0.002) * np.cos(np.deg2rad(latitude))
        assert np.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(true, rel=1e-6)


def test_russia_is_turned_to_its_centre(russia):
    points = coordinates(russia)
    albers = fitted(points[:, 0], points[:, 1])
    assert 95.0 <= albers.centre <= 110.0
    assert 45.0 < albers.parallels[0] < albers.parallels[1] < 78.0
    x, _ = albers.project([albers.centre, albers.centre], [50.0, 70.0])
    np.testing.assert_allclose(x, 0.0, atol=1e-12)


def test_chukotka_is_not_torn(plane):
    chukotka = next(s for s in plane.shapes if s.code == "RU-CHU")
    xs = np.concatenate([ring[:, 0] for p in chukotka.polygons for ring in p])
    assert xs.min() > 0.75 * plane.width
    for shape in plane.shapes:
        for polygon in shape.polygons:
            for ring in polygon:
                # no edge runs across the map
                assert np.hypot(*np.diff(ring, axis=0).T).max(initial=0.0) < 0.1 * plane.width


def test_the_cut_at_the_antimeridian_is_no_border(plane):
    east, west = square("A", 175.0, 60.0), square("B", -180.0, 60.0)
    joined = plane_map({"features": [east, west]}, 100.0, step=0.01)
    # two squares that meet at 180 degrees: three sides each, the common one is a cut of the data
    assert len(joined.shapes) == 2
    lengths = [np.hypot(*np.diff(np.array(line), axis=0).T).sum() for line in joined.borders]
    sides = sum(np.hypot(*np.diff(r, axis=0).T).sum() for s in joined.shapes for p in s.polygons for r in p)
    height = np.ptp([y for line in joined.borders for _, y in line])
    assert sum(lengths) < sides - 1.5 * height


def test_the_map_fills_its_width_and_every_region_is_on_it(plane, russia):
    every = np.concatenate([r for s in plane.shapes for p in s.polygons for r in p])
    assert every.min() >= 0.0
    assert every[:, 0].max() == pytest.approx(700.0, abs=0.2)
    assert every[:, 1].max() <= plane.height + 0.2
    assert len({s.code for s in plane.shapes}) == len(russia["features"])
    assert 0.4 < plane.height / plane.width < 0.8


def test_areas_on_the_map_are_in_true_proportion(plane):
    def area(code):
        shape = next(s for s in plane.shapes if s.code == code)
        return sum(abs(signed_area(p[0])) for p in shape.polygons)

    # Sakha is 3 083.5 and Krasnoyarsk 2 366.8 thousand square kilometres
    assert area("RU-SA") / area("RU-KYA") == pytest.approx(3083.5 / 2366.8, rel=0.03)


def test_shared_borders_are_drawn_once():
    two = plane_map({"features": [square("A", 40, 50), square("B", 45, 50)]}, 100.0, step=0.01)
    segments = [tuple(sorted(map(tuple, pair))) for line in two.borders for pair in pairwise(line)]
    assert len(segments) == len(set(segments)) == 7


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"features": []}, "no features"),
        ({"features": [{"type": "Feature", "id": "A", "geometry": {"type": "Point", "coordinates": [0, 0]}}]}, "Point"),
        ({"features": [{"type": "Feature", "geometry": square("A", 0, 0)["geometry"]}]}, "cannot be drawn"),
    ],
)
def test_unusable_geometry_is_refused(broken, said):
    with pytest.raises(DataError, match=said):
        plane_map(broken, 100.0)


def test_spans_respect_holes():
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], dtype=float)
    hole = np.array([[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]], dtype=float)
    assert spans([[outer, hole]], np.array([5.0])) == [(5.0, 0.0, 4.0), (5.0, 6.0, 10.0)]
    assert spans([[outer, hole]], np.array([1.0])) == [(1.0, 0.0, 10.0)]


def test_hatching_stays_inside():
    outer = np.array([[0, 0], [20, 0], [20, 20], [0, 20], [0, 0]], dtype=float)
    lines = np.array(hatching([[outer]], 4.0))
    assert len(lines) > 4
    assert lines.min() >= -0.1
    assert lines.max() <= 20.1
