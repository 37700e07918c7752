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


def cluster_jackknife(information: Array, own: Array, sums: Array) -> Array | None:
    """Return the covariance of estimates that leave out one cluster after the other, to first order, shape (p, p).

    ``(G - 1) / G sum_g d_g d_g'``, ``d_g = (A - A_g)^-1 s_g``: one Newton step from the estimate on the other clusters
    (CV3 of MacKinnon, Nielsen and Webb 2023, linearised). A cluster with much information weighs more than in the
    sandwich, whose errors are too small with few or uneven clusters.

    Parameters
    ----------
    information : ndarray, shape (p, p)
        ``A``, minus the Hessian.
    own : ndarray, shape (G, p, p)
        ``A_g``, what each cluster adds to it.
    sums : ndarray, shape (G, p)
        Summed scores of each cluster.

    Returns
    -------
    ndarray, or None where the parameters cannot be told without some cluster.
    """
    groups = len(sums)
    found = np.zeros_like(information)
    for a, s in zip(own, sums, strict=True):
        rest = inverse_information(a - information)
        if rest is None:
            return None
        step = rest @ s
        found += np.outer(step, step)
    return found * ((groups - 1) / groups)
