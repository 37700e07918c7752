"""From a table of firm-years to a panel of entry cohorts, checked once for every difference-in-differences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance, Source
from innospace.firms.design import cluster_codes, design, require_binary
from innospace.firms.estimates import Array, Integers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]

NEVER = int(np.iinfo(np.int64).max)
"""Entry year of a firm that is never treated: later than every year."""
UNBALANCED = ("pairs", "drop")


@dataclass(frozen=True, slots=True)
class StaggeredPanel:
    """Firms by years, with the year in which each is first treated.

    Attributes
    ----------
    outcome : str
    firms : ndarray, shape (n,)
        Labels, sorted.
    years : ndarray of int, shape (T,)
    y : ndarray, shape (n, T)
        NaN where a firm is not observed.
    x : ndarray, shape (n, T, k)
        Covariates without a constant.
    covariates : tuple of str
        Length k.
    entry : ndarray of int, shape (n,)
        First treated year; ``NEVER`` for the never treated.
    clusters : ndarray of int, shape (n,), or None
    messages : tuple of str
        What a reader should know: firms left out, entries coded anew.
    source : Source
    steps : tuple of str
    """

    outcome: str
    firms: Any
    years: Integers
    y: Array
    x: Array
    covariates: tuple[str, ...]
    entry: Integers
    clusters: Integers | None
    messages: tuple[str, ...]
    source: Source
    steps: tuple[str, ...]

    @property
    def n(self) -> int:
        """Firms."""
        return len(self.entry)

    @property
    def observed(self) -> Booleans:
        """Which firm-years are there, shape (n, T)."""
        return ~np.isnan(self.y)

    @property
    def cohorts(self) -> Integers:
        """Entry years of the starters, sorted."""
        return np.asarray(np.unique(self.entry[self.entry != NEVER]))

    @property
    def never(self) -> int:
        """Firms that are never treated."""
        return int(np.sum(self.entry == NEVER))

    def keep(self, firms: Booleans, message: str = "") -> StaggeredPanel:
        """Return the panel of some firms, with one more message."""
        from pandas import factorize

        clusters = None if self.clusters is None else np.asarray(factorize(self.clusters[firms])[0], dtype=np.int64)
        messages = (*self.messages, message) if message else self.messages
        return replace(
            self,
            firms=self.firms[firms],
            y=self.y[firms],
            x=self.x[firms],
            entry=self.entry[firms],
            clusters=clusters,
            messages=messages,
        )

    def provenance(self, options: dict[str, Any], seed: int | None = None) -> Provenance:
        """Record the table, the options and the present moment."""
        return Provenance.now((self.source,), options, seed)


def staggered_panel(
    outcome: str,
    data: Any,
    *,
    firm: str,
    year: str,
    entry: str | None,
    treatment: str | None,
    absorbing: str,
    controls: tuple[str, ...],
    cluster: str | None,
    unbalanced: str,
) -> StaggeredPanel:
    """Check a table of firm-years and lay it out by firm and year.

    Raises
    ------
    FormulaError, LabelError, SpecError, DataError
        One wave, duplicate firm-years, entry years that change within a firm, a treatment that reverses.
    """
    require_known([unbalanced], UNBALANCED, kind="rule for an unbalanced panel", where="unbalanced")
    if (entry is None) == (treatment is None):
        raise SpecError(
            "Say when firms are first treated, in one way.",
            where=f"entry={entry!r}, treatment={treatment!r}",
            allowed="entry= a column with the first treated year (0 or empty for never), or treatment= a 0/1 column",
            remedy="Give one of the two.",
        )
    also = (firm, year, *(() if treatment is None else (treatment,)))
    d = design(_formula(outcome, controls), data, cluster=cluster, also=also)
    if entry is not None:
        require_known([entry], [str(c) for c in d.frame.columns], kind="column", where="entry")
    codes, years, firms = _keys(d.frame, firm, year)
    shape = (len(firms), len(years.unique))
    order = np.argsort(codes * shape[1] + years.codes, kind="stable")
    _require_single_rows(codes, years.codes, shape[1], firms, years.unique, order)
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    if entry is not None:
        first = _declared(d.frame[entry], entry, order, starts, firms)
    else:
        first = _derived(d.frame, str(treatment), order, starts, firms, years, absorbing)
    _require_change(d.y, d.outcome)
    named = [j for j, name in enumerate(d.names) if name != "Intercept"]
    y = np.full(shape, np.nan)
    y[codes, years.codes] = d.y
    x = np.zeros((*shape, len(named)))
    x[codes, years.codes] = d.x[:, named]
    clusters = None if cluster is None else _firm_clusters(d.frame, cluster, order, starts, firms)
    covariates = tuple(d.names[j] for j in named)
    panel = StaggeredPanel(
        d.outcome, firms, years.unique, y, x, covariates, first, clusters, d.messages, d.source, d.steps
    )
    return _balanced(panel, unbalanced)


def _require_change(y: Array, outcome: str) -> None:
    if float(np.ptp(y)) == 0.0:
        raise DataError(
            f"{outcome!r} is {y[0]:g} in every row that is used, so no effect on it can be estimated.",
            where=f"{len(y)} rows",
            allowed="an outcome that varies",
            remedy="Check the column, the rows left out for missing cells, and any filter.",
        )


def _formula(outcome: str, controls: tuple[str, ...]) -> str:
    if "~" not in outcome:
        return f"{outcome} ~ {' + '.join(('1', *controls))}"
    if controls:
        raise SpecError(
            "Controls are given twice: in the formula and in controls=.",
            where=repr(outcome),
            remedy="Leave controls= out, or give the outcome alone.",
        )
    return outcome


@dataclass(frozen=True, slots=True)
class _Years:
    unique: Integers
    codes: Integers


def _keys(frame: pd.DataFrame, firm: str, year: str) -> tuple[Integers, _Years, Any]:
    import pandas as pd

    values = _whole_numbers(frame[year], year, "Years")
    unique, codes = np.unique(values, return_inverse=True)
    if len(unique) < 2:
        raise DataError(
            "Difference-in-differences needs at least two years.",
            where=f"column {year!r} holds {offenders(unique.tolist())}",
            remedy="Add a wave from before the first entry and one from after it.",
        )
    firm_codes, firms = pd.factorize(frame[firm], sort=True)
    return np.asarray(firm_codes, dtype=np.int64), _Years(unique, codes.astype(np.int64)), np.asarray(firms)


def _whole_numbers(column: pd.Series, name: str, what: str) -> Integers:
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(values) | (values != np.round(values)))
    if len(bad):
        raise DataError(
            f"{what} must be whole numbers.",
            where=f"column {name!r}: {offenders(column.iloc[bad].unique().tolist())}",
            allowed="numbers such as 2005" + ("; 0 or empty for never" if what == "Entry years" else ""),
            remedy="Mend the cells, or number the waves 1, 2, 3.",
        )
    return values.astype(np.int64)


def _require_single_rows(
    codes: Integers, years: Integers, count: int, firms: Any, unique: Integers, order: Integers
) -> None:
    keys = (codes * count + years)[order]
    twice = keys[1:][keys[1:] == keys[:-1]]
    if len(twice):
        labels = [f"firm {firms[k // count]}, {unique[k % count]}" for k in twice]
        raise DataError(
            f"{len(np.unique(twice))} firm-years occur more than once.",
            where=offenders(labels),
            allowed="one row a firm and year",
            remedy="Drop the copies, or check that the firm column identifies firms.",
        )


def _declared(column: pd.Series, name: str, order: Integers, starts: Integers, firms: Any) -> Integers:
    """Return the entry year of every firm from a column; 0, empty and infinite mean never."""
    import pandas as pd

    empty = column.isna() | np.isinf(pd.to_numeric(column, errors="coerce").astype("float64"))
    values = _whole_numbers(column.mask(empty, 0), name, "Entry years")
    if (values < 0).any():
        raise DataError(
            "Entry years must not be negative.",
            where=f"column {name!r}: {offenders(np.unique(values[values < 0]).tolist())}",
            allowed="the first treated year; 0 or empty for never",
            remedy="Code firms that are never treated as 0.",
        )
    values = values[order]
    lowest, highest = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    changed = np.flatnonzero(lowest != highest)
    if len(changed):
        labels = [f"firm {firms[i]} ({lowest[i]}, {highest[i]})" for i in changed]
        raise DataError(
            f"The entry year changes within {len(changed)} firms.",
            where=f"column {name!r}: {offenders(labels)}",
            allowed="one first treated year a firm, in all its rows",
            remedy="Write the first treated year, or 0, in every row of a firm.",
        )
    return np.where(lowest == 0, NEVER, lowest)


def _derived(
    frame: pd.DataFrame, name: str, order: Integers, starts: Integers, firms: Any, years: _Years, absorbing: str
) -> Integers:
    """Return the entry year of every firm from a 0/1 column; a firm treated when first seen enters in the first."""
    import pandas as pd

    require_known([absorbing], ("", "first"), kind="rule for treatments that reverse", where="absorbing")
    given = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    treated = require_binary(given, name)[order] == 1.0
    same = np.ones(len(treated), dtype=bool)
    same[starts] = False
    back = np.flatnonzero(same[1:] & treated[:-1] & ~treated[1:]) + 1
    if len(back) and not absorbing:
        owners = np.unique(np.searchsorted(starts, back, side="right") - 1)
        raise DataError(
            f"The treatment ends again in {len(owners)} firms.",
            where=f"column {name!r}: firms {offenders(firms[owners].tolist())}",
            allowed="a treatment that stays 1 once it is 1",
            remedy='Set absorbing="first" to count a firm as treated from its first entry on, or drop these firms.',
        )
    at = np.where(treated, years.unique[years.codes[order]], NEVER)
    entry = np.minimum.reduceat(at, starts)
    return np.where(treated[starts], years.unique[0], entry)


def _firm_clusters(frame: pd.DataFrame, cluster: str, order: Integers, starts: Integers, firms: Any) -> Integers:
    codes = cluster_codes(frame, cluster)[order]
    lowest, highest = np.minimum.reduceat(codes, starts), np.maximum.reduceat(codes, starts)
    moved = np.flatnonzero(lowest != highest)
    if len(moved):
        raise DataError(
            f"{len(moved)} firms lie in more than one cluster.",
            where=f"column {cluster!r}: firms {offenders(firms[moved].tolist())}",
            allowed="clusters that contain whole firms",
            remedy="Cluster by the value of the first year, or leave cluster out: errors are clustered by firm anyway.",
        )
    return lowest


def _balanced(panel: StaggeredPanel, rule: str) -> StaggeredPanel:
    complete = np.asarray(panel.observed.all(axis=1))
    short = int(np.sum(~complete))
    if short == 0:
        return panel
    if rule == "drop":
        if not complete.any():
            raise DataError(
                "No firm is observed in every year.",
                where=f"{panel.n} firms, {len(panel.years)} years",
                remedy='Use unbalanced="pairs", or leave out the years in which few firms are observed.',
            )
        return panel.keep(complete, f"{short} of {panel.n} firms are not observed in every year and were left out.")
    text = f"{short} of {panel.n} firms are not observed in every year: every comparison of two years uses the firms "
    return replace(panel, messages=(*panel.messages, text + "observed in both."))
