"""Workbench for the economics of regional innovation.

Public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

# the defining modules, not their rooms: a room's attribute of the same name may be a module
_HOME = {
    "compare": "frontier.result",
    "draw": "report.charts",
    "fit": "frontier.fitting",
    "fit_space": "frontier.space",
    "load_sample": "data.catalogue",
    "load_study": "study.load",
    "read_table": "data.readers",
    "replicate_bashkortostan": "economy.replication",
    "replicate_innovation_space": "frontier.replication",
    "run": "study.execute",
    "samples": "data.catalogue",
    "write_report": "report.write",
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
