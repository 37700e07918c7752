"""Names and numbers of a solved economy as a reader sees them; every claim is computed here, none is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.numbers import MINUS, fixed, signed
from innospace.economy.linked import ends

if TYPE_CHECKING:
    from innospace.core.checks import Check
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.economy.scenario import Scenario

Array = np.ndarray
LEVEL = 0.90
"""Level of intervals taken from draws."""
SMALL, NEAR = 0.05, 5e-4
"""Effects in percentage points a year: below the first three decimals are told, below the second it counts as none."""
LINKED_ENDS = "at the ends of the 95\u202f% interval of the linked number"
PAPER = "Makarov, Ayvazyan, Afanasyev, Bakhtizin and Nanavyan (2016)"


def label(name: str, *, inside: bool = False) -> str:
    """Return a scenario's name as a reader sees it: ``option-1`` as ``Option 1``, within a sentence ``option 1``."""
    text = name.replace("-", " ").replace("_", " ").strip()
    return text if inside else text[:1].upper() + text[1:]


def span(r: EconomyResult) -> str:
    """Return the years of a result: ``2012–2030``."""
    return f"{r.years[0]}\u2013{r.years[-1]}"


def billions(million: float) -> str:
    """Return million roubles as billions with unit."""
    return f"{fixed(million / 1000.0, 1)}\u202fbn\u00a0RUB"


def solved(r: EconomyResult) -> list[str]:
    """Return the scenarios that have a solution in every year, baseline first."""
    return [name for name, path in r.paths.items() if path.failure is None]


def ranked(r: EconomyResult) -> list[str]:
    """Return the solved scenarios besides the baseline, largest effect on growth first; none without a baseline.

    What a scenario with linked numbers is at the ends of their interval is no scenario of its own: see :func:`at_ends`.
    """
    if r.paths[r.baseline].failure is not None:
        return []
    beside = {n for pair in at_ends(r).values() for n in pair}
    return sorted((n for n in solved(r) if n != r.baseline and n not in beside), key=lambda n: -points(r, n))


def at_ends(r: EconomyResult) -> dict[str, tuple[str, str]]:
    """Return by scenario the two with its linked numbers at the lower and the upper end of their interval."""
    return ends({name: r.paths[name].scenario.title for name in solved(r)})


def strongest(r: EconomyResult) -> str:
    """Return the solved scenario with the largest effect in size; there must be one."""
    return max(ranked(r), key=lambda n: abs(points(r, n)))


def points(r: EconomyResult, name: str) -> float:
    """Return the effect of a scenario on average annual growth in percentage points."""
    return 100.0 * (r.growth[name] - r.growth[r.baseline])


def against_baseline(r: EconomyResult, name: str) -> Array:
    """Return real gross regional product against the baseline by solved year, in percent."""
    own, base = r.real_grp(name), r.real_grp(r.baseline)
    years = min(len(own), len(base))
    return np.asarray(100.0 * (own[:years] / base[:years] - 1.0))


def published(r: EconomyResult) -> dict[str, float]:
    """Return the numbers of the paper's Table 6 for the scenarios of this result that are the shipped options."""
    from innospace.data import published_table
    from innospace.economy.models.knowledge.solve import OPTIONS, shipped_scenarios

    table = published_table(6)
    numbers = {f"option-{o}": float(v) for o, v in zip(table["option"], table.iloc[:, -1], strict=True)}
    shipped = shipped_scenarios()
    return {n: numbers[n] for n in OPTIONS if n in r.paths and r.paths[n].scenario.shocks == shipped[n].shocks}


def intervals(r: EconomyResult) -> dict[str, tuple[float, float]]:
    """Return intervals of effects in percentage points by scenario; empty without draws."""
    if r.draws is None:
        return {}
    from innospace.economy.models.knowledge.uncertainty import summarise

    frame = summarise(r.draws, LEVEL)
    columns = (frame[c].tolist() for c in ("scenario", "effect_points_lower", "effect_points_upper"))
    return {name: (low, high) for name, low, high in zip(*columns, strict=True) if np.isfinite(low)}


def percent_of_growth(r: EconomyResult, name: str) -> float:
    """Return the effect of a scenario in percent of baseline growth."""
    return 100.0 * (r.growth[name] / r.growth[r.baseline] - 1.0)


def title_of(scenario: Scenario) -> str:
    """Return what a scenario changes, in words, with a real minus before numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", MINUS, scenario.title or label(scenario.name))


def size(value: float) -> str:
    """Return the size of an effect in points with two decimals, and with three where it is small."""
    return fixed(abs(value), _decimals(value))


def change(value: float) -> str:
    """Return an effect in points with its sign, as :func:`size`."""
    return signed(value, _decimals(value))


def _decimals(value: float) -> int:
    return 2 if abs(value) >= SMALL or abs(value) < NEAR else 3


def effect_clause(r: EconomyResult, name: str) -> str:
    """Return an effect in points and in percent of baseline growth."""
    part = signed(percent_of_growth(r, name), 1)
    return f"{change(points(r, name))} percentage points a year, {part}\u202f% of baseline growth"


def interval_clause(r: EconomyResult, name: str) -> str:
    """Return the interval of an effect from draws and from linked numbers, each behind a semicolon; may be empty."""
    found, clause = intervals(r), ""
    if name in found:
        low, high = found[name]
        clause = f"; {fixed(100 * LEVEL, 0)}\u202f% interval {change(low)} to {change(high)} points"
    if name in (linked := at_ends(r)):
        low, high = (points(r, n) for n in linked[name])
        clause += f"; {change(low)} to {change(high)} points {LINKED_ENDS}"
    return clause


def verdict(checks: tuple[Check, ...]) -> str:
    """Return how many gates passed, and which did not."""
    failed = [c.name for c in checks if not c.ok]
    if not failed:
        return f"all {len(checks)} passed"
    return f"{len(failed)} of {len(checks)} failed: {', '.join(failed)}"
