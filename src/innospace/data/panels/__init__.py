"""Firm panels: keys that are checked, status classes, starts, lags, deflating, trimming, reading by column."""

from innospace.data.panels.columns import conditions, read_columns, select
from innospace.data.panels.panel import FirmPanel, firm_codes, from_waves, panel_of, require_waves, row_names
from innospace.data.panels.status import (
    CLASSES,
    MIN_FIRMS,
    StatusClasses,
    class_counts,
    require_headline,
    starts,
    status_classes,
    status_values,
    too_few,
)
from innospace.data.panels.transforms import deflate, lagged, trim

__all__ = [
    "CLASSES",
    "MIN_FIRMS",
    "FirmPanel",
    "StatusClasses",
    "class_counts",
    "conditions",
    "deflate",
    "firm_codes",
    "from_waves",
    "lagged",
    "panel_of",
    "read_columns",
    "require_headline",
    "require_waves",
    "row_names",
    "select",
    "starts",
    "status_classes",
    "status_values",
    "too_few",
    "trim",
]
