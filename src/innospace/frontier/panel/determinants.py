"""Regressors of the parameters of a panel's components: what a model takes, their names, their designs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.frontier.densities.base import Array
from innospace.frontier.panel.models import Family
from innospace.frontier.panel.units import Units
from innospace.numerics.linear import dependent_columns, standardise

if TYPE_CHECKING:
    from innospace.frontier.panel.spec import PanelSpec

POOLED = (
    'Fit all rows without a panel: inefficiency = "truncated_normal" and mu: z in the formula (Battese and Coelli '
    "1995), with terms of the year and errors clustered by unit."
)
"""The way out where inefficiency of every row shall have regressors of its own."""
CONSTANT = 1e-9
"""Relative to its size, what a regressor of the unit may differ within a unit by rounding."""


def allowed(spec: PanelSpec) -> tuple[str, ...]:
    """Return the parts of a formula that a panel model takes."""
    family = spec.described.family
    if family is Family.FREE:
        return ()
    if family is Family.MIXED:
        return ("u", "v")
    return ("u", "v", "mu") if spec.inefficiency == "truncated_normal" else ("u", "v")


def require_allowed(spec: PanelSpec) -> None:
    """Raise :class:`SpecError` when the formula names regressors of a parameter that the model does not have."""
    can = allowed(spec)
    for part in spec.parts:
        if part in can:
            continue
        model = spec.described
        if not can:
            raise SpecError(
                f"{model.title} assumes no distribution of inefficiency, so nothing of it can have regressors.",
                where=f"part {part!r} of the formula",
                allowed="outcome ~ regressors",
                remedy=f"Choose pitt_lee, battese_coelli_1992 or true_random_effects. {POOLED}",
            )
        raise SpecError(
            f"{model.title} with {spec.inefficiency.replace('_', ' ')} inefficiency has no parameter {part!r}.",
            where=f"formula {spec.formula!r}",
            allowed=", ".join(can),
            remedy='Use inefficiency = "truncated_normal", or move the regressors to the part u.'
            if part == "mu" and model.family is Family.ONE_SIDED
            else f"Move the regressors to the part u. {POOLED}",
        )


def require_of_units(
    spec: PanelSpec, z: Mapping[str, Array], columns: Mapping[str, tuple[str, ...]], at: Units
) -> None:
    """Raise unless regressors can be told apart and, where inefficiency belongs to the unit, are constant in it.

    Parameters
    ----------
    spec : PanelSpec
    z : mapping of str to ndarray, shape (n, p)
        By name of the parameter, rows in the order of the units.
    columns : mapping of str to tuple of str
    at : Units

    Raises
    ------
    DataError, SpecError
        With the first units in which a regressor changes, or the regressors that are collinear.
    """
    for parameter, matrix in z.items():
        names = columns[parameter]
        if "Intercept" not in names:
            raise SpecError(
                f"The regressors of {parameter} have no constant, so its level is not free.",
                where=f"formula {spec.formula!r}",
                remedy="Leave the 0 out of this part of the formula.",
            )
        if spec.described.family is Family.ONE_SIDED:
            first = at.spread(matrix[at.starts])
            moved = np.abs(matrix - first) > CONSTANT * np.maximum(np.abs(matrix).max(axis=0), 1e-300)
            for j in np.flatnonzero(moved.any(axis=0)):
                changed = [at.labels[i] for i in np.flatnonzero(at.sums(moved[:, j].astype(float)) > 0.0)]
                raise DataError(
                    f"{spec.described.title} has one inefficiency a unit, and {names[j]!r} changes within units.",
                    where=f"units {offenders(changed)}",
                    allowed=f"regressors of {parameter} that are the same in every period of a unit",
                    remedy=f"Give its mean by unit, or choose true_random_effects. {POOLED}",
                )
        for k, others in dependent_columns(standardise(matrix).matrix).items():
            made_of = f"a linear combination of {offenders([names[i] for i in others])}" if others else "zero"
            raise DataError(
                f"Regressor {names[k]!r} of {parameter} is {made_of}.",
                where=f"columns {offenders(names)}",
                remedy=f"Leave {names[k]!r} out of this part of the formula.",
            )


def coefficients(
    parameters: tuple[str, ...], columns: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return names of coefficients, the parameter each belongs to, and that parameter again where it is its level.

    ``lnsigma_u2`` alone is its own level; with regressors ``lnsigma_u2:Intercept`` is, and slopes have an empty one.
    """
    names, owners, levels = [], [], []
    for parameter in parameters:
        for column in columns.get(parameter, ("",)):
            names.append(f"{parameter}:{column}" if column else parameter)
            owners.append(parameter)
            levels.append(parameter if column in ("", "Intercept") else "")
    return tuple(names), tuple(owners), tuple(levels)
