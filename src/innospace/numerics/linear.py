"""Least squares, standardisation and rank, by Gram matrices of standardised columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]

RANK_TOLERANCE = 1e-11
"""A standardised column whose squared distance from the span of the others is below this is a combination."""


@dataclass(frozen=True, slots=True)
class Standardised:
    """A design matrix with centred and scaled columns.

    Attributes
    ----------
    matrix : ndarray, shape (n, k)
        ``X`` with each column but the intercept centred (only if there is an intercept) and scaled to unit
        mean square.
    back : ndarray, shape (k, k)
        ``beta = back @ beta_standardised``.
    """

    matrix: Array
    back: Array


def intercept_column(x: Array) -> int | None:
    """Return the index of the first column that is constant and not zero, or None."""
    for j in range(x.shape[1]):
        first = x[0, j]
        if first != 0.0 and bool(np.all(x[:, j] == first)):
            return j
    return None


def _average(x: Array, weights: Array | None) -> Array:
    """Return the mean of each column, shape (k,)."""
    return np.asarray(x.mean(axis=0) if weights is None else np.average(x, axis=0, weights=weights))


def standardise(x: Array, weights: Array | None = None) -> Standardised:
    """Centre and scale the columns of ``x``, shape (n, k), remembering the way back."""
    k = x.shape[1]
    constant = intercept_column(x)
    mean = _average(x, weights) if constant is not None else np.zeros(k)
    if constant is not None:
        mean[constant] = 0.0
    matrix = x - mean
    scale = np.sqrt(_average(matrix * matrix, weights))
    magnitude = np.maximum(np.abs(mean), scale)
    scale = np.where(scale <= 1e-14 * magnitude, np.where(magnitude > 0, magnitude, 1.0), scale)
    matrix /= scale
    back = np.diag(1.0 / scale)
    if constant is not None:
        back[constant, :] -= mean / scale / x[0, constant]
        back[constant, constant] = 1.0 / scale[constant]
    return Standardised(matrix, back)


def dependent_columns(x: Array) -> dict[int, list[int]]:
    """Find columns of standardised ``x`` that are linear combinations of earlier ones.

    Returns
    -------
    dict of int to list of int
        For each redundant column, the earlier columns that make it up; empty when the rank is full.
    """
    n = len(x)
    gram = x.T @ x / n
    if _far_apart(gram):
        return {}
    kept: list[int] = []
    found: dict[int, list[int]] = {}
    for j in range(x.shape[1]):
        if gram[j, j] <= RANK_TOLERANCE:
            found[j] = []
            continue
        if kept:
            base = gram[np.ix_(kept, kept)]
            coefficients = np.linalg.lstsq(base, gram[kept, j], rcond=None)[0]
            distance = gram[j, j] - 2 * coefficients @ gram[kept, j] + coefficients @ base @ coefficients
            if distance <= RANK_TOLERANCE * gram[j, j]:
                found[j] = [i for i, c in zip(kept, coefficients, strict=True) if abs(c) > 1e-6]
                continue
        kept.append(j)
    return found


def _far_apart(gram: Array) -> bool:
    """Whether the squared distance of every column from the span of those before is well above the tolerance."""
    factor, failed = linalg.lapack.dpotrf(gram, lower=1)
    diagonal = np.diag(factor)
    return not failed and bool((diagonal * diagonal > 10.0 * RANK_TOLERANCE * np.maximum(np.diag(gram), 1.0)).all())


def least_squares(y: Array, x: Array, weights: Array | None = None) -> Array:
    """Return weighted least-squares coefficients, shape (k,), for well-conditioned (standardised) ``x``.

    One step of iterative refinement restores the digits that normal equations lose.
    """
    xw = x if weights is None else x * weights[:, None]
    factor, failed = linalg.lapack.dpotrf(xw.T @ x, lower=1)
    if failed:
        raise np.linalg.LinAlgError("The columns are not linearly independent.")

    def solve(right: Array) -> Array:
        return np.asarray(linalg.lapack.dpotrs(factor, right, lower=1)[0])

    beta = solve(xw.T @ y)
    return beta + solve(xw.T @ (y - x @ beta))


def least_absolute(y: Array, x: Array, weights: Array | None = None) -> Array:
    """Return coefficients of least absolute deviations, shape (k,), from the dual linear program."""
    from scipy import optimize

    w = np.ones(len(y)) if weights is None else weights
    # max y'd subject to x'd = 0, -w <= d <= w; the multipliers of the equations are the coefficients
    bounds = np.column_stack((-w, w))
    found = optimize.linprog(-y, A_eq=x.T, b_eq=np.zeros(x.shape[1]), bounds=bounds, method="highs")
    return np.asarray(-found.eqlin.marginals)
