"""The innovation space of regions: counts of organisations, companies and innovations.

``B = P I`` innovative companies, ``V = S B`` potential links; or V given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Source
from innospace.data.cards import ColumnCard
from innospace.data.dataset import Dataset, as_dataset

if TYPE_CHECKING:
    import pandas as pd

ZERO_RULES = ("replace", "drop", "error")
PAPER_ZERO = 0.1
"""What the source paper puts in place of zero innovations a year before taking logarithms."""
AGREE = 1e-6
"""Relative difference allowed between a given V and S times B."""

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


@dataclass(frozen=True, slots=True)
class InnovationSpaceTable:
    """A table that passed the schema.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``region``, ``region_code``, ``year`` (if given), ``technologies``, ``technologies_used`` (after the zero rule),
        ``zero_replaced``, ``space``, ``ln_space``, and the counts V was made from where they are known.
    source : Source
    steps : tuple of str
        What was done, in sentences.
    """

    frame: pd.DataFrame
    source: Source
    steps: tuple[str, ...]


def describe() -> tuple[ColumnCard, ...]:
    """Return the columns of the schema: name, unit, meaning, rule."""
    return COLUMNS


def problems(
    data: object,
    *,
    zero_rule: str = "replace",
    zero_value: float = PAPER_ZERO,
    columns: Mapping[str, str] | None = None,
) -> list[InnospaceError]:
    """Return everything that keeps a table from passing, each with its remedy; empty when it passes."""
    try:
        dataset = _renamed(as_dataset(data), columns)
    except InnospaceError as error:
        return [error]
    frame = dataset.frame
    found = _rule_problems(zero_rule, zero_value)
    missing = _missing_columns(frame)
    if missing is not None:
        return [*found, missing]
    if len(frame) == 0:
        return [*found, DataError("The table has no rows.", where=dataset.source.name)]
    found += _cell_problems(frame)
    if found:
        return found
    built = _with_space(frame)
    return [*_key_problems(built), *_count_problems(built, zero_rule, zero_value)]


def validate(
    data: object,
    *,
    zero_rule: str = "replace",
    zero_value: float = PAPER_ZERO,
    columns: Mapping[str, str] | None = None,
) -> InnovationSpaceTable:
    """Check a table against the schema and complete it.

    Parameters
    ----------
    data : Dataset or frame
    zero_rule : str
        What to do with zero innovations, which have no logarithm: ``replace`` by ``zero_value``, ``drop`` the row,
        or ``error``.
    zero_value : float
        Innovations per year that stand for none; positive and below the smallest positive count.
    columns : mapping, optional
        Canonical name to name in the table.

    Returns
    -------
    InnovationSpaceTable

    Raises
    ------
    DataError
        Lists every problem at once.
    """
    dataset = as_dataset(data)
    found = problems(dataset, zero_rule=zero_rule, zero_value=zero_value, columns=columns)
    if len(found) == 1:
        raise found[0]
    if found:
        listed = "\n".join(f"{i + 1}. {str(e).replace(chr(10), chr(10) + '   ')}" for i, e in enumerate(found))
        raise DataError(f"The table has {len(found)} problems:\n{listed}", where=dataset.source.name)
    dataset = _renamed(dataset, columns)
    frame = _with_space(dataset.frame)
    frame, steps = _with_codes(frame)
    frame, zero_steps = _apply_zero_rule(frame, zero_rule, zero_value)
    frame["ln_space"] = np.log(frame["space"].to_numpy(np.float64))
    return InnovationSpaceTable(frame, dataset.source, (*dataset.steps, *steps, *zero_steps))


def _renamed(dataset: Dataset, columns: Mapping[str, str] | None) -> Dataset:
    if not columns:
        return dataset
    require_known(list(columns), [c.name for c in COLUMNS], kind="column of the schema")
    require_known(list(columns.values()), [str(c) for c in dataset.frame.columns], kind="column")
    taken = [c for c in columns if c in dataset.frame.columns and columns[c] != c]
    frame = dataset.frame.drop(columns=taken).rename(columns={given: name for name, given in columns.items()})
    return dataset.with_frame(frame)


def _rule_problems(rule: str, value: float) -> list[InnospaceError]:
    if rule not in ZERO_RULES:
        return [SpecError(f"Unknown rule for zero innovations: {rule!r}.", allowed=", ".join(ZERO_RULES))]
    if rule == "replace" and not (np.isfinite(value) and value > 0.0):
        return [SpecError(f"Zero innovations cannot be replaced by {value}.", allowed="a positive number")]
    return []


def _missing_columns(frame: pd.DataFrame) -> InnospaceError | None:
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


def _rows(frame: pd.DataFrame, mask: np.ndarray) -> str:
    shown = []
    for i in np.flatnonzero(mask)[:5]:
        year = f", {frame['year'].iloc[int(i)]}" if "year" in frame.columns else ""
        shown.append(f"row {int(i) + 1} ({frame['region'].iloc[int(i)]}{year})")
    rest = int(mask.sum()) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _cell_problems(frame: pd.DataFrame) -> list[InnospaceError]:
    from pandas.api.types import is_numeric_dtype

    found: list[InnospaceError] = []
    if frame["region"].isna().any():
        found.append(DataError("Regions without a name.", where=_rows(frame, frame["region"].isna().to_numpy())))
    for name in ("year", *_NUMERIC):
        if name not in frame.columns:
            continue
        if not is_numeric_dtype(frame[name].dtype):
            bad = np.array([not _is_number(v) for v in frame[name]])
            texts = frame[name].astype(str)[bad].head(5)
            found.append(
                DataError(
                    f"Column {name!r} holds text where numbers are needed: {offenders(texts)}.",
                    where=_rows(frame, bad),
                    remedy="Mend the cells.",
                )
            )
            continue
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(values).all():
            found.append(
                DataError(
                    f"Column {name!r} holds missing or infinite values.",
                    where=_rows(frame, ~np.isfinite(values)),
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
        return DataError("Years must be whole numbers.", where=_rows(frame, bad)) if bad.any() else None
    bad = values < 0.0
    if bad.any():
        return DataError(
            f"Column {name!r} holds negative values.",
            where=_rows(frame, bad),
            allowed=_BY_NAME[name].rule,
            remedy="A count cannot be negative; check the source.",
        )
    limit = {"innovative_share": 1.0, "innovative_share_percent": 100.0}.get(name)
    if limit is not None and (values > limit).any():
        percent = name == "innovative_share" and values.max() <= 100.0
        return DataError(
            f"Column {name!r} exceeds {limit:g}.",
            where=_rows(frame, values > limit),
            allowed=_BY_NAME[name].rule,
            remedy="This looks like percent: name the column innovative_share_percent."
            if percent
            else "Check the unit.",
        )
    return None


def _with_space(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with B and V computed where they can be."""
    out = frame.reset_index(drop=True).copy()
    if "innovative_share_percent" in out.columns and "innovative_share" not in out.columns:
        out["innovative_share"] = out["innovative_share_percent"] / 100.0
    if "innovative_companies" not in out.columns and {"enterprises", "innovative_share"} <= set(out.columns):
        out["innovative_companies"] = out["enterprises"] * out["innovative_share"]
    if {"rd_organisations", "innovative_companies"} <= set(out.columns):
        product = out["rd_organisations"] * out["innovative_companies"]
        out["space"] = out["space"] if "space" in out.columns else product
        out["space_from_counts"] = product
    return out


