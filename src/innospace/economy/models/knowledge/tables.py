"""Tables of what a solved knowledge economy did: effects, growth, sectors, markets, payments, growth accounts.

Tables of what it assumes and rests on stand in :mod:`innospace.economy.models.knowledge.evidence`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.numbers import fixed, signed
from innospace.core.table import Column, Table
from innospace.economy.models.knowledge import evidence
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.flows import VIA, flows
from innospace.economy.models.knowledge.wording import (
    LEVEL,
    against_baseline,
    intervals,
    label,
    percent_of_growth,
    points,
    published,
    ranked,
    solved,
    span,
    strongest,
    title_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.knowledge.result import EconomyResult

SCENARIO = Column("name", "Scenario")


def effects(result: EconomyResult) -> Table:
    """Return growth of every scenario and its effect in points and in percent; the file has the Newton steps too."""
    import pandas as pd

    r = result
    bounds = intervals(r)
    rows = []
    for name, path in r.paths.items():
        gap = against_baseline(r, name)
        low, high = bounds.get(name, (float("nan"), float("nan")))
        row = {**r.effects.loc[name].to_dict(), "scenario": name, "name": label(name), "title": title_of(path.scenario)}
        row |= {"lower": low, "upper": high, "gap": gap[-1] if path.failure is None else float("nan")}
        rows.append(row | {"years": len(path.years), "iterations": sum(path.iterations)})
    interval = f"{fixed(100 * LEVEL, 0)}\u202f% interval, points"
    columns = (
        SCENARIO,
        Column("growth", "Growth a year, %", "fixed:3"),
        Column("effect_points", "percentage points", "fixed:3", "Effect on growth"),
        Column("effect_percent", "% of baseline growth", "fixed:1", "Effect on growth"),
        *((Column("lower", "from", "fixed:3", interval), Column("upper", "to", "fixed:3", interval)) if bounds else ()),
        Column("gap", f"GRP {r.years[-1]} against baseline, %", "fixed:1"),
        Column("title", "What changes"),
    )
    notes = ["Growth: average annual growth of real gross regional product (chained volume index)."]
    notes += [f"{label(n)}: no solution after {p.years[-1]}." for n, p in r.paths.items() if p.failure and p.years]
    title = f"Effects on average annual growth, {span(r)}"
    return Table("effects", title, pd.DataFrame(rows), columns, tuple(notes), rules=(1,))


def uncertainty(result: EconomyResult) -> Table:
    """Return median and interval of effects over draws of the assumptions; no rows without draws."""
    import pandas as pd

    columns = (
        SCENARIO,
        Column("effect_points_median", "median", "fixed:3", "Effect, percentage points"),
        Column("effect_points_lower", "from", "fixed:3", "Effect, percentage points"),
        Column("effect_points_upper", "to", "fixed:3", "Effect, percentage points"),
        Column("positive", "Raises growth in", "percent:1"),
        Column("draws", "Draws", "integer"),
        Column("failed", "without a solution", "integer"),
    )
    frame = pd.DataFrame(columns=[c.key for c in columns])
    if result.draws is not None:
        from innospace.economy.models.knowledge.uncertainty import summarise

        frame = summarise(result.draws, LEVEL)
        frame = frame[frame["scenario"] != result.baseline].reset_index(drop=True)
        frame.insert(0, "name", [label(n) for n in frame["scenario"]])
    notes = (
        f"From and to: {fixed(100 * LEVEL, 0)}\u202f% of the draws that have a solution. Assumptions are drawn from "
        "documented ranges; the intervals say nothing of the form of the equations.",
    )
    return Table("uncertainty", "Effects when assumptions are drawn from their ranges", frame, columns, notes)


def paper(result: EconomyResult) -> Table:
    """Return effects beside the paper's Table 6 in both readings of its unit."""
    import pandas as pd

    rows = []
    for name, number in published(result).items():
        ours = {"points": points(result, name), "percent": percent_of_growth(result, name)}
        apart = {f"{unit}_difference": value - number for unit, value in ours.items()}
        title = title_of(result.paths[name].scenario)
        rows.append({"scenario": name, "name": label(name), "title": title, "paper": number, **ours, **apart})
    first, second = "Read as percentage points", "Read as percent of baseline growth"
    columns = (
        Column("name", "Option"),
        Column("paper", "Paper", "fixed:3"),
        Column("points", "this model", "fixed:3", first),
        Column("points_difference", "difference", "fixed:3", first),
        Column("percent", "this model", "fixed:3", second),
        Column("percent_difference", "difference", "fixed:3", second),
        Column("title", "What changes"),
    )
    notes = (
        "The unit of the paper's numbers is open: the header of its table says percent of baseline growth, its text "
        "does not settle it. Both readings are printed; neither is asserted.",
        "The paper gives no parameters; those of this run are listed under assumptions with their reasons.",
    )
    frame = pd.DataFrame(rows, columns=["scenario", *(c.key for c in columns)])
    return Table("paper", "Effects beside the paper's Table 6", frame, columns, notes)


