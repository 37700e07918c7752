"""What a fitted frontier says of rows it was not fitted to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.frontier.efficiency import COLUMNS, efficiencies
from innospace.frontier.likelihood import split

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.formula import Matrices
    from innospace.frontier.result import FrontierResult

_LEARNT = ("center(", "scale(")
"""Transforms that take their numbers from the table they are applied to."""


def predict(result: FrontierResult, data: Any, level: float = 0.95) -> pd.DataFrame:
    """Return the frontier, expected outcome and expected efficiency of new rows, one row each, in order.

    Columns: ``row``; ``frontier`` (``x'b``); ``expected_inefficiency`` and ``expected_efficiency`` before the outcome
    is known; ``expected`` (frontier less expected inefficiency; plus, for cost); with an outcome in the table also the
    efficiencies given it. Rows with a missing cell stay, with missing values.
    """
    import pandas as pd

    from innospace.data import as_dataset
    from innospace.data import formula as language
    from innospace.frontier.spec import PARTS, WITH_INTERCEPT

    if result.provenance.options.get("intercept") is not None:
        raise SpecError(
            "A frontier that was fitted to arrays has no formula to apply to a table.",
            remedy="Fit it with a formula and a table.",
        )
    frame = as_dataset(data).frame
    parsed = language.parse(result.spec.formula, WITH_INTERCEPT)
    if any(name in result.spec.formula for name in _LEARNT):
        raise SpecError(
            "The formula centres or scales by the table it was fitted to, which is not kept.",
            where=f"formula {result.spec.formula!r}",
            remedy="Centre the column in the table before fitting.",
        )
    outcome = language.parse(f"{parsed.outcome} ~ 1").names
    known = all(name in frame.columns for name in outcome)
    matrices = language.materialise(parsed, frame if known else frame.assign(**dict.fromkeys(outcome, 1.0)))
    _require_same(result.sample.names, matrices.names)
    z = {PARTS[part]: found for part, found in matrices.parts.items()}
    for name, columns in result.sample.determinants.items():
        _require_same(columns, z[name][1])
    found = _predicted(result, matrices, {name: part[0] for name, part in z.items()}, known, level)
    whole: dict[str, Any] = {"row": np.arange(1, len(frame) + 1)}
    for name, values in found.items():
        column = np.full(len(frame), np.nan)
        column[matrices.kept] = values
        whole[name] = column
    return pd.DataFrame(whole)


def _predicted(
    result: FrontierResult, matrices: Matrices, z: dict[str, Any], known: bool, level: float
) -> dict[str, Any]:
    estimate = result.estimate
    problem = estimate.problem
    designs = tuple(
        None if d is None else z[name] for name, d in zip(problem.density.parameters, problem.designs, strict=True)
    )
    new = replace(problem, y=matrices.y, x=matrices.x, weights=None, z=designs if problem.indexed else ())
    beta, parameters = split(new, estimate.theta)
    frontier = new.x @ beta
    inefficiency = np.broadcast_to(new.density.mean_inefficiency(parameters), new.n)
    found = {
        "frontier": frontier,
        "expected_inefficiency": inefficiency,
        "expected_efficiency": np.broadcast_to(new.density.mean_efficiency(parameters), new.n),
        "expected": frontier - new.sign * inefficiency,
    }
    if known:
        values = efficiencies(new, estimate.theta, level)
        found |= {name: getattr(values, name) for name in COLUMNS}
    return found


def _require_same(fitted: tuple[str, ...], new: tuple[str, ...]) -> None:
    if fitted != new:
        raise DataError(
            "The new table does not give the columns that the frontier was fitted with.",
            where=f"columns {offenders(new)}",
            allowed=offenders(fitted),
            remedy="Categories must be the same: add the missing ones, or predict rows of known categories.",
        )
