"""Omitted variables judged by how coefficient and R2 move when controls come in (Oster, 2019)."""

from __future__ import annotations

from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, significant
from innospace.core.table import Column, Table
from innospace.data import formula as language
from innospace.firms.design import Design, design, require_full_rank
from innospace.firms.effects.omitted_bounds import (
    Movement,
    oster_delta,
    oster_roots,
    residuals,
)
from innospace.firms.estimates import Array, Estimates
from innospace.firms.least_squares import LinearFit, fit_linear
from innospace.firms.presentation import label
from innospace.firms.result import FirmResult

R_MAX_FACTOR = 1.3
"""Oster (2019): R2 of the full model is taken as this multiple of the R2 with the controls, at most 1."""


def oster(
    formula_short: str,
    formula_long: str,
    data: Any,
    *,
    treatment: str,
    r_max: float | None = None,
    r_max_factor: float = R_MAX_FACTOR,
    delta: float = 1.0,
    beta: float = 0.0,
    cluster: str | None = None,
    title: str = "",
) -> FirmResult:
    """Judge omitted variables by how coefficient and R2 move when controls come in.

    Parameters
    ----------
    formula_short : str
        ``outcome ~ treatment`` and whatever is unrelated to the omitted variables.
    formula_long : str
        The same with the controls.
    data : Dataset, frame or mapping of arrays
    treatment : str
        Name of the coefficient.
    r_max : float, optional
        R2 if the omitted variables were in; ``r_max_factor`` times the R2 of the long equation when not given.
    r_max_factor : float
        1.3 in Oster (2019).
    delta : float
        Selection on unobservables relative to observables, for the adjusted coefficient.
    beta : float
        Coefficient that delta is computed for.
    cluster : str, optional
        Column of cluster labels, for the errors of the long equation.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients of the long equation. Numbers ``delta_star``, ``beta_adjusted``, ``beta_short``, ``beta_long``,
        ``r2_short``, ``r2_long``, ``r_max``; table ``oster`` with every real solution.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        Also when the formulas differ in their outcome, or the long one lacks regressors of the short one.

    Notes
    -----
    Oster (2019), the exact solutions rather than the approximation, as Stata's psacalc.
    """
    short = language.parse(formula_short)
    d = design(formula_long, data, cluster=cluster, also=short.names)
    require_known([treatment], d.names, kind="coefficient", where=f"formula {formula_long!r}")
    if short.outcome.strip("`") != d.outcome:
        raise SpecError(
            f"The formulas explain {short.outcome!r} and {d.outcome!r}.", allowed="one outcome in both formulas"
        )
    matrices = language.materialise(short, d.frame)
    _require_nested(matrices.names, d.names, treatment)
    require_full_rank(matrices.x, matrices.names)
    first, last = fit_linear(matrices.y, matrices.x), fit_linear(d.y, d.x, d.clusters)
    m = _movement(d, matrices.x, matrices.names, first, last, treatment)
    limit = min(1.0, r_max_factor * m.r2_long) if r_max is None else r_max
    if not m.r2_long <= limit <= 1.0:
        raise SpecError(
            f"r_max is {limit:.4g}.",
            where=f"R2 of the long equation: {m.r2_long:.4g}",
            allowed="from the R2 of the long equation to 1",
            remedy="Leave it out for 1.3 times the R2 of the long equation.",
        )
    star, roots = oster_delta(m, limit, beta), oster_roots(m, limit, delta)
    numbers = {
        "delta_star": star,
        "beta_adjusted": roots[0] if roots else float("nan"),
        "beta_short": m.beta_short,
        "beta_long": m.beta_long,
        "r2_short": m.r2_short,
        "r2_long": m.r2_long,
        "r_max": limit,
        "delta": delta,
    }
    options = {"formula_short": formula_short, "formula_long": formula_long, "treatment": treatment, "r_max": r_max}
    options |= {"r_max_factor": r_max_factor, "delta": delta, "beta": beta, "cluster": cluster}
    return FirmResult(
        method="oster",
        title=title or f"Omitted variables behind {label(treatment)} in {d.outcome} (Oster)",
        description="If omitted variables are related to the treatment as the controls are, the way coefficient and R2 "
        "moved when the controls came in tells how they would move further.",
        n=d.n,
        provenance=d.provenance(options),
        estimates=Estimates(d.names, last.theta, last.covariances, last.degrees),
        numbers=numbers,
        equations=(_OSTER,),
        tables=(_oster_table(m, roots, limit, delta),),
        checks=(
            Check.at_least(
                "delta_star",
                min(abs(star), 1e6),
                1.0,
                f"Selection on unobservables, relative to observables, at which the coefficient would be {beta:g}.",
                "Say that omitted variables no more important than the controls could explain the coefficient.",
            ),
        ),
        warnings=(*d.messages, *_oster_warnings(roots, m)),
        steps=d.steps,
        sentences=_oster_sentences(numbers, treatment, beta, d.n),
    )


