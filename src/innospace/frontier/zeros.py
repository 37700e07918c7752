"""Zeros in columns whose logarithms a formula takes: left out or replaced by a stated rule, and told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import SpecError
from innospace.data.formula import row_labels

if TYPE_CHECKING:
    from innospace.data import Dataset

_LOG = re.compile(r"\blog(?:10|2)?\(\s*(?:`([^`]+)`|([^\W\d]\w*))\s*\)")
_SHOWN = 5


def logged_columns(formula: str) -> tuple[str, ...]:
    """Return the columns whose logarithms a formula takes, in order."""
    return tuple(dict.fromkeys(ticked or plain for ticked, plain in _LOG.findall(formula)))


def without_zeros(dataset: Dataset, formula: str, rule: str, value: float | None) -> Dataset:
    """Return a table with no zero in a column whose logarithm a formula takes.

    Parameters
    ----------
    dataset : Dataset
    formula : str
    rule : str
        ``drop`` leaves rows out, ``replace`` puts ``value`` in place of zeros, ``error`` leaves them as they are.
    value : float, optional
        In the units of the column; must be given to replace.

    Raises
    ------
    SpecError
        Zeros are to be replaced and nothing says by what.
    """
    import pandas as pd

    frame = dataset.frame
    columns = [c for c in logged_columns(formula) if c in frame.columns]
    numbers = [c for c in columns if pd.api.types.is_numeric_dtype(frame[c].dtype)]
    zero = {c: (frame[c] == 0).to_numpy(dtype=bool, na_value=False) for c in numbers}
    zero = {c: rows for c, rows in zero.items() if rows.any()}
    if rule == "error" or not zero:
        return dataset
    if rule == "replace" and value is None:
        raise SpecError(
            "Zeros are to be replaced, and nothing says by what.",
            where="key 'zero_rule'",
            allowed="zero_value: a positive number in the units of the column, below its smallest positive value",
            remedy='Add a line such as zero_value = 0.1, or use zero_rule = "drop".',
        )
    steps = []
    for column, rows in zero.items():
        where = np.flatnonzero(rows)
        shown = ", ".join(row_labels(frame, where[:_SHOWN])) + ("" if len(where) <= _SHOWN else ", ...")
        done = "left out" if rule == "drop" else f"replaced by {value:g} (assumed)"
        steps.append(
            f"{column} is zero in {len(where)} of {len(frame)} rows; zero has no logarithm, and these "
            f"{'rows were' if rule == 'drop' else 'zeros were'} {done}: {shown}."
        )
    if rule == "drop":
        any_zero = np.any(list(zero.values()), axis=0)
        frame = frame[~any_zero].reset_index(drop=True)
    else:
        frame = frame.assign(**{c: frame[c].mask(rows, value) for c, rows in zero.items()})
    made = dataset.with_frame(frame)
    for step in steps:
        made = made.with_frame(made.frame, step)
    return made
