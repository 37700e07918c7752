"""A panel frontier in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from innospace.core.document import Paragraph, Section
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    from innospace.frontier.panel.result import PanelResult

COVARIANCES = {
    "hessian": "observed information (Hessian)",
    "opg": "outer product of scores",
    "cluster": "clustered by unit (sandwich)",
}
SHOWN = 120
"""Units of a ranking that is drawn one by one."""


def summary(result: PanelResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    lines = [
        f"{result.spec.described.title} frontier: {result.spec.formula}"[:100],
        f"Rows: {result.n} of {result.units} units   Log-likelihood: {result.loglik:.6f}",
        f"Standard errors: {COVARIANCES[result.covariance_kind]}",
        "",
        f"{'':<28}{'estimate':>14}{'std. error':>14}{'z':>10}{'p':>10}",
    ]
    for name, row in result.coefficients().iterrows():
        cells = [
            f"{v:>{w}.{d}f}" if np.isfinite(v) else f"{'-':>{w}}"
            for v, w, d in zip(row, (14, 14, 10, 10), (6, 6, 3, 4), strict=True)
        ]
        lines.append(f"{str(name)[:28]:<28}{''.join(cells)}")
    lines += ["", f"Mean efficiency {result.mean_efficiency:.4f}"]
    lines += [f"{t.null}: {t.statistic:.4f}, p {t.p_value:.4g} ({t.distribution})" for t in result.tests]
    lines.append(f"Status: {result.status.code}" + (f" ({result.status.boundary})" if result.status.boundary else ""))
    lines += [
        f"Check failed: {c.name} = {c.value:.3g} (tolerance {c.tolerance:.3g})" for c in result.checks if not c.ok
    ]
    return "\n".join(lines)


def coefficient_table(result: PanelResult) -> Table:
    """Return the coefficients with standard errors, z, p and intervals."""
    columns = (
        Column("name", "Coefficient"),
        Column("estimate", "Estimate", "fixed:4"),
        Column("std_error", "Std. error", "fixed:4"),
        Column("z", "z", "fixed:2"),
        Column("p_value", "p", "p"),
        Column("lower", "from", "fixed:4", "95\u202f% interval"),
        Column("upper", "to", "fixed:4", "95\u202f% interval"),
    )
    note = f"{result.n} rows of {result.units} units. Standard errors: {COVARIANCES[result.covariance_kind]}."
    frame = result.to_frame().reset_index()
    return Table("coefficients", f"Estimates: {result.spec.formula}", frame, columns, (note,))


def tests_table(result: PanelResult) -> Table:
    """Return the tests of no inefficiency."""
    frame = pd.DataFrame(
        [{"name": t.name.replace("_", " "), **t.to_dict()} for t in result.tests],
        columns=["name", "statistic", "p_value", "distribution", "null"],
    )
    columns = (
        Column("name", "Test"),
        Column("null", "Null hypothesis"),
        Column("statistic", "Statistic", "fixed:3"),
        Column("distribution", "Distribution"),
        Column("p_value", "p", "p"),
    )
    return Table("tests", "Is there inefficiency?", frame, columns)


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
        first, last = means["te"].iloc[0], means["te"].iloc[-1]
        moved = "rose" if last > first else "fell"
        title = f"Mean efficiency {moved} from {percent(first)} to {percent(last)}"
        words = (title, "Mean technical efficiency by period, fraction of the frontier", r.spec.described.says, title)
        encoding = {"x": "time", "y": "te", "x_title": r.spec.time, "y_title": "technical efficiency"}
        return Figure("over-time", FigureKind.LINES, *words, means, encoding)

    def efficiencies(self) -> Figure:
        """Return efficiencies of the last period, ranked; of many units both ends."""
        r = self._result
        ranked = ranking(r)
        half = SHOWN // 2
        shown = ranked if len(ranked) <= SHOWN else pd.concat([ranked.head(half), ranked.tail(half)])
        title = f"{ranked['unit'].iloc[0]} comes closest to the frontier, {ranked['unit'].iloc[-1]} least close"
        words = (
            title,
            "Technical efficiency in the last period, fraction of the frontier",
            r.spec.described.says,
            title,
        )
        data = shown.assign(lower=shown["te_lower"].fillna(shown["te"]), upper=shown["te_upper"].fillna(shown["te"]))
        encoding = {"label": "unit", "value": "te", "lower": "lower", "upper": "upper"}
        return Figure("efficiencies", FigureKind.INTERVALS, *words, data, encoding)


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
    return tuple(found)


def sections(result: PanelResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    plots = Plots(result)
    tables = [coefficient_table(result), *([tests_table(result)] if result.tests else [])]
    return (
        Section("model", "Model", (Paragraph(str(result.spec)), *result.spec.equations())),
        Section("estimates", "Estimates", tuple(tables)),
        Section("efficiency", "Efficiency", (plots.over_time(), plots.efficiencies(), efficiency_table(result))),
    )
