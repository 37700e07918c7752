"""Tables of the replication."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.fit import COEFFICIENTS, HIGHEST, LOWEST, PRIOR_WEIGHT
from innospace.economy.replication.result import SHAPE_TITLES, number

if TYPE_CHECKING:
    from innospace.economy.replication.result import BashkortostanReplication

SIGNS = {"alpha": "α, R&D", "beta": "β, training", "gamma": "γ, innovative goods"}
UNITS = {"percent": "% of baseline growth", "points": "percentage points"}


def title_of(result: BashkortostanReplication, option: str) -> str:
    """Return what an option changes."""
    return result.economy.paths[option].scenario.title


def comparison(result: BashkortostanReplication) -> Table:
    """Return Table 6: printed, ours with default assumptions in both units, fitted, difference of the fit."""
    frame = result.to_frame()
    best = frame["fit_percent_coefficients"]
    frame = frame.assign(
        number=[number(n) for n in frame["option"]],
        title=[title_of(result, n) for n in frame["option"]],
        difference=best - frame["paper"],
    )
    default, fitted = "Ours, default assumptions", "Ours, fitted, % of baseline growth"
    columns = (
        Column("number", "Option"),
        Column("title", "What changes"),
        Column("paper", "Published", "fixed:3"),
        Column("default_points", "percentage points", "fixed:3", default),
        Column("default_percent", "% of baseline growth", "fixed:2", default),
        Column("fit_percent_scales", "three scales", "fixed:3", fitted),
        Column("fit_percent_coefficients", "nine coefficients", "fixed:3", fitted),
        Column("difference", "less published", "fixed:3", fitted),
    )
    years = result.economy.years
    notes = (
        f"Change of the average annual growth of real gross regional product, {years[0]}–{years[-1]}, against the "
        "baseline. The heading of the published table says percent of the baseline.",
        f"Baseline growth with default assumptions: "
        f"{fixed(float(result.economy.effects['growth'][result.economy.baseline]), 2)}\u202f% a year.",
    )
    return Table("table-6", "Table 6: effects of the policy options, published and simulated", frame, columns, notes)


def fits(result: BashkortostanReplication) -> Table:
    """Return every fit: fitted effects, error, baseline growth, starts."""
    import pandas as pd

    rows: list[dict[str, Any]] = [{"reading": "published", **result.paper}]
    for f in result.fits:
        row: dict[str, Any] = {"reading": UNITS[f.reading], "shape": SHAPE_TITLES[f.shape], **f.fitted, "rms": f.rms}
        rows.append(row | {"growth": f.baseline_growth, "reached": f"{f.reached} of {f.starts}"})
    options = [Column(n, number(n), "fixed:3", "Option") for n in result.paper]
    columns = (
        Column("reading", "Published numbers read as"),
        Column("shape", "Free"),
        *options,
        Column("rms", "Error (root mean square)", "fixed:4"),
        Column("growth", "Baseline growth, %", "fixed:2"),
        Column("reached", "Starts at the optimum"),
    )
    notes = (
        f"Bounds of every coefficient: {LOWEST:g} to {HIGHEST[k.OTHER]:g}, of the innovation sector to "
        f"{HIGHEST[k.INNOVATION]:g}. Weak priors: a coefficient (or scale) that is off its default by "
        f"100\u202f% counts as an error of {PRIOR_WEIGHT:g} in one effect.",
        "δ is not fitted: efficiency does not move in these options, so that no value of δ changes any effect.",
    )
    return Table("fits", "Fits to the published effects", pd.DataFrame(rows), columns, notes, rules=(1,))


def coefficients(result: BashkortostanReplication) -> Table:
    """Return default and fitted coefficients with the gross returns that they imply."""
    import pandas as pd

    spec = result.economy.model.spec
    chosen = [f for f in result.fits if f.reading == "percent"]
    rows = []
    for i in k.PRODUCERS:
        for c in COEFFICIENTS:
            row: dict[str, Any] = {"agent": k.AGENT_TITLES[i], "coefficient": SIGNS[c], "default": getattr(spec, c)[i]}
            for f in chosen:
                at = "at bound" if f"{c}.{i}" in f.at_bound else ""
                row |= {f.shape: f.coefficients[c][i], f"{f.shape}_return": f.returns[c][i], f"{f.shape}_bound": at}
            rows.append(row)
    frame = pd.DataFrame(rows)
    columns = [
        Column("agent", "Producer"),
        Column("coefficient", "Coefficient"),
        Column("default", "Default", "significant:2"),
    ]
    for f in chosen:
        group = SHAPE_TITLES[f.shape].capitalize()
        columns += [Column(f.shape, "value", "significant:2", group)]
        columns += [Column(f"{f.shape}_return", "return", "percent:1", group)]
        columns += [Column(f"{f.shape}_bound", "", "text", group)]
    notes = (
        "Read as percent of baseline growth. Return: yearly output per rouble spent once. Four numbers cannot identify "
        "nine coefficients: a fit, not an estimate. The fit with three scales is the one to rely on.",
    )
    title = "Knowledge coefficients: default and fitted"
    return Table("coefficients", title, frame, tuple(columns), notes, rules=(3, 6))


def knife_edge(result: BashkortostanReplication) -> Table:
    """Return the effects with all coefficients of a fit 10 % smaller and larger."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    rules: list[int] = []
    for f in result.fits:
        rules.append(len(rows))
        for factor, effects in (("0.9", f.knife_edge["0.9"]), ("1", f.fitted), ("1.1", f.knife_edge["1.1"])):
            rows.append({"fit": f"{UNITS[f.reading]}, {SHAPE_TITLES[f.shape]}", "factor": float(factor), **effects})
    options = [Column(n, number(n), "fixed:2", "Option") for n in result.paper]
    columns = (Column("fit", "Fit"), Column("factor", "All coefficients times", "fixed:1"), *options)
    title = "How sharp the fits are: all knowledge coefficients 10\u202f% smaller and larger"
    return Table("knife-edge", title, pd.DataFrame(rows), columns, (), rules=tuple(rules[1:]))


