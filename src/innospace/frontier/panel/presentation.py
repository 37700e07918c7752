"""A panel frontier in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from innospace.core.document import Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent, signed
from innospace.core.table import Column, Table
from innospace.frontier.presentation import (
    COEFFICIENT_COLUMNS,
    COVARIANCE_LABELS,
    EFFECT_COLUMNS,
    EFFECT_NOTES,
    bootstrap_table,
    coefficient_lines,
    failed_lines,
    label,
    table_of_tests,
)

if TYPE_CHECKING:
    from innospace.frontier.panel.result import PanelResult

COVARIANCES = {**COVARIANCE_LABELS, "cluster": "clustered by unit (sandwich)"}
SHOWN = 120
"""Units of a ranking that is drawn one by one."""


def summary(result: PanelResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    lines = [
        f"{r.spec.described.title} frontier: {r.spec.formula}"[:100],
        f"Rows: {r.n} of {r.units} units"
        + (f"   Log-likelihood: {r.loglik:.6f}" if np.isfinite(r.loglik) else "   Least squares within units"),
        f"Standard errors: {COVARIANCES[r.covariance_kind]}",
        "",
        *coefficient_lines(r.coefficients()),
        "",
        f"Mean efficiency {r.mean_efficiency:.4f}",
        *(f"{t.null}: LR {t.statistic:.4f}, p {t.p_value:.4g} ({t.distribution})" for t in r.tests),
        f"Status: {r.status.code}" + (f" ({r.status.boundary})" if r.status.boundary else ""),
        *failed_lines(r.checks),
    ]
    return "\n".join(lines)


def coefficient_table(result: PanelResult) -> Table:
    """Return the coefficients with standard errors, z, p and intervals."""
    frame = result.to_frame().reset_index()
    frame["name"] = [label(str(n)) for n in frame["name"]]
    note = f"{result.n} rows of {result.units} units. Standard errors: {COVARIANCES[result.covariance_kind]}."
    return Table("coefficients", f"Estimates: {result.spec.formula}", frame, COEFFICIENT_COLUMNS, (note,))


def tests_table(result: PanelResult) -> Table:
    """Return the tests of no inefficiency; a model without a distribution has none."""
    if not result.tests:
        raise SpecError(
            f"There is nothing to test: {result.spec.described.title} assumes no distribution of inefficiency.",
            remedy="Choose another model of the panel.",
        )
    return table_of_tests(result.tests)


def ranking(result: PanelResult) -> pd.DataFrame:
    """Return the last period of each unit, best first."""
    last = result.efficiencies.groupby("unit", sort=False).tail(1)
    ranked = last.sort_values("te", ascending=False, kind="stable").reset_index(drop=True)
    ranked.insert(0, "rank", range(1, len(ranked) + 1))
    return ranked


def efficiency_table(result: PanelResult) -> Table:
    """Return the efficiency of every unit in its last period, ranked."""
    columns = (
        Column("rank", "Rank", "integer"),
        Column("unit", "Unit"),
        Column("time", "Period", "year"),
        Column("te", "Overall", "fixed:3", "Technical efficiency"),
        Column("te_transient", "Of the period", "fixed:3", "Technical efficiency"),
        Column("te_persistent", "Persistent", "fixed:3", "Technical efficiency"),
    )
    return Table("efficiencies", "Technical efficiency in the last period, ranked", ranking(result), columns)


def effects_table(result: PanelResult) -> Table:
    """Return mean effects of regressors of inefficiency on expected inefficiency and efficiency."""
    frame = result.marginal_effects().reset_index()
    return Table("marginal-effects", "What inefficiency depends on", frame, EFFECT_COLUMNS, EFFECT_NOTES)


TABLES: dict[str, Callable[[PanelResult], Table]] = {
    "coefficients": coefficient_table,
    "tests": tests_table,
    "efficiencies": efficiency_table,
    "marginal_effects": effects_table,
    "bootstrap": bootstrap_table,
}
"""Tables by name."""


class Plots:
    """Figures of a panel frontier.

    Parameters
    ----------
    result : PanelResult
    """

    def __init__(self, result: PanelResult) -> None:
        self._result = result

    def over_time(self) -> Figure:
        """Return mean efficiency by period."""
        r = self._result
        means = r.efficiencies.groupby("time")["te"].mean().reset_index()
        first, last = float(means["te"].iloc[0]), float(means["te"].iloc[-1])
        ends = f"from {percent(first)} in {means['time'].iloc[0]} to {percent(last)} in {means['time'].iloc[-1]}"
        same = percent(first) == percent(last)
        title = (
            f"Mean efficiency is {percent(last)} in the first period as in the last"
            if same
            else (f"Mean efficiency {'rose' if last > first else 'fell'} {ends}")
        )
        subtitle = f"Mean technical efficiency by {r.spec.time}, {r.units} units, fraction of the frontier"
        alt = f"Line of mean technical efficiency over {len(means)} periods. {title}."
        encoding = {"x": "time", "y": "te", "x_title": r.spec.time, "y_title": "technical efficiency"}
        words = (title, subtitle, r.spec.described.says, alt)
        return Figure("over-time", FigureKind.LINES, *words, means, encoding)

    def efficiencies(self) -> Figure:
        """Return efficiencies of the last period, ranked; of many units both ends."""
        r = self._result
        ranked = ranking(r)
        half = SHOWN // 2
        shown = ranked if len(ranked) <= SHOWN else pd.concat([ranked.head(half), ranked.tail(half)])
        title = f"{ranked['unit'].iloc[0]} comes closest to the frontier, {ranked['unit'].iloc[-1]} least close"
        free = bool(shown["te_lower"].isna().all())
        caption = r.spec.described.says + (
            " It gives no intervals." if free else f" Intervals hold {percent(r.numbers['level'], 0)}."
        )
        alt = f"Technical efficiency of {len(shown)} of {len(ranked)} units, ranked. {title}."
        data = shown.assign(lower=shown["te_lower"].fillna(shown["te"]), upper=shown["te_upper"].fillna(shown["te"]))
        encoding = {"label": "unit", "value": "te", "lower": "lower", "upper": "upper"}
        subtitle = "Technical efficiency in the last period, fraction of the frontier"
        return Figure("efficiencies", FigureKind.INTERVALS, title, subtitle, caption, alt, data, encoding)


def findings(result: PanelResult) -> tuple[str, ...]:
    """Return what was found, in sentences."""
    ranked = ranking(result)
    best, last = ranked.iloc[0], ranked.iloc[-1]
    found = [
        f"Units reach {percent(result.mean_efficiency)} of the frontier on average ({result.spec.described.title}, "
        f"{result.n} rows of {result.units} units).",
        f"In its last period {best['unit']} reaches {percent(best['te'])}, {last['unit']} {percent(last['te'])}.",
    ]
    if "eta" in result.names:
        eta, place = result.parameter("eta"), result.names.index("eta")
        error = float(np.sqrt(result.covariance[place, place]))
        way = "rises" if eta > 0.0 else "falls"
        found.append(f"Efficiency {way} over time: eta {fixed(eta, 3)}, standard error {fixed(error, 3)}.")
    effects = [] if result.effects is None else result.marginal_effects().reset_index().to_dict("records")
    for row in effects:
        if row["of"] == "efficiency":
            known = fixed(100 * row["std_error"], 2) if np.isfinite(row["std_error"]) else "none"
            points = f"{signed(100 * row['effect'], 2)} points of expected efficiency"
            found.append(f"One unit more of {row['regressor']} goes with {points} (standard error {known}).")
    return tuple(found)


def sections(result: PanelResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    plots = Plots(result)
    tables = [replace(coefficient_table(result), lead=True), *([tests_table(result)] if result.tests else [])]
    if result.effects is not None:
        tables.insert(1, effects_table(result))
    if result.refits is not None:
        tables.append(bootstrap_table(result))
    figures = (replace(f, lead=True) for f in (plots.over_time(), plots.efficiencies()))
    return (
        Section("model", "Model", (Paragraph(str(result.spec)), *result.spec.equations())),
        Section("estimates", "Estimates", tuple(tables)),
        Section(
            "efficiency",
            "Efficiency",
            (*figures, efficiency_table(result)),
        ),
    )
