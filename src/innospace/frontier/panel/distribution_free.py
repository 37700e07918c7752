"""Frontiers of a panel without a distribution of inefficiency: the best unit sets the frontier.

``y_it = a_it + x_it'b + v_it`` with an intercept of its own for each unit that is constant (Schmidt and Sickles 1984)
or quadratic in time (Cornwell, Schmidt and Sickles 1990). Inefficiency is the distance to the best intercept of the
period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SpecError, offenders
from innospace.frontier.densities.base import Array
from innospace.frontier.panel.units import Units
from innospace.numerics.linear import dependent_columns


@dataclass(frozen=True, slots=True)
class DistributionFree:
    """A frontier by least squares within units.

    Attributes
    ----------
    beta : ndarray, shape (k,)
    residuals : ndarray, shape (n,)
        ``v``, in the order of the units.
    intercepts : ndarray, shape (n,)
        ``a_it``.
    inefficiency : ndarray, shape (n,)
        Distance of the intercept to the best one of its period.
    within : ndarray, shape (n, k)
        Regressors less what the units' own functions of time explain of them.
    degrees : int
        Degrees of freedom of the residuals.
    """

    beta: Array
    residuals: Array
    intercepts: Array
    inefficiency: Array
    within: Array
    degrees: int


def fit_distribution_free(
    y: Array, x: Array, names: tuple[str, ...], sign: float, units: Units, powers: int
) -> DistributionFree:
    """Fit by least squares on what is left after each unit's own polynomial of time.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Without an intercept; rows in the order of ``units``.
    names : tuple of str
        Of the columns of ``x``, for messages.
    sign : float
        1 for production, -1 for cost.
    units : Units
    powers : int
        1 for a constant, 3 for a quadratic in time.

    Raises
    ------
    SpecError
        A unit has fewer rows than its polynomial has terms, or a regressor does not vary within units.
    """
    short = [units.labels[i] for i in np.flatnonzero(units.counts < powers)]
    if short:
        raise SpecError(
            f"Units with fewer than {powers} rows have no intercept of their own.",
            where=offenders(short),
            allowed=f"at least {powers} rows a unit",
            remedy="Leave these units out, or choose an intercept that is constant over time.",
        )
    polynomials = _polynomials(units, powers)
    projected = _without(np.column_stack((y, x)), polynomials, units)
    within = projected[:, 1:]
    scale = np.maximum(np.sqrt(np.mean(x * x, axis=0)), np.finfo(float).tiny)
    idle = [names[j] for j in dependent_columns(within / scale)]
    if idle:
        raise SpecError(
            "A regressor does not vary within units once their own functions of time are taken out.",
            where=offenders(idle),
            remedy="Leave it out: the intercepts of the units stand for it.",
        )
    beta = np.asarray(np.linalg.lstsq(within, projected[:, 0], rcond=None)[0], dtype=np.float64)
    level = y - x @ beta
    intercepts = level - _without(level[:, None], polynomials, units)[:, 0]
    degrees = units.n - powers * len(units.counts) - x.shape[1]
    best = _best(sign * intercepts, units.time)
    return DistributionFree(beta, level - intercepts, intercepts, best - sign * intercepts, within, degrees)


def _polynomials(units: Units, powers: int) -> Array:
    span = float(np.ptp(units.time)) or 1.0
    t = (units.time - units.time.min()) / span
    return np.column_stack([t**p for p in range(powers)])


def _without(columns: Array, polynomials: Array, units: Units) -> Array:
    """Return residuals of columns on the polynomials, unit by unit."""
    left = np.array(columns)
    for start, count in zip(units.starts, units.counts, strict=True):
        rows = slice(start, start + count)
        basis, _ = np.linalg.qr(polynomials[rows])
        left[rows] -= basis @ (basis.T @ left[rows])
    return left


def _best(values: Array, time: Array) -> Array:
    """Return the largest value of its period for every row."""
    periods, codes = np.unique(time, return_inverse=True)
    best = np.full(len(periods), -np.inf)
    np.maximum.at(best, codes, values)
    return np.asarray(best[codes])
