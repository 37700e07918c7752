"""Several equations on the same rows: designs, checks of the outcomes, and how often their combinations occur."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.data import formula as language
from innospace.firms.choice.binary import require_no_perfect_predictor
from innospace.firms.design import Design, design, require_binary
from innospace.firms.estimates import Array
from innospace.numerics.linear import intercept_column
from innospace.numerics.maximum_likelihood import Optimum

if TYPE_CHECKING:
    import pandas as pd

AT = ("average", "means")
LOOSE = 1.0
"""Standard error of ``atanh(rho)`` beyond which an interval covers most correlations there are."""
FEW = 5
"""Rows below which a combination of outcomes hardly tells the correlation."""


def joint_designs(formulas: Sequence[str], data: Any, cluster: str | None, weights: str | None) -> tuple[Design, ...]:
    """Evaluate several formulas on the rows that are complete in all of them.

    Parameters
    ----------
    formulas : sequence of str
        Each ``outcome ~ regressors``; outcomes of 0 and 1, all different.
    data : Dataset, frame or mapping of arrays
    cluster, weights : str or None

    Raises
    ------
    FormulaError, LabelError, SpecError, DataError
        The same outcome twice, outcomes that are not 0/1 or the same in every row, perfect predictors.
    """
    parsed = [language.parse(f) for f in formulas]
    outcomes = [p.outcome.strip("`") for p in parsed]
    twice = sorted({o for o in outcomes if outcomes.count(o) > 1})
    if twice:
        raise SpecError(
            f"The outcome {offenders(twice)} stands on the left of more than one equation.",
            where="; ".join(repr(f) for f in formulas),
            allowed="a different outcome in every equation",
            remedy="Name another outcome, or fit one equation with probit.",
        )
    designs: list[Design] = []
    for i, one in enumerate(parsed):
        others = tuple(dict.fromkeys(n for p in parsed for n in p.names if n not in one.names))
        with warnings.catch_warnings():
            if i:
                # the rows left out are the same in every equation: told once
                warnings.simplefilter("ignore", MissingRowsWarning)
            designs.append(design(one.text, data, cluster=cluster, weights=weights, also=others))
    for d in designs:
        require_binary(d.y, d.outcome)
    for d in designs:
        require_no_perfect_predictor(d.y, d.x, d.names)
    _require_different(designs)
    return tuple(designs)


def require_exogenous(designs: Sequence[Design]) -> None:
    """Raise :class:`SpecError` when an outcome of one equation is a regressor of another."""
    outcomes = [d.outcome for d in designs]
    for d in designs:
        inside = [o for o in outcomes if any(o in terms(n) for n in d.names)]
        if inside:
            raise SpecError(
                f"The outcome {offenders(inside)} is a regressor in the equation of {d.outcome!r}.",
                where=f"regressors {offenders(d.names)}",
                allowed="regressors that are no outcome of another equation",
                remedy="For one outcome that depends on the other use recursive_biprobit; last year's value is "
                "another column.",
            )


def terms(name: str) -> list[str]:
    """Return the columns in the name of a coefficient: ``a:b`` gives ``a`` and ``b``."""
    return [part.strip("`") for part in name.split(":")]


def coefficient_names(designs: Sequence[Design]) -> tuple[str, ...]:
    """Return ``outcome: regressor`` for every coefficient, equation after equation."""
    return tuple(f"{d.outcome}: {name}" for d in designs for name in d.names)


def require_at(at: str) -> str:
    """Return ``at`` when it is ``average`` or ``means``."""
    require_known([at], AT, kind="point of evaluation", where="at")
    return at


def evaluation_rows(x: Array, weights: Array | None, at: str) -> tuple[Array, Array]:
    """Return regressors and weights that sum to one: all rows, or their mean as the only row."""
    w = np.full(len(x), 1.0 / len(x)) if weights is None else weights / weights.sum()
    return (x, w) if at == "average" else ((w @ x)[None, :], np.ones(1))


def regressors(designs: Sequence[Design]) -> tuple[str, ...]:
    """Return every regressor of any equation, once, without constants."""
    constants = [intercept_column(d.x) for d in designs]
    pairs = zip(designs, constants, strict=True)
    return tuple(dict.fromkeys(n for d, c in pairs for j, n in enumerate(d.names) if j != c))


def combinations(designs: Sequence[Design]) -> dict[tuple[int, ...], int]:
    """Return how many rows have every combination of outcomes, ``(1, 1)`` first."""
    codes = np.zeros(designs[0].n, dtype=np.int64)
    for d in designs:
        codes = 2 * codes + (d.y == 1.0)
    m = len(designs)
    counts = np.bincount(codes, minlength=2**m)
    return {tuple((c >> (m - 1 - j)) & 1 for j in range(m)): int(counts[c]) for c in range(2**m - 1, -1, -1)}


def combination_check(designs: Sequence[Design], counts: dict[tuple[int, ...], int]) -> tuple[Check, tuple[str, ...]]:
    """Return the check that every combination occurs often enough, and a warning for each that does not occur."""
    outcomes = ", ".join(d.outcome for d in designs)
    check = Check.at_least(
        "smallest_combination",
        float(min(counts.values())),
        float(FEW),
        "Rows in the rarest combination of two outcomes: with few their correlation is hardly told.",
        "Read the correlation with its interval, or merge outcomes that always go together.",
    )
    empty = [c for c, n in counts.items() if n == 0]
    told = tuple(
        f"The combination ({outcomes}) = ({', '.join(map(str, c))}) never occurs; the correlation may go to its bound."
        for c in empty
    )
    return check, told


def correlation_check(covariance: Array, correlations: int) -> Check:
    """Return the check that correlations are determined: the errors of their ``atanh``, last in the covariance."""
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(covariance)[-correlations:])
    return Check.at_most(
        "correlation_determined",
        float(np.max(errors)),
        LOOSE,
        "Largest standard error of atanh(rho): the likelihood is flat where a correlation nears its bound.",
        "Read the likelihood-ratio test, not the interval; look for combinations of outcomes that hardly occur.",
    )


def combination_table(
    method: str, designs: Sequence[Design], counts: dict[tuple[int, ...], int], predicted: Array
) -> Table:
    """Return rows and shares by combination of outcomes beside the mean predicted probability."""
    import pandas as pd

    n = designs[0].n
    w = np.ones(n) if designs[0].weights is None else designs[0].weights
    rows = []
    for c, probability in zip(counts, predicted, strict=True):
        inside = np.all([d.y == v for d, v in zip(designs, c, strict=True)], axis=0)
        cells = {f"outcome_{j + 1}": v for j, v in enumerate(c)}
        rows.append({**cells, "rows": counts[c], "share": float(w @ inside / w.sum()), "predicted": probability})
    frame: pd.DataFrame = pd.DataFrame(rows)
    outcomes = tuple(Column(f"outcome_{j + 1}", d.outcome, "integer") for j, d in enumerate(designs))
    numbers = (Column("rows", "Rows", "integer"), Column("share", "Share", "percent"))
    return Table(
        f"{method}-combinations",
        "Combinations of outcomes, observed and predicted",
        frame,
        (*outcomes, *numbers, Column("predicted", "Mean predicted probability", "percent")),
        ("Shares and means use the weights of the rows.",) if designs[0].weights is not None else (),
    )


def joint_status(found: Optimum, boundary: str = "") -> Status:
    """Return how the search ended; ``boundary`` names the bound a correlation went to."""
    numbers = {"iterations": float(found.iterations), "decrement": found.decrement}
    if boundary:
        return Status(
            StatusCode.BOUNDARY,
            "A correlation of the errors goes to its bound; the other numbers hold given that it is there.",
            "Look for a combination of outcomes that never or hardly occurs, and for regressors that nearly determine "
            "an outcome; leave out regressors, or model the two outcomes as one.",
            boundary,
            numbers,
        )
    if found.code is StatusCode.CONVERGED:
        return Status(found.code, "The maximum of the likelihood was reached.", numbers=numbers)
    remedy = "Look for regressors that nearly determine an outcome, rare combinations of outcomes, extreme values."
    return Status(found.code, "The maximum of the likelihood was not reached.", remedy, numbers=numbers)


def _require_different(designs: Sequence[Design]) -> None:
    for i, one in enumerate(designs):
        for other in designs[i + 1 :]:
            agree = one.y == other.y
            if agree.all() or not agree.any():
                relation = "the same as" if agree.all() else "the opposite of"
                raise DataError(
                    f"{one.outcome!r} is {relation} {other.outcome!r} in every row, so only one decision is seen.",
                    where=f"{one.n} rows",
                    allowed="outcomes that differ in some rows and agree in others",
                    remedy="Fit one equation with probit.",
                )
