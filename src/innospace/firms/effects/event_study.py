"""What every event study shares: the test of pre-trends, the figure, and sentences about starters and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import SpecError, offenders
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.effects.staggered_panel import StaggeredPanel
from innospace.firms.estimates import Array, Integers
from innospace.firms.presentation import p_clause
from innospace.numerics.tails import chi2_sf

FEW_STARTERS = 30
"""With fewer firms that start, a result is described and not headlined."""
FEW_CLUSTERS = 20
"""With fewer clusters, errors are likely too small."""
SMALL_COHORT = 5
"""A cohort with fewer firms than this, plus one a covariate, is pointed out (the rule of Callaway and Sant'Anna)."""
_SINGULAR = 1e-12


@dataclass(frozen=True, slots=True)
class PreTrend:
    """Wald test that all effects before entry are zero.

    Attributes
    ----------
    statistic : float
        Chi-square; NaN when there is nothing to test or the covariance is singular.
    degrees : int
        Effects tested.
    p : float
    """

    statistic: float
    degrees: int
    p: float


def pre_trend_test(values: Array, covariance: Array) -> PreTrend:
    """Return the Wald test ``b' V^-1 b`` of m effects before entry being zero.

    Parameters
    ----------
    values : ndarray, shape (m,)
    covariance : ndarray, shape (m, m)
    """
    m = len(values)
    if m == 0:
        return PreTrend(float("nan"), 0, float("nan"))
    scale = np.sqrt(np.diag(covariance))
    if np.any(scale <= 0.0) or np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] <= _SINGULAR * m:
        return PreTrend(float("nan"), m, float("nan"))
    statistic = float(values @ np.linalg.solve(covariance, values))
    return PreTrend(statistic, m, float(chi2_sf(statistic, m)))


