"""Samples simulated from a frontier with a structure: outcomes drawn anew at the regressors of the data.

One function a model, all of one shape: a generator, the model, the data, and parameters ``theta`` in the units of the
data in the order in which the model has them, to the data with what was drawn in its place. A parameter at a limit is
minus infinity (a log-variance, a logit) or infinity of either sign (``atanh rho``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy import linalg, special

from innospace.frontier.densities import NOISES, PRIORS
from innospace.frontier.densities.base import Array
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.spec import StructureSpec

LARGEST_LOG_COUNT = 53.0 * np.log(2.0)
"""Logarithm of the largest expectation of a count; beyond it whole numbers are not exact."""


class Cut:
    """Takes ``theta``, shape (p,), apart in the order of the model.

    Parameters
    ----------
    arrays : Arrays
    theta : ndarray
    """

    def __init__(self, arrays: Arrays, theta: Array) -> None:
        self._arrays, self._theta, self._at = arrays, theta, 0

    def next(self, count: int = 1) -> Array:
        """Return so many parameters."""
        self._at += count
        return self._theta[self._at - count : self._at]

    def frontier(self) -> Array:
        """Return coefficients of a frontier."""
        return self.next(self._arrays.x.shape[1])

    def index(self, part: str) -> Array:
        """Return coefficients of a part; one number where it has no regressors."""
        return self.next(self._arrays.parts[part][0].shape[1] if part in self._arrays.parts else 1)


def index(arrays: Arrays, part: str, coefficients: Array) -> Array:
    """Return the index of a part by row, shape (n,); minus infinity where it is at its limit."""
    if not np.isfinite(coefficients).all():
        return np.full(arrays.n, -np.inf)
    if part not in arrays.parts:
        return np.full(arrays.n, coefficients[0])
    return np.asarray(arrays.parts[part][0] @ coefficients)


def zero_inefficiency(rng: np.random.Generator, spec: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw ``y = x'b + v - S u``, where ``u = 0`` with probability ``Lambda(q'g)``."""
    cut = Cut(arrays, theta)
    beta, u, v, q = cut.frontier(), *(index(arrays, part, cut.index(part)) for part in ("u", "v", "class"))
    efficient = rng.random(arrays.n) < special.expit(q)
    return replace(arrays, y=arrays.x @ beta + arrays.sign * _error(rng, spec, np.where(efficient, -np.inf, u), v))


