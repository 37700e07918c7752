"""What a verb hands back, and the exit code that belongs to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from innospace.core.checks import Check
from innospace.core.status import Status, StatusCode


class Exit(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    CHECK_FAILED = 1
    BAD_INPUT = 2
    SOLVER_FAILED = 3
    UNEXPECTED = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb found.

    Attributes
    ----------
    payload : mapping
        What ``--json`` prints; numbers that are not finite become null.
    text : str
        What a terminal shows, at most 100 columns wide.
    code : int
    warnings : tuple of str
        Shown on standard error and in ``payload["warnings"]``.
    """

    payload: Mapping[str, Any]
    text: str
    code: int = Exit.OK
    warnings: tuple[str, ...] = field(default=())


def code_of(statuses: Iterable[Status], checks: Iterable[Check]) -> Exit:
    """Return 3 when a solver failed, else 1 when a check did, else 0; a boundary is a solution that checks judge."""
    solved = (StatusCode.CONVERGED, StatusCode.BOUNDARY)
    if any(s.code not in solved for s in statuses):
        return Exit.SOLVER_FAILED
    return Exit.OK if all(c.ok for c in checks) else Exit.CHECK_FAILED


def jsonable(value: Any) -> Any:
    """Return plain types for JSON: numbers that are not finite become None, paths and the like become text."""
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
