"""Two groups of firms compared over whole distributions, as a result: tests, quantile premia, words, figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.progress import Progress
from innospace.core.table import Column, Table
from innospace.firms.absorb import fit_absorbed
from innospace.firms.distributions import (
    KolmogorovSmirnov,
    analytic_errors,
    distribution_lines,
    kolmogorov_smirnov,
    quantile_differences,
)
from innospace.firms.estimates import Array, Effects, Integers
from innospace.firms.firm_years import Sample
from innospace.firms.presentation import p_clause
from innospace.firms.result import FirmResult
from innospace.numerics.absorb import absorb, without_nesting

LEVEL = 0.05
FIGURE = "distributions"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Outcomes before entry, adjusted, by group.

    Attributes
    ----------
    residuals : ndarray, shape (n,)
    starter : ndarray of bool, shape (n,)
    firms : ndarray of int, shape (n,)
    """

    residuals: Array
    starter: Any
    firms: Integers

    @property
    def samples(self) -> tuple[Array, Array]:
        """Starters and never traders."""
        return self.residuals[self.starter], self.residuals[~self.starter]


@dataclass(frozen=True, slots=True)
class Names:
    """How a reader sees the two groups.

    Attributes
    ----------
    one, other : str
        Plurals: ``later starters of export``, ``never traders``.
    one_key, other_key : str
        In names of numbers and checks.
    when : str
        Added to findings: `` before entry``.
    adjusted : str
        Added to the outcome: `` after industry x year are taken out``.
    """

    one: str
    other: str
    one_key: str
    other_key: str
    when: str = ""
    adjusted: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a comparison; see :func:`innospace.firms.self_selection.pre_entry`."""

    shares: Array
    controls: tuple[str, ...]
    errors: str
    replications: int
    seed: int
    log: bool
    min_firms: int


def comparison(
    result: FirmResult, sample: Sample, outcome: str, said: Names, o: Options, progress: Progress
) -> FirmResult:
    """Fill in a result whose heading, description, record and steps are set.

    Parameters
    ----------
    result : FirmResult
    sample : Sample
        The last regressor is the group, 1 and 0; clusters are firms.
    outcome : str
    said : Names
    o : Options
    progress : callable
    """
    adjusted = _adjusted(sample, list(o.controls))
    test = kolmogorov_smirnov(*adjusted.samples)
    how = (o.errors, o.replications, o.seed)
    effects = _effects(sample, adjusted, list(o.controls), o.shares, how, o.log, progress)
    counts = tuple(len(np.unique(adjusted.firms[g])) for g in (adjusted.starter, ~adjusted.starter))
    filled = replace(
        result,
        n=len(adjusted.residuals),
        effects_found=effects,
        numbers=_numbers(test, counts, said),
        equations=(EQUATION,),
        tables=(_test_table(test, said), _quantile_table(effects, o.log, said)),
        checks=(_enough(counts[0], o.min_firms, said),),
        warnings=(*result.warnings, *sample.messages, *_cautions(adjusted, test, counts, o.min_firms, said)),
    )
    figure = _figure(filled, adjusted, test, outcome, said, o.log)
    return replace(filled, sentences=_sentences(filled, test, counts, said, o.min_firms, o.log), figures=(figure,))


def shares_of(quantiles: Sequence[float]) -> Array:
    """Return percentages as shares; raise :class:`SpecError` for others than between 0 and 100."""
    shares = np.array(list(quantiles), dtype=np.float64) / 100.0
    if len(shares) == 0 or not ((shares > 0.0) & (shares < 1.0)).all():
        raise SpecError(
            f"Quantiles {list(quantiles)} are not percentages.",
            allowed="numbers between 0 and 100",
            remedy="Give for example quantiles=[10, 25, 50, 75, 90].",
        )
    return shares


def _adjusted(sample: Sample, controls: list[str], rows: Integers | None = None) -> Adjusted:
    """Take fixed effects and controls out of the outcome; of drawn ``rows`` in a bootstrap."""
    at: Any = slice(None) if rows is None else rows
    y, *x = (v[at] for v in (sample.y, *sample.x))
    groupings = [g[at] for g in sample.groupings]
    starter, x = x[-1] == 1.0, x[:-1]
    assert sample.clusters is not None
    firms = sample.clusters[at]
    if x:
        residuals = fit_absorbed(y, x, controls, groupings).residuals
    elif groupings:
        residuals = absorb([y], [groupings[i] for i in without_nesting(groupings)]).columns[0]
    else:
        residuals = y
    return Adjusted(residuals, starter, firms)


def _effects(
    sample: Sample,
    adjusted: Adjusted,
    controls: list[str],
    shares: Array,
    how: tuple[str, int, int],
    log: bool,
    progress: Progress,
) -> Effects:
    names = (*(f"q{100 * s:g}" for s in shares), "mean")
    kinds = (*(("quantile_premium",) * len(shares)), "mean_premium")
    values = quantile_differences(*adjusted.samples, shares)
    unit = "log points" if log else "units of the outcome"
    kind, replications, seed = how
    if kind == "analytic":
        return Effects(names, values, kinds, std_errors=analytic_errors(*adjusted.samples, shares), unit=unit)
    if replications < 2:
        raise SpecError("A bootstrap needs two replications or more.", remedy="Give replications=499.")
    draws = np.empty((replications, len(names)))
    rng = np.random.default_rng(seed)
    strata = [_firm_rows(adjusted, group) for group in (adjusted.starter, ~adjusted.starter)]
    for b in range(replications):
        rows = np.concatenate([_drawn(rng, *s) for s in strata])
        draws[b] = quantile_differences(*_adjusted(sample, controls, rows).samples, shares)
        progress("Bootstrap of quantile premia", (b + 1) / replications)
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=0)
    return Effects(names, values, kinds, std_errors=draws.std(axis=0, ddof=1), lower=lower, upper=upper, unit=unit)


def _firm_rows(adjusted: Adjusted, group: Any) -> tuple[Integers, Integers]:
    """Return rows of a group sorted by firm, and where each firm's rows begin and end."""
    rows = np.flatnonzero(group)
    rows = rows[np.argsort(adjusted.firms[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(adjusted.firms[rows])) + 1
    return rows, np.concatenate(([0], cuts, [len(rows)]))


def _drawn(rng: np.random.Generator, rows: Integers, bounds: Integers) -> Integers:
    """Draw firms with replacement and return their rows."""
    count = len(bounds) - 1
    picked = rng.integers(0, count, count)
    if count == len(rows):
        return rows[picked]
    sizes = np.diff(bounds)[picked]
    begins = np.repeat(bounds[:-1][picked] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    return rows[begins + np.arange(sizes.sum())]


SIDES = ("two_sided", "above", "below")


def _numbers(test: KolmogorovSmirnov, counts: tuple[int, ...], said: Names) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for side in SIDES:
        numbers[f"ks_{side}"] = test.statistic[side]
        numbers[f"ks_{side}_p"] = test.p_value[side]
        numbers[f"ks_{side}_p_asymptotic"] = test.p_asymptotic[side]
    more = {"ks_exact": float(test.exact), "tied_values": float(test.tied)}
    return {**numbers, **more, said.one_key: float(counts[0]), said.other_key: float(counts[1])}


def _enough(count: int, min_firms: int, said: Names) -> Check:
    return Check.at_least(
        f"firms_{said.one_key}",
        float(count),
        float(min_firms),
        f"Number of {said.one}; with too few their number is shown and nothing is headlined.",
        "State the count; compare waves further apart or merge channels.",
    )


def _cautions(
    adjusted: Adjusted, test: KolmogorovSmirnov, counts: tuple[int, ...], min_firms: int, said: Names
) -> tuple[str, ...]:
    found = []
    if min(counts) < min_firms:
        told = f"{said.one} ({counts[0]}) or {said.other} ({counts[1]})"
        found.append(f"Too few firms for a finding, fewer than {min_firms}: {told}.")
    if len(adjusted.residuals) > sum(counts):
        found.append("Firms occur in several years; Kolmogorov-Smirnov p-values take rows as independent.")
    if test.tied and test.exact:
        found.append(f"{test.tied} values are tied between the groups; exact p-values assume no ties.")
    return tuple(found)


def _test_table(test: KolmogorovSmirnov, said: Names) -> Table:
    import pandas as pd

    meaning = {
        "two_sided": "Distributions are equal",
        "above": f"{said.one} nowhere lie above {said.other}",
        "below": f"{said.one} nowhere lie below {said.other}",
    }
    rows = [
        {"side": side, "hypothesis": meaning[side][0].upper() + meaning[side][1:], "distance": test.statistic[side]}
        | {"p_value": test.p_value[side], "p_asymptotic": test.p_asymptotic[side]}
        for side in SIDES
    ]
    columns = (
        Column("hypothesis", "Hypothesis"),
        Column("distance", "Distance", "fixed:4"),
        Column("p_value", "p, exact" if test.exact else "p, limit", "p"),
        Column("p_asymptotic", "p, limit", "p"),
    )
    shown = columns if test.exact else columns[:3]
    note = f"Two-sample Kolmogorov-Smirnov tests; {test.tied} values tied between the groups."
    return Table("kolmogorov-smirnov", "Whole distributions compared", pd.DataFrame(rows), shown, (note,))


def _quantile_table(effects: Effects, log: bool, said: Names) -> Table:
    import pandas as pd

    frame = pd.DataFrame({"name": effects.names, "difference": effects.values, "std_error": effects.std_errors})
    columns = [Column("name", "Quantile"), Column("difference", f"Difference, {effects.unit}", "fixed:4")]
    columns.append(Column("std_error", "Std. error", "fixed:4"))
    if log:
        frame["percent"] = 100.0 * np.expm1(effects.values)
        columns.append(Column("percent", "Premium, percent", "fixed:1"))
    notes = (f"{said.one} less {said.other}, each at the quantile of their own distribution.",)
    return Table("quantile-premia", "Differences by quantile", frame, tuple(columns), notes)


def dominance(test: KolmogorovSmirnov, level: float = LEVEL) -> str:
    """Return the reading of the tests: ``above``, ``below``, ``crossing`` or ``equal``.

    ``above``: equality is rejected, and that the first group nowhere lies below is not (first-order stochastic
    dominance).
    """
    if test.p_value["two_sided"] >= level:
        return "equal"
    above, below = (test.p_value[s] < level for s in ("above", "below"))
    if above and below:
        return "crossing"
    return "above" if test.statistic["above"] >= test.statistic["below"] else "below"


def _readings(said: Names) -> dict[str, str]:
    return {
        "above": f"{said.one} lie above {said.other} over the whole distribution{said.when}",
        "below": f"{said.one} lie below {said.other} over the whole distribution{said.when}",
        "crossing": f"the distributions of {said.one} and {said.other} cross{said.when}: neither dominates",
        "equal": f"{said.one} cannot be told from {said.other}{said.when}",
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentences(
    result: FirmResult, test: KolmogorovSmirnov, counts: tuple[int, ...], said: Names, min_firms: int, log: bool
) -> tuple[str, ...]:
    one, other = (fixed(c, 0) for c in counts)
    if min(counts) < min_firms:
        return (f"{one} {said.one} and {other} {said.other}: too few firms for a finding.",)
    p = test.p_value
    told = f"{_capital(_readings(said)[dominance(test)])}: equality {p_clause(p['two_sided'])}, nowhere above "
    told += f"{p_clause(p['above'])}, nowhere below {p_clause(p['below'])} ({one} and {other} firms)."
    frame = result.effects().set_index("name")
    name = "q50" if "q50" in frame.index else str(frame.index[0])
    row = {c: float(frame[c].loc[name]) for c in ("estimate", "lower", "upper")}
    digits = 1 if log else 3
    value, low, high = (100.0 * np.expm1(row[c]) if log else row[c] for c in ("estimate", "lower", "upper"))
    unit = "\u202f%" if log else ""
    place = "median" if name == "q50" else f"quantile {name[1:]}"
    median = f"At the {place} the difference{said.when} is {fixed(value, digits)}{unit} (95\u202f% interval "
    return told, f"{median}{fixed(low, digits)} to {fixed(high, digits)}{unit})."


def _figure(
    result: FirmResult, adjusted: Adjusted, test: KolmogorovSmirnov, outcome: str, said: Names, log: bool
) -> Figure:
    frame = distribution_lines(dict(zip((said.one, said.other), adjusted.samples, strict=True)))
    value = f"{outcome}, log points" if log else outcome
    source = "; ".join(s.name for s in result.provenance.sources)
    distance = test.statistic["two_sided"]
    return Figure(
        FIGURE,
        FigureKind.LINES,
        _capital(_readings(said)[dominance(test)]),
        f"Share of firms at or below each level of {outcome}{said.adjusted}; {fixed(result.n, 0)} firm-years",
        f"Source: {source}; estimated. Largest distance {distance:.3f}, {p_clause(test.p_value['two_sided'])}.",
        f"Two distribution functions of {outcome}, {said.one} and {said.other}, largest distance {distance:.3f}.",
        frame,
        {"x": "value", "y": "share", "series": "group", "x_title": value, "y_title": "Share of firms"},
    )


EQUATION = Equation(
    "kolmogorov-smirnov",
    r"D = \sup_z |F_1(z) - F_0(z)|,\quad D^{+} = \sup_z \{F_0(z) - F_1(z)\}",
    "D = sup_z abs(F_1(z) - F_0(z)), quad D^+ = sup_z {F_0(z) - F_1(z)}",
    "Largest distance of the distribution functions of two groups, and how far the first lies above",
)