def contaminated_noise(rng: np.random.Generator, spec: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw ``y = x'b + v - S u``, where ``v`` has the larger variance with probability ``Lambda(q'g)``."""
    cut = Cut(arrays, theta)
    beta, u, v, wide, q = cut.frontier(), cut.index("u"), cut.index("v"), cut.next(), cut.index("class")
    outlying = rng.random(arrays.n) < special.expit(index(arrays, "class", q))
    noise = np.where(outlying, wide, v)
    return replace(arrays, y=arrays.x @ beta + arrays.sign * _error(rng, spec, index(arrays, "u", u), noise))


def latent_class(rng: np.random.Generator, spec: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw class j with probability ``exp(q'g_j) / sum_l exp(q'g_l)``, then ``y = x'b_j + v_j - S u_j``."""
    cut, rows = Cut(arrays, theta), np.arange(arrays.n)
    own = []
    for _ in range(spec.classes):
        line = arrays.x @ cut.frontier()
        own.append((line, *(index(arrays, part, cut.index(part)) for part in ("u", "v"))))
    logits = [index(arrays, "class", cut.index("class")) for _ in range(spec.classes - 1)]
    shares = special.softmax(np.column_stack((np.zeros(arrays.n), *logits)), axis=1)
    which = (rng.random(arrays.n)[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    line, u, v = np.array(own)[which, :, rows].T
    return replace(arrays, y=line + arrays.sign * _error(rng, spec, u, v))


def counts(rng: np.random.Generator, spec: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw ``k ~ Poisson(exp(x'b + v - S u))``."""
    cut = Cut(arrays, theta)
    beta, u, v = cut.frontier(), *(index(arrays, part, cut.index(part)) for part in ("u", "v"))
    log_mean = arrays.x @ beta + arrays.sign * _error(rng, spec, u, v)
    return replace(arrays, y=rng.poisson(np.exp(np.minimum(log_mean, LARGEST_LOG_COUNT))).astype(np.float64))


def endogenous(rng: np.random.Generator, spec: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw ``x_e = Z d + r``, ``r = L^-1 e``, ``e ~ N(0, I)``, then ``y = x'b + r'h + v - S u``.

    What is drawn takes the place of the endogenous regressors wherever they stand, also among those of the variances.
    Other regressors are held, also powers and products that the model does not name as endogenous.
    """
    cut = Cut(arrays, theta)
    (old, names), instruments = arrays.parts["endogenous"], arrays.parts["instruments"][0]
    p, m = old.shape[1], instruments.shape[1]
    beta, u, v, eta = cut.frontier(), cut.index("u"), cut.index("v"), cut.next(p)
    delta, lower = cut.next(p * m).reshape(p, m), np.zeros((p, p))
    lower[np.tril_indices(p)] = cut.next(p * (p + 1) // 2)
    np.fill_diagonal(lower, np.exp(np.diag(lower)))
    r = linalg.solve_triangular(lower, rng.normal(size=(p, arrays.n)), lower=True).T
    new = _with_columns(arrays, dict(zip(names, (instruments @ delta.T + r).T, strict=True)))
    error = _error(rng, spec, index(new, "u", u), index(new, "v", v))
    return replace(new, y=new.x @ beta + r @ eta + arrays.sign * error)


def selection(rng: np.random.Generator, _: StructureSpec, arrays: Arrays, theta: Array) -> Arrays:
    """Draw ``d = 1[z'a + w > 0]``, and where it is 1 ``y = x'b + v - S u``, ``v = sigma_v (rho w + (1 - rho^2)^.5 e)``.

    Needs the regressors of the rows whose outcome was not seen; selected rows stand first.
    """
    every = replace(arrays, x=np.concatenate((arrays.x, np.asarray(arrays.unseen))), unseen=None)
    cut = Cut(every, theta)
    beta, alpha, u, v, rho = cut.frontier(), cut.index("select"), cut.next(), cut.next(), np.tanh(cut.next())
    w, e = rng.normal(size=(2, arrays.n))
    noise = np.exp(0.5 * v) * (rho * w + np.sqrt(1.0 - rho**2) * e)
    y = every.x @ beta + noise - arrays.sign * PRIORS["half_normal"].draw(rng, (u,), arrays.n)
    chosen = index(every, "select", alpha) + w > 0.0
    order, seen = np.argsort(~chosen, kind="stable"), int(chosen.sum())
    x = every.x[order]
    return replace(every.at(order), y=y[order[:seen]], x=x[:seen], unseen=x[seen:])


def _error(rng: np.random.Generator, spec: StructureSpec, u: Array, v: Array) -> Array:
    """Return draws of ``v - u`` from log-variances by row."""
    n = len(u)
    return np.asarray(NOISES["normal"].draw(rng, (v,), n) - PRIORS[spec.inefficiency].draw(rng, (u,), n))


def _with_columns(arrays: Arrays, columns: Mapping[str, Array]) -> Arrays:
    """Return the data with other columns, by name, wherever they stand."""

    def changed(matrix: Array, names: tuple[str, ...]) -> Array:
        return np.column_stack([columns.get(name, matrix[:, j]) for j, name in enumerate(names)])

    parts = {part: (changed(z, names), names) for part, (z, names) in arrays.parts.items()}
    return replace(arrays, x=changed(arrays.x, arrays.names), parts=parts)


DRAWS: Mapping[str, Callable[[np.random.Generator, StructureSpec, Arrays, Array], Arrays]] = {
    "zero_inefficiency": zero_inefficiency,
    "latent_class": latent_class,
    "contaminated_noise": contaminated_noise,
    "counts": counts,
    "endogenous": endogenous,
    "selection": selection,
}
"""How samples of each model are drawn."""
