"""Ordinary least squares on checked arrays, with the covariances that Stata and R print."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.firms.estimates import Array, Integers
from innospace.numerics.covariance import clustered_meat
from innospace.numerics.linear import least_squares, standardise


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A fitted linear equation.

    Attributes
    ----------
    theta : ndarray, shape (k,)
    residuals : ndarray, shape (n,)
    inverse_gram : ndarray, shape (k, k)
        ``(X'X)^-1``.
    variance : float
        Residual sum of squares over ``n - k``.
    covariances : dict of str to ndarray, shape (k, k)
        ``analytic`` ``s^2 (X'X)^-1``, ``robust`` (HC1) and, with clusters, ``cluster``, first, with
        ``G / (G - 1) (n - 1) / (n - k)``.
    degrees : float
        Of the t distribution: ``n - k``, or ``G - 1`` with clusters.
    r2 : float
        About the mean of the outcome.
    """

    theta: Array
    residuals: Array
    inverse_gram: Array
    variance: float
    covariances: dict[str, Array]
    degrees: float
    r2: float


def fit_linear(y: Array, x: Array, clusters: Integers | None = None) -> LinearFit:
    """Fit ``y = x'b + e`` by least squares.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Of full rank, ``n > k``.
    clusters : ndarray of int, shape (n,), optional
    """
    n, k = x.shape
    standard = standardise(x)
    theta = standard.back @ least_squares(y, standard.matrix)
    residuals = y - x @ theta
    inverse = standard.back @ np.linalg.inv(standard.matrix.T @ standard.matrix) @ standard.back.T
    variance = float(residuals @ residuals) / (n - k)
    scores = x * residuals[:, None]
    covariances = {"analytic": variance * inverse, "robust": inverse @ (scores.T @ scores) @ inverse * (n / (n - k))}
    degrees = float(n - k)
    if clusters is not None:
        meat = clustered_meat(scores, clusters) * ((n - 1) / (n - k))
        covariances = {"cluster": inverse @ meat @ inverse, **covariances}
        degrees = float(clusters.max())
    total = float(np.sum(np.square(y - y.mean())))
    r2 = 1.0 - float(residuals @ residuals) / total if total > 0.0 else float("nan")
    return LinearFit(theta, residuals, inverse, variance, covariances, degrees, r2)
