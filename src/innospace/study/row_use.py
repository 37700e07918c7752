"""Which rows of a table a formula uses, and which it loses and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.labels import require_known

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Lost:
    """Rows that a formula cannot use: why, how many, and the first of them by name."""

    why: str
    count: int
    first: tuple[str, ...]

    def __str__(self) -> str:
        rest = self.count - len(self.first)
        named = ", ".join(self.first) + (f" and {rest} more" if rest > 0 else "")
        return f"{self.count} {'row has' if self.count == 1 else 'rows have'} {self.why}: {named}."


@dataclass(frozen=True, slots=True)
class RowUse:
    """Rows of a table, how many of them a formula uses, and which it loses and why."""

    rows: int
    used: int
    lost: tuple[Lost, ...] = ()


def row_use(frame: pd.DataFrame, formula: str, zero_rule: str = "", names: Sequence[str] = ()) -> RowUse:
    """Count the rows that a formula uses and loses.

    Parameters
    ----------
    frame : DataFrame
    formula : str
        In the language of :mod:`innospace.data.formula`, with the parts of a frontier.
    zero_rule : str
        ``replace`` keeps rows whose logarithms would be those of zero.
    names : sequence of str
        Columns that name a row.

    Raises
    ------
    FormulaError, LabelError
        The formula is not in the language, or names a column that is not there.
    """
    from innospace.data.formula import parse
    from innospace.frontier.spec import WITH_INTERCEPT
    from innospace.frontier.zeros import logged_columns

    parsed = parse(formula, WITH_INTERCEPT)
    require_known(list(parsed.names), [str(c) for c in frame.columns], kind="column", where=f"formula {formula!r}")
    empty = frame[list(parsed.names)].isna().to_numpy().any(axis=1)
    lost = [_lost("a missing cell in a column of the formula", empty, frame, names)]
    below = np.zeros(len(frame), dtype=bool)
    for column in logged_columns(formula):
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan) if _is_number(frame[column]) else None
        if values is None:
            continue
        wrong = np.less(values, 0.0) if zero_rule == "replace" else np.less_equal(values, 0.0)
        zero = np.asarray(~empty & ~below & wrong)
        lost.append(_lost(f"no logarithm of {column} (zero or negative)", zero, frame, names))
        below |= zero
    return RowUse(len(frame), int((~empty & ~below).sum()), tuple(x for x in lost if x.count))


def _is_number(column: pd.Series) -> bool:
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(column.dtype))


def _lost(why: str, rows: Any, frame: pd.DataFrame, names: Sequence[str]) -> Lost:
    where = np.flatnonzero(rows)
    first = [
        " ".join(str(frame[c].iloc[int(i)]) for c in names) if names else f"row {int(i) + 1}" for i in where[:SHOWN]
    ]
    return Lost(why, len(where), tuple(first))
