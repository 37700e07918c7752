"""A metafrontier in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from innospace.core.document import Block, Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.frontier.presentation import (
    TABLE_ROWS,
    bootstrap_table,
    failed_lines,
    label,
    p_clause,
    symbols,
    table_of_tests,
)

if TYPE_CHECKING:
    from innospace.frontier.structure.metafrontier_result import MetafrontierResult

LOW, HIGH = 0.1, 0.9
"""Quantiles of the gap ratios of a group that are drawn."""


def summary(result: MetafrontierResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    lines = [f"Metafrontier ({r.spec.method}) of {r.spec.formula} by {r.spec.group}"[:100], ""]
    for name, value, se in zip(r.pooled.sample.names, r.meta, r.errors, strict=True):
        error = fixed(float(se), 6) if np.isfinite(se) else "-"
        lines.append(f"{name[:28]:<28}{fixed(float(value), 6):>14}{error:>14}")
    lines += ["", f"{'group':<28}{'rows':>8}{'TE':>10}{'gap ratio':>12}{'TE meta':>10}"]
    for m in r.means.to_dict("records"):
        name = str(m["group"])
        te, gap, both = (fixed(float(m[k]), 4) for k in ("te", "gap_ratio", "te_meta"))
        edge = r.groups[name].status.boundary
        lines.append(f"{name[:28]:<28}{m['rows']:>8}{te:>10}{gap:>12}{both:>10}{f'  {edge}' if edge else ''}")
    if r.second is not None and r.second.status.boundary:
        lines.append(f"Metafrontier: {r.second.status.boundary}")
    return "\n".join([*lines, "Means over rows, every row once.", *failed_lines(r.checks)])


def groups_table(result: MetafrontierResult) -> Table:
    """Return means by group."""
    columns = (
        Column("group", "Group"),
        Column("rows", "Rows", "integer"),
        Column("te", "Within the group", "fixed:3", "Mean technical efficiency"),
        Column("te_meta", "Against the metafrontier", "fixed:3", "Mean technical efficiency"),
        Column("gap_ratio", "Mean", "fixed:3", "Technology gap ratio"),
        Column("gap_lowest", "Lowest", "fixed:3", "Technology gap ratio"),
        Column("touching", "Rows where it touches", "percent:0"),
        Column("boundary", "Boundary"),
    )
    frame = result.means.assign(boundary=[result.groups[g].status.boundary for g in result.means["group"]])
    notes = (
        "Means over rows, every row once; the mean of a product is not the product of the means.",
        "Rows where it touches: the frontier of the group is the metafrontier there.",
    )
    return Table("groups", "Efficiency and technology gaps by group", frame, columns, notes)


def coefficient_table(result: MetafrontierResult) -> Table:
    """Return coefficients of the metafrontier and of every group."""
    frame = result.coefficients().reset_index()
    frame["name"] = [label(str(n)) for n in frame["name"]]
    columns = (
        Column("name", "Coefficient"),
        Column("metafrontier", "Estimate", "fixed:4", "Metafrontier"),
        Column("std_error", "Std. error", "fixed:4", "Metafrontier"),
        *(Column(g, g, "fixed:4", "Groups") for g in result.groups),
    )
    if result.second is not None:
        note = "Standard errors: sandwich; fitted group frontiers count as data in them."
    elif result.spec.draws:
        note = f"Standard errors: {result.spec.draws} draws of the group coefficients from their normal limits."
    else:
        note = "No standard errors of the envelope were asked for (draws)."
    return Table("coefficients", f"Frontiers: {result.spec.formula}", frame, columns, (note,))


def tests_table(result: MetafrontierResult) -> Table:
    """Return the test of one common frontier."""
    return table_of_tests((result.test_one_frontier(),))


def efficiency_table(result: MetafrontierResult) -> Table:
    """Return efficiencies by row, nearest to the metafrontier first."""
    used = result.rows.dropna(subset=["te"]).sort_values("te_meta", ascending=False, kind="stable")
    used = used.reset_index(drop=True)
    used.insert(0, "rank", range(1, len(used) + 1))
    named = [Column("region", "Region"), Column("firm", "Firm"), Column("year", "Year", "year")]
    present = [c for c in named if c.key in used] or [Column("row", "Row", "integer")]
    gaps: tuple[Column, ...] = (Column("gap_ratio", "Technology gap ratio", "fixed:3"),)
    notes: tuple[str, ...] = ()
    if result.second is not None:
        words = {"gap_ratio": "Estimate", "gap_ratio_lower": "Lower", "gap_ratio_upper": "Upper"}
        gaps = tuple(Column(key, word, "fixed:3", "Technology gap ratio") for key, word in words.items())
        held = percent(result.level, 0)
        notes = (f"Intervals of gap ratios hold {held} and take group frontiers and metafrontier as known.",)
    columns = (
        Column("rank", "Rank", "integer"),
        *present,
        Column("group", "Group"),
        Column("te_meta", "Against the metafrontier", "fixed:3", "Technical efficiency"),
        Column("te", "Within the group", "fixed:3", "Technical efficiency"),
        *gaps,
    )
    return Table("efficiencies", "Efficiency against the metafrontier, ranked", used, columns, notes)


def _label(name: str) -> str:
    """Return what has an interval of the bootstrap as it is printed."""
    group = name.removeprefix("gap_ratio:")
    return label(name) if group == name else f"Mean gap ratio, {group}"


TABLES: dict[str, Callable[[MetafrontierResult], Table]] = {
    "groups": groups_table,
    "coefficients": coefficient_table,
    "tests": tests_table,
    "efficiencies": efficiency_table,
    "bootstrap": lambda result: bootstrap_table(result, _label),
}


class Plots:
    """Figures of a metafrontier.

    Parameters
    ----------
    result : MetafrontierResult
    """

    def __init__(self, result: MetafrontierResult) -> None:
        self._result = result

    def gaps(self) -> Figure:
        """Return mean technology gap ratios by group, with the middle four fifths of the rows."""
        r = self._result
        used = r.rows.dropna(subset=["te"])
        ratios = used.groupby("group", sort=False)["gap_ratio"]
        frame = r.means[["group", "gap_ratio"]].assign(
            lower=ratios.quantile(LOW).to_numpy(np.float64), upper=ratios.quantile(HIGH).to_numpy(np.float64)
        )
        frame = frame.sort_values("gap_ratio", ascending=False, ignore_index=True)
        best, last = frame.iloc[0], frame.iloc[-1]
        title = f"The frontier of {best['group']} is nearest to what any group can reach, that of {last['group']} least"
        return Figure(
            "gaps",
            FigureKind.INTERVALS,
            title,
            "Technology gap ratio: frontier of the group as a share of the metafrontier, mean over rows",
            f"Metafrontier: {r.spec.method}. Bars hold the rows between the tenth and the ninetieth percentile.",
            f"Technology gap ratios of {len(frame)} groups. {title}.",
            frame,
            {
                "label": "group",
                "value": "gap_ratio",
                "lower": "lower",
                "upper": "upper",
                "value_title": "Technology gap ratio",
            },
            lead=True,
        )

    def frontiers(self) -> Figure:
        """Return group frontiers and the metafrontier over the regressor.

        Raises
        ------
        SpecError
            There is more than one regressor.
        """
        r = self._result
        names = [n for n in r.pooled.sample.names if n != "Intercept"]
        if len(names) != 1:
            raise SpecError(
                f"Frontiers are drawn over one regressor; this one has {len(names)}.",
                where=r.spec.formula,
                remedy="Look at plot.gaps().",
            )
        column = r.pooled.sample.names.index(names[0])
        parts = []
        for name, fitted in r.groups.items():
            x = fitted.estimate.problem.x
            ends = x[[int(x[:, column].argmin()), int(x[:, column].argmax())]]
            values = ends @ fitted.estimate.theta[: x.shape[1]]
            parts.append(pd.DataFrame({"x": ends[:, column], "y": values, "frontier": name}))
        everywhere = r.pooled.estimate.problem.x
        ends = everywhere[[int(everywhere[:, column].argmin()), int(everywhere[:, column].argmax())]]
        parts.append(pd.DataFrame({"x": ends[:, column], "y": ends @ r.meta, "frontier": "Metafrontier"}))
        title = f"{len(r.groups)} frontiers under one: {'the' if r.spec.method != 'stochastic' else 'a stochastic'} "
        title += "metafrontier"
        return Figure(
            "frontiers",
            FigureKind.LINES,
            title,
            f"Frontier of each group within its own range of {symbols(names[0])}, and the metafrontier",
            "",
            f"Lines of {len(r.groups)} group frontiers and the metafrontier.",
            pd.concat(parts, ignore_index=True),
            {
                "x": "x",
                "y": "y",
                "series": "frontier",
                "x_title": symbols(names[0]),
                "y_title": symbols(r.spec.formula.partition("~")[0].strip()),
            },
        )


def findings(result: MetafrontierResult) -> tuple[str, ...]:
    """Return what was found, in sentences."""
    r = result
    ranked = r.means.sort_values("gap_ratio", ascending=False)
    best, last = ranked.iloc[0], ranked.iloc[-1]
    found = [
        f"The frontier of {best['group']} reaches {percent(best['gap_ratio'])} of the metafrontier on average, that of "
        f"{last['group']} {percent(last['gap_ratio'])} ({r.spec.method} metafrontier, every row once).",
        f"Within its group a row of {best['group']} reaches {percent(best['te'])} of the frontier on average, of "
        f"{last['group']} {percent(last['te'])}; against the metafrontier {percent(best['te_meta'])} and "
        f"{percent(last['te_meta'])}.",
    ]
    if r.at_boundary:
        found.append(
            f"One common frontier cannot be tested: {', '.join(r.at_boundary)} on a boundary of the parameters."
        )
    else:
        test = r.test_one_frontier()
        verdict = "is rejected at the 5\u202f% level" if test.rejected() else "is not rejected"
        found.append(f"That all groups share one frontier {verdict} ({p_clause(test.p_value)}).")
    if r.second is not None and r.second.status.boundary:
        found.append(f"The stochastic metafrontier is on a boundary: {r.second.status.message}")
    return tuple(found)


def sections(result: MetafrontierResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    r, plots = result, Plots(result)
    one = len(r.meta) == 1 + ("Intercept" in r.pooled.sample.names)
    figures: list[Block] = [plots.gaps(), *([plots.frontiers()] if one else []), r.table("groups")]
    estimates: list[Block] = [r.table("coefficients")]
    own = [("all rows", r.pooled), *r.groups.items()]
    own += [("metafrontier", r.second)] if r.second is not None else []
    for name, fitted in own:
        if fitted.status.boundary:
            estimates.append(Paragraph(f"{name}: {fitted.status.message} {fitted.status.remedy}"))
    if not r.at_boundary:
        estimates.append(r.table("tests"))
    if r.refits is not None:
        estimates.append(r.table("bootstrap"))
    found = [
        Section("model", "Model", (Paragraph(symbols(str(r.spec))), *r.spec.equations())),
        Section("gaps", "Technology gaps", tuple(figures)),
        Section("estimates", "Estimates", tuple(estimates)),
    ]
    if len(r.rows) <= TABLE_ROWS:
        found.append(Section("efficiency", "Efficiency", (r.table("efficiencies"),)))
    return tuple(found)