def _require_nested(short: tuple[str, ...], long: tuple[str, ...], treatment: str) -> None:
    require_known([treatment], short, kind="coefficient", where="the short formula")
    missing = [n for n in short if n not in long]
    if missing:
        raise SpecError(
            f"The long formula lacks {offenders(missing)} of the short one.",
            allowed="a long formula that adds controls to the short one",
            remedy="Write the short formula and add the controls.",
        )
    if len(long) == len(short):
        raise SpecError("The long formula adds no control.", remedy="Add the controls to formula_long.")


def _movement(
    d: Design, x_short: Array, short: tuple[str, ...], first: LinearFit, last: LinearFit, treatment: str
) -> Movement:
    j, i = d.names.index(treatment), short.index(treatment)
    given_short = _left_over(x_short, i)
    given_long = _left_over(d.x, j)
    return Movement(
        float(first.theta[i]),
        float(last.theta[j]),
        first.r2,
        last.r2,
        float(np.var(d.y, ddof=1)),
        float(np.var(given_short, ddof=1)),
        float(np.var(given_long, ddof=1)),
    )


def _left_over(x: Array, j: int) -> Array:
    """Return what is left of a column given the others."""
    others = np.delete(x, j, axis=1)
    return residuals(x[:, j], others) if others.shape[1] else x[:, j]


def _oster_table(m: Movement, roots: tuple[float, ...], limit: float, delta: float) -> Table:
    import pandas as pd

    rows = [("without controls", m.beta_short, m.r2_short), ("with controls", m.beta_long, m.r2_long)]
    rows += [(f"adjusted, delta {delta:g}" + (" (other root)" if k else ""), b, limit) for k, b in enumerate(roots)]
    frame = pd.DataFrame(rows, columns=["equation", "coefficient", "r2"])
    columns = (
        Column("equation", "Equation"),
        Column("coefficient", "Coefficient", "significant:5"),
        Column("r2", "R2", "fixed:4"),
    )
    note = (
        "The adjusted coefficient is the root nearest to the one with controls, in the direction the controls moved it."
    )
    return Table("oster", "Coefficient with and without controls, and adjusted", frame, columns, (note,))


def _oster_warnings(roots: tuple[float, ...], m: Movement) -> tuple[str, ...]:
    texts = []
    if len(roots) > 1:
        texts.append(f"The adjusted coefficient has {len(roots)} real solutions; all stand in the table.")
    if not roots:
        texts.append("No real adjusted coefficient exists for this delta and r_max.")
    if m.r2_long - m.r2_short < 1e-3:
        texts.append("The controls hardly move R2, so they say little about omitted variables.")
    return tuple(texts)


def _oster_sentences(n: dict[str, float], treatment: str, beta: float, rows: int) -> tuple[str, ...]:
    what = label(treatment)
    moved = f"from {significant(n['beta_short'], 4)} to {significant(n['beta_long'], 4)}"
    star = n["delta_star"]
    if star < 0.0:
        reading = (
            f"delta is negative ({fixed(star, 2)}): the controls moved the coefficient away from {beta:g}, so omitted "
            "variables would have to work the other way"
        )
    else:
        reading = (
            f"omitted variables would have to matter {fixed(star, 2)} times as much as the controls to make it {beta:g}"
        )
    return (
        f"With controls the coefficient of {what} goes {moved} ({fixed(rows, 0)} observations); {reading} (R2 at most "
        f"{fixed(n['r_max'], 3)}). If they matter {n['delta']:g} times as much it is "
        f"{significant(n['beta_adjusted'], 4)}.",
    )


_OSTER = Equation(
    "oster",
    r"\delta = \frac{\sigma_{2X} / \sigma_2^2}{\sigma_{1X} / \sigma_1^2}",
    "delta = (sigma_(2X) / sigma_2^2) / (sigma_(1X) / sigma_1^2)",
    "Relation of the treatment with unobservables (2) relative to that with observables (1)",
)
