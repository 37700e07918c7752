"""The equation for the first period of a dynamic probit (Heckman 1981): its rows, and the fit of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.data import formula as language
from innospace.firms.choice import random_effects_report as report
from innospace.firms.choice.binary import require_no_perfect_predictor
from innospace.firms.choice.dynamic_fit import Rows, fit_heckman
from innospace.firms.choice.dynamic_panel import FIRST_YEAR, Columns, DynamicRows
from innospace.firms.choice.random_effects import FittedPanel
from innospace.firms.choice.random_effects_panel import require_identified
from innospace.firms.design import design, require_binary, require_full_rank
from innospace.firms.estimates import Integers
from innospace.numerics.linear import dependent_columns, standardise


@dataclass(frozen=True, slots=True)
class DynamicFit:
    """A fitted dynamic probit.

    Attributes
    ----------
    fitted : FittedPanel
    used : Rows
        Of the outcome equation.
    names : tuple of str
        Of all parameters.
    clusters : ndarray of int, shape (N,), or None
        Of the firms.
    messages : tuple of str
        What was left out and why.
    """

    fitted: FittedPanel
    used: Rows
    names: tuple[str, ...]
    clusters: Integers | None
    messages: tuple[str, ...] = ()


def require_estimable(rows: Rows, names: tuple[str, ...], firm: str, outcome: str) -> None:
    """Raise :class:`DataError` when the outcome does not vary, as a whole or within firms, or is told perfectly."""
    require_binary(rows.y, outcome)
    packed = np.unique(rows.codes, return_inverse=True)[1].astype(np.int64)
    require_identified(rows.y, packed, firm, outcome)
    require_no_perfect_predictor(rows.y, rows.x, names)


def with_first_period(
    rows: DynamicRows,
    columns: Columns,
    firm: str,
    cluster: str | None,
    initial_formula: str,
    options: dict[str, Any],
) -> DynamicFit:
    """Fit the outcome equation together with one for every firm's first year.

    Parameters
    ----------
    rows : DynamicRows
    columns : Columns
        Regressors of later years.
    firm : str
    cluster : str or None
    initial_formula : str
        Empty for the regressors of later years.
    options : dict
        ``nodes``, ``method``, ``progress`` of the fit.

    Raises
    ------
    DataError, SpecError, SolverError
    """
    d, codes = rows.design, rows.codes[rows.used]
    first, names = _own_equation(rows, firm, initial_formula) if initial_formula else _same_regressors(rows)
    inside, known = np.isin(codes, first.codes), np.isin(first.codes, codes)
    if not inside.any():
        raise DataError(
            "No firm has both a complete first year and a later row, so there is no equation for the first period.",
            where=f"{len(rows.labels)} firms",
            allowed="firms with their first year and at least one later year",
            remedy="Give the whole panel with its first year, or use method wooldridge.",
        )
    later = Rows(d.y[rows.used][inside], columns.x[inside], codes[inside])
    first = Rows(first.y[known], first.x[known], first.codes[known])
    require_estimable(later, columns.names, firm, d.outcome)
    require_binary(first.y, f"{d.outcome} in the first year")
    require_full_rank(later.x, columns.names)
    require_full_rank(first.x, names)
    require_no_perfect_predictor(first.y, first.x, names)
    fitted = fit_heckman(later, first, **options)
    clusters = None if d.clusters is None else d.clusters[rows.used][inside]
    if clusters is not None:
        of_firm = np.zeros(len(rows.labels), dtype=np.int64)
        of_firm[later.codes] = clusters
        clusters = np.concatenate([clusters, of_firm[first.codes]])
    of_firms = report.clusters_of_firms(fitted.panel, clusters, cluster)
    labelled = tuple(f"initial: {n}" for n in names)
    all_names = (*columns.names, *labelled, report.LN_SIGMA, "theta")
    lost = len(np.unique(codes[~inside]))
    messages = (f"{lost} firms without a complete first year were left out.",) if lost else ()
    return DynamicFit(fitted, later, all_names, of_firms, messages)


def _same_regressors(rows: DynamicRows) -> tuple[Rows, tuple[str, ...]]:
    """Return the regressors of later years in the first year, less those that tell nothing apart then."""
    d, at = rows.design, rows.initial
    if not at.any():
        return Rows(d.y[at], d.x[at], rows.codes[at]), d.names
    spare = dependent_columns(standardise(d.x[at]).matrix)
    kept = [j for j in range(len(d.names)) if j not in spare]
    return Rows(d.y[at], d.x[at][:, kept], rows.codes[at]), tuple(d.names[j] for j in kept)


def _own_equation(rows: DynamicRows, firm: str, formula: str) -> tuple[Rows, tuple[str, ...]]:
    """Evaluate a formula on the first year of every firm."""
    import pandas as pd

    outcome = language.parse(formula).outcome.strip("`")
    if outcome != rows.design.outcome:
        raise SpecError(
            f"The equation for the first period has the outcome {outcome!r}.",
            where=repr(formula),
            allowed=rows.design.outcome,
            remedy="Write the same outcome on the left of both equations.",
        )
    frame = rows.table.frame
    starts = frame[frame[rows.year] == frame[FIRST_YEAR]]
    d = design(formula, rows.table.with_frame(starts), also=(firm,))
    codes = rows.labels.get_indexer(pd.Index(d.frame[firm]))
    known = codes >= 0
    return Rows(d.y[known], d.x[known], codes[known].astype(np.int64)), d.names
