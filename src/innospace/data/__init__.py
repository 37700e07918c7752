"""Readers, schemas and the catalogue of samples. Names are loaded when first used."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "SAM": "sam",
    "ColumnCard": "cards",
    "Constraint": "balancing",
    "Dataset": "dataset",
    "SampleCard": "cards",
    "as_dataset": "dataset",
    "balance": "balancing",
    "cross_entropy": "balancing",
    "load_geometry": "catalogue",
    "load_sample": "catalogue",
    "match_regions": "regions",
    "Grouping": "groups",
    "indicator_groups": "groups",
    "output_groups": "groups",
    "published_table": "catalogue",
    "read_controls": "controls",
    "read_mapping": "sam_groups",
    "read_sam": "sam",
    "read_table": "readers",
    "regroup": "sam_groups",
    "require_regions": "regions",
    "sam_from_dataset": "sam",
    "samples": "catalogue",
    "wide_to_long": "reshape",
    "with_region_codes": "regions",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
