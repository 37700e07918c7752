"""Efficiencies of a panel: expected values given all errors of the unit, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.frontier.densities.base import Array, Posterior
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.units import Index
from innospace.numerics.normal import truncated_log_mean_exp, truncated_quantile

Mask = NDArray[np.bool_]
HALVINGS = 60
"""Steps towards a quantile, were all of them halvings: the width of its bracket shrinks below rounding."""
ROUNDING = 1e-13
"""Last step towards a quantile, relative to the largest quantile of a component."""
NEGLIGIBLE = 1e-15
"""Share of a component that is left out of a mixture."""
LEVELS = 24
"""Quantiles of persistent inefficiency, by Gauss and Legendre, at which that of the period is added to it."""
FAINT = 1e-10
"""Share of a component that is left out of a mixture of sums, whose quantiles are exact to some 1e-4."""
_SQRT_2PI, _SQRT_HALF, _LARGEST = float(np.sqrt(2.0 * np.pi)), float(np.sqrt(0.5)), 700.0


@dataclass(frozen=True, slots=True)
class PanelEfficiencies:
    """Efficiencies by row.

    Attributes
    ----------
    te : ndarray, shape (n,)
        ``E[exp(-u) | errors of the unit]``, persistent and transient together.
    te_lower, te_upper : ndarray, shape (n,)
        Interval of ``exp(-u)`` given the errors, persistent and transient together; NaN where there is no distribution.
    te_transient, te_persistent : ndarray, shape (n,)
        The parts; ones where the model has no such part.
    """

    te: Array
    te_lower: Array
    te_upper: Array
    te_transient: Array
    te_persistent: Array


def efficiencies(problem: PanelProblem | MixedProblem, theta: Array, level: float) -> PanelEfficiencies:
    """Return efficiencies of every row at an estimate in the units of the data."""
    if isinstance(problem, PanelProblem):
        return _one_sided(problem, theta, level)
    return _mixed(problem, theta, level)


def _one_sided(problem: PanelProblem, theta: Array, level: float) -> PanelEfficiencies:
    location, scale, path = one_sided.posterior(problem, theta)
    # a path may jump to zero itself, where efficiency is one and location over scale must stay a number
    path = np.maximum(path, np.finfo(float).tiny ** 0.5)
    mu, sigma = problem.units.spread(location) * path, problem.units.spread(scale) * path
    te = np.exp(truncated_log_mean_exp(mu, sigma))
    tail = 0.5 * (1.0 - level)
    lower = np.exp(-truncated_quantile(mu, sigma, tail))
    upper = np.exp(-truncated_quantile(mu, sigma, 1.0 - tail))
    constant = problem.decay.name == "constant"
    one = np.ones_like(te)
    return PanelEfficiencies(te, lower, upper, one if constant else te, te if constant else one)


def _mixed(problem: MixedProblem, theta: Array, level: float) -> PanelEfficiencies:
    integrand = problem.integrand(theta)
    tail = 0.5 * (1.0 - level)
    made = np.empty((5, problem.units.n))
    for found, at in mixed.quadratures(problem, theta):
        counts = problem.units.counts[found.nodes.owner]
        shares = np.repeat(found.shares, counts)
        rows = problem.rows.posterior(*integrand.errors(at, found.nodes))
        of_effect = problem.effect.posterior(found.nodes.points, integrand.of_effect)
        transient, persistent = _expected(rows), np.repeat(_expected(of_effect), counts)
        place, row = np.unique(at.place, return_inverse=True)
        mixture = Mixture(shares, rows, row)
        least = FAINT if np.any(of_effect.scale) else NEGLIGIBLE
        few = mixture.without(least).plus(_repeated(of_effect, counts, shares > least))
        made[0, place] = mixture.mean(transient * persistent)
        made[1, place], made[2, place] = (np.exp(-few.quantile(p)) for p in (tail, 1.0 - tail))
        made[3, place], made[4, place] = mixture.mean(transient), mixture.mean(persistent)
    return PanelEfficiencies(*made)


def _expected(posterior: Posterior) -> Array:
    """Return ``E[exp(-u)]``; one where ``u`` is zero for certain."""
    location = np.asarray(posterior.location, dtype=np.float64)
    scale = np.broadcast_to(posterior.scale, location.shape)
    if not np.any(scale):
        return np.ones_like(location)
    return np.exp(truncated_log_mean_exp(location, scale))


def _repeated(posterior: Posterior, counts: Index, kept: Mask) -> Posterior:
    """Return what holds for nodes by node and row, where it is kept."""
    parts = (np.broadcast_to(v, counts.shape) for v in posterior)
    return Posterior(*(np.repeat(v, counts)[kept] for v in parts))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Mixtures of truncated normals: shares, components and the row that each belongs to, shape (m,).

    ``shift`` is added to what a component draws.
    """

    shares: Array
    parts: Posterior
    row: Index
    shift: Array | float = 0.0

    def without(self, share: float) -> Mixture:
        """Return the mixtures without components of a smaller share."""
        kept = self.shares > share
        parts = (np.broadcast_to(v, kept.shape)[kept] for v in self.parts)
        return Mixture(self.shares[kept], Posterior(*parts), self.row[kept])

    def plus(self, other: Posterior) -> Mixture:
        """Return the mixtures of sums: to each component an independent truncated normal is added."""
        if not np.any(other.scale):
            return self
        if not np.any(self.parts.scale):
            return Mixture(self.shares, other, self.row)
        level, weight = np.polynomial.legendre.leggauss(LEVELS)
        shift = truncated_quantile(other.location[:, None], other.scale[:, None], 0.5 * (1.0 - level))
        parts = (np.repeat(v, LEVELS) for v in self.parts)
        shares = np.outer(self.shares, 0.5 * weight).ravel()
        return Mixture(shares, Posterior(*parts), np.repeat(self.row, LEVELS), shift.ravel())

    def mean(self, values: Array) -> Array:
        """Return means by row of a value of each component."""
        return np.bincount(self.row, self.shares * values).astype(np.float64, copy=False)

    def quantile(self, upper: float) -> Array:
        """Return what is exceeded with a probability: Newton steps, halvings where they leave the bracket."""
        location = np.asarray(self.parts.location, dtype=np.float64)
        scale = np.broadcast_to(self.parts.scale, location.shape)
        rows = int(self.row.max()) + 1
        if not np.any(scale):
            return np.zeros(rows)
        own = self.shift + truncated_quantile(location, scale, upper)
        low, high = np.full(rows, np.inf), np.zeros(rows)
        np.minimum.at(low, self.row, own)
        np.maximum.at(high, self.row, own)
        result, farthest = np.clip(self.mean(own), low, high), high.copy()
        tail, left = self._tail(location, scale), np.arange(rows)
        middle = result
        for _ in range(HALVINGS):
            over, density = tail.beyond(middle)
            over -= upper
            low, high = np.where(over > 0.0, middle, low), np.where(over > 0.0, high, middle)
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                trial = middle + over / density
            trial = np.where((trial > low) & (trial < high), trial, 0.5 * (low + high))
            moving = np.abs(trial - middle) > ROUNDING * farthest[left]
            result[left] = middle = trial
            if not np.any(moving):
                break
            if 4 * np.count_nonzero(moving) < 3 * len(left):  # rows that have settled need not be looked at again
                tail, left = tail.of(moving), left[moving]
                low, high, middle = low[moving], high[moving], middle[moving]
        return result

    def _tail(self, location: Array, scale: Array) -> _Tail:
        r = location / scale
        shift = np.broadcast_to(self.shift, r.shape)
        return _Tail(self.shares, self.row, shift, scale, r, special.log_ndtr(r))


