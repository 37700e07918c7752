"""Entropy balancing: the weights nearest to equal ones under which means agree exactly (Hainmueller, 2012)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SolverError, offenders
from innospace.core.status import StatusCode
from innospace.firms.estimates import Array
from innospace.numerics.maximum_likelihood import maximise

AGREES = 1e-8
"""Largest difference of a mean from its target, in standard deviations, that counts as equal."""
_FAR = 200.0


@dataclass(frozen=True, slots=True)
class EntropyWeights:
    """Weights ``w_i`` proportional to ``q_i exp(x_i'l)`` with ``sum w_i x_i = m``, ``sum w_i = 1``.

    Attributes
    ----------
    weights : ndarray, shape (n,)
    multipliers : ndarray, shape (k,)
        ``l``, in the units of ``x``.
    gap : float
        Largest difference of a weighted mean from its target, in standard deviations.
    iterations : int
    """

    weights: Array
    multipliers: Array
    gap: float
    iterations: int


def entropy_weights(x: Array, target: Array, names: tuple[str, ...], base: Array | None = None) -> EntropyWeights:
    """Solve the dual by Newton's method in a trust region.

    ``max_l  l'm - log sum q_i exp(x_i'l)``, whose gradient is ``m - sum w_i x_i``.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Columns to be balanced, without a constant.
    target : ndarray, shape (k,)
        Means to be reached.
    names : tuple of str
    base : ndarray, shape (n,), optional
        ``q``; equal when not given.

    Raises
    ------
    SolverError
        No weights reach the means: the groups do not overlap.
    """
    scale = np.std(x, axis=0)
    size = np.maximum(np.abs(x).max(axis=0), np.abs(target))
    fixed = scale <= 1e-12 * np.maximum(size, 1e-300)
    low, high = x.min(axis=0), x.max(axis=0)
    constant_off = fixed & (np.abs(target - low) > 1e-9 * np.maximum(size, 1e-300))
    beyond = (~fixed & ((target <= low) | (target >= high))) | constant_off
    if beyond.any():
        j = np.flatnonzero(beyond)
        raise _no_solution(f"the mean to be reached lies at or beyond all values of {offenders([names[i] for i in j])}")
    z = (x[:, ~fixed] - target[~fixed]) / scale[~fixed]
    log_base = np.zeros(len(x)) if base is None else np.log(base)

    def objective(theta: Array) -> tuple[float, Array, Array]:
        index = z @ theta + log_base
        top = float(index.max())
        raw = np.exp(index - top)
        total = float(raw.sum())
        w = raw / total
        mean = w @ z
        return -(np.log(total) + top), -mean, np.outer(mean, mean) - (z * w[:, None]).T @ z

    found = maximise(objective, np.zeros(z.shape[1]), stop=lambda t: bool(np.max(np.abs(t), initial=0.0) > _FAR))
    gap = float(np.max(np.abs(found.gradient), initial=0.0))
    if found.code is not StatusCode.CONVERGED or gap > AGREES:
        worst = [n for n, f in zip(names, fixed, strict=True) if not f][int(np.argmax(np.abs(found.gradient)))]
        raise _no_solution(f"furthest from its mean: {worst!r}, by {gap:.2g} standard deviations")
    index = z @ found.theta + log_base
    w = np.exp(index - index.max())
    multipliers = np.zeros(x.shape[1])
    multipliers[~fixed] = found.theta / scale[~fixed]
    return EntropyWeights(w / w.sum(), multipliers, gap, found.iterations)


def _no_solution(where: str) -> SolverError:
    return SolverError(
        "Entropy balancing has no solution: no positive weights give this group the means of the other.",
        where=where,
        allowed="means that lie inside the values of the group that is weighted, in every direction",
        remedy="The groups do not overlap: leave covariates or moments out, or leave out rows beyond common support.",
    )


def entropy_mean_influence(y: Array, x: Array, w: Array, targets: Array) -> tuple[float, Array, Array]:
    """Return a weighted mean and what every row of the group and of the target adds to it.

    With ``b`` the slope of the outcome in a regression weighted by ``w``, the influence of a row of the group is
    ``w_i (y_i - mu - (x_i - m)'b)`` and of a row of the target ``(x_i - m)'b / N``.

    Parameters
    ----------
    y, x, w : ndarray, shape (n,), (n, k), (n,)
        The weighted group; the weights sum to one.
    targets : ndarray, shape (N, k)
        Rows whose means are reached.

    Returns
    -------
    mean : float
    of_group, of_target : ndarray, shape (n,) and (N,)
    """
    mean = float(w @ y)
    centred = x - targets.mean(axis=0)
    root = np.sqrt(w)
    slope = np.linalg.lstsq(centred * root[:, None], (y - mean) * root, rcond=None)[0]
    of_target = (targets - targets.mean(axis=0)) @ slope / len(targets)
    return mean, w * (y - mean - centred @ slope), of_target
