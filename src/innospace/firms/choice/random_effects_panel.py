"""Checks of a panel of firms before a random effect is estimated on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.firms.estimates import Array, Integers

if TYPE_CHECKING:
    import pandas as pd


def require_columns(frame: pd.DataFrame, *names: str) -> None:
    """Raise :class:`LabelError` when a column that marks firms or years is not there."""
    require_known(names, [str(c) for c in frame.columns], kind="column", where="firm and year")


def firm_codes(frame: pd.DataFrame, firm: str) -> tuple[Integers, pd.Index]:
    """Return numbers 0 to N - 1 of the firms of every row, and their labels."""
    import pandas as pd

    codes, labels = pd.factorize(frame[firm], sort=False)
    return np.asarray(codes, dtype=np.int64), pd.Index(labels)


def require_unique_years(frame: pd.DataFrame, firm: str, year: str) -> None:
    """Raise :class:`DataError` naming firm-years that appear more than once."""
    twice = frame[frame.duplicated([firm, year], keep=False)]
    if len(twice):
        shown = list(dict.fromkeys(f"{f}, {y}" for f, y in zip(twice[firm], twice[year], strict=True)))
        raise DataError(
            f"{len(shown)} firm-year{'s' if len(shown) > 1 else ''} appear more than once.",
            where=f"columns {firm!r} and {year!r}: {offenders(shown)}",
            allowed="one row for every firm and year",
            remedy="Leave out or add up the copies, or name the column that tells them apart as part of the firm.",
        )


def require_identified(y: Array, codes: Integers, firm: str, outcome: str) -> None:
    """Raise :class:`DataError` when sigma_u cannot be told from noise.

    Every firm has one period only, or the outcome never changes within any firm.
    """
    counts = np.bincount(codes)
    if counts.max() < 2:
        raise DataError(
            "Every firm has one period only, so a random effect cannot be told from noise.",
            where=f"column {firm!r}: {len(counts)} firms in {len(y)} rows",
            allowed="at least two periods for some firms",
            remedy="Check that this column names firms, not rows; for a cross-section use a plain probit.",
        )
    ones = np.bincount(codes, weights=y)
    if not ((ones > 0) & (ones < counts)).any():
        raise DataError(
            f"{outcome!r} never changes within any firm, so sigma_u grows without bound.",
            where=f"{len(counts)} firms in {len(y)} rows",
            allowed="an outcome that changes over time in some firms",
            remedy="Take one row a firm and use a plain probit.",
        )
