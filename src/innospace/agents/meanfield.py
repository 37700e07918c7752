"""Expectations of the simulation in closed form: what a share of the space in use takes, and what it gives.

Without policy links of a region are a Poisson process with independent lives, so that their number in a year is
Poisson; given the number L, innovations have mean L^delta. Calibration inverts both, and tests hold runs against them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from innospace.agents.assumptions import Assumptions
from innospace.agents.population import Agents, Population

Array = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
UNIT_NODES, UNIT_WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS
_HERMITE, _HERMITE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
EXACT = 60.0
"""Means above this use an expansion, those below the sum over counts."""
BISECTIONS = 48


def closeness(first: ArrayLike, second: ArrayLike, fields: int) -> Array:
    """Return how close two fields are on a circle, 1 for the same field, 0 for opposite ones."""
    apart = np.abs(np.asarray(first) - np.asarray(second))
    apart = np.minimum(apart, fields - apart)
    return np.asarray(1.0 - apart / max(1, fields // 2), dtype=np.float64)


def success(fit: ArrayLike, a: Assumptions) -> Array:
    """Return the chance that a project of a given fit (0 to 1) succeeds in a year."""
    return np.asarray(special.expit(special.logit(a.success_rate) + a.success_fit * (np.asarray(fit) - 0.5)))


def hazard(fit: ArrayLike, a: Assumptions) -> Array:
    """Return the chance that a link of a given fit ends after a year."""
    s = success(fit, a)
    return s * a.end_after_success + (1.0 - s) * a.end_after_failure


def years_in_use(fit: ArrayLike, a: Assumptions, growth: float) -> Array:
    """Return links in use per new link of a year when new links grow at ``growth``: 1 / (1 - (1 - h) e^-g)."""
    return np.asarray(1.0 / (1.0 - (1.0 - hazard(fit, a)) * np.exp(-growth)))


def field_closeness(population: Population, a: Assumptions) -> tuple[Array, Array]:
    """Return values of closeness, shape (K,), and their chances at a meeting by region of the company, shape (R, K)."""
    regions = len(population.regions)
    away, companies = population.organisations, population.companies
    homes = _by_field(away, away.size, a.fields, regions)
    staying = _by_field(companies, companies.size * (1.0 - companies.reach), a.fields, regions)
    leaving = _by_field(companies, companies.size * companies.reach, a.fields, regions)
    distant = population.partners @ _normed(_by_field(away, away.size * away.reach, a.fields, regions))
    steps = np.arange(a.fields)
    values = np.unique(closeness(steps, 0, a.fields))
    match = closeness(steps[:, None], steps[None, :], a.fields)
    chances = np.empty((regions, len(values)))
    # where nobody is elsewhere, all meetings are at home
    alone = population.partners.sum(axis=1) <= 0.0
    staying = np.where(alone[:, None], staying + leaving, staying)
    for k, value in enumerate(values):
        same = (match == value).astype(np.float64)
        home = np.einsum("rf,fg,rg->r", staying, same, _normed(homes))
        out = np.einsum("rf,fg,rg->r", leaving, same, distant)
        chances[:, k] = home + np.where(alone, 0.0, out)
    return values, _normed(chances)


def _by_field(agents: Agents, weights: Array, fields: int, regions: int) -> Array:
    place = agents.region * fields + agents.field
    found = np.bincount(place, weights, minlength=regions * fields)
    return found.astype(np.float64).reshape(regions, fields)


def _normed(rows: Array) -> Array:
    sums = rows.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(rows, sums, out=np.zeros_like(rows), where=sums > 0.0))


@dataclass(frozen=True, slots=True)
class Meetings:
    """Meetings that a region has, by fit.

    Attributes
    ----------
    fit : ndarray, shape (K, G)
        Half closeness of fields, half what pairs have of their own.
    chances : ndarray, shape (R, K, G)
        Of each fit at a meeting.
    """

    fit: Array
    chances: Array

    @classmethod
    def of(cls, population: Population, a: Assumptions) -> Meetings:
        """Return the meetings of a population."""
        values, chances = field_closeness(population, a)
        fit = 0.5 * values[:, None] + 0.5 * UNIT_NODES[None, :]
        return cls(fit, chances[:, :, None] * UNIT_WEIGHTS)

    def use(self, openness: Array, a: Assumptions, growth: float) -> Array:
        """Return links in use per meeting, shape (R,), for log odds ``openness``, shape (R,)."""
        taken = special.expit(openness[:, None, None] + a.fit_effect * (self.fit - 0.5))
        return np.asarray((self.chances * taken * years_in_use(self.fit, a, growth)).sum(axis=(1, 2)))

    def expected_success(self, openness: Array, a: Assumptions, growth: float) -> Array:
        """Return the share of links in use that succeed in a year, shape (R,)."""
        taken = special.expit(openness[:, None, None] + a.fit_effect * (self.fit - 0.5))
        weight = self.chances * taken * years_in_use(self.fit, a, growth)
        total = weight.sum(axis=(1, 2))
        won = (weight * success(self.fit, a)).sum(axis=(1, 2))
        return np.asarray(np.divide(won, total, out=np.zeros_like(total), where=total > 0))


def meeting_rate(share: float, a: Assumptions, growth: float) -> float:
    """Return meetings a year per potential link, such that a region at ``acceptance`` uses ``share`` of its space."""
    values = closeness(np.arange(a.fields), 0, a.fields)
    fit = 0.5 * values[:, None] + 0.5 * UNIT_NODES[None, :]
    taken = special.expit(special.logit(a.acceptance) + a.fit_effect * (fit - 0.5))
    return share / float((taken * years_in_use(fit, a, growth) * UNIT_WEIGHTS).sum() / a.fields)


def openness_for(links: Array, meetings: Array, ready: Meetings, a: Assumptions, growth: float) -> Array:
    """Return the log odds at which regions have ``links`` in use, shape (R,); infinite where no meetings suffice.

    Parameters
    ----------
    links, meetings : ndarray, shape (R,)
        Wanted links in use; meetings a year.
    """
    low, high = np.full(links.shape, -40.0), np.full(links.shape, 12.0)
    wanted = np.divide(links, meetings, out=np.zeros_like(links), where=meetings > 0.0)
    enough = ready.use(high, a, growth) >= wanted
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        less = ready.use(middle, a, growth) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    found = np.where(enough, 0.5 * (low + high), np.inf)
    return np.where(links > 0.0, found, -np.inf)


def power_mean(mean: ArrayLike, delta: float, log_variance: float = 0.0) -> Array:
    """Return E[L^delta] for L Poisson with a log-normal mean.

    Parameters
    ----------
    mean : array_like, shape (n,)
        Mean of L.
    delta : float
    log_variance : float
        Variance of the logarithm of the mean of L given the state of the region.
    """
    m = np.atleast_1d(np.asarray(mean, dtype=np.float64))
    if log_variance <= 0.0:
        return _poisson_power(m, delta)
    spread = np.sqrt(log_variance)
    weights = _HERMITE_WEIGHTS / _HERMITE_WEIGHTS.sum()
    levels = m[:, None] * np.exp(spread * _HERMITE - 0.5 * log_variance)
    return np.asarray(_poisson_power(levels.ravel(), delta).reshape(levels.shape) @ weights)


def _poisson_power(m: Array, delta: float) -> Array:
    counts = np.arange(1, 160)
    small = np.minimum(m, EXACT)
    log_p = counts * np.log(np.maximum(small, 1e-300))[:, None] - small[:, None] - special.gammaln(counts + 1.0)
    exact = np.exp(log_p) @ counts**delta
    large = np.maximum(m, EXACT)
    first = delta * (delta - 1.0) / (2.0 * large)
    second = delta * (delta - 1.0) * (delta - 2.0) * (3.0 * delta - 5.0) / (24.0 * large**2)
    return np.where(m > EXACT, large**delta * (1.0 + first + second), exact)


def links_for(innovations: Array, delta: float, log_variance: float = 0.0) -> Array:
    """Return the mean number of links at which E[L^delta] is ``innovations``, shape (R,)."""
    low, high = np.full(innovations.shape, -25.0), np.full(innovations.shape, 25.0)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        less = power_mean(np.exp(middle), delta, log_variance) < innovations
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.where(innovations > 0.0, np.exp(0.5 * (low + high)), 0.0)


def carried_variance(a: Assumptions, openness_sd: float, growth: float) -> float:
    """Return the variance that changes of openness leave in the logarithm of the mean number of links.

    New links of earlier years count with weights (1 - q) q^k, q = (1 - h) e^-g; openness is autoregressive.
    """
    q = float((1.0 - hazard(0.5, a)) * np.exp(-growth))
    rho = a.openness_persistence
    return openness_sd**2 * (1.0 - q) / (1.0 + q) * (1.0 + q * rho) / (1.0 - q * rho)
