"""Tests of several inequalities at once: distance to a cone, chi-bar-square weights, p-values and bounds.

Under the least favourable null, all restrictions hold as equalities, the squared distance of a normal estimate from
the cone they describe is a mixture of chi-squares. Its weights are known exactly up to five restrictions and are
simulated beyond. Kodde and Palm (1986) bound the critical value over all covariances.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize

from innospace.numerics.tails import chi2_isf, chi2_sf

Array = NDArray[np.float64]

EXACT = 5
"""Largest number of restrictions whose weights are computed exactly."""
LEVELS = (0.10, 0.05, 0.01)
"""Levels at which bounds are usually tabulated."""
_ACTIVE = 1e-10


@dataclass(frozen=True, slots=True)
class Distance:
    """An estimate against a cone.

    Attributes
    ----------
    statistic : float
        Squared distance in the metric of the covariance.
    multipliers : ndarray, shape (m,)
        Of the restrictions; positive where one binds.
    projected : ndarray, shape (q,)
        The nearest point of the cone.
    """

    statistic: float
    multipliers: Array
    projected: Array


def distance(estimate: Array, covariance: Array, restrictions: Array | None = None) -> Distance:
    """Return the distance of an estimate from ``{b : R b >= 0}``.

    ``D = min (g - b)' V^-1 (g - b)`` subject to ``R b >= 0``, solved through its dual as non-negative least squares.

    Parameters
    ----------
    estimate : ndarray, shape (q,)
    covariance : ndarray, shape (q, q)
        Positive definite.
    restrictions : ndarray, shape (m, q), optional
        ``R``; the identity when not given. Its rows may depend on each other.

    Raises
    ------
    numpy.linalg.LinAlgError
        The covariance is not positive definite.
    """
    root = np.linalg.cholesky(covariance)
    a = root.T if restrictions is None else root.T @ restrictions.T
    target = -np.linalg.solve(root, estimate)
    multipliers = optimize.nnls(a, target, maxiter=100 * (len(estimate) + a.shape[1]))[0]
    moved = a @ multipliers
    return Distance(float(moved @ moved), multipliers, np.asarray(estimate + root @ moved))


def orthant_probability(covariance: Array) -> float:
    """Return ``P(Z > 0)`` in every component for ``Z ~ N(0, V)`` of at most five dimensions.

    Notes
    -----
    Closed form up to three dimensions; four by Plackett's (1954) derivative integrated along ``I + t (R - I)``; five
    by inclusion and exclusion from four.

    Raises
    ------
    ValueError
        More than five dimensions.
    """
    scale = np.sqrt(np.diag(covariance))
    r = np.asarray(covariance / np.outer(scale, scale))
    k = len(r)
    if k > EXACT:
        raise ValueError(f"no exact orthant probability in {k} dimensions")
    if k <= 3:
        angles = np.arcsin(np.clip(r[np.triu_indices(k, 1)], -1.0, 1.0))
        return float(0.5**k + angles.sum() * 0.5 ** max(k - 1, 1) / np.pi)
    if k == 4:
        return 0.0625 + float(integrate.quad(_plackett, 0.0, 1.0, args=(r,), epsabs=1e-12, epsrel=1e-10)[0])
    total = 1.0
    for size in range(1, 5):
        parts = sum(orthant_probability(r[np.ix_(s, s)]) for s in combinations(range(5), size))
        total += (-1.0) ** size * parts
    return 0.5 * total


def _plackett(t: float, r: Array) -> float:
    """Return the derivative of the four-dimensional orthant probability along the path from independence."""
    path = np.eye(4) + t * (r - np.eye(4))
    total = 0.0
    for i, j in combinations(range(4), 2):
        rest = [m for m in range(4) if m not in (i, j)]
        pair = [i, j]
        conditional = path[np.ix_(rest, rest)] - path[np.ix_(rest, pair)] @ np.linalg.solve(
            path[np.ix_(pair, pair)], path[np.ix_(pair, rest)]
        )
        density = 1.0 / (2.0 * np.pi * np.sqrt(1.0 - path[i, j] ** 2))
        total += r[i, j] * density * orthant_probability(conditional)
    return total


def chi_bar_weights(covariance: Array, *, draws: int = 20_000, seed: int = 0) -> Array:
    """Return the weights of the chi-bar-square distribution.

    Parameters
    ----------
    covariance : ndarray, shape (k, k)
        Of the restricted quantities; only its correlations matter.
    draws, seed : int
        Of the simulation that is used for more than five restrictions.

    Returns
    -------
    ndarray, shape (k + 1,)
        Entry ``i`` is the probability that the projection of ``N(0, V)`` on the positive orthant, in the metric of
        ``V``, has exactly ``i`` positive components: ``w(k, i, V)`` of Kudo (1963) and Kodde and Palm (1986).
    """
    scale = np.sqrt(np.diag(covariance))
    r = np.asarray(covariance / np.outer(scale, scale))
    k = len(r)
    if k > EXACT:
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((draws, k))
        return simulated_weights(r, z)
    if k == EXACT:
        return _five(r)
    return np.array([_weight(r, size) for size in range(k + 1)])


def simulated_weights(covariance: Array, normals: Array) -> Array:
    """Return the same weights from standard normal draws, shape (draws, k)."""
    root = np.linalg.cholesky(covariance)
    k = len(covariance)
    binding = [int(np.count_nonzero(optimize.nnls(root.T, -z)[0] > _ACTIVE)) for z in normals]
    return np.asarray(np.bincount(k - np.array(binding), minlength=k + 1) / len(normals))


def _weight(r: Array, size: int) -> float:
    """Sum over faces: the free components positive, the multipliers of the others positive (Kudo 1963)."""
    k = len(r)
    total = 0.0
    for free in combinations(range(k), size):
        held = [i for i in range(k) if i not in free]
        inverse = np.asarray(np.linalg.inv(r[np.ix_(held, held)]), dtype=np.float64)
        cross = r[np.ix_(free, held)]
        conditional = r[np.ix_(free, free)] - cross @ inverse @ cross.T
        total += orthant_probability(conditional) * orthant_probability(inverse)
    return total


def _five(r: Array) -> Array:
    """Return the six weights of five restrictions; even and odd ones sum to one half each, which gives the ends."""
    middle = [_weight(r, size) for size in range(1, 5)]
    w1, w2, w3, w4 = middle
    return np.array([0.5 - w2 - w4, *middle, 0.5 - w1 - w3])


def chi_bar_sf(statistic: float, weights: Array) -> float:
    """Return ``P(D >= statistic) = sum_i w_i P(chi2(k - i) >= statistic)``; one at zero.

    Parameters
    ----------
    statistic : float
    weights : ndarray, shape (k + 1,)
        From :func:`chi_bar_weights`.
    """
    if statistic <= 0.0:
        return 1.0
    degrees = np.arange(len(weights) - 1, 0, -1)
    return float(np.clip(weights[:-1] @ chi2_sf(statistic, degrees), 0.0, 1.0))


def critical_bounds(restrictions: int, level: float = 0.05) -> tuple[float, float]:
    """Return the lower and the upper bound of the critical value of the distance (Kodde and Palm 1986, table 1).

    Lower: ``level = P(chi2(1) >= c) / 2``. Upper: ``level = P(chi2(k - 1) >= c) / 2 + P(chi2(k) >= c) / 2``. Below the
    lower bound the null stands whatever the covariance; above the upper bound it falls.

    Parameters
    ----------
    restrictions : int
        ``k``, at least one.
    level : float
        Below one half.
    """
    lower = float(chi2_isf(2.0 * level, 1))
    if restrictions == 1:
        return lower, lower
    k = restrictions

    def excess(c: float) -> float:
        return float(0.5 * chi2_sf(c, k - 1) + 0.5 * chi2_sf(c, k)) - level

    return lower, float(optimize.brentq(excess, 0.0, 2.0 * chi2_isf(level, k) + 10.0, xtol=1e-12))