def growth(result: EconomyResult) -> Table:
    """Return real gross regional product by year and scenario, as an index and against the baseline."""
    import pandas as pd

    r = result
    frame: dict[str, Any] = {"year": list(r.years)}
    index, gap = f"Real GRP, {r.years[0]} = 100", "Difference from the baseline, %"
    columns = [Column("year", "Year", "year")]
    for name in r.paths:
        frame[f"index.{name}"] = _padded(100.0 * r.real_grp(name), len(r.years))
        columns.append(Column(f"index.{name}", label(name), "fixed:1", index))
    for name in list(r.paths)[1:]:
        frame[f"gap.{name}"] = _padded(against_baseline(r, name), len(r.years))
        columns.append(Column(f"gap.{name}", label(name), "fixed:2", gap))
    return Table("growth", "Real gross regional product by year", pd.DataFrame(frame), tuple(columns))


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([values, np.full(length - len(values), np.nan)])


def sectors(result: EconomyResult) -> Table:
    """Return output, share, labour and capital of each producer in the base year and in the last year by scenario."""
    import pandas as pd

    r = result
    rows = []
    for i in k.PRODUCERS:
        cases = [(r.baseline, 0, f"{r.years[0]}")]
        cases += [(n, -1, f"{r.paths[n].years[-1]}, {label(n, inside=True)}") for n in r.paths if r.paths[n].years]
        for name, t, case in cases:
            path, at = r.paths[name], r.model.system.input_position
            value = r.values(name, "PY", i)[t] * r.values(name, "Y", i)[t]
            rows.append(
                {
                    "agent": i,
                    "sector": k.AGENT_TITLES[i] if t == 0 else "",
                    "scenario": name,
                    "year": path.years[t],
                    "case": case,
                    "output": r.values(name, "Y", i)[t] / 1000.0,
                    "share": value / r.values(name, "GRP")[t],
                    "labour": (r.values(name, "L1", i)[t] + r.values(name, "L3", i)[t]) / 1000.0,
                    "capital": path.parameters[t, at[f"capital.{i}"]] / 1000.0,
                }
            )
    columns = (
        Column("sector", "Sector"),
        Column("case", "Year and scenario"),
        Column("output", "Output, bn RUB at base-year prices", "fixed:1"),
        Column("share", "Share in GRP", "percent:2"),
        Column("labour", "Labour, thousand persons", "fixed:1"),
        Column("capital", "Capital, bn RUB at base-year prices", "fixed:1"),
    )
    frame = pd.DataFrame(rows)
    starts = tuple(int(n) for n in np.flatnonzero(frame["sector"] != ""))
    notes = ("Share: of nominal gross regional product. Output is value added.",)
    layout = Table("", "", frame, columns).display()
    frame["sector"] = [k.AGENT_TITLES[a] for a in frame["agent"]]
    return Table("sectors", "Sectors in the base year and in the last year", frame, columns, notes, layout, starts)


