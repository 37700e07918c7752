"""What a dynamic probit says: how long an outcome lasts by itself, in words, a table and a figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.choice.random_effects_report import effect_sentence
from innospace.firms.presentation import label, p_clause
from innospace.firms.result import FirmResult

_INTERVAL = "95\u202f% interval"


def description(outcome: str, method: str, step: int, quadrature: str, nodes: int) -> str:
    """Return the model and what it assumes."""
    before = "the year" if step == 1 else f"{step} years"
    conditions = {
        "wooldridge": "The effect is normal given the first outcome and the means of the regressors (Wooldridge 2005)",
        "heckman": "The first period has an equation of its own that loads on the same effect (Heckman 1981)",
    }
    return (
        f"Probit of {outcome} = 1 with the outcome {before} before as a regressor and a random effect of the firm. "
        f"{conditions[method]}; it is integrated out by {quadrature} Gauss-Hermite quadrature with {nodes} nodes. "
        "Regressors are taken as given in every period: no feedback from the outcome to later regressors."
    )


def told(result: FirmResult, outcome: str, lag: str, step: int) -> FirmResult:
    """Return the result with its findings, the table of transitions and the figure of persistence."""
    row = result.effect(lag, "state_dependence")
    numbers = dict(result.numbers)
    sentences = [
        _dependence(row, result, outcome, step),
        *_shares(row, numbers),
        effect_sentence(numbers, result.title),
    ]
    return replace(
        result,
        sentences=tuple(sentences),
        tables=(*result.tables, transition_table(result, lag)),
        figures=(persistence_figure(result, outcome, lag, step),),
        warnings=(*result.warnings, *_few(numbers)),
    )


def _dependence(row: Any, result: FirmResult, outcome: str, step: int) -> str:
    before = "the year before" if step == 1 else f"{step} years before"
    points, low, high = (fixed(100.0 * row[c], 1) for c in ("estimate", "lower", "upper"))
    clear = row["lower"] > 0 or row["upper"] < 0
    verdict = "" if clear else " This does not differ from zero."
    return (
        f"{label(outcome)} {before} changes the probability of {label(outcome)} now by {points} percentage points at "
        f"the same traits and lasting differences ({_INTERVAL} {low} to {high}, {p_clause(row['p_value'])}; "
        f"{fixed(result.numbers['firms'], 0)} firms, {fixed(result.n, 0)} rows).{verdict}"
    )


def _shares(row: Any, numbers: dict[str, float]) -> list[str]:
    difference = numbers["observed_difference"]
    if not np.isfinite(difference) or difference <= 0.0:
        return []
    share = float(row["estimate"]) / difference
    return [
        f"In the data {fixed(100 * numbers['observed_persistence'], 1)}\u202f% go on and "
        f"{fixed(100 * numbers['observed_entry'], 1)}\u202f% begin, {fixed(100 * difference, 1)} percentage points "
        f"apart; {fixed(100 * share, 0)}\u202f% of the distance is state dependence, the rest goes back to regressors "
        "and lasting differences between firms."
    ]


def _few(numbers: dict[str, float]) -> tuple[str, ...]:
    few = min(numbers["rows_after_one"], numbers["rows_after_zero"])
    if few >= 50:
        return ()
    return (f"Only {few:.0f} rows follow one of the two outcomes; state dependence rests on them.",)


def transition_table(result: FirmResult, lag: str) -> Table:
    """Return observed shares beside the probabilities of the model, after a one and after a zero."""
    import pandas as pd

    n = result.numbers
    rows = []
    for text, kind, seen, count in (
        ("after 1", "persistence_probability", "observed_persistence", "rows_after_one"),
        ("after 0", "entry_probability", "observed_entry", "rows_after_zero"),
    ):
        row = result.effect(lag, kind)
        model = [row[c] for c in ("estimate", "std_error", "lower", "upper")]
        rows.append([text, n[count], n[seen], *model])
    names = ["before", "rows", "observed", "estimate", "std_error", "lower", "upper"]
    columns = (
        Column("before", "Outcome before"),
        Column("rows", "Rows", "fixed:0"),
        Column("observed", "Observed share of 1", "fixed:4"),
        Column("estimate", "Estimate", "fixed:4", "Same firms, model"),
        Column("std_error", "Std. error", "fixed:4", "Same firms, model"),
        Column("lower", "from", "fixed:4", _INTERVAL),
        Column("upper", "to", "fixed:4", _INTERVAL),
    )
    notes = ("Model: mean over all rows, each with the outcome before set to 1 or to 0, firm effects integrated out.",)
    frame = pd.DataFrame(rows, columns=names)
    return Table(
        "dynamic_probit-transitions", "Probability of the outcome by the outcome before", frame, columns, notes
    )


def persistence_figure(result: FirmResult, outcome: str, lag: str, step: int) -> Figure:
    """Return the probability of the outcome with and without it before, with intervals."""
    import pandas as pd

    before = "the year before" if step == 1 else f"{step} years before"
    parts = {f"{label(outcome)} {before}": "persistence_probability", f"not {before}": "entry_probability"}
    found = [result.effect(lag, kind) for kind in parts.values()]
    data = pd.DataFrame(
        {
            "label": list(parts),
            "value": [100.0 * r["estimate"] for r in found],
            "lower": [100.0 * r["lower"] for r in found],
            "upper": [100.0 * r["upper"] for r in found],
        }
    )
    points = fixed(100.0 * result.effect(lag, "state_dependence")["estimate"], 1)
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    return Figure(
        "dynamic_probit-persistence",
        FigureKind.INTERVALS,
        f"{label(outcome)} {before} moves its probability by {points} percentage points",
        f"Probability of {label(outcome)}, %, the same firms with and without it {before}; 95\u202f% intervals",
        f"Source: {source}; estimated with {result.title[0].lower()}{result.title[1:]}.",
        "; ".join(f"{r['label']}: {r['value']:.1f} %" for _, r in data.iterrows()),
        data,
        {"label": "label", "value": "value", "lower": "lower", "upper": "upper", "value_title": "Probability, %"},
    )
