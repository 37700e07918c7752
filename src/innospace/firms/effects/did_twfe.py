"""Two-way fixed effects: the plain regression, and what it averages when entry is staggered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, offenders
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.firms.effects.did_twfe_weights import (
    COMPARISON_KINDS,
    CellWeights,
    Decomposition,
    cell_weights,
    decomposition,
    treated_dummy,
)
from innospace.firms.effects.event_study import (
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
from innospace.firms.effects.staggered_comparison import base_year, with_earlier_years
from innospace.firms.effects.staggered_panel import NEVER, StaggeredPanel, staggered_panel
from innospace.firms.estimates import Effects, Estimates, Integers, inference
from innospace.firms.result import FirmResult


def twfe(
    outcome: str,
    data: Any,
    *,
    firm: str = "firm",
    year: str = "year",
    entry: str | None = None,
    treatment: str | None = None,
    absorbing: str = "",
    controls: Sequence[str] = (),
    unbalanced: str = "pairs",
    cluster: str | None = None,
    level: float = 0.95,
    title: str = "",
) -> FirmResult:
    """Regress the outcome on entry with firm and year effects, once as a step and once by years since entry.

    With one entry year, or two years, this is the textbook difference-in-differences. With several entry years it
    also compares late entrants with firms already treated, and is a benchmark only: the weights show how far.

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
    unbalanced : str
        ``pairs``: all firm-years are used; ``drop``: only firms observed in every year.
    cluster : str, optional
        Column of clusters that contain whole firms; firms when not given.
    level : float
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients ``treated`` and controls; effects ``simple`` (``att``, the same number) and ``dynamic``
        (``e=-2``; the reference is the last year before entry).

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError

    Notes
    -----
    Firms treated in the first year are left out, as by ``did`` and ``sun_abraham``. Weights: de Chaisemartin and
    D'Haultfoeuille (2020), Goodman-Bacon (2021; balanced panels), without covariates. Errors as in R's ``fixest``.
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
    panel = with_earlier_years(panel)
    step = absorbed_regression(panel, treated_dummy(panel), ("treated",))
    _require_treated(step, panel)
    dynamic, event = event_study_fit(panel)
    weights = cell_weights(panel)
    parts = decomposition(panel) if panel.observed.all() else None
    options = {
        "outcome": outcome,
        "entry": entry,
        "treatment": treatment,
        "controls": list(controls),
        "unbalanced": unbalanced,
        "cluster": cluster,
        "level": level,
    }
    return _result(panel, step, dynamic, event, weights, parts, level, title, options)


def _require_treated(fit: EventStudyFit, panel: StaggeredPanel) -> None:
    if fit.names[0] != "treated":
        raise DataError(
            "Firm and year effects determine who is treated, so there is nothing to estimate.",
            where=f"entries {offenders(panel.cohorts.tolist())}, {panel.never} firms never treated",
            allowed="firms that enter in different years, or never",
            remedy="Add firms that are never treated, or years before entry.",
        )


def event_study_fit(panel: StaggeredPanel) -> tuple[EventStudyFit, Integers]:
    """Regress on dummies of years since entry, common to cohorts: the fit and the event times it kept.

    The last year before entry is the reference; without never treated firms the earliest event time is one too.
    """
    bases = np.array([base_year(panel.years, int(g), 0) for g in panel.cohorts], dtype=np.int64)
    cells, _, event = event_dummies(panel, bases)
    # of event times that depend on each other the first are kept, so the earliest stand last
    times = sorted(np.unique(event).tolist(), key=lambda e: (e < 0, abs(e)))
    dummies = np.stack([cells[:, :, event == e].sum(axis=2) for e in times], axis=2)
    names = [f"e={e}" for e in times]
    fit = absorbed_regression(panel, dummies, tuple(names))
    return fit, np.array([times[names.index(n)] for n in fit.names if n in names], dtype=np.int64)


def _result(
    panel: StaggeredPanel,
    step: EventStudyFit,
    dynamic: EventStudyFit,
    event: Integers,
    weights: CellWeights,
    parts: Decomposition | None,
    level: float,
    title: str,
    options: Any,
) -> FirmResult:
    order = np.argsort(event)
    event = event[order]
    values = np.concatenate([step.theta[:1], dynamic.theta[: len(event)][order]])
    covariance = dynamic.covariance[np.ix_(order, order)]
    errors = np.sqrt(np.concatenate([np.diag(step.covariance)[:1], np.diag(covariance)]))
    frame = inference(values, errors, step.degrees, level)
    before = np.flatnonzero(event < 0)
    test = pre_trend_test(values[1:][before], covariance[np.ix_(before, before)])
    own = level != 0.95
    figure = event_study_figure(
        "twfe", panel.outcome, np.append(event, -1), _with_zero(frame.iloc[1:]), level, panel.source.name
    )
    return FirmResult(
        method="twfe",
        title=title or f"Two-way fixed effects of {panel.outcome}",
        description="Least squares with firm and year effects: once on a step at entry, once on years since entry with "
        "the last year before entry as reference. Errors clustered by "
        + ("firm." if panel.clusters is None else "cluster."),
        n=step.rows,
        provenance=panel.provenance(options),
        estimates=Estimates(step.names, step.theta, {"cluster": step.covariance}, step.degrees),
        effects_found=Effects(
            ("att", *(f"e={e}" for e in event)),
            values,
            ("simple", *("dynamic" for _ in event)),
            std_errors=errors,
            lower=frame["lower"].to_numpy() if own else None,
            upper=frame["upper"].to_numpy() if own else None,
            unit=unit_of(panel.outcome),
        ),
        numbers={**panel_numbers(panel, test), **_weight_numbers(weights, parts, float(step.theta[0]))},
        equations=(_EQUATION,),
        tables=(cohort_table("twfe", panel), _weight_table(weights), *(() if parts is None else (_part_table(parts),))),
        figures=(figure,),
        checks=(_weight_check(weights), *pre_trend_check(test), starter_check(panel)),
        warnings=(*panel.messages, *starter_warnings(panel), *_staggered(panel, weights, parts), *_dropped(dynamic)),
        steps=panel.steps,
        sentences=_sentences(panel, frame.iloc[0], level, weights, test),
    )


