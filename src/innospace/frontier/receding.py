"""Coordinates in which a frontier may recede: gamma, Weibull and lognormal inefficiency that hardly varies.

Where the spread of inefficiency is small next to its level, the level cannot be told from the intercept, and the
likelihood hardly moves while both grow together. With ``s`` a spread and ``d`` the spread over the level,

    u = s / d + s w,   w -> a distribution of its own as d -> 0,

the level ``s / d`` is taken out of the intercept, and Newton walks there in a few steps instead of hundreds:

    gamma        d = k^(-1/2), s = k^(1/2) sigma_u    w -> normal
    Weibull      d = 1 / k,    s = sigma_u / k        w -> logarithm of an exponential variable (Gumbel, reversed)
    lognormal    d = sigma_u,  s = exp(mu) sigma_u    w -> normal
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem
from innospace.numerics.linear import intercept_column
from innospace.numerics.maximum_likelihood import Evaluation, Objective, Optimum

OWN = {
    "gamma": ((2.0, 2.0), (0.0, -2.0)),
    "weibull": ((2.0, -2.0), (0.0, -1.0)),
    "lognormal": ((1.0, -1.0), (0.0, 2.0)),
}
"""The two parameters of each law as linear in ``(ln s, ln d)``."""
FARTHEST = 16.0
"""Logarithm of the level beyond which steps are refused: digits would be lost."""
VARIES = 0.1
"""Value of ``ln d`` from which on natural parameters serve better: with a shape below one a density has a pole."""
_CURVED = np.array([[1.0, -1.0], [-1.0, 1.0]])


@dataclass(frozen=True, slots=True)
class Receding:
    """The coordinates ``(b less the level, ln s, ln d, parameters of noise)``.

    Attributes
    ----------
    constant : int
        Place of the intercept.
    own : slice
        Place of the parameters of inefficiency.
    matrix : ndarray, shape (2, 2)
        See :data:`OWN`.
    moves : float
        What the intercept gains by a unit of the level.
    """

    constant: int
    own: slice
    matrix: Array
    moves: float

    def level(self, point: Array) -> float:
        """Return what the intercept gains by the level of inefficiency."""
        s, d = point[self.own]
        return self.moves * float(np.exp(s - d))

    def hardly_varies(self, theta: Array) -> bool:
        """Whether the level of inefficiency is at least its spread, so that these coordinates serve better."""
        return bool(np.linalg.solve(self.matrix, theta[self.own])[1] < VARIES)

    def to(self, theta: Array) -> Array:
        """Return the coordinates of parameters, shape (p,)."""
        point = theta.copy()
        point[self.own] = np.linalg.solve(self.matrix, theta[self.own])
        point[self.constant] -= self.level(point)
        return point

    def back(self, point: Array) -> Array:
        """Invert :meth:`to`."""
        theta = point.copy()
        theta[self.own] = self.matrix @ point[self.own]
        theta[self.constant] += self.level(point)
        return theta

    def with_shape(self, point: Array, shape: float) -> Array:
        """Return the point with the second parameter of inefficiency at a value and ``s`` kept."""
        moved = point.copy()
        moved[self.own.stop - 1] = shape / self.matrix[1, 1]
        return moved

    def optimum(self, found: Optimum) -> Optimum:
        """Return where a search ended in parameters, with score and Hessian by the chain rule."""
        outwards = np.linalg.inv(self._jacobian(found.theta))
        curved = found.hessian.copy()
        curved[self.own, self.own] -= found.gradient[self.constant] * self.level(found.theta) * _CURVED
        theta, gradient = self.back(found.theta), outwards.T @ found.gradient
        return replace(found, theta=theta, gradient=gradient, hessian=outwards.T @ curved @ outwards)

    def _jacobian(self, point: Array) -> Array:
        level = self.level(point)
        jacobian = np.eye(len(point))
        jacobian[self.own, self.own] = self.matrix
        jacobian[self.constant, self.own] = level, -level
        return jacobian

    def objective(self, objective: Objective) -> Callable[[Array], Evaluation]:
        """Return the objective in these coordinates, with score and Hessian by the chain rule."""

        def evaluate(point: Array) -> Evaluation:
            s, d = point[self.own]
            if self.moves and s - d > FARTHEST:
                return float("nan"), np.zeros(len(point)), np.zeros((len(point), len(point)))
            value, gradient, hessian = objective(self.back(point))
            jacobian = self._jacobian(point)
            curved = jacobian.T @ hessian @ jacobian
            curved[self.own, self.own] += gradient[self.constant] * self.level(point) * _CURVED
            return value, jacobian.T @ gradient, curved

        return evaluate


def receding(problem: Problem) -> Receding | None:
    """Return the coordinates for a problem, or None where its frontier cannot recede."""
    constant = intercept_column(problem.x)
    if problem.density.name not in OWN or problem.indexed or constant is None:
        return None
    matrix = np.array(OWN[problem.density.name])
    own = slice(problem.k, problem.k + 2)
    return Receding(constant, own, matrix, problem.sign / float(problem.x[0, constant]))


def unmoved(problem: Problem) -> Receding:
    """Return the parameters themselves as such coordinates."""
    return Receding(0, slice(problem.k, problem.k + 2), np.eye(2), 0.0)