def depreciation(result: BashkortostanReplication) -> Table:
    """Return the fits in percent at other rates of depreciation."""
    import pandas as pd

    rows = []
    for rate, group in result.rates.items():
        rows += [{"rate": rate, "shape": SHAPE_TITLES[f.shape], **f.fitted, "rms": f.rms} for f in group]
    options = [Column(n, number(n), "fixed:3", "Option") for n in result.paper]
    columns = (
        Column("rate", "Depreciation a year", "percent:0"),
        Column("shape", "Free"),
        *options,
        Column("rms", "Error (root mean square)", "fixed:4"),
    )
    notes = (
        f"Read as percent of baseline growth. The default is {percent(result.economy.model.spec.depreciation, 0)}; the "
        "matrix values capital at full book value, of which statistics write off 6 to 7\u202f% a year.",
    )
    title = "The same fits at other rates of depreciation of capital"
    return Table("depreciation", title, pd.DataFrame(rows), columns, notes)


def readings(result: BashkortostanReplication) -> Table:
    """Return the effects under other rules and in other readings of the options."""
    frame = result.readings
    plain = frame.replace(
        {"companies": "companies only", "fixed-capital": "with fixed capital", "transfers": "as transfers"}
    )
    for name in ("set_price_supply", "knowledge"):
        plain[name] = plain[name].str.replace("_", " ")
    options = [Column(n, number(n), "fixed:3", "Option, percentage points") for n in result.paper]
    columns = (
        Column("set_price_supply", "Set-price supply"),
        Column("knowledge", "Stocks"),
        Column("options", "Options"),
        Column("baseline", "Baseline growth, %", "fixed:2"),
        *options,
        Column("ratio", "Loss of 2 over gain of 1", "fixed:2"),
    )
    missing = int(frame[list(result.paper)].isna().any(axis=1).sum())
    notes = (
        "The paper says neither by which rule products at set prices are supplied, nor how spending adds up to stocks, "
        "nor what exactly an option changes.",
        "A dash in the last column: there is no gain of option 1 or no loss of option 2"
        + (f"; under an option: some year has no solution ({missing} rows)." if missing else "."),
    )
    title = "Effects under other rules and in other readings of the options"
    return Table("readings", title, plain, columns, notes, rules=(3, 6, 9))


TABLES: dict[str, Callable[[BashkortostanReplication], Table]] = {
    "comparison": comparison,
    "fits": fits,
    "coefficients": coefficients,
    "knife-edge": knife_edge,
    "depreciation": depreciation,
    "readings": readings,
}
