"""Columns that a panel has and lacks: roles put in place of names, default parts that are absent left empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.core.errors import LabelError, offenders
from innospace.core.labels import require_known, suggest
from innospace.firms.internationalisation.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

LISTS = ("channels", "outcomes", "traits", "markets", "partners", "constraints")
OPTIONAL = ("price_level", "industry", "location", "inputs_share")
BOTH_WAVES = ("channels", "outcomes", "employees", "value_added", "price_level")
LAST_WAVE = ("partners", "constraints")
REASONS = {
    "price_level": "value added is taken as it is, with its inflation",
    "industry": "firms are compared over all industries",
}
"""What a lacking part means beyond its own analyses."""


def with_roles(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the table with roles in place of the columns that play them."""
    if not plan.names:
        return frame
    known = [str(c) for c in frame.columns]
    names: dict[str, str] = {}
    for role, column in plan.names.items():
        own = {column: role} | {f"{column}_{w}": f"{role}_{w}" for w in plan.waves}
        found = {k: v for k, v in own.items() if k in known}
        if not found:
            require_known([column], known, kind="column", where=f"{role!r} of the firm study")
        names |= {k: v for k, v in found.items() if k != v}
    # a column that has the name of a role without playing it gives way
    clash = [v for v in names.values() if v in known and v not in names]
    return frame.drop(columns=clash).rename(columns=names)


def present(plan: Plan, columns: Sequence[str]) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan without default parts that the table lacks altogether, and sentences that tell them.

    Raises
    ------
    LabelError
        Columns that were named, or that the study cannot do without, are not there; all of them are told.
    """
    default = Plan()
    told: list[str] = []
    for part in (*LISTS, *OPTIONAL):
        value, standard = getattr(plan, part), getattr(default, part)
        names = value if isinstance(value, tuple) else (value,)
        lacking = [n for n in names if n and not _somewhere(n, plan, columns)]
        if not lacking or value != standard or any(n in plan.names for n in names):
            continue
        rest = tuple(n for n in names if n not in lacking)
        if part in ("channels", "outcomes") and not rest:
            continue
        changes: dict[str, Any] = {part: "" if isinstance(value, str) else () if part == "partners" else rest}
        if part == "traits" and not set(plan.owners) <= set(rest):
            changes["owners"] = ()
        plan = replace(plan, **changes)
        because = f": {REASONS[part]}" if part in REASONS else ""
        told.append(f"The panel has no column for {part} ({', '.join(lacking)}), which is left out{because}.")
    _require_all(plan, columns)
    return plan, tuple(told)


def _somewhere(name: str, plan: Plan, columns: Sequence[str]) -> bool:
    return name in columns or any(f"{name}_{w}" in columns for w in plan.waves)


def _require_all(plan: Plan, columns: Sequence[str]) -> None:
    require_known([plan.firm], columns, kind="column", where="firm of the panel")
    long = plan.year in columns
    missing: dict[str, str] = {}
    for part in (*LISTS, "employees", "value_added", *OPTIONAL):
        value = getattr(plan, part)
        waves = plan.waves if part in BOTH_WAVES else plan.waves[1:] if part in LAST_WAVE else plan.waves[:1]
        for name in value if isinstance(value, tuple) else (value,):
            for wave in waves if name else ():
                wanted = f"{name}_{wave}"
                if name not in columns and (long or wanted not in columns):
                    missing[name if long or part in OPTIONAL else wanted] = part
    if not missing:
        return
    lead = f"There is no column {offenders(list(missing), shown=12)}."
    parts = ", ".join(dict.fromkeys(missing.values()))
    guess = suggest(next(iter(missing)), columns)
    raise LabelError(
        lead,
        where=f"parts of the firm study: {parts}"
        + ("" if long else f"; one row a firm, as there is no column {plan.year!r}"),
        allowed=offenders(columns, shown=12),
        remedy=f"{guess + ' ' if guess else ''}Name the column of each part ({_example(missing)}), or leave the part "
        "empty.",
    )


def _example(missing: dict[str, str]) -> str:
    part = next(iter(missing.values()))
    base = getattr(Plan(), part)
    return f"{part} = [COLUMN, ...]" if isinstance(base, tuple) else f"{part} = COLUMN"