def markets(result: EconomyResult) -> Table:
    """Return quantity and price of every market in the base year and the last; the files hold every scenario."""
    import pandas as pd

    r = result
    rows = []
    for name in solved(r) or [r.baseline]:
        cpi = r.values(name, "PI")
        for x in (*k.PRODUCTS, *k.LABOUR):
            wage = x in k.LABOUR
            if wage:
                quantity = np.sum([r.values(name, x.upper(), i) for i in k.PRODUCERS], axis=0) / 1000.0
                price = r.values(name, "w1" if x == "l1" else "w3")
            else:
                quantity, price = r.values(name, "S", x) / 1000.0, r.values(name, "P", x)
            rows.append(
                {
                    "scenario": name,
                    "market": x,
                    "title": f"{x} {k.LABOUR_TITLES[x]}, persons" if wage else f"{x} {k.PRODUCT_TITLES[x]}",
                    "price_rule": _price_rule(x),
                    "unit": "thousand persons" if wage else "bn RUB at base-year prices",
                    "quantity_base": quantity[0],
                    "quantity_last": quantity[-1],
                    "price_last": price[-1] / price[0],
                    "relative_price_last": price[-1] / price[0] / cpi[-1],
                }
            )
    frame = pd.DataFrame(rows)
    shown = list(dict.fromkeys([r.baseline, *([strongest(r)] if ranked(r) else [])]))
    first, last = r.years[0], r.years[-1]
    columns = [Column("title", "Product or labour"), Column("price_rule", "Price")]
    columns.append(Column("base", f"Quantity {first}", "fixed:1"))
    layout = frame[frame["scenario"] == r.baseline][["title", "price_rule"]].reset_index(drop=True)
    by = {n: frame[frame["scenario"] == n].reset_index(drop=True) for n in shown if n in set(frame["scenario"])}
    layout["base"] = [fixed(float(v), 1) for v in by[r.baseline]["quantity_base"]]
    for n, own in by.items():
        group = f"{last}, {label(n, inside=True)}"
        layout[f"q.{n}"] = [fixed(float(v), 1) for v in own["quantity_last"]]
        layout[f"p.{n}"] = [fixed(float(v), 3) for v in own["relative_price_last"]]
        columns += [Column(f"q.{n}", "quantity", "fixed:1", group), Column(f"p.{n}", "real price", "fixed:3", group)]
    notes = (
        "Quantities: bn RUB at base-year prices, labour in thousands. Real price: price, or wage, relative to consumer "
        f"prices, {first} = 1.",
        *(
            ("Shown: the baseline and the scenario with the largest effect; the files hold all.",)
            if len(by) > 1
            else ()
        ),
    )
    return Table("markets", "Quantities and prices on every market", frame, tuple(columns), notes, layout)


def _price_rule(x: str) -> str:
    if x in k.EXPORTS:
        return "outside"
    return "set" if x in (*k.SET_PRICE, "l3") else "market"


def payments(result: EconomyResult) -> Table:
    """Return what each agent pays and receives, base year and last year of the baseline; receipts equal payments."""
    import pandas as pd

    r = result
    years = (r.years[0], r.paths[r.baseline].years[-1])
    sides = [_sides(flows(r.accounts(r.baseline, y))) for y in years]
    rows = []
    for a in k.AGENTS:
        for side in ("receives", "pays"):
            own = {x: [s.get((a, side, x), 0.0) / 1000.0 for s in sides] for x in VIA}
            kept = {x: v for x, v in own.items() if any(v)}
            rows += [(a, side, VIA[x], x, *v) for x, v in kept.items()]
            rows.append((a, side, "Total", "total", *np.sum(list(kept.values()), axis=0)))
    frame = pd.DataFrame(rows, columns=["agent", "side", "title", "item", "base", "last"])
    frame.insert(1, "agent_title", [k.AGENT_TITLES[a] for a in frame["agent"]])
    columns = (
        Column("agent_title", "Agent"),
        Column("side", ""),
        Column("title", "Market or payment"),
        Column("base", f"{years[0]}", "fixed:2", "bn RUB, current prices"),
        Column("last", f"{years[1]}, baseline", "fixed:2", "bn RUB, current prices"),
    )
    layout = Table("", "", frame, columns).display()
    again = frame[["agent", "side"]].eq(frame[["agent", "side"]].shift()).all(axis=1)
    layout.loc[frame["agent"].eq(frame["agent"].shift()), "agent_title"] = ""
    layout.loc[again, "side"] = ""
    starts = tuple(int(n) for n in np.flatnonzero(~frame["agent"].eq(frame["agent"].shift())))
    notes = ("VAT is received by the authorities from its market. Deposits and loans hold principal and interest.",)
    return Table("payments", "What each agent receives and pays", frame, columns, notes, layout, starts)