def _with_zero(frame: Any) -> Any:
    import pandas as pd

    columns = ["estimate", "lower", "upper"]
    return pd.concat([frame[columns], pd.DataFrame([[0.0, 0.0, 0.0]], columns=columns)], ignore_index=True)


def _weight_numbers(weights: CellWeights, parts: Decomposition | None, coefficient: float) -> dict[str, float]:
    numbers = {
        "treated_cells": float(len(weights.weights)),
        "negative_weight_cells": float(weights.negative_cells),
        "negative_weight_sum": weights.negative,
    }
    spread = weights.smallest_spread(coefficient)
    if np.isfinite(spread):
        numbers["smallest_effect_spread"] = spread
    if parts is not None:
        names = ("weight_never_treated", "weight_later_entrants", "weight_already_treated")
        numbers.update({n: parts.share(k) for n, k in zip(names, COMPARISON_KINDS, strict=True)})
    return numbers


def _staggered(panel: StaggeredPanel, weights: CellWeights, parts: Decomposition | None) -> tuple[str, ...]:
    if len(panel.cohorts) < 2:
        return ()
    shares = ""
    if parts is not None:
        shares = f" {percent(parts.share(COMPARISON_KINDS[2]))} of the weight is on such comparisons;"
    text = (
        "Firms enter in different years, so this regression also compares late entrants with firms already treated:"
        f"{shares} {weights.negative_cells} of {len(weights.weights)} treated cohort-years have a negative weight. "
        "Use did or sun_abraham for effects that may differ between cohorts or grow with time."
    )
    return (text,)


def _dropped(fit: EventStudyFit) -> tuple[str, ...]:
    return (f"Not identified, and zero by choice: {', '.join(fit.dropped)}.",) if fit.dropped else ()


def _weight_check(weights: CellWeights) -> Check:
    return Check.at_most(
        "negative_weights",
        weights.negative,
        1e-9,
        "Sum of negative weights on effects of cohort-years in the two-way fixed effects coefficient.",
        "Use did or sun_abraham: with negative weights the coefficient may differ in sign from every effect.",
    )


def _sentences(panel: StaggeredPanel, row: Any, level: float, weights: CellWeights, test: Any) -> tuple[str, ...]:
    words = effect_words(panel.outcome, row["estimate"], row["lower"], row["upper"], row["p_value"], level)
    starters = sum(sized(panel).values())
    head = f"By two-way fixed effects, {words}; {fixed(starters, 0)} starters."
    many = f"{weights.negative_cells} of {len(weights.weights)} treated cohort-years have a negative weight"
    risk = () if len(panel.cohorts) < 2 else (f"{many}, {fixed(weights.negative)} in sum.",)
    return (head, *risk, starters_sentence(panel), pre_trend_sentence(test))


def _weight_table(weights: CellWeights) -> Table:
    import pandas as pd

    frame = pd.DataFrame(
        {"entry_year": weights.cohort, "year": weights.year, "share": weights.shares, "weight": weights.weights}
    )
    columns = (
        Column("entry_year", "Entry year", "year"),
        Column("year", "Year", "year"),
        Column("share", "Share of treated firm-years", "percent:1"),
        Column("weight", "Weight in the coefficient", "percent:1"),
    )
    return Table("twfe-weights", "Weights of cohort-years in the two-way fixed effects coefficient", frame, columns)


def _part_table(parts: Decomposition) -> Table:
    import pandas as pd

    compared = [None if g == NEVER else int(g) for g in parts.compared]
    frame = pd.DataFrame(
        {
            "comparison": list(parts.kind),
            "entry_year": parts.treated,
            "compared_with": pd.Series(compared, dtype="Int64"),
            "weight": parts.weights,
            "estimate": parts.estimates,
        }
    )
    columns = (
        Column("comparison", "Comparison"),
        Column("entry_year", "Entrants of", "year"),
        Column("compared_with", "against entrants of", "year"),
        Column("weight", "Weight", "percent:1"),
        Column("estimate", "Estimate", "fixed:4"),
    )
    note = "The weighted estimates sum to the coefficient without covariates (Goodman-Bacon 2021)."
    return Table("twfe-comparisons", "Comparisons of two groups behind the coefficient", frame, columns, (note,))


_EQUATION = Equation(
    "twfe",
    r"y_{it} = \alpha_i + \lambda_t + \beta\, 1\{t \ge G_i\} + x_{it}'\gamma + \varepsilon_{it}",
    "y_(i t) = alpha_i + lambda_t + beta thin 1{t >= G_i} + x_(i t)' gamma + epsilon_(i t)",
    "Firm effects, year effects and a step at entry.",
)
