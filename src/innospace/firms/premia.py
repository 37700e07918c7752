"""Premia of exporters and importers: how far firms of one status lie above others in the same industry and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.data.panels import (
    CLASSES,
    MIN_FIRMS,
    FirmPanel,
    StatusClasses,
    class_counts,
    firm_codes,
    require_waves,
    status_classes,
    status_values,
)
from innospace.firms.absorb import AbsorbedFit, absorbed_status, absorption_check, fit_absorbed
from innospace.firms.estimates import Array, Effects, Estimates, Integers
from innospace.firms.ex_ante import Cohort, before_entry
from innospace.firms.firm_years import (
    SINGLETONS,
    Sample,
    codes_of,
    columns_of,
    complete,
    effect_columns,
    firm_years,
    log_of,
    values_of,
    without_single_rows,
)
from innospace.firms.premia_words import EQUATIONS, counts_table, description, sentences, title_of
from innospace.firms.result import FirmResult

KINDS = ("level", "firm", "ex_ante")


@dataclass(frozen=True, slots=True)
class Groups:
    """Firms that are compared.

    Attributes
    ----------
    names : tuple of str
        One a dummy.
    dummies : tuple of ndarray, shape (n,)
        0 and 1; NaN where not known.
    rows : ndarray of bool, shape (n,)
        Firm-years that take part.
    classes : StatusClasses or None
    messages : tuple of str
    """

    names: tuple[str, ...]
    dummies: tuple[Array, ...]
    rows: Any
    classes: StatusClasses | None = None
    messages: tuple[str, ...] = ()


def premia(
    data: Any,
    outcome: str,
    status: str | Sequence[str],
    *,
    firm: str = "firm",
    year: str = "year",
    controls: Sequence[str] = (),
    fixed_effects: Sequence[str] | str | None = None,
    kind: str = "level",
    classes: bool = False,
    reference: str = "never",
    lag: int | None = None,
    first: int | None = None,
    last: int | None = None,
    gaps: str = "missing",
    log: bool = True,
    nonpositive: str = "error",
    cluster: str | None = None,
    weights: str | None = None,
    singletons: str = "drop",
    min_firms: int = MIN_FIRMS,
    where: Sequence[str] = (),
    table: str | None = None,
    title: str = "",
) -> FirmResult:
    """Estimate by how many percent firms of a status exceed others.

    ``ln y_it = b D_it + c' x_it + fixed effects + e_it`` by least squares with absorbed fixed effects; the premium is
    ``100 (exp b - 1)`` percent, its error by the delta method.

    Parameters
    ----------
    data : FirmPanel, Dataset, frame, mapping of arrays, or path
        Firm-years. Of a Parquet or DuckDB file only the columns used are read.
    outcome : str
        Column, or expression such as ``RVA/L``; positive when ``log``.
    status : str or sequence of str
        0/1 column of the firm-year; several are estimated together. With ``classes`` or ``kind="ex_ante"`` one
        channel, from which classes of firms are made.
    firm, year : str
        Columns of the firm and of the year.
    controls : sequence of str
        Columns or expressions such as ``log(L)``.
    fixed_effects : sequence of str, optional
        Columns, or interactions such as ``industry*year``. When not given, ``industry`` and the year for ``level``
        and ``ex_ante``, and the year for ``firm``, which adds the firm in any case. An empty list is a constant.
    kind : str
        ``level``: firms of the status against others. ``firm``: within firms, before and after a change of status.
        ``ex_ante``: future starters against firms that never trade, before entry.
    classes : bool
        Compare starters, quitters, continuous traders and switchers with the ``reference`` class.
    reference : str
        ``never`` or another status class.
    lag : int, optional
        For ``ex_ante``: compare ``lag`` years before entry (firms that never trade in every year), instead of in
        the first wave.
    first, last : int, optional
        First and last wave that classes compare; those of the panel when not given.
    gaps : str
        ``missing`` or ``ignore``: what an unobserved wave in between does to a class.
    log : bool
        Take the logarithm of the outcome. Otherwise effects are differences in units of the outcome.
    nonpositive : str
        ``error``, or ``drop`` firm-years whose outcome has no logarithm (counted in a warning).
    cluster : str, optional
        Column of clusters; the firm when not given.
    weights : str, optional
        Column of positive analytic weights.
    singletons : str
        ``drop`` (counted in a warning) or ``keep`` firm-years that are alone in a group of the fixed effects.
    min_firms : int
        A status with fewer firms is shown with its count and not headlined.
    where : sequence of str
        Conditions such as ``d_e >= 0``: other rows are left out.
    table : str, optional
        Of a DuckDB file.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients in log points, named by status column or class (``starter``), then controls. Effects:
        ``premium_percent`` by status or class (``difference`` without logs); ``premium_gap`` (``export - import``)
        between several statuses, in percentage points. Numbers: ``firms``, ``firms_{status}``, ``clusters``,
        ``parameters``, ``r2_within``, ``fixed_effect_groups``.

    Raises
    ------
    LabelError, FormulaError, SpecError, DataError, SolverError
        Also when firm-years occur twice, the status is constant, or no firm starts.

    Notes
    -----
    Standard errors are clustered with ``G/(G-1) (n-1)/(n-K)``, where fixed effects nested in clusters do not count
    in ``K`` and the t distribution has ``G - 1`` degrees (defaults of fixest, pyfixest and reghdfe). Groups of one
    row are dropped as pyfixest and reghdfe do by default, and ``areg`` does not: coefficients are the same, errors
    differ through ``n`` and ``K``. Second method: ``pyfixest``.

    Source: Bernard and Jensen (1999), Journal of International Economics 47, 1-25.
    """
    require_known([kind], KINDS, kind="kind of premium")
    require_known([singletons], SINGLETONS, kind="rule for single rows")
    names = [status] if isinstance(status, str) else list(dict.fromkeys(status))
    _require_sense(kind, classes, names, reference, lag)
    effects_wanted = _fixed_effects(fixed_effects, kind, year)
    needed = [c for c in (*columns_of([outcome, *controls]), *names, *_flat(effects_wanted), cluster, weights) if c]
    panel = firm_years(data, needed, firm, year, where, table)
    groups = _groups(panel, names, kind, classes, reference, lag, (first, last, gaps))
    sample = _sample(panel, groups, outcome, controls, effects_wanted, kind, cluster, weights, (log, nonpositive))
    sample = without_single_rows(sample) if singletons == "drop" else sample
    _require_contrast(sample, groups)
    fit = fit_absorbed(
        sample.y, sample.x, [*groups.names, *controls], sample.groupings, sample.clusters, sample.weights
    )
    counts = _counts(panel, sample, groups)
    labels = (*groups.names, *controls)
    estimates = Estimates(labels, fit.theta, fit.covariances, fit.degrees)
    options = _options(locals())
    told = title or title_of(outcome, names, kind, classes)
    result = FirmResult(
        method="premia",
        title=told,
        description=description(kind, effects_wanted, controls, log, cluster or panel.firm, lag),
        n=len(sample.y),
        provenance=Provenance.now((panel.dataset.source,), options),
        estimates=estimates,
        effects_found=_effects(groups.names, fit.theta, log),
        status=absorbed_status(fit),
        numbers=_numbers(fit, counts, sample),
        equations=(EQUATIONS[kind],),
        tables=_tables(groups, counts, min_firms),
        checks=(absorption_check(fit), *_enough(counts, groups, reference, min_firms)),
        warnings=(*groups.messages, *sample.messages, *_warnings(counts, min_firms)),
        steps=panel.dataset.steps,
    )
    return replace(result, sentences=sentences(result, counts, groups.names, min_firms, log=log))


def _options(values: dict[str, Any]) -> dict[str, Any]:
    """Return the plain arguments, for the record."""
    kept = ("outcome", "status", "controls", "fixed_effects", "kind", "classes", "reference", "lag", "first", "last")
    more = ("gaps", "log", "nonpositive", "cluster", "weights", "singletons", "min_firms", "where", "firm", "year")
    return {k: list(v) if isinstance(v := values[k], tuple) else v for k in (*kept, *more)}


def _require_sense(kind: str, classes: bool, names: list[str], reference: str, lag: int | None) -> None:
    require_known([reference], CLASSES, kind="status class")
    by_class = classes or kind == "ex_ante"
    if by_class and len(names) != 1:
        raise SpecError(
            f"Classes are made of one channel; {len(names)} are given.",
            remedy="Run the channels one by one.",
        )
    if classes and kind == "firm":
        raise SpecError(
            "A class does not change within a firm, so fixed effects of firms leave nothing of it.",
            allowed="kind='firm' with a 0/1 column of the firm-year",
            remedy="Leave classes out, or use kind='level'.",
        )
    if kind == "ex_ante" and reference != "never":
        raise SpecError("Future starters are compared with firms that never trade.", remedy="Leave reference out.")
    if lag is not None and (kind != "ex_ante" or lag < 1):
        raise SpecError(
            "lag= counts years before entry.", allowed="1 or more, with kind='ex_ante'", remedy="Leave it out."
        )


def _fixed_effects(given: Sequence[str] | str | None, kind: str, year: str) -> list[tuple[str, ...]]:
    if given is None:
        given = [year] if kind == "firm" else ["industry", year]
    return effect_columns([given] if isinstance(given, str) else given)


def _flat(groups: list[tuple[str, ...]]) -> list[str]:
    return [c for columns in groups for c in columns]


def _groups(
    panel: FirmPanel,
    names: list[str],
    kind: str,
    classes: bool,
    reference: str,
    lag: int | None,
    waves: tuple[int | None, int | None, str],
) -> Groups:
    first, last, gaps = waves
    if kind == "ex_ante":
        cohort: Cohort = before_entry(panel, names[0], lag, first, last, gaps)
        dummy = np.where(cohort.rows, cohort.starter, np.nan)
        return Groups(("starter",), (dummy,), cohort.rows, cohort.classes, cohort.messages)
    if not classes:
        if kind == "firm":
            require_waves(panel)
        found = [status_values(panel, n) for n in names]
        dummies = tuple(np.where(v < 0, np.nan, v).astype(np.float64) for v in found)
        return Groups(tuple(names), dummies, np.ones(len(panel.frame), dtype=bool))
    made = status_classes(panel, names[0], first, last, gaps)
    if made.count(reference) == 0:
        raise DataError(
            f"No firm is {reference} on {names[0]!r}, so there is nothing to compare with.",
            where=", ".join(f"{c} {made.count(c)}" for c in CLASSES),
            remedy="Choose another reference class.",
        )
    shown = tuple(c for c in CLASSES if c != reference and made.count(c) > 0)
    if not shown:
        raise DataError(
            f"Every firm is {reference} on {names[0]!r}: there are no starters, quitters or continuous traders.",
            where=f"{made.count(reference)} firms, {made.first} to {made.last}",
            remedy="Choose a channel that some firms use, or waves further apart.",
        )
    code = made.codes[made.rows]
    dummies = tuple((code == CLASSES.index(c)).astype(np.float64) for c in shown)
    open_ = made.missing
    said = f"{open_} of {len(made.codes)} firms have no class on {names[0]!r}: a wave is missing. They were left out."
    return Groups(shown, dummies, code >= 0, made, (said,) if open_ else ())


def _sample(
    panel: FirmPanel,
    groups: Groups,
    outcome: str,
    controls: Sequence[str],
    fixed: list[tuple[str, ...]],
    kind: str,
    cluster: str | None,
    weights: str | None,
    logs: tuple[bool, str],
) -> Sample:
    y = values_of(panel, outcome)
    said: tuple[str, ...] = ()
    if logs[0]:
        # rows outside the comparison may hold anything
        y[~groups.rows] = np.nan
        y, said = log_of(panel, y, outcome, logs[1])
    firms = firm_codes(panel)[0] if kind == "firm" or cluster is None else None
    groupings = [codes_of(panel, columns) for columns in fixed]
    if kind == "firm" and firms is not None:
        groupings = [firms, *groupings]
    clusters = firms if cluster is None else codes_of(panel, [cluster])
    x = (*groups.dummies, *(values_of(panel, c) for c in controls))
    weight = None if weights is None else values_of(panel, weights)
    raw = Sample(y, x, tuple(groupings), clusters, weight, None, said)
    return complete(panel, raw, groups.rows)


def _require_contrast(sample: Sample, groups: Groups) -> None:
    for name, dummy in zip(groups.names, sample.x, strict=False):
        if bool((dummy == dummy[0]).all()):
            raise DataError(
                f"{name!r} is {dummy[0]:g} in every firm-year that is used, so there is nothing to compare.",
                where=f"{len(dummy)} firm-years",
                allowed="firm-years with and without it",
                remedy="Check the column, the rows left out for missing cells, and any filter.",
            )


def _counts(panel: FirmPanel, sample: Sample, groups: Groups) -> dict[str, tuple[int, int]]:
    """Return firms and firm-years of every status, and of all as ``""``."""
    firms = firm_codes(panel)[0]
    firms = firms if sample.kept is None else firms[sample.kept]
    top = int(firms.max()) + 1

    def distinct(mask: Any) -> int:
        seen = np.zeros(top, dtype=bool)
        seen[firms if mask is None else firms[mask]] = True
        return int(seen.sum())

    found = {"": (distinct(None), len(firms))}
    for name, dummy in zip(groups.names, sample.x, strict=False):
        mask = dummy == 1.0
        found[name] = (distinct(mask), int(mask.sum()))
    return found


def _effects(names: tuple[str, ...], theta: Array, log: bool) -> Effects:
    """Return premia and, between several statuses, their gaps, with derivatives by the coefficients."""
    m, p = len(names), len(theta)
    b = theta[:m]
    values = 100.0 * np.expm1(b) if log else b
    slopes = 100.0 * np.exp(b) if log else np.ones(m)
    jacobian = np.zeros((m, p))
    jacobian[:, :m] = np.diag(slopes)
    pairs = [(i, j) for i in range(m) for j in range(i + 1, m)]
    gaps = np.array([jacobian[i] - jacobian[j] for i, j in pairs]).reshape(len(pairs), p)
    labels = (*names, *(f"{names[i]} - {names[j]}" for i, j in pairs))
    kinds = (*(("premium_percent" if log else "difference",) * m), *(("premium_gap",) * len(pairs)))
    all_values = np.concatenate((values, [values[i] - values[j] for i, j in pairs]))
    unit = "percent" if log else "units of the outcome"
    return Effects(labels, all_values, kinds, jacobian=np.vstack((jacobian, gaps)), unit=unit)


def _numbers(fit: AbsorbedFit, counts: dict[str, tuple[int, int]], sample: Sample) -> dict[str, float]:
    clusters: Integers | None = sample.clusters
    numbers = {"firms": float(counts[""][0])}
    numbers.update({f"firms_{name}": float(v[0]) for name, v in counts.items() if name})
    if clusters is not None:
        numbers["clusters"] = fit.degrees + 1.0
    numbers["parameters"] = float(fit.parameters)
    numbers["r2_within"] = fit.r2_within
    numbers["fixed_effect_groups"] = float(sum(fit.levels))
    return numbers


def _tables(groups: Groups, counts: dict[str, tuple[int, int]], min_firms: int) -> tuple[Any, ...]:
    whole = None if groups.classes is None else class_counts(groups.classes, min_firms)
    return (counts_table(counts, whole, min_firms),)


def _enough(counts: dict[str, tuple[int, int]], groups: Groups, reference: str, min_firms: int) -> tuple[Check, ...]:
    sizes = {name: float(v[0]) for name, v in counts.items() if name}
    if groups.classes is not None:
        sizes[reference] = float(groups.classes.count(reference))
    meaning = "Firms of the status; with too few the number is shown and nothing is headlined."
    remedy = "State the count; merge classes or channels, or compare waves further apart."
    return tuple(Check.at_least(f"firms_{n}", v, float(min_firms), meaning, remedy) for n, v in sizes.items())


def _warnings(counts: dict[str, tuple[int, int]], min_firms: int) -> tuple[str, ...]:
    few = [f"{name} ({v[0]})" for name, v in counts.items() if name and v[0] < min_firms]
    said = f"Too few firms for a finding, fewer than {min_firms}: {', '.join(few)}."
    return (said,) if few else ()
