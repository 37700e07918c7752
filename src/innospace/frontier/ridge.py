"""The truncated normal far below zero, in coordinates that make its ridge straight.

For ``mu`` well below zero the likelihood hardly moves along ``sigma_u^2 / -mu = constant``. With

    s = ln(sigma_u^2 / -mu)          (log mean of the exponential it tends to)
    t = ln(sigma_u^2 / mu^2)         (how far from that limit; t -> -infinity is the limit itself)

Newton walks the ridge in a few steps instead of hundreds. Where ``mu`` is an index ``z'd``, the ridge is straight in
``d / sigma_u^2``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.numerics.maximum_likelihood import Evaluation, Objective

LIMIT = -14.0
"""Value of ``t`` (``mu / sigma_u`` below -1000) at which the exponential limit is taken as reached."""
OUTSIDE = LIMIT - 4.0
"""Value of ``t`` beyond which steps are refused: there rounding is larger than what is left to gain."""
LEAVE = 1.5
"""Value of ``t`` above which ``mu`` is so near zero that natural coordinates serve better."""


def reached_limit(theta: Array, k: int) -> bool:
    """Whether ``mu`` is so far below zero that the exponential limit counts as reached."""
    return bool(theta[k] < 0.0 and theta[k + 1] - 2.0 * np.log(-theta[k]) <= LIMIT)


def to_ridge(theta: Array, k: int) -> Array:
    """Map ``(b, mu, lnsigma_u2, lnsigma_v2)`` with ``mu < 0`` to ``(b, s, t, lnsigma_v2)``."""
    out = theta.copy()
    mu, a = theta[k], theta[k + 1]
    out[k], out[k + 1] = a - np.log(-mu), a - 2.0 * np.log(-mu)
    return out


def from_ridge(ridge: Array, k: int) -> Array:
    """Invert :func:`to_ridge`."""
    out = ridge.copy()
    s, t = ridge[k], ridge[k + 1]
    out[k], out[k + 1] = -np.exp(s - t), 2.0 * s - t
    return out


def ridge_objective(objective: Objective, k: int) -> Callable[[Array], Evaluation]:
    """Return the objective in ridge coordinates, with score and Hessian by the chain rule."""

    def evaluate(ridge: Array) -> Evaluation:
        if ridge[k + 1] < OUTSIDE:
            return float("nan"), np.zeros(len(ridge)), np.zeros((len(ridge), len(ridge)))
        theta = from_ridge(ridge, k)
        value, gradient, hessian = objective(theta)
        mu = theta[k]
        jacobian = np.eye(len(theta))
        jacobian[k : k + 2, k : k + 2] = [[mu, -mu], [2.0, -1.0]]
        curved = jacobian.T @ hessian @ jacobian
        # second derivatives of mu = -exp(s - t): mu, -mu, mu
        curved[k : k + 2, k : k + 2] += gradient[k] * mu * np.array([[1.0, -1.0], [-1.0, 1.0]])
        return value, jacobian.T @ gradient, curved

    return evaluate


def to_canonical(theta: Array, mu: slice, log_variance: int) -> Array:
    """Divide the coefficients of ``mu`` by ``sigma_u^2`` (at the mean of its regressors)."""
    out = theta.copy()
    out[mu] = theta[mu] * np.exp(-theta[log_variance])
    return out


def from_canonical(point: Array, mu: slice, log_variance: int) -> Array:
    """Invert :func:`to_canonical`."""
    out = point.copy()
    out[mu] = point[mu] * np.exp(point[log_variance])
    return out


def canonical_objective(objective: Objective, mu: slice, log_variance: int) -> Callable[[Array], Evaluation]:
    """Return the objective in the coordinates of :func:`to_canonical`, with score and Hessian by the chain rule."""

    def evaluate(point: Array) -> Evaluation:
        theta = from_canonical(point, mu, log_variance)
        value, gradient, hessian = objective(theta)
        factor = np.exp(point[log_variance])
        jacobian = np.eye(len(theta))
        jacobian[mu, mu] *= factor
        jacobian[mu, log_variance] = theta[mu]
        curved = jacobian.T @ hessian @ jacobian
        curved[mu, log_variance] += gradient[mu] * factor
        curved[log_variance, mu] += gradient[mu] * factor
        curved[log_variance, log_variance] += gradient[mu] @ theta[mu]
        return value, jacobian.T @ gradient, curved

    return evaluate


def at_ratio(theta: Array, mu: int, log_variance: int, ratio: float) -> Array:
    """Return parameters with ``mu = ratio sigma_u``, ``ratio`` far below zero, and the mean of inefficiency kept."""
    out = theta.copy()
    out[log_variance] = 2.0 * (theta[log_variance] + np.log(ratio / theta[mu]))
    out[mu] = ratio * np.exp(0.5 * out[log_variance])
    return out


def tied_objective(objective: Objective, mu: int, log_variance: int, ratio: float) -> Callable[[Array], Evaluation]:
    """Return the objective under ``mu = ratio sigma_u``; the place of ``mu`` is idle."""

    def evaluate(theta: Array) -> Evaluation:
        point = theta.copy()
        point[mu] = ratio * np.exp(0.5 * theta[log_variance])
        value, gradient, hessian = objective(point)
        jacobian = np.eye(len(theta))
        jacobian[mu, mu], jacobian[mu, log_variance] = 0.0, 0.5 * point[mu]
        curved = jacobian.T @ hessian @ jacobian
        curved[log_variance, log_variance] += 0.25 * gradient[mu] * point[mu]
        curved[mu, mu] = -1.0
        return value, jacobian.T @ gradient, curved

    return evaluate