@dataclass(frozen=True, slots=True)
class _Tail:
    """What a mixture needs for the probability beyond a point, by component: ``r`` is location over scale."""

    shares: Array
    row: Index
    shift: Array
    scale: Array
    r: Array
    log_whole: Array

    def of(self, rows: Mask) -> _Tail:
        """Return the components of some rows, numbered anew."""
        kept = rows[self.row]
        number = np.cumsum(rows) - 1
        return _Tail(
            self.shares[kept],
            number[self.row[kept]],
            self.shift[kept],
            self.scale[kept],
            self.r[kept],
            self.log_whole[kept],
        )

    def beyond(self, point: Array) -> tuple[Array, Array]:
        """Return by row the probability beyond a point and the density there."""
        distance = point[self.row] - self.shift
        z = self.r - distance / self.scale
        density = np.exp(np.minimum(-0.5 * z * z - self.log_whole, _LARGEST))
        far = 0.5 * density * special.erfcx(np.abs(z) * _SQRT_HALF)
        # the whole counts where z is not negative, and neither is r
        far = np.where(z < 0.0, far, np.exp(np.minimum(-self.log_whole, _LARGEST)) - far)
        inside = distance > 0.0
        slope = np.where(inside, density / (self.scale * _SQRT_2PI), 0.0)
        return self._mean(np.where(inside, far, 1.0)), self._mean(slope)

    def _mean(self, values: Array) -> Array:
        return np.bincount(self.row, self.shares * values).astype(np.float64, copy=False)
