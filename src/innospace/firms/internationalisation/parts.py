"""Parts of the study that come from the joint equations: premia, entry, learning, partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from innospace.firms.choice.binary import binary
from innospace.firms.internationalisation.equations import (
    MIN_FIRMS,
    large_classes,
    partner_regressors,
    start_regressors,
    term,
)
from innospace.firms.internationalisation.together import AME, CHANGE, together
from innospace.firms.internationalisation.waves import CLASSES, TwoWaves
from innospace.firms.presentation import label, points_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

WORDS = {
    "rd": "R&D",
    "product": "new product",
    "technology": "new technology",
    "export": "export",
    "machinery": "import of machinery",
    "inputs": "import of inputs",
}
"""Names of the parts of the synthetic panel in words; other names are shown as they are."""


def words(name: str) -> str:
    """Return the name of a channel or outcome in words."""
    return WORDS.get(name, name.replace("_", " "))


def starters_table_rows(waves: TwoWaves) -> pd.DataFrame:
    """Return firms by channel and class, and how many of them started each innovation."""
    import pandas as pd

    rows = []
    for c in waves.plan.channels:
        for name in CLASSES:
            inside = waves.frame[waves.frame[f"{c}_class"] == name]
            row = {"channel": words(c), "class": name, "firms": len(inside)}
            for o in waves.plan.outcomes:
                start = inside[f"{o}_start"].dropna()
                row[f"{o}_at_risk"], row[f"{o}_share"] = len(start), float(start.mean()) if len(start) else np.nan
            row["headline"] = "yes" if len(inside) >= MIN_FIRMS else "too few"
            rows.append(row)
    return pd.DataFrame(rows)


def learning(waves: TwoWaves) -> FirmResult:
    """Return probits of starting R&D, a new product, a new technology, side by side with average effects.

    Each is fitted on the firms that did not innovate in the first wave. Effects are average discrete changes of
    belonging to a class against never trading, in points of probability.
    """
    results = {}
    industry = ["C(industry)"] if waves.plan.industry else []
    for o in waves.plan.outcomes:
        rows, columns = large_classes(waves.frame, f"{o}_start", start_regressors(waves))
        right = " + ".join([*map(term, columns), *industry])
        results[words(o)] = binary(f"{o}_start ~ {right}", waves.at_risk(o, rows), vcov="robust")
    classes = [f"{c}_{k}" for c in waves.plan.channels for k in ("starter", "continuous")]
    return together(
        waves.source,
        waves.plan.to_dict(),
        results,
        "learning",
        "Learning: starting to innovate after starting to trade",
        "Probits on the firms that did not innovate in the first wave, one an outcome; effects are average differences "
        "of the probability between a class of traders and firms that never trade by this channel, other things equal.",
        classes,
        CHANGE,
        _learning_sentences(waves, results),
    )


def _learning_sentences(waves: TwoWaves, results: Mapping[str, FirmResult]) -> tuple[str, ...]:
    told = []
    for c in waves.plan.channels:
        starters = waves.starters(c)
        if starters < MIN_FIRMS:
            few = f"Only {starters} firms started {words(c)} between the waves"
            told.append(f"{few}: too few for a finding (at least {MIN_FIRMS}).")
            continue
        parts = [
            f"{outcome} {points_clause(r.effect(f'{c}_starter', CHANGE))}"
            for outcome, r in results.items()
            if f"{c}_starter" in r.estimates.names
        ]
        head = f"New traders by {words(c)} ({starters} of {len(waves.frame)} firms) against firms that never traded so"
        told.append(f"{head}, probability of starting: {'; '.join(parts)}.")
    return tuple(told)


def entry(waves: TwoWaves) -> FirmResult:
    """Return probits of entry on size and productivity before, side by side."""
    industry = ["C(industry)"] if waves.plan.industry else []
    results = {}
    for c in waves.plan.channels:
        if waves.starters(c) < MIN_FIRMS:
            continue
        outside = waves.frame[waves.frame[f"{c}_class"].isin(("never", "starter"))]
        right = " + ".join(["size", "productivity", *industry])
        results[words(c)] = binary(f"{c}_starter ~ {right}", waves.rows(outside), vcov="robust")
    told = tuple(
        f"A log point of productivity before: the probability of entering {name} "
        f"{points_clause(r.effect('productivity', AME))}; "
        f"{round(r.numbers['share_of_ones'] * r.n)} of {r.n} firms entered."
        for name, r in results.items()
    )
    return together(
        waves.source,
        waves.plan.to_dict(),
        results,
        "entry",
        "Self-selection: who enters",
        "Probits of entering between the waves, on the firms that did not trade by the channel in the first wave; size "
        "is log employees and productivity log value added per worker, both before entry.",
        ["size", "productivity"],
        AME,
        told,
    )


def partners(waves: TwoWaves) -> FirmResult:
    """Return probits of winning new partners, side by side."""
    industry = ["C(industry)"] if waves.plan.industry else []
    right = " + ".join([*map(term, partner_regressors(waves)), *industry])
    results = {
        p.replace("_", " "): binary(f"{p} ~ {right}", waves.rows(waves.frame), vcov="robust")
        for p in waves.plan.partners
    }
    told = []
    for name, r in results.items():
        frame = r.effects()
        frame = frame[(frame["kind"] == CHANGE) & ((frame["lower"] > 0) | (frame["upper"] < 0))]
        shown = [f"{label(str(x['name']))} ({points_clause(x)})" for _, x in frame.iterrows() if "C(" not in x["name"]]
        told.append(f"The chance of a {name} goes with {'; '.join(shown) or 'none of the traits'}.")
    return together(
        waves.source,
        waves.plan.to_dict(),
        results,
        "partners",
        "Networks: who wins new partners",
        "Probits of a new partner between the waves on owners, group, competitiveness, markets and location before.",
        [*waves.plan.traits, *(f"{m}_before" for m in waves.plan.markets), *waves.locations],
        CHANGE,
        tuple(told),
    )
