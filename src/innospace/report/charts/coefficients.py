"""Coefficients: dots and intervals by term, models side by side, with a zero line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from innospace.core.figure import Figure
from innospace.core.numbers import significant
from innospace.report.charts import prepare, scales, theme
from innospace.report.charts.measure import elide, text_width
from innospace.report.needs import need

if TYPE_CHECKING:
    import pandas as pd


def prepare_rows(figure: Figure) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return rows (term, model, estimate, lower, upper, hint) in the order of the data, and notes."""
    import pandas as pd

    frame = pd.DataFrame({"term": prepare.texts(figure, "term")})
    frame["model"] = prepare.texts(figure, "model", required=False) or ""
    for key in ("estimate", "lower", "upper"):
        frame[key] = prepare.numbers(figure, key)
    frame, left_out = prepare.drawable(figure, frame, ("estimate",))
    frame["lower"] = frame["lower"].fillna(frame["estimate"])
    frame["upper"] = frame["upper"].fillna(frame["estimate"])
    frame["hint"] = [
        f"{r.term}{', ' + r.model if r.model else ''}: {significant(r.estimate)} "
        f"({significant(r.lower)} to {significant(r.upper)})"
        for r in frame.itertuples()
    ]
    if frame["model"].nunique() > len(theme.SERIES):
        # more models than colours that can be told apart: a row each, named
        frame["term"] = frame["term"] + " · " + frame["model"]
        frame["model"] = ""
    return frame, left_out


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_rows(figure)[1]


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw coefficients; zero is always on the axis."""
    alt = need("altair")
    (rows, _), e, size = prepare_rows(figure), figure.encoding, layout.size
    terms, models = list(dict.fromkeys(rows["term"])), list(dict.fromkeys(rows["model"]))
    shown = [elide(t, 0.46 * layout.width, size) for t in terms]
    left = 18.0 + max(text_width(t, size) for t in shown)
    right = 22.0
    width = layout.width - left - right
    pitch = max(28, 15 * len(models) + 12)
    height = float(pitch * len(terms))
    ends = [*rows["lower"], *rows["upper"], 0.0]
    low, high = min(ends), max(ends)
    pad = 0.04 * (high - low) or 1.0
    x = scales.linear(
        low - (pad if low < 0 else 0.0), high + (pad if high > 0 else 0.0), width, layout.ticks, size=size
    )
    shift = {m: (i - (len(models) - 1) / 2) * 15.0 for i, m in enumerate(models)}
    order = {t: i for i, t in enumerate(terms)}
    rows["at"] = [order[t] * pitch + pitch / 2 + shift[m] for t, m in zip(rows["term"], rows["model"], strict=True)]
    colours = {m: theme.SERIES[i] for i, m in enumerate(models)}
    rows["colour"] = rows["model"].map(colours)
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    axis = alt.Axis(
        title=None,
        values=[i * pitch + pitch / 2 for i in range(len(terms))],
        labelExpr=f"{json.dumps(shown, ensure_ascii=False)}[floor(datum.value / {pitch})]",
        labelOverlap=False,
        ticks=False,
        domain=False,
        grid=False,
        labelColor=theme.INK,
    )
    base = alt.Chart(theme.values(rows)).encode(
        y=alt.Y("at:Q", scale=scale, axis=axis), color=alt.Color("colour:N", scale=None)
    )
    guide = x.guide(elide(str(e.get("value_title", "Estimate")), width, size))
    bars = base.mark_rule(strokeWidth=2.4, opacity=0.55, aria=False).encode(
        x=alt.X("lower:Q", scale=x.scale(), axis=guide), x2=alt.X2("upper:Q")
    )
    dots = base.mark_circle(size=52, opacity=1).encode(
        x=alt.X("estimate:Q", scale=x.scale()), description=alt.Description("hint:N")
    )
    key, top = _key(models, left, layout)
    zero = alt.Chart(alt.InlineData(values=[{"x": 0.0}])).mark_rule(color=theme.INK, strokeWidth=1.1, aria=False)
    zero_line = zero.encode(x=alt.X("x:Q", scale=x.scale()))
    plot = theme.Plot(width, height, left, right, top, 46.0)
    return theme.finish([zero_line, bars, dots, *key], figure, words, layout, plot)


def _key(models: list[str], left: float, layout: theme.Layout) -> tuple[list[Any], float]:
    """Return the names of the models in their colours above the plot, wrapped, and the room they take."""
    if models == [""]:
        return [], 8.0
    x, line, spots = 0.0, 0, []
    room = layout.width - 20.0
    for i, model in enumerate(models):
        wide = text_width(model, layout.size) + 30.0
        if x and x + wide > room:
            x, line = 0.0, line + 1
        spots.append((x, line, i, model))
        x += wide
    top = 18.0 * (line + 1) + 10.0
    layers = []
    for at, row, i, model in spots:
        y = -top + 18.0 * row + 14.0
        dot = {"color": theme.SERIES[i], "fontSize": 16}
        layers.append(theme.text_at("●", 10.0 - left + at, y + 1.0, 16, **dot))
        layers.append(theme.text_at(model, 24.0 - left + at, y, layout.size, color=theme.SERIES_TEXT[i]))
    return layers, top
