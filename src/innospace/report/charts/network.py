"""Flows between nodes in columns: boxes, and arrows from left to right whose width tells the size class of the flow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from innospace.core.errors import LabelError, offenders
from innospace.core.figure import Figure
from innospace.core.numbers import fixed, significant
from innospace.report.charts import prepare, theme
from innospace.report.charts.measure import text_width, wrap
from innospace.report.needs import need
from innospace.report.text import one_line

WIDTHS = (0.9, 2.0, 4.0, 7.5)
"""Width in pixels of an arrow by the size class of its flow, smallest first; a class is a power of ten."""
HEAD = 6.0
"""Length of an arrow head in pixels."""
BEND = 0.36
"""How far an arrow runs level at each end, as a part of the way."""
GAP, INSET, PAD = 7.0, 6.0, 5.0
Colours = dict[str, tuple[str, str]]
"""Colour of the arrows and of the heading of each group."""
ROOM = {"phone": (58.0, 80.0), "wide": (118.0, 216.0)}
"""Widths at which names break into lines: outer columns, inner columns."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box to be: its column, its name in the data, what is written in it, and the group it belongs to."""

    column: int
    name: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow from a node of column ``step`` to a node of the next one; ``width`` in pixels."""

    step: int
    source: str
    target: str
    value: float
    group: str
    dashed: bool
    width: float = 0.0

    @property
    def ends(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """Keys of the boxes at both ends."""
        return (self.step, self.source), (self.step + 1, self.target)


@dataclass(frozen=True, slots=True)
class Box:
    """A node in pixels; ``y`` is its upper edge, ``heading`` the name of its group when it is the first of it."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    group: str
    heading: tuple[str, ...] = ()

    @property
    def middle(self) -> float:
        """Height of its centre."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text in pixels."""

    text: str
    x: float
    y: float
    align: str = "center"
    colour: str = theme.INK
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Encodings of the columns ``x`` and ``y``, which hold pixels."""

    x: Any
    y: Any


Boxes = dict[tuple[int, str], Box]


def prepare_network(figure: Figure) -> tuple[list[Node], list[Flow], tuple[str, ...]]:
    """Return nodes, flows and notes; every flow leads from a node to a node of the next column.

    Raises
    ------
    LabelError
        The figure has no layer ``nodes``, or a flow names a node that is not in its column.
    """
    import pandas as pd

    if "nodes" not in figure.layers:
        raise LabelError(f"Figure {figure.name!r} has no layer 'nodes'.", allowed="columns node, label, column, group")
    layer = figure.layers["nodes"]
    given = (layer[key].tolist() for key in ("column", "node", "label", "group"))
    nodes = [Node(int(c), str(n), one_line(t), one_line(g)) for c, n, t, g in zip(*given, strict=True)]
    frame = pd.DataFrame({key: prepare.texts(figure, key) for key in ("source", "target")})
    frame["step"], frame["value"] = prepare.numbers(figure, "step"), prepare.numbers(figure, "value")
    frame["group"] = prepare.texts(figure, "group", required=False) or ""
    dashed = prepare.column(figure, "dashed", required=False)
    frame["dashed"] = False if dashed is None else figure.data[dashed].to_numpy(dtype=bool)
    frame, left_out = prepare.drawable(figure, frame, ("value",), ("value",))
    kept = (frame[key].tolist() for key in ("step", "source", "target", "value", "group", "dashed"))
    flows = [Flow(int(s), a, b, float(v), g, bool(d)) for s, a, b, v, g, d in zip(*kept, strict=True)]
    known = {(n.column, n.name) for n in nodes}
    missing = [f"{name} (column {column})" for f in flows for column, name in f.ends if (column, name) not in known]
    if missing:
        raise LabelError(
            f"Flows of figure {figure.name!r} name unknown nodes: {offenders(dict.fromkeys(missing))}.",
            remedy="Add them to the layer 'nodes'.",
        )
    return nodes, flows, left_out


def notes(figure: Figure) -> tuple[str, ...]:
    """Return what the caption must add."""
    return prepare_network(figure)[2]


def draw(figure: Figure, words: theme.Words, layout: theme.Layout) -> Any:
    """Draw boxes column by column and arrows between neighbouring columns."""
    alt = need("altair")
    (nodes, flows, _), e = prepare_network(figure), figure.encoding
    muted = str(e.get("muted", ""))
    flows, classes = classified(flows, muted, 0.7 if layout.phone else 1.0)
    width = layout.width - 20.0
    boxes, height = arranged(nodes, flows, width, layout)
    colours = _colours(nodes, muted)
    place = Place(
        alt.X("x:Q", scale=alt.Scale(domain=[0, width], range=[0, width], nice=False, zero=False), axis=None),
        alt.Y("y:Q", scale=alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False), axis=None),
    )
    strokes, key, below = _key(classes, e, width, height, layout)
    layers = [
        *_arrows(flows, boxes, colours, place, str(e.get("unit", ""))),
        *_boxes(boxes, colours, place),
        *strokes,
        *_texts([*_names(boxes, colours, layout), *_headings(boxes, e, width), *key], place, layout),
    ]
    plot = theme.Plot(width, height, 10.0, 10.0, 30.0 if e.get("headings") else 8.0, below)
    return theme.finish(layers, figure, words, layout, plot)


def classified(
    flows: list[Flow], muted: str = "", thin: float = 1.0
) -> tuple[list[Flow], list[tuple[float, float, float]]]:
    """Return flows with their widths, those to draw first in front, and the classes in use: from, to, width.

    ``thin`` is a factor on all widths.
    """
    powers = [math.floor(math.log10(f.value) + 1e-12) for f in flows]
    top = max(powers)
    lowest = max(min(powers), top - len(WIDTHS) + 1)
    wide = [WIDTHS[len(WIDTHS) - 1 - (top - max(p, lowest))] for p in powers]
    classes = [
        (0.0 if p == lowest else 10.0**p, math.inf if p == top else 10.0 ** (p + 1), thin * WIDTHS[p - top - 1])
        for p in range(lowest, top + 1)
    ]
    sized = [replace(f, width=thin * w) for f, w in zip(flows, wide, strict=True)]
    return sorted(sized, key=lambda f: (f.group != muted, -f.width)), classes


def arranged(nodes: list[Node], flows: list[Flow], width: float, layout: theme.Layout) -> tuple[Boxes, float]:
    """Return every box, and the height of the tallest column; the others are spread over that height."""
    room = ROOM["phone" if layout.phone else "wide"]
    last = max(n.column for n in nodes)
    columns = [[n for n in nodes if n.column == c] for c in range(last + 1)]
    lines = {(n.column, n.name): tuple(wrap(n.label, room[0 < n.column < last], layout.size)) for n in nodes}
    wide = [2 * PAD + max(text_width(t, layout.size) for n in own for t in lines[n.column, n.name]) for own in columns]
    tall = {at: max(len(t) * (layout.size + 2.0) + 8.0, _ports(at, flows)) for at, t in lines.items()}
    heads = {
        (n.column, n.name): tuple(wrap(n.group, wide[c] + 24.0, layout.size, bold=True))
        for c, own in enumerate(columns)
        for i, n in enumerate(own)
        if n.group and (i == 0 or own[i - 1].group != n.group)
    }
    above = {at: len(t) * (layout.size + 2.0) + 10.0 for at, t in heads.items()}
    needed = [sum(tall[n.column, n.name] + GAP + above.get((n.column, n.name), 0.0) for n in own) for own in columns]
    height = max(needed)
    between = (width - sum(wide)) / max(1, last)
    boxes: Boxes = {}
    for c, own in enumerate(columns):
        x, extra = sum(wide[:c]) + c * between, (height - needed[c]) / len(own)
        y = extra / 2
        for n in own:
            at = (n.column, n.name)
            y += above.get(at, 0.0)
            boxes[at] = Box(x, y, wide[c], tall[at], lines[at], n.group, heads.get(at, ()))
            y += tall[at] + GAP + extra
    return boxes, height


def _ports(at: tuple[int, str], flows: list[Flow]) -> float:
    """Return the height that arrows need on the busier side of a node."""
    sides = [[f.width for f in flows if f.ends[k] == at] for k in (0, 1)]
    return max(sum(w) + 2.0 * len(w) + INSET for w in sides)


def _heights(flows: list[Flow], boxes: Boxes, side: int) -> list[float]:
    """Return the heights at which arrows start (side 0) or end (1): stacked in the order of their other ends."""
    at = [0.0] * len(flows)
    by_box: dict[tuple[int, str], list[int]] = {}
    for k, f in enumerate(flows):
        by_box.setdefault(f.ends[side], []).append(k)
    for key, own in by_box.items():
        own.sort(key=lambda k: boxes[flows[k].ends[1 - side]].middle)
        total = sum(flows[k].width for k in own)
        gap = min(8.0, (boxes[key].height - INSET - total) / (len(own) - 1)) if len(own) > 1 else 0.0
        y = boxes[key].middle - (total + gap * (len(own) - 1)) / 2
        for k in own:
            at[k] = y + flows[k].width / 2
            y += flows[k].width + gap
    return at


def _arrows(flows: list[Flow], boxes: Boxes, colours: Colours, place: Place, unit: str) -> list[Any]:
    import pandas as pd

    alt = need("altair")
    rows, heads = [], []
    for k, (f, y0, y1) in enumerate(zip(flows, _heights(flows, boxes, 0), _heights(flows, boxes, 1), strict=True)):
        a, b = (boxes[end] for end in f.ends)
        x0, x1 = a.x + a.width, b.x - HEAD
        bend = BEND * (x1 - x0)
        look = {"flow": k, "colour": colours[f.group][0], "width": f.width, "dashed": f.dashed}
        path = ((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1))
        rows += [{**look, "order": i, "x": x, "y": y} for i, (x, y) in enumerate(path)]
        hint = f"{' '.join(a.lines)} → {' '.join(b.lines)}: {significant(f.value)} {unit}".strip()
        heads.append({**look, "x": x1 + HEAD / 2, "y": y1, "size": 0.9 * (f.width + 4.0) ** 2, "hint": hint})
    colour = alt.Color("colour:N", scale=None)
    frame = pd.DataFrame(rows)
    layers = []
    for dashed in (False, True):
        own = frame[frame["dashed"] == dashed]
        look = {"interpolate": "basis", "opacity": 0.55, "strokeDash": [5, 3] if dashed else [1, 0], "aria": False}
        lines = alt.Chart(theme.values(own)).mark_line(**look)
        thick = alt.StrokeWidth("width:Q", scale=None)
        if len(own):
            layers.append(
                lines.encode(place.x, place.y, colour, thick, detail=alt.Detail("flow:N"), order=alt.Order("order:Q"))
            )
    tips = alt.Chart(theme.values(pd.DataFrame(heads))).mark_point(shape="triangle-right", filled=True, opacity=1)
    return [
        *layers,
        tips.encode(place.x, place.y, colour, alt.Size("size:Q", scale=None), description=alt.Description("hint:N")),
    ]


def _boxes(boxes: Boxes, colours: Colours, place: Place) -> list[Any]:
    import pandas as pd

    alt = need("altair")
    rows = [
        {"x": b.x, "x2": b.x + b.width, "y": b.y, "y2": b.y + b.height, "colour": colours[b.group][0]}
        for b in boxes.values()
    ]
    look = {"fill": theme.PAPER, "cornerRadius": 3, "strokeWidth": 1.2, "aria": False}
    base = alt.Chart(theme.values(pd.DataFrame(rows))).mark_rect(**look)
    return [base.encode(place.x, place.y, alt.Stroke("colour:N", scale=None), x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))]


def _names(boxes: Boxes, colours: Colours, layout: theme.Layout) -> list[Text]:
    """Return the texts in the boxes, and the name of each group above its first box."""
    found = []
    step = layout.size + 2.0
    for b in boxes.values():
        x, top = b.x + b.width / 2, b.middle - step * (len(b.lines) - 1) / 2
        found += [Text(line, x, top + i * step) for i, line in enumerate(b.lines)]
        top = b.y - 11.0 - step * (len(b.heading) - 1)
        found += [Text(t, x, top + i * step, colour=colours[b.group][1], bold=True) for i, t in enumerate(b.heading)]
    return found


def _headings(boxes: Boxes, e: Any, width: float) -> list[Text]:
    """Return the headings of columns: the outer ones flush with the edges of the drawing."""
    texts = [str(t) for t in e.get("headings", ())]
    found = []
    for c, text in enumerate(texts):
        own = next(b for (column, _), b in boxes.items() if column == c)
        x, align = own.x + own.width / 2, "center"
        if c in (0, len(texts) - 1):
            x, align = (0.0, "left") if c == 0 else (width, "right")
        found.append(Text(text, x, -16.0, align, theme.SOFT))
    return found


def _key(
    classes: list[tuple[float, float, float]], e: Any, width: float, height: float, layout: theme.Layout
) -> tuple[list[Any], list[Text], float]:
    """Return strokes and texts of the key beneath the drawing, wrapped, and the room it takes."""
    unit = f"\u00a0{e['unit']}" if e.get("unit") else ""
    items = [(f"{_limits(low, high)}{unit}", thick, False) for low, high, thick in classes]
    if e.get("dashed_title"):
        items.append((str(e["dashed_title"]), 2.0, True))
    strokes: list[Any] = []
    texts = []
    x, y = 0.0, height + 18.0
    for text, thick, dashed in items:
        room = text_width(text, layout.size) + 48.0
        if x and x + room > width:
            x, y = 0.0, y + 20.0
        strokes.append(_stroke(x, x + 24.0, y, thick, dashed))
        texts.append(Text(text, x + 30.0, y, "left", theme.SOFT))
        x += room
    return strokes, texts, y - height + 16.0


def _limits(low: float, high: float) -> str:
    if low == 0.0:
        return "any" if math.isinf(high) else f"under {fixed(high, 0)}"
    return f"over {fixed(low, 0)}" if math.isinf(high) else f"{fixed(low, 0)} to {fixed(high, 0)}"


def _stroke(x: float, x2: float, y: float, width: float, dashed: bool) -> Any:
    alt = need("altair")
    look = {"color": theme.GREY, "strokeWidth": width, "strokeDash": [5, 3] if dashed else [1, 0], "aria": False}
    one = alt.Chart(alt.InlineData(values=[{}])).mark_rule(**look)
    return one.encode(x=alt.XValue(x), x2=alt.X2Value(x2), y=alt.YValue(y))


def _texts(texts: list[Text], place: Place, layout: theme.Layout) -> list[Any]:
    """Return all texts in as few layers as their looks allow; headings keep clear of arrows by a halo."""
    import pandas as pd

    alt = need("altair")
    layers = []
    for align, bold in dict.fromkeys((t.align, t.bold) for t in texts):
        own = [t for t in texts if (t.align, t.bold) == (align, bold)]
        rows = pd.DataFrame({"x": [t.x for t in own], "y": [t.y for t in own], "text": [t.text for t in own]})
        base = alt.Chart(theme.values(rows.assign(colour=[t.colour for t in own])))
        look = {"align": align, "baseline": "middle", "fontSize": layout.size, "aria": False}
        look |= {"fontWeight": "bold"} if bold else {}
        if bold:
            halo = base.mark_text(**look, color=theme.PAPER, stroke=theme.PAPER, strokeWidth=4.0, strokeJoin="round")
            layers.append(halo.encode(place.x, place.y, text=alt.Text("text:N")))
        layers.append(
            base.mark_text(**look).encode(place.x, place.y, alt.Color("colour:N", scale=None), text=alt.Text("text:N"))
        )
    return layers


def _colours(nodes: list[Node], muted: str) -> Colours:
    """Return the colour of each group and of its heading; no group and the muted one are grey."""
    groups = [g for g in dict.fromkeys(n.group for n in nodes) if g and g != muted]
    pairs = zip(theme.SERIES, theme.SERIES_TEXT, strict=True)
    grey = (theme.GREY, theme.SOFT)
    found = dict(zip(groups, pairs, strict=False))
    return {"": grey, muted: grey, **dict.fromkeys(groups, grey), **found}
