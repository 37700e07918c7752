"""Tables of what a solved knowledge economy rests on: matrix, natures of its cells, assumptions, closure, variables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from innospace.core.formula_text import plain
from innospace.core.numbers import fixed, significant
from innospace.core.table import Column, Table
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.closure import CHOICES
from innospace.economy.models.knowledge.families import LEVER_GROUPS
from innospace.economy.models.knowledge.spec import REASONS, KnowledgeSpec
from innospace.economy.models.knowledge.wording import label

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.result import EconomyResult

LARGEST = 15
"""Assumed cells that are listed one by one."""
NATURE_WORDS = {
    "real": "published figures, taken as they are",
    "derived": "computed from published figures",
    "assumption": "assumed, for want of a figure",
    "residual": "what balances the other cells",
}
ACCOUNT_TITLES = {
    **{f"act.{i}": f"{k.AGENT_TITLES[i]}: production" for i in k.PRODUCERS},
    **{f"budget.{i}": f"{k.AGENT_TITLES[i]}: budget" for i in k.PRODUCERS},
    **{x: f"{x} {title}" for x, title in {**k.PRODUCT_TITLES, **k.LABOUR_TITLES}.items()},
    **{a: k.AGENT_TITLES[a] for a in (k.HOUSEHOLDS, k.AUTHORITIES, k.OUTSIDE)},
    "capital": "Operating surplus",
    "tax.vat": "Value added tax",
    "tax.profit": "Profit tax",
    "tax.property": "Property tax",
    "tax.income": "Income tax",
    "tax.social": "Social contributions",
    "social_payments": "Social payments",
    "deposits": "Deposits",
    "loans": "Loans",
}
"""Accounts of the matrix as a reader sees them."""
SYMBOLS = {
    "efficiency": "TE",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "labour_exponent": "A^l",
    "transformation": "σ_T",
    "substitution": "σ_A",
    "export_elasticity": "η",
    "depreciation": "d",
    "fiscal_depreciation": "f",
}


def closure(result: EconomyResult) -> Table:
    """Return every choice of rules with what it means and what else could be chosen."""
    import pandas as pd

    chosen = result.model.closure.to_dict()
    rows = [
        {"choice": name, "chosen": chosen[name], "meaning": options[chosen[name]], "others": _others(name, chosen)}
        for name, options in CHOICES.items()
    ]
    columns = (
        Column("choice", "Choice"),
        Column("chosen", "Chosen"),
        Column("meaning", "Meaning"),
        Column("others", "Instead one may choose"),
    )
    return Table("closure", "Closure: which rules hold and who adjusts", pd.DataFrame(rows), columns)


def _others(name: str, chosen: dict[str, str]) -> str:
    return "; ".join(f"{option}: {text}" for option, text in CHOICES[name].items() if option != chosen[name])


def assumptions(result: EconomyResult) -> Table:
    """Return every assumption with its values and its reason."""
    import pandas as pd

    spec, parameters = result.model.spec, result.model.calibration.parameters
    usual = KnowledgeSpec(spec.efficiency)
    rows = []
    for name, default in REASONS.items():
        changed = getattr(spec, name) != getattr(usual, name)
        reason = f"set by the study (default: {default})" if changed else default
        if f"{name}.{k.PRODUCERS[0]}" in parameters:
            values = {i: parameters[f"{name}.{i}"] for i in k.PRODUCERS}
        else:
            values = {"all": float(getattr(spec, name))}
        own = {"assumption": name, "symbol": SYMBOLS.get(name, "")}
        rows.append(own | {f"value.{key}": v for key, v in values.items()} | {"reason": reason})
    frame = pd.DataFrame(rows)
    producers = [Column(f"value.{i}", k.AGENT_TITLES[i], "text", "Value") for i in k.PRODUCERS]
    columns = (
        Column("assumption", "Assumption"),
        Column("symbol", "Symbol"),
        Column("value.all", "all", "text", "Value"),
        *producers,
        Column("reason", "Reason"),
    )
    layout = frame.copy()
    for c in columns:
        if c.key.startswith("value."):
            layout[c.key] = [_number(v) for v in frame[c.key]]
    return Table("assumptions", "Assumptions and their reasons", frame, columns, (), layout)


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return fixed(value, 0) if math.isinf(value) else significant(value, 3)


def natures(result: EconomyResult) -> Table:
    """Return on what the cells of the matrix rest: how many cells and how much money."""
    import pandas as pd

    cells = result.model.sam.to_frame()
    if "nature" not in cells:
        cells = cells.assign(nature="not recorded")
    total = float(cells["value"].abs().sum())
    rows = []
    for nature in [n for n in (*NATURE_WORDS, "not recorded") if n in set(cells["nature"])]:
        own = cells[cells["nature"] == nature]
        money = float(own["value"].abs().sum())
        text = f"{nature}: {NATURE_WORDS[nature]}" if nature in NATURE_WORDS else nature
        rows.append(
            {"nature": nature, "text": text, "cells": len(own), "money": money / 1000.0, "share": money / total}
        )
    columns = (
        Column("text", "Cells rest on"),
        Column("cells", "Cells", "integer"),
        Column("money", "Money, bn RUB", "fixed:1"),
        Column("share", "Share of money", "percent:1"),
    )
    notes = ("Money: sum of all cells, so that a rouble that passes several accounts counts in each.",)
    return Table("natures", "What the cells of the matrix rest on", pd.DataFrame(rows), columns, notes)


def assumed_cells(result: EconomyResult) -> Table:
    """Return the largest cells of the matrix that rest on an assumption."""
    cells = result.model.sam.to_frame()
    frame = cells[cells["nature"] == "assumption"] if "nature" in cells else cells.iloc[:0]
    frame = frame.sort_values("value", ascending=False, kind="stable", key=abs).head(LARGEST).reset_index(drop=True)
    frame = frame.assign(
        payer=[ACCOUNT_TITLES.get(c, c) for c in frame["column"]],
        receiver=[ACCOUNT_TITLES.get(c, c) for c in frame["row"]],
        bn_rub=frame["value"] / 1000.0,
    )
    columns = (
        Column("payer", "From"),
        Column("receiver", "To"),
        Column("bn_rub", "bn RUB", "fixed:1"),
    )
    return Table("assumed-cells", f"The {len(frame)} largest cells that are assumed", frame, columns)


def matrix(result: EconomyResult) -> Table:
    """Return the matrix: every cell in the files (base year, and last year of the baseline), accounts on the page."""
    import pandas as pd

    r = result
    sam, last = r.model.sam, r.paths[r.baseline].years[-1]
    end = r.accounts(r.baseline, last)
    frame = sam.to_frame()
    cells, place = end.to_numpy(dtype=float), {a: n for n, a in enumerate(k.ACCOUNTS)}
    pairs = zip(frame["row"], frame["column"], strict=True)
    frame[f"value_{last}_baseline"] = [float(cells[place[i], place[j]]) for i, j in pairs]
    turnover = dict(zip(k.ACCOUNTS, cells.sum(axis=1).tolist(), strict=True))
    totals = pd.DataFrame(
        {
            "account": list(k.ACCOUNTS),
            "title": [ACCOUNT_TITLES[a] for a in k.ACCOUNTS],
            "base": [fixed(sam.total(a) / 1000.0, 2) for a in k.ACCOUNTS],
            "last": [fixed(turnover[a] / 1000.0, 2) for a in k.ACCOUNTS],
        }
    )
    columns = (
        Column("account", "Code"),
        Column("title", "Account"),
        Column("base", f"{r.years[0]}", "fixed:2", "Turnover, bn RUB"),
        Column("last", f"{last}, baseline", "fixed:2", "Turnover, bn RUB"),
    )
    notes = (f"The file holds all {len(frame)} cells: what the account in column pays to the account in row, mln RUB.",)
    return Table("matrix", "Social accounting matrix: accounts and their turnover", frame, columns, notes, totals)


def variables(result: EconomyResult) -> Table:
    """Return every family of variables with symbol, unit, meaning and the equation that determines it."""
    import pandas as pd

    system = result.model.system
    by_unknown = {e.unknown: f for f in system.families for e in f.equations}
    rows = []
    for f in system.variables:
        numbers = sorted({by_unknown[i].number for i in f.ids()}, key=int)
        row = {"name": f.name, "symbol": plain(f.symbol), "title": f.title, "unit": f.unit, "members": len(f.members)}
        rows.append(row | {"equations": ", ".join(f"({n})" for n in numbers), "meaning": f.meaning})
    columns = (
        Column("name", "Name"),
        Column("symbol", "Symbol"),
        Column("title", "Variable"),
        Column("members", "Members", "integer"),
        Column("equations", "Determined by"),
        Column("unit", "Unit"),
        Column("meaning", "Meaning"),
    )
    title = f"Variables: {system.size} unknowns a year"
    return Table(
        "variables", title, pd.DataFrame(rows), columns, ("Any name can be looked up: innospace explain P.z1",)
    )


def asked(result: EconomyResult) -> Table:
    """Return what every scenario changes and why, in the words of whoever wrote it."""
    import pandas as pd

    rows = []
    for name, path in result.paths.items():
        if not path.scenario.shocks:
            nothing = dict.fromkeys(("parameter", "where", "operation", "value"), "")
            why = path.scenario.why or "The path without shocks."
            rows.append({"scenario": name, "name": label(name), "why": why, **nothing})
        for i, shock in enumerate(path.scenario.shocks):
            where = "; ".join(f"{plain(d)}: {', '.join(map(plain, v))}" for d, v in shock.where.items())
            value = shock.value if isinstance(shock.value, tuple) else (shock.value,)
            shown = significant(value[0]) if len(value) == 1 else f"{significant(value[0])} … {significant(value[-1])}"
            first = i == 0
            rows.append(
                {
                    "scenario": name,
                    "name": label(name) if first else "",
                    "why": path.scenario.why if first else "",
                    "parameter": plain(shock.parameter),
                    "where": where,
                    "operation": shock.operation,
                    "value": shown,
                }
            )
    columns = (
        Column("name", "Scenario"),
        Column("why", "Why"),
        Column("parameter", "Lever"),
        Column("where", "Of"),
        Column("operation", "How"),
        Column("value", "Value"),
    )
    note = "Linked: a number of another step of the study, with its interval; the scenario is solved at all three."
    linked = any(path.scenario.why and "Linked:" in path.scenario.why for path in result.paths.values())
    frame = pd.DataFrame(rows, columns=["scenario", *(c.key for c in columns)])
    return Table("scenarios", "What each scenario changes, and why", frame, columns, (note,) if linked else ())


def levers(result: EconomyResult) -> Table:
    """Return the six groups of policy levers and the parameters that move them."""
    import pandas as pd

    titles = {f.name: f for f in result.model.system.parameters}
    rows = [
        {"group": group, "parameter": name, "title": titles[name].title, "meaning": titles[name].meaning}
        for group, names in LEVER_GROUPS.items()
        for name in names
    ]
    columns = (
        Column("group", "Group of levers"),
        Column("parameter", "Parameter in a scenario"),
        Column("meaning", "Meaning"),
    )
    return Table("levers", "Policy levers", pd.DataFrame(rows), columns)


TABLES: dict[str, Callable[[EconomyResult], Table]] = {
    "scenarios": asked,
    "closure": closure,
    "assumptions": assumptions,
    "natures": natures,
    "assumed-cells": assumed_cells,
    "matrix": matrix,
    "variables": variables,
    "levers": levers,
}
