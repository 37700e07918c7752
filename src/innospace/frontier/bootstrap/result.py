"""What a bootstrap says: errors and intervals of coefficients, and of the efficiency of every row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.frontier.bootstrap.intervals import acceleration
from innospace.frontier.bootstrap.refits import Refits, limit_of
from innospace.frontier.bootstrap.resampled import Resampled
from innospace.frontier.densities import density, noise_alone
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.likelihood import Problem, residuals, scores, split

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.result import FrontierResult

CELLS = 4_000_000
"""Replications times rows of efficiencies that are held at a time."""
EXPECTED = "expected_efficiency"
"""Name of what is expected of efficiency before outcomes are known, a mean over the rows used."""
STEP = 1e-4
"""Of its derivatives by parameters, in standard errors."""


@dataclass(frozen=True)
class FrontierBootstrap(Resampled):
    """A bootstrap of a fitted frontier.

    Attributes
    ----------
    result : FrontierResult
        What was estimated.
    refits : Refits
        Estimates over replications; those on a boundary are kept.
    """

    result: FrontierResult
    refits: Refits

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Coefficients of the model, ``sigma_u`` and ``sigma_v`` where they are numbers, ``expected_efficiency``."""
        return (*self.result.asked, *self._sigmas, EXPECTED)

    @property
    def _sigmas(self) -> tuple[str, ...]:
        return () if self.result.sample.determinants else ("sigma_u", "sigma_v")

    @cached_property
    def values(self) -> Array:
        """Values of :attr:`names`, shape (b, m); minus infinity is the logarithm of a variance that is zero."""
        theta = self.refits.theta.copy()
        names = list(self.result.asked)
        none = np.array([law == "none" for law in self.refits.laws])
        noiseless = np.array([end == "gamma_one" for end in self.refits.ends])
        limit = np.array([end == "mu_minus_infinity" for end in self.refits.ends])
        found = [theta]
        if self._sigmas:
            u, v = names.index("lnsigma_u2"), names.index("lnsigma_v2")
            sigma_u = np.where(none, 0.0, np.exp(0.5 * theta[:, u]))
            sigma_v = np.where(noiseless, 0.0, np.exp(0.5 * theta[:, v]))
            found.append(np.column_stack((np.where(limit, np.nan, sigma_u), sigma_v)))
            theta[noiseless, v] = -np.inf
            theta[none, u] = -np.inf
            theta[limit, u] = np.nan
            if "mu" in names:
                theta[limit, names.index("mu")] = -np.inf
        return np.column_stack((*found, self._expected))

    @property
    def _expected(self) -> Array:
        """Mean of ``E[exp(-u)]`` over the rows used at the parameters of each replication, shape (b,)."""
        from innospace.frontier.bootstrap.run import asked_problem

        problem, refits, laws = asked_problem(self.result), self.refits, self._laws
        limits = [limit_of(problem, laws[law], theta) for law, theta in zip(refits.laws, refits.theta, strict=True)]
        return np.array([expected_efficiency(*limit) for limit in limits])

    @property
    def _laws(self) -> dict[str, Any]:
        """Distributions that replications ended in, by name."""
        spec = self.result.spec
        return {law: spec.law if law == spec.law.name else _law(law, spec.noise) for law in set(self.refits.laws)}

    @cached_property
    def estimates(self) -> Array:
        """Estimates of :attr:`names`, shape (m,)."""
        r = self.result
        own = [r.parameter(n) for n in r.asked]
        if r.status.boundary.startswith("mu_minus_infinity"):
            own = [np.nan if n in ("mu", "lnsigma_u2") else v for n, v in zip(r.asked, own, strict=True)]
        expected = expected_efficiency(r.estimate.problem, r.estimate.theta)
        return np.array([*own, *(getattr(r, n) for n in self._sigmas), expected])

    @cached_property
    def _acceleration(self) -> Array:
        """Return accelerations by name; zero where the estimate has no covariance."""
        r, problem = self.result, self.result.estimate.problem
        found = np.zeros(len(self.names))
        covariance = r.vcov("hessian").covariance
        if not np.isfinite(covariance).all():
            return found
        influence = scores(problem, r.estimate.theta)
        influence = influence if problem.weights is None else influence * problem.weights[:, None]
        if self.refits.kind == "block":
            from innospace.frontier.bootstrap.run import blocks_of

            codes = blocks_of(r)
            influence = np.column_stack([np.bincount(codes, weights=c) for c in influence.T])
        influence = influence @ covariance
        own = dict(zip(r.names, acceleration(influence), strict=True))
        theta, slopes = r.estimate.theta, []
        for step in STEP * np.diag(np.sqrt(np.diag(covariance))):
            up, down = (expected_efficiency(problem, theta + s) for s in (step, -step))
            slopes.append((up - down) / (2.0 * step.sum()))
        own[EXPECTED] = float(acceleration(influence @ np.array(slopes)[:, None])[0])
        same = {"sigma_u": "lnsigma_u2", "sigma_v": "lnsigma_v2"}
        for j, name in enumerate(self.names):
            found[j] = own.get(same.get(name, name), 0.0)
        return found

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return efficiencies with intervals that carry the uncertainty of the parameters.

        One row per row given, in order. ``te_bc`` is the estimate; ``te_bc_lower`` and ``te_bc_upper`` hold the
        predictor ``E[exp(-u) | e]`` over replications; ``te_lower`` and ``te_upper`` hold ``exp(-u)`` itself, drawn
        given the row's error at the parameters of each replication (Simar and Wilson 2010).
        """
        import pandas as pd

        check_level(level)
        r = self.result
        tail = 0.5 * (1.0 - level)
        rows = np.array_split(np.arange(r.n), max(1, -(-r.n * len(self.refits.laws) // CELLS)))
        parts = [np.quantile(self._over_replications(index), [tail, 1.0 - tail], axis=1) for index in rows]
        quantile = np.concatenate(parts, axis=2)
        columns: dict[str, Any] = {"row": np.arange(1, r.sample.rows + 1)}
        given = {
            "te_bc": r.used_efficiencies().te_bc,
            "te_bc_lower": quantile[0, 0],
            "te_bc_upper": quantile[1, 0],
            "te_lower": quantile[0, 1],
            "te_upper": quantile[1, 1],
        }
        for name, values in given.items():
            columns[name] = np.full(r.sample.rows, np.nan)
            columns[name][r.sample.kept] = values
        return pd.DataFrame(columns)

    def _over_replications(self, rows: Any) -> Array:
        """Return predictors and draws of ``exp(-u)`` of some rows, shape (2, b, rows)."""
        from innospace.frontier.bootstrap.run import asked_problem

        refits = self.refits
        problem = asked_problem(self.result).rows(rows)
        # one probability a replication, spread evenly, in an order that has nothing to do with the replications
        count = len(refits.laws)
        probability = np.random.default_rng([refits.seed, refits.replications]).permutation(count)
        found, laws = np.ones((2, count, problem.n)), self._laws
        for b, (law, theta) in enumerate(zip(refits.laws, refits.theta, strict=True)):
            if law == "none":
                continue
            here, own = limit_of(problem, laws[law], theta)
            beta, parameters = split(here, own)
            given = here.density.posterior(residuals(here, beta), parameters)
            found[0, b] = np.exp(given.log_mean_exp())
            found[1, b] = np.exp(-given.quantile((probability[b] + 0.5) / count))
        return found


def expected_efficiency(problem: Problem, theta: Array) -> float:
    """Return the mean of ``E[exp(-u)]`` over rows, before their outcomes are known (Simar and Wilson 2010)."""
    _, parameters = split(problem, theta)
    return float(np.mean(problem.density.mean_efficiency(parameters)))


def _law(name: str, noise: str) -> Any:
    return noise_alone(noise) if name == "none" else density(name, noise)
