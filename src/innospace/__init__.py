"""Workbench for the economics of regional innovation.

Public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "compare": "frontier",
    "draw": "report",
    "fit": "frontier",
    "fit_space": "frontier",
    "load_sample": "data",
    "load_study": "study",
    "read_table": "data",
    "replicate_innovation_space": "frontier",
    "run": "study",
    "samples": "data",
    "write_report": "report",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from innospace.core.provenance import package_version

        return package_version()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