def _key_problems(frame: pd.DataFrame) -> list[InnospaceError]:
    keys = ["region", "year"] if "year" in frame.columns else ["region"]
    doubled = frame.duplicated(keys, keep=False).to_numpy()
    if not doubled.any():
        return []
    pairs = frame.loc[doubled, keys].drop_duplicates().astype(str).agg(", ".join, axis=1)
    return [
        DataError(
            f"{' and '.join(keys).capitalize()} occur more than once: {offenders(pairs)}.",
            where=_rows(frame, doubled),
            allowed="one row a region and year",
            remedy="Keep one row, or add the column year.",
        )
    ]


def _count_problems(frame: pd.DataFrame, rule: str, value: float) -> list[InnospaceError]:
    found: list[InnospaceError] = []
    space = frame["space"].to_numpy(np.float64)
    if (space <= 0.0).any():
        found.append(
            DataError(
                "The innovation space is zero, so its logarithm does not exist.",
                where=_rows(frame, space <= 0.0),
                allowed="V = S B > 0",
                remedy="Leave out regions without R&D organisations or innovative companies.",
            )
        )
    if "space_from_counts" in frame.columns:
        product = frame["space_from_counts"].to_numpy(np.float64)
        apart = np.abs(space - product) > AGREE * np.maximum(np.abs(space), np.abs(product))
        if apart.any():
            found.append(
                DataError(
                    "The given space V disagrees with S times B.",
                    where=_rows(frame, apart),
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
                where=_rows(frame, zero),
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


def _with_codes(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Add ISO codes where names are known; names of other countries are left as they are."""
    from innospace.data.regions import match_regions

    if "region_code" in frame.columns:
        return frame, []
    found = match_regions([str(r) for r in frame["region"]])
    known = sum(c is not None for c in found.codes)
    if known == 0:
        return frame, []
    note = f"{known} of {len(frame)} rows were matched to regions of Russia by name."
    if found.misses:
        note += f" Without a code: {offenders(found.misses)}."
    return frame.assign(region_code=np.array(found.codes, dtype=object)), [note]


def _apply_zero_rule(frame: pd.DataFrame, rule: str, value: float) -> tuple[pd.DataFrame, list[str]]:
    zero = frame["technologies"].to_numpy() == 0
    out = frame.assign(zero_replaced=zero, technologies_used=np.where(zero, value, frame["technologies"]))
    out = out.drop(columns=[c for c in ("space_from_counts",) if c in out.columns])
    if not zero.any():
        return out, []
    named = _rows(frame, zero)
    if rule == "drop":
        step = f"{int(zero.sum())} rows with zero innovations were left out: {named}."
        return out[~zero].reset_index(drop=True), [step]
    return out, [f"Zero innovations were replaced by {value:g} per year in {int(zero.sum())} rows: {named}."]
