"""A frontier with a structure in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from innospace.core.document import Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.frontier.presentation import (
    COEFFICIENT_COLUMNS,
    COVARIANCE_LABELS,
    TABLE_ROWS,
    bootstrap_table,
    coefficient_lines,
    failed_lines,
    label,
    p_clause,
    table_of_tests,
)

if TYPE_CHECKING:
    from innospace.frontier.structure.result import StructureResult

POSTERIORS = {
    "p_efficient": ("Probability of full efficiency", "is fully efficient"),
    "p_wide": ("Probability of the larger variance", "has noise of the larger variance"),
}
"""Columns that say what a row is, in words."""


def summary(result: StructureResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    lines = [
        f"{r.spec.described.title}: {r.spec.formula}"[:100],
        f"Rows: {r.n}   Log-likelihood: {r.loglik:.6f}   BIC: {r.bic:.3f}",
        f"Standard errors: {COVARIANCE_LABELS[r.covariance_kind]}",
        "",
        *coefficient_lines(r.coefficients()),
        "",
        f"Mean efficiency {r.mean_efficiency:.4f}",
        *_share_lines(r),
        *(f"{t.null}: {t.name} {t.statistic:.4f}, p {t.p_value:.4g} ({t.distribution})"[:100] for t in r.tests),
        f"Starts: {r.numbers['starts_agreed']:.0f} of {r.numbers['starts_tried']:.0f} reached this optimum   "
        f"Status: {r.status.code}" + (f" ({r.status.boundary})" if r.status.boundary else ""),
        *failed_lines(r.checks),
    ]
    return "\n".join(lines)


def _share_lines(r: StructureResult) -> list[str]:
    shares = {k: v for k, v in r.numbers.items() if k.startswith("share_")}
    if not shares:
        return []
    lines = ["Shares of the classes: " + ", ".join(f"{v:.4f}" for v in shares.values())]
    bic = {k: v for k, v in r.numbers.items() if k.startswith("bic_")}
    if bic:
        lines.append("BIC of fewer classes: " + ", ".join(f"{k.removeprefix('bic_')}: {v:.3f}" for k, v in bic.items()))
    return lines


def coefficient_table(result: StructureResult) -> Table:
    """Return the coefficients with standard errors, z, p and intervals."""
    frame = result.to_frame().reset_index()
    frame["name"] = [_label(str(n)) for n in frame["name"]]
    note = f"{result.n} rows. Standard errors: {COVARIANCE_LABELS[result.covariance_kind]}."
    return Table("coefficients", f"Estimates: {result.spec.formula}", frame, COEFFICIENT_COLUMNS, (note,))


_WORDS = {
    "logit_efficient": "Logit of full efficiency",
    "logit_wide": "Logit of the larger variance",
    "lnsigma_v2_wide": "ln σᵥ² (larger)",
    "select": "Selection",
    "atanh_rho": "artanh ρ",
    "eta": "Control function",
}


_NULLS = {
    "no_inefficiency": "No inefficiency",
    "no_selection": "No correlation between selection and noise",
    "poisson_counts": "No noise beyond that of Poisson counts",
}


def _label(name: str) -> str:
    """Return a coefficient's name as it is printed; ``_2`` at its end is class 2."""
    base, _, column = name.partition(":")
    if base in _WORDS:
        return _WORDS[base] + (f": {label(column)}" if column else "")
    if base.startswith("logit_class_"):
        return f"Logit of class {base.removeprefix('logit_class_')}" + (f": {label(column)}" if column else "")
    stem, _, number = base.rpartition("_")
    if stem and number.isdigit() and (stem.startswith("lnsigma") or not column):
        return f"{label(f'{stem}:{column}' if column else stem)}, class {number}"
    return label(name)


