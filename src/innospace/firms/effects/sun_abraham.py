"""Interaction-weighted event study: Sun and Abraham (2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.numbers import fixed
from innospace.firms.effects.event_study import (
    FEW_STARTERS,
    cohort_table,
    effect_words,
    event_study_figure,
    panel_numbers,
    pre_trend_check,
    pre_trend_sentence,
    pre_trend_test,
    require_level,
    sized,
    starter_check,
    starter_warnings,
    starters_sentence,
    unit_of,
)
from innospace.firms.effects.event_study_regression import EventStudyFit, absorbed_regression, event_dummies
from innospace.firms.effects.staggered_comparison import base_year, comparable
from innospace.firms.effects.staggered_panel import StaggeredPanel, staggered_panel
from innospace.firms.estimates import Array, Effects, Estimates, Integers, inference
from innospace.firms.result import FirmResult


@dataclass(frozen=True, slots=True)
class InteractionWeighted:
    """Cohort-time effects of the saturated regression and their averages.

    Attributes
    ----------
    fit : EventStudyFit
        Coefficients ``g=2004 e=1``, covariates last.
    kinds, names : tuple of str
        Length q.
    event : ndarray of int, shape (q,)
        Event time of ``dynamic`` effects, else 0.
    values : ndarray, shape (q,)
    jacobian : ndarray, shape (q, p)
    """

    fit: EventStudyFit
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    event: Integers
    values: Array
    jacobian: Array


def interaction_weighted(panel: StaggeredPanel, anticipation: int = 0) -> InteractionWeighted:
    """Regress on a dummy for every cohort and event time, and average over cohorts by their share of observations.

    Parameters
    ----------
    panel : StaggeredPanel
        From :func:`comparable`: the last cohort is its own comparison when no firm is never treated.
    anticipation : int
        Years before entry in which an effect may show; the reference is the last year before them.
    """
    bases = np.array([base_year(panel.years, int(g), anticipation) for g in panel.cohorts], dtype=np.int64)
    dummies, cohort, event = event_dummies(panel, bases)
    names = tuple(f"g={g} e={e}" for g, e in zip(cohort, event, strict=True))
    fit = absorbed_regression(panel, dummies, names)
    place = {name: j for j, name in enumerate(fit.names)}
    kept = np.array([n in place for n in names])
    column = np.array([place[n] for n in names if n in place], dtype=np.int64)
    cohort, event = cohort[kept], event[kept]
    years = np.searchsorted(panel.years, cohort + event)
    seen = panel.observed & (panel.observed.sum(axis=1, keepdims=True) > 1)
    counts = np.array([seen[panel.entry == g, t].sum() for g, t in zip(cohort, years, strict=True)], dtype=np.float64)
    rows: list[tuple[str, str, int, Array]] = []

    def add(kind: str, name: str, at: int, weights: Array) -> None:
        gradient = np.zeros(len(fit.theta))
        gradient[column] = weights / weights.sum()
        rows.append((kind, name, at, gradient))

    after = event >= 0
    for e in np.unique(event):
        add("dynamic", f"e={e}", int(e), counts * (event == e))
    add("simple", "att", 0, counts * after)
    later = [r[3] for r in rows if r[0] == "dynamic" and r[2] >= 0]
    rows.append(("dynamic_overall", "att", 0, np.mean(later, axis=0)))
    for g in np.unique(cohort[after]):
        add("group", f"g={g}", 0, counts * (after & (cohort == g)))
    jacobian = np.array([r[3] for r in rows])
    kinds, labels = tuple(r[0] for r in rows), tuple(r[1] for r in rows)
    at = np.array([r[2] for r in rows], dtype=np.int64)
    return InteractionWeighted(fit, kinds, labels, at, jacobian @ fit.theta, jacobian)


def sun_abraham(
    outcome: str,
    data: Any,
    *,
    firm: str = "firm",
    year: str = "year",
    entry: str | None = None,
    treatment: str | None = None,
    absorbing: str = "",
    controls: Sequence[str] = (),
    anticipation: int = 0,
    unbalanced: str = "pairs",
    cluster: str | None = None,
    level: float = 0.95,
    title: str = "",
) -> FirmResult:
    """Estimate effects of entry by event time, free of contamination by other cohorts (Sun and Abraham 2021).

    A regression with firm and year effects and a dummy for every cohort and event time but the last year before
    entry; effects by event time are averages over cohorts weighted by their observations. Comparison: firms never
    treated; without any, the cohort that enters last, in the years before it enters.

    Parameters
    ----------
    outcome : str
        Column or transform, or a formula ``outcome ~ covariates``.
    data : Dataset, frame or mapping of arrays
        One row a firm and year.
    firm, year : str
        Columns of the firm and of the year.
    entry, treatment, absorbing : str, optional
        As in :func:`innospace.firms.effects.did.did`.
    controls : sequence of str
        Time-varying covariates, linear.
    anticipation : int
        Years before entry in which an effect may show.
    unbalanced : str
        ``pairs``: all firm-years are used; ``drop``: only firms observed in every year.
    cluster : str, optional
        Column of clusters that contain whole firms; firms when not given.
    level : float
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients ``g=2004 e=1``; effects ``dynamic`` (``e=-2``), ``simple`` (``att``: all observations after entry
        alike, as in R's ``fixest``), ``dynamic_overall`` (``att``: mean over event times from 0 on) and ``group``
        (``g=2004``).

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError

    Notes
    -----
    Shares of cohorts count as fixed, and errors follow ``fixest``: clustered by firm, ``G/(G-1)``, t with G - 1
    degrees of freedom. Second method in tests: ``pyfixest`` on explicit dummies.
    """
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
    panel = comparable(panel, "not_yet", anticipation)
    found = interaction_weighted(panel, anticipation)
    options = {
        "outcome": outcome,
        "entry": entry,
        "treatment": treatment,
        "controls": list(controls),
        "anticipation": anticipation,
        "unbalanced": unbalanced,
        "cluster": cluster,
        "level": level,
    }
    return _result(panel, found, anticipation, level, title, options)


def _result(
    panel: StaggeredPanel, found: InteractionWeighted, anticipation: int, level: float, title: str, options: Any
) -> FirmResult:
    fit = found.fit
    covariance = found.jacobian @ fit.covariance @ found.jacobian.T
    frame = inference(found.values, np.sqrt(np.diag(covariance)), fit.degrees, level)
    dynamic = np.array([k == "dynamic" for k in found.kinds])
    before = np.flatnonzero(dynamic & (found.event < -anticipation))
    test = pre_trend_test(found.values[before], covariance[np.ix_(before, before)])
    figure_rows, event = _with_reference(frame[dynamic], found.event[dynamic], anticipation)
    messages = [*panel.messages, *starter_warnings(panel)]
    if fit.dropped:
        messages.append(f"Not identified and in no average: {', '.join(fit.dropped[:8])}.")
    own = level != 0.95
    return FirmResult(
        method="sun_abraham",
        title=title or f"Event study of {panel.outcome}",
        description="Interaction-weighted event study (Sun and Abraham 2021): a regression with firm and year effects "
        "and a dummy for every entry cohort and year but the last one before entry, averaged over cohorts by their "
        "observations. Errors clustered by " + ("firm." if panel.clusters is None else "cluster."),
        n=fit.rows,
        provenance=panel.provenance(options),
        estimates=Estimates(fit.names, fit.theta, {"cluster": fit.covariance}, fit.degrees),
        effects_found=Effects(
            found.names,
            found.values,
            found.kinds,
            jacobian=found.jacobian,
            lower=frame["lower"].to_numpy() if own else None,
            upper=frame["upper"].to_numpy() if own else None,
            unit=unit_of(panel.outcome),
        ),
        numbers=panel_numbers(panel, test),
        equations=(_EQUATION,),
        tables=(cohort_table("sun-abraham", panel),),
        figures=(event_study_figure("sun-abraham", panel.outcome, event, figure_rows, level, panel.source.name),),
        checks=(*pre_trend_check(test), starter_check(panel)),
        warnings=tuple(messages),
        steps=panel.steps,
        sentences=(
            _headline(panel, frame.iloc[found.kinds.index("simple")], level),
            starters_sentence(panel),
            pre_trend_sentence(test),
        ),
    )


def _with_reference(frame: Any, event: Integers, anticipation: int) -> tuple[Any, Integers]:
    """Add the reference year, zero by construction, to what is drawn."""
    import pandas as pd

    at = -1 - anticipation
    if at in event:
        return frame, event
    zero = pd.DataFrame({"estimate": [0.0], "lower": [0.0], "upper": [0.0]})
    columns = ["estimate", "lower", "upper"]
    return pd.concat([frame[columns], zero], ignore_index=True), np.append(event, at)


def _headline(panel: StaggeredPanel, row: Any, level: float) -> str:
    starters = sum(sized(panel).values())
    words = effect_words(panel.outcome, row["estimate"], row["lower"], row["upper"], row["p_value"], level)
    few = "A description, for few firms start: " if starters < FEW_STARTERS else ""
    head = f"{few}on average over all years after entry, {words}; {fixed(starters, 0)} starters."
    return head[0].upper() + head[1:]


_EQUATION = Equation(
    "interaction_weighted",
    r"y_{it} = \alpha_i + \lambda_t + \sum_{g}\sum_{e \neq -1} \delta_{g,e} 1\{G_i = g\} 1\{t - g = e\} + "
    r"\varepsilon_{it}, \quad \hat\nu_e = \sum_g \frac{n_{g,e}}{n_e} \hat\delta_{g,e}",
    "y_(i t) = alpha_i + lambda_t + sum_g sum_(e != -1) delta_(g, e) 1{G_i = g} 1{t - g = e} + epsilon_(i t), quad "
    "hat(nu)_e = sum_g n_(g, e) \\/ n_e hat(delta)_(g, e)",
    "Firm effects, year effects, and an effect of every cohort and event time, averaged by observations.",
)
