"""Least squares with absorbed fixed effects and the covariances of fixest and reghdfe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError, SolverError, offenders
from innospace.core.status import Status, StatusCode
from innospace.firms.estimates import Array, Integers
from innospace.numerics.absorb import Absorbed, absorb, compress, nested, without_nesting
from innospace.numerics.covariance import clustered_meat
from innospace.numerics.linear import dependent_columns, least_squares

ABSORBED = 1e-4
"""Group means left that are larger than this, in standard deviations, spoil the coefficients."""
DETERMINED = 1e-10
"""A regressor with a smaller share of its variation left is a combination of the fixed effects."""


@dataclass(frozen=True, slots=True)
class AbsorbedFit:
    """A fitted linear equation with absorbed fixed effects.

    Attributes
    ----------
    theta : ndarray, shape (k,)
    residuals : ndarray, shape (n,)
    covariances : dict of str to ndarray, shape (k, k)
        ``cluster`` (first, with clusters), ``robust``, ``analytic``.
    degrees : float
        Of the t distribution: ``G - 1`` with clusters, else ``n - K``.
    parameters : int
        ``K`` of the default covariance.
    r2_within : float
        Share of the variation left by the fixed effects that the regressors explain.
    levels : tuple of int
        Groups of every grouping used.
    sweeps : int
    imbalance : float
        Largest group mean left; see :class:`innospace.numerics.absorb.Absorbed`.
    """

    theta: Array
    residuals: Array
    covariances: dict[str, Array]
    degrees: float
    parameters: int
    r2_within: float
    levels: tuple[int, ...]
    sweeps: int
    imbalance: float


def fit_absorbed(
    y: Array,
    regressors: Sequence[Array],
    names: Sequence[str],
    groupings: Sequence[Integers],
    clusters: Integers | None = None,
    weights: Array | None = None,
) -> AbsorbedFit:
    """Fit ``y = x'b + a_1[g_1] + ... + a_m[g_m] + e`` by (weighted) least squares.

    Parameters
    ----------
    y : ndarray, shape (n,)
    regressors : sequence of ndarray, shape (n,)
        ``k`` of them, without a constant.
    names : sequence of str
        Of the regressors, for messages.
    groupings : sequence of ndarray of int, shape (n,)
        Codes from 0; none is the same as one group (a constant).
    clusters : ndarray of int, shape (n,), optional
        Numbers 0 to G - 1.
    weights : ndarray, shape (n,), optional
        Positive analytic weights.

    Raises
    ------
    DataError
        A regressor is determined by the fixed effects or by other regressors, or no degree of freedom is left.
    SolverError
        The fixed effects could not be absorbed.

    Notes
    -----
    The clustered covariance is ``G/(G-1) (n-1)/(n-K)`` times the sandwich, with
    ``K = k + 1 + sum (levels - 1)`` over groupings that are not nested in clusters (fixest's ``K.fixef =
    "nonnested"``, which pyfixest and reghdfe share; a grouping that is a function of a finer one is not counted).
    ``robust`` is ``n/(n-K)`` (HC1) and ``analytic`` ``s^2 = e'e/(n-K)``, with all groupings counted.
    """
    used = [compress(groupings[i]) for i in without_nesting(groupings)] or [np.zeros(len(y), dtype=np.int64)]
    found = absorb([y, *regressors], used, weights)
    if not found.converged or found.imbalance > ABSORBED:
        raise SolverError(
            f"The fixed effects were not absorbed in {found.sweeps} sweeps.",
            where=f"largest group mean left: {found.imbalance:.2g} of a standard deviation",
            remedy="Leave out groups with few rows that hardly connect, or use fewer groupings.",
        )
    outcome, x = found.columns[0], found.columns[1:].T
    _require_variation(found, names, x)
    levels = tuple(int(g.max()) + 1 for g in used)
    n, k = len(y), len(names)
    full = k + 1 + sum(level - 1 for level in levels)
    inside = 0 if clusters is None else sum(v - 1 for g, v in zip(used, levels, strict=True) if nested(g, clusters))
    _require_degrees(n, full - inside, levels)
    return _estimate(outcome, x, found, (n, full, full - inside), levels, clusters, weights)


def _estimate(
    y: Array,
    x: Array,
    found: Absorbed,
    sizes: tuple[int, int, int],
    levels: tuple[int, ...],
    clusters: Integers | None,
    weights: Array | None,
) -> AbsorbedFit:
    n, full, counted = sizes
    w = None if weights is None else weights / weights.mean()
    scale = np.sqrt(np.einsum("ij,ij->j", x, x) / n)
    gram = (x if w is None else x * w[:, None]).T @ x
    theta = least_squares(y, x / scale, w) / scale
    residuals = y - x @ theta
    inverse = np.linalg.inv(gram / np.outer(scale, scale)) / np.outer(scale, scale)
    weighted = residuals if w is None else w * residuals
    left, total = float(weighted @ residuals), float((y if w is None else w * y) @ y)
    scores = x * weighted[:, None]
    covariances: dict[str, Array] = {}
    if clusters is not None:
        meat = clustered_meat(scores, clusters) * ((n - 1) / (n - counted))
        covariances["cluster"] = inverse @ meat @ inverse
    # with firms as fixed effects and few years, errors that are not clustered may have no degree of freedom
    free = n - full
    covariances["robust"] = inverse @ (scores.T @ scores) @ inverse * (n / free if free > 0 else np.nan)
    covariances["analytic"] = inverse * (left / free if free > 0 else np.nan)
    degrees = float(free) if clusters is None else float(clusters.max())
    r2 = 1.0 - left / total if total > 0.0 else float("nan")
    parameters = full if clusters is None else counted
    return AbsorbedFit(theta, residuals, covariances, degrees, parameters, r2, levels, found.sweeps, found.imbalance)


def _require_variation(found: Absorbed, names: Sequence[str], x: Array) -> None:
    if found.kept[0] <= DETERMINED:
        raise DataError(
            "The fixed effects determine the outcome: nothing is left to explain.",
            allowed="an outcome that varies within the groups of the fixed effects",
            remedy="Use fewer fixed effects, or check the outcome.",
        )
    gone = [name for name, kept in zip(names, found.kept[1:], strict=True) if kept <= DETERMINED]
    if gone:
        raise DataError(
            f"{offenders(gone)} does not vary within the groups of the fixed effects.",
            allowed="regressors that vary within them (within firms when firms are fixed effects)",
            remedy=f"Leave {gone[0]!r} or a fixed effect out.",
        )
    scale = np.sqrt(np.einsum("ij,ij->j", x, x) / len(x))
    for j, others in dependent_columns(x / scale).items():
        raise DataError(
            f"{names[j]!r} is a linear combination of {offenders([names[i] for i in others])} and the fixed effects.",
            allowed="regressors that are linearly independent",
            remedy=f"Leave {names[j]!r} out.",
        )


def _require_degrees(n: int, counted: int, levels: tuple[int, ...]) -> None:
    if n <= counted:
        raise DataError(
            f"{n} rows cannot determine {counted} coefficients and fixed effects.",
            where=f"groups of the fixed effects: {offenders(levels)}",
            remedy="Add rows or use coarser fixed effects.",
        )


def absorbed_status(fit: AbsorbedFit) -> Status:
    """Return how the absorption ended."""
    if len(fit.levels) == 1:
        return Status(StatusCode.CONVERGED, "Computed in closed form.")
    numbers = {"sweeps": float(fit.sweeps)}
    return Status(StatusCode.CONVERGED, f"Fixed effects absorbed in {fit.sweeps} sweeps.", numbers=numbers)


def absorption_check(fit: AbsorbedFit) -> Check:
    """Return the check that no group mean is left."""
    return Check.at_most(
        "absorption_error",
        fit.imbalance,
        1e-6,
        "Largest mean of a fixed-effect group left after absorption, in standard deviations of what is left.",
        "The fixed effects hardly connect: use fewer groupings or leave out groups with one or two rows.",
    )
