from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import LabelError
from innospace.report.charts import scales
from innospace.report.charts.labels import brief, place, spread
from innospace.report.charts.measure import elide, text_width, wrap
from innospace.report.charts.theme import ACCENT, GREY, INK, ON_DARK, PAPER, SERIES_TEXT, SOFT

limits = st.tuples(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9)).map(lambda p: (p[0], p[0] + p[1]))


@settings(max_examples=80, deadline=None)
@given(
    limits.filter(lambda p: p[1] - p[0] > 1e-9 * max(abs(p[0]), abs(p[1]))), st.integers(150, 900), st.integers(2, 8)
)
def test_linear_ticks_lie_inside_and_their_labels_do_not_touch(ends, pixels, count):
    axis = scales.linear(*ends, pixels, count, size=12)
    span = ends[1] - ends[0]
    assert all(ends[0] - 1e-6 * span <= t <= ends[1] + 1e-6 * span for t in axis.ticks)
    at = axis.position(axis.ticks)
    half = [text_width(t, 12) / 2 for t in axis.texts]
    if len(at) > 2:
        assert all(b - a >= g + h for a, b, g, h in zip(at, at[1:], half, half[1:], strict=False))


@settings(max_examples=80, deadline=None)
@given(st.floats(-12, 10), st.floats(0.05, 15), st.integers(150, 900))
def test_log_ticks_are_in_original_units_and_do_not_touch(exponent, decades, pixels):
    low, high = 10.0**exponent, 10.0 ** (exponent + decades)
    axis = scales.logarithmic(low, high, pixels, 6)
    at = axis.position(axis.ticks)
    assert all(-1e-6 <= p <= pixels * (1 + 1e-6) for p in at)
    assert len(axis.ticks) == len(axis.texts) == len(set(axis.texts))
    half = [text_width(t, 12) / 2 for t in axis.texts]
    if len(at) > 2:
        assert all(b - a >= g + h for a, b, g, h in zip(at, at[1:], half, half[1:], strict=False))


def test_log_axis_of_the_paper_reads_in_links():
    axis = scales.logarithmic(200.0, 4e8, 640.0, 7)
    assert axis.texts == (
        "1\u202f000",
        "10\u202f000",
        "100\u202f000",
        "1\u00a0million",
        "10\u00a0million",
        "100\u00a0million",
    )


@pytest.mark.parametrize("log", [False, True])
def test_value_inverts_position(log):
    axis = scales.Axis(2.0, 500.0, log, 300.0, (), ())
    np.testing.assert_allclose(axis.value(axis.position([2.0, 37.0, 500.0])), [2.0, 37.0, 500.0], rtol=1e-12)
    np.testing.assert_allclose(axis.position([2.0, 500.0]), [0.0, 300.0])


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.30000000000000004, 0.1, "0.3"),
        (-5.0, 5.0, "−5"),
        (0.0, 0.25, "0.0"),
        (2e6, 1e6, "2\u00a0million"),
        (3e9, 1e9, "3\u00a0billion"),
        (1500.0, 500.0, "1\u202f500"),
    ],
)
def test_ticks_have_the_decimals_their_step_needs(value, step, text):
    assert scales.tick_text(value, step) == text


def test_number_formats():
    assert scales.spell(-1234.5, ",.1f") == "−1\u202f234.5"
    assert scales.spell(0.25, ".0%") == "25%"
    with pytest.raises(LabelError, match="not a number format"):
        scales.spell(1.0, "qq")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.9], (0.0, 1.0)),
        ([5.0, 5.0], (2.5, 7.5)),
        ([0.0, 0.0], (-1.0, 1.0)),
        ([1.0, 10.0], (0.0, 10.45)),
        ([-10.0, -1.0], (-10.45, 0.0)),
    ],
)
def test_limits_keep_zero_when_it_is_near(values, expected):
    assert scales.around(values) == pytest.approx(expected)


