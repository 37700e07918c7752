"""Frontiers of several outcomes in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.document import Block, Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.frontier.presentation import (
    EFFECT_COLUMNS,
    EFFECT_NOTES,
    TABLE_ROWS,
    failed_lines,
    p_clause,
    side_by_side,
    symbols,
)

if TYPE_CHECKING:
    from innospace.frontier.outcomes.result import OutcomesResult

LABELLED = 5
"""Units named in a scatter: those whose two efficiencies differ most."""
PAIRS = 6
"""Pairs of outcomes that are drawn."""


def summary(result: OutcomesResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    lines = [f"Frontiers of {len(r.fits)} outcomes: {r.spec.formula}"[:100], ""]
    lines.append(f"{'outcome':<36}{'rows':>7}{'ln L':>12}{'sigma_u':>10}{'sigma_v':>10}{'TE':>8}{'status':>14}")
    for name, own in r.fits.items():
        lines.append(
            f"{name[:35]:<36}{own.n:>7}{own.loglik:>12.3f}{own.sigma_u:>10.4f}{own.sigma_v:>10.4f}"
            f"{own.mean_efficiency:>8.3f}{own.status.boundary or str(own.status.code):>14}"
        )
    for row in r.correlations.to_dict("records"):
        pair = f"{row['first']} and {row['second']}"
        lines.append(f"Rank correlation of TE, {pair}"[:84] + f": {row['spearman']:.4f}")
    return "\n".join([*lines, *failed_lines(r.checks)])


def models(result: OutcomesResult) -> Table:
    """Return the estimates side by side."""
    r = result
    return side_by_side({r.spec.title(o): own for o, own in r.fits.items()}, "Frontiers by outcome", "models")


def correlations(result: OutcomesResult) -> Table:
    """Return rank correlations of efficiency by pair."""
    title = result.spec.title
    frame = result.correlations.assign(
        first=[title(o) for o in result.correlations["first"]],
        second=[title(o) for o in result.correlations["second"]],
    )
    columns = (
        Column("first", "Outcome"),
        Column("second", "Outcome beside it"),
        Column("spearman", "Spearman (ranks)", "fixed:4"),
        Column("p_value", "p, no relation", "p"),
        Column("rows", "Rows", "integer"),
    )
    return Table("correlations", "Are the same units efficient? Rank correlation of efficiency", frame, columns)


def efficiencies(result: OutcomesResult) -> Table:
    """Return efficiency in every outcome by row, best mean rank first."""
    frame = result.efficiencies.sort_values("mean_rank", kind="stable", na_position="last").reset_index(drop=True)
    named = [Column("region", "Region"), Column("firm", "Firm"), Column("year", "Year", "year")]
    present = [c for c in named if c.key in frame] or [Column("row", "Row", "integer")]
    own = [Column(f"te_{o}", result.spec.title(o), "fixed:3", "Technical efficiency") for o in result.fits]
    columns = (*present, *own, Column("mean_rank", "Mean rank", "fixed:1"))
    return Table("efficiencies", "Technical efficiency by outcome", frame, columns)


def determinants(result: OutcomesResult) -> Table:
    """Return mean effects of regressors of inefficiency by outcome.

    Raises
    ------
    SpecError
        Inefficiency has no regressors.
    """
    import pandas as pd

    effects = {o: r.marginal_effects() for o, r in result.fits.items() if r.sample.determinants}
    effects = {o: e for o, e in effects.items() if len(e)}
    if not effects:
        raise SpecError(
            "Inefficiency has no regressors here.",
            remedy="Name them in the formula after a bar: log(outcome) ~ inputs | u: z1 + z2.",
        )
    parts = [e.reset_index().assign(outcome=result.spec.title(o)) for o, e in effects.items()]
    columns = (Column("outcome", "Outcome"), *EFFECT_COLUMNS)
    frame = pd.concat(parts, ignore_index=True)
    return Table("determinants", "What inefficiency depends on, by outcome", frame, columns, EFFECT_NOTES)


TABLES: dict[str, Callable[[OutcomesResult], Table]] = {
    "models": models,
    "correlations": correlations,
    "efficiencies": efficiencies,
    "determinants": determinants,
}


class Plots:
    """Figures of several outcomes.

    Parameters
    ----------
    result : OutcomesResult
    """

    def __init__(self, result: OutcomesResult) -> None:
        self._result = result

    def pair(self, first: str, second: str) -> Figure:
        """Return efficiency in one outcome against that in another.

        Raises
        ------
        LabelError
            No such outcome.
        """
        r = self._result
        require_known([first, second], list(r.fits), kind="outcome")
        found = r.correlations
        row = int(np.flatnonzero(found["first"].isin([first, second]) & found["second"].isin([first, second]))[0])
        own = found.iloc[row]
        frame = r.efficiencies.dropna(subset=[f"te_{first}", f"te_{second}"]).reset_index(drop=True)
        unit = next((c for c in ("region", "firm") if c in frame), "row")
        label = frame[unit].astype(str)
        several = "year" in frame and frame["year"].nunique() > 1
        shown = label + ", " + frame["year"].astype(str) if several else label
        apart = (frame[f"te_{first}"] - frame[f"te_{second}"]).abs().rank(ascending=False, method="first") <= LABELLED
        data = frame[[f"te_{first}", f"te_{second}"]].set_axis(["te_first", "te_second"], axis=1)
        data = data.assign(label=shown, highlight=apart)
        a, b = r.spec.title(first), r.spec.title(second)
        return Figure(
            f"outcomes-{row + 1}",
            FigureKind.SCATTER,
            f"Who is efficient in {a} is {_strength(float(own['spearman']))} in {b}: rank correlation "
            f"{fixed(float(own['spearman']), 2)}",
            f"Technical efficiency, share of the frontier, {len(data)} rows; above the diagonal {b} is better",
            "Source: "
            + "; ".join(f"{s.name} ({s.nature})" for s in r.provenance.sources)
            + f". Estimated. Named: the {LABELLED} largest differences.",
            f"Scatter of technical efficiency in {a} against {b}; Spearman {float(own['spearman']):.3f}.",
            data,
            {
                "x": "te_first",
                "y": "te_second",
                "label": "label",
                "highlight": "highlight",
                "diagonal": True,
                "x_title": f"Efficiency, {a}",
                "y_title": f"Efficiency, {b}",
            },
        )

    def all(self) -> list[Figure]:
        """Return the figure of every pair whose efficiencies differ between rows, the first ones."""
        pairs = self._result.correlations.dropna(subset=["spearman"]).head(PAIRS)
        return [self.pair(str(a), str(b)) for a, b in zip(pairs["first"], pairs["second"], strict=True)]


def _strength(value: float) -> str:
    """Return a word for a rank correlation."""
    if value >= 0.7:
        return "mostly efficient too"
    if value >= 0.3:
        return "somewhat more efficient"
    return "no more efficient" if value > -0.3 else "rather less efficient"


def findings(result: OutcomesResult) -> tuple[str, ...]:
    """Return what was found, in sentences."""
    r, found = result, []
    for row in r.correlations.to_dict("records"):
        if not np.isfinite(row["spearman"]):
            continue
        a, b = r.spec.title(row["first"]), r.spec.title(row["second"])
        found.append(
            f"Who is efficient in {a} is {_strength(row['spearman'])} in {b}: rank correlation of efficiency "
            f"{fixed(row['spearman'], 2)} over {row['rows']} rows ({p_clause(row['p_value'])} for no relation)."
        )
    for outcome, own in r.fits.items():
        said = f"{r.spec.title(outcome)}: mean efficiency {percent(own.mean_efficiency, 0)} over {own.n} rows"
        edge = f"; {own.status.message}" if own.status.boundary else ""
        test = own.test_no_inefficiency()
        tested = "" if edge else f"; that there is no inefficiency has {p_clause(test.p_value)}"
        found.append(f"{said}{tested}{edge}" + ("" if edge else "."))
    return tuple(found)


def sections(result: OutcomesResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    r = result
    figures: list[Block] = [replace(f, lead=i == 0) for i, f in enumerate(r.plot.all())]
    estimates: list[Block] = [replace(models(r), lead=True)]
    if any(own.sample.determinants and len(own.marginal_effects()) for own in r.fits.values()):
        estimates.append(determinants(r))
    for outcome, own in r.fits.items():
        if own.status.boundary:
            estimates.append(Paragraph(f"{r.spec.title(outcome)}: {own.status.message} {own.status.remedy}"))
    estimates += [Paragraph(step) for step in r.steps]
    found = [
        Section("model", "Model", (Paragraph(symbols(str(r.spec))), *r.spec.equations())),
        Section("pairs", "Are the same units efficient?", (*figures, correlations(r))),
        Section("estimates", "Estimates by outcome", tuple(estimates)),
    ]
    if len(r.efficiencies) <= TABLE_ROWS:
        found.append(Section("efficiency", "Efficiency by outcome", (efficiencies(r),)))
    return tuple(found)
