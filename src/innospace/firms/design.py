"""From a formula and a table to checked arrays, in one place for every estimator."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance, Source
from innospace.data import formula as language
from innospace.firms.estimates import Array, Integers
from innospace.numerics.linear import dependent_columns, standardise

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays of one equation and the rows they come from.

    Attributes
    ----------
    outcome : str
        Left side of the formula.
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Intercept first when there is one.
    names : tuple of str
        Length k.
    frame : DataFrame
        The rows used, in order, with every column of the table; index 0 to n - 1.
    kept : ndarray of int, shape (n,)
        Positions of the rows used among the rows given.
    rows : int
        Rows given.
    clusters : ndarray of int, shape (n,), or None
        Numbers 0 to G - 1.
    weights : ndarray, shape (n,), or None
    messages : tuple of str
        What a reader should know (rows left out).
    source : Source
    steps : tuple of str
        What was done to the table before.
    """

    outcome: str
    y: Array
    x: Array
    names: tuple[str, ...]
    frame: pd.DataFrame
    kept: Integers
    rows: int
    clusters: Integers | None
    weights: Array | None
    messages: tuple[str, ...]
    source: Source
    steps: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.y)

    def provenance(self, options: dict[str, Any], seed: int | None = None) -> Provenance:
        """Record the table, the options and the present moment."""
        return Provenance.now((self.source,), options, seed)


def design(
    formula: str,
    data: Any,
    *,
    cluster: str | None = None,
    weights: str | None = None,
    also: tuple[str, ...] = (),
) -> Design:
    """Evaluate a formula on a table; rows with a missing cell are left out and counted in a warning.

    Parameters
    ----------
    formula : str
        In the language of :mod:`innospace.data.formula`.
    data : Dataset, pandas or polars frame, or mapping of arrays
    cluster, weights : str, optional
        Columns.
    also : tuple of str
        Further columns whose missing cells leave a row out.

    Raises
    ------
    FormulaError, LabelError, DataError
    """
    dataset = table_of(data)
    parsed = language.parse(formula)
    frame = dataset.frame
    wanted = tuple(dict.fromkeys(c for c in (cluster, weights, *also) if c is not None))
    _require_some(frame, parsed.names, wanted)
    matrices = language.materialise(parsed, frame, wanted)
    used = frame.iloc[matrices.kept].reset_index(drop=True)
    messages = _missing_rows(frame, matrices.kept)
    require_full_rank(matrices.x, matrices.names)
    return Design(
        parsed.outcome.strip("`"),
        matrices.y,
        matrices.x,
        matrices.names,
        used,
        matrices.kept,
        len(frame),
        None if cluster is None else cluster_codes(used, cluster),
        None if weights is None else _weights(used, weights),
        messages,
        dataset.source,
        dataset.steps,
    )


def table_of(data: Any) -> Dataset:
    """Return ``data`` as a dataset with rows.

    Raises
    ------
    SpecError, DataError
        There is no table, or it is empty.
    """
    from innospace.data import as_dataset

    if data is None:
        raise SpecError("A formula needs a table.", remedy="Give data=, a frame with the columns of the formula.")
    dataset = as_dataset(data)
    if len(dataset.frame) == 0:
        raise DataError("The table has no rows.", remedy="Check the file and any filter applied to it.")
    return dataset


def cluster_codes(frame: pd.DataFrame, column: str) -> Integers:
    """Return numbers 0 to G - 1 of the clusters of every row; the column must hold no missing cell.

    Raises
    ------
    LabelError, DataError
        The column is not there, or has one cluster only.
    """
    import pandas as pd

    require_known([column], [str(c) for c in frame.columns], kind="column", where="cluster")
    codes, groups = pd.factorize(frame[column])
    if len(groups) < 2:
        raise DataError(
            "Clustered errors need at least two clusters.",
            where=f"column {column!r} holds {len(groups)}",
            remedy="Name the column that tells the clusters apart, or leave cluster out.",
        )
    return np.asarray(codes, dtype=np.int64)


def require_binary(values: Array, name: str, *, varies: bool = True) -> Array:
    """Return 0 and 1 as booleans would be; raise :class:`DataError` for other values, or only one of them."""
    found = np.unique(values)
    other = found[(found != 0.0) & (found != 1.0)]
    if len(other):
        raise DataError(
            f"{name!r} must hold 0 and 1.",
            where=f"other values: {offenders([float(v) for v in other])}",
            allowed="0 and 1",
            remedy="Make a column that is 1 where the event took place and 0 elsewhere.",
        )
    if varies and len(found) < 2:
        raise DataError(
            f"{name!r} is {found[0]:g} in every row that is used, so there is nothing to estimate.",
            where=f"{len(values)} rows",
            allowed="a column with both 0 and 1",
            remedy="Check the column, the rows left out for missing cells, and any filter.",
        )
    return values


def require_full_rank(x: Array, names: tuple[str, ...]) -> None:
    """Raise :class:`DataError` naming the first column that is a combination of others."""
    if len(x) <= x.shape[1]:
        raise DataError(
            f"{len(x)} rows cannot determine {x.shape[1]} coefficients.",
            where=f"coefficients {offenders(names)}",
            remedy="Add rows or drop regressors.",
        )
    for j, others in dependent_columns(standardise(x).matrix).items():
        # the constant is left out of a standardised matrix, so that a column that never varies has nothing left
        alone = f"{x[0, j]:g} in every row"
        made_of = f"a linear combination of {offenders([names[i] for i in others])}" if others else alone
        raise DataError(
            f"Regressor {names[j]!r} is {made_of}: the regressors are perfectly collinear.",
            where=f"columns {offenders(names)}",
            allowed="regressors that are linearly independent",
            remedy=f"Leave {names[j]!r} out of the formula.",
        )


def _require_some(frame: pd.DataFrame, names: tuple[str, ...], also: tuple[str, ...]) -> None:
    """Raise when a column that is used has no value at all, which is told apart from scattered gaps."""
    columns = [str(c) for c in frame.columns]
    require_known([*names, *also], columns, kind="column")
    empty = [c for c in dict.fromkeys((*names, *also)) if columns.count(c) == 1 and bool(frame[c].isna().all())]
    if empty:
        raise DataError(
            f"Every cell of {offenders(empty)} is missing.",
            where=f"{len(frame)} rows",
            allowed="columns with values",
            remedy="Check the file, or leave the column out.",
        )


def _missing_rows(frame: pd.DataFrame, kept: Integers) -> tuple[str, ...]:
    if len(kept) == len(frame):
        return ()
    missing = np.setdiff1d(np.arange(len(frame)), kept)
    shown = ", ".join(language.row_labels(frame, missing[:5])) + ("" if len(missing) <= 5 else ", ...")
    message = f"{len(missing)} of {len(frame)} rows have a missing cell and were left out: {shown}."
    warnings.warn(message, MissingRowsWarning, stacklevel=4)
    return (message,)


def _weights(frame: pd.DataFrame, column: str) -> Array:
    values = frame[column].to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
    if len(bad):
        raise DataError(
            "Weights must be positive and finite.",
            where=f"column {column!r}: {', '.join(language.row_labels(frame, bad[:5]))}",
            remedy="Drop rows of zero weight before fitting.",
        )
    return np.ascontiguousarray(values)
