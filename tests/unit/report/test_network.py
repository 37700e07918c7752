"""The chart of flows: checked ends, widths by size class, boxes that do not overlap."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pandas as pd
import pytest
from report_samples import CYRILLIC, NASTY

from innospace.core.errors import DataError, LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.report.charts import to_svg, words
from innospace.report.charts.network import WIDTHS, arranged, classified, prepare_network
from innospace.report.charts.theme import Layout

NODES = [
    ("a", "First", 0, ""),
    ("b", CYRILLIC, 0, ""),
    ("m", NASTY, 1, "Group"),
    ("n", "Other", 1, "Muted"),
    ("a", "First", 2, ""),
]
FLOWS = [(0, "a", "m", 5.0, "Group", False), (0, "b", "m", 500.0, "Group", True), (0, "b", "n", 0.02, "Muted", False),
         (1, "m", "a", 505.0, "Group", False), (1, "n", "a", 0.02, "Muted", False)]  # fmt: skip


def figure(flows=FLOWS, nodes=NODES, **encoding) -> Figure:
    data = pd.DataFrame(flows, columns=["step", "from", "to", "money", "group", "set"])
    parts = {"step": "step", "source": "from", "target": "to", "value": "money", "group": "group", "dashed": "set"}
    layer = pd.DataFrame(nodes, columns=["node", "label", "column", "group"])
    return Figure("net", FigureKind.NETWORK, "T", "S", "C", "Alt", data, {**parts, **encoding}, {"nodes": layer})


@pytest.mark.parametrize("width", [340, 720, 1200])
def test_it_draws(width):
    full = figure(headings=["L", "M", "R"], unit="bn", dashed_title="set", muted="Muted")
    svg = to_svg(full, width)
    assert f'width="{width}"' in svg
    assert "&lt;script&gt;" in svg
    assert "<script>" not in svg
    assert "First → " in svg
    assert "over 100" in svg
    assert "set" in svg


def test_it_draws_without_options():
    plain = figure()
    encoding = {k: v for k, v in plain.encoding.items() if k not in ("group", "dashed")}
    bare = replace(plain, encoding=encoding, layers={"nodes": plain.layers["nodes"].assign(group="")})
    assert to_svg(bare, 400).startswith("<svg")


def test_widths_follow_powers_of_ten():
    _, flows, _ = prepare_network(figure())
    sized, classes = classified(flows, "Muted")
    width = {(f.source, f.target): f.width for f in sized}
    assert width["b", "m"] == width["m", "a"] == WIDTHS[-1]
    assert width["a", "m"] == WIDTHS[-3]
    assert width["b", "n"] == WIDTHS[0]
    assert sized[0].group == "Muted"
    assert classes[0][0] == 0.0
    assert math.isinf(classes[-1][1])
    assert len(classified(flows[:1])[1]) == 1


@pytest.mark.parametrize("width", [340, 720])
def test_boxes_stay_apart_and_inside(width):
    nodes, flows, _ = prepare_network(figure())
    boxes, height = arranged(nodes, classified(flows)[0], width - 20.0, Layout(width))
    for column in range(3):
        own = sorted((b for (c, _), b in boxes.items() if c == column), key=lambda b: b.y)
        assert all(a.y + a.height <= b.y for a, b in itertools.pairwise(own))
        assert all(b.y >= 0 and b.y + b.height <= height for b in own)
        assert all(b.x >= 0 and b.x + b.width <= width - 20.0 + 1e-6 for b in own)


def test_flows_to_nowhere_are_refused():
    lost = [*FLOWS, (1, "m", "zz", 1.0, "Group", False)]
    with pytest.raises(LabelError, match="zz"):
        to_svg(figure(lost), 400)
    with pytest.raises(LabelError, match="nodes"):
        prepare_network(replace(figure(), layers={}))


def test_flows_that_are_not_positive_are_left_out_and_said():
    some = [*FLOWS, (0, "a", "n", -1.0, "Muted", False), (0, "a", "n", float("nan"), "Muted", False)]
    assert "2 of 7 rows" in words(figure(some)).caption
    with pytest.raises(DataError, match="nothing to draw"):
        to_svg(figure([(0, "a", "m", 0.0, "", False)]), 400)
