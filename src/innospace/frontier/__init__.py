"""Stochastic frontier analysis, and the innovation space on top of it.

Names are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "FrontierResult": "result",
    "FrontierSpec": "spec",
    "ReplicationResult": "replication",
    "SpaceResult": "space",
    "SpaceSpec": "space",
    "compare": "comparison",
    "fit": "fitting",
    "rank_correlations": "comparison",
    "fit_space": "space",
    "replicate_innovation_space": "replication",
    "simulate_space": "space",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
