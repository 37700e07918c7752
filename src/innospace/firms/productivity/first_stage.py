"""The first stage: output on a polynomial that stands for an unknown function of inputs and proxy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from innospace.core.errors import DataError
from innospace.firms.estimates import Array
from innospace.numerics.linear import dependent_columns


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A full polynomial in centred and scaled variables.

    Attributes
    ----------
    terms : ndarray, shape (n, q)
        Every product of powers with total degree 1 to ``degree``; no constant.
    exponents : ndarray of int, shape (q, p)
    centre, scale : ndarray, shape (p,)
    """

    terms: Array
    exponents: np.ndarray
    centre: Array
    scale: Array

    def derivative(self, x: Array, coefficients: Array, variable: int) -> Array:
        """Return the derivative of ``terms @ coefficients`` by one variable (in its own units), shape (n,)."""
        z = (x - self.centre) / self.scale
        total = np.zeros(len(z))
        for exponent, c in zip(self.exponents, coefficients, strict=True):
            if exponent[variable] > 0:
                lower = exponent.copy()
                lower[variable] -= 1
                total += c * exponent[variable] * np.prod(z**lower, axis=1)
        return np.asarray(total / self.scale[variable])


def polynomial(x: Array, degree: int) -> Polynomial:
    """Return the full polynomial of ``x``, shape (n, p).

    A full polynomial spans the same functions whatever the centre and scale, so neither changes a fitted value.
    """
    n, p = x.shape
    centre = x.mean(axis=0)
    spread = x.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)
    z = (x - centre) / scale
    exponents, terms = [], []
    built: dict[tuple[int, ...], Array] = {(): np.ones(n)}
    for total in range(1, degree + 1):
        for picks in combinations_with_replacement(range(p), total):
            built[picks] = built[picks[:-1]] * z[:, picks[-1]]
            terms.append(built[picks])
            exponents.append(np.bincount(picks, minlength=p))
    return Polynomial(np.column_stack(terms), np.array(exponents), centre, scale)


def independent(columns: Array) -> Array:
    """Return the columns without those that are combinations of earlier ones (few distinct values, for instance)."""
    size = np.sqrt(np.mean(columns * columns, axis=0))
    scaled = columns / np.where(size > 0.0, size, 1.0)
    dropped = dependent_columns(scaled)
    return columns[:, [j for j in range(columns.shape[1]) if j not in dropped]] if dropped else columns


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """A weighted regression.

    Attributes
    ----------
    coefficients : ndarray, shape (k,)
    residuals : ndarray, shape (n,)
    inverse : ndarray, shape (k, k)
        ``(X'WX)^-1``.
    """

    coefficients: Array
    residuals: Array
    inverse: Array


def regress(y: Array, x: Array, weights: Array | None = None) -> LeastSquares:
    """Regress by normal equations with one refinement; the columns of ``x`` should be of similar size.

    Raises
    ------
    DataError
        The columns cannot be told apart (which a draw of firms may bring about).
    """
    xw = x if weights is None else x * weights[:, None]
    gram = xw.T @ x
    size = np.sqrt(np.diag(gram))
    size = np.where(size > 0.0, size, 1.0)
    try:
        factor = np.linalg.inv(np.linalg.cholesky(gram / np.outer(size, size)))
    except np.linalg.LinAlgError:
        raise DataError(
            "The first stage has terms that cannot be told apart.",
            where=f"{x.shape[1]} terms, {len(x)} firm-years",
            remedy="Lower degree, or leave out an input that hardly varies.",
        ) from None
    inverse = factor.T @ factor / np.outer(size, size)
    beta = inverse @ (xw.T @ y)
    beta += inverse @ (xw.T @ (y - x @ beta))
    return LeastSquares(beta, y - x @ beta, inverse)
