"""Several probits of different outcomes as one part of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.numbers import fixed
from innospace.core.provenance import Provenance, Source
from innospace.firms import side_by_side
from innospace.firms.estimates import Effects
from innospace.firms.presentation import label
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

AME, CHANGE = "average_marginal_effect", "average_discrete_change"


def together(
    source: Source,
    options: dict[str, Any],
    results: Mapping[str, FirmResult],
    name: str,
    title: str,
    description: str,
    terms: Sequence[str],
    kind: str,
    sentences: tuple[str, ...],
    labels: Mapping[str, str],
) -> FirmResult:
    """Return several probits as one part: one table, one figure, all effects with the outcome in their kind.

    Parameters
    ----------
    source : Source
    options : dict
        What is recorded as the origin of the numbers.
    results : mapping of str to FirmResult
        By heading.
    name, title, description : str
    terms : sequence of str
        Regressors whose effects are shown; the coefficients of all stand in the table.
    kind : str
        Kind of effect.
    sentences : tuple of str
    labels : mapping of str to str
        Regressors in words.
    """
    frame = side_by_side.stacked_frame(results, kind)
    frame = frame[frame["name"].isin(list(terms))]
    effects = Effects(
        tuple(frame["name"]),
        frame["estimate"].to_numpy(),
        tuple(str(m).replace(" ", "_") for m in frame["model"]),
        std_errors=frame["std_error"].to_numpy(),
        unit="points of probability",
    )
    first = next(iter(results.values()))
    unit = "points of probability" + (", a log point more" if kind == AME else "")
    drawn = side_by_side.figure(
        results,
        f"{name}-effects",
        _strongest(frame, labels, kind, title),
        f"{title}: average effects on the probability, {unit}, with 95\u202f% intervals",
        terms,
        kind=kind,
        value_title=f"Effect, {unit}",
    )
    table = side_by_side.table(
        results,
        f"{name}-coefficients",
        f"{title}: probit coefficients",
        leave_out=("C(",),
        notes=("Classes of industry are controlled for; their coefficients stand in the file.",),
    )
    return FirmResult(
        method=name,
        title=title,
        description=description,
        n=max(r.n for r in results.values()),
        provenance=Provenance.now((source,), options),
        effects_found=effects,
        equations=first.equations,
        tables=(table,),
        figures=(drawn,),
        checks=tuple(c for r in results.values() for c in r.checks),
        sentences=sentences,
    )


def _strongest(frame: pd.DataFrame, labels: Mapping[str, str], kind: str, title: str) -> str:
    """Return the largest of the clear effects, in percentage points."""
    clear = frame[(frame["lower"] > 0) | (frame["upper"] < 0)]
    if clear.empty:
        return f"{title}: no effect is clear of zero"
    row = clear.iloc[int(np.argmax(clear["estimate"].abs().to_numpy(dtype=np.float64)))]
    size = fixed(100.0 * row["estimate"], 1)
    name = label(str(row["name"]), labels)
    more = "a log point of " if kind == AME else ""
    shown = f"{'+' if row['estimate'] > 0 else ''}{size} percentage points"
    return f"Largest: {more}{name} on {row['model']}, {shown}; {len(clear)} of {len(frame)} effects are clear of zero"
