"""Two-stage least squares and its tests, on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.firms.endogeneity_design import Instrumented
from innospace.firms.estimates import Array, Integers
from innospace.firms.least_squares import LinearFit, fit_linear
from innospace.numerics.covariance import clustered_meat
from innospace.numerics.linear import least_squares, standardise
from innospace.numerics.tails import chi2_sf, f_sf


@dataclass(frozen=True, slots=True)
class FTest:
    """A statistic with its degrees of freedom and p-value; chi-squared where ``below`` is infinite."""

    statistic: float
    above: float
    below: float
    p_value: float


@dataclass(frozen=True, slots=True)
class FirstStage:
    """The regression of one endogenous regressor on all exogenous variables.

    Attributes
    ----------
    name : str
    fit : LinearFit
    tests : dict of str to FTest
        Of the excluded instruments, by kind of covariance.
    partial_r2 : float
        Share of the variance that the instruments explain once exogenous regressors are taken out.
    """

    name: str
    fit: LinearFit
    tests: dict[str, FTest]
    partial_r2: float


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Two-stage least squares.

    Attributes
    ----------
    theta : ndarray, shape (k,)
    residuals : ndarray, shape (n,)
        Of the equation itself, with the endogenous regressors as they are.
    covariances : dict of str to ndarray, shape (k, k)
    degrees : float
    fitted : ndarray, shape (n, k)
        Regressors, the endogenous ones replaced by what the first stages predict.
    """

    theta: Array
    residuals: Array
    covariances: dict[str, Array]
    degrees: float
    fitted: Array


def first_stages(d: Instrumented) -> tuple[FirstStage, ...]:
    """Regress every endogenous regressor on exogenous regressors and instruments."""
    found = []
    for j in d.endogenous:
        column = d.x[:, j]
        fit = fit_linear(column, d.z, d.clusters)
        tests = {kind: wald(fit, kind, d.excluded) for kind in fit.covariances}
        alone = d.z[:, : -d.excluded]
        without = fit_linear(column, alone).residuals if alone.shape[1] else column
        share = 1.0 - float(fit.residuals @ fit.residuals) / float(without @ without)
        found.append(FirstStage(d.names[j], fit, tests, share))
    return tuple(found)


def wald(fit: LinearFit, kind: str, last: int) -> FTest:
    """Return the F test that the last coefficients are zero, with a covariance of the fit."""
    beta = fit.theta[-last:]
    statistic = float(beta @ np.linalg.solve(fit.covariances[kind][-last:, -last:], beta)) / last
    below = fit.degrees if kind == "cluster" else float(len(fit.residuals) - len(fit.theta))
    return FTest(statistic, float(last), below, float(f_sf(statistic, last, below)))


def two_stage(d: Instrumented, stages: tuple[FirstStage, ...]) -> TwoStage:
    """Fit the equation with instruments.

    ``b = (X'P X)^-1 X'P y`` with ``P`` the projection on ``z``. Errors: ``analytic`` with ``s^2 = e'e / (n - k)``,
    ``robust`` (HC1), ``cluster`` with ``G / (G - 1) (n - 1) / (n - k)``; as in R's ivreg and Stata's ``small``.
    """
    n, k = d.x.shape
    fitted = d.x.copy()
    for j, stage in zip(d.endogenous, stages, strict=True):
        fitted[:, j] -= stage.fit.residuals
    standard = standardise(fitted)
    theta = standard.back @ least_squares(d.y, standard.matrix)
    residuals = d.y - d.x @ theta
    inverse = standard.back @ np.linalg.inv(standard.matrix.T @ standard.matrix) @ standard.back.T
    scores = fitted * residuals[:, None]
    meats = {"robust": scores.T @ scores * (n / (n - k))}
    degrees = float(n - k)
    if d.clusters is not None:
        meats = {"cluster": clustered_meat(scores, d.clusters) * ((n - 1) / (n - k)), **meats}
        degrees = float(d.clusters.max())
    covariances = {kind: inverse @ meat @ inverse for kind, meat in meats.items()}
    analytic = inverse * (float(residuals @ residuals) / (n - k))
    first = {"cluster": covariances.pop("cluster")} if d.clusters is not None else {}
    return TwoStage(theta, residuals, {**first, "analytic": analytic, **covariances}, degrees, fitted)


def wu_hausman(d: Instrumented, stages: tuple[FirstStage, ...], kind: str) -> FTest:
    """Return the F test that first-stage residuals do not belong into the equation: regressors are exogenous."""
    residuals = np.column_stack([s.fit.residuals for s in stages])
    return wald(fit_linear(d.y, np.column_stack([d.x, residuals]), d.clusters), kind, len(stages))


def anderson_rubin(d: Instrumented, kind: str) -> FTest:
    """Return the F test that all endogenous regressors have no effect, valid with weak instruments."""
    return wald(fit_linear(d.y, d.z, d.clusters), kind, d.excluded)


def sargan(d: Instrumented, fit: TwoStage) -> FTest | None:
    """Return ``n R^2`` of the residuals on all exogenous variables; None when no instrument is to spare."""
    spare = d.excluded - len(d.endogenous)
    if spare == 0:
        return None
    left = fit_linear(fit.residuals, d.z).residuals
    total = float(fit.residuals @ fit.residuals)
    statistic = len(d.y) * (1.0 - float(left @ left) / total)
    return FTest(statistic, float(spare), float("inf"), float(chi2_sf(statistic, spare)))


def hansen(d: Instrumented, fit: TwoStage) -> FTest | None:
    """Return Hansen's J of two-step GMM, robust or clustered; None when no instrument is to spare."""
    spare = d.excluded - len(d.endogenous)
    if spare == 0:
        return None
    z = standardise(d.z).matrix
    weight = np.linalg.inv(_moments(z * fit.residuals[:, None], d.clusters))
    x = standardise(d.x).matrix
    cross = x.T @ z @ weight
    theta = np.linalg.solve(cross @ (z.T @ x), cross @ (z.T @ d.y))
    moments = z.T @ (d.y - x @ theta)
    statistic = float(moments @ weight @ moments)
    return FTest(statistic, float(spare), float("inf"), float(chi2_sf(statistic, spare)))


def _moments(scores: Array, clusters: Integers | None) -> Array:
    if clusters is None:
        return scores.T @ scores
    groups = int(clusters.max()) + 1
    return clustered_meat(scores, clusters) * ((groups - 1) / groups)
