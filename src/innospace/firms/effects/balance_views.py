"""Balance and overlap as tables and figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.core.table import Column, Table
from innospace.firms.effects.balance import Balance, balance, effective_size
from innospace.firms.effects.propensity import Overlap, Sample
from innospace.firms.estimates import Array
from innospace.firms.presentation import label

_BINS = 20
_DEVIATIONS = {"att": "of the treated", "atc": "of the untreated"}


def both(s: Sample, weights: Array, estimand: str) -> tuple[Balance, Balance]:
    """Return the balance of score and covariates before and after."""
    x = np.column_stack([s.score.values, s.covariates])
    before, after = balance(x, s.treated, (None, weights), estimand)
    return before, after


def balance_table(method: str, s: Sample, before: Balance, after: Balance, estimand: str) -> Table:
    """Return the table ``balance``: means, standardised differences, variance ratios, KS before and after."""
    import pandas as pd

    parts: dict[str, Any] = {"name": ["score", *s.names]}
    for when, b in (("before", before), ("after", after)):
        parts |= {
            f"mean_treated_{when}": b.treated,
            f"mean_control_{when}": b.control,
            f"smd_{when}": b.smd,
            f"variance_ratio_{when}": b.variance_ratio,
            f"ks_{when}": b.ks,
            f"ecdf_{when}": b.ecdf,
        }
    heads = (("mean_treated", "Treated"), ("mean_control", "Untreated"), ("smd", "SMD"))
    more = (("variance_ratio", "Variance ratio"), ("ks", "KS"))
    columns = [Column("name", "Covariate")]
    columns += [
        Column(f"{k}_{w}", h, "fixed:3", w.capitalize()) for w in ("before", "after") for k, h in (*heads, *more)
    ]
    frame = pd.DataFrame(parts)
    shown = frame.assign(name=[label(n) for n in frame["name"]])
    note = (
        f"SMD: difference of means over the standard deviation {_DEVIATIONS.get(estimand, 'of both groups (pooled)')} "
        "before matching or weighting. KS: largest distance of the two distributions. A dash: variance of a 0/1 column."
    )
    table = Table(f"{method}-balance", "Balance of covariates before and after", shown, tuple(columns), (note,))
    return Table("balance", table.title, frame, table.columns, table.notes, table.display())


def samples_table(s: Sample, weights: Array) -> Table:
    """Return the table ``samples``: rows, rows used and effective sample size by group."""
    import pandas as pd

    rows = []
    for name, group in (("treated", s.treated), ("untreated", ~s.treated)):
        w = weights[group]
        rows.append(
            (name, int(group.sum()), int(np.sum(w > 0.0)), effective_size(w), float(w.max(initial=0.0) / w.sum()))
        )
    frame = pd.DataFrame(rows, columns=["group", "rows", "used", "effective", "largest_share"])
    columns = (
        Column("group", "Group"),
        Column("rows", "Rows", "integer"),
        Column("used", "Used", "integer"),
        Column("effective", "Effective sample size", "fixed:1"),
        Column("largest_share", "Largest share of one row", "percent:1"),
    )
    note = "Effective sample size: (sum of weights) squared over the sum of squared weights (Kish)."
    return Table("samples", "Rows and effective sample sizes", frame, columns, (note,))


def love_plot(s: Sample, before: Balance, after: Balance) -> Figure:
    """Return standardised mean differences before and after as dots around zero."""
    import pandas as pd

    names = [label(n) for n in ("score", *s.names)]
    frames = [
        pd.DataFrame({"covariate": names, "smd": b.smd, "lower": b.smd, "upper": b.smd, "when": when})
        for when, b in (("before", before), ("after", after))
    ]
    data = pd.concat(frames, ignore_index=True)
    data = data[np.isfinite(data["smd"])].reset_index(drop=True)
    first, last = (float(np.nanmax(np.abs(b.smd[1:]))) for b in (before, after))
    verb = "falls" if last < first else "does not fall"
    return Figure(
        "balance",
        FigureKind.COEFFICIENTS,
        f"The largest difference of a covariate {verb}: from {fixed(first, 2)} to {fixed(last, 2)} standard deviations",
        f"Standardised mean differences, treated less untreated, {fixed(s.n, 0)} rows; within 0.1 counts as balanced",
        f"Source: {s.design.source.name}; computed. Points only: these are the rows themselves, not estimates.",
        "Standardised mean differences: "
        + "; ".join(f"{n} {a:.2f} before, {b:.2f} after" for n, a, b in zip(names, before.smd, after.smd, strict=True)),
        data,
        {
            "term": "covariate",
            "estimate": "smd",
            "lower": "lower",
            "upper": "upper",
            "model": "when",
            "value_title": "Standardised mean difference",
        },
    )


def overlap_figure(s: Sample, found: Overlap) -> Figure:
    """Return the distribution of the score in both groups."""
    import pandas as pd

    edges = np.linspace(0.0, 1.0, _BINS + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    parts = []
    for name, group in (("treated", s.treated), ("untreated", ~s.treated)):
        counts, _ = np.histogram(s.score.values[group], edges)
        parts.append(pd.DataFrame({"score": middle, "share": counts / counts.sum(), "rows": counts, "group": name}))
    outside = percent(found.treated_outside)
    return Figure(
        "overlap",
        FigureKind.LINES,
        f"{outside} of the treated have a propensity score that no untreated row reaches",
        f"Share of each group by propensity score, in steps of {fixed(1 / _BINS, 2)}; {fixed(s.n, 0)} rows",
        f"Source: {s.design.source.name}; scores estimated by {s.score.link}, from {fixed(found.smallest, 3)} to "
        f"{fixed(found.largest, 3)}.",
        f"Distribution of the propensity score of treated and untreated rows; common support from {found.low:.3f} to "
        f"{found.high:.3f}.",
        pd.concat(parts, ignore_index=True),
        {"x": "score", "y": "share", "series": "group", "x_title": "Propensity score", "y_title": "Share of the group"},
    )
