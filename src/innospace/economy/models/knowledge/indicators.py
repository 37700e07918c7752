"""What a reader looks at when options are compared: a few series by scenario, their figure, a table of the last year.

Every number is computed here from solved paths; shells show it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, signed
from innospace.core.table import Column, Table
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.figures import sector_share
from innospace.economy.models.knowledge.wording import label, percent_of_growth, points, title_of

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.result import EconomyResult

Array = NDArray[np.float64]
PERCENT, POINTS = "%", "percentage points"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One series by year.

    Attributes
    ----------
    name, title, unit : str
    difference : str
        How it is held against the baseline: in percent or in percentage points.
    decimals : int
        Of its level.
    series : callable
        Result and scenario to values by solved year.
    plural : bool
        Whether its title is one.
    """

    name: str
    title: str
    unit: str
    difference: str
    decimals: int
    series: Callable[[EconomyResult, str], Array]
    plural: bool = False

    def against(self, result: EconomyResult, name: str) -> Array:
        """Return the difference from the baseline by year, over the years both were solved."""
        own, base = self.series(result, name), self.series(result, result.baseline)
        years = min(len(own), len(base))
        if self.difference == PERCENT:
            return np.asarray(100.0 * (own[:years] / base[:years] - 1.0))
        return np.asarray(own[:years] - base[:years])


def _billions(*families: tuple[str, ...], real_of: str = "") -> Callable[[EconomyResult, str], Array]:
    """Return the sum of variables in billions, in prices of the base year when ``real_of`` names a price index."""

    def series(r: EconomyResult, name: str) -> Array:
        total = np.sum([r.values(name, *family) for family in families], axis=0) / 1000.0
        return np.asarray(total / r.values(name, real_of) if real_of else total)

    return series


def _index(r: EconomyResult, name: str) -> Array:
    return 100.0 * r.real_grp(name)


def _share(r: EconomyResult, name: str) -> Array:
    return np.asarray(100.0 * sector_share(r, name, k.INNOVATION))


def _relative(family: str, real_of: str = "") -> Callable[[EconomyResult, str], Array]:
    """Return a price or wage, base year = 100."""

    def series(r: EconomyResult, name: str) -> Array:
        values = r.values(name, family)
        real = values / r.values(name, real_of) if real_of else values
        return np.asarray(100.0 * real / real[0])

    return series


def _social_payments(r: EconomyResult, name: str) -> Array:
    cell = f"social_payments|{k.AUTHORITIES}"
    paid = r.path(name).reported[:, r.model.system.reported.index(cell)]
    return np.asarray(paid / r.values(name, "PI") / 1000.0)


_BASE = "bn RUB at base-year prices"
_CONSUMER = "bn RUB at base-year consumer prices"
_HUNDRED = "base year = 100"
INDICATORS = {
    i.name: i
    for i in (
        Indicator("real_grp", "Real gross regional product", _HUNDRED, PERCENT, 1, _index),
        Indicator(
            "innovation_output", "Output of the innovation sector", _BASE, PERCENT, 1, _billions(("Y", k.INNOVATION))
        ),
        Indicator("innovation_share", "Share of the innovation sector in GRP", "%", POINTS, 2, _share),
        Indicator(
            "innovative_goods",
            "Innovative goods bought in the region",
            _BASE,
            PERCENT,
            1,
            _billions(*(("D", a, "n1") for a in k.BUYERS["n1"])),
            True,
        ),
        Indicator(
            "research", "R&D bought by companies", _BASE, PERCENT, 2, _billions(*(("D", a, "z1") for a in k.PRODUCERS))
        ),
        Indicator(
            "training",
            "Education and training bought by companies",
            _BASE,
            PERCENT,
            2,
            _billions(*(("D", a, "r1") for a in k.PRODUCERS)),
            True,
        ),
        Indicator(
            "investment",
            "Investment in fixed capital",
            _BASE,
            PERCENT,
            1,
            _billions(*(("D", a, "i1") for a in k.PRODUCERS)),
        ),
        Indicator(
            "consumption",
            "Goods and education bought by households",
            _BASE,
            PERCENT,
            1,
            _billions(("D", k.HOUSEHOLDS, "c1"), ("D", k.HOUSEHOLDS, "r1")),
            True,
        ),
        Indicator(
            "authorities",
            "Real budget of the authorities",
            _CONSUMER,
            PERCENT,
            1,
            _billions(("B", k.AUTHORITIES), real_of="PI"),
        ),
        Indicator("social_payments", "Real social payments", _CONSUMER, PERCENT, 1, _social_payments, True),
        Indicator("private_wage", "Real private wage", _HUNDRED, PERCENT, 1, _relative("w1", "PI")),
        Indicator("public_wage", "Real public wage", _HUNDRED, PERCENT, 1, _relative("w3", "PI")),
        Indicator("prices", "Consumer prices", _HUNDRED, PERCENT, 1, _relative("PI"), True),
        Indicator("exports", "Exports", _BASE, PERCENT, 1, _billions(*(("S", x) for x in k.EXPORTS)), True),
    )
}
"""Series by name, the most asked for first."""
KEY = ("innovation_output", "consumption", "authorities", "prices")
"""What the table of the last year shows besides gross regional product."""


