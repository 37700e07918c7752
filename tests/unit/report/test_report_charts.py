from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from report_samples import CASES, CYRILLIC, KINDS, NASTY, figure, geometry

from innospace.core.errors import DataError, LabelError
from innospace.core.figure import FigureKind
from innospace.report.charts import (
    coefficients,
    draw,
    histogram,
    lines,
    maps,
    parts,
    ranked,
    scatter,
    to_png,
    to_svg,
    words,
)
from innospace.report.charts.export import Drawings, tidy

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("width", [720, 340])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_difficult_data_at_both_widths(kind, case, width):
    fig = figure(kind, *CASES[case])
    svg = to_svg(fig, width)
    root = ET.fromstring(svg)
    assert float(root.get("width")) == width
    assert float(root.get("height")) > 100
    assert "The finding" in texts(svg)
    shown = " ".join(texts(svg))
    for bad in ("NaN", "undefined", "null", "Infinity", "[object"):
        assert bad not in shown
    assert not re.search(r'(d|transform|x|y|width|height)="[^"]*(NaN|Infinity|undefined)', svg)
    assert "<script" not in svg


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_of_missing_numbers_is_refused(kind):
    with pytest.raises(DataError, match=r"nothing to draw|no value for any region"):
        draw(figure(kind, [float("nan")] * 2, ["a", "b"]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_not_there_is_named(kind):
    fig = figure(kind, [1.0, 2.0], ["a", "b"])
    number = {"value", "y", "estimate"} & set(fig.encoding)
    broken = dataclasses.replace(fig, encoding={**fig.encoding, number.pop(): "nowhere"})
    with pytest.raises(LabelError, match="nowhere"):
        draw(broken)


@pytest.mark.parametrize("kind", KINDS)
def test_text_where_numbers_must_stand_is_named(kind):
    fig = figure(kind, [1.0, 2.0], ["a", "b"])
    number = ({"value", "y", "estimate"} & set(fig.encoding)).pop()
    broken = dataclasses.replace(fig, encoding={**fig.encoding, number: "name"})
    with pytest.raises(DataError, match="must hold numbers"):
        draw(broken)


@pytest.mark.parametrize("width", [239, 4001])
def test_unreasonable_widths_are_refused(width):
    with pytest.raises(DataError, match="240 to 4000"):
        draw(figure(FigureKind.SCATTER, [1.0, 2.0], ["a", "b"]), width)


def test_png_has_the_asked_density():
    png = to_png(figure(FigureKind.HISTOGRAM, [1.0, 2.0], ["a", "b"]), 340, scale=2.0)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 680


def test_untitled_drawings_leave_the_words_to_the_page():
    fig = figure(FigureKind.SCATTER, [1.0, 2.0], ["a", "b"])
    assert "The finding" not in texts(to_svg(fig, titled=False))
    assert float(ET.fromstring(to_svg(fig)).get("height")) > float(
        ET.fromstring(to_svg(fig, titled=False)).get("height")
    )


def test_identifiers_of_two_drawings_on_one_page_differ():
    svg = '<svg><clipPath id="clip0"/><g clip-path="url(#clip0)"/><use xlink:href="#clip0"/></svg>'
    assert tidy(svg, "f-340-") == svg.replace("clip0", "f-340-clip0")


def test_shared_drawings_equal_fresh_ones_and_are_drawn_once(monkeypatch):
    from innospace.report.charts import export

    fig = figure(FigureKind.LINES, [1.0, 2.0, 3.0], list("abc"))
    other = dataclasses.replace(fig, data=fig.data.assign(y=[3.0, 2.0, 1.0]))
    fresh, fresh_other, drawn = to_svg(fig), to_svg(other), []
    raw = export._raw
    monkeypatch.setattr(export, "_raw", lambda *a: drawn.append(a) or raw(*a))
    shared = Drawings()
    assert shared.svg(fig) == fresh == shared.svg(fig)
    assert shared.png(fig)[:4] == b"\x89PNG"
    assert len(drawn) == 1
    # the same name with other data is another drawing
    assert shared.svg(other) == fresh_other != fresh
    assert len(drawn) == 2


# --- preparation, apart from drawing -----------------------------------------------------------------------------


def test_scatter_prepares_points_and_says_what_is_left_out():
    fig = figure(FigureKind.SCATTER, [1.0, -2.0, 0.0, 4.0], list("abcd"), y_log=True)
    ready = scatter.prepare_points(fig)
    assert list(ready.points["label"]) == ["a", "d"]
    assert ready.notes == ("2 of 4 rows are missing or not positive and not drawn.",)
    assert ready.notes[0] in words(fig).caption


def test_large_scatter_is_thinned_but_keeps_highlights():
    n = scatter.MOST + 1000
    fig = figure(FigureKind.SCATTER, np.arange(n), [f"p{i}" for i in range(n)])
    on = np.zeros(n, dtype=bool)
    on[[5, n - 1]] = True
    ready = scatter.prepare_points(dataclasses.replace(fig, data=fig.data.assign(on=on)))
    assert len(ready.points) == scatter.MOST
    assert set(ready.points.loc[ready.points["on"], "label"]) == {"p5", f"p{n - 1}"}
    assert "chosen at random" in ready.notes[0]


def test_line_of_a_scatter_needs_its_columns():
    fig = figure(FigureKind.SCATTER, [1.0, 2.0], ["a", "b"])
    with pytest.raises(LabelError, match="lacks the columns"):
        scatter.prepare_points(dataclasses.replace(fig, layers={"line": pd.DataFrame({"x": [1.0]})}))


def test_ranked_parts_share_scale_and_room_and_lose_no_row():
    fig = figure(FigureKind.INTERVALS, *CASES["eighty"])
    pieces = parts(fig, 44)
    assert [p.name for p in pieces] == ["a-figure-1", "a-figure-2"]
    assert list(pd.concat([p.data for p in pieces])["name"]) == list(fig.data["name"])
    assert len({p.encoding["domain"] for p in pieces}) == 1
    # the second part has short names only, and still leaves the room of the longest
    uneven = dataclasses.replace(fig, data=fig.data.assign(name=["A very long name indeed"] + list("ab") * 39 + ["c"]))
    ends = [draw(p, 720, titled=False).to_dict()["padding"]["left"] for p in parts(uneven, 44)]
    assert ends[0] == ends[1]
    assert parts(fig, 80) == [fig]


def test_ranked_limits_hold_every_interval_and_the_reference():
    fig = figure(FigureKind.INTERVALS, [1.0, 2.0], ["a", "b"], reference=-7.0)
    ready = ranked.prepare_rows(fig)
    assert ready.low <= -7.0
    assert ready.high >= 2.1


def test_histogram_counts_every_finite_number():
    counts, notes = histogram.count(figure(FigureKind.HISTOGRAM, [0.1, 0.2, 0.9, float("nan")], list("abcd")), 60)
    assert counts["count"].sum() == 3
    assert counts["start"].iloc[0] == 0.0
    assert counts["end"].iloc[-1] == 1.0
    assert notes == ("1 of 4 rows are missing and not drawn.",)
    with pytest.raises(DataError, match="bins"):
        histogram.count(figure(FigureKind.HISTOGRAM, [0.1, 0.2], ["a", "b"], bins=-1), 60)


def test_lines_are_ordered_and_thinned_from_the_end():
    n = lines.MOST * 2
    data = np.arange(n, dtype=float)
    fig = figure(FigureKind.LINES, data, [""] * n)
    ready = lines.prepare_lines(dataclasses.replace(fig, data=fig.data.sample(frac=1.0, random_state=1)))
    assert ready.rows["x"].is_monotonic_increasing
    assert ready.rows["x"].iloc[-1] == n - 1
    assert len(ready.rows) == lines.MOST
    assert ready.notes == ("Every 2-th point of each line is drawn.",)


def test_years_stand_whole_on_the_axis():
    fig = figure(FigureKind.LINES, [1.0, 2.0, 3.0], list("abc"))
    svg = to_svg(dataclasses.replace(fig, data=fig.data.assign(n=[2010, 2011, 2012])), 720)
    assert {"2010", "2011", "2012"} <= set(texts(svg))


def test_more_models_than_colours_get_a_row_each():
    many = pd.DataFrame({"name": "x", "model": [f"m{i}" for i in range(9)], "y": 1.0, "low": 0.5, "high": 1.5})
    fig = dataclasses.replace(figure(FigureKind.COEFFICIENTS, [1.0], ["x"], model="model"), data=many)
    rows, _ = coefficients.prepare_rows(fig)
    assert list(rows["term"]) == [f"x · m{i}" for i in range(9)]
    assert set(rows["model"]) == {""}


def test_map_joins_by_code_and_names_what_it_lacks():
    fig = figure(FigureKind.MAP, [0.1, 0.2, 0.3], ["a", "b", "Far away"])
    fig = dataclasses.replace(fig, geometry=geometry(["R0", "R1", "EMPTY"]))
    ready = maps.prepare_map(fig)
    assert ready.values == {"R0": 0.1, "R1": 0.2}
    assert ready.notes == ("Not on the map: Far away.",)
    assert any("No data: Region EMPTY" in t for t in texts(to_svg(fig)))
    with pytest.raises(DataError, match="more than one row"):
        maps.prepare_map(dataclasses.replace(fig, data=pd.concat([fig.data, fig.data])))
    with pytest.raises(DataError, match="without geometry"):
        maps.prepare_map(dataclasses.replace(fig, geometry=None))


def test_named_regions_of_a_map_carry_name_and_value():
    shown = texts(to_svg(figure(FigureKind.MAP, [0.123, 0.456], ["Moscow", "Elsewhere"], value_format=".2f"), 720))
    assert "Moscow 0.12" in shown
    assert "Elsewhere 0.46" in shown


def test_a_region_beyond_the_scale_of_a_map_has_its_end_colour():
    within = to_svg(figure(FigureKind.MAP, [0.0, 1.0], ["a", "b"], domain=[0.0, 1.0], direct=None), 720)
    beyond = to_svg(figure(FigureKind.MAP, [0.0, 9.0], ["a", "b"], domain=[0.0, 1.0], direct=None), 720)
    fills = [re.findall(r'fill="([^"]+)" stroke-width="0"><title>[ab]: ', svg) for svg in (within, beyond)]
    assert fills[0] == fills[1]
    assert len(set(fills[0])) == 2


def test_intervals_are_drawn_for_each_of_eighty_regions_on_the_phone():
    fig = figure(FigureKind.INTERVALS, *CASES["eighty"])
    chart = draw(fig, 340, titled=False).to_dict()
    # sixteen pixels a row: a name of eleven pixels fits without touching the next
    assert chart["height"] == 16 * 80
    assert len(set(texts(to_svg(fig, 340))) & set(fig.data["name"])) == 80


def test_special_characters_are_shown_as_they_stand():
    shown = texts(to_svg(figure(FigureKind.SCATTER, [1.0, 2.0], ["<b> & $x$", CYRILLIC[:14]], highlight=None), 720))
    assert "<b> & $x$" in shown
    assert CYRILLIC[:14] in shown


def test_hints_are_titles_and_escaped():
    fig = figure(FigureKind.COEFFICIENTS, [1.0], [NASTY])
    root = ET.fromstring(to_svg(fig))
    assert any((t.text or "").startswith('<script>alert("x")</script>') for t in root.iter(f"{SVG}title"))


def test_log_axes_are_labelled_in_original_units():
    fig = figure(FigureKind.SCATTER, [1.0, 1000.0, 2e6], list("abc"), y_log=True)
    shown = texts(to_svg(fig))
    assert "1 million".replace(" ", "\u00a0") in shown
    assert "100" in shown or "1\u202f000" in shown


def test_the_level_of_reference_is_drawn():
    plain = figure(FigureKind.LINES, [2.0, 3.0, 4.0], list("abc"))
    with_zero = figure(FigureKind.LINES, [2.0, 3.0, 4.0], list("abc"), reference=0.0)
    drawn = [json.dumps(f.draw().to_dict()) for f in (plain, with_zero)]
    assert ['{"y": 0.0}' in d for d in drawn] == [False, True]