def boxes(found, names, size):
    return [
        (x - text_width(t, size) / 2, y - size * 0.55, x + text_width(t, size) / 2, y + size * 0.55)
        for x, y, t in zip(found.x, found.y, names, strict=True)
        if np.isfinite(x)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_labels_overlap_neither_each_other_nor_the_edge(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(150.0, 50.0, (60, 2)).clip(5.0, 295.0)
    which = np.arange(12)
    names = [f"Region {i}" for i in which]
    found = place(points, which, names, 12, (0.0, 0.0, 300.0, 300.0), np.empty((0, 2)))
    placed = boxes(found, names, 12)
    assert len(placed) >= 6
    for a, b in itertools.combinations(placed, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for box in placed:
        assert min(box) >= 0
        assert max(box) <= 300


def test_a_lone_label_stands_beside_its_point_without_a_leader():
    found = place(np.array([[50.0, 50.0]]), np.array([0]), ["Name"], 12, (0.0, 0.0, 200.0, 100.0), np.empty((0, 2)))
    assert not found.leader[0]
    assert found.y[0] == 50.0
    assert found.x[0] > 50.0


def test_a_label_does_not_stand_beside_a_point_it_does_not_name():
    points = np.array([[50.0, 50.0], [64.0, 50.0]])
    found = place(points, np.array([0]), ["Name"], 12, (0.0, 0.0, 300.0, 100.0), np.empty((0, 2)))
    half = text_width("Name", 12) / 2
    beside = abs(found.y[0] - 50.0) < 6 and found.x[0] - half < 64.0 + 14 and found.x[0] + half > 64.0 - 14
    assert not beside


def test_a_label_keeps_to_its_side_of_a_line():
    path = np.column_stack((np.linspace(0, 200, 200), np.full(200, 40.0)))
    found = place(np.array([[100.0, 48.0]]), np.array([0]), ["Below"], 12, (0.0, 0.0, 200.0, 100.0), path)
    assert found.y[0] > 40.0


def test_no_room_means_no_label():
    found = place(
        np.array([[5.0, 5.0]]), np.array([0]), ["A name too long"], 12, (0.0, 0.0, 20.0, 10.0), np.empty((0, 2))
    )
    assert math.isnan(found.x[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 300), min_size=2, max_size=20))
def test_spread_keeps_order_gap_and_limits(wanted):
    at = spread(np.array(wanted), 12.0, 0.0, 300.0)
    gap = min(12.0, 300.0 / (len(wanted) - 1))
    assert np.all(np.diff(np.sort(at)) >= gap - 1e-6)
    assert at.min() >= -1e-6
    assert at.max() <= 300 + 1e-6
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(at[order]) > 0)


def test_spread_leaves_what_is_apart():
    np.testing.assert_allclose(spread(np.array([10.0, 200.0, 90.0]), 12.0, 0.0, 300.0), [10.0, 200.0, 90.0])


def test_brief_names_stay_unique():
    names = [f"Town{i} Region" for i in range(12)] + [f"Republic of Land{i}" for i in range(6)]
    names += ["Altai Region", "Republic of Altai", "City of Moscow", "Moscow Region"]
    short = brief(names)
    assert len(set(short)) == len(names)
    assert short[0] == "Town0"
    assert short[12] == "Land0"
    assert short[-4:] == ["Altai Region", "Republic of Altai", "City of Moscow", "Moscow Region"]
    assert brief(names[:5]) == names[:5]


def test_text_is_measured_wrapped_and_elided():
    assert text_width("iii", 12) < text_width("MMM", 12)
    # a combining accent takes no room
    assert text_width("V\u0302", 12) == text_width("V", 12)
    lines = wrap("one two three four five six", 60.0, 12)
    assert " ".join(lines) == "one two three four five six"
    assert all(text_width(line, 12) <= 60.0 for line in lines)
    short = elide("Republic of Northern Ossetia", 80.0, 12)
    assert short.endswith("…")
    assert text_width(short, 12) <= 80.0
    assert elide("Perm", 80.0, 12) == "Perm"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [INK, SOFT, ACCENT, *SERIES_TEXT])
def test_text_of_charts_can_be_read_on_light_and_dark_ground(colour):
    assert contrast(colour, PAPER) >= 4.5
    assert contrast(ON_DARK[colour], ON_DARK[PAPER]) >= 4.5


def test_marks_of_charts_can_be_seen_on_light_and_dark_ground():
    assert contrast(GREY, PAPER) >= 3.0
    assert contrast(ON_DARK[GREY], ON_DARK[PAPER]) >= 3.0
