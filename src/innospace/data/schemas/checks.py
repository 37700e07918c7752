"""What keeps a table from being an innovation space: each problem with its place and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError, offenders
from innospace.data.cards import ColumnCard

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


def rows(frame: pd.DataFrame, mask: np.ndarray) -> str:
    """Name the first rows of a mask by number, region and year."""
    shown = []
    for i in np.flatnonzero(mask)[:5]:
        year = f", {frame['year'].iloc[int(i)]}" if "year" in frame.columns else ""
        shown.append(f"row {int(i) + 1} ({frame['region'].iloc[int(i)]}{year})")
    rest = int(mask.sum()) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def cell_problems(frame: pd.DataFrame) -> list[InnospaceError]:
    """Return nameless regions, text, missing, infinite, negative and impossible values, column by column."""
    from pandas.api.types import is_numeric_dtype

    found: list[InnospaceError] = []
    nameless = np.array([str(v).strip() in ("", "nan", "None", "<NA>") for v in frame["region"]])
    if nameless.any():
        found.append(
            DataError(
                "Regions without a name.",
                where=rows(frame, nameless),
                allowed="a name in every row",
                remedy="Name the regions, or remove empty rows and footnotes.",
            )
        )
    for name in ("year", *_NUMERIC):
        if name not in frame.columns:
            continue
        if not is_numeric_dtype(frame[name].dtype):
            bad = np.array([not _is_number(v) for v in frame[name]])
            texts = frame[name].astype(str)[bad].head(5)
            found.append(
                DataError(
                    f"Column {name!r} holds text where numbers are needed: {offenders(texts)}.",
                    where=rows(frame, bad),
                    remedy="Mend the cells.",
                )
            )
            continue
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(values).all():
            found.append(
                DataError(
                    f"Column {name!r} holds missing or infinite values.",
                    where=rows(frame, ~np.isfinite(values)),
                    allowed="finite numbers in every row",
                    remedy="Fill the cells or leave these regions out.",
                )
            )
        elif (problem := _range_problem(frame, name, values)) is not None:
            found.append(problem)
    return found


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _range_problem(frame: pd.DataFrame, name: str, values: np.ndarray) -> InnospaceError | None:
    if name == "year":
        bad = values != np.round(values)
        if not bad.any():
            return None
        return DataError(
            "Years must be whole numbers.", where=rows(frame, bad), allowed="2010, 2011, ...", remedy="Mend the cells."
        )
    bad = values < 0.0
    if bad.any():
        return DataError(
            f"Column {name!r} holds negative values.",
            where=rows(frame, bad),
            allowed=_BY_NAME[name].rule,
            remedy="A count cannot be negative; check the source.",
        )
    limit = {"innovative_share": 1.0, "innovative_share_percent": 100.0}.get(name)
    if limit is not None and (values > limit).any():
        percent = name == "innovative_share" and values.max() <= 100.0
        return DataError(
            f"Column {name!r} exceeds {limit:g}.",
            where=rows(frame, values > limit),
            allowed=_BY_NAME[name].rule,
            remedy="This looks like percent: name the column innovative_share_percent."
            if percent
            else "Check the unit.",
        )
    return None


def key_problems(frame: pd.DataFrame) -> list[InnospaceError]:
    """Return regions or region-years that occur more than once."""
    keys = ["region", "year"] if "year" in frame.columns else ["region"]
    doubled = frame.duplicated(keys, keep=False).to_numpy()
    if not doubled.any():
        return []
    pairs = frame.loc[doubled, keys].drop_duplicates().astype(str).agg(", ".join, axis=1)
    return [
        DataError(
            f"{' and '.join(keys).capitalize()} occur more than once: {offenders(pairs)}.",
            where=rows(frame, doubled),
            allowed="one row a region and year",
            remedy="Keep one row, or add the column year.",
        )
    ]


def region_problems(frame: pd.DataFrame) -> list[InnospaceError]:
    """Return totals among the regions of Russia, parts beside the whole, and one region under two names."""
    from innospace.data.regions import match_regions

    names = [str(r) for r in frame["region"]]
    found = match_regions(names)
    codes = np.array(found.codes, dtype=object)
    if np.mean([c is not None for c in codes]) < RUSSIAN:
        return []
    problems: list[InnospaceError] = []
    aggregates = set(found.aggregates)
    totals = np.array([n in aggregates for n in names])
    if totals.any():
        problems.append(
            DataError(
                f"Totals stand among the regions: {offenders(found.aggregates)}.",
                where=rows(frame, totals),
                allowed="rows that do not contain one another",
                remedy="Leave the totals out, or use innospace.data.with_region_codes.",
            )
        )
    known = set(found.codes)
    inside = np.array([n in found.parts and found.parts[n] in known for n in names])
    if inside.any():
        problems.append(
            DataError(
                "Parts of regions stand beside the whole, so they would count twice.",
                where=rows(frame, inside),
                allowed="either a region with its autonomous districts, or all of its parts",
                remedy="Leave out one or the other.",
            )
        )
    return [*problems, *_double_names(frame, codes)]


def _double_names(frame: pd.DataFrame, codes: np.ndarray) -> list[InnospaceError]:
    year = ["year"] if "year" in frame.columns else []
    keys = frame.assign(_code=codes)
    double = keys["_code"].notna() & keys.duplicated(["_code", *year], keep=False)
    double &= ~keys.duplicated(["region", *year], keep=False)
    if not double.any():
        return []
    return [
        DataError(
            f"A region stands under several names: {offenders(keys.loc[double, 'region'].unique())}.",
            where=rows(frame, double.to_numpy()),
            allowed="one row a region and year",
            remedy="Keep one of the rows.",
        )
    ]


def count_problems(frame: pd.DataFrame, rule: str, value: float) -> list[InnospaceError]:
    """Return an empty space, counts that contradict each other, and zeros the rule does not allow."""
    found: list[InnospaceError] = []
    space = frame["space"].to_numpy(np.float64)
    if (space <= 0.0).any():
        found.append(
            DataError(
                "The innovation space is zero, so its logarithm does not exist.",
                where=rows(frame, space <= 0.0),
                allowed="V = S B > 0",
                remedy="Leave out regions without R&D organisations or innovative companies.",
            )
        )
    if {"innovative_companies", "enterprises", "innovative_share"} <= set(frame.columns):
        companies, enterprises, share = (
            frame[c].to_numpy(np.float64) for c in ("innovative_companies", "enterprises", "innovative_share")
        )
        apart = np.abs(companies - enterprises * share) > SHARE_ROUNDING * enterprises + COUNT_ROUNDING
        if apart.any():
            found.append(
                DataError(
                    "The given number of innovative companies B disagrees with P times I.",
                    where=rows(frame, apart),
                    allowed="a difference that rounding of counts and of percentages to a tenth explains",
                    remedy="Give one of them, or correct the counts.",
                )
            )
    if "space_from_counts" in frame.columns:
        product = frame["space_from_counts"].to_numpy(np.float64)
        apart = np.abs(space - product) > AGREE * np.maximum(np.abs(space), np.abs(product))
        if apart.any():
            found.append(
                DataError(
                    "The given space V disagrees with S times B.",
                    where=rows(frame, apart),
                    allowed=f"a relative difference up to {AGREE:g}",
                    remedy="Give one of them, or correct the counts.",
                )
            )
    counts = frame["technologies"].to_numpy(np.float64)
    years = frame["year"].to_numpy() if "year" in frame.columns else np.zeros(len(frame))
    empty = [y for y in np.unique(years) if not counts[years == y].any()]
    if empty:
        when = f"in {offenders([int(y) for y in empty])}" if "year" in frame.columns else "in the table"
        found.append(
            DataError(
                f"Every region has zero innovations {when}.",
                where="column 'technologies'",
                allowed="at least one positive count a year",
                remedy="Check that the right column was chosen.",
            )
        )
        return found
    zero = counts == 0.0
    smallest = float(counts[~zero].min())
    if zero.any() and rule == "error":
        found.append(
            DataError(
                f"{int(zero.sum())} regions have zero innovations, which have no logarithm.",
                where=rows(frame, zero),
                remedy='Choose zero_rule "replace" (the source paper: 0.1 per year) or "drop".',
            )
        )
    if zero.any() and rule == "replace" and value >= smallest:
        found.append(
            SpecError(
                f"Zero innovations cannot be replaced by {value:g}, since a region has {smallest:g}.",
                allowed=f"a positive number below {smallest:g}",
                remedy="Choose a smaller zero_value.",
            )
        )
    return found
