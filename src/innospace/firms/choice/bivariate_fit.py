"""Maximum likelihood of two joint binary decisions with correlated normal errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.status import StatusCode
from innospace.firms.choice.binary import BinaryFit, fit_binary
from innospace.firms.estimates import Array, Integers, likelihood_covariances
from innospace.numerics.bivariate_normal import log_bivariate_derivatives
from innospace.numerics.linear import standardise
from innospace.numerics.maximum_likelihood import Objective, Optimum, maximise

BOUND = float(np.arctanh(1.0 - 1e-6))
"""``atanh(rho)`` beyond which the correlation counts as one: the likelihood is flat there to rounding."""
NEAR = float(np.arctanh(0.9))
"""``atanh(rho)`` beyond which the bound is tried."""
LOSS = 1e-6
"""Log-likelihood that the bound may lose and still count as the maximum."""


@dataclass(frozen=True, slots=True)
class BivariateFit:
    """A fitted bivariate probit.

    Attributes
    ----------
    theta : ndarray, shape (k1 + k2 + 1,)
        Coefficients of both equations, then ``atanh(rho)``.
    log_likelihood : float
    hessian : ndarray, shape (p, p)
    scores : ndarray, shape (n, p)
        Derivative of each row's log-likelihood, weights applied.
    optimum : Optimum
    boundary : str
        ``rho_plus_one``, ``rho_minus_one`` or empty.
    alone : tuple of BinaryFit
        The two probits on their own.
    maxima : tuple of float
        Log-likelihoods reached from the different starts.
    """

    theta: Array
    log_likelihood: float
    hessian: Array
    scores: Array
    optimum: Optimum
    boundary: str
    alone: tuple[BinaryFit, BinaryFit]
    maxima: tuple[float, ...]

    @property
    def rho(self) -> float:
        """Correlation of the errors."""
        return float(np.tanh(self.theta[-1]))

    def covariances(self, clusters: Integers | None) -> dict[str, Array]:
        """Return covariances by kind; at a bound those of the coefficients given the correlation, NaN for it."""
        if not self.boundary:
            return likelihood_covariances(self.hessian, self.scores, clusters)
        inner = likelihood_covariances(self.hessian[:-1, :-1], self.scores[:, :-1], clusters)
        return {k: np.pad(v, (0, 1), constant_values=np.nan) for k, v in inner.items()}


def fit_bivariate(
    y: tuple[Array, Array],
    x: tuple[Array, Array],
    weights: Array | None = None,
    starts: Sequence[float] = (0.0,),
) -> BivariateFit:
    """Maximise ``sum_i w_i log Phi2(q1 x1'b1, q2 x2'b2, q1 q2 rho)`` with ``q = 2 y - 1``.

    Parameters
    ----------
    y, x : pairs of ndarray, shapes (n,) and (n, k1), (n, k2)
        Outcomes of 0 and 1; regressors of full rank.
    weights : ndarray, shape (n,), optional
    starts : sequence of float
        Correlations to start from; the highest maximum is kept.

    Raises
    ------
    DataError
        Perfect separation in one equation.

    Notes
    -----
    Newton with the analytic Hessian in standardised columns (Greene 2018, section 17.9).
    """
    standard = tuple(standardise(m, weights) for m in x)
    alone = (fit_binary(y[0], x[0], "probit", weights), fit_binary(y[1], x[1], "probit", weights))
    signs = tuple(np.where(v == 1.0, 1.0, -1.0) for v in y)
    w = np.ones(len(y[0])) if weights is None else weights
    inner = (standard[0].matrix, standard[1].matrix)

    def objective(theta: Array) -> tuple[float, Array, Array]:
        value, gradient, hessian, _ = _likelihood(theta, inner, signs, w, False)
        return value, gradient, hessian

    first = [np.linalg.solve(s.back, a.theta) for s, a in zip(standard, alone, strict=True)]
    optima = [
        maximise(objective, np.concatenate((*first, [np.arctanh(r)])), stop=lambda t: bool(abs(t[-1]) > BOUND))
        for r in starts
    ]
    found = max(optima, key=lambda o: o.value)
    if abs(found.theta[-1]) > NEAR or len(np.unique(2 * y[0] + y[1])) < 4:
        found = _or_bound(found, objective)
    k = x[0].shape[1]
    theta = np.concatenate((standard[0].back @ found.theta[:k], standard[1].back @ found.theta[k:-1], found.theta[-1:]))
    value, _, hessian, scores = _likelihood(theta, x, signs, w, True)
    at_bound = found.code is StatusCode.BOUNDARY or abs(theta[-1]) > BOUND
    boundary = ("rho_plus_one" if theta[-1] > 0 else "rho_minus_one") if at_bound else ""
    return BivariateFit(theta, value, hessian, scores, found, boundary, alone, tuple(o.value for o in optima))


def _or_bound(found: Optimum, objective: Objective) -> Optimum:
    """Return the maximum at the bound of the correlation when nothing is lost there: the likelihood flattens out."""
    if found.code is StatusCode.BOUNDARY:
        return found
    bound = float(np.copysign(1.01 * BOUND, found.theta[-1]))

    def inner(beta: Array) -> tuple[float, Array, Array]:
        value, gradient, hessian = objective(np.append(beta, bound))
        return value, gradient[:-1], hessian[:-1, :-1]

    there = maximise(inner, found.theta[:-1])
    if there.value < found.value - LOSS:
        return found
    value, gradient, hessian = objective(np.append(there.theta, bound))
    theta = np.append(there.theta, bound)
    iterations = found.iterations + there.iterations
    return Optimum(StatusCode.BOUNDARY, theta, value, gradient, hessian, there.decrement, iterations)


def _likelihood(
    theta: Array, x: tuple[Array, Array], signs: tuple[Array, ...], w: Array, rows: bool
) -> tuple[float, Array, Array, Array]:
    """Return value, gradient, Hessian and, when asked for, the scores of the rows."""
    x1, x2 = x
    k = x1.shape[1]
    q1, q2 = signs
    both = q1 * q2
    rho = float(np.tanh(theta[-1]))
    # derivatives of rho by its inverse hyperbolic tangent
    slope, bend = 1.0 - rho * rho, -2.0 * rho * (1.0 - rho * rho)
    d = log_bivariate_derivatives(q1 * (x1 @ theta[:k]), q2 * (x2 @ theta[k:-1]), both * rho)
    first = (w * q1 * d.d1, w * q2 * d.d2, w * both * d.dr * slope)
    gradient = np.concatenate((first[0] @ x1, first[1] @ x2, [first[2].sum()]))
    hessian = np.empty((len(theta), len(theta)))
    hessian[:k, :k] = (x1 * (w * d.d11)[:, None]).T @ x1
    hessian[k:-1, k:-1] = (x2 * (w * d.d22)[:, None]).T @ x2
    hessian[:k, k:-1] = (x1 * (w * both * d.d12)[:, None]).T @ x2
    hessian[k:-1, :k] = hessian[:k, k:-1].T
    # q1 q1 q2 = q2: the sign of the other equation is left
    hessian[:k, -1] = hessian[-1, :k] = (w * q2 * d.d1r * slope) @ x1
    hessian[k:-1, -1] = hessian[-1, k:-1] = (w * q1 * d.d2r * slope) @ x2
    hessian[-1, -1] = float(w @ (d.drr * slope * slope + both * d.dr * bend))
    scores = np.column_stack((x1 * first[0][:, None], x2 * first[1][:, None], first[2])) if rows else np.zeros((0, 0))
    return float(w @ d.value), gradient, hessian, scores
