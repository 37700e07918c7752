"""Figures, tables and documents with every kind of difficult content."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from innospace.core.checks import Check
from innospace.core.document import Document, Equation, Heading, Notice, Paragraph, Section
from innospace.core.figure import Figure, FigureKind
from innospace.core.provenance import Nature, Provenance, Source
from innospace.core.table import Column, Table

NASTY = '<script>alert("x")</script> & _a_ $b$ #1 100% \\n ~^ {c} [d]'
CYRILLIC = "Ханты-Мансийский автономный округ — Югра и Ямало-Ненецкий автономный округ"


KINDS = (
    FigureKind.SCATTER,
    FigureKind.INTERVALS,
    FigureKind.MAP,
    FigureKind.LINES,
    FigureKind.HISTOGRAM,
    FigureKind.COEFFICIENTS,
)
"""Kinds whose marks are rows of numbers with names."""


def square(code: str, west: float, south: float, size: float = 5.0) -> dict[str, Any]:
    """Return a square region as a GeoJSON feature."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "id": code,
        "properties": {"name": f"Region {code}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def geometry(codes: list[str]) -> dict[str, Any]:
    """Return neighbouring squares between 30 and 110 degrees east."""
    features = [square(c, 30.0 + 5.0 * (i % 16), 45.0 + 5.0 * (i // 16)) for i, c in enumerate(codes)]
    return {"type": "FeatureCollection", "features": features}


def figure(kind: FigureKind, values: Any, labels: list[str], name: str = "a-figure", **more: Any) -> Figure:
    """Return a figure of any kind whose numbers are ``values`` and whose names are ``labels``."""
    y = np.asarray(values, dtype=float)
    codes = [f"R{i}" for i in range(len(y))]
    data = pd.DataFrame({"name": labels, "code": codes, "n": np.arange(len(y), dtype=float), "y": y})
    data["low"], data["high"] = y - 0.1, y + 0.1
    data["on"] = np.arange(len(y)) % 3 == 0
    encodings: dict[FigureKind, dict[str, Any]] = {
        FigureKind.SCATTER: {"x": "n", "y": "y", "label": "name", "highlight": "on"},
        FigureKind.INTERVALS: {"label": "name", "value": "y", "lower": "low", "upper": "high", "highlight": "on"},
        FigureKind.MAP: {"code": "code", "value": "y", "label": "name", "direct": codes[:2]},
        FigureKind.LINES: {"x": "n", "y": "y", "lower": "low", "upper": "high"},
        FigureKind.HISTOGRAM: {"value": "y"},
        FigureKind.COEFFICIENTS: {"term": "name", "estimate": "y", "lower": "low", "upper": "high"},
    }
    shape = geometry([*codes, "EMPTY"]) if kind is FigureKind.MAP else None
    words = ("The finding", "The quantity, unit and years", "The source", "What a reader who cannot see it must know")
    return Figure(name, kind, *words, data, {**encodings[kind], **more}, geometry=shape)


CASES: dict[str, tuple[Any, list[str]]] = {
    "one row": ([0.4], ["Alone"]),
    "all equal": ([2.0] * 6, list("abcdef")),
    "all zero": ([0.0] * 4, list("abcd")),
    "negative": ([-5.0, -1.0, -0.2], ["a", "b", "c"]),
    "huge range": ([1e-9, 1.0, 3e11], ["tiny", "one", "huge"]),
    "missing": ([1.0, float("nan"), float("inf"), 4.0], ["a", "b", "c", "d"]),
    "special characters": ([1.0, 2.0], [NASTY, "</svg><b>&amp;"]),
    "long Cyrillic": ([1.0, 2.0, 3.0], [CYRILLIC, CYRILLIC + " 2", "Ё"]),
    "eighty": (np.linspace(0.01, 0.99, 80), [f"Region number {i}" for i in range(80)]),
}


def tables() -> list[Table]:
    frame = pd.DataFrame(
        {
            "name": ["=1+1", "+a", "-b", "@c", NASTY, CYRILLIC],
            "value": [0.123456789012345, -1234567.891, 1e-12, float("nan"), float("inf"), 5.0],
            "count": [1, 2, 3, 4, 5, 60_000],
            "year": [2010, 2011, 2012, 2013, 2014, 2015],
        }
    )
    columns = (
        Column("name", "Name & unit"),
        Column("value", "Value, %", "fixed:3", "Group"),
        Column("count", "Count", "integer", "Group"),
        Column("year", "Year", "year"),
    )
    layout = pd.DataFrame({"name": ["δ", "", "Observations"], "m": ["−0.035", "(0.044)", "240"]})
    models = Table("models", "Two models", frame, (Column("name", ""), Column("m", "(1)", "fixed:3")), (), layout, (2,))
    return [Table("numbers", f"Numbers {NASTY}", frame, columns, (f"A note {NASTY}",)), models]


def document() -> Document:
    checks = (
        Check.at_most("fine", 1e-9, 1e-6, "Something small"),
        Check.at_most("broken <b>", 3.0, 1.0, "Something large & wrong", "Do this."),
    )
    figures = [figure(kind, [0.2, 0.5, 0.9], ["a", NASTY, CYRILLIC], name="same name") for kind in KINDS]
    equation = Equation("model", r"\ln Q_i = c + \hat{V}_i", "ln Q_i = c + hat(V)_i", "Words of the equation")
    body = (
        Section("one", "First part", (Paragraph(f"{NASTY} fell by -3.5"), equation, *figures[:3])),
        Section("one", "Same anchor", (Notice("Not observed", Nature.SIMULATED), *figures[3:], *tables())),
    )
    source = Source(CYRILLIC, "ab" * 32, Nature.RECONSTRUCTED, "doi:1", "CC-BY", "made from Table 4")
    provenance = Provenance("0.1.0", (source,), {"a": [1, 2]}, 7, "2026-01-01T00:00:00+00:00", {"python": "3.11"})
    return Document(
        f"A title {NASTY}", CYRILLIC, ("Region 1 reaches 11 %",), checks, body, provenance, "innospace run x"
    )


def folded_document() -> Document:
    """Sections with headings, tables that are for reference, and what is folded under headings."""
    frame = pd.DataFrame({"name": ["Уфа", "Казань"], "value": [1.0, 2.0]})
    columns = (Column("name", "Name"), Column("value", "Value", "fixed:1"))
    table = Table("long", "For reference & more", frame, columns, folded=True)
    long = replace(table, name="longer", title="Too long", frame=pd.DataFrame({"name": ["Уфа"] * 61, "value": 1.0}))
    drawn = figure(FigureKind.LINES, [1.0, 2.0, 3.0], list("abc"), name="drawn")
    details = (Heading("How it was made", folded=True), Paragraph("Folded words."), table, long, drawn)
    section = Section("part", "Part", (Heading("Глава <1>"), Paragraph("Text."), table, *details))
    other = Section("other", "Other", (Heading("Method", folded=True), Paragraph("More."), Heading("After"), table))
    return Document("T", "", (), (), (section, other), Provenance("0"), "innospace")
