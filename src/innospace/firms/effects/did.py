"""Difference-in-differences with firms that enter in different years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.progress import Progress, part, silent
from innospace.core.table import Column, Table
from innospace.firms.effects.event_study import (
    FEW_STARTERS,
    PreTrend,
    clause,
    cohort_table,
    effect_words,
    event_study_figure,
    panel_numbers,
    pre_trend_check,
    pre_trend_sentence,
    pre_trend_test,
    require_level,
    sized,
    small_cohorts,
    starter_check,
    starter_warnings,
    starters_sentence,
    unit_of,
)
from innospace.firms.effects.group_time import BASES, GroupTime, group_time_effects
from innospace.firms.effects.group_time_aggregation import AGGREGATES, Averages, average_effects, joint_influence
from innospace.firms.effects.group_time_bootstrap import MULTIPLIERS, multiplier_draws, uniform_bands
from innospace.firms.effects.group_time_comparison import METHODS
from innospace.firms.effects.staggered_comparison import COMPARISONS, comparable
from innospace.firms.effects.staggered_panel import StaggeredPanel, staggered_panel
from innospace.firms.estimates import Array, Effects, Estimates, inference
from innospace.firms.result import FirmResult
from innospace.numerics.tails import normal_ppf

HEADLINES = {
    "simple": ("simple", "on average over all years after entry and all starters"),
    "dynamic": ("dynamic_overall", "on average over the years since entry"),
    "group": ("group_overall", "on average over starters"),
    "calendar": ("calendar_overall", "on average over calendar years"),
}
_METHOD_WORDS = {
    "doubly_robust": "doubly robust (logit of entry and regression of comparison firms)",
    "regression": "regression of comparison firms",
    "ipw": "inverse probability weighting (logit of entry, normalised weights)",
}


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that words, tables and figures are made from."""

    panel: StaggeredPanel
    effects: GroupTime
    averages: Averages
    errors: Array
    critical: Array
    test: PreTrend
    level: float

    def frame(self) -> Any:
        """Return effects with intervals and the columns kind, name, at and shown."""
        frame = inference(self.averages.values, self.errors, level=self.level)
        half = self.critical * self.errors
        frame["lower"], frame["upper"] = self.averages.values - half, self.averages.values + half
        frame.insert(0, "kind", list(self.averages.kinds))
        frame.insert(1, "name", list(self.averages.names))
        frame["at"] = self.averages.at
        frame["shown"] = ~self.averages.reference
        return frame


