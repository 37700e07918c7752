"""From a panel of firms to the rows of a dynamic model: outcome of the year before, first outcome, means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.data import formula as language
from innospace.firms.choice.random_effects_panel import firm_codes, require_columns, require_unique_years
from innospace.firms.design import Design, design, require_binary, require_full_rank, table_of
from innospace.firms.estimates import Array, Integers
from innospace.numerics.linear import intercept_column

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset

MEANS = ("later", "all", "none")
FIRST = "_first_outcome"
BEFORE = "_outcome_before"
FIRST_YEAR = "_first_year"


@dataclass(frozen=True, slots=True)
class DynamicRows:
    """Rows of a dynamic model.

    Attributes
    ----------
    table : Dataset
        As given, with the outcomes before and first.
    year : str
        Column of the year.
    design : Design
        Of all rows with complete cells, the first of every firm among them.
    later : Design
        Of the rows used; a category that occurs in first years only is not among its columns.
    codes : ndarray of int, shape (n,)
        Firm of every row of ``design``.
    labels : Index
        Names of the firms.
    before, first : ndarray, shape (n,)
        Outcome one step earlier (NaN where that year is not there) and in the firm's first year.
    used : ndarray of bool, shape (n,)
        Rows with an outcome one step earlier.
    initial : ndarray of bool, shape (n,)
        Rows of the firm's first year.
    messages : tuple of str
        What was left out and why.
    counts : dict of str to float
    """

    table: Dataset
    year: str
    design: Design
    later: Design
    codes: Integers
    labels: pd.Index
    before: Array
    first: Array
    used: np.ndarray[Any, np.dtype[np.bool_]]
    initial: np.ndarray[Any, np.dtype[np.bool_]]
    messages: tuple[str, ...]
    counts: dict[str, float]


def dynamic_rows(
    formula: str,
    data: Any,
    *,
    firm: str,
    year: str,
    step: int,
    cluster: str | None,
    lag: str = "",
    initial: str = "",
) -> DynamicRows:
    """Find the outcome one step earlier and the first outcome of every firm.

    Parameters
    ----------
    formula : str
    data : Dataset, frame or mapping of arrays
    firm, year : str
        Columns.
    step : int
        Years between waves.
    cluster : str or None
    lag, initial : str
        Ready-made columns to take instead.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
    """
    import pandas as pd

    dataset = table_of(data)
    outcome = _outcome(formula)
    ready = tuple(c for c in (lag, initial) if c)
    require_columns(dataset.frame, firm, year, *ready)
    require_known([outcome], [str(c) for c in dataset.frame.columns], kind="column", where=f"formula {formula!r}")
    require_years(dataset.frame, year, step)
    present = dataset.frame[[firm, year]].notna().all(axis=1)
    require_unique_years(dataset.frame[present], firm, year)
    frame = dataset.frame.assign(**{year: pd.to_numeric(dataset.frame[year])})
    table = dataset.with_frame(frame.assign(**_history(frame, outcome, firm, year, step)))
    d = design(formula, table, cluster=cluster, also=(firm, year, *ready))
    require_binary(d.y, outcome)
    before = d.frame[lag or BEFORE].to_numpy(dtype=np.float64)
    first = d.frame[initial or FIRST].to_numpy(dtype=np.float64)
    for values, name in ((before, lag or f"lag of {outcome}"), (first, initial or f"first {outcome}")):
        require_binary(values[np.isfinite(values)], name, varies=False)
    at_start = d.frame[year].to_numpy(dtype=np.float64) == d.frame[FIRST_YEAR].to_numpy(dtype=np.float64)
    codes, labels = firm_codes(d.frame, firm)
    used = np.isfinite(before)
    messages, counts = _told(used, at_start, codes, step)
    later = design(formula, table.with_frame(d.frame[used]))
    return DynamicRows(table, year, d, later, codes, labels, before, first, used, at_start, messages, counts)


def _outcome(formula: str) -> str:
    parsed = language.parse(formula)
    if parsed.outcome.strip("`") != parsed.names[0]:
        raise SpecError(
            "A dynamic model needs a column as outcome, since its earlier values become a regressor.",
            where=repr(parsed.outcome),
            allowed="the name of a column with 0 and 1",
            remedy="Compute the outcome as a column of the table first.",
        )
    return parsed.names[0]


def require_years(frame: pd.DataFrame, year: str, step: int) -> None:
    """Raise when years are not whole numbers, or the step is not a positive one."""
    import pandas as pd

    if step < 1:
        raise SpecError(f"A step of {step} years is not possible.", where="step", allowed="1, 2, 3 and so on")
    years = pd.to_numeric(frame[year], errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero((~np.isfinite(years) & frame[year].notna().to_numpy()) | (np.mod(years, 1.0) > 0))
    if len(bad):
        raise DataError(
            f"Column {year!r} must hold whole years, so that the year before can be found.",
            where=", ".join(language.row_labels(frame, bad[:5])),
            allowed="whole numbers",
            remedy="Make a column with the year as a number.",
        )


def _history(frame: pd.DataFrame, outcome: str, firm: str, year: str, step: int) -> dict[str, Any]:
    """Return columns with the outcome one step earlier, the outcome of the first year, and that year.

    They come from all rows where the outcome is known, also those that lack another cell.
    """
    import pandas as pd

    known = pd.DataFrame({"firm": frame[firm], "year": frame[year], "outcome": frame[outcome]}).dropna()
    known["year"] = known["year"].astype(np.int64)
    keys = pd.MultiIndex.from_arrays([known["firm"], known["year"]])
    by_year = pd.Series(known["outcome"].to_numpy(), index=keys)
    wanted = pd.MultiIndex.from_arrays([frame[firm], frame[year] - step])
    starts = known.sort_values("year", kind="stable").drop_duplicates("firm").set_index("firm")
    return {
        BEFORE: by_year.reindex(wanted).to_numpy(),
        FIRST: frame[firm].map(starts["outcome"]).to_numpy(),
        FIRST_YEAR: frame[firm].map(starts["year"]).to_numpy(),
    }


def _told(used: Any, at_start: Any, codes: Integers, step: int) -> tuple[tuple[str, ...], dict[str, float]]:
    gaps = int((~used & ~at_start).sum())
    starts = int((~used & at_start).sum())
    if not used.any():
        raise DataError(
            f"No row has an outcome of the same firm {step} year{'s' if step > 1 else ''} earlier.",
            where=f"{len(used)} rows of {codes.max() + 1} firms",
            allowed="firms that are observed in consecutive waves",
            remedy="Give step= the number of years between waves, and check the firm and year columns.",
        )
    if np.bincount(codes[used]).max() < 2:
        raise DataError(
            "No firm has more than two waves in a row, so lasting differences cannot be told from state dependence.",
            where=f"{int(used.sum())} rows with an outcome before, one a firm",
            allowed="three waves or more for some firms",
            remedy="With two waves fit a probit of the second on the outcome of the first, and say that its "
            "coefficient mixes both; or add waves.",
        )
    without = int(codes.max() + 1 - len(np.unique(codes[used])))
    counts = {"first_years": float(starts), "rows_after_gaps": float(gaps), "firms_without_history": float(without)}
    messages = []
    if gaps:
        messages.append(
            f"{gaps} row{'s' if gaps > 1 else ''} after a gap in a firm's years have no outcome {step} "
            f"year{'s' if step > 1 else ''} earlier and were left out; earlier outcomes are never taken over a gap."
        )
    if without:
        messages.append(f"{without} firm{'s' if without > 1 else ''} without two waves in a row were left out.")
    return tuple(messages), counts


@dataclass(frozen=True, slots=True)
class Columns:
    """Regressors of the outcome equation.

    Attributes
    ----------
    x : ndarray, shape (m, k)
        Of the rows used.
    names : tuple of str
    controls : tuple of str
        Columns that stand for the unobserved effect: first outcome, means, first values.
    """

    x: Array
    names: tuple[str, ...]
    controls: tuple[str, ...]


def outcome_columns(
    rows: DynamicRows, outcome: str, *, lag: str, year: str, means: str = "none", initial: str = "", conditions: bool
) -> Columns:
    """Put regressors together: constant, lag, regressors and, where ``conditions``, first outcome and means.

    Parameters
    ----------
    rows : DynamicRows
    outcome : str
    lag, initial : str
        Names of ready-made columns; empty for columns made here.
    year : str
    means : str
        ``later`` (means over the rows used), ``all`` (the first year too) or ``none``.
    conditions : bool
        Whether to add the first outcome and the means (Wooldridge), or not (Heckman).
    """
    used, x, names = rows.used, rows.later.x, list(rows.later.names)
    constant = intercept_column(x)
    place = 0 if constant is None else constant + 1
    parts = [x[:, :place], rows.before[used][:, None], x[:, place:]]
    names = [*names[:place], lag or f"lag_{outcome}", *names[place:]]
    controls: list[str] = []
    if conditions:
        parts.append(rows.first[used][:, None])
        controls.append(initial or f"initial_{outcome}")
        if means != "none":
            found, labels = _means(rows, means, year)
            parts.append(found)
            controls += labels
    whole, all_names = np.column_stack(parts), (*names, *controls)
    require_full_rank(whole, all_names)
    return Columns(whole, all_names, tuple(controls))


def _means(rows: DynamicRows, means: str, year: str) -> tuple[Array, list[str]]:
    """Return firm means of the regressors that vary within firms, other than pure effects of the year."""
    used = rows.used
    d, codes = (rows.design, rows.codes) if means == "all" else (rows.later, rows.codes[used])
    years = np.unique(d.frame[year].to_numpy(dtype=np.float64), return_inverse=True)[1]
    counts = np.maximum(np.bincount(codes, minlength=len(rows.labels)), 1)
    found, labels = [], []
    for column, name in zip(d.x.T, d.names, strict=True):
        if name not in rows.later.names or _constant_within(column, codes) or _constant_within(column, years):
            continue
        totals = np.bincount(codes, weights=column, minlength=len(rows.labels))
        found.append((totals / counts)[rows.codes[used]])
        labels.append(f"mean_{name}")
    return np.array(found).reshape(len(found), int(used.sum())).T, labels


def _constant_within(column: Array, groups: Integers) -> bool:
    counts = np.maximum(np.bincount(groups), 1)
    mean = (np.bincount(groups, weights=column) / counts)[groups]
    return bool(np.all(np.abs(column - mean) <= 1e-12 * (1.0 + np.abs(column).max())))
