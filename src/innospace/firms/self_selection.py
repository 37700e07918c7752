"""Self-selection: whether later starters were larger and more productive before they entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data.panels import MIN_FIRMS, FirmPanel, firm_codes, select, status_values
from innospace.firms.design import require_binary, table_of
from innospace.firms.distribution_result import Names, Options, comparison, shares_of
from innospace.firms.estimates import Array
from innospace.firms.ex_ante import Cohort, before_entry
from innospace.firms.firm_years import (
    Sample,
    codes_of,
    columns_of,
    complete,
    effect_columns,
    firm_years,
    log_of,
    values_of,
)
from innospace.firms.presentation import label
from innospace.firms.result import FirmResult

QUANTILES = (10, 25, 50, 75, 90)
ERRORS = ("bootstrap", "analytic")


def pre_entry(
    data: Any,
    outcome: str,
    channel: str,
    *,
    firm: str = "firm",
    year: str = "year",
    adjust: Sequence[str] | str | None = None,
    controls: Sequence[str] = (),
    lag: int | None = None,
    first: int | None = None,
    last: int | None = None,
    gaps: str = "missing",
    cohort: Sequence[int] = (),
    log: bool = True,
    nonpositive: str = "error",
    quantiles: Sequence[float] = QUANTILES,
    errors: str = "bootstrap",
    replications: int = 499,
    seed: int = 0,
    min_firms: int = MIN_FIRMS,
    where: Sequence[str] = (),
    table: str | None = None,
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Compare whole distributions of later starters and of firms that never trade, before entry.

    Parameters
    ----------
    data : FirmPanel, Dataset, frame, mapping of arrays, or path
    outcome : str
        Column or expression (``RVA/L``).
    channel : str
        0/1 column; starters have 0 in the first and 1 in the last wave, never traders 0 in all.
    firm, year : str
    adjust : sequence of str, optional
        Fixed effects taken out of the outcome, starters and others together; ``industry*year`` when not given. An
        empty list compares the outcome as it is.
    controls : sequence of str
        Taken out too, such as ``log(L)``.
    lag : int, optional
        None: compare in the first wave. ``k``: starters ``k`` years before entry.
    first, last : int, optional
    gaps : str
        ``missing`` or ``ignore``: what an unobserved wave in between does to a class.
    cohort : sequence of int
        Only starters that enter in these years.
    log : bool
        Take the logarithm of the outcome.
    nonpositive : str
        ``error`` or ``drop``.
    quantiles : sequence of float
        In percent.
    errors : str
        ``bootstrap``: firms drawn within groups, the adjustment repeated, percentile intervals. ``analytic``:
        kernel density, adjustment taken as known.
    replications, seed : int
        Of the bootstrap.
    min_firms : int
        With fewer starters nothing is headlined.
    where : sequence of str
        Conditions on rows.
    table : str, optional
        Of a DuckDB file.
    title : str, optional
    progress : callable

    Returns
    -------
    FirmResult
        Effects: ``quantile_premium`` (``q10`` ...) and ``mean_premium`` (``mean``): starters less never. Numbers:
        ``ks_two_sided``, ``ks_above`` (starters lie above), ``ks_below``, each with ``_p`` and ``_p_asymptotic``;
        ``ks_exact`` (1 or 0), ``tied_values``, ``starter``, ``never``. Figure ``distributions``.

    Raises
    ------
    LabelError, SpecError, DataError
        One wave, no starters, no never traders, an outcome without values or not positive under logs.

    Notes
    -----
    Starters dominate never traders (first-order stochastic dominance) when equality is rejected (two-sided) and
    ``F_starter <= F_never`` everywhere is not. Source: Delgado, Farinas and Ruano (2002).
    """
    require_known([errors], ERRORS, kind="kind of standard errors")
    shares = shares_of(quantiles)
    wanted_effects: Sequence[str] | str = f"industry*{year}" if adjust is None else adjust
    fixed_effects = effect_columns([wanted_effects] if isinstance(wanted_effects, str) else wanted_effects)
    needed = [*columns_of([outcome, *controls]), channel, *(c for g in fixed_effects for c in g)]
    panel = firm_years(data, needed, firm, year, where, table)
    found = before_entry(panel, channel, lag, first, last, gaps, cohort)
    y, lost = _outcome(panel, outcome, found.rows, log, nonpositive)
    sample = _sample(panel, (y, found.starter), controls, fixed_effects, found.rows, lost)
    options: dict[str, Any] = {"outcome": outcome, "channel": channel, "lag": lag, "first": first, "last": last}
    options |= {"adjust": ["*".join(g) for g in fixed_effects], "controls": list(controls), "cohort": list(cohort)}
    options |= {"log": log, "gaps": gaps, "errors": errors, "replications": replications, "where": list(where)}
    starters = f"later starters of {label(channel)}"
    said = Names(starters, "never traders", "starter", "never", " before entry", _removed(fixed_effects, controls))
    result = FirmResult(
        method="pre_entry",
        title=title or f"Before entry in {label(channel)}: {outcome} of later starters and of never traders",
        description=_description(outcome, said.adjusted, lag, found, errors, log),
        n=0,
        provenance=Provenance.now((panel.dataset.source,), options, seed if errors == "bootstrap" else None),
        warnings=found.messages,
        steps=panel.dataset.steps,
    )
    wanted = Options(shares, tuple(controls), errors, replications, seed, log, min_firms)
    return comparison(result, sample, outcome, said, wanted, progress)


