"""Probit of entry: which firms start, given what they were before."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.provenance import Provenance
from innospace.data import formula as language
from innospace.data.panels import MIN_FIRMS, FirmPanel, StatusClasses, status_classes, status_values
from innospace.data.panels.transforms import positions_before
from innospace.firms.choice.binary import binary
from innospace.firms.ex_ante import before_entry
from innospace.firms.firm_years import firm_years
from innospace.firms.presentation import estimate_clause, label
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

OUTCOME = "entry"
PERFECT = ("error", "drop")


def entry(
    data: Any,
    channel: str,
    regressors: Sequence[str] | str,
    *,
    firm: str = "firm",
    year: str = "year",
    lag: int | None = None,
    first: int | None = None,
    last: int | None = None,
    gaps: str = "missing",
    link: str = "probit",
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    perfect: str = "error",
    min_firms: int = MIN_FIRMS,
    where: Sequence[str] = (),
    table: str | None = None,
    title: str = "",
) -> FirmResult:
    """Estimate the probability of entry, with average marginal effects.

    Parameters
    ----------
    data : FirmPanel, Dataset, frame, mapping of arrays, or path
    channel : str
        0/1 column.
    regressors : sequence of str
        Terms of a formula: ``log(L)``, ``C(industry)``, ``productivity``. They are measured before entry.
    firm, year : str
    lag : int, optional
        None: one row a firm, starters against never traders, regressors of the first wave. ``k``: one row a
        firm-year in which the firm has not traded before (a discrete-time hazard of first entry), regressors ``k``
        years before.
    first, last : int, optional
    gaps : str
        ``missing`` or ``ignore``: what an unobserved wave in between does to a class.
    link : str
        ``probit`` or ``logit``.
    cluster : str, optional
        Column; the firm when not given (with one row a firm: robust to heteroskedasticity).
    weights : str, optional
    vcov : str, optional
        As in :func:`innospace.firms.choice.binary.binary`.
    perfect : str
        What becomes of categories within which no firm, or every firm, enters: ``error``, or ``drop`` their rows
        (counted in a warning), as Stata's probit does.
    min_firms : int
        With fewer starters nothing is headlined.
    where : sequence of str
        Conditions on rows.
    table : str, optional
        Of a DuckDB file.
    title : str, optional

    Returns
    -------
    FirmResult
        As of :func:`innospace.firms.choice.binary.binary`; numbers ``starters`` and ``never`` count firms.

    Raises
    ------
    LabelError, FormulaError, SpecError, DataError
        One wave, no starters, perfect separation, a lag that no firm has.
    """
    require_known([perfect], PERFECT, kind="rule for categories that predict perfectly")
    terms = [regressors] if isinstance(regressors, str) else list(regressors)
    parsed = _parsed(terms, channel)
    used = [n for n in parsed.names if n != OUTCOME]
    extra = [c for c in (cluster, weights) if c is not None]
    panel = firm_years(data, [*used, channel, *extra], firm, year, where, table)
    frame, classes = _rows(panel, channel, lag, (first, last, gaps), [*used, *extra])
    messages = [f"{classes.missing} firms have no class on {channel!r}: a wave is missing."] if classes.missing else []
    frame, said = _complete(frame, panel, [*used, *extra])
    messages += said
    if perfect == "drop":
        frame, said = _without_perfect(frame, parsed.categorical)
        messages += said
    found = binary(
        parsed.text, frame, link=link, cluster=cluster or panel.firm, weights=weights, vcov=vcov, title=title
    )
    counts = _counts(frame, panel.firm)
    options = {"channel": channel, "regressors": terms, "lag": lag, "first": first, "last": last, "link": link}
    options |= {"gaps": gaps, "cluster": cluster, "weights": weights, "perfect": perfect, "where": list(where)}
    result = replace(
        found,
        method="entry",
        title=title or f"Entry: {label(channel)}",
        description=_description(found.description, channel, classes, lag),
        provenance=Provenance.now((panel.dataset.source,), options),
        numbers={"starters": float(counts[0]), "never": float(counts[1]), **found.numbers},
        checks=(*found.checks, _enough(counts[0], min_firms)),
        warnings=(*messages, *found.warnings),
        steps=panel.dataset.steps,
    )
    return replace(result, sentences=_sentences(result, channel, counts, min_firms))


def _parsed(terms: list[str], channel: str) -> language.ParsedFormula:
    if not terms:
        raise SpecError("Entry needs regressors.", remedy="Give for example regressors=['log(L)', 'productivity'].")
    parsed = language.parse(f"{OUTCOME} ~ {' + '.join(terms)}")
    if OUTCOME in language.parse(f"I(1) ~ {' + '.join(terms)}").names:
        raise SpecError(f"The name {OUTCOME!r} is taken by the outcome.", remedy="Rename that regressor.")
    if channel in parsed.names:
        raise SpecError(
            f"{channel!r} decides who enters, so it cannot be a regressor.", remedy="Leave it out of the regressors."
        )
    return parsed


def _rows(
    panel: FirmPanel, channel: str, lag: int | None, waves: tuple[int | None, int | None, str], columns: list[str]
) -> tuple[pd.DataFrame, StatusClasses]:
    """Return the rows of the equation: regressors before, outcome ``entry``."""
    first, last, gaps = waves
    names = list(dict.fromkeys((panel.firm, panel.year, *columns)))
    if lag is None:
        cohort = before_entry(panel, channel, None, first, last, gaps)
        frame = panel.frame.loc[cohort.rows, names].reset_index(drop=True)
        return frame.assign(**{OUTCOME: cohort.starter[cohort.rows]}), cohort.classes
    if lag < 1:
        raise SpecError(f"A lag of {lag} years is not before entry.", allowed="1, 2, 3 ...", remedy="Give lag=1.")
    classes = status_classes(panel, channel, first, last, gaps)
    at_risk, enters = _risk(panel, channel, classes)
    before = positions_before(panel, lag)
    used = np.flatnonzero(at_risk & (before >= 0))
    if len(used) == 0 or not enters[used].any():
        raise DataError(
            f"No firm that enters {channel!r} is observed {lag} years before.",
            where=f"waves {offenders(panel.waves, shown=12)}",
            remedy="Set lag= to the years between waves, or leave it out to use the first wave.",
        )
    frame = panel.frame[names].iloc[before[used]].reset_index(drop=True)
    return frame.assign(**{OUTCOME: enters[used].astype(np.float64)}), classes


def _risk(panel: FirmPanel, channel: str, classes: StatusClasses) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the firm-years in which a firm may enter for the first time, and those in which it does."""
    years = panel.frame[panel.year].to_numpy().astype(np.float64)
    when = classes.entry_year[classes.rows]
    known = status_values(panel, channel) >= 0
    inside = (years > classes.first) & (years <= classes.last) & known
    at_risk = inside & ((when == 0.0) | ((when >= years) & (when != classes.first)))
    return at_risk, at_risk & (years == when)


