"""The verb: from a formula and a panel to a fitted frontier."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import BoundaryWarning, DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data import formula as language
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.determinants import require_of_units
from innospace.frontier.panel.models import Family
from innospace.frontier.panel.spec import COVARIANCES, PanelSpec
from innospace.frontier.panel.units import units_of
from innospace.frontier.spec import PARTS, WITH_INTERCEPT, refuse_two_steps
from innospace.numerics.linear import dependent_columns, intercept_column, standardise

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.panel.result import PanelResult


def fit_panel(
    formula: str | PanelSpec,
    data: Any,
    *,
    unit: str = "region",
    time: str = "year",
    model: str = "true_random_effects",
    inefficiency: str = "half_normal",
    cost: bool = False,
    mundlak: bool = False,
    vcov: str = "hessian",
    level: float = 0.95,
    progress: Progress = silent,
) -> PanelResult:
    """Fit a stochastic frontier to a panel.

    Parameters
    ----------
    formula : str or PanelSpec
        ``outcome ~ regressors | u: z | v: w | mu: z`` in the language of :mod:`innospace.data.formula`; a spec holds
        all that follows.
    data : Dataset, pandas or polars frame, or mapping of arrays
        One row a unit and period; the panel may be unbalanced. Rows with a missing cell in a used column are left
        out, with a warning that counts them.
    unit, time : str
        Columns that say which unit and which period a row belongs to; the period is a number.
    model : str
        ``pitt_lee``, ``battese_coelli_1992``, ``kumbhakar_1990`` (one inefficiency a unit); ``true_random_effects``,
        ``true_fixed_effects``, ``four_components`` (effects of the unit beside inefficiency); ``schmidt_sickles``,
        ``cornwell_schmidt_sickles`` (no distribution).
    inefficiency : str
        ``half_normal``; ``truncated_normal`` for the first three, ``exponential`` for the next three.
    cost : bool
        Cost frontier.
    mundlak : bool
        Let means of the regressors by unit join the regressors.
    vcov : str
        ``hessian``, ``opg`` or ``cluster`` (sandwich, by unit); can be changed afterwards.
    level : float
        Coverage of the intervals of efficiency.
    progress : callable
        Called with a message and a finished fraction.

    Returns
    -------
    PanelResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        The input cannot be estimated; the message says where and what to do.

    Notes
    -----
    Analytic score and Hessian everywhere. Effects of the unit are integrated out by quadrature, not by simulation.
    """
    from innospace.frontier.panel.estimation import estimate

    given = (unit, time, model, inefficiency, cost, mundlak)
    spec = formula if isinstance(formula, PanelSpec) else PanelSpec(formula, *given)
    if vcov not in COVARIANCES:
        raise SpecError(f"Unknown covariance {vcov!r}.", allowed=", ".join(COVARIANCES), remedy="Choose one of them.")
    check_level(level)
    progress("Reading the panel", 0.0)
    inputs = read_panel(spec, data)
    if inputs.message:
        warnings.warn(inputs.message, MissingRowsWarning, stacklevel=2)
    provenance = Provenance.now(inputs.sources, spec.to_dict(), None)
    result = estimate(spec, inputs, provenance, vcov, level, progress)
    if result.status.boundary:
        warnings.warn(f"{result.status.message} {result.status.remedy}", BoundaryWarning, stacklevel=2)
    progress("Done", 1.0)
    return result


@dataclass(frozen=True, slots=True)
class PanelInputs:
    """A panel as arrays, with what a reader is to know of it.

    Attributes
    ----------
    arrays : Arrays
        Rows in the order of the units.
    labels : pandas.DataFrame
        Unit and time of each row, in the same order.
    message : str
        Rows left out; empty when there are none.
    sources, steps : tuple
        Where the table comes from, what was done to it.
    """

    arrays: Arrays
    labels: pd.DataFrame
    message: str
    sources: tuple[Any, ...]
    steps: tuple[str, ...]


def read_panel(spec: PanelSpec, data: Any) -> PanelInputs:
    """Return the arrays of a panel, or raise what :func:`fit_panel` would raise without estimating."""
    from innospace.data import as_dataset

    if data is None:
        raise SpecError(
            "A panel frontier needs a table.", remedy="Give data=, a frame with the columns of the formula."
        )
    dataset = as_dataset(data)
    frame = dataset.frame
    require_known([spec.unit, spec.time], [str(c) for c in frame.columns], kind="column", where="unit and time")
    parsed = language.parse(spec.formula, WITH_INTERCEPT)
    refuse_two_steps(parsed.outcome)
    matrices = language.materialise(parsed, frame, (spec.unit, spec.time))
    kept = matrices.kept
    used = frame.iloc[kept]
    units = units_of(used[spec.unit].to_numpy(), used[spec.time].to_numpy())
    order = units.order
    own = {PARTS[part]: found for part, found in matrices.parts.items() if found[1] != ("Intercept",)}
    z, columns = {n: f[0][order] for n, f in own.items()}, {n: f[1] for n, f in own.items()}
    require_of_units(spec, z, columns, units)
    arrays = Arrays(matrices.y[order], matrices.x[order], matrices.names, spec.sign, units, z, columns)
    arrays = _within(arrays) if spec.described.within else _with_means(arrays) if spec.mundlak else arrays
    _require_estimable(spec, arrays)
    labels = used[[spec.unit, spec.time]].iloc[order].reset_index(drop=True)
    return PanelInputs(arrays, labels, language.left_out(frame, kept), (dataset.source,), dataset.steps)


def _within(arrays: Arrays) -> Arrays:
    """Return the panel without its intercept: the units have their own."""
    constant = intercept_column(arrays.x)
    if constant is None:
        return arrays
    names = tuple(n for j, n in enumerate(arrays.names) if j != constant)
    return replace(arrays, x=np.delete(arrays.x, constant, axis=1), names=names)


def _with_means(arrays: Arrays) -> Arrays:
    """Return the panel with means by unit of every regressor that varies within units."""
    units, x = arrays.units, arrays.x
    means = units.spread(units.sums(x) / units.counts[:, None])
    varies = np.flatnonzero(np.abs(x - means).max(axis=0) > 1e-9 * np.maximum(np.abs(x).max(axis=0), 1e-300))
    names = (*arrays.names, *(f"mean of {arrays.names[j]}" for j in varies))
    return replace(arrays, x=np.column_stack((x, means[:, varies])), names=names)


def _require_estimable(spec: PanelSpec, arrays: Arrays) -> None:
    units = arrays.units
    if units.n <= arrays.x.shape[1] + 4 or len(units.counts) < 3:
        raise DataError(
            f"{units.n} rows of {len(units.counts)} units cannot determine a panel frontier.",
            where=f"unit {spec.unit!r}, time {spec.time!r}",
            allowed="three units or more, and more rows than parameters",
            remedy="Check which columns are unit and time, or add rows.",
        )
    if int(units.counts.max()) < 2:
        raise DataError(
            "No unit has more than one row, so this is no panel.",
            where=f"unit {spec.unit!r}",
            allowed="units that are seen in several periods",
            remedy="Check the column of the units, or fit a frontier without a panel.",
        )
    if spec.described.family is Family.FREE:
        return  # what is checked there is variation within units
    matrix = _centred(arrays) if spec.described.within else arrays.x
    standard = _scaled(matrix)
    for j, others in dependent_columns(standard).items():
        within = spec.described.within and not others
        made_of = f"a linear combination of {offenders([arrays.names[i] for i in others])}" if others else "zero"
        what = "does not vary within units" if within else f"is {made_of}: the regressors are perfectly collinear"
        raise DataError(
            f"Regressor {arrays.names[j]!r} {what}.",
            where=f"columns {offenders(arrays.names)}",
            remedy=f"Leave {arrays.names[j]!r} out of the formula"
            + (", or choose a model with random effects." if within else "."),
        )
    spread = float(np.ptp(arrays.y))
    fitted = standard @ np.linalg.lstsq(standard, _outcome(spec, arrays), rcond=None)[0]
    left = float(np.sqrt(np.mean((_outcome(spec, arrays) - fitted) ** 2)))
    if left <= 1e-10 * max(spread, 1e-300):
        raise DataError(
            "The outcome is constant or follows from the regressors exactly: there is neither noise nor inefficiency.",
            where=f"outcome of the formula, {units.n} rows",
            remedy="Check the outcome column.",
        )


def _centred(arrays: Arrays) -> Array:
    units = arrays.units
    return np.asarray(arrays.x - units.spread(units.sums(arrays.x) / units.counts[:, None]))


def _scaled(matrix: Array) -> Array:
    """Return standardised columns; one that is zero but for rounding becomes zero."""
    size = np.sqrt(np.mean(matrix * matrix, axis=0))
    rounding = np.finfo(float).eps * 1e3 * max(float(np.abs(matrix).max(initial=0.0)), 1e-300)
    return standardise(np.where(size > rounding, matrix, 0.0)).matrix


def _outcome(spec: PanelSpec, arrays: Arrays) -> Array:
    if not spec.described.within:
        return arrays.y
    units = arrays.units
    return np.asarray(arrays.y - units.spread(units.sums(arrays.y) / units.counts))
