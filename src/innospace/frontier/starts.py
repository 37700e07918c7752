"""Starting values: corrected least squares with moments, then a spread of variance shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem
from innospace.numerics.linear import intercept_column, least_squares

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Shares of the residual variance given to inefficiency, one start each."""
PLAIN = (0.5, 0.95)
"""The same for the laws below where nothing but such a frontier is sought, every parameter one number: on random
problems these find what all five find."""
SIMPLE = ("half_normal", "exponential", "rayleigh")


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Least squares on the frontier's own design: the model without inefficiency.

    Attributes
    ----------
    beta : ndarray, shape (k,)
    variance : float
        ``sum w e^2 / sum w``.
    third : float
        Third central moment of ``sign * residual``; negative when inefficiency shows.
    loglik : float
        Gaussian log-likelihood at its maximum.
    """

    beta: Array
    variance: float
    third: float
    loglik: float

    @property
    def skewness(self) -> float:
        """Skewness of ``sign * residual``."""
        return float(self.third / self.variance**1.5)


def ordinary_least_squares(problem: Problem) -> LeastSquares:
    """Fit the model without inefficiency by (weighted) least squares."""
    w = problem.weights
    beta = least_squares(problem.y, problem.x, w)
    e = problem.sign * (problem.y - problem.x @ beta)
    total = float(problem.n if w is None else w.sum())

    def average(values: Array) -> float:
        return float((values if w is None else w * values).sum() / total)

    variance = average(e * e)
    centred = e - average(e)
    third = average(centred * centred * centred)
    loglik = -0.5 * total * (np.log(2.0 * np.pi * variance) + 1.0) if variance > 0.0 else float("inf")
    return LeastSquares(beta, variance, third, float(loglik))


def shares_of(law: str, noise: str, *, plain: bool = False) -> tuple[float, ...]:
    """Return the shares with which the search of a law begins; ``plain``: it is all that is estimated."""
    return PLAIN if plain and noise == "normal" and law in SIMPLE else SHARES


def starting_values(problem: Problem, ols: LeastSquares, *, plain: bool = False) -> list[Array]:
    """Return starts ``(b, parameters)``, shape (p,) each; the first matches the moments of the residuals.

    The intercept, if there is one, is moved up (down for cost) by the mean inefficiency of the start.
    """
    density = problem.density
    guesses = density.guesses(ols.variance, ols.third, shares_of(density.name, density.noise, plain=plain))
    constant = intercept_column(problem.x)
    starts = []
    for guess in guesses:
        beta = ols.beta.copy()
        if constant is not None:
            beta[constant] += problem.sign * float(density.mean_inefficiency(_numbers(guess))) / problem.x[0, constant]
        starts.append(np.concatenate((beta, guess)))
    return starts


def two_starts(problem: Problem, ols: LeastSquares) -> list[Array]:
    """Return the start that matches the moments, and that with the largest share: where more is sought beside them."""
    starts = starting_values(problem, ols)
    return [starts[0], starts[-1]]


def _numbers(guess: tuple[float, ...]) -> tuple[Array, ...]:
    return tuple(np.asarray(v) for v in guess)