def _sides(found: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Return flows of a year by agent, side and market or payment, million roubles."""
    out: dict[tuple[str, str, str], float] = {}
    columns = (found[c] for c in ("step", "source", "target", "value"))
    for step, source, target, value in zip(*columns, strict=True):
        key = (target, "receives", source) if step else (source, "pays", target)
        out[key] = out.get(key, 0.0) + float(value)
    return out


ACCOUNTS = {
    "capital": "Capital",
    "labour": "Labour",
    "knowledge": "Knowledge Z",
    "training": "Training R",
    "innovation": "Innovative goods N",
    "efficiency": "Efficiency TE",
}
"""Parts of growth by equation (1)."""


def growth_accounts(result: EconomyResult) -> Table:
    """Return growth of output of other industries by what equation (1) attributes it to."""
    import pandas as pd

    r = result
    rows = [{"scenario": n, "name": label(n), **decomposition(r, n, k.OTHER)} for n in solved(r)]
    columns = (
        SCENARIO,
        Column("output", "Output", "fixed:2"),
        *(Column(key, title, "fixed:2", "of which") for key, title in ACCOUNTS.items()),
    )
    notes = (
        f"100 times the change of logarithms from {r.years[0]} to {r.years[-1]}; parts sum to output exactly, since "
        "production is log-linear in them.",
    )
    title = "Growth accounts of other industries"
    frame = pd.DataFrame(rows, columns=["scenario", *(c.key for c in columns)])
    return Table("growth-accounts", title, frame, columns, notes, rules=(1,))


def decomposition(r: EconomyResult, name: str, producer: str) -> dict[str, float]:
    """Return 100 times the log change of a producer's output over all solved years, and its parts."""
    path, at = r.paths[name], r.model.system.input_position
    p = {f: path.parameters[:, at[f"{f}.{producer}"]] for f in _BY_PRODUCER}
    capital = np.log(0.5 * (p["capital_before"] + p["capital"]))
    labour = np.log(r.values(name, "L1", producer) + r.values(name, "L3", producer))
    efficiency = path.parameters[:, at["efficiency"]]
    parts = {
        "output": np.log(r.values(name, "Y", producer)),
        "capital": p["capital_exponent"] * capital,
        "labour": p["labour_exponent"] * labour,
        "knowledge": p["alpha"] * p["knowledge_stock"],
        "training": p["beta"] * p["training_stock"],
        "innovation": p["gamma"] * p["innovation_stock"],
        "efficiency": p["delta"] * efficiency,
    }
    return {key: 100.0 * float(v[-1] - v[0]) for key, v in parts.items()}


_BY_PRODUCER = (
    "capital_before", "capital", "capital_exponent", "labour_exponent", "alpha", "beta", "gamma", "delta",
    "knowledge_stock", "training_stock", "innovation_stock",
)  # fmt: skip


def summary_rows(result: EconomyResult) -> list[str]:
    """Return a line a scenario for the terminal: growth, effect in points and in percent, GRP, Newton steps."""
    r = result
    found = []
    for name, path in r.paths.items():
        cells = f"{name[:30]:<30}"
        if path.failure is not None:
            found.append(f"{cells}  no solution after {path.years[-1] if path.years else 'the data'}")
            continue
        effect = name != r.baseline and r.paths[r.baseline].failure is None
        cells += f"{fixed(100.0 * r.growth[name], 3):>12}"
        cells += f"{signed(points(r, name), 3) if effect else '':>16}"
        cells += f"{signed(percent_of_growth(r, name), 1) if effect else '':>16}"
        cells += f"{signed(float(against_baseline(r, name)[-1]), 1) if effect else '':>16}{sum(path.iterations):>8}"
        found.append(cells)
    return found


TABLES: dict[str, Callable[[EconomyResult], Table]] = {
    "effects": effects,
    "uncertainty": uncertainty,
    "paper": paper,
    "growth": growth,
    "sectors": sectors,
    "markets": markets,
    "payments": payments,
    "growth-accounts": growth_accounts,
    **evidence.TABLES,
}