def compare_distributions(
    data: Any,
    outcome: str,
    group: str,
    *,
    firm: str | None = None,
    adjust: Sequence[str] | str = (),
    controls: Sequence[str] = (),
    log: bool = False,
    nonpositive: str = "error",
    quantiles: Sequence[float] = QUANTILES,
    errors: str = "bootstrap",
    replications: int = 499,
    seed: int = 0,
    min_firms: int = MIN_FIRMS,
    where: Sequence[str] = (),
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Compare the distributions of a column in two groups of rows, as it is or adjusted.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
        One row a unit.
    outcome : str
        Column or expression, for example residuals made elsewhere.
    group : str
        0/1 column; 1 is the first group.
    firm : str, optional
        Column of labels, for messages and for a bootstrap of firms with several rows; the row when not given.
    adjust, controls, log, nonpositive, quantiles, errors, replications, seed, min_firms, where, title, progress
        As in :func:`pre_entry`; nothing is taken out unless named.

    Returns
    -------
    FirmResult
        As :func:`pre_entry`; numbers ``one`` and ``zero`` count the firms of the groups.

    Raises
    ------
    LabelError, SpecError, DataError
        Also when one of the groups is empty.
    """
    require_known([errors], ERRORS, kind="kind of standard errors")
    shares = shares_of(quantiles)
    fixed_effects = effect_columns([adjust] if isinstance(adjust, str) else adjust)
    dataset = select(table_of(data), where)
    needed = [*columns_of([outcome, *controls]), group, *(c for g in fixed_effects for c in g)]
    known = [str(c) for c in dataset.frame.columns]
    require_known([*needed, *([firm] if firm else [])], known, kind="column")
    rows = np.arange(1, len(dataset.frame) + 1)
    unit = firm or "row"
    frame = dataset.frame.assign(**({} if firm else {unit: rows}))
    panel = FirmPanel(replace(dataset, frame=frame), unit, "", ())
    flags = status_values(panel, group, varies=True)
    everyone = np.ones(len(rows), dtype=bool)
    y, lost = _outcome(panel, outcome, everyone, log, nonpositive)
    flag = np.where(flags < 0, np.nan, flags).astype(np.float64)
    sample = _sample(panel, (y, flag), controls, fixed_effects, everyone, lost)
    require_binary(sample.x[-1], group)
    options: dict[str, Any] = {"outcome": outcome, "group": group, "adjust": list(adjust), "log": log}
    options |= {"controls": list(controls), "errors": errors, "replications": replications, "where": list(where)}
    name = label(group)
    said = Names(f"firms with {name}", f"firms without {name}", "one", "zero", "", _removed(fixed_effects, controls))
    result = FirmResult(
        method="distributions",
        title=title or f"Distributions of {outcome} by {name}",
        description=f"Rows with {name} = 1 and {name} = 0 compared on {outcome}{said.adjusted}.",
        n=0,
        provenance=Provenance.now((dataset.source,), options, seed if errors == "bootstrap" else None),
        steps=dataset.steps,
    )
    wanted = Options(shares, tuple(controls), errors, replications, seed, log, min_firms)
    return comparison(result, sample, outcome, said, wanted, progress)


def _outcome(panel: FirmPanel, outcome: str, rows: Any, log: bool, nonpositive: str) -> tuple[Array, tuple[str, ...]]:
    y = values_of(panel, outcome)
    if not log:
        return y, ()
    # rows outside the comparison may hold anything
    y[~rows] = np.nan
    return log_of(panel, y, outcome, nonpositive)


def _sample(
    panel: FirmPanel,
    columns: tuple[Array, Array],
    controls: Sequence[str],
    fixed_effects: list[tuple[str, ...]],
    rows: Any,
    lost: tuple[str, ...],
) -> Sample:
    y, group = columns
    x = (*(values_of(panel, c) for c in controls), group)
    groupings = tuple(codes_of(panel, g) for g in fixed_effects)
    return complete(panel, Sample(y, x, groupings, firm_codes(panel)[0], None, None, lost), rows)


def _removed(fixed_effects: list[tuple[str, ...]], controls: Sequence[str]) -> str:
    removed = [" x ".join(g) for g in fixed_effects] + list(controls)
    return f" after {' and '.join(removed)} are taken out" if removed else ""


def _description(outcome: str, adjusted: str, lag: int | None, found: Cohort, errors: str, log: bool) -> str:
    what = f"the logarithm of {outcome}" if log else outcome
    c = found.classes
    when = f"in {c.first}" if lag is None else f"{lag} year{'s' if lag > 1 else ''} before entry"
    how = "bootstrap of firms within groups" if errors == "bootstrap" else "kernel density"
    return (
        f"Firms without {label(c.channel)} in {c.first} that have it in {c.last} (starters) and firms that never have "
        f"it in between, compared {when} on {what}{adjusted}. Errors of quantile premia: {how}."
    )
