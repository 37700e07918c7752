"""What a fitted frontier says, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.numbers import fixed, percent
from innospace.data.column_words import plain_words
from innospace.data.formula import parse
from innospace.frontier.figures import elasticity, overlapping
from innospace.frontier.presentation import labelled_efficiencies, p_clause, units
from innospace.frontier.spec import WITH_INTERCEPT

if TYPE_CHECKING:
    from innospace.frontier.result import FrontierResult


SMALL = 0.01
"""Shares below this one are told with decimals."""


def findings(result: FrontierResult) -> tuple[str, ...]:
    """Return what was found, in sentences, most important first."""
    r = result
    if r.estimate.problem.density.name == "none":
        outcome, *inputs = (plain_words(c, r.spec.names) for c in parse(r.spec.formula, WITH_INTERCEPT).names)
        return (
            f"No inefficiency was found in {outcome} given {' and '.join(inputs) or 'nothing else'}, so {units(r)} "
            f"cannot be ranked by it. {r.status.message}",
            *_slope(r),
        )
    test = r.test_no_inefficiency()
    verdict = "is rejected" if test.rejected() else "is not rejected"
    doubt = "" if test.rejected() else " The differences in efficiency may be noise."
    values = r.used_efficiencies().te_bc
    said = units(r)
    return (
        f"{said[:1].upper()}{said[1:]} reach on average {percent(float(values.mean()), 0)} of what the estimated "
        f"frontier allows; the middle half lies between {percent(float(np.quantile(values, 0.25)), 0)} and "
        f"{percent(float(np.quantile(values, 0.75)), 0)} ({r.n} observations).",
        *_ranking(r),
        *_slope(r),
        f"That there is no inefficiency {verdict} at the 5\u202f% level (likelihood ratio {fixed(test.statistic, 2)}, "
        f"{p_clause(test.p_value)}).{doubt}",
    )


def _ranking(r: FrontierResult) -> tuple[str, ...]:
    if r.n < 2:
        return ()
    frame = labelled_efficiencies(r)
    best, worst = frame.iloc[0], frame.iloc[-1]
    worst_share = float(worst["te_bc"])
    tied = overlapping(frame)
    rough = f"; the intervals of {tied} of the {r.n - 1} others overlap its own, so ranks are rough" if tied else ""
    return (
        f"{best['label']} ranks first with {percent(float(best['te_bc']), 0)} (95\u202f% interval "
        f"{percent(float(best['te_lower']), 0)} to {percent(float(best['te_upper']), 0)}), {worst['label']} last with "
        f"{percent(worst_share, 0 if worst_share >= SMALL else 2)}{rough}.",
    )


def _slope(r: FrontierResult) -> tuple[str, ...]:
    """Return the elasticity of a frontier of one input."""
    outcome, column, slope = elasticity(r)
    if not outcome:
        return ()
    bounds = r.confidence_intervals()
    lower, upper = (float(bounds[side].loc[slope]) for side in ("lower", "upper"))
    known = bool(np.isfinite(lower + upper))
    interval = f" (95\u202f% interval {fixed(lower, 2)} to {fixed(upper, 2)})" if known else ""
    return (
        f"On the frontier, one percent more {plain_words(column, r.spec.names)} goes with "
        f"{fixed(r.parameter(slope), 2)}\u202f% more {plain_words(outcome, r.spec.names)}{interval}.",
    )
