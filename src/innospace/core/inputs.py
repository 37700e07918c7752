"""What a step of a study receives: tables by role, numbers from earlier steps, scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from innospace.core.parts import NoParts, Parts

TABLE = "table"
"""Role of the only table of a step that needs no other."""


@dataclass(frozen=True, slots=True)
class LinkedValue:
    """A number that one step passes to another, with its interval and where it comes from.

    Attributes
    ----------
    value, lower, upper : float
        Bounds are NaN when the source gives none.
    unit, origin : str
        ``origin`` names step, quantity and labels.
    """

    value: float
    lower: float
    upper: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class StepInputs:
    """Inputs of a step.

    Attributes
    ----------
    tables : mapping of str to Dataset
        By role; a step with one table finds it under ``table``.
    links : mapping of str to LinkedValue
        By the name of the quantity that the step takes over.
    scenarios : tuple of mapping
        Scenarios of the study as plain types.
    parts : Parts
        Where finished parts of a long step are kept.
    """

    tables: Mapping[str, Any]
    links: Mapping[str, LinkedValue] = field(default_factory=dict)
    scenarios: tuple[Mapping[str, Any], ...] = ()
    parts: Parts = field(default_factory=NoParts)

    @property
    def table(self) -> Any:
        """The only table of a step that has one."""
        return self.tables[TABLE]
