"""A problem in standardised columns and least-squares residuals, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem
from innospace.frontier.starts import LeastSquares, ordinary_least_squares
from innospace.numerics.linear import Standardised, intercept_column, standardise


@dataclass(frozen=True, slots=True)
class Standardisation:
    """A problem in standardised columns and least-squares residuals, and the way back.

    Residuals instead of ``y`` keep the digits of outcomes whose level is large next to their spread.

    Attributes
    ----------
    problem : Problem
        The scaled problem; its ``y`` are least-squares residuals over ``unit``.
    back : ndarray, shape (k, k)
        ``beta = least_squares + unit * back @ beta_scaled``.
    unit : float
        Standard deviation of least-squares residuals.
    least_squares : ndarray, shape (k,)
        Coefficients in the units of the data.
    designs : tuple of Standardised or None
        Scaled regressors of each parameter of the density.
    """

    problem: Problem
    back: Array
    unit: float
    least_squares: Array
    designs: tuple[Standardised | None, ...]

    @property
    def loglik_shift(self) -> float:
        """What to add to the scaled log-likelihood."""
        return -self.problem.total_weight * float(np.log(self.unit))

    def forward(self) -> Array:
        """Return ``d theta / d scaled theta``, shape (p, p)."""
        frontier, *own = self.problem.places()
        forward = np.eye(own[-1].stop)
        forward[frontier, frontier] = self.unit * self.back
        for place, kind, design in zip(own, self.problem.density.units, self.designs, strict=True):
            power, _ = kind.value
            forward[place, place] = (self.unit if power else 1.0) * (1.0 if design is None else design.back)
        return forward

    def offset(self) -> Array:
        """Return what coefficients and log-variances gain on the way back, shape (p,)."""
        frontier, *own = self.problem.places()
        offset = np.zeros(own[-1].stop)
        offset[frontier] = self.least_squares
        for place, kind, design in zip(own, self.problem.density.units, self.designs, strict=True):
            gained = kind.value[1] * float(np.log(self.unit))
            if design is None:
                offset[place] = gained
                continue
            constant = intercept_column(design.matrix)
            if constant is not None:
                offset[place.start + constant] = gained * design.back[constant, constant] / design.matrix[0, constant]
        return offset

    def to_data(self, theta: Array) -> Array:
        """Return scaled parameters in the units of the data."""
        return np.asarray(self.forward() @ theta + self.offset())

    def from_data(self, theta: Array) -> Array:
        """Invert :meth:`to_data`."""
        return np.asarray(np.linalg.solve(self.forward(), theta - self.offset()))


def standardise_problem(problem: Problem) -> tuple[LeastSquares, Standardisation]:
    """Return least squares in the units of the data and the problem in standard units."""
    columns = standardise(problem.x, problem.weights)
    ols = ordinary_least_squares(replace(problem, x=columns.matrix))
    unit = float(np.sqrt(ols.variance))
    designs = tuple(None if z is None else standardise(z, problem.weights) for z in problem.designs)
    scaled = replace(problem, y=(problem.y - columns.matrix @ ols.beta) / unit, x=columns.matrix)
    if problem.indexed:
        # where an index has no intercept, the unit of the outcome cannot move into its coefficients
        shift = tuple(
            0.0 if z is None or intercept_column(z) is not None else -kind.value[1] * float(np.log(unit))
            for z, kind in zip(problem.designs, problem.density.units, strict=True)
        )
        scaled = replace(scaled, z=tuple(None if d is None else d.matrix for d in designs), shift=shift)
    beta = columns.back @ ols.beta
    return replace(ols, beta=beta), Standardisation(scaled, columns.back, unit, beta, designs)
