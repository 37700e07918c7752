"""Covariance of the estimates, chosen after the fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.frontier.densities.base import Array
from innospace.frontier.estimate import Estimate
from innospace.frontier.likelihood import Problem, map_blocks, scores
from innospace.numerics.covariance import clustered_meat, inverse_information, outer_product, sandwich


def covariance(estimate: Estimate, kind: str, clusters: np.ndarray[Any, np.dtype[np.int64]] | None) -> Array:
    """Return the covariance of ``theta``, shape (p, p); NaN where the information is not positive definite.

    Parameters
    ----------
    estimate : Estimate
    kind : str
        ``hessian``: ``(-H)^-1``; ``opg``: ``(sum w s s')^-1``; ``robust``: ``H^-1 (sum w^2 s s') H^-1``;
        ``cluster``: the same with ``w s`` summed within clusters first, times ``G / (G - 1)``.
        Weights count rows in ``hessian`` and ``opg`` and are sampling weights in ``robust`` and ``cluster``.
    clusters : ndarray of int, shape (n,), or None

    Returns
    -------
    ndarray, shape (p, p)
    """
    problem, theta = estimate.problem, estimate.theta
    nothing = np.full((len(theta), len(theta)), np.nan)
    forward = estimate.forward
    inverse = inverse_information(estimate.hessian)
    if inverse is None:
        return nothing
    if kind == "opg":
        inverse = outer_product(forward.T @ _meat(problem, theta, power=1) @ forward)
        if inverse is None:
            return nothing
    inverse = forward @ inverse @ forward.T
    if kind in ("hessian", "opg"):
        return _symmetric(inverse)
    if kind == "robust":
        return _symmetric(sandwich(inverse, _meat(problem, theta, power=2)))
    if clusters is None:
        raise SpecError("A clustered covariance needs cluster labels.", remedy="Give cluster= when fitting.")
    return _symmetric(sandwich(inverse, _clustered_meat(problem, theta, clusters)))


def _symmetric(matrix: Array) -> Array:
    return np.asarray(0.5 * (matrix + matrix.T))


def _meat(problem: Problem, theta: Array, power: int) -> Array:
    def part(rows: slice) -> Array:
        s = scores(problem, theta, rows)
        w = np.ones(len(s)) if problem.weights is None else problem.weights[rows] ** power
        return np.asarray((s * w[:, None]).T @ s)

    return np.asarray(np.sum(map_blocks(part, problem.n), axis=0))


def _clustered_meat(problem: Problem, theta: Array, clusters: np.ndarray[Any, np.dtype[np.int64]]) -> Array:
    s = np.concatenate(map_blocks(lambda rows: scores(problem, theta, rows), problem.n))
    if problem.weights is not None:
        s *= problem.weights[:, None]
    return clustered_meat(s, clusters)
