"""A truncated normal far above zero: inefficiency becomes a trend in time that all units share.

Where ``mu`` is large and the path next to constant, ``mu g(t)`` is an intercept and a trend. Along the ridge the
likelihood rises slowly with ``mu`` while the path flattens and the frontier is lifted. With

    ln mu,    path parameters times mu,    intercept less S mu

the ridge is straight, and Newton walks it in some ten steps instead of hundreds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.panel.scaled import Flags, Scaled, inefficiency_path, path_of
from innospace.numerics.linear import intercept_column
from innospace.numerics.maximum_likelihood import Evaluation, Objective

FAR_ABOVE = 3e4
"""``mu`` in standard deviations of residuals at which inefficiency counts as a trend."""
NEARLY = 1e4
"""The same, at which a search ends and the trend is taken: beyond, nothing is left of the curvature by ``mu``."""
ABOVE, RETURN = 5.0, 2.5
"""The same, above which a search takes the coordinates of the ridge, and below which it leaves them."""


def has_trend(scaled: Scaled) -> bool:
    """Whether a path next to constant turns ``mu`` far above zero into a trend in time that all units share."""
    one = scaled.owners.count("mu") == 1
    return bool(one and path_of(scaled).any() and intercept_column(scaled.problem.x) is not None)


def with_trend(scaled: Scaled, theta: Array, path: Array) -> Array:
    """Return ``theta`` with ``mu`` far above zero, another path, and the middle of the frontier where it was."""
    ridge = TrendRidge.of(scaled, path_of(scaled))
    moved = theta.copy()
    moved[ridge.mu], moved[ridge.path] = FAR_ABOVE, path
    g, new = (float(np.median(inefficiency_path(scaled, t[ridge.path]))) for t in (theta, moved))
    moved[ridge.constant] += ridge.lift * (new * FAR_ABOVE - g * theta[ridge.mu])
    return moved


@dataclass(frozen=True, slots=True)
class TrendRidge:
    """Coordinates of the ridge.

    Attributes
    ----------
    mu, constant : int
        Places of ``mu`` and of the intercept.
    path : ndarray of bool, shape (p,)
        Parameters of the path that flatten.
    lift : float
        By how much the intercept grows with ``mu``.
    """

    mu: int
    constant: int
    path: Flags
    lift: float

    @classmethod
    def of(cls, scaled: Scaled, path: Flags) -> TrendRidge:
        """Return the coordinates for a problem that has a trend."""
        constant = intercept_column(scaled.problem.x)
        assert constant is not None  # has_trend
        lift = scaled.problem.sign / float(scaled.problem.x[0, constant])
        return cls(scaled.owners.index("mu"), constant, path, lift)

    def to(self, theta: Array) -> Array:
        """Return coordinates of parameters with ``mu`` above zero."""
        mu = float(theta[self.mu])
        out = theta.copy()
        out[self.mu] = np.log(mu)
        out[self.constant] -= self.lift * mu
        out[self.path] *= mu
        return out

    def back(self, point: Array) -> Array:
        """Invert :meth:`to`."""
        mu = float(np.exp(point[self.mu]))
        out = point.copy()
        out[self.mu] = mu
        out[self.constant] += self.lift * mu
        out[self.path] /= mu
        return out

    def objective(self, objective: Objective) -> Objective:
        """Return the objective in these coordinates, with score and Hessian by the chain rule."""

        def evaluate(point: Array) -> Evaluation:
            theta = self.back(point)
            value, gradient, hessian = objective(theta)
            mu, path = float(theta[self.mu]), self.path
            by_log = np.zeros(len(theta))
            by_log[self.mu], by_log[self.constant] = mu, self.lift * mu
            jacobian = np.diag(np.where(path, 1.0 / mu, 1.0))
            jacobian[:, self.mu] = by_log - np.where(path, theta, 0.0)
            curved = jacobian.T @ hessian @ jacobian
            curved[self.mu, self.mu] += gradient @ (by_log + np.where(path, theta, 0.0))
            both = np.where(path, -gradient / mu, 0.0)
            curved[self.mu] += both
            curved[:, self.mu] += both
            return value, jacobian.T @ gradient, curved

        return evaluate
