"""From a table to a checked panel of firms: logs, true previous years, gaps counted, offenders named."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Source
from innospace.firms.design import table_of
from innospace.firms.estimates import Array, Integers
from innospace.numerics.linear import dependent_columns, standardise

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FIRMS = 10
"""Fewer firms than this with two consecutive years do not carry a law of productivity."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns play which part; every one a tuple of names.

    Attributes
    ----------
    output : str
        Log output (or its level with ``logs``).
    free, state, proxy : tuple of str
        Freely chosen inputs, inputs chosen before, and what reveals productivity.
    law : tuple of str
        Columns whose previous-year value enters the law of productivity; ``column:omega`` for an interaction.
    plain : tuple of str
        Columns used as they are (never in logs): log share, exit.
    categories : tuple of str
        Columns of labels: industry.
    """

    output: str
    free: tuple[str, ...]
    state: tuple[str, ...]
    proxy: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def law_columns(self) -> tuple[str, ...]:
        """Columns of the table behind the law."""
        return tuple(dict.fromkeys(c.removesuffix(":omega") for c in self.law))


@dataclass(frozen=True, slots=True)
class Panel:
    """Firm-years sorted by firm and year.

    Attributes
    ----------
    firms : ndarray of int, shape (n,)
        Numbers 0 to G - 1, in the order of the labels.
    previous : ndarray of int, shape (n,)
        Position of the row of the same firm in the year before; -1 when there is none.
    y : ndarray, shape (n,)
    free, state, proxy, law : ndarray, shapes (n, L), (n, K), (n, M), (n, Q)
        ``law`` holds the columns of :attr:`Roles.law_columns`.
    plain : mapping of str to ndarray, shape (n,)
        Columns of :attr:`Roles.plain`, and codes of :attr:`Roles.categories`.
    labels : DataFrame
        Columns of firm and year.
    roles : Roles
    gaps : int
        Rows whose firm is seen before, but not in the year before.
    messages, steps : tuple of str
    source : Source
    """

    firms: Integers
    previous: Integers
    y: Array
    free: Array
    state: Array
    proxy: Array
    law: Array
    plain: dict[str, Array]
    labels: pd.DataFrame
    roles: Roles
    gaps: int
    messages: tuple[str, ...]
    steps: tuple[str, ...]
    source: Source

    @property
    def n(self) -> int:
        """Firm-years."""
        return len(self.y)

    @property
    def firm_count(self) -> int:
        """Firms."""
        return int(self.firms[-1]) + 1

    @property
    def moving(self) -> Integers:
        """Positions of rows that have a previous year."""
        return np.flatnonzero(self.previous >= 0)


def read_panel(
    data: Any,
    roles: Roles,
    *,
    firm: str,
    year: str,
    logs: bool,
    drop_nonpositive: tuple[str, ...] = (),
) -> Panel:
    """Check a table and return it as a panel.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
    roles : Roles
    firm, year : str
        Columns; years are whole numbers.
    logs : bool
        Whether output, inputs and proxy are positive levels of which logs are to be taken.
    drop_nonpositive : tuple of str
        Columns (investment) whose zeros and negative values leave the row out instead of being refused.

    Raises
    ------
    LabelError, DataError, SpecError
        Unknown column; duplicate firm-years; years that are not whole numbers; values that have no logarithm;
        columns without values, without variation, or collinear.
    """
    dataset = table_of(data)
    inputs = (roles.output, *roles.free, *roles.state, *roles.proxy)
    _require_distinct(roles)
    wanted = tuple(dict.fromkeys((firm, year, *inputs, *roles.law_columns, *roles.plain, *roles.categories)))
    require_known(wanted, [str(c) for c in dataset.frame.columns], kind="column")
    frame = dataset.frame.loc[:, list(wanted)].reset_index(drop=True)
    columns = {c: _codes(frame[c]) if c in roles.categories else _numbers(frame[c], c) for c in wanted if c != firm}
    frame, columns, messages = _complete(frame, columns, firm, year, wanted)
    where = _labeller(frame, firm, year)
    kept = np.ones(len(frame), dtype=bool)
    for name in dict.fromkeys(inputs):
        if logs:
            columns[name], usable = _logged(columns[name], name, where, name in drop_nonpositive)
            kept &= usable
    if not kept.all():
        which = offenders(drop_nonpositive)
        messages += (
            f"{int((~kept).sum())} of {len(kept)} firm-years have zero or negative {which} and were left out.",
        )
    if not kept.any():
        raise DataError(f"No firm-year has positive {offenders(drop_nonpositive)}.", remedy="Use another proxy.")
    frame, columns = frame[kept].reset_index(drop=True), {c: v[kept] for c, v in columns.items()}
    for name in columns:
        _require_finite(columns[name], name, _labeller(frame, firm, year))
    return _sorted_panel(frame, columns, roles, firm, year, messages, dataset.steps, dataset.source)


def _sorted_panel(
    frame: pd.DataFrame,
    columns: dict[str, Array],
    roles: Roles,
    firm: str,
    year: str,
    messages: tuple[str, ...],
    steps: tuple[str, ...],
    source: Source,
) -> Panel:
    import pandas as pd

    years = columns[year]
    fractional = np.flatnonzero(years != np.round(years))
    if len(fractional):
        raise DataError(
            f"Column {year!r} must hold whole years.",
            where=offenders(_labeller(frame, firm, year)(fractional)),
            remedy="Number the waves 1, 2, 3, ... when they are not years.",
        )
    codes = np.asarray(pd.factorize(frame[firm], sort=True)[0], dtype=np.int64)
    order = np.lexsort((years, codes))
    codes, years = codes[order], years[order].astype(np.int64)
    same = np.concatenate(([False], codes[1:] == codes[:-1]))
    step = np.concatenate(([0], np.diff(years)))
    twice = np.flatnonzero(same & (step == 0))
    if len(twice):
        raise DataError(
            f"{len(twice)} firm-years occur more than once.",
            where=offenders(_labeller(frame.iloc[order].reset_index(drop=True), firm, year)(twice)),
            allowed="one row a firm and year",
            remedy="Keep one row of each, or add up establishments of a firm.",
        )
    columns = {c: v[order] for c, v in columns.items()}
    previous = np.where(same & (step == 1), np.arange(len(codes)) - 1, -1)
    labels = pd.DataFrame({"firm": frame[firm].to_numpy()[order], "year": years})

    def stacked(names: tuple[str, ...]) -> Array:
        return np.column_stack([columns[c] for c in names]) if names else np.zeros((len(codes), 0))

    return Panel(
        codes,
        previous,
        columns[roles.output],
        stacked(roles.free),
        stacked(roles.state),
        stacked(roles.proxy),
        stacked(roles.law_columns),
        {c: columns[c] for c in (*roles.plain, *roles.categories)},
        labels,
        roles,
        int((same & (step > 1)).sum()),
        messages,
        steps,
        source,
    )


def require_transitions(panel: Panel, coefficients: int) -> None:
    """Raise :class:`DataError` when too few rows have a previous year.

    Parameters
    ----------
    panel : Panel
    coefficients : int
        Coefficients that these rows have to carry.
    """
    moving = panel.moving
    waves = panel.labels["year"].nunique()
    if len(moving) == 0:
        found = "There is one wave only." if waves == 1 else "No firm is seen in two consecutive years."
        raise DataError(
            f"{found} The law of productivity needs the previous year.",
            where=f"{panel.n} firm-years, years {offenders(sorted(panel.labels['year'].unique()))}",
            allowed="firms with two or more consecutive years",
            remedy="Number waves 1, 2, 3, ... when they are apart by more than a year; with one wave use method='ols'.",
        )
    _require_law(panel)
    firms = len(np.unique(panel.firms[moving]))
    if firms < FEWEST_FIRMS or len(moving) <= 2 * coefficients:
        raise DataError(
            f"{firms} firms with consecutive years ({len(moving)} firm-years) are too few.",
            where=f"{coefficients} coefficients are to be estimated",
            allowed=f"at least {FEWEST_FIRMS} firms and {2 * coefficients + 1} firm-years with a previous year",
            remedy="Use more firms, a lower degree, or method='ols'.",
        )


def _require_law(panel: Panel) -> None:
    """Raise :class:`DataError` naming a column of the law that is constant or a combination of others."""
    columns = panel.law[panel.previous[panel.moving]]
    names = panel.roles.law_columns
    z = standardise(np.column_stack([np.ones(len(columns)), columns])).matrix
    for j in dependent_columns(z):
        raise DataError(
            f"{names[j - 1]!r} in the year before never varies, or is a combination of other columns of the law.",
            where=f"law {offenders(names)}, {len(columns)} firm-years with a previous year",
            allowed="columns that vary and are linearly independent",
            remedy=f"Leave {names[j - 1]!r} out of law.",
        )


def require_independent(panel: Panel, x: Array, names: tuple[str, ...]) -> None:
    """Raise :class:`DataError` naming a constant column, or one that is a combination of others."""
    constant = [name for name, column in zip(names, x.T, strict=True) if np.ptp(column) == 0.0]
    if constant:
        raise DataError(
            f"{offenders(constant)} never varies.",
            where=f"{panel.n} firm-years",
            allowed="inputs and a proxy that vary",
            remedy="Check the column, or use another proxy.",
        )
    z = standardise(np.column_stack([np.ones(len(x)), x])).matrix
    for j, others in dependent_columns(z).items():
        parts = offenders([names[i - 1] for i in others if i > 0])
        raise DataError(
            f"{names[j - 1]!r} is a linear combination of {parts}: the inputs are perfectly collinear.",
            where=f"columns {offenders(names)}",
            allowed="inputs and a proxy that are linearly independent",
            remedy=f"Leave {names[j - 1]!r} out, or use another proxy.",
        )


def _require_distinct(roles: Roles) -> None:
    names = (roles.output, *roles.free, *roles.state, *roles.proxy)
    twice = [c for c in dict.fromkeys(names) if names.count(c) > 1]
    if twice:
        raise SpecError(
            f"{offenders(twice)} is given more than one part.",
            allowed="output, labour, capital and proxy in different columns",
            remedy="Name each column once.",
        )


def _numbers(column: Any, name: str) -> Array:
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    text = np.flatnonzero(np.isnan(values) & column.notna().to_numpy())
    if len(text):
        raise DataError(
            f"Column {name!r} must hold numbers.",
            where=offenders([str(column.iloc[i]) for i in text]),
            remedy="Read the column as numbers; leave missing cells empty.",
        )
    return np.asarray(values)


def _codes(column: Any) -> Array:
    """Return numbers for labels; NaN where there is none."""
    import pandas as pd

    codes = pd.factorize(column)[0].astype(np.float64)
    return np.where(codes < 0.0, np.nan, codes)


def _complete(
    frame: pd.DataFrame, columns: dict[str, Array], firm: str, year: str, wanted: tuple[str, ...]
) -> tuple[pd.DataFrame, dict[str, Array], tuple[str, ...]]:
    """Leave out rows with a missing cell, with a warning that counts them."""
    missing = {c: np.isnan(columns[c]) if c in columns else frame[c].isna().to_numpy() for c in wanted}
    empty = [c for c in wanted if missing[c].all()]
    if empty:
        raise DataError(
            f"Every cell of {offenders(empty)} is missing.",
            where=f"{len(frame)} rows",
            allowed="columns with values",
            remedy="Check the file, or leave the column out.",
        )
    out = np.logical_or.reduce(list(missing.values()))
    if out.all():
        raise DataError(
            "No row has every column filled in.",
            where=", ".join(f"{c}: {int(m.sum())} missing" for c, m in missing.items() if m.any()),
            remedy="Check which columns are filled in for which years.",
        )
    if not out.any():
        return frame, columns, ()
    shown = offenders(_labeller(frame, firm, year)(np.flatnonzero(out)))
    message = f"{int(out.sum())} of {len(out)} rows have a missing cell and were left out: {shown}."
    warnings.warn(message, MissingRowsWarning, stacklevel=4)
    kept = {c: v[~out] for c, v in columns.items()}
    return frame[~out].reset_index(drop=True), kept, (message,)


def _labeller(frame: pd.DataFrame, firm: str, year: str) -> Any:
    def label(rows: Integers) -> list[str]:
        return [f"{frame[firm].iloc[i]} in {frame[year].iloc[i]}" for i in rows]

    return label


def _logged(values: Array, name: str, where: Any, drop: bool) -> tuple[Array, Any]:
    bad = values <= 0.0
    if bad.any() and not drop:
        raise DataError(
            f"{name!r} is zero or negative in {int(bad.sum())} of {len(bad)} firm-years, so it has no logarithm.",
            where=offenders(where(np.flatnonzero(bad))),
            allowed="positive levels",
            remedy="Leave these firm-years out knowingly, or give logs taken by you with logs=False.",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values), ~bad


def _require_finite(values: Array, name: str, where: Any) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{name!r} is infinite in {len(bad)} firm-years.",
            where=offenders(where(bad)),
            allowed="finite numbers",
            remedy="The logarithm of zero is minus infinity: leave these rows out or empty.",
        )
