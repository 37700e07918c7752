"""Regional computable general equilibrium: systems of named equations, closures, scenarios, recursive dynamics.

Names are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Closure": "models.knowledge.closure",
    "KnowledgeModel": "models.knowledge.model",
    "KnowledgeSpec": "models.knowledge.spec",
    "Scenario": "scenario",
    "Shock": "scenario",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
