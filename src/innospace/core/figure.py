"""Figures as data: what is shown and why. Drawing happens in the report room.

An engine prepares a tidy frame and says which column is which; it never draws. ``Figure.draw()`` finds the
drawing function by name when it is first needed, so importing an engine does not import a chart library.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError

if TYPE_CHECKING:
    import pandas as pd

DRAW_WITH = "innospace.report.charts:draw"
SET_WITH = "innospace.report.charts:to_svg"
WIDTH = 640
"""Pixels, as wide as the text of a notebook."""


class FigureKind(StrEnum):
    """Shapes the report room can draw. The keys each one reads from ``encoding`` stand behind it."""

    SCATTER = "scatter"
    """x, y, label; optional: highlight (column of bool), line (frame in ``layers``), diagonal (bool),
    x_log and y_log (bool: the columns hold original units, the axis is logarithmic), x_title, y_title."""
    INTERVALS = "intervals"
    """label, value, lower, upper; optional: highlight, value_title, reference (float), reference_label."""
    MAP = "map"
    """code (joined to ``geometry`` feature ids), value, label; optional: value_title, value_format,
    domain (two numbers), direct (list of codes labelled on the map because they are too small to see)."""
    MAPS = "maps"
    """Small maps with one scale, in rows of two: as a map, and panel (its values in order of appearance are titles);
    optional: value_title, value_format, domain, scheme (of colours)."""
    LINES = "lines"
    """x, y; optional: series, lower, upper, x_title, y_title, y_format, y_log, reference (float: a level drawn)."""
    HISTOGRAM = "histogram"
    """value; optional: value_title, bins (int), reference (float), reference_label."""
    COEFFICIENTS = "coefficients"
    """term, estimate, lower, upper; optional: model, value_title."""
    NETWORK = "network"
    """step (column a flow starts from, counted from 0), source, target, value; ``layers["nodes"]``: node, label,
    column, group, from top to bottom; optional: group (of the flow), dashed (column of bool), dashed_title,
    headings (one a column), unit, muted (group drawn in grey)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart or map, ready to be drawn.

    Attributes
    ----------
    name : str
        File name stem and anchor, for example ``figure-1``.
    kind : FigureKind
        Shape of the chart.
    title, subtitle, caption, alt : str
        The finding; the quantity, unit, years and place; the source and what is reconstructed or assumed;
        the text alternative.
    data : pandas.DataFrame
        Tidy frame, one row a mark. It is also what the reader downloads.
    encoding : mapping
        Which column plays which part; keys depend on ``kind``.
    layers : mapping of str to pandas.DataFrame
        Further frames (a frontier line, direct labels).
    geometry : mapping or None
        GeoJSON FeatureCollection of a map, features identified by ``id``.
    lead : bool
        Among the two or three most telling of a result: a brief report shows it.
    """

    name: str
    kind: FigureKind
    title: str
    subtitle: str
    caption: str
    alt: str
    data: pd.DataFrame = field(repr=False)
    encoding: Mapping[str, Any]
    layers: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    geometry: Mapping[str, Any] | None = field(default=None, repr=False)
    lead: bool = False

    def draw(self, width: int = WIDTH) -> Any:
        """Return an Altair chart of this figure.

        Parameters
        ----------
        width : int
            Width of the whole drawing in pixels; below 480 the chart is laid out for a phone.
        """
        return _named(DRAW_WITH)(self, width=width)

    def _repr_html_(self) -> str:
        # a chart of the chart library would load its scripts from the network; a drawing stands alone
        try:
            return f"<figure>{_named(SET_WITH)(self, width=WIDTH)}</figure>"
        except InnospaceError as error:
            from innospace.core.notebook import card

            return card(self.title, [("Not drawn", error.what), ("To mend it", error.remedy), ("It shows", self.alt)])


def _named(place: str) -> Any:
    module, function = place.split(":")
    return getattr(importlib.import_module(module), function)
