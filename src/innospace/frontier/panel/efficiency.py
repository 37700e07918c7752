"""Efficiencies of a panel: expected values given all errors of the unit, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array, Posterior
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.numerics.normal import truncated_log_mean_exp, truncated_quantile

HALVINGS = 50
"""Steps of the bisection for a quantile: the width of its bracket shrinks below rounding."""


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
    found, _ = mixed.quadrature(problem, theta)
    beta, rows, effect = problem.split(theta)
    e = problem.sign * (problem.y - problem.x @ beta)
    spread = problem.units.spread
    shares = [spread(s) for s in found.shares]
    posteriors = [problem.rows.posterior(e - spread(b), rows) for b in found.points]
    persistent = [spread(_expected(problem.effect.posterior(b, effect))) for b in found.points]
    transient = [_expected(p) for p in posteriors]
    te = sum(s * t * p for s, t, p in zip(shares, transient, persistent, strict=True))
    tail = 0.5 * (1.0 - level)
    bounds = [np.exp(-_quantile(shares, posteriors, p)) for p in (tail, 1.0 - tail)]
    parts = (np.asarray(sum(s * v for s, v in zip(shares, values, strict=True))) for values in (transient, persistent))
    return PanelEfficiencies(np.asarray(te), *bounds, *parts)


def _expected(posterior: Posterior) -> Array:
    """Return ``E[exp(-u)]``; one where ``u`` is zero for certain."""
    location = np.asarray(posterior.location, dtype=np.float64)
    scale = np.broadcast_to(posterior.scale, location.shape)
    if not np.any(scale):
        return np.ones_like(location)
    return np.exp(truncated_log_mean_exp(location, scale))


def _quantile(shares: list[Array], posteriors: list[Posterior], upper: float) -> Array:
    """Return what a mixture of truncated normals exceeds with a probability, by bisection."""
    low = np.zeros_like(shares[0])
    if not any(np.any(p.scale) for p in posteriors):
        return low
    high = np.max(
        [np.broadcast_to(truncated_quantile(p.location, p.scale, upper), low.shape) for p in posteriors], axis=0
    )
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        above = sum(s * _exceeds(p, middle) for s, p in zip(shares, posteriors, strict=True)) > upper
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))


def _exceeds(posterior: Posterior, u: Array) -> Array:
    """Return ``P(U > u)`` of a normal truncated to positive values."""
    r = posterior.location / posterior.scale
    return np.asarray(np.exp(special.log_ndtr(r - u / posterior.scale) - special.log_ndtr(r)))