def tests_table(result: StructureResult) -> Table:
    """Return the tests of the model; where no distribution is known there is none."""
    if not result.tests:
        raise SpecError(
            f"{result.spec.described.title} has no test whose distribution is known.",
            remedy="Compare information criteria: table('classes'), or the BIC of a frontier without this structure.",
        )
    return table_of_tests(result.tests)


def classes_table(result: StructureResult) -> Table:
    """Return log-likelihood and BIC by number of latent classes."""
    numbers = result.numbers
    if result.spec.model != "latent_class":
        raise SpecError(f"{result.spec.described.title} has no number of classes.", remedy='Use table("coefficients").')
    rows = [(j, numbers[f"log_likelihood_{j}"], numbers[f"bic_{j}"]) for j in range(1, result.spec.classes)] + [
        (result.spec.classes, result.loglik, result.bic)
    ]
    columns = (
        Column("classes", "Classes", "integer"),
        Column("log_likelihood", "Log-likelihood", "fixed:3"),
        Column("bic", "BIC", "fixed:2"),
    )
    frame = pd.DataFrame(rows, columns=[c.key for c in columns])
    best = 1 + int(frame["bic"].to_numpy().argmin())
    note = f"BIC is smallest with {best} class{'es' if best > 1 else ''}."
    return Table("classes", "Number of latent classes", frame, columns, (note,))


def efficiency_table(result: StructureResult) -> Table:
    """Return the efficiency of every row used, best first; of many rows the first and the last."""
    frame = result.efficiencies.dropna(subset=["te"]).sort_values("te", ascending=False, kind="stable")
    frame = frame.reset_index(drop=True)
    notes: tuple[str, ...] = ()
    if len(frame) > TABLE_ROWS:
        half = TABLE_ROWS // 2
        notes = (f"The {half} most and the {half} least efficient of {len(frame)} rows.",)
        frame = pd.concat([frame.head(half), frame.tail(half)], ignore_index=True)
    named = {"region": "Region", "firm": "Firm", "year": "Year", "row": "Row"}
    kinds = {"year": "year", "row": "integer"}
    columns = [Column(c, named[c], *([kinds[c]] if c in kinds else [])) for c in result.label_columns]
    columns.append(Column("te", "Efficiency", "fixed:3"))
    columns += [Column("te_lower", "Lower", "fixed:3"), Column("te_upper", "Upper", "fixed:3")]
    for c in frame.columns:
        if c in POSTERIORS:
            columns.append(Column(c, POSTERIORS[c][0], "fixed:3"))
        elif c == "class":
            columns.append(Column(c, "Class", "integer"))
        elif c.startswith("class_"):
            columns.append(Column(c, f"P(class {c.removeprefix('class_')})", "fixed:3"))
    keys = [c.key for c in columns]
    return Table("efficiencies", "Technical efficiency, ranked", frame[keys], tuple(columns), notes)


TABLES: dict[str, Callable[[StructureResult], Table]] = {
    "coefficients": coefficient_table,
    "tests": tests_table,
    "classes": classes_table,
    "efficiencies": efficiency_table,
    "bootstrap": lambda result: bootstrap_table(result, _label),
}
"""Tables by name."""


