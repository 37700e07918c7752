"""Histograms, counted here so that a column of any length can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError
from innospace.core.figure import Figure
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.measure import text_width
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd


def count(figure: Figure, most: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return bins (start, end, count, hint) and notes.

    The number of bins is ``encoding["bins"]``, otherwise the rule of Freedman and Diaconis (1981), at most ``most``;
    shares between 0 and 1 are binned over the whole unit interval.
    """
    import pandas as pd

    frame, notes_ = prepare.drawable(figure, pd.DataFrame({"value": prepare.numbers(figure, "value")}), ("value",))
    values = frame["value"].to_numpy(dtype=float)
    low, high = scales.around(values) if values.min() >= 0 and 0.5 < values.max() <= 1 else (values.min(), values.max())
    bins = int(figure.encoding.get("bins") or _bins(values, float(low), float(high)))
    if bins < 1:
        raise DataError(f"Figure {figure.name!r} asks for {bins} bins.", allowed="1 or more")
    if high == low:
        low, high, bins = low - 0.5, high + 0.5, 1
    counts, edges = np.histogram(values, bins=min(bins, most), range=(low, high))
    table = pd.DataFrame({"start": edges[:-1], "end": edges[1:], "count": counts})
    decimals = max(0, 1 - int(np.floor(np.log10(edges[1] - edges[0]))))
    table["hint"] = [f"{r.start:.{decimals}f} to {r.end:.{decimals}f}: {r.count}" for r in table.itertuples()]
    return table, notes_


def _bins(values: Any, low: float, high: float) -> int:
    q1, q3 = np.quantile(values, [0.25, 0.75])
    width = 2.0 * (q3 - q1) / len(values) ** (1 / 3)
    return int(np.clip(np.ceil((high - low) / width), 5, 60)) if width > 0 else 10


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return count(figure, 60)[1]


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw a histogram with an optional reference line."""
    alt = need("altair")
    e, size = figure.encoding, layout.size
    bins, _ = count(figure, 24 if layout.phone else 60)
    height = 190.0 if layout.phone else 280.0
    y = scales.linear(0.0, 1.06 * max(1.0, float(bins["count"].max())), height, 4, size=size, upright=True)
    whole = [(t, s) for t, s in zip(y.ticks, y.texts, strict=True) if t == round(t)]
    y = scales.Axis(y.low, y.high, False, height, tuple(t for t, _ in whole), tuple(s for _, s in whole))
    left = 18.0 + max(text_width(t, size) for t in y.texts)
    right = 22.0
    width = layout.width - left - right
    low, high = float(bins["start"].iloc[0]), float(bins["end"].iloc[-1])
    at = e.get("reference")
    if at is not None:
        low, high = min(low, float(at)), max(high, float(at))
    x = scales.linear(low, high, width, layout.ticks, size=size)
    bars = (
        alt.Chart(theme.values(bins))
        .mark_bar(color=theme.ACCENT, opacity=0.85, binSpacing=0, stroke=theme.PAPER, strokeWidth=1)
        .encode(
            x=alt.X("start:Q", scale=x.scale(), axis=x.guide(str(e.get("value_title", e["value"])), grid=False)),
            x2=alt.X2("end:Q"),
            y=alt.Y("count:Q", scale=y.scale(), axis=y.guide(None, domain=False, ticks=False)),
            y2=alt.datum(0),
            description=alt.Description("hint:N"),
        )
    )
    title = theme.text_at("Number in each class", 10.0 - left, -26.0, size, color=theme.SOFT)
    plot = theme.Plot(width, height, left, right, 42.0, 46.0)
    return theme.finish([bars, title, *_reference(e, x, size)], figure, words, layout, plot)


def _reference(e: Any, x: scales.Axis, size: int) -> list[Any]:
    if e.get("reference") is None:
        return []
    alt = need("altair")
    at = float(e["reference"])
    one = alt.Chart(alt.InlineData(values=[{"x": at}]))
    rule = one.mark_rule(color=theme.INK, strokeDash=[4, 3], strokeWidth=1.2, aria=False)
    layers = [rule.encode(x=alt.X("x:Q", scale=x.scale()))]
    label = str(e.get("reference_label", ""))
    if label:
        half = text_width(label, size) / 2
        place = float(np.clip(x.position(at), half, max(half, x.pixels - half)))
        layers.append(theme.text_at(label, place, -7.0, size, align="center", fontStyle="italic"))
    return layers