def require_level(level: float) -> float:
    """Return a level of confidence; raise :class:`SpecError` when it is not between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise SpecError("level must lie between 0 and 1.", where=f"level={level!r}", allowed="0.90, 0.95, 0.99")
    return level


def percent_of(level: float) -> str:
    """Return ``95 %``."""
    return f"{100.0 * level:g}\u202f%"


def clause(value: float, lower: float, upper: float, p: float, level: float) -> str:
    """Return ``0.123 (95 % interval 0.011 to 0.235, p = 0.031)``."""
    return f"{fixed(value)} ({percent_of(level)} interval {fixed(lower)} to {fixed(upper)}, {p_clause(p)})"


def effect_words(outcome: str, value: float, lower: float, upper: float, p: float, level: float) -> str:
    """Return what an average effect after entry says about the outcome of starters."""
    if not (lower > 0.0 or upper < 0.0):
        return f"no clear effect of entry on {outcome}: {clause(value, lower, upper, p, level)}"
    word = "higher" if value > 0.0 else "lower"
    span = sorted((abs(lower), abs(upper)))
    numbers = f"{percent_of(level)} interval {fixed(span[0])} to {fixed(span[1])}, {p_clause(p)}"
    return f"{outcome} of firms that enter is {fixed(abs(value))} {word} than without entry ({numbers})"


def sized(panel: StaggeredPanel) -> dict[int, int]:
    """Return starters by entry year."""
    return {int(g): int(np.sum(panel.entry == g)) for g in panel.cohorts}


def starters_sentence(panel: StaggeredPanel) -> str:
    """Return how many firms start and when."""
    sizes = sized(panel)
    told = ", ".join(f"{fixed(n, 0)} in {g}" for g, n in list(sizes.items())[:8])
    rest = len(sizes) - 8
    more = f" and {rest} further entry years" if rest > 0 else ""
    cohorts = f"in {len(sizes)} cohorts: " if len(sizes) > 1 else ""
    start = "firm starts" if sum(sizes.values()) == 1 else "firms start"
    return (
        f"{fixed(sum(sizes.values()), 0)} {start}, {cohorts}{told}{more}; {fixed(panel.never, 0)} serve as comparison "
        "throughout."
    )


def small_cohorts(panel: StaggeredPanel) -> list[int]:
    """Return entry years with too few starters to be read by themselves."""
    return [g for g, n in sized(panel).items() if n < SMALL_COHORT + len(panel.covariates)]


def starter_warnings(panel: StaggeredPanel) -> tuple[str, ...]:
    """Return warnings about few starters."""
    found, small, starters = [], small_cohorts(panel), sum(sized(panel).values())
    if small:
        least = SMALL_COHORT + len(panel.covariates)
        found.append(
            f"Cohorts with fewer than {least} starters: {offenders(small)}. Their own effects are not reliable."
        )
    if starters < FEW_STARTERS:
        found.append(f"Only {starters} firms start: read the effects as a description, not as a finding.")
    if panel.clusters is not None and panel.clusters.max() + 1 < FEW_CLUSTERS:
        found.append(f"Only {panel.clusters.max() + 1} clusters: errors are likely too small.")
    return tuple(found)


def starter_check(panel: StaggeredPanel) -> Check:
    """Return the check on the smallest cohort."""
    return Check.at_least(
        "starters_per_cohort",
        float(min(sized(panel).values())),
        float(SMALL_COHORT + len(panel.covariates)),
        "Starters in the smallest entry cohort: 5 and one more for every covariate.",
        "Read averages over cohorts, merge neighbouring entry years, or drop covariates.",
    )


def pre_trend_check(test: PreTrend) -> tuple[Check, ...]:
    """Return the check that effects before entry are jointly zero; none where there is nothing to test."""
    if test.degrees == 0:
        return ()
    check = Check.at_least(
        "pre_trends",
        test.p,
        0.05,
        "p-value of the joint test that starters and comparison firms move alike before entry.",
        "Condition on covariates, compare with firms that enter later, or allow for anticipation; a pass is no proof.",
    )
    return (check,)


def pre_trend_sentence(test: PreTrend) -> str:
    """Return the verdict of the test in words."""
    if test.degrees == 0:
        return "There is no year before entry to compare, so parallel trends cannot be tested."
    if not np.isfinite(test.p):
        return "Pre-trends could not be tested: the covariance of the effects before entry is singular."
    numbers = f"chi-square {fixed(test.statistic, 2)} with {test.degrees} degrees of freedom, {p_clause(test.p)}"
    if test.p < 0.05:
        return (
            f"Starters and comparison firms move apart already before entry ({numbers}): parallel trends are in doubt."
        )
    return f"Before entry, starters and comparison firms move alike ({numbers})."


def event_study_figure(
    method: str, outcome: str, event: Integers, frame: Any, level: float, source: str, *, uniform: bool = False
) -> Figure:
    """Return effects by years since entry with intervals.

    Parameters
    ----------
    method : str
        Prefix of the name of the figure.
    outcome : str
    event : ndarray of int, shape (m,)
        Years since entry.
    frame : DataFrame
        Columns estimate, lower, upper, m rows.
    level : float
    source : str
        Where the data come from.
    uniform : bool
        Whether the intervals hold for all event times at once.
    """
    import pandas as pd

    data = pd.DataFrame({"event_time": event, **{c: frame[c].to_numpy() for c in ("estimate", "lower", "upper")}})
    data["period"] = np.where(event < 0, "before entry", "from entry on")
    data = data.sort_values("event_time").reset_index(drop=True)
    after = data[data["event_time"] >= 0]
    clear = after[(after["lower"] > 0) | (after["upper"] < 0)]
    if clear.empty:
        title = f"No effect on {outcome} is clear in any year after entry"
    else:
        word = "higher" if clear["estimate"].mean() > 0 else "lower"
        title = f"{outcome} is {word} after entry than without it, clearly in {len(clear)} of {len(after)} years"
    band = f"{percent_of(level)} {'uniform band' if uniform else 'intervals'}"
    return Figure(
        f"{method}-event-study",
        FigureKind.LINES,
        title,
        f"Effect of entry on {outcome} by years since entry, with {band}; zero is no effect",
        f"Source: {source}; estimated. Errors clustered by firm.",
        "Effect by years since entry: " + ", ".join(f"{r.event_time}: {r.estimate:.3f}" for r in data.itertuples()),
        data,
        {
            "x": "event_time",
            "y": "estimate",
            "lower": "lower",
            "upper": "upper",
            "series": "period",
            "x_title": "Years since entry",
            "y_title": f"Effect on {outcome}",
            "reference": 0.0,
        },
    )


def cohort_table(method: str, panel: StaggeredPanel) -> Table:
    """Return starters by entry year, with the years observed before and after entry."""
    import pandas as pd

    rows = [
        {
            "entry_year": g,
            "starters": n,
            "share": n / panel.n,
            "years_before": int(np.sum(panel.years < g)),
            "years_after": int(np.sum(panel.years >= g)),
        }
        for g, n in sized(panel).items()
    ]
    columns = (
        Column("entry_year", "Entry year", "year"),
        Column("starters", "Starters", "integer"),
        Column("share", "Share of firms", "percent:1"),
        Column("years_before", "before entry", "integer", "Years observed"),
        Column("years_after", "from entry on", "integer", "Years observed"),
    )
    note = f"{fixed(panel.never, 0)} of {fixed(panel.n, 0)} firms serve as comparison throughout."
    return Table(f"{method}-cohorts", "Starters by entry year", pd.DataFrame(rows), columns, (note,))


def panel_numbers(panel: StaggeredPanel, test: PreTrend) -> dict[str, float]:
    """Return counts of firms and the test of pre-trends."""
    numbers = {
        "firms": float(panel.n),
        "starters": float(sum(sized(panel).values())),
        "never_treated": float(panel.never),
        "cohorts": float(len(panel.cohorts)),
        "years": float(len(panel.years)),
        "smallest_cohort": float(min(sized(panel).values())),
    }
    if panel.clusters is not None:
        numbers["clusters"] = float(panel.clusters.max() + 1)
    if np.isfinite(test.p):
        tested = {"pre_trend_chi2": test.statistic, "pre_trend_degrees": float(test.degrees), "pre_trend_p": test.p}
        numbers.update(tested)
    return numbers


def unit_of(outcome: str) -> str:
    """Return the unit of effects on an outcome."""
    return "log points" if outcome.replace(" ", "").startswith("log(") else f"units of {outcome}"
