"""Log-likelihood of a composed-error model with its score and Hessian, in blocks of rows.

Each parameter of the density is either one number or a linear index ``z'g`` of regressors by row; derivatives by row
become those of the coefficients by the chain rule.

Blocks keep every temporary in the processor's cache and memory linear in the data; blocks of a large sample run
in threads (NumPy and SciPy release the interpreter lock) and are added in a fixed order, so the result does not
depend on timing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities import Law
from innospace.frontier.densities.base import Array, Combined, combine
from innospace.numerics.maximum_likelihood import Evaluation

T = TypeVar("T")

BLOCK_ROWS = 4_096
"""A column of a block is 32 kB: the two dozen that a density needs stay in the cache next to the core."""
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
    density : Law
        Distribution of ``v - u`` with ``m`` parameters.
    weights : ndarray, shape (n,), or None
        Multiply the contribution of each row.
    z : tuple of (ndarray, shape (n, p_j), or None)
        Regressors of each parameter of the density; None is a parameter that is one number. Empty: all are.
    shift : tuple of float
        Added to each index; empty: nothing.
    """

    y: Array
    x: Array
    sign: float
    density: Law
    weights: Array | None = None
    z: tuple[Array | None, ...] = ()
    shift: tuple[float, ...] = ()

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

    @property
    def designs(self) -> tuple[Array | None, ...]:
        """Regressors of each parameter, one entry a parameter."""
        return self.z or (None,) * len(self.density.parameters)

    @property
    def indexed(self) -> bool:
        """Whether some parameter of the density has regressors."""
        return any(z is not None for z in self.z)

    def places(self) -> tuple[slice, ...]:
        """Return where the coefficients of the frontier, then of each parameter, stand in ``theta``."""
        return _places((self.k, *(1 if z is None else z.shape[1] for z in self.designs)))

    def place(self, name: str) -> slice:
        """Return where the coefficients of one parameter stand in ``theta``."""
        return self.places()[1 + self.density.parameters.index(name)]

    def rows(self, index: NDArray[np.int64]) -> Problem:
        """Return the problem on a subset of rows."""
        weights = None if self.weights is None else self.weights[index]
        z = tuple(None if d is None else d[index] for d in self.z)
        return replace(self, y=self.y[index], x=self.x[index], weights=weights, z=z)


@lru_cache(maxsize=256)
def _places(sizes: tuple[int, ...]) -> tuple[slice, ...]:
    ends = np.cumsum(sizes)
    return tuple(slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True))


@lru_cache(maxsize=16)
def _pairs(count: int) -> tuple[tuple[int, int], ...]:
    """Return the places of an upper triangle, by rows."""
    return tuple((i, j) for i in range(count) for j in range(i, count))


def split(problem: Problem, theta: Array, rows: slice = slice(None)) -> tuple[Array, tuple[Array, ...]]:
    """Cut ``theta``, shape (p,), into frontier coefficients and density parameters: numbers, or indexes by row."""
    if not problem.z:
        return theta[: problem.k], tuple(theta[problem.k :])
    beta, *own = (theta[place] for place in problem.places())
    shift = problem.shift or (0.0,) * len(own)
    return beta, tuple(
        c[0] if z is None else z[rows] @ c + s for c, z, s in zip(own, problem.designs, shift, strict=True)
    )


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
        if problem.n <= BLOCK_ROWS:
            return _evaluate_block(problem, theta, slice(None))
        parts = map_blocks(lambda rows: _evaluate_block(problem, theta, rows), problem.n)
    value = float(sum(p[0] for p in parts))
    gradient = np.sum([p[1] for p in parts], axis=0)
    hessian = np.sum([p[2] for p in parts], axis=0)
    return value, gradient, hessian


