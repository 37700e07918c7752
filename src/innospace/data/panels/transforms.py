"""Lags, constant prices and trimming: explicit steps, each told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.data.panels.panel import FirmPanel, Integers, firm_codes, row_names

Array = NDArray[np.float64]
RULES = ("drop", "winsorize")


def lagged(panel: FirmPanel, columns: Sequence[str], by: int = 1) -> FirmPanel:
    """Add the values of the same firm ``by`` years before, as ``{column}_lag{by}``.

    Only the true year counts: where the firm was not observed exactly ``by`` years before, the lag is missing.
    For waves of 2005 and 2009, the wave before lies ``by=4`` years back.

    Raises
    ------
    LabelError, DataError, SpecError
        Unknown column, a name that is taken, no pair of rows ``by`` years apart.
    """
    names = _names(panel, columns)
    if by < 1:
        raise SpecError(f"A lag of {by} years looks forward.", allowed="1, 2, 3 ...", remedy="Give by=1 or more.")
    new = {c: f"{c}_lag{by}" for c in names}
    _require_free(panel, list(new.values()))
    at = positions_before(panel, by)
    found = at >= 0
    if not found.any():
        raise DataError(
            f"No firm is observed twice, {by} year{'s' if by > 1 else ''} apart.",
            where=f"waves {offenders(panel.waves, shown=12)}",
            remedy="Set by= to the years between waves.",
        )
    frame = panel.frame.copy(deep=False)
    for name, label in new.items():
        column = frame[name].take(np.maximum(at, 0)).reset_index(drop=True)
        column.index = frame.index
        frame[label] = column.where(found)
    step = f"{', '.join(new.values())}: values {by} year{'s' if by > 1 else ''} before; {int((~found).sum())} of "
    return panel.with_frame(frame, step + f"{len(found)} firm-years have none.")


def positions_before(panel: FirmPanel, by: int) -> Integers:
    """Return the position of the row of the same firm ``by`` years before, shape (n,); -1 where there is none."""
    years = panel.frame[panel.year].to_numpy().astype(np.int64)
    span = panel.waves[-1] - panel.waves[0] + 1
    key = firm_codes(panel)[0] * span + (years - panel.waves[0])
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    at = np.minimum(np.searchsorted(ordered, key - by), len(key) - 1)
    # a key of the firm listed before would be met when the year lies before the first wave
    found = (ordered[at] == key - by) & (years - by >= panel.waves[0])
    return np.asarray(np.where(found, order[at], -1), dtype=np.int64)


def deflate(panel: FirmPanel, columns: Sequence[str], deflator: str | Mapping[int, float]) -> FirmPanel:
    """Add values in constant prices, as ``{column}_real``.

    Parameters
    ----------
    panel : FirmPanel
    columns : sequence of str
        Values in current prices.
    deflator : str or mapping of year to level
        Column of a price index (1 in the base year), by industry and year if it so varies; or its level by year.

    Raises
    ------
    LabelError, DataError
        Unknown column, a year without index, an index that is missing or not positive where a value is present.
    """
    names = _names(panel, columns)
    new = {c: f"{c}_real" for c in names}
    _require_free(panel, list(new.values()))
    if isinstance(deflator, str):
        _names(panel, [deflator])
        index = _numbers(panel, deflator)
        said = f"the price index {deflator!r}"
    else:
        levels = {int(k): float(v) for k, v in deflator.items()}
        require_known([str(w) for w in panel.waves], [str(k) for k in levels], kind="year of the price index")
        index = np.asarray(panel.frame[panel.year].map(levels), dtype=np.float64)
        said = f"a price index by year ({', '.join(f'{w}: {levels[w]:g}' for w in panel.waves)})"
    frame = panel.frame.copy(deep=False)
    for name, label in new.items():
        values = _numbers(panel, name)
        bad = np.flatnonzero(~np.isnan(values) & ~(np.isfinite(index) & (index > 0.0)))
        if len(bad):
            raise DataError(
                f"The price index is missing or not positive in {len(bad)} rows where {name!r} has a value.",
                where=row_names(panel, bad),
                allowed="positive levels; 1 in the base year",
                remedy="Fill the index in, or empty the cells to be left out.",
            )
        frame[label] = values / index
    count = int(sum(frame[label].notna().sum() for label in new.values()))
    return panel.with_frame(frame, f"{', '.join(names)} divided by {said}: {count} cells in constant prices.")


def trim(
    panel: FirmPanel,
    columns: Sequence[str],
    lower: float = 0.01,
    upper: float = 0.99,
    by: str | Sequence[str] | None = None,
    rule: str = "drop",
) -> FirmPanel:
    """Cut the tails of columns at quantiles.

    Parameters
    ----------
    panel : FirmPanel
    columns : sequence of str
    lower, upper : float
        Quantiles (linear interpolation) beyond which a cell is extreme; 0 and 1 leave a tail alone.
    by : str or sequence of str, optional
        Columns within whose groups quantiles are taken, such as industry and year.
    rule : str
        ``drop``: extreme cells become missing (the row stays, so that status classes do not change);
        ``winsorize``: they are set to the limit.

    Raises
    ------
    LabelError, SpecError, DataError
        Unknown column or rule, quantiles out of order, text.
    """
    require_known([rule], RULES, kind="rule")
    names = _names(panel, columns)
    if not 0.0 <= lower < upper <= 1.0:
        raise SpecError(
            f"Quantiles {lower:g} and {upper:g} do not bound a range.",
            allowed="0 <= lower < upper <= 1",
            remedy="Give shares, for example lower=0.01, upper=0.99.",
        )
    groups = _names(panel, [by] if isinstance(by, str) else list(by or ()))
    frame = panel.frame.copy(deep=False)
    told = []
    for name in names:
        values = _numbers(panel, name)
        low, high, said = _limits(panel, name, groups, (lower, upper))
        below, above = values < low, values > high
        frame[name] = np.where(below | above, np.nan, values) if rule == "drop" else np.clip(values, low, high)
        told.append(f"{name}: {int(below.sum())} cells below and {int(above.sum())} above ({said})")
    did = "made missing" if rule == "drop" else "set to the limit"
    within = f" within {' and '.join(groups)}" if groups else ""
    step = f"Cells beyond the {100 * lower:g} and {100 * upper:g} percentiles{within} were {did}. {'; '.join(told)}."
    return panel.with_frame(frame, step)


def _limits(panel: FirmPanel, name: str, groups: list[str], shares: tuple[float, float]) -> tuple[Any, Any, str]:
    """Return limits, one each or one a row, and how to tell them."""
    values = _numbers(panel, name)
    if np.isnan(values).all():
        raise DataError(f"Every cell of {name!r} is missing.", where=f"{len(values)} rows", remedy="Check the file.")
    if not groups:
        low, high = np.nanquantile(values, shares)
        return low, high, f"limits {low:.6g} and {high:.6g}"
    grouped = panel.frame.assign(**{name: values}).groupby(groups, dropna=False, sort=False)
    # rows of a group share its limits
    limits = grouped[name].quantile(np.array(shares)).unstack()
    number = grouped.ngroup().to_numpy()
    low, high = limits.to_numpy()[number].T
    return low, high, f"limits of {len(limits)} groups"


def _names(panel: FirmPanel, columns: Sequence[str]) -> list[str]:
    names = [columns] if isinstance(columns, str) else list(columns)
    require_known(names, [str(c) for c in panel.frame.columns], kind="column")
    return names


def _numbers(panel: FirmPanel, name: str) -> Array:
    column = panel.frame[name]
    if column.dtype.kind not in "biuf" and str(column.dtype).lower()[:3] not in ("int", "flo", "boo"):
        raise DataError(
            f"Column {name!r} holds text where numbers are needed.",
            where=f"for example {offenders(column.dropna().unique().tolist()[:3])}",
            remedy="Choose another column, or mend the cells.",
        )
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _require_free(panel: FirmPanel, names: Sequence[str]) -> None:
    taken = [n for n in names if n in panel.frame.columns]
    if taken:
        raise DataError(
            f"The table already has a column {offenders(taken)}.", remedy="Rename it, or leave this step out."
        )
