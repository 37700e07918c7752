"""Ranked units: one row each, a dot and its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.figure import Figure
from innospace.core.numbers import significant
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.labels import brief
from innospace.report.charts.measure import elide, text_width
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd

MOST = 300
"""More rows than this are thinned for drawing: a longer chart cannot be read."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows (label, value, lower, upper, on, hint), limits of the axis, notes for the caption."""

    rows: pd.DataFrame
    low: float
    high: float
    notes: tuple[str, ...]


def prepare_rows(figure: Figure) -> Prepared:
    """Return the rows in the order of the data, and limits that hold every interval."""
    import pandas as pd

    frame = pd.DataFrame({"label": prepare.texts(figure, "label")})
    for key in ("value", "lower", "upper"):
        frame[key] = prepare.numbers(figure, key)
    frame["on"] = prepare.flags(figure)
    frame, left_out = prepare.drawable(figure, frame, ("value",))
    frame, thinned = prepare.thin(frame, MOST, "rows")
    ends = frame[["value", "lower", "upper"]].to_numpy(dtype=float).ravel()
    reference = figure.encoding.get("reference")
    ends = np.append(ends[np.isfinite(ends)], [] if reference is None else [float(reference)])
    low, high = figure.encoding.get("domain") or scales.around(ends)
    numbers = frame[["value", "lower", "upper"]].to_numpy(dtype=float)
    frame["hint"] = [
        f"{name}: {significant(v, 3)} ({significant(lo, 3)} to {significant(hi, 3)})"
        for name, (v, lo, hi) in zip(frame["label"], numbers.tolist(), strict=True)
    ]
    return Prepared(frame, float(low), float(high), left_out + thinned)


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_rows(figure).notes


def parts(figure: Figure, most: int) -> list[Figure]:
    """Split a tall chart into charts of at most ``most`` rows on one scale, for pages of paper."""
    ready = prepare_rows(figure)
    if len(ready.rows) <= most:
        return [figure]
    kept = figure.data if len(figure.data) == len(ready.rows) else ready.rows
    e = figure.encoding
    if kept is ready.rows:
        same = {k: k for k in ("label", "value", "lower", "upper")}
        e = {**e, **same, **({"highlight": "on"} if "highlight" in e else {})}
    count = -(-len(kept) // most)
    size = -(-len(kept) // count)
    longest = max(ready.rows["label"], key=lambda t: text_width(t, 12))
    e = {**e, "domain": (ready.low, ready.high), "muted": bool(ready.rows["on"].any()), "longest": longest}
    return [replace(figure, data=kept.iloc[i : i + size], encoding=e) for i in range(0, len(kept), size)]


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw one row a unit with its interval; highlighted rows in the accent colour."""
    alt = need("altair")
    ready, e, size = prepare_rows(figure), figure.encoding, layout.size
    most = 0.46 * layout.width
    names = list(ready.rows["label"])
    shown = [elide(t, most, size) for t in (brief(names) if layout.phone else names)]
    wide = [text_width(t, size, bold=bool(on)) for t, on in zip(shown, ready.rows["on"], strict=True)]
    # the parts of one chart leave equal room for names, so that their scales are equal on paper
    longest = elide(str(e.get("longest", "")), most, size)
    left = 18.0 + max(*wide, text_width(longest, size, bold=bool(e.get("muted"))))
    right = 20.0
    width, row = layout.width - left - right, 16 if layout.phone else 17
    height = float(row * len(shown))
    x = scales.linear(ready.low, ready.high, width, layout.ticks - 1, size=size)
    rows = ready.rows.assign(row=range(len(shown)))
    for key, value in (("lower", rows["lower"]), ("upper", rows["upper"])):
        rows[key] = value.fillna(rows["value"])
    base = alt.Chart(theme.values(rows)).encode(y=_row_axis(rows, shown, height))
    some = bool(e.get("muted") or rows["on"].any())
    colour = alt.condition("datum.on", alt.value(theme.ACCENT), alt.value(theme.GREY if some else theme.ACCENT))
    bars = base.mark_rule(strokeWidth=2.2, aria=False).encode(
        x=alt.X("lower:Q", scale=x.scale(), axis=x.guide(str(e.get("value_title", e["value"])), orient="top")),
        x2=alt.X2("upper:Q"),
        color=colour,
        opacity=alt.condition("datum.on", alt.value(0.75), alt.value(0.45)),
    )
    dots = base.mark_circle(size=34 if layout.phone else 40, opacity=1).encode(
        x=alt.X("value:Q", scale=x.scale(), axis=x.guide(None, orient="bottom", grid=False)),
        color=colour,
        description=alt.Description("hint:N"),
    )
    plot = theme.Plot(width, height, left, right, 50.0, 46.0 if e.get("reference_label") else 28.0)
    layers = [bars, *reference(e, x, height, size), dots]
    return theme.finish(layers, figure, words, layout, plot).resolve_axis(x="independent")


def _row_axis(rows: pd.DataFrame, shown: list[str], height: float) -> Any:
    import json

    alt = need("altair")
    on = json.dumps([int(i) for i in rows.index[rows["on"]]])
    test = f"indexof({on}, datum.value) >= 0"
    axis = alt.Axis(
        title=None,
        values=list(range(len(rows))),
        labelExpr=f"{json.dumps(shown, ensure_ascii=False)}[datum.value]",
        labelOverlap=False,
        ticks=False,
        domain=False,
        grid=True,
        gridDash=[1, 3],
        gridColor=theme.FAINT,
        labelColor=alt.condition(test, alt.value(theme.ACCENT), alt.value(theme.INK)),
        labelFontWeight=alt.condition(test, alt.value("bold"), alt.value("normal")),
    )
    scale = alt.Scale(domain=[-0.5, len(rows) - 0.5], range=[0, height], nice=False, zero=False)
    return alt.Y("row:Q", scale=scale, axis=axis)


def reference(e: Any, x: scales.Axis, height: float, size: int) -> list[Any]:
    """Return a dashed vertical line at ``e["reference"]`` with its label beneath the axis."""
    if e.get("reference") is None:
        return []
    import pandas as pd

    alt = need("altair")
    at = float(e["reference"])
    one = alt.Chart(theme.values(pd.DataFrame({"x": [at]})))
    rule = one.mark_rule(color=theme.INK, strokeDash=[4, 3], strokeWidth=1.2, aria=False)
    layers = [rule.encode(x=alt.X("x:Q", scale=x.scale(), axis=None))]
    label = str(e.get("reference_label", ""))
    if label:
        half = text_width(label, size) / 2
        place = float(np.clip(x.position(at), half - 4, x.pixels - half + 8))
        layers.append(theme.text_at(label, place, height + 38.0, size, align="center", fontStyle="italic"))
    return layers
