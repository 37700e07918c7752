"""The likelihood without noise, where its maximum is a convex problem: half-normal inefficiency.

As ``sigma_v -> 0`` the log-likelihood of a half-normal frontier tends to ``n (ln 2 - ln sigma_u - ln(2 pi) / 2) -
sum u^2 / (2 sigma_u^2)`` with every row on or below the frontier, so that its maximum is the quadratic programme of
Aigner and Chu (1968): least sum of squares of a frontier that envelops the rows. Searches from inside seldom find this
end of the likelihood; here it is found whenever it is the highest.
"""

from __future__ import annotations

import numpy as np

from innospace.core.status import StatusCode
from innospace.frontier.densities.base import Array
from innospace.frontier.indexed import SMALLEST_LOG_VARIANCE
from innospace.frontier.likelihood import Problem, residuals
from innospace.frontier.starts import LeastSquares
from innospace.numerics.maximum_likelihood import Optimum

CUTS = 8
"""Rows above the frontier that join the programme in one round."""
ROUNDS = 50
ABOVE = 1e-9
"""What a row may lie above the frontier, in standard deviations of residuals."""
_CONSTANT = float(np.log(2.0) - 0.5 * np.log(2.0 * np.pi) - 0.5)


def has_corner(problem: Problem) -> bool:
    """Whether the maximum without noise is the quadratic programme."""
    law = problem.density
    return (law.name, law.noise) == ("half_normal", "normal") and not problem.indexed


def corner_loglik(squares: Array, total: Array | float) -> Array:
    """Return the log-likelihood without noise by the sum of squared inefficiencies and the sum of weights."""
    return np.asarray(total * (_CONSTANT - 0.5 * np.log(squares / total)))


def corner(problem: Problem, ols: LeastSquares, beat: float) -> Optimum | None:
    """Return the maximum without noise, or None where it is not above ``beat``.

    Parameters
    ----------
    problem : Problem
        Standardised; :func:`has_corner` holds.
    ols : LeastSquares
        Of the same problem.
    beat : float
        Log-likelihood to be above.

    Notes
    -----
    With wrongly skewed residuals (Waldman 1982) None: in a small sample a normal sample cut off at its largest
    residual has a higher likelihood than the whole normal, though nothing speaks for inefficiency.
    """
    if not has_corner(problem) or ols.third >= 0.0 or not ols.variance > 0.0:
        return None
    beta = _envelope(problem, ols, beat)
    if beta is None:
        return None
    u = np.maximum(-residuals(problem, beta), 0.0)
    variance = float(np.average(u * u, weights=problem.weights))
    theta = np.array([*beta, np.log(variance), SMALLEST_LOG_VARIANCE - 1.0])
    return at_corner(theta)


def at_corner(theta: Array) -> Optimum:
    """Return ``theta``, shape (p,), without noise as an optimum that is yet to be followed to the limit of noise.

    Rows on the frontier itself halve the likelihood at any noise; it is reached from below, just above them.
    """
    nothing = np.zeros(len(theta))
    return Optimum(StatusCode.BOUNDARY, theta, -np.inf, nothing, np.zeros((len(theta),) * 2), np.inf, 0)


def _envelope(problem: Problem, ols: LeastSquares, beat: float) -> Array | None:
    """Return coefficients, shape (k,), of the least squares frontier above all rows, or None if it cannot beat.

    Rows that lie above join the programme round by round. With some of them left out the sum of squares is too small,
    so that a programme that does not beat any more ends the search: most do at their first row.
    """
    x, total, tolerance = problem.x, problem.total_weight, ABOVE * np.sqrt(ols.variance)
    weighted = x if problem.weights is None else x * problem.weights[:, None]
    root = np.linalg.cholesky(x.T @ weighted)
    # in these coordinates, from least squares, the sum of squares grows by the squared distance
    rows = problem.sign * (x @ np.linalg.inv(root).T)
    over = residuals(problem, ols.beta)
    if _hopeless(rows, over, ols.variance * total, total, beat):
        return None
    step = np.zeros(problem.k)
    active = np.zeros(0, dtype=np.int64)
    for _ in range(ROUNDS):
        beyond = over - rows @ step
        worst = np.argpartition(beyond, -min(CUTS, problem.n))[-CUTS:]
        worst = worst[beyond[worst] > tolerance]
        if not len(worst):
            return np.asarray(ols.beta + np.linalg.solve(root.T, step))
        active = np.union1d(active, worst)
        found = _nearest(rows[active], over[active])
        if found is None:
            return None
        step = found
        if corner_loglik(np.asarray(ols.variance * total + step @ step), total) <= beat:
            return None
    return None


def _hopeless(rows: Array, over: Array, squares: float, total: float, beat: float) -> bool:
    """Whether getting one row below the frontier, whichever takes the longest way, already costs too much."""
    farthest = float((np.maximum(over, 0.0) ** 2 / np.maximum((rows * rows).sum(axis=1), 1e-300)).max())
    return bool(corner_loglik(np.asarray(squares + farthest), total) <= beat)


def _nearest(rows: Array, over: Array) -> Array | None:
    """Return the shortest ``d`` with ``rows d >= over``, by non-negative least squares (Lawson and Hanson 1974)."""
    from scipy import optimize

    system = np.vstack((rows.T, over))
    target = np.zeros(len(system))
    target[-1] = 1.0
    multipliers, distance = optimize.nnls(system, target)
    if distance < 1e-10:
        return None  # no frontier lies above all rows: there is no intercept
    left = system @ multipliers - target
    return np.asarray(-left[:-1] / left[-1])
