"""The bootstrap of a panel frontier: whole units are drawn, or outcomes are simulated unit by unit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import InnospaceError, SpecError
from innospace.frontier.bootstrap.intervals import acceleration
from innospace.frontier.bootstrap.refits import Ask, Means, Refits, Row, collect, collinear
from innospace.frontier.bootstrap.resampled import Resampled
from innospace.frontier.bootstrap.result import EXPECTED, STEP
from innospace.frontier.densities import NOISES, PRIORS
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.climb import FLOOR
from innospace.frontier.panel.efficiency import efficiencies
from innospace.frontier.panel.marginal import expected_efficiency
from innospace.frontier.panel.models import Family, Model
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.scaled import Problem, scale
from innospace.frontier.panel.search import maximise_panel
from innospace.numerics.bootstrap import block_counts

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.panel.result import PanelResult
    from innospace.frontier.panel.spec import PanelSpec

KINDS = ("block", "parametric")
TASK = 8
"""Replications of a task."""


def drawn(result: PanelResult, ask: Ask, means: Means) -> PanelBootstrap:
    """Estimate the model again on drawn panels; see :class:`innospace.frontier.bootstrap.redrawn.Redrawn`."""
    ask = require_bootstrap(result.spec, ask)
    model, arrays = result.spec.described, _panel_of(result)
    problem = scale(arrays, model, result.spec.inefficiency).raw
    sampler = PanelSampler(str(ask.kind), arrays, model, result.spec.inefficiency, problem, result.theta, ask.seed)
    return PanelBootstrap(result, collect(refit_panels, sampler, ask.tasks(TASK), ask, means))


def require_bootstrap(spec: PanelSpec, ask: Ask) -> Ask:
    """Return what is asked with its kind, or raise :class:`SpecError` where it cannot be drawn."""
    asked = ask.of(KINDS, "parametric")
    model = spec.described
    if model.family is Family.FREE:
        raise SpecError(
            f"{model.title} has no bootstrap: it assumes no distribution of inefficiency, and its frontier is the best "
            "unit of the sample, which many draws leave out.",
            where="model",
            remedy='Use vcov("cluster") for errors of the coefficients, or a model with a distribution.',
        )
    return asked


def _panel_of(result: PanelResult) -> Arrays:
    if result.arrays is None:
        raise SpecError("This result was made without its panel.", remedy="Fit it again.")
    found: Arrays = result.arrays
    return found


@dataclass(frozen=True, slots=True)
class PanelSampler:
    """What panels are drawn from: kind, data, model, its likelihood in the units of the data, estimate, seed."""

    kind: str
    arrays: Arrays
    model: Model
    inefficiency: str
    problem: Problem
    theta: Array
    seed: int

    def sample(self, number: int) -> Arrays:
        """Return the panel of one draw."""
        if self.kind == "block":
            return self.arrays.drawn(block_counts(len(self.arrays.units.counts), self.seed, number))
        error = composed_error(np.random.default_rng([self.seed, number]), self.problem, self.theta)
        beta = self.theta[: self.arrays.x.shape[1]]
        return replace(self.arrays, y=self.arrays.x @ beta + self.arrays.sign * error)


def composed_error(rng: np.random.Generator, problem: Problem, theta: Array) -> Array:
    """Return draws of noise and effects less inefficiency, shape (n,); what belongs to the unit is drawn once."""
    units, noise = problem.units, NOISES["normal"]
    count = len(units.counts)
    if isinstance(problem, PanelProblem):
        _, delta, gamma_u, gamma_v, path = problem.split(theta)
        mu = np.zeros(count) if problem.z_mu is None else problem.z_mu @ delta
        u = PRIORS["truncated_normal"].draw(rng, (mu, problem.z_u @ gamma_u), count)
        v = noise.draw(rng, (units.spread(problem.z_v @ gamma_v),), units.n)
        return np.asarray(v - problem.path(path).value * units.spread(u))
    _, rows, effect = problem.split(theta)
    error = noise.draw(rng, rows[-1:], units.n) - PRIORS[problem.rows.name].draw(rng, rows[:-1], units.n)
    if not effect:  # fixed effects drop out of the likelihood
        return np.asarray(error)
    of_units = tuple(np.full(count, e) for e in effect)
    own = noise.draw(rng, of_units[-1:], count)
    if len(effect) > 1:
        own = own - PRIORS[problem.effect.name].draw(rng, of_units[:-1], count)
    return np.asarray(error + units.spread(own))


def refit_panels(sampler: PanelSampler, numbers: range) -> list[Row | str]:
    """Refit some draws."""
    return [_refit(sampler, number) for number in numbers]


def _refit(sampler: PanelSampler, number: int) -> Row | str:
    arrays = sampler.sample(number)
    units, x = arrays.units, arrays.x
    varying = x - units.spread(units.sums(x) / units.counts[:, None]) if sampler.model.within else x
    if collinear(varying):
        return "The regressors of the draw are collinear."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = maximise_panel(arrays, sampler.model, sampler.inefficiency, sampler.theta)
    except (InnospaceError, np.linalg.LinAlgError) as error:
        return getattr(error, "what", "") or "A matrix of the search is singular."
    status = found.status
    if not (status.converged or status.boundary):
        return f"The search ended with {status.code}."
    if not np.isfinite(found.theta).all():
        return "A parameter is not finite."
    theta = np.where(found.free, found.theta, np.where(_levels(found.names), -np.inf, np.nan))
    return theta, sampler.inefficiency, status.boundary or str(status.code)


def _levels(names: tuple[str, ...]) -> Any:
    """Whether each parameter is the level of a log-variance."""
    return np.array([n.startswith("lnsigma") and (":" not in n or n.endswith(":Intercept")) for n in names])


@dataclass(frozen=True, repr=False)
class PanelBootstrap(Resampled):
    """A bootstrap of a panel frontier.

    Attributes
    ----------
    result : PanelResult
        What was estimated.
    refits : Refits
        Estimates over replications; those on a boundary are kept.
    """

    result: PanelResult
    refits: Refits

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients of the model, then ``expected_efficiency``."""
        return (*self.result.names, EXPECTED)

    @cached_property
    def values(self) -> Array:
        """Values of :attr:`names`, shape (b, m); minus infinity is the logarithm of a variance that is zero."""
        own = _at_limits(self.refits.theta.copy(), self.refits.ends, self.result.names)
        return np.column_stack((own, [self._expected(theta) for theta in self._whole]))

    @cached_property
    def estimates(self) -> Array:
        """Estimates of :attr:`names`, shape (m,)."""
        r = self.result
        shown = np.where(np.isnan(r._shown()) & _levels(r.names), -np.inf, r._shown())
        own = _at_limits(shown[None, :], (r.status.boundary,), r.names)[0]
        return np.append(own, self._expected(r.theta))

    def _expected(self, theta: Array) -> float:
        return expected_efficiency(self._problem, theta, self.result.spec.inefficiency)

    @property
    def _whole(self) -> Array:
        """Parameters of replications, finite: a variance of zero is next to none, shape (b, p)."""
        floor, theta = FLOOR + 2.0 * np.log(np.std(self._problem.y)), self.refits.theta
        return np.where(np.isneginf(theta), floor, np.where(np.isnan(theta), 0.0, theta))

    @cached_property
    def _problem(self) -> Problem:
        r = self.result
        return scale(_panel_of(r), r.spec.described, r.spec.inefficiency).raw

    @cached_property
    def _acceleration(self) -> Array:
        """Return accelerations from influences of units; zero where the estimate has no covariance."""
        problem, theta = self._problem, self.result.theta
        covariance = self.result.covariances["hessian"]
        known = np.flatnonzero(np.isfinite(np.diag(covariance)))
        found = np.zeros(len(self.names))
        if len(known):
            if isinstance(problem, PanelProblem):
                scores = one_sided.unit_scores(problem, theta)
            else:
                scores = mixed.unit_scores(problem, theta)
            influence = scores[:, known] @ covariance[np.ix_(known, known)]
            found[known] = acceleration(influence)
            slopes = np.empty((len(known), 1))
            for j, k in enumerate(known):
                step = STEP * np.sqrt(covariance[k, k]) * (np.arange(len(theta)) == k)
                slopes[j] = (self._expected(theta + step) - self._expected(theta - step)) / (2.0 * step[k])
            found[-1] = acceleration(influence @ slopes)[0]
        return found

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return efficiencies with intervals that carry the uncertainty of the parameters.

        One row per row used, by unit and time. ``te`` is the estimate; ``te_bc_lower`` and ``te_bc_upper`` hold the
        predictor ``E[exp(-u) | errors of the unit]`` over replications; ``te_lower`` and ``te_upper`` hold the
        efficiency itself, drawn given the errors at the parameters of each replication (Simar and Wilson 2010).
        """
        check_level(level)
        problem, refits = self._problem, self.refits
        count = len(refits.theta)
        # one probability a replication, spread evenly, in an order that has nothing to do with the replications
        order = np.random.default_rng([refits.seed, refits.replications]).permutation(count)
        found = np.empty((2, count, problem.units.n))
        for b, theta in enumerate(self._whole):
            p = (order[b] + 0.5) / count
            given = efficiencies(problem, theta, abs(1.0 - 2.0 * p))
            found[0, b], found[1, b] = given.te, given.te_lower if p < 0.5 else given.te_upper
        tail = 0.5 * (1.0 - level)
        ends = np.quantile(found, [tail, 1.0 - tail], axis=1)
        own = self.result.efficiencies[["unit", "time", "te"]]
        predictor, itself = ({"lower": ends[0, i], "upper": ends[1, i]} for i in (0, 1))
        bounds = {f"te_bc_{k}": v for k, v in predictor.items()} | {f"te_{k}": v for k, v in itself.items()}
        return own.assign(**bounds)


BOOTSTRAP = PanelBootstrap


def _at_limits(values: Array, ends: tuple[str, ...], names: tuple[str, ...]) -> Array:
    """Return values, shape (b, m), with minus infinity for ``mu`` and no variance where it is the exponential limit."""
    limit = np.array([end == "mu_minus_infinity" for end in ends])
    for j, name in enumerate(names):
        owner = name.split(":")[0]
        if owner in ("mu", "lnsigma_u2") and limit.any():
            values[limit, j] = -np.inf if name in ("mu", "mu:Intercept") else np.nan
    return values
