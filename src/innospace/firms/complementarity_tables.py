"""Tables and the figure of a test of complementarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.complementarity_cells import ConeTest
from innospace.firms.estimates import Array, Estimates, Integers
from innospace.numerics.kodde_palm import LEVELS, critical_bounds

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.result import FirmResult


def tests_table(tests: Sequence[ConeTest], heading: str) -> Table:
    """Return distances, p-values and bounds, one row a pair (and one for all practices together)."""
    import pandas as pd

    rows = []
    for t in tests:
        row = {
            "practices": t.name,
            "restrictions": t.restrictions,
            "distance_complementarity": t.complementarity,
            "p_complementarity": t.p_complementarity,
            "distance_substitutability": t.substitutability,
            "p_substitutability": t.p_substitutability,
        }
        for level in LEVELS:
            lower, upper = critical_bounds(t.rank, level)
            row |= {f"lower_bound_{level:.2f}": lower, f"upper_bound_{level:.2f}": upper}
        lower, upper = critical_bounds(t.rank)
        row |= {
            "by_bounds_complementarity": _by_bounds(t.complementarity, lower, upper),
            "by_bounds_substitutability": _by_bounds(t.substitutability, lower, upper),
            "verdict": t.verdict(),
        }
        rows.append(row)
    columns = (
        Column("practices", "Practices"),
        Column("restrictions", "Restrictions", "fixed:0"),
        Column("distance_complementarity", "Distance", "fixed:3", "H0: complements"),
        Column("p_complementarity", "p", "p", "H0: complements"),
        Column("distance_substitutability", "Distance", "fixed:3", "H0: substitutes"),
        Column("p_substitutability", "p", "p", "H0: substitutes"),
        Column("lower_bound_0.05", "lower", "fixed:3", "5\u202f% bounds"),
        Column("upper_bound_0.05", "upper", "fixed:3", "5\u202f% bounds"),
        Column("verdict", "At 5\u202f%"),
    )
    notes = (
        "H0 complements: every restriction is at least zero. H0 substitutes: every restriction is at most zero.",
        "p from the chi-bar-square distribution given the covariance; bounds of Kodde and Palm (1986).",
    )
    return Table("complementarity-tests", f"Tests: {heading}", pd.DataFrame(rows), columns, notes)


def _by_bounds(statistic: float, lower: float, upper: float) -> str:
    """Return what the bounds alone say of the null."""
    return "not rejected" if statistic < lower else "rejected" if statistic > upper else "inconclusive"


def cells_table(
    cells: Sequence[str], counts: Integers, estimates: Estimates, y: Array, codes: Integers, heading: str
) -> Table:
    """Return rows, mean outcome and coefficient of every combination."""
    import pandas as pd

    k = len(cells)
    errors = np.sqrt(np.diag(next(iter(estimates.covariances.values()))))[:k]
    means = np.bincount(codes, weights=y, minlength=k) / counts
    frame = pd.DataFrame(
        {
            "combination": list(cells),
            "firms": counts,
            "mean_outcome": means,
            "estimate": estimates.values[:k],
            "std_error": errors,
        }
    )
    columns = (
        Column("combination", "Combination"),
        Column("firms", "Firms", "fixed:0"),
        Column("mean_outcome", "Mean outcome", "fixed:3"),
        Column("estimate", "Coefficient", "fixed:4"),
        Column("std_error", "Std. error", "fixed:4"),
    )
    return Table("complementarity-cells", f"Combinations: {heading}", frame, columns)


def cells_figure(result: FirmResult, frame: pd.DataFrame, first: ConeTest, base: str) -> Figure:
    """Return the cells against no practice, with intervals."""
    best = frame.iloc[int(frame["estimate"].to_numpy().argmax())]
    # the highest of several estimates is headlined only when its own interval is clear of zero
    clear = bool(best["lower"] > 0.0)
    title = (
        f"{best['name']} goes with a higher outcome than {base}" if clear else f"No combination clearly beats {base}"
    )
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    shown = frame[["name", "estimate", "lower", "upper"]].reset_index(drop=True)
    told = ", ".join(f"{r['name']} {r['estimate']:.3f}" for _, r in shown.iterrows())
    return Figure(
        "complementarity-combinations",
        FigureKind.INTERVALS,
        title,
        f"{result.title}: coefficient of each combination less that of {base}, with 95\u202f% intervals, "
        f"{fixed(result.n, 0)} firms",
        f"Source: {source}; estimated. {first.name}: {first.verdict()} at the 5\u202f% level.",
        f"Coefficients relative to {base}: {told}.",
        shown,
        {
            "label": "name",
            "value": "estimate",
            "lower": "lower",
            "upper": "upper",
            "value_title": f"Difference from {base}",
            "reference": 0.0,
            "reference_label": base,
        },
    )
