"""Covariances of maximum-likelihood estimates, from the Hessian and the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def inverse_information(hessian: Array) -> Array | None:
    """Return ``(-H)^-1``, shape (p, p), or None when ``-H`` is not safely positive definite.

    The test is made after scaling ``-H`` to unit diagonal, so that units of measurement do not matter.
    """
    diagonal = -np.diag(hessian)
    if not np.all(np.isfinite(hessian)) or np.any(diagonal <= 0.0):
        return None
    scale = 1.0 / np.sqrt(diagonal)
    scaled = -hessian * np.outer(scale, scale)
    eigenvalues, vectors = np.linalg.eigh(scaled)
    if eigenvalues[0] <= 1e-13 * len(scale):
        return None
    inverse = (vectors / eigenvalues) @ vectors.T
    return np.asarray(inverse * np.outer(scale, scale))


def outer_product(meat: Array) -> Array | None:
    """Return the OPG covariance ``(sum s s')^-1`` from ``meat = sum s s'``, shape (p, p)."""
    return inverse_information(-meat)


def sandwich(information_inverse: Array, meat: Array) -> Array:
    """Return ``A^-1 B A^-1`` with ``A`` the information and ``B`` the meat, both of shape (p, p)."""
    return information_inverse @ meat @ information_inverse
