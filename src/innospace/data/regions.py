"""Regions of Russia by any of their names: Russian, English, ISO 3166-2, OKATO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import LabelError, offenders
from innospace.core.labels import nearest, require_known
from innospace.data.dataset import Dataset
from innospace.data.region_names import (
    AGGREGATE,
    CITIES,
    LATER,
    VARIANTS,
    is_city,
    is_region,
    key,
    normalise,
    part_of,
    plain,
)

if TYPE_CHECKING:
    import pandas as pd


SUGGESTED = 50
"""So many misses are answered with similar names; a table with more is not about these regions."""


@dataclass(frozen=True, slots=True)
class RegionMatch:
    """Names matched to codes.

    Attributes
    ----------
    codes : tuple of str or None
        ISO 3166-2 code of each name given, in order; None for anything that is not one of the 80 regions.
    misses : dict of str to str
        Names that are not known, and why or what they may mean.
    aggregates : tuple of str
        Names of the country and of federal districts.
    parts : dict of str to str
        Names of autonomous districts, or of a region without them, and the code of the region that holds them.
    """

    codes: tuple[str | None, ...]
    misses: dict[str, str]
    aggregates: tuple[str, ...]
    parts: dict[str, str]


@cache
def catalogue() -> pd.DataFrame:
    """Return the 80 regions of 2008-2012: names, codes, federal districts."""
    from innospace.data.catalogue import read_packaged

    return read_packaged("regions.csv", dtype={"okato": "str", "okato2": "str"})


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in catalogue().itertuples():
        code = str(row.region_code)
        for name in (row.region, row.region_ru):
            found[key(str(name))] = code
        # an eight-digit OKATO that a spreadsheet took for a number has lost its leading zero
        for other in (code.casefold(), str(row.okato), str(row.okato2), str(int(str(row.okato)))):
            found[other] = code
    for code, names in VARIANTS.items():
        for name in names:
            found.setdefault(name, code)
    return found


def _find(name: str) -> str | None:
    index = _index()
    raw = name.strip().casefold()
    if raw in index:
        return index[raw]
    if part_of(name) is not None or AGGREGATE.search(plain(name)):
        return None
    code = index.get(key(name))
    if code is not None and ((is_city(name) and code not in CITIES) or (is_region(name) and code in CITIES)):
        return None  # the city of Omsk is not Omsk Region
    return code


def match_regions(names: Sequence[str]) -> RegionMatch:
    """Match names to the 80 regions of 2008-2012.

    Parameters
    ----------
    names : sequence of str
        Russian or English names, ISO 3166-2 codes, or OKATO codes of two or eight digits.

    Returns
    -------
    RegionMatch
        Only exact matches after normalisation count; everything else is a miss with suggestions.
    """
    found = {name: _find(str(name)) for name in dict.fromkeys(names)}
    misses: dict[str, str] = {}
    aggregates: list[str] = []
    parts: dict[str, str] = {}
    for name in (str(n) for n, code in found.items() if code is None):
        if (whole := part_of(name)) is not None:
            parts[name] = whole
        elif AGGREGATE.search(plain(name)):
            aggregates.append(name)
        else:
            misses[name] = _why(name, suggest=len(misses) < SUGGESTED)
    return RegionMatch(tuple(found[n] for n in names), misses, tuple(aggregates), parts)


def _label(cell: object) -> str:
    """Return a cell as a name; an OKATO code in a column of floats is a whole number."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _why(name: str, suggest: bool) -> str:
    if not name.strip() or name in ("None", "nan"):
        return "a row without a name"
    if normalise(name) in LATER:
        return "not among the 80 regions of 2008-2012"
    if name.strip().isdigit():
        return "no OKATO code: it has two or eight digits, the leading zero included"
    if not suggest:
        return "not known"
    table = catalogue()
    near = nearest(name, [*table["region"], *table["region_ru"]])
    return f"perhaps {' or '.join(near)}" if near else "nothing similar is known"


def require_regions(names: Sequence[str], where: str = "") -> tuple[str | None, ...]:
    """Return codes, None for totals and for parts of a region that is there as a whole.

    Raises
    ------
    LabelError
        Lists every name that is not known, or parts of a region that is not there as a whole.
    """
    found = match_regions(names)
    if found.misses:
        listed = [f"{name} ({reason})" for name, reason in found.misses.items()]
        raise LabelError(
            f"Region names that are not known: {offenders(listed)}.",
            where=where,
            allowed="Russian or English names, ISO 3166-2 or OKATO codes of the 80 regions of 2008-2012",
            remedy="Correct the names, or give codes in a column region_code.",
        )
    alone = [name for name, whole in found.parts.items() if whole not in found.codes]
    if alone:
        english = catalogue().set_index("region_code")["region"]
        raise LabelError(
            f"Parts of a region are there and the whole is not: {offenders(alone)}.",
            where=where,
            allowed=f"rows of {offenders(sorted({english[found.parts[n]] for n in alone}))} with autonomous districts",
            remedy="Add the parts up to one row of the region.",
        )
    return found.codes


def with_region_codes(dataset: Dataset, column: str = "region", drop_aggregates: bool = True) -> Dataset:
    """Return the dataset with ``region_code`` and English names.

    Rows of totals (the country, federal districts) and of autonomous districts that a region counts inside itself
    are left out, and the steps of the dataset say so.
    """
    frame = dataset.frame
    require_known([column], [str(c) for c in frame.columns], kind="column", where=dataset.source.name)
    names = [_label(v) for v in frame[column]]
    codes = np.array(require_regions(names, dataset.source.name), dtype=object)
    out = frame.assign(region_code=codes)
    left = np.array([c is None for c in codes], dtype=bool)
    steps = f"{int((~left).sum())} rows were matched to regions by name."
    if left.any():
        if not drop_aggregates:
            raise LabelError(
                f"The table holds totals or parts of regions: {offenders(frame.loc[left, column].unique())}.",
                remedy="Leave them out, or allow dropping them.",
            )
        found = match_regions(names)
        parts = sum(n in found.parts for n in names)
        if int(left.sum()) > parts:
            steps += f" {int(left.sum()) - parts} rows of totals were left out: {offenders(found.aggregates)}."
        if parts:
            steps += f" {parts} rows of parts of regions were left out: {offenders(found.parts)}."
        out = out[~left].reset_index(drop=True)
    out[column] = out["region_code"].map(catalogue().set_index("region_code")["region"])
    return dataset.with_frame(out, steps)
