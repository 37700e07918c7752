"""Parts of the study that come from the joint equations: premia, entry, learning, partners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import InnospaceError
from innospace.core.numbers import fixed
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
from innospace.firms.internationalisation.wording import beginning, doing, panel_labels, words
from innospace.firms.presentation import label, points_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd


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
    results: dict[str, FirmResult] = {}
    failed: dict[str, InnospaceError] = {}
    industry = ["C(industry)"] if waves.plan.industry else []
    for o in waves.plan.outcomes:
        rows, columns = large_classes(waves.frame, f"{o}_start", start_regressors(waves))
        right = " + ".join([*map(term, columns), *industry])
        try:
            results[words(o)] = binary(f"{term(f'{o}_start')} ~ {right}", waves.at_risk(o, rows), vcov="robust")
        except InnospaceError as error:
            failed[o] = error
    if not results:
        raise next(iter(failed.values()))
    classes = [f"{c}_{k}" for c in waves.plan.channels for k in ("starter", "continuous")]
    found = together(
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
        panel_labels(waves),
    )
    told = tuple(f"Starting {words(o)} could not be studied. {error.what}" for o, error in failed.items())
    return replace(found, warnings=(*found.warnings, *told))


def _learning_sentences(waves: TwoWaves, results: Mapping[str, FirmResult]) -> tuple[str, ...]:
    told = []
    told_as = {words(o): beginning(o) for o in waves.plan.outcomes}
    for c in waves.plan.channels:
        starters = waves.starters(c)
        if starters < MIN_FIRMS:
            few = f"Only {starters} firms started {words(c)} between the waves"
            told.append(f"{few}: too few for a finding (at least {MIN_FIRMS}).")
            continue
        parts = [
            f"{told_as[outcome]} {points_clause(r.effect(f'{c}_starter', CHANGE))}"
            for outcome, r in results.items()
            if f"{c}_starter" in r.estimates.names
        ]
        of = f"{fixed(starters, 0)} of {fixed(len(waves.frame), 0)} firms"
        head = f"Firms that start {doing(c)} ({of}), against those that never do"
        told.append(f"{head}: the probability of {'; of '.join(parts)}.")
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
        results[words(c)] = binary(f"{term(f'{c}_starter')} ~ {right}", waves.rows(outside), vcov="robust")
    told = tuple(
        f"With one log point more of productivity before, the probability of entering {name} "
        f"{points_clause(r.effect('productivity', AME))}; "
        f"{fixed(round(r.numbers['share_of_ones'] * r.n), 0)} of {fixed(r.n, 0)} firms entered."
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
        panel_labels(waves),
    )


def partners(waves: TwoWaves) -> FirmResult:
    """Return probits of winning new partners, side by side."""
    industry = ["C(industry)"] if waves.plan.industry else []
    right = " + ".join([*map(term, partner_regressors(waves)), *industry])
    results = {
        p.replace("_", " "): binary(f"{term(p)} ~ {right}", waves.rows(waves.frame), vcov="robust")
        for p in waves.plan.partners
    }
    told = []
    labels = panel_labels(waves)
    for name, r in results.items():
        frame = r.effects()
        frame = frame[(frame["kind"] == CHANGE) & ((frame["lower"] > 0) | (frame["upper"] < 0))]
        shown = [
            f"{label(str(x['name']), labels)} {points_clause(x).removeprefix('is ')}"
            for _, x in frame.iterrows()
            if "C(" not in x["name"]
        ]
        told.append(
            f"The probability of a {name}, other things equal: with {'; with '.join(shown)}."
            if shown
            else f"The probability of a {name} goes with none of the traits."
        )
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
        labels,
    )
