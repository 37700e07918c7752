"""Covariances of maximum-likelihood estimates, from the Hessian and the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


IDENTIFIED = 1e-13
"""Smallest eigenvalue of the scaled information, per parameter, that still counts as positive."""


def _scaled_information(hessian: Array) -> tuple[Array, Array] | None:
    """Return ``-H`` scaled to unit diagonal and the scale, or None when the diagonal is not positive."""
    diagonal = -np.diag(hessian)
    if not np.all(np.isfinite(hessian)) or np.any(diagonal <= 0.0):
        return None
    scale = 1.0 / np.sqrt(diagonal)
    return -hessian * np.outer(scale, scale), scale


def smallest_scaled_eigenvalue(hessian: Array) -> float:
    """Return the smallest eigenvalue of ``-H`` scaled to unit diagonal; NaN when the diagonal is not positive."""
    scaled = _scaled_information(hessian)
    return float("nan") if scaled is None else float(np.linalg.eigvalsh(scaled[0])[0])


def inverse_information(hessian: Array) -> Array | None:
    """Return ``(-H)^-1``, shape (p, p), or None when ``-H`` is not safely positive definite.

    The test is made after scaling ``-H`` to unit diagonal, so that units of measurement do not matter.
    """
    found = _scaled_information(hessian)
    if found is None:
        return None
    scaled, scale = found
    eigenvalues, vectors = np.linalg.eigh(scaled)
    if eigenvalues[0] <= IDENTIFIED * len(scale):
        return None
    inverse = (vectors / eigenvalues) @ vectors.T
    return np.asarray(inverse * np.outer(scale, scale))


def outer_product(meat: Array) -> Array | None:
    """Return the OPG covariance ``(sum s s')^-1`` from ``meat = sum s s'``, shape (p, p)."""
    return inverse_information(-meat)


def sandwich(information_inverse: Array, meat: Array) -> Array:
    """Return ``A^-1 B A^-1`` with ``A`` the information and ``B`` the meat, both of shape (p, p)."""
    return information_inverse @ meat @ information_inverse


def clustered_meat(scores: Array, clusters: NDArray[np.int64]) -> Array:
    """Return ``G / (G - 1)`` times the sum over clusters of the outer products of summed scores, shape (p, p).

    Parameters
    ----------
    scores : ndarray, shape (n, p)
    clusters : ndarray of int, shape (n,)
        Numbers 0 to G - 1.
    """
    groups = int(clusters.max()) + 1
    sums = np.column_stack([np.bincount(clusters, weights=column, minlength=groups) for column in scores.T])
    return np.asarray(sums.T @ sums * (groups / (groups - 1)))
