"""Checks: the gates of the field, carried by results and printed in reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict on a result.

    Attributes
    ----------
    name : str
        Short identifier, stable across versions.
    value : float
        What was measured.
    tolerance : float
        What it was held against (its meaning is in ``meaning``).
    ok : bool
        The verdict.
    meaning : str
        One sentence: what is measured and why it matters.
    remedy : str
        What to do when it fails.
    """

    name: str
    value: float
    tolerance: float
    ok: bool
    meaning: str
    remedy: str = ""

    @classmethod
    def at_most(cls, name: str, value: float, tolerance: float, meaning: str, remedy: str = "") -> Check:
        """``ok`` when ``|value| <= tolerance``; a value that is not finite fails."""
        ok = bool(math.isfinite(value) and abs(value) <= tolerance)
        return cls(name, float(value), float(tolerance), ok, meaning, remedy)

    @classmethod
    def at_least(cls, name: str, value: float, tolerance: float, meaning: str, remedy: str = "") -> Check:
        """``ok`` when ``value >= tolerance``; a value that is not finite fails."""
        ok = bool(math.isfinite(value) and value >= tolerance)
        return cls(name, float(value), float(tolerance), ok, meaning, remedy)

    @classmethod
    def near(cls, name: str, value: float, expected: float, tolerance: float, meaning: str, remedy: str = "") -> Check:
        """``ok`` when ``|value - expected| <= tolerance``; ``value`` keeps the number itself."""
        ok = bool(math.isfinite(value) and abs(value - expected) <= tolerance)
        return cls(name, float(value), float(tolerance), ok, f"{meaning} (expected {expected:g})", remedy)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for storage and ``--json``."""
        return {
            "name": self.name,
            "value": self.value,
            "tolerance": self.tolerance,
            "ok": self.ok,
            "meaning": self.meaning,
            "remedy": self.remedy,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Check:
        """Rebuild from :meth:`to_dict`."""
        return cls(**dict(data))
