"""Premia in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from innospace.core.document import Equation
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.presentation import label, p_clause

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.result import FirmResult

_HEADS = {"level": "Premium", "firm": "Premium within firms", "ex_ante": "Premium before entry"}


def title_of(outcome: str, names: Sequence[str], kind: str, classes: bool) -> str:
    """Return the heading of a result."""
    of = " and ".join(label(n) for n in names)
    by = f"classes of {of}" if classes else (f"starters of {of}" if kind == "ex_ante" else of)
    return f"{_HEADS[kind]} in {outcome}: {by}"


def description(
    kind: str,
    fixed_effects: Sequence[Sequence[str]],
    controls: Sequence[str],
    log: bool,
    cluster: str,
    lag: int | None,
) -> str:
    """Return the model and what it assumes."""
    effects = [" x ".join(columns) for columns in fixed_effects]
    effects = ["firm", *effects] if kind == "firm" else effects
    who = {
        "level": "Firms of the status are compared with other firms",
        "firm": "Firms are compared with themselves when their status differs",
        "ex_ante": "Firms that start later are compared with firms that never do, "
        + ("in the first wave" if lag is None else f"{lag} years before entry"),
    }[kind]
    what = "the logarithm of the outcome" if log else "the outcome"
    given = f", given {', '.join(controls)}" if controls else ""
    held = f", with fixed effects of {' and '.join(effects)}" if effects else ""
    percent = " Premia are 100 (exp b - 1) percent, their errors by the delta method." if log else ""
    return (
        f"{who} by least squares on {what}{held}{given}.{percent} Standard errors are clustered by {cluster}. The "
        f"comparison describes; it is an effect of trade only if nothing else tells these firms apart."
    )


def counts_table(counts: dict[str, tuple[int, int]], classes: pd.DataFrame | None, min_firms: int) -> Table:
    """Return firms and firm-years used by status, and firms of every class where there are classes."""
    import pandas as pd

    rows = [
        {"status": name or "all", "firms": v[0], "firm_years": v[1], "enough": _enough(v[0], min_firms)}
        for name, v in counts.items()
    ]
    frame = pd.DataFrame(rows)
    columns = [Column("status", "Status"), Column("firms", "Firms", "integer")]
    columns += [Column("firm_years", "Firm-years", "integer"), Column("enough", "Enough for a finding")]
    notes = [f"Enough: {min_firms} firms or more."]
    if classes is not None:
        listed = ", ".join(f"{c} {fixed(n, 0)}" for c, n in zip(classes["class"], classes["firms"], strict=True))
        notes.append(f"Firms by class before rows are left out: {listed}.")
    return Table("premia-firms", "Firms behind the premia", frame, tuple(columns), tuple(notes))


def _enough(firms: int, min_firms: int) -> str:
    return "yes" if firms >= min_firms else "too few"


def sentences(
    result: FirmResult, counts: dict[str, tuple[int, int]], names: Sequence[str], min_firms: int, *, log: bool
) -> tuple[str, ...]:
    """Return the premia in sentences; a status with too few firms is counted only."""
    effects = result.effects()
    rows = {(r["kind"], r["name"]): r for _, r in effects.iterrows()}
    kind = "premium_percent" if log else "difference"
    told, few = [], []
    for name in names:
        firms = counts[name][0]
        if firms < min_firms:
            few.append(f"{label(name)} has {firms} firm{'s' if firms != 1 else ''}, too few for a finding.")
            continue
        told.append(_premium(label(name), rows[kind, name], firms, counts[""][0], log=log))
    gaps = {name: row for (k, name), row in rows.items() if k == "premium_gap"}
    for name, row in gaps.items():
        clear = row["lower"] > 0 or row["upper"] < 0
        if (clear or len(gaps) == 1) and all(counts[n][0] >= min_firms for n in name.split(" - ")):
            told.append(_gap(name, row, log=log))
    return (*told, *few)


def _premium(name: str, row: Any, firms: int, of: int, *, log: bool) -> str:
    unit = "\u202f%" if log else ""
    size = f"{fixed(abs(row['estimate']), 1 if log else 3)}{unit}"
    side = "above" if row["estimate"] >= 0 else "below"
    interval = f"{fixed(row['lower'], 1 if log else 3)} to {fixed(row['upper'], 1 if log else 3)}{unit}"
    clear = row["lower"] > 0 or row["upper"] < 0
    head = f"{name}: {size} {side} the comparison firms" if clear else f"{name}: no clear premium ({size} {side})"
    return (
        f"{head[0].upper()}{head[1:]} (95\u202f% interval {interval}, {p_clause(row['p_value'])}; "
        f"{fixed(firms, 0)} of {fixed(of, 0)} firms)."
    )


def _gap(name: str, row: Any, *, log: bool) -> str:
    one, other = (label(n) for n in name.split(" - "))
    unit = " percentage points" if log else ""
    digits = 1 if log else 3
    interval = f"{fixed(row['lower'], digits)} to {fixed(row['upper'], digits)}"
    verb = "exceeds" if row["estimate"] > 0 else "lies below"
    size = fixed(abs(row["estimate"]), digits)
    clear = row["lower"] > 0 or row["upper"] < 0
    doubt = "" if clear else ", which chance alone may explain"
    return (
        f"The premium of {one} {verb} that of {other} by {size}{unit} (95\u202f% interval {interval}, "
        f"{p_clause(row['p_value'])}){doubt}."
    )


EQUATIONS = {
    "level": Equation(
        "premium",
        r"\ln y_{it} = \sum_s \beta_s D_{s,it} + x_{it}'\gamma + \mu_{jt} + \varepsilon_{it},\quad "
        r"\text{premium}_s = 100\,(e^{\beta_s} - 1)",
        "ln y_(i t) = sum_s beta_s D_(s, i t) + x_(i t)' gamma + mu_(j t) + epsilon_(i t), quad "
        '"premium"_s = 100 (e^(beta_s) - 1)',
        "Premium of status s within industry and year, in percent",
    ),
    "firm": Equation(
        "premium",
        r"\ln y_{it} = \alpha_i + \sum_s \beta_s D_{s,it} + x_{it}'\gamma + \mu_t + \varepsilon_{it},\quad "
        r"\text{premium}_s = 100\,(e^{\beta_s} - 1)",
        "ln y_(i t) = alpha_i + sum_s beta_s D_(s, i t) + x_(i t)' gamma + mu_t + epsilon_(i t), quad "
        '"premium"_s = 100 (e^(beta_s) - 1)',
        "Premium of status s within firms, in percent",
    ),
    "ex_ante": Equation(
        "premium",
        r"\ln y_{i,s} = \beta\,\text{starter}_i + x_{i,s}'\gamma + \mu_{js} + \varepsilon_{is},\quad "
        r"s < \text{entry},\quad \text{premium} = 100\,(e^{\beta} - 1)",
        'ln y_(i,s) = beta "starter"_i + x_(i,s)\' gamma + mu_(j s) + epsilon_(i s), quad s < "entry", quad '
        '"premium" = 100 (e^beta - 1)',
        "Premium of future starters before entry, in percent",
    ),
}
