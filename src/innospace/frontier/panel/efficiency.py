"""Efficiencies of a panel: expected values given all errors of the unit, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Posterior
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.units import Index
from innospace.numerics.normal import truncated_log_mean_exp, truncated_quantile

HALVINGS = 60
"""Steps towards a quantile, were all of them halvings: the width of its bracket shrinks below rounding."""
ROUNDING = 1e-13
"""Last step towards a quantile, relative to the largest quantile of a component."""
NEGLIGIBLE = 1e-15
"""Share of a component that is left out of a mixture."""
_SQRT_2PI, _SQRT_HALF, _LARGEST = float(np.sqrt(2.0 * np.pi)), float(np.sqrt(0.5)), 700.0


@dataclass(frozen=True, slots=True)
class PanelEfficiencies:
    """Efficiencies by row.

    Attributes
    ----------
    te : ndarray, shape (n,)
        ``E[exp(-u) | errors of the unit]``, persistent and transient together.
    te_lower, te_upper : ndarray, shape (n,)
        Interval of the transient part given the errors; NaN where there is no distribution.
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
        lasting = _expected(problem.effect.posterior(found.nodes.points, integrand.of_effect))
        transient, persistent = _expected(rows), np.repeat(lasting, counts)
        place, row = np.unique(at.place, return_inverse=True)
        mixture = Mixture(shares, rows, row)
        few = mixture.without(NEGLIGIBLE)
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


@dataclass(frozen=True, slots=True)
class Mixture:
    """Mixtures of truncated normals: shares and components, shape (m,), and the row that each belongs to."""

    shares: Array
    parts: Posterior
    row: Index

    def without(self, share: float) -> Mixture:
        """Return the mixtures without components of a smaller share."""
        kept = self.shares > share
        parts = (np.broadcast_to(v, kept.shape)[kept] for v in self.parts)
        return Mixture(self.shares[kept], Posterior(*parts), self.row[kept])

    def mean(self, values: Array) -> Array:
        """Return means by row of a value of each component."""
        return np.bincount(self.row, self.shares * values).astype(np.float64, copy=False)

    def quantile(self, upper: float) -> Array:
        """Return what is exceeded with a probability: Newton steps, halvings where they leave the bracket."""
        location = np.asarray(self.parts.location, dtype=np.float64)
        scale = np.broadcast_to(self.parts.scale, location.shape)
        if not np.any(scale):
            return np.zeros(int(self.row.max()) + 1)
        own = truncated_quantile(location, scale, upper)
        low, high = np.full(int(self.row.max()) + 1, np.inf), np.zeros(int(self.row.max()) + 1)
        np.minimum.at(low, self.row, own)
        np.maximum.at(high, self.row, own)
        middle, r, farthest = np.clip(self.mean(own), low, high), location / scale, high
        log_whole = special.log_ndtr(r)
        one = np.exp(np.minimum(-log_whole, _LARGEST))  # counts where z is not negative, and neither is r
        for _ in range(HALVINGS):
            z = r - middle[self.row] / scale
            density = np.exp(-0.5 * z * z - log_whole)
            beyond = 0.5 * density * special.erfcx(np.abs(z) * _SQRT_HALF)
            over = self.mean(np.where(z < 0.0, beyond, one - beyond)) - upper
            density = self.mean(density / (scale * _SQRT_2PI))
            low, high = np.where(over > 0.0, middle, low), np.where(over > 0.0, high, middle)
            with np.errstate(divide="ignore", invalid="ignore"):
                trial = middle + over / density
            trial = np.where((trial > low) & (trial < high), trial, 0.5 * (low + high))
            moved, middle = np.abs(trial - middle), trial
            if not np.any(moved > ROUNDING * farthest):
                break
        return middle
