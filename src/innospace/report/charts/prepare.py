"""Chart data: the columns a figure names, checked, under fixed names that no drawing program can misread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, LabelError, offenders
from innospace.core.figure import Figure
from innospace.core.numbers import fixed
from innospace.report.text import one_line

if TYPE_CHECKING:
    import pandas as pd


def column(figure: Figure, key: str, *, required: bool = True) -> str | None:
    """Return the column of ``figure.data`` that plays the part ``key``.

    Raises
    ------
    LabelError
        When the part is needed and missing, or the column does not exist.
    """
    name = figure.encoding.get(key)
    if name is None:
        if required:
            raise LabelError(
                f"Figure {figure.name!r} does not say which column is its {key!r}.",
                allowed=offenders(map(str, figure.data.columns), shown=12),
                remedy=f"Set encoding[{key!r}] to a column of its data.",
            )
        return None
    if name not in figure.data.columns:
        raise LabelError(
            f"Figure {figure.name!r} has no column {name!r}, which its encoding names as {key!r}.",
            allowed=offenders(map(str, figure.data.columns), shown=12),
        )
    return str(name)


def numbers(figure: Figure, key: str, *, required: bool = True) -> Any:
    """Return a part as floats, shape (n,), NaN where missing; ``None`` when an optional part is absent.

    Raises
    ------
    DataError
        When the column holds text.
    """
    import pandas as pd

    name = column(figure, key, required=required)
    if name is None:
        return None
    try:
        return pd.to_numeric(figure.data[name], errors="raise").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"Column {name!r} of figure {figure.name!r} is its {key!r} and must hold numbers.",
            where=str(error),
            remedy="Convert the column before making the figure.",
        ) from error


def texts(figure: Figure, key: str, *, required: bool = True) -> list[str] | None:
    """Return a part as one-line text."""
    name = column(figure, key, required=required)
    return None if name is None else [one_line(v) for v in figure.data[name]]


def flags(figure: Figure) -> Any:
    """Return which rows are highlighted, shape (n,); missing counts as not."""
    name = column(figure, "highlight", required=False)
    if name is None:
        return np.zeros(len(figure.data), dtype=bool)
    return figure.data[name].fillna(False).to_numpy(dtype=bool)


def drawable(figure: Figure, frame: pd.DataFrame, keys: tuple[str, ...], positive: tuple[str, ...] = ()) -> Any:
    """Return the rows whose ``keys`` are finite (and positive where the axis is logarithmic), and notes on the rest.

    Raises
    ------
    DataError
        When no row is left.
    """
    keep = np.isfinite(frame[list(keys)].to_numpy(dtype=float)).all(axis=1)
    for key in positive:
        keep &= frame[key].to_numpy(dtype=float) > 0.0
    left_out = int((~keep).sum())
    if left_out == len(frame):
        raise DataError(
            f"Figure {figure.name!r} has nothing to draw.",
            where=f"{len(frame)} rows, all missing, not finite{' or not positive' if positive else ''}",
            remedy="Leave the figure out or give it rows with numbers.",
        )
    why = "missing or not positive" if positive else "missing"
    notes = (f"{left_out} of {len(frame)} rows are {why} and not drawn.",) if left_out else ()
    return frame[keep].reset_index(drop=True), notes


def thin(frame: pd.DataFrame, most: int, what: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return at most ``most`` rows, all highlighted ones (column ``on``) among them, and a note that says so.

    Rows are drawn at random with a fixed seed, so the same figure looks the same every time.
    """
    import pandas as pd

    if len(frame) <= most:
        return frame, ()
    on, rest = frame[frame["on"]].head(most), frame[~frame["on"]]
    kept = pd.concat([on, rest.sample(most - len(on), random_state=0)]).sort_index().reset_index(drop=True)
    return kept, (f"Drawn: {fixed(len(kept), 0)} of {fixed(len(frame), 0)} {what}, chosen at random.",)