class Plots:
    """Figures of a frontier with a structure.

    Parameters
    ----------
    result : StructureResult
    """

    def __init__(self, result: StructureResult) -> None:
        self._result = result

    def efficiencies(self) -> Figure:
        """Return the distribution of efficiency over rows."""
        r = self._result
        title = f"The average row reaches {percent(r.mean_efficiency)} of its frontier"
        subtitle = f"Technical efficiency of {r.n} rows, fraction of the frontier"
        return self._histogram("efficiencies", r.efficiencies["te"], title, subtitle, "technical efficiency")

    def posterior(self) -> Figure:
        """Return the distribution of what is said of a row: how sure it is which class the row belongs to."""
        r = self._result
        columns = set(r.efficiencies.columns)
        key = next((k for k in POSTERIORS if k in columns), None)
        if key is None and "class" not in columns:
            raise SpecError(f"{r.spec.described.title} has no classes.", remedy="Use plot.efficiencies().")
        if key is not None:
            values, axis = r.efficiencies[key], POSTERIORS[key][0].lower()
            title = f"On average {percent(float(values.mean()))} is the probability that a row {POSTERIORS[key][1]}"
        else:
            found = r.efficiencies[[c for c in r.efficiencies.columns if c.startswith("class_")]]
            values, axis = found.max(axis=1), "probability of the likeliest class"
            sure = float((values.dropna() > 0.9).mean())
            title = f"The class of {percent(sure)} of the rows is known with a probability above 90\u202f%"
        return self._histogram("posterior", values, title, f"{r.n} rows", axis)

    def _histogram(self, name: str, values: pd.Series, title: str, subtitle: str, axis: str) -> Figure:
        r = self._result
        data = r.efficiencies[r.label_columns].assign(value=values)[values.notna()].reset_index(drop=True)
        alt = f"Histogram of {axis} of {len(data)} rows. {title}."
        encoding = {"value": "value", "value_title": axis[:1].upper() + axis[1:]}
        return Figure(name, FigureKind.HISTOGRAM, title, subtitle, r.spec.described.says, alt, data, encoding)


def findings(result: StructureResult) -> tuple[str, ...]:
    """Return what was found, in sentences."""
    r = result
    found = [
        f"Rows reach {percent(r.mean_efficiency)} of their frontier on average ({r.spec.described.title.lower()}, "
        f"{r.n} rows)."
    ]
    if r.status.boundary:
        return (*found, f"{r.status.message} {r.status.remedy}")
    if r.spec.model == "zero_inefficiency":
        found.append(f"{percent(r.numbers['share_2'])} of the rows are fully efficient by the estimate.")
        found += [
            f"No fully efficient rows: likelihood ratio {fixed(t.statistic, 2)}, {p_clause(t.p_value)}."
            for t in r.tests
        ]
    if r.spec.model == "contaminated_noise":
        found.append(
            f"{percent(r.numbers['share_2'])} of the rows have noise with a standard deviation of "
            f"{fixed(r.numbers['sigma_v_2'], 3)} instead of {fixed(r.numbers['sigma_v_1'], 3)}."
        )
    if r.spec.model == "selection":
        found.append(
            f"The outcome is seen in {percent(r.numbers['selected_share'])} of the rows used; selection and noise are "
            f"correlated by {fixed(r.numbers['rho'], 3)}."
        )
    if r.spec.model == "counts":
        found.append(
            f"{percent(r.numbers['zero_counts'])} of the counts are zero; the model expects "
            f"{percent(r.numbers['zero_expected'])}."
        )
    if r.spec.model in ("selection", "endogenous", "counts"):
        found += [
            f"{_NULLS.get(t.name, t.null)}: likelihood ratio {fixed(t.statistic, 2)}, {p_clause(t.p_value)}."
            for t in r.tests
        ]
    if r.spec.model == "latent_class":
        shares = [percent(v) for k, v in r.numbers.items() if k.startswith("share_")]
        found.append(f"The classes make up {', '.join(shares)} of the rows, the one with the best frontier first.")
        found.append(classes_table(r).notes[0])
    return tuple(found)


def sections(result: StructureResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    r, plots = result, Plots(result)
    tables = [coefficient_table(r), *([tests_table(r)] if r.tests else [])]
    if r.spec.model == "latent_class":
        tables.append(classes_table(r))
    if r.refits is not None:
        tables.append(r.table("bootstrap"))
    said = [plots.posterior()] if {"class", *POSTERIORS} & set(r.efficiencies.columns) else []
    return (
        Section("model", "Model", (Paragraph(str(r.spec)), *r.spec.equations())),
        Section("estimates", "Estimates", tuple(tables)),
        Section("efficiency", "Efficiency", (plots.efficiencies(), *said, efficiency_table(r))),
    )
