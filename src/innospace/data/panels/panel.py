"""A panel of firms: a table in which firm and year name a row, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.dataset import Dataset, as_dataset

if TYPE_CHECKING:
    import pandas as pd

Integers = NDArray[np.int64]
_SHOWN_WAVES = 6


@dataclass(frozen=True, slots=True)
class FirmPanel:
    """A table of firm-years.

    Attributes
    ----------
    dataset : Dataset
        One row a firm and year.
    firm, year : str
        Columns that name a row; neither has a missing cell, and no pair occurs twice. ``year`` is empty for rows
        without years.
    waves : tuple of int
        Years that occur, ascending; none without years.
    """

    dataset: Dataset
    firm: str
    year: str
    waves: tuple[int, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """The table."""
        return self.dataset.frame

    def with_frame(self, frame: pd.DataFrame, step: str) -> FirmPanel:
        """Return the panel with other columns, rows unchanged, and one more step."""
        return replace(self, dataset=self.dataset.with_frame(frame, step))

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, counted, preview

        waves = [str(w) for w in self.waves]
        shown = ", ".join(waves) if len(waves) <= _SHOWN_WAVES else f"{len(waves)} from {waves[0]} to {waves[-1]}"
        size = f"{counted(self.frame[self.firm].nunique(), 'firm')}, {counted(len(self.frame), 'row')}"
        facts = [
            ("Size", f"{size}, {counted(self.frame.shape[1], 'column')}"),
            ("Firm", self.firm),
            ("Year", self.year),
            ("Waves", shown),
            ("Nature", self.dataset.source.nature),
            ("Steps", " ".join(self.dataset.steps)),
        ]
        return card(self.dataset.source.name, facts, preview(self.frame))


def panel_of(data: Any, firm: str = "firm", year: str = "year") -> FirmPanel:
    """Return a long table as a panel.

    Parameters
    ----------
    data : FirmPanel, Dataset, pandas or polars frame, or mapping of arrays
        One row a firm and year. A panel is returned as it is.
    firm, year : str
        Columns of firm labels and of calendar years (whole numbers).

    Raises
    ------
    LabelError
        A column is not there.
    DataError
        No rows, a missing firm or year, a year that is not a whole number, or a firm-year that occurs twice.
    """
    if isinstance(data, FirmPanel):
        return data
    dataset = as_dataset(data)
    frame = dataset.frame
    if len(frame) == 0:
        raise DataError("The panel has no rows.", where=dataset.source.name, remedy="Check the file and any filter.")
    require_known([firm, year], [str(c) for c in frame.columns], kind="column", where="names of firm and year")
    _require_filled(frame, (firm, year))
    years = _whole_years(frame, firm, year)
    if frame[year].dtype.kind not in "iu":
        dataset = dataset.with_frame(frame.assign(**{year: years}))
    waves, wave_codes = _waves(years)
    panel = FirmPanel(dataset, firm, year, waves)
    _require_unique(panel, wave_codes)
    return panel


def from_waves(
    data: Any,
    firm: str = "firm",
    stubs: Sequence[str] = (),
    waves: Sequence[int] = (),
    sep: str = "_",
    year: str = "year",
) -> FirmPanel:
    """Return a wide table (``export_2005``, ``export_2009``) as a panel.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
        One row a firm.
    firm : str
        Column of firm labels.
    stubs : sequence of str
        Names before the year: the columns of the panel that change between waves.
    waves : sequence of int
        Years, two or more.
    sep : str
        Between stub and year.
    year : str
        Name of the new column of years.

    Returns
    -------
    FirmPanel
        One row a firm and wave; columns without a wave are repeated.

    Raises
    ------
    LabelError
        ``{stub}{sep}{wave}`` is not there.
    DataError
        Fewer than two waves, no stub, or a name that is taken.
    """
    import pandas as pd

    dataset = as_dataset(data)
    frame = dataset.frame
    names = [str(c) for c in frame.columns]
    if len(set(waves)) < 2 or not stubs:
        raise DataError(
            f"{len(set(waves))} wave and {len(stubs)} column names do not make a panel.",
            allowed="two waves or more, and one stub or more",
            remedy="Name them, for example stubs=['export'], waves=[2005, 2009].",
        )
    wide = [f"{stub}{sep}{wave}" for stub in stubs for wave in waves]
    require_known([firm, *wide], names, kind="column", where=f"stub{sep}wave")
    rest = [n for n in names if n not in wide and n != firm]
    taken = [n for n in (year, *stubs) if n in rest or n == firm]
    if taken:
        raise DataError(
            f"The panel needs the column {offenders(taken)}, which the table already has.",
            remedy="Rename it or leave it out.",
        )
    ordered = sorted({int(w) for w in waves})
    parts = []
    for wave in ordered:
        part = frame[[firm, *(f"{s}{sep}{wave}" for s in stubs), *rest]]
        part = part.set_axis([firm, *stubs, *rest], axis=1)
        part.insert(1, year, wave)
        parts.append(part)
    order = np.arange(len(frame) * len(ordered)).reshape(len(ordered), len(frame)).T.ravel()
    long = pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)
    step = f"{len(wide)} columns of {len(ordered)} waves were turned into rows, one a firm and wave."
    return panel_of(dataset.with_frame(long, step), firm, year)


def firm_codes(panel: FirmPanel) -> tuple[Integers, Any]:
    """Return a number 0 to F - 1 for the firm of every row, and the firms in the order of the numbers."""
    import pandas as pd

    codes, labels = pd.factorize(panel.frame[panel.firm])
    return np.asarray(codes, dtype=np.int64), labels


def wave_codes(panel: FirmPanel) -> Integers:
    """Return the number of the wave of every row, 0 to T - 1."""
    years = panel.frame[panel.year].to_numpy()
    return np.asarray(np.searchsorted(np.array(panel.waves), years), dtype=np.int64)


def row_names(panel: FirmPanel, positions: Any, shown: int = 5) -> str:
    """Name rows for a message: ``firm 45 in 1992, firm 45 in 1993 and 7 more``."""
    head = panel.frame.iloc[np.asarray(positions)[:shown]]
    names = [f"{panel.firm} {f}" for f in head[panel.firm]]
    if panel.year:
        names = [f"{name} in {y}" for name, y in zip(names, head[panel.year], strict=True)]
    rest = len(positions) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest > 0 else "")


def require_waves(panel: FirmPanel, first: int | None = None, last: int | None = None) -> tuple[int, int]:
    """Return the first and last wave to compare; both must be waves of the panel, and differ.

    Raises
    ------
    DataError
        The panel has one wave, or the last does not follow the first.
    LabelError
        A year is not a wave.
    """
    if len(panel.waves) < 2:
        raise DataError(
            f"The panel has one wave, {panel.waves[0]}; two are needed.",
            where=f"column {panel.year!r}",
            allowed="firms observed in two years or more",
            remedy="Add the other wave, or check the filter on years.",
        )
    known = [str(w) for w in panel.waves]
    require_known([str(w) for w in (first, last) if w is not None], known, kind="wave", where=f"column {panel.year!r}")
    begin = panel.waves[0] if first is None else int(first)
    end = panel.waves[-1] if last is None else int(last)
    if begin >= end:
        raise DataError(
            f"The first wave ({begin}) must come before the last ({end}).",
            allowed=offenders(panel.waves, shown=12),
            remedy="Name an earlier first= or a later last=.",
        )
    return begin, end


def _require_filled(frame: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        missing = np.flatnonzero(frame[name].isna().to_numpy())
        if len(missing):
            raise DataError(
                f"Column {name!r} has {len(missing)} missing cell{'s' if len(missing) > 1 else ''}.",
                where=f"rows {offenders((missing + 1).tolist())}",
                allowed="a firm and a year in every row",
                remedy="Fill them in or leave these rows out.",
            )


def _whole_years(frame: pd.DataFrame, firm: str, year: str) -> Integers:
    column = frame[year]
    if column.dtype.kind in "iu":
        return np.asarray(column.to_numpy())
    bad: Any = np.arange(len(frame))
    if column.dtype.kind == "f":
        values = column.to_numpy(dtype=np.float64)
        bad = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
        if len(bad) == 0:
            return values.astype(np.int64)
    shown = [f"firm {f}: {y!r}" for f, y in zip(frame[firm].iloc[bad[:5]], column.iloc[bad[:5]].tolist(), strict=True)]
    raise DataError(
        f"Column {year!r} must hold whole years.",
        where=", ".join(shown) + (f" and {len(bad) - 5} more" if len(bad) > 5 else ""),
        allowed="whole numbers such as 2005",
        remedy="Turn dates and text into years first.",
    )


def _waves(years: Integers) -> tuple[tuple[int, ...], Integers]:
    low, high = int(years.min()), int(years.max())
    if high - low < 10_000:
        present = np.flatnonzero(np.bincount(years - low)) + low
        return tuple(present.tolist()), np.asarray(years - low, dtype=np.int64)
    found, codes = np.unique(years, return_inverse=True)
    return tuple(found.tolist()), np.asarray(codes, dtype=np.int64)


def _require_unique(panel: FirmPanel, years: Integers) -> None:
    key = firm_codes(panel)[0]
    key *= int(years.max()) + 1
    key += years
    ordered = np.sort(key)
    if not bool((ordered[1:] == ordered[:-1]).any()):
        return
    import pandas as pd

    again = np.flatnonzero(pd.Series(key).duplicated().to_numpy())
    raise DataError(
        f"{len(again)} firm-year{'s occur' if len(again) > 1 else ' occurs'} more than once.",
        where=row_names(panel, again),
        allowed="one row a firm and year",
        remedy="Drop or merge the copies, or name the column that tells the rows apart as part of the firm.",
    )
