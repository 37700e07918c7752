"""Samples of a bootstrap: outcomes simulated from the estimate, or weights that count how often a row was drawn.

A draw depends on the seed and its own number alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities import NOISES, PRIORS
from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem, split
from innospace.numerics.bootstrap import block_counts

Integers = NDArray[np.int64]
KINDS = ("parametric", "pairs", "block")
LEAST = 20
"""Fewest replications that say anything of spread."""
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Sampler:
    """What samples are drawn from.

    Attributes
    ----------
    kind : str
        ``parametric``, ``pairs`` or ``block``.
    problem : Problem
        The model that is estimated again, with the data.
    fitted : Problem
        The model that was estimated: on a boundary a limit of ``problem``.
    theta : ndarray
        Parameters of ``fitted``.
    seed : int
    blocks : ndarray of int, shape (n,), or None
        Block of each row, for ``block``.
    """

    kind: str
    problem: Problem
    fitted: Problem
    theta: Array
    seed: int
    blocks: Integers | None = None

    def draw(self, number: int) -> tuple[Array | None, Array | None]:
        """Return outcomes, or weights, of one draw, shape (n,); None where they stay as they are."""
        problem = self.problem
        if self.kind == "parametric":
            return self._outcome(np.random.default_rng([self.seed, number])), problem.weights
        codes = self.blocks if self.blocks is not None else np.arange(problem.n)
        counts = block_counts(int(codes.max()) + 1, self.seed, number)[codes].astype(np.float64)
        return None, counts if problem.weights is None else counts * problem.weights

    def sample(self, number: int) -> Problem:
        """Return the problem of one draw; rows that were not drawn are left out."""
        y, weights = self.draw(number)
        if y is not None:
            return replace(self.problem, y=y)
        drawn = replace(self.problem, weights=weights)
        return drawn.rows(np.flatnonzero(weights > 0.0)) if weights is not None else drawn

    def _outcome(self, rng: np.random.Generator) -> Array:
        problem = self.fitted
        beta, parameters = split(problem, self.theta)
        return np.asarray(problem.x @ beta + problem.sign * composed_error(rng, problem, parameters))


def composed_error(rng: np.random.Generator, problem: Problem, parameters: tuple[Array, ...]) -> Array:
    """Return draws of ``v - u``, shape (n,)."""
    law, n = problem.density, problem.n
    noise = NOISES[law.noise]
    cut = len(parameters) - len(noise.parameters)
    v = noise.draw(rng, parameters[cut:], n)
    if law.name == "none":
        return v
    own = parameters[:cut]
    if law.name == "scaled_truncated_normal":
        mu, log_variance, log_scale = own
        own = (mu * np.exp(log_scale), log_variance + 2.0 * log_scale)
        return np.asarray(v - PRIORS["truncated_normal"].draw(rng, own, n))
    return np.asarray(v - PRIORS[law.name].draw(rng, own, n))
