"""Efficiency of each row given its composed error, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SpecError
from innospace.frontier.densities import Law
from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem, map_blocks, residuals, split

COLUMNS = ("te_jlms", "te_bc", "te_mode", "te_lower", "te_upper")


@dataclass(frozen=True, slots=True)
class Efficiencies:
    """Technical efficiency in (0, 1], shape (n,) each.

    Attributes
    ----------
    te_jlms : ndarray
        ``exp(-E[u | e])`` (Jondrow, Lovell, Materov and Schmidt 1982).
    te_bc : ndarray
        ``E[exp(-u) | e]`` (Battese and Coelli 1988).
    te_mode : ndarray
        ``exp(-mode of u | e)``.
    te_lower, te_upper : ndarray
        Equal-tailed interval of ``exp(-u) | e`` (Horrace and Schmidt 1996); parameters are taken as known.
    """

    te_jlms: Array
    te_bc: Array
    te_mode: Array
    te_lower: Array
    te_upper: Array


def check_level(level: float) -> float:
    """Return ``level`` if it is a probability strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise SpecError(f"The level of an interval is {level}.", allowed="a number between 0 and 1, such as 0.95")
    return level


def from_residuals(e: Array, density: Law, parameters: tuple[Array, ...], level: float = 0.95) -> Efficiencies:
    """Return efficiencies of composed errors ``e = v - u``, shape (n,).

    Parameters
    ----------
    e : ndarray, shape (n,)
    density : Law
    parameters : tuple
        Parameters of the density, in its order.
    level : float
        Coverage of the interval.
    """
    check_level(level)
    if density.name == "none":
        return Efficiencies(*(np.ones_like(e) for _ in COLUMNS))
    given = density.posterior(e, parameters)
    tail = 0.5 * (1.0 - level)
    return Efficiencies(
        np.exp(-given.mean()),
        np.exp(given.log_mean_exp()),
        np.exp(-given.mode()),
        np.exp(-given.quantile(tail)),
        np.exp(-given.quantile(1.0 - tail)),
    )


def efficiencies(problem: Problem, theta: Array, level: float = 0.95) -> Efficiencies:
    """Return the efficiencies of every row of ``problem`` at ``theta``, computed in blocks."""

    def block(rows: slice) -> Efficiencies:
        beta, parameters = split(problem, theta, rows)
        return from_residuals(residuals(problem, beta, rows), problem.density, parameters, level)

    parts = map_blocks(block, problem.n)
    return Efficiencies(*(np.concatenate([getattr(p, c) for p in parts]) for c in COLUMNS))