def did(
    outcome: str,
    data: Any,
    *,
    firm: str = "firm",
    year: str = "year",
    entry: str | None = None,
    treatment: str | None = None,
    absorbing: str = "",
    controls: Sequence[str] = (),
    comparison: str = "never",
    method: str = "doubly_robust",
    anticipation: int = 0,
    base: str = "varying",
    aggregate: str = "simple",
    unbalanced: str = "pairs",
    cluster: str | None = None,
    bootstrap: int = 0,
    multiplier: str = "rademacher",
    level: float = 0.95,
    seed: int = 20210101,
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Estimate group-time effects of entry and their averages (Callaway and Sant'Anna 2021).

    Defaults are those of the R package ``did``: never treated comparison, doubly robust, varying base year, no
    anticipation. Two years and one cohort give the textbook difference of two differences.

    Parameters
    ----------
    outcome : str
        Column or transform (``log(sales)``), or a formula ``outcome ~ covariates``.
    data : Dataset, frame or mapping of arrays
        One row a firm and year.
    firm, year : str
        Columns of the firm and of the year.
    entry : str, optional
        Column with the first treated year; 0, empty or infinite for never.
    treatment : str, optional
        0/1 column instead of ``entry``: a firm enters in its first year with 1.
    absorbing : str
        ``first``: a firm whose treatment ends stays treated; else such firms are an error.
    controls : sequence of str
        Covariates, taken at the base year of each comparison.
    comparison : str
        ``never`` treated firms, or also those ``not_yet`` treated.
    method : str
        ``doubly_robust``, ``regression`` or ``ipw``; they agree without covariates.
    anticipation : int
        Years before entry in which an effect may show.
    base : str
        ``varying``: before entry each year is compared with the one before; ``universal``: all years are compared
        with the last one before entry.
    aggregate : str
        Which average is told first: ``simple``, ``dynamic``, ``group`` or ``calendar``. All are in the result.
    unbalanced : str
        ``pairs``: every comparison of two years uses the firms observed in both (as Stata's ``csdid``); ``drop``:
        firms not observed in every year are left out (as R's ``did``).
    cluster : str, optional
        Column of clusters that contain whole firms. Errors are clustered by firm anyway.
    bootstrap : int
        Draws of the multiplier bootstrap; 0 for analytic errors. With draws, errors are theirs, and the intervals of
        ``att_gt``, ``dynamic``, ``group`` and ``calendar`` hold for the whole family at once.
    multiplier : str
        ``rademacher`` or ``mammen``.
    level : float
        Coverage of intervals.
    seed : int
        Of the bootstrap.
    title : str, optional
    progress : Progress

    Returns
    -------
    FirmResult
        Effects ``att_gt`` (``g=2004 t=2005``), ``simple`` (``att``), ``dynamic`` (``e=-1``), ``group`` (``g=2004``),
        ``calendar`` (``t=2005``), ``dynamic_overall``, ``group_overall`` and ``calendar_overall`` (``att``).

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError
        Among others: one year, no starters, no comparison, a treatment that reverses, duplicate firm-years.

    Notes
    -----
    Errors are the mean squares of influences, summed by cluster, without small-sample factors. The test of pre-trends
    is the joint Wald test of all ``ATT(g, t)`` before entry, without anticipated years, by the analytic covariance.
    Sources: Callaway and Sant'Anna (2021), Sant'Anna and Zhao (2020).
    """
    _require_options(comparison, method, base, aggregate, multiplier, bootstrap)
    require_level(level)
    controls = (controls,) if isinstance(controls, str) else tuple(controls)
    panel = staggered_panel(
        outcome,
        data,
        firm=firm,
        year=year,
        entry=entry,
        treatment=treatment,
        absorbing=absorbing,
        controls=controls,
        cluster=cluster,
        unbalanced=unbalanced,
    )
    panel = comparable(panel, comparison, anticipation)
    effects = group_time_effects(
        panel,
        comparison=comparison,
        method=method,
        anticipation=anticipation,
        base=base,
        progress=part(progress, 0.0, 0.7 if bootstrap else 1.0),
    )
    found = _found(panel, effects, anticipation, bootstrap, multiplier, level, seed, part(progress, 0.7, 1.0))
    options = {
        "outcome": outcome,
        "entry": entry,
        "treatment": treatment,
        "controls": list(controls),
        "comparison": comparison,
        "method": method,
        "anticipation": anticipation,
        "base": base,
        "unbalanced": unbalanced,
        "cluster": cluster,
        "bootstrap": bootstrap,
        "multiplier": multiplier,
        "level": level,
    }
    result = _result(found, aggregate, panel.provenance(options, seed if bootstrap else None), title, bool(bootstrap))
    return replace(result, description=_description(panel, comparison, method, anticipation, base, bootstrap))


def _require_options(comparison: str, method: str, base: str, first: str, multiplier: str, bootstrap: int) -> None:
    for value, known, kind in (
        (method, METHODS, "method"),
        (base, BASES, "base"),
        (comparison, COMPARISONS, "comparison"),
        (first, AGGREGATES, "aggregate"),
        (multiplier, MULTIPLIERS, "multiplier"),
    ):
        require_known([value], known, kind=kind)
    if bootstrap < 0 or 0 < bootstrap < 100:
        raise SpecError(
            "A multiplier bootstrap needs at least 100 draws.",
            where=f"bootstrap={bootstrap}",
            allowed="0 for analytic errors, or 100 draws and more",
            remedy="Use 1000 draws.",
        )


def _found(
    panel: StaggeredPanel,
    effects: GroupTime,
    anticipation: int,
    bootstrap: int,
    multiplier: str,
    level: float,
    seed: int,
    progress: Progress,
) -> _Found:
    averages = average_effects(effects, panel)
    joint = joint_influence(effects, panel)
    covariance = joint.T @ joint / panel.n**2
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", averages.jacobian, covariance, averages.jacobian), 0.0))
    errors[errors <= 1e-14 * np.abs(averages.values).max()] = 0.0
    critical = np.full(len(errors), float(normal_ppf(0.5 + 0.5 * level)))
    varies = np.diag(covariance)[: len(effects.att)] > 0.0
    tested = np.flatnonzero((effects.event < -anticipation) & ~effects.reference & varies)
    test = pre_trend_test(effects.att[tested], covariance[np.ix_(tested, tested)])
    if bootstrap:
        draws = multiplier_draws(joint, panel.n, bootstrap, seed, multiplier, progress)
        bands = uniform_bands(draws @ averages.jacobian.T, averages.kinds, level)
        family = np.array([not (k == "simple" or k.endswith("_overall")) for k in averages.kinds])
        errors = np.where(errors > 0.0, bands.std_errors, 0.0)
        critical = np.where(family & np.isfinite(bands.critical), bands.critical, critical)
    return _Found(panel, effects, averages, errors, critical, test, level)


def _result(found: _Found, first: str, provenance: Any, title: str, uniform: bool) -> FirmResult:
    panel, frame = found.panel, found.frame()
    shown = frame[frame["shown"]]
    own_intervals = uniform or found.level != 0.95
    dynamic = frame[frame["kind"] == "dynamic"].fillna({"lower": 0.0, "upper": 0.0})
    source = panel.source.name
    checks = (*pre_trend_check(found.test), starter_check(panel))
    return FirmResult(
        method="did",
        title=title or f"Difference-in-differences of {panel.outcome}",
        description="",
        n=int(panel.observed.sum()),
        provenance=provenance,
        estimates=Estimates((), np.zeros(0), {"bootstrap" if uniform else "cluster": np.zeros((0, 0))}),
        effects_found=Effects(
            tuple(shown["name"]),
            shown["estimate"].to_numpy(),
            tuple(shown["kind"]),
            std_errors=shown["std_error"].to_numpy(),
            lower=shown["lower"].to_numpy() if own_intervals else None,
            upper=shown["upper"].to_numpy() if own_intervals else None,
            unit=unit_of(panel.outcome),
        ),
        numbers=panel_numbers(panel, found.test),
        equations=(_EQUATION,),
        tables=(cohort_table("did", panel), _cells_table(found)),
        figures=(
            event_study_figure(
                "did", panel.outcome, dynamic["at"].to_numpy(), dynamic, found.level, source, uniform=uniform
            ),
        ),
        checks=checks,
        warnings=_warnings(found),
        steps=panel.steps,
        sentences=_sentences(found, shown, first),
    )


def _warnings(found: _Found) -> tuple[str, ...]:
    panel, left_out = found.panel, found.effects.left_out
    messages = [*panel.messages, *starter_warnings(panel)]
    if left_out:
        messages.append(
            f"{len(left_out)} group-time effects could not be estimated and are in no average: "
            f"{'; '.join(left_out[:5])}."
        )
    flat = int(np.sum((found.errors == 0.0) & ~found.averages.reference))
    if flat:
        messages.append(f"{flat} effects have no error: the outcome changes alike in all firms behind them.")
    if found.test.degrees == 0 or not np.isfinite(found.test.p):
        messages.append(pre_trend_sentence(found.test))
    return tuple(messages)


def _sentences(found: _Found, shown: Any, first: str) -> tuple[str, ...]:
    panel, level = found.panel, found.level
    by_kind = {str(k): f for k, f in shown.groupby("kind", sort=False)}
    kind, scope = HEADLINES[first]
    row = by_kind[kind].iloc[0]
    words = effect_words(panel.outcome, row["estimate"], row["lower"], row["upper"], row["p_value"], level)
    starters = sum(sized(panel).values())
    who = f"{fixed(starters, 0)} starters, {fixed(panel.never, 0)} firms never treated in these years"
    few = "A description, for few firms start: " if starters < FEW_STARTERS else ""
    head = f"{few}{scope}, {words}; {who}."
    sentences = [head[0].upper() + head[1:], starters_sentence(panel)]
    dynamic = by_kind["dynamic"]
    told = [
        f"{clause(r['estimate'], r['lower'], r['upper'], r['p_value'], level)} {_since(int(r['at']))}"
        for _, r in dynamic[dynamic["at"] >= 0].iloc[[0, -1]].drop_duplicates("at").iterrows()
    ]
    sentences.append(f"The effect is {' and '.join(told)}.")
    small = small_cohorts(panel)
    group = by_kind["group"][~by_kind["group"]["at"].isin(small)]
    if len(group) > 1:
        span = group.sort_values("estimate").iloc[[0, -1]]
        ends = [
            f"{clause(r['estimate'], r['lower'], r['upper'], r['p_value'], level)} for entrants of {int(r['at'])}"
            for _, r in span.iterrows()
        ]
        sentences.append(f"By cohort it lies between {ends[0]} and {ends[1]}.")
    return (*sentences, pre_trend_sentence(found.test))


def _since(event: int) -> str:
    return "in the year of entry" if event == 0 else f"{event} year{'s' if event > 1 else ''} later"


def _cells_table(found: _Found) -> Table:
    import pandas as pd

    e, frame = found.effects, found.frame()
    own = frame[frame["kind"] == "att_gt"]
    rows = pd.DataFrame(
        {
            "entry_year": e.cohort,
            "year": e.year,
            "base_year": e.base,
            "event_time": e.event,
            "estimate": e.att,
            "std_error": own["std_error"].where(own["shown"]).to_numpy(),
            "starters": e.treated,
            "comparison_firms": e.compared,
        }
    )
    columns = (
        Column("entry_year", "Entry year", "year"),
        Column("year", "Year", "year"),
        Column("base_year", "Compared with", "year"),
        Column("estimate", "ATT(g, t)", "fixed:4"),
        Column("std_error", "Std. error", "fixed:4"),
        Column("starters", "Starters", "integer"),
        Column("comparison_firms", "Comparison firms", "integer"),
    )
    return Table("did-cells", f"Group-time effects on {found.panel.outcome}", rows, columns)


def _description(
    panel: StaggeredPanel, comparison: str, method: str, anticipation: int, base: str, bootstrap: int
) -> str:
    who = "firms never treated" if comparison == "never" else "firms not yet treated"
    covariates = (
        f" Parallel trends hold given {offenders(panel.covariates)} of the base year; {_METHOD_WORDS[method]}."
        if panel.covariates
        else ""
    )
    early = f" Effects may show up to {anticipation} years before entry." if anticipation else ""
    before = "the year before" if base == "varying" else "the last year before entry"
    errors = f"a multiplier bootstrap of {bootstrap} draws" if bootstrap else "influence functions"
    level = "cluster" if panel.clusters is not None else "firm"
    return (
        "Group-time average effects of entry (Callaway and Sant'Anna 2021): the change of the outcome of each entry "
        f"cohort since the last year before entry, less that of {who}. It is the effect of entry if both would have "
        f"moved alike without it.{covariates}{early} Before entry, each year is compared with {before}. Errors from "
        f"{errors}, clustered by {level}."
    )


_EQUATION = Equation(
    "att_gt",
    r"ATT(g,t) = E\left[\left(\frac{G_g}{E[G_g]} - \frac{p_g(X) C / (1 - p_g(X))}{E[p_g(X) C / (1 - p_g(X))]}\right)"
    r"\left(Y_t - Y_{g-1} - m_{g,t}(X)\right)\right]",
    "A T T(g, t) = E[(G_g \\/ E[G_g] - (p_g (X) C \\/ (1 - p_g (X))) \\/ E[p_g (X) C \\/ (1 - p_g (X))]) "
    "(Y_t - Y_(g - 1) - m_(g, t) (X))]",
    "Doubly robust group-time effect: G_g marks entrants of year g, C comparison firms, p_g the probability of entry, "
    "m the change predicted from comparison firms.",
)
