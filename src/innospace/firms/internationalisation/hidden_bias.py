"""How strong an unobserved cause would have to be to explain what new traders do after they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.firms.effects.rosenbaum import rosenbaum
from innospace.firms.internationalisation.panel_parts import matched
from innospace.firms.internationalisation.waves import TwoWaves
from innospace.firms.internationalisation.wording import doing, words
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

GAMMAS = tuple(np.round(np.arange(1.0, 2.01, 0.05), 2).tolist())
MODEST = 1.5
"""A hidden cause that changes the odds of treatment less than this is called modest."""


def hidden_bias(waves: TwoWaves, channel: str) -> FirmResult:
    """Return Rosenbaum bounds of the matching of new traders by a channel, for every innovation.

    Raises
    ------
    DataError
        No matching, or pairs that hardly differ in any outcome.
    """
    import pandas as pd

    pairs = matched(waves, channel)
    found, errors = {}, []
    for o in waves.plan.outcomes:
        try:
            found[o] = rosenbaum(pairs, outcome=f"{o}_after", gammas=GAMMAS)
        except DataError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    rows = []
    for o, r in found.items():
        d = pairs.frames["pairs"]
        gap = (d[f"{o}_after_treated"] - d[f"{o}_after_control"]).to_numpy(dtype=np.float64)
        rows.append(
            {
                "outcome": words(o),
                "pairs": float(len(gap)),
                "only_starter": float(np.sum(gap > 0.0)),
                "only_match": float(np.sum(gap < 0.0)),
                "p": r.numbers["p_upper_1"],
                "p_modest": r.numbers["p_upper_1.5"],
                "critical": r.numbers["critical_gamma"],
            }
        )
    frame = pd.DataFrame(rows)
    first = next(iter(found.values()))
    return FirmResult(
        method="rosenbaum",
        title=f"Hidden bias behind the gains of firms that start {doing(channel)}",
        description="Rosenbaum bounds: of two matched firms one may, for reasons that are not observed, be up to Gamma "
        "times as likely to start, in odds. For every Gamma the one-sided p-value of the signed-rank test (of 0/1 "
        "outcomes McNemar's) is the largest that such a cause could make. Gamma at 0.05 is how much it would take to "
        "explain the difference.",
        n=pairs.n,
        provenance=Provenance.now((waves.source,), waves.plan.to_dict()),
        numbers={f"critical_gamma_{o}": r.numbers["critical_gamma"] for o, r in found.items()},
        equations=first.equations,
        tables=(_table(frame),),
        figures=(_figure(found, frame, waves, channel),),
        sentences=(_summary(frame, channel), *(_sentence(row) for _, row in frame.iterrows())),
    )


def _sentence(row: pd.Series) -> str:
    of = f"{fixed(row['only_starter'], 0)} against {fixed(row['only_match'], 0)} of {fixed(row['pairs'], 0)} pairs"
    name = f"{row['outcome'][:1].upper()}{row['outcome'][1:]}"
    head = f"{name}: only the firm that started has it, against only its match, in {of}"
    if row["critical"] <= 1.0:
        return f"{head}; the difference is not clear even without hidden bias."
    gamma = "beyond a million" if np.isinf(row["critical"]) else fixed(row["critical"], 2)
    return f"{head}; a hidden cause that multiplies the odds of starting by {gamma} would explain it."


def _summary(frame: pd.DataFrame, channel: str) -> str:
    told = frame[frame["critical"] > 1.0]
    pairs = f"{fixed(frame['pairs'].max(), 0)} matched pairs"
    if told.empty:
        return f"Innovation of firms that start {doing(channel)} does not clearly differ from their matches' ({pairs})."
    low, high = float(told["critical"].min()), float(told["critical"].max())
    span = fixed(low, 2) if low == high else f"{fixed(low, 2)} to {fixed(high, 2)}"
    modest = "; an unobserved trait such as the quality of management may well do so" if low < MODEST else ""
    return (
        f"A hidden cause that multiplies the odds of starting by {span} would explain the gains in innovation of firms "
        f"that start {doing(channel)}{modest} ({pairs})."
    )


def _table(frame: pd.DataFrame) -> Table:
    columns = (
        Column("outcome", "Innovation in the last wave"),
        Column("pairs", "Pairs", "integer"),
        Column("only_starter", "starter", "integer", "Only one innovates"),
        Column("only_match", "match", "integer", "Only one innovates"),
        Column("p", "1", "p", "Largest p at Gamma"),
        Column("p_modest", "1.5", "p", "Largest p at Gamma"),
        Column("critical", "Gamma at 0.05", "fixed:2"),
    )
    return Table("hidden-bias", "Hidden bias that would explain the difference", frame, columns)


def _figure(found: dict[str, FirmResult], frame: pd.DataFrame, waves: TwoWaves, channel: str) -> Figure:
    import pandas as pd

    parts = [r.table("bounds").frame.assign(series=words(o)) for o, r in found.items()]
    shown = pd.concat(parts, ignore_index=True)[["series", "gamma", "p_upper"]]
    told = frame[frame["critical"] > 1.0]
    title = "No difference is clear even without hidden bias"
    if len(told):
        low, high = (fixed(float(v), 2) for v in (told["critical"].min(), told["critical"].max()))
        span = low if low == high else f"{low} to {high}"
        title = f"A hidden cause that changes the odds of starting {span} times would explain the gains"
    return Figure(
        "hidden-bias",
        FigureKind.LINES,
        title,
        f"Largest one-sided p-value by Gamma, the factor by which the odds of the start of {words(channel)} may "
        f"differ between two matched firms; the line marks 0.05; {fixed(frame['pairs'].max(), 0)} pairs",
        f"Source: {waves.source.name} ({waves.source.nature}); computed from the matched pairs.",
        "Gamma at which p reaches 0.05: "
        + ", ".join(f"{r['outcome']} {r['critical']:.2f}" for _, r in frame.iterrows()),
        shown,
        {
            "x": "gamma",
            "y": "p_upper",
            "series": "series",
            "reference": 0.05,
            "x_title": "Gamma",
            "y_title": "Largest p-value",
        },
    )
