"""Studies: a folder with a study file, checked, run, stored by hash and set as a report.

Names are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Plan": "plan",
    "RunResult": "execute",
    "StoredRun": "store",
    "Study": "load",
    "StudyProblemsError": "errors",
    "compose": "composition",
    "load_study": "load",
    "make_plan": "plan",
    "problems": "inspect",
    "read_run": "store",
    "run": "execute",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
