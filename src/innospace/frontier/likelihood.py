"""Log-likelihood of a composed-error model with its score and Hessian, in blocks of rows.

Blocks keep every temporary in the processor's cache and memory linear in the data; blocks of a large sample run
in threads (NumPy and SciPy release the interpreter lock) and are added in a fixed order, so the result does not
depend on timing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities import Density
from innospace.frontier.densities.base import Array
from innospace.numerics.maximum_likelihood import Evaluation

T = TypeVar("T")

BLOCK_ROWS = 16_384
THREADED_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Arrays of a composed-error likelihood ``sign * (y - X b) = v - u``.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    sign : float
        1 for a production frontier, -1 for a cost frontier.
    density : Density
        Distribution of ``v - u`` with ``m`` parameters.
    weights : ndarray, shape (n,), or None
        Multiply the contribution of each row.
    """

    y: Array
    x: Array
    sign: float
    density: Density
    weights: Array | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def total_weight(self) -> float:
        """Sum of the weights; the number of rows without weights."""
        return float(self.n if self.weights is None else self.weights.sum())

    @property
    def k(self) -> int:
        """Number of frontier coefficients."""
        return int(self.x.shape[1])

    def rows(self, index: NDArray[np.int64]) -> Problem:
        """Return the problem on a subset of rows."""
        weights = None if self.weights is None else self.weights[index]
        return Problem(self.y[index], self.x[index], self.sign, self.density, weights)


def split(problem: Problem, theta: Array) -> tuple[Array, tuple[Array, ...]]:
    """Cut ``theta``, shape (k + m,), into frontier coefficients and density parameters."""
    return theta[: problem.k], tuple(theta[problem.k :])


def blocks(n: int) -> Iterator[slice]:
    """Yield slices of at most ``BLOCK_ROWS`` rows."""
    for start in range(0, n, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, n))


def map_blocks(function: Callable[[slice], T], n: int) -> list[T]:
    """Apply ``function`` to every block of rows, in threads when the sample is large; order is kept."""
    if n < THREADED_ROWS:
        return [function(rows) for rows in blocks(n)]
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        return list(pool.map(function, blocks(n)))


def residuals(problem: Problem, beta: Array, rows: slice = slice(None)) -> Array:
    """Return ``sign * (y - X b)``, shape (n,)."""
    return np.asarray(problem.sign * (problem.y[rows] - problem.x[rows] @ beta))


def evaluate(problem: Problem, theta: Array) -> Evaluation:
    """Return log-likelihood, score, shape (p,), and Hessian, shape (p, p), at ``theta = (b, parameters)``."""
    with np.errstate(all="ignore"):  # a value that is not finite tells the optimiser to step back
        parts = map_blocks(lambda rows: _evaluate_block(problem, theta, rows), problem.n)
    value = float(sum(p[0] for p in parts))
    gradient = np.sum([p[1] for p in parts], axis=0)
    hessian = np.sum([p[2] for p in parts], axis=0)
    return value, gradient, hessian


def _evaluate_block(problem: Problem, theta: Array, rows: slice) -> Evaluation:
    k, m = problem.k, len(problem.density.parameters)
    beta, parameters = split(problem, theta)
    x = problem.x[rows]
    value, first, second = problem.density.evaluate(residuals(problem, beta, rows), parameters)
    if problem.weights is not None:
        w = problem.weights[rows]
        value = value * w
        first = tuple(w * f for f in first)
        second = tuple(w * s for s in second)
    gradient = np.empty(k + m)
    hessian = np.empty((k + m, k + m))
    # columns: score of e, then the cross derivatives of e with each parameter
    cross = -problem.sign * (x.T @ np.column_stack((first[0], *second[1 : m + 1])))
    gradient[:k] = cross[:, 0]
    gradient[k:] = [np.sum(f) for f in first[1:]]
    hessian[:k, :k] = x.T @ (x * second[0][:, None])
    hessian[:k, k:] = cross[:, 1:]
    hessian[k:, :k] = cross[:, 1:].T
    position = m + 1
    for i in range(m):
        for j in range(i, m):
            hessian[k + i, k + j] = hessian[k + j, k + i] = np.sum(second[position])
            position += 1
    return float(np.sum(value)), gradient, hessian


def scores(problem: Problem, theta: Array, rows: slice = slice(None)) -> Array:
    """Return the score contribution of each row, without weights, shape (rows, p)."""
    beta, parameters = split(problem, theta)
    x = problem.x[rows]
    first = problem.density.evaluate(residuals(problem, beta, rows), parameters).first
    return np.column_stack((-problem.sign * first[0][:, None] * x, *first[1:]))