def figure(result: EconomyResult, indicator: str, focus: str, *, levels: bool = False) -> Figure:
    """Return a series of every scenario by year, as difference from the baseline or as it is.

    Parameters
    ----------
    result : EconomyResult
    indicator : str
        Key of :data:`INDICATORS`.
    focus : str
        Scenario that the title speaks of.
    levels : bool
        Draw the series themselves, the baseline among them.

    Raises
    ------
    LabelError
        No such series or scenario, or no year of it was solved.
    """
    import pandas as pd

    r, what = result, _known(indicator)
    require_known([focus], list(r.paths), kind="scenario")
    names = [n for n in r.paths if levels or n != r.baseline]
    paths = {n: what.series(r, n) if levels else what.against(r, n) for n in names}
    rows = [(label(n), n, r.years[t], float(v)) for n, path in paths.items() for t, v in enumerate(path)]
    unit = what.unit if levels else what.difference
    decimals = what.decimals if levels else 2
    shown = (
        (what.unit if what.unit != _HUNDRED else f"{r.years[0]} = 100")
        if levels
        else f"difference from the baseline, {unit}"
    )
    ends = ", ".join(f"{label(n)} {fixed(float(v[-1]), decimals)}" for n, v in paths.items() if len(v))
    source = r.model.sam.source
    encoding = {
        "x": "year",
        "y": "value",
        "series": "scenario",
        "x_title": "Year",
        "y_title": shown[:1].upper() + shown[1:],
    }
    return Figure(
        f"scenarios-{what.name}",
        FigureKind.LINES,
        f"{finding(r, what.name, focus)}",
        f"{what.title}, {shown}, {r.years[0]}\u2013{r.years[-1]}",
        f"Simulated. Source: computed from {source.name} ({source.nature})."
        + ("" if levels else " The baseline is the line at zero."),
        f"Lines of {what.title[:1].lower() + what.title[1:]}, {shown}. In the last solved year: {ends}.",
        pd.DataFrame(rows, columns=["scenario", "name", "year", "value"]),
        encoding if levels else {**encoding, "reference": 0.0},
    )


def finding(result: EconomyResult, indicator: str, focus: str) -> str:
    """Return what a scenario does to a series by its last solved year, without a full stop."""
    r, what = result, _known(indicator)
    if focus == r.baseline:
        own = what.series(r, focus)
        _require_solved(own, focus)
        return f"{what.title}: {fixed(float(own[-1]), what.decimals)} in {r.paths[focus].years[-1]} in the baseline"
    gap = what.against(r, focus)
    _require_solved(gap, focus)
    year, end = r.years[len(gap) - 1], float(gap[-1])
    size, verb = fixed(abs(end), 2), "are" if what.plural else "is"
    unit = "\u202f%" if what.difference == PERCENT else f" {what.difference}"
    if not size.strip("0."):
        return f"{what.title} in {year} {verb} as in the baseline under {label(focus, inside=True)}"
    side = "above" if end > 0 else "below"
    return f"{what.title} in {year} {verb} {size}{unit} {side} the baseline under {label(focus, inside=True)}"


def sentences(result: EconomyResult, focus: str) -> tuple[str, ...]:
    """Return what a scenario does to growth and to the series of the table, in sentences."""
    r = result
    if focus == r.baseline or r.paths[focus].failure is not None or r.paths[r.baseline].failure is not None:
        return ()
    growth = (
        f"Real GRP grows by {fixed(100.0 * r.growth[focus], 3)}\u202f% a year instead of "
        f"{fixed(100.0 * r.growth[r.baseline], 3)}\u202f%: {signed(points(r, focus), 3)} percentage points, "
        f"{signed(percent_of_growth(r, focus), 1)}\u202f% of baseline growth."
    )
    ends = {name: float(INDICATORS[name].against(r, focus)[-1]) for name in KEY}
    words = [f"{_short(name)} {signed(v, 1)}\u202f%" for name, v in ends.items()]
    return growth, f"Against the baseline of {r.years[-1]}: {', '.join(words)}."


def _short(name: str) -> str:
    title = INDICATORS[name].title
    return title[:1].lower() + title[1:]


def table(result: EconomyResult) -> Table:
    """Return key results of every scenario in the last year, against the baseline."""
    import pandas as pd

    r = result
    rows = []
    for name, path in r.paths.items():
        row = {"scenario": name, "name": label(name), "title": title_of(path.scenario), **r.effects.loc[name].to_dict()}
        for key in ("real_grp", *KEY):
            gap = INDICATORS[key].against(r, name)
            row[key] = float(gap[-1]) if path.failure is None and len(gap) == len(r.years) else float("nan")
        rows.append(row)
    last = f"{r.years[-1]} against the baseline, %"
    columns = (
        Column("name", "Scenario"),
        Column("growth", "growth a year, %", "fixed:3", "Real GRP"),
        Column("effect_points", "effect, points", "fixed:3", "Real GRP"),
        Column("real_grp", "real GRP", "fixed:2", last),
        *(Column(key, _short(key), "fixed:2", last) for key in KEY),
    )
    notes = [
        "Growth: average a year, chained volume index; effect: its difference from the baseline in percentage points.",
        "The model has no measure of welfare; what households buy is the nearest. The budget is in consumer prices of "
        f"{r.years[0]}.",
    ]
    notes += [f"{label(n)}: no solution after {p.years[-1]}." for n, p in r.paths.items() if p.failure and p.years]
    return Table("options", f"Key results in {r.years[-1]}", pd.DataFrame(rows), columns, tuple(notes), rules=(1,))


def _known(name: str) -> Indicator:
    require_known([name], list(INDICATORS), kind="series")
    return INDICATORS[name]


def _require_solved(values: Array, name: str) -> None:
    if not len(values):
        raise LabelError(f"There is nothing to show: no year of {label(name, inside=True)} was solved.")
