"""Regression and weighting together: right when either the score or the regressions are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.errors import DataError
from innospace.core.labels import require_known
from innospace.data import formula as language
from innospace.firms.design import require_full_rank
from innospace.firms.effects.contrast import Contrast, report
from innospace.firms.effects.influence import potential_mean, tilt
from innospace.firms.effects.propensity import Sample, sample
from innospace.firms.effects.weighting import kept, require_trim, trimmed
from innospace.firms.estimates import Array
from innospace.firms.result import FirmResult
from innospace.numerics.linear import dependent_columns, standardise

METHODS = ("aipw", "ipwra", "ra")
ESTIMANDS = ("att", "ate", "atc")
_WORDS = {
    "aipw": "augmented inverse probability weighting",
    "ipwra": "weighted regression adjustment",
    "ra": "regression adjustment",
}
_DESCRIPTIONS = {
    "aipw": "Regressions in each group predict both outcomes of every row; weighted residuals correct them. Right when "
    "the score or the regressions are.",
    "ipwra": "Regressions in each group, weighted by the inverse probability of the group, predict both outcomes of "
    "every row. Right when the score or the regressions are.",
    "ra": "Regressions in each group predict both outcomes of every row. Right when the regressions are.",
}


def doubly_robust(
    treatment: str,
    outcome: str | Sequence[str],
    data: Any,
    *,
    method: str = "aipw",
    estimand: str = "att",
    outcome_covariates: str = "",
    link: str = "logit",
    trim: float | None = None,
    errors: str = "",
    cluster: str | None = None,
    title: str = "",
) -> FirmResult:
    """Estimate the effect of a treatment by regression in each group, with or without weights.

    Parameters
    ----------
    treatment : str
        ``treatment ~ covariates``; the treatment holds 0 and 1. Gives the propensity score.
    outcome : str or sequence of str
        Outcome columns, or transforms of them; an effect for each.
    data : Dataset, frame or mapping of arrays
    method : str
        ``aipw`` (default), ``ipwra`` or ``ra``, as in Stata's teffects.
    estimand : str
        ``att`` (default), ``ate`` or ``atc``.
    outcome_covariates : str
        Right side of the outcome regressions, the covariates of the treatment when empty.
    link : str
        ``logit`` (default) or ``probit``.
    trim : float, optional
        Leave out rows whose score is below it or above one less it.
    errors : str
        ``influence`` (default: counts every estimated part) or ``cluster``.
    cluster : str, optional
        Column of cluster labels.
    title : str, optional

    Returns
    -------
    FirmResult
        Effects by outcome: ``att`` (or ``ate``, ``atc``), ``mean_with_treatment``, ``mean_without_treatment`` and
        ``unadjusted``. Coefficients: the propensity model. Tables ``balance`` (by the weights), ``samples``,
        ``doubly_robust-errors``; figures ``balance`` and ``overlap``; frame ``scores``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        Also when a regression in one of the groups is not determined.

    Notes
    -----
    Robins, Rotnitzky and Zhao (1994); Wooldridge (2007). Errors: all estimating equations stacked, as in Stata. Second
    method: ``statsmodels.treatment`` (tests).
    """
    require_known([method], METHODS, kind="method", where="doubly_robust")
    require_known([estimand], ESTIMANDS, kind="estimand", where="doubly_robust")
    left = language.parse(treatment).outcome
    parsed = language.parse(f"{left} ~ {outcome_covariates}") if outcome_covariates else None
    require_trim(trim)
    s = sample(treatment, outcome, data, link=link, cluster=cluster, also=() if parsed is None else parsed.names)
    keep = kept(s, trim)
    x, names = (s.design.x, s.design.names)
    if parsed is not None:
        matrices = language.materialise(parsed, s.design.frame)
        x, names = matrices.x, matrices.names
    _require_regressions(s, x, names, keep)
    t = trimmed(tilt(s.score.values, s.score.density, s.treated, estimand), keep)
    influence = s.score.influence
    contrasts = {}
    for name, y in s.outcomes.items():
        means = [potential_mean(y, x, g & keep, t, s.design.x, influence, method) for g in (s.treated, ~s.treated)]
        both = (means[0].influence, means[1].influence)
        contrasts[name] = Contrast(means[0].value, means[1].value, {"influence": both})
    options: dict[str, Any] = {"treatment": treatment, "outcome": outcome, "method": method, "estimand": estimand}
    options |= {"link": link, "outcome_covariates": outcome_covariates, "trim": trim, "cluster": cluster}
    weights = t.weight if method != "ra" else keep.astype(np.float64)
    return report(
        s,
        contrasts,
        weights,
        estimand,
        method="doubly_robust",
        how=_WORDS[method],
        description=f"{_DESCRIPTIONS[method]} The score is a {link} of {s.design.outcome}.",
        options=options,
        keep=keep,
        errors=errors,
        title=title,
        steps=() if trim is None else (f"Rows with a score below {trim:g} or above {1 - trim:g} are left out.",),
    )


def _require_regressions(s: Sample, x: Array, names: tuple[str, ...], keep: Any) -> None:
    """Raise when the outcome regression of a group is not determined."""
    require_full_rank(x, names)
    for name, group in (("treated", s.treated & keep), ("untreated", ~s.treated & keep)):
        rows = x[group]
        if len(rows) <= x.shape[1]:
            raise DataError(
                f"{len(rows)} {name} rows cannot determine the {x.shape[1]} coefficients of their outcome regression.",
                remedy="Name fewer covariates in outcome_covariates, or use weight().",
            )
        for j in dependent_columns(standardise(rows).matrix):
            raise DataError(
                f"Among the {name}, {names[j]!r} is a combination of other covariates, so their outcome regression is "
                "not determined.",
                where=f"{len(rows)} {name} rows",
                remedy=f"Leave {names[j]!r} out of outcome_covariates, or use weight().",
            )
