"""Status classes of a channel of trade: never, starter, quitter, continuous, and switchers between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.panels.panel import FirmPanel, Integers, firm_codes, require_waves, row_names, wave_codes

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("never", "starter", "quitter", "continuous", "switcher")
"""In the order of every table. ``switcher``: the same at both ends, changed in between (three waves or more)."""
MIN_FIRMS = 10
"""With fewer firms in a class, its number is shown and nothing is headlined about it."""
GAPS = ("missing", "ignore")
_NEVER, _STARTER, _QUITTER, _CONTINUOUS, _SWITCHER, _UNKNOWN = 0, 1, 2, 3, 4, -1


@dataclass(frozen=True, slots=True)
class StatusClasses:
    """Class of every firm on one channel.

    Attributes
    ----------
    channel : str
    first, last : int
        Waves compared.
    firms : ndarray or Index, shape (F,)
        Labels.
    codes : ndarray of int8, shape (F,)
        Position in :data:`CLASSES`; -1 where a missing cell leaves the class open.
    entry_year : ndarray of float, shape (F,)
        First year with status 1 (the first wave for firms that trade from the start); 0 for firms that never do;
        NaN where a missing cell leaves it open.
    rows : ndarray of int, shape (n,)
        Number of the firm of every row of the panel.
    """

    channel: str
    first: int
    last: int
    firms: Any
    codes: NDArray[np.int8]
    entry_year: NDArray[np.float64]
    rows: Integers

    @property
    def missing(self) -> int:
        """Firms whose class a missing cell leaves open."""
        return int((self.codes == _UNKNOWN).sum())

    def count(self, name: str) -> int:
        """Return the firms of a class."""
        require_known([name], CLASSES, kind="status class", where=self.channel)
        return int((self.codes == CLASSES.index(name)).sum())

    def frame(self) -> pd.DataFrame:
        """Return one row a firm: ``firm``, ``class`` (missing where open), ``entry_year`` (whole, may be missing)."""
        import pandas as pd

        labels = np.array([*CLASSES, None], dtype=object)[self.codes]
        year = pd.Series(self.entry_year).astype("Int64")
        return pd.DataFrame({"firm": self.firms, "class": pd.array(labels, dtype="str"), "entry_year": year})


def status_values(panel: FirmPanel, column: str, *, varies: bool = False) -> NDArray[np.int8]:
    """Return a 0/1 column as whole numbers with -1 for a missing cell, shape (n,).

    Raises
    ------
    LabelError, DataError
        The column is not there, holds other values (the first rows are named), or is constant and must not be.
    """
    require_known([column], [str(c) for c in panel.frame.columns], kind="column", where="status")
    cells = panel.frame[column]
    if cells.dtype.kind not in "biuf" and str(cells.dtype).lower() not in ("boolean", "int64", "int8", "float64"):
        raise DataError(
            f"{column!r} must hold 0 and 1; it holds text.",
            where=f"column {column!r}: {offenders(cells.dropna().unique().tolist())}",
            allowed="0, 1, and an empty cell for a missing value",
            remedy="Make a column that is 1 where the firm trades and 0 elsewhere.",
        )
    missing = cells.isna().to_numpy()
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan) if missing.any() else cells.to_numpy()
    other = np.flatnonzero(~missing & (values != 0) & (values != 1))
    if len(other):
        found = np.unique(values[other]).tolist()
        raise DataError(
            f"{column!r} must hold 0 and 1, and {len(other)} of {len(values)} cells do not.",
            where=f"values {offenders([f'{v:g}' for v in found])}: {row_names(panel, other)}",
            allowed="0, 1, and an empty cell for a missing value",
            remedy=f"If {found[0]:g} marks firms that were not active or not asked, leave these rows out, for example "
            f"with where=['{column} >= 0'].",
        )
    result = np.full(len(values), _UNKNOWN, dtype=np.int8)
    np.copyto(result, values.astype(np.int8) if not missing.any() else values == 1, where=~missing, casting="unsafe")
    known = result[result >= 0]
    if len(known) == 0:
        raise DataError(f"Every cell of {column!r} is missing.", where=f"{len(values)} rows", remedy="Check the file.")
    if varies and bool((known == known[0]).all()):
        raise DataError(
            f"{column!r} is {known[0]} in every row that is used, so there is nothing to compare.",
            where=f"{len(known)} rows",
            allowed="a column with both 0 and 1",
            remedy="Check the column, the rows left out for missing cells, and any filter.",
        )
    return result


def status_classes(
    panel: FirmPanel, channel: str, first: int | None = None, last: int | None = None, gaps: str = "missing"
) -> StatusClasses:
    """Sort firms into status classes of a 0/1 channel.

    ====================  ==============================================================================
    never                 0 in every wave
    starter               0 in the first wave and 1 in the last
    quitter               1 in the first wave and 0 in the last
    continuous            1 in every wave
    switcher              the same in the first and the last wave, another status in between
    ====================  ==============================================================================

    With two waves these are (0,0), (0,1), (1,0), (1,1), and there are no switchers.

    Parameters
    ----------
    panel : FirmPanel
    channel : str
        Column with 0, 1 and missing cells.
    first, last : int, optional
        Waves compared; the panel's first and last.
    gaps : str
        ``missing``: a firm without status at either end, or whose status between the ends is needed and not known
        (never, continuous, year of entry), has no class or no year of entry. ``ignore``: only the ends must be
        known; waves between in which the firm is not observed are passed over.

    Raises
    ------
    LabelError, DataError
        One wave, other values than 0 and 1, no firm with a status at both ends.
    """
    require_known([gaps], GAPS, kind="rule for gaps")
    begin, end = require_waves(panel, first, last)
    waves = np.array([w for w in panel.waves if begin <= w <= end])
    values = status_values(panel, channel)
    rows, firms = firm_codes(panel)
    table = np.full((len(firms), len(panel.waves)), _UNKNOWN, dtype=np.int8)
    table[rows, wave_codes(panel)] = values
    table = table[:, np.searchsorted(np.array(panel.waves), waves)]
    codes = _classes(table, strict=gaps == "missing")
    if not (codes != _UNKNOWN).any():
        raise DataError(
            f"No firm has a status of {channel!r} in both {begin} and {end}.",
            where=f"{len(firms)} firms",
            allowed="firms observed in both waves",
            remedy="Compare other waves with first= and last=, or check that firm labels agree between waves.",
        )
    return StatusClasses(channel, begin, end, firms, codes, _entry(table, waves, gaps == "missing"), rows)


def _classes(table: NDArray[np.int8], *, strict: bool) -> NDArray[np.int8]:
    """Return codes of classes from statuses, shape (F, T), -1 where not known."""
    begin, end = table[:, 0], table[:, -1]
    traded, idle = (table == 1).any(axis=1), (table == 0).any(axis=1)
    gap = (table == _UNKNOWN).any(axis=1)
    codes = np.full(len(table), _UNKNOWN, dtype=np.int8)
    codes[(begin == 0) & (end == 1)] = _STARTER
    codes[(begin == 1) & (end == 0)] = _QUITTER
    codes[(begin == 0) & (end == 0) & ~traded] = _NEVER
    codes[(begin == 1) & (end == 1) & ~idle] = _CONTINUOUS
    if strict:
        codes[gap & np.isin(codes, (_NEVER, _CONTINUOUS))] = _UNKNOWN
    codes[(begin == end) & (begin != _UNKNOWN) & traded & idle] = _SWITCHER
    return codes


def _entry(table: NDArray[np.int8], waves: Integers, strict: bool) -> NDArray[np.float64]:
    """Return the year of entry from statuses, shape (F, T)."""
    traded = table == 1
    at = traded.argmax(axis=1)
    year = np.where(traded.any(axis=1), waves[at].astype(np.float64), 0.0)
    unknown = table == _UNKNOWN
    year[unknown.all(axis=1)] = np.nan
    if strict:
        first_unknown = np.where(unknown.any(axis=1), unknown.argmax(axis=1), table.shape[1])
        year[first_unknown < np.where(traded.any(axis=1), at, table.shape[1])] = np.nan
    return year


def starts(panel: FirmPanel, outcome: str, first: int | None = None, last: int | None = None) -> pd.DataFrame:
    """Return who started something between two waves.

    Parameters
    ----------
    panel : FirmPanel
    outcome : str
        0/1 column: R&D, a new product, a new technology, trade.
    first, last : int, optional
        Waves compared; the panel's first and last.

    Returns
    -------
    DataFrame
        One row a firm: ``firm``, ``starts``: 1 for 0 in the first and 1 in the last wave, 0 for 0 in both, missing
        for firms that had it in the first wave or whose cell is missing in either.
    """
    import pandas as pd

    begin, end = require_waves(panel, first, last)
    values = status_values(panel, outcome)
    rows, firms = firm_codes(panel)
    years = panel.frame[panel.year].to_numpy()
    ends = np.full((len(firms), 2), _UNKNOWN, dtype=np.int8)
    for j, wave in enumerate((begin, end)):
        at = years == wave
        ends[rows[at], j] = values[at]
    known = (ends[:, 0] == 0) & (ends[:, 1] != _UNKNOWN)
    return pd.DataFrame({"firm": firms, "starts": pd.Series(np.where(known, ends[:, 1], np.nan)).astype("Int64")})


def class_counts(classes: StatusClasses, min_firms: int = MIN_FIRMS) -> pd.DataFrame:
    """Return ``class``, ``firms``, ``share`` of firms with a class, ``enough``; the last row counts those without."""
    import pandas as pd

    counts = [classes.count(c) for c in CLASSES]
    total = max(sum(counts), 1)
    share = [*(c / total for c in counts), np.nan]
    enough = [*(c >= min_firms for c in counts), False]
    names, firms = [*CLASSES, "missing"], [*counts, classes.missing]
    return pd.DataFrame({"class": names, "firms": firms, "share": share, "enough": enough})


def too_few(classes: StatusClasses, min_firms: int = MIN_FIRMS) -> tuple[str, ...]:
    """Return the classes that have firms, but fewer than ``min_firms``."""
    return tuple(c for c in CLASSES if 0 < classes.count(c) < min_firms)


def require_headline(classes: StatusClasses, name: str, min_firms: int = MIN_FIRMS) -> int:
    """Return the firms of a class that is large enough to headline.

    Raises
    ------
    DataError
        It has fewer than ``min_firms``; the count is shown.
    """
    count = classes.count(name)
    if count < min_firms:
        raise DataError(
            f"{count} firm{'s are' if count != 1 else ' is'} {name} on {classes.channel!r}: too few for a finding.",
            where=", ".join(f"{c} {classes.count(c)}" for c in CLASSES),
            allowed=f"{min_firms} firms or more",
            remedy="Compare waves further apart, merge classes or channels, or state the count alone.",
        )
    return count