def _evaluate_block(problem: Problem, theta: Array, rows: slice) -> Evaluation:
    if not problem.z and isinstance(problem.density, Combined):
        return _evaluate_combined(problem, problem.density, theta, rows)
    k = problem.k
    beta, parameters = split(problem, theta, rows)
    x = problem.x[rows]
    value, first, second = problem.density.evaluate(residuals(problem, beta, rows), parameters)
    if problem.weights is not None:
        w = problem.weights[rows]
        value = value * w
        first = tuple(w * f for f in first)
        second = tuple(w * s for s in second)
    z = [None if d is None else d[rows] for d in problem.designs]
    places = problem.places()
    gradient = np.empty(places[-1].stop)
    hessian = np.empty((len(gradient), len(gradient)))
    # columns: score of e, then the cross derivatives of e with each coefficient of a parameter
    mixed = [s if d is None else s[:, None] * d for s, d in zip(second[1 : len(z) + 1], z, strict=True)]
    joined = np.array((first[0], *mixed)).T if not problem.z else np.column_stack((first[0], *mixed))
    cross = -problem.sign * (x.T @ joined)
    gradient[:k] = cross[:, 0]
    hessian[:k, :k] = x.T @ (x * second[0][:, None])
    hessian[:k, k:] = cross[:, 1:]
    hessian[k:, :k] = cross[:, 1:].T
    for f, d, place in zip(first[1:], z, places[1:], strict=True):
        gradient[place] = f.sum() if d is None else f @ d
    for s, (i, j) in zip(second[len(z) + 1 :], _pairs(len(z)), strict=True):
        if not problem.z:
            hessian[k + i, k + j] = hessian[k + j, k + i] = s.sum()
            continue
        block = _summed(s, z[i], z[j])
        hessian[places[1 + i], places[1 + j]] = block
        hessian[places[1 + j], places[1 + i]] = block.T
    return float(value.sum()), gradient, hessian


def _evaluate_combined(problem: Problem, law: Combined, theta: Array, rows: slice) -> Evaluation:
    """Sum the columns that derivatives are made of, then make the derivatives."""
    k, x = problem.k, problem.x[rows]
    beta, parameters = split(problem, theta, rows)
    columns, mixed, value, first, second = law.combination(residuals(problem, beta, rows), parameters)
    joined = np.array(columns)
    curvature = combine(second[0], joined)
    if problem.weights is None:
        count = float(len(x))
    else:
        w = problem.weights[rows]
        joined, curvature, count = joined * w, curvature * w, float(w.sum())
    sums = joined.sum(axis=1).tolist()
    along = -problem.sign * (joined[:mixed] @ x)
    size = len(theta)
    gradient = np.empty(size)
    hessian = np.empty((size, size))
    gradient[:k] = combine(first[0], along)
    hessian[:k, :k] = x.T @ (x * curvature[:, None])
    for i in range(size - k):
        gradient[k + i] = combine(first[1 + i], sums, count)
        hessian[:k, k + i] = hessian[k + i, :k] = combine(second[1 + i], along)
    for term, (i, j) in zip(second[size - k + 1 :], _pairs(size - k), strict=True):
        hessian[k + i, k + j] = hessian[k + j, k + i] = combine(term, sums, count)
    return float(combine(value, sums, count)), gradient, hessian


def _summed(second: Array, left: Array | None, right: Array | None) -> Array:
    """Return ``sum_i s_i l_i r_i'``, shape (p, q); None stands for a column of ones."""
    if left is not None and right is not None:
        return np.asarray(left.T @ (second[:, None] * right))
    if left is not None:
        return np.asarray(left.T @ second)[:, None]
    if right is not None:
        return np.asarray(second @ right)[None, :]
    return np.full((1, 1), np.sum(second))


def row_logliks(problem: Problem, theta: Array) -> Array:
    """Return the log-likelihood of each row, without weights, shape (n,)."""

    def block(rows: slice) -> Array:
        beta, parameters = split(problem, theta, rows)
        return problem.density.evaluate(residuals(problem, beta, rows), parameters).value

    return np.concatenate(map_blocks(block, problem.n))


def scores(problem: Problem, theta: Array, rows: slice = slice(None)) -> Array:
    """Return the score contribution of each row, without weights, shape (rows, p)."""
    beta, parameters = split(problem, theta, rows)
    x = problem.x[rows]
    first = problem.density.evaluate(residuals(problem, beta, rows), parameters).first
    own = [f if z is None else f[:, None] * z[rows] for f, z in zip(first[1:], problem.designs, strict=True)]
    return np.column_stack((-problem.sign * first[0][:, None] * x, *own))
