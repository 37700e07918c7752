"""Stochastic frontier analysis, and the innovation space on top of it.

Names are loaded when first used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_HOME = {
    "FrontierResult": "result",
    "FrontierSpec": "spec",
    "ReplicationResult": "replication",
    "SpaceResult": "space",
    "SpaceSpec": "space",
    "compare": "result",
    "fit": "fit",
    "fit_space": "space",
    "replicate_innovation_space": "replication",
    "simulate_space": "space",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


class _Room(ModuleType):
    """A package whose name ``fit`` stays the function when Python binds the module of that name to it."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "fit" and isinstance(value, ModuleType):
            value = value.fit
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
