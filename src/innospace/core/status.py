"""How a computation ended, as data: a code, the numbers behind it, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class StatusCode(StrEnum):
    """Ways in which an iterative computation can end."""

    CONVERGED = "converged"
    BOUNDARY = "boundary"
    MAX_ITERATIONS = "max_iterations"
    SINGULAR = "singular"
    NONFINITE = "nonfinite"
    STALLED = "stalled"


MEANINGS: Mapping[StatusCode, str] = {
    StatusCode.CONVERGED: "A solution inside the space of parameters was reached and verified.",
    StatusCode.BOUNDARY: "The solution lies on an edge of what the parameters may be; the edge is named, and usual "
    "standard errors do not hold there.",
    StatusCode.MAX_ITERATIONS: "The search used all its iterations before it arrived: no solution.",
    StatusCode.SINGULAR: "The derivatives do not determine the next step: parameters or equations repeat each other.",
    StatusCode.NONFINITE: "A number became infinite or undefined on the way: no solution.",
    StatusCode.STALLED: "No step improved any more although the solution was not reached.",
}
"""What each ending means, for ``innospace explain``."""


@dataclass(frozen=True, slots=True)
class Status:
    """Outcome of a computation.

    Attributes
    ----------
    code : StatusCode
        How it ended.
    message : str
        One sentence for a reader.
    remedy : str
        What to try; empty when nothing needs mending.
    boundary : str
        Name of the boundary when ``code`` is ``boundary`` (``wrong_skewness``, ``gamma_one``, ...).
    numbers : mapping of str to float
        Iterations, norms and the like.
    """

    code: StatusCode
    message: str
    remedy: str = ""
    boundary: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def converged(self) -> bool:
        """Whether an interior solution was reached and verified."""
        return self.code is StatusCode.CONVERGED

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for storage and ``--json``."""
        return {
            "code": str(self.code),
            "message": self.message,
            "remedy": self.remedy,
            "boundary": self.boundary,
            "numbers": dict(self.numbers),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Status:
        """Rebuild from :meth:`to_dict`."""
        code = StatusCode(data["code"])
        return cls(code, data["message"], data["remedy"], data["boundary"], dict(data["numbers"]))
