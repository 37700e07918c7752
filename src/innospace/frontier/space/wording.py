"""Sentences on regions that findings and profiles share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from innospace.core.numbers import percent

if TYPE_CHECKING:
    from innospace.frontier.space.result import SpaceResult


def reach(result: SpaceResult, row: Any, regions: int) -> str:
    """Return how much of the frontier a region reaches in a year, its interval and its rank."""
    year = int(row["year"])
    return (
        f"{row['region']} reaches {percent(float(row['te']), 0)} of what the frontier allows "
        f"({percent(result.spec.level, 0)} interval {percent(float(row['te_lower']), 0)} to "
        f"{percent(float(row['te_upper']), 0)}); it ranks {int(row['rank'])} of {regions} regions"
        f"{f' in {year}' if year else ''}."
    )
