"""Sentences about effects, shared by the methods of this package."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.numbers import fixed
from innospace.firms.effects.propensity import ESTIMANDS
from innospace.firms.estimates import Array
from innospace.firms.presentation import p_clause, points


def effect_sentence(
    outcome: str, treatment: str, row: Any, estimand: str, rows: str, *, probability: bool = False
) -> str:
    """Return one finding: direction, size, interval, for whom, and how many rows stand behind it.

    Parameters
    ----------
    outcome, treatment : str
    row : Series
        Of ``FirmResult.effects()``.
    estimand : str
    rows : str
        ``185 treated, 185 untreated rows``.
    probability : bool
        Whether the outcome is 0/1: the effect is one on its probability.
    """
    clear = row["lower"] > 0.0 or row["upper"] < 0.0
    verb = "raises" if row["estimate"] > 0.0 else "lowers"
    lead, what = f"{estimand.upper()}, for {ESTIMANDS[estimand]}", outcome
    size, low, high = (decimals(row[k], row) for k in ("estimate", "lower", "upper"))
    told = f"{size} (95\u202f% interval {low} to {high}, {p_clause(row['p_value'])}; {rows})."
    if probability:
        what, told = f"the probability of {outcome}", f"{points(row)[:-1]}; {rows})."
    if clear:
        return f"{lead}: {treatment} {verb} {what}: {told}"
    return f"{lead}: no effect of {treatment} on {what} is told apart from zero: {told}"


def unit_of(outcomes: Iterable[Array]) -> str:
    """Return the unit of effects on outcomes, which for 0/1 columns is that of a probability."""
    kinds = {is_share(y) for y in outcomes}
    if kinds == {True}:
        return "points of probability"
    return "units of the outcome" + ("; of 0/1 outcomes points of probability" if True in kinds else "")


def is_share(y: Array) -> bool:
    """Whether an outcome holds 0 and 1 only."""
    return bool(np.isin(y, (0.0, 1.0)).all())


def decimals(value: float, row: Any) -> str:
    """Return a number with as many decimals as the size of its standard error calls for."""
    error = abs(float(row["std_error"]))
    places = 3 if error < 1.0 else (2 if error < 10.0 else 1)
    if 0.0 < error < 0.01:
        places = 5
    return fixed(float(value), places)


ATT = Equation(
    "att",
    r"\tau_{ATT} = E[Y(1) - Y(0) \mid D = 1]",
    "tau_(A T T) = E[Y(1) - Y(0) | D = 1]",
    "Mean effect of the treatment on the treated",
)
ATC = Equation(
    "atc",
    r"\tau_{ATC} = E[Y(1) - Y(0) \mid D = 0]",
    "tau_(A T C) = E[Y(1) - Y(0) | D = 0]",
    "Mean effect that the treatment would have on the untreated",
)
ATE = Equation(
    "ate", r"\tau_{ATE} = E[Y(1) - Y(0)]", "tau_(A T E) = E[Y(1) - Y(0)]", "Mean effect of the treatment on all"
)
ATO = Equation(
    "ato",
    r"\tau_{ATO} = \frac{E[p(X)(1 - p(X))(Y(1) - Y(0))]}{E[p(X)(1 - p(X))]}",
    "tau_(A T O) = E[p(X) (1 - p(X)) (Y(1) - Y(0))] / E[p(X) (1 - p(X))]",
    "Mean effect where both groups overlap",
)
EQUATIONS = {"att": ATT, "atc": ATC, "ate": ATE, "ato": ATO}
UNCONFOUNDED = (
    "It is the effect of the treatment only if, given the covariates, who is treated has nothing to do with the "
    "outcome without treatment (no unobserved cause of both)."
)