def _complete(frame: pd.DataFrame, panel: FirmPanel, columns: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows with a missing cell, named by firm and year; a table without a complete row is told later."""
    missing = frame[columns].isna().to_numpy().any(axis=1)
    if not missing.any() or missing.all():
        return frame, []
    lost = frame[missing]
    names = [f"{panel.firm} {f} in {y}" for f, y in zip(lost[panel.firm], lost[panel.year], strict=True)][:5]
    more = f" and {len(lost) - len(names)} more" if len(lost) > len(names) else ""
    rows = f"{len(lost)} of {len(frame)} firm-years"
    said = f"{rows} before entry have a missing cell and were left out: {', '.join(names)}{more}."
    warnings.warn(said, MissingRowsWarning, stacklevel=3)
    return frame.iloc[np.flatnonzero(~missing)].reset_index(drop=True), [said]


def _without_perfect(frame: pd.DataFrame, categorical: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Leave out categories within which the outcome does not vary, until none is left."""
    said: list[str] = []
    while True:
        before = len(frame)
        for column in categorical:
            shares = frame.groupby(column)[OUTCOME].agg(["min", "max", "size"])
            gone = shares[shares["min"] == shares["max"]]
            if len(gone) == 0:
                continue
            rows = int(gone["size"].sum())
            said.append(f"{rows} rows of {column} {offenders(list(gone.index))} were left out: all or none enter.")
            frame = frame[~frame[column].isin(gone.index)].reset_index(drop=True)
        if len(frame) == before:
            return frame, said
        if len(frame) == 0:
            raise DataError(
                "No category holds both firms that enter and firms that do not.",
                where=f"columns {offenders(categorical)}",
                remedy="Use coarser categories.",
            )


def _counts(frame: pd.DataFrame, firm: str) -> tuple[int, int]:
    enters = frame[OUTCOME] == 1.0
    starters = int(frame.loc[enters, firm].nunique())
    return starters, int(frame[firm].nunique()) - starters


def _description(model: str, channel: str, classes: StatusClasses, lag: int | None) -> str:
    who = (
        f"Firms without {label(channel)} in {classes.first} that have it in {classes.last}, against firms that never "
        f"have it; regressors of {classes.first}."
        if lag is None
        else f"Firm-years of firms that have not had {label(channel)} before; regressors {lag} year"
        f"{'s' if lag > 1 else ''} earlier."
    )
    return f"{who} {model}"


def _enough(starters: int, min_firms: int) -> Check:
    return Check.at_least(
        "firms_starter",
        float(starters),
        float(min_firms),
        "Firms that enter; with too few their number is shown and nothing is headlined.",
        "State the count; compare waves further apart or merge channels.",
    )


def _sentences(result: FirmResult, channel: str, counts: tuple[int, int], min_firms: int) -> tuple[str, ...]:
    starters, never = (fixed(c, 0) for c in counts)
    if counts[0] < min_firms:
        return (f"{starters} firms enter {label(channel)}, too few for a finding ({never} do not).",)
    frame = result.effects()
    frame = frame[frame["kind"] == "average_marginal_effect"]
    shown = frame[~frame["name"].str.startswith("C(")]
    clear = shown[(shown["lower"] > 0) | (shown["upper"] < 0)]
    tail = f"({starters} firms enter, {never} do not)"
    if clear.empty:
        return (f"No regressor moves the probability of entering {label(channel)} clearly {tail}.",)
    return tuple(
        f"Entry into {label(channel)}: a unit more of {label(str(r['name']))} moves the probability by "
        f"{estimate_clause(r)} {tail}."
        for _, r in clear.head(3).iterrows()
    )
