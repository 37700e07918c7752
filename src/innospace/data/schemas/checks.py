"""What keeps a table from being an innovation space: each problem with its place and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import InnospaceError, LabelError, SpecError, offenders
from innospace.data.cards import ColumnCard
from innospace.data.faults import Fault

if TYPE_CHECKING:
    import pandas as pd

ZERO_RULES = ("replace", "drop", "error")
PAPER_ZERO = 0.1
"""What the source paper puts in place of zero innovations a year before taking logarithms."""
AGREE = 1e-6
"""Relative difference allowed between a given V and S times B."""

SHARE_ROUNDING, COUNT_ROUNDING = 0.0005, 0.5
"""What rounding leaves of a share published in percent with one decimal, and of a count."""
RUSSIAN = 0.5
"""A table with at least this share of names of Russian regions is held against their catalogue."""

COLUMNS = (
    ColumnCard("region", "label", "Name of the region", "present in every row"),
    ColumnCard("region_code", "ISO 3166-2", "Code of the region; found from the name where it is not given", ""),
    ColumnCard("year", "year", "Year; leave out for a single cross section", "whole number"),
    ColumnCard("technologies", "per year", "Q: innovations of one type per year", ">= 0, not all zero in a year"),
    ColumnCard("space", "links", "V: potential links, S times B", "> 0; or give S and B, or S, P and I"),
    ColumnCard("rd_organisations", "count", "S: organisations that perform R&D", ">= 0"),
    ColumnCard("innovative_companies", "count", "B: innovative companies, P times I", ">= 0"),
    ColumnCard("enterprises", "count", "P: enterprises", ">= 0"),
    ColumnCard("innovative_share", "fraction", "I: share of enterprises that innovate", "0 to 1"),
    ColumnCard("innovative_share_percent", "percent", "I in percent, instead of the fraction", "0 to 100"),
)
_NUMERIC = tuple(c.name for c in COLUMNS[3:])
_BY_NAME = {c.name: c for c in COLUMNS}


def rule_problems(rule: str, value: float) -> list[InnospaceError]:
    """Return what is wrong with the rule for zero innovations."""
    if rule not in ZERO_RULES:
        return [SpecError(f"Unknown rule for zero innovations: {rule!r}.", allowed=", ".join(ZERO_RULES))]
    if rule == "replace" and not (np.isfinite(value) and value > 0.0):
        return [SpecError(f"Zero innovations cannot be replaced by {value}.", allowed="a positive number")]
    return []


def missing_columns(frame: pd.DataFrame) -> InnospaceError | None:
    """Return an error that lists the columns a table needs and lacks."""
    names = [str(c) for c in frame.columns]
    has = set(names)
    need = [c for c in ("region", "technologies") if c not in has]
    with_b = "innovative_companies" in has or (
        "enterprises" in has and has & {"innovative_share", "innovative_share_percent"}
    )
    if "space" not in has and not ("rd_organisations" in has and with_b):
        need.append("space")
    if not need:
        return None
    hints = [f"{n}: {_BY_NAME[n].meaning} ({_BY_NAME[n].rule})" for n in need]
    return LabelError(
        f"The table lacks {offenders(need)}.",
        where=f"columns {offenders(names, shown=12)}",
        allowed="; ".join(hints),
        remedy='Rename columns, or say which is which: columns = { technologies = "NAME" } in the study file.',
    )


def rows(frame: pd.DataFrame, bad: Sequence[int]) -> str:
    """Name the first of some rows by number, region and year."""
    shown = []
    for i in bad[:5]:
        year = f", {frame['year'].iloc[i]}" if "year" in frame.columns else ""
        shown.append(f"row {i + 1} ({frame['region'].iloc[i]}{year})")
    rest = len(bad) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def cell_faults(frame: pd.DataFrame) -> list[Fault]:
    """Return nameless regions, text, missing, infinite, negative and impossible values, column by column."""
    found: list[Fault] = []
    nameless = [i for i, v in enumerate(frame["region"]) if str(v).strip() in ("", "nan", "None", "<NA>")]
    if nameless:
        found.append(
            Fault(
                "Regions without a name.",
                "region",
                nameless,
                "A region without a name.",
                "a name in every row",
                "Name the regions, or remove empty rows and footnotes.",
            )
        )
    columns = (name for name in ("year", *_NUMERIC) if name in frame.columns)
    return [*found, *(fault for name in columns if (fault := _number_fault(frame, name)) is not None)]


def _number_fault(frame: pd.DataFrame, name: str) -> Fault | None:
    from pandas.api.types import is_numeric_dtype

    if not is_numeric_dtype(frame[name].dtype):
        bad = [i for i, v in enumerate(frame[name]) if not _is_number(v)]
        texts = frame[name].astype(str).iloc[bad[:5]]
        return Fault(
            f"Column {name!r} holds text where numbers are needed: {offenders(texts)}.",
            name,
            bad,
            "Text where a number is needed.",
            remedy="Mend the cells.",
        )
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        return Fault(
            f"Column {name!r} holds missing or infinite values.",
            name,
            _rows_of(~np.isfinite(values)),
            "The value is missing or infinite.",
            "finite numbers in every row",
            "Fill the cells or leave these regions out.",
        )
    return _range_fault(name, values)


def _rows_of(mask: Any) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask)]


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _range_fault(name: str, values: np.ndarray) -> Fault | None:
    if name == "year":
        bad = _rows_of(values != np.round(values))
        words = ("Years must be whole numbers.", name, bad, "The year is not a whole number.", "2010, 2011, ...")
        return Fault(*words, "Mend the cells.") if bad else None
    if (values < 0.0).any():
        return Fault(
            f"Column {name!r} holds negative values.",
            name,
            _rows_of(values < 0.0),
            "The value is negative.",
            _BY_NAME[name].rule,
            "A count cannot be negative; check the source.",
        )
    limit = {"innovative_share": 1.0, "innovative_share_percent": 100.0}.get(name)
    if limit is None or not (values > limit).any():
        return None
    percent = name == "innovative_share" and values.max() <= 100.0
    return Fault(
        f"Column {name!r} exceeds {limit:g}.",
        name,
        _rows_of(values > limit),
        f"The value exceeds {limit:g}.",
        _BY_NAME[name].rule,
        "This looks like percent: name the column innovative_share_percent." if percent else "Check the unit.",
    )


def key_faults(frame: pd.DataFrame) -> list[Fault]:
    """Return regions or region-years that occur more than once."""
    keys = ["region", "year"] if "year" in frame.columns else ["region"]
    doubled = frame.duplicated(keys, keep=False).to_numpy()
    if not doubled.any():
        return []
    pairs = frame.loc[doubled, keys].drop_duplicates().astype(str).agg(", ".join, axis=1)
    named = " and ".join(keys)
    return [
        Fault(
            f"{named.capitalize()} occur more than once: {offenders(pairs)}.",
            "region",
            _rows_of(doubled),
            f"The same {named} stands in another row too.",
            "one row a region and year",
            "Keep one row, or add the column year.",
        )
    ]


def region_faults(frame: pd.DataFrame) -> list[Fault]:
    """Return totals among the regions of Russia, parts beside the whole, and one region under two names."""
    from innospace.data.regions import match_regions

    names = [str(r) for r in frame["region"]]
    found = match_regions(names)
    codes = np.array(found.codes, dtype=object)
    if np.mean([c is not None for c in codes]) < RUSSIAN:
        return []
    faults: list[Fault] = []
    aggregates = set(found.aggregates)
    totals = [i for i, n in enumerate(names) if n in aggregates]
    if totals:
        faults.append(
            Fault(
                f"Totals stand among the regions: {offenders(found.aggregates)}.",
                "region",
                totals,
                "This is a total, not a region.",
                "rows that do not contain one another",
                "Leave the totals out, or use innospace.data.with_region_codes.",
            )
        )
    known = set(found.codes)
    inside = [i for i, n in enumerate(names) if n in found.parts and found.parts[n] in known]
    if inside:
        faults.append(
            Fault(
                "Parts of regions stand beside the whole, so they would count twice.",
                "region",
                inside,
                "This is part of another region of the table.",
                "either a region with its autonomous districts, or all of its parts",
                "Leave out one or the other.",
            )
        )
    return [*faults, *_double_names(frame, codes)]


def _double_names(frame: pd.DataFrame, codes: np.ndarray) -> list[Fault]:
    year = ["year"] if "year" in frame.columns else []
    keys = frame.assign(_code=codes)
    double = keys["_code"].notna() & keys.duplicated(["_code", *year], keep=False)
    double &= ~keys.duplicated(["region", *year], keep=False)
    if not double.any():
        return []
    return [
        Fault(
            f"A region stands under several names: {offenders(keys.loc[double, 'region'].unique())}.",
            "region",
            _rows_of(double.to_numpy()),
            "The same region stands in another row under another name.",
            "one row a region and year",
            "Keep one of the rows.",
        )
    ]


def count_faults(frame: pd.DataFrame, rule: str, value: float) -> list[Fault]:
    """Return an empty space, counts that contradict each other, and zeros the rule does not allow."""
    found: list[Fault] = []
    space = frame["space"].to_numpy(np.float64)
    if (space <= 0.0).any():
        found.append(
            Fault(
                "The innovation space is zero, so its logarithm does not exist.",
                "space",
                _rows_of(space <= 0.0),
                "The innovation space V of this row is zero, so its logarithm does not exist.",
                "V = S B > 0",
                "Leave out regions without R&D organisations or innovative companies.",
            )
        )
    return [*found, *_contradictions(frame, space), *_zero_faults(frame, rule, value)]


def _contradictions(frame: pd.DataFrame, space: np.ndarray) -> list[Fault]:
    """Return counts that do not go together."""
    found: list[Fault] = []
    if {"innovative_companies", "enterprises", "innovative_share"} <= set(frame.columns):
        companies, enterprises, share = (
            frame[c].to_numpy(np.float64) for c in ("innovative_companies", "enterprises", "innovative_share")
        )
        apart = np.abs(companies - enterprises * share) > SHARE_ROUNDING * enterprises + COUNT_ROUNDING
        if apart.any():
            found.append(
                Fault(
                    "The given number of innovative companies B disagrees with P times I.",
                    "innovative_companies",
                    _rows_of(apart),
                    "B disagrees with P times I of this row.",
                    "a difference that rounding of counts and of percentages to a tenth explains",
                    "Give one of them, or correct the counts.",
                )
            )
    if "space_from_counts" in frame.columns:
        product = frame["space_from_counts"].to_numpy(np.float64)
        apart = np.abs(space - product) > AGREE * np.maximum(np.abs(space), np.abs(product))
        if apart.any():
            found.append(
                Fault(
                    "The given space V disagrees with S times B.",
                    "space",
                    _rows_of(apart),
                    "V disagrees with S times B of this row.",
                    f"a relative difference up to {AGREE:g}",
                    "Give one of them, or correct the counts.",
                )
            )
    return found


def _zero_faults(frame: pd.DataFrame, rule: str, value: float) -> list[Fault]:
    """Return years without any innovation, and zeros the rule does not allow."""
    counts = frame["technologies"].to_numpy(np.float64)
    years = frame["year"].to_numpy() if "year" in frame.columns else np.zeros(len(frame))
    empty = [y for y in np.unique(years) if not counts[years == y].any()]
    if empty:
        when = f"in {offenders([int(y) for y in empty])}" if "year" in frame.columns else "in the table"
        return [
            Fault(
                f"Every region has zero innovations {when}.",
                "technologies",
                _rows_of(np.isin(years, empty)),
                "Every region has zero innovations in this year.",
                "at least one positive count a year",
                "Check that the right column was chosen.",
            )
        ]
    zero = counts == 0.0
    smallest = float(counts[~zero].min())
    if zero.any() and rule == "error":
        return [
            Fault(
                f"{int(zero.sum())} regions have zero innovations, which have no logarithm.",
                "technologies",
                _rows_of(zero),
                "Zero innovations have no logarithm.",
                remedy='Choose zero_rule "replace" (the source paper: 0.1 per year) or "drop".',
            )
        ]
    if zero.any() and rule == "replace" and value >= smallest:
        return [
            Fault(
                f"Zero innovations cannot be replaced by {value:g}, since a region has {smallest:g}.",
                "technologies",
                _rows_of(zero),
                f"Zero cannot be replaced by {value:g}.",
                f"a positive number below {smallest:g}",
                "Choose a smaller zero_value.",
                SpecError,
            )
        ]
    return []
